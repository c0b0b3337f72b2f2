//! Task ids, listeners, back edges and order, on small graphs written as arrows.

use super::*;
use crate::topology::walk::mark_back_edges;

/// Components in order of declaration with their parallelism, and arrows between them. A name in capitals is a spout.
fn topology(components: &[(&str, u32)], arrows: &[(&str, &str)]) -> Topology {
    let at = |id: &str| {
        components
            .iter()
            .position(|(name, _)| *name == id)
            .expect("declared")
    };
    let mut built: Vec<Component> = components
        .iter()
        .map(|&(id, parallelism)| component(id, parallelism))
        .collect();
    for (from, to) in arrows {
        built[at(to)].inputs.push(Input {
            component: at(from),
            stream: 0,
            grouping: Grouping::Shuffle,
            back_edge: false,
        });
    }
    mark_back_edges(&mut built);
    let tasks = number_tasks(&built);
    Topology {
        name: "T".into(),
        file: "t.py".into(),
        components: built,
        settings: Settings::default(),
        tasks,
    }
}

fn component(id: &str, parallelism: u32) -> Component {
    Component {
        id: id.into(),
        kind: if id.chars().all(char::is_uppercase) {
            Kind::Spout
        } else {
            Kind::Bolt
        },
        parallelism,
        command: vec!["true".into()],
        builtin: None,
        shell: None,
        redis: None,
        inside: None,
        cwd: None,
        env: BTreeMap::new(),
        serializer: Encoding::Json,
        replay: Replay::Child,
        streams: vec![Stream {
            id: "default".into(),
            fields: vec!["x".into()],
            direct: false,
        }],
        inputs: Vec::new(),
        settings: Settings::default(),
        conf: Map::new(),
        at: None,
    }
}

#[test]
fn tasks_are_numbered_in_alphabetical_order_of_components() {
    let topology = topology(&[("S", 1), ("split", 3), ("count", 2), ("_x", 1)], &[]);
    let numbered: Vec<(u32, &str, u32)> = topology
        .tasks
        .iter()
        .map(|task| {
            (
                task.id,
                topology.components[task.component].id.as_str(),
                task.index,
            )
        })
        .collect();
    // Capitals come before the underscore, and the underscore before small letters.
    assert_eq!(
        numbered,
        [
            (1, "S", 0),
            (2, "_x", 0),
            (3, "count", 0),
            (4, "count", 1),
            (5, "split", 0),
            (6, "split", 1),
            (7, "split", 2)
        ]
    );
    assert!(
        topology
            .tasks
            .iter()
            .enumerate()
            .all(|(index, task)| task.id as usize == index + 1)
    );
}

#[test]
fn names_are_ordered_as_java_does() {
    // U+FF5E is one code unit above all surrogates, U+1F40C is a pair of surrogates: by bytes they stand the other way round.
    let topology = topology(&[("\u{ff5e}", 1), ("\u{1f40c}", 1)], &[]);
    assert_eq!(topology.tasks_of(1), 1..2);
    assert_eq!(topology.tasks_of(0), 2..3);
}

#[test]
fn tasks_of_a_component_follow_one_another() {
    let topology = topology(&[("S", 1), ("split", 3), ("count", 2)], &[]);
    for (id, expected) in [("S", 1..2), ("count", 2..4), ("split", 4..7)] {
        assert_eq!(
            topology.tasks_of(topology.component(id).expect(id)),
            expected,
            "{id}"
        );
    }
    assert!(topology.tasks_of(99).is_empty());
}

#[test]
fn listeners_come_in_order_of_declaration() {
    let topology = topology(
        &[("S", 1), ("a", 1), ("b", 1), ("c", 1)],
        &[("S", "c"), ("a", "b"), ("S", "b"), ("S", "a")],
    );
    assert_eq!(
        topology.listeners(0, 0).collect::<Vec<_>>(),
        [(1, 0), (2, 1), (3, 0)]
    );
    assert_eq!(topology.listeners(0, 1).count(), 0);
}

#[test]
fn subscriptions_that_close_a_cycle_are_back_edges() {
    for (components, arrows, expected) in [
        // No cycle.
        (vec!["S", "a", "b"], vec![("S", "a"), ("a", "b")], vec![]),
        // A diamond is no cycle.
        (
            vec!["S", "a", "b", "c"],
            vec![("S", "a"), ("S", "b"), ("a", "c"), ("b", "c")],
            vec![],
        ),
        // A bolt that listens to itself.
        (
            vec!["S", "a"],
            vec![("S", "a"), ("a", "a")],
            vec![("a", "a")],
        ),
        // Two that listen to each other: the walk comes from the spout.
        (
            vec!["S", "a", "b"],
            vec![("S", "a"), ("a", "b"), ("b", "a")],
            vec![("b", "a")],
        ),
        // The same, declared the other way round.
        (
            vec!["b", "a", "S"],
            vec![("S", "a"), ("a", "b"), ("b", "a")],
            vec![("b", "a")],
        ),
        // Entered in two places: the spout declared first decides.
        (
            vec!["S", "T", "a", "b"],
            vec![("S", "a"), ("T", "b"), ("a", "b"), ("b", "a")],
            vec![("b", "a")],
        ),
        (
            vec!["T", "S", "a", "b"],
            vec![("S", "a"), ("T", "b"), ("a", "b"), ("b", "a")],
            vec![("a", "b")],
        ),
        // Two circles that share a bolt.
        (
            vec!["S", "a", "b", "c"],
            vec![("S", "a"), ("a", "b"), ("b", "a"), ("a", "c"), ("c", "a")],
            vec![("b", "a"), ("c", "a")],
        ),
        // A circle that no spout reaches is broken as well.
        (
            vec!["S", "a", "b"],
            vec![("a", "b"), ("b", "a")],
            vec![("b", "a")],
        ),
    ] {
        let components: Vec<(&str, u32)> = components.into_iter().map(|id| (id, 1)).collect();
        let topology = topology(&components, &arrows);
        let id = |at: usize| topology.components[at].id.as_str();
        let mut found: Vec<(&str, &str)> = Vec::new();
        for (at, component) in topology.components.iter().enumerate() {
            found.extend(
                component
                    .inputs
                    .iter()
                    .filter(|input| input.back_edge)
                    .map(|input| (id(input.component), id(at))),
            );
        }
        assert_eq!(found, expected, "{components:?} {arrows:?}");
    }
}

#[test]
fn whoever_sends_comes_before_whoever_listens() {
    for (components, arrows, expected) in [
        (
            vec!["c", "b", "S"],
            vec![("S", "b"), ("b", "c")],
            vec![vec!["S"], vec!["b"], vec!["c"]],
        ),
        (
            vec!["S", "a", "T", "b"],
            vec![("S", "a"), ("T", "b")],
            vec![vec!["S"], vec!["T"], vec!["a"], vec!["b"]],
        ),
        (
            vec!["S", "a", "b", "c"],
            vec![("S", "a"), ("a", "b"), ("b", "a"), ("b", "c")],
            vec![vec!["S"], vec!["a", "b"], vec!["c"]],
        ),
        (
            vec!["S", "a"],
            vec![("S", "a"), ("a", "a")],
            vec![vec!["S"], vec!["a"]],
        ),
        (
            vec!["S", "d", "x", "y"],
            vec![("S", "x"), ("S", "y"), ("x", "d"), ("y", "d")],
            vec![vec!["S"], vec!["x"], vec!["y"], vec!["d"]],
        ),
    ] {
        let components: Vec<(&str, u32)> = components.into_iter().map(|id| (id, 1)).collect();
        let topology = topology(&components, &arrows);
        let groups = topology.upstream_first();
        let named: Vec<Vec<&str>> = groups
            .iter()
            .map(|group| {
                group
                    .iter()
                    .map(|&at| topology.components[at].id.as_str())
                    .collect()
            })
            .collect();
        assert_eq!(named, expected, "{components:?} {arrows:?}");
    }
}

/// Every small graph there is: without back edges nothing leads back, and the order of groups respects every arrow.
#[test]
fn no_cycle_survives_without_its_back_edges() {
    let ids = ["S", "a", "b", "c"];
    let possible: Vec<(&str, &str)> = ids
        .iter()
        .flat_map(|&from| ids[1..].iter().map(move |&to| (from, to)))
        .collect();
    for mask in 0..1_u32 << possible.len() {
        let arrows: Vec<(&str, &str)> = possible
            .iter()
            .enumerate()
            .filter(|(bit, _)| mask >> bit & 1 == 1)
            .map(|(_, &arrow)| arrow)
            .collect();
        let mut topology = topology(&ids.map(|id| (id, 1)), &arrows);
        let groups = topology.upstream_first();
        let place = |at: usize| {
            groups
                .iter()
                .position(|group| group.contains(&at))
                .expect("in a group")
        };
        for (at, component) in topology.components.iter().enumerate() {
            assert!(
                component
                    .inputs
                    .iter()
                    .all(|input| place(input.component) <= place(at)),
                "{arrows:?}: {groups:?}"
            );
            assert!(
                component
                    .inputs
                    .iter()
                    .filter(|input| input.back_edge)
                    .all(|input| place(input.component) == place(at)),
                "{arrows:?}"
            );
        }
        for component in &mut topology.components {
            component.inputs.retain(|input| !input.back_edge);
        }
        assert!(
            topology
                .upstream_first()
                .iter()
                .all(|group| group.len() == 1),
            "{arrows:?}"
        );
        assert!(
            topology
                .components
                .iter()
                .enumerate()
                .all(|(at, c)| c.inputs.iter().all(|input| input.component != at)),
            "{arrows:?}"
        );
    }
}

#[test]
fn a_long_chain_needs_no_deep_stack() {
    let ids: Vec<String> = (0..20_000).map(|number| format!("b{number}")).collect();
    let mut components: Vec<Component> = ids.iter().map(|id| component(id, 1)).collect();
    components[0].kind = Kind::Spout;
    for (at, component) in components.iter_mut().enumerate().skip(1) {
        component.inputs.push(Input {
            component: at - 1,
            stream: 0,
            grouping: Grouping::Shuffle,
            back_edge: false,
        });
    }
    mark_back_edges(&mut components);
    assert!(
        components
            .iter()
            .all(|component| component.inputs.iter().all(|input| !input.back_edge))
    );
    assert_eq!(
        walk::groups(&walk::consumers(&components)).len(),
        components.len()
    );
}
