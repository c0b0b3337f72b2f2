//! Lua inside the host: a script that runs as `lua script …` would, in a state of its own, on a thread of its own.
//!
//! The library in the script is the one that children have (`shims/lua`); it is part of the binary. `prelude.lua` gives the script what a process
//! would have had: streams, an environment, an end by `os.exit`. Rust does what Lua cannot: pipes, time, limits.

mod budget;
mod channel;
mod column;
mod columns;
mod inspect;
mod interrupt;
mod package;
mod pool;
mod progress;
mod rows;
mod sheet;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use mlua::state::{GcGenParams, GcMode};
use mlua::{Error, Function, Lua, LuaOptions, LuaString, StdLib, Table, Value, Variadic};

use self::budget::Budget;
use self::channel::Channel;
use self::interrupt::{Interruptible, interrupt, this_thread};
use self::pool::Pooled;
use self::rows::Shared;
use super::exit::Exit;
use super::inside::Ends;

const PRELUDE: &str = include_str!("lua/prelude.lua");
const LIBRARY: &str = include_str!("lua/library.lua");

/// What runs, where, and with what.
#[derive(Debug, Clone)]
pub struct Script {
    /// The script's file, then its arguments.
    pub words: Vec<String>,
    /// The working folder, of this thread alone; the host's own if `None`.
    pub folder: Option<PathBuf>,
    /// Found by `os.getenv` before the host's environment.
    pub environment: BTreeMap<String, String>,
    /// Bytes that the state may use.
    pub memory: usize,
    /// How long one call of its code may go on; for ever if `None`.
    pub budget: Option<Duration>,
}

impl Script {
    /// Runs it to its end, which is told as a process's would be. To be called on a thread of its own.
    pub fn run(&self, ends: &Arc<Ends>) -> Exit {
        if let Some(folder) = &self.folder
            && let Err(error) = super::inside::enter(folder)
        {
            let folder = folder.display();
            ends.complain(
                format!("the working folder {folder} cannot be entered: {error}\n").as_bytes(),
            );
            return Exit::Status(1);
        }
        match self.run_in_state(ends) {
            Ok(()) => Exit::Status(0),
            Err(error) if is_out_of_memory(&error) => Exit::OutOfMemory(self.memory),
            Err(error) => {
                ends.complain(format!("lua: {error}\n").as_bytes());
                Exit::Status(1)
            }
        }
    }

    fn run_in_state(&self, ends: &Arc<Ends>) -> mlua::Result<()> {
        let sheet = Shared::default(); // before the state, which it outlives
        // A wish to leave travels as a panic, which `pcall` must not hold up. mlua has one that does not catch panics, but no coroutine can yield
        // through that; so `pcall` is Lua's own, and the prelude has it raise again what is not to be caught.
        let options = LuaOptions::new().catch_rust_panics(true);
        let lua = Lua::new_with(StdLib::ALL_SAFE, options)?;
        let lua = Pooled::new(lua, self.memory)?;
        // Nearly all that a component makes lives for a tuple: the young are looked at when there is as much of them as of the old, and the old when
        // there are six times as many, or no memory is left.
        let young = GcGenParams::default().minor_multiplier(100);
        lua.gc_set_mode(GcMode::Generational(young.minor_to_major(500)));
        let budget = Budget::new(self.budget);
        let host = self.host_functions(&lua, ends, &budget, &sheet)?;
        let environment = lua.create_table_from(
            self.environment
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        )?;
        let (run, forget): (Function, Function) = lua
            .load(PRELUDE)
            .set_name("=stormhost")
            .call((host, environment))?;
        let watchdog = budget.watch_over(&lua, ends, &sheet)?;
        let words = Variadic::from_iter(self.words.iter().map(String::as_str));
        let left = catch_unwind(AssertUnwindSafe(|| run.call(words)));
        drop(watchdog);
        // A `__gc` that is called when the state is closed finds none of mlua's functions any more, and so not even `print`. So all are called now,
        // and those of what a `__gc` has made. Where memory is short, what fails the first time does not the second.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..3 {
                let _ = progress::forget(&lua);
                let _ = forget.call::<()>(());
                let _ = lua.gc_collect();
            }
        }));
        left.unwrap_or_else(|wish| resume_unwind(wish))
    }

    /// What `prelude.lua` builds on.
    fn host_functions(
        &self,
        lua: &Pooled,
        ends: &Arc<Ends>,
        budget: &Budget,
        sheet: &Shared,
    ) -> mlua::Result<Table> {
        let host = lua.create_table()?;
        let channel = Rc::new(RefCell::new(Channel::new(ends.clone(), budget.clone())));

        let of = channel.clone();
        host.set(
            "read",
            lua.create_function(move |lua, (_, count): (Table, usize)| {
                of.borrow_mut()
                    .read(count)?
                    .map(|bytes| lua.create_string(bytes))
                    .transpose()
            })?,
        )?;
        let of = channel.clone();
        host.set(
            "line",
            lua.create_function(move |lua, _: Table| {
                of.borrow_mut()
                    .line()?
                    .map(|bytes| lua.create_string(bytes))
                    .transpose()
            })?,
        )?;
        let of = channel.clone();
        host.set(
            "waiting",
            lua.create_function(move |_, (_, milliseconds): (Table, Option<f64>)| {
                let within = Duration::try_from_secs_f64(milliseconds.unwrap_or(0.0) / 1000.0);
                Ok(of.borrow().waiting(within.unwrap_or_default()))
            })?,
        )?;
        let of = channel.clone();
        host.set(
            "write",
            lua.create_function(move |_, (_, parts): (Table, Variadic<LuaString>)| {
                of.borrow_mut().write(&parts);
                Ok(())
            })?,
        )?;

        let of = ends.clone();
        host.set(
            "complain",
            lua.create_function(move |_, text: LuaString| {
                of.complain(&text.as_bytes());
                Ok(())
            })?,
        )?;
        let of = ends.clone();
        host.set(
            "leave",
            lua.create_function(move |lua, status: i32| -> mlua::Result<()> {
                if inspect::is_finalizing(lua) {
                    interrupt(this_thread()); // the collector will swallow it: look again thereafter
                }
                of.leave(Exit::Status(status & 0xff))
            })?,
        )?;
        let (of, memory, done) = (ends.clone(), self.memory, sheet.clone());
        let refused = lua.refused();
        host.set(
            "out_of_memory",
            lua.create_function(move |lua, ()| {
                if !refused.take() {
                    return Ok(());
                }
                progress::note(lua, &of, &done);
                of.leave(Exit::OutOfMemory(memory))
            })?,
        )?;
        let of = ends.clone();
        host.set(
            "go_on_leaving",
            // A panic that an error holds goes on as soon as mlua is given it.
            lua.create_function(move |_, _caught: Value| {
                if let Some(exit) = of.leaving() {
                    of.leave(exit);
                }
                Ok(())
            })?,
        )?;
        host.set(
            "watch_progress",
            lua.create_function(|lua, results: Table| progress::watch(lua, results))?,
        )?;
        let of = budget.clone();
        host.set("now", lua.create_function(move |_, ()| Ok(of.now()))?)?;
        host.set("decode_column", columns::decoder(lua)?)?;
        host.set("sheet", sheet.functions(lua)?)?;
        let library = lua.load(LIBRARY).set_name("=stormhost").into_function()?;
        host.set("library", library)?;
        let (resume, close) = Interruptible::coroutine_functions(lua)?;
        host.set("resume", resume)?;
        host.set("close", close)?;
        host.set(
            "finalizing",
            lua.create_function(|lua, ()| Ok(inspect::is_finalizing(lua)))?,
        )?;
        host.set("getinfo", inspect::getinfo(lua)?)?;
        host.set("traceback", inspect::traceback(lua)?)?;
        host.set(
            "source",
            lua.create_function(|_, name: LuaString| {
                Ok(package::source(&name.to_string_lossy()).unzip())
            })?,
        )?;
        Ok(host)
    }
}

fn is_out_of_memory(error: &Error) -> bool {
    match error {
        Error::MemoryError(_) => true,
        Error::CallbackError { cause, .. } => is_out_of_memory(cause),
        _ => false,
    }
}

#[cfg(test)]
#[path = "lua/tests.rs"]
mod tests;
