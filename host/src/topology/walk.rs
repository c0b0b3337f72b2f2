//! Walks over the graph of components: which subscriptions close a cycle, and who must be through before whom.
//!
//! Nothing here recurses: a description may hold a chain of any length, and the stack does not.

use std::collections::BTreeSet;

use super::model::{Component, Kind};

/// For each component its listeners, in order of declaration: pairs of listener and index in the listener's inputs.
pub(super) type Consumers = Vec<Vec<(usize, usize)>>;

/// Who listens to each component.
pub(super) fn consumers(components: &[Component]) -> Consumers {
    let mut consumers = vec![Vec::new(); components.len()];
    for (listener, component) in components.iter().enumerate() {
        for (at, input) in component.inputs.iter().enumerate() {
            if let Some(found) = consumers.get_mut(input.component) {
                found.push((listener, at));
            }
        }
    }
    consumers
}

/// Marks the inputs that close a cycle: those that a depth-first walk, from the spouts in order of declaration, finds leading
/// back to a component it is still in the middle of. Without them the graph has no cycle.
pub(super) fn mark_back_edges(components: &mut [Component]) {
    let starts = starts(components);
    for (listener, at) in walk(&consumers(components), starts).back_edges {
        if let Some(input) = components
            .get_mut(listener)
            .and_then(|component| component.inputs.get_mut(at))
        {
            input.back_edge = true;
        }
    }
}

/// The strongly connected components of the graph, those upstream first (Kosaraju's way: in the order in which a walk leaves
/// the nodes, backwards, walk against the arrows). Within a group: order of declaration.
pub(super) fn groups(consumers: &Consumers) -> Vec<Vec<usize>> {
    let mut producers: Consumers = vec![Vec::new(); consumers.len()];
    for (from, listeners) in consumers.iter().enumerate() {
        for &(to, at) in listeners {
            if let Some(found) = producers.get_mut(to) {
                found.push((from, at));
            }
        }
    }
    // Walking the last declared first leaves the first declared last, so that independent branches keep their order.
    let left = walk(consumers, (0..consumers.len()).rev().collect()).left;
    let mut seen = BTreeSet::new();
    let mut groups = Vec::new();
    for start in left.into_iter().rev() {
        let mut group = Vec::new();
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if seen.insert(node) {
                group.push(node);
                open.extend(
                    producers
                        .get(node)
                        .into_iter()
                        .flatten()
                        .map(|&(producer, _)| producer),
                );
            }
        }
        if !group.is_empty() {
            group.sort_unstable();
            groups.push(group);
        }
    }
    groups
}

/// Which components tuples of any spout can reach; spouts reach themselves.
pub(super) fn reached(components: &[Component]) -> BTreeSet<usize> {
    let spouts = (0..components.len())
        .filter(|&at| is_spout(components, at))
        .collect();
    walk(&consumers(components), spouts)
        .left
        .into_iter()
        .collect()
}

/// Where a walk begins: at the spouts, and after them at the bolts, since some may lie beyond every spout's reach.
fn starts(components: &[Component]) -> Vec<usize> {
    let (spouts, bolts): (Vec<_>, Vec<_>) =
        (0..components.len()).partition(|&at| is_spout(components, at));
    [spouts, bolts].concat()
}

fn is_spout(components: &[Component], at: usize) -> bool {
    components
        .get(at)
        .is_some_and(|component| component.kind == Kind::Spout)
}

struct Walked {
    /// Pairs of listener and index in its inputs.
    back_edges: Vec<(usize, usize)>,
    /// The nodes in the order in which the walk left them for good.
    left: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Unseen,
    Inside,
    Left,
}

fn walk(consumers: &Consumers, starts: Vec<usize>) -> Walked {
    let mut marks = vec![Mark::Unseen; consumers.len()];
    let mut walked = Walked {
        back_edges: Vec::new(),
        left: Vec::new(),
    };
    let enter = |marks: &mut Vec<Mark>, node: usize| {
        if let Some(mark) = marks.get_mut(node) {
            *mark = Mark::Inside;
        }
        (node, consumers.get(node).into_iter().flatten())
    };
    for start in starts {
        if marks.get(start) != Some(&Mark::Unseen) {
            continue;
        }
        let mut path = vec![enter(&mut marks, start)];
        while let Some((node, ahead)) = path.last_mut() {
            match ahead.next() {
                Some(&(listener, at)) => match marks.get(listener) {
                    Some(Mark::Unseen) => path.push(enter(&mut marks, listener)),
                    Some(Mark::Inside) => walked.back_edges.push((listener, at)),
                    Some(Mark::Left) | None => {}
                },
                None => {
                    if let Some(mark) = marks.get_mut(*node) {
                        *mark = Mark::Left;
                    }
                    walked.left.push(*node);
                    path.pop();
                }
            }
        }
    }
    walked
}
