//! What one child was given and has not answered, by id. Ids count up from 0 in order of delivery.
//!
//! Nearly always answers come in order, or nearly so; then this is a ring without gaps. A bolt that holds one tuple for hours while millions
//! pass leaves a ring of holes: the few that are left move to a map, so memory follows what is held and not what went by.

use std::collections::{BTreeMap, VecDeque};

use super::acker::Anchor;

/// The deliveries of one child that it has neither acked nor failed.
#[derive(Default)]
pub struct InHand {
    first: u64,
    ring: VecDeque<Option<Anchor>>,
    old: BTreeMap<u64, Anchor>,
    held_in_ring: usize,
}

/// A ring shorter than this is never compacted.
const SMALL: usize = 1024;

impl InHand {
    /// How many tuples are held.
    pub fn len(&self) -> usize {
        self.held_in_ring + self.old.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id that the next delivery gets.
    pub fn next_id(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    /// A tuple was delivered.
    #[inline]
    pub fn push(&mut self, anchor: Anchor) {
        self.push_all(&[anchor]);
    }

    /// Tuples were delivered, in this order.
    #[inline]
    pub fn push_all(&mut self, anchors: &[Anchor]) {
        self.ring.extend(anchors.iter().map(|anchor| Some(*anchor)));
        self.held_in_ring += anchors.len();
        if self.ring.len() > SMALL && self.ring.len() > 8 * self.held_in_ring {
            self.compact();
        }
    }

    /// The lowest id that is held, or the next one where nothing is.
    pub fn oldest(&self) -> u64 {
        self.old.first_key_value().map_or(self.first, |(id, _)| *id)
    }

    /// What the tuple with this id owes; `None` when it is not held.
    #[inline]
    pub fn get(&self, id: u64) -> Option<Anchor> {
        match id.checked_sub(self.first) {
            Some(at) => self.ring.get(usize::try_from(at).ok()?).copied().flatten(),
            None => self.old.get(&id).copied(),
        }
    }

    /// Takes the tuple with this id out.
    #[inline]
    pub fn take(&mut self, id: u64) -> Option<Anchor> {
        let Some(at) = id.checked_sub(self.first) else {
            return self.old.remove(&id);
        };
        let anchor = self.ring.get_mut(usize::try_from(at).ok()?)?.take()?;
        self.held_in_ring -= 1;
        if at == 0 {
            while let Some(None) = self.ring.front() {
                self.ring.pop_front();
                self.first += 1;
            }
        }
        Some(anchor)
    }

    /// Whether the tuple with this id is the first one of all that are held or were held after it: then [`InHand::take_first`] begins with it.
    pub fn begins_at(&self, id: u64) -> bool {
        self.first == id && self.old.is_empty()
    }

    /// Takes out what is held of the first `n` ids, in order.
    #[inline]
    pub fn take_first(&mut self, n: usize) -> impl Iterator<Item = Anchor> {
        let n = n.min(self.ring.len());
        let holes = self.ring.range(n..).take_while(|held| held.is_none());
        let n = n + holes.count();
        self.first += n as u64;
        self.ring
            .drain(..n)
            .flatten()
            .inspect(|_| self.held_in_ring -= 1)
    }

    /// Takes everything out, oldest first. Ids go on counting.
    pub fn drain(&mut self) -> Vec<Anchor> {
        let mut all: Vec<Anchor> = std::mem::take(&mut self.old).into_values().collect();
        self.first = self.next_id();
        self.held_in_ring = 0;
        all.extend(self.ring.drain(..).flatten());
        all
    }

    /// Begins to count from 0 again: there is a new child.
    pub fn restart(&mut self) {
        debug_assert!(self.is_empty());
        *self = InHand::default();
    }

    fn compact(&mut self) {
        let first = self.first;
        self.first = self.next_id();
        self.held_in_ring = 0;
        self.old.extend(
            (first..)
                .zip(self.ring.drain(..))
                .filter_map(|(id, held)| Some((id, held?))),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::acker::Acker;
    use crate::flow::ledger::Emission;

    fn anchors(n: usize) -> Vec<Anchor> {
        let mut acker = Acker::new(1);
        let root = acker.begin(Emission {
            spout: 0,
            sequence: 0,
            born: 0,
            body: 0,
        });
        (0..n).map(|_| acker.root_copy(root)).collect()
    }

    #[test]
    fn it_gives_back_what_it_was_given_once_and_by_id() {
        let anchors = anchors(3);
        let mut hand = InHand::default();
        for anchor in &anchors {
            hand.push(*anchor);
        }
        assert_eq!(hand.take(1), Some(anchors[1]));
        assert_eq!(hand.take(1), None);
        assert_eq!(hand.get(2), Some(anchors[2]));
        assert_eq!(hand.take(7), None);
        assert_eq!(hand.take(0), Some(anchors[0]));
        assert_eq!((hand.len(), hand.next_id()), (1, 3));
        assert_eq!(hand.drain(), [anchors[2]]);
        assert!(hand.is_empty());
    }

    #[test]
    fn the_first_are_taken_at_once_and_those_that_were_answered_before_are_not_among_them() {
        let anchors = anchors(5);
        let mut hand = InHand::default();
        hand.push_all(&anchors);
        assert_eq!(hand.take(1), Some(anchors[1]));
        assert_eq!(hand.take(3), Some(anchors[3]));
        assert!(hand.begins_at(0));
        assert_eq!(
            hand.take_first(3).collect::<Vec<_>>(),
            [anchors[0], anchors[2]]
        );
        // The one after them was answered, too.
        assert_eq!((hand.len(), hand.oldest(), hand.next_id()), (1, 4, 5));
        assert!(hand.begins_at(4) && !hand.begins_at(3));
        assert_eq!(hand.take_first(100).count(), 1);
        assert!(hand.is_empty() && hand.begins_at(5));
    }

    #[test]
    fn one_tuple_held_for_long_does_not_keep_the_place_of_all_that_went_by() {
        let held = anchors(1)[0];
        let mut hand = InHand::default();
        hand.push(held);
        for id in 1..100_000 {
            hand.push(Anchor::NONE);
            assert!(hand.take(id).is_some());
        }
        assert!(
            hand.ring.capacity() <= 4 * SMALL,
            "{}",
            hand.ring.capacity()
        );
        assert_eq!(hand.take(0), Some(held));
        assert_eq!((hand.len(), hand.next_id()), (0, 100_000));
    }
}
