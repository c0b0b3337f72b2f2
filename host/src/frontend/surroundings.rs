//! What a process sees around it: its environment and its folder, as a value, so that tests can make up their own.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Environment and working folder.
#[derive(Clone, Debug)]
pub struct Surroundings {
    folder: PathBuf,
    variables: BTreeMap<OsString, OsString>,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// When the working folder is gone or may not be read.
    pub fn of_this_process() -> io::Result<Self> {
        Ok(Self {
            folder: std::env::current_dir()?,
            variables: std::env::vars_os().collect(),
        })
    }

    /// Made-up ones. `folder` should be absolute.
    pub fn new<N: Into<OsString>, V: Into<OsString>>(
        folder: impl Into<PathBuf>,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Self {
            folder: folder.into(),
            variables,
        }
    }

    /// The folder where the command was typed.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A variable; one that is empty counts as not set.
    pub fn variable(&self, name: &str) -> Option<&OsStr> {
        self.variables
            .get(OsStr::new(name))
            .map(OsString::as_os_str)
            .filter(|value| !value.is_empty())
    }

    /// Every variable whose name and value are text.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .filter_map(|(name, value)| Some((name.to_str()?, value.to_str()?)))
    }

    /// The path seen from the folder where the command was typed.
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.folder.join(path)
    }

    /// The user's home, if it is known.
    pub fn home(&self) -> Option<PathBuf> {
        self.variable("HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }

    /// A folder of the XDG base directories: that of the variable, else that below home. One that is not absolute counts as not set,
    /// as the specification asks.
    pub fn base_folder(&self, variable: &str, below_home: &str) -> Option<PathBuf> {
        let set = self
            .variable(variable)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        set.or_else(|| Some(self.home()?.join(below_home)))
    }

    /// The folders of the PATH; an empty entry means the working folder, as it does for the system.
    pub fn path(&self) -> Vec<PathBuf> {
        self.variable("PATH")
            .map(|path| self.split_path(path))
            .unwrap_or_default()
    }

    /// Whether a command could be started: `program` is a path if it has a slash, else it is looked up in `path`, or in the PATH
    /// where that is `None`. A `topology::FindProgram`.
    pub fn has_program(&self, program: &str, path: Option<&str>) -> bool {
        if program.contains('/') {
            return is_executable(&self.resolve(program));
        }
        let folders = path.map_or_else(|| self.path(), |path| self.split_path(OsStr::new(path)));
        folders
            .into_iter()
            .any(|folder| is_executable(&folder.join(program)))
    }

    fn split_path(&self, path: &OsStr) -> Vec<PathBuf> {
        std::env::split_paths(path)
            .map(|folder| self.folder.join(folder))
            .collect()
    }
}

/// Whether it is a file that somebody may execute. Whether it is us is only known by trying.
pub(super) fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn executable(path: &Path) {
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, "").expect("written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("made executable");
    }

    #[test]
    fn programs_are_found_as_the_system_would() {
        let root = tempfile::tempdir().expect("a folder");
        executable(&root.path().join("bin/tool"));
        executable(&root.path().join("other/second"));
        fs::write(root.path().join("bin/plain"), "").expect("written");
        let bin = root.path().join("bin").display().to_string();
        let seen = Surroundings::new(root.path(), [("PATH", format!("/nowhere:{bin}"))]);
        for (program, path, expected) in [
            ("tool", None, true),
            ("second", None, false),
            ("second", Some("other"), true),
            ("tool", Some("other"), false),
            ("plain", None, false),
            ("bin/tool", None, true),
            ("./bin/tool", Some("nowhere"), true),
            ("bin", None, false),
            ("./bin", None, false),
            (&format!("{bin}/tool"), None, true),
            ("", None, false),
        ] {
            assert_eq!(
                seen.has_program(program, path),
                expected,
                "{program} {path:?}"
            );
        }
    }

    #[test]
    fn base_folders_follow_the_specification() {
        for (variables, expected) in [
            (vec![("XDG_CACHE_HOME", "/c"), ("HOME", "/h")], Some("/c")),
            (
                vec![("XDG_CACHE_HOME", "relative"), ("HOME", "/h")],
                Some("/h/.cache"),
            ),
            (
                vec![("XDG_CACHE_HOME", ""), ("HOME", "/h")],
                Some("/h/.cache"),
            ),
            (vec![("HOME", "")], None),
            (vec![], None),
        ] {
            let seen = Surroundings::new("/", variables.clone());
            assert_eq!(
                seen.base_folder("XDG_CACHE_HOME", ".cache"),
                expected.map(PathBuf::from),
                "{variables:?}"
            );
        }
    }
}
