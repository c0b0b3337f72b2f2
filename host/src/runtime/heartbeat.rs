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
    /// How long it has been silent, by looks: a look that comes late counts little more than one in time.
    silent: Duration,
    last_look: Instant,
    most_a_look: Duration,
}

impl Watch {
    /// A clock that begins now. A child may be silent for `timeout` while it owes something; it is looked at every `every`.
    ///
    /// A look that comes late means that the host itself was suspended, or busy otherwise, and so may the child have been:
    /// of that time no more counts than of two looks.
    pub fn new(timeout: Duration, every: Duration, now: Instant) -> Watch {
        Watch {
            timeout,
            silent: Duration::ZERO,
            last_look: now,
            most_a_look: 2 * every,
        }
    }

    /// To be called as often as was said.
    pub fn look(&mut self, signs: Signs, now: Instant) -> Verdict {
        let before = std::mem::replace(&mut self.last_look, now);
        let passed = now.duration_since(before).min(self.most_a_look);
        if !signs.owes || signs.held_up {
            self.silent = Duration::ZERO;
        } else if signs.heard > before {
            self.silent = passed.min(now.duration_since(signs.heard));
        } else {
            self.silent += passed;
        }
        if self.silent > self.timeout {
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
        let mut watch = Watch::new(30 * SECOND, SECOND, start);
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
        let mut watch = Watch::new(30 * SECOND, SECOND, start);
        assert_eq!(
            watch.look(signs(start, true, false), start + 3600 * SECOND),
            Verdict::Fine
        );
    }

    #[test]
    fn short_suspensions_one_after_the_other_blame_nobody_too_soon() {
        let start = Instant::now();
        let mut watch = Watch::new(30 * SECOND, SECOND, start);
        let hung = (1..=14).find(|n| {
            let now = start + *n * 60 * SECOND;
            watch.look(signs(start, true, false), now) == Verdict::Hangs
        });
        assert_eq!(hung, None, "no more than two seconds of each minute count");
    }

    #[test]
    fn what_a_suspended_host_reads_at_last_is_a_sign_of_life() {
        let start = Instant::now();
        let mut watch = Watch::new(2 * SECOND, SECOND, start);
        for n in 1..=5 {
            let now = start + n * 100 * SECOND;
            assert_eq!(watch.look(signs(now, true, false), now), Verdict::Fine);
        }
    }
    /// Every history of six looks at a child that may be silent for three seconds, against the rule in words: it hangs when it has owed something
    /// and was silent for longer, without a look at which it owed nothing, was held up, or had been heard.
    #[test]
    fn every_history_is_judged_by_the_rule() {
        const LOOKS: u32 = 6;
        for history in 0_u32..1 << (2 * LOOKS) {
            for can_be_asked in [false, true] {
                let start = Instant::now();
                let mut watch = Watch::new(3 * SECOND, SECOND, start);
                let mut silent = 0;
                for n in 1..=LOOKS {
                    let now = start + n * SECOND;
                    let (owes, held_up, heard) = match history >> (2 * (n - 1)) & 3 {
                        0 => (false, false, false),
                        1 => (true, true, false),
                        2 => (true, false, true),
                        _ => (true, false, false),
                    };
                    silent = if owes && !held_up && !heard {
                        silent + 1
                    } else {
                        0
                    };
                    let signs = Signs {
                        heard: if heard { now } else { start },
                        owes,
                        held_up,
                        can_be_asked,
                    };
                    let expected = match (silent > 3, can_be_asked) {
                        (true, _) => Verdict::Hangs,
                        (false, true) => Verdict::Ask,
                        (false, false) => Verdict::Fine,
                    };
                    assert_eq!(watch.look(signs, now), expected, "{history:b} at look {n}");
                }
            }
        }
    }
}
