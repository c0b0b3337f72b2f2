//! Bytes by chance: results frames that were right and had something happen to them. An error is an answer; a panic, a hang or memory
//! that grows with what a count claims is none.

use std::rc::Rc;

use serde_json::json;

use super::rng::Rng;
use super::small::{AUTO, HAND, core, payload, row, stream};
use super::wire::{Out, Results};
use crate::flow::acker::FailKind;
use crate::runtime::core::Core;
use crate::runtime::task::Dialect;

/// More rows than any frame of this size can hold in earnest.
const MOST_ROWS: usize = 2 * 65_536 * 2;

fn any_out(core: &Core, rng: &mut Rng) -> Out {
    let name = rng.one_of(&["default", "to", "bare"]);
    let fields = usize::from(name != "bare") + usize::from(rng.once_in(9));
    Out {
        stream: stream(core, name),
        tracked: rng.once_in(2),
        values: (0..fields).map(|_| json!("value")).collect(),
        anchors: (0..rng.below(3)).map(|_| rng.below(9) as u64).collect(),
        direct: rng.one_of(&[0, 0, 1, 2, 3, 99, u32::MAX]),
    }
}

fn any_results(core: &Core, rng: &mut Rng, at: usize, by_hand: bool) -> Results {
    let rows: Vec<Out> = (0..rng.below(5)).map(|_| any_out(core, rng)).collect();
    let (sent, before) = (core.tasks[at].sent(), core.tasks[at].consumed);
    let consumed = before + rng.below((sent - before) as usize + 1) as u64;
    let count = rows.len() as u32;
    let bolt = at != 0;
    Results {
        consumed,
        marks: (bolt && !by_hand).then(|| vec![count; (consumed - before) as usize]),
        anchored: bolt && by_hand,
        acks: (0..rng.below(3)).map(|_| rng.below(9) as u64).collect(),
        fails: (0..rng.below(3)).map(|_| rng.below(9) as u64).collect(),
        loose: rng.once_in(6),
        ask: rng.once_in(6),
        rows,
    }
}

/// A byte turned, a number blown up, a piece cut out, doubled, or the end cut off.
fn something_happens(bytes: &mut Vec<u8>, rng: &mut Rng) {
    for _ in 0..rng.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = rng.below(bytes.len());
        match rng.below(5) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => {
                let end = bytes.len().min(at + 4);
                let number = rng.one_of(&[u32::MAX, 0x7FFF_FFFF, 65_535, 256, 0]);
                bytes[at..end].copy_from_slice(&number.to_le_bytes()[..end - at]);
            }
            2 => bytes.truncate(at),
            3 => drop(bytes.remove(at)),
            _ => {
                let piece = bytes[at..].to_vec();
                bytes.extend(piece);
            }
        }
    }
}

#[test]
fn results_by_chance_are_taken_or_refused() {
    let arrows = [
        ("S", "a", "all"),
        ("a", "b", "direct"),
        ("b", "a", "shuffle"),
    ];
    for seed in 0..400 {
        let mut rng = Rng::new(seed);
        let conf = json!({"replay": if rng.once_in(2) { json!("host") } else { json!(null) }});
        let mut core = core(&["S", "a", "b"], &arrows, conf);
        let dialects: [Dialect; 3] = [AUTO, rng.one_of(&[AUTO, HAND]), rng.one_of(&[AUTO, HAND])];
        for (at, dialect) in dialects.into_iter().enumerate() {
            core.up(at, dialect);
        }
        for _ in 0..30 {
            let at = rng.below(3);
            core.fill(at, &mut Vec::new());
            let results = any_results(&core, &mut rng, at, dialects[at] == HAND);
            let mut bytes = payload(results);
            something_happens(&mut bytes, &mut rng);
            let taken = match at {
                0 => core.spout_results(at, &bytes),
                _ => core.bolt_results(at, &bytes),
            };
            if taken.is_err() {
                let reason: Rc<str> = "it cannot be read".into();
                core.down(at, FailKind::Refused, &reason);
                core.up(at, dialects[at]);
            }
            assert!(
                core.tasks.iter().all(|task| task.queue.rows() < MOST_ROWS),
                "seed {seed}"
            );
            core.wakes.clear();
        }
        // Whatever was said, everything is let go in the end.
        for at in [1, 2, 0] {
            let reason: Rc<str> = "it died".into();
            core.down(at, FailKind::ChildDied, &reason);
        }
        core.stage = crate::runtime::completion::Stage::Done;
        (0..3).for_each(|at| core.gone(at));
        assert_eq!(core.acker.open_trees(), 0, "seed {seed}");
        assert_eq!(core.acker.held_aside(), 0, "seed {seed}");
    }
}

#[test]
fn a_row_of_the_smallest_size_is_what_the_helpers_say() {
    let core = core(&["S"], &[], json!({}));
    let results = Results {
        rows: vec![row(&core, "default", true)],
        ..Results::default()
    };
    // Head 18, block 12, column 4 + 3.
    assert_eq!(payload(results).len(), 37);
}
