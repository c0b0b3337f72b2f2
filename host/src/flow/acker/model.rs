//! The ledger, and what children have in hand, against the naive thing: for every tree the set of its tuples that are not acked. Random lives of tuples:
//! joins of several trees, acks in any order, in rows and twice, fails, refusals, deaths, tuples that nobody ever answers, timeouts, and spouts that go.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::flow::in_hand::InHand;

const SPOUTS: u32 = 2;
const BOLTS: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    /// A spout emits a tuple, of which so many copies go to bolts.
    Root(u32, Vec<u8>),
    /// A bolt emits one tuple anchored to some of what it has in hand, one copy to each of these.
    Emit(u8, Vec<Index>, Vec<u8>),
    /// A bolt emits several, all anchored to one that it has in hand.
    EmitMany(u8, Index, u8, usize),
    Ack(u8, Index),
    /// The same id again, or one that was never given.
    AckAgain(u8, Index),
    /// The first so many ids that a bolt has in hand.
    AckFirst(u8, usize),
    Fail(u8, Index),
    /// What was emitted for a tuple was refused: its trees fail, and it is still in hand.
    Refuse(u8, Index),
    /// A bolt holds on to a tuple for good.
    Keep(u8, Index),
    BoltDies(u8),
    SpoutDies(u32),
    Rotate,
}

fn step() -> impl Strategy<Value = Step> {
    let bolt = || 0..BOLTS as u8;
    let index = any::<Index>;
    prop_oneof![
        6 => (0..SPOUTS, vec(bolt(), 0..4)).prop_map(|(spout, to)| Step::Root(spout, to)),
        6 => (bolt(), vec(index(), 1..4), vec(bolt(), 0..3)).prop_map(|(at, anchors, to)| Step::Emit(at, anchors, to)),
        3 => (bolt(), index(), bolt(), 0..5usize).prop_map(|(at, anchor, to, n)| Step::EmitMany(at, anchor, to, n)),
        12 => (bolt(), index()).prop_map(|(at, which)| Step::Ack(at, which)),
        3 => (bolt(), index()).prop_map(|(at, which)| Step::AckAgain(at, which)),
        3 => (bolt(), 0..6usize).prop_map(|(at, n)| Step::AckFirst(at, n)),
        1 => (bolt(), index()).prop_map(|(at, which)| Step::Fail(at, which)),
        1 => (bolt(), index()).prop_map(|(at, which)| Step::Refuse(at, which)),
        1 => (bolt(), index()).prop_map(|(at, which)| Step::Keep(at, which)),
        1 => bolt().prop_map(Step::BoltDies),
        1 => (0..SPOUTS).prop_map(Step::SpoutDies),
        2 => Just(Step::Rotate),
    ]
}

/// A tree that is open.
struct Tree {
    spout: u32,
    born: u32,
    /// Its tuples that are not acked, by number.
    tuples: BTreeSet<u64>,
}

/// A tuple in hand: its number, and the trees that were open when it was made.
#[derive(Clone)]
struct Tuple {
    number: u64,
    trees: Vec<u64>,
}

#[derive(Default)]
struct Model {
    open: BTreeMap<u64, Tree>,
    hands: [BTreeMap<u64, Tuple>; BOLTS],
    next_tree: u64,
    next_tuple: u64,
    turns: u32,
    late: u64,
    told: Vec<(u64, bool)>,
}

impl Model {
    /// A tuple that hangs on those of these trees that are still open.
    fn tuple(&mut self, trees: &BTreeSet<u64>) -> Tuple {
        let number = self.next_tuple;
        self.next_tuple += 1;
        let trees = trees
            .iter()
            .copied()
            .filter(|tree| self.open.contains_key(tree));
        let trees: Vec<u64> = trees.collect();
        for tree in &trees {
            self.open.get_mut(tree).expect("open").tuples.insert(number);
        }
        Tuple { number, trees }
    }

    fn acked(&mut self, tuple: &Tuple) {
        for tree in &tuple.trees {
            match self.open.get_mut(tree) {
                None => self.late += 1,
                Some(open) => {
                    assert!(open.tuples.remove(&tuple.number));
                    if open.tuples.is_empty() {
                        self.open.remove(tree);
                        self.told.push((*tree, true));
                    }
                }
            }
        }
    }

    fn failed(&mut self, tuple: &Tuple) {
        for tree in &tuple.trees {
            match self.open.remove(tree) {
                None => self.late += 1,
                Some(_) => self.told.push((*tree, false)),
            }
        }
    }

    /// A tree is answered at the second turn after its birth.
    fn rotates(&mut self) {
        self.turns += 1;
        let turns = self.turns;
        let Model { open, told, .. } = self;
        open.retain(|tree, open| {
            let old = open.born + 2 <= turns;
            told.extend(old.then_some((*tree, false)));
            !old
        });
    }
}

/// What stands at a place among those that are in hand.
fn chosen(hand: &BTreeMap<u64, Tuple>, which: Index) -> Option<(u64, Tuple)> {
    let ids: Vec<&u64> = hand.keys().collect();
    let id = **(!ids.is_empty()).then(|| which.get(&ids))?;
    Some((id, hand[&id].clone()))
}

struct Pair {
    acker: Acker,
    hands: [InHand; BOLTS],
    kept: Vec<Anchor>,
    model: Model,
}

impl Pair {
    fn gives(&mut self, to: u8, anchor: Anchor, tuple: Tuple) {
        let to = usize::from(to);
        let open: Vec<u64> = tuple.trees.clone();
        assert_eq!(anchor.is_tracked(), !open.is_empty());
        self.model.hands[to].insert(self.hands[to].next_id(), tuple);
        self.hands[to].push(anchor);
    }

    fn takes(&mut self, step: Step) {
        let reason: Rc<str> = "because".into();
        match step {
            Step::Root(spout, to) => {
                let tree = self.model.next_tree;
                self.model.next_tree += 1;
                let root = self.acker.begin(Emission {
                    spout,
                    sequence: tree,
                    born: 0,
                    body: 0,
                });
                let made = Tree {
                    spout,
                    born: self.model.turns,
                    tuples: BTreeSet::new(),
                };
                self.model.open.insert(tree, made);
                for to in &to {
                    let tuple = self.model.tuple(&[tree].into());
                    let anchor = self.acker.root_copy(root);
                    self.gives(*to, anchor, tuple);
                }
                self.acker.sealed(root, to.len());
                if to.is_empty() {
                    self.model.open.remove(&tree);
                    self.model.told.push((tree, true));
                }
            }
            Step::Emit(at, anchors, to) => {
                let at = usize::from(at);
                let found: Vec<(u64, Tuple)> = anchors
                    .iter()
                    .filter_map(|which| chosen(&self.model.hands[at], *which))
                    .collect();
                if found.is_empty() {
                    return;
                }
                let parents: Vec<Anchor> = found
                    .iter()
                    .map(|(id, _)| self.hands[at].get(*id).expect("in hand"))
                    .collect();
                let trees = found
                    .iter()
                    .flat_map(|(_, tuple)| tuple.trees.clone())
                    .collect();
                for to in to {
                    let tuple = self.model.tuple(&trees);
                    let anchor = self.acker.copy_of_all(&parents);
                    self.gives(to, anchor, tuple);
                }
            }
            Step::EmitMany(at, which, to, n) => {
                let at = usize::from(at);
                let Some((id, tuple)) = chosen(&self.model.hands[at], which) else {
                    return;
                };
                let parent = self.hands[at].get(id).expect("in hand");
                let mut anchors = Vec::new();
                self.acker.copies(parent, n, &mut anchors);
                assert_eq!(anchors.len(), n);
                let trees = tuple.trees.into_iter().collect();
                for anchor in anchors {
                    let tuple = self.model.tuple(&trees);
                    self.gives(to, anchor, tuple);
                }
            }
            Step::Ack(at, which) => {
                let at = usize::from(at);
                if let Some((id, tuple)) = chosen(&self.model.hands[at], which) {
                    self.model.hands[at].remove(&id);
                    let anchor = self.hands[at].take(id).expect("in hand");
                    self.acker.ack(anchor);
                    self.model.acked(&tuple);
                }
            }
            Step::AckAgain(at, which) => {
                let at = usize::from(at);
                let id = which.index(self.hands[at].next_id() as usize + 3) as u64;
                if !self.model.hands[at].contains_key(&id) {
                    assert!(self.hands[at].get(id).is_none() && self.hands[at].take(id).is_none());
                }
            }
            Step::AckFirst(at, n) => {
                let at = usize::from(at);
                let Some((&first, _)) = self.model.hands[at].first_key_value() else {
                    return;
                };
                if !self.hands[at].begins_at(first) {
                    return;
                }
                self.acker.ack_all(self.hands[at].take_first(n));
                for id in first..first + n as u64 {
                    if let Some(tuple) = self.model.hands[at].remove(&id) {
                        self.model.acked(&tuple);
                    }
                }
            }
            Step::Fail(at, which) => {
                let at = usize::from(at);
                if let Some((id, tuple)) = chosen(&self.model.hands[at], which) {
                    self.model.hands[at].remove(&id);
                    let anchor = self.hands[at].take(id).expect("in hand");
                    self.acker.fail(anchor, FailKind::Failed, &reason);
                    self.model.failed(&tuple);
                }
            }
            Step::Refuse(at, which) => {
                let at = usize::from(at);
                if let Some((id, tuple)) = chosen(&self.model.hands[at], which) {
                    let anchor = self.hands[at].get(id).expect("in hand");
                    self.acker.fail_trees(anchor, FailKind::Refused, &reason);
                    self.model.failed(&tuple);
                }
            }
            Step::Keep(at, which) => {
                let at = usize::from(at);
                if let Some((id, _)) = chosen(&self.model.hands[at], which) {
                    self.model.hands[at].remove(&id);
                    self.kept.push(self.hands[at].take(id).expect("in hand"));
                }
            }
            Step::BoltDies(at) => {
                let at = usize::from(at);
                for anchor in self.hands[at].drain() {
                    self.acker.fail(anchor, FailKind::ChildDied, &reason);
                }
                for tuple in std::mem::take(&mut self.model.hands[at]).into_values() {
                    self.model.failed(&tuple);
                }
            }
            Step::SpoutDies(spout) => {
                let trees = self.model.open.len();
                self.model.open.retain(|_, tree| tree.spout != spout);
                let gone = trees - self.model.open.len();
                assert_eq!(self.acker.forget(spout), gone);
            }
            Step::Rotate => {
                self.acker.rotate();
                self.model.rotates();
            }
        }
    }

    /// What was told since the last step is what had to be, and the books agree.
    fn agrees(&mut self) {
        let outcomes = self.acker.outcomes.drain(..);
        let mut told: Vec<(u64, bool)> = outcomes
            .map(|(emission, outcome)| (emission.sequence, outcome == Outcome::Acked))
            .collect();
        told.sort_unstable();
        self.model.told.sort_unstable();
        assert_eq!(told, std::mem::take(&mut self.model.told));
        assert_eq!(self.acker.open_trees(), self.model.open.len());
        assert_eq!(self.acker.late, self.model.late);
        for (hand, model) in self.hands.iter().zip(&self.model.hands) {
            assert_eq!(hand.len(), model.len());
            let oldest = model.keys().next().copied();
            assert_eq!(hand.oldest(), oldest.unwrap_or(hand.next_id()));
        }
    }
}

/// `STORMHOST_LONG=1` tries a hundred times as many lives.
fn lives() -> ProptestConfig {
    let long = std::env::var("STORMHOST_LONG").is_ok_and(|long| long == "1");
    ProptestConfig::with_cases(if long { 50_000 } else { 500 })
}

proptest! {
    #![proptest_config(lives())]

    #[test]
    fn every_tree_is_answered_once_and_rightly_whatever_becomes_of_its_tuples(steps in vec(step(), 1..200), seed: u64) {
        let mut pair = Pair {
            acker: Acker::new(seed),
            hands: Default::default(),
            kept: Vec::new(),
            model: Model::default(),
        };
        for step in steps {
            pair.takes(step);
            pair.agrees();
        }
        // What is left times out, and nothing is kept but what somebody holds.
        for _ in 0..2 {
            pair.takes(Step::Rotate);
            pair.agrees();
        }
        prop_assert_eq!(pair.acker.open_trees(), 0);
        for at in 0..BOLTS as u8 {
            pair.takes(Step::BoltDies(at));
        }
        for anchor in std::mem::take(&mut pair.kept) {
            pair.acker.ack(anchor);
        }
        prop_assert!(pair.acker.outcomes.is_empty());
        prop_assert_eq!(pair.acker.held_aside(), 0);
    }
}
