//! How long one call of Lua code may go on, and the watchdog that ends what goes on for longer.
//!
//! The clock begins anew where the library looks at the time, which it does between two calls of the user's code, and nowhere else: what a call has
//! emitted meanwhile is no sign that it will ever end. While it waits for the host the clock stands still.

use std::io::PipeWriter;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mlua::Lua;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::interrupt::{Interruptible, interrupt, this_thread};
use super::progress;
use super::rows::Shared;
use crate::link::exit::Exit;
use crate::link::inside::Ends;

/// Between two interruptions of code that did not heed the first, such as one call of a long function in C; doubled each time, up to a second.
const AGAIN: Duration = Duration::from_millis(5);

/// The clock of one state. It begins with the component's first word, since the host has a deadline of its own for that.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    limit: Option<Duration>,
    made: Instant,
    /// When the call began, in nanoseconds since it was made, and later by what was waited. 0 before the component has said anything.
    since: Arc<AtomicU64>,
}

impl Budget {
    pub(super) fn new(limit: Option<Duration>) -> Budget {
        Budget {
            limit,
            made: Instant::now(),
            since: Arc::default(),
        }
    }

    /// The component has answered the handshake: the clock begins. Further calls do nothing.
    pub(super) fn begin(&self) {
        if !self.begun() {
            self.set(self.made.elapsed());
        }
    }

    /// Between two calls of the user's code: it begins anew, if it has begun.
    pub(super) fn begin_anew(&self) {
        self.now();
    }

    /// Waits for the host, which does not count.
    pub(super) fn waiting<T>(&self, wait: impl FnOnce() -> T) -> T {
        let from = self.made.elapsed();
        let result = wait();
        if self.begun() {
            let waited = self.made.elapsed().saturating_sub(from);
            self.set(self.since().saturating_add(waited));
        }
        result
    }

    /// Seconds since the state was made. Only the library asks, between two calls of the user's code.
    pub(super) fn now(&self) -> f64 {
        let now = self.made.elapsed();
        if self.begun() {
            self.set(now);
        }
        now.as_secs_f64()
    }

    fn begun(&self) -> bool {
        self.since.load(Ordering::Relaxed) > 0
    }

    fn since(&self) -> Duration {
        Duration::from_nanos(self.since.load(Ordering::Relaxed))
    }

    fn set(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.since.store(nanoseconds.max(1), Ordering::Relaxed);
    }

    /// The limit, and what is left of it; all of it before the clock has begun. `None` without a limit.
    fn left(&self) -> Option<(Duration, Duration)> {
        let limit = self.limit?;
        if !self.begun() {
            return Some((limit, limit));
        }
        let gone = self.made.elapsed().saturating_sub(self.since());
        Some((limit, limit.saturating_sub(gone)))
    }

    /// The limit, if it is used up.
    fn spent(&self) -> Option<Duration> {
        self.left()
            .and_then(|(limit, left)| left.is_zero().then_some(limit))
    }

    /// Has a thread look after this one, and end what may not go on, in coroutines too, with its traceback as last words.
    pub(super) fn watch_over(
        &self,
        lua: &Lua,
        ends: &Arc<Ends>,
        sheet: &Shared,
    ) -> mlua::Result<Watchdog> {
        let (budget, of, done) = (self.clone(), ends.clone(), sheet.clone());
        let interruptible = Interruptible::new(lua, move |lua| {
            if let Some(exit) = of.leaving() {
                of.leave(exit);
            }
            let exit = match budget.spent() {
                Some(limit) => Exit::OverBudget(limit),
                None if of.is_stopped() => Exit::Interrupted,
                None => return Ok(()),
            };
            progress::note(lua, &of, &done);
            if let Ok(traceback) = lua.traceback(Some("interrupted"), 0) {
                of.complain(&traceback.as_bytes());
                of.complain(b"\n");
            }
            of.leave(exit)
        })?;
        let stop = ends.stop_signal().map_err(mlua::Error::external)?;
        let (over, end) = std::io::pipe().map_err(mlua::Error::external)?;
        let (budget, watched) = (self.clone(), this_thread());
        let watching = std::thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || {
                let mut pause = AGAIN;
                let mut stopped = false;
                loop {
                    let due = stopped || budget.spent().is_some();
                    let wait = if due {
                        interrupt(watched);
                        pause = (pause * 2).min(Duration::from_secs(1));
                        Some(pause)
                    } else {
                        pause = AGAIN;
                        budget.left().map(|(_, left)| left)
                    };
                    let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
                    let mut both = [
                        PollFd::new(&over, PollFlags::IN),
                        PollFd::new(&stop, PollFlags::IN),
                    ];
                    // A stop that is known already would not let it wait.
                    let looked_at = if stopped { 1 } else { 2 };
                    let seen = poll(both.split_at_mut(looked_at).0, wait.as_ref());
                    let [over, stop] = &both;
                    if seen.is_ok() {
                        if !over.revents().is_empty() {
                            return;
                        }
                        stopped = stopped || !stop.revents().is_empty();
                    }
                }
            })
            .map_err(mlua::Error::external)?;
        Ok(Watchdog {
            end: Some(end),
            watching: Some(watching),
            _interruptible: interruptible,
        })
    }
}

/// The thread that looks after a component's. It is gone when this is dropped, which is before the component's own thread can be.
pub(super) struct Watchdog {
    end: Option<PipeWriter>,
    watching: Option<JoinHandle<()>>,
    _interruptible: Interruptible,
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.end = None;
        if let Some(watching) = self.watching.take() {
            let _ = watching.join();
        }
    }
}
