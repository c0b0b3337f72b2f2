//! How often items have failed: counted for all tasks of a component together, since what one puts back another may take.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault};

use super::item::Body;

/// How many items it is remembered of that they failed.
const REMEMBERED: usize = 100_000;

/// The fails of a component's items. Items of a list that say the same cannot be told apart: they have their tries together.
#[derive(Default)]
pub struct Fails {
    counts: HashMap<u64, Count, foldhash::fast::RandomState>,
    /// How many of each are in a tree.
    in_hand: HashMap<u64, u32, foldhash::fast::RandomState>,
}

struct Count {
    fails: u32,
    /// The most that were in a tree at once.
    copies: u32,
}

impl Fails {
    /// An item was emitted.
    pub fn emitted(&mut self, body: &Body) {
        *self.in_hand.entry(hash(body)).or_default() += 1;
    }

    /// Its tree is done.
    pub fn acked(&mut self, body: &Body) {
        let key = hash(body);
        self.counts.remove(&key);
        self.returned(key);
    }

    /// Its tree failed, which says nothing of the item.
    pub fn excused(&mut self, body: &Body) {
        self.returned(hash(body));
    }

    /// Its tree failed. Returns whether it has had its `tries`.
    pub fn failed(&mut self, body: &Body, tries: u32) -> bool {
        let key = hash(body);
        let copies = self.returned(key);
        if self.counts.len() >= REMEMBERED {
            self.counts.clear();
        }
        let count = self.counts.entry(key).or_insert(Count {
            fails: 0,
            copies: 1,
        });
        count.copies = count.copies.max(copies);
        count.fails += 1;
        if count.fails < tries.saturating_mul(count.copies) {
            return false;
        }
        // The others have theirs still.
        count.fails -= tries;
        count.copies -= 1;
        if count.copies == 0 {
            self.counts.remove(&key);
        }
        true
    }

    /// One is in no tree any more. Returns how many were, it among them.
    fn returned(&mut self, key: u64) -> u32 {
        let Some(count) = self.in_hand.get_mut(&key) else {
            return 1;
        };
        let before = *count;
        *count -= 1;
        if *count == 0 {
            self.in_hand.remove(&key);
        }
        before
    }
}

fn hash(body: &Body) -> u64 {
    BuildHasherDefault::<xxhash_rust::xxh3::Xxh3Default>::default().hash_one(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Emits so many that say the same and fails them all, in rounds. Returns how many are put aside in each.
    fn rounds(copies: usize, tries: u32, rounds: usize) -> Vec<usize> {
        let (mut fails, body) = (Fails::default(), Body::Item(b"same".to_vec()));
        let mut left = copies;
        let mut aside = Vec::new();
        for _ in 0..rounds {
            (0..left).for_each(|_| fails.emitted(&body));
            let gone = (0..left).filter(|_| fails.failed(&body, tries)).count();
            left -= gone;
            aside.push(gone);
        }
        aside
    }

    #[test]
    fn an_item_has_its_tries() {
        assert_eq!(rounds(1, 1, 1), [1]);
        assert_eq!(rounds(1, 3, 3), [0, 0, 1]);
    }

    #[test]
    fn items_that_say_the_same_have_as_many_tries_each() {
        let aside = rounds(9, 3, 4);
        assert_eq!(aside[..2], [0, 0]);
        assert_eq!(aside.iter().sum::<usize>(), 9);
    }

    #[test]
    fn what_was_done_begins_anew() {
        let (mut fails, body) = (Fails::default(), Body::Item(b"a".to_vec()));
        for _ in 0..3 {
            fails.emitted(&body);
            assert!(!fails.failed(&body, 2));
            fails.emitted(&body);
            fails.acked(&body);
        }
    }
}
