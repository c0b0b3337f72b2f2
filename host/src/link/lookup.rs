//! Finds the program that a command names, and says where it looked.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Names further away than this (1 is the same name) are no help.
const CLOSE_ENOUGH: f64 = 0.75;

/// What a search for a program found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The program's file.
    Program(PathBuf),
    /// There is a file of that name, but it may not be executed (or is a folder).
    NotExecutable(PathBuf),
    /// There is none. The folders that were searched; empty when the name is itself a path.
    Nowhere(Vec<PathBuf>),
}

/// Looks for `program` as a shell would: a name with a slash is a path (relative to `folder`), any other is searched in the folders of `path`.
///
/// `path` is the `PATH` that the child will see. An executable file wins over an earlier one that is not.
pub fn find(program: &str, path: Option<&OsStr>, folder: &Path) -> Found {
    if program.contains('/') {
        let file = folder.join(program);
        return match usable(&file) {
            Some(true) => Found::Program(file),
            Some(false) => Found::NotExecutable(file),
            None => Found::Nowhere(Vec::new()),
        };
    }
    let searched: Vec<PathBuf> = path.map(|path| folders(path, folder)).unwrap_or_default();
    let mut unusable = None;
    if !program.is_empty() {
        for place in &searched {
            let file = place.join(program);
            match usable(&file) {
                Some(true) => return Found::Program(file),
                // A folder is passed over without a word, as shells do.
                Some(false) if unusable.is_none() && file.is_file() => unusable = Some(file),
                _ => {}
            }
        }
    }
    unusable.map_or(Found::Nowhere(searched), Found::NotExecutable)
}

/// What may have been meant by a program that is nowhere: a whole phrase, such as "did you mean `python3`?".
pub fn hint(program: &str, path: Option<&OsStr>, folder: &Path) -> Option<String> {
    if program.is_empty() {
        return Some("the first word of a command is the program".into());
    }
    if program.split_whitespace().nth(1).is_some() {
        return Some(
            "a command is a list of words, and no shell takes it apart: give each word by itself"
                .into(),
        );
    }
    if program.contains('/') {
        return None;
    }
    if usable(&folder.join(program)).is_some() {
        return Some(format!(
            "there is one in {}: write `./{program}`",
            folder.display()
        ));
    }
    let names = path
        .map(|path| folders(path, folder))
        .unwrap_or_default()
        .into_iter()
        .flat_map(programs);
    nearest(program, names).map(|name| format!("did you mean `{name}`?"))
}

/// The name most like `wanted`, if one is like enough. Of equals the shorter, then the first of the alphabet.
fn nearest(wanted: &str, names: impl Iterator<Item = String>) -> Option<String> {
    names
        .map(|name| (strsim::normalized_damerau_levenshtein(wanted, &name), name))
        .filter(|(likeness, _)| *likeness >= CLOSE_ENOUGH)
        .max_by(|(a, left), (b, right)| {
            a.total_cmp(b)
                .then_with(|| right.len().cmp(&left.len()))
                .then_with(|| right.cmp(left))
        })
        .map(|(_, name)| name)
}

/// The folders of a `PATH`; an empty entry is the current folder, as it always was.
fn folders(path: &OsStr, folder: &Path) -> Vec<PathBuf> {
    std::env::split_paths(path)
        .map(|place| folder.join(place))
        .collect()
}

/// The names of the programs in a folder; none when it cannot be read.
fn programs(folder: PathBuf) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| usable(&entry.path()) == Some(true))
        .filter_map(|entry| entry.file_name().into_string().ok())
}

/// Whether a file can be executed; `None` when there is none.
fn usable(file: &Path) -> Option<bool> {
    let facts = fs::metadata(file).ok()?;
    Some(facts.is_file() && facts.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder `bin` with `python3`, `ruby` (not executable) and a folder `lua`; `here` holds `notify`.
    fn world() -> tempfile::TempDir {
        let world = tempfile::tempdir().unwrap();
        for (file, mode) in [
            ("bin/python3", 0o755),
            ("bin/ruby", 0o644),
            ("late/ruby", 0o755),
            ("here/notify", 0o755),
        ] {
            let file = world.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir(world.path().join("bin/lua")).unwrap();
        world
    }

    #[test]
    fn programs_are_found_as_a_shell_finds_them() {
        let world = world();
        let at = |rest: &str| world.path().join(rest);
        let bin = std::env::join_paths([at("bin")]).unwrap();
        let both = std::env::join_paths([at("bin"), at("late")]).unwrap();
        let cases = [
            ("python3", &bin, Found::Program(at("bin/python3"))),
            ("ruby", &bin, Found::NotExecutable(at("bin/ruby"))),
            ("ruby", &both, Found::Program(at("late/ruby"))),
            ("lua", &both, Found::Nowhere(vec![at("bin"), at("late")])),
            ("notify", &both, Found::Nowhere(vec![at("bin"), at("late")])),
            ("./notify", &both, Found::Program(at("here/./notify"))),
            (
                "../bin/ruby",
                &both,
                Found::NotExecutable(at("here/../bin/ruby")),
            ),
            ("./none", &both, Found::Nowhere(vec![])),
            ("", &bin, Found::Nowhere(vec![at("bin")])),
        ];
        for (program, path, expected) in cases {
            assert_eq!(
                find(program, Some(path), &at("here")),
                expected,
                "{program}"
            );
        }
    }

    #[test]
    fn without_a_path_nothing_is_searched() {
        assert_eq!(
            find("python3", None, Path::new("/")),
            Found::Nowhere(vec![])
        );
    }

    #[test]
    fn hints_say_what_was_meant() {
        let world = world();
        let bin = std::env::join_paths([world.path().join("bin")]).unwrap();
        let here = world.path().join("here");
        let cases = [
            ("pyhton3", Some("did you mean `python3`?")),
            ("python", Some("did you mean `python3`?")),
            ("notify", Some("write `./notify`")),
            ("python3 split.py", Some("each word by itself")),
            ("", Some("the first word")),
            ("kafkacat", None),
            ("./gone", None),
        ];
        for (program, part) in cases {
            let hint = hint(program, Some(&bin), &here);
            match part {
                Some(part) => assert!(
                    hint.as_ref().is_some_and(|hint| hint.contains(part)),
                    "{program}: {hint:?}"
                ),
                None => assert_eq!(hint, None, "{program}"),
            }
        }
    }

    #[test]
    fn of_equals_the_shorter_name_wins() {
        let names = ["python3.11", "python3", "python2"].map(String::from);
        assert_eq!(nearest("pyton3", names.into_iter()), Some("python3".into()));
    }
}
