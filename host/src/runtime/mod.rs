//! How it is all kept going.

pub mod restart;
