//! Lines of text as tuples, and tuples as lines: what a Unix filter reads and writes. Pure, and by the block.
//!
//! [`read`] takes whole lines apart into columns, as a queue holds them; [`mod@write`] makes a line of each row. `docs/shell.md` has the rules for users.

mod read;
mod write;

pub use read::{Block, NoRow, member};
pub use write::{Unwritable, text_of, write_line, write_texts};

use crate::Encoding;

/// How a row stands on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Values with a byte between them. A row of one value is the whole line, whatever it holds.
    Separated {
        /// What stands between values.
        by: u8,
        /// What ends a line: a line end, or a NUL for what may hold line ends itself, as names of files do.
        end: u8,
    },
    /// JSON: an object by the names of the fields, a list by their places, or any one value where there is one field.
    Json,
}

impl Layout {
    /// Values with tabs between them, on lines as everybody has them.
    pub const TABS: Layout = Layout::Separated {
        by: b'\t',
        end: b'\n',
    };

    /// What ends a line.
    pub fn end(self) -> u8 {
        match self {
            Layout::Separated { end, .. } => end,
            Layout::Json => b'\n',
        }
    }

    /// The encoding of values that were read from lines: MessagePack for text, since it needs no escapes; JSON stays as it stands.
    pub fn encoding(self) -> Encoding {
        match self {
            Layout::Separated { .. } => Encoding::Msgpack,
            Layout::Json => Encoding::Json,
        }
    }
}
