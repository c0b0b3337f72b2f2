//! What host and components can say to each other, and in which bytes. Nothing here knows about tasks, scheduling or processes.
//!
//! `PROTOCOL.md` beside this crate tells the same in prose, with transcripts.

// Whatever comes in comes from outside: nothing here may take it for granted.
#![cfg_attr(
    not(test),
    warn(clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod column;
mod cursor;
mod encoding;
mod error;
pub mod frame;
mod key;
mod limits;
pub mod lines;
mod preview;
mod scan;
pub mod storm;
mod text;
mod transcode;
mod write;

pub use column::{Column, LONGEST_REPEATED, Piece, REPEAT};
pub use encoding::Encoding;
pub use error::ProtocolError;
pub use key::{hash_fields, hash_text, hash_value, task_index};
pub use limits::Limits;
pub use preview::{preview, to_json_text};
pub use scan::{ScanError, skip, trim, whole};
pub use storm::{Decoder, FromChild};
pub use transcode::{Untranslatable, transcode};
