//! Has the modules of components describe themselves: each is run as a program with `--describe`, as `pyleus build` does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::thread;

use indexmap::IndexMap;
use serde::Deserialize;

use crate::frontend::LoadOptions;
use crate::frontend::describe::{Stderr, run};
use crate::frontend::interpreter::Interpreter;

/// What a component says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Description {
    /// `spout` or `bolt`.
    pub(super) component_type: String,
    /// The fields of each stream. A bolt that emits nothing has none, or a stream with none.
    pub(super) output_fields: Option<IndexMap<String, Option<Vec<String>>>>,
    /// The names of the options that it takes.
    pub(super) options: Option<Vec<String>>,
}

/// Why it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NotDescribed {
    /// This Python has no pyleus, or not what that needs: its own words.
    NoPyleus(String),
    /// The module raises, is not there, or cannot be run.
    Failed { last_line: String, whole: String },
    /// It ends well, but what it said is no description.
    Silent { said: String },
}

impl NotDescribed {
    /// What Python says, if this is for want of pyleus.
    pub(super) fn no_pyleus(found: &Result<Description, Self>) -> Option<&str> {
        match found {
            Err(NotDescribed::NoPyleus(why)) => Some(why),
            _ => None,
        }
    }
}

/// Each module's description. They are made at the same time, since most of it is a Python that starts.
pub(super) fn describe_all(
    modules: &BTreeSet<&str>,
    python: &Interpreter,
    folder: &Path,
    options: &LoadOptions,
) -> BTreeMap<String, Result<Description, NotDescribed>> {
    thread::scope(|scope| {
        let started: Vec<_> = modules
            .iter()
            .map(|&module| {
                let one = scope.spawn(move || describe(module, python, folder, options));
                (module.to_owned(), one)
            })
            .collect();
        let ended = started.into_iter().map(|(module, one)| {
            let found = one.join().unwrap_or_else(|_| {
                let said = "nobody knows what it says".to_owned();
                Err(NotDescribed::Silent { said })
            });
            (module, found)
        });
        ended.collect()
    })
}

fn describe(
    module: &str,
    python: &Interpreter,
    folder: &Path,
    options: &LoadOptions,
) -> Result<Description, NotDescribed> {
    let mut command = Command::new(&python.path);
    command.args(["-m", module, "--describe"]);
    command.envs(&options.env).current_dir(folder);
    let answer = run(&mut command, Stderr::Kept).map_err(|error| NotDescribed::Failed {
        last_line: format!("it cannot be started: {error}"),
        whole: String::new(),
    })?;
    match answer.status.success() {
        true => description(&String::from_utf8_lossy(&answer.stdout)),
        false => Err(failure(&answer.last_lines)),
    }
}

/// The description is the last line: a module may have printed before.
fn description(said: &str) -> Result<Description, NotDescribed> {
    let last = said.trim_end().lines().next_back().unwrap_or_default();
    serde_json::from_str(last).map_err(|_| NotDescribed::Silent {
        said: match last {
            "" => "it says nothing".to_owned(),
            last => format!("it says {last:?}"),
        },
    })
}

/// pyleus, and what it imports itself.
const OF_PYLEUS: [&str; 3] = ["pyleus", "msgpack", "pkg_resources"];

fn failure(stderr: &[String]) -> NotDescribed {
    let last_line = stderr.last().map_or("", |line| line.trim());
    let (_, said) = last_line.split_once(": ").unwrap_or_default();
    let missing = said.strip_prefix("No module named ");
    // Python 2 has no quotes there.
    if missing.is_some_and(|name| OF_PYLEUS.contains(&name.trim_matches('\''))) {
        return NotDescribed::NoPyleus(said.to_owned());
    }
    NotDescribed::Failed {
        last_line: last_line.to_owned(),
        whole: stderr.join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_the_last_line() {
        let said = "imported\n{\"component_type\": \"bolt\", \"output_fields\": {\"default\": null, \"late\": [\"a\"]}, \"options\": null}\n";
        let found = description(said).expect("a description");
        assert_eq!(found.component_type, "bolt");
        let streams = found.output_fields.expect("streams");
        assert_eq!(streams["default"], None);
        assert_eq!(streams["late"], Some(vec!["a".to_owned()]));
        for (said, expected) in [
            ("", "it says nothing"),
            ("hello\n", "it says \"hello\""),
            (
                "{\"component_type\": null}",
                "it says \"{\\\"component_type\\\": null}\"",
            ),
        ] {
            let expected = Err(NotDescribed::Silent {
                said: expected.into(),
            });
            assert_eq!(description(said).map(|_| ()), expected, "{said}");
        }
    }

    #[test]
    fn a_python_without_pyleus_is_told_from_a_module_that_fails() {
        let failure = |line: &str| failure(&["Traceback:".to_owned(), line.to_owned()]);
        for (line, expected) in [
            (
                "ModuleNotFoundError: No module named 'pyleus'",
                "No module named 'pyleus'",
            ),
            (
                "ImportError: No module named pyleus",
                "No module named pyleus",
            ),
        ] {
            let expected = NotDescribed::NoPyleus(expected.into());
            assert_eq!(failure(line), expected);
        }
        assert!(matches!(
            failure("ModuleNotFoundError: No module named 'pyleus_words'"),
            NotDescribed::Failed { .. }
        ));
    }
}
