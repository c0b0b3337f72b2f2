//! Describers made of shell scripts: each behaves in one way, and is told in words.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::frontend::Surroundings;
use crate::frontend::language::ALL;

const DESCRIPTION: &str =
    r#"{"version": 1, "name": "T", "file": "t.py", "language": "python", "components": []}"#;

/// Describes with a script in place of Python. It is called as Python would be, `-c` included.
fn described(script: &str, args: &[&str]) -> Result<Ir, LoadError> {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("python");
    fs::write(&program, format!("#!/bin/sh\n[ \"$1\" = -c ] && {{ printf %s \"${{VERSION:-3.12}}\"; exit; }}\n{script}\n")).expect("written");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("made executable");
    let mut options = LoadOptions::new(Surroundings::new(folder.path(), [("A", "b")]));
    options.args = args.iter().map(|&arg| arg.to_owned()).collect();
    options.env.insert("WORD".into(), "from env".into());
    if let Some(version) = script
        .strip_prefix("# VERSION ")
        .and_then(|rest| rest.lines().next())
    {
        options.env.insert("VERSION".into(), version.into());
    }
    let python = Interpreter {
        path: program,
        found_by: "test".into(),
    };
    let package = Path::new("/cache/stormhost");
    // A program that was just written may be "busy" while another test forks; that passes.
    loop {
        let request = Request {
            verb: "describe",
            path: "t.py:T",
            told: None,
        };
        match describe(&ALL[0], &python, package, &request, &options) {
            Err(LoadError::CannotStart { source, .. })
                if source.kind() == io::ErrorKind::ExecutableFileBusy =>
            {
                thread::yield_now()
            }
            other => return other,
        }
    }
}

#[test]
fn is_called_as_agreed() {
    let script = format!(
        "[ \"$*\" = '/cache/stormhost/__main__.py describe t.py:T -- a -x b c' ] && [ \"$#\" = 7 ] && [ \"$WORD\" = 'from env' ] && echo '{DESCRIPTION}'"
    );
    let ir = described(&script, &["a", "-x", "b c"]).expect("described");
    assert_eq!(ir.name, "T");
}

#[test]
fn a_failure_is_told_with_status_and_last_words() {
    for (script, status) in [
        (
            "for n in $(seq 30); do echo line $n >&2; done; exit 3",
            "left with status 3",
        ),
        ("echo line 30 >&2; kill -9 $$", "was killed by signal 9"),
    ] {
        let Err(LoadError::DescriberFailed {
            status: told,
            stderr,
            ..
        }) = described(script, &[])
        else {
            panic!("{script}")
        };
        assert_eq!(told, status);
        assert!(
            stderr.len() <= 20 && stderr.last().map(String::as_str) == Some("line 30"),
            "{stderr:?}"
        );
    }
    let error = described("echo 'no such thing' >&2; exit 1", &[])
        .expect_err("status 1")
        .to_string();
    assert!(
        error.starts_with("t.py:T could not be described: ")
            && error
                .contains("(test) left with status 1\n  its last words were:\n    no such thing"),
        "{error}"
    );
}

#[test]
fn an_old_python_is_called_old() {
    for (version, old) in [
        ("2.7", true),
        ("3.8", true),
        ("3.9", false),
        ("3.10", false),
        ("3.10.1", false),
        ("3.8.20", true),
        ("4.0", false),
    ] {
        let error = described(&format!("# VERSION {version}\nexit 1"), &[]).expect_err("status 1");
        assert_eq!(
            matches!(error, LoadError::TooOld { .. }),
            old,
            "{version}: {error}"
        );
    }
}

#[test]
fn rubbish_is_shown() {
    for (script, shown) in [
        ("echo hello", "\"hello\""),
        ("true", "nothing at all"),
        ("echo '{\"version\": 7}'", "of version 7"),
        ("yes | head -c 1000", "y\\ny\\ny"),
    ] {
        let error = described(script, &[]).expect_err(script);
        assert!(
            matches!(error, LoadError::DescriberRubbish { .. }),
            "{error}"
        );
        let error = error.to_string();
        assert!(
            error.contains("is no description") && error.contains(shown),
            "{error}"
        );
        assert!(error.len() < 1000, "{error}");
    }
}

#[test]
fn large_answers_and_floods_do_not_block() {
    let script = format!(
        "head -c 300000 /dev/zero | tr '\\0' x >&2; head -c 300000 /dev/zero | tr '\\0' ' '; echo '{DESCRIPTION}'"
    );
    assert_eq!(described(&script, &[]).expect("described").name, "T");
}

#[test]
fn a_grandchild_that_stays_is_not_waited_for() {
    let start = Instant::now();
    let ir =
        described(&format!("echo '{DESCRIPTION}'; sleep 20 & exit 0"), &[]).expect("described");
    assert_eq!(ir.name, "T");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn what_cannot_be_started_is_told() {
    let python = Interpreter {
        path: "/nowhere/python".into(),
        found_by: "--python".into(),
    };
    let options = LoadOptions::new(Surroundings::new("/", [("A", "b")]));
    let request = Request {
        verb: "describe",
        path: "t.py",
        told: None,
    };
    let error = describe(&ALL[0], &python, Path::new("/x"), &request, &options)
        .expect_err("not there")
        .to_string();
    assert!(
        error.contains("/nowhere/python (--python) cannot be started")
            && error.contains("hint: choose another"),
        "{error}"
    );
}
