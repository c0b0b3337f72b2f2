//! Functions for user code to call, as cheap as Python's own: `emit` and `ack` are called once a tuple and more.
//!
//! A `#[pyclass]` with `__call__`, or a `#[pyfunction]`, would get its arguments as a tuple under the stable ABI of 3.9.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::slice;

use pyo3::ffi;
use pyo3::panic::PanicException;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use pyo3::{Borrowed, PyTypeInfo};

/// What runs when it is called.
pub(crate) trait Function: Send + Sync + 'static {
    /// Its name in Python.
    const NAME: &'static CStr;

    /// None stands for Python's None.
    fn call<'py>(
        &self,
        py: Python<'py>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Option<Bound<'py, PyAny>>>;
}

/// The arguments of one call.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a, 'py> {
    /// First those by position, then those by name.
    values: &'a [*mut ffi::PyObject],
    by_position: usize,
    names: *mut ffi::PyObject,
    py: Python<'py>,
}

impl<'a, 'py> Arguments<'a, 'py> {
    pub(super) fn py(&self) -> Python<'py> {
        self.py
    }

    /// How many there are by position, and by name.
    #[inline]
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.by_position, self.values.len() - self.by_position)
    }

    /// An argument: first those by position, then those by name.
    #[inline]
    pub(crate) fn value(&self, index: usize) -> Borrowed<'a, 'py, PyAny> {
        // SAFETY: the caller of the function holds its arguments while it runs.
        unsafe { Borrowed::from_ptr(self.py, self.values[index]) }
    }

    /// Whether the first argument by name has this name. False is possible where it has it, but was not given as a literal.
    #[inline]
    pub(crate) fn first_is_named(&self, name: &Py<PyAny>) -> bool {
        // SAFETY: there are names, since there is an argument by name, and they are a tuple; compares addresses only.
        self.counts().1 > 0 && unsafe { ffi::PyTuple_GetItem(self.names, 0) } == name.as_ptr()
    }

    /// Calls another function with the same arguments.
    #[cold]
    pub(crate) fn hand_to(&self, function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let (by_position, by_name) = self.counts();
        let values = PyTuple::new(self.py, (0..by_position).map(|index| self.value(index)))?;
        let named = PyDict::new(self.py);
        for index in 0..by_name {
            // SAFETY: as in `first_is_named`.
            let name = unsafe {
                Borrowed::from_ptr(
                    self.py,
                    ffi::PyTuple_GetItem(self.names, index as ffi::Py_ssize_t),
                )
            };
            named.set_item(name, self.value(by_position + index))?;
        }
        function.call(values, Some(&named))
    }
}

/// How Python calls what is made here.
pub(super) type Fast = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    ffi::Py_ssize_t,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// The definition of a function or method. It lives for ever; few of them are made.
pub(super) fn definition<F: Function>(function: Fast) -> *mut ffi::PyMethodDef {
    /// `PyMethodDef` with the one kind of function that is used here.
    #[repr(C)]
    struct Definition {
        name: *const c_char,
        function: Fast,
        flags: c_int,
        doc: *const c_char,
    }
    const METH_FASTCALL: c_int = 0x80;
    let definition = Box::leak(Box::new(Definition {
        name: F::NAME.as_ptr(),
        function,
        flags: METH_FASTCALL | ffi::METH_KEYWORDS,
        doc: ptr::null(),
    }));
    ptr::from_mut(definition).cast()
}

/// Makes a Python function.
pub(crate) fn builtin<F: Function>(py: Python<'_>, function: F) -> PyResult<Bound<'_, PyAny>> {
    let state = Box::into_raw(Box::new(function));
    // SAFETY: the definition lives for ever; the capsule owns the state and frees it with itself.
    unsafe {
        let capsule = ffi::PyCapsule_New(state.cast(), ptr::null(), Some(leave::<F>));
        if capsule.is_null() {
            drop(Box::from_raw(state));
            return Err(PyErr::fetch(py));
        }
        let made = ffi::PyCFunction_NewEx(definition::<F>(enter::<F>), capsule, ptr::null_mut());
        ffi::Py_DECREF(capsule);
        Bound::from_owned_ptr_or_err(py, made)
    }
}

/// What `builtin` was given for this function; None for anything else.
pub(super) fn state<F: Function>(function: &Bound<'_, PyAny>) -> Option<*const F> {
    // SAFETY: only a function is asked for its function and what that is given, only a capsule of ours for its content; the
    // address of `enter` tells that `builtin` made it of an `F`.
    unsafe {
        let function = function.as_ptr();
        if ffi::PyCFunction_Check(function) == 0 {
            return None;
        }
        let enters = ffi::PyCFunction_GetFunction(function).map(|enters| enters as usize);
        if enters != Some(enter::<F> as *const () as usize) {
            return None;
        }
        let capsule = ffi::PyCFunction_GetSelf(function);
        Some(
            ffi::PyCapsule_GetPointer(capsule, ptr::null())
                .cast_const()
                .cast(),
        )
    }
}

/// The arguments of a call, as Python hands them over.
///
/// SAFETY: as Python has them for a function of this kind, and held by the caller for longer than they are used here.
#[inline]
pub(super) unsafe fn arguments<'a, 'py>(
    py: Python<'py>,
    values: *const *mut ffi::PyObject,
    by_position: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> Arguments<'a, 'py> {
    let by_position = by_position as usize;
    let by_name = if names.is_null() {
        0
    } else {
        unsafe { ffi::PyTuple_Size(names) as usize }
    };
    let count = by_position + by_name;
    let values = if count == 0 {
        &[]
    } else {
        unsafe { slice::from_raw_parts(values, count) }
    };
    Arguments {
        values,
        by_position,
        names,
        py,
    }
}

/// SAFETY: called by Python alone, with the capsule that `builtin` made, and holding the global lock.
unsafe extern "C" fn enter<F: Function>(
    capsule: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    by_position: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    answered(|py| {
        let function = unsafe {
            &*ffi::PyCapsule_GetPointer(capsule, ptr::null())
                .cast_const()
                .cast::<F>()
        };
        let arguments = unsafe { arguments(py, values, by_position, names) };
        let value = function.call(py, arguments)?;
        Ok(value.map_or_else(|| py.None().into_ptr(), Bound::into_ptr))
    })
}

/// Runs what Python has called; neither an error nor a panic goes past here.
#[inline]
pub(super) fn answered(
    work: impl FnOnce(Python<'_>) -> PyResult<*mut ffi::PyObject>,
) -> *mut ffi::PyObject {
    // SAFETY: Python holds the lock where it calls a slot of a type.
    let py = unsafe { Python::assume_attached() };
    match catch_unwind(AssertUnwindSafe(|| work(py))) {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            error.restore(py);
            ptr::null_mut()
        }
        Err(panic) => {
            raise(py, &*panic);
            ptr::null_mut()
        }
    }
}

/// A panic becomes what PyO3 makes of one: an exception that no `except Exception` swallows.
#[cold]
fn raise(py: Python<'_>, panic: &(dyn std::any::Any + Send)) {
    let said = panic
        .downcast_ref::<&str>()
        .map(|said| (*said).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without words".to_owned());
    PyErr::from_type(PanicException::type_object(py), said).restore(py);
}

/// SAFETY: called by Python alone, once, when the capsule goes.
unsafe extern "C" fn leave<F: Function>(capsule: *mut ffi::PyObject) {
    let state: *mut c_void = unsafe { ffi::PyCapsule_GetPointer(capsule, ptr::null()) };
    drop(unsafe { Box::from_raw(state.cast::<F>()) });
}
