//! The types, the schema and the prose describe one thing; these tests tie them together.

use std::collections::BTreeSet;

use serde_json::json;

use super::*;

/// A description that uses every member there is.
fn complete() -> Value {
    json!({
        "version": 1, "name": "WordCount", "file": "topology.py", "language": "python",
        "conf": {"topology.max.spout.pending": 1000},
        "components": [
            {"id": "lines", "kind": "spout", "parallelism": 1, "command": ["python3", "lines.py"], "builtin": "print", "java_class": "a.B", "options": {"key": "a"}, "shell": {"run": "tail -F a.log", "as": "lines", "json": false, "separator": ",", "null": false, "restart": true, "stdin": false, "batch": 1, "linger": 0.5, "timeout": 10.0}, "where": "inside", "cwd": "/home/me", "env": {"A": "b"},
             "serializer": "json", "replay": "host", "needs_ticks": true, "streams": {"default": {"fields": ["sentence"], "direct": false}},
             "conf": {"x": 1}, "at": {"file": "topology.py", "line": 12}},
            {"id": "split", "kind": "bolt", "command": ["split"]}],
        "subscriptions": [
            {"to": "split", "from": "lines", "stream": "default", "grouping": "shuffle", "fields": [], "at": {"file": "topology.py", "line": 20}}],
        "mistakes": [{"message": "wrong", "hint": "try", "traceback": "Traceback", "severity": "warning", "at": {"file": "topology.py", "line": 14}}]
    })
}

fn read(value: &Value) -> Result<Ir, IrError> {
    Ir::from_json(value.to_string().as_bytes())
}

fn schema() -> Value {
    serde_json::from_str(include_str!("ir.schema.json")).expect("the schema is JSON")
}

#[test]
fn what_is_read_is_what_was_written() {
    let ir = read(&complete()).expect("complete");
    assert_eq!(
        serde_json::to_value(&ir).expect("JSON")["components"][0],
        complete()["components"][0]
    );
    assert_eq!(
        read(&serde_json::to_value(&ir).expect("JSON")).expect("again"),
        ir
    );
}

#[test]
fn defaults_are_those_of_the_prose() {
    let ir = read(&complete()).expect("complete");
    let split = &ir.components[1];
    assert_eq!(
        (
            split.parallelism,
            split.cwd.as_ref(),
            split.serializer.as_ref(),
            split.replay.as_ref()
        ),
        (1, None, None, None)
    );
    assert!(
        split.env.is_empty()
            && split.streams.is_empty()
            && split.conf.is_empty()
            && split.at.is_none()
    );
}

#[test]
fn streams_keep_their_order() {
    let mut value = complete();
    value["components"][0]["streams"] =
        json!({"zebra": {}, "ant": {}, "middle": {"fields": ["a"]}});
    let ir = read(&value).expect("three streams");
    assert_eq!(
        ir.components[0].streams.keys().collect::<Vec<_>>(),
        ["zebra", "ant", "middle"]
    );
}

#[test]
fn an_unknown_member_is_named_with_its_place() {
    let mut value = complete();
    value["components"][1]["paralelism"] = json!(2);
    let error = read(&value).expect_err("unknown member").to_string();
    assert!(
        error.contains("components[1].paralelism") && error.contains("unknown field `paralelism`"),
        "{error}"
    );
}

#[test]
fn another_version_is_called_that() {
    let mut value = complete();
    value["version"] = json!(2);
    value["from the future"] = json!(true);
    assert_eq!(
        read(&value).expect_err("version 2").to_string(),
        "it is a topology description of version 2; this host reads version 1"
    );
}

#[test]
fn what_is_no_description_is_told_apart() {
    for (text, expected) in [
        ("", "not JSON"),
        ("{\"version\": 1", "not JSON"),
        ("[1]", "no \"version\""),
        ("{\"name\": \"x\"}", "no \"version\""),
        ("{\"version\": \"1\"}", "version \"1\""),
        ("{\"version\": 1}", "missing field `name`"),
    ] {
        let error = Ir::from_json(text.as_bytes()).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn the_schema_takes_what_the_types_write() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    let ir = read(&complete()).expect("complete");
    for value in [complete(), serde_json::to_value(&ir).expect("JSON")] {
        let errors: Vec<String> = validator
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn the_schema_takes_the_example_of_the_prose() {
    let prose = include_str!("../../../docs/ir.md");
    let example = prose
        .split("```json form\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("an example");
    let value: Value = serde_json::from_str(example).expect("the example is JSON");
    assert!(
        jsonschema::validator_for(&schema())
            .expect("a schema")
            .is_valid(&value)
    );
    read(&value).expect("the types take it too");
}

#[test]
fn schema_and_types_refuse_the_same() {
    let validator = jsonschema::validator_for(&schema()).expect("a schema");
    for (pointer, wrong) in [
        ("/name", json!(3)),
        ("/version", json!(2)),
        ("/conf", json!([])),
        ("/components", json!({})),
        ("/components/0/kind", json!("filter")),
        ("/components/0/command", json!("python3 lines.py")),
        ("/components/0/env", json!({"A": 1})),
        ("/components/0/streams", json!(["default"])),
        ("/components/0/streams/default", json!(["sentence"])),
        ("/components/0/at", json!({"file": "x", "line": -1})),
        (
            "/components/0/at",
            json!({"file": "x", "line": 1, "column": 2}),
        ),
        ("/subscriptions/0", json!({"to": "split", "from": "lines"})),
        ("/mistakes/0", json!("wrong")),
    ] {
        let mut value = complete();
        *value.pointer_mut(pointer).expect(pointer) = wrong.clone();
        assert!(
            !validator.is_valid(&value),
            "the schema takes {wrong} at {pointer}"
        );
        assert!(read(&value).is_err(), "the types take {wrong} at {pointer}");
    }
}

#[test]
fn schema_and_types_have_the_same_members() {
    let schema = schema();
    let written = serde_json::to_value(read(&complete()).expect("complete")).expect("JSON");
    for (pointer, definition) in [
        ("", "/properties"),
        ("/components/0", "/$defs/component/properties"),
        ("/components/0/streams/default", "/$defs/stream/properties"),
        ("/subscriptions/0", "/$defs/subscription/properties"),
        ("/mistakes/0", "/$defs/mistake/properties"),
        ("/mistakes/0/at", "/$defs/place/properties"),
    ] {
        let names = |value: &Value| {
            value
                .as_object()
                .expect("an object")
                .keys()
                .cloned()
                .collect::<BTreeSet<_>>()
        };
        let in_types = names(written.pointer(pointer).expect(pointer));
        let in_schema = names(schema.pointer(definition).expect(definition));
        assert_eq!(in_types, in_schema, "{definition}");
    }
}
