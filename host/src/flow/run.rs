//! Rows of one input from senders of one encoding, kept as columns: just what a frame carries, so that delivering a run is a copy of a few buffers.
//!
//! Rows are appended to the last run of a [queue](super::queue), so a busy sender pays no allocation per tuple.

use stormhost_protocol::frame::Source;
use stormhost_protocol::{Encoding, LONGEST_REPEATED, Limits, Piece, REPEAT, skip};

use super::acker::Anchor;

/// Rows in a run, and bytes in it, after which a new one is begun. Long enough that what a run costs disappears among its rows,
/// short enough that a run fits a frame.
pub(super) const RUN_ROWS: u32 = 1024;
pub(super) const RUN_BYTES: usize = 128 * 1024;

/// A value shorter than this is not compared with the one before it.
const SHORTEST_REPEATED: usize = 32;

/// The values of one field.
#[derive(Default)]
struct Values {
    /// Values with commas between them in JSON, back to back in MessagePack, there perhaps with [`REPEAT`].
    bytes: Vec<u8>,
    /// Where the last value stands that is no repeat, if it may be repeated; else empty.
    last: (usize, usize),
    /// Whether there are repeats.
    repeats: bool,
}

impl Values {
    /// Whether a value is the same as the last one.
    #[inline]
    fn repeats(&self, value: &[u8]) -> bool {
        (SHORTEST_REPEATED..=LONGEST_REPEATED).contains(&value.len())
            && self.bytes.get(self.last.0..self.last.1) == Some(value)
    }

    /// Appends a value where repeats are allowed.
    #[inline]
    fn push_or_repeat(&mut self, value: &[u8]) -> usize {
        if self.repeats(value) {
            self.bytes.push(REPEAT);
            self.repeats = true;
            return 1;
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.last = (from, self.bytes.len());
        value.len()
    }

    /// Appends values where repeats are allowed.
    fn push_piece(&mut self, piece: &Piece<'_>) -> usize {
        let from = self.bytes.len();
        let mut rest = piece.bytes;
        let mut moved = 0;
        if let Some(before) = piece.before {
            // What is repeated there may not be what stands last here.
            self.push_or_repeat(before);
            rest = rest.get(1..).unwrap_or_default();
            moved = self.bytes.len() - from - 1;
        }
        let at = from + moved;
        self.bytes.extend_from_slice(rest);
        self.repeats |= piece.repeats;
        if piece.last.1 > piece.last.0 {
            self.last = (at + piece.last.0, at + piece.last.1);
        } else if piece.before.is_none() {
            self.last = (0, 0);
        }
        self.bytes.len() - from
    }
}

/// Rows of one input, in order.
pub struct Run {
    /// Which of the receiver's inputs.
    pub input: u16,
    /// How the values are encoded: as the sender did.
    pub encoding: Encoding,
    /// Came over a subscription that closes a cycle.
    pub back_edge: bool,
    /// What each row owes; as many as there are rows.
    pub anchors: Vec<Anchor>,
    /// Whether values that repeat the one before them may be left out.
    repeats: bool,
    columns: Vec<Values>,
    fields: usize,
    source: u32,
    pub(super) sources: Vec<u32>,
    bytes: usize,
}

impl Run {
    pub(super) fn empty() -> Run {
        Run {
            input: 0,
            encoding: Encoding::Json,
            back_edge: false,
            anchors: Vec::new(),
            repeats: false,
            columns: Vec::new(),
            fields: 0,
            source: 0,
            sources: Vec::new(),
            bytes: 0,
        }
    }

    pub(super) fn begin(&mut self, place: &Place, fields: usize) {
        (self.input, self.encoding, self.back_edge) =
            (place.input, place.encoding, place.back_edge);
        (self.source, self.repeats, self.fields) = (place.source, place.repeats, fields);
        if self.columns.len() < fields {
            self.columns.resize_with(fields, Values::default);
        }
    }

    pub(super) fn clear(&mut self) {
        for column in &mut self.columns {
            column.bytes.clear();
            (column.last, column.repeats) = ((0, 0), false);
        }
        self.anchors.clear();
        self.sources.clear();
        self.bytes = 0;
    }

    /// Whether each of its buffers has room for so many bytes at most.
    pub(super) fn holds_at_most(&self, bytes: usize) -> bool {
        self.columns
            .iter()
            .all(|column| column.bytes.capacity() <= bytes)
    }

    /// How many rows it has.
    pub fn rows(&self) -> u32 {
        self.anchors.len() as u32
    }

    /// How many bytes its values take here.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The tasks the rows come from, by Storm's ids.
    pub fn source(&self) -> Source<'_> {
        if self.sources.is_empty() {
            Source::One(self.source)
        } else {
            Source::Each(&self.sources)
        }
    }

    /// The task that row `at` comes from, by Storm's id.
    pub fn source_of(&self, at: usize) -> u32 {
        self.sources.get(at).copied().unwrap_or(self.source)
    }

    /// The columns, one a field, and whether they have repeats.
    pub fn columns(&self) -> impl ExactSizeIterator<Item = (&[u8], bool)> {
        self.columns[..self.fields]
            .iter()
            .map(|column| (column.bytes.as_slice(), column.repeats))
    }

    /// Whether any of its columns has repeats.
    pub fn has_repeats(&self) -> bool {
        self.columns().any(|(_, repeats)| repeats)
    }

    /// Calls `each` with the values of every row, in order.
    pub fn each_row(&self, limits: &Limits, mut each: impl FnMut(usize, &[&[u8]])) {
        let comma = usize::from(self.encoding == Encoding::Json);
        let mut starts = vec![0; self.fields];
        let mut row: Vec<&[u8]> = vec![&[]; self.fields];
        for at in 0..self.anchors.len() {
            for ((start, value), (values, repeats)) in
                starts.iter_mut().zip(&mut row).zip(self.columns())
            {
                if repeats && values.get(*start) == Some(&REPEAT) {
                    *start += 1;
                    continue;
                }
                // The values were walked when they came in, so each column holds one for every row.
                let end = skip(self.encoding, values, *start, limits).unwrap_or(values.len());
                *value = values.get(*start..end).unwrap_or_default();
                *start = end + comma;
            }
            each(at, &row);
        }
    }

    /// Whether rows of this kind may be appended.
    #[inline]
    pub(super) fn takes(&self, place: &Place, fields: usize) -> bool {
        self.input == place.input
            && self.encoding == place.encoding
            && self.back_edge == place.back_edge
            && self.repeats == place.repeats
            && self.fields == fields
            && self.rows() < RUN_ROWS
            && self.bytes < RUN_BYTES
    }

    pub(super) fn push(&mut self, source: u32, row: &[&[u8]], anchor: Anchor) -> usize {
        self.note_source(source, 1);
        let first = self.anchors.is_empty();
        let mut bytes = 0;
        for (column, value) in self.columns.iter_mut().zip(row) {
            if self.repeats {
                bytes += column.push_or_repeat(value);
                continue;
            }
            if self.encoding == Encoding::Json && !first {
                column.bytes.push(b',');
            }
            column.bytes.extend_from_slice(value);
            bytes += value.len();
        }
        self.anchors.push(anchor);
        self.bytes += bytes;
        bytes
    }

    /// Columns of `n` rows, each as it stands in a frame.
    pub(super) fn push_columns<'a>(
        &mut self,
        source: u32,
        n: usize,
        columns: impl Iterator<Item = Piece<'a>>,
    ) -> usize {
        self.note_source(source, n);
        let json = self.encoding == Encoding::Json;
        let comma = json && !self.anchors.is_empty();
        let between = if json { n - 1 } else { 0 };
        let mut bytes = 0;
        for (column, values) in self.columns.iter_mut().zip(columns) {
            if self.repeats {
                bytes += column.push_piece(&values);
                continue;
            }
            debug_assert!(!values.repeats, "these go by the row");
            if comma {
                column.bytes.push(b',');
            }
            column.bytes.extend_from_slice(values.bytes);
            bytes += values.bytes.len() - between;
        }
        self.bytes += bytes;
        bytes
    }

    /// The next `n` rows, which are about to be appended, are from this task.
    #[inline]
    fn note_source(&mut self, source: u32, n: usize) {
        if source != self.source || !self.sources.is_empty() {
            self.note_another_source(source, n);
        }
    }

    /// Rows from a second task: from here on each row has its own.
    #[cold]
    fn note_another_source(&mut self, source: u32, n: usize) {
        let before = self.anchors.len();
        if self.sources.is_empty() {
            self.sources.resize(before, self.source);
        }
        self.sources.resize(before + n, source);
    }
}

/// What a row's run has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Which of the receiver's inputs.
    pub input: u16,
    /// How the values are encoded.
    pub encoding: Encoding,
    /// Comes over a subscription that closes a cycle.
    pub back_edge: bool,
    /// The sender's task, by Storm's id.
    pub source: u32,
    /// Whether the receiver takes [`REPEAT`] in place of a value.
    pub repeats: bool,
}

/// Moves the first rows of `front` to `head`: the receiver is slow, or the rows are large.
pub(super) fn split(
    front: &mut Run,
    mut head: Run,
    max_rows: u32,
    max_bytes: usize,
    limits: &Limits,
) -> Run {
    let place = Place {
        input: front.input,
        encoding: front.encoding,
        back_edge: front.back_edge,
        source: front.source_of(0),
        repeats: front.repeats,
    };
    head.begin(&place, front.fields);
    let mut rest = Run::empty();
    rest.begin(&place, front.fields);
    front.each_row(limits, |at, row| {
        let bytes: usize = row.iter().map(|value| value.len()).sum();
        let fits = rest.anchors.is_empty()
            && head.rows() < max_rows
            && (head.anchors.is_empty() || head.bytes + bytes <= max_bytes);
        let into = if fits { &mut head } else { &mut rest };
        if into.anchors.is_empty() {
            into.source = front.source_of(at);
        }
        into.push(front.source_of(at), row, front.anchors[at]);
    });
    *front = rest;
    head
}
