//! What lies between one task of the core and its child: two pipes of bounded size, a writer that sleeps until it is woken, and a reader that waits
//! while a queue is full. They do what `child.rs` and `listen.rs` do, without a process.

use std::collections::VecDeque;

use stormhost_protocol::frame::{self, Found, Kind};
use stormhost_protocol::storm::Item;
use stormhost_protocol::{Decoder, Encoding, FromChild};

use super::bolt::{Around, Bolt};
use super::filter::Filter;
use super::spout::Spout;
use crate::runtime::core::Core;
use crate::runtime::task::Dialect;

/// Whoever sits at the other end.
pub enum Child {
    /// A bolt.
    Bolt(Box<Bolt>),
    /// A command that reads and writes lines.
    Filter(Box<Filter>),
    /// A spout.
    Spout(Box<Spout>),
}

impl Child {
    fn out(&mut self) -> &mut Vec<u8> {
        match self {
            Child::Bolt(bolt) => &mut bolt.out,
            Child::Filter(filter) => &mut filter.out,
            Child::Spout(spout) => &mut spout.out,
        }
    }

    fn takes(&mut self, bytes: &[u8], around: &mut Around<'_>) {
        match self {
            Child::Bolt(bolt) => bolt.takes(bytes),
            Child::Filter(filter) => filter.takes(bytes, around),
            Child::Spout(spout) => spout.takes(bytes),
        }
    }

    fn acts(&mut self, around: &mut Around<'_>) -> bool {
        match self {
            Child::Bolt(bolt) => bolt.acts(around),
            Child::Filter(filter) => filter.acts(around),
            Child::Spout(spout) => spout.acts(around),
        }
    }

    fn largest(&self) -> usize {
        match self {
            Child::Bolt(bolt) => bolt.largest,
            // Its lines are counted where they are heard.
            Child::Filter(_) => 0,
            Child::Spout(spout) => spout.largest,
        }
    }
}

/// Where a task's process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// It is started at this time.
    Starts(u64),
    /// It lives.
    Lives,
    /// Its stdin was closed; it leaves when it has said all.
    Leaves,
    /// It is no more; what it wrote is still read.
    Dead,
    /// No other will come.
    Gone,
}

/// The writer of `child.rs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// It looks what there is to write.
    Awake,
    /// It waits to be woken, or for this time.
    Asleep(Option<u64>),
    /// The child's stdin is closed.
    Closed,
}

/// One task's end of things.
pub struct Seat {
    /// Its child.
    pub child: Option<Child>,
    /// Where that is.
    pub process: Process,
    /// The writer.
    pub writer: Writer,
    /// The reader waits for room in a queue.
    pub waits_for_room: bool,
    /// Rows in the largest frame that any child of the task has sent.
    pub largest: usize,
    dialect: Dialect,
    decoder: Option<Decoder>,
    writing: VecDeque<u8>,
    stdin: VecDeque<u8>,
    stdout: VecDeque<u8>,
    heard: Vec<u8>,
    room: usize,
}

impl Seat {
    /// A task without a child, whose pipes will hold `room` bytes.
    pub fn new(room: usize) -> Seat {
        Seat {
            child: None,
            process: Process::Starts(0),
            writer: Writer::Closed,
            waits_for_room: false,
            largest: 0,
            dialect: Dialect::Storm(Encoding::Json),
            decoder: None,
            writing: VecDeque::new(),
            stdin: VecDeque::new(),
            stdout: VecDeque::new(),
            heard: Vec::new(),
            room,
        }
    }

    /// A new child sits down.
    pub fn begins(&mut self, child: Child, dialect: Dialect, core: &Core) {
        *self = Seat {
            child: Some(child),
            process: Process::Lives,
            writer: Writer::Awake,
            dialect,
            largest: self.largest,
            ..Seat::new(self.room)
        };
        if let Dialect::Storm(encoding) = dialect {
            self.decoder = Some(Decoder::new(encoding, core.limits.clone()));
        }
    }

    /// The child is no more, at whatever it was.
    pub fn dies(&mut self) {
        self.child = None;
        self.process = Process::Dead;
        self.writer = Writer::Closed;
        self.writing.clear();
        self.stdin.clear();
    }

    /// The writer acts: it writes on, or looks for more, or falls asleep.
    pub fn writes(&mut self, core: &mut Core, at: usize) -> bool {
        if self.notes_what_was_read(core, at) {
            return true;
        }
        if self.writer != Writer::Awake {
            return false;
        }
        if self.writing.is_empty() {
            let mut out = Vec::new();
            core.fill(at, &mut out);
            if out.is_empty() {
                self.writer = match core.should_leave(at) {
                    true => Writer::Closed,
                    false => Writer::Asleep(core.looks_again_at(at)),
                };
                if self.writer == Writer::Closed {
                    self.process = Process::Leaves;
                }
                return true;
            }
            self.writing.extend(out);
        }
        moved(&mut self.writing, &mut self.stdin, self.room)
    }

    /// A filter's pipe tells what it has read of its lines. Returns whether that was anything new.
    pub fn notes_what_was_read(&self, core: &mut Core, at: usize) -> bool {
        let open = self.writer != Writer::Closed && matches!(self.dialect, Dialect::Lines(_));
        open && core.lines_were_read(at, self.stdin.len() + self.writing.len())
    }

    /// The child acts: it reads, works or writes. A write that does not fit its pipe keeps it from all else.
    pub fn child_acts(&mut self, around: &mut Around<'_>, orderly: bool) -> bool {
        let Some(child) = &mut self.child else {
            return false;
        };
        if !child.out().is_empty() {
            let mut out: VecDeque<u8> = std::mem::take(child.out()).into();
            let did = moved(&mut out, &mut self.stdout, self.room);
            *child.out() = out.into();
            return did;
        }
        if !self.stdin.is_empty() && around.rng.once_in(2) {
            let n = around.rng.below(self.stdin.len()) + 1;
            let bytes: Vec<u8> = self.stdin.drain(..n).collect();
            child.takes(&bytes, around);
            return true;
        }
        if child.acts(around) {
            self.largest = self.largest.max(child.largest());
            return true;
        }
        if !self.stdin.is_empty() {
            let bytes: Vec<u8> = self.stdin.drain(..).collect();
            child.takes(&bytes, around);
            return true;
        }
        if self.process == Process::Leaves {
            match child {
                Child::Bolt(bolt) => bolt.leaves(around),
                Child::Filter(filter) => filter.leaves(around),
                Child::Spout(spout) => spout.leaves(around, orderly),
            }
            self.largest = self.largest.max(child.largest());
            // A child that leaves in order is read until it has said all, so its last words need no pipe.
            let last: Vec<u8> = std::mem::take(child.out());
            self.stdout.extend(last);
            self.dies();
            return true;
        }
        false
    }

    /// The reader acts: one message happens, or more is read. `None` when a dead child has been read to its end.
    pub fn reads(&mut self, core: &mut Core, at: usize, most: usize) -> Option<bool> {
        if matches!(self.process, Process::Starts(_) | Process::Gone) {
            return Some(false);
        }
        if core.tasks[at].waits > 0 {
            self.waits_for_room = true;
        }
        if self.waits_for_room {
            return Some(false);
        }
        if self.understands(core, at) {
            return Some(true);
        }
        let lines = matches!(self.dialect, Dialect::Lines(_));
        if lines
            && self.stdout.is_empty()
            && self.process == Process::Dead
            && !self.heard.is_empty()
        {
            // The command has left, so what is here without a line end is a line too.
            self.heard.push(b'\n');
            return Some(true);
        }
        if self.stdout.is_empty() {
            return (self.process != Process::Dead).then_some(false);
        }
        let n = most.clamp(1, self.stdout.len());
        self.heard.extend(self.stdout.drain(..n));
        Some(true)
    }

    fn understands(&mut self, core: &mut Core, at: usize) -> bool {
        if let Dialect::Lines(_) = self.dialect {
            return self.understands_lines(core, at);
        }
        let Some(decoder) = &mut self.decoder else {
            return self.understands_frames(core, at);
        };
        let encoding = self.dialect.encoding();
        let Some((n, item)) = decoder.decode(&self.heard).expect("a child in its senses") else {
            return false;
        };
        if let Item::Message(message) = item {
            let message = FromChild::parse(encoding, message, &core.limits).expect("a message");
            let people = core.hear(at, message).expect("a message in its place");
            assert_eq!(people, None);
        }
        self.heard.drain(..n);
        true
    }

    fn understands_lines(&mut self, core: &mut Core, at: usize) -> bool {
        let Some(end) = memchr::memrchr(b'\n', &self.heard) else {
            return false;
        };
        let text: Vec<u8> = self.heard.drain(..=end).collect();
        self.largest = self.largest.max(memchr::memchr_iter(b'\n', &text).count());
        core.hear_lines(at, &text);
        true
    }

    fn understands_frames(&mut self, core: &mut Core, at: usize) -> bool {
        let limit = core.limits.message;
        let (n, found) = match frame::next_frame(&self.heard, limit).expect("a frame") {
            None => return false,
            Some((_, Found::Stray(text))) => {
                assert!(text.is_empty(), "a child strayed");
                return false;
            }
            Some(found) => found,
        };
        match found {
            Found::Frame(Kind::Results, payload) => match core.tasks[at].spout.is_some() {
                true => core.spout_results(at, payload),
                false => core.bolt_results(at, payload),
            }
            .expect("results in order"),
            Found::Frame(Kind::Message, payload) => {
                let message = FromChild::parse(Encoding::Json, payload, &core.limits);
                let people = core.hear(at, message.expect("a message"));
                assert_eq!(people, Ok(None));
            }
            found => panic!("a child sent {found:?}"),
        }
        self.heard.drain(..n);
        true
    }
}

/// Moves what fits. Returns whether anything did.
fn moved(from: &mut VecDeque<u8>, to: &mut VecDeque<u8>, room: usize) -> bool {
    let n = room.saturating_sub(to.len()).min(from.len());
    to.extend(from.drain(..n));
    n > 0
}
