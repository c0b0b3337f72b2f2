//! A child's metrics on their way to the log: the first of a name at once, those that follow together. Pure.
//!
//! In Storm a metric is added up where it arrives and reported once a bucket. Components that were written for that send one with every tuple.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Names that are remembered; values of others are told one by one.
const NAMES: usize = 1000;

/// What one child has said.
pub struct Metrics {
    bucket: Duration,
    names: HashMap<String, Figure>,
}

/// A metric of one name since it was last told.
struct Figure {
    told: Instant,
    times: u64,
    /// The sum, while all values were numbers.
    sum: Option<f64>,
    last: String,
}

impl Metrics {
    /// None yet. Each name is told once a `bucket`.
    pub fn new(bucket: Duration) -> Metrics {
        Metrics {
            bucket,
            names: HashMap::new(),
        }
    }

    /// Takes a value, as JSON text. `Some` is what there is to tell now.
    pub fn take(&mut self, name: &str, value: String, now: Instant) -> Option<String> {
        let Some(figure) = self.names.get_mut(name) else {
            let told = format!("{name} = {value}");
            if self.names.len() < NAMES {
                self.names.insert(name.to_owned(), Figure::new(now));
            }
            return Some(told);
        };
        let number: Option<f64> = value.parse().ok();
        figure.times += 1;
        figure.sum = figure.sum.zip(number).map(|(sum, number)| sum + number);
        figure.last = value;
        if now.duration_since(figure.told) < self.bucket {
            return None;
        }
        let told = figure.line(name);
        *figure = Figure::new(now);
        Some(told)
    }

    /// What has not been told, by name: the child is gone.
    pub fn rest(&mut self) -> Vec<String> {
        let untold = self.names.drain().filter(|(_, figure)| figure.times > 0);
        let mut lines: Vec<String> = untold.map(|(name, figure)| figure.line(&name)).collect();
        lines.sort_unstable();
        lines
    }
}

impl Figure {
    fn new(now: Instant) -> Figure {
        Figure {
            told: now,
            times: 0,
            sum: Some(0.0),
            last: String::new(),
        }
    }

    fn line(&self, name: &str) -> String {
        match (self.times, self.sum) {
            (1, _) => format!("{name} = {}", self.last),
            (times, Some(sum)) => {
                format!("{name} = {} ({times} values, {sum} in all)", self.last)
            }
            (times, None) => format!("{name} = {} ({times} values)", self.last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_value_is_told_at_once_and_those_after_it_once_a_bucket() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let mut metrics = Metrics::new(10 * second);
        let mut take = |value: &str, after: u32| {
            metrics.take("words", value.to_owned(), start + after * second)
        };
        assert_eq!(take("3", 0).as_deref(), Some("words = 3"));
        assert_eq!(take("1", 1), None);
        assert_eq!(take("1.5", 2), None);
        assert_eq!(
            take("4", 10).as_deref(),
            Some("words = 4 (3 values, 6.5 in all)")
        );
        assert_eq!(take("9", 11), None);
        assert_eq!(metrics.rest(), ["words = 9"]);
        assert!(metrics.rest().is_empty());
    }

    #[test]
    fn what_is_no_number_has_no_sum_and_names_stand_for_themselves() {
        let now = Instant::now();
        let mut metrics = Metrics::new(Duration::from_secs(60));
        assert!(metrics.take("a", "{\"n\":1}".into(), now).is_some());
        assert!(metrics.take("b", "1".into(), now).is_some());
        for value in ["1", "null", "2"] {
            assert_eq!(metrics.take("a", value.into(), now), None);
        }
        assert_eq!(metrics.rest(), ["a = 2 (3 values)"]);
    }

    #[test]
    fn a_child_that_makes_up_names_fills_no_memory() {
        let now = Instant::now();
        let mut metrics = Metrics::new(Duration::from_secs(60));
        for n in 0..3 * NAMES {
            assert!(metrics.take(&n.to_string(), "1".into(), now).is_some());
        }
        assert_eq!(metrics.names.len(), NAMES);
    }
}
