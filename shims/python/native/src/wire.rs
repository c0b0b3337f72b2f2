//! The parts of a frame's payload, in the order in which they stand: `PROTOCOL.md`, "Frames".

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// What is left of a payload.
pub(crate) struct Wire<'a>(&'a [u8]);

impl<'a> Wire<'a> {
    pub(crate) fn new(payload: &'a [u8]) -> Self {
        Self(payload)
    }

    pub(crate) fn u16(&mut self) -> PyResult<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> PyResult<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// So many numbers of four bytes.
    pub(crate) fn numbers(&mut self, count: usize) -> PyResult<&'a [[u8; 4]]> {
        Ok(self.bytes(count.saturating_mul(4))?.as_chunks().0)
    }

    /// A column: its length, and so many bytes.
    pub(crate) fn column(&mut self) -> PyResult<&'a [u8]> {
        let length = self.u32()?;
        self.bytes(length as usize)
    }

    /// Fails if anything is left.
    pub(crate) fn end(&self) -> PyResult<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(PyRuntimeError::new_err(format!(
            "the host sent {} bytes behind a frame's last part",
            self.0.len()
        )))
    }

    fn bytes(&mut self, count: usize) -> PyResult<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> PyResult<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(*taken)
    }
}

#[cold]
fn cut_short() -> PyErr {
    PyRuntimeError::new_err("the host sent a frame that ends too early")
}
