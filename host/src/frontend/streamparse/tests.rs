//! Projects of all shapes, and what is found in them.

use std::fs;

use serde_json::Value;

use super::project::Project;
use super::*;
use crate::frontend::Surroundings;

const CONFIG: &str = r#"{"serializer": "json", "topology_specs": "topologies/", "envs": {
    "prod": {"serializer": "msgpack", "virtualenv_root": "/venvs", "virtualenv_flags": "-p x", "options": {"topology.workers": 2},
             "log": {"path": "/no/such", "level": "INFO", "max_bytes": 10, "backup_count": "many"}},
    "beta": {"use_virtualenv": false, "virtualenv_root": "/venvs", "log_path": "/logs", "log_file": "x.log"}}}"#;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let file = root.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(file, content).expect("written");
    }
    root
}

fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
    let root = folder(files);
    let project = Project::at(root.path(), None)
        .expect("a project")
        .expect("readable");
    (root, project)
}

#[test]
fn the_only_topology_is_taken_and_others_are_named() {
    let one = ("topologies/words.py", "");
    let two = ("topologies/other.py", "");
    let package = ("topologies/__init__.py", "");
    for (files, name, expected) in [
        (vec![one, package], None, Ok("topologies/words.py")),
        (vec![one, two], Some("other"), Ok("topologies/other.py")),
        (
            vec![one, two],
            None,
            Err("several topologies: other, words\n  hint: say which with --name, as in -n other"),
        ),
        (
            vec![one],
            Some("none"),
            Err("without a topology \"none\"; its topologies are: words"),
        ),
        (vec![], None, Err("no topology is in")),
    ] {
        let files: Vec<_> = files.into_iter().chain([("config.json", CONFIG)]).collect();
        let (root, project) = project(&files);
        match (project.topology(".", name), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, root.path().join(expected)),
            (Err(error), Err(said)) => assert!(error.to_string().contains(said), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn topologies_in_clojure_are_called_that() {
    let (clojure, python) = (("topologies/words.clj", ""), ("topologies/other.py", ""));
    let words = "whose topologies are in Clojure (words.clj), as before streamparse 3";
    for (files, name, said) in [
        (vec![clojure], None, words),
        (vec![clojure], Some("words"), words),
        (vec![clojure, python], Some("words"), words),
        (vec![clojure], Some("none"), words),
        (
            vec![clojure, python],
            Some("none"),
            "without a topology \"none\"",
        ),
    ] {
        let files: Vec<_> = files.into_iter().chain([("config.json", CONFIG)]).collect();
        let (_root, project) = project(&files);
        let error = project.topology(".", name).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn a_folder_is_shown_without_detours() {
    let config = r#"{"topology_specs": "./topologies/", "envs": {}}"#;
    let root = folder(&[("config.json", config)]);
    let project = Project::at(&root.path().join("."), None)
        .expect("a project")
        .expect("readable");
    let error = project.topology(".", None).expect_err("none").to_string();
    let shown = format!("in {}/topologies\n", root.path().display());
    assert!(error.contains(&shown), "{error}");
    assert_eq!(project.config_file, root.path().join("config.json"));
}

#[test]
fn an_environment_is_chosen_or_asked_for() {
    let (_root, project) = project(&[("config.json", CONFIG)]);
    assert_eq!(
        project
            .environment(Some("beta"))
            .expect("there")
            .expect("one")
            .name,
        "beta"
    );
    for (asked, said) in [
        (
            None,
            "several environments: prod, beta\n  hint: say which with --environment, as in -e prod",
        ),
        (
            Some("x"),
            "no environment \"x\"; its environments are: prod, beta",
        ),
    ] {
        let error = project.environment(asked).expect_err(said).to_string();
        assert!(error.contains(said), "{error}");
    }
    let (_root, bare) =
        super::tests::project(&[("config.json", r#"{"topology_specs": "t", "envs": {}}"#)]);
    assert!(bare.environment(None).expect("no error").is_none());
    let error = bare.environment(Some("x")).expect_err("none").to_string();
    assert!(error.ends_with("has no environment \"x\""), "{error}");
}

#[test]
fn settings_of_an_environment_are_those_of_streamparse() {
    let (_root, project) = project(&[("config.json", CONFIG)]);
    let prod = project
        .environment(Some("prod"))
        .expect("there")
        .expect("one");
    assert_eq!(prod.serializer(), Some("msgpack"));
    assert_eq!(prod.virtualenv("words"), Some("/venvs/words".into()));
    let (settings, remarks) = prod.settings(&|_| false);
    assert_eq!(
        Value::Object(settings),
        json!({"topology.workers": 2, "pystorm.log.level": "info", "pystorm.log.max_bytes": 10})
    );
    let told: Vec<&str> = remarks
        .iter()
        .map(|remark| remark.message.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "the log folder of the environment \"prod\", /no/such, cannot be written to here",
            "without effect in the environment \"prod\": virtualenv_flags"
        ]
    );
    let beta = project
        .environment(Some("beta"))
        .expect("there")
        .expect("one");
    assert_eq!((beta.serializer(), beta.virtualenv("words")), (None, None));
    let (settings, remarks) = beta.settings(&|folder| folder == "/logs");
    assert_eq!(
        Value::Object(settings),
        json!({"pystorm.log.path": "/logs", "pystorm.log.file": "x.log"})
    );
    assert_eq!(remarks, []);
}

#[test]
fn a_log_folder_is_one_that_can_be_written_to() {
    let own = tempfile::tempdir().expect("a folder");
    let file = own.path().join("file");
    fs::write(&file, "").expect("written");
    assert!(is_writable(own.path()));
    assert!(!is_writable(&file) && !is_writable(&own.path().join("none")));
    // Of root; whoever is that himself may write there.
    assert_eq!(
        is_writable(Path::new("/")),
        rustix::process::geteuid().is_root()
    );
}

#[test]
fn a_config_json_of_somebody_else_makes_no_project() {
    for (files, expected) in [
        (vec![("config.json", "{\"port\": 80}")], None),
        (vec![("config.json", "{")], None),
        (vec![], None),
        (
            vec![("config.json", "{"), ("topologies/t.py", "")],
            Some("no configuration of a streamparse project"),
        ),
        (
            vec![("config.json", "[]"), ("topologies/t.py", "")],
            Some("it is no JSON object"),
        ),
    ] {
        let root = folder(&files);
        let found =
            Project::at(root.path(), None).map(|found| found.expect_err("broken").to_string());
        match expected {
            None => assert!(found.is_none(), "{files:?}: {found:?}"),
            Some(said) => assert!(
                found.as_deref().unwrap_or("none").contains(said),
                "{found:?}"
            ),
        }
    }
}

#[test]
fn a_configuration_that_is_asked_for_is_read_in_place_of_the_projects() {
    let root = folder(&[
        ("config.json", CONFIG),
        (
            "other.json",
            r#"{"topology_specs": "storm/others", "envs": {"mine": {}}}"#,
        ),
        ("list.json", "[]"),
        ("storm/others/words.py", ""),
        ("elsewhere/words.py", ""),
    ]);
    let below = |name: &str| root.path().join(name);
    let (words, config) = (below("storm/others/words.py"), below("other.json"));
    let environment = |project: Project| {
        let chosen = project.environment(None).expect("one");
        chosen.expect("there").name
    };
    let project = Project::at(root.path(), Some(&config));
    let project = project.expect("a project").expect("readable");
    assert_eq!(project.topology(".", None).expect("one"), words);
    assert_eq!(environment(project), "mine");
    let project = Project::of_topology(&words, Some(&config));
    let project = project.expect("a project").expect("readable");
    assert_eq!(
        (&project.root, &project.config_file),
        (&root.path().to_owned(), &config)
    );
    let file = below("elsewhere/words.py");
    assert!(Project::of_topology(&file, Some(&config)).is_none());
    assert_eq!(
        environment(Project::around(&file, Some(&config)).expect("readable")),
        "mine"
    );
    for (name, said) in [
        ("none.json", "No such file"),
        ("list.json", "it is no JSON object"),
    ] {
        let error = Project::at(root.path(), Some(&below(name))).expect("a project");
        let error = error.expect_err(said).to_string();
        assert!(error.contains(name) && error.contains(said), "{error}");
    }
}

#[test]
fn a_topology_is_known_by_what_it_imports_or_where_it_lies() {
    let root = folder(&[
        ("config.json", CONFIG),
        ("topologies/words.py", ""),
        ("src/spout.py", ""),
    ]);
    let below = |name: &str| root.path().join(name);
    for (text, file, expected) in [
        (
            "from streamparse import Topology\n",
            below("elsewhere.py"),
            true,
        ),
        ("import streamparse.dsl\n", below("elsewhere.py"), true),
        (
            "from base import Words\n",
            below("topologies/words.py"),
            true,
        ),
        ("from base import Words\n", below("src/spout.py"), false),
        (
            "from stormhost import Topology\n",
            below("topologies/words.py"),
            false,
        ),
        (
            "from stormhost import Topology\nfrom streamparse import Bolt\n",
            below("elsewhere.py"),
            false,
        ),
    ] {
        assert_eq!(
            is_topology(text, &file),
            expected,
            "{text} {}",
            file.display()
        );
    }
}

#[test]
fn a_python_with_streamparse_goes_before_the_usual_one() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder(&[
        ("usual/python3", "#!/bin/sh\n"),
        ("venvs/words/bin/python3", "#!/bin/sh\n"),
        ("venvs/words/bin/streamparse_run", "#!/bin/sh\n"),
        ("tools/python3.99", "#!/bin/sh\n"),
    ]);
    let at = |name: &str| root.path().join(name).display().to_string();
    fs::create_dir(root.path().join("scripts")).expect("created");
    fs::write(
        root.path().join("scripts/streamparse_run"),
        format!("#!{}\n", at("tools/python3.99")),
    )
    .expect("written");
    for file in [
        "usual/python3",
        "venvs/words/bin/python3",
        "venvs/words/bin/streamparse_run",
        "tools/python3.99",
        "scripts/streamparse_run",
    ] {
        fs::set_permissions(root.path().join(file), fs::Permissions::from_mode(0o755))
            .expect("executable");
    }
    let found = |path: &str, virtualenv: Option<&str>, asked: Option<&str>| {
        let mut options = LoadOptions::new(Surroundings::new(root.path(), [("PATH", path)]));
        options
            .interpreters
            .extend(asked.map(|asked| ("python", asked.to_owned())));
        let virtualenv = virtualenv.map(|folder| root.path().join(folder));
        let (python, looked) =
            python::find(root.path(), virtualenv.as_deref(), &options).expect("a Python");
        (python.path.display().to_string(), looked.join("; "))
    };
    let usual = at("usual");
    let with_scripts = format!("{usual}:{}", at("scripts"));
    assert_eq!(
        found(&with_scripts, Some("venvs/words"), None).0,
        at("venvs/words/bin/python3")
    );
    assert_eq!(found(&with_scripts, None, None).0, at("tools/python3.99"));
    assert_eq!(
        found(&with_scripts, Some("venvs/words"), Some("usual/python3")).0,
        at("usual/python3")
    );
    let (python, looked) = found(&usual, Some("venvs/none"), None);
    assert_eq!(python, at("usual/python3"));
    for said in [
        "usual/python3 (PATH)",
        "virtualenv_root of config.json): nothing is there",
        "PATH: no streamparse_run",
    ] {
        assert!(looked.contains(said), "{looked}");
    }
}

#[test]
fn the_python_of_a_script_is_found_however_the_script_names_it() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder(&[]);
    let at = |name: &str| root.path().join(name).display().to_string();
    let add = |name: &str, text: &str| {
        let file = root.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(&file, text).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("executable");
    };
    for program in [
        "usual/python3",
        "my venv/bin/python3",
        "named/pypy3",
        "home/python",
    ] {
        add(program, "#!/bin/sh\n");
    }
    let (blank, pypy) = (at("my venv/bin/python3"), at("named/pypy3"));
    for (folder, script, python) in [
        (
            "pip",
            format!("#!/bin/sh\n'''exec' \"{blank}\" \"$0\" \"$@\"\n' '''\n"),
            &blank,
        ),
        (
            "uv",
            format!("#!/bin/sh\n'''exec' '{blank}' \"$0\" \"$@\"\n' '''\n"),
            &blank,
        ),
        (
            "long",
            format!("#!/bin/sh\n'''exec' {pypy} \"$0\" \"$@\"\n' '''\n"),
            &pypy,
        ),
        ("flags", format!("#!{pypy} -s\nimport x\n"), &pypy),
        ("env", "#!/usr/bin/env pypy3\n".into(), &pypy),
        ("split", "#!/usr/bin/env -S pypy3 -s\n".into(), &pypy),
    ] {
        add(&format!("{folder}/streamparse_run"), &script);
        let path = format!("{}:{}:{}", at("usual"), at(folder), at("named"));
        assert_eq!(&python_in(root.path(), &path), python, "{script}");
    }
    for script in ["#!/bin/sh\nexec something\n", "#!/usr/bin/env python9\n"] {
        add("home/streamparse_run", script);
        fs::create_dir_all(root.path().join("links")).expect("created");
        let link = root.path().join("links/streamparse_run");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(at("home/streamparse_run"), &link).expect("linked");
        let path = format!("{}:{}", at("usual"), at("links"));
        assert_eq!(python_in(root.path(), &path), at("home/python"), "{script}");
    }
    add("alone/streamparse_run", "#!/bin/sh\nexec something\n");
    let path = format!("{}:{}", at("usual"), at("alone"));
    assert_eq!(python_in(root.path(), &path), at("usual/python3"));
}

fn python_in(root: &Path, path: &str) -> String {
    let options = LoadOptions::new(Surroundings::new(root, [("PATH", path)]));
    let (python, _) = python::find(root, None, &options).expect("a Python");
    python.path.display().to_string()
}
