//! Files of all kinds, and what is said of them.

use super::*;

const DESCRIPTION: &str =
    r#"{"version": 1, "name": "T", "file": "t.py", "language": "python", "components": []}"#;

/// Loads from a folder with these files.
fn loaded(path: &str, files: &[(&str, &str)]) -> Result<Ir, LoadError> {
    let root = tempfile::tempdir().expect("a folder");
    for (file, content) in files {
        let file = root.path().join(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(file, content).expect("written");
    }
    let cache = root.path().join("cache");
    load(
        path,
        &LoadOptions::new(Surroundings::new(root.path(), [("XDG_CACHE_HOME", cache)])),
    )
}

/// Mistakes as they are shown, without hints.
pub(super) fn told(ir: &Ir) -> Vec<String> {
    let mistakes = ir.mistakes.iter();
    mistakes
        .map(|mistake| {
            let line = mistake.at.as_ref().map_or(0, |at| at.line);
            format!("{line}: {}: {}", mistake.severity, mistake.message)
        })
        .collect()
}

/// A component by its name.
pub(super) fn component<'a>(ir: &'a Ir, id: &str) -> &'a crate::topology::ComponentIr {
    let mut components = ir.components.iter();
    components.find(|component| component.id == id).expect(id)
}

#[test]
fn a_description_in_json_is_read() {
    for (path, file) in [
        ("t.json", "t.json"),
        ("./below/t", "below/t"),
        ("odd:name", "odd:name"),
    ] {
        assert_eq!(loaded(path, &[(file, DESCRIPTION)]).expect(path).name, "T");
    }
}

#[test]
fn what_cannot_be_loaded_is_told() {
    for (path, files, said) in [
        (
            "topolgy.py",
            vec![("topology.py", ""), ("other.py", "")],
            "topolgy.py: no such file\n  hint: did you mean topology.py?",
        ),
        (
            "below/topolgy.py",
            vec![("below/topology.py", "")],
            "did you mean below/topology.py?",
        ),
        (
            "topolgy.py:Name",
            vec![("topology.py", "")],
            "topolgy.py: no such file",
        ),
        (
            "nothing",
            vec![("topology.py", "")],
            "nothing: no such file",
        ),
        (
            "nowhere/topology.py",
            vec![],
            "nowhere/topology.py: no such file",
        ),
        (
            "below",
            vec![
                ("below/b.py", ""),
                ("below/a.json", ""),
                ("below/c.rb", ""),
                ("below/c.txt", ""),
                ("below/d.yaml", ""),
            ],
            "below is a folder, not a topology nor a streamparse project\n  hint: in it are a.json, b.py, c.rb, d.yaml",
        ),
        (
            "notes.js",
            vec![("notes.js", "f()")],
            "it looks like a JavaScript file\n  looked for: a Python file (ending .py, a first line that names python, or one that \
             loads stormhost), a Ruby file",
        ),
        (
            "t.json",
            vec![("t.json", "{\"version\": 1}")],
            "t.json is no topology description: at .: missing field `name`",
        ),
        ("t.json", vec![("t.json", "{")], "it is not JSON"),
        (
            "t.json:T",
            vec![("t.json", DESCRIPTION)],
            "leave out what stands after the colon",
        ),
        ("t.py", vec![("t.py", "")], "no Python was found"),
        (
            "t.rb",
            vec![("t.rb", "")],
            "install Ruby 3.1 or newer, or say where it is with --ruby",
        ),
    ] {
        let error = loaded(path, &files).expect_err(path).to_string();
        assert!(error.contains(said), "{path}: {error}");
    }
}

#[test]
fn a_name_stands_after_a_colon() {
    let nowhere = Surroundings::new("/nowhere", [("A", "b")]);
    for (path, file, name) in [
        ("topology.py", "topology.py", None),
        ("topology.py:WordCount", "topology.py", Some("WordCount")),
        ("a:b/topology.py", "a:b/topology.py", None),
        ("topology.py:", "topology.py:", None),
        ("topology.py:1", "topology.py:1", None),
        (":Name", ":Name", None),
    ] {
        assert_eq!(
            split_name(path, &nowhere),
            (file.into(), name.map(str::to_owned)),
            "{path}"
        );
    }
}

#[test]
fn options_that_only_other_files_take_are_refused() {
    let name = |others: &mut OthersOptions| others.name = Some("x".into());
    let environment = |others: &mut OthersOptions| others.environment = Some("x".into());
    let filter = |others: &mut OthersOptions| others.filter = Some("x".into());
    let env_filter = |others: &mut OthersOptions| others.env_filter = true;
    type Change = fn(&mut OthersOptions);
    let flux = "name: x\nspouts: []\n";
    let project = r#"{"envs": {}}"#;
    for (path, file, content, change, said) in [
        (
            "t.py",
            "t.py",
            "",
            name as Change,
            "--name belongs to a streamparse project's folder, and t.py is none",
        ),
        (
            "t.json",
            "t.json",
            DESCRIPTION,
            environment,
            "--environment belongs to a topology of streamparse, and t.json is none",
        ),
        (
            "t.py",
            "t.py",
            "import streamparse",
            filter,
            "--filter belongs to a Flux file, and t.py is none",
        ),
        ("t.yaml", "t.yaml", flux, name, "--name belongs to"),
        (
            ".",
            "config.json",
            project,
            env_filter,
            "--env-filter belongs to a Flux file, and . is none",
        ),
    ] {
        let root = tempfile::tempdir().expect("a folder");
        fs::write(root.path().join(file), content).expect("written");
        let mut options = LoadOptions::new(Surroundings::new(root.path(), [("A", "b")]));
        change(&mut options.others);
        let error = load(path, &options).expect_err(path).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn languages_that_are_named_are_those() {
    assert_eq!((language::PYTHON.id, language::LUA.id), ("python", "lua"));
}
