//! Runs Storm topologies without Storm.

pub mod frontend;
pub mod topology;
