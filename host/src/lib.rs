//! Runs Storm topologies without Storm.

pub mod guard;
pub mod histogram;
pub mod link;
pub mod procstat;
pub mod run_folder;
pub mod runtime;
pub mod stats;
pub mod sweep;
pub mod telemetry;
pub mod terminal;
pub mod topology;
pub mod view;
