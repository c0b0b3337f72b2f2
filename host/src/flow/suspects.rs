//! Which tuples may be what kills children. Pure: it is told of deaths and of tuples that were got through, and says how a tuple stands.
//!
//! | what happened | how the tuple stands |
//! |---|---|
//! | its child died while it, among others, was being worked on | a suspect: it is given to a child only when that child has nothing else to do |
//! | a child got through it | clear, whatever was before |
//! | its child died with nothing but it in hand, often enough | convicted: it is set aside and never given to a child again |
//!
//! A death that could have come from outside (somebody sent a signal) counts a third of one that the child can only have brought about itself:
//! three hundred kills from outside must not convict an innocent tuple, and a tuple makes its child leave as surely the ninth time as the third.
//! Where one tuple after the other is convicted and none got through in between, it is the component that is at fault: then no more are.

use std::collections::{HashMap, VecDeque};

/// What a death without doubt weighs, against one that could have come from outside.
const CERTAIN: u32 = 3;
/// Suspects and convicted tuples that are remembered, all components together. The oldest are forgotten first.
const REMEMBERED: usize = 8192;
/// So many convictions in a row, with nothing got through in between, are the component's own fault.
const IN_A_ROW: u32 = 10;

/// What tells one tuple from another: who is given it, over which of its subscriptions, and a hash of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The receiving component.
    pub component: u32,
    /// Which of its inputs: a component and a stream.
    pub input: u16,
    /// A hash of the values.
    pub body: u64,
}

impl Identity {
    /// The identity of a row as it is encoded.
    pub fn of(component: usize, input: u16, row: &[&[u8]]) -> Identity {
        let body = row.iter().fold(0, |seed, value| {
            xxhash_rust::xxh3::xxh3_64_with_seed(value, seed)
        });
        Identity {
            component: component as u32,
            input,
            body,
        }
    }
}

/// What is known about the cause of a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// The child brought it about: it left, crashed, hung, or went over a limit.
    Certain,
    /// It was ended by a signal that anybody may have sent.
    Doubtful,
}

/// How a tuple stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is held against it.
    Clear,
    /// It is to be delivered alone.
    Suspect,
    /// It is not to be delivered any more; it killed this many children alone.
    Convicted(u32),
}

/// What a death with a suspect alone in hand leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is given to the next child, alone again.
    Again,
    /// It goes to the dead letters, having killed this many children alone.
    Convicted(u32),
    /// It would have been convicted, but the component gets nothing at all done.
    Spared,
}

#[derive(Clone, Copy, Debug, Default)]
struct Record {
    weight: u32,
    deaths: u32,
    convicted: bool,
}

/// All tuples of a run that are not clear.
#[derive(Debug, Default)]
pub struct Suspects {
    /// By component: deaths without doubt that convict. 0: nobody is ever suspected.
    needed: Vec<u32>,
    known: HashMap<Identity, Record, foldhash::fast::RandomState>,
    /// Those that are known, the oldest first; and some that are known no more.
    order: VecDeque<Identity>,
    /// By component: how many are known, and convictions since something was got through.
    watched: Vec<u32>,
    in_a_row: Vec<u32>,
}

impl Suspects {
    /// `needed`: for each component how many deaths without doubt convict a tuple; 0 where none ever is.
    pub fn new(needed: Vec<u32>) -> Suspects {
        Suspects {
            watched: vec![0; needed.len()],
            in_a_row: vec![0; needed.len()],
            needed,
            ..Suspects::default()
        }
    }

    /// Whether tuples for this component have to be looked at before they are delivered. Nearly always not.
    #[inline]
    pub fn watches(&self, component: usize) -> bool {
        self.watched.get(component).is_some_and(|many| *many > 0)
    }

    /// How a tuple stands.
    pub fn standing(&self, who: &Identity) -> Standing {
        match self.known.get(who) {
            None => Standing::Clear,
            Some(record) if record.convicted => Standing::Convicted(record.deaths),
            Some(_) => Standing::Suspect,
        }
    }

    /// A child died while this tuple, and maybe others, was being worked on.
    pub fn suspect(&mut self, who: Identity) {
        if self.needed_for(who) == 0 || self.known.contains_key(&who) {
            return;
        }
        self.known.insert(who, Record::default());
        self.order.push_back(who);
        if let Some(many) = self.watched.get_mut(who.component as usize) {
            *many += 1;
        }
        while self.known.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.forget(&oldest);
        }
        if self.order.len() > 2 * REMEMBERED {
            let known = &self.known;
            self.order.retain(|who| known.contains_key(who));
        }
    }

    /// A child died with nothing but this tuple in hand.
    pub fn died_alone(&mut self, who: Identity, evidence: Evidence) -> Verdict {
        let needed = self.needed_for(who);
        if needed == 0 {
            return Verdict::Again;
        }
        self.suspect(who);
        let Some(record) = self.known.get_mut(&who) else {
            return Verdict::Again;
        };
        record.deaths = record.deaths.saturating_add(1);
        record.weight = record.weight.saturating_add(match evidence {
            Evidence::Certain => CERTAIN,
            Evidence::Doubtful => 1,
        });
        if record.weight < needed.saturating_mul(CERTAIN) {
            return Verdict::Again;
        }
        let Some(in_a_row) = self.in_a_row.get_mut(who.component as usize) else {
            return Verdict::Again;
        };
        if *in_a_row >= IN_A_ROW {
            return Verdict::Spared;
        }
        *in_a_row += 1;
        record.convicted = true;
        Verdict::Convicted(record.deaths)
    }

    /// A child got through this tuple.
    pub fn acquit(&mut self, who: &Identity) {
        self.gets_things_done(who.component as usize);
        self.forget(who);
    }

    /// A child of this component got something done.
    pub fn gets_things_done(&mut self, component: usize) {
        if let Some(in_a_row) = self.in_a_row.get_mut(component) {
            *in_a_row = 0;
        }
    }

    fn needed_for(&self, who: Identity) -> u32 {
        self.needed
            .get(who.component as usize)
            .copied()
            .unwrap_or(0)
    }

    fn forget(&mut self, who: &Identity) {
        if self.known.remove(who).is_some()
            && let Some(many) = self.watched.get_mut(who.component as usize)
        {
            *many -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tuple(body: u64) -> Identity {
        Identity {
            component: 0,
            input: 0,
            body,
        }
    }

    #[test]
    fn three_deaths_alone_convict() {
        let mut suspects = Suspects::new(vec![3]);
        suspects.suspect(tuple(7));
        assert_eq!(suspects.standing(&tuple(7)), Standing::Suspect);
        for expected in [Verdict::Again, Verdict::Again, Verdict::Convicted(3)] {
            assert_eq!(suspects.died_alone(tuple(7), Evidence::Certain), expected);
        }
        assert_eq!(suspects.standing(&tuple(7)), Standing::Convicted(3));
        assert_eq!(suspects.standing(&tuple(8)), Standing::Clear);
    }

    #[test]
    fn a_kill_that_may_come_from_outside_weighs_a_third() {
        let mut suspects = Suspects::new(vec![3]);
        let verdicts: Vec<Verdict> = (0..9)
            .map(|_| suspects.died_alone(tuple(7), Evidence::Doubtful))
            .collect();
        assert!(verdicts[..8].iter().all(|v| *v == Verdict::Again));
        assert_eq!(verdicts[8], Verdict::Convicted(9));
    }

    #[test]
    fn three_hundred_kills_do_not_make_an_innocent_tuple_a_suspect_for_good() {
        let mut suspects = Suspects::new(vec![3]);
        for _ in 0..300 {
            suspects.suspect(tuple(7));
            assert_eq!(
                suspects.died_alone(tuple(7), Evidence::Certain),
                Verdict::Again
            );
            suspects.acquit(&tuple(7));
            assert_eq!(suspects.standing(&tuple(7)), Standing::Clear);
        }
        assert!(!suspects.watches(0));
    }

    #[test]
    fn a_component_that_gets_nothing_done_loses_only_so_many_tuples() {
        let mut suspects = Suspects::new(vec![1]);
        let convict = |suspects: &mut Suspects, body| {
            suspects.suspect(tuple(body));
            suspects.died_alone(tuple(body), Evidence::Certain)
        };
        for body in 0..10 {
            assert_eq!(convict(&mut suspects, body), Verdict::Convicted(1));
        }
        assert_eq!(convict(&mut suspects, 10), Verdict::Spared);
        assert_eq!(suspects.standing(&tuple(10)), Standing::Suspect);
        suspects.gets_things_done(0);
        assert_eq!(convict(&mut suspects, 10), Verdict::Convicted(2));
    }

    #[test]
    fn nobody_is_suspected_where_it_is_switched_off() {
        let mut suspects = Suspects::new(vec![0]);
        suspects.suspect(tuple(1));
        assert_eq!(
            suspects.died_alone(tuple(1), Evidence::Certain),
            Verdict::Again
        );
        assert!(!suspects.watches(0));
    }

    #[test]
    fn tuples_of_several_components_are_not_mixed_up() {
        let mut suspects = Suspects::new(vec![3, 3]);
        suspects.suspect(tuple(7));
        assert!(suspects.watches(0) && !suspects.watches(1));
        let other = Identity {
            component: 1,
            ..tuple(7)
        };
        assert_eq!(suspects.standing(&other), Standing::Clear);
        let row: [&[u8]; 2] = [b"1", b"2"];
        assert_ne!(Identity::of(0, 0, &row), Identity::of(0, 1, &row));
        assert_ne!(Identity::of(0, 0, &row), Identity::of(0, 0, &[b"1", b"3"]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_is_remembered_is_bounded_and_the_counts_agree(steps in proptest::collection::vec((0_u64..30_000, 0_u8..3), 1..100)) {
            let mut suspects = Suspects::new(vec![2]);
            for (body, what) in steps {
                match what {
                    0 => (body..body + 500).for_each(|body| suspects.suspect(tuple(body))),
                    1 => suspects.acquit(&tuple(body)),
                    _ => drop(suspects.died_alone(tuple(body), Evidence::Doubtful)),
                }
                prop_assert!(suspects.known.len() <= REMEMBERED);
                prop_assert!(suspects.order.len() <= 2 * REMEMBERED + 1);
                prop_assert_eq!(suspects.watched[0] as usize, suspects.known.len());
            }
        }
    }
}
