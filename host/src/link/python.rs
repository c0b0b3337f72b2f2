//! Python inside the host: a component that runs as its command would, in the one interpreter of the host, on a thread of its own.
//!
//! The library is the one that children have (`shims/python`); its `_inside.py` gives a component what a process would have had: streams,
//! an environment, an end by `sys.exit`. What runs once a tuple is the accelerator, which is linked into the host. All threads share
//! Python's global lock; it is let go where a component waits for its pipes.

mod channel;
mod interpreter;
mod stray;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;

use self::channel::Channel;
use self::interpreter::Interpreter;
use super::exit::Exit;
use super::inside::{Ends, Interrupt};

pub use self::interpreter::Stopping;
pub use self::stray::{data_output, keep_data_output};

/// Bytes of a thread's stack: what the main thread of a Python process has.
pub const STACK: usize = 8 << 20;

/// What runs, where, and with what.
#[derive(Debug, Clone)]
pub struct Component {
    /// The interpreter that would run it outside, then what is run: a script and its arguments.
    pub command: Vec<String>,
    /// The working folder, of this thread alone; the host's own if `None`.
    pub folder: Option<PathBuf>,
    /// Found in `os.environ` before the host's environment.
    pub environment: BTreeMap<String, String>,
}

impl Component {
    /// Runs it to its end, which is told as a process's would be. To be called on a thread of its own.
    pub fn run(&self, ends: &Arc<Ends>, stopping: &Arc<Stopping>) -> Exit {
        let channel = Channel::new(ends.clone());
        let outcome = self.run_in_interpreter(&channel, stopping);
        // Threads that its code has left behind may still hold the channel.
        channel.close();
        match outcome {
            _ if stopping.is_asked() => Exit::Interrupted,
            Ok(status) => Exit::Status(status & 0xff),
            Err(story) => {
                ends.complain(format!("{}\n", story.trim_end()).as_bytes());
                Exit::Status(1)
            }
        }
    }

    fn run_in_interpreter(
        &self,
        channel: &Channel,
        stopping: &Arc<Stopping>,
    ) -> Result<i32, String> {
        let program = self.command.first().map(Path::new).unwrap_or(Path::new(""));
        let package = self
            .package()
            .ok_or("the library of stormhost cannot be found by its command and its PYTHONPATH")?;
        let interpreter = Interpreter::get(program, &package)?;
        match &self.folder {
            Some(folder) => super::inside::enter(folder).map_err(|error| {
                format!(
                    "the working folder {} cannot be entered: {error}",
                    folder.display()
                )
            })?,
            // Where that is refused, it runs all the same.
            None => super::inside::set_apart().unwrap_or(()),
        }
        Python::attach(|py| {
            let words = PyList::new(py, self.command.iter().skip(1))?;
            let channel = Py::new(py, channel.clone())?;
            let runs = stopping.comes_from(interpreter);
            let status = interpreter
                .inside(py)
                .call_method1("run", (channel, words, self.environment.clone()));
            // From here on nothing interrupts what has to be done in any case.
            drop(runs);
            interpreter.inside(py).call_method0("gone")?;
            status?.extract()
        })
        .map_err(|error: PyErr| interpreter::words(&error))
    }

    /// The folder that holds the package `stormhost`, which stands in the command or in the search path.
    fn package(&self) -> Option<PathBuf> {
        let holds = |folder: &Path| folder.join("stormhost/_inside.py").is_file();
        let main = self.command.get(1).map(Path::new);
        let above = main.and_then(Path::parent).and_then(Path::parent);
        let searched = self.environment.get("PYTHONPATH").map(String::as_str);
        let mut folders = searched.unwrap_or_default().split(':').map(Path::new);
        above
            .filter(|above| holds(above))
            .or_else(|| folders.find(|folder| holds(folder)))
            .map(Path::to_path_buf)
    }
}

/// What brings a component to its end whose code does not look by itself: an exception, raised in it again and again.
pub fn interrupt(stopping: Arc<Stopping>) -> Interrupt {
    Interrupt(Box::new(move || stopping.ask()))
}
