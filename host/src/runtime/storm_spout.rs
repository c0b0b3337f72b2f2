//! The conversation with a spout in one of Storm's dialects: one command at a time, each answered by `sync` (`storm-facts`, 1.4).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use stormhost_protocol::{Encoding, storm};

use super::core::{Core, Wake};
use super::spout::Spout;

/// A child that leaves `activate` unanswered is taken to have heard it after this many microseconds: storm.js never answers it by default.
const ACTIVATE_GRACE: u64 = 1_000_000;

/// A command that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Activate,
    Deactivate,
    Next,
    Answer,
}

/// Where the conversation stands.
pub struct Talk {
    /// The message ids of open trees, as the child wrote them, by sequence number.
    pub ids: HashMap<u64, Box<[u8]>, foldhash::fast::RandomState>,
    /// Whether the child has emitted since the last `next`.
    pub emitted: bool,
    awaited: Option<(Command, u64)>,
    told_active: bool,
    answers: VecDeque<(Box<[u8]>, bool)>,
    /// No `next` before this.
    idle_until: u64,
    idle: u64,
}

impl Talk {
    /// A conversation that has not begun. `idle` is the pause after a `next` that emitted nothing.
    pub fn new(idle: Duration) -> Talk {
        Talk {
            ids: HashMap::default(),
            emitted: false,
            awaited: None,
            told_active: false,
            answers: VecDeque::new(),
            idle_until: 0,
            idle: idle.as_micros() as u64,
        }
    }

    pub(super) fn begins(&mut self) {
        self.ids.clear();
        self.answers.clear();
        (
            self.awaited,
            self.told_active,
            self.emitted,
            self.idle_until,
        ) = (None, false, false, 0);
    }

    /// Whether no command is under way and nothing is left to tell.
    pub(super) fn is_quiet(&self) -> bool {
        self.awaited.is_none() && self.answers.is_empty() && !self.told_active
    }

    /// Since when a command has not been answered.
    pub fn awaits_since(&self) -> Option<u64> {
        self.awaited.map(|(_, since)| since)
    }

    fn synced(&mut self, now: u64) {
        if let Some((Command::Next, _)) = self.awaited
            && !self.emitted
        {
            self.idle_until = now + self.idle;
        }
        self.awaited = None;
    }
}

impl Spout {
    pub(super) fn fill_storm(
        &mut self,
        encoding: Encoding,
        may_emit: bool,
        now: u64,
        out: &mut Vec<u8>,
    ) {
        for (sequence, acked) in self.take_told() {
            if let Some(id) = self.talk.ids.remove(&sequence) {
                self.talk.answers.push_back((id, acked));
            }
        }
        let (active, room) = (self.active, self.room());
        let talk = &mut self.talk;
        match talk.awaited {
            Some((Command::Activate, since)) if now >= since + ACTIVATE_GRACE => {
                talk.awaited = None
            }
            Some(_) => return,
            None => {}
        }
        let command = if !talk.told_active && active {
            talk.told_active = true;
            storm::write_command(encoding, "activate", None, out);
            Command::Activate
        } else if let Some((id, acked)) = talk.answers.pop_front() {
            storm::write_command(encoding, if acked { "ack" } else { "fail" }, Some(&id), out);
            Command::Answer
        } else if talk.told_active && !active {
            talk.told_active = false;
            storm::write_command(encoding, "deactivate", None, out);
            Command::Deactivate
        } else if may_emit && room > 0 && now >= talk.idle_until {
            talk.emitted = false;
            storm::write_command(encoding, "next", None, out);
            Command::Next
        } else {
            return;
        };
        talk.awaited = Some((command, now));
    }

    /// When its writer should look again though nothing happened: a pause ends. `None` where only an event can change anything.
    fn looks_again_at(&self) -> Option<u64> {
        match self.talk.awaited {
            Some((Command::Activate, since)) => Some(since + ACTIVATE_GRACE),
            Some(_) => None,
            None => (self.talk.idle_until > 0).then_some(self.talk.idle_until),
        }
    }
}

impl Core {
    /// The child answered a command.
    pub fn spout_synced(&mut self, at: usize) {
        let now = self.now;
        if let Some(spout) = &mut self.tasks[at].spout {
            spout.talk.synced(now);
        }
        self.wakes.push(Wake::Writer(at));
        if self.stopping {
            self.wakes.push(Wake::Everyone);
        }
    }

    /// When the writer of `at` should look again by itself, in microseconds since the run began.
    pub fn looks_again_at(&self, at: usize) -> Option<u64> {
        let task = &self.tasks[at];
        match (task.dialect(), &task.spout) {
            (Some(super::task::Dialect::Frames { .. }), Some(spout)) => {
                spout.waits_until().filter(|when| *when > self.now)
            }
            (Some(super::task::Dialect::Storm(_)), Some(spout)) => {
                spout.looks_again_at().filter(|when| *when > self.now)
            }
            _ => None,
        }
    }
}
