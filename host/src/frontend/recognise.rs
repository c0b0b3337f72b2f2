//! What a file is, by what it holds first and by its ending second.

/// What a file was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A topology in Python.
    Python,
    /// A topology description in JSON.
    Description,
    /// Something else, with a guess if there is one.
    Unknown {
        /// As in "it looks like …".
        looks_like: Option<&'static str>,
    },
}

/// What the content of a file is; `file` is its name.
pub(super) fn form(file: &str, content: &[u8]) -> Form {
    let Ok(text) = std::str::from_utf8(content) else {
        // Python may be written in other encodings, and then says so; its ending must do.
        return if is_python_name(file) {
            Form::Python
        } else {
            Form::Unknown {
                looks_like: Some("a binary file"),
            }
        };
    };
    let text = text.trim_start_matches('\u{feff}');
    let first_line = text.lines().next().unwrap_or_default();
    if let Some(interpreter) = first_line.strip_prefix("#!") {
        if interpreter.contains("python") {
            return Form::Python;
        }
        return Form::Unknown {
            looks_like: Some(script(interpreter)),
        };
    }
    if text.trim_start().starts_with('{') {
        return Form::Description;
    }
    if text.lines().any(imports_stormhost) || is_python_name(file) {
        return Form::Python;
    }
    Form::Unknown {
        looks_like: guess(file, text),
    }
}

fn is_python_name(file: &str) -> bool {
    file.ends_with(".py") || file.ends_with(".pyw")
}

fn imports_stormhost(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let (import, module) = (words.next(), words.next().unwrap_or_default());
    let module = module.split(['.', ',', ';']).next();
    matches!(import, Some("from" | "import")) && module == Some("stormhost")
}

fn script(interpreter: &str) -> &'static str {
    for (name, said) in [
        ("ruby", "a Ruby script"),
        ("lua", "a Lua script"),
        ("node", "a JavaScript program"),
        ("perl", "a Perl script"),
    ] {
        if interpreter.contains(name) {
            return said;
        }
    }
    "a script, but not in Python"
}

fn guess(file: &str, text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return Some("an empty file");
    }
    let ending = file.rsplit_once('.').map(|(_, ending)| ending)?;
    Some(match ending {
        "json" => "JSON, but no object",
        "yaml" | "yml" => "a YAML file",
        "rb" => "a Ruby file",
        "lua" => "a Lua file",
        "js" | "mjs" => "a JavaScript file",
        "jar" => "a Java archive",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_comes_before_ending() {
        for (file, content, expected) in [
            (
                "topology.py",
                "from stormhost import Topology\n",
                Form::Python,
            ),
            ("topology.py", "from base import MyTopology\n", Form::Python),
            ("topology.py", "", Form::Python),
            ("topology", "#!/usr/bin/env python3\nx = 1\n", Form::Python),
            (
                "topology",
                "\"\"\"Doc.\"\"\"\nfrom stormhost import Topology\n",
                Form::Python,
            ),
            ("topology", "import stormhost\n", Form::Python),
            ("topology", "import stormhost.testing\n", Form::Python),
            ("topology.json", "{\"version\": 1}", Form::Description),
            ("topology", "\n  {\"version\": 1}", Form::Description),
            ("topology.py", "{\"version\": 1}", Form::Description),
            (
                "topology.rb",
                "require 'stormhost'\n",
                Form::Unknown {
                    looks_like: Some("a Ruby file"),
                },
            ),
            (
                "flux.yaml",
                "name: x\n",
                Form::Unknown {
                    looks_like: Some("a YAML file"),
                },
            ),
            (
                "topology",
                "#!/usr/bin/env ruby\n",
                Form::Unknown {
                    looks_like: Some("a Ruby script"),
                },
            ),
            (
                "topology.json",
                "[]",
                Form::Unknown {
                    looks_like: Some("JSON, but no object"),
                },
            ),
            (
                "notes",
                "import stormhosting\n",
                Form::Unknown { looks_like: None },
            ),
            (
                "notes.txt",
                " \n",
                Form::Unknown {
                    looks_like: Some("an empty file"),
                },
            ),
        ] {
            assert_eq!(
                form(file, content.as_bytes()),
                expected,
                "{file}: {content}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text() {
        assert_eq!(
            form("topology.py", b"# coding: latin-1\n# \xe9\n"),
            Form::Python
        );
        assert_eq!(
            form("a.out", b"\x7fELF\xff"),
            Form::Unknown {
                looks_like: Some("a binary file")
            }
        );
        assert_eq!(
            form("topology", b"\xef\xbb\xbffrom stormhost import Topology\n"),
            Form::Python
        );
    }
}
