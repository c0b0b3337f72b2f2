//! Starts, signals and reaps processes; the only file that does.
//!
//! A child leads its own process group, so that its grandchildren go with it and an interrupt typed at the terminal reaches the host first.
//! Its death is seen through a pidfd, not by the end of its pipes, which grandchildren may hold open. There is no thread per child.
//!
//! It does not speak to the child (`child`, `stderr`) nor decide when to start it again (`runtime::restart`).

use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::{Signal, killpg};
use rustix::process::{Pid, PidfdFlags};
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};

use super::account;
use super::exit::Exit;
use super::limits::Limits;
use super::pipe::{from_child, to_child};
use super::spawn_error::SpawnError;
use super::watch::watch;
use crate::procstat;

/// The variable that marks all processes of a run: the run's token, after those of the runs around it, with colons between.
pub const RUN_VARIABLE: &str = "STORMHOST_RUN";

/// How one child is to be started.
#[derive(Debug, Clone, Default)]
pub struct Spawn {
    /// The program and its arguments; no shell takes them apart. A program without a slash is looked for in the child's `PATH`, one with a slash from its `cwd`.
    pub command: Vec<String>,
    /// The working folder; the host's own if `None`.
    pub cwd: Option<PathBuf>,
    /// Added to the host's environment.
    pub env: Vec<(String, String)>,
    /// It reads the host's own standard input; what the host writes to it goes nowhere.
    pub inherits_stdin: bool,
    /// The run's token. Whatever carries it dies with the run.
    pub token: String,
    /// What the child may use.
    pub limits: Limits,
    /// The variables that are left of the host's environment; all of it if `None`.
    pub keeps_env: Option<Vec<String>>,
    /// Its umask; the host's if `None`.
    pub umask: Option<u32>,
    /// The user it runs as, by name or number; the host's if `None`.
    pub user: Option<String>,
    /// The group it runs as, by name or number.
    pub group: Option<String>,
}

/// A child that was started: the process, and the host's ends of its three pipes. They may be taken apart.
#[derive(Debug)]
pub struct Child {
    /// The process itself.
    pub process: Process,
    /// What the host writes and the child reads. Dropping it is the polite way to end a child.
    ///
    /// Like all of tokio's pipes it takes nothing by `try_write` before `writable` was awaited once.
    pub stdin: pipe::Sender,
    /// What the child says.
    pub stdout: pipe::Receiver,
    /// What the child complains of.
    pub stderr: pipe::Receiver,
}

impl Child {
    /// Starts a child.
    ///
    /// # Errors
    /// Why it could not be started. A child that starts and then leaves at once is no error here.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O.
    pub fn spawn(spawn: &Spawn) -> Result<Child, SpawnError> {
        let (program, arguments) = spawn.command.split_first().ok_or(SpawnError::Empty)?;
        let folder = spawn.cwd.as_deref().unwrap_or(Path::new("."));
        SpawnError::folder(folder)?;
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.into());
        let path = spawn
            .env
            .iter()
            .rev()
            .find(|(name, _)| name == "PATH")
            .map(|(_, value)| OsString::from(value));
        let file = SpawnError::look(
            program,
            path.or_else(|| std::env::var_os("PATH")).as_deref(),
            &folder,
        )?;
        let refused = |cause| SpawnError::from_io(cause, program, &file);

        let (stdin, child_stdin) = to_child().map_err(refused)?;
        let (stdout, child_stdout) = from_child().map_err(refused)?;
        let (stderr, child_stderr) = from_child().map_err(refused)?;
        let mut command = Command::new(&file);
        // The name as it was typed: some programs behave by it, as python does in a virtual environment.
        command
            .arg0(program)
            .args(arguments)
            .current_dir(&folder)
            .process_group(0);
        if let Some(kept) = &spawn.keeps_env {
            command.env_clear();
            let kept = kept.iter();
            command.envs(kept.filter_map(|name| Some((name, std::env::var_os(name)?))));
        }
        let account = account::look_up(spawn.user.as_deref(), spawn.group.as_deref())
            .map_err(SpawnError::Account)?;
        command.envs(account.env.iter().map(|(name, value)| (name, value)));
        if let Some(gid) = account.gid {
            command.gid(gid);
        }
        if let Some(uid) = account.uid {
            command.uid(uid);
        }
        command
            .envs(spawn.env.iter().map(|(name, value)| (name, value)))
            .env(RUN_VARIABLE, mark(&spawn.token));
        if spawn.inherits_stdin {
            command.stdin(std::process::Stdio::inherit());
        } else {
            command.stdin(child_stdin);
        }
        command.stdout(child_stdout).stderr(child_stderr);
        spawn.limits.prepare(&mut command);
        // A child inherits it when it is forked. The log's thread, which may make a file meanwhile, made it at the start.
        let umask = spawn
            .umask
            .map(|mask| rustix::process::umask(rustix::fs::Mode::from_raw_mode(mask)));
        let started = Process::start(command);
        if let Some(umask) = umask {
            rustix::process::umask(umask);
        }
        let process = started.map_err(|cause| {
            as_somebody_else(spawn, &cause, &folder, &file).unwrap_or_else(|| refused(cause))
        })?;
        spawn
            .limits
            .apply(process.id)
            .map_err(|(what, cause)| SpawnError::Limit { what, cause })?;
        Ok(Child {
            process,
            stdin,
            stdout,
            stderr,
        })
    }
}

/// A process, leader of its own group, until it is reaped.
///
/// It may be shared (`Rc`): anybody may wait for it, any number of times. One that is dropped while it lives is killed with its group.
#[derive(Debug)]
pub struct Process {
    id: Pid,
    child: RefCell<std::process::Child>,
    /// How its death is seen; `None` where the kernel has no pidfd (before Linux 5.3), and in some sandboxes.
    pidfd: Option<AsyncFd<OwnedFd>>,
    exit: Cell<Option<Exit>>,
    cpu_seconds: Cell<f64>,
}

impl Process {
    /// Starts a command that leads its own group, or will.
    ///
    /// # Errors
    /// The kernel's.
    pub(crate) fn start(mut command: Command) -> io::Result<Process> {
        let child = command.spawn()?;
        // The command holds the child's ends of the pipes: kept open, the end of a pipe would never be seen.
        drop(command);
        let id = Pid::from_child(&child);
        let mut process = Process {
            id,
            child: RefCell::new(child),
            pidfd: None,
            exit: Cell::new(None),
            cpu_seconds: Cell::new(0.0),
        };
        match rustix::process::pidfd_open(id, PidfdFlags::NONBLOCK) {
            Ok(fd) => process.pidfd = Some(watch(fd)?),
            Err(error @ (rustix::io::Errno::MFILE | rustix::io::Errno::NFILE)) => {
                return Err(error.into());
            }
            Err(_) => {}
        }
        Ok(process)
    }

    /// The process id, which is the id of its group too.
    pub fn pid(&self) -> u32 {
        self.id.as_raw_pid().unsigned_abs()
    }

    /// CPU seconds that it used in all, with those of the children that it had reaped; 0 before it was seen leaving.
    pub fn cpu_seconds(&self) -> f64 {
        self.cpu_seconds.get()
    }

    /// How it left, if it was seen leaving.
    pub fn exit(&self) -> Option<Exit> {
        self.exit.get()
    }

    /// Waits until the process has left. What is left of its group is killed then, and the process reaped.
    ///
    /// What it wrote may still lie in its pipes: read them to their end, or until nothing more is there, as others may hold them open.
    /// Safe to cancel.
    pub async fn wait(&self) -> Exit {
        // Listening begins before the first look, so that no death falls between the two.
        let mut deaths = match &self.pidfd {
            Some(_) => None,
            None => signal(SignalKind::child()).ok(),
        };
        loop {
            if let Some(exit) = self.reap() {
                return exit;
            }
            match (&self.pidfd, &mut deaths) {
                // It stays readable from the death on, so a guard that is dropped unread costs nothing.
                (Some(pidfd), _) => drop(pidfd.readable().await),
                (None, Some(deaths)) => drop(deaths.recv().await),
                (None, None) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
            }
        }
    }

    /// Asks the whole group to leave (SIGTERM). Nothing happens if the process was reaped already.
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Kills the whole group (SIGKILL). Nothing happens if the process was reaped already.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
    }

    /// Sends a signal to the process alone, such as SIGUSR1 for its stack. Nothing happens if it was reaped already.
    pub fn signal_alone(&self, signal: Signal) {
        if self.exit.get().is_none() {
            // It may have died meanwhile, which is what most signals are for.
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.id.as_raw_pid()), signal);
        }
    }

    /// Whether the kernel has stopped it for reading or setting up a terminal that belongs to another process group.
    pub fn is_stopped_for_a_terminal(&self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let look = WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        let stopped = waitid(WaitId::Pid(self.id), look).ok().flatten();
        let by = stopped.and_then(|status| status.stopping_signal());
        [Signal::SIGTTIN, Signal::SIGTTOU]
            .map(|signal| Some(signal as i32))
            .contains(&by)
    }

    /// Leaves the process to itself: it is neither killed nor reaped when this handle goes.
    pub(crate) fn let_go(&self) {
        self.exit
            .set(Some(self.exit.get().unwrap_or(Exit::Unknown)));
    }

    fn signal(&self, signal: Signal) {
        // Until it is reaped, the dead leader keeps its id from being given to anybody else.
        if self.exit.get().is_none() {
            let _ = killpg(nix::unistd::Pid::from_raw(self.id.as_raw_pid()), signal);
        }
    }

    /// Takes the status of a process that has left; `None` while it lives.
    fn reap(&self) -> Option<Exit> {
        if let Some(exit) = self.exit.get() {
            return Some(exit);
        }
        if !self.has_left() {
            return None;
        }
        if let Some(used) = procstat::cpu_seconds(self.pid()) {
            self.cpu_seconds.set(used);
        }
        // Before it is reaped: afterwards the group's id could be somebody else's.
        self.kill();
        let exit = match self.child.borrow_mut().try_wait() {
            Ok(Some(status)) => status.into(),
            Ok(None) => return None,
            Err(_) => Exit::Unknown,
        };
        self.exit.set(Some(exit));
        Some(exit)
    }

    /// Looks without reaping.
    fn has_left(&self) -> bool {
        use rustix::process::{WaitId, WaitIdOptions, waitid};
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        // An error means that there is no such child any more.
        waitid(WaitId::Pid(self.id), look).map_or(true, |status| status.is_some())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.reap().is_none() {
            self.kill();
            // A killed process leaves at once unless the kernel itself holds it; then it stays a zombie until the host goes.
            let _ = self.child.borrow_mut().try_wait();
        }
    }
}

/// Why a child could not be started as another user or group; `None` where it was to be neither, or that is not the reason.
fn as_somebody_else(
    spawn: &Spawn,
    cause: &io::Error,
    folder: &Path,
    file: &Path,
) -> Option<SpawnError> {
    let who = match (&spawn.user, &spawn.group) {
        (Some(user), _) => format!("the user `{user}`"),
        (None, Some(group)) => format!("the group `{group}`"),
        (None, None) => return None,
    };
    use rustix::io::Errno;
    match cause.raw_os_error().map(Errno::from_raw_os_error)? {
        Errno::PERM => Some(SpawnError::Account(format!(
            "the host may not start processes as {who} ({cause}); stormhost.user and stormhost.group need root"
        ))),
        Errno::ACCESS => Some(SpawnError::Account(format!(
            "{who} may not enter the working folder {}, or not execute {}; stormhost.folder names another folder",
            folder.display(),
            file.display()
        ))),
        _ => None,
    }
}

/// The run's token, after those the host itself was started with: a run inside a run belongs to both.
fn mark(token: &str) -> String {
    match std::env::var(RUN_VARIABLE) {
        Ok(outer) if !outer.is_empty() => format!("{outer}:{token}"),
        _ => token.into(),
    }
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
