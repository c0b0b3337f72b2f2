//! `emit` and `ack`: what user code calls once a tuple and more.
//!
//! The fast way is plain data for one stream, with nothing beside it but an id or an anchor. Whatever else is asked for is done by
//! functions of Python, with the very same arguments.

use std::ffi::CStr;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};

use crate::frame::{Added, Extras};
use crate::python::builtin::{Arguments, Function, builtin};
use crate::python::method::{Bindings, Method, bind};
use crate::python::{Exact, Guarded, call, call_plain, exact, row};
use crate::rows::{Rows, cleaned};

/// One stream of a component as a block of the frame: rows with an id, or those without.
#[pyclass(frozen)]
pub(crate) struct Stream {
    rows: Py<Rows>,
    block: usize,
    width: usize,
    /// Whether its rows are sent at all.
    heard: bool,
    /// A list of plain values, one a column, from what was given to `emit`; raises the error that the user sees.
    clean: Py<PyAny>,
    /// Raises where what was given has not one value a column.
    count: Py<PyAny>,
    /// Sends what has gathered.
    relieve: Py<PyAny>,
}

#[pymethods]
impl Stream {
    #[new]
    fn new(
        rows: Py<Rows>,
        block: usize,
        width: usize,
        heard: bool,
        clean: Py<PyAny>,
        count: Py<PyAny>,
        relieve: Py<PyAny>,
    ) -> Self {
        Self {
            rows,
            block,
            width,
            heard,
            clean,
            count,
            relieve,
        }
    }

    /// Adds a row, for this task unless that is 0; with an `id` it is tracked. False where nobody listens. Sends nothing afterwards,
    /// even if it is time to.
    #[pyo3(signature = (values, task, anchors, id))]
    fn add(
        &self,
        values: &Bound<'_, PyAny>,
        task: &Bound<'_, PyAny>,
        anchors: Vec<u64>,
        id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let extras = Extras {
            task: number_of(task)?,
            anchors: &anchors,
        };
        self.add_row(values, extras, id)
    }

    /// The `emit` of a bolt that acks automatically; `special` does whatever is not plain.
    fn emit<'py>(slf: Bound<'py, Self>, special: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Emit::make(slf, special, Beside::Nothing)
    }

    /// The `emit` of a bolt that acks by hand.
    fn emit_anchored<'py>(
        slf: Bound<'py, Self>,
        special: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Emit::make(slf, special, Beside::Anchor)
    }

    /// The `emit` of a spout; `tracked` is the stream for rows with an id.
    fn emit_tracked<'py>(
        slf: Bound<'py, Self>,
        special: Py<PyAny>,
        tracked: Py<Stream>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Emit::make(slf, special, Beside::Id(tracked))
    }
}

impl Stream {
    /// Adds a row without anything beside it, and sends when it is time to.
    pub(crate) fn emit_plain(&self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        self.emit_row(values, Extras::default(), None)
    }

    #[inline]
    fn emit_row(
        &self,
        values: &Bound<'_, PyAny>,
        extras: Extras<'_>,
        id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        self.add_row(values, extras, id)?;
        let py = values.py();
        if self.rows.get().frame(py, |frame| frame.is_full()) {
            self.relieved(py)?;
        }
        Ok(())
    }

    #[inline]
    fn add_row(
        &self,
        values: &Bound<'_, PyAny>,
        extras: Extras<'_>,
        id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        if !self.heard {
            let one_each = match exact(values) {
                Exact::Tuple(row) => row.len() == self.width,
                Exact::Text | Exact::Whole => self.width == 1,
                _ => false,
            };
            if !one_each {
                call(self.count.bind(values.py()), values)?;
            }
            return Ok(false);
        }
        let rows = self.rows.get();
        match rows.add(self.block, self.width, values, extras, id) {
            Added::Yes => Ok(true),
            Added::NoRoom => self.add_again(values, extras, id),
            Added::NotPlain => {
                let plain = cleaned(self.clean.bind(values.py()).call1((values,))?)?;
                self.add_again(plain.as_any(), extras, id)
            }
        }
    }

    /// Adds a row that is plain by now, after making room if need be.
    #[cold]
    fn add_again(
        &self,
        values: &Bound<'_, PyAny>,
        extras: Extras<'_>,
        id: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<bool> {
        let rows = self.rows.get();
        loop {
            match rows.add(self.block, self.width, values, extras, id) {
                Added::Yes => return Ok(true),
                // Other threads may fill it again in the meantime; each time this one waits for its turn to write.
                Added::NoRoom => self.relieved(values.py())?,
                Added::NotPlain => {
                    return Err(PyRuntimeError::new_err(format!(
                        "what `clean` let through cannot be encoded: {}",
                        values.repr()?
                    )));
                }
            }
        }
    }

    #[cold]
    fn relieved(&self, py: Python<'_>) -> PyResult<()> {
        call_plain(self.relieve.bind(py))
    }
}

/// The number of a task, or 0. Raises EmitError for what is none, as the pure library does.
fn number_of(task: &Bound<'_, PyAny>) -> PyResult<u32> {
    if !task.is_instance_of::<PyBool>()
        && let Ok(number) = task.extract()
    {
        return Ok(number);
    }
    let said = format!("direct_task is the number of a task, not {}", task.repr()?);
    let raised = task.py().import("stormhost._values")?;
    let raised = raised.getattr("EmitError")?.call1((said, "SH0603"))?;
    Err(PyErr::from_value(raised))
}

/// What may stand beside the values on the fast way.
enum Beside {
    Nothing,
    Anchor,
    Id(Py<Stream>),
}

/// The place of `need_task_ids` among the arguments of `emit`, in `_bolt.py` and in `_spout.py`.
const NEED_TASK_IDS: usize = 4;

struct Emit {
    stream: Py<Stream>,
    special: Py<PyAny>,
    beside: Beside,
    /// What is beside the values: its name, interned, and its place among the arguments.
    name: Py<PyAny>,
    place: usize,
}

impl Emit {
    fn make<'py>(
        stream: Bound<'py, Stream>,
        special: Py<PyAny>,
        beside: Beside,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = stream.py();
        // As in the signatures of `emit` in `_bolt.py` and `_spout.py`.
        let (name, place) = match beside {
            Beside::Nothing | Beside::Anchor => ("anchors", 2),
            Beside::Id(_) => ("id", 1),
        };
        let emit = Self {
            stream: stream.unbind(),
            special,
            beside,
            name: PyString::intern(py, name).into_any().unbind(),
            place,
        };
        builtin(py, emit)
    }

    /// What stands beside the values, perhaps; None for a call that is not of the fast kind.
    #[inline]
    fn beside<'a, 'py>(
        &self,
        arguments: &Arguments<'a, 'py>,
    ) -> Option<Option<pyo3::Borrowed<'a, 'py, PyAny>>> {
        let mut beside = None;
        match arguments.counts() {
            (1, 0) => return Some(None),
            (1, 1) if arguments.first_is_named(&self.name) => beside = Some(arguments.value(1)),
            (by_position @ 2..=5, 0) => {
                for place in 1..by_position {
                    let value = arguments.value(place);
                    // The last may be False: whether task ids are wanted. For any other that is a mistake, which is told.
                    match exact(&value) {
                        _ if place == self.place => beside = Some(value),
                        Exact::None => {}
                        Exact::False if place == NEED_TASK_IDS => {}
                        _ => return None,
                    }
                }
            }
            _ => return None,
        }
        Some(beside.filter(|value| !value.is_none()))
    }
}

impl Function for Emit {
    const NAME: &'static CStr = c"emit";

    #[inline]
    fn call<'py>(
        &self,
        py: Python<'py>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(beside) = self.beside(&arguments) else {
            return arguments.hand_to(self.special.bind(py)).map(Some);
        };
        let values = &arguments.value(0);
        let stream = self.stream.get();
        match (&self.beside, beside) {
            (Beside::Nothing, _) | (_, None) => stream.emit_row(values, Extras::default(), None)?,
            (Beside::Anchor, Some(anchor)) => {
                let Some(id) = row::id_of(&anchor) else {
                    return arguments.hand_to(self.special.bind(py)).map(Some);
                };
                let extras = Extras {
                    task: 0,
                    anchors: &[id],
                };
                stream.emit_row(values, extras, None)?;
            }
            (Beside::Id(tracked), Some(id)) => {
                tracked
                    .get()
                    .emit_row(values, Extras::default(), Some(&*id))?;
            }
        }
        Ok(None)
    }
}

impl Method for Emit {
    const OTHERWISE: &'static str = "_emit";

    fn bindings() -> &'static Bindings<Self> {
        static BINDINGS: Bindings<Emit> = Guarded::new(Vec::new());
        &BINDINGS
    }
}

/// Makes this `emit`, which a stream has made, the component's own.
#[pyfunction]
pub(crate) fn bind_emit(component: &Bound<'_, PyAny>, emit: &Bound<'_, PyAny>) -> PyResult<()> {
    bind::<Emit>(component, emit)
}

/// Makes this `ack`, which a loop has made, the component's own.
#[pyfunction]
pub(crate) fn bind_ack(component: &Bound<'_, PyAny>, ack: &Bound<'_, PyAny>) -> PyResult<()> {
    bind::<Ack>(component, ack)
}

/// The `ack` of a bolt that acks by hand.
pub(crate) struct Ack {
    rows: Py<Rows>,
    special: Py<PyAny>,
}

impl Ack {
    pub(crate) fn make<'py>(
        py: Python<'py>,
        rows: Py<Rows>,
        special: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        builtin(py, Self { rows, special })
    }
}

impl Function for Ack {
    const NAME: &'static CStr = c"ack";

    #[inline]
    fn call<'py>(
        &self,
        py: Python<'py>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if arguments.counts() == (1, 0)
            && let Some(id) = row::id_of(&arguments.value(0))
        {
            self.rows.get().ack(py, id);
            return Ok(None);
        }
        arguments.hand_to(self.special.bind(py)).map(Some)
    }
}

impl Method for Ack {
    const OTHERWISE: &'static str = "_ack";

    fn bindings() -> &'static Bindings<Self> {
        static BINDINGS: Bindings<Ack> = Guarded::new(Vec::new());
        &BINDINGS
    }
}
