//! What the core offers to spouts and sinks that are part of the host: emitting, hearing outcomes, and answering for a run of inputs.

use std::rc::Rc;

use stormhost_protocol::Encoding;

use super::core::{Core, Wake};
use super::emit::Emitted;
use crate::flow::acker::FailKind;
use crate::flow::run::Run;

/// What became of a row that a spout inside the host emitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Its tree is done.
    Acked,
    /// Its tree failed.
    Failed(FailKind, Rc<str>),
}

/// What a spout inside the host may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leave {
    /// How many more trees it may open; 0 while it must not emit at all.
    pub room: u32,
    /// Whether it is to end.
    pub ends: bool,
}

impl Core {
    /// What a spout inside the host may do now.
    pub fn leave_of(&self, at: usize) -> Leave {
        let room = match &self.tasks[at].spout {
            Some(spout) if self.may_emit(at) => spout.room(),
            _ => 0,
        };
        Leave {
            room,
            ends: self.should_leave(at),
        }
    }

    /// A spout inside the host emits a row on its first stream. Returns the number by which it will be told of it, if it is tracked.
    /// [`Core::after`] is to be called when several have been emitted.
    pub fn inside_emits(
        &mut self,
        at: usize,
        encoding: Encoding,
        row: &[&[u8]],
        tracked: bool,
    ) -> Option<u64> {
        let number = self.tasks[at].spout.as_ref()?.next_number();
        let out = Emitted {
            from: at,
            stream: 0,
            encoding,
            row,
            direct: None,
        };
        self.spout_emits(out, tracked, false);
        tracked.then_some(number)
    }

    /// What became of rows since this was last asked. A spout that hears of a fail is not through any more.
    pub fn take_outcomes(&mut self, at: usize) -> Vec<(u64, Told)> {
        let Some(spout) = &mut self.tasks[at].spout else {
            return Vec::new();
        };
        let (acked, failed) = spout.take_outcomes();
        if !failed.is_empty() {
            spout.done = false;
        }
        let mut told: Vec<(u64, Told)> = Vec::new();
        for (first, count) in acked {
            told.extend((first..first + count).map(|number| (number, Told::Acked)));
        }
        told.extend(
            failed
                .into_iter()
                .map(|(number, kind, why)| (number, Told::Failed(kind, why))),
        );
        if !told.is_empty() {
            self.wakes.push(Wake::Everyone);
        }
        told
    }

    /// Whether a spout inside the host has nothing more to emit.
    pub fn inside_is_done(&mut self, at: usize, done: bool) {
        if let Some(spout) = &mut self.tasks[at].spout
            && spout.done != done
        {
            spout.done = done;
            self.wakes.push(Wake::Everyone);
        }
    }

    /// A component inside the host is through with a run: these of its rows failed, with reasons, and the others are acked.
    pub fn used_up_but(&mut self, at: usize, run: Run, failed: &[(usize, String)]) {
        let first = self.tasks[at].consumed;
        for (row, reason) in failed {
            if let Some(anchor) = self.tasks[at].in_hand.take(first + *row as u64) {
                self.bolt_fails(at, anchor, FailKind::Failed, reason);
            }
        }
        self.used_up(at, run);
    }
}
