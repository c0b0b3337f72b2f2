//! No input, each of which is at most a megabyte, may make the host ask for more than this at one time.

use std::alloc::System;

#[global_allocator]
static MEMORY: cap::Cap<System> = cap::Cap::new(System, 512 << 20);
