//! The state of a run, and what each thing that happens does to it. No clock, no tokio, no processes: time is told to it,
//! bytes are handed to it, and what it wants written it hands back. So a whole topology can be played through in a test.
//!
//! Here is what all tasks share: routing, waiting, and the telling of outcomes. What a bolt may say is in [`super::bolt`], what a spout may say
//! in [`super::spout`], how queues become bytes in [`super::delivery`], and how a run ends in [`super::completion`].

use std::collections::HashMap;
use std::rc::Rc;

use stormhost_protocol::storm::Acks;
use stormhost_protocol::{Encoding, Limits};

use super::completion::{Finish, Stage};
use super::spout::Spout;
use super::trace::Tracer;
use crate::flow::acker::{Acker, Anchor, FailKind, Outcome};
use crate::flow::grouping::Picked;
use crate::flow::in_hand::InHand;
use crate::flow::ledger::Root;
use crate::flow::pace::Pace;
use crate::flow::queue::{Place, Queue, QueueLimits, Run};
use crate::flow::router::{self, Routes};
use crate::topology::{Kind, Topology};

/// How a child speaks, once its handshake is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// One of Storm's.
    Storm(Encoding),
    /// Frames.
    Frames {
        /// How values are encoded.
        encoding: Encoding,
        /// Whether inputs are acked by being consumed.
        acks: Acks,
    },
    /// None: the component is part of the host.
    Inside,
}

impl Dialect {
    /// How values are encoded.
    pub fn encoding(self) -> Encoding {
        match self {
            Dialect::Storm(encoding) | Dialect::Frames { encoding, .. } => encoding,
            Dialect::Inside => Encoding::Json,
        }
    }
}

/// Where a task is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// No child, or one that has not answered the handshake.
    Down,
    /// The child works.
    Up(Dialect),
    /// The child left and no other will come: the run ends.
    Gone,
}

/// What is counted for a task, over all its children.
#[derive(Clone, Debug, Default)]
pub struct Counters {
    /// Tuples emitted.
    pub emitted: u64,
    /// Copies of them that went into queues.
    pub transferred: u64,
    /// Bolts: tuples acked. Spouts: trees completed.
    pub acked: u64,
    /// Bolts: tuples failed. Spouts: trees failed.
    pub failed: u64,
    /// Tuples delivered to the child.
    pub executed: u64,
    /// Untracked tuples that could not be passed on.
    pub dropped: u64,
    /// Acks and fails of what was not in hand.
    pub unknown: u64,
    /// Children after the first.
    pub restarts: u64,
}

/// One task, whatever its kind.
pub struct Task {
    /// Storm's task id.
    pub id: u32,
    /// Its component.
    pub component: usize,
    /// Where it is in its life.
    pub life: Life,
    /// What waits for it.
    pub queue: Queue,
    /// What its child was given and has not answered.
    pub in_hand: InHand,
    /// How many rows its child is through with.
    pub consumed: u64,
    /// Bytes that go before any tuple: task ids, acks, commands.
    pub control: Vec<u8>,
    /// For each frame that is not used up: the id after its last row.
    pub frames_out: std::collections::VecDeque<u64>,
    /// Delivered runs that may still be needed for an error's story, each with the id after its last row.
    pub delivered: std::collections::VecDeque<(u64, Run)>,
    /// How fast the child is.
    pub pace: Pace,
    /// How many full queues it waits for. Its child is not read meanwhile.
    pub waits: u32,
    /// Tasks that wait for this one's queue.
    pub waiters: Vec<u32>,
    /// Whether it was told that its input has ended.
    pub finish: Finish,
    /// How many rows its child had been sent when it was asked to finish.
    pub finished_at: u64,
    /// Heartbeats that a Storm bolt has not answered: for each how many rows had been sent before it.
    pub heartbeats: std::collections::VecDeque<u64>,
    /// Rows that a Storm bolt is known to have read, from its last answer to a heartbeat.
    pub heard_through: u64,
    /// What only spouts have.
    pub spout: Option<Spout>,
    /// Seconds that its child has spent in user code, and in decoding and encoding around it, if it says so.
    pub spent: (f64, f64),
    /// What is counted.
    pub counters: Counters,
    /// An ack since the handshake: the child gets things done, so its next death is not held against it.
    pub progressed: bool,
    touched: Touched,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Touched {
    No,
    OnlyByCycle,
    Yes,
}

impl Task {
    /// How many rows its child was sent.
    pub fn sent(&self) -> u64 {
        self.in_hand.next_id()
    }

    /// The dialect of its child, when there is one that works.
    pub fn dialect(&self) -> Option<Dialect> {
        match self.life {
            Life::Up(dialect) => Some(dialect),
            Life::Down | Life::Gone => None,
        }
    }
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

/// Why an emitted tuple was not passed on. The text says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// No such stream.
    #[error(
        "it emitted to stream '{stream}', which it does not declare; its streams are {declared}"
    )]
    UndeclaredStream {
        /// What it said.
        stream: String,
        /// What there is.
        declared: String,
    },
    /// Not as many values as the stream has fields.
    #[error("it emitted {got} values to stream '{stream}', which has {want} fields ({fields})")]
    WrongNumberOfValues {
        /// The stream.
        stream: String,
        /// Values.
        got: usize,
        /// Fields.
        want: usize,
        /// Their names.
        fields: String,
    },
    /// A plain emit where a subscriber wants direct ones.
    #[error(
        "it emitted to stream '{0}' without naming a task, and a subscriber takes it by direct grouping; name one (direct_task)"
    )]
    NotDirect(String),
    /// A direct emit to a task that takes nothing, or nothing direct, from this stream.
    #[error(
        "it emitted directly to task {task} on stream '{stream}', which that task does not take by direct grouping"
    )]
    NoSuchReceiver {
        /// The task it named.
        task: u32,
        /// The stream.
        stream: String,
    },
    /// A value that a fields grouping needs cannot be read.
    #[error("a value that a grouping goes by cannot be read: {0}")]
    Key(String),
    /// It anchored to something it does not have.
    #[error(
        "it anchored a tuple to id {0}, which it does not have in hand (acked or failed before, or never given to it)"
    )]
    UnknownAnchor(String),
    /// The child said something that could not be read.
    #[error("{0}")]
    Unreadable(String),
}

/// The run.
pub struct Core {
    /// What runs.
    pub topology: Rc<Topology>,
    /// All tasks; the index is Storm's task id less one.
    pub tasks: Vec<Task>,
    /// All trees.
    pub acker: Acker,
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
    /// Components, upstream first; those of a cycle together.
    pub(super) groups: Rc<[Vec<usize>]>,
    /// The tasks of spouts.
    pub(super) spouts: Vec<usize>,
    has_cycles: bool,
    /// Whether there are trees at all: `topology.acker.executors` is not 0.
    pub(super) tracking: bool,
    routes: Vec<Routes>,
    open: Vec<bool>,
    touched: Vec<u32>,
    complaints: HashMap<(usize, std::mem::Discriminant<Violation>), (u64, u64)>,
}

/// An error that repeats is told once in this many microseconds, with how often it happened since.
const COMPLAIN_EVERY: u64 = 60_000_000;

impl Core {
    /// A run of `topology` before anything has happened. `seed` is where edges are drawn from.
    pub fn new(topology: Rc<Topology>, seed: u64) -> Core {
        let settings = topology.settings.clone();
        let limits = Limits {
            message: settings.max_message_bytes(),
            ..Limits::default()
        };
        let tasks: Vec<Task> = topology
            .tasks
            .iter()
            .map(|spec| {
                let component = &topology.components[spec.component];
                Task {
                    id: spec.id,
                    component: spec.component,
                    life: Life::Down,
                    queue: Queue::new(QueueLimits {
                        rows: component.settings.queue_tuples() as usize,
                        bytes: component.settings.queue_bytes(),
                        cycle_bytes: component.settings.cycle_bytes(),
                    }),
                    in_hand: InHand::default(),
                    consumed: 0,
                    control: Vec::new(),
                    frames_out: Default::default(),
                    delivered: Default::default(),
                    pace: Pace::default(),
                    waits: 0,
                    waiters: Vec::new(),
                    finish: Finish::NotAsked,
                    finished_at: 0,
                    heartbeats: Default::default(),
                    heard_through: 0,
                    spout: (component.kind == Kind::Spout)
                        .then(|| Spout::new(component, &settings)),
                    spent: (0.0, 0.0),
                    counters: Counters::default(),
                    progressed: false,
                    touched: Touched::No,
                }
            })
            .collect();
        Core {
            routes: (0..tasks.len())
                .map(|task| router::routes(&topology, task))
                .collect(),
            open: vec![false; tasks.len()],
            groups: topology.upstream_first().into(),
            spouts: (0..tasks.len())
                .filter(|at| tasks[*at].spout.is_some())
                .collect(),
            has_cycles: topology
                .components
                .iter()
                .any(|c| c.inputs.iter().any(|input| input.back_edge)),
            tracking: settings.tracking(),
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
    pub fn failed_for_good(&self) -> u64 {
        self.lost.values().sum::<u64>() + self.abandoned
    }

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
        if out.row.len() != stream.fields.len() {
            return Err(Violation::WrongNumberOfValues {
                stream: stream.id.clone(),
                got: out.row.len(),
                want: stream.fields.len(),
                fields: stream.fields.join(", "),
            });
        }
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

    /// To be called after each piece of input: wakes the receivers of what was emitted, makes `from` wait for those that are full, and tells outcomes.
    pub fn after(&mut self, from: usize) {
        self.wake_touched(from);
        self.tell_outcomes();
    }

    fn wake_touched(&mut self, from: usize) {
        let touched = std::mem::take(&mut self.touched);
        for &target in &touched {
            let target = target as usize;
            let how = std::mem::replace(&mut self.tasks[target].touched, Touched::No);
            self.wakes.push(Wake::Writer(target));
            if !self.tasks[target].queue.is_full() {
                continue;
            }
            self.open[target] = false;
            // Past the deadline of an orderly end nobody waits any more.
            if how == Touched::Yes
                && !self.overdue
                && !self.tasks[target].waiters.contains(&(from as u32))
            {
                self.tasks[target].waiters.push(from as u32);
                self.tasks[from].waits += 1;
            }
        }
        self.touched = touched;
        self.touched.clear();
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
                self.wakes.push(Wake::Reader(waiter));
                if self.tasks[waiter].spout.is_some() {
                    self.wakes.push(Wake::Writer(waiter));
                }
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
            if let Some(replay) = spout.settled(emission, outcome, self.now, !ending) {
                again.push((at, replay));
            }
            self.wakes.push(Wake::Writer(at));
        }
        self.acker.outcomes = outcomes;
        for (at, replay) in again {
            self.emit_again(at, replay);
            self.wake_touched(at);
        }
    }

    /// A turn of the time-out clock.
    pub fn rotate(&mut self) {
        self.acker.rotate();
        self.tell_outcomes();
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
        };
        self.tasks[task]
            .queue
            .push(place, &[text.as_bytes()], Anchor::NONE);
        self.wakes.push(Wake::Writer(task));
    }

    /// The handshake is done.
    pub fn up(&mut self, at: usize, dialect: Dialect) {
        let task = &mut self.tasks[at];
        task.life = Life::Up(dialect);
        task.in_hand.restart();
        (task.consumed, task.heard_through, task.progressed) = (0, 0, false);
        task.finished_at = 0;
        task.control.clear();
        task.frames_out.clear();
        task.delivered.clear();
        task.heartbeats.clear();
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

    /// The child is gone, and all that could be read from it was read. What it held fails at once.
    /// Returns how many tuples that were.
    pub fn down(&mut self, at: usize, kind: FailKind, reason: &Rc<str>) -> usize {
        self.open[at] = false;
        let task = &mut self.tasks[at];
        task.life = Life::Down;
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
            self.acker.forget(at as u32);
        }
        self.release_waiters(at);
        self.tell_outcomes();
        self.wakes.push(Wake::Everyone);
    }

    /// Something was wrong with what a child said. It is logged, at most once a minute for each kind.
    pub fn complain(&mut self, at: usize, violation: &Violation) {
        let now = self.now;
        let seen = self
            .complaints
            .entry((at, std::mem::discriminant(violation)))
            .or_insert((0, 0));
        seen.1 += 1;
        if seen.0 != 0 && now < seen.0 + COMPLAIN_EVERY {
            return;
        }
        let again = seen.1 - 1;
        *seen = (now.max(1), 0);
        let task = &self.tasks[at];
        let component = &self.topology.components[task.component].id;
        tracing::warn!(
            component,
            task = task.id,
            again,
            "{component}[{}]: {violation}; the tuple's trees fail",
            task.id
        );
    }

    /// The stream of a component by name.
    ///
    /// # Errors
    /// [`Violation::UndeclaredStream`].
    pub fn stream_named(&self, at: usize, name: &str) -> Result<usize, Violation> {
        let streams = &self.topology.components[self.tasks[at].component].streams;
        streams
            .iter()
            .position(|stream| stream.id == name)
            .ok_or_else(|| Violation::UndeclaredStream {
                stream: name.to_owned(),
                declared: match streams.len() {
                    0 => "none".to_owned(),
                    _ => streams
                        .iter()
                        .map(|s| format!("'{}'", s.id))
                        .collect::<Vec<_>>()
                        .join(", "),
                },
            })
    }
}

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

const OVERFLOW: &str =
    "a cycle has no room for more (stormhost.cycle.bytes): its bolts emit more than they finish";
const GONE: &str = "it was emitted to a task whose child has left, since the run ends";

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
    let values: Vec<String> = out
        .row
        .iter()
        .map(|value| stormhost_protocol::preview(out.encoding, value, 60))
        .collect();
    format!(
        "{}[{}] emits [{}] on {} to {}[{}]",
        sender.id,
        from.1,
        values.join(", "),
        sender.streams[out.stream].id,
        receiver.id,
        target + 1
    )
}
