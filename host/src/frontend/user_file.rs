//! The user's settings for all topologies: `config.yaml`, written as a `storm.yaml` is, with dotted names at the top level.

use std::fs;
use std::io;

use serde_json::{Map, Value};

use super::surroundings::Surroundings;
use crate::errors::{Code, Coded};
use crate::topology::UserFile;

/// The user's file is there, but no use.
#[derive(Debug, thiserror::Error)]
pub enum UserFileError {
    /// The system refuses to read it.
    #[error("{path} cannot be read: {source}")]
    CannotRead {
        /// Where it lies.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// It is no map of settings in YAML.
    #[error(
        "{path} is no map of settings: {message}\n  hint: one setting a line, as in storm.yaml: `topology.max.spout.pending: 500`"
    )]
    Malformed {
        /// Where it lies.
        path: String,
        /// What is wrong, with the line.
        message: String,
    },
}

impl Coded for UserFileError {
    fn code(&self) -> Code {
        Code::BAD_USER_FILE
    }
}

/// Reads `$XDG_CONFIG_HOME/stormhost/config.yaml`, else `~/.config/stormhost/config.yaml`. `None` if there is no such file.
///
/// # Errors
/// When it is there but cannot be read, or is no YAML, or no map.
pub fn read_user_file(seen: &Surroundings) -> Result<Option<UserFile>, UserFileError> {
    let Some(path) = seen
        .base_folder("XDG_CONFIG_HOME", ".config")
        .map(|folder| folder.join("stormhost/config.yaml"))
    else {
        return Ok(None);
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(source) => {
            return Err(UserFileError::CannotRead {
                path: path.display().to_string(),
                source,
            });
        }
    };
    let path = path.display().to_string();
    // A file with nothing but comments is an empty document.
    match serde_saphyr::from_str::<Option<Map<String, Value>>>(&text) {
        Ok(conf) => Ok(Some(UserFile {
            path,
            conf: conf.unwrap_or_default(),
        })),
        Err(error) => Err(UserFileError::Malformed {
            path,
            message: error.without_snippet().to_string(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(content: Option<&str>) -> Result<Option<UserFile>, UserFileError> {
        let home = tempfile::tempdir().expect("a folder");
        if let Some(content) = content {
            fs::create_dir_all(home.path().join(".config/stormhost")).expect("created");
            fs::write(home.path().join(".config/stormhost/config.yaml"), content).expect("written");
        }
        read_user_file(&Surroundings::new("/", [("HOME", home.path())]))
    }

    #[test]
    fn is_read_as_a_storm_yaml() {
        let content = "# mine\ntopology.max.spout.pending: 500\ntopology.message.timeout.secs: 2.5\ntopology.debug: true\n\
                       topology.environment:\n  A: b\nredis.hosts: [a, b]\nnothing:\n";
        let file = read(Some(content)).expect("readable").expect("there");
        assert!(file.path.ends_with(".config/stormhost/config.yaml"));
        assert_eq!(
            Value::Object(file.conf),
            json!({"topology.max.spout.pending": 500, "topology.message.timeout.secs": 2.5, "topology.debug": true,
                   "topology.environment": {"A": "b"}, "redis.hosts": ["a", "b"], "nothing": null})
        );
    }

    #[test]
    fn no_file_and_an_empty_file_are_no_errors() {
        assert_eq!(read(None).expect("no error"), None);
        for content in ["", "# nothing yet\n", "---\n"] {
            assert!(
                read(Some(content))
                    .expect(content)
                    .expect("there")
                    .conf
                    .is_empty(),
                "{content:?}"
            );
        }
        let homeless = Surroundings::new("/", [("A", "b")]);
        assert_eq!(read_user_file(&homeless).expect("no error"), None);
    }

    #[test]
    fn what_is_no_map_is_told_with_its_line() {
        for (content, said) in [
            ("- a\n- b\n", "expected"),
            ("a: 1\nb: [1\n", "line"),
            ("just text", "expected"),
        ] {
            let error = read(Some(content)).expect_err(content).to_string();
            assert!(
                error.contains("config.yaml is no map of settings") && error.contains(said),
                "{content:?}: {error}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(home.path().join(".config/stormhost/config.yaml"))
            .expect("a folder in the way");
        let error = read_user_file(&Surroundings::new("/", [("HOME", home.path())]))
            .expect_err("a folder")
            .to_string();
        assert!(error.contains("cannot be read"), "{error}");
    }
}
