//! Stories about spouts at their windows: who is given more because a bolt gathers, and who is not because a bolt is slow.

use serde_json::{Value, json};
use stormhost_protocol::{Encoding, FromChild, Limits};

use super::small::*;
use super::wire::Results;
use crate::runtime::core::Core;
use crate::runtime::task::Dialect;

const OLD: Dialect = Dialect::Storm(Encoding::Json);
const SECOND: u64 = 1_000_000;
/// What every window begins with.
const FIRST: u32 = 4;

fn window(core: &Core, at: usize) -> u32 {
    core.tasks[at]
        .spout
        .as_ref()
        .expect("a spout")
        .window
        .size()
}

/// So many looks, as they come in a run.
fn looks(core: &mut Core, times: u64) {
    for _ in 0..times {
        core.now += 10_000;
        core.look_at_standstill();
    }
}

fn emits_many(core: &mut Core, at: usize, count: u32) {
    (0..count).for_each(|_| emits(core, at, 0));
}

/// A bolt is given what waits for it.
fn is_given(core: &mut Core, at: usize) {
    core.fill(at, &mut Vec::new());
}

/// A bolt with frames has come so far, and acks these by hand.
fn comes_to(core: &mut Core, at: usize, consumed: u64, acks: Vec<u64>) {
    let results = Results {
        consumed,
        acks,
        anchored: true,
        ..Results::default()
    };
    core.bolt_results(at, &payload(results)).expect("in order");
}

/// A bolt that acks by consuming has come so far, and passes each on or not.
fn passes_on(core: &mut Core, at: usize, consumed: u64, each: &[bool]) {
    let mut rows = Vec::new();
    let mut marks = Vec::new();
    for passes in each {
        rows.extend(passes.then(|| row(core, "default", false)));
        marks.push(rows.len() as u32);
    }
    let results = Results {
        consumed,
        rows,
        marks: Some(marks),
        ..Results::default()
    };
    core.bolt_results(at, &payload(results)).expect("in order");
}

fn says(core: &mut Core, at: usize, message: &Value) {
    let text = message.to_string();
    let message = FromChild::parse(Encoding::Json, text.as_bytes(), &Limits::default());
    core.hear(at, message.expect("a message")).expect("allowed");
}

/// How many heartbeats are written to an old bolt now.
fn heartbeats(core: &mut Core, at: usize) -> usize {
    let mut out = Vec::new();
    core.fill(at, &mut out);
    let text = String::from_utf8(out).expect("JSON");
    text.matches("__heartbeat").count()
}

fn two_spouts(arrows: &[(&str, &str, &str)], dialects: &[Dialect]) -> Core {
    let mut core = core(
        &["S", "T", "a", "b"][..2 + dialects.len()],
        arrows,
        json!({}),
    );
    core.up(0, AUTO);
    core.up(1, AUTO);
    for (n, dialect) in dialects.iter().enumerate() {
        core.up(2 + n, *dialect);
    }
    core
}

#[test]
fn a_batcher_gets_more_while_a_bolt_beside_it_that_it_has_nothing_to_do_with_is_busy() {
    let arrows = [("S", "a", "shuffle"), ("T", "b", "shuffle")];
    let mut core = two_spouts(&arrows, &[HAND, AUTO]);
    emits_many(&mut core, 0, FIRST);
    is_given(&mut core, 2);
    comes_to(&mut core, 2, FIRST.into(), vec![]);
    emits_many(&mut core, 1, 1);
    is_given(&mut core, 3);
    looks(&mut core, 1);
    assert_eq!(window(&core, 0), 2 * FIRST);
    emits_many(&mut core, 1, FIRST - 1);
    looks(&mut core, 2_000);
    assert_eq!(window(&core, 1), FIRST, "its bolt is at work");
}

/// `a` is never idle: it is always four tuples behind, since `T` emits another one for each that is acked.
#[test]
fn a_batcher_gets_more_though_another_spout_keeps_the_same_bolt_busy() {
    let arrows = [("S", "a", "shuffle"), ("T", "a", "shuffle")];
    let mut core = two_spouts(&arrows, &[HAND]);
    emits_many(&mut core, 1, 2);
    emits_many(&mut core, 0, FIRST);
    emits_many(&mut core, 1, 2);
    for consumed in 1..30 {
        is_given(&mut core, 2);
        let (last, mine) = (consumed - 1, 2..2 + u64::from(FIRST));
        let held = mine.contains(&last);
        comes_to(
            &mut core,
            2,
            consumed,
            (!held).then_some(last).into_iter().collect(),
        );
        emits_many(&mut core, 1, u32::from(!held));
        is_given(&mut core, 2);
        assert!(core.tasks[2].consumed < core.tasks[2].sent());
        looks(&mut core, 1);
        if consumed < mine.end {
            assert_eq!(window(&core, 0), FIRST, "it may yet ack some of them");
        } else if consumed > 15 {
            assert_eq!(window(&core, 0), 2 * FIRST);
        }
    }
}

/// The same where the batcher comes behind the bolt that both keep busy.
#[test]
fn a_batcher_gets_more_when_all_has_come_to_it_through_a_bolt_that_is_busy_with_others() {
    let arrows = [
        ("S", "a", "shuffle"),
        ("T", "a", "shuffle"),
        ("a", "b", "shuffle"),
    ];
    let mut core = two_spouts(&arrows, &[AUTO, HAND]);
    emits_many(&mut core, 0, FIRST);
    emits_many(&mut core, 1, 2);
    is_given(&mut core, 2);
    passes_on(&mut core, 2, FIRST.into(), &[true; FIRST as usize]);
    is_given(&mut core, 3);
    let mut consumed = u64::from(FIRST);
    let mut goes_on = |core: &mut Core, steps: u64| {
        for _ in 0..steps {
            consumed += 1;
            passes_on(core, 2, consumed, &[false]);
            emits(core, 1, 0);
            is_given(core, 2);
            looks(core, 1);
            assert!(core.tasks[2].consumed < core.tasks[2].sent());
        }
    };
    goes_on(&mut core, 10);
    assert_eq!(window(&core, 0), FIRST, "the batcher has not read them");
    comes_to(&mut core, 3, FIRST.into(), vec![]);
    goes_on(&mut core, 10);
    assert_eq!(window(&core, 0), 2 * FIRST);
}

#[test]
fn a_slow_bolt_on_an_old_library_is_no_batcher() {
    let mut core = spout_and_bolt(OLD, json!({}));
    emits_many(&mut core, 0, FIRST);
    is_given(&mut core, 1);
    looks(&mut core, 100);
    assert_eq!(window(&core, 0), FIRST, "it is at its first tuple");
    assert_eq!(heartbeats(&mut core, 1), 1, "it is asked once");
    for id in 0..20 {
        core.now += 3 * SECOND;
        says(
            &mut core,
            1,
            &json!({"command": "ack", "id": id.to_string()}),
        );
        if id % 4 == 3 {
            says(&mut core, 1, &json!({"command": "sync"}));
        }
        emits_many(&mut core, 0, 1);
        is_given(&mut core, 1);
        looks(&mut core, 20);
        is_given(&mut core, 1);
    }
    assert_eq!(window(&core, 0), FIRST);
}

#[test]
fn a_batcher_on_an_old_library_gets_more_when_it_has_said_that_it_has_read_all() {
    let mut core = spout_and_bolt(OLD, json!({}));
    for size in [FIRST, 2 * FIRST, 4 * FIRST] {
        assert_eq!(window(&core, 0), size);
        let pending = core.tasks[0].spout.as_ref().expect("a spout").pending;
        emits_many(&mut core, 0, size - pending);
        is_given(&mut core, 1);
        looks(&mut core, 10);
        assert_eq!(window(&core, 0), size);
        assert_eq!(heartbeats(&mut core, 1), 1);
        says(&mut core, 1, &json!({"command": "sync"}));
        looks(&mut core, 10);
    }
    assert_eq!(window(&core, 0), 8 * FIRST);
}

#[test]
fn a_batcher_that_answers_no_heartbeats_gets_more_in_the_end() {
    let mut core = spout_and_bolt(OLD, json!({}));
    let mut asked = 0;
    for size in [FIRST, 2 * FIRST, 4 * FIRST] {
        assert_eq!(window(&core, 0), size);
        let pending = core.tasks[0].spout.as_ref().expect("a spout").pending;
        emits_many(&mut core, 0, size - pending);
        is_given(&mut core, 1);
        looks(&mut core, 900);
        assert_eq!(window(&core, 0), size);
        looks(&mut core, 200);
        asked += heartbeats(&mut core, 1);
    }
    assert_eq!(window(&core, 0), 8 * FIRST);
    assert_eq!(asked, 1);
}

#[test]
fn a_bolt_that_has_answered_a_heartbeat_once_is_waited_for_however_slow_it_is() {
    let mut core = spout_and_bolt(OLD, json!({}));
    emits_many(&mut core, 0, FIRST - 1);
    is_given(&mut core, 1);
    core.ask_for_life(1);
    says(&mut core, 1, &json!({"command": "sync"}));
    emits_many(&mut core, 0, 1);
    is_given(&mut core, 1);
    looks(&mut core, 5_000);
    assert_eq!(window(&core, 0), FIRST);
}

#[test]
fn a_component_inside_the_host_that_is_at_work_is_no_batcher() {
    let mut core = spout_and_bolt(Dialect::Inside, json!({}));
    emits_many(&mut core, 0, FIRST);
    let run = core.take_run(1).expect("four rows");
    looks(&mut core, 100);
    assert_eq!(window(&core, 0), FIRST);
    core.used_up(1, run);
    assert_eq!(core.tasks[0].counters.acked, u64::from(FIRST));
}

/// What `S` lets in is held in a cycle in which something of `T` always goes round.
#[test]
fn a_batcher_in_a_cycle_that_others_keep_busy_gets_more_in_the_end() {
    let arrows = [
        ("S", "a", "shuffle"),
        ("T", "a", "shuffle"),
        ("a", "a", "shuffle"),
    ];
    let mut core = two_spouts(&arrows, &[HAND]);
    emits_many(&mut core, 0, FIRST);
    emits_many(&mut core, 1, 1);
    is_given(&mut core, 2);
    comes_to(&mut core, 2, FIRST.into(), vec![]);
    looks(&mut core, 900);
    assert_eq!(window(&core, 0), FIRST, "they may go round");
    looks(&mut core, 200);
    assert_eq!(window(&core, 0), 2 * FIRST);
    let mut alone = core_with_a_cycle();
    emits_many(&mut alone, 0, FIRST);
    is_given(&mut alone, 1);
    comes_to(&mut alone, 1, FIRST.into(), vec![]);
    looks(&mut alone, 1);
    assert_eq!(window(&alone, 0), 2 * FIRST, "nothing goes round");
}

fn core_with_a_cycle() -> Core {
    let arrows = [("S", "a", "shuffle"), ("a", "a", "shuffle")];
    let mut core = core(&["S", "a"], &arrows, json!({}));
    core.up(0, AUTO);
    core.up(1, HAND);
    core
}

#[test]
fn what_a_child_had_yet_to_read_is_not_waited_for_when_it_has_died() {
    let arrows = [("S", "a", "shuffle"), ("T", "b", "shuffle")];
    let mut core = two_spouts(&arrows, &[HAND, AUTO]);
    emits_many(&mut core, 0, FIRST);
    is_given(&mut core, 2);
    looks(&mut core, 3);
    core.down(
        2,
        crate::flow::acker::FailKind::ChildDied,
        &"it died".into(),
    );
    core.up(2, HAND);
    emits_many(&mut core, 0, FIRST);
    is_given(&mut core, 2);
    comes_to(&mut core, 2, FIRST.into(), vec![]);
    looks(&mut core, 1);
    assert_eq!(window(&core, 0), 2 * FIRST);
}
