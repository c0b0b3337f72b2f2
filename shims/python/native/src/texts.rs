//! Texts that were decoded lately. Words repeat; one that is found again needs no new object, and brings its hash along, which a
//! counting bolt would have to compute.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::python::text;

/// How many entries there are; a power of two. A few hundred KiB at the most, once a process.
const SLOTS: usize = 4096;
/// The bytes of a short text: its length, its first eight bytes, the eight behind these, its last eight. Where there are fewer they
/// overlap, or are zero; but no two texts have the same.
type Key = (u8, u64, u64, u64);

struct Entry {
    key: Key,
    text: Py<PyString>,
}

/// A direct-mapped cache: a text has one place, and whoever comes last has it.
#[derive(Default)]
pub(crate) struct Texts {
    entries: Vec<Option<Entry>>,
}

impl Texts {
    /// The text of these bytes. Fails where they are no UTF-8.
    #[inline]
    pub(crate) fn get<'py>(
        &mut self,
        py: Python<'py>,
        bytes: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(key) = key(bytes) else {
            #[cfg(feature = "embedded")]
            if let Some(taken) = crate::passing::taken(py, bytes) {
                return Ok(taken);
            }
            return text(py, bytes);
        };
        if let Some(Some(entry)) = self.entries.get(place(key))
            && entry.key == key
        {
            return Ok(entry.text.bind(py).as_any().clone());
        }
        self.keep(py, key, bytes)
    }

    fn keep<'py>(
        &mut self,
        py: Python<'py>,
        key: Key,
        bytes: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.entries.is_empty() {
            self.entries.resize_with(SLOTS, || None);
        }
        let made = text(py, bytes)?;
        let text = made.cast::<PyString>()?.clone().unbind();
        self.entries[place(key)] = Some(Entry { key, text });
        Ok(made)
    }
}

/// None for texts that are not kept.
#[inline]
fn key(bytes: &[u8]) -> Option<Key> {
    let length = bytes.len();
    let eight =
        |at: usize| -> Option<u64> { Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?)) };
    let four = |at: usize| -> Option<u64> {
        Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?).into())
    };
    let (first, middle, last) = match length {
        0 => (0, 0, 0),
        1..4 => (
            bytes[0].into(),
            bytes[length / 2].into(),
            bytes[length - 1].into(),
        ),
        4..8 => (four(0)?, 0, four(length - 4)?),
        8..=16 => (eight(0)?, 0, eight(length - 8)?),
        17..=24 => (eight(0)?, eight(8)?, eight(length - 8)?),
        _ => return None,
    };
    Some((length as u8, first, middle, last))
}

/// Where a text is kept.
#[inline]
fn place((length, first, middle, last): Key) -> usize {
    let mixed = first ^ middle.rotate_left(13) ^ last.rotate_left(29) ^ u64::from(length);
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 52) as usize % SLOTS
}
