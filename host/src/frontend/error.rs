//! Why a topology could not be loaded, said with what to try.

use std::io;

use super::interpreter::NoInterpreter;
use super::language;
use super::shim::ShimError;
use super::streamparse::ProjectError;
use crate::errors::{Code, Coded};
use crate::topology::IrError;

/// Why there is no description. Paths are told as they were typed.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such file.
    #[error("{file}: no such file{}", did_you_mean(.near.as_deref()))]
    NotFound {
        /// What was asked for.
        file: String,
        /// A file beside it with nearly that name.
        near: Option<String>,
    },
    /// A folder was given.
    #[error("{}{}", no_topology_in(.file), found_there(.found))]
    IsFolder {
        /// What was asked for.
        file: String,
        /// What in it may be a topology.
        found: Vec<String>,
    },
    /// The system refuses to read it.
    #[error("{file} cannot be read: {source}")]
    CannotRead {
        /// What was asked for.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// It is nothing that stormhost knows.
    #[error(
        "{file} is no topology that stormhost knows{}\n  looked for: {}, a topology of streamparse (a Python file that imports it) or Petrel (one with a function create(builder)), Flux (YAML or JSON with spouts, bolts and streams), pyleus (YAML with topology at its left edge), or a topology description in JSON",
        .looks_like.as_deref().map(|form| format!("; it looks like {form}")).unwrap_or_default(),
        known_languages()
    )]
    NotATopology {
        /// What was asked for.
        file: String,
        /// What it seems to be.
        looks_like: Option<String>,
    },
    /// A name was given, but a description in JSON holds one topology only.
    #[error(
        "{file} is a topology description, which holds one topology; leave out what stands after the colon"
    )]
    OneTopology {
        /// What was asked for.
        file: String,
    },
    /// It is a description in JSON, but a wrong one.
    #[error("{file} is no topology description: {source}")]
    BadDescription {
        /// What was asked for.
        file: String,
        /// What is wrong with it.
        source: Box<IrError>,
    },
    /// An option was given that only another kind of file takes.
    #[error("{option} belongs to {belongs}, and {file} is none")]
    StrayOption {
        /// The option.
        option: &'static str,
        /// What takes it.
        belongs: &'static str,
        /// What was asked for.
        file: String,
    },
    /// It is a streamparse project, but not clear which topology of it, or unreadable.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// No interpreter was found.
    #[error(transparent)]
    NoInterpreter(#[from] NoInterpreter),
    /// The interpreter that was found is too old.
    #[error(
        "{interpreter} is {language} {version}, but topologies need {oldest} or newer\n  hint: choose another with {option}"
    )]
    TooOld {
        /// The interpreter, and why it was taken.
        interpreter: String,
        /// Its language.
        language: &'static str,
        /// Its version.
        version: String,
        /// The oldest version that would do.
        oldest: String,
        /// The option that chooses another.
        option: String,
    },
    /// The package inside stormhost cannot be unpacked.
    #[error(transparent)]
    Shim(#[from] ShimError),
    /// The interpreter could not be started.
    #[error("{interpreter} cannot be started: {source}\n  hint: choose another with {option}")]
    CannotStart {
        /// The interpreter, and why it was taken.
        interpreter: String,
        /// The option that chooses another.
        option: String,
        /// What the system said.
        source: io::Error,
    },
    /// The describing process failed.
    #[error("{file} could not be described: {interpreter} {status}{}", last_words(.stderr))]
    DescriberFailed {
        /// What was asked for.
        file: String,
        /// The interpreter, and why it was taken.
        interpreter: String,
        /// How it ended, as in "left with status 1".
        status: String,
        /// The last lines that it wrote to its standard error.
        stderr: Vec<String>,
    },
    /// The describing process ended well, but what it said is no description.
    #[error("{file} could not be described: what {interpreter} answered is no description: {source}\n  it began with: {beginning}{}", last_words(.stderr))]
    DescriberRubbish {
        /// What was asked for.
        file: String,
        /// The interpreter, and why it was taken.
        interpreter: String,
        /// What is wrong with the answer.
        source: Box<IrError>,
        /// How the answer began.
        beginning: String,
        /// The last lines that it wrote to its standard error.
        stderr: Vec<String>,
    },
}

impl Coded for LoadError {
    fn code(&self) -> Code {
        match self {
            LoadError::NotFound { .. } => Code::NO_SUCH_FILE,
            LoadError::IsFolder { .. } => Code::IS_FOLDER,
            LoadError::CannotRead { .. } => Code::UNREADABLE_FILE,
            LoadError::NotATopology { .. } => Code::UNKNOWN_FORM,
            LoadError::OneTopology { .. } => Code::ONE_TOPOLOGY,
            LoadError::BadDescription { .. } => Code::BAD_DESCRIPTION,
            LoadError::StrayOption { .. } => Code::STRAY_OPTION,
            LoadError::Project(error) => error.code(),
            LoadError::NoInterpreter(_) => Code::NO_INTERPRETER,
            LoadError::TooOld { .. } => Code::OLD_INTERPRETER,
            LoadError::Shim(_) => Code::NO_CACHE,
            LoadError::CannotStart { .. } => Code::DEAD_INTERPRETER,
            LoadError::DescriberFailed { .. } => Code::DESCRIBER_FAILED,
            LoadError::DescriberRubbish { .. } => Code::DESCRIBER_RUBBISH,
        }
    }
}

/// What a topology may be written in, and how that is seen.
fn known_languages() -> String {
    let known: Vec<String> = language::ALL
        .iter()
        .map(|language| {
            let ending = language.endings.first().copied().unwrap_or_default();
            format!(
                "a {} file (ending .{ending}, a first line that names {}, or one that loads stormhost)",
                language.name, language.id
            )
        })
        .collect();
    known.join(", ")
}

fn did_you_mean(near: Option<&str>) -> String {
    near.map(|near| format!("\n  hint: did you mean {near}?"))
        .unwrap_or_default()
}

fn no_topology_in(folder: &str) -> String {
    match folder {
        "." => "no topology was named, and this folder is no streamparse project (it has no config.json of one)".into(),
        _ => format!("{folder} is a folder, not a topology nor a streamparse project"),
    }
}

fn found_there(found: &[String]) -> String {
    if found.is_empty() {
        String::new()
    } else {
        format!("\n  hint: in it are {}", found.join(", "))
    }
}

fn last_words(stderr: &[String]) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!("\n  its last words were:\n    {}", stderr.join("\n    "))
    }
}
