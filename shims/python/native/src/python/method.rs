//! A function of ours as a method of the user's class, for the instances that it was made for.
//!
//! A function that stands on an instance is looked up in three places each time it is called; a method of the class is remembered by
//! the interpreter, call site by call site. That is a fifth of what an `emit` costs.

use std::ptr;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;

use super::Guarded;
use super::builtin::{Arguments, Function, answered, arguments, definition, state};

/// A function that can be bound.
pub(crate) trait Method: Function + Sized {
    /// The attribute that does the same for an instance that nothing was bound to.
    const OTHERWISE: &'static str;

    /// What was bound to which instance.
    fn bindings() -> &'static Bindings<Self>;
}

/// Which function belongs to which instance. One, as a rule.
pub(crate) type Bindings<F> = Guarded<Vec<Binding<F>>>;

pub(crate) struct Binding<F> {
    owner: *mut ffi::PyObject,
    /// Tells whether the owner still is there: another object may have its address afterwards.
    alive: Py<PyAny>,
    /// Keeps the state.
    _function: Py<PyAny>,
    state: *const F,
}

// SAFETY: the address of the owner is compared and never followed; the state belongs to the function, is never changed, and may be
// used by any thread that holds the global lock.
unsafe impl<F: Sync> Send for Binding<F> {}

/// Makes `function`, which `builtin` made of an `F`, what `owner` has by its name, by way of its class.
///
/// # Errors
/// For another function, and for an owner of whose class no attribute can be set, or that nothing can refer to weakly.
pub(crate) fn bind<F: Method>(
    owner: &Bound<'_, PyAny>,
    function: &Bound<'_, PyAny>,
) -> PyResult<()> {
    let py = owner.py();
    let state = state::<F>(function)
        .ok_or_else(|| PyTypeError::new_err("only what the accelerator made can be bound"))?;
    let class = owner.get_type();
    // SAFETY: live objects, and no function to call when the owner goes; what is defined lives for ever; new references or null.
    let (alive, method) = unsafe {
        let alive = ffi::PyWeakref_NewRef(owner.as_ptr(), ptr::null_mut());
        let alive = Bound::from_owned_ptr_or_err(py, alive)?;
        let method = ffi::PyDescr_NewMethod(class.as_type_ptr(), definition::<F>(enter::<F>));
        (alive, Bound::from_owned_ptr_or_err(py, method)?)
    };
    class.setattr(F::NAME.to_string_lossy().as_ref(), method)?;
    let mut bound = vec![Binding {
        owner: owner.as_ptr(),
        alive: alive.unbind(),
        _function: function.clone().unbind(),
        state,
    }];
    for binding in F::bindings().with(py, std::mem::take) {
        if binding.owner != owner.as_ptr() && !binding.alive.call0(py)?.is_none(py) {
            bound.push(binding);
        }
    }
    // Another thread may have bound something meanwhile, since Python code ran.
    F::bindings().with(py, |bindings| {
        bound.append(bindings);
        *bindings = bound;
    });
    Ok(())
}

/// SAFETY: called by Python alone, with an instance of a class that `bind` was given, and holding the global lock.
unsafe extern "C" fn enter<F: Method>(
    owner: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    by_position: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    answered(|py| {
        let arguments = unsafe { arguments(py, values, by_position, names) };
        let state = F::bindings().with(py, |bindings| {
            let found = bindings.iter().find(|binding| binding.owner == owner);
            found.map(|binding| binding.state)
        });
        let value = match state {
            // SAFETY: the function that it belongs to is held while the owner lives, which its caller holds.
            Some(state) => unsafe { &*state }.call(py, arguments)?,
            None => Some(unsafe { otherwise::<F>(owner, arguments) }?),
        };
        Ok(value.map_or_else(|| py.None().into_ptr(), Bound::into_ptr))
    })
}

/// SAFETY: `owner` is a live object.
#[cold]
unsafe fn otherwise<'py, F: Method>(
    owner: *mut ffi::PyObject,
    arguments: Arguments<'_, 'py>,
) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: as the caller says.
    let owner = unsafe { pyo3::Borrowed::from_ptr(arguments.py(), owner) };
    arguments.hand_to(&owner.getattr(F::OTHERWISE)?)
}
