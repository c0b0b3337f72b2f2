//! What the host does when a child has died, as `ChildLife::bury` and the loop around it do.

use crate::flow::acker::FailKind;
use crate::flow::suspects::Evidence;
use crate::runtime::core::Core;

/// A child has died. `loses_lines`: it was a filter, and what it had read is lost. Returns whether no other one comes.
pub(super) fn dies(core: &mut Core, at: usize, evidence: Evidence, loses_lines: bool) -> bool {
    let judged = core.judge(at, 0, evidence);
    if loses_lines {
        core.lines_are_lost(at);
    }
    core.down(at, FailKind::ChildDied, &"it died".into());
    if let Some(condemned) = judged.condemned {
        core.set_aside(at, condemned, "it died", "a story".into());
    }
    let leaves = core.should_leave(at);
    if leaves {
        core.gone(at);
    }
    leaves
}
