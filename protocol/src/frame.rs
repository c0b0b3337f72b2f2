//! Frames: many tuples, or many results, in one length-prefixed piece. `PROTOCOL.md` has the layout in prose.
//!
//! Reading borrows from the buffer and allocates once a frame, never once a tuple.

use crate::{Encoding, REPEAT};

/// How a frame begins: a byte that no UTF-8 text holds, then `SH`.
pub const MAGIC: [u8; 3] = [0xFF, b'S', b'H'];
/// Bytes before the payload: the magic, the kind and the length.
pub const HEADER: usize = 8;

/// The version of the frame layout that this crate speaks.
pub const VERSION: u32 = 1;

/// What a frame carries. The discriminant is the letter on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Tuples, host to bolt.
    Tuples = b'T',
    /// How many tuples a spout may emit in all.
    Credit = b'N',
    /// Completed trees, host to spout.
    Acked = b'A',
    /// Failed trees, host to spout.
    Failed = b'F',
    /// Where the last row of a frame went.
    TaskIds = b'I',
    /// A command, as JSON.
    Command = b'C',
    /// Results, child to host.
    Results = b'R',
    /// A message of Storm's kinds, as JSON, child to host.
    Message = b'M',
}

impl Kind {
    fn of(letter: u8) -> Option<Kind> {
        Some(match letter {
            b'T' => Kind::Tuples,
            b'N' => Kind::Credit,
            b'A' => Kind::Acked,
            b'F' => Kind::Failed,
            b'I' => Kind::TaskIds,
            b'C' => Kind::Command,
            b'R' => Kind::Results,
            b'M' => Kind::Message,
            _ => return None,
        })
    }
}

/// What stands at the front of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// One whole frame.
    Frame(Kind, &'a [u8]),
    /// Bytes that are no frame: somebody printed them.
    Stray(&'a [u8]),
}

/// Why a frame could not be read. There is no way back from any of these: the child has to be started again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length in the header is over the limit.
    #[error(
        "a frame of {length} bytes is over the limit of {limit} bytes (stormhost.max.message.bytes)"
    )]
    TooLong {
        /// What the header says, in bytes.
        length: usize,
        /// The limit in force, in bytes.
        limit: usize,
    },
    /// The payload ends before a section that its flags announce.
    #[error("a results frame is cut short: {0} is missing")]
    Cut(&'static str),
    /// Two parts of the payload contradict each other.
    #[error("a frame contradicts itself: {0}")]
    Contradiction(&'static str),
    /// A value in a column is none.
    #[error("a column of a results frame cannot be read: {0}")]
    Values(#[from] crate::ScanError),
}

/// Finds the frame, or the stray bytes, at the front of `buf`, and how many bytes they take.
/// `None` means that more has to be read.
///
/// # Errors
/// `TooLong`, as soon as the header is there: memory is never reserved for a frame over the limit.
pub fn next_frame(buf: &[u8], limit: usize) -> Result<Option<(usize, Found<'_>)>, FrameError> {
    match find_magic(buf) {
        0 => {}
        at => return Ok(Some((at, Found::Stray(buf.get(..at).unwrap_or(buf))))),
    }
    let Some(&[_, _, _, letter, length @ ..]) = buf.first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let Some(kind) = Kind::of(letter) else {
        // Looks like a frame but is none that we know: text by chance.
        let text = buf.get(..MAGIC.len()).unwrap_or(buf);
        return Ok(Some((text.len(), Found::Stray(text))));
    };
    let length = u32::from_le_bytes(length) as usize;
    if length > limit {
        return Err(FrameError::TooLong { length, limit });
    }
    Ok(buf
        .get(HEADER..HEADER + length)
        .map(|payload| (HEADER + length, Found::Frame(kind, payload))))
}

/// Where the magic, or a beginning of it that the buffer cuts, stands; the length of `buf` where it does not.
fn find_magic(buf: &[u8]) -> usize {
    memchr::memchr_iter(MAGIC[0], buf)
        .find(|&at| {
            let rest = buf.get(at..).unwrap_or_default();
            rest.starts_with(&MAGIC) || MAGIC.starts_with(rest)
        })
        .unwrap_or(buf.len())
}

/// Appends a frame whose payload `fill` writes.
pub fn write(kind: Kind, out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&[kind as u8, 0, 0, 0, 0]);
    fill(out);
    let length = (out.len() - start - HEADER) as u32;
    if let Some(place) = out.get_mut(start + 4..start + HEADER) {
        place.copy_from_slice(&length.to_le_bytes());
    }
}

/// Appends a credit frame: the child may emit `total` tuples in all since its start.
pub fn write_credit(total: u64, out: &mut Vec<u8>) {
    write(Kind::Credit, out, |out| {
        out.extend_from_slice(&total.to_le_bytes())
    });
}

/// Appends the frame that tells a spout which of its trees are complete, as ranges `(first, count)`.
pub fn write_acked(ranges: &[(u64, u64)], out: &mut Vec<u8>) {
    write(Kind::Acked, out, |out| {
        for (first, count) in ranges {
            out.extend_from_slice(&first.to_le_bytes());
            out.extend_from_slice(&count.to_le_bytes());
        }
    });
}

/// Appends a command frame.
pub fn write_command(command: &str, out: &mut Vec<u8>) {
    write(Kind::Command, out, |out| {
        out.extend_from_slice(b"{\"command\":\"");
        out.extend_from_slice(command.as_bytes());
        out.extend_from_slice(b"\"}");
    });
}

/// What stands before the rows of one run in a `T` frame.
#[derive(Clone, Copy, Debug)]
pub struct RunHead<'a> {
    /// Which of the receiver's inputs.
    pub input: u16,
    /// How many rows.
    pub rows: u32,
    /// The source tasks of the rows: one for all, or one for each.
    pub source: Source<'a>,
}

/// Which tasks the rows of a run come from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// All from this one.
    One(u32),
    /// Each from its own.
    Each(&'a [u32]),
}

/// Appends the head of a run and its columns, each column being the values of its rows without the brackets or the array header around them:
/// values separated by commas in JSON, back to back in MessagePack; and whether it has repeats.
pub fn write_run<'a>(
    head: RunHead<'_>,
    encoding: Encoding,
    columns: impl ExactSizeIterator<Item = (&'a [u8], bool)>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(&head.input.to_le_bytes());
    out.extend_from_slice(&(columns.len() as u16).to_le_bytes());
    out.extend_from_slice(&head.rows.to_le_bytes());
    match head.source {
        Source::One(task) => out.extend_from_slice(&task.to_le_bytes()),
        Source::Each(tasks) => {
            out.extend_from_slice(&0u32.to_le_bytes());
            for task in tasks {
                out.extend_from_slice(&task.to_le_bytes());
            }
        }
    }
    for (values, repeats) in columns {
        write_column(encoding, head.rows, values, repeats, out);
    }
}

/// Appends one column: its length, then the array that `values` are the inside of; `repeats`: whether there may be some in it.
pub fn write_column(
    encoding: Encoding,
    rows: u32,
    values: &[u8],
    repeats: bool,
    out: &mut Vec<u8>,
) {
    match encoding {
        Encoding::Json => {
            out.extend_from_slice(&(values.len() as u32 + 2).to_le_bytes());
            out.push(b'[');
            out.extend_from_slice(values);
            out.push(b']');
        }
        Encoding::Msgpack => {
            let (head, n) = array_head(rows);
            let length = values.len() + n + usize::from(repeats);
            out.extend_from_slice(&(length as u32).to_le_bytes());
            if repeats {
                out.push(REPEAT);
            }
            out.extend_from_slice(head.get(..n).unwrap_or(&head));
            out.extend_from_slice(values);
        }
    }
}

/// The header of a MessagePack array of `n` elements, and its length.
fn array_head(n: u32) -> ([u8; 5], usize) {
    let b = n.to_be_bytes();
    match n {
        0..=15 => ([0x90 | n as u8, 0, 0, 0, 0], 1),
        16..=0xFFFF => ([0xDC, b[2], b[3], 0, 0], 3),
        _ => ([0xDD, b[0], b[1], b[2], b[3]], 5),
    }
}

const ORDER: u32 = 1;
const MARKS: u32 = 2;
const ANCHORS: u32 = 4;
const DIRECT: u32 = 8;
const ACKS: u32 = 16;
const FAILS: u32 = 32;
const LOOSE: u32 = 64;
const ASK: u32 = 128;

/// A results frame, borrowed. What it says about itself is checked; what it says about the topology is not.
#[derive(Debug)]
pub struct Results<'a> {
    /// How far the child has come with what it was sent.
    pub consumed: u64,
    /// How many rows the blocks hold together.
    pub emits: u32,
    /// Rows by stream.
    pub blocks: Vec<Block<'a>>,
    /// Which block each row is taken from; empty when there is at most one block.
    pub order: &'a [u8],
    /// For each input consumed since the last frame: emits up to and with it.
    pub marks: Option<U32s<'a>>,
    /// For each row: where its anchors end in `anchor_ids`.
    pub anchor_ends: Option<U32s<'a>>,
    /// The ids rows are anchored to.
    pub anchor_ids: U64s<'a>,
    /// For each row: the task it goes to, or 0.
    pub direct: Option<U32s<'a>>,
    /// Ids acked by hand.
    pub acks: U64s<'a>,
    /// JSON array of `[id, reason]`, where something failed.
    pub fails: Option<&'a [u8]>,
    /// The rows have no anchors.
    pub loose: bool,
    /// The child waits to be told where its last row went.
    pub ask: bool,
}

/// The rows of one stream in a results frame.
#[derive(Debug)]
pub struct Block<'a> {
    /// Which of the sender's streams.
    pub stream: u16,
    /// How many rows.
    pub rows: u32,
    /// Whether the rows have message ids (spouts).
    pub tracked: bool,
    /// One complete array a field.
    pub columns: Vec<&'a [u8]>,
}

/// Little-endian u32s that stand in a frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct U32s<'a>(&'a [u8]);

/// Little-endian u64s that stand in a frame.
#[derive(Clone, Copy, Debug, Default)]
pub struct U64s<'a>(&'a [u8]);

impl U32s<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len() / 4
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The one at `i`.
    #[inline]
    pub fn get(&self, i: usize) -> Option<u32> {
        self.0
            .get(i * 4..)?
            .first_chunk()
            .map(|b| u32::from_le_bytes(*b))
    }
    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.as_chunks().0.iter().copied().map(u32::from_le_bytes)
    }
}

impl U64s<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len() / 8
    }
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The one at `i`.
    #[inline]
    pub fn get(&self, i: usize) -> Option<u64> {
        self.0
            .get(i * 8..)?
            .first_chunk()
            .map(|b| u64::from_le_bytes(*b))
    }
    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.as_chunks().0.iter().copied().map(u64::from_le_bytes)
    }
}

/// Takes parts off the front of a payload, and says what was missing.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize, what: &'static str) -> Result<&'a [u8], FrameError> {
        let (head, rest) = self.0.split_at_checked(n).ok_or(FrameError::Cut(what))?;
        self.0 = rest;
        Ok(head)
    }
    fn bytes<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], FrameError> {
        let (head, rest) = self.0.split_first_chunk().ok_or(FrameError::Cut(what))?;
        self.0 = rest;
        Ok(*head)
    }
    fn u16(&mut self, what: &'static str) -> Result<u16, FrameError> {
        self.bytes(what).map(u16::from_le_bytes)
    }
    fn u32(&mut self, what: &'static str) -> Result<u32, FrameError> {
        self.bytes(what).map(u32::from_le_bytes)
    }
    fn u64(&mut self, what: &'static str) -> Result<u64, FrameError> {
        self.bytes(what).map(u64::from_le_bytes)
    }
    fn items(&mut self, n: usize, size: usize, what: &'static str) -> Result<&'a [u8], FrameError> {
        self.take(n.checked_mul(size).ok_or(FrameError::Cut(what))?, what)
    }
}

impl<'a> Results<'a> {
    /// Reads the payload of an `R` frame.
    ///
    /// # Errors
    /// `Cut` and `Contradiction`. Values inside columns are not looked at.
    pub fn parse(payload: &'a [u8]) -> Result<Results<'a>, FrameError> {
        let mut at = Cursor(payload);
        let consumed = at.u64("the count of what was consumed")?;
        let flags = at.u32("the flags")?;
        let emits = at.u32("the count of rows")?;
        let count = at.u16("the count of blocks")?;
        let mut blocks = Vec::with_capacity(usize::from(count).min(255));
        let mut rows_in_all = 0u64;
        for _ in 0..count {
            let stream = at.u16("a block's stream")?;
            let columns = at.u16("a block's columns")?;
            let rows = at.u32("a block's rows")?;
            let tracked = at.u32("a block's tracked flag")? != 0;
            rows_in_all += u64::from(rows);
            // A column takes four bytes at least, so what is reserved stays within what was sent.
            let mut held = Vec::with_capacity(usize::from(columns).min(at.0.len() / 4));
            for _ in 0..columns {
                let length = at.u32("a column's length")? as usize;
                held.push(at.take(length, "a column")?);
            }
            blocks.push(Block {
                stream,
                rows,
                tracked,
                columns: held,
            });
        }
        if rows_in_all != u64::from(emits) {
            return Err(FrameError::Contradiction(
                "its blocks hold another number of rows than it says",
            ));
        }
        let n = emits as usize;
        let order = if flags & ORDER != 0 {
            at.take(n, "the order")?
        } else {
            &[]
        };
        if blocks.len() > 1 && order.len() != n {
            return Err(FrameError::Contradiction("several blocks need an order"));
        }
        let marks = match flags & MARKS {
            0 => None,
            _ => {
                let n = at.u32("the count of marks")? as usize;
                Some(U32s(at.items(n, 4, "the marks")?))
            }
        };
        let (anchor_ends, anchor_ids) = match flags & ANCHORS {
            0 => (None, U64s::default()),
            _ => {
                let ends = U32s(at.items(n, 4, "the ends of anchors")?);
                let ids = n
                    .checked_sub(1)
                    .and_then(|last| ends.get(last))
                    .unwrap_or(0) as usize;
                (Some(ends), U64s(at.items(ids, 8, "the anchors")?))
            }
        };
        let direct = match flags & DIRECT {
            0 => None,
            _ => Some(U32s(at.items(n, 4, "the direct tasks")?)),
        };
        let acks = match flags & ACKS {
            0 => U64s::default(),
            _ => {
                let n = at.u32("the count of acks")? as usize;
                U64s(at.items(n, 8, "the acks")?)
            }
        };
        let fails = match flags & FAILS {
            0 => None,
            _ => {
                let length = at.u32("the length of the fails")? as usize;
                Some(at.take(length, "the fails")?)
            }
        };
        if !at.0.is_empty() {
            return Err(FrameError::Contradiction("bytes are left over at its end"));
        }
        let (loose, ask) = (flags & LOOSE != 0, flags & ASK != 0);
        Ok(Results {
            consumed,
            emits,
            blocks,
            order,
            marks,
            anchor_ends,
            anchor_ids,
            direct,
            acks,
            fails,
            loose,
            ask,
        })
    }
}

#[cfg(test)]
mod tests;
