//! The ear of a command that speaks in lines: reads its stdout, and lets whole lines happen to the core, by the block.

use std::rc::Rc;
use std::time::Instant;

use super::host::Host;
use crate::link::outlet::Outlet;
use crate::link::pipe::unread;

/// Bytes of lines that happen at once, so that queues exceed their limits by no more than that.
const BLOCK: usize = 64 * 1024;
/// A buffer that a long line made larger than this is given back when it is empty.
const KEPT: usize = 1 << 20;

/// What was read of a command's output and has not happened yet.
pub struct LineEar {
    host: Rc<Host>,
    at: usize,
    buffer: Vec<u8>,
    start: usize,
    /// No line end between `start` and here.
    searched: usize,
    longest: usize,
    line_end: u8,
    /// A line that is too long is being left out, up to its end.
    skipping: bool,
    /// Bytes that were in the pipe when the command was found dead, and have not been read: others that hold the pipe open may go on for ever.
    left: Option<usize>,
}

impl LineEar {
    /// An ear for a command that has not said anything, and whose lines end so.
    pub fn new(host: Rc<Host>, at: usize, line_end: u8) -> LineEar {
        let longest = host.with(|core| core.limits_of(at).message);
        LineEar {
            host,
            at,
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            longest,
            line_end,
            skipping: false,
            left: None,
        }
    }

    /// Lets lines happen that are here whole: `room` of them at most. Returns whether there were any.
    pub fn hear(&mut self, room: usize) -> bool {
        let Some(end) = self.whole_lines(room) else {
            return false;
        };
        let text = &self.buffer[self.start..end];
        self.host.with(|core| core.hear_lines(self.at, text));
        self.host.mark_healthy(self.at);
        (self.start, self.searched) = (end, end);
        true
    }

    /// Where the lines end that should happen next.
    fn whole_lines(&mut self, room: usize) -> Option<usize> {
        let here = &self.buffer[self.start..];
        let some = &here[..here.len().min(BLOCK)];
        let end = if room >= some.len() {
            memchr::memrchr(self.line_end, some)
        } else {
            // At most so many lines as there is room for.
            memchr::memchr_iter(self.line_end, some).take(room).last()
        };
        if let Some(end) = end {
            return Some(self.start + end + 1);
        }
        // A line longer than a block.
        let from = self.searched.max(self.start);
        let end = memchr::memchr(self.line_end, &self.buffer[from..]).map(|end| from + end + 1);
        self.searched = self.buffer.len();
        end
    }

    /// Everything that the command says, until it closes its output.
    pub async fn listen(&mut self, stdout: &mut Outlet) {
        loop {
            self.hear_all().await;
            if self.read(stdout).await {
                return;
            }
        }
    }

    async fn hear_all(&mut self) {
        loop {
            self.host.room_to_emit(self.at).await;
            if !self.hear(usize::MAX) {
                return;
            }
            // Let the writers have what this brought before more is taken: latency, and fairness.
            tokio::task::yield_now().await;
        }
    }

    /// After the command's death: what still is in the pipe, and a last line without its end.
    pub async fn hear_the_end(&mut self, stdout: &mut Outlet) {
        self.hear_all().await;
        while self.read_now(stdout).await {
            self.hear_all().await;
        }
        if self.take_the_rest() {
            self.hear_all().await;
        }
    }

    /// Waits for more, and reads it. Returns whether the command has closed its output.
    pub async fn read(&mut self, stdout: &mut Outlet) -> bool {
        self.make_room();
        let read = stdout.read(&mut self.buffer).await.unwrap_or(0);
        let ended = read == 0;
        self.left = self.left.map(|left| left.saturating_sub(read));
        self.host.heard[self.at].set(Instant::now());
        self.mind_the_limit();
        ended
    }

    /// After the command's death: reads of what was there then. Others may hold the pipe open, so its end is not waited for. Returns whether there was anything.
    pub async fn read_now(&mut self, stdout: &mut Outlet) -> bool {
        let here = stdout.pipe().and_then(unread).unwrap_or(0);
        let left = *self.left.get_or_insert(here);
        left.min(here) > 0 && !self.read(stdout).await
    }

    /// The command has left, so what is here without a line end is a line too. Returns whether there is any.
    pub fn take_the_rest(&mut self) -> bool {
        let rest = self.start < self.buffer.len() && !self.skipping;
        if rest {
            self.buffer.push(self.line_end);
        }
        rest
    }

    fn make_room(&mut self) {
        if self.start == self.buffer.len() {
            if self.buffer.capacity() > KEPT {
                self.buffer = Vec::new();
            }
            self.buffer.clear();
            (self.start, self.searched) = (0, 0);
        } else if self.start >= self.host.pipe_bytes {
            self.buffer.drain(..self.start);
            self.searched = self.searched.saturating_sub(self.start);
            self.start = 0;
        }
        self.buffer.reserve(self.host.pipe_bytes);
    }

    /// A line that does not end may not fill the memory: it is left out, and told.
    fn mind_the_limit(&mut self) {
        if self.skipping {
            let here = &self.buffer[self.start..];
            match memchr::memchr(self.line_end, here) {
                Some(end) => {
                    self.start += end + 1;
                    self.skipping = false;
                }
                None => self.start = self.buffer.len(),
            }
            self.searched = self.start;
        }
        let here = &self.buffer[self.start..];
        if here.len() > self.longest && memchr::memchr(self.line_end, here).is_none() {
            let said = format!(
                "it wrote a line of more than {} bytes (stormhost.max.message.bytes), which is left out",
                self.longest
            );
            (self.start, self.searched) = (self.buffer.len(), self.buffer.len());
            self.skipping = true;
            self.host.with(|core| core.leave_a_line_out(self.at, said));
        }
    }
}
