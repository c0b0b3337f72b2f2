//! The only unsafe code: thin wrappers, each safe to call, over what Python's C interface has and PyO3 does not give as cheaply.
//!
//! Three functions used here came into the stable ABI after 3.9: `PyUnicode_AsUTF8AndSize` (3.10), `PyObject_GetBuffer` and
//! `PyBuffer_Release` (3.11). Every CPython since 3.3 exports them all the same, with the same meaning, and `Py_buffer` has had the
//! same layout since then. Should one ever be missing, the library does not load, and the pure shim runs in its place.
//! `METH_FASTCALL` (3.10) is a flag that every CPython from 3.7 obeys.

#![allow(unsafe_code)]

pub(crate) mod builtin;
#[cfg(feature = "embedded")]
pub mod embed;
pub(crate) mod method;
pub(crate) mod row;

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_char, c_int, c_longlong, c_ulonglong, c_void};
use std::ptr::{self, addr_of_mut};
use std::slice;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

unsafe extern "C" {
    fn PyUnicode_AsUTF8AndSize(
        text: *mut ffi::PyObject,
        size: *mut ffi::Py_ssize_t,
    ) -> *const c_char;
    fn PyObject_GetBuffer(object: *mut ffi::PyObject, view: *mut View, flags: c_int) -> c_int;
    fn PyBuffer_Release(view: *mut View);
}

/// `Py_buffer`.
#[repr(C)]
struct View {
    bytes: *mut c_void,
    owner: *mut ffi::PyObject,
    length: ffi::Py_ssize_t,
    item_size: ffi::Py_ssize_t,
    read_only: c_int,
    dimensions: c_int,
    format: *mut c_char,
    shape: *mut ffi::Py_ssize_t,
    strides: *mut ffi::Py_ssize_t,
    sub_offsets: *mut ffi::Py_ssize_t,
    internal: *mut c_void,
}

/// The bytes of a `bytes` object, or of a `memoryview` of one: these never change while they are held.
pub(crate) struct Buffer<'py> {
    view: Box<View>,
    _py: Python<'py>,
}

impl<'py> Buffer<'py> {
    /// Raises what Python raises for something that has no bytes, and for bytes that may change.
    pub(crate) fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let mut view = Box::new(View {
            bytes: ptr::null_mut(),
            owner: ptr::null_mut(),
            length: 0,
            item_size: 0,
            read_only: 0,
            dimensions: 0,
            format: ptr::null_mut(),
            shape: ptr::null_mut(),
            strides: ptr::null_mut(),
            sub_offsets: ptr::null_mut(),
            internal: ptr::null_mut(),
        });
        // SAFETY: a live object, a place for the view, and PyBUF_SIMPLE: contiguous bytes.
        if unsafe { PyObject_GetBuffer(object.as_ptr(), &raw mut *view, 0) } != 0 {
            return Err(PyErr::fetch(object.py()));
        }
        let buffer = Self {
            view,
            _py: object.py(),
        };
        if buffer.view.read_only == 0 {
            return Err(pyo3::exceptions::PyBufferError::new_err(
                "bytes that nobody can change are needed here",
            ));
        }
        Ok(buffer)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        if self.view.length == 0 {
            return &[];
        }
        // SAFETY: the view is held by this object, says where its bytes are, and nobody can write them.
        unsafe { slice::from_raw_parts(self.view.bytes.cast(), self.view.length as usize) }
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        // SAFETY: filled by PyObject_GetBuffer, released once.
        unsafe { PyBuffer_Release(&raw mut *self.view) }
    }
}

/// Something that only the holder of Python's global lock touches. There is no such lock in a free-threaded Python, which never loads
/// this library.
pub(crate) struct Guarded<T> {
    value: UnsafeCell<T>,
    taken: Cell<bool>,
}

// SAFETY: `with` needs the global lock, which one thread has at a time, and refuses to be entered twice.
unsafe impl<T: Send> Sync for Guarded<T> {}

impl<T> Guarded<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            taken: Cell::new(false),
        }
    }

    /// Works on it. `work` must run no Python code, which may come back here, nor let the lock go.
    ///
    /// # Panics
    /// When it does.
    #[inline]
    pub(crate) fn with<R>(&self, _: Python<'_>, work: impl FnOnce(&mut T) -> R) -> R {
        struct GiveBack<'a>(&'a Cell<bool>);
        impl Drop for GiveBack<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        assert!(
            !self.taken.replace(true),
            "entered twice: Python code ran where none may"
        );
        let _give_back = GiveBack(&self.taken);
        // SAFETY: the flag makes this the only reference.
        work(unsafe { &mut *self.value.get() })
    }
}

/// What a value is, for those that are plain to the letter: no subclasses.
pub(crate) enum Exact<'a, 'py> {
    Text,
    Whole,
    Real,
    None,
    True,
    False,
    Tuple(&'a Bound<'py, PyTuple>),
    List(&'a Bound<'py, PyList>),
    Map(&'a Bound<'py, PyDict>),
    Other,
}

#[inline]
pub(crate) fn exact<'a, 'py>(item: &'a Bound<'py, PyAny>) -> Exact<'a, 'py> {
    let object = item.as_ptr();
    // SAFETY: compares addresses only; where the type says so, the cast is right.
    unsafe {
        let kind = ffi::Py_TYPE(object);
        if kind == addr_of_mut!(ffi::PyUnicode_Type) {
            Exact::Text
        } else if kind == addr_of_mut!(ffi::PyLong_Type) {
            Exact::Whole
        } else if kind == addr_of_mut!(ffi::PyTuple_Type) {
            Exact::Tuple(item.cast_unchecked())
        } else if kind == addr_of_mut!(ffi::PyFloat_Type) {
            Exact::Real
        } else if object == ffi::Py_None() {
            Exact::None
        } else if object == ffi::Py_True() {
            Exact::True
        } else if object == ffi::Py_False() {
            Exact::False
        } else if kind == addr_of_mut!(ffi::PyList_Type) {
            Exact::List(item.cast_unchecked())
        } else if kind == addr_of_mut!(ffi::PyDict_Type) {
            Exact::Map(item.cast_unchecked())
        } else {
            Exact::Other
        }
    }
}

/// The UTF-8 of an exact `str`; None where there is none, since it holds half of a surrogate pair.
#[inline]
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyAny>) -> Option<&'a [u8]> {
    let mut size = 0;
    // SAFETY: any object may be asked; the bytes live as long as the text, which does not change.
    unsafe {
        let bytes = PyUnicode_AsUTF8AndSize(text.as_ptr(), &raw mut size);
        if bytes.is_null() {
            ffi::PyErr_Clear();
            return None;
        }
        Some(slice::from_raw_parts(bytes.cast(), size as usize))
    }
}

/// The value of an exact `int`.
pub(crate) enum Whole {
    Signed(i64),
    Unsigned(u64),
    Beyond,
}

#[inline]
pub(crate) fn whole(number: &Bound<'_, PyAny>) -> Whole {
    let mut overflow = 0;
    // SAFETY: any object may be asked; an error that this raises is cleared here.
    unsafe {
        let value: c_longlong =
            ffi::PyLong_AsLongLongAndOverflow(number.as_ptr(), &raw mut overflow);
        if overflow == 0 {
            return Whole::Signed(value);
        }
        if overflow > 0 {
            let value: c_ulonglong = ffi::PyLong_AsUnsignedLongLong(number.as_ptr());
            if value != c_ulonglong::MAX || ffi::PyErr_Occurred().is_null() {
                return Whole::Unsigned(value);
            }
            ffi::PyErr_Clear();
        }
        Whole::Beyond
    }
}

/// The value of an exact `float`.
#[inline]
pub(crate) fn real(number: &Bound<'_, PyAny>) -> f64 {
    // SAFETY: cannot fail for an exact float.
    unsafe { ffi::PyFloat_AsDouble(number.as_ptr()) }
}

/// A `str` of these bytes. Raises UnicodeDecodeError where they are no UTF-8.
#[inline]
pub(crate) fn text<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the bytes are read at once; a new reference, or null with an error set.
    unsafe {
        let made = ffi::PyUnicode_DecodeUTF8(
            bytes.as_ptr().cast(),
            bytes.len() as ffi::Py_ssize_t,
            ptr::null(),
        );
        Bound::from_owned_ptr_or_err(py, made)
    }
}

#[inline]
pub(crate) fn signed(py: Python<'_>, number: i64) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: a new reference, or null with an error set.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromLongLong(number)) }
}

#[inline]
pub(crate) fn unsigned(py: Python<'_>, number: u64) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: a new reference, or null with an error set.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyLong_FromUnsignedLongLong(number)) }
}

#[inline]
pub(crate) fn float(py: Python<'_>, number: f64) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: a new reference, or null with an error set.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyFloat_FromDouble(number)) }
}

/// Calls something with one argument, without making a tuple for it; what is returned is dropped.
#[inline]
pub(crate) fn call(function: &Bound<'_, PyAny>, argument: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: live objects, and what each way of calling asks for; a new reference, or null with an error set.
    unsafe {
        #[cfg(not(feature = "embedded"))]
        let returned = ffi::PyObject_CallFunctionObjArgs(
            function.as_ptr(),
            argument.as_ptr(),
            ptr::null_mut::<ffi::PyObject>(),
        );
        // The free place before the argument is where a method puts its `self`.
        #[cfg(feature = "embedded")]
        let returned = {
            let mut places = [ptr::null_mut(), argument.as_ptr()];
            ffi::PyObject_Vectorcall(
                function.as_ptr(),
                places.as_mut_ptr().add(1),
                1 | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
                ptr::null_mut(),
            )
        };
        if returned.is_null() {
            return Err(PyErr::fetch(function.py()));
        }
        ffi::Py_DECREF(returned);
    }
    Ok(())
}

/// Calls something without arguments; what is returned is dropped.
#[inline]
pub(crate) fn call_plain(function: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: a live object, and what each way of calling asks for; a new reference, or null with an error set.
    unsafe {
        #[cfg(not(feature = "embedded"))]
        let returned =
            ffi::PyObject_CallFunctionObjArgs(function.as_ptr(), ptr::null_mut::<ffi::PyObject>());
        #[cfg(feature = "embedded")]
        let returned = {
            let mut places: [*mut ffi::PyObject; 1] = [ptr::null_mut()];
            ffi::PyObject_Vectorcall(
                function.as_ptr(),
                places.as_mut_ptr().add(1),
                ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
                ptr::null_mut(),
            )
        };
        if returned.is_null() {
            return Err(PyErr::fetch(function.py()));
        }
        ffi::Py_DECREF(returned);
    }
    Ok(())
}
