//! What the tasks of a run share: the core, the clock, and the bells that wake whoever should look again.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::completion::Stage;
use super::core::{Core, Wake};
use crate::dead_letters::DeadLetters;
use crate::errors::Report;
use crate::flow::turns::{TURNS_A_CORE, Turns};
use crate::guard::Guard;
use crate::link::account::look_up;
use crate::link::limits::raise_open_files;
use crate::link::pipe::size_for;
use crate::procstat::Stat;
use crate::run_folder::others_pids;
use crate::topology::{Component, Topology};

/// A run, as its tasks see it. Everything happens on one thread; nothing is borrowed across an await.
pub struct Host {
    /// What runs.
    pub topology: Rc<Topology>,
    /// Marks the processes of this run.
    pub token: String,
    /// Where children put their pid files, as Storm's do.
    pub pid_dir: PathBuf,
    /// The second process that cleans up when this one is gone.
    pub guard: Guard,
    /// How many files a child may open: as many as this process might before it raised its own limit.
    pub open_files: u64,
    /// What a child's pipes may hold, and what is asked for in one read.
    pub pipe_bytes: usize,
    /// The stage, for whoever waits for it to change.
    pub stage: watch::Sender<Stage>,
    /// For each component: whether any of its children has done its handshake in this run.
    pub healthy: Vec<Cell<bool>>,
    /// For each component: how often what it read from Redis has failed.
    pub redis_fails: Vec<RefCell<super::redis::Fails>>,
    /// What children that speak frames call themselves and their codec, each as often as it differs.
    pub speakers: RefCell<Vec<(String, String)>>,
    /// For each task: the process id of its child, 0 while it has none.
    pub pids: Vec<Cell<u32>>,
    /// For each task: CPU seconds that its dead children used.
    pub used_by_dead: Vec<Cell<f64>>,
    /// CPU seconds that threads of components inside used, until they left: they count as the host's own too.
    pub used_inside: Cell<f64>,
    /// For each task: when its child was last heard of.
    pub heard: Vec<Cell<Instant>>,
    /// Why the run cannot go on: a component never came up.
    pub failure: RefCell<Option<Report>>,
    /// Why standard output takes no data any more, though somebody may read it.
    pub output_failed: RefCell<Option<Report>>,
    /// The last look at all processes, for limits.
    pub processes: RefCell<Option<(Instant, Rc<Vec<Stat>>)>>,
    /// The deadline of an orderly end has passed.
    pub overdue: Cell<bool>,
    /// Where tuples go that are set aside.
    pub dead_letters: RefCell<DeadLetters>,
    /// No waiting at all any more.
    pub at_once: Cell<bool>,
    /// Children's standard error passes as it stands, so that stories need not repeat it.
    pub passes_stderr_on: Cell<bool>,
    core: RefCell<Core>,
    started: Instant,
    writers: Vec<Notify>,
    readers: Vec<Notify>,
}

impl Host {
    /// A run that begins now.
    pub fn new(
        topology: Rc<Topology>,
        guard: Guard,
        token: String,
        pid_dir: PathBuf,
        dead_letters: DeadLetters,
        seed: u64,
    ) -> Host {
        let tasks = topology.tasks.len();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut core = Core::new(topology.clone(), seed);
        core.turns = Turns::new(tasks, TURNS_A_CORE * cores);
        Host {
            guard,
            token,
            pid_dir,
            open_files: raise_open_files(),
            pipe_bytes: size_for(tasks),
            stage: watch::Sender::new(Stage::Running),
            healthy: topology
                .components
                .iter()
                .map(|_| Cell::new(false))
                .collect(),
            redis_fails: topology
                .components
                .iter()
                .map(|_| RefCell::default())
                .collect(),
            pids: vec![Cell::new(0); tasks],
            used_by_dead: vec![Cell::new(0.0); tasks],
            used_inside: Cell::new(0.0),
            heard: vec![Cell::new(Instant::now()); tasks],
            speakers: RefCell::new(Vec::new()),
            failure: RefCell::new(None),
            output_failed: RefCell::new(None),
            processes: RefCell::new(None),
            dead_letters: RefCell::new(dead_letters),
            overdue: Cell::new(false),
            at_once: Cell::new(false),
            passes_stderr_on: Cell::new(false),
            core: RefCell::new(core),
            started: Instant::now(),
            writers: (0..tasks).map(|_| Notify::new()).collect(),
            readers: (0..tasks).map(|_| Notify::new()).collect(),
            topology,
        }
    }

    /// Lets `work` happen to the core, and wakes whom it concerns.
    pub fn with<R>(&self, work: impl FnOnce(&mut Core) -> R) -> R {
        let mut core = self.core.borrow_mut();
        core.now = self.started.elapsed().as_micros() as u64;
        let result = work(&mut core);
        if core.may_end() {
            core.advance(self.overdue.get());
        }
        for wake in core.wakes.drain(..) {
            match wake {
                Wake::Writer(at) => self.writers[at].notify_one(),
                Wake::Reader(at) => self.readers[at].notify_one(),
                Wake::Everyone => {}
            }
        }
        if !core.letters.is_empty() {
            let mut written = self.dead_letters.borrow_mut();
            core.letters
                .drain(..)
                .for_each(|letter| written.write(&letter));
        }
        let stage = core.stage;
        drop(core);
        self.stage
            .send_if_modified(|old| std::mem::replace(old, stage) != stage);
        result
    }

    /// Microseconds since the run began.
    pub fn now(&self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    /// The component that this task is of.
    pub fn component(&self, at: usize) -> &Component {
        &self.topology.components[self.topology.tasks[at].component]
    }

    /// Where the children of this task put their pid files: a folder that they may write to.
    pub fn pids_of(&self, at: usize) -> PathBuf {
        let component = self.component(at);
        let user = component.settings.user();
        let uid = user
            .filter(|_| component.inside.is_none())
            .and_then(|user| look_up(Some(&user), None).ok()?.uid)
            .filter(|uid| *uid != nix::unistd::geteuid().as_raw());
        // Where none can be made for it, the child says what it could not write.
        uid.and_then(|uid| others_pids(&self.token, uid).ok())
            .unwrap_or_else(|| self.pid_dir.clone())
    }

    /// How long the child of this task may take to go once it was told to.
    pub fn kill_timeout(&self, at: usize) -> Duration {
        self.component(at).settings.kill_timeout()
    }

    /// When the run began.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// Until there may be something to write for this task.
    pub async fn something_to_write(&self, at: usize) {
        self.writers[at].notified().await;
    }

    /// A child of this task's component has answered the handshake: the component can be started.
    pub fn mark_healthy(&self, at: usize) {
        self.healthy[self.topology.tasks[at].component].set(true);
    }

    /// Until the queues that this task waited for have room.
    pub async fn room(&self, at: usize) {
        self.readers[at].notified().await;
    }

    /// Until the queues that this task fills have room, or nobody makes room any more since the deadline of the end has passed.
    pub async fn room_to_emit(&self, at: usize) {
        if self.with(|core| core.tasks[at].waits == 0) {
            return;
        }
        let mut stage = self.stage.subscribe();
        while !self.overdue.get() && self.with(|core| core.tasks[at].waits > 0) {
            tokio::select! {
                () = self.room(at) => {}
                _ = stage.changed() => {}
            }
        }
    }

    /// Until something is so: it is looked at anew whenever the stage, or how the run is to end, may have changed.
    pub async fn until(&self, is_so: impl Fn() -> bool) {
        let mut stage = self.stage.subscribe();
        while !is_so() {
            if stage.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Until the task is to leave.
    pub async fn time_to_leave(&self, at: usize) {
        self.until(|| self.with(|core| core.should_leave(at))).await;
    }

    /// Until the task is to leave and nobody waits for it any more.
    pub async fn out_of_time(&self, at: usize) {
        self.until(|| {
            let overdue = self.overdue.get() && self.with(|core| core.should_leave(at));
            overdue || self.at_once.get()
        })
        .await;
    }

    /// The run ends because something is wrong; the first reason counts.
    pub fn fail(&self, story: Report) {
        self.failure.borrow_mut().get_or_insert(story);
        self.overdue.set(true);
        self.with(|core| core.stop());
    }
}
