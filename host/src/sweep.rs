//! Finds and kills what is left of a run: by its mark in the environment and by process group, never by an id alone.
//!
//! The guard uses it when its host is gone (`guard`), and every host when it starts, for runs whose host and guard are both gone (`run_folder`).

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::link::process::RUN_VARIABLE;
use crate::procstat::Stat;

/// Between two looks at all processes. A look takes a few milliseconds itself.
const PAUSE: Duration = Duration::from_millis(2);

/// What is looked for.
#[derive(Debug, Default, Clone)]
pub struct Quarry {
    /// Tokens of runs. Whoever carries one of them in its environment is meant.
    pub tokens: Vec<String>,
    /// Process groups. Whoever is in one of them is meant.
    pub groups: BTreeSet<u32>,
}

impl Quarry {
    /// Kills until nothing is left: two looks in a row that find nobody. Returns whether that was reached in time, and how many different processes were killed.
    ///
    /// One look would not do: a process that forks while we read may hide its child from it, but not twice.
    pub fn kill_all(&self, patience: Duration) -> (bool, usize) {
        let deadline = Instant::now() + patience;
        let mut killed = BTreeSet::new();
        let mut clean = 0;
        while clean < 2 {
            let found = self.pass();
            clean = if found.is_empty() { clean + 1 } else { 0 };
            killed.extend(found);
            if clean < 2 {
                if Instant::now() >= deadline {
                    return (false, killed.len());
                }
                std::thread::sleep(PAUSE);
            }
        }
        (true, killed.len())
    }

    /// One look: kills all that are found, and returns their ids and start times.
    fn pass(&self) -> Vec<(u32, u64)> {
        for &group in &self.groups {
            // All members at once, before any of them can fork again. Gone is as good as killed.
            if let Some(group) = signalable(group) {
                let _ = killpg(group, Signal::SIGKILL);
            }
        }
        let own = std::process::id();
        let mut found = Vec::new();
        for process in Stat::all() {
            let Some(pid) =
                signalable(process.pid).filter(|_| process.pid != own && process.lives())
            else {
                continue;
            };
            if self.groups.contains(&process.group) || carries(process.pid, &self.tokens) {
                let _ = kill(pid, Signal::SIGKILL);
                found.push((process.pid, process.start_ticks));
            }
        }
        found
    }
}

/// Ids below 2 mean something else to the kernel: everybody, or the first process.
fn signalable(id: u32) -> Option<Pid> {
    i32::try_from(id)
        .ok()
        .filter(|&id| id > 1)
        .map(Pid::from_raw)
}

/// Whether a process was started with one of these tokens. Not to be known of other users' processes, which are none of ours.
fn carries(pid: u32, tokens: &[String]) -> bool {
    !tokens.is_empty()
        && fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|environment| marked(&environment, tokens))
}

/// Whether an environment, as the kernel keeps it, holds one of these tokens.
fn marked(environment: &[u8], tokens: &[String]) -> bool {
    let mut variables = environment.split(|&byte| byte == 0);
    let value = variables.find_map(|variable| {
        variable
            .strip_prefix(RUN_VARIABLE.as_bytes())?
            .strip_prefix(b"=")
    });
    // A run inside a run carries both tokens.
    value.is_some_and(|value| {
        value.split(|&byte| byte == b':').any(|one| {
            tokens
                .iter()
                .any(|token| !token.is_empty() && token.as_bytes() == one)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command};

    fn tokens(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).into()).collect()
    }

    #[test]
    fn marks_are_found_in_environments() {
        let cases: [(&[u8], &[&str], bool); 10] = [
            (b"A=1\0STORMHOST_RUN=x7\0B=2\0", &["x7"], true),
            (b"STORMHOST_RUN=outer:x7\0", &["x7"], true),
            (b"STORMHOST_RUN=outer:x7\0", &["outer"], true),
            (b"STORMHOST_RUN=x7\0", &["y", "x7"], true),
            (b"STORMHOST_RUN=x77\0", &["x7"], false),
            (b"XSTORMHOST_RUN=x7\0", &["x7"], false),
            (b"STORMHOST_RUNS=x7\0", &["x7"], false),
            (b"STORMHOST_RUN=\0", &[""], false),
            (b"", &["x7"], false),
            (b"STORMHOST_RUN=x7\0", &[], false),
        ];
        for (environment, wanted, expected) in cases {
            assert_eq!(
                marked(environment, &tokens(wanted)),
                expected,
                "{}",
                String::from_utf8_lossy(environment)
            );
        }
    }

    #[test]
    fn nobody_and_everybody_are_never_signalled() {
        for id in [0, 1, u32::MAX] {
            assert_eq!(signalable(id), None);
        }
        assert_eq!(signalable(2), Some(Pid::from_raw(2)));
    }

    fn sleeper(token: &str) -> Child {
        Command::new("sleep")
            .arg("100")
            .env(RUN_VARIABLE, token)
            .spawn()
            .unwrap()
    }

    #[test]
    fn those_who_carry_the_token_go_and_others_stay() {
        let mut meant = [sleeper("sweep-a"), sleeper("outer:sweep-a")];
        let mut other = sleeper("sweep-b");
        let quarry = Quarry {
            tokens: tokens(&["sweep-a"]),
            ..Quarry::default()
        };
        assert_eq!(quarry.kill_all(Duration::from_secs(10)), (true, 2));
        for child in &mut meant {
            assert!(!child.wait().unwrap().success());
        }
        assert!(
            other.try_wait().unwrap().is_none(),
            "another run's process was killed"
        );
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn a_group_goes_even_without_the_token() {
        use std::os::unix::process::CommandExt;
        let mut leader = Command::new("sh")
            .args(["-c", "sleep 100 & wait"])
            .env_clear()
            .process_group(0)
            .spawn()
            .unwrap();
        let quarry = Quarry {
            groups: BTreeSet::from([leader.id()]),
            ..Quarry::default()
        };
        assert!(quarry.kill_all(Duration::from_secs(10)).0);
        assert!(!leader.wait().unwrap().success());
        assert!(
            Stat::all()
                .iter()
                .all(|process| process.group != leader.id() || !process.lives())
        );
    }

    #[test]
    fn a_process_that_keeps_forking_is_caught() {
        // Each generation starts the next and leaves.
        let script = "f() { sh -c \"$1\" forker \"$1\" & exit 0; }; f \"$1\"";
        let mut first = Command::new("setsid")
            .args(["sh", "-c", script, "forker", script])
            .env(RUN_VARIABLE, "sweep-fork")
            .spawn()
            .unwrap();
        first.wait().unwrap();
        let wanted = tokens(&["sweep-fork"]);
        let begin = Instant::now();
        while !Stat::all()
            .iter()
            .any(|process| process.lives() && carries(process.pid, &wanted))
        {
            assert!(
                begin.elapsed() < Duration::from_secs(10),
                "the forker never ran"
            );
        }
        let (clean, _) = Quarry {
            tokens: wanted.clone(),
            ..Quarry::default()
        }
        .kill_all(Duration::from_secs(20));
        assert!(clean, "the forker got away");
        assert!(
            !Stat::all()
                .iter()
                .any(|process| process.lives() && carries(process.pid, &wanted))
        );
    }

    #[test]
    fn nothing_to_find_is_found_at_once() {
        assert_eq!(
            Quarry::default().kill_all(Duration::from_secs(10)),
            (true, 0)
        );
    }
}
