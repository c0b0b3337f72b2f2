//! A small topology and a core for it, driven by hand: for tests that tell one story.

use std::rc::Rc;

use serde_json::{Value, json};
use stormhost_protocol::Encoding;
use stormhost_protocol::frame::Kind;
use stormhost_protocol::storm::Acks;

use super::wire::{self, Out, Results};
use crate::runtime::core::Core;
use crate::runtime::task::Dialect;
use crate::topology::{Ir, Overrides, check};

/// JSON in frames, acked by being consumed.
pub const AUTO: Dialect = Dialect::Frames {
    encoding: Encoding::Json,
    acks: Acks::Auto,
};
/// JSON in frames, acked by hand.
pub const HAND: Dialect = Dialect::Frames {
    encoding: Encoding::Json,
    acks: Acks::Hand,
};

/// A run whose components are named in order of the alphabet, one task each, so that a name's place is its task. Those in capitals
/// are spouts. Streams: `default` with one field, `to` with one field and direct, `bare` without fields. Arrows carry a grouping.
pub fn core(names: &[&str], arrows: &[(&str, &str, &str)], conf: Value) -> Core {
    let spouts_replay = conf.get("replay").cloned().unwrap_or_default();
    let mut conf = conf;
    if let Some(conf) = conf.as_object_mut() {
        conf.remove("replay");
    }
    let components: Vec<Value> = names
        .iter()
        .map(|name| {
            let spout = name.chars().all(char::is_uppercase);
            json!({"id": name, "kind": if spout { "spout" } else { "bolt" }, "command": ["true"],
                "replay": if spout { spouts_replay.clone() } else { Value::Null },
                "streams": {"default": {"fields": ["x"]}, "to": {"fields": ["x"], "direct": true}, "bare": {"fields": []}}})
        })
        .collect();
    let subscriptions: Vec<Value> = arrows
        .iter()
        .map(|(from, to, grouping)| {
            let stream = if *grouping == "direct" {
                "to"
            } else {
                "default"
            };
            json!({"from": from, "to": to, "stream": stream, "grouping": grouping})
        })
        .collect();
    let ir = json!({"version": 1, "name": "Small", "file": "small.py", "language": "python", "conf": conf,
        "components": components, "subscriptions": subscriptions, "mistakes": []});
    let ir = Ir::from_json(ir.to_string().as_bytes()).expect("the right shape");
    let checked = check(&ir, &Overrides::default(), &|_, _| true);
    let topology = checked
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
        .topology;
    assert!(
        names
            .iter()
            .zip(&topology.tasks)
            .all(|(name, task)| topology.components[task.component].id == *name)
    );
    Core::new(Rc::new(topology), 1)
}

/// One spout `S` and one bolt `a` that takes all it emits, both up.
pub fn spout_and_bolt(bolt: Dialect, conf: Value) -> Core {
    let mut core = core(&["S", "a"], &[("S", "a", "shuffle")], conf);
    core.up(0, AUTO);
    core.up(1, bolt);
    core
}

/// The index of a stream of every component.
pub fn stream(core: &Core, name: &str) -> usize {
    core.stream_named(0, name).expect("declared")
}

/// A row of one value.
pub fn row(core: &Core, name: &str, tracked: bool) -> Out {
    Out {
        stream: stream(core, name),
        tracked,
        values: vec![json!(1)],
        anchors: vec![],
        direct: 0,
    }
}

/// The payload of a results frame.
pub fn payload(mut results: Results) -> Vec<u8> {
    let mut out = Vec::new();
    results.write(Encoding::Json, &mut out);
    out.split_off(stormhost_protocol::frame::HEADER)
}

/// The spout emits one tracked tuple, and has taken so many frames.
pub fn emits(core: &mut Core, at: usize, consumed: u64) {
    let rows = vec![row(core, "default", true)];
    let results = Results {
        consumed,
        rows,
        ..Results::default()
    };
    core.spout_results(at, &payload(results)).expect("in order");
}

/// The frames that the host writes to this child now.
pub fn told(core: &mut Core, at: usize) -> Vec<(Kind, Vec<u8>)> {
    let mut out = Vec::new();
    core.fill(at, &mut out);
    let mut frames = Vec::new();
    while let Some((n, kind, payload)) = wire::next_frame(&out) {
        out.drain(..n);
        frames.push((kind, payload));
    }
    frames
}

/// Which kinds of frames the host writes to this child now, but for credit.
pub fn kinds(core: &mut Core, at: usize) -> Vec<Kind> {
    let frames = told(core, at).into_iter().map(|(kind, _)| kind);
    frames.filter(|kind| *kind != Kind::Credit).collect()
}
