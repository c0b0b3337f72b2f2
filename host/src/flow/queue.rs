//! What waits for a task: runs of rows, bounded in tuples and in bytes.

use std::collections::VecDeque;

use stormhost_protocol::{Limits, Piece};

use super::acker::Anchor;
use super::run::{Place, RUN_BYTES, RUN_ROWS, Run, split};

/// How much may wait.
#[derive(Clone, Copy, Debug)]
pub struct QueueLimits {
    /// Tuples.
    pub rows: usize,
    /// Bytes of values.
    pub bytes: usize,
    /// Bytes of values that came over subscriptions that close a cycle, and [`ROW_BYTES`] for each tuple.
    pub cycle_bytes: usize,
}

/// What a tuple takes beside its values, which may be none.
pub const ROW_BYTES: usize = 16;

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
        self.cycle_bytes + bytes + ROW_BYTES > self.limits.cycle_bytes
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
            Some(run) if run.takes(place, fields) => (run.anchors.len(), run.bytes()),
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
            self.cycle_bytes += bytes + rows * ROW_BYTES;
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
        let (before, mut after) = (front.bytes(), 0);
        let run = if front.rows() <= wanted && (front.bytes() <= max_bytes || front.rows() == 1) {
            self.runs.pop_front()?
        } else {
            let spare = self.spare.pop().unwrap_or_else(Run::empty);
            let head = split(front, spare, wanted, max_bytes, limits);
            after = front.bytes();
            head
        };
        self.rows -= run.anchors.len();
        self.bytes = self.bytes + after - before;
        if run.back_edge {
            self.cycle_bytes = self.cycle_bytes + after - before - run.anchors.len() * ROW_BYTES;
        }
        Some(run)
    }

    /// Keeps the buffers of a run that was delivered.
    pub fn recycle(&mut self, mut run: Run) {
        if self.spare.len() < SPARE_RUNS && run.holds_at_most(SPARE_BYTES) {
            run.clear();
            self.spare.push(run);
        }
    }
}

#[cfg(test)]
mod tests {
    use stormhost_protocol::{Encoding, REPEAT};

    use super::*;

    const LIMITS: QueueLimits = QueueLimits {
        rows: 4,
        bytes: 1000,
        cycle_bytes: 10 + 2 * ROW_BYTES,
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
    fn rows_without_values_use_up_a_cycle_s_budget_too() {
        let mut queue = Queue::new(QueueLimits {
            cycle_bytes: 10 * ROW_BYTES,
            ..LIMITS
        });
        let back = Place {
            back_edge: true,
            ..place(1)
        };
        for _ in 0..10 {
            assert!(!queue.cycle_is_full(0));
            queue.push(back, &[], Anchor::NONE);
        }
        assert!(queue.cycle_is_full(0) && queue.cycle_is_pressing());
        while queue.pop(3, 100, &Limits::default()).is_some() {}
        assert!(!queue.cycle_is_full(9 * ROW_BYTES) && !queue.cycle_is_pressing());
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
