//! The scheduler: lets one after the other act, in an order that the seed decides, and looks after every step whether what must hold holds.

use super::bolt::{Around, Bolt};
use super::death::dies;
use super::filter::Filter;
use super::pipes::{Child, Process, Seat, Writer};
use super::rng::Rng;
use super::shape::Plan;
use super::spout::Spout;
use super::truth::Truth;
use crate::flow::suspects::Evidence;
use crate::flow::turns::Turns;
use crate::runtime::completion::Stage;
use crate::runtime::core::{Core, Wake};
use crate::runtime::task::{Dialect, Life};
use crate::topology::Replay;

/// No run takes nearly as many steps.
const MOST_STEPS: usize = 400_000;
/// Clock turns in a row at which nobody has anything to do. Sleeping spouts, timeouts and restarts take a few.
const MOST_IDLE: usize = 3_000;

/// One run.
pub struct Play {
    core: Core,
    plan: Plan,
    rng: Rng,
    truth: Truth,
    seats: Vec<Seat>,
    /// What the next child of each spout task has yet to emit.
    left: Vec<u32>,
    /// By task: how many trees it may have pending, and how many tuples may wait for it. Looking settings up takes long.
    limits: Vec<(u32, usize)>,
    has_old_spouts: bool,
    deaths: usize,
    stage: Stage,
    overdue: bool,
    idle: usize,
    rotations: usize,
    /// Microseconds that a step takes at the most: whether children are quick enough to take turns.
    step: u64,
}

impl Play {
    /// The run of this seed.
    pub fn new(seed: u64) -> Play {
        let mut rng = Rng::new(seed);
        let plan = Plan::draw(&mut rng);
        let mut core = Core::new(plan.topology.clone(), rng.any());
        let tasks = core.tasks.len();
        core.turns = Turns::new(tasks, rng.one_of(&[1, 2, usize::MAX]));
        let replayed_by_host = plan
            .topology
            .components
            .iter()
            .any(|component| component.replay == Replay::Host);
        Play {
            // Without tracking acks mean nothing either.
            truth: Truth::new(replayed_by_host || !plan.topology.settings.tracking()),
            seats: (0..tasks).map(|_| Seat::new(plan.pipe)).collect(),
            left: vec![plan.tuples; tasks],
            limits: core
                .tasks
                .iter()
                .map(|task| &plan.topology.components[task.component].settings)
                .map(|all| {
                    (
                        all.max_spout_pending(plan.topology.bolt_tasks()),
                        all.queue_tuples() as usize,
                    )
                })
                .collect(),
            has_old_spouts: core.tasks.iter().any(|task| {
                task.spout.is_some()
                    && matches!(plan.manners[task.component].dialect, Dialect::Storm(_))
            }),
            deaths: plan.deaths,
            stage: Stage::Running,
            overdue: false,
            idle: 0,
            rotations: 0,
            step: rng.one_of(&[10, 200]),
            core,
            plan,
            rng,
        }
    }

    /// Plays until the run is over. Returns how many steps that took.
    ///
    /// # Panics
    /// When something does not hold.
    pub fn through(mut self) -> usize {
        for step in 0..MOST_STEPS {
            if self.stage == Stage::Done && self.all_gone() {
                self.is_clean();
                return step;
            }
            if self.someone_acts() {
                self.idle = 0;
            } else {
                self.idle += 1;
                assert!(
                    self.idle < MOST_IDLE,
                    "nobody has anything to do any more\n{}",
                    self.picture()
                );
            }
            self.time_goes_by();
            self.holds();
        }
        panic!("it does not end\n{}", self.picture());
    }

    fn all_gone(&self) -> bool {
        self.seats.iter().all(|seat| seat.process == Process::Gone)
    }

    /// A few are asked at random; if they have nothing to do, all are.
    fn someone_acts(&mut self) -> bool {
        let tasks = self.seats.len();
        for _ in 0..6 {
            let (at, who) = (self.rng.below(tasks), self.rng.below(4));
            if self.acts(at, who) {
                return true;
            }
        }
        let first = self.rng.below(tasks);
        (0..tasks).any(|n| (0..4).any(|who| self.acts((first + n) % tasks, who)))
    }

    fn acts(&mut self, at: usize, who: usize) -> bool {
        let did = match who {
            0 => self.seats[at].writes(&mut self.core, at),
            1 => self.child_acts(at),
            2 => self.reader_acts(at),
            _ => self.process_acts(at),
        };
        if did {
            self.settles();
        }
        did
    }

    fn child_acts(&mut self, at: usize) -> bool {
        // A child may die at any moment that it has something to do.
        if self.deaths > 0
            && self.seats[at].process == Process::Lives
            && self.rng.once_in(60)
            && !self.core.should_leave(at)
        {
            self.deaths -= 1;
            if let Some(Child::Spout(spout)) = &self.seats[at].child {
                self.left[at] = spout.left;
            }
            self.seats[at].notes_what_was_read(&mut self.core, at);
            self.seats[at].dies();
            return true;
        }
        let mut around = Around {
            topology: &self.plan.topology,
            truth: &mut self.truth,
            rng: &mut self.rng,
        };
        self.seats[at].child_acts(&mut around, !self.overdue)
    }

    fn reader_acts(&mut self, at: usize) -> bool {
        let most = self.rng.below(400);
        if let Some(did) = self.seats[at].reads(&mut self.core, at, most) {
            return did;
        }
        let evidence = self.rng.one_of(&[Evidence::Certain, Evidence::Doubtful]);
        let loses_lines = matches!(self.core.tasks[at].dialect(), Some(Dialect::Lines(_)))
            && !self.core.should_leave(at);
        if dies(&mut self.core, at, evidence, loses_lines) {
            self.seats[at].process = Process::Gone;
        } else {
            let pause = self.rng.one_of(&[0, 1_000, 100_000]);
            self.seats[at].process = Process::Starts(self.core.now + pause);
        }
        true
    }

    fn process_acts(&mut self, at: usize) -> bool {
        match self.seats[at].process {
            Process::Starts(_) if self.core.should_leave(at) => {
                self.core.gone(at);
                self.seats[at].process = Process::Gone;
                true
            }
            Process::Starts(when) if when <= self.core.now => {
                let component = self.core.tasks[at].component;
                let manner = self.plan.manners[component];
                let spout = self.core.tasks[at].spout.is_some();
                let child = match manner.dialect {
                    _ if spout => {
                        Child::Spout(Box::new(Spout::new(component, manner, self.left[at])))
                    }
                    Dialect::Lines(_) => Child::Filter(Box::new(Filter::new(manner))),
                    _ => Child::Bolt(Box::new(Bolt::new(component, manner))),
                };
                self.core.up(at, manner.dialect);
                self.seats[at].begins(child, manner.dialect, &self.core);
                true
            }
            _ => false,
        }
    }

    /// What `Host::with` does after everything that happens.
    fn settles(&mut self) {
        if self.core.may_end() {
            self.core.advance(self.overdue);
        }
        for wake in self.core.wakes.drain(..) {
            match wake {
                Wake::Writer(at) => wake_writer(&mut self.seats[at]),
                Wake::Reader(at) => self.seats[at].waits_for_room = false,
                Wake::Everyone => {}
            }
        }
        if self.stage != self.core.stage {
            self.stage = self.core.stage;
            self.seats.iter_mut().for_each(wake_writer);
        }
    }

    fn time_goes_by(&mut self) {
        let idle = self.idle > 0;
        self.core.now += if idle {
            10_000
        } else {
            self.rng.any() % self.step
        };
        for seat in &mut self.seats {
            if let Writer::Asleep(Some(when)) = seat.writer
                && when <= self.core.now
            {
                seat.writer = Writer::Awake;
            }
        }
        if idle || self.rng.once_in(100) {
            self.core.look_at_standstill();
            self.settles();
        }
        let expires = if idle {
            self.idle.is_multiple_of(20)
        } else {
            self.rng.once_in(2_000)
        };
        if self.plan.timeouts && expires {
            self.rotations += 1;
            self.core.rotate();
            self.settles();
        }
        if self.plan.ticks && self.rng.once_in(200) {
            let at = self.rng.below(self.seats.len());
            let task = &self.core.tasks[at];
            if task.spout.is_none()
                && !task.queue.is_full()
                && !matches!(self.stage, Stage::Closing(_) | Stage::Done)
            {
                self.core.tick(at, 1.5);
                self.settles();
            }
        }
        if self.plan.asks_for_life && self.rng.once_in(200) {
            let at = self.rng.below(self.seats.len());
            let task = &self.core.tasks[at];
            // Storm's spouts know no heartbeats, and nobody is asked again before it has answered.
            let speaks =
                task.spout.is_none() || matches!(task.dialect(), Some(Dialect::Frames { .. }));
            if speaks && task.heartbeats.is_empty() {
                self.core.ask_for_life(at);
                self.settles();
            }
        }
        self.may_stop(idle);
        if self.core.stopping && self.rng.once_in(self.plan.hurries) {
            self.overdue = true;
            self.settles();
        }
    }

    /// The user asks for the end: at some moment, or when spouts that cannot say that they are through have nothing more.
    fn may_stop(&mut self, idle: bool) {
        if self.core.stopping {
            return;
        }
        let through = self.seats.iter().all(|seat| match &seat.child {
            Some(Child::Spout(spout)) => spout.left == 0,
            _ => true,
        });
        let open = self.core.acker.open_trees();
        let waited =
            self.has_old_spouts && through && self.rng.once_in(if open == 0 { 50 } else { 1_000 });
        // A bolt may hold trees until its input ends, while ticks and heartbeats keep everybody busy: nobody waits for ever.
        let enough = waited && (open == 0 || idle || self.rng.once_in(20));
        if enough || self.rng.once_in(self.plan.stops) {
            self.core.stop();
            self.settles();
        }
    }

    /// What holds at any moment.
    fn holds(&mut self) {
        let largest: usize = self.seats.iter().map(|seat| seat.largest).sum();
        for (at, task) in self.core.tasks.iter().enumerate() {
            let (pending, queue) = self.limits[at];
            if let Some(spout) = &task.spout {
                assert!(
                    spout.pending <= pending,
                    "{} has {} trees pending",
                    self.core.name(at),
                    spout.pending
                );
            }
            // A cycle has a budget of bytes instead, and what the host emits again is bounded by what is pending.
            if !self.plan.cyclic && !self.truth.replayed_by_host {
                let limit = queue + 3 * largest;
                assert!(
                    task.queue.rows() <= limit,
                    "{} tuples wait",
                    task.queue.rows()
                );
            }
        }
    }

    /// What holds at the end.
    fn is_clean(&self) {
        for (at, task) in self.core.tasks.iter().enumerate() {
            let name = self.core.name(at);
            assert_eq!(task.life, Life::Gone, "{name}");
            assert!(task.in_hand.is_empty(), "{name} has tuples in hand");
            assert!(task.queue.is_empty(), "tuples wait for {name}");
            assert_eq!(task.waits, 0, "{name} waits");
            assert!(task.waiters.is_empty(), "{name} is waited for");
        }
        assert_eq!(self.core.acker.open_trees(), 0, "trees are open");
        assert_eq!(self.core.acker.held_aside(), 0, "anchors of joins are kept");
        if self.plan.calm {
            for tree in 0..self.truth.len() as u64 {
                assert_eq!(self.truth.answer(tree), Some(true), "the tree {tree}");
            }
        }
    }

    /// Everything that may say why a run is stuck.
    fn picture(&self) -> String {
        let mut text = format!(
            "stage {:?}, stopping {}, {} trees open, now {}\n",
            self.core.stage,
            self.core.stopping,
            self.core.acker.open_trees(),
            self.core.now
        );
        for (at, task) in self.core.tasks.iter().enumerate() {
            let seat = &self.seats[at];
            text += &format!(
                "{}: {:?} {:?} writer {:?} waits {} ({}) waiters {:?} queue {} in hand {} sent {} consumed {} finish {:?} frames out {:?} manner {:?}",
                self.core.name(at),
                task.life,
                seat.process,
                seat.writer,
                task.waits,
                seat.waits_for_room,
                task.waiters,
                task.queue.rows(),
                task.in_hand.len(),
                task.sent(),
                task.consumed,
                task.finish,
                task.frames_out,
                self.plan.manners[task.component],
            );
            if let Some(spout) = &task.spout {
                text += &format!(
                    " pending {} window {} emitted {} credit {} done {} through {}",
                    spout.pending,
                    spout.window.size(),
                    spout.emitted,
                    spout.credit,
                    spout.done,
                    spout.is_through(task.dialect(), self.core.stopping)
                );
            }
            if let Some(Child::Spout(spout)) = &seat.child {
                text += &format!(" left {} has work {}", spout.left, spout.has_work());
            }
            text.push('\n');
        }
        text
    }
}

fn wake_writer(seat: &mut Seat) {
    if let Writer::Asleep(_) = seat.writer {
        seat.writer = Writer::Awake;
    }
}
