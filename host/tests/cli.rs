//! The program as a whole: what is typed, what comes out on which stream, and with which status it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const SOUND: &str = r#"{
  "version": 1, "name": "WordCount", "file": "topology.py", "language": "python",
  "components": [
    {"id": "lines", "kind": "spout", "command": ["sh"], "streams": {"default": {"fields": ["sentence"]}}, "at": {"file": "topology.py", "line": 3}},
    {"id": "count", "kind": "bolt", "parallelism": 2, "command": ["sh"], "at": {"file": "topology.py", "line": 4}}],
  "subscriptions": [{"to": "count", "from": "lines", "grouping": "fields", "fields": ["sentence"], "at": {"file": "topology.py", "line": 5}}]}"#;

/// Runs the program in a folder with these files, and with no settings but those given.
fn stormhost(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stormhost"));
    command
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder);
    command
        .envs(env.iter().copied())
        .output()
        .expect("the program starts")
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(file, content).expect("written");
    }
    folder
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

#[test]
fn a_sound_topology_is_called_sound_on_standard_error() {
    let folder = folder(&[("t.json", SOUND)]);
    let output = stormhost(folder.path(), &["check", "t.json"], &[]);
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "")
    );
    assert_eq!(
        text(&output.stderr),
        "WordCount: 2 components, 3 tasks, no mistakes\n"
    );
}

#[test]
fn mistakes_are_told_with_their_places_and_counted() {
    let wrong = SOUND
        .replace("[\"sentence\"], \"at\"", "[\"word\"], \"at\"")
        .replace("\"parallelism\": 2", "\"parallelism\": 0");
    let folder = folder(&[("t.json", &wrong)]);
    for command in ["check", "graph", "run"] {
        let output = stormhost(
            folder.path(),
            &[command, "t.json"],
            &[("STORMHOST_TOPOLOGY_DEBUGG", "1")],
        );
        assert_eq!(
            (output.status.code(), text(&output.stdout).as_str()),
            (Some(1), ""),
            "{command}"
        );
        assert_eq!(
            text(&output.stderr),
            "topology.py:4: error: the parallelism of \"count\" is 0; it must be from 1 to 65536 [SH0204]\n\
             topology.py:5: error: \"count\" groups by the field \"word\", which the stream \"default\" of \"lines\" does not have [SH0226]\n  \
             hint: its fields are: sentence\n\
             warning: the variable STORMHOST_TOPOLOGY_DEBUGG means no setting that stormhost knows [SH0232]\n  \
             hint: did you mean STORMHOST_TOPOLOGY_DEBUG?\n\
             2 errors, 1 warning\n"
        );
    }
}

#[test]
fn print_shows_the_description_and_the_settings_with_their_origin() {
    let folder = folder(&[
        ("t.json", SOUND),
        (
            ".config/stormhost/config.yaml",
            "topology.max.spout.pending: 7\n",
        ),
    ]);
    let args = [
        "check",
        "t.json",
        "--print",
        "--set",
        "count:topology.debug=true",
        "-p",
        "count=5",
    ];
    let output = stormhost(folder.path(), &args, &[("STORMHOST_QUEUE_TUPLES", "9")]);
    let stdout = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("6 tasks"));
    let squeezed: Vec<String> = stdout
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let file = folder.path().join(".config/stormhost/config.yaml");
    for line in [
        "\"name\": \"WordCount\",".to_owned(),
        "settings of WordCount:".into(),
        format!("topology.max.spout.pending 7 {}", file.display()),
        "stormhost.queue.tuples 9 environment STORMHOST_QUEUE_TUPLES".into(),
        "settings of count, where they differ:".into(),
        "topology.debug true --set".into(),
    ] {
        assert!(squeezed.contains(&line), "{line}\nis not in\n{stdout}");
    }
}

#[test]
fn the_description_is_json_alone_and_shown_in_spite_of_mistakes() {
    let wrong = SOUND.replace("\"parallelism\": 2", "\"parallelism\": 0");
    let folder = folder(&[("t.json", &wrong)]);
    let output = stormhost(folder.path(), &["check", "t.json", "--print=ir"], &[]);
    assert_eq!(output.status.code(), Some(1));
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON alone");
    assert_eq!(shown["components"][1]["parallelism"], 0);
}

#[test]
fn drawings_go_to_standard_output() {
    let folder = folder(&[("t.json", SOUND)]);
    for (format, said) in [
        ("text", "bolt count ×2"),
        ("dot", "digraph \"WordCount\""),
        ("mermaid", "flowchart LR"),
    ] {
        let output = stormhost(folder.path(), &["graph", "t.json", "--format", format], &[]);
        assert_eq!(
            (output.status.code(), text(&output.stderr).as_str()),
            (Some(0), "")
        );
        assert!(text(&output.stdout).contains(said), "{format}");
    }
}

#[test]
fn each_failure_has_its_status() {
    let folder = folder(&[
        ("t.json", SOUND),
        ("t.py", "from stormhost import Topology\n"),
        ("notes.js", "x"),
    ]);
    for (args, env, status, said) in [
        (vec!["check"], vec![], 2, "no topology was named"),
        (
            vec!["check", "t.json", "--set", "x"],
            vec![],
            2,
            "expected key=value",
        ),
        (
            vec!["check", "nothing.py"],
            vec![],
            1,
            "error: nothing.py: no such file",
        ),
        (
            vec!["check", "notes.js"],
            vec![],
            1,
            "it looks like a JavaScript file",
        ),
        (
            vec!["check", "t.json", "-p", "cuont=2"],
            vec![],
            1,
            "did you mean \"count\"?",
        ),
        (
            vec!["check", "t.py", "--python", "/nowhere/python"],
            vec![],
            4,
            "no Python was found",
        ),
        (
            vec!["check", "t.py"],
            vec![("PATH", "/nowhere")],
            4,
            "no python3 nor python in /nowhere",
        ),
        (
            vec!["check", "t.py", "--python", "sh"],
            vec![("HOME", "/proc/nothing"), ("TMPDIR", "/proc/nothing")],
            5,
            "cannot be unpacked",
        ),
    ] {
        let output = stormhost(folder.path(), &args, &env);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{args:?}: {stderr}");
        assert_eq!(text(&output.stdout), "", "{args:?}");
    }
}

#[test]
fn a_users_file_that_is_no_map_is_told() {
    let folder = folder(&[
        ("t.json", SOUND),
        (".config/stormhost/config.yaml", "- a\n"),
    ]);
    let output = stormhost(folder.path(), &["check", "t.json"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("config.yaml is no map of settings"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_program_that_is_not_there_is_told() {
    let folder = folder(&[(
        "t.json",
        &SOUND.replace("[\"sh\"], \"at\"", "[\"no-such-program\"], \"at\""),
    )]);
    let output = stormhost(folder.path(), &["check", "t.json"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr)
            .contains("topology.py:4: error: the program of \"count\" is not there"),
        "{}",
        text(&output.stderr)
    );
}
