//! The one interpreter of the host. It is started by the first component that needs it, on a thread of its own, which is Python's main
//! thread: it handles no signal, and interrupts components that are to stop and do not look.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::PyType;
use stormhost_native::embed;

use super::{STACK, stray};

/// How often code that goes on is interrupted again: it may have caught the exception.
const AGAIN: Duration = Duration::from_millis(50);

/// Code that was interrupted so often is asked where it stands.
const EXPLAINED_AT: u32 = 2;

/// Says in a word what an interpreter is: version, kind, and whether it has a global lock.
const SAY: &str = "import sys; sys.stdout.write('%d.%d %s%s' % (*sys.version_info[:2], sys.implementation.name, '' if getattr(sys, '_is_gil_enabled', lambda: True)() else '-free-threaded'))";

/// Python, ready to run components.
pub(super) struct Interpreter {
    /// The module `_inside`.
    inside: Py<PyModule>,
    /// What is raised in code that is to stop.
    stopped: Py<PyType>,
    /// Takes those that are to be interrupted.
    interrupts: Sender<Arc<Stopping>>,
}

static ONLY: OnceLock<Result<Interpreter, String>> = OnceLock::new();

impl Interpreter {
    /// The interpreter, which runs as `program` would; the first one who asks decides. `package` is the folder with our library.
    pub(super) fn get(program: &Path, package: &Path) -> Result<&'static Interpreter, String> {
        let only = ONLY.get_or_init(|| start(program, package));
        only.as_ref().map_err(String::clone)
    }

    pub(super) fn inside<'py>(&self, py: Python<'py>) -> &Bound<'py, PyModule> {
        self.inside.bind(py)
    }
}

/// Whether one component is to stop, and on which thread its code runs.
#[derive(Default)]
pub struct Stopping {
    asked: AtomicBool,
    /// How often its code was interrupted.
    times: AtomicU32,
    /// The thread, and the interpreter that it runs in, while it does.
    runs: Mutex<Option<(u64, &'static Interpreter)>>,
}

impl Stopping {
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(SeqCst)
    }

    /// Has its code stop.
    pub(super) fn ask(self: &Arc<Self>) {
        self.asked.store(true, SeqCst);
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, interpreter)) = &*runs {
            // The other end is never dropped.
            let _ = interpreter.interrupts.send(self.clone());
        }
    }

    /// Notes that the calling thread is the one, as long as what is returned is there.
    pub(super) fn comes_from(self: &Arc<Self>, interpreter: &'static Interpreter) -> Runs {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        *runs = Some((thread_number(), interpreter));
        drop(runs);
        if self.is_asked() {
            self.ask();
        }
        Runs(self.clone())
    }

    /// Raises in its code. False when nothing is left to interrupt.
    fn interrupt(&self, py: Python<'_>) -> bool {
        let runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((thread, interpreter)) = *runs else {
            return false;
        };
        embed::interrupt(py, thread, Some(interpreter.stopped.bind(py)));
        drop(runs);
        if self.times.fetch_add(1, SeqCst) == EXPLAINED_AT {
            // It is told for its user's sake; that it cannot be is no reason to leave off.
            let _ = interpreter.inside(py).call_method1("explain", (thread,));
        }
        true
    }
}

/// A component's code runs; when this goes it does so no more, and nothing is raised in its thread any more.
pub(super) struct Runs(Arc<Stopping>);

impl Drop for Runs {
    fn drop(&mut self) {
        let mut runs = self.0.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((thread, _)) = runs.take() {
            Python::attach(|py| embed::interrupt(py, thread, None));
        }
    }
}

/// As `threading.get_ident()` has it.
fn thread_number() -> u64 {
    nix::sys::pthread::pthread_self() as u64
}

fn start(program: &Path, package: &Path) -> Result<Interpreter, String> {
    let version = embed::version();
    fits(program, &version)?;
    stray::take_over_descriptors().map_err(|error| {
        format!("no descriptors for Python inside the host can be had: {error}")
    })?;
    let (ready, made) = channel();
    let (program, package) = (program.to_owned(), package.to_owned());
    thread::Builder::new()
        .name("python".into())
        .stack_size(STACK)
        .spawn(move || {
            let started = embed::start(&program)
                .map_err(|why| format!("Python {version} inside the host cannot be started: {why}"))
                .and_then(|()| prepare(&package));
            let (interpreter, interrupts) = match started {
                Ok(started) => started,
                Err(why) => {
                    let _ = ready.send(Err(why));
                    return;
                }
            };
            tracing::info!(
                "Python {version} runs inside the host, as {}",
                program.display()
            );
            let _ = ready.send(Ok(interpreter));
            interrupt_for_ever(&interrupts);
        })
        .map_err(|error| format!("no thread could be had for Python inside the host: {error}"))?;
    made.recv()
        .unwrap_or_else(|_| Err("Python inside the host could not be started: a panic".into()))
}

/// Whether the interpreter that has described the components is of the version that is inside: its modules must be usable.
fn fits(program: &Path, version: &str) -> Result<(), String> {
    let said = Command::new(program).args(["-c", SAY]).output();
    let said = said.map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let wanted = version.rsplit_once('.').map_or(version, |(minor, _)| minor);
    if said == format!("{wanted} cpython") {
        return Ok(());
    }
    Err(format!(
        "the Python inside this stormhost is CPython {version}, and this topology's is {} ({}): choose one of version {wanted} (--python), build stormhost with PYO3_PYTHON={}, or say where='outside'",
        if said.is_empty() {
            "of no known version"
        } else {
            &said
        },
        program.display(),
        program.display(),
    ))
}

/// Makes our library known, with the accelerator that is linked into the host.
fn prepare(package: &Path) -> Result<(Interpreter, Receiver<Arc<Stopping>>), String> {
    Python::attach(|py| {
        let sys = py.import("sys")?;
        sys.getattr("path")?
            .call_method1("insert", (0, package.as_os_str()))?;
        // As for children, another one may be named, to be measured.
        if std::env::var_os("STORMHOST_NATIVE").is_none() {
            let native = stormhost_native::module(py);
            sys.getattr("modules")?
                .set_item("stormhost._native", native)?;
        }
        let inside = py.import("stormhost._inside")?;
        inside.call_method0("install")?;
        let (interrupts, asked) = channel();
        let interpreter = Interpreter {
            stopped: inside.getattr("Stopped")?.cast_into::<PyType>()?.unbind(),
            inside: inside.unbind(),
            interrupts,
        };
        Ok((interpreter, asked))
    })
    .map_err(|error: PyErr| {
        format!(
            "Python inside the host cannot be prepared: {}",
            words(&error)
        )
    })
}

/// Interrupts whoever is named, and does so again until each has left.
fn interrupt_for_ever(asked: &Receiver<Arc<Stopping>>) {
    let mut going_on: Vec<Arc<Stopping>> = Vec::new();
    loop {
        let next = if going_on.is_empty() {
            asked.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            asked.recv_timeout(AGAIN)
        };
        match next {
            Ok(stopping) => going_on.push(stopping),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        Python::attach(|py| going_on.retain(|stopping| stopping.interrupt(py)));
    }
}

/// An error of Python with where it came from.
pub(super) fn words(error: &PyErr) -> String {
    Python::attach(|py| {
        let trace = error.traceback(py).and_then(|trace| trace.format().ok());
        format!("{}{error}", trace.unwrap_or_default())
    })
}
