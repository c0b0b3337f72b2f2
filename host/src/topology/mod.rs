//! What should run: the description of a topology, checked and numbered. Knows no clock and no processes.
//!
//! A front end hands over an [`Ir`]; [`check()`] finds every mistake in it, or turns it into the [`Topology`] that the rest
//! of the host works with. [`Settings`] says what is in force and where each value came from; [`graph`] draws it.
//! The description is told in prose in `docs/ir.md`.

mod check;
mod conf;
pub mod graph;
mod ir;
mod java;
mod letter;
mod mistake;
mod model;
mod nearest;
mod overrides;
pub mod redis;
pub mod settings;
pub mod shell;
mod walk;

pub use check::{Checked, FindProgram, check};
pub use ir::{
    ComponentIr, Ir, IrError, Library, MistakeIr, ShellIr, StreamIr, SubscriptionIr, VERSION,
};
pub use java::has_counterpart;
pub use letter::LETTER_MEMBERS;
pub use mistake::{Mistake, Place, Severity};
pub use model::{
    Builtin, Component, Grouping, Input, Inside, Kind, Replay, Stream, TaskSpec, Topology,
};
pub use nearest::nearest;
pub use overrides::{BadOption, Overrides, SetOption, UserFile};
pub use settings::{Origin, Setting, Settings};
pub use shell::{LinePart, Shell, ShellMode};
