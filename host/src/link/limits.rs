//! What a child may use.
//!
//! What was asked for is set by the child itself between its fork and its exec: set from outside it would come too late for a quick
//! program, and for what that starts. What everybody gets is set from outside, since a child with an order of its own is spawned more slowly.
//! Memory is not here: it is measured over the whole process tree, since limits on address space break some runtimes.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit};

/// How much sooner than the host a child goes when memory runs out, on the kernel's scale of 0 to 1000.
const OOM_SCORE: i32 = 300;
/// Seconds between the signal that says "your CPU time is over" and the one that cannot be caught.
const CPU_GRACE: u64 = 5;

/// What one child may use. `None` everywhere, the default, leaves what the host itself has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Open files.
    pub open_files: Option<u64>,
    /// Open files where nobody has asked for another number.
    pub usual_open_files: Option<u64>,
    /// Seconds of CPU time, for each of its processes. Past it SIGXCPU comes, and SIGKILL five seconds later.
    pub cpu_seconds: Option<u64>,
    /// Niceness, from -20 (favoured) to 19 (last). Less than the host's own needs privileges.
    pub nice: Option<i32>,
}

impl Limits {
    /// Has what was asked for set before the program runs.
    #[allow(
        unsafe_code,
        reason = "between fork and exec nothing may be done but what a signal handler may do: these are system calls, and nothing is allocated"
    )]
    pub(super) fn prepare(&self, command: &mut Command) {
        let asked = Limits {
            usual_open_files: None,
            ..*self
        };
        if asked != Limits::default() {
            let set = move || {
                // What could not be set is noticed when it is set once more, and told from there.
                let _ = asked.set(None);
                Ok(())
            };
            // SAFETY: see above. The closure owns a few numbers, and frees nothing.
            unsafe { command.pre_exec(set) };
        }
    }

    /// Sets the limits of a process that runs, and makes it go before the host when memory runs out.
    ///
    /// # Errors
    /// The limit that could not be set, and why.
    pub(super) fn apply(&self, pid: Pid) -> Result<(), (&'static str, io::Error)> {
        self.set(Some(pid))?;
        // Not asked for by anybody, so a kernel that refuses is no error.
        let _ = go_first(pid);
        Ok(())
    }

    /// Sets the limits of a process; of this one, if it is `None`.
    fn set(&self, pid: Option<Pid>) -> Result<(), (&'static str, io::Error)> {
        // Some runtimes raise their own limit as far as they may, so one that was asked for is the most as well.
        let files = self.open_files.map(|files| (files, files));
        let usual = self.usual_open_files.map(|files| (files, u64::MAX));
        if let Some((soft, hard)) = files.or(usual) {
            set(pid, Resource::Nofile, soft, hard).map_err(|error| ("open files", error))?;
        }
        if let Some(seconds) = self.cpu_seconds {
            set(
                pid,
                Resource::Cpu,
                seconds,
                seconds.saturating_add(CPU_GRACE),
            )
            .map_err(|error| ("CPU time", error))?;
        }
        if let Some(nice) = self.nice {
            rustix::process::setpriority_process(pid, nice)
                .map_err(|error| ("niceness", error.into()))?;
        }
        Ok(())
    }
}

/// How many files this process may have open.
pub fn open_files() -> u64 {
    rustix::process::getrlimit(Resource::Nofile)
        .current
        .unwrap_or(u64::MAX)
}

/// Lets this process open as many files as it is allowed to ask for, and returns what it had before.
///
/// Each child costs the host up to five descriptors, and many systems begin at 1024. Children should be given the former
/// limit back through [`Limits::usual_open_files`]: some programs walk through all possible descriptors, or cannot use those past 1023.
pub fn raise_open_files() -> u64 {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    // That it stays as it was is no error yet: it becomes one when descriptors run out, and is told then.
    let _ = rustix::process::setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    );
    limit.current.unwrap_or(u64::MAX)
}

/// Sets a limit, never above what the process is allowed at most.
fn set(pid: Option<Pid>, resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let ceiling = rustix::process::getrlimit(resource)
        .maximum
        .unwrap_or(u64::MAX);
    let hard = hard.min(ceiling);
    let maximum = (hard != u64::MAX).then_some(hard);
    rustix::process::prlimit(
        pid,
        resource,
        Rlimit {
            current: Some(soft.min(hard)),
            maximum,
        },
    )?;
    Ok(())
}

fn go_first(pid: Pid) -> io::Result<()> {
    let file = format!("/proc/{}/oom_score_adj", pid.as_raw_pid());
    let score: i32 = std::fs::read_to_string(&file)?.trim().parse().unwrap_or(0);
    std::fs::write(&file, (score + OOM_SCORE).min(1000).to_string())
}
