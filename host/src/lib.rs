//! Runs Storm topologies without Storm.

pub mod link;
pub mod runtime;
pub mod topology;
