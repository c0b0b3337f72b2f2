//! Texts on their way between components of one interpreter: who is given one gets the very object that was emitted.
//!
//! What goes by the host are bytes, and they alone count: routing, replays and listeners elsewhere need them. But whoever decodes them
//! in the interpreter that they come from looks here first, and takes the object if it says the same. So nothing has to be kept in step
//! with queues and deaths: what was overwritten, or taken by another listener, is made anew. Short texts are not here, since they
//! repeat; see `texts`.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::python::{Guarded, utf8};

/// So many at once, a power of two, and so long at most: 32 MiB in the worst case.
const SLOTS: usize = 8192;
const LONGEST: usize = 4 << 10;
const SHORTEST: usize = 25;

/// Direct-mapped: a text has one place, and whoever comes last has it. Who takes one leaves the place empty, so that an object lives
/// no longer than it is needed, and its memory is still warm when it is used again.
static PASSING: Guarded<Vec<Option<Py<PyString>>>> = Guarded::new(Vec::new());

/// Remembers a text that is emitted as these bytes.
#[inline]
pub(crate) fn emitted(text: &Bound<'_, PyAny>, bytes: &[u8]) {
    if bytes.len() < SHORTEST || bytes.len() > LONGEST {
        return;
    }
    let Ok(kept) = text.cast_exact::<PyString>() else {
        return;
    };
    let kept = kept.clone().unbind();
    PASSING.with(text.py(), |slots| {
        if slots.is_empty() {
            slots.resize_with(SLOTS, || None);
        }
        if let Some(slot) = slots.get_mut(place(bytes)) {
            *slot = Some(kept);
        }
    });
}

/// The text of these bytes, if it is one of those.
#[inline]
pub(crate) fn taken<'py>(py: Python<'py>, bytes: &[u8]) -> Option<Bound<'py, PyAny>> {
    if bytes.len() < SHORTEST || bytes.len() > LONGEST {
        return None;
    }
    PASSING.with(py, |slots| {
        let slot = slots.get_mut(place(bytes))?;
        let same = utf8(slot.as_ref()?.bind(py).as_any()) == Some(bytes);
        let taken = slot.take_if(|_| same)?;
        Some(taken.into_bound(py).into_any())
    })
}

/// Where a text is kept, by its length and some of its bytes.
#[inline]
fn place(bytes: &[u8]) -> usize {
    let eight = |at: usize| -> u64 {
        let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    };
    let length = bytes.len();
    let middle = eight(length / 2).rotate_left(13);
    let last = eight(length.saturating_sub(8)).rotate_left(29);
    let mixed = eight(0) ^ middle ^ last ^ length as u64;
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 51) as usize % SLOTS
}
