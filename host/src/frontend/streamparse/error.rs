//! Why a streamparse project could not be loaded.

use crate::errors::{Code, Coded};

/// Something about a project that must be decided or put right first. Paths are told as they were typed, or absolute.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// `config.json` is no JSON object.
    #[error("{file} is no configuration of a streamparse project: {message}")]
    BadConfig {
        /// Where it lies.
        file: String,
        /// What is wrong with it.
        message: String,
    },
    /// The folder of the topologies holds none.
    #[error(
        "{project} is a streamparse project, but no topology is in {folder}\n  hint: a topology is a Python file there; \"topology_specs\" in config.json names the folder"
    )]
    NoTopologies {
        /// The project's folder.
        project: String,
        /// Where topologies were looked for.
        folder: String,
    },
    /// The topology that is meant is of the time before streamparse 3.
    #[error("{project} is a streamparse project whose topologies are in Clojure ({}), as before streamparse 3\n  hint: write them in Python; docs/porting.md has python-spout-spec and python-bolt-spec beside their counterparts", files.join(", "))]
    InClojure {
        /// The project's folder.
        project: String,
        /// Those that are meant, as they are called.
        files: Vec<String>,
    },
    /// There are several topologies, and none was chosen.
    #[error("{project} is a streamparse project with several topologies: {}\n  hint: say which with --name, as in -n {}", names.join(", "), names.first().map(String::as_str).unwrap_or_default())]
    SeveralTopologies {
        /// The project's folder.
        project: String,
        /// What there is.
        names: Vec<String>,
    },
    /// The topology that was asked for is not there.
    #[error("{project} is a streamparse project without a topology {name:?}; its topologies are: {}", names.join(", "))]
    NoSuchTopology {
        /// The project's folder.
        project: String,
        /// What was asked for.
        name: String,
        /// What there is.
        names: Vec<String>,
    },
    /// There are several environments, and none was chosen.
    #[error("{file} has several environments: {}\n  hint: say which with --environment, as in -e {}", names.join(", "), names.first().map(String::as_str).unwrap_or_default())]
    SeveralEnvironments {
        /// The project's `config.json`.
        file: String,
        /// What there is.
        names: Vec<String>,
    },
    /// The environment that was asked for is not there.
    #[error("{file} has no environment {name:?}{}", if names.is_empty() { String::new() } else { format!("; its environments are: {}", names.join(", ")) })]
    NoSuchEnvironment {
        /// The project's `config.json`, or where it would be.
        file: String,
        /// What was asked for.
        name: String,
        /// What there is.
        names: Vec<String>,
    },
}

impl Coded for ProjectError {
    fn code(&self) -> Code {
        match self {
            ProjectError::BadConfig { .. }
            | ProjectError::NoTopologies { .. }
            | ProjectError::InClojure { .. } => Code::BAD_PROJECT,
            ProjectError::SeveralTopologies { .. } | ProjectError::NoSuchTopology { .. } => {
                Code::WHICH_TOPOLOGY
            }
            ProjectError::SeveralEnvironments { .. } | ProjectError::NoSuchEnvironment { .. } => {
                Code::WHICH_ENVIRONMENT
            }
        }
    }
}
