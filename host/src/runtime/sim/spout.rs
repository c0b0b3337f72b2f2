//! A simulated spout: frames and Storm's dialects.

use std::collections::VecDeque;

use serde_json::{Value, json};
use stormhost_protocol::frame::Kind;

use super::bolt::{Around, destination};
use super::shape::Manner;
use super::truth::{copies, roots_text};
use super::wire::{self, Out, Results};
use crate::runtime::task::Dialect;

enum Told {
    Credit(u64),
    Answers(Vec<(u64, bool)>),
    Command(String),
    Asked(String, Value),
}

/// One child of a spout.
pub struct Spout {
    component: usize,
    manner: Manner,
    /// What it has yet to emit for the first time.
    pub left: u32,
    again: u32,
    tries: u32,
    unread: Vec<u8>,
    inbox: VecDeque<Told>,
    credit: u64,
    emitted: u64,
    /// The tree of each tracked tuple, by sequence number.
    trees: Vec<u64>,
    active: bool,
    said_done: bool,
    results: Results,
    said: u64,
    /// What it has written and its stdout has not taken.
    pub out: Vec<u8>,
    /// Rows in its largest frame.
    pub largest: usize,
}

impl Spout {
    /// A child that has just done its handshake, and will emit `left` tuples.
    pub fn new(component: usize, manner: Manner, left: u32) -> Spout {
        Spout {
            component,
            manner,
            left,
            again: 0,
            tries: 10,
            unread: Vec::new(),
            inbox: VecDeque::new(),
            credit: 0,
            emitted: 0,
            trees: Vec::new(),
            active: matches!(manner.dialect, Dialect::Frames { .. }),
            said_done: false,
            results: Results::default(),
            said: 0,
            out: Vec::new(),
            largest: 0,
        }
    }

    /// Bytes came.
    pub fn takes(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        let Dialect::Storm(encoding) = self.manner.dialect else {
            return self.takes_frames();
        };
        while let Some((n, message)) = wire::storm_message(encoding, &self.unread) {
            self.unread.drain(..n);
            let command = message["command"].as_str().expect("a command").to_owned();
            self.inbox
                .push_back(Told::Asked(command, message["id"].clone()));
        }
    }

    fn takes_frames(&mut self) {
        while let Some((n, kind, payload)) = wire::next_frame(&self.unread) {
            self.unread.drain(..n);
            let numbers: Vec<u64> = match kind {
                Kind::Credit | Kind::Acked => payload
                    .chunks_exact(8)
                    .map(|eight| u64::from_le_bytes(eight.try_into().expect("8")))
                    .collect(),
                _ => Vec::new(),
            };
            self.inbox.push_back(match kind {
                Kind::Credit => Told::Credit(numbers[0]),
                Kind::Acked => Told::Answers(
                    numbers
                        .chunks_exact(2)
                        .flat_map(|pair| (pair[0]..pair[0] + pair[1]).map(|n| (n, true)))
                        .collect(),
                ),
                Kind::Failed => {
                    let list: Vec<(u64, String, String)> =
                        serde_json::from_slice(&payload).expect("fails");
                    Told::Answers(list.into_iter().map(|(n, ..)| (n, false)).collect())
                }
                Kind::Command => {
                    let command: Value = serde_json::from_slice(&payload).expect("a command");
                    Told::Command(command["command"].as_str().expect("text").to_owned())
                }
                other => panic!("a spout was sent {other:?}"),
            });
        }
    }

    /// Whether it was told something that it has not taken.
    pub fn has_work(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Takes one step. Returns whether there was anything to do.
    pub fn acts(&mut self, around: &mut Around<'_>) -> bool {
        if !self.out.is_empty() {
            return false;
        }
        if around.rng.once_in(3)
            && let Some(told) = self.inbox.pop_front()
        {
            self.is_told(told, around);
            return true;
        }
        if matches!(self.manner.dialect, Dialect::Frames { .. }) && self.acts_of_itself(around) {
            return true;
        }
        match self.inbox.pop_front() {
            Some(told) => {
                self.is_told(told, around);
                true
            }
            None => false,
        }
    }

    fn may_emit(&self) -> bool {
        self.active && self.emitted < self.credit && self.left + self.again > 0
    }

    fn acts_of_itself(&mut self, around: &mut Around<'_>) -> bool {
        let Dialect::Frames { encoding, .. } = self.manner.dialect else {
            return false;
        };
        if self.may_emit() {
            self.said_done = false;
            self.emits(around);
            if around.rng.once_in(3) {
                self.flush();
            }
        } else if !self.results.rows.is_empty()
            || !self.active && self.results.consumed != self.said
        {
            self.flush();
        } else if self.left + self.again == 0 && !self.said_done {
            // Libraries differ in what they say first; both are allowed.
            let before = around.rng.once_in(2);
            if before && self.results.consumed != self.said {
                self.flush();
            }
            wire::write_message("done", &mut self.out);
            self.said_done = true;
            if self.results.consumed != self.said {
                self.said = self.results.consumed;
                self.results.write(encoding, &mut self.out);
            }
        } else {
            return false;
        }
        true
    }

    fn is_told(&mut self, told: Told, around: &mut Around<'_>) {
        match told {
            Told::Credit(credit) => {
                assert!(credit > self.credit, "credit only grows");
                self.credit = credit;
                return;
            }
            Told::Asked(command, id) => return self.is_asked(&command, &id, around),
            Told::Answers(answers) => {
                for (sequence, acked) in answers {
                    let tree = self.trees.get(sequence as usize);
                    let tree = *tree.unwrap_or_else(|| {
                        panic!("told of {sequence}, which this child never emitted")
                    });
                    self.hears(tree, acked, around);
                }
            }
            Told::Command(command) => match &*command {
                "activate" => self.active = true,
                "deactivate" => self.active = false,
                "heartbeat" => wire::write_message("sync", &mut self.out),
                other => panic!("a spout was told to {other}"),
            },
        }
        self.results.consumed += 1;
        if self.said_done {
            while self.may_emit() {
                self.emits(around);
            }
            if !self.results.rows.is_empty() {
                self.flush();
            }
            self.said_done = self.left + self.again == 0;
            if self.said_done {
                wire::write_message("done", &mut self.out);
            }
            self.flush();
        }
    }

    fn hears(&mut self, tree: u64, acked: bool, around: &mut Around<'_>) {
        around.truth.told(tree, acked);
        if !acked && self.tries > 0 {
            self.tries -= 1;
            self.again += 1;
        }
    }

    /// A command in one of Storm's dialects, which is answered by `sync`.
    fn is_asked(&mut self, command: &str, id: &Value, around: &mut Around<'_>) {
        let Dialect::Storm(encoding) = self.manner.dialect else {
            return;
        };
        match command {
            "activate" => {
                self.active = true;
                if self.manner.silent_at_activate {
                    return;
                }
            }
            "deactivate" => self.active = false,
            "next" if self.active && self.left + self.again > 0 && !around.rng.once_in(5) => {
                self.emits(around);
            }
            "next" => {}
            "ack" | "fail" => {
                let tree = id.as_u64().or_else(|| id.as_str()?.parse().ok());
                let tree = tree.expect("the id comes back as it was given");
                assert!(self.trees.contains(&tree), "told of another child's tuple");
                self.hears(tree, command == "ack", around);
            }
            other => panic!("a spout was told to {other}"),
        }
        wire::write_storm(encoding, &json!({"command": "sync"}), &mut self.out);
    }

    fn emits(&mut self, around: &mut Around<'_>) {
        if self.again > 0 {
            self.again -= 1;
        } else {
            self.left -= 1;
        }
        self.emitted += 1;
        let tracked = !around.rng.once_in(6);
        let (stream, direct) = destination(around.topology, self.component, around.rng);
        let wrong = around.rng.once_in(self.manner.errs);
        let made = copies(around.topology, self.component, stream, direct);
        let roots = if tracked {
            vec![around.truth.begins(if wrong { 1 } else { made })]
        } else {
            vec![]
        };
        let mut values = vec![
            json!(roots_text(&roots)),
            json!(around.rng.below(5)),
            json!(around.rng.below(6)),
        ];
        if wrong {
            values.push(json!("one too many"));
        }
        self.trees.extend_from_slice(&roots);
        match self.manner.dialect {
            Dialect::Frames { .. } | Dialect::Lines(_) | Dialect::Inside => {
                self.results.rows.push(Out {
                    stream,
                    tracked,
                    values,
                    anchors: vec![],
                    direct,
                })
            }
            Dialect::Storm(encoding) => {
                let name = &around.topology.components[self.component].streams[stream].id;
                let mut message = json!({"command": "emit", "tuple": values, "stream": name, "need_task_ids": false});
                if let Some(tree) = roots.first() {
                    let as_text = around.rng.once_in(2);
                    message["id"] = if as_text {
                        json!(tree.to_string())
                    } else {
                        json!(tree)
                    };
                }
                if direct != 0 {
                    message["task"] = json!(direct);
                }
                wire::write_storm(encoding, &message, &mut self.out);
                self.largest = self.largest.max(1);
            }
        }
    }

    fn flush(&mut self) {
        self.said = self.results.consumed;
        self.largest = self.largest.max(self.results.rows.len());
        self.results
            .write(self.manner.dialect.encoding(), &mut self.out);
    }

    /// The end of its input. `orderly` means that everything was waited for, so every tuple must have been answered.
    pub fn leaves(&mut self, around: &mut Around<'_>, orderly: bool) {
        while let Some(told) = self.inbox.pop_front() {
            self.is_told(told, around);
        }
        if !self.results.rows.is_empty() {
            self.flush();
        }
        for tree in &self.trees {
            assert!(
                !orderly || around.truth.answer(*tree).is_some(),
                "nobody told what became of the tree {tree}"
            );
        }
    }
}
