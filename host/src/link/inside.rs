//! A component inside the host: a thread in place of a process, at the same three pipes.
//!
//! To whoever speaks with it nothing is different: the same handshake, the same frames, the same back-pressure of a pipe that is full, stray text and
//! last words on a stream of their own. What differs is its life. A thread cannot be killed: it is told to stop, which ends whatever it waits for at
//! [`Ends`], and which an interpreter looks for between instructions. One that does not listen is abandoned, and that is said.
//!
//! What runs on the thread is a closure; `lua` makes one of a script, `python` one of a component's command.

mod ends;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout_at;

pub use ends::Ends;

use super::exit::Exit;
use super::life::{Life, Link};
use super::pipe::{from_child, to_child};
use super::spawn_error::SpawnError;

/// The life of a component inside the host, seen from outside. One that is dropped while it lives is told to stop.
#[derive(Debug)]
pub struct Inside {
    /// What the thread leaves behind as its last act.
    left: watch::Receiver<Option<Left>>,
    /// As long as it is open, the component may go on.
    leave_to_live: RefCell<Option<std::io::PipeWriter>>,
    /// How long one that was killed may take.
    grace: Duration,
    killed: Cell<Option<Instant>>,
    interrupt: Interrupt,
    /// As long as the thread has them.
    ends: Weak<Ends>,
}

/// What the body of a component inside needs, and how it is brought to its end.
#[derive(Debug)]
pub struct Manner {
    /// How long one that was killed may take.
    pub grace: Duration,
    /// Bytes of its stack.
    pub stack: usize,
    /// Called when it is to stop.
    pub interrupt: Interrupt,
}

/// Has code look up that would not notice by itself that it is to stop.
pub struct Interrupt(pub Box<dyn Fn()>);

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupt")
    }
}

#[derive(Clone, Copy, Debug)]
struct Left {
    exit: Exit,
    cpu_seconds: f64,
    unsaid: u64,
}

impl Manner {
    /// Of a body that looks by itself whether it is to stop, and needs no more stack than any thread has.
    pub fn usual(grace: Duration) -> Manner {
        Manner {
            grace,
            stack: 2 << 20,
            interrupt: Interrupt(Box::new(|| ())),
        }
    }
}

impl Inside {
    /// Starts `body` on a thread of its own. What it returns is how it left; a panic is caught, and is a death like any other.
    ///
    /// # Errors
    /// When no descriptor is left, or no thread can be had.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O.
    pub fn start(
        name: &str,
        manner: Manner,
        body: impl FnOnce(Arc<Ends>) -> Exit + Send + 'static,
    ) -> Result<Link, SpawnError> {
        let refused = |cause| SpawnError::Thread {
            name: name.to_owned(),
            cause,
        };
        let (stdin, input) = to_child().map_err(refused)?;
        let (stdout, output) = from_child().map_err(refused)?;
        let (stderr, errors) = from_child().map_err(refused)?;
        let (stop, leave_to_live) = std::io::pipe().map_err(refused)?;
        let ends = Arc::new(Ends::new(input, output, errors, stop).map_err(refused)?);
        let seen = Arc::downgrade(&ends);
        let (tell, left) = watch::channel(None);
        std::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(manner.stack)
            .spawn(move || {
                let exit = catch_unwind(AssertUnwindSafe(|| body(ends.clone())))
                    .unwrap_or_else(|panic| exit_of(panic, &ends));
                let left = Left {
                    exit,
                    cpu_seconds: cpu_seconds_of_this_thread(),
                    unsaid: ends.unsaid(),
                };
                // Its ends are closed before its death is known: what can be read then is everything.
                drop(ends);
                let _ = tell.send(Some(left));
            })
            .map_err(refused)?;
        Ok(Link {
            life: Life::Inside(Inside {
                left,
                leave_to_live: RefCell::new(Some(leave_to_live)),
                grace: manner.grace,
                killed: Cell::new(None),
                interrupt: manner.interrupt,
                ends: seen,
            }),
            stdin,
            stdout,
            stderr,
        })
    }

    /// Waits until it has left, or, once it was killed, until it is plain that it never will. Safe to cancel.
    pub async fn wait(&self) -> Exit {
        let mut left = self.left.clone();
        let left = async {
            match left.wait_for(Option::is_some).await {
                Ok(left) => left.map_or(Exit::Unknown, |left| left.exit),
                Err(_) => Exit::Unknown,
            }
        };
        match self.killed.get() {
            None => left.await,
            Some(at) => timeout_at((at + self.grace).into(), left)
                .await
                .unwrap_or(Exit::Abandoned),
        }
    }

    /// Tells it to stop: it is interrupted at the next instruction that looks, and whatever it waits for at its ends fails.
    pub fn stop(&self) {
        if self.leave_to_live.replace(None).is_some() {
            (self.interrupt.0)();
        }
    }

    /// Tells it to stop, and lets [`Inside::wait`] give up on it after the grace.
    pub fn kill(&self) {
        self.stop();
        if self.killed.get().is_none() {
            self.killed.set(Some(Instant::now()));
        }
    }

    /// CPU seconds that it used; 0 before it has left.
    pub fn cpu_seconds(&self) -> f64 {
        self.left.borrow().map_or(0.0, |left| left.cpu_seconds)
    }

    /// How long it was kept waiting by other components, which is not its own fault; 0 once it has left.
    pub fn held_up(&self) -> Duration {
        self.ends
            .upgrade()
            .map_or(Duration::ZERO, |ends| ends.held_up())
    }

    /// How many inputs it was through with beyond what it had said.
    pub fn unsaid(&self) -> u64 {
        let left = self.left.borrow().map(|left| left.unsaid);
        left.or_else(|| self.ends.upgrade().map(|ends| ends.unsaid()))
            .unwrap_or(0)
    }
}

/// What a panic means: a wish to leave, or a defect, which is told on the component's stderr.
fn exit_of(panic: Box<dyn Any + Send>, ends: &Ends) -> Exit {
    if let Some(exit) = panic.downcast_ref::<Exit>() {
        return *exit;
    }
    let said = panic
        .downcast_ref::<&str>()
        .map(|said| (*said).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    ends.complain(format!("panicked: {}\n", said.unwrap_or_default()).as_bytes());
    Exit::Panicked
}

/// Gives this thread a working folder and a umask of its own, which the threads that it starts share: what it changes there is no matter of the host.
///
/// # Errors
/// When that is refused, as some containers do.
pub fn set_apart() -> std::io::Result<()> {
    Ok(nix::sched::unshare(nix::sched::CloneFlags::CLONE_FS)?)
}

/// Gives this thread a working folder of its own, as [`set_apart`] does, and enters it.
///
/// # Errors
/// When the folder cannot be entered.
pub fn enter(folder: &std::path::Path) -> std::io::Result<()> {
    // Even where it is there already: it may go elsewhere by itself.
    let apart = set_apart();
    if std::env::current_dir().is_ok_and(|here| here == folder) {
        return Ok(()); // and if it could not be set apart, it can still run
    }
    apart?;
    std::env::set_current_dir(folder)
}

fn cpu_seconds_of_this_thread() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    used.tv_sec as f64 + used.tv_nsec as f64 * 1e-9
}

#[cfg(test)]
#[path = "inside/tests.rs"]
mod tests;
