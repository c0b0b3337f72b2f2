//! Passing one emitted tuple on: subscriptions are found, tasks picked, edges added, and values appended to queues.

use std::rc::Rc;

use stormhost_protocol::Encoding;

use super::core::Core;
use super::task::{Life, Touched};
use super::violation::Violation;
use crate::flow::acker::{Acker, Anchor, FailKind};
use crate::flow::grouping::Picked;
use crate::flow::ledger::Root;
use crate::flow::run::Place;
use crate::topology::Topology;

/// A tuple as it was emitted.
#[derive(Clone, Copy)]
pub struct Emitted<'a> {
    /// The sending task.
    pub from: usize,
    /// Which of its streams.
    pub stream: usize,
    /// How the values are encoded.
    pub encoding: Encoding,
    /// The values.
    pub row: &'a [&'a [u8]],
    /// Storm's id of the one task it goes to, if the emit was direct.
    pub direct: Option<u32>,
}

/// What the new copies of an emitted tuple are tied to.
pub enum Parent<'a> {
    /// Nothing: untracked.
    Nothing,
    /// The tree that the emission began.
    Root(Root),
    /// One input tuple.
    One(Anchor),
    /// Several input tuples.
    Several(&'a [Anchor]),
}

impl Core {
    /// Passes one emitted tuple on. Returns how many copies went into queues.
    /// With `ask` the receivers' task ids are left in `destinations`.
    ///
    /// # Errors
    /// A [`Violation`]; nothing was passed on then.
    #[inline]
    pub fn emit(
        &mut self,
        out: Emitted<'_>,
        parent: &Parent<'_>,
        ask: bool,
    ) -> Result<usize, Violation> {
        if self.tasks[out.from].aloud {
            return self.emit_aloud(out, parent);
        }
        self.emit_quietly(out, parent, ask)
    }

    /// The same, told to the log in Storm's words: people look for these.
    #[cold]
    fn emit_aloud(&mut self, out: Emitted<'_>, parent: &Parent<'_>) -> Result<usize, Violation> {
        let copies = self.emit_quietly(out, parent, true)?;
        let component = &self.topology.components[self.tasks[out.from].component];
        let to: Vec<String> = self
            .destinations
            .iter()
            .map(|task| self.name(*task as usize - 1))
            .collect();
        tracing::info!(
            component = component.id,
            task = self.tasks[out.from].id,
            "Emitting: {} {} [{}] to {}",
            component.id,
            component.streams[out.stream].id,
            shown(&out, 10_000),
            match to.is_empty() {
                true => "nobody".to_owned(),
                false => to.join(", "),
            }
        );
        Ok(copies)
    }

    #[inline]
    fn emit_quietly(
        &mut self,
        out: Emitted<'_>,
        parent: &Parent<'_>,
        ask: bool,
    ) -> Result<usize, Violation> {
        let Core {
            routes,
            tasks,
            acker,
            open,
            touched,
            destinations,
            topology,
            trace,
            now,
            ..
        } = self;
        let sender = &mut tasks[out.from];
        let stream = &topology.components[sender.component].streams[out.stream];
        Violation::unless_as_wide(stream, out.row.len())?;
        let source = sender.id;
        sender.counters.emitted += 1;
        if ask {
            destinations.clear();
        }
        let subscriptions = &mut routes[out.from][out.stream];
        if let Some(direct) = out.direct {
            let target = direct.wrapping_sub(1);
            if !subscriptions
                .iter()
                .any(|s| s.direct && s.targets.contains(&target))
            {
                return Err(Violation::NoSuchReceiver {
                    task: direct,
                    stream: stream.id.clone(),
                });
            }
        } else if subscriptions.iter().any(|s| s.direct) {
            return Err(Violation::NotDirect(stream.id.clone()));
        }
        let mut copies = 0;
        for subscription in subscriptions {
            let first = subscription.targets.start;
            let picked = match out.direct {
                Some(direct) if subscription.targets.contains(&(direct - 1)) => {
                    Picked::One((direct - 1 - first) as usize)
                }
                Some(_) => continue,
                None => subscription
                    .picker
                    .pick(out.encoding, out.row, |at| open[first as usize + at])
                    .map_err(|error| Violation::Key(error.to_string()))?,
            };
            let chosen = match picked {
                Picked::One(at) => first + at as u32..first + at as u32 + 1,
                Picked::All => subscription.targets.clone(),
                Picked::Nobody => continue,
            };
            let place = Place {
                input: subscription.input,
                encoding: out.encoding,
                back_edge: subscription.back_edge,
                source,
                repeats: false,
            };
            for target in chosen {
                let task = &mut tasks[target as usize];
                if place.back_edge
                    && task
                        .queue
                        .cycle_is_full(out.row.iter().map(|value| value.len()).sum())
                {
                    let untracked = lose(acker, parent, FailKind::Overflow, OVERFLOW);
                    tasks[out.from].counters.dropped += u64::from(untracked);
                    continue;
                }
                if task.life == Life::Gone {
                    let untracked = lose(acker, parent, FailKind::ChildDied, GONE);
                    tasks[out.from].counters.dropped += u64::from(untracked);
                    continue;
                }
                let anchor = match parent {
                    Parent::Nothing => Anchor::NONE,
                    Parent::Root(root) => acker.root_copy(*root),
                    Parent::One(parent) => acker.copy(*parent),
                    Parent::Several(parents) => acker.copy_of_all(parents),
                };
                if place.back_edge && anchor.is_orphan() {
                    // Nobody waits for it, and what goes round with it would go round for ever.
                    tasks[out.from].counters.dropped += 1;
                    continue;
                }
                let place = Place {
                    repeats: task.takes_repeats(out.encoding),
                    ..place
                };
                task.queue.push(place, out.row, anchor);
                if task.touched == Touched::No {
                    touched.push(target);
                }
                if !place.back_edge {
                    task.touched = Touched::Yes;
                } else if task.touched == Touched::No {
                    task.touched = Touched::OnlyByCycle;
                }
                copies += 1;
                if ask {
                    destinations.push(target + 1);
                }
                if !trace.is_idle() {
                    let from = tasks[out.from].component;
                    let line = || trace_emit(topology, (from, source), &out, target);
                    match parent {
                        Parent::Nothing => {}
                        Parent::Root(root) => trace.step(*root, *now, line),
                        Parent::One(anchor) => acker
                            .roots(*anchor)
                            .for_each(|root| trace.step(root, *now, line)),
                        Parent::Several(anchors) => anchors
                            .iter()
                            .flat_map(|anchor| acker.roots(*anchor))
                            .for_each(|root| trace.step(root, *now, line)),
                    }
                }
            }
        }
        tasks[out.from].counters.transferred += copies as u64;
        Ok(copies)
    }
}

const OVERFLOW: &str =
    "a cycle has no room for more (stormhost.cycle.bytes): its bolts emit more than they finish";
pub(super) const GONE: &str = "it was emitted to a task whose child has left, since the run ends";

/// A copy cannot be delivered, so the trees it would belong to fail. Returns whether it belongs to none.
#[cold]
fn lose(acker: &mut Acker, parent: &Parent<'_>, kind: FailKind, why: &str) -> bool {
    let reason: Rc<str> = why.into();
    match parent {
        Parent::Nothing => return true,
        Parent::Root(root) => acker.fail_root(*root, kind, &reason),
        Parent::One(anchor) => {
            acker.fail_trees(*anchor, kind, &reason);
            return !anchor.is_tracked();
        }
        Parent::Several(anchors) => anchors
            .iter()
            .for_each(|a| acker.fail_trees(*a, kind, &reason)),
    }
    false
}

/// A step of a trace: who emitted what to whom.
fn trace_emit(topology: &Topology, from: (usize, u32), out: &Emitted<'_>, target: u32) -> String {
    let sender = &topology.components[from.0];
    let receiver = &topology.components[topology.tasks[target as usize].component];
    format!(
        "{}[{}] emits [{}] on {} to {}[{}]",
        sender.id,
        from.1,
        shown(out, 60),
        sender.streams[out.stream].id,
        receiver.id,
        target + 1
    )
}

/// Its values, each as no more than so many bytes.
fn shown(out: &Emitted<'_>, most: usize) -> String {
    let values: Vec<String> = out
        .row
        .iter()
        .map(|value| stormhost_protocol::preview(out.encoding, value, most))
        .collect();
    values.join(", ")
}
