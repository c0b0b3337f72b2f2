//! Topologies of Petrel, as they stand: a `create.py`, described by `_petrel.py` of the Python shim, and the `topology.yaml` beside it.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use super::describe::{Request, describe};
use super::error::LoadError;
use super::{LoadOptions, direct, interpreter, language, shim};
use crate::topology::{Ir, MistakeIr, Place, Severity};

const SETTINGS: &str = "topology.yaml";

/// Whether a Python file is a topology of Petrel: it has a function that is given a builder.
pub(super) fn is_topology(text: &str) -> bool {
    let ours = |package| {
        text.lines()
            .any(|line| language::python_imports(line, package))
    };
    let creates = text.lines().any(|line| {
        line.strip_prefix("def ")
            .and_then(|rest| rest.split_once('('))
            .is_some_and(|(_, arguments)| arguments.trim_start().starts_with("builder"))
    });
    creates && !ours("stormhost") && !ours("streamparse")
}

/// Has one topology described. `path` is its file, perhaps with the function after a colon; `resolved` where that lies.
pub(super) fn load(path: &str, resolved: &Path, options: &LoadOptions) -> Result<Ir, LoadError> {
    let folder = resolved.parent().unwrap_or(Path::new("."));
    let asked = options
        .interpreters
        .get(language::PYTHON.id)
        .map(String::as_str);
    let python = interpreter::find(language::PYTHON, asked, folder, &options.surroundings)?;
    let package = shim::unpack(language::PYTHON, &options.surroundings)?;
    let settings = settings(&folder.join(SETTINGS));
    let told = Value::Object(settings.as_ref().cloned().unwrap_or_default()).to_string();
    let request = Request {
        verb: "describe-petrel",
        path,
        told: Some(&told),
    };
    let mut ir = describe(language::PYTHON, &python, &package, &request, options)?;
    direct::as_in_storm(&mut ir);
    if let Err(message) = settings {
        ir.mistakes.push(MistakeIr {
            severity: Severity::Error,
            message: format!("this is no map of settings: {message}"),
            hint: Some("one setting a line, as in `topology.max.spout.pending: 500`".into()),
            traceback: None,
            at: Some(Place {
                file: folder.join(SETTINGS).display().to_string(),
                line: 0,
            }),
        });
    }
    Ok(ir)
}

/// What `topology.yaml` says; nothing, if there is none.
fn settings(file: &Path) -> Result<Map<String, Value>, String> {
    let Ok(text) = fs::read_to_string(file) else {
        return Ok(Map::new());
    };
    serde_saphyr::from_str::<Option<Map<String, Value>>>(&text)
        .map(Option::unwrap_or_default)
        .map_err(|error| error.without_snippet().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topology_is_known_by_its_builder() {
        for (text, expected) in [
            (
                "from words import Words\n\ndef create(builder):\n    pass\n",
                true,
            ),
            ("def other( builder ):\n", true),
            ("def create(build):\n", false),
            ("    def create(builder):\n", false),
            ("import stormhost\ndef create(builder):\n", false),
            ("# def create(builder):\n", false),
        ] {
            assert_eq!(is_topology(text), expected, "{text}");
        }
    }

    #[test]
    fn settings_may_be_missing_but_not_broken() {
        let root = tempfile::tempdir().expect("a folder");
        let file = root.path().join(SETTINGS);
        assert_eq!(settings(&file), Ok(Map::new()));
        fs::write(&file, "a: 1\n").expect("written");
        assert_eq!(settings(&file).expect("a map")["a"], 1);
        fs::write(&file, "- a\n").expect("written");
        assert!(settings(&file).is_err());
    }
}
