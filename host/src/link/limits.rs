//! What a child may use, set from outside the moment it runs.
//!
//! Setting limits between fork and exec would need unsafe code and the slower way to spawn. Set from outside they come a few
//! microseconds later, which no program notices. Memory is not here: it is measured over the whole process tree, since limits on address space break some runtimes.

use std::io;

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
    /// Seconds of CPU time, for each of its processes. Past it SIGXCPU comes, and SIGKILL five seconds later.
    pub cpu_seconds: Option<u64>,
    /// Niceness, from -20 (favoured) to 19 (last). Less than the host's own needs privileges.
    pub nice: Option<i32>,
}

impl Limits {
    /// Sets the limits of a process, and makes it go before the host when memory runs out.
    ///
    /// # Errors
    /// The limit that could not be set, and why.
    pub(super) fn apply(&self, pid: Pid) -> Result<(), (&'static str, io::Error)> {
        if let Some(files) = self.open_files {
            set(pid, Resource::Nofile, files, files).map_err(|error| ("open files", error))?;
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
            rustix::process::setpriority_process(Some(pid), nice)
                .map_err(|error| ("niceness", error.into()))?;
        }
        // Not asked for by anybody, so a kernel that refuses is no error.
        let _ = go_first(pid);
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
/// limit back through [`Limits::open_files`]: some programs walk through all possible descriptors, or cannot use those past 1023.
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
fn set(pid: Pid, resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    let ceiling = rustix::process::getrlimit(resource)
        .maximum
        .unwrap_or(u64::MAX);
    let hard = if resource == Resource::Nofile {
        ceiling
    } else {
        hard.min(ceiling)
    };
    let maximum = (hard != u64::MAX).then_some(hard);
    rustix::process::prlimit(
        Some(pid),
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
