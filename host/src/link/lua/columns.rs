//! Columns to Lua tables and back, a whole one in a call. All of its unsafe code is here.
//!
//! Where values cross between mlua and Lua one by one, each costs about as much as all else that is done for a tuple. These functions speak with the
//! interpreter as its own library does. What they call may raise an error of Lua's, which leaves them by a long jump; so none of them owns
//! anything that would have to be dropped while it does.
#![allow(
    unsafe_code,
    reason = "the safe way costs more than the work itself; see above"
)]

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::slice;

use mlua::{Function, Lua, Result, ffi, lua_State};

use super::column::{Cell, cell, head, head_bytes, integer_bytes};

/// `decode_column(data, at)`: a list of the values of the column at `at`, and how many they are. Nothing for a column that holds more than text, floats
/// and integers of 64 bits.
///
/// # Errors
/// When memory is short.
pub(super) fn decoder(lua: &Lua) -> Result<Function> {
    // SAFETY: it keeps to Lua's rules for C functions; see there.
    unsafe { lua.create_c_function(decode_column) }
}

/// `column(parts, count)`: the first `count` parts as one column. A part is a value's bytes, or an integer.
///
/// # Errors
/// When memory is short.
pub(super) fn encoder(lua: &Lua) -> Result<Function> {
    // SAFETY: as above.
    unsafe { lua.create_c_function(column) }
}

/// `u32s(list, count)`: the first `count` numbers of a list in 4 bytes each, little-endian.
///
/// # Errors
/// When memory is short.
pub(super) fn packer(lua: &Lua) -> Result<Function> {
    // SAFETY: as above.
    unsafe { lua.create_c_function(u32s) }
}

unsafe extern "C-unwind" fn decode_column(state: *mut lua_State) -> c_int {
    // SAFETY: the bytes are those of the argument, which stays on the stack; there is room for the table and one value beside it.
    unsafe {
        let mut length = 0;
        let data = ffi::luaL_checklstring(state, 1, &raw mut length);
        let at = ffi::luaL_checkinteger(state, 2);
        let data = slice::from_raw_parts(data.cast::<u8>(), length);
        let begin = usize::try_from(at).unwrap_or(0).wrapping_sub(1);
        let Some((count, mut rest)) = data.get(begin..).and_then(head) else {
            return 0;
        };
        // Each value has at least one byte, so a count that is a lie asks for no more than the data's length.
        if count > rest.len() {
            return 0;
        }
        ffi::lua_createtable(state, c_int::try_from(count).unwrap_or(0), 0);
        for position in 1..=count {
            let Some((value, behind)) = cell(rest) else {
                return 0;
            };
            rest = behind;
            match value {
                Cell::Text(text) => {
                    ffi::lua_pushlstring(state, text.as_ptr().cast(), text.len());
                }
                Cell::Integer(number) => ffi::lua_pushinteger(state, number),
                Cell::Float(number) => ffi::lua_pushnumber(state, number),
            }
            ffi::lua_rawseti(state, -2, position as ffi::lua_Integer);
        }
        ffi::lua_pushinteger(state, count as ffi::lua_Integer);
    }
    2
}

/// How many values of the list in argument 1 are meant, by argument 2.
///
/// # Safety
/// Within a C function, as its first act.
unsafe fn count_of(state: *mut lua_State) -> usize {
    // SAFETY: as said.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        let count = ffi::luaL_checkinteger(state, 2);
        ffi::lua_settop(state, 2);
        usize::try_from(count).unwrap_or(0)
    }
}

unsafe extern "C-unwind" fn column(state: *mut lua_State) -> c_int {
    // SAFETY: the first pass sees that all parts are text or integers, and how long they are. Nothing runs between the two that could change the list
    // or collect its text, so the second one writes exactly as much.
    unsafe {
        let count = count_of(state);
        let (begin, mut size) = head_bytes(count);
        for position in 1..=count {
            size += match ffi::lua_rawgeti(state, 1, position as ffi::lua_Integer) {
                ffi::LUA_TSTRING => ffi::lua_rawlen(state, -1),
                ffi::LUA_TNUMBER if ffi::lua_isinteger(state, -1) != 0 => {
                    integer_bytes(ffi::lua_tointegerx(state, -1, std::ptr::null_mut())).1
                }
                _ => return ffi::luaL_error(state, c"a part of a column is missing".as_ptr()),
            };
            ffi::lua_settop(state, 2);
        }
        let mut buffer = MaybeUninit::<ffi::luaL_Buffer>::uninit();
        let mut to = ffi::luaL_buffinitsize(state, buffer.as_mut_ptr(), size).cast::<u8>();
        // The buffer may have put something on the stack.
        let top = ffi::lua_gettop(state);
        let mut write = |bytes: *const u8, length: usize| {
            to.copy_from_nonoverlapping(bytes, length);
            to = to.add(length);
        };
        write(begin.as_ptr(), head_bytes(count).1);
        for position in 1..=count {
            if ffi::lua_rawgeti(state, 1, position as ffi::lua_Integer) == ffi::LUA_TSTRING {
                let mut length = 0;
                let text = ffi::lua_tolstring(state, -1, &raw mut length);
                write(text.cast(), length);
            } else {
                let number = ffi::lua_tointegerx(state, -1, std::ptr::null_mut());
                let (bytes, length) = integer_bytes(number);
                write(bytes.as_ptr(), length);
            }
            ffi::lua_settop(state, top);
        }
        ffi::luaL_pushresultsize(buffer.as_mut_ptr(), size);
    }
    1
}

unsafe extern "C-unwind" fn u32s(state: *mut lua_State) -> c_int {
    // SAFETY: as in `column`: four bytes are written for each number, and there is room for so many.
    unsafe {
        let count = count_of(state);
        let size = count * 4;
        let mut buffer = MaybeUninit::<ffi::luaL_Buffer>::uninit();
        let mut to = ffi::luaL_buffinitsize(state, buffer.as_mut_ptr(), size).cast::<u8>();
        let top = ffi::lua_gettop(state);
        for position in 1..=count {
            ffi::lua_rawgeti(state, 1, position as ffi::lua_Integer);
            let number = ffi::lua_tointegerx(state, -1, std::ptr::null_mut());
            let bytes = (number as u32).to_le_bytes();
            to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            to = to.add(bytes.len());
            ffi::lua_settop(state, top);
        }
        ffi::luaL_pushresultsize(buffer.as_mut_ptr(), size);
    }
    1
}

#[cfg(test)]
mod tests {
    use mlua::Value;

    use super::*;

    fn lua() -> Lua {
        let lua = Lua::new();
        let globals = lua.globals();
        globals.set("decode", decoder(&lua).unwrap()).unwrap();
        globals.set("column", encoder(&lua).unwrap()).unwrap();
        globals.set("u32s", packer(&lua).unwrap()).unwrap();
        lua
    }

    fn check(code: &str) {
        lua().load(code).exec().unwrap();
    }

    #[test]
    fn a_column_of_parts_comes_back_as_values() {
        check(
            "local parts = { '\\161a', '\\160', 7, -5, 300, math.maxinteger, math.mininteger, '\\203' .. string.pack('>d', 0.5) }
             local list, count = decode('xx' .. column(parts, #parts), 3)
             assert(count == 8 and #list == 8)
             for at, value in ipairs { 'a', '', 7, -5, 300, math.maxinteger, math.mininteger, 0.5 } do
               assert(list[at] == value and math.type(list[at]) == math.type(value), at)
             end",
        );
        check(
            "local parts = {} for i = 1, 70000 do parts[i] = i end
             for _, count in ipairs { 0, 1, 15, 16, 65535, 65536, 70000 } do
               local list, n = decode(column(parts, count), 1)
               assert(n == count and list[count] == (count > 0 and count or nil) and list[count + 1] == nil)
             end",
        );
    }

    #[test]
    fn what_is_no_column_or_of_another_kind_is_nothing() {
        check(
            "assert(decode('\\192', 1) == nil and decode('', 1) == nil and decode('\\145', 1) == nil)
             assert(decode('\\145\\192', 1) == nil and decode('\\145\\1', 0) == nil and decode('\\145\\1', 9) == nil)
             assert(decode('\\221\\255\\255\\255\\255\\1', 1) == nil)",
        );
    }

    #[test]
    fn a_part_that_is_missing_is_an_error() {
        let error = lua().load("column({ '\\160' }, 2)").exec().unwrap_err();
        assert!(error.to_string().contains("a part of a column is missing"));
        assert!(lua().load("column({ 0.5 }, 1)").exec().is_err());
        assert!(lua().load("column(1, 1)").exec().is_err());
    }

    #[test]
    fn numbers_are_packed_as_lua_would() {
        check(
            "local list = {} for i = 1, 3000 do list[i] = i * 1431655 % 4294967296 end
             for _, count in ipairs { 0, 1, 100, 3000 } do
               local expected = {}
               for i = 1, count do expected[i] = string.pack('<I4', list[i]) end
               assert(u32s(list, count) == table.concat(expected))
             end",
        );
    }

    #[test]
    fn want_of_memory_is_an_error_of_lua() {
        let lua = lua();
        lua.load("parts = {} for i = 1, 1000 do parts[i] = ('x'):rep(1000) end")
            .exec()
            .unwrap();
        lua.set_memory_limit(lua.used_memory() + 100_000).unwrap();
        let error = lua
            .load("return column(parts, 1000)")
            .eval::<Value>()
            .unwrap_err();
        assert!(error.to_string().contains("not enough memory"), "{error}");
    }
}
