//! Runs Storm topologies without Storm.

pub mod cli;
pub mod commands;
pub mod dead_letters;
pub mod debug;
pub mod flow;
pub mod frontend;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod guard;
pub mod hand;
pub mod histogram;
pub mod link;
pub mod new;
pub mod out;
#[cfg(feature = "lua")]
pub mod own_lua;
pub mod prepare;
pub mod procstat;
pub mod run;
pub mod run_folder;
pub mod runtime;
pub mod stats;
pub mod status;
pub mod sweep;
pub mod telemetry;
pub mod terminal;
pub mod topology;
pub mod view;
