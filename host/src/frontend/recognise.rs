//! What a file is, by what it holds first and by its ending second.

use super::language::{self, Language};
use super::{flux, pyleus};

/// What a file was found to be.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// A topology in this language.
    Program(&'static Language),
    /// A topology description in JSON.
    Description,
    /// Flux: a topology in YAML as Storm has it.
    Flux,
    /// A topology of pyleus, in YAML.
    Pyleus,
    /// Something else, with a guess if there is one, as in "it looks like …".
    Unknown { looks_like: Option<String> },
}

/// What the content of a file is; `file` is its name.
pub(super) fn form(file: &str, content: &[u8]) -> Form {
    let by_ending = language::ALL
        .iter()
        .find(|language| language.is_ending_of(file));
    let Ok(text) = std::str::from_utf8(content) else {
        // A program may be written in other encodings, and then says so; its ending must do.
        return by_ending.map_or_else(|| unknown("a binary file"), Form::Program);
    };
    let text = text.trim_start_matches('\u{feff}');
    let first_line = text.lines().next().unwrap_or_default();
    let interpreter = first_line.strip_prefix("#!");
    if let Some(interpreter) = interpreter {
        let named = language::ALL
            .iter()
            .find(|language| interpreter.contains(language.id));
        match (named, other_script(interpreter)) {
            (Some(language), _) => return Form::Program(language),
            (None, Some(looks_like)) => return unknown(looks_like),
            // `pypy3`, `uv run --script`: what such a program runs, the ending and the content have to say.
            (None, None) => {}
        }
    }
    let is_in_braces = text.trim_start().starts_with('{');
    if (is_in_braces || by_ending.is_none()) && flux::is_flux(text) {
        return Form::Flux;
    }
    if is_in_braces {
        return Form::Description;
    }
    let by_content = || {
        language::ALL
            .iter()
            .find(|language| text.lines().any(language.loads_package))
    };
    match by_ending.or_else(by_content) {
        Some(language) => Form::Program(language),
        None if pyleus::is_topology(text) => Form::Pyleus,
        None if interpreter.is_some() => unknown("a script in another language"),
        None => Form::Unknown {
            looks_like: guess(file, text).map(str::to_owned),
        },
    }
}

fn unknown(looks_like: &str) -> Form {
    Form::Unknown {
        looks_like: Some(looks_like.to_owned()),
    }
}

/// What a script is whose interpreter is known, and is none of a language that topologies are written in.
fn other_script(interpreter: &str) -> Option<&'static str> {
    let known = [("node", "a JavaScript program"), ("perl", "a Perl script")];
    known
        .into_iter()
        .find(|(name, _)| interpreter.contains(name))
        .map(|(_, said)| said)
}

fn guess(file: &str, text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return Some("an empty file");
    }
    let ending = file.rsplit_once('.').map(|(_, ending)| ending)?;
    Some(match ending {
        "json" => "JSON, but no object",
        "yaml" | "yml" => "a YAML file",
        "js" | "mjs" => "a JavaScript file",
        "jar" => "a Java archive",
        "clj" => "a Clojure file, as topologies of streamparse were before its version 3",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a file is, in a word or as what it looks like.
    fn found(file: &str, content: &[u8]) -> String {
        match form(file, content) {
            Form::Program(language) => language.name.into(),
            Form::Description => "description".into(),
            Form::Flux => "Flux".into(),
            Form::Pyleus => "pyleus".into(),
            Form::Unknown { looks_like } => looks_like.unwrap_or("unknown".into()),
        }
    }

    #[test]
    fn content_comes_before_ending() {
        for (file, content, expected) in [
            ("topology.py", "from stormhost import Topology\n", "Python"),
            ("topology.py", "from base import MyTopology\n", "Python"),
            ("topology.py", "", "Python"),
            ("topology", "#!/usr/bin/env python3\nx = 1\n", "Python"),
            (
                "topology",
                "\"\"\"Doc.\"\"\"\nfrom stormhost import Topology\n",
                "Python",
            ),
            ("topology", "import stormhost\n", "Python"),
            ("topology", "import stormhost.testing\n", "Python"),
            ("topology.rb", "class T\nend\n", "Ruby"),
            ("topology", "#!/usr/bin/env ruby\n", "Ruby"),
            ("topology.py", "#!/usr/bin/env ruby\n", "Ruby"),
            ("topology.py", "#!/usr/bin/env pypy3\n", "Python"),
            (
                "topology.py",
                "#!/usr/bin/env -S uv run --script\nfrom base import T\n",
                "Python",
            ),
            (
                "topology",
                "#!/usr/bin/env -S uv run --script\nfrom stormhost import Topology\n",
                "Python",
            ),
            (
                "topology.py",
                "#!/usr/bin/env node\n",
                "a JavaScript program",
            ),
            ("run", "#!/bin/sh\n", "a script in another language"),
            (
                "run.sh",
                "#!/bin/sh\necho import\n",
                "a script in another language",
            ),
            ("topology", "# A topology.\nrequire 'stormhost'\n", "Ruby"),
            ("topology", "  require(\"stormhost\")\n", "Ruby"),
            ("topology", "require 'stormhosting'\n", "unknown"),
            ("topology.lua", "return {}\n", "Lua"),
            ("topology", "#!/usr/bin/env luajit\n", "Lua"),
            (
                "topology",
                "local stormhost = require \"stormhost\"\n",
                "Lua",
            ),
            ("topology", "storm = require('stormhost')\n", "Lua"),
            ("topology.json", "{\"version\": 1}", "description"),
            ("topology", "\n  {\"version\": 1}", "description"),
            ("topology.py", "{\"version\": 1}", "description"),
            ("topology.js", "f()\n", "a JavaScript file"),
            ("flux.yaml", "name: x\n", "a YAML file"),
            ("flux.yaml", "# words\nname: x\nspouts:\n", "Flux"),
            ("topology", "---\nname: x\nincludes: [a]\n", "Flux"),
            ("topology", "\"name\": x\n'spouts':\n- {id: s}\n", "Flux"),
            ("topology", "name : x\nbolts :\n", "Flux"),
            ("t.yml", "  name: x\n  spouts:\n  - {id: s}\n", "Flux"),
            ("t.yml", "{name: x, spouts: [{id: s}]}", "Flux"),
            ("t.json", "{\"name\": \"x\", \"streams\": []}", "Flux"),
            ("t.json", "{\"conf\": {\"streams\": []}}", "description"),
            ("topology.py", "streams: int = 3\n", "Python"),
            ("t.yaml", "name: x\ntopology:\n- spout:\n", "pyleus"),
            ("t.yaml", "name: x\n topology: 1\n", "a YAML file"),
            ("t.yaml", "topology: words and counts\n", "a YAML file"),
            (
                "words",
                "\"\"\"\ntopology:\n\"\"\"\nfrom stormhost import Topology\n",
                "Python",
            ),
            ("notes.yaml", "  spouts: 1\n", "a YAML file"),
            ("topology", "#!/usr/bin/env node\n", "a JavaScript program"),
            ("topology.json", "[]", "JSON, but no object"),
            ("notes", "import stormhosting\n", "unknown"),
            ("notes.txt", " \n", "an empty file"),
        ] {
            assert_eq!(
                found(file, content.as_bytes()),
                expected,
                "{file}: {content}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text() {
        for (file, content, expected) in [
            ("topology.py", &b"# coding: latin-1\n# \xe9\n"[..], "Python"),
            ("topology.rb", b"# coding: latin-1\n# \xe9\n", "Ruby"),
            ("a.out", b"\x7fELF\xff", "a binary file"),
            (
                "topology",
                b"\xef\xbb\xbffrom stormhost import Topology\n",
                "Python",
            ),
        ] {
            assert_eq!(found(file, content), expected, "{file}");
        }
    }
}
