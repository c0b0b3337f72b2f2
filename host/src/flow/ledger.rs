//! The ledger of tuple trees: one entry a root, holding the XOR of all edges that are not acked yet.
//!
//! Storm's algorithm (`storm-facts`, 3.2): each delivered copy of a tuple has a random edge. An edge is XORed in when the copy is made and
//! again when it is acked, so the value is 0 exactly when every copy is acked. A slip in the book-keeping leaves a value that never becomes 0:
//! the tree times out and is failed, never acked by mistake. That is why edges are XORed here rather than counted, which would be cheaper.
//!
//! Entries live in a slab. A [`Root`] is a slot and the slot's generation, so that what arrives for a tree that is already answered
//! is recognised without a hash table; an update costs a few nanoseconds.

/// A handle to one tree. `Root::NONE` belongs to no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Root(u64);

impl Root {
    /// The root of what is not tracked.
    pub const NONE: Root = Root(0);

    fn new(slot: usize, generation: u32) -> Root {
        Root((slot as u64) << 32 | u64::from(generation))
    }

    /// A root that no tree has, and that carries a number.
    pub(super) fn of_no_tree(number: u32) -> Root {
        Root(u64::from(number) << 32)
    }
    /// Whether a tree has, or had, this root: generations in use are odd.
    #[inline]
    pub(super) fn is_of_a_tree(self) -> bool {
        self.0 & 1 == 1
    }
    /// The number of a root that no tree has.
    pub(super) fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }
    fn slot(self) -> usize {
        (self.0 >> 32) as usize
    }
    fn generation(self) -> u32 {
        self.0 as u32
    }
}

/// A spout's emission that the ledger keeps an entry for, and hands back when it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emission {
    /// The task of the spout that emitted it: an index, not Storm's task id.
    pub spout: u32,
    /// Which of the spout's tracked emissions, counted by the spout's own process from 0.
    pub sequence: u64,
    /// When it was emitted, in microseconds since the run began.
    pub born: u64,
    /// A hash of what was emitted: what failed and was acked when it was emitted again is not lost.
    pub body: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    /// Odd while the entry is in use, even while it is free; so 0 is never a live generation.
    generation: u32,
    /// How many rotations had happened when the tree began.
    rotation: u32,
    xor: u64,
    emission: Emission,
}

/// All trees that are neither acked nor failed.
#[derive(Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    free: Vec<u32>,
    rotation: u32,
}

impl Ledger {
    /// How many trees are open.
    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// Whether no tree is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Begins a tree without edges. It has to get some, or be answered by the caller, since nothing will ever complete it.
    pub fn open(&mut self, emission: Emission) -> Root {
        let slot = match self.free.pop() {
            Some(slot) => slot as usize,
            None => {
                self.entries.push(Entry {
                    generation: 0,
                    rotation: 0,
                    xor: 0,
                    emission,
                });
                self.entries.len() - 1
            }
        };
        let entry = &mut self.entries[slot];
        entry.generation = entry.generation.wrapping_add(1);
        (entry.rotation, entry.xor, entry.emission) = (self.rotation, 0, emission);
        Root::new(slot, entry.generation)
    }

    #[inline]
    fn entry(&mut self, root: Root) -> Option<&mut Entry> {
        self.entries
            .get_mut(root.slot())
            .filter(|entry| entry.generation == root.generation() && entry.generation & 1 == 1)
    }

    /// Whether the tree is still open.
    #[inline]
    pub fn is_open(&self, root: Root) -> bool {
        self.entries
            .get(root.slot())
            .is_some_and(|e| e.generation == root.generation() && e.generation & 1 == 1)
    }

    /// Adds an edge. Returns whether the tree is open; if not, nothing happens.
    #[inline]
    pub fn add(&mut self, root: Root, edge: u64) -> bool {
        self.entry(root).map(|entry| entry.xor ^= edge).is_some()
    }

    /// Takes an edge out, and the tree with it if that was the last one. `Err` means that the tree had been answered before.
    #[inline]
    pub fn remove(&mut self, root: Root, edge: u64) -> Result<Option<Emission>, Answered> {
        let entry = self.entry(root).ok_or(Answered)?;
        entry.xor ^= edge;
        if entry.xor != 0 {
            return Ok(None);
        }
        Ok(self.close(root))
    }

    /// Takes the tree out, whatever edges it has. `None` means that it had been answered before.
    pub fn close(&mut self, root: Root) -> Option<Emission> {
        let entry = self.entry(root)?;
        entry.generation = entry.generation.wrapping_add(1);
        let emission = entry.emission;
        self.free.push(root.slot() as u32);
        Some(emission)
    }

    /// One turn of the time-out clock: takes out every tree that was there before the turn before this one, as Storm's two buckets do.
    /// Turned once per message timeout, a tree is failed between one and two timeouts after it began.
    pub fn rotate(&mut self, mut expired: impl FnMut(Emission)) {
        self.rotation = self.rotation.wrapping_add(1);
        let now = self.rotation;
        self.close_where(|entry| now.wrapping_sub(entry.rotation) >= 2, &mut expired);
    }

    /// Takes out every tree of one spout task: its process is gone, and its successor must hear nothing of them. Returns how many there were.
    pub fn forget(&mut self, spout: u32) -> usize {
        let mut n = 0;
        self.close_where(|entry| entry.emission.spout == spout, &mut |_| n += 1);
        n
    }

    fn close_where(
        &mut self,
        mut which: impl FnMut(&Entry) -> bool,
        closed: &mut dyn FnMut(Emission),
    ) {
        for (slot, entry) in self.entries.iter_mut().enumerate() {
            if entry.generation & 1 == 1 && which(entry) {
                entry.generation = entry.generation.wrapping_add(1);
                self.free.push(slot as u32);
                closed(entry.emission);
            }
        }
    }
}

/// The tree was acked or failed before: what came now is ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered;
