//! What a component has emitted and finished since its last frame, in the bytes that the frame will have.
//!
//! In a child the library collects this in tables of Lua's. Here it is kept outside of Lua, where a row is neither made nor collected; so it does not
//! count as the state's memory. It holds [`ROWS`] rows at most, or [`BYTES`] of long values and one row more.

use stormhost_protocol::{Encoding, frame};

use super::column::integer_bytes;

/// A frame is due at so many rows.
const ROWS: u32 = 4096;
/// And at so many bytes of long values.
const BYTES: usize = 1 << 20;
/// Values of up to so many bytes are not long. As in `_emit.lua`.
const SHORT: usize = 24;
/// What a frame needs beside its long values, as `_results.lua` has it.
const REST: usize = 1 << 16;
/// Bytes that a column keeps from one frame to the next.
const KEPT: usize = 1 << 20;

/// The rows of one stream.
#[derive(Debug, Default)]
pub(super) struct Block {
    index: u16,
    tracked: u32,
    rows: u32,
    columns: Vec<Vec<u8>>,
}

impl Block {
    pub(super) fn new(index: u16, width: u16, tracked: bool) -> Block {
        Block {
            index,
            tracked: tracked.into(),
            rows: 0,
            columns: vec![Vec::new(); width.into()],
        }
    }
}

/// A value that can be written without further ado.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// Valid UTF-8.
    Text(&'a [u8]),
    Integer(i64),
    /// Finite.
    Float(f64),
    Bool(bool),
    /// Any other, encoded already and counted by [`Sheet::grow`].
    Encoded(&'a [u8]),
}

impl Value<'_> {
    /// What it counts as a long value.
    pub(super) fn long(&self) -> usize {
        match self {
            Value::Text(text) if text.len() >= SHORT => text.len() + 5,
            _ => 0,
        }
    }
}

/// All of it. A fresh one has no streams.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    blocks: Vec<Block>,
    /// The block of each row, if there are several blocks.
    order: Vec<u8>,
    /// For each input that was finished, the rows up to and with it.
    marks: Vec<u32>,
    /// Whether rows say what they are anchored to: then ids, and for each row where its own end.
    anchored: bool,
    anchors: Vec<u64>,
    ends: Vec<u32>,
    count: u32,
    bytes: usize,
    most: usize,
    /// Tracked rows since the start.
    tracked: u64,
    written: Vec<u8>,
}

impl Sheet {
    /// Begins with these streams. `frame`: bytes that a frame may have.
    pub(super) fn begin(&mut self, blocks: Vec<Block>, anchored: bool, frame: usize) {
        *self = Sheet {
            blocks,
            anchored,
            most: frame.saturating_sub(REST),
            ..Sheet::default()
        };
    }

    /// Rows since the last frame.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Inputs that were finished since the last frame.
    pub(super) fn finished(&self) -> usize {
        self.marks.len()
    }

    /// Whether a frame is due.
    pub(super) fn is_full(&self) -> bool {
        self.count >= ROWS || self.bytes > BYTES
    }

    /// Whether long values of so many bytes fit into the frame.
    pub(super) fn fits(&self, long: usize) -> bool {
        self.bytes.saturating_add(long) <= self.most
    }

    /// Notes a long value.
    pub(super) fn grow(&mut self, long: usize) {
        self.bytes = self.bytes.saturating_add(long);
    }

    /// The input in hand is dealt with.
    pub(super) fn mark(&mut self) {
        self.marks.push(self.count);
    }

    /// The number of the last row, which is tracked.
    pub(super) fn track(&mut self) -> u64 {
        self.tracked += 1;
        self.tracked - 1
    }

    /// Anchors the last row to this, too.
    pub(super) fn tie(&mut self, anchor: u64) {
        self.anchors.push(anchor);
        let end = self.anchor_count();
        if let Some(last) = self.ends.last_mut() {
            *last = end;
        }
    }

    fn anchor_count(&self) -> u32 {
        u32::try_from(self.anchors.len()).unwrap_or(u32::MAX)
    }

    /// Writes a value into a column; [`Sheet::row`] follows when all columns of the row have one.
    pub(super) fn put(&mut self, block: usize, column: usize, value: Value<'_>) {
        let Some(bytes) = self
            .blocks
            .get_mut(block)
            .and_then(|block| block.columns.get_mut(column))
        else {
            return;
        };
        self.bytes += value.long();
        match value {
            Value::Text(text) => {
                let length = text.len();
                let [.., d, c, b, a] = length.to_be_bytes();
                match length {
                    0..32 => bytes.push(0xa0 | a),
                    32..0x100 => bytes.extend([0xd9, a]),
                    0x100..0x1_0000 => bytes.extend([0xda, b, a]),
                    _ => bytes.extend([0xdb, d, c, b, a]),
                }
                bytes.extend_from_slice(text);
            }
            Value::Integer(number) => {
                let (written, length) = integer_bytes(number);
                bytes.extend_from_slice(written.get(..length).unwrap_or_default());
            }
            Value::Float(number) => {
                bytes.push(0xcb);
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            Value::Bool(yes) => bytes.push(0xc2 | u8::from(yes)),
            Value::Encoded(value) => bytes.extend_from_slice(value),
        }
    }

    /// A row is complete.
    pub(super) fn row(&mut self, block: usize) {
        if let Some(of) = self.blocks.get_mut(block) {
            of.rows += 1;
        }
        self.count += 1;
        if self.blocks.len() > 1 {
            self.order.push(u8::try_from(block).unwrap_or(u8::MAX));
        }
        if self.anchored {
            self.ends.push(self.anchor_count());
        }
    }

    /// The blocks of a frame of results, and the order of their rows where there are several; how many blocks.
    pub(super) fn rows(&mut self) -> (&[u8], usize) {
        let out = &mut self.written;
        out.clear();
        let mut places = [0; 256];
        let mut used = 0;
        for (block, place) in self.blocks.iter().zip(&mut places) {
            if block.rows == 0 {
                continue;
            }
            *place = used;
            used += 1;
            let width = u16::try_from(block.columns.len()).unwrap_or(u16::MAX);
            out.extend(block.index.to_le_bytes());
            out.extend(width.to_le_bytes());
            out.extend(block.rows.to_le_bytes());
            out.extend(block.tracked.to_le_bytes());
            for column in &block.columns {
                frame::write_column(Encoding::Msgpack, block.rows, column, false, out);
            }
        }
        if used > 1 {
            let place = |block: &u8| places.get(usize::from(*block)).copied().unwrap_or_default();
            out.extend(self.order.iter().map(place));
        }
        (&self.written, used.into())
    }

    /// The marks of a frame of results, without their number.
    pub(super) fn marks(&mut self) -> &[u8] {
        self.written.clear();
        self.written
            .extend(self.marks.iter().flat_map(|mark| mark.to_le_bytes()));
        &self.written
    }

    /// The anchors of a frame of results; `None` where no row has any.
    pub(super) fn anchors(&mut self) -> Option<&[u8]> {
        if self.anchors.is_empty() {
            return None;
        }
        self.written.clear();
        self.written
            .extend(self.ends.iter().flat_map(|end| end.to_le_bytes()));
        self.written
            .extend(self.anchors.iter().flat_map(|id| id.to_le_bytes()));
        Some(&self.written)
    }

    /// Forgets what a frame has said.
    pub(super) fn clear(&mut self) {
        for block in &mut self.blocks {
            block.rows = 0;
            for column in &mut block.columns {
                column.clear();
                column.shrink_to(KEPT);
            }
        }
        self.written.clear();
        self.written.shrink_to(KEPT);
        self.order.clear();
        self.marks.clear();
        self.anchors.clear();
        self.ends.clear();
        self.count = 0;
        self.bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(blocks: &[(u16, u16, bool)], anchored: bool) -> Sheet {
        let mut sheet = Sheet::default();
        let blocks = blocks
            .iter()
            .map(|&(index, width, tracked)| Block::new(index, width, tracked))
            .collect();
        sheet.begin(blocks, anchored, 8 << 20);
        sheet
    }

    fn block(index: u16, tracked: u32, rows: u32, columns: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = index.to_le_bytes().to_vec();
        bytes.extend((columns.len() as u16).to_le_bytes());
        bytes.extend(rows.to_le_bytes());
        bytes.extend(tracked.to_le_bytes());
        for column in columns {
            bytes.extend((column.len() as u32).to_le_bytes());
            bytes.extend(column);
        }
        bytes
    }

    fn packed<T: serde::Serialize>(values: &[T]) -> Vec<u8> {
        rmp_serde::to_vec(values).unwrap()
    }

    #[test]
    fn values_stand_as_they_do_in_message_pack() {
        let long = "x".repeat(70_000);
        let texts = ["", "é", &long[..31], &long[..32], &long[..256], &long];
        let mut sheet = sheet(&[(0, 4, false)], false);
        for (at, text) in texts.iter().enumerate() {
            sheet.put(0, 0, Value::Text(text.as_bytes()));
            sheet.put(0, 1, Value::Integer(at as i64 - 300));
            sheet.put(0, 2, Value::Float(0.5));
            sheet.put(0, 3, Value::Bool(at == 1));
            sheet.row(0);
        }
        let columns = [
            packed(&texts),
            packed(&[-300, -299, -298, -297, -296, -295]),
            packed(&[0.5; 6]),
            packed(&[false, true, false, false, false, false]),
        ];
        let (bytes, used) = sheet.rows();
        assert_eq!((bytes, used), (block(0, 0, 6, &columns).as_slice(), 1));
    }

    #[test]
    fn rows_of_several_blocks_say_their_order() {
        let mut sheet = sheet(&[(0, 1, false), (1, 1, false), (2, 1, true)], false);
        for (block, value) in [(2, 7), (0, 8), (2, 9)] {
            sheet.put(block, 0, Value::Integer(value));
            sheet.row(block);
        }
        let mut expected = block(0, 0, 1, &[packed(&[8])]);
        expected.extend(block(2, 1, 2, &[packed(&[7, 9])]));
        expected.extend([1, 0, 1]);
        assert_eq!(sheet.rows(), (expected.as_slice(), 2));
        sheet.clear();
        assert_eq!(sheet.count(), 0);
        assert_eq!(sheet.rows(), ([].as_slice(), 0));
    }

    #[test]
    fn marks_and_anchors_say_which_rows_are_whose() {
        let mut sheet = sheet(&[(0, 1, false)], true);
        assert_eq!(sheet.anchors(), None);
        for anchors in [&[][..], &[4, 5], &[6]] {
            sheet.put(0, 0, Value::Encoded(&[0xc0]));
            sheet.row(0);
            for anchor in anchors {
                sheet.tie(*anchor);
            }
            sheet.mark();
        }
        assert_eq!(sheet.finished(), 3);
        let marks: Vec<u8> = [1u32, 2, 3].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(sheet.marks(), marks);
        let mut anchors: Vec<u8> = [0u32, 2, 3].iter().flat_map(|n| n.to_le_bytes()).collect();
        anchors.extend([4u64, 5, 6].iter().flat_map(|n| n.to_le_bytes()));
        assert_eq!(sheet.anchors(), Some(anchors.as_slice()));
        sheet.clear();
        assert_eq!((sheet.finished(), sheet.anchors()), (0, None));
    }

    #[test]
    fn a_frame_is_due_at_many_rows_or_bytes_and_takes_no_more_than_it_may() {
        let mut sheet = sheet(&[(0, 1, false)], false);
        for _ in 0..ROWS {
            assert!(!sheet.is_full());
            sheet.put(0, 0, Value::Text(b"word"));
            sheet.row(0);
        }
        assert!(sheet.is_full());
        sheet.clear();
        let text = "x".repeat(BYTES);
        sheet.put(0, 0, Value::Text(text.as_bytes()));
        assert!(sheet.is_full() && sheet.fits(6 << 20) && !sheet.fits(7 << 20));
        sheet.clear();
        sheet.grow(8 << 20);
        assert!(sheet.is_full() && !sheet.fits(0));
    }

    #[test]
    fn what_is_tracked_is_numbered_beyond_frames() {
        let mut sheet = sheet(&[(0, 1, true)], false);
        assert_eq!((sheet.track(), sheet.track()), (0, 1));
        sheet.clear();
        assert_eq!(sheet.track(), 2);
    }
}
