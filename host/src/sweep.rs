//! Finds and kills what is left of a run: by its mark in the environment, by its brand (`brand`) and by process group, never by an id alone.
//!
//! The guard uses it when its host is gone (`guard`), and every host when it starts, for runs whose host and guard are both gone (`run_folder`).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::brand;
use crate::link::process::RUN_VARIABLE;
use crate::procstat::{self, Stat};

/// Between two looks at all processes. A look takes a few milliseconds itself.
const PAUSE: Duration = Duration::from_millis(2);
/// Looks in a row that must find nobody while nothing else on the machine comes or goes.
const CALM_LOOKS: u32 = 2;
/// The same while something does: whatever vanished before it was looked at may have left a child that came after the list was made.
const RESTLESS_LOOKS: u32 = 20;
/// Looks after which a process that was never meant is asked no more: by then it runs its program, if somebody had just forked it.
const CLEARED_AFTER: u32 = 3;

/// What is looked for.
#[derive(Debug, Default, Clone)]
pub struct Quarry {
    /// Tokens of runs. Whoever carries one of them in its environment, or its brand, is meant.
    pub tokens: Vec<String>,
    /// Process groups. Whoever is in one of them is meant.
    pub groups: BTreeSet<u32>,
    /// A process that is not meant, with its group: the host of the run while it lives, which carries the brand as well.
    pub spared: Option<u32>,
}

/// What one look at all processes found.
#[derive(Debug, Default)]
struct Look {
    /// Ids and start times of those that were killed.
    killed: Vec<(u32, u64)>,
    /// Those of which nothing can be said: dead and not reaped, or, for the moment between fork and exec or at the exit, without an environment.
    unclear: HashSet<u32>,
    /// Whether a process went while it was looked at.
    vanished: bool,
}

impl Quarry {
    /// Kills until nothing is left. Returns whether that was reached in time, and how many different processes were killed.
    pub fn kill_all(&self, patience: Duration) -> (bool, usize) {
        let deadline = Instant::now() + patience;
        let mut killed = BTreeSet::new();
        let (mut unclear, mut innocent) = (HashSet::new(), HashMap::new());
        let (mut calm, mut looks) = (0, 0);
        loop {
            let look = self.look(&mut innocent);
            let restless = look.vanished || !look.unclear.is_subset(&unclear);
            unclear = look.unclear;
            (calm, looks) = match (look.killed.is_empty(), restless) {
                (false, _) => (0, 0),
                (true, true) => (0, looks + 1),
                (true, false) => (calm + 1, looks + 1),
            };
            killed.extend(look.killed);
            if calm >= CALM_LOOKS || looks >= RESTLESS_LOOKS {
                return (true, killed.len());
            }
            if Instant::now() >= deadline {
                return (false, killed.len());
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Looks at all processes once, and kills those that are meant. `innocent`: ids and start times of those that were not, and in how many
    /// looks. A busy machine has many, and a look should be quick there.
    fn look(&self, innocent: &mut HashMap<(u32, u64), u32>) -> Look {
        for &group in &self.groups {
            kill_group(group);
        }
        let own = std::process::id();
        let own_group = Stat::read(own).map(|stat| stat.group);
        let mut look = Look::default();
        // Groups of those who carry a token, and groups in which somebody does not.
        let (mut ours, mut others) = (BTreeSet::new(), HashSet::new());
        // The newest first: a process that only starts the next one and leaves is gone a moment later.
        for pid in procstat::pids().into_iter().rev().filter(|&pid| pid != own) {
            if let Some(process) = Stat::read(pid)
                && process.lives()
                && !self.groups.contains(&process.group)
                && innocent
                    .get(&(pid, process.start_ticks))
                    .is_some_and(|&looks| looks >= CLEARED_AFTER)
            {
                others.insert(process.group);
                continue;
            }
            let environment = fs::read(format!("/proc/{pid}/environ"));
            let marked = environment
                .as_ref()
                .is_ok_and(|environment| marked(environment, &self.tokens))
                || self.brands(pid);
            let Some(process) = Stat::read(pid) else {
                look.vanished = true;
                continue;
            };
            if Some(pid) == self.spared {
                others.insert(process.group);
                continue;
            }
            if !process.lives() {
                look.unclear.insert(pid);
            } else if marked || self.groups.contains(&process.group) {
                if let Some(pid) = signalable(pid) {
                    let _ = kill(pid, Signal::SIGKILL);
                }
                look.killed.push((pid, process.start_ticks));
            } else if environment.is_ok_and(|environment| environment.is_empty()) {
                look.unclear.insert(pid);
            } else {
                *innocent.entry((pid, process.start_ticks)).or_default() += 1;
            }
            if marked {
                ours.insert(process.group);
            } else if process.lives() {
                others.insert(process.group);
            }
        }
        // What is ours altogether goes altogether, and with it whatever those that we saw have started since.
        for group in ours
            .into_iter()
            .filter(|group| !others.contains(group) && Some(*group) != own_group)
        {
            kill_group(group);
        }
        look
    }

    /// Whether a process carries a brand of ours.
    fn brands(&self, pid: u32) -> bool {
        !self.tokens.is_empty()
            && fs::read_to_string(format!("/proc/{pid}/limits"))
                .is_ok_and(|limits| brand::shown(&limits, &self.tokens))
    }
}

/// Kills all members at once, before any of them can fork again. That there are none is as good.
fn kill_group(group: u32) {
    if let Some(group) = signalable(group) {
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// Ids below 2 mean something else to the kernel: everybody, or the first process.
fn signalable(id: u32) -> Option<Pid> {
    i32::try_from(id)
        .ok()
        .filter(|&id| id > 1)
        .map(Pid::from_raw)
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

    fn carries(pid: u32, tokens: &[String]) -> bool {
        fs::read(format!("/proc/{pid}/environ"))
            .is_ok_and(|environment| marked(&environment, tokens))
    }
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

    /// A process that starts the next one and leaves, and so on; with `how` before each. It ends by itself after a thousand.
    struct Forker(Child);

    impl Forker {
        fn start(token: &str, how: &str) -> Forker {
            let script = format!("[ $1 -gt 0 ] && {how} sh -c \"$0\" \"$0\" $(($1 - 1)) & exit 0");
            let first = Command::new("setsid")
                .args(["sh", "-c", &script, &script, "1000"])
                .env(RUN_VARIABLE, token)
                .spawn()
                .unwrap();
            Forker(first)
        }
    }

    impl Drop for Forker {
        fn drop(&mut self) {
            kill_group(self.0.id());
            let _ = self.0.wait();
        }
    }

    #[test]
    fn a_process_that_keeps_forking_is_caught() {
        for how in ["", "setsid"] {
            let wanted = tokens(&[&format!("sweep-forker-{how}")]);
            let mut forker = Forker::start(&wanted[0], how);
            forker.0.wait().unwrap();
            let quarry = Quarry {
                tokens: wanted.clone(),
                ..Quarry::default()
            };
            let (clean, killed) = quarry.kill_all(Duration::from_secs(20));
            assert!(clean && killed > 0, "{how}: {clean}, {killed} killed");
            let left = procstat::pids()
                .into_iter()
                .rev()
                .filter(|&pid| carries(pid, &wanted))
                .count();
            assert_eq!(left, 0, "{how}: it got away");
        }
    }

    #[test]
    fn nothing_to_find_is_found_at_once() {
        assert_eq!(
            Quarry::default().kill_all(Duration::from_secs(10)),
            (true, 0)
        );
    }
}
