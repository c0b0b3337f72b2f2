//! What a component inside in Python reads and writes, as `_inside.py` sees it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::link::inside::Ends;

/// How much is read at once: what a pipe holds at the most.
const READ: usize = 256 << 10;

/// The ends of a component's pipes, for its Python code. The global lock is let go only where something has to be waited for.
#[pyclass(frozen)]
#[derive(Clone)]
pub(super) struct Channel {
    shared: Arc<Shared>,
}

struct Shared {
    /// Gone once the component has left.
    ends: Mutex<Option<Arc<Ends>>>,
    space: Mutex<Vec<u8>>,
}

impl Channel {
    pub(super) fn new(ends: Arc<Ends>) -> Channel {
        Channel {
            shared: Arc::new(Shared {
                ends: Mutex::new(Some(ends)),
                space: Mutex::new(Vec::new()),
            }),
        }
    }

    /// The component has left: whoever still holds the channel cannot keep its pipes open.
    pub(super) fn close(&self) {
        let ends = &self.shared.ends;
        *ends.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn ends(&self) -> PyResult<Arc<Ends>> {
        let ends = &self.shared.ends;
        let ends = ends.lock().unwrap_or_else(PoisonError::into_inner).clone();
        ends.ok_or_else(|| PyOSError::new_err("the component has left"))
    }
}

#[pymethods]
impl Channel {
    /// What there is, up to what a pipe holds; waits while there is nothing. Empty at the end of the input.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let ends = self.ends()?;
        let space = &self.shared.space;
        let mut kept = std::mem::take(&mut *space.lock().unwrap_or_else(PoisonError::into_inner));
        kept.resize(READ, 0);
        let read = match ends.try_read(&mut kept)? {
            Some(read) => read,
            None => py.detach(|| ends.read(&mut kept))?,
        };
        let bytes = PyBytes::new(py, kept.get(..read).unwrap_or_default());
        *space.lock().unwrap_or_else(PoisonError::into_inner) = kept;
        Ok(bytes)
    }

    /// Whether something can be read within so many milliseconds; an end of the input is something.
    fn waiting(&self, py: Python<'_>, milliseconds: f64) -> PyResult<bool> {
        let ends = self.ends()?;
        if ends.readable(Duration::ZERO)? {
            return Ok(true);
        }
        let within = Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default();
        if within.is_zero() {
            return Ok(false);
        }
        Ok(py.detach(|| ends.readable(within))?)
    }

    /// Writes all of it to the host.
    fn write(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<()> {
        let ends = self.ends()?;
        let written = ends.try_write(bytes)?;
        match bytes.get(written..) {
            Some(rest) if !rest.is_empty() => Ok(py.detach(|| ends.write(rest))?),
            _ => Ok(()),
        }
    }

    /// Writes to the component's stderr; that nobody hears it is no error.
    fn complain(&self, py: Python<'_>, bytes: &[u8]) {
        if let Ok(ends) = self.ends() {
            py.detach(|| ends.complain(bytes));
        }
    }

    /// Notes that the component waits for others, or does so no more.
    fn hold_clock(&self, waits: bool) {
        if let Ok(ends) = self.ends() {
            ends.hold_clock(waits);
        }
    }

    /// Notes how many inputs the component is through with beyond what it has said.
    fn note_unsaid(&self, inputs: u64) {
        if let Ok(ends) = self.ends() {
            ends.note_unsaid(inputs);
        }
    }
}
