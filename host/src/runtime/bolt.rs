//! What a bolt may say, and what it causes.

use std::collections::BTreeMap;
use std::rc::Rc;

use stormhost_protocol::frame::{self, Results};
use stormhost_protocol::storm::{self, Acks, Emit, Salvage};
use stormhost_protocol::{Encoding, ProtocolError};

use super::completion::Finish;
use super::core::{Core, Wake};
use super::emit::{Emitted, Parent};
use super::lane::Lane;
use super::pulse::is_heartbeat;
use super::rows::Rows;
use super::task::{Dialect, Task};
use super::violation::Violation;
use crate::flow::acker::{Anchor, FailKind};

impl Core {
    /// A results frame of a bolt.
    ///
    /// # Errors
    /// When the frame contradicts itself or what it was sent. The child cannot be trusted to be in step then, and has to be started again.
    pub fn bolt_results(&mut self, at: usize, payload: &[u8]) -> Result<(), ProtocolError> {
        let Some(Dialect::Frames { encoding, acks }) = self.tasks[at].dialect() else {
            return Ok(());
        };
        let results = Results::parse(payload)?;
        let task = &mut self.tasks[at];
        let through = results
            .consumed
            .checked_sub(task.consumed)
            .filter(|_| results.consumed <= task.sent());
        let through = through.ok_or_else(|| {
            ProtocolError::contradiction("it says it consumed what it was not sent")
        })?;
        let mut rows = Rows::open(self, at, encoding, &results)?;
        if results.ask {
            // What another child asked for is none of its business.
            self.destinations.clear();
        }
        match acks {
            Acks::Auto => self.auto_acked(at, &results, &mut rows, through)?,
            Acks::Hand => self.acked_by_hand(at, &results, &mut rows)?,
        }
        self.through_with(at, results.consumed);
        if results.ask {
            self.answer_where(at);
        }
        self.after(at);
        self.reads_what_it_is_told(at)
    }

    /// Inputs were consumed in order; each is acked, unless it is listed as failed, after what was emitted for it went on.
    fn auto_acked(
        &mut self,
        at: usize,
        results: &Results<'_>,
        rows: &mut Rows<'_>,
        through: u64,
    ) -> Result<(), ProtocolError> {
        if let Some(marks) = results.marks
            && marks.len() as u64 != through
        {
            return Err(ProtocolError::contradiction(
                "it has another number of marks than inputs",
            ));
        }
        if results.marks.is_none() && results.emits > 0 && through > 0 && !results.loose {
            return Err(ProtocolError::contradiction(
                "it has rows for several inputs and no marks",
            ));
        }
        let first = self.tasks[at].consumed;
        if results.fails.is_none()
            && !results.loose
            && self.tasks[at].in_hand.begins_at(first)
            && let Some(lane) = self.lane(at, results)
        {
            return self.acked_in_order(at, results, rows, through, &lane);
        }
        let mut fails: BTreeMap<u64, String> = failed_ids(results)?.into_iter().collect();
        let mut done = 0;
        while results.loose && done < results.emits {
            // What is wrong with it is logged; there is no tree that could fail.
            self.pass_on(rows, results.ask, &Parent::Nothing)?;
            done += 1;
        }
        for n in 0..through {
            let id = first + n;
            // Taken out only when its rows are passed on: should they not be readable, it fails with all that is in hand.
            let anchor = self.tasks[at].in_hand.get(id).unwrap_or(Anchor::NONE);
            let end = results
                .marks
                .and_then(|marks| marks.get(n as usize))
                .unwrap_or(0)
                .min(results.emits);
            let parent = Parent::One(anchor);
            let mut refused = None;
            while done < end {
                refused = self.pass_on(rows, results.ask, &parent)?.or(refused);
                done += 1;
            }
            if self.tasks[at].in_hand.take(id).is_none() {
                // It failed before, by name, or with everything that was in hand.
                continue;
            }
            match fails.remove(&id) {
                Some(reason) => self.bolt_fails(at, anchor, FailKind::Failed, &reason),
                None => match refused {
                    Some(violation) => {
                        self.bolt_fails(at, anchor, FailKind::Refused, &violation.to_string())
                    }
                    None => self.bolt_acks(at, anchor),
                },
            }
        }
        let in_hand = self.tasks[at]
            .in_hand
            .get(results.consumed)
            .unwrap_or(Anchor::NONE);
        while done < results.emits {
            if let Some(violation) = self.pass_on(rows, results.ask, &Parent::One(in_hand))? {
                self.acker
                    .fail_trees(in_hand, FailKind::Refused, &violation.to_string().into());
            }
            done += 1;
        }
        for (id, reason) in fails {
            self.fails_by_id(at, id, &reason);
        }
        Ok(())
    }

    /// As nearly every frame is: nothing failed, and all rows go the same way. They are passed on by input, and the inputs acked all at once:
    /// should a row not be readable, those of this frame fail with all that is in hand.
    fn acked_in_order(
        &mut self,
        at: usize,
        results: &Results<'_>,
        rows: &mut Rows<'_>,
        through: u64,
        lane: &Lane,
    ) -> Result<(), ProtocolError> {
        let first = self.tasks[at].consumed;
        let emits = results.emits as usize;
        let mut done = 0;
        if let (Lane::To { .. }, Some(marks)) = (lane, results.marks) {
            for (id, mark) in (first..).zip(marks.iter()) {
                let end = (mark as usize).min(emits);
                if done < end {
                    let anchor = self.tasks[at].in_hand.get(id).unwrap_or(Anchor::NONE);
                    self.pass_on_by_the_piece(at, lane, rows, end - done, anchor)?;
                    done = end;
                }
            }
        }
        if done < emits {
            let in_hand = self.tasks[at].in_hand.get(results.consumed);
            let anchor = in_hand.unwrap_or(Anchor::NONE);
            self.pass_on_by_the_piece(at, lane, rows, emits - done, anchor)?;
        }
        let Core { tasks, acker, .. } = self;
        let Task {
            in_hand, counters, ..
        } = &mut tasks[at];
        let held = in_hand.len();
        acker.ack_all(in_hand.take_first(through as usize));
        let acked = (held - in_hand.len()) as u64;
        counters.acked += acked;
        tasks[at].progressed |= acked > 0;
        Ok(())
    }

    fn fails_by_id(&mut self, at: usize, id: u64, reason: &str) {
        match self.tasks[at].in_hand.take(id) {
            Some(anchor) => self.bolt_fails(at, anchor, FailKind::Failed, reason),
            None => self.tasks[at].counters.unknown += 1,
        }
    }

    /// Rows say themselves what they are anchored to, and acks and fails come by id.
    fn acked_by_hand(
        &mut self,
        at: usize,
        results: &Results<'_>,
        rows: &mut Rows<'_>,
    ) -> Result<(), ProtocolError> {
        let mut parents: Vec<Anchor> = Vec::new();
        let mut start = 0;
        for done in 0..results.emits {
            parents.clear();
            if let Some(ends) = &results.anchor_ends {
                let end = ends.get(done as usize).unwrap_or(0) as usize;
                if end < start || end > results.anchor_ids.len() {
                    return Err(ProtocolError::contradiction(
                        "the anchors of a row end before they begin, or after the last of all",
                    ));
                }
                for n in start..end {
                    let id = results.anchor_ids.get(n).unwrap_or(u64::MAX);
                    match self.tasks[at].in_hand.get(id) {
                        Some(anchor) => parents.push(anchor),
                        None => self.complain(at, &Violation::UnknownAnchor(id.to_string())),
                    }
                }
                start = end;
            }
            let parent = if parents.is_empty() {
                Parent::Nothing
            } else {
                Parent::Several(&parents)
            };
            if let Some(violation) = self.pass_on(rows, results.ask, &parent)? {
                let reason: Rc<str> = violation.to_string().into();
                parents
                    .iter()
                    .for_each(|anchor| self.acker.fail_trees(*anchor, FailKind::Refused, &reason));
            }
        }
        for (id, reason) in failed_ids(results)? {
            self.fails_by_id(at, id, &reason);
        }
        for id in results.acks.iter() {
            match self.tasks[at].in_hand.take(id) {
                Some(anchor) => self.bolt_acks(at, anchor),
                None => self.tasks[at].counters.unknown += 1,
            }
        }
        Ok(())
    }

    /// Emits the next row of a frame. `Some` is what was wrong with it; it is logged here.
    #[inline]
    pub(super) fn pass_on(
        &mut self,
        rows: &mut Rows<'_>,
        ask: bool,
        parent: &Parent<'_>,
    ) -> Result<Option<Violation>, ProtocolError> {
        let (out, _) = rows.next()?;
        let at = out.from;
        match self.emit(out, parent, ask) {
            Ok(_) => Ok(None),
            Err(violation) => {
                self.complain(at, &violation);
                Ok(Some(violation))
            }
        }
    }

    #[inline]
    pub(super) fn bolt_acks(&mut self, at: usize, anchor: Anchor) {
        let task = &mut self.tasks[at];
        task.counters.acked += 1;
        task.progressed = true;
        if !self.trace.is_idle() {
            self.trace_answer(at, anchor, "acks");
        }
        self.acker.ack(anchor);
    }

    pub(super) fn bolt_fails(&mut self, at: usize, anchor: Anchor, kind: FailKind, reason: &str) {
        self.tasks[at].counters.failed += 1;
        if !self.trace.is_idle() {
            self.trace_answer(at, anchor, "fails");
        }
        self.acker.fail(anchor, kind, &reason.into());
    }

    fn trace_answer(&mut self, at: usize, anchor: Anchor, verb: &str) {
        let name = self.name(at);
        for root in self.acker.roots(anchor) {
            self.trace
                .step(root, self.now, || format!("{name} {verb} it"));
        }
    }

    /// The child is through with all rows before `consumed`.
    fn through_with(&mut self, at: usize, consumed: u64) {
        let (now, sharing) = (self.now, self.turns.a_core());
        let task = &mut self.tasks[at];
        task.pace.progressed(consumed - task.consumed, now, sharing);
        task.consumed = consumed;
        while task.frames_out.front().is_some_and(|end| *end <= consumed) {
            task.frames_out.pop_front();
        }
        while task
            .delivered
            .front()
            .is_some_and(|(end, _)| *end <= consumed)
        {
            if let Some((_, run)) = task.delivered.pop_front() {
                task.queue.recycle(run);
            }
        }
        self.through_with_its_work(at);
        self.wakes.push(Wake::Writer(at));
    }

    /// A child waits to be told where a tuple went that could not be read: nowhere.
    pub fn answer_nowhere(&mut self, at: usize) {
        self.destinations.clear();
        self.answer_where(at);
    }

    /// A child waits to be told where its last row went.
    pub(super) fn answer_where(&mut self, at: usize) {
        let Some(dialect) = self.tasks[at].dialect() else {
            return;
        };
        let Core {
            tasks,
            destinations,
            wakes,
            ..
        } = self;
        let control = &mut tasks[at].control;
        match dialect {
            Dialect::Storm(encoding) => storm::write_task_ids(encoding, destinations, control),
            Dialect::Lines(_) | Dialect::Inside => {}
            Dialect::Frames { .. } => {
                frame::write(frame::Kind::TaskIds, control, |out| {
                    out.extend_from_slice(
                        serde_json::to_string(destinations)
                            .unwrap_or_default()
                            .as_bytes(),
                    );
                });
            }
        }
        wakes.push(Wake::Writer(at));
    }

    /// A Storm bolt emitted.
    pub fn bolt_emits(&mut self, at: usize, encoding: Encoding, emit: &Emit<'_>) {
        if self.tasks[at].knows_a_heartbeat()
            && let [id] = &emit.anchors[..]
            && is_heartbeat(id)
        {
            // Made of no tuple: it goes nowhere, but its sender may wait to hear that.
            self.takes_heartbeat_for_tuple(at, false);
            if emit.is_to_be_answered() {
                self.answer_nowhere(at);
            }
            return;
        }
        let mut parents = Vec::with_capacity(emit.anchors.len());
        for id in &emit.anchors {
            match id
                .parse()
                .ok()
                .and_then(|id| self.tasks[at].in_hand.get(id))
            {
                Some(anchor) => parents.push(anchor),
                None => self.complain(at, &Violation::UnknownAnchor(id.to_string())),
            }
        }
        let parent = if parents.is_empty() {
            Parent::Nothing
        } else {
            Parent::Several(&parents)
        };
        if let Err(violation) = self.storm_emit(at, encoding, emit, &parent) {
            let reason: Rc<str> = violation.to_string().into();
            parents
                .iter()
                .for_each(|anchor| self.acker.fail_trees(*anchor, FailKind::Refused, &reason));
        }
    }

    /// What spouts and bolts in Storm's dialects have in common about an emit: the task ids are computed and answered at once,
    /// also when the tuple was refused, since the child waits for them.
    pub(super) fn storm_emit(
        &mut self,
        at: usize,
        encoding: Encoding,
        emit: &Emit<'_>,
        parent: &Parent<'_>,
    ) -> Result<usize, Violation> {
        let ask = emit.is_to_be_answered();
        let row: Vec<&[u8]> = emit.row.values().collect();
        self.destinations.clear();
        let emitted = self
            .stream_named(at, emit.stream.as_deref().unwrap_or("default"))
            .and_then(|stream| {
                self.emit(
                    Emitted {
                        from: at,
                        stream,
                        encoding,
                        row: &row,
                        direct: emit.task,
                    },
                    parent,
                    ask,
                )
            });
        if let Err(violation) = &emitted {
            self.complain(at, violation);
        }
        if ask {
            self.answer_where(at);
        }
        emitted
    }

    /// A Storm bolt acked (`None`) or failed (`Some` reason) the tuple with this id.
    pub fn bolt_answers(&mut self, at: usize, id: &str, fail: Option<&str>) {
        if self.tasks[at].knows_a_heartbeat() && is_heartbeat(id) {
            self.takes_heartbeat_for_tuple(at, true);
            return;
        }
        let Some(anchor) = id
            .parse()
            .ok()
            .and_then(|id| self.tasks[at].in_hand.take(id))
        else {
            self.tasks[at].counters.unknown += 1;
            return;
        };
        match fail {
            None => self.bolt_acks(at, anchor),
            Some(reason) => self.bolt_fails(at, anchor, FailKind::Failed, reason),
        }
        self.forget_delivered(at);
        self.look_at_suspects_again(at);
    }

    /// A child with frames has run `finish`.
    pub fn bolt_finished(&mut self, at: usize) {
        self.tasks[at].finish = Finish::Finished;
        // It may have been all that kept it from leaving.
        self.wakes.push(Wake::Writer(at));
        self.wakes.push(Wake::Everyone);
    }

    /// What a child said could not be read. What it was about fails; where nobody knows what that was, all that the child has in hand.
    /// Returns how many.
    pub fn fails_unread(&mut self, at: usize, salvage: &Salvage, why: &str) -> usize {
        let Some(ids) = &salvage.concerns else {
            return self.fail_all_in_hand(at, why);
        };
        let mut failed = 0;
        for id in ids.iter().filter_map(|id| id.parse().ok()) {
            if let Some(anchor) = self.tasks[at].in_hand.take(id) {
                self.bolt_fails(at, anchor, FailKind::Refused, why);
                failed += 1;
            }
        }
        self.forget_delivered(at);
        self.look_at_suspects_again(at);
        self.after(at);
        failed
    }

    /// All that the child has in hand fails.
    pub(super) fn fail_all_in_hand(&mut self, at: usize, why: &str) -> usize {
        let held = self.tasks[at].in_hand.drain();
        for anchor in &held {
            self.bolt_fails(at, *anchor, FailKind::Refused, why);
        }
        self.forget_delivered(at);
        self.look_at_suspects_again(at);
        self.after(at);
        held.len()
    }
}

/// The ids that a frame says failed, with reasons. Rare, so they are JSON.
fn failed_ids(results: &Results<'_>) -> Result<Vec<(u64, String)>, ProtocolError> {
    match results.fails {
        None => Ok(Vec::new()),
        Some(text) => serde_json::from_slice(text).map_err(|_| {
            ProtocolError::contradiction("its fails are no JSON list of [id, reason]")
        }),
    }
}
