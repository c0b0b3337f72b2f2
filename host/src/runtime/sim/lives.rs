//! The life of a bolt's child as the core sees it, as a table: each state with everything that may happen in it, and what becomes of its tuples.
//!
//! Two tuples are on their way in each state: one that was delivered, if there is anybody to deliver it to, and one that waits.

use std::rc::Rc;

use serde_json::json;
use stormhost_protocol::Encoding;
use stormhost_protocol::frame::Kind;

use super::small::*;
use super::wire::Results;
use crate::flow::acker::FailKind;
use crate::runtime::core::Core;
use crate::runtime::task::{Dialect, Life};

/// Where a child may be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Not started yet.
    New,
    Up,
    /// Died, and another will come.
    Died,
    /// No other comes.
    Gone,
}

/// What may happen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    /// The handshake is done.
    Up,
    Died,
    Gone,
    /// The spout emits another tuple for it.
    Given,
    /// Its writer asks what there is.
    Written,
    /// It acks all that it was given.
    Acks,
    /// It says that it took what it was never given.
    AcksTooMuch,
    /// It fails its first tuple.
    Fails,
    /// The message timeout passes.
    TimesOut,
}

use Event::*;

/// What is left of the tuples then.
#[derive(Debug, PartialEq)]
struct Left {
    state: &'static str,
    waiting: usize,
    in_hand: usize,
    /// What the spout is told.
    acked: usize,
    failed: usize,
}

fn left(state: &'static str, waiting: usize, in_hand: usize, acked: usize, failed: usize) -> Left {
    Left {
        state,
        waiting,
        in_hand,
        acked,
        failed,
    }
}

/// By state what each event leads to; what is not here cannot happen.
fn table() -> Vec<(State, Event, Left)> {
    vec![
        // One waits, none is in hand.
        (State::New, Up, left("up", 1, 0, 0, 0)),
        (State::New, Gone, left("gone", 0, 0, 0, 1)),
        (State::New, Given, left("down", 2, 0, 0, 0)),
        (State::New, Written, left("down", 1, 0, 0, 0)),
        (State::New, Acks, left("down", 1, 0, 0, 0)),
        (State::New, AcksTooMuch, left("down", 1, 0, 0, 0)),
        (State::New, Fails, left("down", 1, 0, 0, 0)),
        (State::New, TimesOut, left("down", 1, 0, 0, 1)),
        // One waits, one is in hand.
        (State::Up, Died, left("down", 1, 0, 0, 1)),
        (State::Up, Given, left("up", 2, 1, 0, 0)),
        (State::Up, Written, left("up", 0, 2, 0, 0)),
        (State::Up, Acks, left("up", 1, 0, 1, 0)),
        (State::Up, AcksTooMuch, left("refused", 1, 1, 0, 0)),
        (State::Up, Fails, left("up", 1, 0, 0, 1)),
        (State::Up, TimesOut, left("up", 1, 1, 0, 2)),
        // One waits, and one has failed.
        (State::Died, Up, left("up", 1, 0, 0, 1)),
        (State::Died, Gone, left("gone", 0, 0, 0, 2)),
        (State::Died, Given, left("down", 2, 0, 0, 1)),
        (State::Died, Written, left("down", 1, 0, 0, 1)),
        (State::Died, Acks, left("down", 1, 0, 0, 1)),
        (State::Died, AcksTooMuch, left("down", 1, 0, 0, 1)),
        (State::Died, Fails, left("down", 1, 0, 0, 1)),
        (State::Died, TimesOut, left("down", 1, 0, 0, 2)),
        // Both have failed.
        (State::Gone, Given, left("gone", 0, 0, 0, 3)),
        (State::Gone, Written, left("gone", 0, 0, 0, 2)),
        (State::Gone, Acks, left("gone", 0, 0, 0, 2)),
        (State::Gone, AcksTooMuch, left("gone", 0, 0, 0, 2)),
        (State::Gone, Fails, left("gone", 0, 0, 0, 2)),
        (State::Gone, TimesOut, left("gone", 0, 0, 0, 2)),
    ]
}

fn in_state(state: State, dialect: Dialect) -> Core {
    let mut core = core(&["S", "a"], &[("S", "a", "shuffle")], json!({}));
    core.up(0, AUTO);
    if state != State::New {
        core.up(1, dialect);
        emits(&mut core, 0, 0);
        core.fill(1, &mut Vec::new());
        assert_eq!(core.tasks[1].in_hand.len(), 1);
    }
    emits(&mut core, 0, 0);
    let reason: Rc<str> = "it died".into();
    if matches!(state, State::Died | State::Gone) {
        core.down(1, FailKind::ChildDied, &reason);
    }
    if state == State::Gone {
        core.gone(1);
    }
    core
}

/// Lets it happen. False if the child has to be started again for it.
fn happens(core: &mut Core, event: Event, dialect: Dialect) -> bool {
    let results = |results: Results| payload(results);
    let given = core.tasks[1].sent();
    match (event, dialect) {
        (Up, _) => core.up(1, dialect),
        (Died, _) => {
            core.down(1, FailKind::ChildDied, &Rc::from("it died"));
        }
        (Gone, _) => core.gone(1),
        (Given, _) => emits(core, 0, 0),
        (Written, _) => core.fill(1, &mut Vec::new()),
        (TimesOut, _) => {
            core.rotate();
            core.rotate();
        }
        (Acks, Dialect::Storm(_)) => {
            (0..given).for_each(|id| core.bolt_answers(1, &id.to_string(), None));
            core.after(1);
        }
        (AcksTooMuch, Dialect::Storm(_)) => {
            core.bolt_answers(1, "99", None);
            core.after(1);
        }
        (Fails, Dialect::Storm(_)) => {
            core.bolt_answers(1, "0", Some("it said so"));
            core.after(1);
        }
        (Acks | AcksTooMuch | Fails, _) => {
            let too_much = u64::from(event == AcksTooMuch) * 99;
            let said = Results {
                consumed: given + too_much,
                fails: if event == Fails { vec![0] } else { vec![] },
                acks: if dialect == HAND && event == Acks {
                    (0..given).collect()
                } else {
                    vec![]
                },
                ..Results::default()
            };
            return core.bolt_results(1, &results(said)).is_ok();
        }
    }
    true
}

fn told_so_far(core: &mut Core) -> (usize, usize) {
    let (mut acked, mut failed) = (0, 0);
    core.now += 1_000_000;
    for (kind, payload) in told(core, 0) {
        match kind {
            Kind::Acked => {
                let counts = payload.chunks_exact(16).map(|pair| pair[8] as usize);
                acked += counts.sum::<usize>();
            }
            Kind::Failed => {
                let list: Vec<(u64, String, String)> =
                    serde_json::from_slice(&payload).expect("fails");
                failed += list.len();
            }
            _ => {}
        }
    }
    (acked, failed)
}

#[test]
fn every_event_in_every_state_does_what_the_table_says() {
    for dialect in [
        AUTO,
        HAND,
        Dialect::Storm(Encoding::Json),
        Dialect::Storm(Encoding::Msgpack),
    ] {
        for (state, event, expected) in table() {
            let mut core = in_state(state, dialect);
            let taken = happens(&mut core, event, dialect);
            let (acked, failed) = told_so_far(&mut core);
            let task = &core.tasks[1];
            let word = match task.life {
                _ if !taken => "refused",
                Life::Down => "down",
                Life::Up(_) => "up",
                Life::Gone => "gone",
            };
            let found = left(word, task.queue.rows(), task.in_hand.len(), acked, failed);
            // In Storm's dialects an ack of what is not in hand is counted and ignored.
            let storm = matches!(dialect, Dialect::Storm(_));
            match (event, expected.state) {
                (AcksTooMuch, "refused") if storm => {
                    assert_eq!(
                        found,
                        left("up", 1, 1, 0, 0),
                        "{state:?} {event:?} {dialect:?}"
                    );
                    assert_eq!(core.tasks[1].counters.unknown, 1);
                }
                _ => assert_eq!(found, expected, "{state:?} {event:?} {dialect:?}"),
            }
        }
    }
}

/// Whatever a child left behind, its successor begins at the beginning.
#[test]
fn a_successor_is_given_nothing_that_its_predecessor_was_told() {
    for dialect in [AUTO, HAND, Dialect::Storm(Encoding::Json)] {
        let mut core = in_state(State::Up, dialect);
        core.ask_for_life(1);
        core.down(1, FailKind::ChildDied, &Rc::from("it died"));
        core.up(1, dialect);
        let task = &core.tasks[1];
        assert_eq!((task.sent(), task.consumed, task.control.len()), (0, 0, 0));
        assert!(
            task.heartbeats.is_empty() && task.frames_out.is_empty() && task.delivered.is_empty()
        );
    }
}
