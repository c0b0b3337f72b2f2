//! Which interpreter runs a topology. Looked up once, without starting a process.

use std::fmt;
use std::path::{Path, PathBuf};

use super::language::Language;
use super::surroundings::{Surroundings, is_executable};
use super::version_manager::root_of_shims;
use super::{first_executable, shown};

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
#[error("no {language} was found; looked at:\n    {}\n  hint: install {language} {oldest} or newer, or say where it is with {option}", looked.join("\n    "))]
pub struct NoInterpreter {
    /// The language that it is of.
    pub language: &'static str,
    /// The oldest version that would do.
    pub oldest: String,
    /// The option that says where it is.
    pub option: String,
    /// Each place with what was missing there.
    pub looked: Vec<String>,
}

/// Finds the interpreter of a language: the one `asked` for, else, where the language has such things, the active virtual
/// environment's or one beside the topology, else the first in the PATH, past the shims of version managers.
///
/// # Errors
/// When there is none. An interpreter that was asked for and is not there is never replaced by another.
pub(super) fn find(
    language: &'static Language,
    asked: Option<&str>,
    topology_folder: &Path,
    seen: &Surroundings,
) -> Result<Interpreter, NoInterpreter> {
    let mut search = Search {
        language,
        seen,
        looked: Vec::new(),
    };
    let found = match asked {
        Some(asked) => search.by_request(asked),
        None => search.unasked(topology_folder),
    };
    found.ok_or(NoInterpreter {
        language: language.name,
        oldest: language.oldest_shown(),
        option: language.option(),
        looked: search.looked,
    })
}

/// A search that is going on, with the places that had nothing.
struct Search<'a> {
    language: &'static Language,
    seen: &'a Surroundings,
    looked: Vec<String>,
}

impl Search<'_> {
    fn unasked(&mut self, topology_folder: &Path) -> Option<Interpreter> {
        let in_environment = if self.language.virtual_environments {
            self.by_active_environment()
                .or_else(|| self.by_environment_beside(topology_folder))
        } else {
            None
        };
        in_environment.or_else(|| self.by_path(self.language.programs, "PATH"))
    }

    fn by_request(&mut self, asked: &str) -> Option<Interpreter> {
        let option = self.language.option();
        let path = self.seen.resolve(asked);
        if !asked.contains('/') && !path.is_dir() {
            return self.by_path(&[asked], &format!("{option}, in the PATH"));
        }
        let found = if path.is_dir() {
            self.in_prefix(&path)
        } else {
            Some(path.clone()).filter(|path| is_executable(path))
        };
        if found.is_none() {
            let folders = if self.language.virtual_environments {
                "virtual environment"
            } else {
                "folder with a program in its bin"
            };
            self.looked
                .push(format!("{option} {asked}: no program, and no {folders}"));
        }
        Some(Interpreter {
            path: found?,
            found_by: option,
        })
    }

    fn by_active_environment(&mut self) -> Option<Interpreter> {
        let Some(folder) = self.seen.variable("VIRTUAL_ENV") else {
            self.looked.push("VIRTUAL_ENV: not set".into());
            return None;
        };
        let folder = self.seen.resolve(folder);
        let found = self.in_prefix(&folder);
        if found.is_none() {
            self.looked.push(format!(
                "VIRTUAL_ENV: no bin/{} in {}",
                self.language.id,
                shown(&folder)
            ));
        }
        Some(Interpreter {
            path: found?,
            found_by: "the active virtual environment".into(),
        })
    }

    fn by_environment_beside(&mut self, topology_folder: &Path) -> Option<Interpreter> {
        let found = ["venv", ".venv"]
            .iter()
            .find_map(|name| self.in_prefix(&topology_folder.join(name)));
        if found.is_none() {
            self.looked.push(format!(
                "beside the topology: no venv/bin/{0} nor .venv/bin/{0} in {1}",
                self.language.id,
                shown(topology_folder)
            ));
        }
        Some(Interpreter {
            path: found?,
            found_by: "the virtual environment beside the topology".into(),
        })
    }

    fn in_prefix(&self, folder: &Path) -> Option<PathBuf> {
        let programs = self.language.programs.iter();
        first_executable(programs.map(|program| folder.join("bin").join(program)))
    }

    /// The first of these programs that the PATH has. A shim of a version manager is a shell script that costs 50 to 100 ms a
    /// start, and there is one start a task: so the program that it would choose is taken instead. The shim itself is taken only
    /// where nothing else is found.
    fn by_path(&mut self, names: &[&str], found_by: &str) -> Option<Interpreter> {
        let mut last_resort = None;
        for name in names {
            for folder in self.seen.path() {
                let program = folder.join(name);
                if !is_executable(&program) {
                    continue;
                }
                let manager = self.language.version_manager;
                let Some((manager, root)) = manager.zip(root_of_shims(&folder)) else {
                    return Some(Interpreter {
                        path: program,
                        found_by: found_by.into(),
                    });
                };
                match manager.chosen(&root, name, self.seen) {
                    Some(path) => {
                        return Some(Interpreter {
                            path,
                            found_by: format!("{found_by}, past {}'s shims", manager.name),
                        });
                    }
                    None => {
                        last_resort = last_resort.or(Some(Interpreter {
                            path: program,
                            found_by: format!("{found_by}, a shim of {}", manager.name),
                        }));
                    }
                }
            }
        }
        if last_resort.is_none() {
            let path = self
                .seen
                .variable("PATH")
                .map_or("(not set)".into(), |path| path.to_string_lossy());
            self.looked
                .push(format!("PATH: no {} in {path}", names.join(" nor ")));
        }
        last_resort
    }
}

#[cfg(test)]
#[path = "interpreter_tests.rs"]
mod tests;
