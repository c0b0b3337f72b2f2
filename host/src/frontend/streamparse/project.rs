//! A streamparse project on the disk: its `config.json`, its topologies, its environments.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::Remark;
use super::error::ProjectError;
use crate::topology::Severity;

const CONFIG: &str = "config.json";
/// What `config.json` of a streamparse project has, and those of others do not.
const OWN_KEYS: [&str; 3] = ["topology_specs", "virtualenv_specs", "envs"];

/// A project. `config` is empty where there is no `config.json`.
#[derive(Clone, Debug)]
pub(in crate::frontend) struct Project {
    pub(super) root: PathBuf,
    pub(super) config_file: PathBuf,
    config: Map<String, Value>,
}

impl Project {
    /// The project whose folder this is, if it is one. A folder with a configuration that was asked for, in place of its `config.json`, is one.
    ///
    /// # Errors
    /// In the result: when its `config.json` cannot be understood, or the one that was asked for cannot be read.
    pub(in crate::frontend) fn at(
        folder: &Path,
        asked: Option<&Path>,
    ) -> Option<Result<Self, ProjectError>> {
        if let Some(file) = asked {
            return folder.is_dir().then(|| Self::configured(folder, file));
        }
        let file = plain(&folder.join(CONFIG));
        let text = fs::read_to_string(&file).ok()?;
        match members(&text) {
            // Anybody may have a config.json; one that is broken is only ours to tell about if the rest looks like a project.
            Err(message) => folder
                .join("topologies")
                .is_dir()
                .then(|| Err(bad(&file, message))),
            Ok(config) => OWN_KEYS
                .iter()
                .any(|key| config.contains_key(*key))
                .then(|| Ok(Self::new(folder, file, config))),
        }
    }

    /// The project in a folder, with a configuration that was asked for.
    fn configured(folder: &Path, file: &Path) -> Result<Self, ProjectError> {
        let text = fs::read_to_string(file).map_err(|error| bad(file, error.to_string()))?;
        let config = members(&text).map_err(|message| bad(file, message))?;
        Ok(Self::new(folder, file.to_owned(), config))
    }

    fn new(root: &Path, config_file: PathBuf, config: Map<String, Value>) -> Self {
        Self {
            root: plain(root),
            config_file,
            config,
        }
    }

    /// The project that a topology's file belongs to, if there is one: the next folder upwards that is a project, and has its
    /// topologies where the file lies.
    pub(in crate::frontend) fn of_topology(
        file: &Path,
        asked: Option<&Path>,
    ) -> Option<Result<Self, ProjectError>> {
        let folder = file.parent()?;
        // Two levels up is `topology_specs` such as "storm/topologies".
        let above = folder.ancestors().skip(1).take(2);
        above
            .filter_map(|above| Self::at(above, asked))
            .find(|found| {
                found
                    .as_ref()
                    .map_or(true, |project| same(&project.topology_folder(), folder))
            })
    }

    /// A topology's file that is in no project: what it imports lies in `src` beside its folder, or beside itself.
    ///
    /// # Errors
    /// When a configuration was asked for, and cannot be read.
    pub(super) fn around(file: &Path, asked: Option<&Path>) -> Result<Self, ProjectError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        let above = folder.parent().filter(|above| above.join("src").is_dir());
        let root = above.unwrap_or(folder);
        match asked {
            Some(file) => Self::configured(root, file),
            None => Ok(Self::new(root, root.join(CONFIG), Map::new())),
        }
    }

    /// The file of the topology that is meant: the one of that name, or the only one.
    pub(in crate::frontend) fn topology(
        &self,
        typed: &str,
        name: Option<&str>,
    ) -> Result<PathBuf, ProjectError> {
        let folder = self.topology_folder();
        let names = files(&folder, ".py");
        let project = typed.to_owned();
        match (name, names.as_slice()) {
            (Some(name), _) if names.iter().any(|other| other == name) => {
                Ok(folder.join(format!("{name}.py")))
            }
            (Some(name), _) if folder.join(format!("{name}.clj")).is_file() => {
                Err(ProjectError::InClojure {
                    project,
                    files: vec![format!("{name}.clj")],
                })
            }
            (_, []) => Err(none_in(&folder, project)),
            (Some(name), _) => Err(ProjectError::NoSuchTopology {
                project,
                name: name.to_owned(),
                names,
            }),
            (None, [only]) => Ok(folder.join(format!("{only}.py"))),
            (None, _) => Err(ProjectError::SeveralTopologies { project, names }),
        }
    }

    /// The environment that is meant: the one of that name, or the only one. `None` where the project has none at all.
    pub(super) fn environment(
        &self,
        asked: Option<&str>,
    ) -> Result<Option<Environment>, ProjectError> {
        let environments = self.config.get("envs").and_then(Value::as_object);
        let names: Vec<String> = environments
            .into_iter()
            .flat_map(Map::keys)
            .cloned()
            .collect();
        let file = self.config_file.display().to_string();
        let name = match (asked, names.as_slice()) {
            (Some(asked), _) if names.iter().any(|name| name == asked) => asked.to_owned(),
            (Some(asked), _) => {
                return Err(ProjectError::NoSuchEnvironment {
                    file,
                    name: asked.to_owned(),
                    names,
                });
            }
            (None, []) => return Ok(None),
            (None, [only]) => only.clone(),
            (None, _) => return Err(ProjectError::SeveralEnvironments { file, names }),
        };
        let members = environments
            .and_then(|all| all.get(&name))
            .and_then(Value::as_object);
        Ok(Some(Environment {
            members: members.cloned().unwrap_or_default(),
            name,
        }))
    }

    /// The serializer for all environments that name none.
    pub(super) fn serializer(&self) -> Option<&str> {
        text(&self.config, "serializer")
    }

    /// What is imported, and where children work: `src`, which streamparse packs into its jar.
    pub(super) fn source(&self) -> PathBuf {
        let source = self.root.join("src");
        if source.is_dir() {
            source
        } else {
            self.root.clone()
        }
    }

    fn topology_folder(&self) -> PathBuf {
        let folder = text(&self.config, "topology_specs").unwrap_or("topologies");
        plain(&self.root.join(folder))
    }
}

/// One of the `envs` of a `config.json`.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    pub(super) name: String,
    members: Map<String, Value>,
}

impl Environment {
    pub(super) fn serializer(&self) -> Option<&str> {
        text(&self.members, "serializer")
    }

    /// Where streamparse has the virtual environment of a topology.
    pub(super) fn virtualenv(&self, topology: &str) -> Option<PathBuf> {
        if self.members.get("use_virtualenv") == Some(&Value::Bool(false)) {
            return None;
        }
        let root = text(&self.members, "virtualenv_root")
            .or_else(|| text(&self.members, "virtualenv_path"))?;
        let name = text(&self.members, "virtualenv_name").unwrap_or(topology);
        Some(Path::new(root).join(name))
    }

    /// The settings that lie below the topology's own: `options`, and where pystorm is to log, if it can log there.
    pub(super) fn settings(
        &self,
        is_writable: &dyn Fn(&str) -> bool,
    ) -> (Map<String, Value>, Vec<Remark>) {
        let mut remarks = Vec::new();
        let options = self.members.get("options").and_then(Value::as_object);
        let mut settings = options.cloned().unwrap_or_default();
        let nothing = Map::new();
        let log = self.members.get("log").and_then(Value::as_object);
        let log = log.unwrap_or(&nothing);
        let path = text(log, "path").or_else(|| text(&self.members, "log_path"));
        match path {
            Some(path) if is_writable(path) => {
                settings.insert("pystorm.log.path".into(), path.into());
            }
            Some(path) => remarks.push(Remark {
                severity: Severity::Warning,
                message: format!(
                    "the log folder of the environment {:?}, {path}, cannot be written to here",
                    self.name
                ),
                hint: Some("components log to the log of stormhost instead".into()),
            }),
            None => {}
        }
        if let Some(file) = text(log, "file").or_else(|| text(&self.members, "log_file")) {
            settings.insert("pystorm.log.file".into(), file.into());
        }
        for key in ["max_bytes", "backup_count"] {
            if let Some(number) = log.get(key).filter(|number| number.is_u64()) {
                settings.insert(format!("pystorm.log.{key}"), number.clone());
            }
        }
        if let Some(level) = text(log, "level") {
            settings.insert("pystorm.log.level".into(), level.to_lowercase().into());
        }
        remarks.extend(self.without_effect());
        (settings, remarks)
    }

    /// What would be done on the machines of a cluster, and is said in a word where it is not the template's usual text.
    fn without_effect(&self) -> Option<Remark> {
        let idle: Vec<&str> = ["virtualenv_flags", "install_virtualenv", "sudo_user"]
            .into_iter()
            .filter(|key| self.members.contains_key(*key))
            .collect();
        (!idle.is_empty()).then(|| Remark {
            severity: Severity::Info,
            message: format!(
                "without effect in the environment {:?}: {}",
                self.name,
                idle.join(", ")
            ),
            hint: Some("stormhost makes no virtual environments and runs as you; --python names the Python to use".into()),
        })
    }
}

/// A path as it is shown: without the `.` of a folder that was typed so, or of "./topologies/" in a configuration.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

fn bad(file: &Path, message: String) -> ProjectError {
    ProjectError::BadConfig {
        file: file.display().to_string(),
        message,
    }
}

/// The members of a configuration, or why it is none.
fn members(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("it is no JSON object".into()),
        Err(error) => Err(error.to_string()),
    }
}

/// A member that is text, and not empty: the template has empty texts where nothing is set.
fn text<'a>(members: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    members
        .get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// Why a folder without topologies in Python is no use.
fn none_in(folder: &Path, project: String) -> ProjectError {
    let clojure = files(folder, ".clj");
    if clojure.is_empty() {
        let folder = folder.display().to_string();
        return ProjectError::NoTopologies { project, folder };
    }
    let files = clojure.iter().map(|name| format!("{name}.clj")).collect();
    ProjectError::InClojure { project, files }
}

/// The names of a folder's files with this ending, without it.
fn files(folder: &Path, ending: &str) -> Vec<String> {
    super::super::names_in(folder)
        .into_iter()
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .filter(|name| !name.starts_with("__"))
        .collect()
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
