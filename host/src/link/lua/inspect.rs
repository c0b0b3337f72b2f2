//! Where code is: the two harmless functions of Lua's `debug`. The others can break a state, and its sandbox.

use mlua::{Function, Lua, Table, Value};

use super::rows;

/// `debug.getinfo(level, what)`, as far as levels go. Nil for a function or another coroutine, of which nothing is known.
pub(super) fn getinfo(lua: &Lua) -> mlua::Result<Function> {
    lua.create_function(|lua, (level, _what): (Value, Value)| {
        let Some(level) = level.as_usize() else {
            return Ok(None);
        };
        lua.inspect_stack(level, |frame| -> mlua::Result<Table> {
            let (source, names) = (frame.source(), frame.names());
            let line = |line: Option<usize>| line.map_or(-1, |line| line as i64);
            let info = lua.create_table()?;
            if source.what == "C" && rows::is_ours(lua, frame.function())? {
                info.set("source", "=stormhost")?;
            } else {
                info.set("source", source.source.as_deref())?;
            }
            info.set("short_src", source.short_src.as_deref())?;
            info.set("what", source.what)?;
            info.set("linedefined", line(source.line_defined))?;
            info.set("lastlinedefined", line(source.last_line_defined))?;
            info.set("currentline", line(frame.current_line()))?;
            info.set("name", names.name.as_deref())?;
            info.set("namewhat", names.name_what.unwrap_or_default())?;
            Ok(info)
        })
        .transpose()
    })
}

/// `debug.traceback([message [, level]])`. A message that is no text is given back as it is; of another coroutine nothing is told.
pub(super) fn traceback(lua: &Lua) -> mlua::Result<Function> {
    lua.create_function(|lua, (message, level): (Value, Option<usize>)| {
        let said = match &message {
            Value::Nil | Value::Thread(_) => None,
            Value::String(text) => Some(text.to_string_lossy()),
            _ => return Ok(message),
        };
        lua.traceback(said.as_deref(), level.unwrap_or(1))
            .map(Value::String)
    })
}

/// Whether the code that runs was called by the collector, a few levels up at most. Of what it raises nobody hears.
pub(super) fn is_finalizing(lua: &Lua) -> bool {
    (0..100)
        .map_while(|level| {
            lua.inspect_stack(level, |frame| {
                let names = frame.names();
                names.name.as_deref() == Some("__gc") && names.name_what == Some("metamethod")
            })
        })
        .any(|is| is)
}
