//! How many trees a spout may have open: the limit that the user gave is an upper bound, and what is really let in follows what is completed.
//!
//! Storm's users tune `topology.max.spout.pending` by hand against the message timeout: too high behind a slow bolt, and every tuple times out and
//! is replayed for ever. Here the window begins small, doubles for as long as trees complete well within the timeout, and shrinks when they take long against it.

/// What a spout starts with. Behind a bolt that takes seconds for a tuple this many still complete within Storm's default timeout of 30 s.
const START: u32 = 4;
/// How long a spout of which nothing is acked waits at the most before it is given more on suspicion.
const PATIENCE: u64 = 10_000_000;

/// The window of one spout task. Times are microseconds.
#[derive(Clone, Debug)]
pub struct Window {
    size: u32,
    max: u32,
    timeout: u64,
    /// No second shrinking before this: what was let in before has to come back first.
    settled_at: u64,
    /// Above this size it grows by one a round only: at twice this size a cycle overflowed.
    careful_from: u32,
    /// Trees completed since it last grew by one.
    gained: u32,
}

impl Window {
    /// A window of at most `max` trees, each of which fails after `timeout` microseconds; `u64::MAX` where there are no timeouts.
    pub fn new(max: u32, timeout: u64) -> Window {
        Window {
            size: START.min(max.max(1)),
            max: max.max(1),
            timeout,
            settled_at: 0,
            careful_from: u32::MAX,
            gained: 0,
        }
    }

    /// How many trees may be open.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Whether it is as large as the user allows.
    pub fn is_at_max(&self) -> bool {
        self.size == self.max
    }

    /// `trees` were completed, the last one `latency` after it was emitted, while the spout would have emitted more if it had been let.
    pub fn completed(&mut self, trees: u32, latency: u64, now: u64) {
        if latency <= self.timeout / 8 {
            self.grow(trees);
        } else if latency > self.timeout / 2 && now >= self.settled_at {
            self.size = (self.size - self.size / 4).max(1);
            self.settled_at = now.saturating_add(latency);
        }
    }

    fn grow(&mut self, trees: u32) {
        if self.size < self.careful_from {
            self.size = self.size.saturating_add(trees).min(self.max);
            return;
        }
        self.gained += trees;
        if self.gained >= self.size {
            self.gained = 0;
            self.size = self.size.saturating_add(1).min(self.max);
        }
    }

    /// A tree failed since a cycle had no room: too many are open. `latency` is how long it had been open.
    pub fn overflowed(&mut self, latency: u64, now: u64) {
        if now >= self.settled_at {
            self.size = (self.size / 2).max(1);
            self.careful_from = self.size;
            self.settled_at = now.saturating_add(latency);
        }
    }

    /// How long nothing is acked before it may be that it stands still where nobody can know it: more than any tuple takes that is in time.
    pub fn patience(&self) -> u64 {
        (self.timeout / 3).min(PATIENCE)
    }

    /// Everything let in has arrived where it is held: a bolt gathers a batch or waits for a join. More has to come, or it never completes.
    pub fn stands_still(&mut self) {
        self.size = self.size.saturating_mul(2).min(self.max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: u64 = 30_000_000;

    /// A spout that is always ready, before a bolt of `cost` microseconds a tuple. Returns the longest latency seen.
    fn longest_latency(max: u32, cost: u64, tuples: u64) -> u64 {
        let mut window = Window::new(max, TIMEOUT);
        let mut emitted: std::collections::VecDeque<u64> = [].into();
        let (mut now, mut longest) = (0, 0);
        for _ in 0..tuples {
            while emitted.len() < window.size() as usize {
                emitted.push_back(now);
            }
            now += cost;
            let latency = now - emitted.pop_front().unwrap();
            longest = longest.max(latency);
            window.completed(1, latency, now);
        }
        longest
    }

    #[test]
    fn a_fast_topology_soon_has_all_it_may() {
        let mut window = Window::new(1000, TIMEOUT);
        for _ in 0..10 {
            let open = window.size();
            window.completed(open, 1000, 0);
        }
        assert!(window.is_at_max());
    }

    #[test]
    fn behind_a_slow_bolt_no_tuple_comes_near_the_timeout() {
        for cost in [1_000, 100_000, 1_000_000, 5_000_000] {
            let longest = longest_latency(1000, cost, 2000);
            assert!(longest < TIMEOUT, "{cost} µs a tuple: {longest} µs");
        }
    }

    #[test]
    fn it_shrinks_when_a_bolt_becomes_slow_but_once_a_round() {
        let mut window = Window::new(1000, TIMEOUT);
        window.completed(2000, 1000, 0);
        assert_eq!(window.size(), 1000);
        window.completed(1, 20_000_000, 20_000_000);
        window.completed(1, 20_000_000, 20_000_001);
        assert_eq!(window.size(), 750);
        window.completed(1, 20_000_000, 40_000_000);
        assert_eq!(window.size(), 563);
    }

    #[test]
    fn a_batcher_that_waits_for_more_gets_more() {
        let mut window = Window::new(100, TIMEOUT);
        for _ in 0..5 {
            window.stands_still();
        }
        assert_eq!(window.size(), 100);
    }

    #[test]
    fn a_cycle_that_overflows_is_given_less_and_then_slowly_more() {
        let mut window = Window::new(1000, TIMEOUT);
        window.completed(2000, 1000, 0);
        for _ in 0..100 {
            window.overflowed(50, 100); // one burst of fails is one reason to shrink
        }
        assert_eq!(window.size(), 500);
        window.completed(499, 10, 200);
        assert_eq!(window.size(), 500);
        window.completed(1, 10, 200);
        assert_eq!(window.size(), 501);
        window.overflowed(50, 300);
        assert_eq!(window.size(), 250);
    }

    #[test]
    fn a_limit_of_one_is_kept() {
        let mut window = Window::new(1, TIMEOUT);
        window.completed(5, 10, 0);
        window.stands_still();
        assert_eq!(window.size(), 1);
    }
}
