//! The guard: a second, tiny process of this binary that outlives the host by a moment and leaves nothing of the run behind.
//!
//! It holds one end of a pipe whose other end only the host has. When the host is gone, however it went, the pipe ends, and the guard kills every process
//! group that was registered and every process that carries the run's token or its brand (`brand`), until none is left. It is also watched whether the host's process
//! itself has ended, since a fork of the host that runs no program would keep the pipe open.
//!
//! A parent-death signal would reach children only, and fires when the *thread* that spawned them ends.

mod watch;

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::ffi::OsStr;
use std::io::{self, PipeWriter, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::rc::Rc;
use std::time::Duration;

use crate::errors::Code;
use crate::link::process::Process;

/// The first argument that makes this binary a guard. Not for users.
const WORD: &str = "__guard";
/// How long [`Guard::finish`] waits. The guard gives up by itself before that.
const PATIENCE: Duration = Duration::from_secs(8);
/// Between the death of a guard and the next one, so that a machine that kills guards is not kept busy.
const PAUSE: Duration = Duration::from_secs(1);

/// Does a guard's work if this process was started to be one. `main` calls it before anything else, so that a guard starts within a few milliseconds.
pub fn stand_guard_if_asked() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().as_deref() != Some(OsStr::new(WORD)) {
        return None;
    }
    let token = arguments.next()?.into_string().ok()?;
    let host = arguments.next()?.into_string().ok()?.parse().ok()?;
    Some(if watch::until_clean(&token, host) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The host's handle on its guard. Dropped without [`Guard::finish`], the guard cleans up all the same.
#[derive(Debug)]
pub struct Guard {
    program: PathBuf,
    token: String,
    groups: RefCell<BTreeSet<u32>>,
    /// `None` while there is none.
    post: RefCell<Option<Post>>,
}

/// One guard process.
#[derive(Debug)]
struct Post {
    process: Rc<Process>,
    /// Never blocks. Not one of tokio's pipes, which take nothing before they were waited for, and a registration must be on its way at once.
    pipe: PipeWriter,
    /// What the pipe has not taken yet: only of a guard that somebody stopped.
    backlog: VecDeque<u8>,
}

impl Guard {
    /// Starts a guard for the run that has this token. The process must be `stormhost` itself.
    ///
    /// # Errors
    /// When it cannot be started. A run without a guard may leave processes behind.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O.
    pub fn start(token: &str) -> io::Result<Guard> {
        // Not the path of the binary: that file may be replaced while we run.
        Guard::start_program("/proc/self/exe".into(), token)
    }

    /// As [`Guard::start`], for a program that is not `stormhost` itself: `program` is where `stormhost` lies.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_program(program: PathBuf, token: &str) -> io::Result<Guard> {
        let guard = Guard {
            program,
            token: token.into(),
            groups: RefCell::default(),
            post: RefCell::default(),
        };
        guard.post.replace(Some(guard.send_out()?));
        Ok(guard)
    }

    /// The guard's process id, for the log. `None` while there is none.
    pub fn pid(&self) -> Option<u32> {
        self.post.borrow().as_ref().map(|post| post.process.pid())
    }

    /// Has a process group killed when the host goes. To be called right after a child was spawned; until then its token protects it.
    pub fn register(&self, group: u32) {
        self.groups.borrow_mut().insert(group);
        self.tell(&format!("+{group}\n"));
    }

    /// Forgets a process group. To be called as soon as its child was reaped, since its id may then be given to others.
    pub fn unregister(&self, group: u32) {
        if self.groups.borrow_mut().remove(&group) {
            self.tell(&format!("-{group}\n"));
        }
    }

    /// Starts a new guard whenever the present one dies. Never returns; to be run beside everything else.
    pub async fn keep_up(&self) {
        loop {
            let process = self
                .post
                .borrow()
                .as_ref()
                .map(|post| Rc::clone(&post.process));
            if let Some(process) = process {
                let exit = process.wait().await;
                tracing::warn!(
                    pid = process.pid(),
                    code = %Code::GUARD_DIED,
                    "the guard {exit}; another one takes its place"
                );
            }
            self.replace();
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// An orderly end: the guard kills what is still there of the run, and leaves. Returns whether nothing is left.
    pub async fn finish(self) -> bool {
        // Its own death would be taken for a misfortune otherwise.
        let Some(Post { process, pipe, .. }) = self.post.take() else {
            return false;
        };
        drop(pipe);
        tokio::time::timeout(PATIENCE, process.wait())
            .await
            .is_ok_and(|exit| exit.success())
    }

    fn replace(&self) {
        let post = match self.send_out() {
            Ok(post) => Some(post),
            Err(error) => {
                tracing::warn!(
                    code = %Code::NO_GUARD,
                    "no guard can be started, so processes may be left behind if the host is killed now: {error}"
                );
                None
            }
        };
        if let Some(old) = self.post.replace(post) {
            drop(old.pipe);
        }
        let all: String = self
            .groups
            .borrow()
            .iter()
            .map(|group| format!("+{group}\n"))
            .collect();
        self.tell(&all);
    }

    fn tell(&self, lines: &str) {
        if let Some(post) = self.post.borrow_mut().as_mut() {
            post.tell(lines);
        }
    }

    fn send_out(&self) -> io::Result<Post> {
        let (end, pipe) = io::pipe()?;
        rustix::io::ioctl_fionbio(&pipe, true)?;
        let mut command = Command::new(&self.program);
        command
            .arg0("stormhost")
            .args([WORD, &self.token, &std::process::id().to_string()]);
        // Nothing of the terminal and nothing of the host's output: whoever waits for their end must not wait for the guard.
        command
            .stdin(end)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Post {
            process: Rc::new(Process::start(command)?),
            pipe,
            backlog: VecDeque::new(),
        })
    }
}

impl Post {
    fn tell(&mut self, lines: &str) {
        self.backlog.extend(lines.as_bytes());
        // A pipe that takes no more keeps the rest for the next time; one that is broken belongs to a guard whose death is noticed elsewhere.
        while let Ok(written @ 1..) = self.pipe.write(self.backlog.make_contiguous()) {
            self.backlog.drain(..written);
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(Post { process, pipe, .. }) = self.post.take() {
            // It must outlive us to do its work.
            process.let_go();
            drop(pipe);
        }
    }
}
