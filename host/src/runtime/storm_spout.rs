//! The conversation with a spout in one of Storm's dialects: one command at a time, each answered by `sync` (`storm-facts`, 1.4).

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use stormhost_protocol::{Encoding, storm};

use super::core::{Core, Wake};
use super::habits::{Habits, Kind};
use super::spout::Spout;

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

    /// How many answers wait until it has answered what it was told before.
    pub(super) fn unsaid(&self) -> usize {
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

    fn synced(&mut self, now: u64) {
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

    /// Writes the next command, if there is one to write. `next` is one only where it `may_emit`.
    fn say(
        &mut self,
        encoding: Encoding,
        active: bool,
        may_emit: bool,
        now: u64,
        out: &mut Vec<u8>,
    ) -> Option<Kind> {
        let mut write = |command, id| storm::write_command(encoding, command, id, out);
        Some(if !self.told_active && active {
            self.told_active = true;
            write("activate", None);
            Kind::Activation
        } else if let Some((id, acked)) = self.answers.pop_front() {
            write(if acked { "ack" } else { "fail" }, Some(&id));
            Kind::Outcome
        } else if self.told_active && !active {
            self.told_active = false;
            write("deactivate", None);
            Kind::Activation
        } else if may_emit && now >= self.idle_until {
            self.emitted = false;
            write("next", None);
            Kind::Next
        } else {
            return None;
        })
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
        let (active, may_emit) = (self.active, may_emit && self.room() > 0);
        while self.talk.may_say_more(now)
            && let Some(kind) = self.talk.say(encoding, active, may_emit, now, out)
        {
            if self.talk.habits.answers(kind) {
                self.talk.awaited = Some((kind, now));
            }
        }
    }

    /// When its writer should look again though nothing happened: a pause or a wait ends. `None` where only an event can change anything.
    fn looks_again_at(&self) -> Option<u64> {
        let talk = &self.talk;
        match talk.awaited {
            Some((kind, since)) => talk.habits.gives_up_at(kind, since),
            None => match talk.habits.in_doubt_until() {
                Some(until) => Some(until),
                None => (talk.idle_until > 0).then_some(talk.idle_until),
            },
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
                spout.tells_at().filter(|when| *when > self.now)
            }
            (Some(super::task::Dialect::Storm(_)), Some(spout)) => {
                spout.looks_again_at().filter(|when| *when > self.now)
            }
            _ => None,
        }
    }
}
