//! How long things took: counts in buckets that grow with what they count, of a fixed size and a fixed error.
//!
//! Microseconds up to 63 have a bucket each; above that every doubling has 32 buckets, so a quantile is at most 3.2 % too high. 9 KiB, never more.

use std::time::Duration;

/// Buckets for each doubling, as a power of two.
const BITS: u32 = 5;
const STEP: u64 = 1 << BITS;
/// Values from here on share the last bucket: 12 days, in microseconds.
const LARGEST: u64 = (1 << 40) - 1;
const BUCKETS: usize = bucket(LARGEST) + 1;

/// Counts of durations.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u64; BUCKETS]>,
    count: u64,
    longest: u64,
}

impl Histogram {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Histogram {
            counts: Box::new([0; BUCKETS]),
            count: 0,
            longest: 0,
        }
    }

    /// Counts one duration. Less than a microsecond counts as none.
    pub fn record(&mut self, took: Duration) {
        self.record_many(took, 1);
    }

    /// Counts the same duration so many times, as for trees that were completed by one frame.
    pub fn record_many(&mut self, took: Duration, times: u64) {
        if times == 0 {
            return;
        }
        let microseconds = u64::try_from(took.as_micros())
            .unwrap_or(u64::MAX)
            .min(LARGEST);
        if let Some(count) = self.counts.get_mut(bucket(microseconds)) {
            *count += times;
            self.count += times;
            self.longest = self.longest.max(microseconds);
        }
    }

    /// How many were counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The duration that this share of all did not exceed, at most 3.2 % too high: 0.5 is the median. `None` if nothing was counted.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let wanted = ((share.clamp(0.0, 1.0) * self.count as f64).ceil() as u64).max(1);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        });
        // The last value of the bucket, but never more than what there was.
        Some(Duration::from_micros(
            found.map_or(self.longest, |at| highest(at).min(self.longest)),
        ))
    }

    /// The longest, exactly (in whole microseconds, up to twelve days). `None` if nothing was counted.
    pub fn longest(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_micros(self.longest))
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(other.counts.iter()) {
            *count += more;
        }
        self.count += other.count;
        self.longest = self.longest.max(other.longest);
    }

    /// Forgets all, for the next interval.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.count = 0;
        self.longest = 0;
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram::new()
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (p50, p99) = (self.quantile(0.5), self.quantile(0.99));
        f.debug_struct("Histogram")
            .field("count", &self.count)
            .field("p50", &p50)
            .field("p99", &p99)
            .field("longest", &self.longest())
            .finish()
    }
}

/// The bucket of a value: the value itself where it is small, else its leading bits behind how many doublings they were cut by.
const fn bucket(value: u64) -> usize {
    let cut = (value | STEP).ilog2() - BITS;
    (cut as u64 * STEP + (value >> cut)) as usize
}

/// The largest value of a bucket.
const fn highest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    let cut = (bucket / STEP).saturating_sub(1);
    ((bucket - cut * STEP + 1) << cut) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn micros(values: impl IntoIterator<Item = u64>) -> Histogram {
        let mut histogram = Histogram::new();
        for value in values {
            histogram.record(Duration::from_micros(value));
        }
        histogram
    }

    #[test]
    fn nothing_has_no_quantiles() {
        let nothing = Histogram::new();
        assert_eq!(
            (nothing.count(), nothing.quantile(0.5), nothing.longest()),
            (0, None, None)
        );
    }

    #[test]
    fn buckets_follow_each_other_without_gap() {
        assert_eq!(bucket(0), 0);
        for at in 0..BUCKETS - 1 {
            let last = highest(at);
            assert_eq!(bucket(last), at, "{last}");
            assert_eq!(bucket(last + 1), at + 1, "{last}");
        }
        assert_eq!(highest(BUCKETS - 1), LARGEST);
    }

    #[test]
    fn small_values_are_exact() {
        let histogram = micros(1..=40);
        for (share, expected) in [
            (0.0, 1),
            (0.025, 1),
            (0.5, 20),
            (0.975, 39),
            (0.99, 40),
            (1.0, 40),
            (7.0, 40),
            (-1.0, 1),
        ] {
            assert_eq!(
                histogram.quantile(share),
                Some(Duration::from_micros(expected)),
                "{share}"
            );
        }
    }

    #[test]
    fn what_is_out_of_range_counts_at_its_edge() {
        let mut histogram = micros([]);
        histogram.record(Duration::from_nanos(999));
        histogram.record(Duration::MAX);
        assert_eq!(histogram.count(), 2);
        assert_eq!(histogram.quantile(0.5), Some(Duration::ZERO));
        assert_eq!(histogram.longest(), Some(Duration::from_micros(LARGEST)));
    }

    #[test]
    fn many_at_once_and_none() {
        let mut histogram = Histogram::new();
        histogram.record_many(Duration::from_micros(7), 5);
        histogram.record_many(Duration::from_secs(7), 0);
        assert_eq!(histogram, micros([7; 5]));
        histogram.clear();
        assert_eq!(histogram, Histogram::new());
    }

    proptest! {
        #[test]
        fn quantiles_are_close(mut values in proptest::collection::vec(0_u64..10_000_000_000, 1..200), share in 0.0..1.0) {
            let got = micros(values.clone()).quantile(share).unwrap().as_micros() as f64;
            values.sort_unstable();
            let rank = ((share * values.len() as f64).ceil() as usize).max(1);
            let exact = values[rank - 1] as f64;
            prop_assert!(got >= exact && got <= exact * (1.0 + 1.0 / 31.0), "{got} for {exact}");
        }

        #[test]
        fn adding_is_counting_together(left in proptest::collection::vec(any::<u64>(), 0..50), right in proptest::collection::vec(any::<u64>(), 0..50)) {
            let mut sum = micros(left.clone());
            sum.add(&micros(right.clone()));
            prop_assert_eq!(sum, micros(left.into_iter().chain(right)));
        }
    }
}
