//! The frame of results that is being made, as Python and the loops share it, and the ids of a spout's pending tuples.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::encode;
use crate::frame::{Added, Extras, Frame, REPEAT};
use crate::python::{Buffer, Exact, Guarded, call, exact};

/// The counterpart of `Results` in `_results.py`; `NativeResults` there is a thin dress around it.
#[pyclass(frozen)]
pub(crate) struct Rows {
    state: Guarded<State>,
}

/// What may be said to repeat, in bytes as encoded: less is not worth it, and more is not taken.
const SHORTEST_REPEATED: usize = 32;
const LONGEST_REPEATED: usize = 4096;

struct State {
    frame: Frame,
    /// For each block and column the text that stands last in it, if it may be repeated; empty where the host takes no repeats.
    last: Vec<Vec<Option<Py<PyAny>>>>,
    /// What the spout called its tracked tuples, by their sequence numbers.
    pending: HashMap<u64, Py<PyAny>, FixedState>,
    /// Tracked rows so far.
    tracked: u64,
}

#[pymethods]
impl Rows {
    /// `blocks`: for each, the stream's number, how many columns it has, and whether its rows are tracked. `repeats`: whether the
    /// host takes them.
    #[new]
    #[pyo3(signature = (blocks, automatic, by_hand, max_frame, repeats = false))]
    fn new(
        blocks: Vec<(u16, usize, bool)>,
        automatic: bool,
        by_hand: bool,
        max_frame: usize,
        repeats: bool,
    ) -> Self {
        let none = |&(_, width, _): &(u16, usize, bool)| (0..width).map(|_| None).collect();
        let state = State {
            frame: Frame::new(&blocks, automatic, by_hand, max_frame),
            last: match repeats {
                true => blocks.iter().map(none).collect(),
                false => Vec::new(),
            },
            pending: HashMap::default(),
            tracked: 0,
        };
        Self {
            state: Guarded::new(state),
        }
    }

    /// Rows that wait to be sent.
    fn __len__(&self, py: Python<'_>) -> usize {
        self.frame(py, |frame| frame.rows())
    }

    /// Bytes of the values that wait to be sent.
    #[getter]
    fn size(&self, py: Python<'_>) -> usize {
        self.frame(py, |frame| frame.bytes())
    }

    /// Whether it is time to send.
    #[getter]
    fn full(&self, py: Python<'_>) -> bool {
        self.frame(py, |frame| frame.is_full())
    }

    /// Rows in earlier frames.
    #[getter]
    fn sent(&self, py: Python<'_>) -> u64 {
        self.frame(py, |frame| frame.sent)
    }

    /// Inputs, or a spout's control frames, as said in the last frame.
    #[getter]
    fn consumed(&self, py: Python<'_>) -> u64 {
        self.frame(py, |frame| frame.consumed)
    }

    /// Inputs that are through, said or not.
    #[getter]
    fn through(&self, py: Python<'_>) -> u64 {
        self.frame(py, |frame| frame.through())
    }

    /// Counts inputs that are not marked: a spout's control frames.
    fn consume(&self, py: Python<'_>, count: u64) {
        self.frame(py, |frame| frame.consumed += count);
    }

    /// Whether this input has been acked, by hand, since the last frame.
    fn has_ack(&self, py: Python<'_>, id: u64) -> bool {
        self.frame(py, |frame| frame.acks.contains(&id))
    }

    /// Acks an input by hand.
    pub(crate) fn ack(&self, py: Python<'_>, id: u64) {
        self.frame(py, |frame| frame.acks.push(id));
    }

    /// All that waits, as the bytes of one frame. None where more inputs are through than `through`: their fails, if there are any,
    /// are not among `fails` yet.
    fn take<'py>(
        &self,
        py: Python<'py>,
        loose: bool,
        ask: bool,
        fails: &[u8],
        through: u64,
    ) -> Option<Bound<'py, PyBytes>> {
        self.state.with(py, |state| {
            if state.frame.through() != through {
                return None;
            }
            state.last.iter_mut().for_each(|block| forget(block));
            Some(PyBytes::new(py, state.frame.take(loose, ask, fails)))
        })
    }

    /// Takes the id of a pending tuple out; `missing` where there is none.
    fn pop(&self, py: Python<'_>, number: u64, missing: Py<PyAny>) -> Py<PyAny> {
        self.state
            .with(py, |state| state.pending.remove(&number))
            .unwrap_or(missing)
    }

    /// Takes the ids of acked ranges out, each `u64 first, u64 count`, and calls `acked` with each unless it is None; what that
    /// raises goes to `report`.
    fn acked(
        &self,
        ranges: &Bound<'_, PyAny>,
        acked: Option<&Bound<'_, PyAny>>,
        report: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = ranges.py();
        let ranges = Buffer::of(ranges)?;
        let (ranges, rest) = ranges.bytes().as_chunks::<16>();
        if !rest.is_empty() {
            return Err(PyValueError::new_err(
                "the host sent half a range of acked tuples",
            ));
        }
        for range in ranges {
            let range = u128::from_le_bytes(*range);
            let (first, count) = (range as u64, (range >> 64) as u64);
            for number in first..first.saturating_add(count) {
                let Some(id) = self.state.with(py, |state| state.pending.remove(&number)) else {
                    continue;
                };
                if let Some(acked) = acked
                    && let Err(error) = call(acked, id.bind(py))
                {
                    told(py, error, report)?;
                }
            }
        }
        Ok(())
    }
}

impl Rows {
    /// Works on the frame. `work` must run no Python code.
    #[inline]
    pub(crate) fn frame<R>(&self, py: Python<'_>, work: impl FnOnce(&mut Frame) -> R) -> R {
        self.state.with(py, |state| work(&mut state.frame))
    }

    /// Rows since the start, sent or not.
    #[inline]
    pub(crate) fn total(&self, py: Python<'_>) -> u64 {
        self.frame(py, |frame| frame.sent + frame.rows() as u64)
    }

    /// Adds what was given to `emit` as a row of so many values; a list or tuple is always the row. With an `id` it is tracked.
    #[inline]
    pub(crate) fn add<'py>(
        &self,
        block: usize,
        width: usize,
        values: &Bound<'py, PyAny>,
        extras: Extras<'_>,
        id: Option<&Bound<'py, PyAny>>,
    ) -> Added {
        let py = values.py();
        self.state.with(py, |state| {
            let frame = &mut state.frame;
            let mut nothing: [Option<Py<PyAny>>; 0] = [];
            let last = state.last.get_mut(block);
            let last = last.map_or(&mut nothing[..], |block| &mut block[..]);
            let added = match exact(values) {
                Exact::Tuple(row) if row.len() == width => {
                    frame.add(block, extras, |column, out| {
                        row.get_borrowed_item(column)
                            .is_ok_and(|value| write(&value, last.get_mut(column), out))
                    })
                }
                Exact::List(row) if row.len() == width => {
                    frame.add(block, extras, |column, out| {
                        row.get_item(column)
                            .is_ok_and(|value| write(&value, last.get_mut(column), out))
                    })
                }
                Exact::Tuple(_) | Exact::List(_) => Added::NotPlain,
                _ if width == 1 => frame.add(block, extras, |column, out| {
                    write(values, last.get_mut(column), out)
                }),
                _ => Added::NotPlain,
            };
            if added != Added::Yes {
                forget(last);
            }
            if added == Added::Yes
                && let Some(id) = id
            {
                state.pending.insert(state.tracked, id.clone().unbind());
                state.tracked += 1;
            }
            added
        })
    }
}

/// Encodes a value, or says that it is the very text that stands before it. `last`: that one; None where the host takes no repeats.
#[inline]
fn write(
    value: &Bound<'_, PyAny>,
    mut last: Option<&mut Option<Py<PyAny>>>,
    out: &mut Vec<u8>,
) -> bool {
    if let Some(Some(last)) = &last
        && last.is(value)
    {
        out.push(REPEAT);
        return true;
    }
    let from = out.len();
    if !encode::value(value, out) {
        return false;
    }
    let length = out.len() - from;
    if length >= SHORTEST_REPEATED || matches!(last, Some(Some(_))) {
        remember(value, length, &mut last);
    }
    true
}

/// What has just been encoded may be what comes next. Texts never change; whatever else may be another by then.
#[cold]
fn remember(value: &Bound<'_, PyAny>, length: usize, last: &mut Option<&mut Option<Py<PyAny>>>) {
    if let Some(last) = last {
        let may = (SHORTEST_REPEATED..=LONGEST_REPEATED).contains(&length)
            && value.is_exact_instance_of::<PyString>();
        **last = may.then(|| value.clone().unbind());
    }
}

/// What stands in the frame is not known any more, or there is another frame.
fn forget(last: &mut [Option<Py<PyAny>>]) {
    last.fill_with(|| None);
}

/// Hands an exception of user code to `report`. Whatever is none, an exit or an interrupt, is returned as it is.
#[cold]
pub(crate) fn told(py: Python<'_>, error: PyErr, report: &Bound<'_, PyAny>) -> PyResult<()> {
    if !error.is_instance_of::<pyo3::exceptions::PyException>(py) {
        return Err(error);
    }
    call(report, error.into_value(py).bind(py))
}

/// The values of a cleaned row.
pub(crate) fn cleaned<'py>(values: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    Ok(values.cast_into::<PyList>()?)
}
