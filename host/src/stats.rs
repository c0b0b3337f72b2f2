//! What a run looks like at one moment: plain figures, which the runtime fills in and the view shows.
//!
//! All counts and times are sums since the run began, so that two snapshots can be told apart by subtraction.

use std::time::Duration;

use crate::histogram::Histogram;

/// Above this share of its time with work in hand, a task has no room for more.
const BUSY: f64 = 0.7;
/// A queue this full holds its senders up, or is about to.
const FULL: f64 = 0.5;

/// A run at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The topology's name.
    pub topology: String,
    /// Since the run began.
    pub uptime: Duration,
    /// Tuple trees that are neither complete nor failed.
    pub pending: u64,
    /// Complete trees.
    pub completed: u64,
    /// Failed trees, timeouts included. One that is replayed counts again.
    pub failed: u64,
    /// Trees that failed for good: no more tries.
    pub given_up: u64,
    /// Untracked tuples that were dropped.
    pub dropped: u64,
    /// Tuples that were set aside.
    pub dead_letters: u64,
    /// CPU seconds and memory of the host itself.
    pub host: Resources,
    /// One for each component, in the order in which they are shown: best from the spouts down.
    pub components: Vec<ComponentRow>,
}

/// One component at one moment, all its tasks together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ComponentRow {
    /// Its name.
    pub id: String,
    /// Spout or bolt.
    pub kind: Kind,
    /// How many tasks it has.
    pub tasks: u32,
    /// How many of them are running.
    pub up: u32,
    /// Tuples emitted, before they are multiplied by their subscribers.
    pub emitted: u64,
    /// A spout's complete trees; a bolt's acked tuples.
    pub acked: u64,
    /// A spout's failed trees; a bolt's failed tuples.
    pub failed: u64,
    /// Tuples waiting in its queues now.
    pub queued: u64,
    /// Tuples its queues can hold in all; 0 if it has none.
    pub queue_limit: u64,
    /// Tuples that were given to its children and not acked or failed yet; a spout's pending trees.
    pub in_hand: u64,
    /// How often its children were started again.
    pub restarts: u64,
    /// How long its trees take, for a spout: those of late while it runs, all of them in the summary. `None` for bolts and where nothing was acked.
    pub latency: Option<Latency>,
    /// Where the time of its tuples went.
    pub time: TimeSplit,
    /// CPU seconds and memory of its children; of what these start, the CPU seconds once they have waited for it.
    pub used: Resources,
}

/// What a component is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// A source of tuples.
    Spout,
    /// Takes tuples, and may emit others.
    #[default]
    Bolt,
}

/// Where the time of a component's tuples went, summed over its tuples and tasks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TimeSplit {
    /// In the queue before it.
    pub queue: Duration,
    /// In the pipe, the codec and the child's buffers.
    pub pipe: Duration,
    /// In the user's code, or behind it: what waits in a child waits for those before it. Where a child does not say how long its code takes, all of its time is this.
    pub code: Duration,
    /// How long tasks had anything to do, summed over tasks. Against the clock, this says how busy they are.
    pub busy: Duration,
}

/// How long things take.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Latency {
    /// Half of all took no longer.
    pub p50: Duration,
    /// Of a hundred, one took longer.
    pub p99: Duration,
}

/// What processes used.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Resources {
    /// Seconds of CPU time.
    pub cpu_seconds: f64,
    /// Bytes of memory: the host's now; of children the most that was seen.
    pub rss_bytes: u64,
}

impl Snapshot {
    /// The component that holds the others up, if one does: of the bolts for which tuples wait, one whose tasks are busy nearly all the time or whose queue is filling up; the busiest of them.
    ///
    /// `before` is an earlier snapshot, so that only what happened since counts; without one all since the beginning does.
    pub fn held_up_by(&self, before: Option<&Snapshot>) -> Option<&ComponentRow> {
        let clock = self
            .uptime
            .saturating_sub(before.map_or(Duration::ZERO, |before| before.uptime));
        let busy = |row: &ComponentRow| {
            let earlier = before
                .and_then(|before| before.row(&row.id))
                .map_or(Duration::ZERO, |earlier| earlier.time.busy);
            let available = clock.as_secs_f64() * f64::from(row.up.max(1));
            if available > 0.0 {
                row.time.busy.saturating_sub(earlier).as_secs_f64() / available
            } else {
                0.0
            }
        };
        let waiting = |row: &ComponentRow| row.queued + row.in_hand;
        let bolts = self
            .components
            .iter()
            .filter(|row| row.kind == Kind::Bolt && waiting(row) > u64::from(row.tasks));
        let suspects = bolts
            .map(|row| (busy(row), row))
            .filter(|(busy, row)| *busy >= BUSY || row.fill() >= FULL);
        suspects
            .max_by(|(a, left), (b, right)| a.total_cmp(b).then(waiting(left).cmp(&waiting(right))))
            .map(|(_, row)| row)
    }

    /// A component by its name.
    pub fn row(&self, id: &str) -> Option<&ComponentRow> {
        self.components.iter().find(|row| row.id == id)
    }
}

impl ComponentRow {
    /// How full its queues are, between 0 and 1.
    pub fn fill(&self) -> f64 {
        if self.queue_limit == 0 {
            0.0
        } else {
            self.queued as f64 / self.queue_limit as f64
        }
    }
}

impl TimeSplit {
    /// The shares of queue, pipe and code in percent, which add up to 100; `None` where no time went by.
    pub fn percent(&self) -> Option<[u8; 3]> {
        let parts = [self.queue, self.pipe, self.code].map(|part| part.as_secs_f64());
        let whole: f64 = parts.iter().sum();
        if whole <= 0.0 {
            return None;
        }
        let queue = (parts[0] / whole * 100.0).round();
        // The middle one is the distance of two rounded sums, so that nothing is lost in rounding.
        let both = ((parts[0] + parts[1]) / whole * 100.0).round();
        Some([queue, both - queue, 100.0 - both].map(|share| share as u8))
    }

    /// What went by since an earlier moment.
    pub fn since(&self, earlier: TimeSplit) -> TimeSplit {
        TimeSplit {
            queue: self.queue.saturating_sub(earlier.queue),
            pipe: self.pipe.saturating_sub(earlier.pipe),
            code: self.code.saturating_sub(earlier.code),
            busy: self.busy.saturating_sub(earlier.busy),
        }
    }
}

impl Latency {
    /// What a histogram says; `None` if it counted nothing.
    pub fn of(histogram: &Histogram) -> Option<Latency> {
        Some(Latency {
            p50: histogram.quantile(0.5)?,
            p99: histogram.quantile(0.99)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A bolt of two tasks: seconds of code, tuples queued (of 1000), tuples in hand.
    fn bolt(id: &str, code: u64, queued: u64, in_hand: u64) -> ComponentRow {
        let time = TimeSplit {
            busy: seconds(code),
            ..TimeSplit::default()
        };
        ComponentRow {
            id: id.into(),
            tasks: 2,
            up: 2,
            queued,
            queue_limit: 1000,
            in_hand,
            time,
            ..ComponentRow::default()
        }
    }

    fn after(uptime: u64, components: Vec<ComponentRow>) -> Snapshot {
        Snapshot {
            uptime: seconds(uptime),
            components,
            ..Snapshot::default()
        }
    }

    fn check(rows: Vec<ComponentRow>, expected: Option<&str>) {
        let snapshot = after(10, rows);
        assert_eq!(
            snapshot.held_up_by(None).map(|row| row.id.as_str()),
            expected,
            "{snapshot:?}"
        );
    }

    #[test]
    fn the_one_that_holds_up_is_busy_or_full_and_others_wait_for_it() {
        check(vec![], None);
        check(vec![bolt("idle", 1, 0, 2), bolt("calm", 9, 10, 2)], None);
        check(
            vec![bolt("split", 5, 100, 10), bolt("count", 19, 200, 10)],
            Some("count"),
        );
        check(vec![bolt("busy", 20, 0, 2)], None);
        check(vec![bolt("busy", 20, 0, 3)], Some("busy"));
        // A full queue before one that waits for others itself: it is the busier one behind it.
        check(
            vec![bolt("split", 8, 1000, 50), bolt("count", 17, 600, 50)],
            Some("count"),
        );
        check(vec![bolt("slow_to_wake", 3, 500, 0)], Some("slow_to_wake"));
        check(vec![bolt("a", 20, 10, 0), bolt("b", 20, 20, 0)], Some("b"));
    }

    #[test]
    fn a_spout_never_holds_up() {
        check(
            vec![ComponentRow {
                kind: Kind::Spout,
                ..bolt("lines", 20, 0, 1000)
            }],
            None,
        );
    }

    #[test]
    fn only_what_happened_since_counts() {
        let before = after(10, vec![bolt("split", 20, 0, 0), bolt("count", 1, 0, 0)]);
        let now = after(
            11,
            vec![bolt("split", 20, 100, 10), bolt("count", 3, 100, 10)],
        );
        assert_eq!(
            now.held_up_by(None).map(|row| row.id.as_str()),
            Some("split")
        );
        assert_eq!(
            now.held_up_by(Some(&before)).map(|row| row.id.as_str()),
            Some("count")
        );
        assert_eq!(now.held_up_by(Some(&now)), None);
    }

    #[test]
    fn percents_add_up() {
        let split = |queue, pipe, code| TimeSplit {
            queue: seconds(queue),
            pipe: seconds(pipe),
            code: seconds(code),
            ..TimeSplit::default()
        };
        let cases = [
            (split(0, 0, 0), None),
            (split(1, 1, 1), Some([33, 34, 33])),
            (split(5, 0, 5), Some([50, 0, 50])),
            (split(0, 0, 9), Some([0, 0, 100])),
            (split(1, 1, 997), Some([0, 0, 100])),
        ];
        for (time, expected) in cases {
            assert_eq!(time.percent(), expected, "{time:?}");
        }
    }

    #[test]
    fn latency_comes_of_a_histogram() {
        assert_eq!(Latency::of(&Histogram::new()), None);
        let mut histogram = Histogram::new();
        histogram.record_many(Duration::from_micros(10), 98);
        histogram.record_many(Duration::from_micros(20), 2);
        assert_eq!(
            Latency::of(&histogram),
            Some(Latency {
                p50: Duration::from_micros(10),
                p99: Duration::from_micros(20)
            })
        );
    }
}
