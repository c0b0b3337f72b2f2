//! Runs Storm topologies without Storm.

pub mod cli;
pub mod commands;
pub mod frontend;
pub mod out;
pub mod prepare;
pub mod run;
pub mod status;
pub mod topology;
