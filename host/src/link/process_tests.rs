use super::*;
use std::os::fd::{AsFd, AsRawFd};
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

/// Long enough for the busiest machine; nothing waits that long unless it is broken.
const DEADLINE: Duration = Duration::from_secs(20);

fn spawn(words: &[&str]) -> Spawn {
    Spawn {
        command: words.iter().map(|word| (*word).into()).collect(),
        token: "run-7".into(),
        ..Spawn::default()
    }
}

fn shell(script: &str) -> Child {
    Child::spawn(&spawn(&["sh", "-c", script])).unwrap()
}

fn refusal(spawn: &Spawn) -> String {
    Child::spawn(spawn)
        .map(|child| child.process.pid())
        .unwrap_err()
        .to_string()
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

async fn all_of(pipe: &mut pipe::Receiver) -> String {
    let mut text = String::new();
    within("the end of the pipe", pipe.read_to_string(&mut text))
        .await
        .unwrap();
    text
}

async fn line_of(pipe: &mut pipe::Receiver) -> String {
    let mut line = Vec::new();
    loop {
        match within("a line", pipe.read_u8()).await.unwrap() {
            b'\n' => return String::from_utf8(line).unwrap(),
            byte => line.push(byte),
        }
    }
}

/// Whether a process is there and not a zombie.
fn lives(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')')
        .next()
        .is_some_and(|rest| !matches!(rest.trim_start().chars().next(), None | Some('Z' | 'X')))
}

async fn until_gone(pid: i32) {
    let begin = Instant::now();
    while lives(pid) {
        assert!(begin.elapsed() < DEADLINE, "{pid} still lives");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn three_pipes_lead_to_the_child() {
    let Child {
        process,
        stdin,
        mut stdout,
        mut stderr,
    } = shell("read line; echo got $line; echo alas >&2; exit 3");
    stdin.writable().await.unwrap();
    assert_eq!(stdin.try_write(b"words\n").unwrap(), 6);
    assert_eq!(all_of(&mut stdout).await, "got words\n");
    assert_eq!(all_of(&mut stderr).await, "alas\n");
    assert_eq!(within("its end", process.wait()).await, Exit::Status(3));
}

#[tokio::test]
async fn closing_stdin_ends_a_filter() {
    let Child { process, stdin, .. } = shell("cat");
    drop(stdin);
    assert!(within("cat to leave", process.wait()).await.success());
}

#[tokio::test]
async fn death_is_seen_while_a_grandchild_holds_the_pipes() {
    // It ignores the end of the group too, so that it is surely there when the child goes.
    let child = shell("setsid sh -c 'echo $$; exec sleep 100' & read -r _; exit 0");
    let Child {
        process,
        stdin,
        mut stdout,
        ..
    } = child;
    let grandchild: i32 = line_of(&mut stdout).await.parse().unwrap();
    drop(stdin);
    assert!(matches!(
        within("the child", process.wait()).await,
        Exit::Status(_)
    ));
    assert!(
        lives(grandchild),
        "it left the group, so the guard has to find it"
    );
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(grandchild), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn the_rest_of_the_group_goes_with_the_child() {
    let Child {
        process,
        mut stdout,
        ..
    } = shell("sleep 100 & echo $!; exit 0");
    let grandchild: i32 = line_of(&mut stdout).await.parse().unwrap();
    within("the child", process.wait()).await;
    until_gone(grandchild).await;
}

#[tokio::test]
async fn terminate_and_kill_reach_the_whole_group() {
    for (end, number) in [(Process::terminate as fn(&Process), 15), (Process::kill, 9)] {
        let Child {
            process,
            mut stdout,
            ..
        } = shell("sleep 100 & echo $!; wait");
        let grandchild: i32 = line_of(&mut stdout).await.parse().unwrap();
        end(&process);
        assert_eq!(
            within("its end", process.wait()).await,
            Exit::Signal {
                number,
                core: false
            }
        );
        until_gone(grandchild).await;
    }
}

#[tokio::test]
async fn a_child_that_ignores_terminate_is_killed() {
    let Child {
        process,
        mut stdout,
        ..
    } = shell("trap '' TERM; echo ready; while :; do sleep 1; done");
    assert_eq!(line_of(&mut stdout).await, "ready");
    process.terminate();
    assert!(lives(process.pid() as i32));
    process.kill();
    assert_eq!(
        within("its end", process.wait()).await.to_string(),
        "was killed by SIGKILL"
    );
}

#[tokio::test]
async fn anybody_may_wait_and_hear_the_same() {
    let process = Rc::new(shell("exit 5").process);
    let (first, second) = within("both", async {
        tokio::join!(process.wait(), process.wait())
    })
    .await;
    assert_eq!((first, second), (Exit::Status(5), Exit::Status(5)));
    assert_eq!(process.wait().await, Exit::Status(5));
    assert_eq!(process.exit(), Some(Exit::Status(5)));
    process.kill();
}

#[tokio::test]
async fn without_a_pidfd_death_is_seen_all_the_same() {
    let Child {
        mut process, stdin, ..
    } = shell("read -r _; exit 6");
    process.pidfd = None;
    let (exit, ()) = within("its end", async {
        tokio::join!(process.wait(), async { drop(stdin) })
    })
    .await;
    assert_eq!(exit, Exit::Status(6));
}

#[tokio::test]
async fn a_process_that_is_dropped_does_not_live_on() {
    let Child {
        process,
        mut stdout,
        ..
    } = shell("sleep 100 & echo $!; wait");
    let grandchild: i32 = line_of(&mut stdout).await.parse().unwrap();
    let pid = process.pid() as i32;
    drop(process);
    until_gone(grandchild).await;
    until_gone(pid).await;
}

#[tokio::test]
async fn the_child_sees_its_group_folder_environment_and_token() {
    let folder = tempfile::tempdir().unwrap();
    let mut spawn = spawn(&[
        "sh",
        "-c",
        "echo $PWD $WORD $STORMHOST_RUN $0; cut -d' ' -f5 /proc/$$/stat; echo $$",
    ]);
    spawn.cwd = Some(folder.path().into());
    spawn.env = vec![
        ("WORD".into(), "first".into()),
        ("WORD".into(), "last".into()),
    ];
    let mut child = Child::spawn(&spawn).unwrap();
    let said = all_of(&mut child.stdout).await;
    let mut lines = said.lines();
    assert_eq!(
        lines.next().unwrap(),
        format!("{} last run-7 sh", folder.path().display())
    );
    let pid = child.process.pid().to_string();
    assert_eq!(lines.collect::<Vec<_>>(), [&pid, &pid]);
}

#[tokio::test]
async fn nothing_of_the_host_is_inherited() {
    // A second child must not see the pipes of the first: it would keep them open.
    let first = shell("sleep 100");
    let mut second = shell("for fd in /proc/$$/fd/*; do readlink $fd; done; exit 0");
    let said = all_of(&mut second.stdout).await;
    for end in [
        first.stdin.as_fd(),
        first.stdout.as_fd(),
        first.stderr.as_fd(),
        second.stdin.as_fd(),
    ] {
        let name = format!("pipe:[{}]", rustix::fs::fstat(end).unwrap().st_ino);
        let expected = usize::from(end.as_raw_fd() == second.stdin.as_raw_fd());
        assert_eq!(said.matches(&name).count(), expected, "{name} in {said}");
    }
    assert!(
        !said.contains("[eventpoll]") && !said.contains("[pidfd]"),
        "{said}"
    );
}

#[tokio::test]
async fn signals_are_as_programs_expect_them() {
    // Rust ignores SIGPIPE for itself; a child that inherits that never notices that its reader is gone.
    let mut child = shell("exec grep -E 'SigIgn|SigBlk' /proc/self/status");
    let said = all_of(&mut child.stdout).await;
    for line in said.lines() {
        let mask = u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap();
        assert_eq!(mask & (1 << (13 - 1)), 0, "{line}");
        assert!(line.starts_with("SigIgn") || mask == 0, "{line}");
    }
}

#[tokio::test]
async fn limits_are_in_force() {
    let mut wanted = spawn(&[
        "sh",
        "-c",
        "read -r _; ulimit -Sn; ulimit -St; nice; ulimit -Hn; cat /proc/$$/oom_score_adj",
    ]);
    wanted.limits = Limits {
        open_files: Some(77),
        usual_open_files: Some(99),
        cpu_seconds: Some(1000),
        nice: Some(7),
    };
    let Child {
        stdin,
        mut stdout,
        process: _process,
        ..
    } = Child::spawn(&wanted).unwrap();
    drop(stdin);
    let said = all_of(&mut stdout).await;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[..4], ["77", "1000", "7", "77"]);
    let own: i32 = std::fs::read_to_string("/proc/self/oom_score_adj")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert_eq!(lines[4].parse::<i32>().unwrap(), (own + 300).min(1000));
}

/// They were set from outside once it ran, and a quick program was through by then.
#[tokio::test]
async fn a_program_begins_with_its_limits() {
    let mut wanted = spawn(&["sh", "-c", "ulimit -Sn; ulimit -St; nice; ulimit -Hn"]);
    wanted.limits = Limits {
        open_files: Some(77),
        cpu_seconds: Some(1000),
        nice: Some(7),
        ..Limits::default()
    };
    for _ in 0..20 {
        let mut child = Child::spawn(&wanted).unwrap();
        assert_eq!(all_of(&mut child.stdout).await, "77\n1000\n7\n77\n");
    }
}

#[tokio::test]
async fn running_out_of_cpu_time_is_told() {
    let mut wanted = spawn(&["sh", "-c", "while :; do :; done"]);
    wanted.limits.cpu_seconds = Some(1);
    let child = Child::spawn(&wanted).unwrap();
    let exit = within("its end", child.process.wait()).await;
    assert_eq!(exit.to_string(), "was killed by SIGXCPU");
    assert!(exit.hint().unwrap().contains("CPU"));
}

#[tokio::test]
async fn what_cannot_be_started_is_told_in_words() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let script = |name: &str, text: &str, mode: u32| {
        std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::set_permissions(
            folder.path().join(name),
            std::fs::Permissions::from_mode(mode),
        )
        .unwrap();
    };
    script("plain", "#!/bin/sh\n", 0o644);
    script("dangling", "#!/no/such/ruby\n", 0o755);
    script("bare", "echo hello\n", 0o755);
    let at = |words: &[&str]| Spawn {
        cwd: Some(folder.path().into()),
        ..spawn(words)
    };
    let cases = [
        (at(&[]), "the command is empty"),
        (
            at(&["no-such-program-at-all"]),
            "`no-such-program-at-all` was not found in /",
        ),
        (at(&["./gone"]), "`./gone` was not found"),
        (at(&["./plain"]), "chmod +x"),
        (
            at(&["./dangling"]),
            "the interpreter named in its first line (`/no/such/ruby`) is not",
        ),
        (at(&["./bare"]), "its first line must name its interpreter"),
        (at(&["."]), "was not found"),
        (at(&["./"]), "it is a folder"),
        (at(&["sh", "nul\0"]), "a NUL character"),
        (
            Spawn {
                cwd: Some("/no/such/folder".into()),
                ..spawn(&["sh"])
            },
            "the working folder /no/such/folder does not exist",
        ),
        (
            Spawn {
                cwd: Some("/etc/passwd".into()),
                ..spawn(&["sh"])
            },
            "is no folder",
        ),
        (
            Spawn {
                env: vec![("PATH".into(), "/nowhere".into())],
                ..spawn(&["sh"])
            },
            "`sh` was not found in /nowhere",
        ),
    ];
    for (spawn, part) in cases {
        let said = refusal(&spawn);
        assert!(said.contains(part), "{:?}: {said}", spawn.command);
    }
}

#[tokio::test]
async fn a_program_is_found_in_the_childs_own_path_and_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("greet");
    std::fs::write(&file, "#!/bin/sh\necho hello\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let by_path = Spawn {
        env: vec![("PATH".into(), folder.path().display().to_string())],
        ..spawn(&["greet"])
    };
    let by_folder = Spawn {
        cwd: Some(folder.path().into()),
        ..spawn(&["./greet"])
    };
    for spawn in [by_path, by_folder] {
        let mut child = Child::spawn(&spawn).unwrap();
        assert_eq!(all_of(&mut child.stdout).await, "hello\n");
    }
}

#[tokio::test]
async fn hundreds_of_children_start_and_end_quickly() {
    let begin = Instant::now();
    let children: Vec<Child> = (0..200).map(|_| shell("cat")).collect();
    let started = begin.elapsed();
    assert!(
        started < Duration::from_secs(8),
        "200 children took {started:?}"
    );
    for Child { process, stdin, .. } in children {
        drop(stdin);
        assert!(within("each to leave", process.wait()).await.success());
    }
}
