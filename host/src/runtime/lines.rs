//! The conversation with a command of the shell that is kept running: no handshake, a line in for each tuple, a tuple for each line out.
//!
//! | the command | what follows |
//! |---|---|
//! | a spout exits with 0, or with 1 and nothing said on stderr, as `grep` does | it is through; its lines that are pending are kept and replayed all the same |
//! | a filter exits with 0 before its input has ended, as `head` does | it has had enough: what comes for it goes nowhere |
//! | any of them fails | its story is told, its loss counted, and it is started again |
//! | its input has ended | its exit is awaited for as long as it takes, and what it still says is passed on |

use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;
use tokio::time::{sleep, timeout};

use super::bounds;
use super::child::{ChildLife, End, lived_on};
use super::heartbeat::{Signs, Verdict, Watch};
use super::host::Host;
use super::line_ear::LineEar;
use super::task::Dialect;
use crate::errors::{Code, Report};
use crate::link::exit::Exit;
use crate::link::life::Life;
use crate::link::outlet::Outlet;
use crate::link::pipe::{enlarge, unread};
use crate::topology::{Component, ShellMode};

/// A filter that has not read what it was given is looked at after this, then after twice as long, up to [`SELDOM`].
const SOON: Duration = Duration::from_millis(1);
const SELDOM: Duration = Duration::from_millis(50);
/// How often a command is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// A command that closes its output leaves at once, as a rule: so long it has for that, whatever `stormhost.kill.timeout.secs` says.
const LEAVING: Duration = Duration::from_millis(200);
/// A command that lived for so long before it failed was no typo.
const LIVED: Duration = Duration::from_secs(10);

/// A task whose command has left for good: nothing is started, and what comes goes nowhere. Until the run needs the task no more.
pub(super) async fn rest(host: &Rc<Host>, at: usize) {
    let mut stage = host.stage.subscribe();
    while !host.with(|core| {
        core.let_go_of_queue(at);
        // Replays go on without the command; what became of its lines is noted.
        core.fill(at, &mut Vec::new());
        core.should_leave(at)
    }) {
        tokio::select! {
            () = host.something_to_write(at) => {}
            _ = stage.changed() => {}
        }
    }
}

/// What tells a command of the shell which of its component's tasks it is, so that several can share a source: none for other components.
pub(super) fn share(host: &Host, at: usize) -> Vec<(String, String)> {
    let task = host.topology.tasks[at];
    let component = &host.topology.components[task.component];
    if component.shell.is_none() {
        return Vec::new();
    }
    let share = [
        ("STORMHOST_TASK_INDEX", task.index),
        ("STORMHOST_TASKS", component.parallelism),
    ];
    share
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .into()
}

/// Whether a death of this command, after so long, is no typo. What it has read or written was noted before.
pub(super) fn lived(component: &Component, age: Duration) -> bool {
    component.shell.is_some() && age > LIVED
}

/// Ends when the command stands still for want of the terminal: that belongs to whoever started the host, as with everything a shell runs in the background.
async fn wants_a_terminal(life: &Life) -> Report {
    loop {
        sleep(LOOK).await;
        if life.is_stopped_for_a_terminal() {
            return Code::WANTS_TERMINAL.told("it wanted the terminal, which is not given to it, and was stopped for that by the kernel (SIGTTIN, SIGTTOU)");
        }
    }
}

impl ChildLife<'_> {
    pub(super) async fn work_with_lines(
        &mut self,
        life: &Life,
        stdin: Sender,
        stdout: &mut Outlet,
    ) -> (End, Exit) {
        let component = self.host.component(self.at);
        let Some(shell) = &component.shell else {
            return (End::Left, life.wait().await);
        };
        let dialect = Dialect::Lines(shell.layout.encoding());
        self.was_up = true;
        self.host.with(|core| core.up(self.at, dialect));
        if let Some(pipe) = stdout.pipe() {
            enlarge(pipe, self.host.pipe_bytes);
        }
        let mut ear = LineEar::new(self.host.clone(), self.at, shell.layout.end());
        let is_spout = self.host.with(|core| core.tasks[self.at].spout.is_some());
        if is_spout {
            // What it has to say does not come of what it is given.
            drop(stdin);
            self.listen_to_spout(life, stdout, &mut ear).await
        } else {
            enlarge(&stdin, self.host.pipe_bytes);
            self.filter(life, stdin, stdout, &mut ear).await
        }
    }

    async fn listen_to_spout(
        &self,
        life: &Life,
        stdout: &mut Outlet,
        ear: &mut LineEar,
    ) -> (End, Exit) {
        let (host, at) = (self.host, self.at);
        let mut stage = host.stage.subscribe();
        let mut exit = None;
        // Why the host ended it before it left, if it did.
        let mut ended = None;
        let mut over = pin!(self.may_not_go_on(life));
        loop {
            if ended.is_some() && exit.is_none() {
                exit = Some(self.end_at_once(life).await);
            }
            let (leave, through, room) = host.with(|core| {
                // What became of its lines is noted.
                core.fill(at, &mut Vec::new());
                let through = core.tasks[at].is_through();
                (core.should_leave(at), through, core.room_for_lines(at))
            });
            if leave || through {
                let end = if through { End::Through } else { End::Asked };
                let exit = match exit {
                    Some(exit) => exit,
                    None => self.end_at_once(life).await,
                };
                return (end, exit);
            }
            if room > 0 && ear.hear(room) {
                // Let the writers have what this brought before more is taken.
                tokio::task::yield_now().await;
                continue;
            }
            match exit {
                Some(exit) if room > 0 => {
                    if ear.read_now(stdout).await || ear.take_the_rest() {
                        continue;
                    }
                    let end = match ended {
                        Some(why) if self.may_begin_again() => End::Ended(why),
                        Some(why) => End::Failed(Some(why)),
                        None => self.end_of(exit),
                    };
                    return (end, exit);
                }
                Some(_) => tokio::select! {
                    () = host.something_to_write(at) => {}
                    () = host.room(at) => {}
                    _ = stage.changed() => {}
                },
                None if room > 0 => tokio::select! {
                    biased;
                    closed = ear.read(stdout) => if closed {
                        tokio::select! {
                            left = self.exit_of(life) => match left {
                                Some(left) => exit = Some(left),
                                None => ended = Some(lived_on()),
                            },
                            why = &mut over => ended = Some(why),
                        }
                    },
                    left = life.wait() => exit = Some(left),
                    why = &mut over => ended = Some(why),
                    _ = stage.changed() => {}
                },
                None => tokio::select! {
                    () = host.something_to_write(at) => {}
                    () = host.room(at) => {}
                    left = life.wait() => exit = Some(left),
                    why = &mut over => ended = Some(why),
                    _ = stage.changed() => {}
                },
            }
        }
    }

    /// It has closed its output. Its exit follows, or the end of the run; `None` where it lives on, and is of no use to anybody.
    /// One that may not begin again is waited for as long as it takes, as a shell would.
    async fn exit_of(&self, life: &Life) -> Option<Exit> {
        let mut stage = self.host.stage.subscribe();
        let grace = sleep(self.host.kill_timeout(self.at).max(LEAVING));
        tokio::pin!(grace);
        loop {
            if self.host.with(|core| core.should_leave(self.at)) {
                return Some(self.end_at_once(life).await);
            }
            tokio::select! {
                exit = life.wait() => return Some(exit),
                _ = stage.changed() => {}
                () = &mut grace, if self.may_begin_again() => return None,
            }
        }
    }

    /// A filter, fed and heard until it leaves.
    async fn filter(
        &self,
        life: &Life,
        stdin: Sender,
        stdout: &mut Outlet,
        ear: &mut LineEar,
    ) -> (End, Exit) {
        let mut over = pin!(self.may_not_go_on(life));
        let mut end = tokio::select! {
            end = self.feed(&stdin) => end,
            _ = life.wait() => End::Left,
            why = self.watch_filter(&stdin) => End::Ended(why),
            why = &mut over => End::Ended(why),
            () = async { ear.listen(stdout).await; std::future::pending().await } => unreachable!("pending never ends"),
        };
        if let End::Left = end {
            // What it has not read is seen before its pipe is gone.
            self.note_what_it_read(&stdin);
        }
        drop(stdin);
        let leave = async {
            if let End::Asked = end {
                let changed = tokio::select! {
                    exit = self.await_exit(life) => return exit,
                    // As a shell's pipeline is over when its last command is.
                    () = self.nobody_wants_it() => End::Through,
                    why = &mut over => End::Ended(why),
                };
                end = changed;
            }
            match end {
                End::Left => life.wait().await,
                _ => self.end_at_once(life).await,
            }
        };
        let exit = tokio::select! {
            exit = leave => exit,
            () = async { ear.listen(stdout).await; std::future::pending().await } => unreachable!("pending never ends"),
        };
        ear.hear_the_end(stdout).await;
        match end {
            End::Left => (self.end_of(exit), exit),
            other => (other, exit),
        }
    }

    /// What it means that a command left by itself.
    fn end_of(&self, exit: Exit) -> End {
        if exit == Exit::Status(0) {
            self.host.mark_healthy(self.at);
            End::Through
        } else if self.may_begin_again() {
            End::Left
        } else {
            End::Failed(None)
        }
    }

    /// What it means that it left, now that all it said on standard error is known: a first command that exits with 1 and has said nothing, here or there,
    /// has found nothing, as `grep` says it. A filter that does so before its input has ended was not to.
    pub(super) fn by_its_last_words(&self, end: End, exit: Exit) -> End {
        let has_said_nothing = || {
            self.host.with(|core| {
                let task = &core.tasks[self.at];
                task.spout.is_some() && task.counters.emitted == 0
            })
        };
        match end {
            End::Left | End::Failed(None)
                if self.host.component(self.at).shell.is_some()
                    && has_said_nothing()
                    && self.found_nothing(exit) =>
            {
                self.host.mark_healthy(self.at);
                End::Through
            }
            end => end,
        }
    }

    /// As grep says that it found nothing, and diff that there is a difference.
    fn found_nothing(&self, exit: Exit) -> bool {
        exit == Exit::Status(1) && self.stderr_is_empty()
    }

    /// Whether the command is started again when it fails: always, unless it would say again what it has said and nobody wants that.
    fn may_begin_again(&self) -> bool {
        let once = matches!(
            &self.host.component(self.at).shell,
            Some(shell) if matches!(shell.mode, ShellMode::Lines { restart: false, .. })
        );
        !once
            || self
                .host
                .with(|core| core.tasks[self.at].counters.emitted == 0)
    }

    /// Writes what the core has for the filter, and notes what it has read. Ends when its input has ended, or nobody wants it.
    async fn feed(&self, stdin: &Sender) -> End {
        let (host, at) = (self.host, self.at);
        let mut stage = host.stage.subscribe();
        let mut out = Vec::with_capacity(256 * 1024);
        let mut pause = SOON;
        let mut deaf = false;
        loop {
            out.clear();
            let (leave, through) = host.with(|core| {
                let (leave, through) = (core.should_leave(at), core.tasks[at].is_through());
                if !(through || leave && host.overdue.get()) {
                    core.fill(at, &mut out);
                }
                (leave, through)
            });
            if through {
                return End::Through;
            }
            if deaf && !out.is_empty() {
                host.with(|core| core.lines_were_read(at, 0));
                continue;
            }
            if !out.is_empty() {
                self.unwritten.set(out.len());
                let written = tokio::select! {
                    written = self.write_lines(stdin, &out) => written,
                    () = host.out_of_time(at) => return End::Asked,
                    () = self.nobody_wants_it() => return End::Through,
                };
                if written.is_err() {
                    deaf = self.reads_no_more().await;
                }
                pause = SOON;
                continue;
            }
            if leave {
                return End::Asked;
            }
            let waits_for_it = if self.note_what_it_read(stdin) {
                pause = SOON;
                true
            } else {
                host.with(|core| !core.tasks[at].in_hand.is_empty())
            };
            tokio::select! {
                () = host.something_to_write(at) => {}
                _ = stdin.ready(Interest::ERROR), if !deaf => deaf = self.reads_no_more().await,
                _ = stage.changed() => {}
                () = sleep(pause), if waits_for_it => pause = (pause * 2).min(SELDOM),
            }
        }
    }

    /// It has closed its input. Its exit, which is seen elsewhere, nearly always follows at once, and says whether it had enough.
    /// One that lives on has: what else comes for it goes nowhere, and what it says counts. Returns that it is so.
    async fn reads_no_more(&self) -> bool {
        sleep(self.host.kill_timeout(self.at)).await;
        self.unwritten.set(0);
        self.host.with(|core| core.lines_were_read(self.at, 0));
        true
    }

    /// Writes all of it; notes meanwhile what was read of it.
    async fn write_lines(&self, stdin: &Sender, out: &[u8]) -> std::io::Result<()> {
        let mut rest = out;
        while !rest.is_empty() {
            match stdin.try_write(rest) {
                Ok(n) => {
                    rest = &rest[n..];
                    self.unwritten.set(rest.len());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    self.note_what_it_read(stdin);
                    stdin.writable().await?;
                }
                Err(error) => return Err(error),
            }
        }
        self.note_what_it_read(stdin);
        Ok(())
    }

    /// Returns whether it has read on: a filter that was given one long line, or reads byte by byte, is at work too.
    fn note_what_it_read(&self, stdin: &Sender) -> bool {
        let unread = unread(stdin).unwrap_or(0) + self.unwritten.get();
        let read = self.host.with(|core| core.lines_were_read(self.at, unread));
        if read {
            self.host.heard[self.at].set(Instant::now());
            self.host.mark_healthy(self.at);
        }
        read
    }

    /// Ends when the command is over a limit, or can never go on, with the reason.
    async fn may_not_go_on(&self, life: &Life) -> Report {
        tokio::select! {
            why = bounds::watch(self.host, self.at, self.pid) => why,
            why = wants_a_terminal(life) => why,
        }
    }

    async fn nobody_wants_it(&self) {
        let host = self.host;
        host.until(|| host.with(|core| core.tasks[self.at].is_through()))
            .await;
    }

    /// Looks once a second whether the filter hangs: it neither reads nor writes with lines before it. Only where a limit was set:
    /// it may work on one line for as long as it takes, as in a shell, and cannot be asked whether it does.
    async fn watch_filter(&self, stdin: &Sender) -> Report {
        let settings = &self.host.component(self.at).settings;
        let limit = settings.subprocess_timeout_that_was_set();
        let limit = limit.unwrap_or(Duration::MAX);
        let mut watch = Watch::new(limit, LOOK, Instant::now());
        loop {
            sleep(LOOK).await;
            // A full pipe does not tell of every line that is taken from it.
            self.note_what_it_read(stdin);
            let signs = self.host.with(|core| Signs {
                heard: self.host.heard[self.at].get(),
                owes: !core.tasks[self.at].in_hand.is_empty(),
                held_up: core.tasks[self.at].waits > 0,
                can_be_asked: false,
            });
            if let Verdict::Hangs = watch.look(signs, Instant::now()) {
                return Code::HUNG.told(format!(
                    "it hung: it neither read nor wrote a line for {:.0} s (topology.subprocess.timeout.secs)",
                    limit.as_secs_f64()
                ));
            }
        }
    }

    /// Its input has ended. It may have much to do yet, as `sort` has; only the end of the user's patience ends it.
    async fn await_exit(&self, life: &Life) -> Exit {
        let host = self.host;
        tokio::select! {
            exit = life.wait() => exit,
            () = host.until(|| host.overdue.get() || host.at_once.get()) => self.end_at_once(life).await,
        }
    }

    /// Ends a command that nobody needs any more.
    async fn end_at_once(&self, life: &Life) -> Exit {
        if !self.host.at_once.get() {
            life.terminate();
            let patience = self.host.kill_timeout(self.at);
            if let Ok(exit) = timeout(patience, life.wait()).await {
                return exit;
            }
        }
        life.kill();
        life.wait().await
    }

    /// What a command lost by failing: told in words, and counted. `None` where nothing was.
    pub(super) fn loss(&self, end: &End, exit: Exit) -> Option<String> {
        let component = self.host.component(self.at);
        let (host, at) = (self.host, self.at);
        if component.shell.is_none() || !self.was_up {
            return None;
        }
        let is_spout = host.with(|core| core.tasks[at].spout.is_some());
        match end {
            // The host ended it, whose patience had an end.
            End::Asked if is_spout || host.overdue.get() => None,
            End::Asked if exit == Exit::Status(0) || self.found_nothing(exit) => None,
            End::Asked => {
                host.with(|core| core.output_is_lost());
                Some("it failed at the end of its input: what it had not written is lost".into())
            }
            End::Through => None,
            End::Failed(_) => {
                host.with(|core| core.output_is_lost());
                Some("what it had still to say is lost; it is not started again".into())
            }
            End::Left | End::Ended(_) if is_spout => None,
            End::Left | End::Ended(_) => {
                let lost = host.with(|core| core.lines_are_lost(at));
                Some(format!(
                    "it is at most once: {lost} lines that it had not read are lost, and what it had read and not written, which nobody can count"
                ))
            }
        }
    }
}
