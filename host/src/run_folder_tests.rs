use super::*;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, Command};

use crate::link::process::RUN_VARIABLE;

/// Ids that no kernel gives out.
const NOBODY: u32 = 1 << 30;

/// Writes the record of a run, different from a living one's as told.
fn run(state: &Path, name: &str, change: impl FnOnce(&mut Record)) -> PathBuf {
    let folder = state.join("words").join(name);
    fs::create_dir_all(&folder).unwrap();
    let mut record = Record::own();
    record.token = format!("{}-{name}", state.file_name().unwrap().display());
    change(&mut record);
    record.write(&folder).unwrap();
    folder
}

fn sleeper(run: &Path) -> Child {
    let token = Record::read(run).unwrap().token;
    Command::new("sleep")
        .arg("100")
        .env(RUN_VARIABLE, token)
        .spawn()
        .unwrap()
}

#[test]
fn a_run_has_its_folder() {
    let state = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(state.path(), "words").unwrap();
    assert!(folder.path().is_absolute());
    assert!(
        folder
            .path()
            .starts_with(state.path().canonicalize().unwrap().join("words"))
    );
    assert_eq!(fs::read_dir(folder.pids()).unwrap().count(), 0);
    assert_eq!(
        fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert!(folder.token().len() > 20);
    let record = Record::read(folder.path()).unwrap();
    assert_eq!(record.pid, std::process::id());
    assert!(record.host_lives() && !record.ended);
    let path = folder.path().to_owned();
    folder.ended();
    assert!(Record::read(&path).unwrap().ended);
}

#[test]
fn children_of_another_user_have_a_pid_folder_that_is_theirs() {
    let state = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(state.path(), "words").unwrap();
    let root = nix::unistd::geteuid().is_root();
    let uid = match root {
        true => 54_321,
        false => nix::unistd::geteuid().as_raw(), // nobody else can be given anything
    };
    // A second child of that user finds it there.
    for _ in 0..2 {
        let pids = others_pids(folder.token(), uid).unwrap();
        let found = fs::metadata(&pids).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid()), (0o700, uid));
        let above = fs::metadata(pids.parent().unwrap()).unwrap();
        assert_eq!(above.mode() & 0o777, 0o711);
    }
    let above = others_pids_of(folder.token());
    folder.ended();
    assert!(!above.exists());
}

#[test]
fn a_pid_folder_that_somebody_made_before_is_not_used() {
    let state = tempfile::tempdir().unwrap();
    let folder = RunFolder::create(state.path(), "words").unwrap();
    let theirs = state.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    let above = others_pids_of(folder.token());
    std::os::unix::fs::symlink(&theirs, &above).unwrap();
    others_pids(folder.token(), nix::unistd::geteuid().as_raw()).unwrap_err();
    assert_eq!(fs::read_dir(&theirs).unwrap().count(), 0);
    fs::remove_file(&above).unwrap();
    folder.ended();
}

#[test]
fn every_run_has_its_own_token() {
    let state = tempfile::tempdir().unwrap();
    let tokens: std::collections::BTreeSet<String> = (0..20)
        .map(|_| {
            RunFolder::create(state.path(), "words")
                .unwrap()
                .token()
                .to_owned()
        })
        .collect();
    assert_eq!(tokens.len(), 20);
}

#[test]
fn what_cannot_be_made_is_told() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("words"), "in the way").unwrap();
    let said = RunFolder::create(state.path(), "words")
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("pids cannot be created") && said.contains("XDG_STATE_HOME"),
        "{said}"
    );
}

#[test]
fn topologies_get_harmless_names() {
    let cases = [
        ("WordCount", "WordCount"),
        ("word-count_2.1", "word-count_2.1"),
        ("a/b\\c d", "a_b_c_d"),
        ("../etc", ".._etc"),
        ("..", "topology"),
        ("", "topology"),
        ("größe", "größe"),
    ];
    for (topology, expected) in cases {
        assert_eq!(folder_name(topology), expected);
    }
    assert_eq!(folder_name(&"x".repeat(500)).len(), 60);
}

#[test]
fn who_lives_is_told_by_start_time_boot_and_namespace() {
    type Case = (&'static str, fn(&mut Record), bool);
    let cases: [Case; 7] = [
        ("this process", |_| {}, true),
        ("nobody", |record| record.pid = NOBODY, false),
        (
            "another one with the same id",
            |record| record.start_ticks += 1,
            false,
        ),
        (
            "before the boot",
            |record| record.boot = "another".into(),
            false,
        ),
        (
            "on another machine",
            |record| {
                record.boot = "another".into();
                record.machine = "another".into()
            },
            true,
        ),
        (
            "in a container",
            |record| {
                record.pid = NOBODY;
                record.pid_namespace = "pid:[1]".into()
            },
            true,
        ),
        (
            "in a container, before the boot",
            |record| {
                record.boot = "another".into();
                record.pid_namespace = "pid:[1]".into()
            },
            false,
        ),
    ];
    for (what, change, expected) in cases {
        let mut record = Record::own();
        change(&mut record);
        assert_eq!(record.host_lives(), expected, "{what}");
    }
}

#[test]
fn leftovers_of_dead_runs_are_killed_and_the_living_stay() {
    let state = tempfile::tempdir().unwrap();
    let dead = [
        run(state.path(), "gone", |record| record.pid = NOBODY),
        run(state.path(), "reused", |record| record.start_ticks += 1),
    ];
    let living = [
        run(state.path(), "here", |_| {}),
        run(state.path(), "ended", |record| {
            record.pid = NOBODY;
            record.ended = true
        }),
    ];
    fs::create_dir_all(state.path().join("words/strange")).unwrap();
    fs::write(state.path().join("words/strange/host.json"), "{half").unwrap();
    let (mut left, mut kept) = (
        dead.each_ref().map(|run| sleeper(run)),
        living.each_ref().map(|run| sleeper(run)),
    );

    assert_eq!(
        sweep_leftovers(state.path()),
        Leftovers { runs: 2, killed: 2 }
    );
    for child in &mut left {
        assert!(!child.wait().unwrap().success());
    }
    for child in &mut kept {
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!(
        sweep_leftovers(state.path()),
        Leftovers::default(),
        "they were noted as ended"
    );
}

#[test]
fn without_any_state_there_is_nothing_to_sweep() {
    assert_eq!(
        sweep_leftovers(Path::new("/no/such/folder")),
        Leftovers::default()
    );
}

#[test]
fn the_last_ten_runs_are_kept() {
    let state = tempfile::tempdir().unwrap();
    for number in 0..15 {
        // The oldest still runs; the next was never swept.
        run(state.path(), &format!("2000-01-{number:02}"), |record| {
            record.ended = number > 1;
            record.pid = if number == 0 { record.pid } else { NOBODY };
        });
    }
    let own = RunFolder::create(state.path(), "words").unwrap();
    let mut names: Vec<String> = folders(&state.path().join("words"))
        .map(|run| run.file_name().unwrap().display().to_string())
        .collect();
    names.sort();
    let mut expected: Vec<String> = [0, 1]
        .into_iter()
        .chain(6..15)
        .map(|number| format!("2000-01-{number:02}"))
        .collect();
    expected.push(own.path().file_name().unwrap().display().to_string());
    assert_eq!(names, expected);
}
