//! How a run ends by itself, or because it was asked to.
//!
//! ```text
//! Running ──every spout is through, nothing is queued or moving──► Finishing(0..n) ──each group of bolts has run `finish`──► Settling
//! Settling ──no tree is open──► Closing(0..n) ──each group's children have left──► Done
//! ```
//!
//! Groups are components, upstream first; the components of a cycle are one group. A fail may wake a spout again at any stage before Closing:
//! the conditions are looked at anew after everything that happens, so the run waits until that is settled too.

use stormhost_protocol::frame;

use super::core::{Core, Wake};
use super::pulse::Pulse;
use super::task::{Dialect, Life};

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Spouts emit.
    Running,
    /// This group of bolts is being told that its input has ended.
    Finishing(usize),
    /// Every bolt has finished; trees are still open.
    Settling,
    /// The children of this group are to leave.
    Closing(usize),
    /// All children have left.
    Done,
}

/// Whether a bolt was told that its input has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// Not yet.
    NotAsked,
    /// It was, and has not answered.
    Asked,
    /// It has run `finish`.
    Finished,
}

impl Core {
    /// Whether the run may be near its end, so that it has to be looked at after everything that happens.
    pub fn may_end(&self) -> bool {
        self.stopping
            || self.stage != Stage::Running
            || self
                .spouts
                .iter()
                .all(|at| self.tasks[*at].spout.as_ref().is_some_and(|s| s.done))
    }

    /// Moves the run on as far as what happened allows. Cheap while spouts are busy.
    /// `overdue` skips all waiting: a deadline for the orderly end has passed.
    pub fn advance(&mut self, overdue: bool) {
        if overdue && !self.overdue {
            self.overdue = true;
            (0..self.tasks.len()).for_each(|at| self.release_waiters(at));
        }
        loop {
            let stage = self.stage;
            let groups = self.groups.clone();
            let next = match stage {
                // All at once: a child that hangs must not keep those before it from being read to their end.
                Stage::Running | Stage::Finishing(_) | Stage::Settling if overdue => {
                    Stage::Closing(groups.len())
                }
                Stage::Closing(group) if overdue && group < groups.len() => {
                    Stage::Closing(groups.len())
                }
                Stage::Running if self.spouts_are_through() && self.is_quiet() => {
                    Stage::Finishing(0)
                }
                Stage::Finishing(group) if group >= groups.len() => Stage::Settling,
                Stage::Finishing(group) if self.has_finished(&groups[group]) && self.is_quiet() => {
                    Stage::Finishing(group + 1)
                }
                Stage::Settling
                    if self.acker.open_trees() == 0
                        && self.spouts_are_through()
                        && self.is_quiet() =>
                {
                    Stage::Closing(0)
                }
                // A bolt that was told to finish was given more since, because a tuple failed and came again: its input has ended anew.
                Stage::Settling
                    if self.spouts_are_through() && self.is_quiet() && self.ends_anew() =>
                {
                    Stage::Finishing(0)
                }
                Stage::Closing(group) if group >= groups.len() => {
                    if !self.tasks.iter().all(|task| task.life == Life::Gone) {
                        return;
                    }
                    Stage::Done
                }
                Stage::Closing(group) if self.has_left(&groups[group]) && self.is_quiet() => {
                    // What a filter said at its last ended anew the input of those who come next.
                    if let Some(next) = groups.get(group + 1) {
                        self.finish_again(next);
                    }
                    Stage::Closing(group + 1)
                }
                same => same,
            };
            if next == stage {
                return;
            }
            self.stage = next;
            tracing::debug!(stage = ?self.stage, "the run moves on");
            self.wakes.push(Wake::Everyone);
        }
    }

    /// The user, or a time limit, asks for the end: spouts stop emitting, and the rest takes the same way as a run that is complete.
    pub fn stop(&mut self) {
        if std::mem::replace(&mut self.stopping, true) {
            return;
        }
        for at in 0..self.tasks.len() {
            let dialect = self.tasks[at].dialect();
            if let Some(spout) = &mut self.tasks[at].spout {
                spout.deactivate(dialect);
                self.wakes.push(Wake::Writer(at));
            }
        }
        self.wakes.push(Wake::Everyone);
    }

    /// Whether the child of this task is to leave now.
    pub fn should_leave(&self, at: usize) -> bool {
        match self.stage {
            // It finishes once more before it leaves.
            Stage::Closing(_) if !self.overdue && self.tasks[at].finish == Finish::Asked => false,
            Stage::Closing(group) => {
                let component = self.tasks[at].component;
                self.groups
                    .iter()
                    .take(group + 1)
                    .any(|group| group.contains(&component))
            }
            Stage::Done => true,
            _ => false,
        }
    }

    fn tasks_of<'a>(&'a self, group: &'a [usize]) -> impl Iterator<Item = usize> + 'a {
        (0..self.tasks.len()).filter(|at| group.contains(&self.tasks[*at].component))
    }

    fn spouts_are_through(&self) -> bool {
        self.tasks.iter().all(|task| {
            task.spout.as_ref().is_none_or(|spout| {
                task.life == Life::Gone || spout.is_through(task.dialect(), self.stopping)
            })
        })
    }

    /// Whether nothing is queued or moving. Storm bolts do not say how far they have come, so they are asked: a heartbeat is answered after all
    /// that was sent before it.
    fn is_quiet(&mut self) -> bool {
        let mut quiet = self.acker.outcomes.is_empty();
        for at in 0..self.tasks.len() {
            let task = &mut self.tasks[at];
            let sent = task.sent();
            quiet &= task.queue.is_empty() || task.life == Life::Gone;
            if task.spout.is_some() {
                continue;
            }
            match task.dialect() {
                Some(Dialect::Frames { .. } | Dialect::Lines(_) | Dialect::Inside) => {
                    quiet &= task.consumed == sent;
                }
                // One that is not asked may say more after its last ack; that is heard when it leaves.
                Some(Dialect::Storm(_)) if task.pulse == Pulse::Spared => {
                    quiet &= task.is_through_with() >= sent;
                }
                Some(Dialect::Storm(_)) if task.heard_through < sent => {
                    quiet = false;
                    if task.queue.is_empty() && task.ask_how_far() {
                        self.wakes.push(Wake::Writer(at));
                    }
                }
                Some(Dialect::Storm(_)) | None => {}
            }
        }
        quiet
    }

    /// Bolts that have been sent something since they finished are to finish again. Returns whether there are any.
    fn ends_anew(&mut self) -> bool {
        let mut any = false;
        for task in &mut self.tasks {
            let again = task.finish == Finish::Finished
                && matches!(task.dialect(), Some(Dialect::Frames { .. }))
                && task.in_hand.next_id() > task.finished_at
                && !task.in_hand.is_empty();
            if again {
                task.finish = Finish::NotAsked;
                any = true;
            }
        }
        any
    }

    /// Asks the bolts of a group to finish, and tells whether all have.
    fn has_finished(&mut self, group: &[usize]) -> bool {
        let mut all = true;
        for at in self.tasks_of(group).collect::<Vec<_>>() {
            let task = &mut self.tasks[at];
            if task.spout.is_some() {
                continue;
            }
            match (task.life, task.finish) {
                (Life::Up(Dialect::Frames { .. }), Finish::NotAsked) => {
                    frame::write_command("finish", &mut task.control);
                    task.finish = Finish::Asked;
                    task.finished_at = task.sent();
                    self.wakes.push(Wake::Writer(at));
                    all = false;
                }
                (Life::Up(Dialect::Frames { .. }), Finish::Asked)
                | (Life::Down, Finish::NotAsked | Finish::Asked) => all = false,
                _ => {}
            }
        }
        all
    }

    /// Asks the bolts of a group to finish once more, if they were sent something since they did.
    fn finish_again(&mut self, group: &[usize]) {
        for at in self.tasks_of(group).collect::<Vec<_>>() {
            let task = &mut self.tasks[at];
            if matches!(task.dialect(), Some(Dialect::Frames { .. }))
                && task.finish == Finish::Finished
                && task.sent() > task.finished_at
            {
                frame::write_command("finish", &mut task.control);
                task.finish = Finish::Asked;
                task.finished_at = task.sent();
                self.wakes.push(Wake::Writer(at));
            }
        }
    }

    fn has_left(&self, group: &[usize]) -> bool {
        self.tasks_of(group)
            .all(|at| self.tasks[at].life == Life::Gone)
    }

    /// Asks a child whether it lives: after all that was sent before.
    pub fn ask_for_life(&mut self, at: usize) {
        let task = &mut self.tasks[at];
        // What waits in the queue is written after this.
        let sent = task.sent();
        let asked = match task.dialect() {
            Some(Dialect::Storm(_)) => task.send_heartbeat(),
            Some(Dialect::Frames { .. }) => {
                match &mut task.spout {
                    // A spout counts the commands it takes, so it is told with the others.
                    Some(spout) => spout.ask_for_life(),
                    None => frame::write_command("heartbeat", &mut task.control),
                }
                task.heartbeats.push_back(sent);
                true
            }
            Some(Dialect::Lines(_) | Dialect::Inside) | None => false,
        };
        if asked {
            self.wakes.push(Wake::Writer(at));
        }
    }

    /// The tasks that hold trees up when these stand still: those with tuples in hand.
    pub fn holders(&self) -> Vec<usize> {
        (0..self.tasks.len())
            .filter(|at| !self.tasks[*at].in_hand.is_empty())
            .collect()
    }
}
