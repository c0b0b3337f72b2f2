//! How the host talks to one component. Has never heard of acking or of other tasks.

pub mod exit;
pub mod limits;
pub mod lookup;
pub mod pipe;
pub mod process;
pub mod spawn_error;
pub mod stderr;
mod watch;
