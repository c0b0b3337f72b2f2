//! Which Python runs a topology. Looked up once, without starting a process.

use std::fmt;
use std::path::{Path, PathBuf};

use super::surroundings::{Surroundings, is_executable};
use super::{first_executable, pyenv, shown};

/// An interpreter, and why it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The program. Not followed to where a link leads: a virtual environment is known by the path it is called by.
    pub path: PathBuf,
    /// Where it was found, as in "PATH".
    pub found_by: String,
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path.display(), self.found_by)
    }
}

/// No interpreter was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no Python was found; looked at:\n    {}\n  hint: install Python 3.9 or newer, or say where it is with --python", looked.join("\n    "))]
pub struct NoInterpreter {
    /// Each place with what was missing there.
    pub looked: Vec<String>,
}

/// Finds the interpreter: the one `asked` for, else the active virtual environment's, else one beside the topology, else
/// the first in the PATH, past pyenv's shims.
///
/// # Errors
/// When there is none. An interpreter that was asked for and is not there is never replaced by another.
pub(super) fn find(
    asked: Option<&str>,
    topology_folder: &Path,
    seen: &Surroundings,
) -> Result<Interpreter, NoInterpreter> {
    let mut looked = Vec::new();
    let found = match asked {
        Some(asked) => by_request(asked, seen, &mut looked),
        None => by_active_environment(seen, &mut looked)
            .or_else(|| by_environment_beside(topology_folder, &mut looked))
            .or_else(|| by_path(&["python3", "python"], "PATH", seen, &mut looked)),
    };
    found.ok_or(NoInterpreter { looked })
}

fn by_request(asked: &str, seen: &Surroundings, looked: &mut Vec<String>) -> Option<Interpreter> {
    let path = seen.resolve(asked);
    if !asked.contains('/') && !path.is_dir() {
        return by_path(&[asked], "--python, in the PATH", seen, looked);
    }
    let found = if path.is_dir() {
        in_environment(&path)
    } else {
        Some(path.clone()).filter(|path| is_executable(path))
    };
    if found.is_none() {
        looked.push(format!(
            "--python {asked}: no program, and no virtual environment"
        ));
    }
    Some(Interpreter {
        path: found?,
        found_by: "--python".into(),
    })
}

fn by_active_environment(seen: &Surroundings, looked: &mut Vec<String>) -> Option<Interpreter> {
    let Some(folder) = seen.variable("VIRTUAL_ENV") else {
        looked.push("VIRTUAL_ENV: not set".into());
        return None;
    };
    let folder = seen.resolve(folder);
    let found = in_environment(&folder);
    if found.is_none() {
        looked.push(format!("VIRTUAL_ENV: no bin/python in {}", shown(&folder)));
    }
    Some(Interpreter {
        path: found?,
        found_by: "the active virtual environment".into(),
    })
}

fn by_environment_beside(topology_folder: &Path, looked: &mut Vec<String>) -> Option<Interpreter> {
    let found = ["venv", ".venv"]
        .iter()
        .find_map(|name| in_environment(&topology_folder.join(name)));
    if found.is_none() {
        looked.push(format!(
            "beside the topology: no venv/bin/python nor .venv/bin/python in {}",
            shown(topology_folder)
        ));
    }
    Some(Interpreter {
        path: found?,
        found_by: "the virtual environment beside the topology".into(),
    })
}

fn in_environment(folder: &Path) -> Option<PathBuf> {
    first_executable(["bin/python", "bin/python3"].map(|program| folder.join(program)))
}

/// The first of these programs that the PATH has. A shim of pyenv is a shell script that costs 50 to 100 ms a start, and there is
/// one start a task: so the program that it would choose is taken instead. The shim itself is taken only where nothing else is found.
fn by_path(
    names: &[&str],
    found_by: &str,
    seen: &Surroundings,
    looked: &mut Vec<String>,
) -> Option<Interpreter> {
    let mut last_resort = None;
    for name in names {
        for folder in seen.path() {
            let program = folder.join(name);
            if !is_executable(&program) {
                continue;
            }
            let Some(root) = pyenv::root_of_shims(&folder) else {
                return Some(Interpreter {
                    path: program,
                    found_by: found_by.into(),
                });
            };
            match pyenv::chosen(&root, name, seen) {
                Some(path) => {
                    return Some(Interpreter {
                        path,
                        found_by: format!("{found_by}, past pyenv's shims"),
                    });
                }
                None => last_resort = last_resort.or(Some(program)),
            }
        }
    }
    if last_resort.is_none() {
        let path = seen
            .variable("PATH")
            .map_or("(not set)".into(), |path| path.to_string_lossy());
        looked.push(format!("PATH: no {} in {path}", names.join(" nor ")));
    }
    Some(Interpreter {
        path: last_resort?,
        found_by: format!("{found_by}, a shim of pyenv"),
    })
}

#[cfg(test)]
#[path = "interpreter_tests.rs"]
mod tests;
