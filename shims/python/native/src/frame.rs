//! What a child has to say, encoded as it is said, until it is worth a frame: `PROTOCOL.md`, "`R`: results".
//!
//! Pure: no Python in here. Rows are appended to the columns of their blocks; a row that turns out not to be plain, or not to fit,
//! is cut off again. What has gathered becomes one frame, whole: it never holds more than one frame may.

use crate::encode;

/// In place of a value: the one before it in its column, once more. As in `PROTOCOL.md`, "Repeats".
pub(crate) const REPEAT: u8 = 0xc1;

const ORDER: u32 = 1;
const MARKS: u32 = 2;
const ANCHORS: u32 = 4;
const DIRECT: u32 = 8;
const ACKS: u32 = 16;
const FAILS: u32 = 32;
const LOOSE: u32 = 64;
const ASK: u32 = 128;

/// How much may gather before it should be sent.
const MAX_ROWS: usize = 4096;
const TARGET_BYTES: usize = 1 << 20;
/// A buffer that one large row has made larger than this is not kept.
const KEPT_BYTES: usize = 2 << 20;

/// One column of a block: values, one behind the other.
#[derive(Default)]
struct Column {
    bytes: Vec<u8>,
    /// Where the last whole row ends.
    whole: usize,
    /// Whether there are repeats in it.
    repeats: bool,
}

/// The rows of one stream, tracked or not.
struct Block {
    stream: u16,
    tracked: bool,
    rows: u32,
    columns: Vec<Column>,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// It is in.
    Yes,
    /// Something in it is not plain data.
    NotPlain,
    /// What has gathered has to be sent first.
    NoRoom,
}

/// What a row has beside its values.
#[derive(Clone, Copy, Default)]
pub(crate) struct Extras<'a> {
    /// The task it goes to; 0 where it is routed.
    pub(crate) task: u32,
    /// The ids it is anchored to, where acks are by hand.
    pub(crate) anchors: &'a [u64],
}

/// Rows and verdicts on their way to the host.
pub(crate) struct Frame {
    blocks: Vec<Block>,
    /// Which block each row is of; empty where there is only one.
    order: Vec<u8>,
    rows: usize,
    bytes: usize,
    /// For each input consumed since the last frame, the number of rows after it.
    marks: Vec<u32>,
    /// Of each row in the frame, where its anchors end.
    anchor_ends: Vec<u32>,
    anchor_ids: Vec<u64>,
    directs: Vec<(usize, u32)>,
    pub(crate) acks: Vec<u64>,
    /// Inputs, or a spout's control frames, as said in the last frame.
    pub(crate) consumed: u64,
    /// Rows in earlier frames.
    pub(crate) sent: u64,
    automatic: bool,
    by_hand: bool,
    max_piece: usize,
    max_row: usize,
    /// The last frame that was made; kept for its memory.
    made: Vec<u8>,
}

impl Frame {
    /// `blocks`: stream, number of columns and whether tracked. `automatic`: a bolt whose inputs are acked by being consumed;
    /// `by_hand`: one that acks itself. A spout is neither.
    pub(crate) fn new(
        blocks: &[(u16, usize, bool)],
        automatic: bool,
        by_hand: bool,
        max_frame: usize,
    ) -> Self {
        let block = |&(stream, width, tracked): &(u16, usize, bool)| Block {
            stream,
            tracked,
            rows: 0,
            columns: (0..width).map(|_| Column::default()).collect(),
        };
        Self {
            blocks: blocks.iter().map(block).collect(),
            order: Vec::new(),
            rows: 0,
            bytes: 0,
            marks: Vec::new(),
            anchor_ends: Vec::new(),
            anchor_ids: Vec::new(),
            directs: Vec::new(),
            acks: Vec::new(),
            consumed: 0,
            sent: 0,
            automatic,
            by_hand,
            max_piece: (4 * TARGET_BYTES).min(max_frame / 2),
            max_row: max_frame.saturating_sub(4096),
            made: Vec::new(),
        }
    }

    /// Rows that wait.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of the values that wait.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Inputs that are through, said or not.
    pub(crate) fn through(&self) -> u64 {
        self.consumed + self.marks.len() as u64
    }

    /// Whether it is time to send. A single row that no frame holds does not count: the error it ends in belongs to no `emit`.
    pub(crate) fn is_full(&self) -> bool {
        self.rows >= MAX_ROWS
            || self.bytes >= TARGET_BYTES && (self.rows > 1 || self.bytes <= self.max_row)
    }

    /// Notes that an input is through.
    pub(crate) fn mark(&mut self) {
        self.marks.push(self.rows as u32);
    }

    /// Adds a row to a block. `encode` appends the value of each column in turn to what it is given, or says that it cannot.
    #[inline]
    pub(crate) fn add(
        &mut self,
        block: usize,
        extras: Extras<'_>,
        mut encode: impl FnMut(usize, &mut Vec<u8>) -> bool,
    ) -> Added {
        let into = &mut self.blocks[block];
        let mut size = 8 * extras.anchors.len();
        let mut added = Added::Yes;
        for (position, column) in into.columns.iter_mut().enumerate() {
            if !encode(position, &mut column.bytes) {
                added = Added::NotPlain;
                break;
            }
            size += column.bytes.len() - column.whole;
        }
        if added == Added::Yes && self.rows > 0 && self.bytes + size > self.max_piece {
            added = Added::NoRoom;
        }
        for column in &mut into.columns {
            if added == Added::Yes {
                column.repeats |= column.bytes.get(column.whole..) == Some(&[REPEAT]);
                column.whole = column.bytes.len();
            } else {
                column.bytes.truncate(column.whole);
            }
        }
        if added != Added::Yes {
            return added;
        }
        into.rows += 1;
        if self.blocks.len() > 1 {
            self.order.push(block as u8);
        }
        if extras.task != 0 {
            self.directs.push((self.rows, extras.task));
        }
        if self.by_hand {
            self.anchor_ids.extend_from_slice(extras.anchors);
            self.anchor_ends.push(self.anchor_ids.len() as u32);
        }
        self.rows += 1;
        self.bytes += size;
        Added::Yes
    }

    /// Everything that waits, as one frame. `loose`: the rows are tied to no input; `ask`: the host shall answer; `fails`: the JSON
    /// of those that are due, or nothing.
    pub(crate) fn take(&mut self, loose: bool, ask: bool, fails: &[u8]) -> &[u8] {
        let mut out = std::mem::take(&mut self.made);
        out.clear();
        out.shrink_to(KEPT_BYTES);
        out.extend_from_slice(b"\xffSHR\0\0\0\0");
        self.consumed += self.marks.len() as u64;
        out.extend_from_slice(&self.consumed.to_le_bytes());
        let flags_at = out.len();
        put(&mut out, 0);
        put(&mut out, self.rows as u32);
        let used: Vec<usize> = (0..self.blocks.len())
            .filter(|&block| self.blocks[block].rows > 0)
            .collect();
        out.extend_from_slice(&(used.len() as u16).to_le_bytes());
        for &block in &used {
            self.blocks[block].write(&mut out);
        }
        let flags = self.sections(&mut out, &used, loose, ask, fails);
        out[flags_at..flags_at + 4].copy_from_slice(&flags.to_le_bytes());
        let length = (out.len() - 8) as u32;
        out[4..8].copy_from_slice(&length.to_le_bytes());
        self.sent += self.rows as u64;
        self.rows = 0;
        self.bytes = 0;
        self.order.clear();
        self.marks.clear();
        self.anchor_ends.clear();
        self.anchor_ids.clear();
        self.directs.clear();
        self.acks.clear();
        self.made = out;
        &self.made
    }

    /// What stands behind the blocks; returns the flags that say so.
    fn sections(
        &self,
        out: &mut Vec<u8>,
        used: &[usize],
        mut loose: bool,
        ask: bool,
        fails: &[u8],
    ) -> u32 {
        let mut flags = 0;
        let any = self.rows > 0;
        if used.len() > 1 {
            flags |= ORDER;
            let mut position = [0; 256];
            for (new, &old) in used.iter().enumerate() {
                position[old] = new as u8;
            }
            out.extend(self.order.iter().map(|&block| position[usize::from(block)]));
        }
        if self.automatic && any && !loose {
            flags |= MARKS;
            put(out, self.marks.len() as u32);
            for &mark in &self.marks {
                put(out, mark);
            }
        }
        if self.by_hand && any {
            if self.anchor_ids.is_empty() {
                loose = true;
            } else {
                flags |= ANCHORS;
                for &end in &self.anchor_ends {
                    put(out, end);
                }
                for id in &self.anchor_ids {
                    out.extend_from_slice(&id.to_le_bytes());
                }
            }
        }
        if !self.directs.is_empty() {
            flags |= DIRECT;
            let mut tasks = vec![0; self.rows];
            for &(row, task) in &self.directs {
                tasks[row] = task;
            }
            for task in tasks {
                put(out, task);
            }
        }
        if !self.acks.is_empty() {
            flags |= ACKS;
            put(out, self.acks.len() as u32);
            for id in &self.acks {
                out.extend_from_slice(&id.to_le_bytes());
            }
        }
        if !fails.is_empty() {
            flags |= FAILS;
            put(out, fails.len() as u32);
            out.extend_from_slice(fails);
        }
        if loose && any {
            flags |= LOOSE;
        }
        if ask {
            flags |= ASK;
        }
        flags
    }
}

impl Block {
    /// Writes the block, and empties it.
    fn write(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.stream.to_le_bytes());
        out.extend_from_slice(&(self.columns.len() as u16).to_le_bytes());
        put(out, self.rows);
        put(out, self.tracked.into());
        for column in &mut self.columns {
            let at = out.len();
            put(out, 0);
            if column.repeats {
                out.push(REPEAT);
            }
            encode::array(self.rows as usize, out);
            out.extend_from_slice(&column.bytes);
            let length = (out.len() - at - 4) as u32;
            out[at..at + 4].copy_from_slice(&length.to_le_bytes());
            column.bytes.clear();
            column.bytes.shrink_to(KEPT_BYTES);
            (column.whole, column.repeats) = (0, false);
        }
        self.rows = 0;
    }
}

fn put(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}
