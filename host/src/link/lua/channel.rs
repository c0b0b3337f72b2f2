//! The component's end of the conversation, as the Lua library reads and writes it. Knows bytes and lines, nothing of frames.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mlua::{Error, LuaString};

use super::budget::Budget;
use crate::link::exit::Exit;
use crate::link::inside::Ends;

/// What is asked for in one read: as much as a pipe may hold.
const READ: usize = 256 << 10;

/// Buffered reading and plain writing.
pub(super) struct Channel {
    ends: Arc<Ends>,
    budget: Budget,
    /// What was read; `start..end` of it was not yet taken.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    out: Vec<u8>,
}

impl Channel {
    pub(super) fn new(ends: Arc<Ends>, budget: Budget) -> Channel {
        Channel {
            ends,
            budget,
            buffer: vec![0; READ],
            start: 0,
            end: 0,
            out: Vec::new(),
        }
    }

    /// Exactly so many bytes; `None` at the end of the input.
    ///
    /// # Errors
    /// When the end comes in between.
    pub(super) fn read(&mut self, count: usize) -> mlua::Result<Option<&[u8]>> {
        while self.end - self.start < count {
            if !self.fill(count) {
                return if self.start == self.end {
                    Ok(None)
                } else {
                    Err(Error::runtime("the host's last frame is cut short"))
                };
            }
        }
        let from = self.start;
        self.start += count;
        Ok(self.buffer.get(from..self.start))
    }

    /// The next line without its end; `None` at the end of the input.
    ///
    /// Storm's dialect alone reads lines, mostly between two calls of the user's code: whoever speaks that begins anew.
    pub(super) fn line(&mut self) -> mlua::Result<Option<&[u8]>> {
        self.budget.begin_anew();
        loop {
            let unread = self.buffer.get(self.start..self.end).unwrap_or_default();
            if let Some(length) = memchr::memchr(b'\n', unread) {
                let from = self.start;
                self.start += length + 1;
                return Ok(self.buffer.get(from..from + length));
            }
            if !self.fill(self.end - self.start + 1) {
                return Ok(None);
            }
        }
    }

    /// Whether something can be read within so long.
    pub(super) fn waiting(&self, within: Duration) -> bool {
        self.start < self.end || {
            let readable = self.budget.waiting(|| self.ends.readable(within));
            self.or_leave(readable)
        }
    }

    /// Writes all of it. Nobody is there to hear us when that fails: then the component leaves.
    pub(super) fn write(&mut self, parts: &[LuaString]) {
        self.out.clear();
        for part in parts {
            self.out.extend_from_slice(&part.as_bytes());
        }
        let written = self.budget.waiting(|| self.ends.write(&self.out));
        self.or_leave(written);
        self.budget.begin();
    }

    /// Reads more, in a buffer that has room for `wanted` bytes that were not taken; false at the end.
    fn fill(&mut self, wanted: usize) -> bool {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        } else if self.buffer.len() > READ && wanted <= READ {
            self.buffer.truncate(READ.max(self.end));
            self.buffer.shrink_to_fit();
        }
        let space = self.buffer.get_mut(self.end..).unwrap_or_default();
        let read = self.budget.waiting(|| self.ends.read(space));
        let read = self.or_leave(read);
        self.end += read;
        read > 0
    }

    /// What fails at the ends fails because the component is to stop, or the host does not care any more.
    fn or_leave<T>(&self, result: io::Result<T>) -> T {
        result.unwrap_or_else(|_| self.ends.leave(Exit::Interrupted))
    }
}
