//! One subscription's grouping: which of the receiver's tasks get a tuple.

use stormhost_protocol::{Encoding, ScanError, hash_fields};

use super::line_key::line_key;
use crate::topology::{Grouping, LinePart};

/// Where one tuple goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    /// To the task at this place in the list of targets.
    One(usize),
    /// To every task of the receiver.
    All,
    /// Nowhere: the subscription takes direct emits only.
    Nobody,
}

/// A grouping with its state, as one sending task uses it.
pub struct Picker {
    kind: Kind,
    targets: usize,
}

enum Kind {
    Shuffle {
        next: usize,
    },
    Fields(Box<[usize]>),
    All,
    Part(LinePart),
    First,
    Direct,
    Random {
        state: u64,
    },
    PartialKey {
        fields: Box<[usize]>,
        sent: Box<[u64]>,
    },
}

impl Picker {
    /// A picker for `grouping` among `targets` tasks. `sender` is any number that differs between sending tasks:
    /// it spreads the tasks that shuffles begin with.
    pub fn new(grouping: &Grouping, targets: usize, sender: usize) -> Picker {
        let kind = match grouping {
            Grouping::Shuffle | Grouping::LocalOrShuffle => Kind::Shuffle {
                next: sender % targets.max(1),
            },
            Grouping::Fields(fields) => Kind::Fields(fields.as_slice().into()),
            Grouping::Part(part) => Kind::Part(part.clone()),
            Grouping::All => Kind::All,
            Grouping::Global => Kind::First,
            Grouping::Direct => Kind::Direct,
            Grouping::None => Kind::Random {
                state: sender as u64 ^ 0x9E37_79B9_7F4A_7C15,
            },
            Grouping::PartialKey(fields) => Kind::PartialKey {
                fields: fields.as_slice().into(),
                sent: vec![0; targets].into(),
            },
        };
        Picker { kind, targets }
    }

    /// The place of the target that every row goes to, where there is only one to pick.
    pub fn only_target(&self) -> Option<usize> {
        match self.kind {
            Kind::Direct => None,
            Kind::First => Some(0),
            _ => (self.targets == 1).then_some(0),
        }
    }

    /// Whether it does not matter which row goes where, so that rows may go by the piece.
    pub fn spreads(&self) -> bool {
        matches!(self.kind, Kind::Shuffle { .. } | Kind::Random { .. })
    }

    /// Whether every target gets each row.
    pub fn copies(&self) -> bool {
        matches!(self.kind, Kind::All)
    }

    /// How many targets there are.
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// Picks for one row. `open` tells whether the target at a place is up and has room; only shuffle asks.
    ///
    /// # Errors
    /// When a value that the grouping needs is not one (see [`hash_fields`]).
    #[inline]
    pub fn pick(
        &mut self,
        encoding: Encoding,
        row: &[&[u8]],
        open: impl Fn(usize) -> bool,
    ) -> Result<Picked, ScanError> {
        let n = self.targets;
        Ok(match &mut self.kind {
            Kind::All => Picked::All,
            Kind::Direct => Picked::Nobody,
            _ if n == 1 => Picked::One(0),
            Kind::Shuffle { next } => {
                // In turn, past those that are down or full; if all are, in turn all the same, and the sender waits.
                let start = *next;
                let chosen = (0..n)
                    .map(|step| (start + step) % n)
                    .find(|&at| open(at))
                    .unwrap_or(start);
                *next = (chosen + 1) % n;
                Picked::One(chosen)
            }
            Kind::Fields(fields) => Picked::One((key(encoding, row, fields)? % n as u64) as usize),
            Kind::Part(part) => {
                Picked::One((line_key(part, encoding, row.first().copied())? % n as u64) as usize)
            }
            Kind::First => Picked::One(0),
            Kind::Random { state } => {
                // xorshift64: uniform enough for a choice among tasks.
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                Picked::One((*state % n as u64) as usize)
            }
            Kind::PartialKey { fields, sent } => {
                let hash = key(encoding, row, fields)?;
                let first = (hash as u32 as usize) % n;
                let second = match (hash >> 32) as usize % n {
                    same if same == first => (first + 1) % n,
                    other => other,
                };
                let chosen = if sent[second] < sent[first] {
                    second
                } else {
                    first
                };
                sent[chosen] += 1;
                Picked::One(chosen)
            }
        })
    }
}

/// The hash of the fields that a grouping names. A partial key grouping without fields goes by the first one, as Storm's.
#[inline]
fn key(encoding: Encoding, row: &[&[u8]], fields: &[usize]) -> Result<u64, ScanError> {
    match fields {
        [] => hash_fields(encoding, row.first().copied()),
        fields => hash_fields(
            encoding,
            fields.iter().filter_map(|&field| row.get(field).copied()),
        ),
    }
}

#[cfg(test)]
mod definitions;

#[cfg(test)]
mod tests {
    use super::*;

    fn picks(
        grouping: &Grouping,
        targets: usize,
        rows: &[&[u8]],
        open: impl Fn(usize) -> bool + Copy,
    ) -> Vec<Picked> {
        let mut picker = Picker::new(grouping, targets, 0);
        rows.iter()
            .map(|row| picker.pick(Encoding::Json, &[*row], open).expect("a key"))
            .collect()
    }

    #[test]
    fn shuffle_is_even_among_those_that_have_room() {
        let rows = [&b"1"[..]; 9];
        let all = picks(&Grouping::Shuffle, 3, &rows, |_| true);
        assert_eq!(
            all[..4],
            [
                Picked::One(0),
                Picked::One(1),
                Picked::One(2),
                Picked::One(0)
            ]
        );
        let without = picks(&Grouping::Shuffle, 3, &rows, |at| at != 1);
        assert!(!without.contains(&Picked::One(1)));
        assert_eq!(without.iter().filter(|p| **p == Picked::One(0)).count(), 5);
        let none = picks(&Grouping::Shuffle, 3, &rows, |_| false);
        assert_eq!(none.iter().filter(|p| **p == Picked::One(2)).count(), 3);
    }

    #[test]
    fn fields_send_equal_keys_to_one_task() {
        let rows: Vec<String> = (0..100).map(|n| format!("\"key{}\"", n % 10)).collect();
        let rows: Vec<&[u8]> = rows.iter().map(|r| r.as_bytes()).collect();
        let picked = picks(&Grouping::Fields(vec![0]), 4, &rows, |_| true);
        for at in 10..100 {
            assert_eq!(picked[at], picked[at % 10]);
        }
        assert!(picked.iter().any(|p| *p != picked[0]));
    }

    #[test]
    fn the_others_do_as_they_are_called() {
        let rows = [&b"1"[..]; 64];
        assert!(
            picks(&Grouping::All, 3, &rows, |_| true)
                .iter()
                .all(|p| *p == Picked::All)
        );
        assert!(
            picks(&Grouping::Global, 3, &rows, |_| true)
                .iter()
                .all(|p| *p == Picked::One(0))
        );
        assert!(
            picks(&Grouping::Direct, 3, &rows, |_| true)
                .iter()
                .all(|p| *p == Picked::Nobody)
        );
        let random = picks(&Grouping::None, 3, &rows, |_| true);
        for at in 0..3 {
            assert!(
                random.contains(&Picked::One(at)),
                "random never picked {at}"
            );
        }
    }

    #[test]
    fn where_there_is_one_target_only_it_is_what_is_picked() {
        let fields = || Grouping::Fields(vec![0]);
        for (grouping, targets, only) in [
            (Grouping::Shuffle, 1, Some(0)),
            (Grouping::Shuffle, 2, None),
            (fields(), 1, Some(0)),
            (fields(), 2, None),
            (Grouping::All, 1, Some(0)),
            (Grouping::All, 2, None),
            (Grouping::Global, 1, Some(0)),
            (Grouping::Global, 2, Some(0)),
            (Grouping::Direct, 1, None),
        ] {
            let told = Picker::new(&grouping, targets, 5).only_target();
            assert_eq!(told, only, "{grouping:?} among {targets}");
            if let Some(only) = only {
                let picked = picks(&grouping, targets, &[b"1"], |_| true);
                assert!(
                    picked == [Picked::One(only)] || picked == [Picked::All],
                    "{grouping:?} among {targets}"
                );
            }
        }
    }

    #[test]
    fn a_partial_key_is_split_between_two_tasks() {
        let one_key = [&b"\"hot\""[..]; 100];
        let picked = picks(&Grouping::PartialKey(vec![0]), 5, &one_key, |_| true);
        let mut seen: Vec<_> = picked.iter().map(|p| format!("{p:?}")).collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 2);
        assert_eq!(picked.iter().filter(|p| **p == picked[0]).count(), 50);
    }
}
