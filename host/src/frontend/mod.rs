//! From a file that a user wrote to a description of a topology: what is it, and who can describe it?
//!
//! [`load`] does it all: `recognise` looks at the file, `language` says what is particular about the one it is written in,
//! `interpreter` and `shim` find what that needs, `describe` has it described. What is YAML is read by
//! `node`, and what is wrong with it gathered in `told`. Nothing here checks the topology; that is
//! `topology::check`.

mod built_in;
mod compose;
mod describe;
mod direct;
mod error;
mod flux;
mod interpreter;
mod language;
mod mixed;
mod node;
mod petrel;
mod pyleus;
mod recognise;
mod scalar;
mod shim;
mod streamparse;
mod surroundings;
mod told;
mod user_file;
mod version_manager;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::topology::{Ir, nearest};

pub use error::LoadError;
pub(crate) use flux::STORM_TESTING;
pub use interpreter::{Interpreter, NoInterpreter};
pub(crate) use language::python_imports;
pub use shim::ShimError;
pub use streamparse::ProjectError;
pub use surroundings::Surroundings;
pub use user_file::{UserFileError, read_user_file};

use describe::Request;
use recognise::Form;
use streamparse::Project;

/// How a topology is to be loaded.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The interpreters that were asked for, by language (`python`): a path, a folder with a program in its `bin`, such as a
    /// virtual environment, or a name that is looked up in the PATH.
    pub interpreters: BTreeMap<&'static str, String>,
    /// What the topology sees as its arguments.
    pub args: Vec<String>,
    /// Added to the environment of the describing process, as it will be to that of every child.
    pub env: BTreeMap<String, String>,
    /// What was said that only the topology files of others take.
    pub others: OthersOptions,
    /// A component that is a process of its own, also where it would be inside the host.
    pub outside: Option<String>,
    /// Where the command was typed.
    pub surroundings: Surroundings,
}

/// What is particular to the topology files of others: a streamparse project, Flux.
#[derive(Clone, Debug, Default)]
pub struct OthersOptions {
    /// Which topology of a project.
    pub name: Option<String>,
    /// Which environment of a project's `config.json`.
    pub environment: Option<String>,
    /// What is read in place of a project's `config.json`.
    pub config: Option<String>,
    /// A file of properties whose values stand for `${key}` in a Flux file.
    pub filter: Option<String>,
    /// Whether variables of the environment stand for `${ENV-NAME}` in a Flux file.
    pub env_filter: bool,
    /// The folder in which components of a Flux file work, in place of the one that is found.
    pub resources: Option<String>,
}

impl OthersOptions {
    /// Those that were given, each with what it belongs to.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let project = "a streamparse project's folder";
        let topology = "a topology of streamparse";
        let known = [
            ("--name", self.name.is_some(), project),
            ("--environment", self.environment.is_some(), topology),
            ("--config", self.config.is_some(), topology),
            ("--filter", self.filter.is_some(), "a Flux file"),
            ("--env-filter", self.env_filter, "a Flux file"),
            ("--resources", self.resources.is_some(), "a Flux file"),
        ];
        let given = known.into_iter().filter(|(_, is_given, _)| *is_given);
        given.map(|(option, _, belongs)| (option, belongs))
    }
}

impl LoadOptions {
    /// No interpreter asked for, no arguments, nothing added.
    pub fn new(surroundings: Surroundings) -> Self {
        Self {
            interpreters: BTreeMap::new(),
            args: Vec::new(),
            env: BTreeMap::new(),
            others: OthersOptions::default(),
            outside: None,
            surroundings,
        }
    }

    /// The configuration of a streamparse project that was asked for.
    fn config(&self) -> Option<PathBuf> {
        let asked = self.others.config.as_ref();
        asked.map(|file| self.surroundings.resolve(file))
    }
}

/// Has a topology described. `path` is a file, or `file:Name` to choose one topology of several in it.
///
/// # Errors
/// When the file cannot be read, is nothing that stormhost knows, or its describer cannot be run or does not answer.
/// Mistakes in the topology are no errors here; they stand in the description.
pub fn load(path: &str, options: &LoadOptions) -> Result<Ir, LoadError> {
    let (file, name) = split_name(path, &options.surroundings);
    let resolved = options.surroundings.resolve(&file);
    let mut ir = match Project::at(&resolved, options.config().as_deref()).transpose()? {
        Some(project) => {
            let taken = ["--name", "--environment", "--config"];
            refuse_stray(&file, &taken, &options.others)?;
            let name = name.as_deref().or(options.others.name.as_deref());
            let topology = project.topology(&file, name)?;
            let typed = typed_below(&file, &resolved, &topology);
            streamparse::load(&typed, &typed, &topology, options)?
        }
        None => {
            let content = read(&file, &resolved)?;
            described(path, &file, name.as_deref(), &resolved, &content, options)?
        }
    };
    for component in &mut ir.components {
        let wanted = options.outside.as_ref() == Some(&component.id);
        component.place.take_if(|place| wanted && place == "inside");
    }
    mixed::within_reach(&mut ir, options)?;
    Ok(ir)
}

#[cfg(any(test, fuzzing))]
pub(crate) fn described_flux(text: &str) -> Ir {
    flux::described_text(text)
}

/// Whether a word of a command is the script by which our Python package starts a component.
pub(crate) fn starts_python_package(word: &str) -> bool {
    let script = Path::new(language::PYTHON.package_folder).join(language::PYTHON.main);
    Path::new(word).ends_with(script)
}

/// What belongs into the variable by which a language finds its library, which is unpacked if it was not before. Empty for a language that has none.
///
/// # Errors
/// When it can be unpacked nowhere.
pub fn library(language: &str, surroundings: &Surroundings) -> Result<String, LoadError> {
    let known = language::ALL.iter().find(|known| known.id == language);
    let Some(known) = known else {
        return Ok(String::new());
    };
    let package = shim::unpack(known, surroundings)?;
    Ok((known.search.entry)(&package))
}

fn described(
    path: &str,
    file: &str,
    name: Option<&str>,
    resolved: &Path,
    content: &[u8],
    options: &LoadOptions,
) -> Result<Ir, LoadError> {
    let file = file.to_owned();
    match recognise::form(&file, content) {
        Form::Description | Form::Flux | Form::Pyleus if name.is_some() => {
            Err(LoadError::OneTopology { file })
        }
        Form::Description => {
            refuse_stray(&file, &[], &options.others)?;
            Ir::from_json(content).map_err(|source| LoadError::BadDescription {
                file,
                source: Box::new(source),
            })
        }
        Form::Flux => {
            refuse_stray(
                &file,
                &["--filter", "--env-filter", "--resources"],
                &options.others,
            )?;
            flux::load(&file, resolved, &String::from_utf8_lossy(content), options)
        }
        Form::Pyleus => {
            refuse_stray(&file, &[], &options.others)?;
            pyleus::load(&file, resolved, &String::from_utf8_lossy(content), options)
        }
        Form::Program(language)
            if language.id == language::PYTHON.id
                && streamparse::is_topology(&String::from_utf8_lossy(content), resolved) =>
        {
            refuse_stray(&file, &["--environment", "--config"], &options.others)?;
            streamparse::load(path, &file, resolved, options)
        }
        Form::Program(language)
            if language.id == language::PYTHON.id
                && petrel::is_topology(&String::from_utf8_lossy(content)) =>
        {
            refuse_stray(&file, &[], &options.others)?;
            petrel::load(path, resolved, options)
        }
        Form::Program(language) => {
            refuse_stray(&file, &[], &options.others)?;
            let folder = resolved.parent().unwrap_or(Path::new("."));
            let asked = options.interpreters.get(language.id).map(String::as_str);
            let found = interpreter::find(language, asked, folder, &options.surroundings);
            let package = shim::unpack(language, &options.surroundings)?;
            let interpreter =
                found.or_else(|none| built_in::instead(language, asked, &package).ok_or(none))?;
            let request = Request {
                verb: "describe",
                path,
                told: None,
            };
            describe::describe(language, &interpreter, &package, &request, options)
        }
        Form::Unknown { looks_like } => Err(LoadError::NotATopology { file, looks_like }),
    }
}

/// Options that only other kinds of files take are slips, and told.
fn refuse_stray(file: &str, taken: &[&str], given: &OthersOptions) -> Result<(), LoadError> {
    match given.given().find(|(option, _)| !taken.contains(option)) {
        Some((option, belongs)) => Err(LoadError::StrayOption {
            option,
            belongs,
            file: file.to_owned(),
        }),
        None => Ok(()),
    }
}

/// How one would type a file that lies in a folder: by way of that folder, as it was typed.
fn typed_below(folder: &str, resolved: &Path, file: &Path) -> String {
    let below = file.strip_prefix(resolved).unwrap_or(file);
    match folder {
        "." => shown(below),
        _ => shown(&Path::new(folder).join(below)),
    }
}

/// `topology.py:Name` is the file `topology.py` and a name; a file whose own name has a colon is itself.
fn split_name(path: &str, surroundings: &Surroundings) -> (String, Option<String>) {
    if surroundings.resolve(path).exists() {
        return (path.to_owned(), None);
    }
    match path.rsplit_once(':') {
        Some((file, name)) if !file.is_empty() && is_name(name) => {
            (file.to_owned(), Some(name.to_owned()))
        }
        _ => (path.to_owned(), None),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|letter| letter.is_alphanumeric() || letter == '_')
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

fn read(file: &str, resolved: &Path) -> Result<Vec<u8>, LoadError> {
    if resolved.is_dir() {
        return Err(LoadError::IsFolder {
            file: file.to_owned(),
            found: candidates(resolved),
        });
    }
    fs::read(resolved).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => LoadError::NotFound {
            file: file.to_owned(),
            near: near_file(file, resolved),
        },
        _ => LoadError::CannotRead {
            file: file.to_owned(),
            source,
        },
    })
}

/// The file in the same folder whose name is most like the one that was asked for, written as it was asked for.
fn near_file(file: &str, resolved: &Path) -> Option<String> {
    let wanted = resolved.file_name()?.to_str()?;
    let names = names_in(resolved.parent()?);
    let near = nearest(wanted, names.iter().map(String::as_str))?;
    Some(
        file.strip_suffix(wanted)
            .map_or_else(|| near.to_owned(), |folder| format!("{folder}{near}")),
    )
}

/// What in a folder may be a topology, by its ending.
fn candidates(folder: &Path) -> Vec<String> {
    names_in(folder)
        .into_iter()
        .filter(|name| {
            let languages = language::ALL.iter();
            let data = [".json", ".yaml", ".yml"];
            data.iter().any(|ending| name.ends_with(ending))
                || languages.into_iter().any(|one| one.is_ending_of(name))
        })
        .collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let mut names: Vec<String> = files
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// A path as it stands in messages, where bytes that are no text do not matter.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The first of these that can be executed.
fn first_executable(candidates: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    candidates
        .into_iter()
        .find(|path| surroundings::is_executable(path))
}

#[cfg(test)]
mod tests;
