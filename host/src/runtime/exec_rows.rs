//! What one process of an `Exec` is to the core: a batch of tuples that are acked by its exit status, and what it says anchored to them.

use std::rc::Rc;

use stormhost_protocol::lines::{Block, text_of, write_line};
use stormhost_protocol::to_json_text;

use super::core::Core;
use super::emit::{Emitted, Parent};
use super::violation::Violation;
use crate::errors::Code;
use crate::flow::acker::{Anchor, FailKind};
use crate::flow::run::Run;
use crate::topology::Shell;

/// The tuples that one process is given.
pub struct Batch {
    anchors: Vec<Anchor>,
    /// A line a tuple, for its standard input.
    pub text: Vec<u8>,
    /// The values of a tuple that is alone, with the names of their fields.
    pub values: Vec<(String, Vec<u8>)>,
}

impl Core {
    /// How many tuples wait for an `Exec`, and whether there is no use in waiting for more.
    pub fn waiting_for_exec(&self, at: usize) -> (usize, bool) {
        let ends = self.stage != super::completion::Stage::Running || self.stopping;
        (self.tasks[at].queue.rows(), ends)
    }

    /// The next tuples for one process, `most` of them. Those that cannot be a line fail at once. `None` where nothing waits.
    pub fn take_batch(&mut self, at: usize, shell: &Shell, most: u32) -> Option<Batch> {
        let topology = self.topology.clone();
        let component = &topology.components[self.tasks[at].component];
        let pressed = self.tasks[at].queue.cycle_is_pressing();
        let mut batch = Batch {
            anchors: Vec::new(),
            text: Vec::new(),
            values: Vec::new(),
        };
        while batch.anchors.len() < most as usize {
            let room = most - batch.anchors.len() as u32;
            let Some(run) = self.tasks[at].queue.pop(room, usize::MAX, &self.limits) else {
                break;
            };
            let Some(input) = component.inputs.get(usize::from(run.input)) else {
                // A tick is nothing to a command.
                continue;
            };
            let fields = &topology.components[input.component].streams[input.stream].fields;
            self.add_run(at, shell, fields, &run, most == 1, &mut batch);
            self.tasks[at].queue.recycle(run);
        }
        self.made_room(at, pressed);
        (!batch.anchors.is_empty()).then_some(batch)
    }

    fn add_run(
        &mut self,
        at: usize,
        shell: &Shell,
        fields: &[String],
        run: &Run,
        alone: bool,
        batch: &mut Batch,
    ) {
        let mut refused = Vec::new();
        run.each_row(&self.limits, |n, row| {
            let written = write_line(shell.layout, fields, run.encoding, row, &mut batch.text);
            if let Err(error) = written {
                refused.push((n, error.to_string()));
                return;
            }
            batch.anchors.push(run.anchors[n]);
            if alone {
                let values = fields.iter().zip(row).map(|(field, value)| {
                    let text = match text_of(run.encoding, value) {
                        Some(text) => text.into_owned(),
                        None => to_json_text(run.encoding, value).into_bytes(),
                    };
                    (field.clone(), text)
                });
                batch.values = values.collect();
            }
        });
        let taken = &batch.anchors[batch.anchors.len() - (run.anchors.len() - refused.len())..];
        let task = &mut self.tasks[at];
        task.counters.executed += taken.len() as u64;
        task.in_hand.push_all(taken);
        if !refused.is_empty() {
            self.refuse_rows(at, run, &refused);
        }
    }

    /// A process exited with 0: what it said is emitted, anchored to its tuples, and these are acked. Lines that are no tuples fail them.
    pub fn exec_succeeded(&mut self, at: usize, shell: &Shell, batch: &Batch, said: &[u8]) {
        let topology = self.topology.clone();
        let component = &topology.components[self.tasks[at].component];
        let mut wrong: Option<String> = None;
        if let Some(stream) = component.streams.first() {
            let mut block = Block::default();
            block.read(shell.layout, &stream.fields, said, |_, why| {
                wrong = Some(format!("its command wrote {why}"));
            });
            let mut row = Vec::new();
            for n in 0..block.rows() {
                if wrong.is_some() {
                    break;
                }
                row.clear();
                row.extend(block.piece(n..n + 1));
                let out = Emitted {
                    from: at,
                    stream: 0,
                    encoding: shell.layout.encoding(),
                    row: &row,
                    direct: None,
                };
                let parent = match &batch.anchors[..] {
                    [one] => Parent::One(*one),
                    several => Parent::Several(several),
                };
                if let Err(violation) = self.emit(out, &parent, false) {
                    wrong = Some(violation.to_string());
                }
            }
        }
        match wrong {
            None => self.answer(at, batch, None),
            Some(why) => self.exec_failed(at, batch, &why),
        }
    }

    /// A process did not do its work: its tuples fail, for this reason.
    pub fn exec_failed(&mut self, at: usize, batch: &Batch, why: &str) {
        let tuples = batch.anchors.len();
        let said = match tuples {
            1 => format!("{why}\n  its tuple fails"),
            _ => format!("{why}\n  its {tuples} tuples fail"),
        };
        self.complain(at, &Violation::Line(Code::EXEC_FAILED.told(said)));
        self.answer(at, batch, Some(why));
    }

    fn answer(&mut self, at: usize, batch: &Batch, fail: Option<&str>) {
        let reason: Rc<str> = fail.unwrap_or_default().into();
        let mut untracked = 0;
        for anchor in &batch.anchors {
            if fail.is_some() {
                untracked += u64::from(!anchor.is_tracked());
                self.bolt_fails(at, *anchor, FailKind::Failed, &reason);
            } else {
                self.bolt_acks(at, *anchor);
            }
        }
        let task = &mut self.tasks[at];
        task.counters.dropped += untracked;
        task.in_hand.drain();
        task.consumed = task.sent();
        self.lost_lines += untracked;
        self.after(at);
    }
}
