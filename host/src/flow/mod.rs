//! Where a tuple goes, and whether its tree is done. Plain structs: no clock, no tokio, no processes.
//!
//! A tuple's journey through here: [`router`] finds the subscriptions of what was emitted and picks tasks by [`grouping`];
//! [`acker`] gives each delivered copy its edge before anything is delivered; [`queue`] holds what waits for a task, as a [`run`] of columns;
//! [`turns`] says when it is that task's turn, and [`suspects`] which tuples it must get alone.

pub mod acker;
pub mod grouping;
pub mod in_hand;
pub mod ledger;
mod line_key;
pub mod pace;
pub mod queue;
pub mod router;
pub mod run;
pub mod suspects;
pub mod turns;
pub mod window;
