//! A simulated bolt: frames and Storm's dialects, acking by itself or by hand.

use std::collections::VecDeque;

use serde_json::{Value, json};
use stormhost_protocol::frame::Kind;
use stormhost_protocol::storm::Acks;

use super::rng::Rng;
use super::shape::{Acking, Manner};
use super::truth::{Truth, copies, roots_of, roots_text};
use super::wire::{self, Out, Results};
use crate::runtime::task::Dialect;
use crate::topology::{Grouping, Topology};

/// One tuple in the child's hands.
#[derive(Clone, Debug)]
struct Job {
    id: u64,
    roots: Vec<u64>,
    key: i64,
    hops: i64,
}

enum Work {
    Job(Job),
    Finish,
    Heartbeat,
}

struct Doing {
    job: Job,
    left: usize,
}

/// One child of a bolt.
pub struct Bolt {
    component: usize,
    manner: Manner,
    unread: Vec<u8>,
    inbox: VecDeque<Work>,
    taken: u64,
    doing: Option<Doing>,
    held: Vec<Job>,
    results: Results,
    said: u64,
    awaits_ids: bool,
    /// What it has written and its stdout has not taken.
    pub out: Vec<u8>,
    /// Rows in its largest frame: what a queue may exceed its limit by.
    pub largest: usize,
}

/// What a child sees of the world.
pub struct Around<'a> {
    /// The description.
    pub topology: &'a Topology,
    /// Where it reports what it does.
    pub truth: &'a mut Truth,
    /// Chance.
    pub rng: &'a mut Rng,
}

impl Bolt {
    /// A child that has just done its handshake.
    pub fn new(component: usize, manner: Manner) -> Bolt {
        let mut results = Results::default();
        match manner.dialect {
            Dialect::Frames {
                acks: Acks::Auto, ..
            } => results.marks = Some(Vec::new()),
            _ => results.anchored = true,
        }
        Bolt {
            component,
            manner,
            unread: Vec::new(),
            inbox: VecDeque::new(),
            taken: 0,
            doing: None,
            held: Vec::new(),
            results,
            said: 0,
            awaits_ids: false,
            out: Vec::new(),
            largest: 0,
        }
    }

    fn frames(&self) -> bool {
        matches!(self.manner.dialect, Dialect::Frames { .. })
    }

    /// Bytes came.
    pub fn takes(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        let encoding = self.manner.dialect.encoding();
        while self.frames() {
            let Some((n, kind, payload)) = wire::next_frame(&self.unread) else {
                return;
            };
            self.unread.drain(..n);
            match kind {
                Kind::Tuples => {
                    for row in wire::rows(encoding, &payload) {
                        let job = job(self.taken, &row);
                        self.taken += 1;
                        self.inbox.push_back(Work::Job(job));
                    }
                }
                Kind::Command => {
                    let command: Value = serde_json::from_slice(&payload).expect("a command");
                    match command["command"].as_str() {
                        Some("finish") => self.inbox.push_back(Work::Finish),
                        Some("heartbeat") => self.inbox.push_back(Work::Heartbeat),
                        other => panic!("a bolt was told {other:?}"),
                    }
                }
                Kind::TaskIds => self.heard_ids(),
                other => panic!("a bolt was sent {other:?}"),
            }
        }
        while let Some((n, message)) = wire::storm_message(encoding, &self.unread) {
            self.unread.drain(..n);
            if message.is_array() {
                self.heard_ids();
            } else if message["stream"] == "__heartbeat" {
                self.inbox.push_back(Work::Heartbeat);
            } else {
                let id = message["id"].as_str().expect("an id").parse();
                let values = message["tuple"].as_array().expect("values");
                self.inbox
                    .push_back(Work::Job(job(id.expect("a number"), values)));
            }
        }
    }

    fn heard_ids(&mut self) {
        assert!(self.awaits_ids, "task ids that nobody asked for");
        self.awaits_ids = false;
    }

    /// Whether it was given something that it has not begun or finished.
    pub fn has_work(&self) -> bool {
        !self.awaits_ids && (self.doing.is_some() || !self.inbox.is_empty())
    }

    /// Takes one step. Returns whether there was anything to do.
    pub fn acts(&mut self, around: &mut Around<'_>) -> bool {
        if !self.out.is_empty() || self.awaits_ids {
            return false;
        }
        if self.unsaid() && around.rng.once_in(4) {
            self.flush();
            return true;
        }
        if let Some(mut doing) = self.doing.take() {
            if doing.left > 0 {
                doing.left -= 1;
                let job = doing.job.clone();
                self.doing = Some(doing);
                self.emits_for(&[job], around);
            } else {
                self.is_through_with(doing.job, around);
            }
            return true;
        }
        match self.inbox.pop_front() {
            Some(Work::Job(job)) => {
                let left = if job.hops > 0 {
                    around.rng.below(self.manner.most + 1)
                } else {
                    0
                };
                self.doing = Some(Doing { job, left });
            }
            Some(Work::Heartbeat) => {
                self.lets_go(around);
                match self.manner.dialect {
                    Dialect::Storm(encoding) => {
                        wire::write_storm(encoding, &json!({"command": "sync"}), &mut self.out)
                    }
                    Dialect::Frames { .. } | Dialect::Lines(_) | Dialect::Inside => {
                        wire::write_message("sync", &mut self.out)
                    }
                }
            }
            Some(Work::Finish) => {
                if self.unsaid() {
                    self.flush();
                }
                self.manner.patient = false;
                self.lets_go(around);
                self.manner.patient = true;
                if self.unsaid() {
                    self.flush();
                }
                self.says_something_loose(around);
                wire::write_message("finished", &mut self.out);
            }
            None if self.unsaid() => self.flush(),
            None if !self.held.is_empty() && !self.manner.patient && around.rng.once_in(3) => {
                self.lets_go(around);
                return self.unsaid() || !self.out.is_empty();
            }
            None => return false,
        }
        true
    }

    /// The end of its input: everything is done, and said.
    pub fn leaves(&mut self, around: &mut Around<'_>) {
        while self.has_work() {
            let out = std::mem::take(&mut self.out);
            self.acts(around);
            self.out.splice(0..0, out);
        }
        if self.unsaid() {
            self.flush();
        }
    }

    fn unsaid(&self) -> bool {
        let results = &self.results;
        self.frames()
            && (!results.rows.is_empty()
                || !results.acks.is_empty()
                || !results.fails.is_empty()
                || results.consumed != self.said)
    }

    fn flush(&mut self) {
        self.said = self.results.consumed;
        self.largest = self.largest.max(self.results.rows.len());
        self.results
            .write(self.manner.dialect.encoding(), &mut self.out);
    }

    fn is_through_with(&mut self, job: Job, around: &mut Around<'_>) {
        if self.manner.acking == Acking::Auto {
            let id = self.results.consumed;
            assert_eq!(id, job.id, "rows are taken in order");
            self.results.consumed += 1;
            let rows = self.results.rows.len() as u32;
            self.results.marks.get_or_insert_default().push(rows);
            if around.rng.once_in(self.manner.fails) {
                self.results.fails.push(id);
            } else {
                around.truth.shrinks(&job.roots);
            }
            return;
        }
        if self.frames() {
            self.results.consumed = job.id + 1;
        }
        if around.rng.once_in(self.manner.fails) {
            self.answers(&job, false);
            return;
        }
        let most = match self.manner.acking {
            Acking::Never => return,
            Acking::Held(most) | Acking::Join(most) => most,
            Acking::Auto | Acking::Prompt => 1,
        };
        self.held.push(job);
        if self.held.len() >= most && !self.manner.patient {
            self.lets_go(around);
        }
    }

    /// Acks what it holds, in any order.
    fn lets_go(&mut self, around: &mut Around<'_>) {
        if self.manner.patient {
            return;
        }
        if matches!(self.manner.acking, Acking::Join(_))
            && self.held.len() > 1
            && self.held.iter().any(|job| job.hops > 0)
        {
            let held = self.held.clone();
            self.emits_for(&held, around);
        }
        while !self.held.is_empty() {
            let job = self.held.swap_remove(around.rng.below(self.held.len()));
            around.truth.shrinks(&job.roots);
            self.answers(&job, true);
        }
    }

    fn answers(&mut self, job: &Job, acks: bool) {
        match self.manner.dialect {
            Dialect::Storm(encoding) => {
                let command = if acks { "ack" } else { "fail" };
                let message = json!({"command": command, "id": job.id.to_string()});
                wire::write_storm(encoding, &message, &mut self.out);
            }
            Dialect::Frames { .. } if acks => self.results.acks.push(job.id),
            Dialect::Frames { .. } | Dialect::Lines(_) | Dialect::Inside => {
                self.results.fails.push(job.id)
            }
        }
    }

    /// Emits one tuple that belongs to all trees of these.
    fn emits_for(&mut self, jobs: &[Job], around: &mut Around<'_>) {
        let by_hand = self.manner.acking != Acking::Auto;
        let loose = by_hand && around.rng.once_in(10);
        let mut roots: Vec<u64> = jobs.iter().flat_map(|job| job.roots.clone()).collect();
        roots.sort_unstable();
        roots.dedup();
        let anchors: Vec<u64> = jobs.iter().map(|job| job.id).collect();
        let (roots, anchors) = if loose {
            (vec![], vec![])
        } else {
            (roots, anchors)
        };
        let hops = jobs.iter().map(|job| job.hops).max().unwrap_or(0) - 1;
        let key = jobs.first().map_or(0, |job| job.key);
        let (stream, direct) = destination(around.topology, self.component, around.rng);
        let mut values = vec![json!(roots_text(&roots)), json!(key), json!(hops)];
        if around.rng.once_in(self.manner.errs) {
            values.push(json!("one too many"));
            around.truth.grows(&roots, 1);
        } else {
            let made = copies(around.topology, self.component, stream, direct);
            around.truth.grows(&roots, made);
        }
        let asks = direct == 0 && around.rng.once_in(6);
        match self.manner.dialect {
            Dialect::Storm(encoding) => {
                let name = &around.topology.components[self.component].streams[stream].id;
                let ids: Vec<String> = anchors.iter().map(u64::to_string).collect();
                let mut message = json!({"command": "emit", "tuple": values, "anchors": ids, "stream": name, "need_task_ids": asks});
                if direct != 0 {
                    message["task"] = json!(direct);
                }
                wire::write_storm(encoding, &message, &mut self.out);
                self.largest = self.largest.max(1);
                self.awaits_ids = asks;
            }
            Dialect::Frames { .. } | Dialect::Lines(_) | Dialect::Inside => {
                self.results.rows.push(Out {
                    stream,
                    tracked: false,
                    values,
                    anchors,
                    direct,
                });
                if asks {
                    self.results.ask = true;
                    self.awaits_ids = true;
                    self.flush();
                }
            }
        }
    }

    /// A row that is tied to no input, as `finish` may emit one.
    fn says_something_loose(&mut self, around: &mut Around<'_>) {
        if around.rng.once_in(2) {
            return;
        }
        let values = vec![json!(""), json!(7), json!(0)];
        let (stream, direct) = destination(around.topology, self.component, around.rng);
        self.results.rows.push(Out {
            stream,
            tracked: false,
            values,
            anchors: vec![],
            direct,
        });
        self.results.loose = true;
        let marks = self.results.marks.take();
        self.flush();
        self.results.marks = marks;
    }
}

/// A stream, and the task to name if the stream is taken directly; else 0.
pub fn destination(topology: &Topology, component: usize, rng: &mut Rng) -> (usize, u32) {
    let streams = topology.components[component].streams.len();
    let stream = rng.below(streams);
    let direct: Vec<u32> = topology
        .listeners(component, stream)
        .filter(|(listener, input)| {
            topology.components[*listener].inputs[*input].grouping == Grouping::Direct
        })
        .flat_map(|(listener, _)| topology.tasks_of(listener))
        .collect();
    if topology.listeners(component, stream).next().is_none() {
        let default = topology.components[component]
            .streams
            .iter()
            .position(|stream| stream.id == "default");
        return (default.unwrap_or(0), 0);
    }
    match direct[..] {
        [] => (stream, 0),
        _ => (stream, rng.one_of(&direct)),
    }
}

fn job(id: u64, values: &[Value]) -> Job {
    match values {
        // A tick.
        [_] => Job {
            id,
            roots: vec![],
            key: 0,
            hops: 0,
        },
        [roots, key, hops] => Job {
            id,
            roots: roots_of(roots.as_str().expect("roots")),
            key: key.as_i64().expect("a key"),
            hops: hops.as_i64().expect("hops"),
        },
        _ => panic!("a tuple of {} values", values.len()),
    }
}
