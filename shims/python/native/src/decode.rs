//! MessagePack to Python objects, one value at a time, straight from the bytes of a frame.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::frame::REPEAT;
use crate::python::{float, signed, unsigned};
use crate::texts::Texts;

/// No setting of the host lets anything deeper through; see "Limits" in `PROTOCOL.md`.
const MAX_DEPTH: usize = 1024;

/// What is left of some bytes.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    depth: usize,
}

/// A column's values, one after the other.
pub(crate) struct Values<'a, 'py> {
    reader: Reader<'a>,
    repeats: bool,
    last: Last<'a, 'py>,
}

/// What a repeat stands for.
enum Last<'a, 'py> {
    Nothing,
    /// The very object that was given before: nobody can change it.
    Same(Bound<'py, PyAny>),
    /// What is read from here once more: a list or a map belongs to whom it was given, who may change it.
    Anew(Reader<'a>),
}

impl<'a, 'py> Values<'a, 'py> {
    /// A column of so many values.
    pub(crate) fn of(bytes: &'a [u8], rows: usize) -> PyResult<Self> {
        let (repeats, array) = match bytes {
            [REPEAT, array @ ..] => (true, array),
            _ => (false, bytes),
        };
        Ok(Self {
            reader: Reader::column(array, rows)?,
            repeats,
            last: Last::Nothing,
        })
    }

    /// The next value.
    #[inline]
    pub(crate) fn next(
        &mut self,
        py: Python<'py>,
        texts: &mut Texts,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !self.repeats {
            return self.reader.value(py, texts);
        }
        if let [REPEAT, rest @ ..] = self.reader.bytes {
            self.reader.bytes = rest;
            return match self.last {
                Last::Same(ref value) => Ok(value.clone()),
                Last::Anew(mut before) => before.value(py, texts),
                Last::Nothing => Err(malformed("a repeat of nothing".into())),
            };
        }
        let before = self.reader;
        let value = self.reader.value(py, texts)?;
        self.last = if before.is_at_container() {
            Last::Anew(before)
        } else {
            Last::Same(value.clone())
        };
        Ok(value)
    }

    /// Fails if anything is left.
    pub(crate) fn end(&self) -> PyResult<()> {
        self.reader.end()
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, depth: 0 }
    }

    /// A column: one array of so many values. The reader is left before the first.
    pub(crate) fn column(bytes: &'a [u8], rows: usize) -> PyResult<Self> {
        let mut reader = Self::new(bytes);
        let length = match reader.byte()? {
            head @ 0x90..=0x9f => usize::from(head & 0x0f),
            0xdc => reader.u16()? as usize,
            0xdd => reader.u32()? as usize,
            head => return Err(malformed(format!("a column begins with {head:02x}"))),
        };
        if length != rows {
            return Err(malformed(format!(
                "a column of {rows} rows holds {length} values"
            )));
        }
        Ok(reader)
    }

    /// Fails if anything is left.
    pub(crate) fn end(&self) -> PyResult<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        Err(malformed(format!(
            "{} bytes behind the last value",
            self.bytes.len()
        )))
    }

    /// Whether the next value is a list or a map. All others can never be changed.
    #[inline]
    fn is_at_container(&self) -> bool {
        matches!(self.bytes, [0x80..=0x9f | 0xdc..=0xdf, ..])
    }

    /// The next value.
    pub(crate) fn value<'py>(
        &mut self,
        py: Python<'py>,
        texts: &mut Texts,
    ) -> PyResult<Bound<'py, PyAny>> {
        let head = self.byte()?;
        match head {
            0xa0..=0xbf => self.text(py, usize::from(head & 0x1f), texts),
            0x00..=0x7f => signed(py, i64::from(head)),
            0xe0..=0xff => signed(py, i64::from(head as i8)),
            0x80..=0x8f => self.map(py, usize::from(head & 0x0f), texts),
            0x90..=0x9f => self.list(py, usize::from(head & 0x0f), texts),
            0xc0 => Ok(py.None().into_bound(py)),
            0xc2 => Ok(false.into_pyobject(py)?.to_owned().into_any()),
            0xc3 => Ok(true.into_pyobject(py)?.to_owned().into_any()),
            0xc4 => {
                let length = self.u8()? as usize;
                self.binary(py, length)
            }
            0xc5 => {
                let length = self.u16()? as usize;
                self.binary(py, length)
            }
            0xc6 => {
                let length = self.u32()? as usize;
                self.binary(py, length)
            }
            0xca => float(py, f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => float(py, f64::from_be_bytes(self.array()?)),
            0xcc => signed(py, self.u8()?.into()),
            0xcd => signed(py, self.u16()?.into()),
            0xce => signed(py, self.u32()?.into()),
            0xcf => unsigned(py, u64::from_be_bytes(self.array()?)),
            0xd0 => signed(py, i8::from_be_bytes(self.array()?).into()),
            0xd1 => signed(py, i16::from_be_bytes(self.array()?).into()),
            0xd2 => signed(py, i32::from_be_bytes(self.array()?).into()),
            0xd3 => signed(py, i64::from_be_bytes(self.array()?)),
            0xd9 => {
                let length = self.u8()? as usize;
                self.text(py, length, texts)
            }
            0xda => {
                let length = self.u16()? as usize;
                self.text(py, length, texts)
            }
            0xdb => {
                let length = self.u32()? as usize;
                self.text(py, length, texts)
            }
            0xdc => {
                let length = self.u16()? as usize;
                self.list(py, length, texts)
            }
            0xdd => {
                let length = self.u32()? as usize;
                self.list(py, length, texts)
            }
            0xde => {
                let length = self.u16()? as usize;
                self.map(py, length, texts)
            }
            0xdf => {
                let length = self.u32()? as usize;
                self.map(py, length, texts)
            }
            0xc1 => Err(malformed("the byte c1, which begins nothing".into())),
            0xc7..=0xc9 | 0xd4..=0xd8 => Err(PyValueError::new_err(
                "a value of a MessagePack extension type cannot be read; send text or numbers instead",
            )),
        }
    }

    fn text<'py>(
        &mut self,
        py: Python<'py>,
        length: usize,
        texts: &mut Texts,
    ) -> PyResult<Bound<'py, PyAny>> {
        let bytes = self.take(length)?;
        texts.get(py, bytes)
    }

    fn binary<'py>(&mut self, py: Python<'py>, length: usize) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyBytes::new(py, self.take(length)?).into_any())
    }

    fn list<'py>(
        &mut self,
        py: Python<'py>,
        length: usize,
        texts: &mut Texts,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.deeper(length)?;
        let values: Vec<_> = (0..length)
            .map(|_| self.value(py, texts))
            .collect::<PyResult<_>>()?;
        self.depth -= 1;
        Ok(PyList::new(py, values)?.into_any())
    }

    fn map<'py>(
        &mut self,
        py: Python<'py>,
        length: usize,
        texts: &mut Texts,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.deeper(length)?;
        let made = PyDict::new(py);
        for _ in 0..length {
            let key = self.value(py, texts)?;
            made.set_item(key, self.value(py, texts)?)?;
        }
        self.depth -= 1;
        Ok(made.into_any())
    }

    /// One level down, into something of so many values: each takes a byte at least, so nothing is reserved on a mere promise.
    fn deeper(&mut self, length: usize) -> PyResult<()> {
        if length > self.bytes.len() {
            return Err(malformed("it ends within a value".into()));
        }
        if self.depth == MAX_DEPTH {
            return Err(malformed(format!(
                "a value is nested deeper than {MAX_DEPTH} levels"
            )));
        }
        self.depth += 1;
        Ok(())
    }

    fn take(&mut self, length: usize) -> PyResult<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            return Err(malformed("it ends within a value".into()));
        };
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> PyResult<[u8; N]> {
        let Some((taken, rest)) = self.bytes.split_first_chunk() else {
            return Err(malformed("it ends within a value".into()));
        };
        self.bytes = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> PyResult<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn u8(&mut self) -> PyResult<u8> {
        self.byte()
    }

    fn u16(&mut self) -> PyResult<u16> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u32(&mut self) -> PyResult<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }
}

#[cold]
fn malformed(what: String) -> PyErr {
    PyValueError::new_err(format!("the host sent malformed MessagePack: {what}"))
}
