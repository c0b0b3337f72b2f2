//! Telling a hang from work. Pure: it is told what is known, and says what to do.
//!
//! Progress of any kind is life. A child that owes nothing may be silent for ever; the clock of one that owes something stands while the host itself
//! does not read it.

use std::time::{Duration, Instant};

/// What is known of a child when the clock is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Signs {
    /// When it was last heard of.
    pub heard: Instant,
    /// It has been given something that it has not answered.
    pub owes: bool,
    /// The host does not read it at present.
    pub held_up: bool,
    /// A heartbeat could be sent: it speaks them, and has answered the last one.
    pub can_be_asked: bool,
}

/// What to do about a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// Send a heartbeat.
    Ask,
    /// It hangs: it has owed something for longer than it may.
    Hangs,
}

/// The clock of one child.
#[derive(Debug)]
pub struct Watch {
    timeout: Duration,
    /// The clock runs from here if the child was not heard of later.
    since: Instant,
    last_look: Instant,
}

/// A look that comes this much too late means that the host itself was suspended: the time does not count.
const SUSPENDED: Duration = Duration::from_secs(5);

impl Watch {
    /// A clock that begins now. A child may be silent for `timeout` while it owes something.
    pub fn new(timeout: Duration, now: Instant) -> Watch {
        Watch {
            timeout,
            since: now,
            last_look: now,
        }
    }

    /// To be called about once a second.
    pub fn look(&mut self, signs: Signs, now: Instant) -> Verdict {
        let suspended = now.duration_since(self.last_look) > SUSPENDED;
        self.last_look = now;
        if !signs.owes || signs.held_up || suspended {
            self.since = now;
        }
        let silent = now.duration_since(self.since.max(signs.heard));
        if silent > self.timeout {
            Verdict::Hangs
        } else if signs.can_be_asked {
            Verdict::Ask
        } else {
            Verdict::Fine
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Looks once a second for 40 s; returns after how many it was said to hang.
    fn hangs_after(signs: impl Fn(u32, Instant) -> Signs) -> Option<u32> {
        let start = Instant::now();
        let mut watch = Watch::new(30 * SECOND, start);
        (1..=40).find(|n| watch.look(signs(*n, start), start + *n * SECOND) == Verdict::Hangs)
    }

    fn signs(heard: Instant, owes: bool, held_up: bool) -> Signs {
        Signs {
            heard,
            owes,
            held_up,
            can_be_asked: false,
        }
    }

    #[test]
    fn a_child_that_owes_and_is_silent_hangs() {
        assert_eq!(hangs_after(|_, start| signs(start, true, false)), Some(31));
    }

    #[test]
    fn idleness_and_progress_and_being_held_up_are_no_hang() {
        assert_eq!(hangs_after(|_, start| signs(start, false, false)), None);
        assert_eq!(
            hangs_after(|n, start| signs(start + n * SECOND, true, false)),
            None
        );
        assert_eq!(hangs_after(|_, start| signs(start, true, true)), None);
    }

    #[test]
    fn the_clock_stood_while_it_was_held_up() {
        assert_eq!(hangs_after(|n, start| signs(start, true, n < 9)), Some(39));
    }

    #[test]
    fn a_host_that_was_suspended_blames_nobody() {
        let start = Instant::now();
        let mut watch = Watch::new(30 * SECOND, start);
        assert_eq!(
            watch.look(signs(start, true, false), start + 3600 * SECOND),
            Verdict::Fine
        );
    }
}
