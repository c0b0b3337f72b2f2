//! Runs Storm topologies without Storm.

pub mod topology;
