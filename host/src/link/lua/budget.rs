//! How long Lua code may go on without a sign of life.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlua::{HookTriggers, Lua, VmState};

use super::progress;
use crate::link::exit::Exit;
use crate::link::inside::Ends;

/// Instructions between two looks: a millisecond or less, and too many for the look itself to cost anything.
const INSTRUCTIONS: u32 = 100_000;

/// The clock of one state. It begins with the component's first word, since the host has a deadline of its own for that.
#[derive(Debug)]
pub(super) struct Budget {
    limit: Option<Duration>,
    made: Instant,
    /// The last sign of life. `None` before the component has said anything.
    since: Cell<Option<Instant>>,
}

impl Budget {
    pub(super) fn new(limit: Option<Duration>) -> Budget {
        Budget {
            limit,
            made: Instant::now(),
            since: Cell::new(None),
        }
    }

    /// The component has answered the handshake: the clock begins.
    pub(super) fn begin(&self) {
        self.since.set(Some(Instant::now()));
    }

    /// A sign of life, if the clock has begun.
    pub(super) fn goes_on(&self) {
        if self.since.get().is_some() {
            self.begin();
        }
    }

    /// Seconds since the state was made. Only the library asks, between two calls of the user's code: a sign of life.
    pub(super) fn now(&self) -> f64 {
        let now = Instant::now();
        if self.since.get().is_some() {
            self.since.set(Some(now));
        }
        now.duration_since(self.made).as_secs_f64()
    }

    /// Looks after every so many instructions, in coroutines too, and ends what may not go on, with its traceback as last words.
    pub(super) fn watch_over(self: &Rc<Self>, lua: &Lua, ends: &Arc<Ends>) -> mlua::Result<()> {
        let Some(limit) = self.limit else {
            // The look costs a third of the speed of plain Lua code, and one who sets no limit asks for that speed.
            return Ok(());
        };
        let (budget, ends) = (self.clone(), ends.clone());
        let triggers = HookTriggers::new().every_nth_instruction(INSTRUCTIONS);
        lua.set_global_hook(triggers, move |lua, _| {
            if let Some(exit) = ends.leaving() {
                ends.leave(exit);
            }
            let spent = budget
                .since
                .get()
                .is_some_and(|since| since.elapsed() > limit);
            let exit = if spent {
                Exit::OverBudget(limit)
            } else if ends.is_stopped() {
                Exit::Interrupted
            } else {
                return Ok(VmState::Continue);
            };
            progress::note(lua, &ends);
            if let Ok(traceback) = lua.traceback(Some("interrupted"), 0) {
                ends.complain(&traceback.as_bytes());
                ends.complain(b"\n");
            }
            ends.leave(exit)
        })
    }
}
