//! How much may be put into a child's pipe: about a tenth of a second of its own measured work.
//!
//! What is in the pipe is lost time when the child dies, cannot be shuffled to a quicker task, and waits longer than it would in the queue.
//! Too little makes the child wait for the host. A tenth of a second is far more than a round trip and far less than any timeout.

/// Work to keep in the pipe, in microseconds.
const AHEAD: f64 = 100_000.0;
/// What a tuple is taken to cost before anything is known: few go in first, and the first answer corrects it.
const FIRST_GUESS: f64 = 2_000.0;
/// How much a new measurement counts against all that came before.
const WEIGHT: f64 = 0.3;
/// A child that is through with a tuple in this many microseconds, its share of the frame included, computes and hardly waits for anything.
const QUICK: f64 = 100.0;
/// How much a measurement counts that is worse than the best: a crowded machine makes a quick child slow now and then.
const WORSE: f64 = 0.02;
/// Never more than this many tuples ahead: two of the largest frames and what is being filled.
const MOST: u32 = 12_288;

/// The measured pace of one child.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Microseconds a tuple.
    cost: f64,
    /// Since when the child has had work without a pause, or since its last answer.
    busy_since: u64,
    measured: bool,
    /// About the least that a tuple took in the last few dozen answers, and would have taken on a core of its own.
    best: f64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            cost: FIRST_GUESS,
            busy_since: 0,
            measured: false,
            best: f64::INFINITY,
        }
    }
}

impl Pace {
    /// Tuples went into an empty pipe at `now`.
    pub fn starts(&mut self, now: u64) {
        self.busy_since = now;
    }

    /// The child is through with `rows` more, while so many shared a core with it as `sharing` says, itself included.
    pub fn progressed(&mut self, rows: u64, now: u64, sharing: u32) {
        if rows == 0 {
            return;
        }
        let cost = now.saturating_sub(self.busy_since) as f64 / rows as f64;
        self.cost = if self.measured {
            self.cost + (cost - self.cost) * WEIGHT
        } else {
            cost
        };
        // A crowd may make a quick child slow, but it makes no child quick: one that waits for a database takes as long on a core of its own.
        let alone = match self.is_quick() {
            true => cost / f64::from(sharing),
            false => cost,
        };
        self.best = match alone < self.best {
            true => alone,
            false => self.best + (alone - self.best) * WORSE,
        };
        (self.measured, self.busy_since) = (true, now);
    }

    /// How many tuples the pipe may hold.
    pub fn ahead(&self) -> u32 {
        // A cost of 0 gives infinity, which the cast makes the largest number.
        ((AHEAD / self.cost) as u32).clamp(1, MOST)
    }

    /// Whether the child takes turns with others ([`super::turns`]): it keeps a core busy as long as it has work.
    pub fn is_quick(&self) -> bool {
        self.best <= QUICK
    }

    /// Microseconds that the child takes for a tuple, its pipe and codec included. `None` before the first answer.
    pub fn cost(&self) -> Option<f64> {
        self.measured.then_some(self.cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_child_gets_little_and_a_fast_one_much() {
        let mut slow = Pace::default();
        assert!(slow.ahead() < 100);
        slow.starts(0);
        slow.progressed(1, 100_000, 1);
        assert_eq!(slow.ahead(), 1);
        let mut fast = Pace::default();
        fast.starts(0);
        fast.progressed(1000, 400, 1);
        assert_eq!(fast.ahead(), MOST);
    }

    #[test]
    fn a_quick_child_is_known_on_a_crowded_machine_and_one_that_waits_is_none() {
        let mut pace = Pace::default();
        assert!(!pace.is_quick(), "nothing is known of it");
        let mut now = 0;
        let mut answers = |pace: &mut Pace, times: u64, cost: u64, sharing: u32| {
            for _ in 0..times {
                now += 10 * cost;
                pace.progressed(10, now, sharing);
            }
        };
        answers(&mut pace, 1, 20, 1);
        answers(&mut pace, 2, 1_000, 1);
        assert!(pace.is_quick());
        answers(&mut pace, 100, 4 * 80, 4);
        assert!(
            pace.is_quick(),
            "four of them take four times as long on one core"
        );
        answers(&mut pace, 100, 1_000, 1);
        assert!(!pace.is_quick());
    }

    #[test]
    fn one_that_waits_for_a_database_is_not_taken_for_quick_because_others_are() {
        let mut pace = Pace::default();
        for answer in 1..100 {
            pace.progressed(10, answer * 10 * 300, 4);
            assert!(!pace.is_quick(), "after answer {answer}");
        }
    }

    #[test]
    fn idle_time_is_not_counted_as_work() {
        let mut pace = Pace::default();
        pace.starts(0);
        pace.progressed(10, 1000, 1);
        pace.starts(10_000_000);
        pace.progressed(10, 10_001_000, 1);
        assert_eq!(pace.cost(), Some(100.0));
    }
}
