//! How what waits for a task becomes bytes for its child.

use std::rc::Rc;

use stormhost_protocol::frame::{self, RunHead};
use stormhost_protocol::storm::TupleHead;
use stormhost_protocol::{Encoding, transcode};

use super::core::{Core, Wake};
use super::task::{Dialect, Task};
use crate::errors::Code;
use crate::flow::acker::FailKind;
use crate::flow::queue::ROW_BYTES;
use crate::flow::run::Run;

/// Rows in a frame at the most, and bytes of values. Larger frames gain little more, and what is in a frame
/// is in nobody's queue.
const FRAME_ROWS: u32 = 4096;
const FRAME_BYTES: usize = 256 * 1024;
/// Frames that a child has not used up, from which on only full ones are sent: what comes meanwhile gathers in the queue. Two keep a child busy.
const FRAMES_AHEAD: usize = 2;
/// Bytes gathered into one write for a child in one of Storm's dialects: what its pipe takes at once.
const STORM_BYTES: usize = 64 * 1024;
/// Bytes of delivered tuples that are kept for error stories, a child.
const KEPT_BYTES: usize = 256 * 1024;
/// With frames: what the pipe and two frames may hold.
const KEPT_BYTES_FRAMES: usize = 2 * 1024 * 1024;

/// A row with a value that has no counterpart in the receiver's encoding.
struct Refused {
    /// Which row of the run.
    row: usize,
    /// Which of its values is the first of that kind.
    field: usize,
    why: String,
}

impl Refused {
    fn new(row: usize, field: usize, why: impl ToString) -> Refused {
        Refused {
            row,
            field,
            why: why.to_string(),
        }
    }
}

impl Core {
    /// Appends to `out` what should be written to the child of `at` now. Nothing is appended where nothing is to be said.
    pub fn fill(&mut self, at: usize, out: &mut Vec<u8>) {
        let Some(dialect) = self.tasks[at].dialect() else {
            return;
        };
        out.append(&mut self.tasks[at].control);
        if self.tasks[at].opening {
            return;
        }
        if self.tasks[at].spout.is_some() {
            self.fill_spout(at, dialect, out);
            return;
        }
        match dialect {
            Dialect::Frames { encoding, .. } => self.fill_frame(at, encoding, out),
            Dialect::Storm(encoding) => self.fill_storm(at, encoding, out),
            Dialect::Lines(_) => self.fill_lines(at, out),
            Dialect::Inside => {}
        }
    }

    /// How many rows may be sent now, and whether it is time for a frame.
    fn rows_for_a_frame(task: &Task) -> u32 {
        let in_pipe = (task.sent() - task.consumed) as u32;
        let ahead = task.pace.ahead();
        let room = ahead.saturating_sub(in_pipe).min(FRAME_ROWS);
        // A few rows at a time would cost a slow child's host a write each; it has enough to do meanwhile.
        if in_pipe > 0 && room < ahead / 4 {
            return 0;
        }
        let full = task.queue.rows() >= FRAME_ROWS as usize || task.queue.bytes() >= FRAME_BYTES;
        if task.frames_out.len() >= FRAMES_AHEAD && !full {
            0
        } else {
            room
        }
    }

    fn fill_frame(&mut self, at: usize, encoding: Encoding, out: &mut Vec<u8>) {
        let mut room = Core::rows_for_a_frame(&self.tasks[at]);
        if room == 0 || self.tasks[at].queue.is_empty() {
            self.through_with_its_work(at);
            return;
        }
        let mut allowed = self.may_be_given(at);
        if allowed == 0 || !self.may_have_work(at) {
            return;
        }
        let pressed = self.tasks[at].queue.cycle_is_pressing();
        let begin = out.len();
        if self.tasks[at].sent() == self.tasks[at].consumed {
            let now = self.now;
            self.tasks[at].pace.starts(now);
        }
        let mut bytes = 0;
        let mut runs = 0u32;
        frame::write(frame::Kind::Tuples, out, |out| {
            let start = out.len();
            out.extend_from_slice(&[0; 4]);
            while room > 0 && bytes < FRAME_BYTES && allowed > 0 {
                let Some(run) =
                    self.tasks[at]
                        .queue
                        .pop(room.min(allowed), FRAME_BYTES - bytes, &self.limits)
                else {
                    break;
                };
                room -= run.rows();
                bytes += run.bytes();
                runs += u32::from(self.write_run(at, encoding, run, out));
                allowed = self.may_be_given(at);
            }
            out[start..start + 4].copy_from_slice(&runs.to_le_bytes());
        });
        if runs == 0 {
            // All of it was refused: a frame without rows would never be used up.
            out.truncate(begin);
        } else {
            let end = self.tasks[at].sent();
            self.tasks[at].frames_out.push_back(end);
        }
        self.made_room(at, pressed);
        if runs == 0 {
            self.through_with_its_work(at);
            if !self.tasks[at].queue.is_empty() {
                self.wakes.push(Wake::Writer(at));
            }
        }
    }

    /// Whether the child may be given a frame, or has to wait for its turn, which it has none of before there is room in the queues that it fills.
    fn may_have_work(&mut self, at: usize) -> bool {
        let task = &self.tasks[at];
        if !task.pace.is_quick() {
            return true;
        }
        task.waits == 0
            && (task.frames_out.is_empty() || !self.turns.are_awaited())
            && self.turns.takes(at, self.now)
    }

    /// It is somebody else's turn, if the child is through with all that it was given.
    pub(super) fn through_with_its_work(&mut self, at: usize) {
        if self.tasks[at].frames_out.is_empty() {
            self.turns.gives_back(at);
            self.hand_out_turns();
        }
    }

    /// The child can do nothing now, so others have its turn.
    pub(super) fn takes_no_turn(&mut self, at: usize) {
        self.turns.leaves(at);
        self.hand_out_turns();
    }

    /// Turns that are free go to those that have most to do.
    pub(super) fn hand_out_turns(&mut self) {
        let tasks = &self.tasks;
        while let Some(next) = self.turns.next(self.now, |task| tasks[task].queue.rows()) {
            self.wakes.push(Wake::Writer(next));
        }
    }

    /// Writes one run into a frame. Returns whether any of it could be passed on.
    fn write_run(&mut self, at: usize, encoding: Encoding, run: Run, out: &mut Vec<u8>) -> bool {
        if run.encoding != encoding || (run.has_repeats() && !self.tasks[at].repeats) {
            return self.write_run_across(at, encoding, run, out);
        }
        let head = RunHead {
            input: run.input,
            rows: run.rows(),
            source: run.source(),
        };
        frame::write_run(head, encoding, run.columns(), out);
        self.delivered(at, run);
        true
    }

    /// The border between the encodings: values are converted one by one, and a row with a value that has no counterpart fails. Also where a child takes
    /// over from one that took repeats, and does not.
    fn write_run_across(
        &mut self,
        at: usize,
        encoding: Encoding,
        run: Run,
        out: &mut Vec<u8>,
    ) -> bool {
        let mut columns: Vec<Vec<u8>> = vec![Vec::new(); run.columns().len()];
        let mut sources = Vec::with_capacity(run.anchors.len());
        let mut refused = Vec::new();
        run.each_row(&self.limits, |n, row| {
            let lengths: Vec<usize> = columns.iter().map(Vec::len).collect();
            for (field, (column, value)) in columns.iter_mut().zip(row).enumerate() {
                if encoding == Encoding::Json && !sources.is_empty() {
                    column.push(b',');
                }
                if let Err(error) = transcode(run.encoding, encoding, value, column) {
                    columns
                        .iter_mut()
                        .zip(&lengths)
                        .for_each(|(column, length)| column.truncate(*length));
                    refused.push(Refused::new(n, field, error));
                    return;
                }
            }
            sources.push(run.source_of(n));
        });
        self.refuse(at, &run, &refused);
        let rows = sources.len() as u32;
        if rows == 0 {
            return false;
        }
        let head = RunHead {
            input: run.input,
            rows,
            source: frame::Source::Each(&sources),
        };
        frame::write_run(
            head,
            encoding,
            columns.iter().map(|column| (column.as_slice(), false)),
            out,
        );
        if refused.is_empty() {
            self.delivered(at, run);
            return true;
        }
        let mut refused = refused.iter().map(|refused| refused.row).peekable();
        for (n, anchor) in run.anchors.iter().enumerate() {
            if refused.next_if_eq(&n).is_none() {
                self.tasks[at].in_hand.push(*anchor);
            }
        }
        self.tasks[at].counters.executed += u64::from(rows);
        true
    }

    /// Rows that cannot be written in the child's encoding.
    fn refuse(&mut self, at: usize, run: &Run, refused: &[Refused]) {
        let named = refused
            .iter()
            .map(|Refused { row, field, why }| {
                (*row, format!("{}: {why}", self.named(at, run, *field)))
            })
            .collect::<Vec<_>>();
        self.refuse_rows(at, run, &named);
    }

    /// Rows of a run that cannot be written as the child reads them, by their numbers, and why in words that name the field.
    pub(super) fn refuse_rows(&mut self, at: usize, run: &Run, refused: &[(usize, String)]) {
        for (row, why) in refused {
            let reason: Rc<str> =
                format!("the value cannot be passed to {}: {why}", self.name(at)).into();
            self.complain(
                at,
                &super::violation::Violation::Unreadable(Code::NOT_PASSED_ON.told(format!(
                    "a tuple for it could not be passed on: {why}; the tuple's trees fail"
                ))),
            );
            if !run.anchors[*row].is_tracked() {
                self.tasks[at].counters.dropped += 1;
            }
            self.acker
                .fail(run.anchors[*row], FailKind::Refused, &reason);
        }
        self.tell_outcomes();
    }

    /// A field of a run, as people know it: by its name, its stream and whose that is.
    fn named(&self, at: usize, run: &Run, field: usize) -> String {
        let topology = &self.topology;
        let component = &topology.components[self.tasks[at].component];
        let Some(input) = component.inputs.get(usize::from(run.input)) else {
            return format!("field {field} of a tick"); // which holds a number, and numbers pass
        };
        let source = &topology.components[input.component];
        let stream = &source.streams[input.stream];
        let field = stream.fields.get(field).map_or("?", String::as_str);
        format!("field '{field}' of stream '{}' of {}", stream.id, source.id)
    }

    fn fill_storm(&mut self, at: usize, encoding: Encoding, out: &mut Vec<u8>) {
        let pressed = self.tasks[at].queue.cycle_is_pressing();
        while out.len() < STORM_BYTES {
            let allowed = self.may_be_given(at).min(64);
            if allowed == 0 {
                break;
            }
            let Some(run) = self.tasks[at].queue.pop(allowed, STORM_BYTES, &self.limits) else {
                break;
            };
            self.write_storm_run(at, encoding, run, out);
        }
        self.made_room(at, pressed);
    }

    fn write_storm_run(&mut self, at: usize, encoding: Encoding, run: Run, out: &mut Vec<u8>) {
        let topology = self.topology.clone();
        let component = &topology.components[self.tasks[at].component];
        let (from, stream) = match component.inputs.get(usize::from(run.input)) {
            Some(input) => {
                let source = &topology.components[input.component];
                (source.id.as_str(), source.streams[input.stream].id.as_str())
            }
            None => ("__system", "__tick"),
        };
        let head = TupleHead::new(encoding, Some(from), stream);
        let mut refused = Vec::new();
        let mut converted: Vec<u8> = Vec::new();
        let mut id = self.tasks[at].in_hand.next_id().cast_signed();
        run.each_row(&self.limits, |n, row| {
            // u32::MAX stands for the system's task, which is -1 in Storm.
            let task = i64::from(run.source_of(n).cast_signed());
            let values = row.iter().copied();
            if run.encoding == encoding {
                head.write(id, task, values, out);
            } else {
                converted.clear();
                let mut ends = Vec::with_capacity(row.len());
                for (field, value) in values.enumerate() {
                    if let Err(error) = transcode(run.encoding, encoding, value, &mut converted) {
                        refused.push(Refused::new(n, field, error));
                        return;
                    }
                    ends.push(converted.len());
                }
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let row: Vec<&[u8]> = starts
                    .zip(&ends)
                    .map(|(start, end)| &converted[start..*end])
                    .collect();
                head.write(id, task, row, out);
            }
            id += 1;
        });
        if refused.is_empty() {
            self.delivered(at, run);
        } else {
            self.refuse(at, &run, &refused);
            for (n, anchor) in run.anchors.iter().enumerate() {
                if !refused.iter().any(|refused| refused.row == n) {
                    self.tasks[at].in_hand.push(*anchor);
                    self.tasks[at].counters.executed += 1;
                }
            }
        }
    }

    /// The next run for a component inside the host. Its rows are in hand until they are given to [`Core::used_up`].
    pub fn take_run(&mut self, at: usize) -> Option<Run> {
        let pressed = self.tasks[at].queue.cycle_is_pressing();
        let run = self.tasks[at]
            .queue
            .pop(FRAME_ROWS, FRAME_BYTES, &self.limits)?;
        let task = &mut self.tasks[at];
        task.in_hand.push_all(&run.anchors);
        task.counters.executed += u64::from(run.rows());
        self.made_room(at, pressed);
        Some(run)
    }

    /// A component inside the host is through with a run: all its rows are acked.
    pub fn used_up(&mut self, at: usize, run: Run) {
        for id in self.tasks[at].consumed..self.tasks[at].sent() {
            if let Some(anchor) = self.tasks[at].in_hand.take(id) {
                self.bolt_acks(at, anchor);
            }
        }
        let task = &mut self.tasks[at];
        task.consumed = task.sent();
        task.queue.recycle(run);
        self.after(at);
    }

    /// A run is on its way: its rows are in hand, and its values are kept for a while for an error's story.
    fn delivered(&mut self, at: usize, run: Run) {
        let task = &mut self.tasks[at];
        task.in_hand.push_all(&run.anchors);
        task.counters.executed += u64::from(run.rows());
        task.delivered.push_back((task.in_hand.next_id(), run));
        let mut kept: usize = task.delivered.iter().map(|(_, run)| weight(run)).sum();
        // Which tuple killed a child is told from these, and it may be a huge one. All that a child with frames is not through with is here;
        // of one in Storm's dialects nobody knows that, so whatever is large goes only when as much has come after it as a pipe holds.
        let frames = matches!(task.dialect(), Some(Dialect::Frames { .. }));
        while let Some((end, run)) = task.delivered.front() {
            let goes = match frames {
                true => kept > KEPT_BYTES_FRAMES && *end <= task.consumed,
                false => kept - weight(run) > KEPT_BYTES,
            };
            if !goes {
                break;
            }
            if let Some((_, run)) = task.delivered.pop_front() {
                kept -= weight(&run);
                task.queue.recycle(run);
            }
        }
    }

    /// Lets go of delivered values whose tuples a Storm bolt has answered.
    pub(super) fn forget_delivered(&mut self, at: usize) {
        let task = &mut self.tasks[at];
        let oldest = task.in_hand.oldest();
        while task
            .delivered
            .front()
            .is_some_and(|(end, _)| *end <= oldest)
        {
            if let Some((_, run)) = task.delivered.pop_front() {
                task.queue.recycle(run);
            }
        }
    }

    /// The tuple that the child was busy with, as far as can be known: its source, and its values as text.
    /// `unsaid`: how many it was through with beyond what it had said, as far as that is known.
    pub fn in_hand_text(&self, at: usize, unsaid: u64) -> Option<String> {
        let task = &self.tasks[at];
        let id = match task.dialect()? {
            Dialect::Frames { .. } => task.consumed + unsaid,
            Dialect::Storm(_) | Dialect::Inside => task.in_hand.oldest(),
            // Nobody knows how far it is.
            Dialect::Lines(_) => return None,
        };
        if id >= task.sent() {
            return None;
        }
        let (end, run) = task.delivered.iter().find(|(end, _)| *end > id)?;
        let which = (id + u64::from(run.rows())).checked_sub(*end)? as usize;
        let component = &self.topology.components[task.component];
        let from = component
            .inputs
            .get(usize::from(run.input))
            .map_or("__system", |input| {
                self.topology.components[input.component].id.as_str()
            });
        let mut text = None;
        run.each_row(&self.limits, |n, row| {
            if n == which {
                let values: Vec<String> = row
                    .iter()
                    .map(|value| stormhost_protocol::preview(run.encoding, value, 200))
                    .collect();
                text = Some(format!("[{}] from {from}", values.join(", ")));
            }
        });
        text
    }
}

/// What a run is taken to occupy: its values, and something for each row, since rows may have no values.
fn weight(run: &Run) -> usize {
    run.bytes() + ROW_BYTES * run.anchors.len()
}
