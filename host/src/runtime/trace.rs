//! `--trace 1/n`: the whole path of one tuple tree in so many, told when the tree is answered. Pure.

use std::collections::HashMap;
use std::fmt::Write;

use crate::flow::ledger::{Emission, Root};

/// Trees followed at the same time, and steps kept of each: a trace is to be read by a person.
const TREES: usize = 100;
const STEPS: usize = 200;

/// The trees that are being followed.
#[derive(Default)]
pub struct Tracer {
    one_in: u32,
    seen: u32,
    open: HashMap<Root, Path>,
}

struct Path {
    emission: Emission,
    steps: Vec<(u64, String)>,
    left_out: usize,
}

impl Tracer {
    /// Follows one tree in `one_in`; none if that is 0.
    pub fn new(one_in: u32) -> Tracer {
        Tracer {
            one_in,
            ..Tracer::default()
        }
    }

    /// Whether no tree is being followed, so that nothing has to be told to [`Tracer::step`].
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether the next tree is one to follow: the first, and then each n-th.
    #[inline]
    pub fn samples(&mut self) -> bool {
        if self.one_in == 0 {
            return false;
        }
        let chosen = self.seen == 0 && self.open.len() < TREES;
        self.seen = (self.seen + 1) % self.one_in;
        chosen
    }

    /// A tree that is followed has begun.
    pub fn begin(&mut self, root: Root, emission: Emission) {
        self.open.insert(
            root,
            Path {
                emission,
                steps: Vec::new(),
                left_out: 0,
            },
        );
    }

    /// Something happened to a tree, at `now` microseconds. Nothing is done unless it is followed.
    pub fn step(&mut self, root: Root, now: u64, what: impl FnOnce() -> String) {
        if let Some(path) = self.open.get_mut(&root) {
            if path.steps.len() < STEPS {
                path.steps.push((now, what()))
            } else {
                path.left_out += 1
            }
        }
    }

    /// A tree was answered, in these words. `Some` is its story if it was followed.
    pub fn end(&mut self, emission: &Emission, now: u64, answer: &str) -> Option<String> {
        let root = self
            .open
            .iter()
            .find(|(_, path)| path.emission == *emission)
            .map(|(root, _)| *root)?;
        let path = self.open.remove(&root)?;
        let after = |at: u64| at.saturating_sub(emission.born) as f64 / 1000.0;
        let mut story = format!("a tuple tree {answer} after {:.3} ms", after(now));
        for (at, what) in path.steps {
            // Writing to a String does not fail.
            let _ = write!(story, "\n  {:>10.3} ms  {what}", after(at));
        }
        if path.left_out > 0 {
            let _ = write!(story, "\n  … {} steps left out", path.left_out);
        }
        Some(story)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::acker::Acker;

    #[test]
    fn one_tree_in_three_is_followed_and_told() {
        let mut acker = Acker::new(1);
        let mut tracer = Tracer::new(3);
        let chosen: Vec<bool> = (0..6).map(|_| tracer.samples()).collect();
        assert_eq!(chosen, [true, false, false, true, false, false]);
        let emission = Emission {
            spout: 0,
            sequence: 7,
            born: 1000,
            body: 0,
        };
        let root = acker.begin(emission);
        tracer.step(root, 1100, || unreachable!("it is not followed yet"));
        tracer.begin(root, emission);
        tracer.step(root, 1500, || "lines[1] emits".into());
        let story = tracer.end(&emission, 3000, "was acked").unwrap();
        assert_eq!(
            story,
            "a tuple tree was acked after 2.000 ms\n       0.500 ms  lines[1] emits"
        );
        assert!(tracer.is_idle() && tracer.end(&emission, 3000, "was acked").is_none());
    }

    #[test]
    fn nothing_is_followed_where_nobody_asked() {
        let mut tracer = Tracer::new(0);
        assert!((0..10).all(|_| !tracer.samples()));
    }
}
