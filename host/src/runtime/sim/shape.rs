//! Draws a topology, and how its components behave, from a seed.

use std::rc::Rc;

use serde_json::{Value, json};
use stormhost_protocol::Encoding;
use stormhost_protocol::storm::Acks;

use super::rng::Rng;
use crate::runtime::task::Dialect;
use crate::topology::{Ir, Overrides, Topology, check};

/// How a bolt acks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acking {
    /// By consuming: frames only.
    Auto,
    /// Each tuple when it is through with it.
    Prompt,
    /// So many are held, then acked out of order.
    Held(usize),
    /// So many are held, then one tuple is emitted that is anchored to all of them.
    Join(usize),
    /// Never: trees time out.
    Never,
}

/// How the children of one component behave.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// How it acks.
    pub acking: Acking,
    /// What it holds is let go only when it is told to finish.
    pub patient: bool,
    /// It emits at most so many tuples for one.
    pub most: usize,
    /// It fails one tuple in so many; 0 for none.
    pub fails: usize,
    /// It emits a wrong number of values once in so many; 0 for never.
    pub errs: usize,
    /// A Storm spout that leaves `activate` unanswered.
    pub silent_at_activate: bool,
    /// The dialect is drawn once for all its children.
    pub dialect: Dialect,
}

/// A run to be played.
pub struct Plan {
    /// What runs.
    pub topology: Rc<Topology>,
    /// By component.
    pub manners: Vec<Manner>,
    /// Nothing goes wrong in this run, so everything has to be acked.
    pub calm: bool,
    /// How many children die at the most.
    pub deaths: usize,
    /// The time-out clock turns.
    pub timeouts: bool,
    /// Bolts get ticks.
    pub ticks: bool,
    /// What a spout task emits in all.
    pub tuples: u32,
    /// Once in so many steps the user asks for the end; 0 for never before the spouts are through.
    pub stops: usize,
    /// The deadline of an orderly end passes, once in so many steps after it was asked for; 0 for never.
    pub hurries: usize,
    /// Children are asked whether they live.
    pub asks_for_life: bool,
    /// Bytes that a pipe holds.
    pub pipe: usize,
    /// There is a cycle.
    pub cyclic: bool,
}

const GROUPINGS: [&str; 7] = [
    "shuffle",
    "fields",
    "all",
    "global",
    "none",
    "local_or_shuffle",
    "partial_key",
];

/// Shapes that people have: arrows, from and to. A name that begins with `s` is a spout; a stream may stand behind the sender.
const SHAPES: [&[(&str, &str)]; 9] = [
    &[("s", "a")],
    &[("s", "a"), ("a", "b"), ("b", "c")],
    &[("s", "a"), ("s", "b"), ("s", "c")],
    &[("s", "a"), ("s2", "a"), ("a", "b")],
    &[("s", "a"), ("s", "b"), ("a", "j"), ("b", "j"), ("j", "k")],
    &[("s", "a"), ("a", "b"), ("b", "a")],
    &[("s", "a"), ("a", "a")],
    &[("s", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("b", "d")],
    &[("s/to", "a"), ("s", "b"), ("a/to", "b")],
];

impl Plan {
    /// The run of this seed.
    pub fn draw(rng: &mut Rng) -> Plan {
        let Shape { arrows, dense } = Shape::draw(rng);
        let calm = rng.once_in(3);
        let timeouts = !calm && rng.once_in(3);
        let tuples = rng.one_of(&[1, 3, 10, 25]);
        let pending = rng.one_of(&[1u32, 1, 2, 5, 30, 1000]);
        let untracked = rng.once_in(15);
        let mut names: Vec<&str> = Vec::new();
        for (from, to) in &arrows {
            for name in [without_stream(from), to] {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut total = 0;
        let cyclic = has_cycle(&names, &arrows);
        let components: Vec<Value> = names
            .iter()
            .map(|name| {
                let spout = name.starts_with('s');
                let tasks = rng.one_of(if spout { &[1, 1, 2] } else { &[1, 1, 2, 3, 8] });
                total += if spout { tasks * tuples } else { 0 };
                let fields = json!({"fields": ["roots", "key", "hops"]});
                // A filter has one stream.
                let direct = arrows.iter().any(|(from, _)| from.strip_suffix("/to") == Some(name));
                if !spout && !direct && rng.once_in(7) {
                    return json!({
                        "id": name, "kind": "bolt", "parallelism": tasks, "streams": {"default": fields},
                        "shell": {"run": "true", "as": "lines", "json": true},
                    });
                }
                json!({
                    "id": name, "kind": if spout { "spout" } else { "bolt" }, "command": ["true"],
                    "parallelism": tasks,
                    "replay": if spout && !calm && rng.once_in(5) { json!("host") } else { Value::Null },
                    "streams": {"default": fields, "to": {"fields": ["roots", "key", "hops"], "direct": true}},
                })
            })
            .collect();
        let subscriptions: Vec<Value> = arrows
            .iter()
            .map(|(from, to)| {
                let (from, direct) = (without_stream(from), from.contains('/'));
                let grouping = if direct { "direct" } else { rng.one_of(&GROUPINGS) };
                // Copies of copies in a cycle would be millions.
                let grouping = if (cyclic || dense) && grouping == "all" { "shuffle" } else { grouping };
                let keyed = matches!(grouping, "fields" | "partial_key");
                json!({"to": to, "from": from, "stream": if direct { "to" } else { "default" }, "grouping": grouping,
                    "fields": if keyed { json!(["key"]) } else { json!([]) }})
            })
            .collect();
        let cycle_bytes = if calm {
            4 << 20
        } else {
            rng.one_of(&[20u32, 60, 500, 4 << 20])
        };
        let ir = json!({
            "version": 1, "name": "Played", "file": "played.py", "language": "python",
            "conf": {
                "topology.max.spout.pending": pending,
                "topology.acker.executors": if untracked { json!(0) } else { Value::Null },
                "stormhost.queue.tuples": rng.one_of(&[1u32, 2, 5, 50, 4096]),
                "stormhost.queue.bytes": rng.one_of(&[1u32, 40, 4 << 20]),
                "stormhost.cycle.bytes": cycle_bytes,
                "stormhost.poison.deaths": rng.below(3) as u32,
            },
            "components": components, "subscriptions": subscriptions, "mistakes": [],
        });
        let ir = Ir::from_json(ir.to_string().as_bytes()).expect("the right shape");
        let topology = check(&ir, &Overrides::default(), &|_, _| true)
            .unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
            .topology;
        // Only where the window can grow past all there is may a bolt wait for the end of its input.
        let may_be_patient = pending > total * 2;
        let manners = topology
            .components
            .iter()
            .map(|component| {
                let mut manner = Manner::draw(rng, calm, timeouts, may_be_patient);
                if component.shell.is_some() {
                    (manner.dialect, manner.patient) = (Dialect::Lines(Encoding::Json), false);
                }
                if dense {
                    manner.most = manner.most.min(1);
                }
                manner
            })
            .collect();
        Plan {
            topology: Rc::new(topology),
            manners,
            calm,
            deaths: if calm { 0 } else { rng.below(5) },
            timeouts,
            ticks: rng.once_in(4),
            tuples,
            stops: if rng.once_in(5) { 300 } else { 0 },
            hurries: if !calm && rng.once_in(8) { 30 } else { 0 },
            asks_for_life: rng.once_in(4),
            pipe: rng.one_of(&[16, 200, 65_536]),
            cyclic,
        }
    }
}

/// Who listens to whom.
struct Shape {
    arrows: Vec<(String, String)>,
    /// So many arrows that what goes round must not become more on its way.
    dense: bool,
}

impl Shape {
    /// One that people have, or any.
    fn draw(rng: &mut Rng) -> Shape {
        if rng.once_in(2) {
            let arrows = SHAPES[rng.below(SHAPES.len())];
            let owned = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
            return Shape {
                arrows: arrows.iter().map(owned).collect(),
                dense: false,
            };
        }
        let spouts = &["s", "s2"][..=rng.below(2)];
        let bolts = &["a", "b", "c", "d", "e"][..=rng.below(5)];
        let mut arrows: Vec<(String, String)> = Vec::new();
        // Each hears of something that begins at a spout; then arrows in any direction, to itself as well.
        for (n, bolt) in bolts.iter().enumerate() {
            let before = rng.below(spouts.len() + n);
            let from = spouts.iter().chain(bolts).nth(before).unwrap_or(bolt);
            arrows.push(((*from).to_owned(), (*bolt).to_owned()));
        }
        for _ in 0..rng.below(bolts.len() + 2) {
            let all: Vec<&str> = spouts.iter().chain(bolts).copied().collect();
            let stream = if rng.once_in(6) { "/to" } else { "" };
            let arrow = (
                format!("{}{stream}", rng.one_of(&all)),
                rng.one_of(bolts).to_owned(),
            );
            if !arrows.contains(&arrow) {
                arrows.push(arrow);
            }
        }
        Shape {
            dense: arrows.len() > bolts.len(),
            arrows,
        }
    }
}

fn without_stream(from: &str) -> &str {
    from.strip_suffix("/to").unwrap_or(from)
}

/// Whether some tuple can come back to where it was.
fn has_cycle(names: &[&str], arrows: &[(String, String)]) -> bool {
    names.iter().any(|start| {
        let mut reached: Vec<&str> = vec![start];
        let mut next = 0;
        while let Some(&at) = reached.get(next) {
            next += 1;
            for (from, to) in arrows {
                if without_stream(from) == at {
                    if to == start {
                        return true;
                    }
                    if !reached.contains(&to.as_str()) {
                        reached.push(to);
                    }
                }
            }
        }
        false
    })
}

impl Manner {
    fn draw(rng: &mut Rng, calm: bool, timeouts: bool, may_be_patient: bool) -> Manner {
        let some = rng.below(3) + 2;
        let acking = match rng.below(if timeouts { 12 } else { 11 }) {
            0..=4 => Acking::Auto,
            5 | 6 => Acking::Prompt,
            7 | 8 => Acking::Held(some),
            9 | 10 => Acking::Join(some),
            _ => Acking::Never,
        };
        let encoding = rng.one_of(&[Encoding::Json, Encoding::Msgpack]);
        let dialect = match acking {
            Acking::Auto => Dialect::Frames {
                encoding,
                acks: Acks::Auto,
            },
            _ if rng.once_in(2) => Dialect::Frames {
                encoding,
                acks: Acks::Hand,
            },
            _ => Dialect::Storm(encoding),
        };
        Manner {
            acking,
            patient: may_be_patient && rng.once_in(2) && matches!(dialect, Dialect::Frames { .. }),
            most: rng.below(3),
            fails: if calm { 0 } else { rng.one_of(&[0, 0, 4, 20]) },
            errs: if calm { 0 } else { rng.one_of(&[0, 0, 0, 10]) },
            silent_at_activate: rng.once_in(8),
            dialect,
        }
    }
}
