//! Unpacking: once, whole, by many at a time, and where there is no home.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::frontend::language::ALL;

/// The language that most tests unpack.
static PYTHON: &Language = &ALL[0];

fn seen(variables: &[(&str, &Path)]) -> Surroundings {
    Surroundings::new("/", variables.iter().map(|&(name, path)| (name, path)))
}

/// Names below a folder, without what is hidden.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

#[test]
fn every_package_is_unpacked_whole_and_leaves_nothing_else() {
    let cache = tempfile::tempdir().expect("a folder");
    for language in &ALL {
        let package =
            unpack(language, &seen(&[("XDG_CACHE_HOME", cache.path())])).expect("unpacked");
        assert!(package.ends_with(language.package_folder));
        assert!(package.starts_with(cache.path().join("stormhost")));
        assert!(package.join(language.main).is_file());
        for file in files(language) {
            assert_eq!(
                fs::read(package.join(file.path)).expect("there"),
                file.contents
            );
        }
    }
    let folders = names(&cache.path().join("stormhost"));
    assert_eq!(folders.len(), ALL.len(), "{folders:?}");
    for language in &ALL {
        let begin = format!("{}-{}-", language.id, env!("CARGO_PKG_VERSION"));
        assert!(
            folders.iter().any(|folder| folder.starts_with(&begin)),
            "{folders:?}"
        );
    }
}

#[test]
fn only_sources_are_taken_along() {
    for (file, ours) in [
        ("x.py", true),
        ("py.typed", true),
        ("below/x.py", true),
        ("__pycache__/x.cpython-312.pyc", false),
        (".gitignore", false),
        ("x.rb", false),
    ] {
        assert_eq!(is_ours(PYTHON, Path::new(file)), ours, "{file}");
    }
}

#[test]
fn what_was_built_travels_with_the_sources() {
    for language in &ALL {
        let Some((name, built)) = language.built else {
            continue;
        };
        let mut files = files(language).into_iter();
        match files.find(|file| file.path == Path::new(name)) {
            Some(file) => assert!(file.contents.starts_with(b"\x7fELF")),
            None => assert!(built.is_empty()),
        }
    }
}

#[test]
fn a_second_time_nothing_is_written() {
    let cache = tempfile::tempdir().expect("a folder");
    let seen = seen(&[("XDG_CACHE_HOME", cache.path())]);
    let package = unpack(PYTHON, &seen).expect("unpacked");
    let before = fs::metadata(&package).expect("there").ino();
    assert_eq!(unpack(PYTHON, &seen).expect("found"), package);
    assert_eq!(fs::metadata(&package).expect("there").ino(), before);
}

#[test]
fn many_at_once_agree() {
    let cache = tempfile::tempdir().expect("a folder");
    let seen = seen(&[("XDG_CACHE_HOME", cache.path())]);
    let start = std::sync::Barrier::new(16);
    let found: Vec<PathBuf> = std::thread::scope(|scope| {
        let one = || {
            start.wait();
            let package = unpack(PYTHON, &seen).expect("unpacked");
            assert!(is_whole(PYTHON, &package), "found half unpacked");
            package
        };
        let all: Vec<_> = (0..16).map(|_| scope.spawn(one)).collect();
        all.into_iter()
            .map(|one| one.join().expect("no panic"))
            .collect()
    });
    assert!(found.windows(2).all(|two| two[0] == two[1]));
    assert_eq!(names(&cache.path().join("stormhost")).len(), 1);
}

#[test]
fn what_was_damaged_is_unpacked_anew() {
    let cache = tempfile::tempdir().expect("a folder");
    let seen = seen(&[("XDG_CACHE_HOME", cache.path())]);
    let package = unpack(PYTHON, &seen).expect("unpacked");
    let file = &files(PYTHON)[0];
    fs::remove_file(package.join(file.path)).expect("removed");
    assert!(!is_whole(PYTHON, &package));
    assert_eq!(unpack(PYTHON, &seen).expect("unpacked"), package);
    assert!(is_whole(PYTHON, &package));
    assert_eq!(names(&cache.path().join("stormhost")).len(), 1);
}

#[test]
fn home_is_second_and_the_temporary_folder_third() {
    let root = tempfile::tempdir().expect("a folder");
    let package = unpack(PYTHON, &seen(&[("HOME", root.path())])).expect("unpacked");
    assert!(package.starts_with(root.path().join(".cache/stormhost")));

    let temporary = tempfile::tempdir().expect("a folder");
    // A file stands where the cache should be: not even root could write there.
    fs::write(root.path().join("file"), "").expect("written");
    for variables in [
        vec![],
        vec![("HOME", root.path().join("file"))],
        vec![("XDG_CACHE_HOME", root.path().join("file"))],
    ] {
        let mut variables: Vec<(&str, &Path)> = variables
            .iter()
            .map(|(name, path): &(&str, PathBuf)| (*name, path.as_path()))
            .collect();
        variables.push(("TMPDIR", temporary.path()));
        let package = unpack(PYTHON, &seen(&variables)).expect("unpacked");
        assert!(package.starts_with(temporary.path()), "{variables:?}");
    }
    let mode = fs::metadata(temporary.path().join(&names(temporary.path())[0]))
        .expect("there")
        .mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_temporary_folder_that_others_can_write_is_refused() {
    let temporary = tempfile::tempdir().expect("a folder");
    let prepared = temporary
        .path()
        .join(format!("stormhost-{}", nix::unistd::geteuid()));
    fs::create_dir(&prepared).expect("created");
    fs::set_permissions(&prepared, fs::Permissions::from_mode(0o777)).expect("opened");
    let error = unpack(PYTHON, &seen(&[("TMPDIR", temporary.path())]))
        .expect_err("not ours")
        .to_string();
    assert!(
        error.contains("neither XDG_CACHE_HOME nor HOME is set")
            && error.contains("only you can write"),
        "{error}"
    );
    assert!(names(&prepared).is_empty());

    fs::remove_dir(&prepared).expect("removed");
    std::os::unix::fs::symlink("/", &prepared).expect("linked");
    assert!(unpack(PYTHON, &seen(&[("TMPDIR", temporary.path())])).is_err());
}
