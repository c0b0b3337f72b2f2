//! Columns as they came, read value by value. All of its unsafe code is here.
//!
//! Where values cross between mlua and Lua one by one, each costs about as much as all else that is done for a tuple. These functions speak with the
//! interpreter as its own library does. What they call may raise an error of Lua's, which leaves them by a long jump; so none of them owns
//! anything that would have to be dropped while it does.
#![allow(
    unsafe_code,
    reason = "the safe way costs more than the work itself; see above"
)]

use std::ffi::c_int;
use std::ptr::null_mut;
use std::slice;

use mlua::{Function, Lua, Result, ffi, lua_State};

use super::column::{Cell, cell, head};

/// Its address stands in each column, so that nothing else is taken for one.
static MARK: u8 = 0;

/// A column whose values have been looked at: what is left of it. The text that this points into is the userdata's user value, so it stays.
pub(super) struct Column {
    mark: *const u8,
    next: *const u8,
    left: usize,
}

/// `decode_column(data, at)`: the column at `at`, for [`push_next`]. Nothing for one that holds more than text, floats and integers of 64 bits.
///
/// # Errors
/// When memory is short.
pub(super) fn decoder(lua: &Lua) -> Result<Function> {
    // SAFETY: it keeps to Lua's rules for C functions; see there.
    unsafe { lua.create_c_function(decode_column) }
}

unsafe extern "C-unwind" fn decode_column(state: *mut lua_State) -> c_int {
    // SAFETY: the bytes are those of the argument, which stays on the stack, and then with the userdata, which has room for a column.
    unsafe {
        let mut length = 0;
        let data = ffi::luaL_checklstring(state, 1, &raw mut length);
        let at = ffi::luaL_checkinteger(state, 2);
        let data = slice::from_raw_parts(data.cast::<u8>(), length);
        let begin = usize::try_from(at).unwrap_or(0).wrapping_sub(1);
        let Some((count, values)) = data.get(begin..).and_then(head) else {
            return 0;
        };
        let mut rest = values;
        for _ in 0..count {
            let Some((_, behind)) = cell(rest) else {
                return 0;
            };
            rest = behind;
        }
        let column: *mut Column = ffi::lua_newuserdatauv(state, size_of::<Column>(), 1).cast();
        column.write(Column {
            mark: &raw const MARK,
            next: values.as_ptr(),
            left: values.len() - rest.len(),
        });
        ffi::lua_pushvalue(state, 1);
        ffi::lua_setiuservalue(state, -2, 1);
    }
    1
}

/// The column in this place of the stack; null if there is none.
///
/// # Safety
/// Within a C function that has such a place. It lives as long as it is on the stack.
pub(super) unsafe fn column(state: *mut lua_State, at: c_int) -> *mut Column {
    // SAFETY: what is looked at has the size of a column.
    unsafe {
        if ffi::lua_type(state, at) != ffi::LUA_TUSERDATA
            || ffi::lua_rawlen(state, at) != size_of::<Column>()
        {
            return null_mut();
        }
        let column: *mut Column = ffi::lua_touserdata(state, at).cast();
        if (*column).mark == &raw const MARK {
            column
        } else {
            null_mut()
        }
    }
}

/// Pushes the next value of a column; false, and nothing, at its end.
///
/// # Safety
/// It is one of [`column()`], and there is room on the stack.
pub(super) unsafe fn push_next(state: *mut lua_State, column: *mut Column) -> bool {
    // SAFETY: what is left was looked at, and is kept.
    unsafe {
        let bytes = slice::from_raw_parts((*column).next, (*column).left);
        let Some((value, rest)) = cell(bytes) else {
            return false;
        };
        (*column).next = rest.as_ptr();
        (*column).left = rest.len();
        match value {
            Cell::Text(text) => {
                ffi::lua_pushlstring(state, text.as_ptr().cast(), text.len());
            }
            Cell::Integer(number) => ffi::lua_pushinteger(state, number),
            Cell::Float(number) => ffi::lua_pushnumber(state, number),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use mlua::Value;

    use super::*;

    fn lua() -> Lua {
        let lua = Lua::new();
        lua.globals().set("begin", decoder(&lua).unwrap()).unwrap();
        // SAFETY: it looks at what it is given, and has room for a value.
        let next = unsafe { lua.create_c_function(next) }.unwrap();
        lua.globals().set("next_of", next).unwrap();
        check(
            &lua,
            "function decode(data, at)
               local column = begin(data, at)
               if not column then return nil end
               data = nil collectgarbage()
               local list, count = {}, 0
               while true do
                 local more, value = next_of(column)
                 if not more then return list, count end
                 count = count + 1 list[count] = value
               end
             end",
        );
        lua
    }

    unsafe extern "C-unwind" fn next(state: *mut lua_State) -> c_int {
        // SAFETY: as said.
        unsafe {
            let column = column(state, 1);
            assert!(!column.is_null());
            let more = push_next(state, column);
            ffi::lua_pushboolean(state, more.into());
            ffi::lua_insert(state, 2);
            ffi::lua_gettop(state) - 1
        }
    }

    fn check(lua: &Lua, code: &str) {
        lua.load(code).exec().unwrap();
    }

    fn set<T: serde::Serialize>(lua: &Lua, values: &T) {
        let bytes = rmp_serde::to_vec(values).unwrap();
        let bytes = lua.create_string(bytes).unwrap();
        lua.globals().set("column", bytes).unwrap();
    }

    #[test]
    fn a_column_comes_as_values() {
        let lua = lua();
        set(&lua, &("a", "", 7, -5, 300, i64::MAX, i64::MIN, 0.5));
        check(
            &lua,
            "local list, count = decode('xx' .. column, 3)
             assert(count == 8 and #list == 8)
             for at, value in ipairs { 'a', '', 7, -5, 300, math.maxinteger, math.mininteger, 0.5 } do
               assert(list[at] == value and math.type(list[at]) == math.type(value), at)
             end",
        );
        for count in [0, 1, 15, 16, 65_535, 65_536, 70_000] {
            set(&lua, &(1..=count).collect::<Vec<u32>>());
            lua.globals().set("count", count).unwrap();
            check(
                &lua,
                "local list, n = decode(column, 1)
                 assert(n == count and list[count] == (count > 0 and count or nil) and list[count + 1] == nil)",
            );
        }
    }

    #[test]
    fn what_is_no_column_or_of_another_kind_is_nothing() {
        check(
            &lua(),
            "assert(decode('\\192', 1) == nil and decode('', 1) == nil and decode('\\145', 1) == nil)
             assert(decode('\\145\\192', 1) == nil and decode('\\145\\1', 0) == nil and decode('\\145\\1', 9) == nil)
             assert(decode('\\221\\255\\255\\255\\255\\1', 1) == nil)",
        );
    }

    #[test]
    fn nothing_else_is_a_column() {
        let lua = lua();
        for other in ["io.stdout", "{}", "1", "nil"] {
            let value: Value = lua.load(format!("return {other}")).eval().unwrap();
            // SAFETY: it looks at the only value there is.
            let null = unsafe {
                lua.exec_raw::<bool>(value, |state| {
                    let null = column(state, -1).is_null();
                    ffi::lua_settop(state, 0);
                    ffi::lua_pushboolean(state, null.into());
                })
            };
            assert!(null.unwrap(), "{other}");
        }
    }

    #[test]
    fn want_of_memory_is_an_error_of_lua() {
        let lua = lua();
        set(&lua, &vec!["x".repeat(1000); 1000]);
        lua.set_memory_limit(lua.used_memory() + 100_000).unwrap();
        let error = lua.load("return decode(column, 1)").eval::<Value>();
        let error = error.unwrap_err();
        assert!(error.to_string().contains("not enough memory"), "{error}");
    }
}
