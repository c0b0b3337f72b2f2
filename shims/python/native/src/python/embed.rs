//! The interpreter of a program that has Python in itself: started once, never ended, and able to be interrupted.

use std::ffi::{CStr, CString, c_long};
use std::path::Path;
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// Starts the interpreter as `program` would: its standard library, its environment's packages, and the variables of the environment
/// are found in the same way. No signal is handled. The calling thread is Python's main thread from then on.
///
/// # Errors
/// What Python says, or that it has been started already.
pub fn start(program: &Path) -> Result<(), String> {
    let program = CString::new(program.as_os_str().as_encoded_bytes())
        .map_err(|_| "the path of the interpreter holds a NUL".to_owned())?;
    // SAFETY: filled in the order that "Python Initialization Configuration" asks for, by one thread, before anything else of Python
    // is used; the configuration is cleared whatever happens.
    unsafe {
        if ffi::Py_IsInitialized() != 0 {
            return Err("it has been started already".into());
        }
        let mut before = std::mem::zeroed::<ffi::PyPreConfig>();
        ffi::PyPreConfig_InitPythonConfig(&raw mut before);
        before.parse_argv = 0;
        before.coerce_c_locale = 0; // it would set a variable of the environment, which other threads may be reading
        done(&ffi::Py_PreInitialize(&raw const before))?;
        let mut config = std::mem::zeroed::<ffi::PyConfig>();
        ffi::PyConfig_InitPythonConfig(&raw mut config);
        config.parse_argv = 0;
        config.install_signal_handlers = 0;
        config.pathconfig_warnings = 0;
        let place = &raw mut config.program_name;
        let mut status = ffi::PyConfig_SetBytesString(&raw mut config, place, program.as_ptr());
        if ffi::PyStatus_Exception(status) == 0 {
            status = ffi::Py_InitializeFromConfig(&raw const config);
        }
        ffi::PyConfig_Clear(&raw mut config);
        done(&status)?;
        // Whoever wants the lock takes it by `Python::attach`, this thread too.
        ffi::PyEval_SaveThread();
    }
    Ok(())
}

/// What Python was when this was built, as `3.11.7`.
pub fn version() -> String {
    // SAFETY: a text that lives for ever.
    let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_string_lossy();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Has the thread of that number, as `threading.get_ident()` has it, raise an exception at its next instruction of Python code; with
/// `None`, what was to be raised and is not yet will not be.
pub fn interrupt(_: Python<'_>, thread: u64, exception: Option<&Bound<'_, PyType>>) {
    let raised = exception.map_or(ptr::null_mut(), |exception| exception.as_ptr());
    // SAFETY: the lock is held, as the token shows; any number may be asked for.
    unsafe { ffi::PyThreadState_SetAsyncExc(thread as c_long, raised) };
}

/// SAFETY: a status that Python has returned.
unsafe fn done(status: &ffi::PyStatus) -> Result<(), String> {
    unsafe {
        if ffi::PyStatus_Exception(*status) == 0 {
            return Ok(());
        }
        if status.err_msg.is_null() {
            return Err(format!("it ended with status {}", status.exitcode));
        }
        Err(CStr::from_ptr(status.err_msg)
            .to_string_lossy()
            .into_owned())
    }
}
