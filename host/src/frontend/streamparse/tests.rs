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
    let project = Project::at(root.path())
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
        let found = Project::at(root.path()).map(|found| found.expect_err("broken").to_string());
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
