//! How much of anything is accepted from the other side.

use crate::Encoding;

/// Bounds on what a component may send. They hold while bytes are still arriving, not only once a message is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest message, in bytes, delimiters not counted. Default: 64 MiB.
    pub message: usize,
    /// How many lists and maps may stand inside one another, empty ones included. Default: 128. More than [`Limits::MAX_DEPTH`] counts as that.
    pub depth: usize,
    /// The longest piece of stray text that is handed on at once, in bytes; a longer line comes in pieces. Default: 64 KiB.
    pub line: usize,
}

impl Limits {
    /// The deepest nesting that can be allowed. Values are walked by recursion in places, so this bounds the stack.
    pub const MAX_DEPTH: usize = 1024;

    /// How deep Storm's own JSON parser goes, and so messages in Storm's JSON dialect may.
    pub const STORM_DEPTH: usize = 400;

    /// The same for a child that speaks one of Storm's dialects in this encoding.
    pub fn in_storms_dialect(self, encoding: Encoding) -> Self {
        match encoding {
            Encoding::Json => Self {
                depth: Self::STORM_DEPTH,
                ..self
            },
            Encoding::Msgpack => self,
        }
    }

    /// The depth in force: `depth`, but never more than [`Limits::MAX_DEPTH`].
    #[inline]
    pub fn depth(&self) -> usize {
        self.depth.min(Self::MAX_DEPTH)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: 64 << 20,
            depth: 128,
            line: 64 << 10,
        }
    }
}
