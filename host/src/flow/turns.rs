//! Whose turn it is, when more quick children have work than the machine has cores.
//!
//! With a hundred children on two cores each would be sent the few rows that came for it since it last looked, and everything that is paid by the
//! frame would be paid for these few. So only some of the quick children have work at a time; what comes for the others meanwhile gathers,
//! and they get it in one frame when it is their turn. No core idles for that: those that have work keep all of them busy.
//!
//! A child that is slow a tuple may be waiting for a database rather than computing: it takes no turns. One that is quick as a rule and stuck just now
//! loses its turn ([`Turns::pass_by`]).

use std::collections::VecDeque;

/// Children that have work at a time, for each core: one computes, and the others' answers and next frames are on their way meanwhile.
pub const TURNS_A_CORE: usize = 4;

/// For this many microseconds a child keeps its turn without an answer while others wait.
const PATIENCE: u64 = 10_000;

/// The turns of all tasks.
pub struct Turns {
    limit: usize,
    holders: usize,
    states: Vec<Turn>,
    waiting: VecDeque<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    None,
    Waits,
    /// Since it was given, or was last made use of.
    Has(u64),
}

impl Turns {
    /// Nobody has a turn yet; at most `limit` of so many tasks will at a time.
    pub fn new(tasks: usize, limit: usize) -> Turns {
        Turns {
            limit: limit.max(1),
            holders: 0,
            states: vec![Turn::None; tasks],
            waiting: VecDeque::new(),
        }
    }

    /// Whether `task` may be given work now. If not, it is when it is its turn: it is handed to `wake` then.
    pub fn takes(&mut self, task: usize, now: u64) -> bool {
        match self.states[task] {
            Turn::Has(_) => self.states[task] = Turn::Has(now),
            Turn::None if self.holders < self.limit => {
                self.states[task] = Turn::Has(now);
                self.holders += 1;
            }
            Turn::None => {
                self.states[task] = Turn::Waits;
                self.waiting.push_back(task);
            }
            Turn::Waits => {}
        }
        self.states[task] != Turn::Waits
    }

    /// Whether anybody waits for a turn. Whoever has one gets no second frame then before it has answered the first.
    pub fn are_awaited(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// `task` is through with its work; whoever is next is handed to `wake`.
    pub fn gives_back(&mut self, task: usize, now: u64, wake: impl FnMut(usize)) {
        if let Turn::Has(_) = self.states[task] {
            self.states[task] = Turn::None;
            self.holders -= 1;
            self.hand_out(now, wake);
        }
    }

    /// `task` has no child any more: it has no turn, and waits for none.
    pub fn leaves(&mut self, task: usize, now: u64, wake: impl FnMut(usize)) {
        if self.states[task] == Turn::Waits {
            self.states[task] = Turn::None;
            self.waiting.retain(|waiting| *waiting != task);
        }
        self.gives_back(task, now, wake);
    }

    /// Those that have not answered for a while are stuck, and hold nobody up any more.
    pub fn pass_by(&mut self, now: u64, wake: impl FnMut(usize)) {
        if self.waiting.is_empty() {
            return;
        }
        for state in &mut self.states {
            if let Turn::Has(since) = *state
                && now.saturating_sub(since) >= PATIENCE
            {
                *state = Turn::None;
                self.holders -= 1;
            }
        }
        self.hand_out(now, wake);
    }

    fn hand_out(&mut self, now: u64, mut wake: impl FnMut(usize)) {
        while self.holders < self.limit
            && let Some(next) = self.waiting.pop_front()
        {
            self.states[next] = Turn::Has(now);
            self.holders += 1;
            wake(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given_back(turns: &mut Turns, task: usize, now: u64) -> Vec<usize> {
        let mut woken = Vec::new();
        turns.gives_back(task, now, |next| woken.push(next));
        woken
    }

    #[test]
    fn so_many_have_work_at_a_time_and_the_others_come_in_order() {
        let mut turns = Turns::new(5, 2);
        let may: Vec<bool> = (0..5).map(|task| turns.takes(task, 0)).collect();
        assert_eq!(may, [true, true, false, false, false]);
        assert!(turns.takes(0, 1), "it has its turn still");
        assert!(!turns.takes(3, 1), "it waits once, not twice");
        assert_eq!(given_back(&mut turns, 3, 1), [0; 0], "it has none to give");
        assert_eq!(given_back(&mut turns, 0, 2), [2]);
        assert!(!turns.takes(0, 2), "others are before it");
        assert_eq!(given_back(&mut turns, 1, 3), [3]);
        assert_eq!(given_back(&mut turns, 2, 3), [4]);
        assert_eq!(given_back(&mut turns, 3, 3), [0]);
        assert!(!turns.are_awaited());
    }

    #[test]
    fn whoever_dies_while_it_waits_holds_nobody_up() {
        let mut turns = Turns::new(3, 1);
        assert!(turns.takes(0, 0) && !turns.takes(1, 0) && !turns.takes(2, 0));
        turns.leaves(1, 0, |_| panic!("no turn became free"));
        let mut woken = Vec::new();
        turns.leaves(0, 0, |next| woken.push(next));
        assert_eq!(woken, [2]);
        assert!(!turns.takes(1, 0));
        assert_eq!(given_back(&mut turns, 2, 0), [1]);
    }

    #[test]
    fn one_that_is_stuck_loses_its_turn_when_somebody_waits() {
        let mut turns = Turns::new(2, 1);
        let passed_by = |turns: &mut Turns, now| {
            let mut woken = Vec::new();
            turns.pass_by(now, |next| woken.push(next));
            woken
        };
        assert!(turns.takes(0, 0));
        assert_eq!(passed_by(&mut turns, PATIENCE), [0; 0]);
        assert!(turns.takes(0, PATIENCE), "nobody wanted it");
        assert!(!turns.takes(1, PATIENCE + 1));
        assert_eq!(passed_by(&mut turns, 2 * PATIENCE - 1), [0; 0]);
        assert_eq!(passed_by(&mut turns, 2 * PATIENCE), [1]);
        assert_eq!(given_back(&mut turns, 0, 2 * PATIENCE), [0; 0]);
        assert!(turns.takes(1, 2 * PATIENCE));
    }
}
