//! One task's children, one after the other: started, greeted, listened to and written to, watched, ended, mourned, and started again.
//!
//! ```text
//! spawn ──► handshake ──► up ──► (its stdin is closed) ──► (TERM) ──► (KILL) ──► reaped ──► its story ──► a pause ──► spawn
//! ```

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use stormhost_protocol::storm::Hello;
use tokio::io::Interest;
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::time::{sleep, timeout};

use super::bounds;
use super::care::Judgement;
use super::completion::Finish;
use super::heartbeat::{Signs, Verdict, Watch};
use super::host::Host;
use super::listen::Listener;
use super::pulse::Pulse;
use super::restart::{Decision, RestartPolicy};
use super::setup::setup;
use super::story::{self, Death};
use super::task::Dialect;
use crate::errors::{Code, Coded, Report};
use crate::flow::acker::FailKind;
use crate::flow::suspects::Evidence;
use crate::link::autopsy;
use crate::link::exit::Exit;
use crate::link::life::{Life, Link};
use crate::link::limits::Limits;
use crate::link::outlet::Outlet;
use crate::link::pipe::{enlarge, unread};
use crate::link::process::{Child, Spawn};
use crate::link::spawn_error::SpawnError;
use crate::link::stderr::{LineLimits, LineTail, Shown};
use crate::procstat;
use crate::topology::{Component, ShellMode};

/// How long a child that was told to explain itself has for it, before it is killed.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How often a child is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The libraries that answer the signal USR2 with where they stand.
const TELLS_ITS_STACK: [&str; 2] = ["stormhost-python", "stormhost-ruby"];

/// How often the stderr of a dead child is looked at: somebody whom it left behind may go on writing there for ever.
const LAST_LOOKS: u32 = 10;

/// Why a child did not go on.
pub enum End {
    /// It left by itself, or was killed by somebody else.
    Left,
    /// The host ended it, for this reason.
    Ended(Report),
    /// It was asked to leave, since the run ends.
    Asked,
    /// A command of the shell that is needed no more: it exited with 0, or nobody wants what it says.
    Through,
    /// A command of the shell that failed, or that the host ended for a reason, and is not to be started again.
    Failed(Option<Report>),
}

/// Why the host ends a child that can say nothing any more, and has not left.
pub(super) fn lived_on() -> Report {
    Code::CLOSED_STDOUT.told("it closed its standard output, and lived on")
}

/// Keeps one task going until the run ends.
pub async fn keep(host: Rc<Host>, at: usize) {
    let component = host.component(at);
    let mut policy = RestartPolicy::new(component.settings.restart_max_pause());
    while !host.with(|core| core.should_leave(at)) {
        let began = Instant::now();
        let decision = match start(&host, at) {
            Ok(link) => {
                let mut life = ChildLife::new(&host, at, &link.life);
                let (end, exit) = life.live(link).await;
                let asked = matches!(end, End::Asked);
                let is_last = matches!(end, End::Through | End::Failed(_));
                let ended = matches!(end, End::Ended(_));
                let was_up = life.was_up;
                let death = life.bury(end, exit, began);
                let at_last = asked || is_last || host.with(|core| core.should_leave(at));
                if at_last && (death.lost || ended) {
                    tracing::warn!(
                        component = component.id,
                        task = at + 1,
                        pid = death.pid,
                        code = %death.story.code,
                        "{}",
                        death.story
                    );
                }
                if is_last {
                    super::lines::rest(&host, at).await;
                    break;
                }
                if super::lines::lived(component, began.elapsed()) {
                    host.mark_healthy(at);
                }
                if asked || host.with(|core| core.should_leave(at)) {
                    break;
                }
                let healthy = host.healthy[host.topology.tasks[at].component].get();
                let decision = policy.on_death(death.progressed || death.blamed, healthy, random());
                if decision == Decision::StopTheRun {
                    host.fail(death.story.clone());
                    break;
                }
                if was_up || policy.fruitless() <= 1 || policy.fruitless().is_power_of_two() {
                    tracing::warn!(
                        component = component.id,
                        task = at + 1,
                        pid = death.pid,
                        code = %death.story.code,
                        "{}",
                        death.story
                    );
                }
                decision
            }
            Err(error) => {
                let story = story::could_not_start(&host, at, &error);
                let healthy = host.healthy[host.topology.tasks[at].component].get();
                let decision = policy.on_death(false, healthy, random());
                if decision == Decision::StopTheRun {
                    host.fail(story);
                    break;
                }
                tracing::warn!(component = component.id, task = at + 1, code = %story.code, "{story}");
                decision
            }
        };
        if let Decision::RestartAfter(pause) = decision {
            host.with(|core| core.tasks[at].counters.restarts += 1);
            tokio::select! {
                () = sleep(pause) => {}
                () = host.time_to_leave(at) => {}
            }
        }
    }
    host.with(|core| core.gone(at));
}

/// A number between 0 and 1, for jitter.
fn random() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

/// Starts a child: a process, or a thread where the component is inside.
fn start(host: &Host, at: usize) -> Result<Link, SpawnError> {
    let component = host.component(at);
    if let Some(language) = component.inside {
        return super::inside::start(host, at, language);
    }
    let stdin = component
        .shell
        .as_ref()
        .is_some_and(|shell| matches!(shell.mode, ShellMode::Lines { stdin: true, .. }));
    Child::spawn(&Spawn {
        inherits_stdin: stdin,
        command: component.command.clone(),
        env: component
            .env
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .chain(super::lines::share(host, at))
            .collect(),
        ..allowed(host, component)
    })
    .map(Link::from)
}

/// How the processes of a component are started, but for what is run, and for its environment beyond the host's.
pub(super) fn allowed(host: &Host, component: &Component) -> Spawn {
    let settings = &component.settings;
    Spawn {
        cwd: component.cwd.clone(),
        token: host.token.clone(),
        limits: Limits {
            open_files: settings.limit_files(),
            // The limits of another user's process are not everywhere the host's to set: only where it was asked to.
            usual_open_files: settings.user().is_none().then_some(host.open_files),
            cpu_seconds: settings.limit_cpu(),
            nice: settings.nice(),
        },
        keeps_env: settings.kept_environment(),
        umask: settings.umask(),
        user: settings.user(),
        group: settings.group(),
        ..Spawn::default()
    }
}

/// One child, from its start to its end.
pub(super) struct ChildLife<'a> {
    pub(super) host: &'a Rc<Host>,
    pub(super) at: usize,
    /// Its process; the host's own if it is inside.
    pub(super) pid: u32,
    is_process: bool,
    stderr: Rc<RefCell<LineTail>>,
    pub(super) was_up: bool,
    /// Bytes of lines that were made for a filter and are not in its pipe yet.
    pub(super) unwritten: Cell<usize>,
    speaks_frames: bool,
    library: String,
    /// Inputs that it was through with beyond what it had said.
    unsaid: u64,
    /// How often the kernel had killed for want of memory when it started.
    oom_kills: u64,
}

impl<'a> ChildLife<'a> {
    fn new(host: &'a Rc<Host>, at: usize, life: &Life) -> ChildLife<'a> {
        if let Some(pid) = life.pid() {
            host.guard.register(pid);
            host.pids[at].set(pid);
        }
        host.heard[at].set(Instant::now());
        ChildLife {
            host,
            at,
            pid: life.pid().unwrap_or_else(std::process::id),
            is_process: life.pid().is_some(),
            stderr: Rc::new(RefCell::new(LineTail::new(LineLimits::default()))),
            was_up: false,
            unwritten: Cell::new(0),
            speaks_frames: false,
            library: String::new(),
            unsaid: 0,
            oom_kills: procstat::oom_kills(),
        }
    }

    /// Everything until the child is reaped and all that it wrote was read.
    async fn live(&mut self, link: Link) -> (End, Exit) {
        let Link {
            life,
            stdin,
            stdout,
            stderr,
        } = link;
        let mut stdout = Outlet::from(stdout);
        let tail = self.stderr.clone();
        let drain = drain_stderr(self.host, self.at, self.pid, &stderr, &tail);
        let work = self.work(&life, stdin, &mut stdout);
        tokio::pin!(drain);
        let (end, exit) = tokio::select! {
            ended = work => ended,
            () = async { (&mut drain).await; std::future::pending().await } => unreachable!("pending never ends"),
        };
        // What it complained of at last; grandchildren may keep the pipe open, so its end is not waited for.
        for _ in 0..LAST_LOOKS {
            if unread(&stderr).is_none_or(|bytes| bytes == 0) {
                break;
            }
            if timeout(Duration::from_millis(20), &mut drain).await.is_ok() {
                break;
            }
        }
        self.host.used_by_dead[self.at].update(|before| before + life.cpu_seconds());
        if !self.is_process {
            self.host
                .used_inside
                .update(|before| before + life.cpu_seconds());
        }
        self.unsaid = life.unsaid();
        (self.by_its_last_words(end, exit), exit)
    }

    async fn work(&mut self, life: &Life, stdin: Sender, stdout: &mut Outlet) -> (End, Exit) {
        if self.host.component(self.at).shell.is_some() {
            return self.work_with_lines(life, stdin, stdout).await;
        }
        let mut listener = Listener::new(self.host.clone(), self.at, self.pid);
        let component = self.host.component(self.at);
        let deadline = component.settings.handshake_timeout();
        let (host, at, pid, is_process) = (self.host, self.at, self.pid, self.is_process);
        let greeted = tokio::select! {
            greeted = in_time(deadline, life, self.greet(&stdin, stdout, &mut listener)) => match greeted {
                Some(greeted) => greeted,
                None => Err(Code::NO_HANDSHAKE.told(format!(
                    "it did not answer the handshake within {} s (stormhost.handshake.timeout.secs); does it speak Storm's multilang protocol?",
                    deadline.as_secs_f64()
                ))),
            },
            exit = life.wait() => {
                let late = listener.late_hello(stdout, component.serializer).await;
                if let Some(dialect) = late.and_then(|hello| self.dialect_of(hello, &mut listener).ok()) {
                    self.comes_up(dialect);
                    self.host.mark_healthy(self.at);
                    listener.read_the_rest(stdout).await;
                } else {
                    // A print may explain it all.
                    listener.drain_as_text(stdout);
                }
                return (End::Left, exit);
            }
            why = bounds::watch(host, at, pid), if is_process => {
                life.kill();
                return (End::Ended(why), life.wait().await);
            }
            () = host.time_to_leave(at) => {
                // It was given nothing yet, so nothing is lost with it.
                life.kill();
                return (End::Asked, life.wait().await);
            }
        };
        let dialect = match greeted {
            Ok(dialect) => dialect,
            Err(why) => {
                if let Ok(exit) = timeout(LAST_WORDS, life.wait()).await {
                    listener.drain_as_text(stdout);
                    return (End::Left, exit);
                }
                life.kill();
                return (End::Ended(why), life.wait().await);
            }
        };
        self.comes_up(dialect);
        if listener.is_opening() {
            self.host.with(|core| core.tasks[self.at].opening = true);
        } else {
            self.host.mark_healthy(self.at);
        }
        if self.speaks_frames {
            // Not for the others: all that holds them back is how much their pipe takes.
            enlarge(&stdin, self.host.pipe_bytes);
            if let Some(pipe) = stdout.pipe() {
                enlarge(pipe, self.host.pipe_bytes);
            }
        }
        let end = self.converse(life, stdin, stdout, &mut listener).await;
        if matches!(end, End::Asked) && !self.speaks_frames {
            listener.leaves();
        }
        // It may have much to say at last, and must not wait for a reader.
        let exit = tokio::select! {
            exit = self.leave(life, &end) => exit,
            () = async { let _ = listener.listen(stdout).await; std::future::pending().await } => unreachable!("pending never ends"),
        };
        // What still is in the pipe counts; what cannot be read any more does not.
        listener.read_the_rest(stdout).await;
        (end, exit)
    }

    /// Says what Storm says first, and takes the answer.
    async fn greet(
        &mut self,
        stdin: &Sender,
        stdout: &mut Outlet,
        listener: &mut Listener,
    ) -> Result<Dialect, Report> {
        let component = self.host.component(self.at);
        let mut hello = Vec::new();
        stormhost_protocol::storm::write_setup(
            component.serializer,
            &setup(&self.host.topology, self.at, &self.host.pids_of(self.at)),
            &mut hello,
        );
        // A child may answer before it has read everything, and a large setup may not fit the pipe: both at once.
        // That it does not read is seen by its silence; that it left, by its death.
        let (_, hello) = tokio::join!(
            write_all(stdin, &hello),
            listener.hello(stdout, component.serializer)
        );
        self.dialect_of(hello?, listener)
    }

    /// How the child speaks, by its greeting.
    fn dialect_of(&mut self, hello: Hello, listener: &mut Listener) -> Result<Dialect, Report> {
        let component = self.host.component(self.at);
        let mut repeats = false;
        let dialect = match hello.frames {
            None => Dialect::Storm(component.serializer),
            Some(answer) => {
                if answer.version != stormhost_protocol::frame::VERSION {
                    return Err(Code::OTHER_VERSION.told(format!(
                        "it wants version {} of the frames, and this host offers {}: its library ({}) and the host do not belong together",
                        answer.version,
                        stormhost_protocol::frame::VERSION,
                        answer.library
                    )));
                }
                self.tell_of(&answer.library, &answer.codec);
                self.library = answer.library;
                repeats = answer.repeats;
                Dialect::Frames {
                    encoding: answer.encoding,
                    acks: answer.acks,
                }
            }
        };
        self.host.with(|core| core.tasks[self.at].repeats = repeats);
        listener.speaks(dialect);
        Ok(dialect)
    }

    /// Says which library and codec this child has: aloud where it is the first one of its kind in this run.
    fn tell_of(&self, library: &str, codec: &str) {
        let component = self.host.component(self.at);
        let (component, task) = (&component.id, self.at + 1);
        let speaker = (library.to_owned(), codec.to_owned());
        let mut known = self.host.speakers.borrow_mut();
        if known.contains(&speaker) {
            tracing::debug!(%component, task, "speaks frames: {library}, codec {codec}");
        } else {
            tracing::info!(%component, task, "speaks frames: {library}, codec {codec}");
            known.push(speaker);
        }
    }

    /// The handshake is done.
    fn comes_up(&mut self, dialect: Dialect) {
        self.was_up = true;
        self.speaks_frames = matches!(dialect, Dialect::Frames { .. });
        self.host.with(|core| core.up(self.at, dialect));
    }

    /// Reads and writes until something ends it.
    async fn converse(
        &self,
        life: &Life,
        stdin: Sender,
        stdout: &mut Outlet,
        listener: &mut Listener,
    ) -> End {
        let grace = self.host.kill_timeout(self.at);
        let read = async {
            match listener.listen(stdout).await {
                // The death is nearly always seen at once; a child that closes its stdout and lives on is of no use to anybody.
                Ok(()) => {
                    sleep(grace).await;
                    End::Ended(lived_on())
                }
                Err(error) => End::Ended(
                    error
                        .code()
                        .told(format!("what it said cannot be read: {error}")),
                ),
            }
        };
        tokio::select! {
            end = read => end,
            end = self.write(stdin) => end,
            _ = life.wait() => End::Left,
            why = self.watch(life) => End::Ended(why),
            why = self.opens_in_time() => End::Ended(why),
            why = bounds::watch(self.host, self.at, self.pid), if self.is_process => End::Ended(why),
        }
    }

    /// Ends when a child that emitted before it said its pid has not said it when the time for the handshake is over.
    async fn opens_in_time(&self) -> Report {
        let component = self.host.component(self.at);
        let deadline = component.settings.handshake_timeout();
        sleep(deadline).await;
        if !self.host.with(|core| core.tasks[self.at].opening) {
            std::future::pending::<()>().await;
        }
        Code::NO_HANDSHAKE.told(format!(
            "it emitted before it said its pid, and did not say that within {} s (stormhost.handshake.timeout.secs): it was given no tuples meanwhile",
            deadline.as_secs_f64()
        ))
    }

    /// Writes what the core has for this child. Ends when the child should leave; its stdin is closed then.
    async fn write(&self, stdin: Sender) -> End {
        let mut stage = self.host.stage.subscribe();
        let mut out = Vec::with_capacity(64 * 1024);
        loop {
            // Past the deadline what waits is not written any more: in a cycle that grows there is always more.
            if self.host.overdue.get() && self.host.with(|core| core.should_leave(self.at)) {
                return End::Asked;
            }
            out.clear();
            let (leave, again) = self.host.with(|core| {
                core.fill(self.at, &mut out);
                (core.should_leave(self.at), core.looks_again_at(self.at))
            });
            if !out.is_empty() {
                let written = tokio::select! {
                    written = write_all(&stdin, &out) => written,
                    // What is cut off here is failed with all else that the child holds.
                    () = self.host.out_of_time(self.at) => return End::Asked,
                };
                if written.is_err() {
                    return self.closed_its_input().await;
                }
                if out.capacity() > 4 << 20 {
                    out = Vec::with_capacity(64 * 1024);
                }
                continue;
            }
            if leave {
                return End::Asked;
            }
            let pause = async {
                match again {
                    Some(when) => {
                        sleep(Duration::from_micros(when.saturating_sub(self.host.now()))).await
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.host.something_to_write(self.at) => {}
                // What was written before may lie in a pipe that nobody will ever read.
                _ = stdin.ready(Interest::ERROR) => return self.closed_its_input().await,
                _ = stage.changed() => {}
                () = pause => {}
            }
        }
    }

    /// Nobody reads what is written to the child: it is dying, which is seen elsewhere, or it lives on and is of no use.
    async fn closed_its_input(&self) -> End {
        sleep(self.host.kill_timeout(self.at)).await;
        End::Ended(Code::CLOSED_STDIN.told("it closed its standard input, and lived on"))
    }

    /// Looks once a second whether the child hangs. Ends when it does, with the reason.
    async fn watch(&self, life: &Life) -> Report {
        let settings = &self.host.component(self.at).settings;
        let limit = settings.subprocess_timeout();
        // A shorter budget is looked at more often.
        let budget = settings.tuple_budget();
        let every = budget.map_or(LOOK, |budget| (budget / 4).clamp(LOOK / 20, LOOK));
        let mut watch = Watch::new(limit, every, Instant::now());
        let mut budget = budget.map(|budget| (budget, Watch::new(budget, every, Instant::now())));
        let (mut came, mut came_at) = ((0, 0), Instant::now());
        loop {
            sleep(every).await;
            let heard = self.host.heard[self.at].get();
            let quiet = heard.elapsed() > Duration::from_millis(900);
            let signs = self.host.with(|core| {
                let task = &core.tasks[self.at];
                let frames = self.speaks_frames;
                let owes = match &task.spout {
                    Some(spout) if !frames => spout.talk.awaits_since().is_some(),
                    Some(_) => !task.heartbeats.is_empty(),
                    None => {
                        task.owes_a_pulse()
                            || frames
                                && (task.consumed < task.sent() || task.finish == Finish::Asked)
                    }
                };
                // Storm's spouts have no heartbeats; our bolts say how far they come.
                let speaks = if frames {
                    task.spout.is_some() && quiet
                } else {
                    task.spout.is_none() && task.pulse != Pulse::Spared
                };
                Signs {
                    heard,
                    owes,
                    held_up: task.waits > 0,
                    can_be_asked: speaks && !task.opening && task.heartbeats.is_empty(),
                }
            });
            if let Some((limit, budget)) = &mut budget {
                let (far, busy) = self.host.with(|core| {
                    let task = &core.tasks[self.at];
                    let answered = task.counters.acked + task.counters.failed;
                    let frames = self.speaks_frames && task.consumed < task.sent();
                    let storm = !self.speaks_frames && signs.owes;
                    let far = (task.consumed.max(task.heard_through), answered);
                    (far, task.spout.is_none() && (frames || storm))
                });
                if far != came || !busy {
                    (came, came_at) = (far, Instant::now());
                }
                let signs = Signs {
                    heard: came_at,
                    owes: busy,
                    can_be_asked: false,
                    ..signs
                };
                if budget.look(signs, Instant::now()) == Verdict::Hangs {
                    let why = format!(
                        "it took more than {} s for one tuple (stormhost.tuple.budget.secs)",
                        limit.as_secs_f64()
                    );
                    return self.with_autopsy(life, Code::OVER_TUPLE_BUDGET, why).await;
                }
            }
            let unanswered = self
                .host
                .with(|core| core.tasks[self.at].leaves_unanswered());
            let signs = Signs {
                owes: signs.owes || unanswered,
                ..signs
            };
            match watch.look(signs, Instant::now()) {
                Verdict::Fine => {}
                Verdict::Ask => self.host.with(|core| core.ask_for_life(self.at)),
                // It owes nothing any more.
                Verdict::Hangs if self.host.with(|core| core.lives_without_a_pulse(self.at)) => {}
                Verdict::Hangs => {
                    let why = format!(
                        "it hung: {} (topology.subprocess.timeout.secs)",
                        self.silence(limit)
                    );
                    return self.with_autopsy(life, Code::HUNG, why).await;
                }
            }
        }
    }

    /// What a child that hangs is silent about, and for how long.
    fn silence(&self, limit: Duration) -> String {
        let secs = limit.as_secs_f64();
        self.host.with(|core| {
            let task = &core.tasks[self.at];
            match &task.spout {
                Some(spout) if !self.speaks_frames => {
                    let command = spout.talk.awaits().unwrap_or("a command");
                    format!("it has not answered {command} (no `sync`) for {secs:.0} s")
                }
                None if !self.speaks_frames && task.in_hand.is_empty() => {
                    format!("it does not answer heartbeats, for {secs:.0} s")
                }
                _ => format!("it was silent for {secs:.0} s with work in hand"),
            }
        })
    }

    /// A reason to end a child, with what can be learned of where it stands.
    async fn with_autopsy(&self, life: &Life, code: Code, why: String) -> Report {
        let told = self.is_process.then(|| autopsy::of(self.pid)).flatten();
        if TELLS_ITS_STACK
            .iter()
            .any(|library| self.library.starts_with(library))
        {
            // It writes its stack to stderr, which goes into the story.
            life.ask_for_its_stack();
            sleep(LAST_WORDS).await;
        }
        code.told(match told {
            Some(told) => format!("{why}\n  when it was ended: {told}"),
            None => why,
        })
    }

    /// Sees the child to its end: asked (its stdin is closed by now), told, killed.
    async fn leave(&self, life: &Life, end: &End) -> Exit {
        match end {
            End::Left => life.wait().await,
            End::Ended(_) => {
                life.kill();
                life.wait().await
            }
            End::Asked | End::Through | End::Failed(_) => self.end(life).await,
        }
    }

    async fn end(&self, life: &Life) -> Exit {
        let patience = self.host.kill_timeout(self.at);
        tokio::select! {
            exit = life.wait() => return exit,
            () = sleep(patience) => tracing::warn!(task = self.at + 1, pid = self.pid, code = %Code::STAYS, "{} does not leave at the end of its input; it is told to{}", self.host.with(|core| core.name(self.at)), if self.is_process { " (SIGTERM)" } else { "" }),
            () = self.host.until(|| self.host.at_once.get()) => {}
        }
        if !self.host.at_once.get() {
            life.terminate();
            if let Ok(exit) = timeout(patience, life.wait()).await {
                return exit;
            }
            tracing::warn!(
                task = self.at + 1,
                pid = self.pid,
                code = %Code::IGNORES_SIGTERM,
                "{} {}",
                self.host.with(|core| core.name(self.at)),
                if self.is_process {
                    "ignores SIGTERM; it is killed"
                } else {
                    "goes on all the same; it is given up"
                }
            );
        }
        life.kill();
        life.wait().await
    }

    /// Whether it said nothing on stderr.
    pub(super) fn stderr_is_empty(&self) -> bool {
        self.stderr.borrow().tail().is_empty()
    }

    /// Fails what the child held, and tells its story.
    fn bury(&self, end: End, exit: Exit, began: Instant) -> Death {
        let host = self.host;
        if self.is_process {
            host.guard.unregister(self.pid);
            host.pids[self.at].set(0);
        }
        self.stderr.borrow_mut().finish(Instant::now(), |shown| {
            story::log_line(host, self.at, self.pid, "stderr", shown)
        });
        let is_shell = host.component(self.at).shell.is_some();
        let loss = self.loss(&end, exit);
        let in_hand = host.with(|core| core.in_hand_text(self.at, self.unsaid));
        let progressed = host.with(|core| core.tasks[self.at].progressed);
        let reason: Rc<str> = format!(
            "{} {exit} with the tuple in hand",
            host.with(|core| core.name(self.at))
        )
        .into();
        let evidence = self.evidence(&end, exit);
        let of_heartbeat = self.died_of_a_heartbeat(&end, evidence);
        let judged = match end {
            End::Asked | End::Through | End::Failed(_) => Judgement::default(),
            // It was not for a tuple.
            End::Left | End::Ended(_) if of_heartbeat => Judgement::default(),
            End::Left | End::Ended(_) => {
                host.with(|core| core.judge(self.at, self.unsaid, evidence))
            }
        };
        let held = host.with(|core| {
            if matches!(end, End::Through | End::Failed(_)) {
                core.command_is_through(self.at);
                0
            } else if self.was_up {
                core.down(self.at, FailKind::ChildDied, &reason)
            } else {
                0
            }
        });
        let loss_was_told = loss.is_some();
        let stderr = self.stderr.borrow();
        let mut story = story::of_death(
            host,
            self.at,
            &story::Facts {
                pid: self.is_process.then_some(self.pid),
                end: &end,
                exit,
                age: began.elapsed(),
                was_up: self.was_up,
                held,
                in_hand,
                loss,
                of_heartbeat,
                stderr: stderr.tail(),
                untold: match host.passes_stderr_on.get() {
                    true => stderr.tail_left_out(),
                    false => stderr.tail(),
                },
            },
        );
        if let Some(condemned) = judged.condemned {
            host.with(|core| core.set_aside(self.at, condemned, &reason, story.text.clone()));
            story.text.push_str("\n  it was the last of several children that died with this tuple alone in hand: the tuple is set aside");
        }
        if is_shell && !matches!(end, End::Asked) {
            // Whoever works for this one alone looks whether it still has to.
            host.stage.send_modify(|_| ());
        }
        Death {
            pid: self.pid,
            progressed,
            blamed: judged.blamed,
            lost: loss_was_told,
            story,
        }
    }

    /// Whether it may have been a heartbeat that it died of, which its component is spared from then on. One that was ended with tuples in hand hung for them.
    fn died_of_a_heartbeat(&self, end: &End, evidence: Evidence) -> bool {
        let of_itself = match end {
            End::Left => evidence == Evidence::Certain,
            End::Ended(why) => {
                why.code == Code::HUNG
                    && self
                        .host
                        .with(|core| core.tasks[self.at].in_hand.is_empty())
            }
            End::Asked | End::Through | End::Failed(_) => false,
        };
        self.was_up && of_itself && self.host.with(|core| core.died_of_a_heartbeat(self.at))
    }

    /// Whether the death may have come from outside.
    fn evidence(&self, end: &End, exit: Exit) -> Evidence {
        let out_of_memory = || procstat::oom_kills() > self.oom_kills;
        match end {
            End::Left if exit.may_be_from_outside() && !out_of_memory() => Evidence::Doubtful,
            _ => Evidence::Certain,
        }
    }
}

/// What the child does within so long, by a clock that stands while others of the host keep it waiting; `None` if it does not.
async fn in_time<T>(deadline: Duration, life: &Life, does: impl Future<Output = T>) -> Option<T> {
    tokio::pin!(does);
    let began = Instant::now();
    loop {
        let had = began.elapsed().saturating_sub(life.held_up());
        let rest = deadline.saturating_sub(had);
        if rest.is_zero() {
            return None;
        }
        // While it stands, the rest stays as it is: no need to look all the time when that is little.
        if let Ok(done) = timeout(rest.max(Duration::from_millis(5)), &mut does).await {
            return Some(done);
        }
    }
}

/// Reads stderr, always, so that no child ever waits for it.
pub(super) async fn drain_stderr(
    host: &Rc<Host>,
    at: usize,
    pid: u32,
    stderr: &Receiver,
    tail: &RefCell<LineTail>,
) {
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let due = tail.borrow().due();
        let settle = async {
            match due {
                Some(due) => tokio::time::sleep_until(due.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ready = stderr.readable() => if ready.is_err() { return },
            () = settle => tail.borrow_mut().settle(Instant::now(), |shown| story::log_line(host, at, pid, "stderr", shown)),
        }
        match stderr.try_read(&mut chunk) {
            Ok(0) => return,
            Ok(n) => tail
                .borrow_mut()
                .feed(&chunk[..n], Instant::now(), |shown: Shown<'_>| {
                    story::log_line(host, at, pid, "stderr", shown);
                }),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

pub(super) async fn write_all(stdin: &Sender, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match stdin.try_write(bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                stdin.writable().await?
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
