//! What the lines of a filter are to the core: tuples that it emits, tuples that are written to it, and what it has read of these.
//!
//! A filter cannot say which line came of which. So what it emits is anchored to nothing, and what it was given is acked once it has read it.
//! Rows of a block go by the piece wherever it does not matter which goes where; where it does, they are hashed one by one and nothing else.

use std::collections::VecDeque;

use stormhost_protocol::lines::{Block, Layout, NoRow, write_line, write_texts};
use stormhost_protocol::{Encoding, Limits, Piece, skip};

use super::core::{Core, Wake};
use super::emit::{Emitted, Parent};
use super::task::{Life, Task, Touched};
use super::violation::Violation;
use crate::errors::Code;
use crate::flow::acker::Anchor;
use crate::flow::grouping::Picked;
use crate::flow::router::Subscription;
use crate::flow::run::{Place, Run};
use crate::topology::{Builtin, Shell, Topology};

/// Bytes gathered into one write. As much as a busy filter reads at once; what is in its pipe is in nobody's queue.
const WRITE_BYTES: usize = 128 * 1024;
/// Rows that go to one task in a row, at most, where they are spread: a run.
const PIECE_ROWS: usize = 1024;
/// In so many pieces it is noted how far a filter has read lines that nobody tracks: few lines one by one, many at little cost.
const READ_PIECES: usize = 256;

/// Where a filter is in its input.
#[derive(Default)]
pub struct Reading {
    /// Bytes of lines that were made for it.
    written: u64,
    /// Bytes of these that it has read.
    read: u64,
    /// Rows that it has not read: where the last of them ends, and how many they are.
    unread: VecDeque<(u64, u32)>,
    /// It has had enough, or nobody wants what it says: it has left, and no other comes.
    pub through: bool,
}

impl Reading {
    /// Notes lines that were made for it and that nobody tracks, by the piece. Returns how many.
    fn has_before_it(&mut self, text: &[u8], line_end: u8) -> usize {
        let piece = text.len() / READ_PIECES;
        let (mut rest, mut lines) = (text, 0);
        while !rest.is_empty() {
            let from = piece.min(rest.len() - 1);
            let end = memchr::memchr(line_end, rest.get(from..).unwrap_or_default());
            let (some, after) = rest.split_at(end.map_or(rest.len(), |end| from + end + 1));
            let rows = memchr::memchr_iter(line_end, some).count();
            self.written += some.len() as u64;
            self.unread.push_back((self.written, rows as u32));
            (rest, lines) = (after, lines + rows);
        }
        lines
    }
}

impl Task {
    /// Whether its command has left for good, and what comes for it goes nowhere.
    pub fn is_through(&self) -> bool {
        self.reading.through
    }
}

impl Core {
    /// The lines of a filter or of a spout, whole ones: each is a tuple. Those that are none are told.
    pub fn hear_lines(&mut self, at: usize, text: &[u8]) {
        let topology = self.topology.clone();
        let component = &topology.components[self.tasks[at].component];
        let (Some(shell), Some(stream)) = (&component.shell, component.streams.first()) else {
            return;
        };
        let mut block = std::mem::take(&mut self.block);
        let mut refused: Option<NoRow> = None;
        let mut lost = 0;
        block.read(shell.layout, &stream.fields, text, |_, why| {
            lost += 1;
            refused = Some(why);
        });
        if let Some(why) = refused {
            self.tasks[at].counters.dropped += lost;
            self.lost_lines += lost;
            let said = format!("it wrote {why}; such lines are dropped ({lost} now)");
            self.complain(at, &Violation::Line(Code::BAD_LINE.told(said)));
        }
        if block.rows() > 0 {
            if self.tasks[at].spout.is_some() && self.keeps_lines(at) {
                self.emit_kept(at, shell.layout.encoding(), &block);
            } else {
                self.emit_block(at, shell.layout.encoding(), &block);
            }
        }
        self.block = block;
        self.after(at);
    }

    /// Whether the lines of a spout are kept until their trees are done. They are not where all who listen are at most once by nature:
    /// there would be nothing to wait for.
    pub fn keeps_lines(&self, at: usize) -> bool {
        let listening = self.routes[at].iter().flatten();
        let mut components =
            listening.map(|listener| &self.topology.components[listener.component]);
        components.any(|listener| {
            let filter = listener.shell.as_ref().is_some_and(Shell::is_lines);
            !filter && listener.builtin != Some(Builtin::Print)
        })
    }

    /// How many lines a spout may emit now.
    pub fn room_for_lines(&self, at: usize) -> usize {
        match &self.tasks[at].spout {
            Some(_) if !self.may_emit(at) => 0,
            Some(spout) if self.keeps_lines(at) => spout.room() as usize,
            _ => usize::MAX,
        }
    }

    fn emit_kept(&mut self, at: usize, encoding: Encoding, block: &Block) {
        row_by_row(at, encoding, block, |out| {
            self.spout_emits(out, true, false);
        });
    }

    /// Rows that are anchored to nothing.
    fn emit_block(&mut self, at: usize, encoding: Encoding, block: &Block) {
        let rows = block.rows();
        let odd = |listener: &Subscription| listener.back_edge || listener.direct;
        if self.tasks[at].aloud || self.routes[at][0].iter().any(odd) {
            self.emit_one_by_one(at, encoding, block);
            return;
        }
        let bytes_a_row = block.bytes() / rows.max(1);
        let mut refused = None;
        let Core {
            routes,
            tasks,
            touched,
            open,
            ..
        } = self;
        let source = tasks[at].id;
        let mut to = Receivers {
            tasks,
            touched,
            block,
            bytes_a_row,
            passed: 0,
        };
        for listener in &mut routes[at][0] {
            let place = Place {
                input: listener.input,
                encoding,
                back_edge: false,
                source,
                repeats: false,
            };
            let first = listener.targets.start as usize;
            let picker = &mut listener.picker;
            if let Some(only) = picker.only_target() {
                to.push(place, first + only, 0, rows);
            } else if picker.copies() {
                for target in listener.targets.clone() {
                    to.push(place, target as usize, 0, rows);
                }
            } else if picker.spreads() {
                // A few lines are spread one by one, many by the piece.
                let piece = (rows / (4 * picker.targets())).clamp(1, PIECE_ROWS);
                let mut start = 0;
                while start < rows {
                    let end = (start + piece).min(rows);
                    let picked = picker.pick(encoding, &[], |n| open[first + n]);
                    if let Ok(Picked::One(target)) = picked {
                        to.push(place, first + target, start, end);
                    }
                    start = end;
                }
            } else {
                let mut row: Vec<&[u8]> = Vec::new();
                for n in 0..rows {
                    row.clear();
                    row.extend(block.piece(n..n + 1));
                    match picker.pick(encoding, &row, |_| true) {
                        Ok(Picked::One(target)) => {
                            to.push_row(place, first + target, &row);
                        }
                        Ok(_) => {}
                        Err(error) => refused = Some(error),
                    }
                }
            }
        }
        let passed = to.passed;
        let counters = &mut tasks[at].counters;
        counters.emitted += rows as u64;
        counters.transferred += passed;
        if let Some(error) = refused {
            self.tasks[at].counters.dropped += 1;
            self.complain(at, &Violation::Key(error.to_string()));
        }
    }

    /// The long way: what goes round in a cycle has a budget.
    fn emit_one_by_one(&mut self, at: usize, encoding: Encoding, block: &Block) {
        row_by_row(at, encoding, block, |out| {
            if let Err(violation) = self.emit(out, &Parent::Nothing, false) {
                self.tasks[at].counters.dropped += 1;
                self.complain(at, &violation);
            }
        });
    }

    /// Appends lines for the filter of `at`: as many as one write should have.
    pub(super) fn fill_lines(&mut self, at: usize, out: &mut Vec<u8>) {
        let topology = self.topology.clone();
        let Some(shell) = &topology.components[self.tasks[at].component].shell else {
            return;
        };
        let pressed = self.tasks[at].queue.cycle_is_pressing();
        let mut any = false;
        while out.len() < WRITE_BYTES
            && let Some(run) = self.tasks[at]
                .queue
                .pop(u32::MAX, WRITE_BYTES, &self.limits)
        {
            any = true;
            self.write_lines_run(at, shell.layout, &topology, &run, out);
            self.tasks[at].queue.recycle(run);
        }
        if any {
            self.made_room(at, pressed);
        }
    }

    fn write_lines_run(
        &mut self,
        at: usize,
        layout: Layout,
        topology: &Topology,
        run: &Run,
        out: &mut Vec<u8>,
    ) {
        let component = &topology.components[self.tasks[at].component];
        let Some(input) = component.inputs.get(usize::from(run.input)) else {
            // A tick is nothing to a filter.
            return;
        };
        let fields = &topology.components[input.component].streams[input.stream].fields;
        let tracked = run.anchors.iter().any(|anchor| anchor.is_tracked());
        let reading = &mut self.tasks[at].reading;
        let base = reading.written;
        let before = out.len();
        let end_of = |out: &Vec<u8>| base + (out.len() - before) as u64;
        let mut refused: Vec<(usize, String)> = Vec::new();
        let texts = matches!(layout, Layout::Separated { .. })
            && run.encoding == Encoding::Msgpack
            && !tracked
            && run.columns().len() == 1;
        match run.columns().next() {
            Some((column, false)) if texts => {
                write_column(column, layout, fields, &self.limits, &mut refused, out);
            }
            _ => run.each_row(&self.limits, |n, row| {
                match write_line(layout, fields, run.encoding, row, out) {
                    Ok(()) if tracked => reading.unread.push_back((end_of(out), 1)),
                    Ok(()) => {}
                    Err(error) => refused.push((n, error.to_string())),
                }
            }),
        }
        let rows = run.anchors.len() - refused.len();
        if tracked {
            reading.written = end_of(out);
        } else {
            let noted = reading.has_before_it(out.get(before..).unwrap_or_default(), layout.end());
            debug_assert_eq!(noted, rows, "a row is a line");
        }
        let task = &mut self.tasks[at];
        task.counters.executed += rows as u64;
        if refused.is_empty() {
            task.in_hand.push_all(&run.anchors);
            return;
        }
        let mut next = refused.iter().map(|(n, _)| *n).peekable();
        for (n, anchor) in run.anchors.iter().enumerate() {
            if next.next_if_eq(&n).is_none() {
                task.in_hand.push(*anchor);
            }
        }
        self.refuse_rows(at, run, &refused);
        self.lost_lines += refused
            .iter()
            .filter(|(n, _)| !run.anchors[*n].is_tracked())
            .count() as u64;
    }

    /// The filter has read all that was made for it but the last `unread` bytes: those rows are acked. Returns whether it has read on, if only within a row.
    pub fn lines_were_read(&mut self, at: usize, unread: usize) -> bool {
        let Core { tasks, acker, .. } = self;
        let task = &mut tasks[at];
        let read = task.reading.written.saturating_sub(unread as u64);
        let read_on = read > task.reading.read;
        task.reading.read = task.reading.read.max(read);
        let mut rows = 0;
        while let Some((end, n)) = task.reading.unread.front()
            && *end <= read
        {
            rows += u64::from(*n);
            task.reading.unread.pop_front();
        }
        if rows == 0 {
            return read_on;
        }
        acker.ack_all(task.in_hand.take_first(rows as usize));
        task.counters.acked += rows;
        task.consumed += rows;
        task.progressed = true;
        self.after(at);
        true
    }

    /// The filter died: what it had not read and nobody tracks is lost, as is what it had read and not yet written, which nobody can count.
    /// Returns how many of the first there are.
    pub fn lines_are_lost(&mut self, at: usize) -> u64 {
        let task = &mut self.tasks[at];
        let first = task.consumed;
        let held = (first..task.sent()).filter_map(|id| task.in_hand.get(id));
        let lost = held.filter(|anchor| !anchor.is_tracked()).count() as u64;
        task.counters.dropped += lost;
        self.lost_lines += lost.max(1);
        lost
    }

    /// A line that is too long to be kept.
    pub fn leave_a_line_out(&mut self, at: usize, said: String) {
        self.tasks[at].counters.dropped += 1;
        self.lost_lines += 1;
        self.complain(at, &Violation::Line(Code::BAD_LINE.told(said)));
    }

    /// Something that a command held, or should have said, is lost, though nobody knows how much.
    pub fn output_is_lost(&mut self) {
        self.lost_lines += 1;
    }

    /// The command of this task has left for good: a filter that had enough, or a spout that is at its end.
    /// What waits for it, or comes for it from now on, goes nowhere. Whoever wrote for it alone is through as well.
    pub fn command_is_through(&mut self, at: usize) {
        self.mark_through(at);
        // Upwards: a filter or a shell spout whose every listener is through works for nobody.
        let topology = self.topology.clone();
        for component in topology.upstream_first().into_iter().rev().flatten() {
            let found = &topology.components[component];
            if !found.shell.as_ref().is_some_and(Shell::is_lines) || found.streams.is_empty() {
                continue;
            }
            let mut listeners = topology.listeners(component, 0).peekable();
            let unheard = listeners.peek().is_some()
                && listeners.all(|(listener, _)| {
                    let mut ids = topology.tasks_of(listener);
                    topology.components[listener].shell.is_some()
                        && ids.all(|id| self.tasks[id as usize - 1].is_through())
                });
            if unheard {
                for id in topology.tasks_of(component) {
                    self.mark_through(id as usize - 1);
                }
            }
        }
        self.wakes.push(Wake::Everyone);
    }

    fn mark_through(&mut self, at: usize) {
        if std::mem::replace(&mut self.tasks[at].reading.through, true) {
            return;
        }
        if let Some(spout) = &mut self.tasks[at].spout {
            spout.done = true;
        }
        self.open[at] = false;
        self.let_go_of_queue(at);
        self.wakes.push(Wake::Writer(at));
        self.wakes.push(Wake::Reader(at));
    }

    /// What waits for a task that is through, and what its command held, is wanted by nobody: it is acked.
    pub fn let_go_of_queue(&mut self, at: usize) {
        if self.tasks[at].spout.is_some() || !self.tasks[at].is_through() {
            return;
        }
        let held = self.tasks[at].in_hand.drain();
        held.iter().for_each(|anchor| self.acker.ack(*anchor));
        while let Some(run) = self.tasks[at].queue.pop(u32::MAX, usize::MAX, &self.limits) {
            run.anchors
                .iter()
                .for_each(|anchor| self.acker.ack(*anchor));
            self.tasks[at].queue.recycle(run);
        }
        let task = &mut self.tasks[at];
        task.reading.unread.clear();
        task.consumed = task.sent();
        self.release_waiters(at);
        self.tell_outcomes();
    }
}

/// Who is given pieces of a block.
struct Receivers<'a> {
    tasks: &'a mut [Task],
    touched: &'a mut Vec<u32>,
    block: &'a Block,
    bytes_a_row: usize,
    passed: u64,
}

impl Receivers<'_> {
    /// Rows from `start` to before `end`, into one queue.
    fn push(&mut self, place: Place, target: usize, mut start: usize, end: usize) {
        if !self.takes(target, (end - start) as u64) {
            return;
        }
        let columns = self.block.piece(0..0).len();
        while start < end {
            let queue = &mut self.tasks[target].queue;
            let some = queue
                .room_in_run(&place, columns, self.bytes_a_row)
                .min(end - start);
            queue.push_columns(
                place,
                some,
                self.block.piece(start..start + some).map(Piece::plain),
                |anchors| {
                    anchors.resize(anchors.len() + some, Anchor::NONE);
                },
            );
            start += some;
        }
    }

    #[inline]
    fn push_row(&mut self, place: Place, target: usize, row: &[&[u8]]) {
        if self.takes(target, 1) {
            self.tasks[target].queue.push(place, row, Anchor::NONE);
        }
    }

    /// Notes that a task is given so many rows; `false` if it takes none any more.
    #[inline]
    fn takes(&mut self, target: usize, rows: u64) -> bool {
        let task = &mut self.tasks[target];
        if task.life == Life::Gone || task.reading.through {
            if !task.reading.through {
                task.counters.dropped += rows;
            }
            return false;
        }
        if task.touched == Touched::No {
            self.touched.push(target as u32);
        }
        task.touched = Touched::Yes;
        self.passed += rows;
        true
    }
}

/// Hands over each row of a block as something that `from` emits on its only stream.
fn row_by_row(from: usize, encoding: Encoding, block: &Block, mut each: impl FnMut(Emitted<'_>)) {
    let mut row = Vec::new();
    for n in 0..block.rows() {
        row.clear();
        row.extend(block.piece(n..n + 1));
        each(Emitted {
            from,
            stream: 0,
            encoding,
            row: &row,
            direct: None,
        });
    }
}

/// Writes a column of MessagePack values, each as a line; `refused` takes those that cannot be one.
fn write_column(
    column: &[u8],
    layout: Layout,
    fields: &[String],
    limits: &Limits,
    refused: &mut Vec<(usize, String)>,
    out: &mut Vec<u8>,
) {
    let (mut at, mut n) = (0, 0);
    loop {
        n += write_texts(column, &mut at, layout.end(), out);
        if at >= column.len() {
            return;
        }
        // Not a text, or one with a line end in it.
        let end = skip(Encoding::Msgpack, column, at, limits).unwrap_or(column.len());
        let value = column.get(at..end).unwrap_or_default();
        if let Err(error) = write_line(layout, fields, Encoding::Msgpack, &[value], out) {
            refused.push((n, error.to_string()));
        }
        (at, n) = (end, n + 1);
    }
}

#[cfg(test)]
#[path = "line_rows_tests.rs"]
mod tests;
