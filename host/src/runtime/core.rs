//! The state of a run, and what happens to all tasks alike. No clock, no tokio, no processes: time is told to it,
//! bytes are handed to it, and what it wants written it hands back. So a whole topology can be played through in a test.
//!
//! Its parts: one task ([`super::task`]), passing a tuple on ([`super::emit`]), what a bolt may say ([`super::bolt`]) and a spout ([`super::spout`]),
//! how queues become bytes ([`super::delivery`]), and how a run ends ([`super::completion`]).

use std::collections::HashMap;
use std::rc::Rc;

use stormhost_protocol::lines::Block;
use stormhost_protocol::{Encoding, Limits};

use super::completion::{Finish, Stage};
use super::emit::GONE;
use super::letter::Letter;
use super::line_rows::Reading;
use super::spout::Settled;
use super::still::Still;
use super::task::{Dialect, Life, Task, Touched};
use super::trace::Tracer;
use crate::flow::acker::{Acker, Anchor, FailKind, Outcome};
use crate::flow::pace::Pace;
use crate::flow::router::{self, Routes};
use crate::flow::run::Place;
use crate::flow::suspects::Suspects;
use crate::flow::turns::Turns;
use crate::topology::Topology;

/// The run.
pub struct Core {
    /// What runs.
    pub topology: Rc<Topology>,
    /// All tasks; the index is Storm's task id less one.
    pub tasks: Vec<Task>,
    /// All trees.
    pub acker: Acker,
    /// Who may be given work, while there are more quick children than cores.
    pub turns: Turns,
    /// Which tuples may be what kills children.
    pub suspects: Suspects,
    /// What was set aside, to be written down. Drained by whoever called.
    pub letters: Vec<Letter>,
    /// How many letters there are of each kind.
    pub(super) letters_by_kind: HashMap<u64, u32, foldhash::fast::RandomState>,
    /// How many tuples were set aside in all.
    pub dead_letters: u64,
    /// Limits on what children send.
    pub limits: Limits,
    /// How far the run is.
    pub stage: Stage,
    /// The user, or a time limit, asked for the end.
    pub stopping: bool,
    /// The deadline of an orderly end has passed: nothing is waited for any more.
    pub(super) overdue: bool,
    /// Microseconds since the run began.
    pub now: u64,
    /// Trees whose whole path is told.
    pub trace: Tracer,
    /// Who should look again. Drained by whoever called.
    pub wakes: Vec<Wake>,
    /// Where the last tuple went whose sender asked, by Storm's task ids.
    pub destinations: Vec<u32>,
    /// Spout tuples that failed and were not acked since: component and hash of the body.
    lost: HashMap<(usize, u64), u64, foldhash::fast::RandomState>,
    /// Trees that were open when their spout left at the end of the run.
    abandoned: u64,
    /// Lines that filters lost, as far as they can be counted; at least one for each that died or failed.
    pub(super) lost_lines: u64,
    /// Lines that are being read, so that their buffers are used again.
    pub(super) block: Block,
    /// Components, upstream first; those of a cycle together.
    pub(super) groups: Rc<[Vec<usize>]>,
    /// How far components have settled what spouts let in.
    pub(super) still: Still,
    /// The tasks of spouts.
    pub(super) spouts: Vec<usize>,
    has_cycles: bool,
    /// Whether there are trees at all: `topology.acker.executors` is not 0.
    pub(super) tracking: bool,
    pub(super) routes: Vec<Routes>,
    pub(super) open: Vec<bool>,
    pub(super) touched: Vec<u32>,
    pub(super) complaints: HashMap<(usize, &'static str), (u64, u64)>,
}

/// Who should look again, since there may be something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// The writer of this task: there is something to write.
    Writer(usize),
    /// The reader of this task: the queues it waited for have room.
    Reader(usize),
    /// The stage changed, or a task has to be told to leave.
    Everyone,
}

impl Core {
    /// A run of `topology` before anything has happened. `seed` is where edges are drawn from.
    pub fn new(topology: Rc<Topology>, seed: u64) -> Core {
        let settings = topology.settings.clone();
        let limits = Limits {
            message: settings.max_message_bytes(),
            // Whatever the dialect of a row's sender allowed is walked over.
            depth: Limits::STORM_DEPTH,
            ..Limits::default()
        };
        let tasks: Vec<Task> = topology
            .tasks
            .iter()
            .map(|spec| Task::new(&topology, spec))
            .collect();
        let groups = topology.upstream_first();
        Core {
            still: Still::new(&topology, &groups),
            groups: groups.into(),
            routes: (0..tasks.len())
                .map(|task| router::routes(&topology, task))
                .collect(),
            open: vec![false; tasks.len()],
            spouts: (0..tasks.len())
                .filter(|at| tasks[*at].spout.is_some())
                .collect(),
            has_cycles: topology
                .components
                .iter()
                .any(|c| c.inputs.iter().any(|input| input.back_edge)),
            tracking: settings.tracking(),
            turns: Turns::new(tasks.len(), usize::MAX),
            suspects: Suspects::new(
                topology
                    .components
                    .iter()
                    .map(|component| component.settings.poison_deaths())
                    .collect(),
            ),
            letters: Vec::new(),
            letters_by_kind: HashMap::default(),
            dead_letters: 0,
            topology,
            tasks,
            acker: Acker::new(seed),
            limits,
            stage: Stage::Running,
            stopping: false,
            overdue: false,
            now: 0,
            trace: Tracer::default(),
            wakes: Vec::new(),
            destinations: Vec::new(),
            lost: HashMap::default(),
            abandoned: 0,
            lost_lines: 0,
            block: Block::default(),
            touched: Vec::new(),
            complaints: HashMap::new(),
        }
    }

    /// The name for logs: `count[7]`.
    pub fn name(&self, task: usize) -> String {
        let task = &self.tasks[task];
        format!(
            "{}[{}]",
            self.topology.components[task.component].id, task.id
        )
    }

    /// How many spout tuples failed and have not been acked since: what is lost for good if the run ends now.
    /// Lines that filters lost count with them.
    pub fn failed_for_good(&self) -> u64 {
        self.lost.values().sum::<u64>() + self.abandoned + self.lost_lines
    }

    /// What the child of `task` may send: the component's own longest message. In Storm's dialects some things may be more.
    pub fn limits_of(&self, task: usize) -> Limits {
        Limits {
            message: self.tasks[task].longest,
            ..Limits::default()
        }
    }

    /// To be called after each piece of input: wakes the receivers of what was emitted, makes `from` wait for those that are full, and tells outcomes.
    pub fn after(&mut self, from: usize) {
        self.wake_touched(from);
        self.tell_outcomes();
    }

    fn wake_touched(&mut self, from: usize) {
        let touched = std::mem::take(&mut self.touched);
        for &target in &touched {
            let target = target as usize;
            let how = self.wake_receiver(target);
            // Past the deadline of an orderly end nobody waits any more.
            if how == Touched::Yes
                && self.tasks[target].queue.is_full()
                && !self.overdue
                && !self.tasks[target].waiters.contains(&(from as u32))
            {
                self.tasks[target].waiters.push(from as u32);
                self.tasks[from].waits += 1;
            }
        }
        if self.tasks[from].waits > 0 {
            self.takes_no_turn(from);
        }
        self.touched = touched;
        self.touched.clear();
    }

    /// Wakes who was touched by what was emitted, and says how it was.
    fn wake_receiver(&mut self, target: usize) -> Touched {
        self.wakes.push(Wake::Writer(target));
        let task = &mut self.tasks[target];
        if task.queue.is_full() {
            self.open[target] = false;
        }
        std::mem::replace(&mut task.touched, Touched::No)
    }

    /// Wakes the receivers that were touched since there were so many. Nobody waits for those that are full.
    pub(super) fn wake_touched_since(&mut self, so_many: usize) {
        for target in self.touched.split_off(so_many) {
            self.wake_receiver(target as usize);
        }
    }

    /// The queue of `task` became shorter: whoever waited for it may go on. `pressed` is whether it held the spouts up before.
    pub(super) fn made_room(&mut self, task: usize, pressed: bool) {
        let queue = &self.tasks[task].queue;
        if pressed && !queue.cycle_is_pressing() {
            // They are not in the list of waiters, since they wait for all cycles at once.
            self.wakes
                .extend(self.spouts.iter().map(|at| Wake::Writer(*at)));
        }
        if !queue.is_full() {
            self.open[task] = self.tasks[task].dialect().is_some();
        }
        if !self.tasks[task].waiters.is_empty() && self.tasks[task].queue.has_room_again() {
            self.release_waiters(task);
        }
    }

    /// Whoever waits for the queue of `task` does so no more.
    pub(super) fn release_waiters(&mut self, task: usize) {
        for waiter in std::mem::take(&mut self.tasks[task].waiters) {
            let waiter = waiter as usize;
            self.tasks[waiter].waits -= 1;
            if self.tasks[waiter].waits == 0 {
                self.wakes
                    .extend([Wake::Reader(waiter), Wake::Writer(waiter)]);
            }
        }
    }

    /// Whether a cycle somewhere has used more than half its budget: spouts emit nothing meanwhile.
    pub(super) fn cycle_presses(&self) -> bool {
        self.has_cycles && self.tasks.iter().any(|task| task.queue.cycle_is_pressing())
    }

    /// Hands what the acker decided to the spouts.
    pub fn tell_outcomes(&mut self) {
        // What is emitted again may be answered at once, by a full cycle or where nobody listens.
        while !self.acker.outcomes.is_empty() {
            self.tell_those_that_are_known();
        }
    }

    fn tell_those_that_are_known(&mut self) {
        let ending = matches!(self.stage, Stage::Closing(_) | Stage::Done);
        let mut outcomes = std::mem::take(&mut self.acker.outcomes);
        let mut again = Vec::new();
        let mut given_up = Vec::new();
        for (emission, outcome) in outcomes.drain(..) {
            if !self.trace.is_idle() {
                let answer = match &outcome {
                    Outcome::Acked => "was acked".to_owned(),
                    Outcome::Failed(_, reason) => format!("failed ({reason})"),
                };
                if let Some(story) = self.trace.end(&emission, self.now, &answer) {
                    tracing::info!("{story}");
                }
            }
            let at = emission.spout as usize;
            let task = &mut self.tasks[at];
            let Some(spout) = &mut task.spout else {
                continue;
            };
            match &outcome {
                Outcome::Acked => {
                    task.counters.acked += 1;
                    task.progressed = true;
                    if !self.lost.is_empty() {
                        self.lost.remove(&(task.component, emission.body));
                    }
                }
                Outcome::Failed(..) => {
                    task.counters.failed += 1;
                    if self.lost.len() < 1_000_000 {
                        *self
                            .lost
                            .entry((task.component, emission.body))
                            .or_insert(0) = 1;
                    }
                }
            }
            match spout.settled(emission, outcome, self.now, !ending) {
                Settled::Told => {}
                Settled::Again(replay) => again.push((at, replay)),
                Settled::GivenUp(replay, reason) => given_up.push((at, replay, reason)),
            }
            let frames = matches!(task.life, Life::Up(Dialect::Frames { .. }));
            if !(frames && spout.holds_more()) {
                self.wakes.push(Wake::Writer(at));
            }
        }
        self.acker.outcomes = outcomes;
        for (at, replay, reason) in given_up {
            self.give_up(at, replay, &reason);
        }
        for (at, replay) in again {
            self.emit_again(at, replay);
            self.wake_touched(at);
        }
    }

    /// A turn of the time-out clock. Returns how many trees timed out.
    pub fn rotate(&mut self) -> usize {
        let known = self.acker.outcomes.len();
        self.acker.rotate();
        let late = self.acker.outcomes.len() - known;
        self.tell_outcomes();
        late
    }

    /// One tick for a bolt.
    pub fn tick(&mut self, task: usize, seconds: f64) {
        let input = self.topology.components[self.tasks[task].component]
            .inputs
            .len() as u16;
        let text = if seconds.fract() == 0.0 {
            format!("{seconds:.0}")
        } else {
            seconds.to_string()
        };
        let place = Place {
            input,
            encoding: Encoding::Json,
            back_edge: false,
            source: u32::MAX,
            repeats: false,
        };
        let ticked = &mut self.tasks[task];
        ticked.queue.push(place, &[text.as_bytes()], Anchor::NONE);
        if ticked.finish != Finish::NotAsked {
            ticked.finished_at += 1; // it is no input that ends anew
        }
        self.wakes.push(Wake::Writer(task));
    }

    /// The handshake is done.
    pub fn up(&mut self, at: usize, dialect: Dialect) {
        let task = &mut self.tasks[at];
        let settings = &self.topology.components[task.component].settings;
        task.queue.hold(match dialect {
            Dialect::Storm(_) => settings.shellbolt_max_pending() as usize,
            Dialect::Frames { .. } | Dialect::Lines(_) | Dialect::Inside => {
                settings.queue_tuples() as usize
            }
        });
        task.life = Life::Up(dialect);
        task.in_hand.restart();
        (task.consumed, task.heard_through, task.progressed) = (0, 0, false);
        (task.finished_at, task.opening) = (0, false);
        task.control.clear();
        task.frames_out.clear();
        task.delivered.clear();
        task.alone = None;
        task.heartbeats.clear();
        task.settling.restart();
        task.reading = Reading::default();
        task.pace = Pace::default();
        if task.finish == Finish::Asked {
            task.finish = Finish::NotAsked;
        }
        if let Some(spout) = &mut task.spout {
            spout.begins(dialect, self.stopping);
        }
        self.open[at] = !task.queue.is_full();
        self.wakes.push(Wake::Writer(at));
        self.wakes.push(Wake::Everyone);
    }

    /// A child that emitted first has said its pid, so from here on it is given work.
    pub fn opened(&mut self, at: usize) {
        self.tasks[at].opening = false;
        self.wakes.push(Wake::Writer(at));
    }

    /// The child is gone, and all that could be read from it was read. What it held fails at once.
    /// Returns how many tuples that were.
    pub fn down(&mut self, at: usize, kind: FailKind, reason: &Rc<str>) -> usize {
        // What it emitted last may be in queues whose owners do not know yet.
        self.wake_touched(at);
        self.open[at] = false;
        self.takes_no_turn(at);
        let task = &mut self.tasks[at];
        task.life = Life::Down;
        task.alone = None;
        let held = task.in_hand.drain();
        task.counters.failed += held.len() as u64;
        for anchor in &held {
            self.acker.fail(*anchor, kind, reason);
        }
        task.waits = 0;
        for other in &mut self.tasks {
            other.waiters.retain(|waiter| *waiter != at as u32);
        }
        let mut forgotten = 0;
        if let Some(spout) = &mut self.tasks[at].spout
            && !spout.host_replays()
        {
            forgotten = self.acker.forget(at as u32);
            spout.forgets();
        }
        if matches!(self.stage, Stage::Closing(_) | Stage::Done) {
            // No successor will read these again.
            self.abandoned += forgotten as u64;
        }
        self.tell_outcomes();
        self.wakes.push(Wake::Everyone);
        held.len() + forgotten
    }

    /// No other child will come for this task.
    pub fn gone(&mut self, at: usize) {
        self.open[at] = false;
        let task = &mut self.tasks[at];
        task.life = Life::Gone;
        let reason: Rc<str> = GONE.into();
        while let Some(run) = task.queue.pop(u32::MAX, usize::MAX, &self.limits) {
            for anchor in &run.anchors {
                task.counters.dropped += u64::from(!anchor.is_tracked());
                self.acker.fail(*anchor, FailKind::ChildDied, &reason);
            }
        }
        if task.spout.is_some() {
            self.abandoned += self.acker.forget(at as u32) as u64;
        }
        self.release_waiters(at);
        self.tell_outcomes();
        self.wakes.push(Wake::Everyone);
    }
}
