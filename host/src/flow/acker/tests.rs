use std::collections::BTreeMap;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;

fn emission(sequence: u64) -> Emission {
    Emission {
        spout: 0,
        sequence,
        born: 0,
        body: 0,
    }
}

fn reason() -> Rc<str> {
    "because".into()
}

fn acked(acker: &mut Acker) -> Vec<u64> {
    acker
        .outcomes
        .drain(..)
        .filter(|(_, o)| *o == Outcome::Acked)
        .map(|(e, _)| e.sequence)
        .collect()
}

#[test]
fn a_tree_is_complete_when_its_last_tuple_is_acked() {
    let mut acker = Acker::new(1);
    let root = acker.begin(emission(5));
    let (a, b) = (acker.root_copy(root), acker.root_copy(root));
    acker.sealed(root, 2);
    let child = acker.copy(a);
    acker.ack(a);
    acker.ack(b);
    assert_eq!(acked(&mut acker), Vec::<u64>::new());
    acker.ack(child);
    assert_eq!(acked(&mut acker), [5]);
    assert_eq!(acker.open_trees(), 0);
}

#[test]
fn a_tuple_nobody_takes_is_complete_at_once() {
    let mut acker = Acker::new(1);
    let root = acker.begin(emission(1));
    acker.sealed(root, 0);
    assert_eq!(acked(&mut acker), [1]);
}

#[test]
fn what_comes_after_the_answer_is_counted_and_ignored() {
    let mut acker = Acker::new(1);
    let root = acker.begin(emission(1));
    let (a, b) = (acker.root_copy(root), acker.root_copy(root));
    acker.fail(a, FailKind::Failed, &reason());
    let again = acker.begin(emission(2)); // takes the same slot
    acker.ack(b);
    assert_eq!((acker.outcomes.len(), acker.late), (1, 1));
    assert!(!acker.copy(b).is_tracked());
    assert!(acker.root_copy(again).is_tracked());
}

#[test]
fn a_tuple_times_out_between_one_and_two_turns() {
    let mut acker = Acker::new(1);
    acker.rotate();
    let root = acker.begin(emission(1));
    let copy = acker.root_copy(root);
    acker.rotate();
    assert!(acker.outcomes.is_empty());
    acker.rotate();
    assert!(matches!(
        acker.outcomes[..],
        [(_, Outcome::Failed(FailKind::Timeout, _))]
    ));
    acker.ack(copy);
    assert_eq!(acker.late, 1);
}

#[test]
fn a_spouts_death_leaves_nothing_to_tell() {
    let mut acker = Acker::new(1);
    let root = acker.begin(emission(1));
    let copy = acker.root_copy(root);
    let gone = acker.begin(emission(2));
    acker.sealed(gone, 0);
    assert_eq!(acker.forget(0), 1);
    acker.ack(copy);
    assert!(acker.outcomes.is_empty());
}

/// One step of a random life of tuples.
#[derive(Clone, Debug)]
enum Step {
    Root(u8),
    Child(Vec<prop::sample::Index>),
    Ack(prop::sample::Index),
    Fail(prop::sample::Index),
    Late(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..3u8).prop_map(Step::Root),
        4 => prop::collection::vec(any::<prop::sample::Index>(), 1..4).prop_map(Step::Child),
        6 => any::<prop::sample::Index>().prop_map(Step::Ack),
        1 => any::<prop::sample::Index>().prop_map(Step::Fail),
        1 => any::<prop::sample::Index>().prop_map(Step::Late),
    ]
}

proptest! {
    /// The ledger against a naive tree: for each root the set of tuples that are not acked.
    #[test]
    fn it_agrees_with_a_naive_tree(steps in prop::collection::vec(step(), 1..200), seed: u64) {
        let mut acker = Acker::new(seed);
        let mut open: BTreeMap<u64, usize> = BTreeMap::new(); // root -> tuples not acked
        let mut live: Vec<(Anchor, Vec<u64>)> = Vec::new();
        let mut done: Vec<Anchor> = Vec::new();
        let mut next = 0u64;
        for step in steps {
            let mut expected: Vec<(u64, bool)> = Vec::new();
            match step {
                Step::Root(copies) => {
                    let root = acker.begin(emission(next));
                    for _ in 0..copies {
                        live.push((acker.root_copy(root), vec![next]));
                    }
                    acker.sealed(root, usize::from(copies));
                    if copies == 0 { expected.push((next, true)) } else { open.insert(next, usize::from(copies)); }
                    next += 1;
                }
                Step::Child(parents) => {
                    if live.is_empty() { continue }
                    let parents: Vec<usize> = parents.iter().map(|i| i.index(live.len())).collect();
                    let anchors: Vec<Anchor> = parents.iter().map(|&i| live[i].0).collect();
                    let mut roots: Vec<u64> = parents.iter().flat_map(|&i| live[i].1.clone()).collect();
                    roots.sort_unstable();
                    roots.dedup();
                    roots.retain(|root| open.contains_key(root));
                    for root in &roots { *open.get_mut(root).unwrap() += 1; }
                    let anchor = acker.copy_of_all(&anchors);
                    prop_assert_eq!(anchor.is_tracked(), !roots.is_empty());
                    live.push((anchor, roots));
                }
                Step::Ack(which) => {
                    if live.is_empty() { continue }
                    let (anchor, roots) = live.swap_remove(which.index(live.len()));
                    acker.ack(anchor);
                    if roots.len() == 1 { done.push(anchor); }
                    for root in roots {
                        if let Some(n) = open.get_mut(&root) {
                            *n -= 1;
                            if *n == 0 { open.remove(&root); expected.push((root, true)); }
                        }
                    }
                }
                Step::Fail(which) => {
                    if live.is_empty() { continue }
                    let (anchor, roots) = live.swap_remove(which.index(live.len()));
                    acker.fail(anchor, FailKind::Failed, &reason());
                    for root in roots {
                        if open.remove(&root).is_some() { expected.push((root, false)); }
                    }
                }
                Step::Late(which) => {
                    // An ack that comes twice: harmless once the tree is answered.
                    if done.is_empty() { continue }
                    let anchor = done[which.index(done.len())];
                    if let Owed::One(root, _) = anchor.owed() && !acker.ledger.is_open(root) { acker.ack(anchor); }
                }
            }
            let mut told: Vec<(u64, bool)> =
                acker.outcomes.drain(..).map(|(e, o)| (e.sequence, o == Outcome::Acked)).collect();
            told.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(told, expected);
            prop_assert_eq!(acker.open_trees(), open.len());
        }
    }
}

#[test]
fn a_copy_of_what_is_answered_is_an_orphan_and_so_are_its_copies() {
    let mut acker = Acker::new(1);
    let root = acker.begin(emission(1));
    let (a, b) = (acker.root_copy(root), acker.root_copy(root));
    acker.sealed(root, 2);
    acker.fail(a, FailKind::Failed, &reason());
    let orphan = acker.copy(b);
    assert!(orphan.is_orphan() && !orphan.is_tracked());
    assert!(acker.copy(orphan).is_orphan());
    assert!(acker.copy_of_all(&[orphan, Anchor::NONE]).is_orphan());
    assert!(!acker.copy_of_all(&[Anchor::NONE, Anchor::NONE]).is_orphan());
    acker.ack(orphan);
    assert_eq!(acker.late, 0);
}
