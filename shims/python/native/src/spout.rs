//! The loop of a spout: lets it emit until a batch is full or old, its credit is used up, or it has nothing.

use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyString};

use crate::emit::Stream;
use crate::python::call_plain;
use crate::rows::Rows;

/// As in `_frames_spout.py`: a batch is written when it has this many rows, when its first row is this old, and after a call that took
/// longer than the last figure.
const MAX_ROWS: u64 = 1024;
const MAX_AGE: Duration = Duration::from_millis(1);
const SLOW: Duration = Duration::from_micros(300);
/// The clock is read after every call while calls are slow, and after up to this many while they are fast.
const MAX_PACE: u32 = 16;

/// Asks one spout task for its tuples.
#[pyclass(frozen)]
pub(crate) struct SpoutLoop {
    rows: Py<Rows>,
    component: Py<PyAny>,
    pull: Pull,
    /// Makes sure that what waits is sent even if the next call blocks.
    arm: Py<PyAny>,
    done: Py<PyString>,
}

/// How a spout is made to emit once.
enum Pull {
    /// By calling this.
    Call(Py<PyAny>),
    /// By a step of its generator; what that yields goes to the stream.
    Step(Py<PyIterator>, Py<Stream>),
}

#[pymethods]
impl SpoutLoop {
    /// `pull` makes the spout emit once; where there is a stream, it is the spout's generator instead.
    #[new]
    fn new(
        rows: Py<Rows>,
        component: &Bound<'_, PyAny>,
        pull: &Bound<'_, PyAny>,
        stream: Option<Py<Stream>>,
        arm: Py<PyAny>,
    ) -> PyResult<Self> {
        let pull = match stream {
            Some(stream) => Pull::Step(pull.cast::<PyIterator>()?.clone().unbind(), stream),
            None => Pull::Call(pull.clone().unbind()),
        };
        Ok(Self {
            rows,
            pull,
            arm,
            done: PyString::intern(component.py(), "_done").unbind(),
            component: component.clone().unbind(),
        })
    }

    /// Returns whether the spout was asked and had nothing. What it emitted is still to be sent.
    fn burst(&self, py: Python<'_>, credit: u64) -> PyResult<bool> {
        let rows = self.rows.get();
        let component = self.component.bind(py);
        let sent = rows.frame(py, |frame| frame.sent);
        let room = sent + credit.saturating_sub(sent).min(MAX_ROWS);
        let begun = Instant::now();
        let mut before = begun;
        let mut pace = 1;
        let mut total = rows.total(py);
        while total < room {
            for _ in 0..pace {
                self.pull(py)?;
                let now = rows.total(py);
                if now == total {
                    return Ok(true);
                }
                total = now;
                if total >= room
                    || rows.frame(py, |frame| frame.sent) != sent
                    || component.getattr(self.done.bind(py))?.is_truthy()?
                {
                    return Ok(false);
                }
            }
            let now = Instant::now();
            // A slow call is likely followed by another: what it emitted must not wait for that.
            if now - begun > MAX_AGE || now - before > SLOW {
                break;
            }
            before = now;
            call_plain(self.arm.bind(py))?;
            if pace < MAX_PACE {
                pace += pace;
            }
        }
        Ok(false)
    }
}

impl SpoutLoop {
    fn pull(&self, py: Python<'_>) -> PyResult<()> {
        match &self.pull {
            Pull::Call(pull) => call_plain(pull.bind(py)),
            Pull::Step(generator, stream) => match generator.bind(py).clone().next() {
                Some(values) => {
                    let values = values?;
                    if values.is_none() {
                        return Ok(());
                    }
                    stream.get().emit_plain(&values)
                }
                None => {
                    self.component.bind(py).call_method0("done")?;
                    Ok(())
                }
            },
        }
    }
}
