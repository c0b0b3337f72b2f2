//! What host and components can say to each other, and in which bytes. Nothing here knows about tasks, scheduling or processes.
//!
//! `PROTOCOL.md` beside this crate tells the same in prose, with transcripts.

mod encoding;
pub mod frame;

pub use encoding::Encoding;
