//! What really became of every tuple, kept by counting: for each root how many copies of its tuples are not acked. Children report here what they do;
//! the core never sees it.

use crate::topology::{Grouping, Topology};

/// One tracked emission of a spout.
#[derive(Clone, Debug, Default)]
struct Root {
    /// Copies that no child has acked. What is lost stays in here for good.
    open: i64,
    /// Whether its spout was told of an ack, or a fail.
    told: Option<bool>,
}

/// Every tracked emission of a run.
pub struct Truth {
    roots: Vec<Root>,
    /// Copies are made again by the host, so what is open cannot be known from outside.
    pub replayed_by_host: bool,
}

impl Truth {
    /// Nothing happened yet.
    pub fn new(replayed_by_host: bool) -> Truth {
        Truth {
            roots: Vec::new(),
            replayed_by_host,
        }
    }

    /// A spout emits, tracked. The number names the tree from here on.
    pub fn begins(&mut self, copies: usize) -> u64 {
        self.roots.push(Root {
            open: copies as i64,
            told: None,
        });
        self.roots.len() as u64 - 1
    }

    /// A bolt emits something that belongs to these trees.
    pub fn grows(&mut self, roots: &[u64], copies: usize) {
        for root in roots {
            self.roots[*root as usize].open += copies as i64;
        }
    }

    /// A bolt acks one tuple that belongs to these trees.
    pub fn shrinks(&mut self, roots: &[u64]) {
        for root in roots {
            self.roots[*root as usize].open -= 1;
        }
    }

    /// A spout was told what became of its emission.
    pub fn told(&mut self, root: u64, acked: bool) {
        let known = &mut self.roots[root as usize];
        assert_eq!(
            known.told, None,
            "the tree {root} was answered twice, now with ack = {acked}"
        );
        known.told = Some(acked);
        if acked && !self.replayed_by_host {
            assert_eq!(
                known.open, 0,
                "the tree {root} was acked, and not all of it was"
            );
        }
    }

    /// What a spout was told of a tree.
    pub fn answer(&self, root: u64) -> Option<bool> {
        self.roots[root as usize].told
    }

    /// How many trees there were.
    pub fn len(&self) -> usize {
        self.roots.len()
    }
}

/// How many copies an emit makes, from the description alone. `direct` is the task that is named, or 0.
pub fn copies(topology: &Topology, component: usize, stream: usize, direct: u32) -> usize {
    topology
        .listeners(component, stream)
        .map(|(listener, input)| {
            let grouping = &topology.components[listener].inputs[input].grouping;
            match grouping {
                Grouping::Direct => topology
                    .tasks_of(listener)
                    .filter(|task| *task == direct)
                    .count(),
                _ if direct != 0 => 0,
                Grouping::All => topology.components[listener].parallelism as usize,
                _ => 1,
            }
        })
        .sum()
}

/// The trees that a tuple belongs to stand in its first value.
pub fn roots_text(roots: &[u64]) -> String {
    let words: Vec<String> = roots.iter().map(u64::to_string).collect();
    words.join(" ")
}

/// Reads what [`roots_text`] wrote.
pub fn roots_of(text: &str) -> Vec<u64> {
    text.split_whitespace()
        .map(|word| word.parse().expect("a root"))
        .collect()
}
