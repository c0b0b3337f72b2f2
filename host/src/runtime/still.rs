//! Where more has to come before anything is answered: a bolt gathers a batch or waits for a join, and has all that it can have had. Pure.
//!
//! From time to time it is looked. A bolt *has settled* a look when it is through with all that spouts had let in before that look and that came to it:
//! it is once those that it listens to have settled the look, and it has come past what waited for it then. So it does not matter
//! how busy other tuples keep the same bolts. A spout at its window whose every bolt has settled a look since anything last happened to it
//! gets more. Within a cycle nobody can tell whose tuples go round, so its bolts have settled a look when none of them has anything to do.
//!
//! A bolt in one of Storm's dialects does not say how far it has come, and is asked with a heartbeat, which it answers when it has read all before it.
//! Not all do: where nothing certain can be known, a spout of which no tree is acked for long gets more all the same.

use std::ops::Range;

use super::core::{Core, Wake};
use super::pulse::Pulse;
use super::task::{Dialect, Task};
use crate::topology::{Kind, Topology};

/// What is kept from look to look, and room to look in.
pub(super) struct Still {
    /// The number of the last look.
    look: u64,
    /// By component: its tasks.
    tasks: Vec<Range<usize>>,
    /// By component: which of the groups it belongs to; and by group, whether that is a cycle.
    group: Vec<usize>,
    cycles: Vec<bool>,
    /// By component: what is found out at each look.
    found: Vec<Found>,
}

/// What a look finds out of a component.
#[derive(Clone, Copy, Default)]
struct Found {
    /// Tuples of a spout that wants more may come to it, or it is one.
    wanted: bool,
    /// The last look that all its tasks have settled.
    settled: u64,
    /// The same of it and all that its tuples may come to.
    below: u64,
    /// It, or something that its tuples may come to, has not settled this look, and may never say that it has.
    in_doubt: bool,
}

/// How far one task has settled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settling {
    /// The last look that it has settled.
    settled: u64,
    /// It has settled the look when it is through with so many rows.
    mark: Option<(u64, u64)>,
}

impl Settling {
    /// A new child counts its rows anew.
    pub fn restart(&mut self) {
        self.mark = None;
    }
}

/// A spout at its window, which wants more.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    /// The last look at which it wanted more.
    look: u64,
    /// The first look at which it has wanted more ever since, without an event: a tuple of it, or an answer to one.
    since: u64,
    events: u64,
    /// How many of its trees were acked, and since when no others were.
    acked: u64,
    unacked_since: u64,
}

impl Waiting {
    /// At this look, too, it wants more.
    fn wants(&mut self, look: u64, events: u64, acked: u64, now: u64) {
        let anew = self.look + 1 != look;
        if anew || self.events != events {
            (self.since, self.events) = (look, events);
        }
        if anew || self.acked != acked {
            (self.unacked_since, self.acked) = (now, acked);
        }
        self.look = look;
    }
}

impl Still {
    /// Nothing has been looked at yet.
    pub fn new(topology: &Topology, groups: &[Vec<usize>]) -> Still {
        let components = &topology.components;
        let mut group = vec![0; components.len()];
        for (n, members) in groups.iter().enumerate() {
            members.iter().for_each(|component| group[*component] = n);
        }
        let index = |id: u32| id as usize - 1;
        Still {
            look: 0,
            tasks: (0..components.len())
                .map(|component| topology.tasks_of(component))
                .map(|ids| index(ids.start)..index(ids.end))
                .collect(),
            cycles: groups
                .iter()
                .map(|members| {
                    let mut inputs = members.iter().flat_map(|at| &components[*at].inputs);
                    inputs.any(|input| input.back_edge)
                })
                .collect(),
            group,
            found: vec![Found::default(); components.len()],
        }
    }
}

impl Task {
    /// Of how many rows its child is known to be through with all.
    pub(super) fn is_through_with(&self) -> u64 {
        match self.dialect() {
            Some(Dialect::Storm(_)) => self.heard_through.max(self.in_hand.oldest()),
            _ => self.consumed,
        }
    }

    /// Whether it has nothing to do, as far as it is known.
    fn has_settled_all(&self) -> bool {
        let through = self.dialect().is_none() || self.is_through_with() >= self.sent();
        self.queue.is_empty() && through
    }

    /// Those that it listens to have settled the look `above`. Returns whether it has, too.
    fn settles(&mut self, above: u64) -> bool {
        if self.dialect().is_none() {
            self.settling.restart();
        }
        if let Some((rows, look)) = self.settling.mark
            && self.is_through_with() >= rows
        {
            self.settling.settled = self.settling.settled.max(look);
            self.settling.mark = None;
        }
        // Rows that could not be passed on are missed at a mark, but not here.
        if self.has_settled_all() {
            self.settling.settled = self.settling.settled.max(above);
            self.settling.mark = None;
        }
        let settled = self.settling.settled >= above;
        if !settled && self.settling.mark.is_none() && self.dialect().is_some() {
            self.settling.mark = Some((self.sent() + self.queue.rows() as u64, above));
        }
        settled
    }

    /// Whether a word of it, how far it has come, is what is missing.
    fn is_to_be_asked(&self) -> bool {
        let given = match self.settling.mark {
            Some((rows, _)) => self.sent() >= rows,
            None => self.queue.is_empty(),
        };
        // No more than one question at a time: some never answer.
        given
            && matches!(self.dialect(), Some(Dialect::Storm(_)))
            && self.is_through_with() < self.sent()
            && self.heartbeats.is_empty()
            && self.pulse != Pulse::Spared
    }

    /// Whether it may never say how far it has come: an old bolt that has not answered such a question yet, or a command that does not read.
    fn may_be_silent(&self) -> bool {
        match self.dialect() {
            Some(Dialect::Storm(_)) => {
                self.pulse == Pulse::Spared
                    || self.heard_through == 0 && !self.heartbeats.is_empty()
            }
            Some(Dialect::Lines(_)) => true,
            Some(Dialect::Frames { .. } | Dialect::Inside) | None => false,
        }
    }
}

impl Core {
    /// Children that are stuck in their turn lose it. And where everything that a spout let in has arrived, and trees are open,
    /// a bolt gathers a batch or waits for a join: the spout is given more if it is at its window. To be called now and then.
    pub fn look_at_standstill(&mut self) {
        self.turns.pass_by(self.now);
        self.hand_out_turns();
        self.still.look += 1;
        if self.stopping || !self.somebody_wants_more() {
            return;
        }
        self.look_downstream();
        self.look_back_upstream();
        self.give_more_where_all_has_settled();
    }

    /// Notes which spouts are at their windows, and would be given more.
    fn somebody_wants_more(&mut self) -> bool {
        let (look, now) = (self.still.look, self.now);
        let found = &mut self.still.found;
        let mut any = false;
        for at in &self.spouts {
            let task = &mut self.tasks[*at];
            let Some(spout) = &mut task.spout else {
                continue;
            };
            if !spout.is_at_its_window() || spout.window.is_at_max() {
                continue;
            }
            if !any {
                found.iter_mut().for_each(|found| found.wanted = false);
                any = true;
            }
            found[task.component].wanted = true;
            let acked = task.counters.acked;
            let events = spout.opened() + acked + task.counters.failed;
            spout.waiting.wants(look, events, acked, now);
        }
        any
    }

    /// Finds out how far each component has settled, those upstream first.
    fn look_downstream(&mut self) {
        let (groups, topology) = (self.groups.clone(), self.topology.clone());
        for (n, members) in groups.iter().enumerate() {
            let mut above = None;
            for component in members {
                let described = &topology.components[*component];
                let found = self.still.found[*component];
                if described.kind == Kind::Spout {
                    let look = self.still.look;
                    self.still.found[*component] = Found {
                        settled: look,
                        below: u64::MAX,
                        in_doubt: false,
                        ..found
                    };
                }
                for input in &described.inputs {
                    let from = self.still.found[input.component];
                    if from.wanted && self.still.group[input.component] != n {
                        let all = above.unwrap_or(u64::MAX);
                        above = Some(from.settled.min(all));
                    }
                }
            }
            let Some(above) = above else {
                continue;
            };
            let all_rest = !self.still.cycles[n] || self.has_come_to_rest(members);
            for component in members {
                self.look_at_component(*component, above, all_rest);
            }
        }
    }

    fn has_come_to_rest(&self, members: &[usize]) -> bool {
        let mut tasks = members.iter().flat_map(|at| self.still.tasks[*at].clone());
        tasks.all(|at| self.tasks[at].has_settled_all())
    }

    /// One component of those that listen to what has settled the look `above`. In a cycle nobody has settled anything before `all_rest`.
    fn look_at_component(&mut self, component: usize, above: u64, all_rest: bool) {
        let mut settled = u64::MAX;
        let mut in_doubt = !all_rest;
        for at in self.still.tasks[component].clone() {
            let task = &mut self.tasks[at];
            let done = all_rest && task.settles(above);
            settled = settled.min(task.settling.settled);
            if done {
                continue;
            }
            in_doubt |= task.may_be_silent();
            if task.is_to_be_asked() {
                self.ask_how_far(at);
            }
        }
        self.still.found[component] = Found {
            wanted: true,
            settled,
            below: settled,
            in_doubt,
        };
    }

    /// Lets each component know of those downstream of it.
    fn look_back_upstream(&mut self) {
        let found = &mut self.still.found;
        for members in self.groups.iter().rev() {
            let mut wanted = members.iter().map(|at| found[*at]).filter(|f| f.wanted);
            let Some(first) = wanted.next() else {
                continue;
            };
            let (below, in_doubt) = wanted.fold((first.below, first.in_doubt), |all, one| {
                (all.0.min(one.below), all.1 || one.in_doubt)
            });
            for component in members {
                (found[*component].below, found[*component].in_doubt) = (below, in_doubt);
                for input in &self.topology.components[*component].inputs {
                    let from = &mut found[input.component];
                    from.below = from.below.min(below);
                    from.in_doubt |= in_doubt;
                }
            }
        }
    }

    fn give_more_where_all_has_settled(&mut self) {
        let (look, now) = (self.still.look, self.now);
        for &at in &self.spouts {
            let task = &mut self.tasks[at];
            let found = self.still.found[task.component];
            let Some(spout) = &mut task.spout else {
                continue;
            };
            if spout.waiting.look != look {
                continue;
            }
            let long = now.saturating_sub(spout.waiting.unacked_since) >= spout.window.patience();
            if found.below >= spout.waiting.since || found.in_doubt && long {
                spout.window.stands_still();
                spout.waiting.unacked_since = now;
                self.wakes.push(Wake::Writer(at));
            }
        }
    }
}
