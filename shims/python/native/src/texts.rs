//! Texts that were decoded lately. Words repeat; one that is found again needs no new object, and brings its hash along, which a
//! counting bolt would have to compute.

use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::python::text;

/// How many entries there are; a power of two. A few hundred KiB at the most, once a process.
const SLOTS: usize = 4096;
/// Longer texts repeat seldom, and comparing them costs more than what is saved.
const LONGEST: usize = 24;

struct Entry {
    length: u8,
    bytes: [u8; LONGEST],
    text: Py<PyString>,
}

/// A direct-mapped cache: a text has one place, and whoever comes last has it.
#[derive(Default)]
pub(crate) struct Texts {
    entries: Vec<Option<Entry>>,
}

impl Texts {
    /// The text of these bytes. Fails where they are no UTF-8.
    pub(crate) fn get<'py>(
        &mut self,
        py: Python<'py>,
        bytes: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        if bytes.len() > LONGEST {
            return text(py, bytes);
        }
        if self.entries.is_empty() {
            self.entries.resize_with(SLOTS, || None);
        }
        let entry = &mut self.entries[place(bytes)];
        if let Some(entry) = entry
            && entry.bytes[..usize::from(entry.length)] == *bytes
        {
            return Ok(entry.text.bind(py).as_any().clone());
        }
        let made = text(py, bytes)?;
        let mut kept = [0; LONGEST];
        kept[..bytes.len()].copy_from_slice(bytes);
        *entry = Some(Entry {
            length: bytes.len() as u8,
            bytes: kept,
            text: made.cast::<PyString>()?.clone().unbind(),
        });
        Ok(made)
    }
}

/// Where the text of these bytes is kept: by its length, its first bytes and its last.
fn place(bytes: &[u8]) -> usize {
    let word = |bytes: &[u8]| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    let (first, last) = if bytes.len() < 8 {
        (word(bytes), 0)
    } else {
        (word(&bytes[..8]), word(&bytes[bytes.len() - 8..]))
    };
    let middle = if bytes.len() > 16 {
        word(&bytes[8..16])
    } else {
        0
    };
    let mixed = (first ^ last.rotate_left(29) ^ middle.rotate_left(13) ^ bytes.len() as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 52) as usize % SLOTS
}
