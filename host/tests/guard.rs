//! Nothing is left behind: real hosts with real process trees, ended in every rude way.
//!
//! The host is this very test binary, which runs [`as_host`] when a test tells it to by its environment. What belongs here: whoever must be gone
//! once a host is, and what a guard must survive. Finding processes is tested in `sweep`, the guard's lines in `guard::watch`.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use stormhost::guard::Guard;
use stormhost::link::process::Spawn;
use stormhost::procstat::Stat;

const BINARY: &str = env!("CARGO_BIN_EXE_stormhost");
/// What is waited for comes within milliseconds, unless it is broken.
const DEADLINE: Duration = Duration::from_secs(20);
/// The promise: after the host's end everything is gone within this time.
const PROMISE: Duration = Duration::from_secs(1);

/// Every kind of descendant the promise covers. Each writes its process id into a file of its name, `$D/<name>`, and then stays.
const TREE: [(&str, &str); 8] = [
    ("child", "echo $$ > $D/child; exec sleep 1000"),
    (
        "stubborn",
        "trap '' TERM INT HUP; echo $$ > $D/stubborn; while :; do sleep 1; done",
    ),
    (
        "in_group",
        "sh -c 'echo $$ > $D/in_group; exec sleep 1000' & exec sleep 1000",
    ),
    (
        "own_session",
        "setsid sh -c 'echo $$ > $D/own_session; exec sleep 1000' & exec sleep 1000",
    ),
    (
        "no_environment",
        "env -i sh -c 'echo $$ > $0/no_environment; exec /bin/sleep 1000' $D & exec sleep 1000",
    ),
    (
        "orphan",
        "(setsid sh -c 'echo $$ > $D/orphan; exec sleep 1000' &) ; exec sleep 1000",
    ),
    (
        "nobody",
        "(env -i setsid sh -c 'trap \"\" TERM HUP; echo $$ > $0/nobody; while :; do sleep 1; done' $D &) ; exec sleep 1000",
    ),
    (
        "nobody_whose_parent_has_left",
        "(env -i setsid sh -c 'echo $$ > $0/nobody_whose_parent_has_left; exec /bin/sleep 1000' $D &) ; exit 0",
    ),
];

/// Plays the host: starts a guard and the tree, says so, then does what `STORMHOST_TEST_HOST` says. Does nothing unless told to.
#[test]
#[ignore = "it is the host that the other tests here start and kill"]
fn as_host() {
    let (Ok(role), Ok(folder)) = (std::env::var("STORMHOST_TEST_HOST"), std::env::var("D")) else {
        return;
    };
    let token = std::env::var("STORMHOST_TEST_TOKEN").unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    stormhost::brand::carry(&token);
    runtime.block_on(async {
        let guard = Guard::start_program(BINARY.into(), &token).unwrap();
        let mut children = Vec::new();
        for (_, script) in TREE {
            let command = ["sh", "-c", script].map(String::from).to_vec();
            let child = stormhost::link::process::Child::spawn(&Spawn {
                command,
                token: token.clone(),
                ..Spawn::default()
            })
            .unwrap();
            guard.register(child.process.pid());
            children.push(child);
        }
        let note = |name: &str, text: &str| {
            fs::write(format!("{folder}/{name}.new"), text).unwrap();
            fs::rename(format!("{folder}/{name}.new"), format!("{folder}/{name}")).unwrap();
        };
        note("guard", &guard.pid().unwrap().to_string());
        match role.as_str() {
            "wait" => std::future::pending().await,
            "keep_up" => {
                let first = guard.pid();
                let changed = async {
                    while guard.pid().is_none() || guard.pid() == first {
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                    note("second_guard", &guard.pid().unwrap().to_string());
                    std::future::pending::<()>().await;
                };
                tokio::join!(guard.keep_up(), changed);
            }
            "finish" => {
                until("the tree", || tree(Path::new(&folder)));
                let clean = guard.finish().await;
                note(
                    "finished",
                    &format!(
                        "{clean} {}",
                        living(&tree(Path::new(&folder)).unwrap()).join(" ")
                    ),
                );
            }
            "panic" => {
                until("the tree", || tree(Path::new(&folder)));
                panic!("as it was told to");
            }
            other => panic!("no such role: {other}"),
        }
    });
}

/// A host that runs in a process of its own, with its tree.
struct Host {
    process: Child,
    folder: tempfile::TempDir,
}

impl Host {
    fn start(role: &str) -> Host {
        let folder = tempfile::tempdir().unwrap();
        let token = format!("test-{}", folder.path().file_name().unwrap().display());
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "as_host", "--ignored", "--nocapture"])
            .envs([
                ("STORMHOST_TEST_HOST", role),
                ("STORMHOST_TEST_TOKEN", &token),
            ])
            .env("D", folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Host { process, folder }
    }

    /// Waits for a file that the host or its tree writes.
    fn note(&self, name: &str) -> String {
        until(name, || {
            fs::read_to_string(self.folder.path().join(name)).ok()
        })
    }

    fn guard(&self) -> u32 {
        self.note("guard").parse().unwrap()
    }

    /// All that must go, once all of it is there.
    fn tree(&self) -> BTreeMap<String, Stat> {
        until("the whole tree", || tree(self.folder.path()))
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A failed test must not leave its host; the guard sees to the rest.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn tree(folder: &Path) -> Option<BTreeMap<String, Stat>> {
    let pid = |name: &str| {
        fs::read_to_string(folder.join(name))
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    TREE.iter()
        .map(|(name, _)| Some(((*name).into(), Stat::read(pid(name)?)?)))
        .collect()
}

/// The names of those that still live.
fn living(tree: &BTreeMap<String, Stat>) -> Vec<String> {
    let lives = |then: &Stat| {
        Stat::read(then.pid).is_some_and(|now| now.lives() && now.start_ticks == then.start_ticks)
    };
    tree.iter()
        .filter(|(_, process)| lives(process))
        .map(|(name, _)| name.clone())
        .collect()
}

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begin.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn until_gone(tree: &BTreeMap<String, Stat>, guard: u32) {
    let begin = Instant::now();
    let mut left = living(tree);
    while !left.is_empty() {
        assert!(
            begin.elapsed() < PROMISE,
            "after {PROMISE:?} there still are {left:?}"
        );
        std::thread::sleep(Duration::from_millis(2));
        left = living(tree);
    }
    until("the guard to leave", || {
        Stat::read(guard)
            .is_none_or(|stat| !stat.lives())
            .then_some(())
    });
}

fn send(pid: u32, signal: Signal) {
    kill(Pid::from_raw(pid as i32), signal).unwrap();
}

#[test]
fn a_killed_host_leaves_nothing() {
    let mut host = Host::start("wait");
    let (tree, guard) = (host.tree(), host.guard());
    assert_eq!(living(&tree).len(), TREE.len());
    host.kill();
    until_gone(&tree, guard);
}

#[test]
fn a_host_that_panics_leaves_nothing() {
    let mut host = Host::start("panic");
    let (tree, guard) = (host.tree(), host.guard());
    // Telling of the panic takes a while on a busy machine; the promise counts from the host's end.
    host.process.wait().unwrap();
    until_gone(&tree, guard);
}

#[test]
fn an_orderly_end_waits_until_all_are_gone() {
    let host = Host::start("finish");
    assert_eq!(host.note("finished"), "true ");
}

#[test]
fn a_guard_survives_what_ends_others() {
    let mut host = Host::start("wait");
    let (tree, guard) = (host.tree(), host.guard());
    for signal in [
        Signal::SIGINT,
        Signal::SIGTERM,
        Signal::SIGHUP,
        Signal::SIGQUIT,
        Signal::SIGUSR1,
        Signal::SIGTSTP,
    ] {
        send(guard, signal);
    }
    assert_eq!(
        living(&tree).len(),
        TREE.len(),
        "the guard took a signal for the host's end"
    );
    host.kill();
    until_gone(&tree, guard);
}

#[test]
fn a_guard_that_is_killed_is_replaced() {
    let mut host = Host::start("keep_up");
    let (tree, guard) = (host.tree(), host.guard());
    send(guard, Signal::SIGKILL);
    let second = host.note("second_guard").parse().unwrap();
    assert_ne!(second, guard);
    assert_eq!(living(&tree).len(), TREE.len());
    host.kill();
    until_gone(&tree, second);
}

#[test]
fn a_guard_holds_nothing_of_the_hosts() {
    let mut host = Host::start("wait");
    let (tree, guard) = (host.tree(), host.guard());
    let stdout = fs::read_link(format!("/proc/{}/fd/1", host.process.id())).unwrap();
    for fd in fs::read_dir(format!("/proc/{guard}/fd")).unwrap().flatten() {
        assert_ne!(
            fs::read_link(fd.path()).ok().as_ref(),
            Some(&stdout),
            "{}",
            fd.path().display()
        );
    }
    let session = |pid: u32| nix::unistd::getsid(Some(Pid::from_raw(pid as i32))).unwrap();
    assert_eq!(
        session(guard),
        Pid::from_raw(guard as i32),
        "it leads a session of its own"
    );
    assert_eq!(
        fs::read_link(format!("/proc/{guard}/cwd")).unwrap(),
        Path::new("/")
    );
    host.kill();
    until_gone(&tree, guard);
    let mut rest = String::new();
    host.process
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut rest)
        .unwrap();
}

#[test]
fn two_runs_do_not_touch_each_other() {
    let (mut first, mut second) = (Host::start("wait"), Host::start("wait"));
    let (tree, guard) = (first.tree(), first.guard());
    let (other, other_guard) = (second.tree(), second.guard());
    first.kill();
    until_gone(&tree, guard);
    assert_eq!(living(&other).len(), TREE.len());
    second.kill();
    until_gone(&other, other_guard);
}

/// A fork of the host that runs no program keeps the pipe open, as Python's `multiprocessing` inside the host would.
#[test]
fn a_fork_that_holds_the_pipe_deceives_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
import os, subprocess, sys, time
binary, folder, token = sys.argv[1:]
read, write = os.pipe()
guard = subprocess.Popen([binary, "__guard", token, str(os.getpid())], stdin=read)
child = subprocess.Popen(["sleep", "1000"], process_group=0) if sys.version_info >= (3, 11) else subprocess.Popen(["sleep", "1000"], start_new_session=True)
os.write(write, b"+%d\n" % child.pid)
fork = os.fork()
if fork == 0:
    time.sleep(1000)
with open(folder + "/new", "w") as file:
    print(child.pid, guard.pid, fork, file=file)
os.rename(folder + "/new", folder + "/pids")
time.sleep(1000)
"#;
    let mut host = Command::new("python3")
        .args(["-c", script, BINARY])
        .arg(folder.path())
        .arg("test-fork")
        .spawn()
        .unwrap();
    let pids = until("the tree", || {
        fs::read_to_string(folder.path().join("pids")).ok()
    });
    let pids: Vec<u32> = pids
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect();
    let [child, guard, fork] = pids[..] else {
        panic!("{pids:?}")
    };
    host.kill().unwrap();
    host.wait().unwrap();
    until_gone(
        &BTreeMap::from([("child".into(), Stat::read(child).unwrap())]),
        guard,
    );
    send(fork, Signal::SIGKILL);
}
