//! Which interpreter a shim of pyenv or rbenv would start, found by their own rules but without starting them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::first_executable;
use super::surroundings::Surroundings;

/// A tool that keeps several versions of a language and puts shims into the PATH that choose between them.
#[derive(Debug)]
pub(super) struct VersionManager {
    /// As in "a shim of pyenv".
    pub(super) name: &'static str,
    /// Begins the names of its variables, as in `PYENV_VERSION`.
    pub(super) variables: &'static str,
    /// Says in a folder which version is meant there.
    pub(super) file: &'static str,
    /// May stand before a version and means nothing.
    pub(super) prefix: &'static str,
}

/// The version manager's root, if `folder` is its folder of shims: named `shims`, with `versions` beside it.
pub(super) fn root_of_shims(folder: &Path) -> Option<PathBuf> {
    let root = folder.parent()?;
    (folder.file_name()? == "shims" && root.join("versions").is_dir()).then(|| root.to_owned())
}

impl VersionManager {
    /// The program that the shim called `name` would start, or `None` where the tool would look further along the PATH or give up.
    pub(super) fn chosen(&self, root: &Path, name: &str, seen: &Surroundings) -> Option<PathBuf> {
        // The first version that has the program wins; "system" means to look further along the PATH.
        let versions = self.versions(root, seen);
        let own = versions.iter().take_while(|version| *version != "system");
        first_executable(
            own.filter_map(|version| Some(self.installed(root, version)?.join("bin").join(name))),
        )
    }

    /// The versions that are in force: of the shell, else of the folder or one above it, else of the user.
    fn versions(&self, root: &Path, seen: &Surroundings) -> Vec<String> {
        if let Some(shell) = self.variable("VERSION", seen) {
            return shell
                .to_string_lossy()
                .split(':')
                .map(str::to_owned)
                .collect();
        }
        let start = self
            .variable("DIR", seen)
            .map_or_else(|| seen.folder().to_owned(), |folder| seen.resolve(folder));
        let local = start
            .ancestors()
            .map(|folder| folder.join(self.file))
            .find_map(|file| read(&file));
        local
            .or_else(|| read(&root.join("version")))
            .unwrap_or_default()
    }

    fn variable<'a>(&self, name: &str, seen: &'a Surroundings) -> Option<&'a OsStr> {
        seen.variable(&format!("{}_{name}", self.variables))
    }

    /// Where a version is installed: under its own name, or under the newest that it is a prefix of (`3.12` means `3.12.7`).
    fn installed(&self, root: &Path, version: &str) -> Option<PathBuf> {
        // A version is a name, not a way out of the folder.
        if version.contains('/') || version.starts_with('.') {
            return None;
        }
        let versions = root.join("versions");
        for name in [
            version,
            version.strip_prefix(self.prefix).unwrap_or(version),
        ] {
            if versions.join(name).is_dir() {
                return Some(versions.join(name));
            }
        }
        let prefix = format!("{version}.");
        let entries = fs::read_dir(&versions).ok()?.flatten();
        let names = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.starts_with(&prefix));
        let newest = names
            .filter_map(|name| Some((numbers(&name)?, name)))
            .max()?;
        Some(versions.join(newest.1))
    }
}

/// The versions in a file, one or several, with comments; `None` if it is not there or says nothing.
fn read(file: &Path) -> Option<Vec<String>> {
    let text = fs::read_to_string(file).ok()?;
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let versions: Vec<String> = lines
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    (!versions.is_empty()).then_some(versions)
}

/// `3.12.7` as numbers; `None` for what is no plain release, such as `3.13.0rc1`.
fn numbers(version: &str) -> Option<Vec<u32>> {
    version.split('.').map(|part| part.parse().ok()).collect()
}
