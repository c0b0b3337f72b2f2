//! A component's ends of its three pipes. They wait as a process would, but no longer than the component may live.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::link::exit::Exit;

/// What a component inside reads and writes. Whatever waits here ends with an error once the component is told to stop.
/// Any of its threads may come here.
#[derive(Debug)]
pub struct Ends {
    input: OwnedFd,
    output: OwnedFd,
    errors: OwnedFd,
    /// Its other end is closed when the component is to stop.
    stop: io::PipeReader,
    stopped: AtomicBool,
    leaving: OnceLock<Exit>,
    unsaid: AtomicU64,
    held_up: Mutex<HeldUp>,
}

/// How long a component was kept waiting by others before it could begin.
#[derive(Debug, Default)]
struct HeldUp {
    before: Duration,
    /// It waits now, since then.
    since: Option<Instant>,
}

impl HeldUp {
    fn so_far(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

impl Ends {
    pub(super) fn new(
        input: OwnedFd,
        output: OwnedFd,
        errors: OwnedFd,
        stop: io::PipeReader,
    ) -> io::Result<Ends> {
        for end in [&input, &output, &errors] {
            fcntl_setfl(end, fcntl_getfl(end)? | OFlags::NONBLOCK)?;
        }
        Ok(Ends {
            input,
            output,
            errors,
            stop,
            stopped: AtomicBool::new(false),
            leaving: OnceLock::new(),
            unsaid: AtomicU64::new(0),
            held_up: Mutex::default(),
        })
    }

    /// Reads what there is, and waits while there is nothing; 0 at the end of the input.
    ///
    /// # Errors
    /// When the component is to stop, or what the kernel says.
    pub fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(read) = self.try_read(space)? {
                return Ok(read);
            }
            self.wait_for(self.input.as_fd(), PollFlags::IN, None)?;
        }
    }

    /// Reads what there is, 0 at the end of the input; `None` if there is nothing yet.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn try_read(&self, space: &mut [u8]) -> io::Result<Option<usize>> {
        loop {
            match rustix::io::read(&self.input, &mut *space) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(None),
                other => return Ok(Some(other?)),
            }
        }
    }

    /// Whether something can be read, its end too, within so long.
    ///
    /// # Errors
    /// When the component is to stop, or what the kernel says.
    pub fn readable(&self, within: Duration) -> io::Result<bool> {
        self.wait_for(self.input.as_fd(), PollFlags::IN, Some(within))
    }

    /// Writes all of it to the host, and waits while the pipe is full.
    ///
    /// # Errors
    /// When nobody reads it, the component is to stop, or what the kernel says.
    pub fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.write_to(&self.output, bytes)
    }

    /// Writes as much of it as can be had without waiting, and says how much that was.
    ///
    /// # Errors
    /// When nobody reads it, or what the kernel says.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        try_write(&self.output, bytes)
    }

    /// Writes to the component's stderr. That nobody hears it is no error.
    pub fn complain(&self, bytes: &[u8]) {
        let _ = self.write_to(&self.errors, bytes);
    }

    /// Whether the component has been told to stop.
    pub fn is_stopped(&self) -> bool {
        if !self.stopped.load(Relaxed) {
            let mut look = [PollFd::new(&self.stop, PollFlags::IN)];
            let seen = poll(&mut look, Some(&Timespec::default()));
            self.stopped.store(matches!(seen, Ok(1..)), Relaxed);
        }
        self.stopped.load(Relaxed)
    }

    /// What can be read, its end, as soon as the component is told to stop: for another thread to wait for.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn stop_signal(&self) -> io::Result<io::PipeReader> {
        self.stop.try_clone()
    }

    /// Ends the component from wherever its code is, past whatever catches errors. The first reason counts.
    pub fn leave(&self, exit: Exit) -> ! {
        resume_unwind(Box::new(*self.leaving.get_or_init(|| exit)))
    }

    /// Why the component is leaving already: its code has held that up.
    pub fn leaving(&self) -> Option<Exit> {
        self.leaving.get().copied()
    }

    /// Notes how many inputs the component is through with beyond what it has said, so that the one in hand can be named.
    pub fn note_unsaid(&self, inputs: u64) {
        self.unsaid.store(inputs, Relaxed);
    }

    /// Notes that the component waits for others, or does so no more: its clock stands meanwhile.
    pub fn hold_clock(&self, waits: bool) {
        let mut held_up = self.held_up.lock().unwrap_or_else(PoisonError::into_inner);
        *held_up = HeldUp {
            before: held_up.so_far(),
            since: waits.then(Instant::now),
        };
    }

    pub(super) fn held_up(&self) -> Duration {
        let held_up = self.held_up.lock().unwrap_or_else(PoisonError::into_inner);
        held_up.so_far()
    }

    pub(super) fn unsaid(&self) -> u64 {
        self.unsaid.load(Relaxed)
    }

    fn write_to(&self, end: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            bytes = bytes.get(try_write(end, bytes)?..).unwrap_or_default();
            if bytes.is_empty() {
                return Ok(());
            }
            // What it says at last need not be waited for by anybody.
            self.wait_for(end.as_fd(), PollFlags::OUT, None)?;
        }
    }

    /// Until the end is ready; false when that took longer than it may.
    fn wait_for(
        &self,
        end: BorrowedFd<'_>,
        what: PollFlags,
        within: Option<Duration>,
    ) -> io::Result<bool> {
        let within = within.and_then(|within| Timespec::try_from(within).ok());
        loop {
            let mut both = [
                PollFd::from_borrowed_fd(end, what),
                PollFd::new(&self.stop, PollFlags::IN),
            ];
            match poll(&mut both, within.as_ref()) {
                Err(Errno::INTR) => continue,
                other => other?,
            };
            let [end, stop] = &both;
            if !stop.revents().is_empty() {
                self.stopped.store(true, Relaxed);
                return Err(io::Error::other("the component was told to stop"));
            }
            return Ok(!end.revents().is_empty());
        }
    }
}

fn try_write(end: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
        match rustix::io::write(end, rest) {
            Ok(written) => done += written,
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => break,
            Err(other) => return Err(other.into()),
        }
    }
    Ok(done)
}
