//! Whether a stream is direct, for topologies that Storm described: it looks at how a stream is listened to, not at what was declared, and its
//! shell components in Flux cannot even declare it.

use crate::topology::Ir;

/// Makes every stream direct that all its listeners take by direct grouping, and none that none of them does. Where they differ, what was
/// declared stays, and `check` tells of it.
pub(super) fn as_in_storm(ir: &mut Ir) {
    for component in &mut ir.components {
        for (name, stream) in &mut component.streams {
            let mut listeners = ir
                .subscriptions
                .iter()
                .filter(|listener| listener.from == component.id && listener.stream == *name)
                .map(|listener| listener.grouping == "direct")
                .peekable();
            if listeners.peek().is_none() {
                continue;
            }
            let direct: Vec<bool> = listeners.collect();
            if direct.iter().all(|direct| *direct) {
                stream.direct = true;
            } else if !direct.contains(&true) {
                stream.direct = false;
            }
        }
    }
}
