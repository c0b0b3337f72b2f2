//! Interrupts Lua code from another thread, at no cost to code that is not interrupted. All of its unsafe code is here.
//!
//! A hook that counts instructions takes a quarter of the speed of plain Lua code, since an interpreter that has any hook looks for it at every
//! instruction. So none is set until there is something to interrupt. Then the thread of the component gets a signal, and the signal's handler sets a
//! hook that runs at the very next instruction: `lua_sethook` is made to be called so, "asynchronously, e.g. during a signal" as `ldebug.c` says
//! (the interpreter `lua` does the same for an interrupt from the keyboard). To set it from the other thread would not do: that walks a list which the
//! interpreter changes meanwhile.
//!
//! A hook belongs to one coroutine, so the one that runs has to be known: `coroutine.resume` and `coroutine.close` of a watched state are those below,
//! which say when another one begins to run. What is missed by a hair, such as a signal between two coroutines, is met by the next signal.
//!
//! The signal is `SIGURG`: nobody sends it unless asked to, and where nobody waits for it the kernel ignores it.
#![allow(
    unsafe_code,
    reason = "mlua has no safe way to interrupt code without a hook at every instruction; see above"
)]

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::Once;

use mlua::{Function, HookTriggers, Lua, Result, VmState, ffi, lua_State};
use nix::sys::pthread::{Pthread, pthread_kill, pthread_self};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

const SIGNAL: Signal = Signal::SIGURG;

/// What the handler has to know of the state that runs on its thread.
#[derive(Clone, Copy)]
struct Running {
    /// The coroutine whose code runs; null where none may be interrupted.
    state: *mut lua_State,
    /// mlua's own, which calls what was given to [`Interruptible::new`].
    hook: Option<ffi::lua_Hook>,
}

thread_local! {
    // Without a destructor and known at compile time, so that the handler finds it in place.
    static RUNNING: Cell<Running> = const { Cell::new(Running { state: null_mut(), hook: None }) };
}

/// A state whose code can be interrupted while this lives. It stays on the thread that made it.
pub(super) struct Interruptible {
    lua: Lua,
}

impl Interruptible {
    /// `look` is called in the midst of the code, soon after an [`interrupt`]; what it returns, or panics with, comes out of that code.
    ///
    /// # Errors
    /// When mlua cannot set a hook.
    pub(super) fn new(
        lua: &Lua,
        look: impl Fn(&Lua) -> Result<()> + 'static,
    ) -> Result<Interruptible> {
        static HANDLER: Once = Once::new();
        HANDLER.call_once(|| {
            // A call that waits for something else is to return at once: no SA_RESTART.
            let action = SigAction::new(
                SigHandler::Handler(on_signal),
                SaFlags::empty(),
                SigSet::empty(),
            );
            // SAFETY: the handler does what a handler may; see there. It replaces no other: nobody else in this program takes this signal.
            let _ = unsafe { sigaction(SIGNAL, &action) };
        });
        let _ = SigSet::from(SIGNAL).thread_unblock();
        let triggers = HookTriggers::new().every_nth_instruction(1);
        lua.set_global_hook(triggers, move |lua, _| {
            // One look a signal: were the hook to stay, each further instruction would be slow.
            lua.remove_hook();
            look(lua).map(|()| VmState::Continue)
        })?;
        // SAFETY: the state is that of `lua`, which is alive, on this thread, and not running.
        unsafe {
            lua.exec_raw::<()>((), |state| {
                RUNNING.set(Running {
                    state,
                    hook: ffi::lua_gethook(state),
                });
                ffi::lua_sethook(state, None, 0, 0);
            })?;
        }
        Ok(Interruptible { lua: lua.clone() })
    }

    /// `coroutine.resume` and `coroutine.close`, for arguments that were looked at: a coroutine, and for the second one that does not run.
    ///
    /// # Errors
    /// When memory is short.
    pub(super) fn coroutine_functions(lua: &Lua) -> Result<(Function, Function)> {
        // SAFETY: both keep to Lua's rules for C functions; see there.
        unsafe {
            Ok((
                lua.create_c_function(resume)?,
                lua.create_c_function(close)?,
            ))
        }
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        RUNNING.set(Running {
            state: null_mut(),
            hook: None,
        });
        self.lua.remove_global_hook();
    }
}

/// The thread that calls this, for [`interrupt`].
pub(super) fn this_thread() -> Pthread {
    pthread_self()
}

/// Has the code that runs on this thread looked at. The thread must be alive: whoever interrupts has to be gone before it ends.
pub(super) fn interrupt(thread: Pthread) {
    let _ = pthread_kill(thread, SIGNAL);
}

extern "C" fn on_signal(_: c_int) {
    let Running { state, hook } = RUNNING.get();
    if !state.is_null() {
        // SAFETY: this runs on the thread whose state it is, in the midst of whatever that does, for which `lua_sethook` is made. The state is alive:
        // it is the main one, which outlives `Interruptible`, or a coroutine within its `lua_resume` or `lua_closethread`.
        unsafe { ffi::lua_sethook(state, hook, ffi::LUA_MASKCOUNT, 1) };
    }
}

/// Says that the code of `coroutine` runs until `call` has returned, which must not raise an error. Where no state is watched nothing is said.
fn while_running<T>(coroutine: *mut lua_State, call: impl FnOnce() -> T) -> T {
    let before = RUNNING.get();
    if !before.state.is_null() {
        RUNNING.set(Running {
            state: coroutine,
            ..before
        });
    }
    let result = call();
    RUNNING.set(before);
    result
}

/// `resume(coroutine, …)`: true and what it yields or returns, or false and why not.
unsafe extern "C-unwind" fn resume(state: *mut lua_State) -> c_int {
    // SAFETY: as `auxresume` in `lcorolib.c`: room is asked for before values are moved, and what is moved is there. Neither `lua_resume` raises an
    // error, nor anything else between the two changes of what runs.
    unsafe {
        let coroutine = ffi::lua_tothread(state, 1);
        let given = ffi::lua_gettop(state) - 1;
        if coroutine.is_null() || ffi::lua_checkstack(coroutine, given) == 0 {
            return refuse(state, c"too many arguments to resume");
        }
        ffi::lua_xmove(state, coroutine, given);
        let mut count = 0;
        let status = while_running(coroutine, || {
            ffi::lua_resume(coroutine, state, given, &raw mut count)
        });
        if status != ffi::LUA_OK && status != ffi::LUA_YIELD {
            // The error first: where a coroutine resumes itself, both stacks are one.
            ffi::lua_xmove(coroutine, state, 1);
            ffi::lua_pushboolean(state, 0);
            ffi::lua_insert(state, -2);
            return 2;
        }
        if ffi::lua_checkstack(state, count + 1) == 0 {
            ffi::lua_settop(coroutine, -count - 1);
            return refuse(state, c"too many results to resume");
        }
        ffi::lua_pushboolean(state, 1);
        ffi::lua_xmove(coroutine, state, count);
        count + 1
    }
}

/// `close(coroutine)`: true, or false and the error that it ended with.
unsafe extern "C-unwind" fn close(state: *mut lua_State) -> c_int {
    // SAFETY: as `auxclose` in `lcorolib.c`; `lua_closethread` raises no error.
    unsafe {
        let coroutine = ffi::lua_tothread(state, 1);
        let mut frame = MaybeUninit::uninit();
        // One with frames that has not yielded runs, or waits for one that does.
        if coroutine.is_null()
            || ffi::lua_status(coroutine) == ffi::LUA_OK
                && ffi::lua_getstack(coroutine, 0, frame.as_mut_ptr()) != 0
        {
            return refuse(state, c"cannot close a running coroutine");
        }
        let status = while_running(coroutine, || ffi::lua_closethread(coroutine, state));
        if status == ffi::LUA_OK {
            ffi::lua_pushboolean(state, 1);
            return 1;
        }
        ffi::lua_pushboolean(state, 0);
        ffi::lua_xmove(coroutine, state, 1);
        2
    }
}

/// SAFETY: to be called by a C function, as its last act.
unsafe fn refuse(state: *mut lua_State, why: &std::ffi::CStr) -> c_int {
    // SAFETY: a C function has room for at least 20 values.
    unsafe {
        ffi::lua_settop(state, 0);
        ffi::lua_pushboolean(state, 0);
        ffi::lua_pushstring(state, why.as_ptr());
    }
    2
}
