//! Memory for what a Lua state makes most of: tables, closures and short text that live for a tuple. All of its unsafe code is here.
//!
//! A state runs on one thread, and Lua says how large a block was when it gives it back. So a block needs no head and no lock: it comes from a list of
//! free ones of its size, and goes back there, in a few instructions where the C library's allocator needs some fifty. Larger blocks are mlua's,
//! as before, and so are those from before the pool took over. Which is which is told by the address: the pool is one stretch of addresses, taken
//! from the system at once and from its memory as it is first used.
//!
//! Blocks of one size are not made into another one's, so a state that first fills its memory with small things and then with large ones may take up
//! more than it holds, at most twice its limit.
#![allow(
    unsafe_code,
    reason = "mlua has no safe way to give a state an allocator; see above"
)]

use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;
use std::ffi::c_void;
use std::ops::Deref;
use std::ptr::{copy_nonoverlapping, null_mut};
use std::rc::Rc;

use mlua::{Lua, Result, ffi};

/// Sizes are rounded up to this, which is also what blocks are aligned to, as those of the C library are.
const STEP: usize = 16;
/// Blocks up to this size are the pool's: a table, a closure or an array of a few fields, and most text.
const MOST: usize = 256;
/// Addresses that are taken at most; beyond them blocks are mlua's.
const STRETCH: usize = 1 << 30;

/// A state whose small blocks come from a pool, and which holds so many bytes at most. Clones of its [`Lua`] must not outlive it.
pub(super) struct Pooled {
    /// Dropped before the pool, from which it frees its last blocks.
    lua: Lua,
    pool: Box<Pool>,
}

struct Pool {
    limit: Cell<usize>,
    /// Bytes that the state holds, all blocks counted as it asked for them.
    held: Cell<usize>,
    /// Whether more was asked for than there was, since somebody last wanted to know.
    refused: Rc<Cell<bool>>,
    /// The first free block of each size; in it stands the next one.
    free: [Cell<*mut Block>; MOST / STEP + 1],
    /// What was never used.
    unused: Cell<*mut u8>,
    left: Cell<usize>,
    begin: *mut u8,
    layout: Layout,
    /// Where all else comes from.
    parent: ffi::lua_Alloc,
    of_parent: *mut c_void,
}

struct Block {
    next: *mut Block,
}

impl Pooled {
    /// Takes a fresh state over. It may hold so many bytes.
    ///
    /// # Errors
    /// When its stack cannot grow.
    pub(super) fn new(lua: Lua, limit: usize) -> Result<Pooled> {
        let size = limit.min(STRETCH) / STEP * STEP;
        let layout =
            Layout::from_size_align(size.max(STEP), STEP).map_err(mlua::Error::external)?;
        // SAFETY: its size is not zero. Null, where so many addresses are not to be had, is a pool without a stretch.
        let begin = unsafe { alloc(layout) };
        let mut pool = Box::new(Pool {
            limit: Cell::new(limit),
            held: Cell::new(lua.used_memory()),
            refused: Rc::default(),
            free: [const { Cell::new(null_mut()) }; MOST / STEP + 1],
            unused: Cell::new(begin),
            left: Cell::new(if begin.is_null() { 0 } else { layout.size() }),
            begin,
            layout,
            parent: refuse,
            of_parent: null_mut(),
        });
        // SAFETY: the state is that of `lua`. The pool stays where it is, since it is boxed, and until the state is closed, since it is dropped after
        // it. What it passes on goes to the allocator that was there before, which mlua keeps alive until the state is closed.
        unsafe {
            lua.exec_raw::<()>((), |state| {
                let mut of_parent = null_mut();
                pool.parent = ffi::lua_getallocf(state, &raw mut of_parent);
                pool.of_parent = of_parent;
                ffi::lua_setallocf(state, serve, (&raw mut *pool).cast());
            })?;
        }
        Ok(Pooled { lua, pool })
    }

    /// A note that memory was refused, for whoever takes it.
    pub(super) fn refused(&self) -> Rc<Cell<bool>> {
        self.pool.refused.clone()
    }
}

impl Deref for Pooled {
    type Target = Lua;

    fn deref(&self) -> &Lua {
        &self.lua
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if !self.begin.is_null() {
            // SAFETY: it was got so, and the state that had blocks in it is closed.
            unsafe { dealloc(self.begin, self.layout) };
        }
    }
}

impl Pool {
    fn is_ours(&self, block: *mut c_void) -> bool {
        !self.begin.is_null()
            && (block as usize).wrapping_sub(self.begin as usize) < self.layout.size()
    }

    /// A block of this size, null if there is none.
    ///
    /// # Safety
    /// Within a call of the state's allocator.
    unsafe fn take(&self, size: usize) -> *mut c_void {
        if size <= MOST {
            let class = size.div_ceil(STEP);
            if let Some(first) = self.free.get(class) {
                let block = first.get();
                if !block.is_null() {
                    // SAFETY: a block in the list is at least one step long, ours, and not in use, and its first word is what `give` wrote.
                    first.set(unsafe { (*block).next });
                    return block.cast();
                }
            }
            let whole = class * STEP;
            let left = self.left.get();
            if whole <= left {
                let block = self.unused.get();
                self.left.set(left - whole);
                // SAFETY: there is so much left behind it.
                self.unused.set(unsafe { block.add(whole) });
                return block.cast();
            }
        }
        // SAFETY: as for whoever calls this.
        unsafe { (self.parent)(self.of_parent, null_mut(), 0, size) }
    }

    /// Puts back a block that is ours and had this size.
    ///
    /// # Safety
    /// Nobody uses it any more.
    unsafe fn give(&self, block: *mut c_void, size: usize) {
        if let Some(first) = self.free.get(size.div_ceil(STEP)) {
            let block: *mut Block = block.cast();
            // SAFETY: blocks are aligned to a step, and at least one step long.
            unsafe { (*block).next = first.get() };
            first.set(block);
        }
    }
}

/// The allocator, as Lua calls it: `old` is null for a new block, `now` 0 to free one.
unsafe extern "C" fn serve(
    pool: *mut c_void,
    old: *mut c_void,
    was: usize,
    now: usize,
) -> *mut c_void {
    // SAFETY: it is what was given with this function, and its cells are changed by this thread alone.
    let pool: &Pool = unsafe { &*pool.cast() };
    // For a new block Lua says what it is for.
    let was = if old.is_null() { 0 } else { was };
    let held = pool.held.get();
    if now > was && now - was > pool.limit.get().saturating_sub(held) {
        pool.refused.set(true);
        return null_mut();
    }
    // SAFETY: `old` is a block of the size `was`, from the pool or from its parent, which is asked for.
    let block = unsafe {
        if old.is_null() {
            if now == 0 {
                return null_mut();
            } else {
                pool.take(now)
            }
        } else if !pool.is_ours(old) {
            (pool.parent)(pool.of_parent, old, was, now)
        } else if now == 0 {
            pool.give(old, was);
            null_mut()
        } else if now <= MOST && now.div_ceil(STEP) == was.div_ceil(STEP) {
            old
        } else {
            let new = pool.take(now);
            if !new.is_null() {
                copy_nonoverlapping(old.cast::<u8>(), new.cast(), was.min(now));
                pool.give(old, was);
                new
            } else if now <= was {
                old // Lua counts on it that less is always to be had
            } else {
                null_mut()
            }
        }
    };
    if now == 0 || !block.is_null() {
        pool.held.set(held - was.min(held) + now);
    } else {
        pool.refused.set(true);
    }
    block
}

/// Stands for the parent until that is known.
unsafe extern "C" fn refuse(_: *mut c_void, _: *mut c_void, _: usize, _: usize) -> *mut c_void {
    null_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHURN: &str = "
        local kept = {}
        for round = 1, 20 do
            for i = 1, 2000 do
                local text = ('x'):rep((i * 7 + round) % 300)
                kept[i] = { text = text, n = i, list = { i, round }, f = function() return i end }
            end
            for i = 1, 2000, 3 do kept[i] = nil end
            collectgarbage(round % 2 == 0 and 'incremental' or 'generational')
        end
        for i, each in pairs(kept) do
            assert(each.n == i and each.f() == i and each.list[1] == i and #each.text == (i * 7 + 20) % 300)
        end
        return collectgarbage('count') * 1024";

    fn pooled(limit: usize) -> Pooled {
        Pooled::new(Lua::new(), limit).unwrap()
    }

    #[test]
    fn what_is_made_stays_as_it_is_and_is_counted_as_lua_counts() {
        let lua = pooled(64 << 20);
        for _ in 0..3 {
            let counted: f64 = lua.load(CHURN).eval().unwrap();
            let held = lua.pool.held.get() as f64;
            assert!((held - counted).abs() < 65536.0, "{held} {counted}");
        }
    }

    #[test]
    fn what_was_freed_is_used_again() {
        let lua = pooled(64 << 20);
        let churn = lua.load("for i = 1, 1e5 do local _ = { i, { n = i } } end collectgarbage()");
        churn.call::<()>(()).unwrap();
        let left = lua.pool.left.get();
        for _ in 0..5 {
            lua.load("for i = 1, 1e5 do local _ = { i, { n = i } } end collectgarbage()")
                .exec()
                .unwrap();
        }
        assert!(left - lua.pool.left.get() < 1 << 20);
    }

    #[test]
    fn more_than_the_limit_is_not_to_be_had_and_less_is_again() {
        let lua = pooled(4 << 20);
        for code in [
            "local kept = {} for i = 1, 1e7 do kept[i] = {} end",
            "local kept = {} for i = 1, 1e7 do kept[i] = ('x'):rep(100) .. i end",
            "return ('x'):rep(5e6)",
        ] {
            let error = lua.load(code).exec().unwrap_err();
            assert!(error.to_string().contains("not enough memory"), "{error}");
            assert!(lua.pool.held.get() <= 4 << 20);
            let refused = lua.refused();
            assert!(refused.take() && !refused.take());
        }
        lua.load("collectgarbage() collectgarbage() return #('x'):rep(1e6)")
            .exec()
            .unwrap();
    }

    #[test]
    fn a_pool_without_addresses_serves_all_the_same() {
        let lua = pooled(64 << 20);
        lua.pool.left.set(0);
        lua.load(CHURN).exec().unwrap();
    }
}
