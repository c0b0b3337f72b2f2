//! A component's ends of its three pipes. They wait as a process would, but no longer than the component may live.

use std::cell::Cell;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::resume_unwind;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::link::exit::Exit;

/// What a component inside reads and writes. Whatever waits here ends with an error once the component is told to stop.
#[derive(Debug)]
pub struct Ends {
    input: OwnedFd,
    output: OwnedFd,
    errors: OwnedFd,
    /// Its other end is closed when the component is to stop.
    stop: io::PipeReader,
    stopped: Cell<bool>,
    leaving: Cell<Option<Exit>>,
    unsaid: Cell<u64>,
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
            stopped: Cell::new(false),
            leaving: Cell::new(None),
            unsaid: Cell::new(0),
        })
    }

    /// Reads what there is, and waits while there is nothing; 0 at the end of the input.
    ///
    /// # Errors
    /// When the component is to stop, or what the kernel says.
    pub fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        loop {
            match rustix::io::read(&self.input, &mut *space) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    self.wait_for(self.input.as_fd(), PollFlags::IN, None)?;
                }
                other => return Ok(other?),
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

    /// Writes to the component's stderr. That nobody hears it is no error.
    pub fn complain(&self, bytes: &[u8]) {
        let _ = self.write_to(&self.errors, bytes);
    }

    /// Whether the component has been told to stop.
    pub fn is_stopped(&self) -> bool {
        if !self.stopped.get() {
            let mut look = [PollFd::new(&self.stop, PollFlags::IN)];
            let seen = poll(&mut look, Some(&Timespec::default()));
            self.stopped.set(matches!(seen, Ok(1..)));
        }
        self.stopped.get()
    }

    /// Ends the component from wherever its code is, past whatever catches errors. The first reason counts.
    pub fn leave(&self, exit: Exit) -> ! {
        let first = self.leaving.get().unwrap_or(exit);
        self.leaving.set(Some(first));
        resume_unwind(Box::new(first))
    }

    /// Why the component is leaving already: its code has held that up.
    pub fn leaving(&self) -> Option<Exit> {
        self.leaving.get()
    }

    /// Notes how many inputs the component is through with beyond what it has said, so that the one in hand can be named.
    pub fn note_unsaid(&self, inputs: u64) {
        self.unsaid.set(inputs);
    }

    pub(super) fn unsaid(&self) -> u64 {
        self.unsaid.get()
    }

    fn write_to(&self, end: &OwnedFd, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(end, bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    // What it says at last need not be waited for by anybody.
                    self.wait_for(end.as_fd(), PollFlags::OUT, None)?;
                }
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
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
                self.stopped.set(true);
                return Err(io::Error::other("the component was told to stop"));
            }
            return Ok(!end.revents().is_empty());
        }
    }
}
