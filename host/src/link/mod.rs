//! How the host talks to one component. Has never heard of acking or of other tasks.

pub mod account;
pub mod autopsy;
pub mod exit;
pub mod inside;
pub mod life;
pub mod limits;
pub mod lookup;
#[cfg(feature = "lua")]
pub mod lua;
pub mod outlet;
pub mod pipe;
pub mod process;
#[cfg(feature = "python")]
pub mod python;
pub mod spawn_error;
pub mod stderr;
mod watch;
