//! The tuple objects that `execute` is given: of the same looks as those of `_rows.py`, whose methods they have.
//!
//! A type is made for each input stream. Its instances are a header and one slot a field; they are not tracked by the garbage
//! collector, which would cost as much as all the rest: what the wire brings is never part of a cycle.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

use super::builtin::answered;
use super::{Guarded, unsigned};

const TASK_BITS: u32 = 20;

/// What all rows of a type share. Lives for ever: there are few types, and a row may outlive whatever made it.
struct Shared {
    width: usize,
    /// Of the fields, interned, so that addresses can be compared.
    names: Vec<Py<PyString>>,
    /// Raises AttributeError for a name that is no field's.
    missing: Py<PyAny>,
}

#[repr(C)]
struct Row {
    head: ffi::PyObject,
    shared: *const Shared,
    id: u64,
    task: u32,
    /// `shared.width` values stand behind it; null where one was deleted.
    values: [*mut ffi::PyObject; 0],
}

const OFFSET: usize = std::mem::offset_of!(Row, values);
const SLOT: usize = size_of::<*mut ffi::PyObject>();

/// The types that were made here, and what belongs to each. They are kept for ever: another type at the address of one that is gone
/// would be taken for it.
static KINDS: Guarded<Vec<(Py<PyType>, &'static Shared)>> = Guarded::new(Vec::new());

/// The type of the rows of one input.
#[pyclass(frozen)]
pub(crate) struct RowKind {
    class: Py<PyType>,
    shared: &'static Shared,
}

#[pymethods]
impl RowKind {
    /// `title` as the type is called; `names` of the attributes, one a field, and last that of `id << 20 | task`; `methods` what else
    /// the type has; `missing(row, name)` raises AttributeError.
    #[new]
    fn new(
        py: Python<'_>,
        title: &str,
        names: Vec<String>,
        methods: &Bound<'_, PyDict>,
        missing: Py<PyAny>,
    ) -> PyResult<Self> {
        let (at, names) = names
            .split_last()
            .ok_or_else(|| PyTypeError::new_err("a row has one attribute at least"))?;
        let shared: &'static Shared = Box::leak(Box::new(Shared {
            width: names.len(),
            names: names
                .iter()
                .map(|name| PyString::intern(py, name).unbind())
                .collect(),
            missing,
        }));
        let class = make_type(py, at, names, shared)?;
        for (name, method) in methods {
            class.setattr(name.cast::<PyString>()?, method)?;
        }
        class.setattr("__name__", title)?;
        class.setattr("__qualname__", title)?;
        KINDS.with(py, |kinds| kinds.push((class.clone().unbind(), shared)));
        Ok(Self {
            class: class.unbind(),
            shared,
        })
    }

    /// The type itself; called with one value a field and `id << 20 | task` it makes a row.
    #[getter]
    fn r#type<'py>(&self, py: Python<'py>) -> Bound<'py, PyType> {
        self.class.bind(py).clone()
    }
}

impl RowKind {
    pub(crate) fn width(&self) -> usize {
        self.shared.width
    }

    /// A row whose values are still missing.
    pub(crate) fn make<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: a type of ours, and what belongs to it.
        unsafe { allocate(py, self.class.as_ptr().cast(), self.shared) }
    }

    /// Whether nobody but the caller holds this row, so that it may be filled anew.
    #[inline]
    pub(crate) fn is_free(row: &Bound<'_, PyAny>) -> bool {
        // SAFETY: reads the count. Where a later Python keeps flags beside it, the answer is no, which is always right.
        unsafe { ffi::Py_REFCNT(row.as_ptr()) == 1 }
    }

    /// Gives a row that nobody else holds its place and its values. `value` is asked for each field in turn.
    #[inline]
    pub(crate) fn fill<'py>(
        &self,
        row: &Bound<'py, PyAny>,
        id: u64,
        task: u32,
        mut value: impl FnMut(usize) -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        debug_assert_eq!(row.get_type().as_ptr(), self.class.as_ptr());
        let object = row.as_ptr().cast::<Row>();
        // SAFETY: made by `make` of the same kind, so it has the slots; the old value goes when the new one is in its place.
        unsafe {
            (*object).id = id;
            (*object).task = task;
            for field in 0..self.shared.width {
                let slot = slot(object, field);
                let old = ptr::replace(slot, value(field)?.into_ptr());
                ffi::Py_XDECREF(old);
            }
        }
        Ok(())
    }
}

/// What belongs to a type; None for one that was not made here.
#[inline]
fn shared_by(py: Python<'_>, class: *mut ffi::PyTypeObject) -> Option<&'static Shared> {
    KINDS.with(py, |kinds| {
        let mut known = kinds.iter();
        known
            .find(|(known, _)| known.as_ptr() == class.cast())
            .map(|(_, shared)| *shared)
    })
}

/// The id of a row; None for anything else.
#[inline]
pub(crate) fn id_of(object: &Bound<'_, PyAny>) -> Option<u64> {
    shared_by(object.py(), object.get_type_ptr())?;
    // SAFETY: the type is one of those that have rows for instances.
    Some(unsafe { (*object.as_ptr().cast::<Row>()).id })
}

/// SAFETY: `row` is a row, `field` less than its width.
#[inline]
unsafe fn slot(row: *mut Row, field: usize) -> *mut *mut ffi::PyObject {
    unsafe {
        row.cast::<u8>()
            .add(OFFSET + field * SLOT)
            .cast::<*mut ffi::PyObject>()
    }
}

/// SAFETY: `class` was made by `make_type` with this `shared`.
unsafe fn allocate<'py>(
    py: Python<'py>,
    class: *mut ffi::PyTypeObject,
    shared: *const Shared,
) -> PyResult<Bound<'py, PyAny>> {
    unsafe {
        let made = ffi::PyType_GenericAlloc(class, 0); // all slots null
        if made.is_null() {
            return Err(PyErr::fetch(py));
        }
        (*made.cast::<Row>()).shared = shared;
        Ok(Bound::from_owned_ptr(py, made))
    }
}

fn make_type<'py>(
    py: Python<'py>,
    at: &str,
    names: &[String],
    shared: &'static Shared,
) -> PyResult<Bound<'py, PyType>> {
    let forever = |text: &str| -> PyResult<*const c_char> {
        Ok(CString::new(text)?.into_raw().cast_const()) // Python keeps the address
    };
    let mut members = Vec::new();
    for (field, name) in names.iter().enumerate() {
        members.push(ffi::PyMemberDef {
            name: forever(name)?,
            type_code: ffi::Py_T_OBJECT_EX,
            offset: (OFFSET + field * SLOT) as ffi::Py_ssize_t,
            flags: 0,
            doc: ptr::null(),
        });
    }
    members.push(ffi::PyMemberDef::default());
    let getters = vec![
        ffi::PyGetSetDef {
            name: forever(at)?,
            get: Some(get_at),
            set: Some(set_at),
            doc: ptr::null(),
            closure: ptr::null_mut(),
        },
        ffi::PyGetSetDef::default(),
    ];
    let slot = |slot: c_int, pfunc: *mut c_void| ffi::PyType_Slot { slot, pfunc };
    // From 3.11 on the interpreter reads a member itself, once it has seen that nothing is special about the type's attributes.
    let attributes = if py.version_info() >= (3, 11) {
        slot(0, ptr::null_mut())
    } else {
        slot(ffi::Py_tp_getattro, get_attribute as *mut c_void)
    };
    let mut slots = [
        slot(ffi::Py_tp_members, members.leak().as_mut_ptr().cast()),
        slot(ffi::Py_tp_getset, getters.leak().as_mut_ptr().cast()),
        slot(ffi::Py_tp_new, new_row as *mut c_void),
        slot(ffi::Py_tp_dealloc, drop_row as *mut c_void),
        attributes,
        slot(0, ptr::null_mut()),
    ];
    let mut spec = ffi::PyType_Spec {
        name: c"stormhost._rows.Row".as_ptr(),
        basicsize: (OFFSET + shared.width * SLOT) as c_int,
        itemsize: 0,
        flags: ffi::Py_TPFLAGS_DEFAULT as _,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the specification is whole, and what Python keeps of it lives for ever. The offsets are those of `Row`.
    unsafe {
        let made = ffi::PyType_FromSpec(&raw mut spec);
        Ok(Bound::from_owned_ptr_or_err(py, made)?.cast_into_unchecked())
    }
}

/// SAFETY: called by Python alone, for a type made here.
unsafe extern "C" fn new_row(
    class: *mut ffi::PyTypeObject,
    arguments: *mut ffi::PyObject,
    named: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    answered(|py| {
        let shared = shared_by(py, class)
            .ok_or_else(|| PyTypeError::new_err("rows are made of their own type only"))?;
        let width = shared.width;
        let count = unsafe { ffi::PyTuple_Size(arguments) } as usize;
        if count != width + 1 || !named.is_null() {
            return Err(PyTypeError::new_err(format!(
                "a row is made from {} values, one a field and where it comes from",
                width + 1
            )));
        }
        let row = unsafe { allocate(py, class, shared)? };
        let object = row.as_ptr().cast::<Row>();
        for field in 0..width {
            unsafe {
                let value = ffi::PyTuple_GetItem(arguments, field as ffi::Py_ssize_t);
                ffi::Py_INCREF(value);
                *slot(object, field) = value;
            }
        }
        unsafe {
            place(
                py,
                object,
                ffi::PyTuple_GetItem(arguments, width as ffi::Py_ssize_t),
            )?
        };
        Ok(row.into_ptr())
    })
}

/// SAFETY: called by Python alone, for a row that nobody holds any more.
unsafe extern "C" fn drop_row(object: *mut ffi::PyObject) {
    unsafe {
        let class = ffi::Py_TYPE(object);
        let row = object.cast::<Row>();
        for field in 0..(*(*row).shared).width {
            ffi::Py_XDECREF(*slot(row, field));
        }
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}

/// A field, where the name is one; else whatever else a row has.
///
/// SAFETY: called by Python alone, for a row.
unsafe extern "C" fn get_attribute(
    object: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    unsafe {
        let row = object.cast::<Row>();
        let shared = &*(*row).shared;
        for (field, known) in shared.names.iter().enumerate() {
            if known.as_ptr() == name {
                let value = *slot(row, field);
                if !value.is_null() {
                    ffi::Py_INCREF(value);
                    return value;
                }
            }
        }
        let found = ffi::PyObject_GenericGetAttr(object, name);
        if !found.is_null() || ffi::PyErr_ExceptionMatches(ffi::PyExc_AttributeError) == 0 {
            return found;
        }
        ffi::PyErr_Clear();
        ffi::PyObject_CallFunctionObjArgs(
            shared.missing.as_ptr(),
            object,
            name,
            ptr::null_mut::<ffi::PyObject>(),
        )
    }
}

/// `id << 20 | task`, as `_rows.py` has it.
///
/// SAFETY: called by Python alone, for a row.
unsafe extern "C" fn get_at(object: *mut ffi::PyObject, _: *mut c_void) -> *mut ffi::PyObject {
    let (id, task) = unsafe {
        let row = object.cast::<Row>();
        ((*row).id, (*row).task)
    };
    let task = u64::from(task) & ((1 << TASK_BITS) - 1);
    answered(|py| {
        Ok(match id.checked_mul(1 << TASK_BITS) {
            Some(high) => unsigned(py, high | task)?.into_ptr(),
            None => ((u128::from(id) << TASK_BITS) | u128::from(task))
                .into_pyobject(py)?
                .into_any()
                .into_ptr(),
        })
    })
}

/// Takes what `get_at` gives.
///
/// SAFETY: called by Python alone, for a row; `at` is null where it is to be deleted.
unsafe extern "C" fn set_at(
    object: *mut ffi::PyObject,
    at: *mut ffi::PyObject,
    _: *mut c_void,
) -> c_int {
    let done = answered(|py| {
        if at.is_null() {
            return Err(PyTypeError::new_err("a row always has a place"));
        }
        unsafe { place(py, object.cast(), at)? };
        Ok(object) // anything but null
    });
    if done.is_null() { -1 } else { 0 }
}

/// SAFETY: `row` is a row, `at` a live object.
unsafe fn place(py: Python<'_>, row: *mut Row, at: *mut ffi::PyObject) -> PyResult<()> {
    let at: u128 = unsafe { pyo3::Borrowed::from_ptr(py, at) }.extract()?;
    unsafe {
        (*row).id = (at >> TASK_BITS) as u64;
        (*row).task = (at & ((1 << TASK_BITS) - 1)) as u32;
    }
    Ok(())
}
