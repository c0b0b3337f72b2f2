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
    let path = seen.path();
    let runner = first_executable(path.iter().map(|folder| folder.join(RUNNER)));
    match runner
        .as_deref()
        .map(|script| (script, python_of(script, &path)))
    {
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

/// The Python that a script which an installer made runs with: the one that it names, else the one beside it.
fn python_of(script: &Path, path: &[PathBuf]) -> Option<PathBuf> {
    let text = fs::read(script).ok()?;
    let mut lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = std::str::from_utf8(lines.next()?)
        .ok()?
        .strip_prefix("#!")?;
    let second = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let named = match second.and_then(executed_by_shell) {
        Some(program) => Some(PathBuf::from(program)),
        None => named_by(first, path),
    };
    let beside = || {
        let bin = script.canonicalize().ok()?.parent()?.to_owned();
        let programs = language::PYTHON.programs.iter();
        first_executable(programs.map(|name| bin.join(name)))
    };
    named
        .filter(|program| is_python(program) && is_executable(program))
        .or_else(beside)
}

/// What the second line of a script executes. Where the kernel could not read a path in the first line, since it has a blank or is too long,
/// pip and uv name a shell there, and write a line that is a command for the shell and the beginning of a text for Python.
fn executed_by_shell(line: &str) -> Option<String> {
    let command = shlex::split(line.strip_prefix("'''exec'")?)?;
    command.into_iter().next()
}

/// The program of a first line: by its path, or by its name behind `env`, as in `/usr/bin/env python3`.
fn named_by(first: &str, path: &[PathBuf]) -> Option<PathBuf> {
    let mut words = first.split_whitespace();
    let program = PathBuf::from(words.next()?);
    if !program.ends_with("env") {
        return Some(program);
    }
    let name = words.find(|word| !word.starts_with('-') && !word.contains('='))?;
    first_executable(path.iter().map(|folder| folder.join(name)))
}

fn is_python(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("python") || name.starts_with("pypy")
}
