//! The rows of a frame that all go the same way: they are passed on by the piece, not one by one.
//!
//! Nearly every frame holds rows of one stream, and many streams have one listener with one task, or none. Then everything that
//! [`Core::emit`] looks up for a row is looked up once a frame, and what remains of a row is to find its end, an edge, and a share of a copy.

use stormhost_protocol::frame::Results;
use stormhost_protocol::{ProtocolError, REPEAT};

use super::core::Core;
use super::emit::Parent;
use super::rows::Rows;
use super::task::{Life, Touched};
use crate::flow::acker::{Anchor, FailKind};
use crate::flow::run::Place;

/// Where all rows of a frame go.
pub(super) enum Lane {
    /// Nobody listens, or there are no rows.
    Nowhere,
    /// To this task. The rows take about so many bytes each.
    To {
        target: usize,
        place: Place,
        bytes_a_row: usize,
    },
}

impl Core {
    /// The lane of the rows that the task `at` has emitted; `None` where each row has to be looked at.
    pub(super) fn lane(&self, at: usize, results: &Results<'_>) -> Option<Lane> {
        let looked_at = self.tasks[at].aloud || !self.trace.is_idle();
        if results.ask || results.direct.is_some() || looked_at {
            return None;
        }
        let block = match &results.blocks[..] {
            [] => return Some(Lane::Nowhere),
            [block] => block,
            _ => return None,
        };
        let sender = &self.tasks[at];
        let streams = &self.topology.components[sender.component].streams;
        let stream = streams.get(usize::from(block.stream))?;
        if block.columns.len() != stream.fields.len() {
            return None;
        }
        let subscription = match &self.routes[at][usize::from(block.stream)][..] {
            [] => return Some(Lane::Nowhere),
            [one] if !one.back_edge => one,
            _ => return None,
        };
        let only = subscription.picker.only_target()?;
        let target = subscription.targets.start as usize + only;
        if self.tasks[target].life == Life::Gone {
            return None;
        }
        let encoding = sender.dialect()?.encoding();
        let repeats = self.tasks[target].takes_repeats(encoding);
        if !repeats && sender.repeats {
            // What its rows repeat is written out, row by row.
            let has = |column: &&[u8]| column.first() == Some(&REPEAT);
            if block.columns.iter().any(has) {
                return None;
            }
        }
        let bytes: usize = block.columns.iter().map(|column| column.len()).sum();
        Some(Lane::To {
            target,
            place: Place {
                input: subscription.input,
                encoding,
                back_edge: false,
                source: sender.id,
                repeats,
            },
            bytes_a_row: bytes / (block.rows as usize).max(1),
        })
    }

    /// Passes the next `n` rows on, all anchored to one input.
    ///
    /// # Errors
    /// When they cannot be read.
    #[inline]
    pub(super) fn pass_on_by_the_piece(
        &mut self,
        from: usize,
        lane: &Lane,
        rows: &mut Rows<'_>,
        n: usize,
        parent: Anchor,
    ) -> Result<(), ProtocolError> {
        let &Lane::To {
            target,
            place,
            bytes_a_row,
        } = lane
        else {
            self.tasks[from].counters.emitted += n as u64;
            return rows.skip(n);
        };
        let mut left = n;
        while left > 0 {
            let Core { tasks, acker, .. } = self;
            let queue = &mut tasks[target].queue;
            let some = queue
                .room_in_run(&place, rows.columns(), bytes_a_row)
                .min(left);
            match rows.next_piece(some)? {
                Some(columns) => {
                    let columns = columns.iter().copied();
                    queue.push_columns(place, some, columns, |anchors| {
                        acker.copies(parent, some, anchors);
                    });
                    self.passed_on(from, target, some as u64);
                }
                None => {
                    for _ in 0..some {
                        if let Some(violation) = self.pass_on(rows, false, &Parent::One(parent))? {
                            let reason = violation.to_string().into();
                            self.acker.fail_trees(parent, FailKind::Refused, &reason);
                        }
                    }
                }
            }
            left -= some;
        }
        Ok(())
    }

    #[inline]
    fn passed_on(&mut self, from: usize, target: usize, rows: u64) {
        let counters = &mut self.tasks[from].counters;
        counters.emitted += rows;
        counters.transferred += rows;
        let task = &mut self.tasks[target];
        if task.touched == Touched::No {
            self.touched.push(target as u32);
        }
        task.touched = Touched::Yes;
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use stormhost_protocol::Encoding;
    use stormhost_protocol::storm::Acks;

    use super::super::core::Core;
    use super::super::task::Dialect;
    use crate::flow::acker::FailKind;
    use crate::topology::{Ir, Overrides, check};

    const COUNT: usize = 0;
    const LINES: usize = 1;
    const SPLIT: usize = 2;

    /// Lines, split, and counted by so many tasks; all children are up and speak JSON in frames.
    fn core(counters: u32) -> Core {
        let ir = serde_json::json!({
            "version": 1, "name": "Words", "file": "words", "language": "json",
            "components": [
                {"id": "lines", "kind": "spout", "command": ["true"], "streams": {"default": {"fields": ["line"]}}},
                {"id": "split", "kind": "bolt", "command": ["true"], "streams": {"default": {"fields": ["word"]}}},
                {"id": "count", "kind": "bolt", "command": ["true"], "parallelism": counters,
                 "streams": {"default": {"fields": ["word", "n"]}}}],
            "subscriptions": [
                {"to": "split", "from": "lines", "grouping": "shuffle"},
                {"to": "count", "from": "split", "grouping": "fields", "fields": ["word"]}],
        });
        let ir = Ir::from_json(ir.to_string().as_bytes()).unwrap();
        let checked = check(&ir, &Overrides::default(), &|_, _| true).unwrap();
        let mut core = Core::new(Rc::new(checked.topology), 7);
        for at in 0..core.tasks.len() {
            let (encoding, acks) = (Encoding::Json, Acks::Auto);
            core.up(at, Dialect::Frames { encoding, acks });
        }
        core
    }

    /// A results frame with one block, its columns as they are, and marks.
    fn results(consumed: u64, rows: u32, columns: &[&str], marks: &[u32]) -> Vec<u8> {
        let mut frame = consumed.to_le_bytes().to_vec();
        frame.extend(2u32.to_le_bytes());
        frame.extend(rows.to_le_bytes());
        frame.extend(1u16.to_le_bytes());
        frame.extend(0u16.to_le_bytes());
        frame.extend((columns.len() as u16).to_le_bytes());
        frame.extend(rows.to_le_bytes());
        frame.extend(1u32.to_le_bytes());
        for column in columns {
            frame.extend((column.len() as u32).to_le_bytes());
            frame.extend(column.as_bytes());
        }
        frame.extend((marks.len() as u32).to_le_bytes());
        for mark in marks {
            frame.extend(mark.to_le_bytes());
        }
        frame
    }

    /// Two lines are with the splitter.
    fn two_lines(core: &mut Core) {
        core.spout_results(LINES, &results(0, 2, &[r#"["a b","c"]"#], &[]))
            .unwrap();
        core.fill(SPLIT, &mut Vec::new());
        assert_eq!(core.tasks[SPLIT].in_hand.len(), 2);
    }

    #[test]
    fn json_arrives_the_same_whether_its_rows_stand_in_one_piece_or_not() {
        for column in [
            r#"["a","b","c"]"#,
            r#"[ "a" ,"b", "c" ]"#,
            "[\"a\",\"b\",\n\"c\"]",
        ] {
            let mut core = core(1);
            two_lines(&mut core);
            core.bolt_results(SPLIT, &results(2, 3, &[column], &[2, 3]))
                .unwrap();
            let mut out = Vec::new();
            core.fill(COUNT, &mut out);
            assert!(out.ends_with(br#"["a","b","c"]"#), "{column}");
            assert_eq!(core.acker.open_trees(), 2, "{column}");
            let counted = results(2, 2, &[r#"["a","b"]"#, "[1,1]"], &[1, 2]);
            core.bolt_results(COUNT, &counted).unwrap();
            assert_eq!(core.acker.open_trees(), 1, "{column}");
            core.bolt_results(COUNT, &results(3, 1, &[r#"["c"]"#, "[ 1 ]"], &[1]))
                .unwrap();
            assert_eq!(core.acker.open_trees(), 0, "{column}");
            for (at, acked) in [(LINES, 2), (SPLIT, 2), (COUNT, 3)] {
                let counters = &core.tasks[at].counters;
                assert_eq!((counters.acked, counters.emitted), (acked, [3, 2, 3][at]));
            }
        }
    }

    #[test]
    fn an_input_is_not_acked_when_a_row_of_its_frame_cannot_be_read() {
        for column in [r#"["a","b",oh]"#, r#"["a","b"]"#, r#"["a"#] {
            let mut core = core(1);
            two_lines(&mut core);
            core.bolt_results(SPLIT, &results(2, 3, &[column], &[2, 3]))
                .unwrap_err();
            assert!(core.tasks[SPLIT].in_hand.get(1).is_some(), "{column}");
            assert_eq!(core.tasks[SPLIT].counters.acked, 0, "{column}");
            assert_eq!(core.down(SPLIT, FailKind::ChildDied, &"".into()), 2);
            assert_eq!(core.tasks[LINES].counters.failed, 2, "{column}");
        }
    }

    #[test]
    fn rows_by_the_piece_and_rows_one_by_one_are_counted_alike() {
        let figures = [1, 2].map(|counters| {
            let mut core = core(counters);
            let last = core.tasks.len();
            let (lines, split) = (last - 2, last - 1);
            core.spout_results(lines, &results(0, 2, &[r#"["a b","c"]"#], &[]))
                .unwrap();
            core.fill(split, &mut Vec::new());
            core.bolt_results(split, &results(2, 3, &[r#"["a","b","c"]"#], &[2, 3]))
                .unwrap();
            let counters = &core.tasks[split].counters;
            (counters.emitted, counters.transferred, counters.acked)
        });
        assert_eq!(figures, [(3, 3, 2); 2]);
    }
}
