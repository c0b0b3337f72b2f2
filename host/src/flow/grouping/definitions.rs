//! Each grouping against its definition, over random rows, numbers of tasks, and states of the receivers.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use stormhost_protocol::{hash_fields, task_index};

use super::*;

/// A key as people have them, and ways to write it that mean the same.
fn key() -> impl Strategy<Value = (Value, Value)> {
    prop_oneof![
        (-1_000_000i64..1_000_000).prop_map(|n| (json!(n), json!(n as f64))),
        "[a-zé😀\"\\\\ ]{0,12}".prop_map(|text| (json!(text), json!(text))),
        any::<bool>().prop_map(|flag| (json!(flag), json!(flag))),
        Just((Value::Null, Value::Null)),
        (0i64..9, "[a-z]{0,3}").prop_map(|(n, text)| {
            (
                json!({"a": n, "b": [text]}),
                json!({"b": [text], "a": n as f64}),
            )
        }),
    ]
}

fn encoded(encoding: Encoding, row: &[Value]) -> Vec<Vec<u8>> {
    let one = |value: &Value| match encoding {
        Encoding::Json => serde_json::to_vec(value).expect("JSON"),
        Encoding::Msgpack => rmp_serde::to_vec(value).expect("MessagePack"),
    };
    row.iter().map(one).collect()
}

fn pick(picker: &mut Picker, encoding: Encoding, row: &[Value]) -> Picked {
    let values = encoded(encoding, row);
    let row: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    picker.pick(encoding, &row, |_| true).expect("values")
}

proptest! {
    /// Even to one tuple over any number of them, whoever sends; in turn, so no two follow each other to one task.
    #[test]
    fn shuffle_and_local_or_shuffle_are_even(targets in 1usize..20, rows in 1usize..200, sender in 0usize..50, local: bool) {
        let grouping = if local { Grouping::LocalOrShuffle } else { Grouping::Shuffle };
        let mut picker = Picker::new(&grouping, targets, sender);
        let mut got = vec![0usize; targets];
        for _ in 0..rows {
            let Picked::One(at) = pick(&mut picker, Encoding::Json, &[json!(1)]) else {
                panic!("one task");
            };
            got[at] += 1;
        }
        prop_assert!(got.iter().max().unwrap() - got.iter().min().unwrap() <= 1, "{:?}", got);
    }

    /// While any task is up and has room, no other is picked, and those that are get even shares of what is picked while they are.
    #[test]
    fn shuffle_goes_past_those_that_are_down_or_full(states in vec(vec(any::<bool>(), 5), 1..100)) {
        let mut picker = Picker::new(&Grouping::Shuffle, 5, 0);
        for open in &states {
            let Ok(Picked::One(at)) = picker.pick(Encoding::Json, &[b"1"], |at| open[at]) else {
                panic!("one task");
            };
            prop_assert!(at < 5);
            prop_assert!(open[at] || open.iter().all(|open| !open), "{} of {:?}", at, open);
        }
        let mut got = [0; 5];
        for _ in 0..30 {
            let Ok(Picked::One(at)) = picker.pick(Encoding::Json, &[b"1"], |at| at % 2 == 0) else {
                panic!("one task");
            };
            got[at] += 1;
        }
        prop_assert_eq!(got, [10, 0, 10, 0, 10]);
    }

    /// The task is the hash of the fields, in the order of the grouping, modulo the tasks; whoever sends, in whichever encoding, however it is written,
    /// and whatever the other fields hold.
    #[test]
    fn fields_go_by_the_hash_of_their_values_and_nothing_else(
        first in key(), second in key(), noise in vec(key(), 2), targets in 1usize..30, senders in vec(0usize..99, 2),
    ) {
        let grouping = Grouping::Fields(vec![2, 0]);
        let mut mine = Picker::new(&grouping, targets, senders[0]);
        let mut yours = Picker::new(&grouping, targets, senders[1]);
        let row = [first.0.clone(), noise[0].0.clone(), second.0.clone()];
        let same = [first.1, noise[1].1.clone(), second.1];
        let picked = pick(&mut mine, Encoding::Json, &row);
        prop_assert_eq!(pick(&mut mine, Encoding::Msgpack, &same), picked);
        prop_assert_eq!(pick(&mut yours, Encoding::Msgpack, &row), picked);
        prop_assert_eq!(pick(&mut yours, Encoding::Json, &same), picked);
        let values = encoded(Encoding::Json, &[second.0, first.0]);
        let hash = hash_fields(Encoding::Json, values.iter().map(Vec::as_slice)).expect("values");
        prop_assert_eq!(picked, Picked::One(task_index(hash, targets)));
    }

    /// A key has two tasks at the most, the same for every sender, and goes to the one of them that this sender has given less.
    #[test]
    fn a_partial_key_goes_to_the_idler_of_its_two_tasks(keys in vec(0usize..6, 1..200), targets in 1usize..12, sender in 0usize..9) {
        let grouping = Grouping::PartialKey(vec![0]);
        let mut picker = Picker::new(&grouping, targets, sender);
        let mut given = vec![0u32; targets];
        // Which two a key has is found out by a sender of its own, which sends nothing else.
        let pairs: Vec<Vec<usize>> = (0..6).map(|key| {
            let mut alone = Picker::new(&grouping, targets, 0);
            let mut pair: Vec<usize> = (0..2).map(|_| match pick(&mut alone, Encoding::Json, &[json!(key)]) {
                Picked::One(at) => at,
                other => panic!("{other:?}"),
            }).collect();
            pair.sort_unstable();
            pair.dedup();
            pair
        }).collect();
        for key in keys {
            let pair = &pairs[key];
            prop_assert_eq!(pair.len(), targets.min(2));
            let Picked::One(at) = pick(&mut picker, Encoding::Msgpack, &[json!(key)]) else {
                panic!("one task");
            };
            prop_assert!(pair.contains(&at), "{} of {:?}", at, pair);
            let least = pair.iter().map(|at| given[*at]).min().unwrap();
            prop_assert_eq!(given[at], least);
            given[at] += 1;
        }
    }

    /// What needs no look at the row takes any bytes, and says where it goes by its name alone.
    #[test]
    fn all_global_direct_and_none_do_as_they_are_called(rows in vec(vec(any::<u8>(), 0..9), 1..60), targets in 1usize..9, sender in 0usize..9) {
        let of = |grouping: &Grouping| {
            let mut picker = Picker::new(grouping, targets, sender);
            let picked = rows.iter().map(|row| picker.pick(Encoding::Json, &[row.as_slice()], |_| false));
            picked.collect::<Result<Vec<_>, _>>().expect("nothing is read")
        };
        prop_assert!(of(&Grouping::All).iter().all(|picked| *picked == Picked::All));
        prop_assert!(of(&Grouping::Direct).iter().all(|picked| *picked == Picked::Nobody));
        prop_assert!(of(&Grouping::Global).iter().all(|picked| *picked == Picked::One(0)));
        for picked in of(&Grouping::None) {
            prop_assert!(matches!(picked, Picked::One(at) if at < targets));
        }
    }
}

/// By chance, and evenly: of 10,000 among eight each has 1,250, and less than 1,100 or more than 1,400 would be a wonder (more than four deviations).
#[test]
fn none_is_even_by_chance() {
    for sender in 0..20 {
        let mut picker = Picker::new(&Grouping::None, 8, sender);
        let mut got = [0; 8];
        for _ in 0..10_000 {
            match picker.pick(Encoding::Json, &[b"1"], |_| true) {
                Ok(Picked::One(at)) => got[at] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert!(
            got.iter().all(|n| (1_100..1_400).contains(n)),
            "{sender}: {got:?}"
        );
    }
}

/// Senders that begin at the same time do not all begin with the same task.
#[test]
fn shuffles_begin_with_different_tasks() {
    let first =
        |sender| Picker::new(&Grouping::Shuffle, 4, sender).pick(Encoding::Json, &[b"1"], |_| true);
    let firsts: Vec<_> = (0..4)
        .map(|sender| first(sender).expect("a task"))
        .collect();
    assert_eq!(firsts, [0, 1, 2, 3].map(Picked::One));
}
