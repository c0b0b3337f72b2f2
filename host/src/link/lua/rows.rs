//! What is done for each tuple: a row is made, and what is emitted is put into the [`Sheet`]. All of its unsafe code is here.
//!
//! As in `columns.rs` these functions speak with the interpreter as its own library does, and what they call may leave them by a long jump. So they own
//! nothing that would have to be dropped, and no reference into the sheet is held while Lua runs.
#![allow(
    unsafe_code,
    reason = "the safe way costs more than the work itself; see above"
)]

use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::rc::Rc;
use std::slice;

use mlua::{Function, Lua, Result, Table, ffi, lua_State};

use super::columns;
use super::sheet::{Block, Sheet, Value};

/// Fields of a row that is emitted by [`emit`] and [`add`]; wider ones go another way, by `MOST_COLUMNS` of `_emit.lua`.
const FIELDS: usize = 30;
/// So many fields find room on the stack of a C function beside what else it puts there.
const NARROW: c_int = 12;
/// Text that is longer is left to the library.
const LONG: usize = 1 << 16;

/// The sheet of a state, which its functions share. It has to outlive the state.
#[derive(Clone, Default)]
pub(super) struct Shared(Rc<UnsafeCell<Sheet>>);

impl Shared {
    /// How many inputs were finished since the last frame.
    pub(super) fn finished(&self) -> u64 {
        // SAFETY: this thread's alone, and nobody holds a reference while others run; see above.
        unsafe { (*self.0.get()).finished() as u64 }
    }

    /// What `library.lua` builds on.
    ///
    /// # Errors
    /// When memory is short.
    pub(super) fn functions(&self, lua: &Lua) -> Result<Table> {
        let functions = lua.create_table()?;
        for (name, function) in [
            ("rows_of", rows_of as ffi::lua_CFunction),
            ("emit", new_emit),
            ("adder", new_adder),
            ("emitted", emitted),
            ("is_full", is_full),
            ("finished", finished),
            ("mark", mark),
            ("fits", fits),
            ("grown", grown),
            ("track", track),
            ("tie", tie),
            ("add", add_encoded),
            ("rows", rows),
            ("marks", marks),
            ("anchors", anchors),
            ("clear", clear),
        ] {
            functions.set(name, self.function(lua, function)?)?;
        }
        let of = self.clone();
        let begin = move |_: &Lua, (blocks, anchored, frame): (Table, bool, usize)| {
            let mut found = Vec::new();
            for block in blocks.sequence_values::<Table>() {
                let block = block?;
                let (index, width) = (block.get("index")?, block.get("width")?);
                found.push(Block::new(index, width, block.get("tracked")?));
            }
            // SAFETY: as in `finished`.
            unsafe { (*of.0.get()).begin(found, anchored, frame) };
            Ok(())
        };
        functions.set("begin", lua.create_function(begin)?)?;
        Ok(functions)
    }

    fn function(&self, lua: &Lua, function: ffi::lua_CFunction) -> Result<Function> {
        // SAFETY: the sheet is the first upvalue, as all of these functions expect.
        unsafe {
            lua.exec_raw((), |state| {
                ffi::lua_pushlightuserdata(state, self.0.get().cast());
                ffi::lua_pushcclosure(state, function, 1);
            })
        }
    }
}

/// Whether a function is one of these, which people need not see in a traceback.
///
/// # Errors
/// When memory is short.
pub(super) fn is_ours(lua: &Lua, function: Function) -> Result<bool> {
    // SAFETY: it looks at the only value on the stack.
    unsafe {
        lua.exec_raw(function, |state| {
            let found = ffi::lua_tocfunction(state, -1);
            let ours = [emit as ffi::lua_CFunction, add];
            let ours =
                found.is_some_and(|found| ours.iter().any(|one| *one as usize == found as usize));
            ffi::lua_settop(state, 0);
            ffi::lua_pushboolean(state, ours.into());
        })
    }
}

/// Where the sheet of the running function is.
///
/// # Safety
/// Within a function that has it as its first upvalue.
unsafe fn place(state: *mut lua_State) -> *mut Sheet {
    // SAFETY: as said.
    unsafe { ffi::lua_touserdata(state, ffi::lua_upvalueindex(1)).cast() }
}

/// The sheet of the running function.
///
/// # Safety
/// As above. The reference must be gone before Lua is called.
unsafe fn sheet<'a>(state: *mut lua_State) -> &'a mut Sheet {
    // SAFETY: as said.
    unsafe { &mut *place(state) }
}

/// # Safety
/// Within a C function that has this upvalue.
unsafe fn upvalue(state: *mut lua_State, index: c_int) -> ffi::lua_Integer {
    // SAFETY: as said.
    unsafe { ffi::lua_tointegerx(state, ffi::lua_upvalueindex(index), std::ptr::null_mut()) }
}

/// Makes a function of those below: the sheet comes first, then what is on the stack.
///
/// # Safety
/// As the last act of a C function that has the sheet as its first upvalue.
unsafe fn closure(state: *mut lua_State, function: ffi::lua_CFunction, given: c_int) -> c_int {
    // SAFETY: as said.
    unsafe {
        ffi::lua_settop(state, given);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
        ffi::lua_insert(state, 1);
        ffi::lua_pushcclosure(state, function, given + 1);
    }
    1
}

/// `rows_of(fields, mixed)`: two functions that make a row, `first_row` and `next_row`. As the rows of `_rows.lua`.
unsafe extern "C-unwind" fn rows_of(state: *mut lua_State) -> c_int {
    // SAFETY: upvalues of both: the sheet, the list of fields, whether mixed.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        ffi::lua_settop(state, 2);
        for function in [first_row as ffi::lua_CFunction, next_row] {
            ffi::lua_pushvalue(state, ffi::lua_upvalueindex(1));
            ffi::lua_pushvalue(state, 1);
            ffi::lua_pushvalue(state, 2);
            ffi::lua_pushcclosure(state, function, 3);
        }
    }
    2
}

/// `next_row(columns, at, first, metas)`: the row before has been dealt with; then as [`first_row`].
unsafe extern "C-unwind" fn next_row(state: *mut lua_State) -> c_int {
    // SAFETY: upvalues as `rows_of` has them.
    unsafe {
        (*place(state)).mark();
        first_row(state)
    }
}

/// `first_row(columns, at, first, metas)`: row `at` of the columns, with the number `first + at`.
unsafe extern "C-unwind" fn first_row(state: *mut lua_State) -> c_int {
    // SAFETY: upvalues as `rows_of` has them; no more than the row and four values are put on the stack.
    unsafe {
        let fields = ffi::lua_upvalueindex(2);
        let mixed = ffi::lua_toboolean(state, ffi::lua_upvalueindex(3)) != 0;
        let width = ffi::lua_rawlen(state, fields) as ffi::lua_Integer;
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        let at = ffi::luaL_checkinteger(state, 2);
        let first = ffi::luaL_checkinteger(state, 3);
        ffi::luaL_checktype(state, 4, ffi::LUA_TTABLE);
        ffi::lua_settop(state, 4);
        let fields_count = c_int::try_from(width).unwrap_or(c_int::MAX);
        ffi::lua_createtable(state, 0, fields_count.saturating_add(1));
        ffi::lua_pushinteger(state, first.wrapping_add(at));
        ffi::lua_rawseti(state, 5, 0);
        for position in 1..=width {
            ffi::lua_rawgeti(state, fields, position);
            ffi::lua_rawgeti(state, 1, position);
            let column = columns::column(state, 7);
            if !column.is_null() {
                if !columns::push_next(state, column) {
                    return ffi::luaL_error(state, c"a column is too short".as_ptr());
                }
            } else if ffi::lua_type(state, 7) == ffi::LUA_TTABLE {
                ffi::lua_rawgeti(state, 7, at);
            } else {
                return ffi::luaL_error(state, c"a column is missing".as_ptr());
            }
            // The column stands between the field and its value.
            ffi::lua_copy(state, 8, 7);
            ffi::lua_settop(state, 7);
            ffi::lua_rawset(state, 5);
        }
        if !mixed {
            ffi::lua_pushvalue(state, 4);
        } else if ffi::lua_rawgeti(state, 4, at) != ffi::LUA_TTABLE {
            return ffi::luaL_error(state, c"a row has no source".as_ptr());
        }
        ffi::lua_setmetatable(state, 5);
    }
    1
}

/// `emit(block, width, slow, special, flush, tracked, pending)`: see `compiled_emit` in `_emit.lua`. Blocks are counted from 0; `tracked` is nil, or the
/// block for rows with an id, which goes into `pending`.
unsafe extern "C-unwind" fn new_emit(state: *mut lua_State) -> c_int {
    // SAFETY: the upvalues of `emit`, from 2 on.
    unsafe {
        check_width(state);
        ffi::lua_settop(state, 7);
        ffi::lua_pushstring(state, c"id".as_ptr());
        closure(state, emit, 8)
    }
}

/// `adder(block, width, slow)`: see `compiled_adder` in `_emit.lua`.
unsafe extern "C-unwind" fn new_adder(state: *mut lua_State) -> c_int {
    // SAFETY: the upvalues of `add`, from 2 on.
    unsafe {
        check_width(state);
        closure(state, add, 3)
    }
}

/// # Safety
/// Within a C function, as its first act.
unsafe fn check_width(state: *mut lua_State) {
    // SAFETY: as said.
    unsafe {
        let width = ffi::luaL_checkinteger(state, 2);
        let fits = (1..=FIELDS as ffi::lua_Integer).contains(&width);
        ffi::luaL_argcheck(state, fits.into(), 2, c"too wide".as_ptr());
    }
}

/// `emit(self, values, options)`.
unsafe extern "C-unwind" fn emit(state: *mut lua_State) -> c_int {
    const TRACKED: c_int = ffi::lua_upvalueindex(7);
    // SAFETY: upvalues as `new_emit` has them; a C function has room for 20 values, and `take` asks for more. The sheet is not held over a call.
    unsafe {
        ffi::lua_settop(state, 3);
        let plain = ffi::lua_type(state, 3) == ffi::LUA_TNIL;
        let quick = plain || ffi::lua_type(state, TRACKED) == ffi::LUA_TNUMBER && only_id(state);
        if !quick {
            ffi::lua_settop(state, 3);
            ffi::lua_pushvalue(state, ffi::lua_upvalueindex(5));
            ffi::lua_insert(state, 1);
            ffi::lua_call(state, 3, 1);
            return 1;
        }
        let sheet = place(state);
        let block = upvalue(state, if plain { 2 } else { 7 });
        take(state, sheet, 2, block as usize);
        if !plain {
            let number = (*sheet).track();
            ffi::lua_settop(state, 4); // the id on top
            ffi::lua_rawseti(state, ffi::lua_upvalueindex(8), number as ffi::lua_Integer);
        }
        if (*sheet).is_full() {
            ffi::lua_pushvalue(state, ffi::lua_upvalueindex(6));
            ffi::lua_call(state, 0, 0);
        }
    }
    0
}

/// Whether the options, in place 3 of three, are nothing but an id; then that is put on the stack.
///
/// # Safety
/// Within `emit`.
unsafe fn only_id(state: *mut lua_State) -> bool {
    // SAFETY: as said; four more values find room.
    unsafe {
        if ffi::lua_type(state, 3) != ffi::LUA_TTABLE || ffi::lua_getmetatable(state, 3) != 0 {
            return false;
        }
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(9));
        ffi::lua_rawget(state, 3);
        if ffi::lua_toboolean(state, 4) == 0 {
            return false;
        }
        ffi::lua_pushnil(state);
        // One entry there is; another would be something else.
        ffi::lua_next(state, 3);
        ffi::lua_settop(state, 5);
        let more = ffi::lua_next(state, 3) != 0;
        ffi::lua_settop(state, 4);
        !more
    }
}

/// `add(values)`.
unsafe extern "C-unwind" fn add(state: *mut lua_State) -> c_int {
    // SAFETY: upvalues as `new_adder` has them.
    unsafe {
        ffi::lua_settop(state, 1);
        let block = upvalue(state, 2);
        take(state, place(state), 1, block as usize);
        ffi::lua_pushboolean(state, 1);
    }
    1
}

/// Puts a row into the sheet: the list in place `values`, or the bare value there. What is not simple goes through `slow`, which raises an error for what
/// cannot be sent. Leaves something on the stack.
///
/// # Safety
/// Within `emit` or `add`, whose upvalues from 2 to 4 are alike.
unsafe fn take(state: *mut lua_State, sheet: *mut Sheet, values: c_int, block: usize) {
    // SAFETY: room is asked for; text that was looked at stays in its table, or on the stack.
    unsafe {
        let width = upvalue(state, 3) as c_int;
        if width > NARROW {
            ffi::luaL_checkstack(state, width + 4, c"a row is too wide".as_ptr());
        }
        let mut first = values;
        if ffi::lua_type(state, values) == ffi::LUA_TTABLE {
            first = ffi::lua_gettop(state) + 1;
            let fits = ffi::lua_getmetatable(state, values) == 0
                && ffi::lua_rawgeti(state, values, (width + 1).into()) == ffi::LUA_TNIL;
            if !fits {
                return take_slowly(state, sheet, values, block, width);
            }
            ffi::lua_settop(state, first - 1);
            for position in 1..=width {
                ffi::lua_rawgeti(state, values, position.into());
            }
        } else if width != 1 {
            return take_slowly(state, sheet, values, block, width);
        }
        let mut found = [const { MaybeUninit::<Value<'_>>::uninit() }; FIELDS];
        let Some(found) = found.get_mut(..width as usize) else {
            return; // not so wide, by `check_width`
        };
        let mut long = 0;
        for (at, place) in (first..).zip(found.iter_mut()) {
            let Some(value) = simple(state, at) else {
                return take_slowly(state, sheet, values, block, width);
            };
            long += value.long();
            place.write(value);
        }
        let sheet = &mut *sheet;
        if !sheet.fits(long) {
            return take_slowly(state, sheet, values, block, width);
        }
        for (column, value) in found.iter().enumerate() {
            sheet.put(block, column, value.assume_init());
        }
        sheet.row(block);
    }
}

/// The value in this place, if nothing about it has to be looked up or complained about.
///
/// # Safety
/// Within a C function that has such a place. The text lives as long as it is on the stack, or in a table that is.
unsafe fn simple<'a>(state: *mut lua_State, at: c_int) -> Option<Value<'a>> {
    // SAFETY: as said; text that is text is not converted.
    unsafe {
        match ffi::lua_type(state, at) {
            ffi::LUA_TSTRING => {
                let mut length = 0;
                let text = ffi::lua_tolstring(state, at, &raw mut length);
                let text = slice::from_raw_parts(text.cast::<u8>(), length);
                let fine = text.is_ascii() || std::str::from_utf8(text).is_ok();
                let fine = fine && length <= LONG;
                fine.then_some(Value::Text(text))
            }
            ffi::LUA_TNUMBER if ffi::lua_isinteger(state, at) != 0 => Some(Value::Integer(
                ffi::lua_tointegerx(state, at, std::ptr::null_mut()),
            )),
            ffi::LUA_TNUMBER => {
                let number = ffi::lua_tonumberx(state, at, std::ptr::null_mut());
                number.is_finite().then_some(Value::Float(number))
            }
            ffi::LUA_TBOOLEAN => Some(Value::Bool(ffi::lua_toboolean(state, at) != 0)),
            _ => None,
        }
    }
}

/// As [`take`], for what the library has to look at.
///
/// # Safety
/// As there.
unsafe fn take_slowly(
    state: *mut lua_State,
    sheet: *mut Sheet,
    values: c_int,
    block: usize,
    width: c_int,
) {
    // SAFETY: as there; there is room for what it returns.
    unsafe {
        let top = ffi::lua_gettop(state);
        ffi::lua_pushvalue(state, ffi::lua_upvalueindex(4));
        ffi::lua_pushvalue(state, values);
        ffi::lua_call(state, 1, width);
        for at in top + 1..=top + width {
            if ffi::lua_type(state, at) != ffi::LUA_TSTRING {
                ffi::luaL_error(state, c"a value was not encoded".as_ptr());
            }
        }
        let sheet = &mut *sheet;
        for column in 0..width {
            sheet.put(block, column as usize, encoded(state, top + 1 + column));
        }
        sheet.row(block);
    }
}

/// # Safety
/// There is text in this place, and the value is gone before that is.
unsafe fn encoded<'a>(state: *mut lua_State, at: c_int) -> Value<'a> {
    let mut length = 0;
    // SAFETY: as said.
    unsafe {
        let text = ffi::lua_tolstring(state, at, &raw mut length);
        Value::Encoded(slice::from_raw_parts(text.cast(), length))
    }
}

/// `add(block, parts, count)`: a row of so many parts in bytes, which were counted.
unsafe extern "C-unwind" fn add_encoded(state: *mut lua_State) -> c_int {
    // SAFETY: each part is in the list while it is read.
    unsafe {
        let block = ffi::luaL_checkinteger(state, 1) as usize;
        ffi::luaL_checktype(state, 2, ffi::LUA_TTABLE);
        let count = ffi::luaL_checkinteger(state, 3);
        for position in 1..=count {
            if ffi::lua_rawgeti(state, 2, position) != ffi::LUA_TSTRING {
                return ffi::luaL_error(state, c"a value was not encoded".as_ptr());
            }
            ffi::lua_settop(state, 3);
        }
        for position in 1..=count {
            ffi::lua_rawgeti(state, 2, position);
            let value = encoded(state, 4);
            sheet(state).put(block, position as usize - 1, value);
            ffi::lua_settop(state, 3);
        }
        sheet(state).row(block);
    }
    0
}

/// `tie(numbers)`: anchors the last row to all of the list.
unsafe extern "C-unwind" fn tie(state: *mut lua_State) -> c_int {
    // SAFETY: nothing but a list is looked at.
    unsafe {
        ffi::luaL_checktype(state, 1, ffi::LUA_TTABLE);
        let count = ffi::lua_rawlen(state, 1) as ffi::lua_Integer;
        for position in 1..=count {
            ffi::lua_rawgeti(state, 1, position);
            let number = ffi::lua_tointegerx(state, -1, std::ptr::null_mut());
            ffi::lua_settop(state, 1);
            sheet(state).tie(number as u64);
        }
    }
    0
}

unsafe extern "C-unwind" fn emitted(state: *mut lua_State) -> c_int {
    // SAFETY: nothing but the sheet is looked at; so below.
    unsafe {
        let count = sheet(state).count();
        ffi::lua_pushinteger(state, count.into());
    }
    1
}

unsafe extern "C-unwind" fn is_full(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        let full = sheet(state).is_full();
        ffi::lua_pushboolean(state, full.into());
    }
    1
}

unsafe extern "C-unwind" fn finished(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        let count = sheet(state).finished();
        ffi::lua_pushinteger(state, count as ffi::lua_Integer);
    }
    1
}

unsafe extern "C-unwind" fn mark(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe { sheet(state).mark() };
    0
}

/// `fits(self, size)`.
unsafe extern "C-unwind" fn fits(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        let size = ffi::luaL_checkinteger(state, 2);
        let fits = sheet(state).fits(size as usize);
        ffi::lua_pushboolean(state, fits.into());
    }
    1
}

/// `grown(self, size)`.
unsafe extern "C-unwind" fn grown(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        let size = ffi::luaL_checkinteger(state, 2);
        sheet(state).grow(size as usize);
    }
    0
}

/// `track()`: the number of the last row, which is tracked.
unsafe extern "C-unwind" fn track(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        let number = sheet(state).track();
        ffi::lua_pushinteger(state, number as ffi::lua_Integer);
    }
    1
}

unsafe extern "C-unwind" fn clear(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe { sheet(state).clear() };
    0
}

/// `rows()`: the blocks as they stand in a frame, and how many.
unsafe extern "C-unwind" fn rows(state: *mut lua_State) -> c_int {
    // SAFETY: the bytes stay in the sheet while Lua copies them, which calls nothing.
    unsafe {
        let (bytes, used) = sheet(state).rows();
        ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
        ffi::lua_pushinteger(state, used as ffi::lua_Integer);
    }
    2
}

unsafe extern "C-unwind" fn marks(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        let bytes = sheet(state).marks();
        ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
    }
    1
}

/// `anchors()`: nil where there are none.
unsafe extern "C-unwind" fn anchors(state: *mut lua_State) -> c_int {
    // SAFETY: as above.
    unsafe {
        match sheet(state).anchors() {
            Some(bytes) => {
                ffi::lua_pushlstring(state, bytes.as_ptr().cast(), bytes.len());
            }
            None => ffi::lua_pushnil(state),
        }
    }
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs code that finds the functions in `sheet`, begun with a stream of one field, one of two, and one of one field that is tracked.
    fn check(code: &str) {
        let shared = Shared::default();
        let lua = Lua::new();
        let functions = shared.functions(&lua).unwrap();
        lua.globals().set("sheet", functions).unwrap();
        let decode = columns::decoder(&lua).unwrap();
        lua.globals().set("decode", decode).unwrap();
        let begin = "sheet.begin({
               { index = 0, width = 1, tracked = false },
               { index = 1, width = 2, tracked = false },
               { index = 0, width = 1, tracked = true },
             }, false, 8388608)
             slowly = {}
             function slow(width)
               return function(values)
                 slowly[#slowly + 1] = values
                 return table.unpack({ '\\192', '\\193' }, 1, width)
               end
             end
             one, two = sheet.adder(0, 1, slow(1)), sheet.adder(1, 2, slow(2))
             function column(data) return decode(data, 1) end
             function cell(at, width, position) -- of the first row of a block that begins there
               local bytes = sheet.rows()
               for _ = 2, position do at = at + 4 + string.unpack('<I4', bytes, at + 12) end
               return bytes:sub(at + 17, at + 15 + string.unpack('<I4', bytes, at + 12))
             end\n";
        if let Err(error) = lua.load(format!("{begin}{code}")).exec() {
            panic!("{error}\n{code}");
        }
    }

    #[test]
    fn simple_rows_are_taken_at_once() {
        check(
            "for value, expected in next, { word = '\\164word', [5] = '\\5', [0.5] = '\\203' .. string.pack('>d', 0.5) } do
               one(value) assert(cell(1, 1, 1) == expected) sheet.clear()
               one { value } assert(cell(1, 1, 1) == expected) sheet.clear()
               two { value, true } assert(cell(1, 2, 1) == expected and cell(1, 2, 2) == '\\195') sheet.clear()
             end
             one(5.0) assert(cell(1, 1, 1):byte() == 203)
             assert(#slowly == 0)",
        );
    }

    #[test]
    fn all_else_is_left_to_the_library() {
        check(
            "local null = setmetatable({}, {})
             local given = { null, { null }, { 'a', 'b' }, {}, '\\255', { '\\255' }, 0 / 0, 1 / 0, ('x'):rep(1e5), print, setmetatable({ 'a' }, {}) }
             for _, values in ipairs(given) do one(values) end
             one()
             assert(#slowly == #given)
             for at, values in ipairs(given) do assert(rawequal(slowly[at], values) or values ~= values) end
             for _, values in ipairs { 'a', { 'a' }, { 'a', 'b', 'c' }, { 'a', null }, setmetatable({ 'a', 'b' }, {}) } do
               slowly = {} two(values) assert(rawequal(slowly[1], values))
             end
             slowly = {} two(nil) two() two { [2] = 'b' }
             assert(sheet.emitted() == #given + 1 + 5 + 3)
             assert(cell(1, 1, 1):byte() == 192)",
        );
    }

    #[test]
    fn what_does_not_fit_into_the_frame_is_left_to_the_library() {
        check(
            "sheet.begin({ { index = 0, width = 1, tracked = false } }, false, 65536 + 100)
             one(('x'):rep(90)) assert(#slowly == 0)
             one(('x'):rep(90)) assert(#slowly == 1)",
        );
    }

    #[test]
    fn an_error_of_the_library_adds_nothing() {
        check(
            "local add = sheet.adder(0, 1, function() error('no') end)
             assert(select(2, pcall(add, print)):find('no$'))
             local bad = sheet.adder(0, 1, function() return 5 end)
             assert(select(2, pcall(bad, print)):find('was not encoded'))
             assert(sheet.emitted() == 0 and #sheet.rows() == 0)
             assert(not pcall(sheet.adder, 0, 31, print) and not pcall(sheet.adder, 0, 0, print))",
        );
    }

    #[test]
    fn emit_leaves_options_to_the_library_but_for_an_id() {
        check(
            "local pending, special, flushed = {}, nil, 0
             local function other(self, values, options) special = options return 'answer', 'more' end
             local emit = sheet.emit(0, 1, slow(1), other, function() flushed = flushed + 1 end, 2, pending)
             assert(select('#', emit({}, 'a')) == 0 and select('#', emit({}, 'a', nil)) == 0)
             emit({}, 'a', { id = 'x' })
             emit({}, 'b', { id = 0 })
             assert(pending[0] == 'x' and pending[1] == 0 and special == nil and sheet.emitted() == 4)
             for _, options in ipairs { {}, { id = 1, stream = 's' }, { stream = 's' }, { id = false }, setmetatable({ id = 1 }, {}), 'x' } do
               local answer, none = emit({}, 'a', options)
               assert(rawequal(special, options) and answer == 'answer' and none == nil)
             end
             assert(sheet.emitted() == 4 and flushed == 0 and pending[2] == nil)
             while sheet.emitted() < 4095 do emit({}, 'a') end
             assert(flushed == 0) emit({}, 'a') assert(flushed == 1)
             local bolt = sheet.emit(0, 1, slow(1), other, print, nil, nil)
             assert(bolt({}, 'a', { id = 1 }) == 'answer')",
        );
    }

    #[test]
    fn rows_are_made_one_by_one_and_marked_when_the_next_one_is() {
        check(
            "local meta, columns = {}, { { 'a', 'b', 'c' }, { 1, 2, 3 } }
             local first_row, next_row = sheet.rows_of({ 'word', 'n' }, false)
             local row = first_row(columns, 2, 9, meta)
             assert(getmetatable(row) == meta and row.word == 'b' and row.n == 2 and row[0] == 11)
             assert(sheet.finished() == 0) one('x')
             row = next_row(columns, 3, 9, meta)
             assert(row.word == 'c' and row[0] == 12 and sheet.marks() == string.pack('<I4', 1))
             row = sheet.rows_of({ 'word' }, true)({ { 'a' } }, 1, 0, { meta })
             assert(getmetatable(row) == meta and row.word == 'a' and row.n == nil)
             assert(sheet.rows_of({}, false)({}, 1, 4, meta)[0] == 5)
             local fields, many = {}, {}
             for at = 1, 300 do fields[at], many[at] = 'f' .. at, { at } end
             row = sheet.rows_of(fields, false)(many, 1, 0, meta)
             assert(row.f1 == 1 and row.f300 == 300)",
        );
    }

    #[test]
    fn columns_are_read_as_they_came() {
        check(
            "local columns = { column('\\147\\161a\\161b\\203\\63\\224\\0\\0\\0\\0\\0\\0'), { 1, 2, 3 } }
             local first_row, next_row = sheet.rows_of({ 'word', 'n' }, false)
             local row = first_row(columns, 1, 0, {}) assert(row.word == 'a' and row.n == 1)
             row = next_row(columns, 2, 0, {}) assert(row.word == 'b' and row.n == 2)
             row = first_row(columns, 3, 0, {}) assert(row.word == 0.5 and row.n == 3)
             local _, problem = pcall(first_row, columns, 4, 0, {})
             assert(problem:find('too short'))",
        );
    }

    #[test]
    fn what_is_no_row_is_an_error() {
        check(
            "local first_row = sheet.rows_of({ 'a' }, false)
             for _, columns in ipairs { {}, { io.stdout }, { 'text' } } do
               assert(select(2, pcall(first_row, columns, 1, 0, {})):find('column is missing'))
             end
             assert(not pcall(first_row, nil, 1, 0, {}) and not pcall(first_row, { {} }, 1, 0, nil))
             assert(select(2, pcall(sheet.rows_of({}, true), {}, 1, 0, {})):find('no source'))
             assert(sheet.finished() == 0 and not pcall(sheet.rows_of, nil, false))",
        );
    }

    #[test]
    fn rows_in_bytes_and_anchors_are_taken_as_they_are() {
        check(
            "sheet.begin({ { index = 0, width = 2, tracked = false } }, true, 8388608)
             sheet.add(0, { '\\5', '\\6' }, 2)
             assert(sheet.anchors() == nil)
             sheet.tie { 7, 8 }
             assert(sheet.anchors() == string.pack('<I4I8I8', 2, 7, 8))
             assert(cell(1, 2, 2) == '\\6' and not pcall(sheet.add, 0, { '\\5' }, 2))
             assert(sheet.track() == 0 and sheet.track() == 1)
             assert(not sheet.is_full() and sheet.fits(nil, 100)) sheet.grown(nil, 2000000)
             assert(sheet.is_full() and not sheet.fits(nil, 7000000)) sheet.clear()
             assert(not sheet.is_full() and sheet.emitted() == 0 and sheet.anchors() == nil) sheet.mark()
             assert(sheet.finished() == 1)",
        );
    }
}
