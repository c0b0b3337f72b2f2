//! What may be wrong with a shell component, one case a mistake.

use serde_json::{Value, json};

use crate::topology::{Grouping, Ir, LinePart, Overrides, Replay, ShellMode, check};

/// A spout of lines, and a bolt of the shell that listens to it; each with members of their own.
fn described(spout: Value, bolt: Value, subscription: Value) -> Ir {
    let streams = json!({"default": {"fields": ["line"]}});
    let lines = json!({"run": "cat", "as": "lines"});
    let mut parts = [
        json!({"id": "a", "kind": "spout", "shell": lines, "streams": streams}),
        json!({"id": "b", "kind": "bolt", "shell": lines, "streams": streams}),
        json!({"to": "b", "from": "a", "grouping": "shuffle"}),
    ];
    for (part, changes) in parts.iter_mut().zip([spout, bolt, subscription]) {
        for (member, value) in changes.as_object().into_iter().flatten() {
            part[member] = value.clone();
        }
    }
    let [spout, bolt, subscription] = parts;
    let ir = json!({"version": 1, "name": "T", "file": "t.py", "language": "python",
        "components": [spout, bolt], "subscriptions": [subscription]});
    Ir::from_json(ir.to_string().as_bytes()).expect("the right shape")
}

#[test]
fn each_mistake_is_told() {
    let shell = |text: Value| json!({"shell": text});
    let none = || json!({});
    for (spout, bolt, subscription, said) in [
        (
            none(),
            shell(json!({"run": " ", "as": "lines"})),
            none(),
            "it is empty",
        ),
        (
            none(),
            shell(json!({"run": "a 'b", "as": "lines"})),
            none(),
            "a quote in it is not closed",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "filter"})),
            none(),
            "as \"filter\", which there is not",
        ),
        (
            shell(json!({"run": "a", "as": "exec"})),
            none(),
            none(),
            "so it cannot be a spout",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "lines", "separator": "é"})),
            none(),
            "the separator of \"b\"",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "lines", "separator": ",", "json": true})),
            none(),
            "JSON lines and a separator",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "lines", "null": true, "json": true})),
            none(),
            "JSON lines that end with a NUL",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "lines", "batch": 3})),
            none(),
            "it has no batch",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "lines", "stdin": true})),
            none(),
            "which only one spout task can",
        ),
        (
            json!({"shell": {"run": "a", "as": "lines", "stdin": true}, "parallelism": 2}),
            none(),
            none(),
            "only one spout task",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "exec", "batch": 0})),
            none(),
            "the batch of \"b\" is 0",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "exec", "timeout": -1})),
            none(),
            "the timeout of \"b\" is -1",
        ),
        (
            none(),
            shell(json!({"run": "a", "as": "exec", "restart": false})),
            none(),
            "is started for each",
        ),
        (
            none(),
            json!({"command": ["x"]}),
            none(),
            "and something else at once",
        ),
        (
            none(),
            json!({"streams": {"late": {"fields": ["a"]}}}),
            none(),
            "declares the stream \"late\"",
        ),
        (
            none(),
            json!({"streams": {"default": {"fields": []}}}),
            none(),
            "has no fields",
        ),
        (
            none(),
            none(),
            json!({"grouping": "column", "fields": ["0"]}),
            "by column grouping with [\"0\"]",
        ),
        (
            none(),
            none(),
            json!({"grouping": "column", "fields": ["1", "ab"]}),
            "by column grouping",
        ),
        (
            none(),
            none(),
            json!({"grouping": "member"}),
            "by member grouping with []",
        ),
    ] {
        let ir = described(spout, bolt, subscription);
        let mistakes = check(&ir, &Overrides::default(), &|_, _| true).expect_err(said);
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|told| told.contains(said)),
            "{said}: {told:?}"
        );
        assert!(
            mistakes.iter().all(|mistake| mistake.hint.is_some()
                || mistake.severity > crate::topology::Severity::Error),
            "{told:?}"
        );
    }
}

#[test]
fn what_is_right_is_understood() {
    let ir = described(
        json!({}),
        json!({"shell": {"run": "notify | cat", "as": "exec", "timeout": 0.5}}),
        json!({"grouping": "column", "fields": ["3", ","]}),
    );
    let found = check(&ir, &Overrides::default(), &|_, _| true).expect("no mistakes");
    let [spout, bolt] = &found.topology.components[..] else {
        panic!("two components")
    };
    assert_eq!(
        (spout.replay, &spout.command[..]),
        (Replay::Host, &["cat".to_owned()][..])
    );
    assert_eq!(bolt.command, ["sh", "-c", "notify | cat", "sh"]);
    assert!(matches!(
        bolt.shell.as_ref().map(|shell| &shell.mode),
        Some(ShellMode::Exec {
            batch: 1,
            timeout: Some(_),
            ..
        })
    ));
    let column = LinePart::Column {
        number: 2,
        separator: Some(b','),
    };
    assert_eq!(bolt.inputs[0].grouping, Grouping::Part(column));
}

#[test]
fn a_filter_says_what_it_promises() {
    let ir = described(json!({}), json!({}), json!({}));
    let found = check(&ir, &Overrides::default(), &|_, _| true).expect("no mistakes");
    let told: Vec<String> = found.remarks.iter().map(ToString::to_string).collect();
    let promises = told.iter().filter(|told| told.contains("at most once"));
    assert_eq!(promises.count(), 1, "{told:?}");
}
