//! Which Python runs a streamparse project: one that has streamparse, which is seen by the script `streamparse_run` beside it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::frontend::interpreter::{self, Interpreter, NoInterpreter};
use crate::frontend::surroundings::is_executable;
use crate::frontend::{LoadOptions, first_executable, language, shown};

const RUNNER: &str = "streamparse_run";

/// The Python, and where it was looked for, a line a place. One that was asked for is taken as it is; else the first that has streamparse: of the
/// active virtual environment or one beside the project, of the one that `config.json` names, or the one that a `streamparse_run` in the PATH is
/// for. Where none has it, the usual Python is taken, which then says what is missing.
///
/// # Errors
/// When there is no Python at all.
pub(super) fn find(
    root: &Path,
    virtualenv: Option<&Path>,
    options: &LoadOptions,
) -> Result<(Interpreter, Vec<String>), NoInterpreter> {
    let python = language::PYTHON;
    let seen = &options.surroundings;
    let asked = options.interpreters.get(python.id).map(String::as_str);
    let usual = interpreter::find(python, asked, root, seen)?;
    let mut looked = vec![usual.to_string()];
    if asked.is_some() || has_streamparse(&usual.path) {
        return Ok((usual, looked));
    }
    if let Some(folder) = virtualenv {
        let found = first_executable(
            python
                .programs
                .iter()
                .map(|name| folder.join("bin").join(name)),
        );
        looked.push(format!(
            "{} (the virtualenv_root of config.json){}",
            shown(folder),
            if found.is_none() {
                ": nothing is there"
            } else {
                ""
            }
        ));
        if let Some(path) = found.filter(|path| has_streamparse(path)) {
            let found_by = "the virtualenv_root of config.json".into();
            return Ok((Interpreter { path, found_by }, looked));
        }
    }
    let runner = first_executable(seen.path().iter().map(|folder| folder.join(RUNNER)));
    match runner.as_deref().map(|script| (script, python_of(script))) {
        Some((script, Some(path))) => {
            let found_by = format!("the Python of {}", shown(script));
            looked.push(format!("{} ({found_by})", shown(&path)));
            Ok((Interpreter { path, found_by }, looked))
        }
        Some((script, None)) => {
            looked.push(format!("{}: names no Python", shown(script)));
            Ok((usual, looked))
        }
        None => {
            looked.push(format!("PATH: no {RUNNER}"));
            Ok((usual, looked))
        }
    }
}

fn has_streamparse(python: &Path) -> bool {
    python
        .parent()
        .is_some_and(|folder| is_executable(&folder.join(RUNNER)))
}

/// The Python in the first line of a script that pip made.
fn python_of(script: &Path) -> Option<PathBuf> {
    let text = fs::read(script).ok()?;
    let first = text.split(|&byte| byte == b'\n').next()?;
    let program = std::str::from_utf8(first).ok()?.strip_prefix("#!")?.trim();
    let path = PathBuf::from(program);
    is_executable(&path).then_some(path)
}
