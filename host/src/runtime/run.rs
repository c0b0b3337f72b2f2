//! A whole run: the tasks, the timers, the signals, and the end.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::child;
use super::completion::Stage;
use super::core::Core;
use super::exec;
use super::feed::{self, Fed};
use super::host::Host;
use super::redis;
use super::sample::Sampler;
use super::sink;
use super::trace::Tracer;
use crate::dead_letters::DeadLetters;
use crate::errors::{Code, Report};
use crate::guard::Guard;
use crate::procstat;
use crate::run_folder::RunFolder;
use crate::stats::Snapshot;
use crate::topology::{Builtin, Kind, Topology};

/// How a run came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// All spouts were through, and everything they emitted is answered.
    Complete,
    /// The time it was given was up.
    TimeUp,
    /// A signal asked for it: its number.
    Signal(i32),
    /// A component could not be started; the story.
    CouldNotStart(Report),
    /// A defect of the host itself; what is known of it.
    HostFailed(Report),
}

/// What is left to say when a run is over.
pub struct Ended {
    /// How it ended.
    pub how: How,
    /// The last figures.
    pub figures: Snapshot,
    /// Whether it is known that no process is left. Else the next start of a host looks for them.
    pub clean: bool,
}

/// How often trees at a standstill are looked at: soon enough that a batcher which waits for more tuples is not kept waiting for long.
const STANDSTILL: Duration = Duration::from_millis(10);
/// How often queues and children are looked at for the figures.
const SAMPLE: Duration = Duration::from_millis(50);
/// Trees that stand still at the spouts' limit for this long are worth a word.
const STUCK: Duration = Duration::from_secs(5);
/// What goes on is told again after this time.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// Who asks for the end may do so twice: `timeout` signals its child and then the group that the child is in. Signals within this time
/// are one. Nobody presses keys twice so quickly.
const SAME_SIGNAL: Duration = Duration::from_millis(200);

/// What the user asked of a run.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// How long it may run.
    pub limit: Option<Duration>,
    /// The path of one tuple tree in so many is told; none if 0.
    pub trace_one_in: u32,
    /// Dead letters, which are fed in place of the spouts.
    pub replay: Option<Vec<Fed>>,
    /// Whether children's standard error passes as it stands, so that stories need not repeat it.
    pub passes_stderr_on: bool,
}

/// Runs a topology until it ends. `show` is given the figures twice a second.
pub async fn run(
    topology: Rc<Topology>,
    guard: Guard,
    folder: &RunFolder,
    wishes: Wishes,
    show: impl FnMut(&Snapshot) + 'static,
) -> Ended {
    let host = Rc::new(Host::new(
        topology.clone(),
        guard,
        folder.token().to_owned(),
        folder.pids(),
        DeadLetters::new(
            folder.path(),
            &topology.name,
            topology.settings.dead_letters_bytes(),
        ),
        seed(),
    ));
    let local = LocalSet::new();
    host.with(|core| core.trace = Tracer::new(wishes.trace_one_in));
    host.passes_stderr_on.set(wishes.passes_stderr_on);
    local.run_until(drive(host, wishes, show)).await
}

async fn drive(host: Rc<Host>, wishes: Wishes, mut show: impl FnMut(&Snapshot) + 'static) -> Ended {
    let topology = host.topology.clone();
    if let Err(error) = super::inside::prepare(&topology) {
        host.fail(
            Code::UNSUITED_HOST.told(format!("standard output cannot be kept for data: {error}")),
        );
    }
    let mut tasks = JoinSet::new();
    let (limit, mut replay) = (wishes.limit, wishes.replay);
    // From the spouts down: the first tuple is on its way while the last children still start.
    let ids = topology
        .upstream_first()
        .into_iter()
        .flatten()
        .flat_map(|component| topology.tasks_of(component));
    for at in ids.map(|id| id as usize - 1) {
        let component = &topology.components[topology.tasks[at].component];
        if let (Some(letters), Kind::Spout) = (&mut replay, component.kind) {
            tasks.spawn_local(feed::feed(host.clone(), at, std::mem::take(letters)));
            continue;
        }
        match component.builtin {
            None if exec::is_exec(component) => tasks.spawn_local(exec::keep(host.clone(), at)),
            None => tasks.spawn_local(child::keep(host.clone(), at)),
            Some(Builtin::Print) => tasks.spawn_local(sink::print(host.clone(), at)),
            Some(Builtin::Redis) => tasks.spawn_local(redis::keep(host.clone(), at)),
        };
    }
    let mut helpers = JoinSet::new();
    let sampler = Rc::new(Sampler::new(host.clone()));
    helpers.spawn_local(keep_guard(host.clone()));
    helpers.spawn_local(rotate(host.clone()));
    helpers.spawn_local(relax(host.clone()));
    helpers.spawn_local(name_holders(host.clone()));
    for (at, task) in topology.tasks.iter().enumerate() {
        let component = &topology.components[task.component];
        // A part of the host, or a command of the shell, would take them for data.
        if component.kind == Kind::Bolt
            && component.builtin.is_none()
            && component.shell.is_none()
            && let Some(every) = component.settings.tick_interval()
        {
            helpers.spawn_local(tick(host.clone(), at, every));
        }
    }
    let shown = sampler.clone();
    helpers.spawn_local(async move {
        let mut clock = interval(SAMPLE);
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        for n in 0u64.. {
            clock.tick().await;
            shown.sample();
            if n % 10 == 9 {
                show(&shown.snapshot());
            }
        }
    });

    let broke = Cell::new(None);
    let how = async {
        let stop = stop_when_asked(&host, limit);
        let done = all_left(&host, &mut tasks, &broke);
        tokio::pin!(stop);
        tokio::select! {
            () = done => match host.failure.borrow_mut().take() {
                Some(story) => How::CouldNotStart(story),
                None => How::Complete,
            },
            how = &mut stop => how,
        }
    }
    .await;
    // Whoever asked for the end, the children leave in order; a second signal makes it quick.
    all_left(&host, &mut tasks, &broke).await;
    // It may have come up after the end was asked for.
    let how = match (how, host.failure.borrow_mut().take()) {
        (How::TimeUp, Some(story)) => How::CouldNotStart(story),
        (how, Some(story)) => {
            tracing::error!(code = %story.code, "{story}");
            how
        }
        (how, None) => how,
    };
    let broke = broke
        .take()
        .or_else(|| host.output_failed.borrow_mut().take());
    let how = broke.map_or(how, How::HostFailed);
    sampler.sample();
    let figures = sampler.snapshot();
    helpers.shutdown().await;
    drop(sampler);
    host.dead_letters.borrow().tell();
    let clean = match Rc::try_unwrap(host) {
        Ok(host) => host.guard.finish().await,
        Err(_) => {
            tracing::debug!("the host is still shared");
            false
        }
    };
    Ended {
        how,
        figures,
        clean,
    }
}

fn defect(panic: &tokio::task::JoinError) -> Report {
    Code::DEFECT.told(format!(
        "the run broke off: a defect in stormhost itself: {panic}"
    ))
}

/// Until every task is through. One that panicked leaves its tuples to nobody, so the run cannot go on: that is noted in `broke`.
async fn all_left(host: &Rc<Host>, tasks: &mut JoinSet<()>, broke: &Cell<Option<Report>>) {
    while let Some(left) = tasks.join_next().await {
        if let Err(panic) = left {
            host.fail(defect(&panic));
            host.at_once.set(true);
            host.stage.send_modify(|_| ());
            broke.set(Some(defect(&panic)));
            return;
        }
    }
}

/// A seed for edges: they only have to differ, not to be secret.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// The signals that ask for the end, but for those that whoever started the host has it ignore, as `nohup` and `trap ''` do.
struct Asked {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hangup: Option<Signal>,
}

impl Asked {
    fn new() -> std::io::Result<Asked> {
        let heard = |kind: SignalKind| match procstat::ignores(kind.as_raw_value()) {
            true => Ok(None),
            false => signal(kind).map(Some),
        };
        Ok(Asked {
            interrupt: heard(SignalKind::interrupt())?,
            terminate: heard(SignalKind::terminate())?,
            hangup: heard(SignalKind::hangup())?,
        })
    }

    /// The number of the next one.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            () = comes(&mut self.interrupt) => 2,
            () = comes(&mut self.terminate) => 15,
            () = comes(&mut self.hangup) => 1,
        }
    }

    /// Ends when it is asked once more. A terminal that is gone asks for nothing more.
    async fn again(&mut self, since: Instant) {
        loop {
            tokio::select! {
                () = comes(&mut self.interrupt) => {}
                () = comes(&mut self.terminate) => {}
            }
            if since.elapsed() > SAME_SIGNAL {
                return;
            }
        }
    }
}

async fn comes(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// Ends when the time is up or a signal came, having asked the run to end; goes on to see to deadlines and second signals in the background.
async fn stop_when_asked(host: &Rc<Host>, limit: Option<Duration>) -> How {
    let Ok(mut asked) = Asked::new() else {
        return std::future::pending().await;
    };
    let time_up = async {
        match limit {
            Some(limit) => sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let how = tokio::select! {
        number = asked.next() => How::Signal(number),
        () = time_up => How::TimeUp,
    };
    let since = Instant::now();
    let patience = host.topology.settings.shutdown_timeout();
    tracing::info!(
        "stopping: spouts are told to stop, and what is on its way is finished ({:.0} s at most)",
        patience.as_secs_f64()
    );
    host.with(|core| core.stop());
    // It must not keep the host, which is taken apart at the end to have the guard look once more.
    let host = Rc::downgrade(host);
    tokio::task::spawn_local(async move {
        let act = |what: fn(&Rc<Host>)| host.upgrade().as_ref().map(what);
        tokio::select! {
            () = sleep(patience) => act(time_is_up),
            () = asked.again(since) => act(at_once),
        };
        asked.again(since).await;
        act(at_once);
    });
    how
}

/// The deadline of an orderly end: whoever is not through by now is not waited for.
fn time_is_up(host: &Rc<Host>) {
    tell_who_is_left(host);
    host.overdue.set(true);
    host.with(|_| ());
    // Also whoever waits for room, though the stage may be the same.
    host.stage.send_modify(|_| ());
}

/// No more waiting: a second signal came.
fn at_once(host: &Rc<Host>) {
    tracing::warn!(code = %Code::AT_ONCE, "stopping at once: children are killed, and what they hold fails");
    host.overdue.set(true);
    host.at_once.set(true);
    host.with(|_| ());
    host.stage.send_modify(|_| ());
}

/// The deadline of an orderly end passed: the log says who is not through.
fn tell_who_is_left(host: &Rc<Host>) {
    let left: Vec<String> = host.with(|core| {
        let busy = (0..core.tasks.len())
            .filter(|at| !core.tasks[*at].in_hand.is_empty() || !core.tasks[*at].queue.is_empty());
        busy.map(|at| {
            format!(
                "{} ({} tuples)",
                core.name(at),
                core.tasks[at].in_hand.len() + core.tasks[at].queue.rows()
            )
        })
        .collect()
    });
    if !left.is_empty() {
        tracing::warn!(
            code = %Code::NOT_FINISHED,
            "not finished in time: {}; what they hold fails",
            left.join(", ")
        );
    }
}

async fn keep_guard(host: Rc<Host>) {
    host.guard.keep_up().await;
}

async fn rotate(host: Rc<Host>) {
    let settings = &host.topology.settings;
    if !settings.enable_message_timeouts() {
        return;
    }
    let mut told: Option<Instant> = None;
    let mut late = 0;
    loop {
        sleep(settings.message_timeout()).await;
        late += host.with(|core| core.rotate());
        if late > 0 && told.is_none_or(|told| told.elapsed() > TELL_AGAIN) {
            told = Some(Instant::now());
            tracing::warn!(
                code = %Code::TIMED_OUT,
                "{late} tuple trees timed out (topology.message.timeout.secs); tuples in hand have {}",
                host.with(|core| names_of_holders(core))
                    .unwrap_or_else(|| "none: they waited in queues, or were lost".to_owned())
            );
            late = 0;
        }
    }
}

/// The components with tuples in hand, and how many these are; `None` where nobody has any.
fn names_of_holders(core: &Core) -> Option<String> {
    let named = core.holders().into_iter().map(|at| {
        format!(
            "{} ({} tuples)",
            core.name(at),
            core.tasks[at].in_hand.len()
        )
    });
    let names: Vec<String> = named.collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The tasks that tuples wait for, and which of them have not come up; `None` where no tuple waits.
fn names_of_awaited(core: &Core) -> Option<String> {
    let awaited = (0..core.tasks.len()).filter(|at| !core.tasks[*at].queue.is_empty());
    let names: Vec<String> = awaited
        .map(|at| {
            let task = &core.tasks[at];
            let not_up = match task.dialect() {
                Some(_) if !task.opening => "",
                _ => "has not come up yet; ",
            };
            format!(
                "{} ({not_up}{} tuples wait for it)",
                core.name(at),
                task.queue.rows()
            )
        })
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

async fn relax(host: Rc<Host>) {
    loop {
        sleep(STANDSTILL).await;
        host.with(|core| core.look_at_standstill());
    }
}

async fn tick(host: Rc<Host>, at: usize, every: Duration) {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
    clock.tick().await;
    loop {
        clock.tick().await;
        host.with(|core| {
            // Behind a full queue ticks would only pile up.
            if !core.tasks[at].queue.is_full()
                && !matches!(core.stage, Stage::Closing(_) | Stage::Done)
            {
                core.tick(at, every.as_secs_f64());
            }
        });
    }
}

/// Says which components hold trees that stand still at the spouts' limit, at most once a minute.
async fn name_holders(host: Rc<Host>) {
    let mut answered = 0;
    let mut told: Option<Instant> = None;
    loop {
        sleep(STUCK).await;
        let (now, stuck) = host.with(|core| {
            let spouts = || {
                core.spouts
                    .iter()
                    .filter_map(|at| core.tasks[*at].spout.as_ref().map(|spout| (*at, spout)))
            };
            let answered: u64 = spouts()
                .map(|(at, _)| core.tasks[at].counters.acked + core.tasks[at].counters.failed)
                .sum();
            let pending = || spouts().filter(|(_, spout)| spout.pending > 0);
            let stuck = if pending().any(|(_, spout)| spout.is_at_its_window()) {
                Some("topology.max.spout.pending")
            } else if pending().any(|(at, _)| core.tasks[at].waits > 0) {
                Some("a queue has no room")
            } else {
                None
            };
            (answered, stuck)
        });
        if let Some(why) = stuck
            && now == answered
            && told.is_none_or(|told| told.elapsed() > TELL_AGAIN)
        {
            told = Some(Instant::now());
            tracing::warn!(
                code = %Code::STANDSTILL,
                "no tuple tree was answered for {:.0} s, and the spouts wait ({why}); they are held by {}",
                STUCK.as_secs_f64(),
                host.with(|core| names_of_holders(core).or_else(|| names_of_awaited(core)))
                    .unwrap_or_else(|| {
                        "nobody: what they belong to was lost, and will time out".to_owned()
                    })
            );
        }
        answered = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::assert_made;

    #[tokio::test]
    async fn a_panic_is_told_as_a_defect() {
        let mut tasks = JoinSet::new();
        tasks.spawn(async { panic!("this should not be") });
        let panic = tasks.join_next().await.unwrap().unwrap_err();
        assert_made("SH1110", &defect(&panic));
    }
}
