//! Which bolts on old libraries are asked whether they live, and how far they have come.
//!
//! Storm sends heartbeats since 0.9.3: tuples without a component that are answered by `sync`. A library from before takes them for tuples, and acks them,
//! emits for them, or dies of them. That is the library's way and not the child's, so what one child shows holds for the whole component.

use stormhost_protocol::storm;

use super::core::{Core, Wake};
use super::task::{Dialect, Task};
use crate::errors::Code;

/// The id of heartbeat tuples: none that a delivered tuple can have, since these count up from 0.
const HEARTBEAT: i64 = -1;

/// What is known of how a component takes heartbeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pulse {
    /// Nothing.
    #[default]
    Unknown,
    /// It answers them.
    Answers,
    /// It knows of none, and is sent none any more: how far it has come is only known by what it acks and fails.
    Spared,
}

/// Whether this is a heartbeat's id.
pub(super) fn is_heartbeat(id: &str) -> bool {
    id.parse() == Ok(HEARTBEAT)
}

impl Task {
    /// Asks a bolt in one of Storm's dialects for a word when it has read all that it was sent. Returns whether there is something to write.
    pub(super) fn send_heartbeat(&mut self) -> bool {
        let (Some(Dialect::Storm(encoding)), false) = (self.dialect(), self.pulse == Pulse::Spared)
        else {
            return false;
        };
        storm::write_heartbeat(encoding, HEARTBEAT, &mut self.control);
        self.heartbeats.push_back(self.sent());
        true
    }

    /// The same, unless it was asked since it was last sent something.
    pub(super) fn ask_how_far(&mut self) -> bool {
        let sent = self.sent();
        self.heartbeats.back().is_none_or(|through| *through < sent) && self.send_heartbeat()
    }

    fn is_old_bolt(&self) -> bool {
        matches!(self.dialect(), Some(Dialect::Storm(_))) && self.spout.is_none()
    }

    /// Whether what it says of a heartbeat can be meant so: it was sent one.
    pub(super) fn knows_a_heartbeat(&self) -> bool {
        !self.heartbeats.is_empty() || self.pulse == Pulse::Spared
    }

    /// Whether it is sent no heartbeats, and holds what it neither acks nor fails.
    pub(super) fn leaves_unanswered(&self) -> bool {
        self.is_old_bolt()
            && self.pulse == Pulse::Spared
            && !self.in_hand.is_empty()
            && self.heard_through < self.sent()
    }

    /// Whether it has a heartbeat to answer.
    pub(super) fn owes_a_pulse(&self) -> bool {
        !self.heartbeats.is_empty() && self.pulse != Pulse::Spared
    }
}

impl Core {
    /// A bolt answered a heartbeat, as it should.
    pub fn bolt_synced(&mut self, at: usize) {
        self.has_a_pulse(at);
        if self.tasks[at].pulse == Pulse::Unknown {
            self.takes_heartbeats_so(at, Pulse::Answers);
        }
    }

    /// A bolt took a heartbeat for a tuple, and emitted something for it, or acked or failed it. The latter tells as much as an answer.
    pub(super) fn takes_heartbeat_for_tuple(&mut self, at: usize, is_answered: bool) {
        if is_answered {
            self.has_a_pulse(at);
        }
        self.spares(
            at,
            "takes heartbeats for tuples, as libraries older than Storm 0.9.3 do",
        );
    }

    /// All that was sent before a heartbeat has been read.
    fn has_a_pulse(&mut self, at: usize) {
        let task = &mut self.tasks[at];
        if let Some(sent) = task.heartbeats.pop_front() {
            task.heard_through = sent;
            self.wakes.push(Wake::Everyone);
            self.look_at_suspects_again(at);
        }
    }

    /// Whether a bolt that was silent for too long is only silent about heartbeats: it has got things done, holds nothing, and no child of its component
    /// has ever answered one. It is sent none from then on. One that is sent none counts as through with what it was sent once it has been silent for
    /// so long: what is tracked of that keeps the run going by itself.
    pub fn lives_without_a_pulse(&mut self, at: usize) -> bool {
        let task = &mut self.tasks[at];
        if task.leaves_unanswered() {
            task.heard_through = task.sent();
            self.wakes.push(Wake::Everyone);
            return true;
        }
        let lives = task.is_old_bolt()
            && task.pulse == Pulse::Unknown
            && task.owes_a_pulse()
            && task.progressed
            && task.in_hand.is_empty();
        if lives {
            // It has outlived them.
            task.heartbeats.clear();
            self.spares(at, "does not answer heartbeats");
        }
        lives
    }

    /// Whether a child that has died seems to have died of a heartbeat: it was through with all that it was sent before one, and no child of its
    /// component has ever answered one. The next ones are sent none. To be called before [`Core::down`].
    pub fn died_of_a_heartbeat(&mut self, at: usize) -> bool {
        let task = &self.tasks[at];
        let had_come_to = |through: &u64| task.in_hand.oldest() >= *through;
        let died = task.is_old_bolt()
            && task.pulse != Pulse::Answers
            && task.heartbeats.front().is_some_and(had_come_to);
        if died {
            self.takes_heartbeats_so(at, Pulse::Spared);
        }
        died
    }

    fn spares(&mut self, at: usize, why: &str) {
        if self.tasks[at].pulse == Pulse::Spared {
            return;
        }
        self.takes_heartbeats_so(at, Pulse::Spared);
        let task = &self.tasks[at];
        let component = &self.topology.components[task.component].id;
        tracing::warn!(
            component,
            task = task.id,
            code = %Code::NO_HEARTBEATS,
            "{component}[{}]: it {why}; it is sent none from now on, so a hang of it is not seen",
            task.id
        );
        self.wakes.push(Wake::Everyone);
    }

    fn takes_heartbeats_so(&mut self, at: usize, pulse: Pulse) {
        let component = self.tasks[at].component;
        let tasks = self.tasks.iter_mut();
        tasks
            .filter(|task| task.component == component)
            .for_each(|task| task.pulse = pulse);
    }
}
