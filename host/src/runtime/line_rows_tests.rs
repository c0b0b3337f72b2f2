//! Lines as the core sees them: who is given which, what is acked when, and what becomes of the rest.

use std::rc::Rc;

use serde_json::{Value, json};
use stormhost_protocol::Encoding;

use super::super::core::Core;
use super::super::task::Dialect;
use crate::flow::acker::FailKind;
use crate::topology::{Ir, Overrides, check};

const LINES: Dialect = Dialect::Lines(Encoding::Msgpack);

/// A spout of lines, a filter with so many tasks that listens to it as it is told, and a sink; tasks are numbered in this order.
fn core(filters: u32, subscription: Value, listener: Value) -> Core {
    let lines = |run: &str| json!({"run": run, "as": "lines"});
    let streams = json!({"default": {"fields": ["line"]}});
    let mut grouped = json!({"to": "b", "from": "a", "grouping": "shuffle"});
    for (member, value) in subscription.as_object().unwrap() {
        grouped[member] = value.clone();
    }
    let mut filter = json!({"id": "b", "kind": "bolt", "streams": streams, "parallelism": filters});
    for (member, value) in listener.as_object().unwrap() {
        filter[member] = value.clone();
    }
    let ir = json!({
        "version": 1, "name": "Lines", "file": "lines", "language": "json",
        "components": [
            {"id": "a", "kind": "spout", "shell": lines("cat"), "streams": streams},
            filter,
            {"id": "c", "kind": "bolt", "builtin": "print"}],
        "subscriptions": [grouped, {"to": "c", "from": "b", "grouping": "shuffle"}],
    });
    let ir = Ir::from_json(ir.to_string().as_bytes()).unwrap();
    let checked = check(&ir, &Overrides::default(), &|_, _| true).unwrap();
    let mut core = Core::new(Rc::new(checked.topology), 7);
    for at in 0..core.tasks.len() {
        core.up(at, LINES);
    }
    core
}

fn filter() -> Value {
    json!({"shell": {"run": "grep x", "as": "lines"}})
}

fn written(core: &mut Core, at: usize) -> String {
    let mut out = Vec::new();
    core.fill(at, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn lines_go_through_untracked_and_are_acked_once_they_were_read() {
    let mut core = core(1, json!({}), filter());
    assert!(!core.keeps_lines(0));
    core.hear_lines(0, b"one\ntwo\nthree\n");
    assert_eq!(core.acker.open_trees(), 0);
    assert_eq!(written(&mut core, 1), "one\ntwo\nthree\n");
    // All of it still lies in the pipe.
    assert!(!core.lines_were_read(1, 14));
    assert_eq!(
        (core.tasks[1].in_hand.len(), core.tasks[1].consumed),
        (3, 0)
    );
    assert!(core.lines_were_read(1, 0));
    assert_eq!(
        (core.tasks[1].counters.acked, core.tasks[1].consumed),
        (3, 3)
    );
    core.hear_lines(1, b"two\n");
    assert_eq!(core.tasks[2].queue.rows(), 1);
    assert_eq!(core.failed_for_good(), 0);
}

#[test]
fn of_few_lines_each_is_known_to_be_read_and_of_many_each_piece() {
    for (lines, unread) in [(10usize, 13), (100_000, 50_000)] {
        let mut core = core(1, json!({}), filter());
        core.hear_lines(0, "x\n".repeat(lines).as_bytes());
        let mut made = 0;
        loop {
            let some = written(&mut core, 1).len();
            made += some;
            if some == 0 {
                break;
            }
        }
        assert_eq!(made, 2 * lines);
        assert!(core.lines_were_read(1, unread));
        assert!(!core.lines_were_read(1, unread));
        let read = core.tasks[1].consumed as usize;
        let truly = (made - unread) / 2;
        assert!(read <= truly && read + 600 > truly, "{read} of {truly}");
        // Within a line it is at work, too.
        assert!(core.lines_were_read(1, unread - 1));
        assert!(core.lines_were_read(1, 0));
        assert_eq!(core.tasks[1].consumed as usize, lines);
        assert_eq!(core.tasks[1].in_hand.len(), 0);
    }
}

#[test]
fn few_lines_are_spread_one_by_one_and_many_by_the_piece() {
    for lines in [3usize, 3000] {
        let mut core = core(3, json!({}), filter());
        core.hear_lines(0, "x\n".repeat(lines).as_bytes());
        let given: Vec<usize> = (1..4).map(|at| core.tasks[at].queue.rows()).collect();
        assert_eq!(given.iter().sum::<usize>(), lines);
        let (least, most) = (given.iter().min().unwrap(), given.iter().max().unwrap());
        assert!(most - least <= lines / 10, "{given:?}");
    }
}

#[test]
fn a_key_finds_the_same_task_as_by_any_other_way() {
    let by_field = json!({"grouping": "fields", "fields": ["line"]});
    let by_column = json!({"grouping": "column", "fields": ["1"]});
    let found = [by_field, by_column].map(|subscription| {
        let mut core = core(4, subscription, filter());
        core.hear_lines(0, b"a\nb\nc\nd\ne\nf\ng\na\n");
        (1..5).map(|at| written(&mut core, at)).collect::<Vec<_>>()
    });
    assert_eq!(found[0], found[1]);
    assert!(
        found[0]
            .iter()
            .any(|of| of.starts_with("a\n") && of.ends_with("a\n"))
    );
}

#[test]
fn where_somebody_acks_a_line_is_kept_until_its_tree_is_done() {
    let mut core = core(1, json!({}), json!({"command": ["true"]}));
    core.up(1, Dialect::Storm(Encoding::Json));
    assert!(core.keeps_lines(0));
    core.hear_lines(0, b"one\ntwo\n");
    assert_eq!(core.acker.open_trees(), 2);
    written(&mut core, 1);
    core.bolt_answers(1, "0", None);
    core.bolt_answers(1, "1", Some("no"));
    // It has come again, and waits for the bolt.
    core.after(1);
    assert_eq!(
        (core.acker.open_trees(), core.tasks[1].queue.rows()),
        (1, 1)
    );
    assert!(written(&mut core, 1).contains("two"));
}

#[test]
fn what_a_dead_filter_had_not_read_fails_where_it_is_tracked() {
    let ir = json!({
        "version": 1, "name": "Lines", "file": "lines", "language": "json",
        "components": [
            {"id": "a", "kind": "spout", "command": ["true"], "streams": {"default": {"fields": ["line"]}}},
            {"id": "b", "kind": "bolt", "shell": {"run": "cat", "as": "lines"}, "streams": {"default": {"fields": ["line"]}}}],
        "subscriptions": [{"to": "b", "from": "a", "grouping": "shuffle"}],
    });
    let ir = Ir::from_json(ir.to_string().as_bytes()).unwrap();
    let checked = check(&ir, &Overrides::default(), &|_, _| true).unwrap();
    let mut core = Core::new(Rc::new(checked.topology), 7);
    core.up(0, Dialect::Storm(Encoding::Json));
    core.up(1, LINES);
    for id in 0..3 {
        let said = format!(r#"{{"command":"emit","id":{id},"tuple":["l{id}"]}}"#);
        let limits = core.limits.clone();
        let emit = stormhost_protocol::FromChild::parse(Encoding::Json, said.as_bytes(), &limits);
        core.hear(0, emit.unwrap()).unwrap();
    }
    assert_eq!(written(&mut core, 1), "l0\nl1\nl2\n");
    // It has read the first, and a part of the second.
    core.lines_were_read(1, 4);
    assert_eq!(core.acker.open_trees(), 2);
    assert_eq!(core.lines_are_lost(1), 0);
    assert_eq!(core.down(1, FailKind::ChildDied, &"gone".into()), 2);
    assert_eq!(core.tasks[0].counters.failed, 2);
    assert_eq!(core.tasks[0].counters.acked, 1);
}

#[test]
fn untracked_lines_that_a_dead_filter_had_not_read_are_counted() {
    let mut core = core(1, json!({}), filter());
    core.hear_lines(0, b"one\ntwo\n");
    written(&mut core, 1);
    assert_eq!(core.lines_are_lost(1), 2);
    core.down(1, FailKind::ChildDied, &"gone".into());
    assert_eq!(
        (core.tasks[1].counters.dropped, core.failed_for_good()),
        (2, 2)
    );
}

#[test]
fn whoever_works_for_a_filter_that_had_enough_is_through_as_well() {
    let mut core = core(2, json!({}), filter());
    core.hear_lines(0, b"one\ntwo\nthree\nfour\n");
    core.command_is_through(1);
    assert!(!core.tasks[0].is_through() && !core.tasks[2].is_through());
    // Its share goes to the other, as long as there is one.
    let before = core.tasks[2].queue.rows();
    core.hear_lines(0, b"five\nsix\n");
    assert_eq!(core.tasks[2].queue.rows(), before + 2);
    core.command_is_through(2);
    assert!(core.tasks[0].is_through());
    assert!(core.tasks[0].spout.as_ref().unwrap().done);
    core.hear_lines(0, b"seven\n");
    assert_eq!(core.tasks[2].queue.rows(), 0);
    assert_eq!(core.failed_for_good(), 0);
}

#[test]
fn a_line_that_is_no_tuple_is_counted() {
    let streams = json!({"default": {"fields": ["a", "b"]}});
    let mut core = core(
        1,
        json!({}),
        json!({"shell": {"run": "x", "as": "lines"}, "streams": streams}),
    );
    core.hear_lines(1, b"1\t2\n3\n4\t5\n");
    assert_eq!(core.tasks[2].queue.rows(), 2);
    assert_eq!(
        (core.tasks[1].counters.dropped, core.failed_for_good()),
        (1, 1)
    );
}
