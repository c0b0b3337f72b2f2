//! A made-up machine: a folder with programs, virtual environments and a pyenv, and what is found in it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::frontend::language::ALL;

struct Machine {
    root: tempfile::TempDir,
}

impl Machine {
    /// A machine with these programs, and these files with their content.
    fn new(programs: &[&str], files: &[(&str, &str)]) -> Self {
        let machine = Machine {
            root: tempfile::tempdir().expect("a folder"),
        };
        for folder in ["project", "bin", "empty"] {
            fs::create_dir_all(machine.at(folder)).expect("created");
        }
        for program in programs {
            machine.write(program, "");
            fs::set_permissions(machine.at(program), fs::Permissions::from_mode(0o755))
                .expect("made executable");
        }
        for (file, content) in files {
            machine.write(file, content);
        }
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn write(&self, file: &str, content: &str) {
        let file = self.at(file);
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(file, content).expect("written");
    }

    /// The Python that is found, told relative to the machine. In values of variables `@` stands for the machine's root.
    fn find(
        &self,
        asked: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<(String, String), NoInterpreter> {
        self.find_of(&ALL[0], asked, variables)
    }

    fn find_of(
        &self,
        language: &'static Language,
        asked: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<(String, String), NoInterpreter> {
        let root = self.root.path().display().to_string();
        let variables = variables
            .iter()
            .map(|(name, value)| (name.to_string(), value.replace('@', &root)));
        let seen = Surroundings::new(self.at("project"), variables);
        let asked = asked.map(|asked| asked.replace('@', &root));
        let found = find(language, asked.as_deref(), &self.at("project"), &seen)?;
        let path = found
            .path
            .strip_prefix(self.root.path())
            .expect("inside")
            .display()
            .to_string();
        Ok((path, found.found_by))
    }
}

const PATH: (&str, &str) = ("PATH", "@/empty:@/bin");
const WITH_PYENV: (&str, &str) = ("PATH", "@/pyenv/shims:@/bin");

#[test]
fn the_order_is_request_then_active_then_beside_then_path() {
    let all = [
        "opt/python",
        "active/bin/python",
        "project/.venv/bin/python",
        "project/venv/bin/python",
        "bin/python3",
        "bin/python",
    ];
    let machine = Machine::new(&all, &[]);
    let active = ("VIRTUAL_ENV", "@/active");
    for (asked, variables, path, found_by) in [
        (
            Some("@/opt/python"),
            vec![active, PATH],
            "opt/python",
            "--python",
        ),
        (
            Some("../opt/python"),
            vec![active, PATH],
            "project/../opt/python",
            "--python",
        ),
        (
            Some("@/active"),
            vec![PATH],
            "active/bin/python",
            "--python",
        ),
        (
            Some("python"),
            vec![active, PATH],
            "bin/python",
            "--python, in the PATH",
        ),
        (
            None,
            vec![active, PATH],
            "active/bin/python",
            "the active virtual environment",
        ),
        (
            None,
            vec![("VIRTUAL_ENV", "@/gone"), PATH],
            "project/venv/bin/python",
            "the virtual environment beside the topology",
        ),
        (
            None,
            vec![("VIRTUAL_ENV", ""), PATH],
            "project/venv/bin/python",
            "the virtual environment beside the topology",
        ),
    ] {
        assert_eq!(
            machine.find(asked, &variables),
            Ok((path.into(), found_by.into())),
            "{asked:?} {variables:?}"
        );
    }
    fs::remove_dir_all(machine.at("project/venv")).expect("removed");
    assert_eq!(
        machine.find(None, &[PATH]).expect("found").0,
        "project/.venv/bin/python"
    );
    fs::remove_dir_all(machine.at("project/.venv")).expect("removed");
    assert_eq!(
        machine.find(None, &[PATH]),
        Ok(("bin/python3".into(), "PATH".into()))
    );
    fs::remove_file(machine.at("bin/python3")).expect("removed");
    assert_eq!(
        machine.find(None, &[PATH]),
        Ok(("bin/python".into(), "PATH".into()))
    );
}

#[test]
fn a_python3_further_along_comes_before_a_python() {
    let machine = Machine::new(&["empty/python", "bin/python3"], &[]);
    assert_eq!(machine.find(None, &[PATH]).expect("found").0, "bin/python3");
}

#[test]
fn what_was_asked_for_is_never_replaced() {
    let machine = Machine::new(&["bin/python3"], &[("opt/python", "not executable")]);
    for (asked, said) in [
        ("@/nowhere/python", "no program, and no virtual environment"),
        ("@/opt/python", "no program"),
        ("@/empty", "no virtual environment"),
        ("python3.14", "PATH: no python3.14 in"),
    ] {
        let error = machine
            .find(Some(asked), &[PATH])
            .expect_err(asked)
            .to_string();
        assert!(
            error.contains(said) && error.contains("--python"),
            "{asked}: {error}"
        );
    }
}

#[test]
fn where_there_is_none_all_places_are_told() {
    let machine = Machine::new(&[], &[]);
    let error = machine.find(None, &[PATH]).expect_err("nothing there");
    assert_eq!(error.looked.len(), 3);
    let error = error.to_string();
    for said in [
        "VIRTUAL_ENV: not set",
        "no venv/bin/python nor .venv/bin/python",
        "no python3 nor python in",
        "hint: install Python 3.9",
    ] {
        assert!(error.contains(said), "{error}");
    }
    let error = machine.find(None, &[]).expect_err("no PATH").to_string();
    assert!(error.contains("in (not set)"), "{error}");
}

#[test]
fn shims_are_gone_past() {
    let programs = [
        "pyenv/shims/python3",
        "pyenv/versions/3.11.4/bin/python3",
        "pyenv/versions/3.12.7/bin/python3",
        "pyenv/versions/3.12.10/bin/python3",
        "pyenv/versions/3.13.0rc1/bin/python3",
        "pyenv/versions/project-env/bin/python3",
        "bin/python3",
    ];
    let past = "PATH, past pyenv's shims";
    for (shell, local, above, global, path, found_by) in [
        (
            None,
            None,
            None,
            Some("3.11.4\n"),
            "pyenv/versions/3.11.4/bin/python3",
            past,
        ),
        (
            None,
            None,
            Some("3.12.7"),
            Some("3.11.4"),
            "pyenv/versions/3.12.7/bin/python3",
            past,
        ),
        (
            None,
            Some("project-env"),
            Some("3.12.7"),
            Some("3.11.4"),
            "pyenv/versions/project-env/bin/python3",
            past,
        ),
        (
            Some("3.11.4"),
            Some("project-env"),
            None,
            None,
            "pyenv/versions/3.11.4/bin/python3",
            past,
        ),
        (
            Some("9.9:3.11.4"),
            None,
            None,
            None,
            "pyenv/versions/3.11.4/bin/python3",
            past,
        ),
        // A prefix means the newest release, by number and not by letter.
        (
            None,
            Some("3.12"),
            None,
            None,
            "pyenv/versions/3.12.10/bin/python3",
            past,
        ),
        (
            None,
            Some("python-3.11.4"),
            None,
            None,
            "pyenv/versions/3.11.4/bin/python3",
            past,
        ),
        (
            None,
            Some("# which\n\n3.12.7 # this\n3.11.4"),
            None,
            None,
            "pyenv/versions/3.12.7/bin/python3",
            past,
        ),
        // Nothing chosen, or the system's, or none that is there: the PATH goes on.
        (None, None, None, None, "bin/python3", "PATH"),
        (
            None,
            Some("system"),
            None,
            Some("3.11.4"),
            "bin/python3",
            "PATH",
        ),
        (None, Some("2.7"), None, None, "bin/python3", "PATH"),
        (None, Some("../../bin"), None, None, "bin/python3", "PATH"),
    ] {
        let files = [
            ("project/.python-version", local),
            (".python-version", above),
            ("pyenv/version", global),
        ];
        let files: Vec<(&str, &str)> = files
            .into_iter()
            .filter_map(|(file, content)| Some((file, content?)))
            .collect();
        let machine = Machine::new(&programs, &files);
        let variables: Vec<(&str, &str)> = [WITH_PYENV]
            .into_iter()
            .chain(shell.map(|shell| ("PYENV_VERSION", shell)))
            .collect();
        assert_eq!(
            machine.find(None, &variables),
            Ok((path.into(), found_by.into())),
            "{shell:?} {files:?}"
        );
    }
}

#[test]
fn a_shim_is_better_than_nothing() {
    let machine = Machine::new(
        &["pyenv/shims/python3", "pyenv/versions/3.11.4/bin/ruby"],
        &[],
    );
    assert_eq!(
        machine.find(None, &[WITH_PYENV]),
        Ok(("pyenv/shims/python3".into(), "PATH, a shim of pyenv".into()))
    );
}

#[test]
fn a_name_that_was_asked_for_goes_past_shims_too() {
    let machine = Machine::new(
        &[
            "pyenv/shims/python3.12",
            "pyenv/versions/3.12.7/bin/python3.12",
        ],
        &[("pyenv/version", "3.12.7")],
    );
    let found = machine
        .find(Some("python3.12"), &[WITH_PYENV])
        .expect("found");
    assert_eq!(
        found,
        (
            "pyenv/versions/3.12.7/bin/python3.12".into(),
            "--python, in the PATH, past pyenv's shims".into()
        )
    );
}

#[test]
fn a_folder_that_is_only_called_shims_is_no_pyenv() {
    let machine = Machine::new(&["other/shims/python3"], &[]);
    assert_eq!(
        machine.find(None, &[("PATH", "@/other/shims")]),
        Ok(("other/shims/python3".into(), "PATH".into()))
    );
}

#[test]
fn ruby_is_found_by_request_and_in_the_path_alone() {
    let machine = Machine::new(
        &[
            "active/bin/ruby",
            "project/venv/bin/ruby",
            "opt/bin/ruby",
            "rbenv/shims/ruby",
            "rbenv/versions/3.3.6/bin/ruby",
            "bin/ruby",
        ],
        &[("project/.ruby-version", "ruby-3.3.6\n")],
    );
    let shims = ("PATH", "@/rbenv/shims:@/bin");
    for (asked, variables, path, found_by) in [
        (
            None,
            vec![("VIRTUAL_ENV", "@/active"), PATH],
            "bin/ruby",
            "PATH",
        ),
        (Some("@/opt"), vec![PATH], "opt/bin/ruby", "--ruby"),
        (
            None,
            vec![shims],
            "rbenv/versions/3.3.6/bin/ruby",
            "PATH, past rbenv's shims",
        ),
        (
            None,
            vec![("RBENV_VERSION", "system"), shims],
            "bin/ruby",
            "PATH",
        ),
    ] {
        assert_eq!(
            machine.find_of(&ALL[1], asked, &variables),
            Ok((path.into(), found_by.into())),
            "{asked:?} {variables:?}"
        );
    }
    let error = machine
        .find_of(&ALL[1], Some("@/empty"), &[PATH])
        .expect_err("nothing there")
        .to_string();
    assert!(
        error.contains("no Ruby was found") && error.contains("/empty: no program, and no folder"),
        "{error}"
    );
}
