//! The packages that travel inside the binary, one a language, each unpacked once to a cache folder.
//!
//! The folder is named by version and content, so another stormhost never finds a package that is not its own. It comes into being
//! by a rename, so whoever finds it finds it whole, and of two that unpack at once the second one's work is thrown away.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use include_dir::Dir;
use xxhash_rust::xxh3::Xxh3;

use super::language::Language;
use super::surroundings::Surroundings;

/// One file of a package.
struct File {
    /// Within the package.
    path: &'static Path,
    contents: &'static [u8],
}

/// The package could be unpacked nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the {language} package inside stormhost cannot be unpacked; tried:\n    {}\n  hint: point XDG_CACHE_HOME to a folder that can be written", tried.join("\n    "))]
pub struct ShimError {
    /// Whose package it is.
    pub language: &'static str,
    /// Each folder with what went wrong there.
    pub tried: Vec<String>,
}

/// Unpacks the package unless that was done before. Returns the package's folder.
///
/// It lies below `$XDG_CACHE_HOME/stormhost`, else `~/.cache/stormhost`, else, where neither can be written, below a folder of
/// the user's own in the folder for temporary files.
///
/// # Errors
/// When none of these can be written.
pub(super) fn unpack(
    language: &'static Language,
    seen: &Surroundings,
) -> Result<PathBuf, ShimError> {
    let mut tried = Vec::new();
    if let Some(cache) = seen.base_folder("XDG_CACHE_HOME", ".cache") {
        let cache = cache.join("stormhost");
        match fs::create_dir_all(&cache).and_then(|()| unpack_below(language, &cache)) {
            Ok(package) => return Ok(package),
            Err(error) => tried.push(format!("{}: {error}", cache.display())),
        }
    } else {
        tried.push("neither XDG_CACHE_HOME nor HOME is set".into());
    }
    let temporary = seen
        .variable("TMPDIR")
        .map_or_else(|| PathBuf::from("/tmp"), |folder| seen.resolve(folder));
    let private = temporary.join(format!("stormhost-{}", nix::unistd::geteuid()));
    match private_folder(&private).and_then(|()| unpack_below(language, &private)) {
        Ok(package) => Ok(package),
        Err(error) => {
            tried.push(format!("{}: {error}", private.display()));
            Err(ShimError {
                language: language.name,
                tried,
            })
        }
    }
}

/// Makes sure of a folder that nobody else can put anything into: others may write where it lies.
fn private_folder(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir()
        || found.uid() != nix::unistd::geteuid().as_raw()
        || found.mode() & 0o022 != 0
    {
        return Err(io::Error::other(
            "it is there, but it is not a folder of your own that only you can write",
        ));
    }
    Ok(())
}

fn unpack_below(language: &'static Language, cache: &Path) -> io::Result<PathBuf> {
    let folder = cache.join(format!(
        "{}-{}-{:016x}",
        language.id,
        env!("CARGO_PKG_VERSION"),
        digest(language)
    ));
    let package = folder.join(language.package_folder);
    if is_whole(language, &package) {
        return Ok(package);
    }
    let fresh = tempfile::Builder::new()
        .prefix(".unpacking-")
        .tempdir_in(cache)?;
    for file in files(language) {
        let target = fresh.path().join(language.package_folder).join(file.path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(target, file.contents)?;
    }
    let moved = fs::rename(fresh.path(), &folder);
    // Where somebody else was quicker, the fresh one is thrown away with its handle.
    if let Err(error) = moved
        && !is_whole(language, &package)
    {
        // It is there, but something cleaned up in it, as the sweepers of temporary folders do.
        replace(&folder, fresh.path(), cache).map_err(|_| error)?;
    }
    Ok(package)
}

/// Moves what lies in `folder` out of the way, and the fresh one into its place.
fn replace(folder: &Path, fresh: &Path, cache: &Path) -> io::Result<()> {
    let aside = tempfile::Builder::new()
        .prefix(".damaged-")
        .tempdir_in(cache)?;
    fs::rename(folder, aside.path().join("it"))?;
    fs::rename(fresh, folder)
}

/// Whether every file is there in its full length. Cheap, and enough: files are never changed in place.
fn is_whole(language: &'static Language, package: &Path) -> bool {
    files(language).into_iter().all(|file| {
        let found = package.join(file.path).metadata();
        found.is_ok_and(|found| found.len() == file.contents.len() as u64)
    })
}

/// Version of the package by its content: names and bytes of all files.
fn digest(language: &'static Language) -> u64 {
    let mut hasher = Xxh3::new();
    for file in files(language) {
        hasher.update(file.path.as_os_str().as_encoded_bytes());
        hasher.update(&[0]);
        hasher.update(&(file.contents.len() as u64).to_le_bytes());
        hasher.update(file.contents);
    }
    hasher.digest()
}

/// The files of the package, in the order of their names, and what was built for it.
fn files(language: &'static Language) -> Vec<File> {
    let mut found = sources(language, &language.package);
    if let Some((name, contents)) = language.built.filter(|(_, built)| !built.is_empty()) {
        found.push(File {
            path: Path::new(name),
            contents,
        });
    }
    found.sort_by_key(|file| file.path);
    found
}

/// The sources below a folder. What interpreters and tools leave behind in a working copy is left out.
fn sources(language: &Language, folder: &'static Dir<'static>) -> Vec<File> {
    let ours = folder.files().filter(|file| is_ours(language, file.path()));
    let mut found: Vec<File> = ours
        .map(|file| File {
            path: file.path(),
            contents: file.contents(),
        })
        .collect();
    for below in folder.dirs() {
        found.extend(sources(language, below));
    }
    found
}

fn is_ours(language: &Language, path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| language.package_endings.contains(&ending))
}

#[cfg(test)]
#[path = "shim_tests.rs"]
mod tests;
