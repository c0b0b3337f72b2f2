//! Which commands a spout on an old library answers. Pure: time is told to it.
//!
//! Storm waits for `sync` after every command, for ever. But storm.js answers `activate`, `deactivate`, `ack` and `fail` only where the user's method does,
//! and node-storm never does. So a command other than `next` that stays unanswered for a while is given up, and the next one is sent. Whether the answer to that one
//! is the late answer to the first is not to be seen in it, but in what follows: if another comes soon, the child is slow and is always waited for from
//! then on; if none comes, it does not answer such commands, and is not waited for after them.

/// How long an answer is waited for, in microseconds.
const PATIENCE: u64 = 1_000_000;
/// The same for a child that is known to leave something unanswered; and how long another answer may take that would tell a slow child from a silent one.
const SHORT: u64 = 300_000;

/// Commands that a library answers alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `activate` and `deactivate`.
    Activation,
    /// `ack` and `fail`.
    Outcome,
    /// `next`, which every spout answers.
    Next,
}

/// What is known of one child.
#[derive(Clone, Copy, Debug, Default)]
pub struct Habits {
    /// It does not answer these.
    silent: [bool; 3],
    /// Given up, and not yet known whether it is silent or slow.
    given_up: [bool; 3],
    /// No command is sent before this, so that another answer can only be a late one.
    in_doubt_until: Option<u64>,
    /// It answers everything, though it may take long.
    slow: bool,
}

impl Habits {
    /// Whether an answer to such a command is to be waited for.
    pub fn answers(&self, kind: Kind) -> bool {
        !self.silent[kind as usize]
    }

    /// When the wait for an answer ends that began at `since`; `None` for never.
    pub fn gives_up_at(&self, kind: Kind, since: u64) -> Option<u64> {
        let patience = if self.silent.contains(&true) {
            SHORT
        } else {
            PATIENCE
        };
        (kind != Kind::Next && !self.slow).then_some(since + patience)
    }

    /// The wait for an answer is over, and none has come.
    pub fn give_up(&mut self, kind: Kind) {
        self.given_up[kind as usize] = true;
    }

    /// An answer has come. `awaited`: whether one was waited for.
    pub fn answered(&mut self, awaited: bool, now: u64) {
        if !awaited {
            // It answers more than it was thought to.
            let known_for_silent = self.silent.contains(&true) || self.given_up.contains(&true);
            *self = Habits {
                slow: self.slow || known_for_silent,
                ..Habits::default()
            };
        } else if self.given_up.contains(&true) {
            self.in_doubt_until = Some(now + SHORT);
        }
    }

    /// Until when no command may be sent, if there is such a time.
    pub fn in_doubt_until(&self) -> Option<u64> {
        self.in_doubt_until
    }

    /// Whether commands may be sent now.
    pub fn may_go_on(&mut self, now: u64) -> bool {
        match self.in_doubt_until {
            Some(until) if now < until => false,
            Some(_) => {
                for (silent, given_up) in self.silent.iter_mut().zip(&mut self.given_up) {
                    *silent |= std::mem::take(given_up);
                }
                self.in_doubt_until = None;
                true
            }
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_that_leaves_outcomes_unanswered_is_not_waited_for_after_the_first() {
        let mut habits = Habits::default();
        assert_eq!(habits.gives_up_at(Kind::Outcome, 5), Some(5 + PATIENCE));
        habits.give_up(Kind::Outcome);
        // The answer to the `next` that was sent meanwhile.
        habits.answered(true, PATIENCE);
        assert!(!habits.may_go_on(PATIENCE + SHORT - 1));
        assert!(habits.may_go_on(PATIENCE + SHORT));
        assert!(!habits.answers(Kind::Outcome) && habits.answers(Kind::Activation));
        // It will hardly answer other things, so it gets less time for them.
        assert_eq!(habits.gives_up_at(Kind::Activation, 0), Some(SHORT));
        habits.answered(true, 9 * PATIENCE);
        assert!(habits.may_go_on(9 * PATIENCE));
    }

    #[test]
    fn a_slow_child_is_always_waited_for_once_that_is_known() {
        let mut habits = Habits::default();
        habits.give_up(Kind::Outcome);
        habits.answered(true, PATIENCE);
        assert!(!habits.may_go_on(PATIENCE));
        habits.answered(false, PATIENCE + 10);
        assert!(habits.may_go_on(PATIENCE + 10) && habits.answers(Kind::Outcome));
        assert_eq!(habits.gives_up_at(Kind::Outcome, 0), None);
    }

    #[test]
    fn a_child_that_was_only_slow_for_very_long_is_recognised_later() {
        let mut habits = Habits::default();
        habits.give_up(Kind::Activation);
        habits.answered(true, 0);
        assert!(habits.may_go_on(SHORT) && !habits.answers(Kind::Activation));
        habits.answered(false, SHORT + 1);
        assert!(habits.answers(Kind::Activation));
        assert_eq!(habits.gives_up_at(Kind::Activation, 0), None);
    }

    #[test]
    fn next_is_waited_for_for_ever_and_an_answer_to_nothing_changes_nothing() {
        let mut habits = Habits::default();
        assert_eq!(habits.gives_up_at(Kind::Next, 0), None);
        habits.answered(false, 0);
        assert_eq!(habits.gives_up_at(Kind::Outcome, 0), Some(PATIENCE));
    }
}
