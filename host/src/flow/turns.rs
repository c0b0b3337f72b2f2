//! Whose turn it is, when more quick children have work than the machine has cores.
//!
//! With a hundred children on two cores each would be sent the few rows that came for it since it last looked, and everything that is paid by the
//! frame would be paid for these few. So only some of the quick children have work at a time; what comes for the others meanwhile gathers,
//! and they get it in one frame when it is their turn. No core idles for that: those that have work keep all of them busy.
//!
//! The next turn is that of whoever has most to do: its frame is the largest, and its queue the likeliest to hold others up. One that has waited long
//! comes first all the same.
//!
//! A child that is slow a tuple may be waiting for a database rather than computing: it takes no turns. One that is quick as a rule and stuck just now
//! loses its turn ([`Turns::pass_by`]); so does one that cannot go on before others have ([`Turns::leaves`]).

use std::cmp::Reverse;
use std::collections::VecDeque;

/// Children that have work at a time, for each core: one computes, and the others' answers and next frames are on their way meanwhile.
pub const TURNS_A_CORE: usize = 4;

/// For this many microseconds a child keeps its turn without an answer while others wait: several times what the largest frame takes a quick one.
const PATIENCE: u64 = 30_000;

/// Whoever has waited for this many microseconds has its turn before those that have more to do.
const LONG: u64 = 50_000;

/// The turns of all tasks.
pub struct Turns {
    limit: usize,
    holders: usize,
    states: Vec<Turn>,
    /// Who waits, and since when: the first has waited longest.
    waiting: VecDeque<(usize, u64)>,
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

    /// Whether `task` may be given work now. If not, [`Turns::next`] says when it is its turn.
    pub fn takes(&mut self, task: usize, now: u64) -> bool {
        match self.states[task] {
            Turn::Has(_) => self.states[task] = Turn::Has(now),
            Turn::None if self.holders < self.limit && self.waiting.is_empty() => {
                self.states[task] = Turn::Has(now);
                self.holders += 1;
            }
            Turn::None => {
                self.states[task] = Turn::Waits;
                self.waiting.push_back((task, now));
            }
            Turn::Waits => {}
        }
        self.states[task] != Turn::Waits
    }

    /// Whether anybody waits for a turn. Whoever has one gets no second frame then before it has answered the first.
    pub fn are_awaited(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// How many children share a core now, as far as it is known: each takes so many times as long for its work.
    pub fn a_core(&self) -> u32 {
        if self.are_awaited() {
            TURNS_A_CORE as u32
        } else {
            1
        }
    }

    /// `task` is through with its work.
    pub fn gives_back(&mut self, task: usize) {
        if let Turn::Has(_) = self.states[task] {
            self.states[task] = Turn::None;
            self.holders -= 1;
        }
    }

    /// `task` can do nothing now: its child is gone, or waits for room in the queues of others. It has no turn, and waits for none.
    pub fn leaves(&mut self, task: usize) {
        if self.states[task] == Turn::Waits {
            self.states[task] = Turn::None;
            self.waiting.retain(|(waiting, _)| *waiting != task);
        }
        self.gives_back(task);
    }

    /// Those that have not answered for a while are stuck, and hold nobody up any more.
    pub fn pass_by(&mut self, now: u64) {
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
    }

    /// Whose turn it is now, if there is a turn to be had and anybody waits for it. `load` is how much a task has to do.
    pub fn next(&mut self, now: u64, load: impl Fn(usize) -> usize) -> Option<usize> {
        if self.holders >= self.limit {
            return None;
        }
        let (_, since) = *self.waiting.front()?;
        let place = if now.saturating_sub(since) >= LONG {
            0
        } else {
            (0..self.waiting.len())
                .max_by_key(|&place| (load(self.waiting[place].0), Reverse(place)))?
        };
        let (task, _) = self.waiting.remove(place)?;
        self.states[task] = Turn::Has(now);
        self.holders += 1;
        Some(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whose turn it is next, where all have as much to do.
    fn next(turns: &mut Turns, now: u64) -> Option<usize> {
        turns.next(now, |_| 1)
    }

    #[test]
    fn so_many_have_work_at_a_time_and_those_with_as_much_to_do_come_in_order() {
        let mut turns = Turns::new(5, 2);
        let may: Vec<bool> = (0..5).map(|task| turns.takes(task, 0)).collect();
        assert_eq!(may, [true, true, false, false, false]);
        assert!(turns.takes(0, 1), "it has its turn still");
        assert!(!turns.takes(3, 1), "it waits once, not twice");
        turns.gives_back(3);
        assert_eq!(next(&mut turns, 1), None, "it had none to give");
        turns.gives_back(0);
        assert_eq!(next(&mut turns, 2), Some(2));
        assert_eq!(next(&mut turns, 2), None);
        assert!(!turns.takes(0, 2), "others are before it");
        for (through, after) in [(1, 3), (2, 4), (3, 0)] {
            turns.gives_back(through);
            assert_eq!(next(&mut turns, 3), Some(after));
        }
        assert!(!turns.are_awaited());
    }

    #[test]
    fn the_next_turn_is_that_of_who_has_most_to_do_but_nobody_waits_for_ever() {
        let mut turns = Turns::new(4, 1);
        let load = |task: usize| [0, 10, 1000, 100][task];
        assert!(
            (0..4)
                .map(|task| turns.takes(task, task as u64))
                .eq([true, false, false, false])
        );
        turns.gives_back(0);
        assert_eq!(turns.next(LONG, load), Some(2));
        turns.gives_back(2);
        assert!(!turns.takes(2, LONG));
        assert_eq!(turns.next(LONG + 1, load), Some(1), "it has waited long");
        turns.gives_back(1);
        assert_eq!(turns.next(LONG + 2, load), Some(2));
    }

    #[test]
    fn whoever_leaves_while_it_waits_holds_nobody_up() {
        let mut turns = Turns::new(3, 1);
        assert!(turns.takes(0, 0) && !turns.takes(1, 0) && !turns.takes(2, 0));
        turns.leaves(1);
        assert_eq!(next(&mut turns, 0), None, "no turn became free");
        turns.leaves(0);
        assert_eq!(next(&mut turns, 0), Some(2));
        assert!(!turns.takes(1, 0));
        turns.gives_back(2);
        assert_eq!(next(&mut turns, 0), Some(1));
    }

    #[test]
    fn one_that_is_stuck_loses_its_turn_when_somebody_waits() {
        let mut turns = Turns::new(2, 1);
        let passed_by = |turns: &mut Turns, now| {
            turns.pass_by(now);
            next(turns, now)
        };
        assert!(turns.takes(0, 0));
        assert_eq!(passed_by(&mut turns, PATIENCE), None);
        assert!(turns.takes(0, PATIENCE), "nobody wanted it");
        assert!(!turns.takes(1, PATIENCE + 1));
        assert_eq!(passed_by(&mut turns, 2 * PATIENCE - 1), None);
        assert_eq!(passed_by(&mut turns, 2 * PATIENCE), Some(1));
        turns.gives_back(0);
        assert_eq!(next(&mut turns, 2 * PATIENCE), None);
        assert!(turns.takes(1, 2 * PATIENCE));
    }
}
