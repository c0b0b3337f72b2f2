//! Descriptions made by chance, of names that mostly fit: whatever passes the check can be run without a second look.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use serde_json::{Value, json};

use crate::topology::model::{Grouping, Kind};
use crate::topology::{Checked, Ir, Overrides, Severity, Topology, check};

fn id() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just("a"), 8 => Just("b"), 8 => Just("c"), 8 => Just("d"), 1 => Just("__x"), 1 => Just(""), 1 => Just("é")]
}

fn stream_id() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just("default"), 4 => Just("late"), 1 => Just("__tick")]
}

fn fields() -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(
        prop_oneof![8 => Just("x"), 8 => Just("y"), 1 => Just("")],
        0..3,
    )
}

fn component() -> impl Strategy<Value = Value> {
    let streams =
        prop::collection::btree_map(stream_id(), (fields(), prop::bool::weighted(0.1)), 0..3);
    (id(), any::<bool>(), -1..5_i64, streams).prop_map(|(id, spout, parallelism, streams)| {
        let kind = if spout { "spout" } else { "bolt" };
        let streams: serde_json::Map<String, Value> =
            streams.into_iter().map(|(id, (fields, direct))| (id.into(), json!({"fields": fields, "direct": direct}))).collect();
        json!({"id": id, "kind": kind, "parallelism": parallelism, "command": ["x"], "streams": streams})
    })
}

fn subscription() -> impl Strategy<Value = Value> {
    let grouping = prop::sample::select(vec![
        "shuffle",
        "fields",
        "all",
        "global",
        "direct",
        "none",
        "local_or_shuffle",
        "partial_key",
        "nonsense",
    ]);
    (id(), id(), stream_id(), grouping, fields()).prop_map(|(to, from, stream, grouping, fields)| {
        json!({"to": to, "from": from, "stream": stream, "grouping": grouping, "fields": fields})
    })
}

fn description() -> impl Strategy<Value = Ir> {
    let parts = (
        prop::collection::vec(component(), 0..5),
        prop::collection::vec(subscription(), 0..6),
    );
    parts.prop_map(|(components, subscriptions)| {
        let value = json!({"version": 1, "name": "T", "file": "t.py", "language": "python",
            "components": components, "subscriptions": subscriptions});
        Ir::from_json(value.to_string().as_bytes()).expect("the right shape")
    })
}

/// What the runtime takes for granted.
fn can_be_run(topology: &Topology) {
    assert!(
        topology
            .components
            .iter()
            .any(|component| component.kind == Kind::Spout)
    );
    assert!(
        topology
            .tasks
            .iter()
            .zip(1..)
            .all(|(task, id)| task.id == id)
    );
    for (at, component) in topology.components.iter().enumerate() {
        assert_eq!(topology.tasks_of(at).len(), component.parallelism as usize);
        assert_eq!(component.kind == Kind::Spout, component.inputs.is_empty());
        for (index, input) in component.inputs.iter().enumerate() {
            let stream = &topology.components[input.component].streams[input.stream];
            assert_eq!(stream.direct, input.grouping == Grouping::Direct);
            if let Grouping::Fields(key) | Grouping::PartialKey(key) = &input.grouping {
                assert!(!key.is_empty() && key.iter().all(|&field| field < stream.fields.len()));
            }
            assert!(
                topology
                    .listeners(input.component, input.stream)
                    .any(|listener| listener == (at, index))
            );
        }
    }
    let mut grouped = topology.upstream_first().concat();
    grouped.sort_unstable();
    assert!(grouped.into_iter().eq(0..topology.components.len()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_passes_can_be_run_and_what_does_not_says_why(ir in description()) {
        match check(&ir, &Overrides::default(), &|_, _| true) {
            Ok(Checked { topology, remarks }) => {
                can_be_run(&topology);
                assert!(remarks.iter().all(|remark| remark.severity != Severity::Error));
            }
            Err(mistakes) => assert!(mistakes.iter().any(|mistake| mistake.severity == Severity::Error)),
        }
    }
}

/// Keeps the test above honest: it would also hold if nothing ever passed.
#[test]
fn enough_of_them_pass() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let passed = (0..2000)
        .filter_map(|_| description().new_tree(&mut runner).ok())
        .filter(|tree| check(&tree.current(), &Overrides::default(), &|_, _| true).is_ok())
        .count();
    assert!(passed >= 20, "{passed} of 2000");
}
