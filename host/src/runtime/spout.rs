//! What a spout may say, what it is told, and how much it may emit.
//!
//! A spout with frames is given credit: a total that it may emit up to, moved on as trees complete. A spout in one of Storm's dialects is asked
//! with one `next` at a time, and answers every command with `sync` ([`super::storm_spout`]).

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use stormhost_protocol::frame::{self, Results};
use stormhost_protocol::{Encoding, ProtocolError};

use super::core::{Core, Wake};
use super::emit::{Emitted, Parent};
use super::rows::Rows;
use super::still::Waiting;
use super::storm_spout::Talk;
use super::task::Dialect;
use super::violation::Violation;
use crate::errors::Code;
use crate::flow::acker::{FailKind, Outcome};
use crate::flow::ledger::{Emission, Root};
use crate::flow::window::Window;
use crate::histogram::Histogram;
use crate::topology::{Component, Replay, Topology};

/// Acks that are told at once, however many trees are pending.
const MANY: u64 = 64;
/// Fewer than that wait for more so long, in microseconds: a bolt on an old library acks tuples one by one, and telling them one by one
/// would cost the spout's child more than the tuple itself.
const HOLD: u64 = 1_000;
/// Answers that a spout may leave unread, over those of all it may have pending: it emits some more than it may where its `next_tuple` emits many.
const UNREAD: usize = 1 << 20;

/// The state of one spout task.
pub struct Spout {
    /// How many trees it may have open.
    pub window: Window,
    /// What is known of it while it is at its window.
    pub waiting: Waiting,
    /// How many it has open.
    pub pending: u32,
    /// Rows that came from this child.
    pub emitted: u64,
    /// How many rows the child was allowed in all.
    pub credit: u64,
    /// The sequence number of the next tracked row, counted over all children of the task.
    next: u64,
    /// The sequence number of this child's first tracked row.
    base: u64,
    /// Whether it was told to emit.
    pub active: bool,
    /// It said that it has nothing more to emit.
    pub done: bool,
    /// It said so since its last results frame.
    said_done: bool,
    /// Frames sent that it has to take note of, and how many of them it has.
    told: u64,
    heard: u64,
    acked: Vec<(u64, u64)>,
    /// How many are in `acked`, and since when the first of them is there.
    untold: u64,
    untold_since: u64,
    failed: Vec<(u64, FailKind, Rc<str>)>,
    /// So many answers may wait to be told.
    most_untold: usize,
    commands: Vec<&'static str>,
    /// It has nothing to emit, and wants a word when this time has come or when there is something else to say.
    waits_until: Option<u64>,
    /// How long it is left alone then.
    wait: Duration,
    /// The conversation of a child in one of Storm's dialects.
    pub talk: Talk,
    /// Bodies of open trees, where the host replays.
    kept: Option<HashMap<u64, Kept, foldhash::fast::RandomState>>,
    /// Bytes of values in `kept`, and how many there may be before the spout has to wait.
    kept_bytes: usize,
    most_kept_bytes: usize,
    tries: u32,
    /// How long trees took, in microseconds.
    pub latency: Histogram,
}

/// A row that failed: its number, how and why.
pub(super) type Failure = (u64, FailKind, Rc<str>);

/// A tuple that the host can emit again.
pub struct Kept {
    stream: usize,
    direct: Option<u32>,
    encoding: Encoding,
    values: Vec<u8>,
    ends: Vec<usize>,
    tries: u32,
    body: u64,
}

impl Kept {
    fn of(out: &Emitted<'_>, body: u64) -> Kept {
        let mut kept = Kept {
            stream: out.stream,
            direct: out.direct,
            encoding: out.encoding,
            values: vec![],
            ends: vec![],
            tries: 0,
            body,
        };
        for value in out.row {
            kept.values.extend_from_slice(value);
            kept.ends.push(kept.values.len());
        }
        kept
    }

    fn row(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| self.values.get(start..*end).unwrap_or_default())
    }
}

/// What is to be done about a tree that was answered.
pub enum Settled {
    /// Nothing more: its spout is told.
    Told,
    /// The host emits it again.
    Again(AgainReplay),
    /// Its spout is told; the host, which kept it, has no more tries for it, for this reason.
    GivenUp(AgainReplay, Rc<str>),
}

/// A tuple to emit again, and its sequence number.
pub struct AgainReplay {
    sequence: u64,
    kept: Kept,
}

impl Spout {
    /// The state of a task of `component` before its first child.
    pub fn new(component: &Component, topology: &Topology) -> Spout {
        let settings = &topology.settings;
        let pending = component.settings.max_spout_pending(topology.bolt_tasks());
        let timeout = match settings.enable_message_timeouts() {
            true => settings.message_timeout().as_micros() as u64,
            false => u64::MAX,
        };
        Spout {
            window: Window::new(pending, timeout),
            waiting: Waiting::default(),
            pending: 0,
            emitted: 0,
            credit: 0,
            next: 0,
            base: 0,
            active: true,
            done: false,
            said_done: false,
            told: 0,
            heard: 0,
            acked: Vec::new(),
            untold: 0,
            untold_since: 0,
            failed: Vec::new(),
            most_untold: pending as usize + UNREAD,
            commands: Vec::new(),
            waits_until: None,
            wait: component.settings.spout_wait(),
            talk: Talk::new(component.settings.spout_wait()),
            kept: (component.replay == Replay::Host).then(HashMap::default),
            kept_bytes: 0,
            most_kept_bytes: component.settings.replay_bytes(),
            tries: component.settings.replay_tries(),
            latency: Histogram::default(),
        }
    }

    /// Whether the host keeps bodies and emits again what failed.
    pub fn host_replays(&self) -> bool {
        self.kept.is_some()
    }

    /// A new child has done its handshake.
    pub fn begins(&mut self, dialect: Dialect, stopping: bool) {
        (self.emitted, self.credit, self.told, self.heard) = (0, 0, 0, 0);
        (self.base, self.done, self.active) = (self.next, false, !stopping);
        self.said_done = false;
        self.forget_acked();
        self.failed.clear();
        self.commands.clear();
        self.waits_until = None;
        self.talk.begins();
        if stopping && matches!(dialect, Dialect::Frames { .. }) {
            self.commands.push("deactivate");
        }
    }

    /// The child is gone, and its trees with it.
    pub fn forgets(&mut self) {
        self.pending = 0;
        self.talk.ids.clear();
    }

    /// To stop emitting: the run ends.
    pub fn deactivate(&mut self, dialect: Option<Dialect>) {
        self.active = false;
        if let Some(Dialect::Frames { .. }) = dialect {
            self.commands.push("deactivate");
        }
    }

    /// To answer with `sync` when it gets to it.
    pub(super) fn ask_for_life(&mut self) {
        self.commands.push("heartbeat");
    }

    /// Whether nothing more will come of it unless a tree fails: it said so, or was told to stop, and has taken note of all it was told.
    pub fn is_through(&self, dialect: Option<Dialect>, stopping: bool) -> bool {
        let untold = !self.acked.is_empty() || !self.failed.is_empty() || !self.commands.is_empty();
        match dialect {
            None => stopping,
            Some(Dialect::Frames { .. }) => {
                (self.done || stopping) && !untold && self.told == self.heard
            }
            Some(Dialect::Storm(_)) => stopping && !untold && self.talk.is_quiet(),
            Some(Dialect::Lines(_)) => self.done || stopping,
            Some(Dialect::Inside) => (self.done || stopping) && !untold,
        }
    }

    /// A tree was answered. It is not emitted again unless `replays`: at the end of a run nobody is left to take it.
    pub fn settled(
        &mut self,
        emission: Emission,
        outcome: Outcome,
        now: u64,
        replays: bool,
    ) -> Settled {
        let latency = now.saturating_sub(emission.born);
        if let Outcome::Failed(FailKind::Overflow, _) = &outcome {
            self.window.overflowed(latency, now);
        }
        let mut settled = Settled::Told;
        if let Some(mut kept) = self.lets_go(emission.sequence)
            && let Outcome::Failed(kind, reason) = &outcome
            // What was set aside is in the dead letters already.
            && *kind != FailKind::DeadLetter
            && replays
        {
            kept.tries += u32::from(*kind != FailKind::ChildDied);
            let again = AgainReplay {
                sequence: emission.sequence,
                kept,
            };
            if again.kept.tries <= self.tries {
                return Settled::Again(again);
            }
            settled = Settled::GivenUp(again, reason.clone());
        }
        self.pending = self.pending.saturating_sub(1);
        let Some(sequence) = emission.sequence.checked_sub(self.base) else {
            return settled;
        };
        match outcome {
            Outcome::Acked => {
                self.latency.record(Duration::from_micros(latency));
                self.window.completed(1, latency, now);
                if self.untold == 0 {
                    self.untold_since = now;
                }
                self.untold += 1;
                match self.acked.last_mut() {
                    Some((first, count)) if *first + *count == sequence => *count += 1,
                    _ => self.acked.push((sequence, 1)),
                }
            }
            Outcome::Failed(kind, reason) => self.failed.push((sequence, kind, reason)),
        }
        settled
    }

    /// Keeps a tuple for as long as its tree is open, where the host replays.
    fn keeps(&mut self, sequence: u64, kept: Kept) {
        if let Some(all) = &mut self.kept {
            self.kept_bytes += kept.values.len();
            all.insert(sequence, kept);
        }
    }

    fn lets_go(&mut self, sequence: u64) -> Option<Kept> {
        let kept = self.kept.as_mut()?.remove(&sequence)?;
        self.kept_bytes -= kept.values.len();
        Some(kept)
    }

    /// What is to be told, for the conversation in Storm's dialects: in the order acks, fails; `true` for an ack.
    pub(super) fn take_told(&mut self) -> impl Iterator<Item = (u64, bool)> + use<> {
        let acked = std::mem::take(&mut self.acked);
        self.untold = 0;
        let failed = std::mem::take(&mut self.failed);
        acked
            .into_iter()
            .flat_map(|(first, count)| (first..first + count).map(|sequence| (sequence, true)))
            .chain(failed.into_iter().map(|(sequence, ..)| (sequence, false)))
    }

    /// The number of the next tracked tuple, whose tree is open from now on.
    pub(super) fn opens_a_tree(&mut self) -> u64 {
        let sequence = self.next;
        self.next += 1;
        self.emitted += 1;
        self.pending += 1;
        sequence
    }

    /// The number by which the next tracked row will be told of, counted from 0 for each child.
    pub(super) fn next_number(&self) -> u64 {
        self.next - self.base
    }

    /// How many trees it has opened, over all its children.
    pub(super) fn opened(&self) -> u64 {
        self.next
    }

    /// What became of rows, by their numbers, for a spout inside the host: ranges that were acked, and those that failed.
    pub(super) fn take_outcomes(&mut self) -> (Vec<(u64, u64)>, Vec<Failure>) {
        (
            std::mem::take(&mut self.acked),
            std::mem::take(&mut self.failed),
        )
    }

    /// Whether more answers wait for it than its tuples can bring while it reads.
    pub(super) fn is_left_unread(&self) -> bool {
        self.acked.len() + self.failed.len() + self.talk.unsaid() > self.most_untold
    }

    /// How many more trees may be opened.
    pub(super) fn room(&self) -> u32 {
        if self.kept_bytes >= self.most_kept_bytes {
            return 0;
        }
        self.window.size().saturating_sub(self.pending)
    }

    /// Whether the window, and nothing else, keeps it from emitting.
    pub fn is_at_its_window(&self) -> bool {
        self.active && !self.done && self.pending >= self.window.size()
    }

    fn fill_frames(&mut self, may_emit: bool, now: u64, out: &mut Vec<u8>) {
        let before = out.len();
        let holds = self.holds_until().is_some_and(|until| now < until);
        // Before the fails: a spout that emits again what failed can do so while it takes them, and is never taken to be through in between.
        self.fill_credit(may_emit && !holds, out);
        for command in self.commands.drain(..) {
            frame::write_command(command, out);
            self.told += 1;
        }
        if !self.acked.is_empty() && (!holds || out.len() > before) {
            frame::write_acked(&self.acked, out);
            self.forget_acked();
            self.told += 1;
        }
        if !self.failed.is_empty() {
            let list: Vec<(u64, &str, &str)> = self
                .failed
                .iter()
                .map(|(sequence, kind, reason)| (*sequence, kind.word(), &**reason))
                .collect();
            frame::write(frame::Kind::Failed, out, |out| {
                out.extend_from_slice(serde_json::to_string(&list).unwrap_or_default().as_bytes());
            });
            self.failed.clear();
            self.told += 1;
        }
        if let Some(until) = self.waits_until
            && (out.len() > before || now >= until)
        {
            self.waits_until = None;
            frame::write_command("waited", out);
            self.told += 1;
        }
    }

    fn forget_acked(&mut self) {
        self.acked.clear();
        self.untold = 0;
    }

    /// Until when few acks are held back, and with them the credit that they bring: only while much more is pending, and nothing else is to be told.
    fn holds_until(&self) -> Option<u64> {
        let few = self.untold > 0 && self.untold < MANY && self.untold * 8 < self.pending.into();
        (few && self.failed.is_empty() && self.commands.is_empty())
            .then_some(self.untold_since + HOLD)
    }

    /// Whether acks are held back, and its writer knows when to tell them.
    pub(super) fn holds_more(&self) -> bool {
        self.untold > 1 && self.holds_until().is_some()
    }

    /// When a spout with frames is to be told something though nothing happened: acks that were held back, or a word that it waits for.
    pub(super) fn tells_at(&self) -> Option<u64> {
        match (self.holds_until(), self.waits_until) {
            (Some(acks), Some(word)) => Some(acks.min(word)),
            (acks, word) => acks.or(word),
        }
    }

    fn fill_credit(&mut self, may_emit: bool, out: &mut Vec<u8>) {
        let credit = self.emitted + u64::from(self.room());
        // In steps, so that a busy spout is not told of every single tuple; but at once when it has nothing left.
        let step = u64::from(self.window.size() / 4).max(1);
        if may_emit
            && credit > self.credit
            && (credit - self.credit >= step || self.credit <= self.emitted)
        {
            self.credit = credit;
            frame::write_credit(credit, out);
        }
    }
}

impl Core {
    /// Whether spouts may emit at all now.
    pub(super) fn may_emit(&self, at: usize) -> bool {
        let task = &self.tasks[at];
        task.waits == 0
            && !self.stopping
            && task.spout.as_ref().is_some_and(|spout| spout.active)
            && !self.cycle_presses()
    }

    pub(super) fn fill_spout(&mut self, at: usize, dialect: Dialect, out: &mut Vec<u8>) {
        let may_emit = self.may_emit(at);
        let now = self.now;
        let task = &mut self.tasks[at];
        let Some(spout) = &mut task.spout else { return };
        match dialect {
            Dialect::Frames { .. } => spout.fill_frames(may_emit, now, out),
            Dialect::Storm(encoding) => spout.fill_storm(encoding, may_emit, now, out),
            Dialect::Lines(_) => self.note_lines_given_up(at),
            Dialect::Inside => {}
        }
    }

    /// A command cannot be told of its lines' ends: what became of them is noted, and those that failed for good are told to the log.
    fn note_lines_given_up(&mut self, at: usize) {
        let Some(spout) = &mut self.tasks[at].spout else {
            return;
        };
        spout.acked.clear();
        let failed = std::mem::take(&mut spout.failed);
        if let Some((_, _, reason)) = failed.last() {
            let said = format!(
                "{} of its lines failed for good, the last of them so: {reason}",
                failed.len()
            );
            self.complain(at, &Violation::Line(Code::LINE_FAILED.told(said)));
        }
    }

    /// A results frame of a spout.
    ///
    /// # Errors
    /// When the frame contradicts itself, or the child does not read what it is told. It has to be started again.
    pub fn spout_results(&mut self, at: usize, payload: &[u8]) -> Result<(), ProtocolError> {
        let Some(Dialect::Frames { encoding, .. }) = self.tasks[at].dialect() else {
            return Ok(());
        };
        let results = Results::parse(payload)?;
        let mut rows = Rows::open(self, at, encoding, &results)?;
        for _ in 0..results.emits {
            let (out, tracked) = rows.next()?;
            self.spout_emits(out, tracked, results.ask);
        }
        if let Some(spout) = &mut self.tasks[at].spout {
            if results.consumed < spout.heard || results.consumed > spout.told {
                return Err(ProtocolError::contradiction(
                    "it says it took frames that it was not sent",
                ));
            }
            // Whoever is still done after what it took says so again, just before.
            let still_done = spout.said_done || results.consumed == spout.heard;
            spout.heard = results.consumed;
            spout.done &= still_done && results.emits == 0;
            spout.said_done = false;
        }
        if results.ask {
            self.answer_where(at);
        }
        self.wakes.push(Wake::Writer(at));
        self.after(at);
        self.reads_what_it_is_told(at)
    }

    /// One row of a spout.
    #[inline]
    pub(super) fn spout_emits(&mut self, out: Emitted<'_>, tracked: bool, ask: bool) {
        let at = out.from;
        let now = self.now;
        let Some(spout) = &mut self.tasks[at].spout else {
            return;
        };
        spout.emitted += 1;
        if !tracked {
            if let Err(violation) = self.emit(out, &Parent::Nothing, ask) {
                self.tasks[at].counters.dropped += 1;
                self.complain(at, &violation);
            }
            return;
        }
        let sequence = spout.next;
        spout.next += 1;
        spout.pending += 1;
        let body = body_hash(&out);
        if !self.tracking {
            let emission = Emission {
                spout: at as u32,
                sequence,
                born: now,
                body,
            };
            let emitted = self.emit(out, &Parent::Nothing, ask);
            if let Err(violation) = &emitted {
                self.complain(at, violation);
            }
            self.answer_untracked(emission, emitted.err());
            return;
        }
        if spout.host_replays() {
            spout.keeps(sequence, Kept::of(&out, body));
        }
        self.begin_tree(
            out,
            Emission {
                spout: at as u32,
                sequence,
                born: now,
                body,
            },
            ask,
        );
    }

    /// Without tracking (`topology.acker.executors` is 0) a tuple with an id is acked as soon as it is passed on, as in Storm.
    fn answer_untracked(&mut self, emission: Emission, violation: Option<Violation>) {
        let outcome = match violation {
            None => Outcome::Acked,
            Some(violation) => Outcome::Failed(FailKind::Refused, violation.to_string().into()),
        };
        self.acker.outcomes.push((emission, outcome));
    }

    fn begin_tree(&mut self, out: Emitted<'_>, emission: Emission, ask: bool) {
        let root = self.open_tree(emission);
        let emitted = self.emit(out, &Parent::Root(root), ask);
        if let Err(violation) = &emitted {
            self.complain(out.from, violation);
        }
        self.tree_has_its_copies(root, emitted);
    }

    /// Begins a tree, which may be one to trace.
    fn open_tree(&mut self, emission: Emission) -> Root {
        let root = self.acker.begin(emission);
        if self.trace.samples() {
            self.trace.begin(root, emission);
        }
        root
    }

    /// What the spout emitted was passed on, or refused: then its tree fails.
    fn tree_has_its_copies(&mut self, root: Root, emitted: Result<usize, Violation>) {
        match emitted {
            Ok(copies) => self.acker.sealed(root, copies),
            Err(violation) => {
                self.acker
                    .fail_root(root, FailKind::Refused, &violation.to_string().into());
            }
        }
    }

    /// A tuple whose tree failed is emitted again by the host, under the same id.
    pub(super) fn emit_again(&mut self, at: usize, again: AgainReplay) {
        let AgainReplay { sequence, kept } = again;
        let row: Vec<&[u8]> = kept.row().collect();
        let out = Emitted {
            from: at,
            stream: kept.stream,
            encoding: kept.encoding,
            row: &row,
            direct: kept.direct,
        };
        let emission = Emission {
            spout: at as u32,
            sequence,
            born: self.now,
            body: kept.body,
        };
        self.begin_tree(out, emission, false);
        if let Some(spout) = &mut self.tasks[at].spout {
            spout.keeps(sequence, kept);
        }
    }

    /// A tuple that the host kept failed too often.
    pub(super) fn give_up(&mut self, at: usize, again: AgainReplay, reason: &str) {
        let AgainReplay { kept, .. } = again;
        let row = kept.row().map(<[u8]>::to_vec).collect();
        let tries = kept.tries;
        let letter = self.letter_of_spout(at, kept.stream, kept.encoding, row, reason, tries);
        self.post(at, letter);
    }

    /// A spout in one of Storm's dialects emitted, with a message id if it gave one.
    pub fn storm_spout_emits(
        &mut self,
        at: usize,
        encoding: Encoding,
        emit: &stormhost_protocol::storm::Emit<'_>,
    ) {
        let now = self.now;
        let Some(spout) = &mut self.tasks[at].spout else {
            return;
        };
        spout.emitted += 1;
        spout.talk.emitted = true;
        let Some(id) = emit.id else {
            if self
                .storm_emit(at, encoding, emit, &Parent::Nothing)
                .is_err()
            {
                self.tasks[at].counters.dropped += 1;
            }
            self.after(at);
            return;
        };
        let sequence = spout.next;
        spout.next += 1;
        spout.pending += 1;
        spout.talk.ids.insert(sequence - spout.base, id.into());
        let body = xxhash_rust::xxh3::xxh3_64(emit.row.list);
        let emission = Emission {
            spout: at as u32,
            sequence,
            born: now,
            body,
        };
        if !self.tracking {
            let emitted = self.storm_emit(at, encoding, emit, &Parent::Nothing);
            self.answer_untracked(emission, emitted.err());
            self.after(at);
            return;
        }
        if self.tasks[at]
            .spout
            .as_ref()
            .is_some_and(Spout::host_replays)
            && let Ok(stream) = self.stream_named(at, emit.stream.as_deref().unwrap_or("default"))
        {
            let row: Vec<&[u8]> = emit.row.values().collect();
            let out = Emitted {
                from: at,
                stream,
                encoding,
                row: &row,
                direct: emit.task,
            };
            if let Some(spout) = &mut self.tasks[at].spout {
                spout.keeps(sequence, Kept::of(&out, body));
            }
        }
        let root = self.open_tree(emission);
        let emitted = self.storm_emit(at, encoding, emit, &Parent::Root(root));
        self.tree_has_its_copies(root, emitted);
        self.after(at);
    }

    /// The spout has nothing to emit just now, and reads until it is told `waited`.
    pub(super) fn spout_waits(&mut self, at: usize) {
        if let Some(spout) = &mut self.tasks[at].spout {
            spout.waits_until = Some(self.now + spout.wait.as_micros() as u64);
        }
        self.wakes.push(Wake::Writer(at));
    }

    /// The spout said that it has nothing more to emit.
    pub fn spout_done(&mut self, at: usize) {
        if let Some(spout) = &mut self.tasks[at].spout {
            (spout.done, spout.said_done) = (true, true);
        }
        self.wakes.push(Wake::Everyone);
    }
}

/// What tells one body from another, within one component.
fn body_hash(out: &Emitted<'_>) -> u64 {
    out.row.iter().fold(out.stream as u64, |seed, value| {
        xxhash_rust::xxh3::xxh3_64_with_seed(value, seed)
    })
}
