//! Storm's two dialects: the same messages as JSON texts, each followed by a line `end`, or as MessagePack maps back to back.

mod decoder;
mod from_child;
mod hello;
mod json_lines;
mod maps;
mod members;
mod repair;
mod salvage;
mod to_child;

pub use decoder::{Broken, Decoder, Ending, Item};
pub use from_child::{COMMANDS, Emit, FromChild, LogLevel, Row};
pub use hello::{Acks, FramesAnswer, Hello, Opening, parse_hello};
pub use repair::mend;
pub use salvage::{Salvage, message_behind, printed_before};
pub use to_child::{TupleHead, write_command, write_heartbeat, write_setup, write_task_ids};
