//! A topology one of whose children says whatever some bytes tell it to, while the others are in their senses. For the fuzz target
//! `conversation`: the bytes are a script, so that a fuzzer finds its way to results that fit what was sent, deaths and timeouts in between included.
//!
//! Nothing that one child says may make the core panic or hold on to anything for good, and the spout beside it hears of each emission once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Value, json};
use stormhost_protocol::frame::{self, Found, Kind};
use stormhost_protocol::storm::{Acks, Item, Salvage, mend};
use stormhost_protocol::{Decoder, Encoding, FromChild, ProtocolError};

use super::death::dies;
use super::small::payload;
use super::wire::{self, Out, Results};
use crate::flow::acker::FailKind;
use crate::flow::suspects::Evidence;
use crate::runtime::completion::Stage;
use crate::runtime::core::Core;
use crate::runtime::task::Dialect;
use crate::topology::{Ir, Overrides, Topology, check};

/// The tasks: a spout, a bolt that it feeds, and one that gets something of both, in a cycle with the first.
const TASKS: usize = 3;
/// More rows than any frame of this size can hold in earnest.
const MOST_ROWS: usize = 4 * 65_536;
/// No script of a fuzzer needs more tuples.
const MOST_EMITTED: u64 = 500;

/// Plays a script.
///
/// # Panics
/// When something does not hold.
pub fn conversation(bytes: &[u8]) {
    let mut script = Script(bytes);
    let mut scene = Scene::new(&mut script);
    while !script.0.is_empty() && scene.core.stage != Stage::Done {
        scene.next(&mut script);
        scene.holds();
    }
    scene.ends();
}

/// What is left of the bytes. Past their end there are zeros.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn byte(&mut self) -> u8 {
        self.piece(1).first().copied().unwrap_or(0)
    }

    fn below(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    fn piece(&mut self, n: usize) -> &'a [u8] {
        let (head, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        head
    }

    /// A byte says how long it is; 255 takes all there is.
    fn text(&mut self) -> &'a [u8] {
        match usize::from(self.byte()) {
            255 => self.piece(self.0.len()),
            n => self.piece(n),
        }
    }
}

struct Scene {
    core: Core,
    /// Which task's child is not in its senses.
    hostile: usize,
    dialect: Dialect,
    ear: Ear,
    /// Frames that the spout has taken note of, and what it was told of each of its emissions.
    heard: u64,
    answers: Vec<Option<bool>>,
}

impl Scene {
    fn new(script: &mut Script<'_>) -> Scene {
        let (how, conf) = (script.byte(), script.byte());
        let hostile = usize::from(how % 3);
        let encoding = match how / 3 % 2 {
            0 => Encoding::Json,
            _ => Encoding::Msgpack,
        };
        let dialect = match how / 6 % 5 {
            0 => Dialect::Storm(encoding),
            1 if hostile < 2 => Dialect::Lines(encoding),
            2 | 3 => Dialect::Frames {
                encoding,
                acks: Acks::Auto,
            },
            _ => Dialect::Frames {
                encoding,
                acks: Acks::Hand,
            },
        };
        let mut core = Core::new(topology(hostile, dialect, conf), 1);
        core.limits.message = 4096;
        for task in &mut core.tasks {
            task.longest = 4096;
        }
        for at in 0..TASKS {
            core.up(at, if at == hostile { dialect } else { SOUND });
            core.tasks[at].repeats = how / 30 % 2 == 1;
        }
        core.tasks[hostile].repeats = conf & 1 == 0 && encoding == Encoding::Msgpack;
        Scene {
            ear: Ear::new(dialect, &core),
            core,
            hostile,
            dialect,
            heard: 0,
            answers: Vec::new(),
        }
    }

    fn next(&mut self, script: &mut Script<'_>) {
        let at = self.hostile;
        match script.below(16) {
            0..=2 => self.hears(script.text()),
            3 => self.hears(&self.framed(Kind::Results, script.text())),
            4 => self.hears(&self.framed(Kind::Message, script.text())),
            5 | 6 => {
                let results = self.results(script);
                self.hears(&self.framed(Kind::Results, &payload_in(self.dialect, results)));
            }
            7 => self.emits(script),
            8 => {
                let mut out = Vec::new();
                self.core.fill(at, &mut out);
                if let (Dialect::Lines(_), true) = (self.dialect, at != 0) {
                    self.core.lines_were_read(at, script.below(40));
                }
            }
            9 => (0..TASKS).for_each(|at| self.takes_and_acks(at)),
            10 => {
                self.core.now += 1 << script.below(24);
                self.core.look_at_standstill();
            }
            11 => self.core.tick(1 + script.below(2), 1.5),
            12 => {
                self.core.rotate();
            }
            13 => self.dies(script.below(2) == 0),
            14 => self.core.ask_for_life(at),
            _ => match script.below(4) {
                0 => self.core.stop(),
                1 if self.core.stopping => self.core.advance(true),
                2 => {
                    self.core.fail_all_in_hand(at, "it said so");
                }
                _ => self.ear.goes_on(&mut self.core, at).unwrap_or_default(),
            },
        }
        self.settles();
    }

    /// What `Host::with` does after everything that happens.
    fn settles(&mut self) {
        if self.core.may_end() {
            self.core.advance(false);
        }
        self.core.wakes.clear();
        self.core.letters.clear();
    }

    /// As bytes from this child that hold one frame, or one message in the dialects that have no frames.
    fn framed(&self, kind: Kind, inside: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        match self.dialect {
            Dialect::Frames { .. } => frame::write(kind, &mut out, |out| out.extend(inside)),
            Dialect::Storm(Encoding::Json) => {
                out.extend_from_slice(inside);
                out.extend_from_slice(b"\nend\n");
            }
            Dialect::Lines(_) => {
                out.extend_from_slice(inside);
                out.push(b'\n');
            }
            Dialect::Storm(Encoding::Msgpack) | Dialect::Inside => out.extend_from_slice(inside),
        }
        out
    }

    /// Results that nearly fit what the child was sent.
    fn results(&self, script: &mut Script<'_>) -> Results {
        let task = &self.core.tasks[self.hostile];
        let (flags, by_hand) = (
            script.byte(),
            !matches!(
                self.dialect,
                Dialect::Frames {
                    acks: Acks::Auto,
                    ..
                }
            ),
        );
        let bolt = self.hostile != 0;
        let most = match bolt {
            true => task.sent() - task.consumed,
            false => 3,
        };
        let through = u64::from(script.byte()) % (most + 1);
        let streams = self.core.topology.components[task.component].streams.len();
        let rows: Vec<Out> = (0..script.below(6))
            .map(|_| Out {
                stream: script.below(streams + usize::from(flags & 1 != 0)),
                tracked: script.below(2) == 0,
                values: (0..script.below(4) / 2 + usize::from(flags & 2 == 0))
                    .map(|_| json!(script.byte()))
                    .collect(),
                anchors: (0..script.below(3)).map(|_| self.id(script)).collect(),
                direct: [0, 0, 0, 1, 2, 3, 99, u32::MAX][script.below(8)],
            })
            .collect();
        let count = rows.len() as u32;
        Results {
            consumed: task.consumed + through,
            marks: (bolt && !by_hand).then(|| {
                (0..through)
                    .map(|_| u32::from(script.byte()) % (count + 1))
                    .collect()
            }),
            anchored: bolt && by_hand,
            acks: (0..script.below(4)).map(|_| self.id(script)).collect(),
            fails: (0..script.below(3)).map(|_| self.id(script)).collect(),
            loose: flags & 4 != 0,
            ask: flags & 8 != 0,
            rows,
        }
    }

    /// The id of something that the child may have in hand.
    fn id(&self, script: &mut Script<'_>) -> u64 {
        let sent = self.core.tasks[self.hostile].sent();
        sent.saturating_sub(1 + u64::from(script.byte() % 8))
    }

    fn hears(&mut self, bytes: &[u8]) {
        let at = self.hostile;
        self.ear.heard.extend_from_slice(bytes);
        if self.ear.goes_on(&mut self.core, at).is_err() {
            self.dies(true);
        }
    }

    fn dies(&mut self, certain: bool) {
        let at = self.hostile;
        let evidence = match certain {
            true => Evidence::Certain,
            false => Evidence::Doubtful,
        };
        let loses_lines = matches!(self.dialect, Dialect::Lines(_)) && at != 0;
        if !dies(&mut self.core, at, evidence, loses_lines) {
            self.core.up(at, self.dialect);
        }
        self.ear = Ear::new(self.dialect, &self.core);
    }

    /// The spout emits, if that is one in its senses.
    fn emits(&mut self, script: &mut Script<'_>) {
        let waits = self.core.tasks[0].waits > 0 || self.core.tasks[0].dialect().is_none();
        if self.hostile == 0 || waits || self.answers.len() as u64 > MOST_EMITTED {
            return;
        }
        let rows: Vec<Out> = (0..=script.below(8))
            .map(|_| Out {
                stream: 0,
                tracked: true,
                values: vec![json!(script.byte())],
                anchors: vec![],
                direct: 0,
            })
            .collect();
        self.answers.extend(rows.iter().map(|_| None));
        let results = Results {
            consumed: self.heard,
            rows,
            ..Results::default()
        };
        self.core
            .spout_results(0, &payload_in(SOUND, results))
            .expect("a spout in its senses");
    }

    /// A child in its senses takes what there is for it, and acks it.
    fn takes_and_acks(&mut self, at: usize) {
        if at == self.hostile || self.core.tasks[at].dialect().is_none() {
            return;
        }
        let mut out = Vec::new();
        self.core.fill(at, &mut out);
        while let Some((n, kind, told)) = wire::next_frame(&out) {
            out.drain(..n);
            match kind {
                Kind::Acked => {
                    self.heard += 1;
                    for pair in told.chunks_exact(16) {
                        let [first, count] = [&pair[..8], &pair[8..]]
                            .map(|eight| u64::from_le_bytes(eight.try_into().expect("8")));
                        (first..first + count).for_each(|n| self.is_told(n, true));
                    }
                }
                Kind::Failed => {
                    self.heard += 1;
                    let list: Vec<(u64, String, String)> =
                        serde_json::from_slice(&told).expect("fails");
                    list.iter().for_each(|(n, ..)| self.is_told(*n, false));
                }
                Kind::Command if at == 0 => self.heard += 1,
                _ => {}
            }
        }
        if at == 0 || self.core.tasks[at].waits > 0 {
            return;
        }
        let (sent, before) = (self.core.tasks[at].sent(), self.core.tasks[at].consumed);
        let results = Results {
            consumed: sent,
            marks: Some(vec![0; (sent - before) as usize]),
            ..Results::default()
        };
        self.core
            .bolt_results(at, &payload_in(SOUND, results))
            .expect("a bolt in its senses");
    }

    fn is_told(&mut self, emission: u64, acked: bool) {
        let answer = self.answers.get_mut(emission as usize);
        let answer = answer.expect("an answer to what was emitted");
        assert_eq!(
            answer.replace(acked),
            None,
            "{emission} was answered before"
        );
    }

    fn holds(&self) {
        for task in &self.core.tasks {
            assert!(task.queue.rows() < MOST_ROWS);
        }
    }

    /// Whatever was said, everything is let go in the end, and the spout knows what became of all it emitted.
    fn ends(mut self) {
        let alive = self.hostile != 0 && self.core.tasks[0].dialect().is_some();
        self.core.stop();
        self.core.advance(true);
        let reason: Rc<str> = "it died".into();
        for at in 1..TASKS {
            self.core.down(at, FailKind::ChildDied, &reason);
            self.core.gone(at);
        }
        self.core.now += 1_000_000;
        self.takes_and_acks(0);
        if alive {
            let unanswered = self
                .answers
                .iter()
                .filter(|answer| answer.is_none())
                .count();
            assert_eq!(unanswered, 0, "of {}", self.answers.len());
        }
        self.core.down(0, FailKind::ChildDied, &reason);
        self.core.gone(0);
        assert_eq!(self.core.acker.open_trees(), 0, "trees are open");
        assert_eq!(self.core.acker.held_aside(), 0, "anchors of joins are kept");
        for task in &self.core.tasks {
            assert!(task.in_hand.is_empty() && task.queue.is_empty());
        }
    }
}

/// How children in their senses speak.
const SOUND: Dialect = Dialect::Frames {
    encoding: Encoding::Json,
    acks: Acks::Auto,
};

fn payload_in(dialect: Dialect, mut results: Results) -> Vec<u8> {
    match dialect {
        Dialect::Frames {
            encoding: Encoding::Msgpack,
            ..
        } => {
            let mut out = Vec::new();
            results.write(Encoding::Msgpack, &mut out);
            out.split_off(frame::HEADER)
        }
        _ => payload(results),
    }
}

/// A child's ear, as `listen.rs` and `line_ear.rs` have it, without the waiting.
struct Ear {
    dialect: Dialect,
    decoder: Option<Decoder>,
    heard: Vec<u8>,
}

impl Ear {
    fn new(dialect: Dialect, core: &Core) -> Ear {
        let decoder = match dialect {
            Dialect::Storm(encoding) => Some(Decoder::new(encoding, core.limits.clone())),
            _ => None,
        };
        Ear {
            dialect,
            decoder,
            heard: Vec::new(),
        }
    }

    /// Lets happen what was heard, until there is no more or a queue is full.
    fn goes_on(&mut self, core: &mut Core, at: usize) -> Result<(), ProtocolError> {
        if core.tasks[at].dialect().is_none() {
            return Ok(());
        }
        while core.tasks[at].waits == 0 && self.understands(core, at)? {}
        Ok(())
    }

    fn understands(&mut self, core: &mut Core, at: usize) -> Result<bool, ProtocolError> {
        match (self.dialect, &mut self.decoder) {
            (Dialect::Lines(_), _) => {
                let Some(end) = memchr::memrchr(b'\n', &self.heard) else {
                    return Ok(false);
                };
                if core.room_for_lines(at) == 0 {
                    return Ok(false);
                }
                let text: Vec<u8> = self.heard.drain(..=end).collect();
                core.hear_lines(at, &text);
                Ok(true)
            }
            (Dialect::Storm(encoding), Some(decoder)) => {
                let Some((n, item)) = decoder.decode(&self.heard)? else {
                    return Ok(false);
                };
                match item {
                    Item::Message(message) => storm_message(core, at, encoding, message)?,
                    Item::Broken(broken) => {
                        core.fails_unread(at, &broken.salvage, &broken.error.to_string());
                    }
                    Item::Stray(_) | Item::Nothing => {}
                }
                self.heard.drain(..n);
                Ok(true)
            }
            _ => {
                let n = match frame::next_frame(&self.heard, core.limits.message)? {
                    None => return Ok(false),
                    Some((0, _)) => return Ok(false),
                    Some((n, Found::Stray(_))) => n,
                    Some((n, Found::Frame(Kind::Results, payload))) => {
                        match at {
                            0 => core.spout_results(at, payload)?,
                            _ => core.bolt_results(at, payload)?,
                        }
                        n
                    }
                    Some((n, Found::Frame(Kind::Message, payload))) => {
                        let message =
                            FromChild::parse(Encoding::Json, payload, &core.limits.clone())?;
                        core.hear(at, message)?;
                        n
                    }
                    Some((_, Found::Frame(..))) => {
                        return Err(ProtocolError::contradiction(
                            "only the host sends such a frame",
                        ));
                    }
                };
                self.heard.drain(..n);
                Ok(true)
            }
        }
    }
}

fn storm_message(
    core: &mut Core,
    at: usize,
    encoding: Encoding,
    message: &[u8],
) -> Result<(), ProtocolError> {
    let limits = core.limits.clone();
    let mended = match (encoding, FromChild::parse(encoding, message, &limits)) {
        (Encoding::Json, Err(_)) => mend(message, &limits),
        _ => None,
    };
    let message = mended.as_deref().unwrap_or(message);
    let happened = FromChild::parse(encoding, message, &limits)
        .and_then(|message| core.hear(at, message).map(|_| ()));
    match happened {
        Err(error) if encoding == Encoding::Msgpack => Err(error),
        Err(error) => {
            let salvage = Salvage::of(message);
            core.fails_unread(at, &salvage, &error.to_string());
            if salvage.waits {
                core.answer_nowhere(at);
            }
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Topologies that were checked, by their filter, if there is one, and by their settings.
type Known = HashMap<(Option<(usize, bool)>, u8), Rc<Topology>>;

/// The topology for a hostile child in this dialect, with settings by the bits of a number. Checking one takes longer than most scripts.
fn topology(hostile: usize, dialect: Dialect, conf: u8) -> Rc<Topology> {
    thread_local! {
        static KNOWN: RefCell<Known> = RefCell::default();
    }
    let lines = match dialect {
        Dialect::Lines(encoding) => Some((hostile, encoding == Encoding::Json)),
        _ => None,
    };
    KNOWN.with_borrow_mut(|known| {
        let made = known
            .entry((lines, conf))
            .or_insert_with(|| drawn(lines, conf));
        made.clone()
    })
}

fn drawn(lines: Option<(usize, bool)>, conf: u8) -> Rc<Topology> {
    let bit = |n: u8| conf >> n & 1 != 0;
    let several = json!({"default": {"fields": ["x"]}, "to": {"fields": ["x"], "direct": true}, "bare": {"fields": []}});
    let streams = |at| match lines {
        Some((speaks, _)) if speaks == at => json!({"default": {"fields": ["x"]}}),
        _ => several.clone(),
    };
    let component = |at: usize, id: &str, kind: &str| {
        let mut made = json!({"id": id, "kind": kind, "streams": streams(at)});
        match lines {
            Some((speaks, json)) if speaks == at => {
                made["shell"] = json!({"run": "cat", "as": "lines", "json": json});
            }
            _ => made["command"] = json!(["true"]),
        }
        made
    };
    let mut spout = component(0, "S", "spout");
    if bit(0) && lines.is_none() {
        spout["replay"] = json!("host");
    }
    let grouping = match (bit(1), bit(2)) {
        (false, false) => json!({"to": "a", "from": "S", "grouping": "shuffle"}),
        (true, false) => json!({"to": "a", "from": "S", "grouping": "all"}),
        _ => json!({"to": "a", "from": "S", "grouping": "fields", "fields": ["x"]}),
    };
    let mut subscriptions = vec![
        grouping,
        json!({"to": "b", "from": "S", "grouping": "shuffle"}),
        json!({"to": "b", "from": "a", "grouping": "partial_key", "fields": ["x"]}),
        json!({"to": "a", "from": "b", "grouping": "shuffle"}),
    ];
    if lines.is_none() {
        subscriptions.push(json!({"to": "b", "from": "a", "stream": "to", "grouping": "direct"}));
        subscriptions.push(json!({"to": "b", "from": "S", "stream": "bare", "grouping": "none"}));
    }
    let ir = json!({
        "version": 1, "name": "Hostile", "file": "hostile.py", "language": "python",
        "conf": {
            "topology.max.spout.pending": if bit(3) { 2 } else { 1000 },
            "stormhost.queue.tuples": if bit(4) { 1 } else { 4096 },
            "stormhost.cycle.bytes": if bit(5) { 60 } else { 4 << 20 },
            "stormhost.poison.deaths": if bit(6) { 1 } else { 2 },
            "stormhost.replay.tries": 2,
            "topology.acker.executors": if bit(7) && !bit(0) { json!(0) } else { Value::Null },
        },
        "components": [spout, component(1, "a", "bolt"), component(2, "b", "bolt")],
        "subscriptions": subscriptions, "mistakes": [],
    });
    let ir = Ir::from_json(ir.to_string().as_bytes()).expect("the right shape");
    let checked = check(&ir, &Overrides::default(), &|_, _| true);
    let topology = checked
        .unwrap_or_else(|mistakes| panic!("{mistakes:?}"))
        .topology;
    Rc::new(topology)
}
