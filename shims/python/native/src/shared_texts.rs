//! Texts of all components of one interpreter, so that a text which one of them emits is the very object that another is given.
//!
//! What goes by the host are bytes, and they alone count: routing, replays and listeners elsewhere need them. But whoever is given them
//! in the interpreter that they come from looks here first, and takes the object if it says the same. So nothing has to be kept in step
//! with queues and deaths, and what is overwritten here is decoded.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::python::{Guarded, text, utf8};

/// Short texts repeat, so the first object that was made is kept, with its hash. So many entries, a power of two.
const WORDS: usize = 4096;
const SHORT: usize = 24;
/// Longer ones are on their way: the last object that was emitted is kept. At the most 32 MiB.
const PASSING: usize = 8192;
const LONGEST: usize = 4 << 10;

/// Direct-mapped: a text has one place, and whoever comes last has it.
type Table = Guarded<Vec<Option<Py<PyString>>>>;

static WORD_TABLE: Table = Guarded::new(Vec::new());
static PASSING_TABLE: Table = Guarded::new(Vec::new());

/// The way to them.
#[derive(Default)]
pub(crate) struct Texts;

impl Texts {
    /// The text of these bytes. Fails where they are no UTF-8.
    #[inline]
    pub(crate) fn get<'py>(
        &mut self,
        py: Python<'py>,
        bytes: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        let table = match bytes.len() {
            0..=SHORT => &WORD_TABLE,
            ..=LONGEST => &PASSING_TABLE,
            _ => return text(py, bytes),
        };
        let slots = if bytes.len() <= SHORT { WORDS } else { PASSING };
        let known = table.with(py, |table| {
            let known = table.get(place(bytes, slots))?.as_ref()?.bind(py).as_any();
            (utf8(known) == Some(bytes)).then(|| known.clone())
        });
        match known {
            Some(known) => Ok(known),
            None => made(py, bytes),
        }
    }

    /// Remembers a text that is emitted as these bytes.
    #[inline]
    pub(crate) fn emitted(text: &Bound<'_, PyAny>, bytes: &[u8]) {
        if bytes.len() > SHORT && bytes.len() <= LONGEST {
            keep(&PASSING_TABLE, PASSING, text, bytes);
        }
    }
}

fn made<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let made = text(py, bytes)?;
    if bytes.len() <= SHORT {
        keep(&WORD_TABLE, WORDS, &made, bytes);
    }
    Ok(made)
}

fn keep(table: &'static Table, slots: usize, text: &Bound<'_, PyAny>, bytes: &[u8]) {
    let Ok(kept) = text.cast_exact::<PyString>() else {
        return;
    };
    let before = table.with(text.py(), |table| {
        if table.is_empty() {
            table.resize_with(slots, || None);
        }
        let slot = table.get_mut(place(bytes, slots))?;
        slot.replace(kept.clone().unbind())
    });
    drop(before);
}

/// Where a text is kept: by its length and up to 24 of its bytes, which no two short texts share.
#[inline]
fn place(bytes: &[u8], slots: usize) -> usize {
    let eight = |at: usize| -> u64 {
        let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    let length = bytes.len();
    let mixed = match length {
        0..8 => {
            let mut first = [0; 8];
            first[..length].copy_from_slice(bytes);
            u64::from_le_bytes(first)
        }
        _ => eight(0) ^ eight(length / 2 - 4).rotate_left(13) ^ eight(length - 8).rotate_left(29),
    };
    let mixed = (mixed ^ length as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 51) as usize & (slots - 1)
}
