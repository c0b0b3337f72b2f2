//! Anchors: what ties a delivered tuple to the trees it belongs to; and the outcome of trees.
//!
//! Nearly every tuple belongs to one tree, so an [`Anchor`] is two words and needs no allocation. A tuple with several roots (a join)
//! keeps its pairs in a side table.

use std::num::NonZeroU64;
use std::rc::Rc;

use super::ledger::{Answered, Emission, Ledger, Root};

/// What a delivered tuple owes: nothing, one edge of one tree, or an edge of each of several trees.
///
/// Millions of these are copied a second, so the rare kinds are written as roots that no tree has, with a small number for an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    root: Root,
    edge: NonZeroU64,
}

/// What an [`Anchor`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owed {
    Nothing,
    /// Nothing any more: all trees it would belong to are answered.
    Orphan,
    One(Root, u64),
    Several(u32),
}

const SEVERAL: NonZeroU64 = NonZeroU64::MIN.saturating_add(2);

impl Anchor {
    /// A tuple that is not tracked.
    pub const NONE: Anchor = Anchor {
        root: Root::NONE,
        edge: NonZeroU64::MIN,
    };

    /// A tuple all of whose trees are answered.
    const ORPHAN: Anchor = Anchor {
        root: Root::NONE,
        edge: NonZeroU64::MIN.saturating_add(1),
    };

    #[inline]
    fn one(root: Root, edge: NonZeroU64) -> Anchor {
        Anchor { root, edge }
    }

    fn several(at: u32) -> Anchor {
        Anchor {
            root: Root::of_no_tree(at),
            edge: SEVERAL,
        }
    }

    #[inline]
    fn owed(self) -> Owed {
        if self.root.is_of_a_tree() {
            Owed::One(self.root, self.edge.get())
        } else if self == Anchor::NONE {
            Owed::Nothing
        } else if self == Anchor::ORPHAN {
            Owed::Orphan
        } else {
            Owed::Several(self.root.number())
        }
    }

    /// Whether the tuple belongs to a tree that may be open.
    pub fn is_tracked(self) -> bool {
        !matches!(self.owed(), Owed::Nothing | Owed::Orphan)
    }

    /// Whether the tuple was tracked, and every tree it belonged to is answered: nobody waits for it.
    pub fn is_orphan(self) -> bool {
        self == Anchor::ORPHAN
    }
}

/// Why a tree failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailKind {
    /// A bolt said so.
    Failed,
    /// The message timeout passed.
    Timeout,
    /// A child died with the tuple in hand. Costs the tuple no try.
    ChildDied,
    /// The host could not pass the tuple on: wrong number of values, an undeclared stream, a value the next encoding cannot hold.
    Refused,
    /// A cycle had no room.
    Overflow,
    /// It was set aside into the dead letters: to emit it again is of no use.
    DeadLetter,
}

impl FailKind {
    /// The word for it on the wire and in logs.
    pub fn word(self) -> &'static str {
        match self {
            FailKind::Failed => "failed",
            FailKind::Timeout => "timeout",
            FailKind::ChildDied => "child_died",
            FailKind::Refused => "refused",
            FailKind::Overflow => "overflow",
            FailKind::DeadLetter => "dead_letter",
        }
    }
}

/// What became of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every tuple of it was acked.
    Acked,
    /// It failed, and why: shared, since a death fails many at once.
    Failed(FailKind, Rc<str>),
}

/// The ledger, the side table for joins, and the outcomes that wait to be told to spouts.
pub struct Acker {
    ledger: Ledger,
    several: Vec<Vec<(Root, NonZeroU64)>>,
    free: Vec<u32>,
    random: u64,
    /// What was decided and not yet told.
    pub outcomes: Vec<(Emission, Outcome)>,
    /// Acks and fails for trees that had been answered before.
    pub late: u64,
}

impl Acker {
    /// An acker whose edges are drawn from `seed`.
    pub fn new(seed: u64) -> Acker {
        Acker {
            ledger: Ledger::default(),
            several: Vec::new(),
            free: Vec::new(),
            random: seed,
            outcomes: Vec::new(),
            late: 0,
        }
    }

    /// The trees that a tuple belongs to.
    pub fn roots(&self, anchor: Anchor) -> impl Iterator<Item = Root> + '_ {
        let (one, several) = match anchor.owed() {
            Owed::Nothing | Owed::Orphan => (None, &[][..]),
            Owed::One(root, _) => (Some(root), &[][..]),
            Owed::Several(at) => (None, &self.several[at as usize][..]),
        };
        one.into_iter().chain(several.iter().map(|(root, _)| *root))
    }

    /// How many trees are open.
    pub fn open_trees(&self) -> usize {
        self.ledger.len()
    }

    /// How many anchors of tuples with several roots are kept.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn held_aside(&self) -> usize {
        self.several.len() - self.free.len()
    }

    /// A random edge, never 0: splitmix64, which is quick and spreads well.
    #[inline]
    fn edge(&mut self) -> NonZeroU64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        NonZeroU64::MIN | (z ^ z >> 31)
    }

    /// Begins a tree. Give it its copies with [`Acker::root_copy`], then close the beginning with [`Acker::sealed`].
    pub fn begin(&mut self, emission: Emission) -> Root {
        self.ledger.open(emission)
    }

    /// One copy of a spout's tuple.
    #[inline]
    pub fn root_copy(&mut self, root: Root) -> Anchor {
        let edge = self.edge();
        if self.ledger.add(root, edge.get()) {
            Anchor::one(root, edge)
        } else {
            Anchor::ORPHAN
        }
    }

    /// A spout's tuple has all its copies; one that went nowhere is complete at once.
    #[inline]
    pub fn sealed(&mut self, root: Root, copies: usize) {
        if copies == 0
            && let Some(emission) = self.ledger.close(root)
        {
            self.outcomes.push((emission, Outcome::Acked));
        }
    }

    /// One copy of a tuple that a bolt emitted anchored to `parent`.
    /// If the parent's tree is answered already, the copy is an orphan.
    #[inline]
    pub fn copy(&mut self, parent: Anchor) -> Anchor {
        match parent.owed() {
            Owed::Nothing => Anchor::NONE,
            Owed::Orphan => Anchor::ORPHAN,
            Owed::One(root, _) => self.root_copy(root),
            Owed::Several(at) => {
                let roots: Vec<Root> = self.several[at as usize]
                    .iter()
                    .map(|(root, _)| *root)
                    .collect();
                self.copy_to(roots)
            }
        }
    }

    /// Appends the anchors of `n` tuples that a bolt emitted, all anchored to `parent`: as [`Acker::copy`], in one update of the tree.
    #[inline]
    pub fn copies(&mut self, parent: Anchor, n: usize, into: &mut Vec<Anchor>) {
        match parent.owed() {
            Owed::One(root, _) if self.ledger.is_open(root) => {
                let mut edges = 0;
                into.extend((0..n).map(|_| {
                    let edge = self.edge();
                    edges ^= edge.get();
                    Anchor::one(root, edge)
                }));
                self.ledger.add(root, edges);
            }
            Owed::Several(_) => into.extend((0..n).map(|_| self.copy(parent))),
            Owed::Nothing => into.resize(into.len() + n, Anchor::NONE),
            Owed::One(..) | Owed::Orphan => into.resize(into.len() + n, Anchor::ORPHAN),
        }
    }

    /// One copy of a tuple anchored to several parents: an edge in every tree that any of them belongs to.
    pub fn copy_of_all(&mut self, parents: &[Anchor]) -> Anchor {
        if let [parent] = parents {
            return self.copy(*parent);
        }
        let mut roots = Vec::new();
        let mut orphans = false;
        for parent in parents {
            match parent.owed() {
                Owed::Nothing => {}
                Owed::Orphan => orphans = true,
                Owed::One(root, _) => roots.push(root),
                Owed::Several(at) => {
                    roots.extend(self.several[at as usize].iter().map(|(root, _)| *root))
                }
            }
        }
        if roots.is_empty() && !orphans {
            return Anchor::NONE;
        }
        roots.sort_unstable();
        roots.dedup();
        self.copy_to(roots)
    }

    fn copy_to(&mut self, roots: Vec<Root>) -> Anchor {
        let mut pairs = Vec::with_capacity(roots.len());
        for root in roots {
            let edge = self.edge();
            if self.ledger.add(root, edge.get()) {
                pairs.push((root, edge));
            }
        }
        match pairs[..] {
            [] => Anchor::ORPHAN,
            [(root, edge)] => Anchor::one(root, edge),
            _ => {
                let at = match self.free.pop() {
                    Some(at) => {
                        self.several[at as usize] = pairs;
                        at
                    }
                    None => {
                        self.several.push(pairs);
                        self.several.len() as u32 - 1
                    }
                };
                Anchor::several(at)
            }
        }
    }

    /// A tuple was acked. Each anchor is given back exactly once, here or to [`Acker::fail`].
    #[inline]
    pub fn ack(&mut self, anchor: Anchor) {
        match anchor.owed() {
            Owed::Nothing | Owed::Orphan => {}
            Owed::One(root, edge) => self.settle(root, edge, 1),
            Owed::Several(at) => {
                for (root, edge) in self.give_back(at) {
                    self.settle(root, edge.get(), 1);
                }
            }
        }
    }

    /// Several tuples were acked. Those in a row that belong to one tree take a single update of it.
    #[inline]
    pub fn ack_all(&mut self, anchors: impl Iterator<Item = Anchor>) {
        let (mut tree, mut edges, mut acks) = (Root::NONE, 0, 0);
        for anchor in anchors {
            match anchor.owed() {
                Owed::One(root, edge) if root == tree => (edges, acks) = (edges ^ edge, acks + 1),
                Owed::One(root, edge) => {
                    if acks > 0 {
                        self.settle(tree, edges, acks);
                    }
                    (tree, edges, acks) = (root, edge, 1);
                }
                Owed::Nothing | Owed::Orphan | Owed::Several(_) => self.ack(anchor),
            }
        }
        if acks > 0 {
            self.settle(tree, edges, acks);
        }
    }

    /// Takes the XOR of the edges of so many acks out of a tree.
    #[inline]
    fn settle(&mut self, root: Root, edges: u64, acks: u64) {
        match self.ledger.remove(root, edges) {
            Ok(None) => {}
            Ok(Some(emission)) => self.outcomes.push((emission, Outcome::Acked)),
            Err(Answered) => self.late += acks,
        }
    }

    /// A tuple failed, and so do all trees it belongs to.
    pub fn fail(&mut self, anchor: Anchor, kind: FailKind, reason: &Rc<str>) {
        self.fail_trees(anchor, kind, reason);
        if let Owed::Several(at) = anchor.owed() {
            self.give_back(at);
        }
    }

    /// Something emitted for a tuple is lost, so the trees of that tuple fail. The tuple itself is still to be acked or failed.
    pub fn fail_trees(&mut self, anchor: Anchor, kind: FailKind, reason: &Rc<str>) {
        match anchor.owed() {
            Owed::Nothing | Owed::Orphan => {}
            Owed::One(root, _) => self.fail_root(root, kind, reason),
            Owed::Several(at) => {
                let roots: Vec<Root> = self.several[at as usize]
                    .iter()
                    .map(|(root, _)| *root)
                    .collect();
                for root in roots {
                    self.fail_root(root, kind, reason);
                }
            }
        }
    }

    /// A whole tree fails.
    pub fn fail_root(&mut self, root: Root, kind: FailKind, reason: &Rc<str>) {
        match self.ledger.close(root) {
            Some(emission) => self
                .outcomes
                .push((emission, Outcome::Failed(kind, reason.clone()))),
            None => self.late += 1,
        }
    }

    fn give_back(&mut self, at: u32) -> Vec<(Root, NonZeroU64)> {
        self.free.push(at);
        std::mem::take(&mut self.several[at as usize])
    }

    /// One turn of the time-out clock; see [`Ledger::rotate`].
    pub fn rotate(&mut self) {
        let reason: Rc<str> = "the message timeout passed (topology.message.timeout.secs)".into();
        let outcomes = &mut self.outcomes;
        self.ledger.rotate(|emission| {
            outcomes.push((emission, Outcome::Failed(FailKind::Timeout, reason.clone())))
        });
    }

    /// Drops all trees of a spout task whose process is gone. Returns how many there were.
    pub fn forget(&mut self, spout: u32) -> usize {
        self.outcomes
            .retain(|(emission, _)| emission.spout != spout);
        self.ledger.forget(spout)
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
