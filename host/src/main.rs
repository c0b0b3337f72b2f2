//! The `stormhost` command.

fn main() {}
