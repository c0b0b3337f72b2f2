//! Flaws that were found, by name.

use std::rc::Rc;

use serde_json::json;
use stormhost_protocol::frame::{self, Kind};
use stormhost_protocol::{Encoding, FromChild, Limits, ProtocolError};

use super::small::*;
use super::wire::Results;
use crate::flow::acker::FailKind;
use crate::flow::turns::Turns;
use crate::runtime::completion::{Finish, Stage};
use crate::runtime::core::{Core, Wake};
use crate::runtime::task::{Dialect, Life};

fn bolt_says(core: &mut Core, at: usize, results: Results) {
    core.bolt_results(at, &payload(results)).expect("in order");
}

fn consumed(consumed: u64) -> Results {
    Results {
        consumed,
        ..Results::default()
    }
}

fn dies(core: &mut Core, at: usize) {
    let reason: Rc<str> = "it died".into();
    core.down(at, FailKind::ChildDied, &reason);
}

fn says(core: &mut Core, at: usize, message: &serde_json::Value) {
    let text = message.to_string();
    let message = FromChild::parse(Encoding::Json, text.as_bytes(), &Limits::default());
    core.hear(at, message.expect("a message")).expect("allowed");
}

#[test]
fn a_spout_that_a_cycle_held_up_is_woken_when_it_drains() {
    let arrows = [("S", "a", "shuffle"), ("a", "a", "shuffle")];
    let mut core = core(&["S", "a"], &arrows, json!({"stormhost.cycle.bytes": 20}));
    core.up(0, AUTO);
    core.up(1, AUTO);
    assert!(!told(&mut core, 0).is_empty(), "credit");
    let rows = vec![row(&core, "default", false)];
    let loose = Results {
        rows,
        loose: true,
        ..Results::default()
    };
    bolt_says(&mut core, 1, loose);
    assert!(core.cycle_presses());
    core.wakes.clear();
    assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
    assert!(core.wakes.contains(&Wake::Writer(0)), "{:?}", core.wakes);
}

#[test]
fn a_frame_that_breaks_in_its_middle_fails_what_it_acked() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    emits(&mut core, 0, 0);
    told(&mut core, 1);
    let results = Results {
        rows: vec![row(&core, "default", false)],
        marks: Some(vec![1]),
        ..consumed(1)
    };
    let mut broken = payload(results);
    let value = broken.windows(3).position(|w| w == b"[1]").expect("it");
    broken[value + 1] = b'?';
    assert!(core.bolt_results(1, &broken).is_err());
    dies(&mut core, 1);
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
}

#[test]
fn a_fail_counts_before_its_input_is_consumed() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    emits(&mut core, 0, 0);
    told(&mut core, 1);
    let failed = Results {
        fails: vec![0],
        ..consumed(0)
    };
    bolt_says(&mut core, 1, failed);
    bolt_says(&mut core, 1, consumed(1));
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
}

#[test]
fn a_frame_of_loose_rows_acks_what_it_consumed() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    emits(&mut core, 0, 0);
    told(&mut core, 1);
    let loose = Results {
        rows: vec![row(&core, "default", false)],
        loose: true,
        ..consumed(1)
    };
    bolt_says(&mut core, 1, loose);
    assert_eq!(kinds(&mut core, 0), [Kind::Acked]);
}

#[test]
fn four_billion_rows_that_take_no_bytes_are_refused() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    let mut bare = row(&core, "bare", false);
    bare.values.clear();
    let results = Results {
        rows: vec![bare],
        loose: true,
        ..Results::default()
    };
    let mut lie = payload(results);
    // The count of rows in the head, and in the only block.
    lie[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    lie[22..26].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(core.bolt_results(1, &lie).is_err());
    assert!(core.spout_results(0, &lie).is_err());
}

#[test]
fn anchors_that_end_after_the_last_are_refused() {
    let mut core = spout_and_bolt(HAND, json!({}));
    let results = Results {
        rows: vec![row(&core, "default", false), row(&core, "default", false)],
        anchored: true,
        ..Results::default()
    };
    let mut lie = payload(results);
    let first_end = lie.len() - 8;
    lie[first_end..first_end + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(core.bolt_results(1, &lie).is_err());
}

#[test]
fn frames_whose_rows_are_all_refused_do_not_count_as_under_way() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    core.tasks[0].life = Life::Up(Dialect::Frames {
        encoding: Encoding::Msgpack,
        acks: Default::default(),
    });
    // Bytes have no counterpart in JSON.
    let default = stream(&core, "default") as u16;
    for _ in 0..3 {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&0u64.to_le_bytes());
        bytes.extend_from_slice(&0u32.to_le_bytes());
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(&1u16.to_le_bytes());
        bytes.extend_from_slice(&default.to_le_bytes());
        bytes.extend_from_slice(&1u16.to_le_bytes());
        bytes.extend_from_slice(&1u32.to_le_bytes());
        bytes.extend_from_slice(&1u32.to_le_bytes());
        let column = [0x91, 0xc4, 0x01, 0xff];
        bytes.extend_from_slice(&(column.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&column);
        core.spout_results(0, &bytes).expect("in order");
        assert_eq!(kinds(&mut core, 1), []);
        assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
    }
    core.tick(1, 1.0);
    assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
}

#[test]
fn a_task_that_is_gone_fails_what_waits_for_it_and_holds_nobody_up() {
    let mut core = spout_and_bolt(AUTO, json!({"stormhost.queue.tuples": 1}));
    emits(&mut core, 0, 0);
    assert_eq!(core.tasks[0].waits, 1);
    dies(&mut core, 1);
    core.gone(1);
    assert_eq!(core.tasks[0].waits, 0);
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
    emits(&mut core, 0, 1);
    assert_eq!((core.tasks[0].waits, core.tasks[1].queue.rows()), (0, 0));
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
}

#[test]
fn past_the_deadline_nobody_waits_and_all_leave_at_once() {
    let mut core = spout_and_bolt(AUTO, json!({"stormhost.queue.tuples": 1}));
    emits(&mut core, 0, 0);
    core.stop();
    core.wakes.clear();
    core.advance(true);
    assert!(core.wakes.contains(&Wake::Reader(0)));
    emits(&mut core, 0, 0);
    assert_eq!(core.tasks[0].waits, 0);
    assert!((0..2).all(|at| core.should_leave(at)));
    for at in 0..2 {
        assert_ne!(core.stage, Stage::Done);
        dies(&mut core, at);
        core.gone(at);
        core.advance(true);
    }
    assert_eq!(core.stage, Stage::Done);
    assert_eq!(core.acker.open_trees(), 0);
}

#[test]
fn an_old_spout_hears_every_answer_before_it_is_through() {
    let mut core = core(&["S"], &[], json!({}));
    core.up(0, Dialect::Storm(Encoding::Json));
    core.stop();
    let emit = json!({"command": "emit", "id": 7, "tuple": [1], "need_task_ids": false});
    // Nobody listens, so it is complete at once, and not told yet.
    says(&mut core, 0, &emit);
    core.advance(false);
    assert_eq!(core.stage, Stage::Running);
    let mut out = Vec::new();
    core.fill(0, &mut out);
    assert_eq!(
        String::from_utf8_lossy(&out),
        "{\"command\":\"ack\",\"id\":7}\nend\n"
    );
    says(&mut core, 0, &json!({"command": "sync"}));
    core.advance(false);
    assert_eq!(core.stage, Stage::Closing(0));
}

#[test]
fn a_spout_that_a_fail_wakes_is_not_through() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    let done = json!({"command": "done"});
    emits(&mut core, 0, 0);
    emits(&mut core, 0, 0);
    says(&mut core, 0, &done);
    told(&mut core, 1);
    bolt_says(&mut core, 1, consumed(1));
    assert_eq!(kinds(&mut core, 0), [Kind::Acked]);
    // Still done, and it says so before it says what it took.
    says(&mut core, 0, &done);
    core.spout_results(0, &payload(consumed(1)))
        .expect("in order");
    let failed = Results {
        fails: vec![1],
        ..consumed(2)
    };
    bolt_says(&mut core, 1, failed);
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
    // It has taken the fail, and is not done any more: it is about to emit.
    core.spout_results(0, &payload(consumed(2)))
        .expect("in order");
    core.advance(false);
    assert_eq!(core.stage, Stage::Running);
    says(&mut core, 0, &done);
    core.advance(false);
    assert_ne!(core.stage, Stage::Running);
}

#[test]
fn a_spout_that_waits_has_a_word_when_its_pause_is_over_or_something_else_is_said() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    let wait = json!({"command": "wait"});
    emits(&mut core, 0, 0);
    told(&mut core, 0);
    says(&mut core, 0, &wait);
    assert!(kinds(&mut core, 0).is_empty());
    let when = core.looks_again_at(0).expect("a pause that ends");
    core.now = when;
    assert_eq!(kinds(&mut core, 0), [Kind::Command]);
    assert_eq!(core.looks_again_at(0), None);
    // An ack does not wait for the pause to end, and `waited` stands behind it.
    says(&mut core, 0, &wait);
    told(&mut core, 1);
    bolt_says(&mut core, 1, consumed(1));
    assert_eq!(kinds(&mut core, 0), [Kind::Acked, Kind::Command]);
    core.spout_results(0, &payload(consumed(3)))
        .expect("it counts `waited` among what it took");
}

#[test]
fn credit_stands_before_the_fail_that_may_use_it() {
    let conf = json!({"topology.max.spout.pending": 1});
    let mut core = spout_and_bolt(AUTO, conf);
    told(&mut core, 0);
    emits(&mut core, 0, 0);
    told(&mut core, 1);
    let failed = Results {
        fails: vec![0],
        ..consumed(1)
    };
    bolt_says(&mut core, 1, failed);
    let order: Vec<Kind> = told(&mut core, 0).iter().map(|(kind, _)| *kind).collect();
    assert_eq!(order, [Kind::Credit, Kind::Failed]);
}

#[test]
fn a_bolt_that_is_given_more_after_it_finished_finishes_again() {
    let mut core = spout_and_bolt(HAND, json!({}));
    let done = json!({"command": "done"});
    says(&mut core, 0, &done);
    core.advance(false);
    assert_eq!(kinds(&mut core, 1), [Kind::Command]);
    says(&mut core, 1, &json!({"command": "finished"}));
    // The spout has thought of something, and the bolt holds it.
    emits(&mut core, 0, 0);
    says(&mut core, 0, &done);
    told(&mut core, 1);
    bolt_says(&mut core, 1, consumed(1));
    core.advance(false);
    assert_eq!(core.tasks[1].finish, Finish::Asked);
    assert_eq!(kinds(&mut core, 1), [Kind::Command]);
    let acks = Results {
        acks: vec![0],
        ..consumed(1)
    };
    bolt_says(&mut core, 1, acks);
    says(&mut core, 1, &json!({"command": "finished"}));
    assert_eq!(kinds(&mut core, 0), [Kind::Acked]);
    says(&mut core, 0, &done);
    core.spout_results(0, &payload(consumed(1)))
        .expect("in order");
    core.advance(false);
    assert_eq!(core.stage, Stage::Closing(0));
}

#[test]
fn a_tick_after_finish_is_no_reason_to_finish_again() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    says(&mut core, 0, &json!({"command": "done"}));
    core.advance(false);
    core.tick(1, 0.5);
    told(&mut core, 1);
    says(&mut core, 1, &json!({"command": "finished"}));
    core.tick(1, 0.5);
    told(&mut core, 1);
    bolt_says(&mut core, 1, consumed(2));
    core.spout_results(0, &payload(consumed(0))).expect("fine");
    core.advance(false);
    assert_eq!(core.stage, Stage::Closing(0));
    core.gone(0);
    core.advance(false);
    assert_eq!(core.tasks[1].finish, Finish::Finished);
}

#[test]
fn finished_counts_only_when_it_was_asked_for() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    says(&mut core, 1, &json!({"command": "finished"}));
    assert_eq!(core.tasks[1].finish, Finish::NotAsked);
}

#[test]
fn what_the_host_emits_again_goes_to_the_task_that_was_named() {
    let arrows = [("S", "a", "direct")];
    let mut core = core(&["S", "a"], &arrows, json!({"replay": "host"}));
    core.up(0, AUTO);
    core.up(1, AUTO);
    let mut direct = row(&core, "to", true);
    direct.direct = 2;
    let results = Results {
        rows: vec![direct],
        ..Results::default()
    };
    core.spout_results(0, &payload(results)).expect("in order");
    told(&mut core, 1);
    let failed = Results {
        fails: vec![0],
        ..consumed(1)
    };
    bolt_says(&mut core, 1, failed);
    assert_eq!(core.tasks[1].queue.rows(), 1);
    told(&mut core, 1);
    bolt_says(&mut core, 1, consumed(2));
    assert_eq!(kinds(&mut core, 0), [Kind::Acked]);
}

#[test]
fn a_tuple_that_is_refused_at_every_try_does_not_use_up_the_stack() {
    let conf = json!({"replay": "host", "stormhost.replay.tries": 20_000});
    let mut core = spout_and_bolt(AUTO, conf);
    let mut wrong = row(&core, "default", true);
    wrong.values.push(json!(2));
    let results = Results {
        rows: vec![wrong],
        ..Results::default()
    };
    core.spout_results(0, &payload(results)).expect("in order");
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
    assert_eq!(core.tasks[0].counters.failed, 20_001);
}

#[test]
fn what_a_spout_had_pending_is_emitted_again_by_the_host_and_its_successor_hears_nothing() {
    let mut core = spout_and_bolt(AUTO, json!({"replay": "host"}));
    emits(&mut core, 0, 0);
    told(&mut core, 1);
    dies(&mut core, 0);
    dies(&mut core, 1);
    core.up(1, AUTO);
    core.up(0, AUTO);
    assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
    // Both have sequence number 0, each in its own child.
    emits(&mut core, 0, 0);
    assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
    bolt_says(&mut core, 1, consumed(1));
    assert_eq!(kinds(&mut core, 0), []);
    bolt_says(&mut core, 1, consumed(2));
    let frames = told(&mut core, 0);
    let acked = frames.iter().find(|(kind, _)| *kind == Kind::Acked);
    let mut first_and_count = Vec::new();
    frame::write_acked(&[(0, 1)], &mut first_and_count);
    assert_eq!(acked.expect("an ack").1, first_and_count[frame::HEADER..]);
    assert_eq!(core.tasks[0].spout.as_ref().map(|s| s.pending), Some(0));
}

#[test]
fn without_tracking_ids_are_acked_as_soon_as_they_are_passed_on() {
    let mut core = spout_and_bolt(AUTO, json!({"topology.acker.executors": 0}));
    emits(&mut core, 0, 0);
    assert_eq!(kinds(&mut core, 0), [Kind::Acked]);
    assert_eq!(core.acker.open_trees(), 0);
    told(&mut core, 1);
    let failed = Results {
        fails: vec![0],
        ..consumed(1)
    };
    bolt_says(&mut core, 1, failed);
    assert_eq!(kinds(&mut core, 0), []);
    let mut wrong = row(&core, "default", true);
    wrong.values.push(json!(2));
    let results = Results {
        rows: vec![wrong],
        ..consumed(1)
    };
    core.spout_results(0, &payload(results)).expect("in order");
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
}

#[test]
fn task_ids_are_never_those_of_another_childs_tuple() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    let asks = |rows| Results {
        rows,
        ask: true,
        ..Results::default()
    };
    let rows = vec![row(&core, "default", false)];
    core.spout_results(0, &payload(asks(rows))).expect("ok");
    let ids = |core: &mut Core, at| {
        let frames = told(core, at);
        let found = frames.into_iter().find(|(kind, _)| *kind == Kind::TaskIds);
        String::from_utf8(found.expect("task ids").1).expect("text")
    };
    assert_eq!(ids(&mut core, 0), "[2]");
    core.bolt_results(1, &payload(asks(vec![]))).expect("ok");
    assert_eq!(ids(&mut core, 1), "[]");
    let mut wrong = row(&core, "default", false);
    wrong.values.push(json!(2));
    core.spout_results(0, &payload(asks(vec![wrong])))
        .expect("ok");
    assert_eq!(ids(&mut core, 0), "[]");
}

#[test]
fn dropped_counts_only_what_was_not_tracked() {
    let arrows = [("S", "a", "shuffle"), ("a", "a", "shuffle")];
    let mut core = core(&["S", "a"], &arrows, json!({"stormhost.cycle.bytes": 1}));
    core.up(0, AUTO);
    core.up(1, AUTO);
    emits(&mut core, 0, 0);
    told(&mut core, 1);
    // The second does not fit, and its tree fails; the third is nobody's.
    let twice = Results {
        rows: vec![row(&core, "default", false), row(&core, "default", false)],
        marks: Some(vec![2]),
        ..consumed(1)
    };
    bolt_says(&mut core, 1, twice);
    assert_eq!(core.tasks[1].counters.dropped, 0);
    assert_eq!(kinds(&mut core, 0), [Kind::Failed]);
    let loose = Results {
        rows: vec![row(&core, "default", false)],
        loose: true,
        ..consumed(1)
    };
    bolt_says(&mut core, 1, loose);
    assert_eq!(core.tasks[1].counters.dropped, 1);
}

#[test]
fn a_heartbeat_is_among_the_frames_that_a_spout_says_it_took() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    core.ask_for_life(0);
    assert_eq!(kinds(&mut core, 0), [Kind::Command]);
    core.spout_results(0, &payload(consumed(1)))
        .expect("it took one");
}

#[test]
fn what_belongs_into_results_is_no_message_of_a_child_with_frames() {
    let mut core = spout_and_bolt(AUTO, json!({}));
    for text in [
        r#"{"command":"ack","id":"0"}"#,
        r#"{"command":"emit","tuple":[1]}"#,
    ] {
        for at in 0..2 {
            let message = FromChild::parse(Encoding::Json, text.as_bytes(), &Limits::default());
            assert!(
                core.hear(at, message.expect("a message")).is_err(),
                "{text}"
            );
        }
    }
}

/// A spout, and two bolts that each take all it emits, of which one has work at a time.
fn two_bolts_in_turn() -> Core {
    let arrows = [("S", "a", "shuffle"), ("S", "b", "shuffle")];
    let mut core = core(&["S", "a", "b"], &arrows, json!({}));
    core.turns = Turns::new(3, 1);
    for at in 0..3 {
        core.up(at, AUTO);
        core.tasks[at].pace.progressed(1000, 1000, 1);
    }
    emits(&mut core, 0, 0);
    core
}

#[test]
fn what_comes_for_a_quick_bolt_gathers_until_it_is_its_turn() {
    let mut core = two_bolts_in_turn();
    assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
    assert_eq!(kinds(&mut core, 2), []);
    emits(&mut core, 0, 0);
    assert_eq!(kinds(&mut core, 1), [], "others wait");
    core.wakes.clear();
    let one = Results {
        marks: Some(vec![0]),
        ..consumed(1)
    };
    bolt_says(&mut core, 1, one);
    assert!(core.wakes.contains(&Wake::Writer(2)), "{:?}", core.wakes);
    assert_eq!(kinds(&mut core, 2), [Kind::Tuples]);
    assert_eq!(core.tasks[2].sent(), 2, "in one frame");
    assert_eq!(kinds(&mut core, 1), []);
}

#[test]
fn a_bolt_that_waits_for_room_in_the_queue_of_another_leaves_it_its_turn() {
    let arrows = [("S", "a", "shuffle"), ("a", "b", "shuffle")];
    let mut core = core(
        &["S", "a", "b"],
        &arrows,
        json!({"stormhost.queue.tuples": 2}),
    );
    core.turns = Turns::new(3, 1);
    for at in 0..3 {
        core.up(at, AUTO);
        core.tasks[at].pace.progressed(1000, 1000, 1);
    }
    emits(&mut core, 0, 0);
    emits(&mut core, 0, 0);
    assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
    let one_of_two = Results {
        rows: vec![row(&core, "default", false), row(&core, "default", false)],
        marks: Some(vec![2]),
        ..consumed(1)
    };
    bolt_says(&mut core, 1, one_of_two);
    assert_eq!(core.tasks[1].waits, 1, "the queue of b is full");
    assert_eq!(
        kinds(&mut core, 2),
        [Kind::Tuples],
        "a is not through, and b does not wait for that"
    );
}

#[test]
fn a_slow_bolt_waits_for_nobody() {
    let mut core = two_bolts_in_turn();
    assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
    core.tasks[2].pace = Default::default();
    assert_eq!(kinds(&mut core, 2), [Kind::Tuples]);
}

#[test]
fn a_bolt_that_dies_or_is_stuck_in_its_turn_holds_nobody_up() {
    for dies_of_it in [true, false] {
        let mut core = two_bolts_in_turn();
        assert_eq!(kinds(&mut core, 1), [Kind::Tuples]);
        assert_eq!(kinds(&mut core, 2), []);
        core.wakes.clear();
        match dies_of_it {
            true => dies(&mut core, 1),
            false => {
                core.now += 50_000;
                core.look_at_standstill();
            }
        }
        assert!(core.wakes.contains(&Wake::Writer(2)), "{:?}", core.wakes);
        assert_eq!(kinds(&mut core, 2), [Kind::Tuples]);
    }
}

#[test]
fn a_child_that_asks_and_never_reads_the_answers_fills_no_memory() {
    for dialect in [AUTO, Dialect::Storm(Encoding::Json)] {
        let mut core = core(&["S", "a"], &[("S", "a", "shuffle")], json!({}));
        core.up(0, dialect);
        core.up(1, dialect);
        core.limits.message = 100;
        for at in 0..2 {
            let mut asked = 0;
            let emit = json!({"command": "emit", "tuple": [1], "need_task_ids": true}).to_string();
            let refused = loop {
                let said = match dialect {
                    Dialect::Storm(encoding) => {
                        let message =
                            FromChild::parse(encoding, emit.as_bytes(), &Limits::default());
                        core.hear(at, message.expect("a message")).map(|_| ())
                    }
                    _ => {
                        let asks = || Results {
                            ask: true,
                            loose: true,
                            rows: vec![row(&core, "default", false)],
                            ..Results::default()
                        };
                        let said = payload(asks());
                        match at {
                            0 => core.spout_results(0, &said),
                            _ => core.bolt_results(1, &said),
                        }
                    }
                };
                asked += 1;
                assert!(asked < 100, "{} bytes wait", core.tasks[at].control.len());
                if let Err(error) = said {
                    break error;
                }
            };
            assert_eq!(refused, ProtocolError::ReadsNothing);
            assert!(core.tasks[at].control.len() < 150);
        }
    }
}

#[test]
fn a_spout_that_never_reads_what_became_of_its_tuples_fills_no_memory() {
    let mut core = spout_and_bolt(AUTO, json!({"topology.max.spout.pending": 10}));
    let wrong = || {
        let mut row = row(&core, "default", true);
        row.values.push(json!(2));
        row
    };
    let said = payload(Results {
        rows: (0..4_096).map(|_| wrong()).collect(),
        ..Results::default()
    });
    let refused = (0..300).find_map(|_| core.spout_results(0, &said).err());
    let refused = refused.expect("a million of answers are enough");
    assert_eq!(refused, ProtocolError::ReadsNothing);
}
