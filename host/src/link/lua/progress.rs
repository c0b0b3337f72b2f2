//! How far a bolt has come beyond what it has said: what it has finished goes to the host a few at a time, and an interruption comes in between.

use mlua::{Lua, Table};

use super::rows::Shared;
use crate::link::inside::Ends;

const RESULTS: &str = "stormhost.results";

/// The library's collected results, where it keeps them in Lua, of which `marked` counts the inputs that were finished since the last frame.
pub(super) fn watch(lua: &Lua, results: Table) -> mlua::Result<()> {
    lua.set_named_registry_value(RESULTS, results)
}

/// The component has come to its end.
pub(super) fn forget(lua: &Lua) -> mlua::Result<()> {
    lua.unset_named_registry_value(RESULTS)
}

/// Notes how far it has come, for the story. That there are no results, as in a spout, is no error.
pub(super) fn note(lua: &Lua, ends: &Ends, sheet: &Shared) {
    let results = lua.named_registry_value::<Table>(RESULTS);
    let marked = results.and_then(|results| results.raw_get("marked"));
    ends.note_unsaid(marked.unwrap_or_else(|_| sheet.finished()));
}
