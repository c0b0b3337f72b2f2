//! What waits for a task: runs of rows, bounded in tuples and in bytes.
//!
//! A run is rows of one input from senders of one encoding, kept as columns: just what a frame carries, so that delivering a run is a copy of a few buffers.
//! Rows are appended to the last run, so a busy sender pays no allocation per tuple.

use std::collections::VecDeque;

use stormhost_protocol::frame::Source;
use stormhost_protocol::{Encoding, LONGEST_REPEATED, Limits, Piece, REPEAT, skip};

use super::acker::Anchor;

/// Rows in a run, and bytes in it, after which a new one is begun. Long enough that what a run costs disappears among its rows,
/// short enough that a run fits a frame.
const RUN_ROWS: u32 = 1024;
const RUN_BYTES: usize = 128 * 1024;

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
    sources: Vec<u32>,
    bytes: usize,
}

impl Run {
    fn empty() -> Run {
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

    fn begin(&mut self, place: &Place, fields: usize) {
        (self.input, self.encoding, self.back_edge) =
            (place.input, place.encoding, place.back_edge);
        (self.source, self.repeats, self.fields) = (place.source, place.repeats, fields);
        if self.columns.len() < fields {
            self.columns.resize_with(fields, Values::default);
        }
    }

    fn clear(&mut self) {
        for column in &mut self.columns {
            column.bytes.clear();
            (column.last, column.repeats) = ((0, 0), false);
        }
        self.anchors.clear();
        self.sources.clear();
        self.bytes = 0;
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
    fn takes(&self, place: &Place, fields: usize) -> bool {
        self.input == place.input
            && self.encoding == place.encoding
            && self.back_edge == place.back_edge
            && self.repeats == place.repeats
            && self.fields == fields
            && self.rows() < RUN_ROWS
            && self.bytes < RUN_BYTES
    }

    fn push(&mut self, source: u32, row: &[&[u8]], anchor: Anchor) -> usize {
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
    fn push_columns<'a>(
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

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Tuples.
    pub rows: usize,
    /// Bytes of values.
    pub bytes: usize,
    /// Bytes of values that came over subscriptions that close a cycle.
    pub cycle_bytes: usize,
}

/// What waits for one task.
pub struct Queue {
    runs: VecDeque<Run>,
    spare: Vec<Run>,
    rows: usize,
    bytes: usize,
    cycle_bytes: usize,
    limits: QueueLimits,
}

/// Buffers of runs kept for the next ones, a queue. Enough for a busy task; what is over is given back to the allocator.
const SPARE_RUNS: usize = 8;
/// A buffer that once held this much is not kept.
const SPARE_BYTES: usize = 2 * RUN_BYTES;

impl Queue {
    /// An empty queue.
    pub fn new(limits: QueueLimits) -> Queue {
        Queue {
            runs: VecDeque::new(),
            spare: Vec::new(),
            rows: 0,
            bytes: 0,
            cycle_bytes: 0,
            limits,
        }
    }

    /// How many tuples wait.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many bytes of values wait.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// From now on so many rows wait here before senders do.
    pub fn hold(&mut self, rows: usize) {
        self.limits.rows = rows;
    }

    /// Whether senders have to wait. What they have in hand may still be pushed: a queue exceeds its limits by at most one frame a sender.
    pub fn is_full(&self) -> bool {
        self.rows >= self.limits.rows || self.bytes >= self.limits.bytes
    }

    /// Whether senders that waited may go on: at half, so that they do not stop and go at every tuple.
    pub fn has_room_again(&self) -> bool {
        self.rows <= self.limits.rows / 2 && self.bytes <= self.limits.bytes / 2
    }

    /// Whether a tuple of `bytes` that comes over a back edge is over the cycle's budget.
    pub fn cycle_is_full(&self, bytes: usize) -> bool {
        self.cycle_bytes + bytes > self.limits.cycle_bytes
    }

    /// Whether a cycle has used more than half its budget here: spouts wait then.
    pub fn cycle_is_pressing(&self) -> bool {
        self.cycle_bytes > self.limits.cycle_bytes / 2
    }

    /// Appends a row.
    #[inline]
    pub fn push(&mut self, place: Place, row: &[&[u8]], anchor: Anchor) {
        let run = self.last_run(&place, row.len());
        let bytes = run.push(place.source, row, anchor);
        self.grew(&place, 1, bytes);
    }

    /// How many rows of this kind may be appended in one piece, if each takes about so many bytes. At least one.
    #[inline]
    pub fn room_in_run(&self, place: &Place, fields: usize, bytes_a_row: usize) -> usize {
        let (rows, bytes) = match self.runs.back() {
            Some(run) if run.takes(place, fields) => (run.anchors.len(), run.bytes),
            _ => (0, 0),
        };
        let by_bytes = (RUN_BYTES - bytes) / bytes_a_row.max(1);
        by_bytes.clamp(1, RUN_ROWS as usize - rows)
    }

    /// Appends `n` rows, given as a piece of each column ([`Column::next_piece`](stormhost_protocol::Column::next_piece)), which has repeats only
    /// where the place takes them; `anchor` appends what each of them owes.
    #[inline]
    pub fn push_columns<'a>(
        &mut self,
        place: Place,
        n: usize,
        columns: impl ExactSizeIterator<Item = Piece<'a>>,
        anchor: impl FnOnce(&mut Vec<Anchor>),
    ) {
        let run = self.last_run(&place, columns.len());
        let bytes = run.push_columns(place.source, n, columns);
        anchor(&mut run.anchors);
        self.grew(&place, n, bytes);
    }

    /// The run that rows of this kind are appended to.
    #[inline]
    fn last_run(&mut self, place: &Place, fields: usize) -> &mut Run {
        if !self.runs.back().is_some_and(|run| run.takes(place, fields)) {
            let mut run = self.spare.pop().unwrap_or_else(Run::empty);
            run.begin(place, fields);
            self.runs.push_back(run);
        }
        let last = self.runs.len() - 1;
        &mut self.runs[last]
    }

    #[inline]
    fn grew(&mut self, place: &Place, rows: usize, bytes: usize) {
        self.rows += rows;
        self.bytes += bytes;
        if place.back_edge {
            self.cycle_bytes += bytes;
        }
    }

    /// The run that comes next.
    pub fn front(&self) -> Option<&Run> {
        self.runs.front()
    }

    /// Takes the first run, or as much of it as `max_rows` and `max_bytes` allow; one row at least.
    pub fn pop(&mut self, max_rows: u32, max_bytes: usize, limits: &Limits) -> Option<Run> {
        let front = self.runs.front_mut()?;
        let wanted = max_rows.max(1);
        // Of what is cut in two a value may have to be written out again.
        let (before, mut after) = (front.bytes, 0);
        let run = if front.rows() <= wanted && (front.bytes <= max_bytes || front.rows() == 1) {
            self.runs.pop_front()?
        } else {
            let spare = self.spare.pop().unwrap_or_else(Run::empty);
            let head = split(front, spare, wanted, max_bytes, limits);
            after = front.bytes;
            head
        };
        self.rows -= run.anchors.len();
        self.bytes = self.bytes + after - before;
        if run.back_edge {
            self.cycle_bytes = self.cycle_bytes + after - before;
        }
        Some(run)
    }

    /// Keeps the buffers of a run that was delivered.
    pub fn recycle(&mut self, mut run: Run) {
        if self.spare.len() < SPARE_RUNS
            && run
                .columns
                .iter()
                .all(|column| column.bytes.capacity() <= SPARE_BYTES)
        {
            run.clear();
            self.spare.push(run);
        }
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
fn split(front: &mut Run, mut head: Run, max_rows: u32, max_bytes: usize, limits: &Limits) -> Run {
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

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: QueueLimits = QueueLimits {
        rows: 4,
        bytes: 1000,
        cycle_bytes: 10,
    };

    fn place(source: u32) -> Place {
        Place {
            input: 0,
            encoding: Encoding::Json,
            back_edge: false,
            source,
            repeats: false,
        }
    }

    fn texts(run: &Run) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        run.each_row(&Limits::default(), |_, row| {
            rows.push(
                row.iter()
                    .map(|v| String::from_utf8_lossy(v).into_owned())
                    .collect(),
            );
        });
        rows
    }

    #[test]
    fn rows_of_one_kind_share_a_run_and_keep_their_order() {
        let mut queue = Queue::new(LIMITS);
        queue.push(place(1), &[b"1", b"\"a\""], Anchor::NONE);
        queue.push(place(2), &[b"2", b"\"b\""], Anchor::NONE);
        queue.push(
            Place {
                input: 1,
                ..place(2)
            },
            &[b"3"],
            Anchor::NONE,
        );
        let first = queue.pop(100, 1000, &Limits::default()).expect("a run");
        assert_eq!(texts(&first), [["1", "\"a\""], ["2", "\"b\""]]);
        assert_eq!((first.source_of(0), first.source_of(1)), (1, 2));
        assert_eq!(
            first.columns().collect::<Vec<_>>(),
            [(&b"1,2"[..], false), (b"\"a\",\"b\"", false)]
        );
        let second = queue.pop(100, 1000, &Limits::default()).expect("a run");
        assert_eq!(
            (second.input, texts(&second)),
            (1, vec![vec!["3".to_string()]])
        );
        assert!(queue.pop(1, 1, &Limits::default()).is_none());
    }

    #[test]
    fn a_run_is_split_where_the_receiver_has_room_for_less() {
        let mut queue = Queue::new(LIMITS);
        for (source, value) in [(1, "10"), (1, "20"), (7, "30"), (7, "40")] {
            queue.push(place(source), &[value.as_bytes()], Anchor::NONE);
        }
        let head = queue.pop(3, 1000, &Limits::default()).expect("a run");
        assert_eq!(texts(&head), [["10"], ["20"], ["30"]]);
        assert_eq!((head.source_of(1), head.source_of(2)), (1, 7));
        assert_eq!((queue.rows(), queue.bytes()), (1, 2));
        let rest = queue
            .pop(3, 1, &Limits::default())
            .expect("one row at least");
        assert_eq!(
            (texts(&rest), rest.source_of(0)),
            (vec![vec!["40".to_string()]], 7)
        );
    }

    #[test]
    fn rows_that_come_in_one_piece_are_the_same_as_one_by_one() {
        for encoding in [Encoding::Json, Encoding::Msgpack] {
            let rows: [[&[u8]; 2]; 3] = match encoding {
                Encoding::Json => [[b"1", b"\"a\""], [b"22", b"\"b\""], [b"3", b"[]"]],
                Encoding::Msgpack => [[b"\x01", b"\xa1a"], [b"\x02", b"\xa1b"], [b"\x03", b"\x90"]],
            };
            let comma: &[u8] = match encoding {
                Encoding::Json => b",",
                Encoding::Msgpack => b"",
            };
            let place = |source| Place {
                encoding,
                back_edge: true,
                ..place(source)
            };
            let mut one_by_one = Queue::new(LIMITS);
            let mut at_once = Queue::new(LIMITS);
            for source in [7, 7, 9] {
                for row in &rows {
                    one_by_one.push(place(source), row, Anchor::NONE);
                }
                let columns = [0, 1].map(|at| rows.map(|row| row[at]).join(comma));
                let columns = columns.iter().map(|column| Piece::plain(column));
                at_once.push_columns(place(source), 3, columns, |anchors| {
                    anchors.extend([Anchor::NONE; 3]);
                });
            }
            assert_eq!(
                (at_once.rows, at_once.bytes, at_once.cycle_bytes),
                (one_by_one.rows, one_by_one.bytes, one_by_one.cycle_bytes)
            );
            let limits = Limits::default();
            let one_by_one = one_by_one.pop(100, 1000, &limits).expect("a run");
            let at_once = at_once.pop(100, 1000, &limits).expect("a run");
            assert_eq!(texts(&at_once), texts(&one_by_one));
            assert_eq!(at_once.sources, one_by_one.sources);
            assert_eq!(at_once.anchors, one_by_one.anchors);
        }
    }

    const LONG: &[u8] = b"\xd9\x28............................... 40 bytes";
    const SHORT: &[u8] = b"\xa2ab";

    fn msgpack(repeats: bool) -> Place {
        Place {
            encoding: Encoding::Msgpack,
            repeats,
            ..place(1)
        }
    }

    fn values(run: &Run) -> Vec<Vec<u8>> {
        let mut values = Vec::new();
        run.each_row(&Limits::default(), |_, row| values.push(row.concat()));
        values
    }

    #[test]
    fn a_long_value_that_repeats_the_one_before_is_kept_once_for_a_receiver_that_takes_that() {
        let rows = [LONG, LONG, SHORT, SHORT, LONG, LONG, LONG];
        for repeats in [false, true] {
            let mut queue = Queue::new(LIMITS);
            for row in rows {
                queue.push(msgpack(repeats), &[row], Anchor::NONE);
            }
            let expected: &[&[u8]] = match repeats {
                true => &[LONG, b"\xc1", SHORT, SHORT, LONG, b"\xc1\xc1"],
                false => &rows,
            };
            let run = queue.pop(100, 10_000, &Limits::default()).expect("a run");
            assert_eq!(
                run.columns().next(),
                Some((&expected.concat()[..], repeats))
            );
            assert_eq!(run.bytes(), expected.concat().len());
            assert_eq!(values(&run), rows);
            assert_eq!((queue.rows(), queue.bytes()), (0, 0));
        }
    }

    #[test]
    fn pieces_with_repeats_mean_the_same_wherever_they_are_cut() {
        let other = [&b"\xd9\x28"[..], &[b'x'; 40]].concat();
        let list = [
            &[REPEAT, 0x99][..],
            LONG,
            b"\xc1\xc1",
            &other,
            b"\xc1",
            SHORT,
            b"\xc1",
            LONG,
            b"\xc1",
        ]
        .concat();
        let limits = Limits::default();
        let column =
            stormhost_protocol::Column::open_with_repeats(Encoding::Msgpack, &list, &limits)
                .unwrap();
        let rows: Vec<&[u8]> = column.clone().collect::<Result<_, _>>().unwrap();
        for cut in 1..rows.len() {
            for between in [&[][..], &[SHORT], &[LONG], &[&other[..]]] {
                let mut column = column.clone();
                let mut queue = Queue::new(LIMITS);
                let mut expected: Vec<&[u8]> = Vec::new();
                for (n, rows) in [(cut, &rows[..cut]), (rows.len() - cut, &rows[cut..])] {
                    let piece = column.next_piece(n).unwrap().unwrap();
                    queue.push_columns(msgpack(true), n, [piece].into_iter(), |anchors| {
                        anchors.resize(anchors.len() + n, Anchor::NONE);
                    });
                    expected.extend(rows);
                    for row in between {
                        queue.push(msgpack(true), &[row], Anchor::NONE);
                        expected.push(row);
                    }
                }
                let first = queue.pop(3, 10_000, &limits).expect("a run");
                let rest = queue.pop(100, 10_000, &limits).expect("a run");
                assert_eq!([values(&first), values(&rest)].concat(), expected, "{cut}");
                assert_eq!((queue.rows(), queue.bytes()), (0, 0));
            }
        }
    }

    #[test]
    fn a_piece_is_no_longer_than_its_run_may_become() {
        let mut queue = Queue::new(LIMITS);
        assert_eq!(queue.room_in_run(&place(1), 1, 5), RUN_ROWS as usize);
        assert_eq!(queue.room_in_run(&place(1), 1, RUN_BYTES / 3), 3);
        assert_eq!(queue.room_in_run(&place(1), 1, RUN_BYTES * 2), 1);
        for _ in 0..RUN_ROWS - 1 {
            queue.push(place(1), &[b"1"], Anchor::NONE);
        }
        assert_eq!(queue.room_in_run(&place(1), 1, 5), 1);
        queue.push(place(1), &[b"1"], Anchor::NONE);
        assert_eq!(queue.room_in_run(&place(1), 1, 5), RUN_ROWS as usize);
        assert_eq!(queue.runs.len(), 1);
    }

    #[test]
    fn it_is_full_in_tuples_and_in_bytes_and_has_room_again_at_half() {
        let mut queue = Queue::new(LIMITS);
        for _ in 0..4 {
            queue.push(place(1), &[b"1"], Anchor::NONE);
        }
        assert!(queue.is_full());
        queue.pop(1, 1000, &Limits::default());
        assert!(!queue.is_full() && !queue.has_room_again());
        queue.pop(1, 1000, &Limits::default());
        assert!(queue.has_room_again());
        queue.push(place(1), &[&[b'1'; 1000]], Anchor::NONE);
        assert!(queue.is_full());
    }

    #[test]
    fn a_cycle_has_a_budget_of_its_own() {
        let mut queue = Queue::new(LIMITS);
        let back = Place {
            back_edge: true,
            ..place(1)
        };
        queue.push(back, &[b"123456"], Anchor::NONE);
        assert!(queue.cycle_is_pressing() && queue.cycle_is_full(5) && !queue.cycle_is_full(4));
        queue.pop(1, 1000, &Limits::default());
        assert!(!queue.cycle_is_pressing());
    }

    #[test]
    fn buffers_are_used_again() {
        let mut queue = Queue::new(LIMITS);
        queue.push(place(1), &[b"12345678"], Anchor::NONE);
        let run = queue.pop(1, 1000, &Limits::default()).expect("a run");
        queue.recycle(run);
        queue.push(place(3), &[b"9"], Anchor::NONE);
        let run = queue.pop(1, 1000, &Limits::default()).expect("a run");
        assert_eq!(
            (texts(&run), run.source_of(0), run.bytes()),
            (vec![vec!["9".to_string()]], 3, 1)
        );
    }
}
