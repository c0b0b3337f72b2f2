//! The loop of a bolt: takes a frame of tuples apart, and executes them one by one.

use std::time::{Duration, Instant};

use pyo3::exceptions::PyException;
use pyo3::prelude::*;

use crate::decode::Values;
use crate::emit::Ack;
use crate::python::row::RowKind;
use crate::python::{Buffer, Guarded, call, call_plain};
use crate::rows::Rows;
use crate::texts::Texts;
use crate::wire::Wire;

/// As in `_frames_bolt.py`: finished work may wait this long before it is written.
const MAX_AGE: Duration = Duration::from_millis(1);
/// The clock is read after every execute while one takes longer than this, and after up to so many while they are fast.
const SLOW: Duration = Duration::from_micros(300);
const MAX_PACE: u32 = 16;

/// Executes the tuples of one bolt task.
#[pyclass(frozen)]
pub(crate) struct BoltLoop {
    rows: Py<Rows>,
    /// The rows of each input; None for ticks.
    inputs: Vec<Option<Py<RowKind>>>,
    automatic: bool,
    /// Sends what has gathered.
    flush: Py<PyAny>,
    /// Takes the id of an input and the exception that its `execute` has raised.
    failed: Py<PyAny>,
    /// Calls `tick`, and takes what it raises.
    tick: Py<PyAny>,
    state: Guarded<State>,
}

struct State {
    /// Rows that have arrived so far: the id of the next one.
    taken: u64,
    pace: u32,
    texts: Texts,
}

#[pymethods]
impl BoltLoop {
    #[new]
    fn new(
        rows: Py<Rows>,
        inputs: Vec<Option<Py<RowKind>>>,
        automatic: bool,
        flush: Py<PyAny>,
        failed: Py<PyAny>,
        tick: Py<PyAny>,
    ) -> Self {
        Self {
            rows,
            inputs,
            automatic,
            flush,
            failed,
            tick,
            state: Guarded::new(State {
                taken: 0,
                pace: 1,
                texts: Texts::default(),
            }),
        }
    }

    /// The bolt's `ack`, for one that acks by hand; `special` does what it cannot, or says why nobody can.
    fn ack<'py>(&self, py: Python<'py>, special: Py<PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Ack::make(py, self.rows.clone_ref(py), special)
    }

    /// Executes every row of a `T` frame, in order. Returns about how many seconds `execute` took.
    fn tuples(&self, payload: &Bound<'_, PyAny>, execute: &Bound<'_, PyAny>) -> PyResult<f64> {
        let py = payload.py();
        let buffer = Buffer::of(payload)?;
        let mut wire = Wire::new(buffer.bytes());
        let (mut texts, pace) = self
            .state
            .with(py, |state| (std::mem::take(&mut state.texts), state.pace));
        let mut run = Run {
            of: self,
            py,
            execute,
            pace,
            in_code: Duration::ZERO,
            flushed: Instant::now(),
        };
        let done = (0..wire.u32()?).try_for_each(|_| run.take(&mut wire, &mut texts));
        let (pace, in_code) = (run.pace, run.in_code);
        self.state.with(py, |state| {
            state.texts = texts;
            state.pace = pace;
        });
        done?;
        wire.end()?;
        Ok(in_code.as_secs_f64())
    }
}

/// One frame being worked on.
struct Run<'a, 'py> {
    of: &'a BoltLoop,
    py: Python<'py>,
    execute: &'a Bound<'py, PyAny>,
    pace: u32,
    in_code: Duration,
    flushed: Instant,
}

impl<'py> Run<'_, 'py> {
    /// Takes one run of the frame: rows of one input.
    fn take(&mut self, wire: &mut Wire<'_>, texts: &mut Texts) -> PyResult<()> {
        let (number, columns) = (wire.u16()?, wire.u16()?);
        let (rows, task) = (wire.u32()?, wire.u32()?);
        let tasks = if task == 0 {
            wire.numbers(rows as usize)?
        } else {
            &[]
        };
        let mut readers = Vec::with_capacity(columns.into());
        for _ in 0..columns {
            readers.push(Values::of(wire.column()?, rows as usize)?);
        }
        let first = self.of.state.with(self.py, |state| {
            let first = state.taken;
            state.taken += u64::from(rows);
            first
        });
        let ids = first..first + u64::from(rows);
        let kind = self
            .of
            .inputs
            .get(usize::from(number))
            .ok_or_else(|| wrong(format!("input {number} of a bolt that has fewer")))?;
        let Some(kind) = kind else {
            return self.ticks(ids);
        };
        let kind = kind.get();
        if kind.width() != readers.len() {
            return Err(wrong(format!(
                "{columns} columns for an input of {} fields",
                kind.width()
            )));
        }
        let task_of = |row: usize| {
            tasks
                .get(row)
                .map_or(task, |task| u32::from_le_bytes(*task))
        };
        self.execute(kind, ids, task_of, &mut readers, texts)?;
        readers.iter().try_for_each(Values::end)
    }

    fn ticks(&self, ids: std::ops::Range<u64>) -> PyResult<()> {
        for id in ids {
            call_plain(self.of.tick.bind(self.py))?;
            let rows = self.of.rows.get();
            rows.frame(self.py, |frame| frame.mark());
            if !self.of.automatic {
                rows.ack(self.py, id);
            }
        }
        Ok(())
    }

    /// Executes by small groups, so that the clock is read rarely while executes are fast. Of each group the last execute is measured
    /// by itself, and stands for the others.
    fn execute(
        &mut self,
        kind: &RowKind,
        mut ids: std::ops::Range<u64>,
        task_of: impl Fn(usize) -> u32,
        readers: &mut [Values<'_, 'py>],
        texts: &mut Texts,
    ) -> PyResult<()> {
        let py = self.py;
        let rows = self.of.rows.get();
        let mut last = None;
        let mut number = 0;
        let mut before = Instant::now();
        while !ids.is_empty() {
            let group = u64::from(self.pace).min(ids.end - ids.start) as u32;
            let mut begun = before;
            for position in 1..=group {
                // A row that the user has let go is filled anew: making one costs more than all the rest.
                let input = match last.take() {
                    Some(row) if RowKind::is_free(&row) => row,
                    _ => kind.make(py)?,
                };
                kind.fill(&input, ids.start, task_of(number), |field| {
                    readers[field].next(py, texts)
                })?;
                number += 1;
                if position == group && group > 1 {
                    begun = Instant::now();
                }
                if let Err(error) = call(self.execute, &input) {
                    self.failed(ids.start, error)?;
                }
                ids.start += 1;
                rows.frame(py, |frame| frame.mark());
                last = Some(input);
            }
            let now = Instant::now();
            self.in_code += (now - begun) * group;
            if now - before > SLOW * self.pace {
                self.pace = 1;
            } else if self.pace < MAX_PACE {
                self.pace += self.pace;
            }
            before = now;
            if now - self.flushed > MAX_AGE && !ids.is_empty() {
                py.check_signals()?;
                call_plain(self.of.flush.bind(py))?;
                self.flushed = now;
            }
        }
        Ok(())
    }

    #[cold]
    fn failed(&self, id: u64, error: PyErr) -> PyResult<()> {
        if !error.is_instance_of::<PyException>(self.py) {
            return Err(error);
        }
        let error = error.into_value(self.py);
        self.of.failed.bind(self.py).call1((id, error))?;
        Ok(())
    }
}

#[cold]
fn wrong(what: String) -> PyErr {
    pyo3::exceptions::PyRuntimeError::new_err(format!("the host sent {what}"))
}
