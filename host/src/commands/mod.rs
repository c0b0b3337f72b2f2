//! The commands beside `run`: those that only look at a topology, and `pipe`, which needs no file.

mod check;
mod explain;
mod graph;
mod lib;
mod pipe;
mod print;
pub mod replay;

use std::io;

use crate::errors::Code;
use crate::out;
use crate::prepare::tell_error;
use crate::status::ExitStatus;

pub use check::check;
pub use explain::explain;
pub use graph::graph;
pub use lib::lib;
pub use pipe::pipe;

/// Writes data, or tells why it cannot be written.
fn write(text: &str) -> Result<(), ExitStatus> {
    out::data(text).map_err(|error: io::Error| {
        tell_error(
            Code::NO_STDOUT,
            format_args!("standard output cannot be written: {error}"),
        );
        ExitStatus::HostError
    })
}
