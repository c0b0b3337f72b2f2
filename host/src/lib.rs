//! Runs Storm topologies without Storm.

#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::panic,
        clippy::unreachable
    )
)]

pub mod brand;
pub mod cli;
pub mod commands;
pub mod dead_letters;
pub mod debug;
pub mod errors;
#[cfg_attr(
    not(test),
    expect(
        clippy::indexing_slicing,
        reason = "by numbers of tasks and slots that were given out here; what children say is looked up with `get`, or compared first"
    )
)]
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
#[cfg_attr(
    not(test),
    expect(
        clippy::indexing_slicing,
        reason = "by numbers of tasks, components, streams and inputs of a topology that was checked, and by what the kernel says it read; \
                  numbers that children say are looked up with `get`, or compared first"
    )
)]
pub mod runtime;
pub mod stats;
pub mod status;
pub mod sweep;
pub mod telemetry;
pub mod terminal;
pub mod topology;
pub mod view;
