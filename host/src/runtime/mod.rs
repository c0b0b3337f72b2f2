//! How it is all kept going: the state of a run, and the children that it is about.
//!
//! [`core`] and its parts are pure: no clock, no tokio, no processes. [`host`] gives them a clock and wakes the loops of [`child`], one a task,
//! which own the processes. [`run`] is the whole.

mod bolt;
mod bounds;
mod builtin;
mod care;
mod child;
mod completion;
pub mod core;
mod delivery;
pub mod emit;
mod exec;
mod exec_rows;
pub mod feed;
mod habits;
mod hear;
mod heartbeat;
mod host;
mod inside;
mod lane;
pub mod letter;
mod line_ear;
mod line_rows;
mod lines;
mod listen;
mod metrics;
mod pulse;
mod redis;
pub mod restart;
mod rows;
pub mod run;
mod sample;
pub mod setup;
#[cfg(any(test, fuzzing))]
pub(crate) mod sim;
mod sink;
mod spout;
mod still;
pub mod storm_spout;
pub mod story;
pub mod task;
mod trace;
pub mod violation;
