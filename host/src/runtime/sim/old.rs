//! Stories about children on old libraries, and about what they cost their neighbours.

use serde_json::{Value, json};
use stormhost_protocol::frame::Kind;
use stormhost_protocol::{Encoding, FromChild, Limits};

use super::small::*;
use super::wire::Results;
use crate::runtime::core::Core;
use crate::runtime::task::Dialect;

const OLD: Dialect = Dialect::Storm(Encoding::Json);
const SECOND: u64 = 1_000_000;

fn says(core: &mut Core, at: usize, message: &Value) {
    let text = message.to_string();
    let message = FromChild::parse(Encoding::Json, text.as_bytes(), &Limits::default());
    core.hear(at, message.expect("a message")).expect("allowed");
}

/// The commands that are written to an old spout now.
fn commands(core: &mut Core, at: usize) -> Vec<String> {
    let mut out = Vec::new();
    core.fill(at, &mut out);
    let text = String::from_utf8(out).expect("JSON");
    let messages = text.split_terminator("\nend\n");
    messages
        .map(|message| {
            serde_json::from_str::<Value>(message).expect("JSON")["command"]
                .as_str()
                .expect("a command")
                .to_owned()
        })
        .collect()
}

fn syncs(core: &mut Core, at: usize) {
    says(core, at, &json!({"command": "sync"}));
}

#[test]
fn a_spout_that_is_silent_about_all_but_next_goes_on_and_is_not_waited_for_twice() {
    let mut core = core(&["S"], &[], json!({}));
    core.up(0, OLD);
    let emit = json!({"command": "emit", "id": 1, "tuple": [1], "need_task_ids": false});
    assert_eq!(commands(&mut core, 0), ["activate"]);
    assert!(commands(&mut core, 0).is_empty());
    core.now = core.looks_again_at(0).expect("an end of patience");
    assert_eq!(commands(&mut core, 0), ["next"]);
    says(&mut core, 0, &emit);
    syncs(&mut core, 0);
    // It may yet be the late answer to the first.
    assert!(commands(&mut core, 0).is_empty());
    core.now = core.looks_again_at(0).expect("an end of doubt");
    assert_eq!(commands(&mut core, 0), ["ack"]);
    core.now = core.looks_again_at(0).expect("an end of patience");
    assert_eq!(commands(&mut core, 0), ["next"]);
    says(&mut core, 0, &emit);
    says(&mut core, 0, &emit);
    syncs(&mut core, 0);
    core.now = core.looks_again_at(0).expect("an end of doubt");
    // By now it is known, and nothing is waited for but `next`.
    assert_eq!(commands(&mut core, 0), ["ack", "ack", "next"]);
    core.now += 100 * SECOND;
    assert!(commands(&mut core, 0).is_empty(), "next is waited for");
}

#[test]
fn a_spout_that_is_slow_to_answer_is_given_one_command_at_a_time_once_that_is_known() {
    let mut core = core(&["S"], &[], json!({}));
    core.up(0, OLD);
    assert_eq!(commands(&mut core, 0), ["activate"]);
    core.now = core.looks_again_at(0).expect("an end of patience");
    assert_eq!(commands(&mut core, 0), ["next"]);
    // The answer to `activate`, and then that to `next`.
    syncs(&mut core, 0);
    assert!(commands(&mut core, 0).is_empty());
    let emit = json!({"command": "emit", "id": 1, "tuple": [1], "need_task_ids": false});
    says(&mut core, 0, &emit);
    syncs(&mut core, 0);
    core.now += SECOND / 10;
    let told = commands(&mut core, 0);
    assert!(told.iter().any(|command| command == "ack"), "{told:?}");
    core.now += 100 * SECOND;
    assert!(commands(&mut core, 0).is_empty(), "it is waited for");
    syncs(&mut core, 0);
    assert_eq!(commands(&mut core, 0), ["next"]);
}

#[test]
fn a_bolt_on_an_old_library_has_as_much_waiting_for_it_as_storms_setting_says() {
    let conf = json!({"topology.shellbolt.max.pending": 1});
    for (dialect, waits) in [(OLD, 1), (AUTO, 0)] {
        let mut core = spout_and_bolt(dialect, conf.clone());
        emits(&mut core, 0, 0);
        assert_eq!(core.tasks[0].waits, waits, "{dialect:?}");
    }
}

/// An old bolt that has been given so many tuples of a spout with frames.
fn with_pending(count: usize) -> Core {
    let mut core = spout_and_bolt(OLD, json!({}));
    told(&mut core, 0);
    let rows = (0..count).map(|_| row(&core, "default", true)).collect();
    let results = Results {
        rows,
        ..Results::default()
    };
    core.spout_results(0, &payload(results)).expect("in order");
    core.fill(1, &mut Vec::new());
    told(&mut core, 0);
    core
}

fn acks(core: &mut Core, ids: std::ops::Range<u32>) {
    for id in ids {
        says(core, 1, &json!({"command": "ack", "id": id.to_string()}));
    }
}

#[test]
fn acks_that_come_one_by_one_are_told_together_while_much_more_is_pending() {
    let mut core = with_pending(1_000);
    acks(&mut core, 0..10);
    assert_eq!(told(&mut core, 0).len(), 0, "neither acks nor credit");
    let when = core.looks_again_at(0).expect("a time to tell them");
    assert!(when <= 2_000, "{when} µs");
    core.now = when;
    assert_eq!(kinds(&mut core, 0), [Kind::Acked]);
    acks(&mut core, 10..80);
    assert_eq!(kinds(&mut core, 0), [Kind::Acked], "these are enough");
    acks(&mut core, 80..81);
    says(&mut core, 1, &json!({"command": "fail", "id": "81"}));
    assert_eq!(kinds(&mut core, 0), [Kind::Acked, Kind::Failed]);
}

#[test]
fn the_last_acks_are_told_at_once() {
    let mut core = with_pending(5);
    for n in 0..5 {
        acks(&mut core, n..n + 1);
        assert_eq!(kinds(&mut core, 0), [Kind::Acked]);
    }
}
