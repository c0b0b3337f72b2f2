//! The native accelerator of the Python shim: what runs once a tuple, in Rust.
//!
//! It stands in for a few seams of the package beside it, and for nothing else: rows are decoded straight into the objects that user
//! code sees ([`decode`], [`python::row`]), emits are encoded when they are made ([`encode`], [`emit`]) and gathered into frames of
//! results ([`rows`]), and the loops around `execute` and `next_tuple` run here ([`bolt`], [`spout`]). Whatever is rare stays in
//! Python: the handshake, commands, special emits, reports, and every text of an error about what cannot be sent. So both ways behave
//! alike, and the pure one remains the reference; `_native_link.py` is where they meet.
//!
//! One library serves every CPython from 3.9: it uses the stable ABI, and beyond it only what [`python`] lists and explains.
//!
//! With the feature `embedded` the same is part of a program that has an interpreter in itself: the host, for Python inside.

mod bolt;
mod decode;
mod emit;
mod encode;
mod frame;
#[cfg(feature = "embedded")]
mod passing;
mod python;
mod rows;
mod spout;
mod texts;
mod wire;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

#[cfg(feature = "embedded")]
pub use python::embed;

/// The functions and classes that `_native_link.py` builds on.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::bolt::BoltLoop;
    #[pymodule_export]
    use super::emit::{Stream, bind_ack, bind_emit};
    #[pymodule_export]
    use super::python::row::RowKind;
    #[pymodule_export]
    use super::rows::Rows;
    #[pymodule_export]
    use super::spout::SpoutLoop;
    #[pymodule_export]
    use super::{decode_value as decode, encode_value as encode};
}

/// The module itself, for a program that is no extension of Python's.
#[cfg(feature = "embedded")]
pub fn module(py: Python<'_>) -> Py<PyAny> {
    pyo3::wrap_pymodule!(_native)(py).into_any()
}

/// One MessagePack value, which must be all there is, as plain Python data.
#[pyfunction]
#[pyo3(name = "decode")]
fn decode_value<'py>(py: Python<'py>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let data = python::Buffer::of(data)?;
    let mut reader = decode::Reader::new(data.bytes());
    let value = reader.value(py, &mut texts::Texts::default())?;
    reader.end()?;
    Ok(value)
}

/// Plain Python data as MessagePack.
#[pyfunction]
#[pyo3(name = "encode")]
fn encode_value<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut bytes = Vec::new();
    if !encode::value(value, &mut bytes) {
        return Err(PyTypeError::new_err(format!(
            "{} is no plain data",
            value.repr()?
        )));
    }
    Ok(PyBytes::new(value.py(), &bytes))
}
