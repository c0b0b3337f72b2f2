//! The conversation with a spout in one of Storm's dialects: one command at a time, each answered by `sync` (`storm-facts`, 1.4).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use stormhost_protocol::{Encoding, storm};

use super::core::{Core, Wake};
use super::habits::{Habits, Kind};
use super::spout::Spout;

/// A command that was written.
pub struct Command {
    /// As the child read it.
    pub word: &'static str,
    /// The message id, for `ack` and `fail`.
    pub id: Option<Box<[u8]>>,
    kind: Kind,
}

/// Where the conversation stands.
pub struct Talk {
    /// The message ids of open trees, as the child wrote them, by sequence number.
    pub ids: HashMap<u64, Box<[u8]>, foldhash::fast::RandomState>,
    /// Whether the child has emitted since the last `next`.
    pub emitted: bool,
    awaited: Option<(Kind, u64)>,
    habits: Habits,
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
            habits: Habits::default(),
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
        self.habits = Habits::default();
    }

    /// What became of a tuple, to be told in its turn.
    pub fn tells_of(&mut self, id: Box<[u8]>, acked: bool) {
        self.answers.push_back((id, acked));
    }

    /// How many answers wait until it has answered what it was told before.
    pub fn unsaid(&self) -> usize {
        self.answers.len()
    }

    /// Whether no command is under way and nothing is left to tell.
    pub(super) fn is_quiet(&self) -> bool {
        self.awaited.is_none() && self.answers.is_empty() && !self.told_active
    }

    /// Since when a command has not been answered.
    pub fn awaits_since(&self) -> Option<u64> {
        self.awaited.map(|(_, since)| since)
    }

    /// Which command that is, for people.
    pub fn awaits(&self) -> Option<&'static str> {
        self.awaited.map(|(kind, _)| match kind {
            Kind::Activation => "`activate` or `deactivate`",
            Kind::Outcome => "`ack` or `fail`",
            Kind::Next => "`next`",
        })
    }

    /// It answered a command.
    pub fn synced(&mut self, now: u64) {
        if let Some((Kind::Next, _)) = self.awaited
            && !self.emitted
        {
            self.idle_until = now + self.idle;
        }
        self.habits.answered(self.awaited.is_some(), now);
        self.awaited = None;
    }

    /// Whether another command may be sent: the last one was answered, or is not waited for any longer.
    fn may_say_more(&mut self, now: u64) -> bool {
        if let Some((kind, since)) = self.awaited {
            if self
                .habits
                .gives_up_at(kind, since)
                .is_none_or(|end| now < end)
            {
                return false;
            }
            self.habits.give_up(kind);
            self.awaited = None;
        }
        self.habits.may_go_on(now)
    }

    /// Writes the next command, if there is one and it may be sent by now. `next` is one only where it `may_emit`.
    pub fn say(
        &mut self,
        encoding: Encoding,
        active: bool,
        may_emit: bool,
        now: u64,
        out: &mut Vec<u8>,
    ) -> Option<Command> {
        if !self.may_say_more(now) {
            return None;
        }
        let command = self.next_command(active, may_emit, now)?;
        storm::write_command(encoding, command.word, command.id.as_deref(), out);
        if self.habits.answers(command.kind) {
            self.awaited = Some((command.kind, now));
        }
        Some(command)
    }

    fn next_command(&mut self, active: bool, may_emit: bool, now: u64) -> Option<Command> {
        let command = |word, kind, id| Some(Command { word, id, kind });
        if !self.told_active && active {
            self.told_active = true;
            command("activate", Kind::Activation, None)
        } else if let Some((id, acked)) = self.answers.pop_front() {
            let word = if acked { "ack" } else { "fail" };
            command(word, Kind::Outcome, Some(id))
        } else if self.told_active && !active {
            self.told_active = false;
            command("deactivate", Kind::Activation, None)
        } else if may_emit && now >= self.idle_until {
            self.emitted = false;
            command("next", Kind::Next, None)
        } else {
            None
        }
    }

    /// When to look again though nothing happened: a pause or a wait ends. `None` where only an event can change anything.
    pub fn looks_again_at(&self) -> Option<u64> {
        match self.awaited {
            Some((kind, since)) => self.habits.gives_up_at(kind, since),
            None => match self.habits.in_doubt_until() {
                Some(until) => Some(until),
                None => (self.idle_until > 0).then_some(self.idle_until),
            },
        }
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
                self.talk.tells_of(id, acked);
            }
        }
        let (active, may_emit) = (self.active, may_emit && self.room() > 0);
        while self
            .talk
            .say(encoding, active, may_emit, now, out)
            .is_some()
        {}
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
                spout.tells_at().filter(|when| *when > self.now)
            }
            (Some(super::task::Dialect::Storm(_)), Some(spout)) => {
                spout.talk.looks_again_at().filter(|when| *when > self.now)
            }
            _ => None,
        }
    }
}
