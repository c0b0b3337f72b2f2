//! A simulated filter of the shell: a JSON line in, some JSON lines out. It knows nothing of acks; what it has read is acked for it.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::bolt::Around;
use super::shape::Manner;
use super::truth::roots_of;

/// One child of a filter.
pub struct Filter {
    manner: Manner,
    unread: Vec<u8>,
    /// The keys and hops of lines that were read.
    inbox: VecDeque<(i64, i64)>,
    /// What it has written and its stdout has not taken.
    pub out: Vec<u8>,
}

impl Filter {
    /// A command that was just started.
    pub fn new(manner: Manner) -> Filter {
        Filter {
            manner,
            unread: Vec::new(),
            inbox: VecDeque::new(),
            out: Vec::new(),
        }
    }

    /// Bytes came. A line that was read is no tree's business any more.
    pub fn takes(&mut self, bytes: &[u8], around: &mut Around<'_>) {
        self.unread.extend_from_slice(bytes);
        while let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unread.drain(..=end).collect();
            let row: Value = serde_json::from_slice(&line).expect("a line from the host");
            let number = |name: &str| row[name].as_i64().expect("a number");
            around
                .truth
                .shrinks(&roots_of(row["roots"].as_str().expect("roots")));
            self.inbox.push_back((number("key"), number("hops")));
        }
    }

    /// Takes one step. Returns whether there was anything to do.
    pub fn acts(&mut self, around: &mut Around<'_>) -> bool {
        let Some((key, hops)) = self.inbox.pop_front() else {
            return false;
        };
        if hops <= 0 {
            return true;
        }
        for _ in 0..around.rng.below(self.manner.most + 1) {
            let line = match around.rng.below(8) {
                0 if self.manner.errs > 0 => "this is no JSON".to_owned(),
                1 => json!(["", key, hops - 1]).to_string(),
                _ => json!({"hops": hops - 1, "key": key, "roots": ""}).to_string(),
            };
            self.out.extend_from_slice(line.as_bytes());
            self.out.push(b'\n');
        }
        true
    }

    /// The end of its input: what it has read is done, and said.
    pub fn leaves(&mut self, around: &mut Around<'_>) {
        while self.acts(around) {}
    }
}
