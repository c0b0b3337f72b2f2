//! Who listens to whom: the subscriptions of every stream, as one sending task uses them.

use std::ops::Range;

use super::grouping::Picker;
use crate::topology::{Grouping, Topology};

/// One subscription to one stream of one sending task.
pub struct Subscription {
    /// The receiving component.
    pub component: usize,
    /// Its tasks, as indices (Storm's task id less one).
    pub targets: Range<u32>,
    /// Which of the receiver's inputs this is.
    pub input: u16,
    /// Picks among the targets.
    pub picker: Picker,
    /// It closes a cycle, so the sender does not wait for the receiver.
    pub back_edge: bool,
    /// It takes direct emits only.
    pub direct: bool,
}

/// The subscriptions of each stream of one task, by stream index.
pub type Routes = Vec<Vec<Subscription>>;

/// The routes of the task with index `task`.
pub fn routes(topology: &Topology, task: usize) -> Routes {
    let component = topology.tasks[task].component;
    (0..topology.components[component].streams.len())
        .map(|stream| {
            topology
                .listeners(component, stream)
                .map(|(receiver, input)| {
                    let subscribed = &topology.components[receiver].inputs[input];
                    let ids = topology.tasks_of(receiver);
                    let targets = ids.start - 1..ids.end - 1;
                    Subscription {
                        component: receiver,
                        input: input as u16,
                        picker: Picker::new(&subscribed.grouping, targets.len(), task),
                        back_edge: subscribed.back_edge,
                        direct: matches!(subscribed.grouping, Grouping::Direct),
                        targets,
                    }
                })
                .collect()
        })
        .collect()
}
