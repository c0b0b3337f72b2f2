//! What a tuple costs inside the host: being routed, being waited for, being accounted for, and its whole journey through the core.
//!
//! Rows are words, 1,024 at a time, as a child's frame brings them. No process and no pipe takes part.

#![allow(
    clippy::unwrap_used,
    reason = "the input is made here; an error is a flaw of the benchmark"
)]

use std::hint::black_box;
use std::rc::Rc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use stormhost::flow::acker::{Acker, Anchor};
use stormhost::flow::ledger::Emission;
use stormhost::flow::queue::{Queue, QueueLimits};
use stormhost::flow::run::Place;
use stormhost::runtime::core::Core;
use stormhost::runtime::emit::{Emitted, Parent};
use stormhost::runtime::task::Dialect;
use stormhost::topology::{Ir, Overrides, check};
use stormhost_protocol::storm::Acks;
use stormhost_protocol::{Encoding, Limits};

const ROWS: usize = 1024;
const ENCODING: Encoding = Encoding::Msgpack;
const TASKS: [u32; 3] = [1, 4, 64];

/// Words of differing lengths, in MessagePack.
fn words() -> Vec<Vec<u8>> {
    (0..ROWS)
        .map(|n| {
            let letters = 2 + n * 7 % 10;
            let mut word = vec![0xa0 | letters as u8];
            word.extend((0..letters).map(|at| b'a' + ((n * 31 + at * 17) % 26) as u8));
            word
        })
        .collect()
}

/// A spout `lines` (its task is the last one) before `count` tasks of a bolt (tasks from 0), all of them up.
fn core(grouping: &str, count: u32) -> Core {
    let ir = serde_json::json!({
        "version": 1, "name": "Bench", "file": "bench", "language": "json",
        "components": [
            {"id": "words", "kind": "spout", "command": ["true"], "streams": {"default": {"fields": ["word"]}}},
            {"id": "count", "kind": "bolt", "command": ["true"], "parallelism": count}],
        "subscriptions": [
            {"to": "count", "from": "words", "grouping": grouping,
             "fields": if grouping == "fields" { vec!["word"] } else { Vec::new() }}],
    });
    let ir = Ir::from_json(ir.to_string().as_bytes()).unwrap();
    let checked = check(&ir, &Overrides::default(), &|_, _| true).unwrap();
    let mut core = Core::new(Rc::new(checked.topology), 7);
    let acks = Acks::Auto;
    for at in 0..core.tasks.len() {
        core.up(
            at,
            Dialect::Frames {
                encoding: ENCODING,
                acks,
            },
        );
    }
    core
}

/// Being routed, and put into a queue.
fn route(criterion: &mut Criterion) {
    let words = words();
    let limits = Limits::default();
    for grouping in ["shuffle", "fields"] {
        let mut group = criterion.benchmark_group(format!("route by {grouping}"));
        group.throughput(Throughput::Elements(ROWS as u64));
        for tasks in TASKS {
            let mut core = core(grouping, tasks);
            let from = tasks as usize;
            group.bench_function(BenchmarkId::from_parameter(tasks), |bencher| {
                bencher.iter(|| {
                    for word in &words {
                        let out = Emitted {
                            from,
                            stream: 0,
                            encoding: ENCODING,
                            row: &[black_box(word)],
                            direct: None,
                        };
                        core.emit(out, &Parent::Nothing, false).unwrap();
                    }
                    core.after(from);
                    core.wakes.clear();
                    for task in &mut core.tasks[..from] {
                        while let Some(run) = task.queue.pop(4096, 1 << 20, &limits) {
                            task.queue.recycle(run);
                        }
                    }
                });
            });
        }
        group.finish();
    }
}

/// A frame of a child's results, each row one word; of a spout, each row is tracked.
fn results(consumed: u64, words: &[Vec<u8>]) -> Vec<u8> {
    let mut payload = consumed.to_le_bytes().to_vec();
    payload.extend([0; 4]);
    payload.extend((words.len() as u32).to_le_bytes());
    payload.extend(u16::from(!words.is_empty()).to_le_bytes());
    if words.is_empty() {
        return payload;
    }
    let values: Vec<u8> = words.concat();
    payload.extend([0, 0, 1, 0]);
    for number in [words.len() as u32, 1, values.len() as u32 + 3] {
        payload.extend(number.to_le_bytes());
    }
    payload.extend([0xdc, (words.len() >> 8) as u8, words.len() as u8]);
    payload.extend(values);
    payload
}

/// From a spout's frame to the spout's acks: parsed, routed, entered, queued, written, acked.
fn journey(criterion: &mut Criterion) {
    let emitted = results(0, &words());
    let mut group = criterion.benchmark_group("whole journey");
    group.throughput(Throughput::Elements(ROWS as u64));
    for tasks in TASKS {
        let mut core = core("fields", tasks);
        let spout = tasks as usize;
        let mut out = Vec::new();
        group.bench_function(BenchmarkId::from_parameter(tasks), |bencher| {
            bencher.iter(|| {
                core.now += 300;
                core.spout_results(spout, black_box(&emitted)).unwrap();
                while core.acker.open_trees() > 0 {
                    for bolt in 0..spout {
                        out.clear();
                        core.fill(bolt, &mut out);
                        let consumed = core.tasks[bolt].sent();
                        core.bolt_results(bolt, &results(consumed, &[])).unwrap();
                    }
                }
                out.clear();
                core.fill(spout, &mut out);
                core.wakes.clear();
                out.len()
            });
        });
        assert_eq!(core.tasks[spout].counters.failed, 0);
    }
    group.finish();
}

/// Waiting in a queue: in and out.
fn queue(criterion: &mut Criterion) {
    let words = words();
    let limits = Limits::default();
    let mut queue = Queue::new(QueueLimits {
        rows: 1 << 20,
        bytes: 1 << 30,
        cycle_bytes: 1 << 20,
    });
    let mut group = criterion.benchmark_group("queue");
    group.throughput(Throughput::Elements(ROWS as u64));
    // Rows of two tasks that alternate have their sources written down one by one; those of one task do not.
    for (name, senders) in [("one sender", 1), ("two senders", 2)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for (n, word) in words.iter().enumerate() {
                    let place = Place {
                        input: 0,
                        encoding: ENCODING,
                        back_edge: false,
                        source: n as u32 % senders,
                        repeats: false,
                    };
                    queue.push(place, &[black_box(word)], Anchor::NONE);
                }
                while let Some(run) = queue.pop(4096, 1 << 20, &limits) {
                    queue.recycle(run);
                }
            });
        });
    }
    group.finish();
}

/// Six words of a sentence: entered, acked, and the sentence with them, while so many other sentences are pending.
/// Which sentence is next is random, so that a large ledger is met where no cache has it.
fn ledger(criterion: &mut Criterion) {
    const WORDS: u64 = 6;
    let mut group = criterion.benchmark_group("ledger");
    group.throughput(Throughput::Elements(WORDS));
    for pending in [10usize, 5_000, 1_000_000] {
        let mut acker = Acker::new(7);
        let mut sequence = 0;
        let mut sentence = |acker: &mut Acker| {
            sequence += 1;
            let root = acker.begin(Emission {
                spout: 0,
                sequence,
                born: 0,
                body: 0,
            });
            let anchor = acker.root_copy(root);
            acker.sealed(root, 1);
            anchor
        };
        let mut waiting: Vec<Anchor> = (0..pending).map(|_| sentence(&mut acker)).collect();
        let mut random = 1u64;
        group.bench_function(BenchmarkId::new("pending", pending), |bencher| {
            bencher.iter(|| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let at = (random >> 33) as usize % pending;
                let next = sentence(&mut acker);
                let parent = std::mem::replace(&mut waiting[at], next);
                let copies: [Anchor; WORDS as usize] = std::array::from_fn(|_| acker.copy(parent));
                acker.ack(parent);
                for copy in copies {
                    acker.ack(copy);
                }
                acker.outcomes.clear();
            });
        });
        assert_eq!((acker.open_trees(), acker.late), (pending, 0));
    }
    group.finish();
}

criterion_group!(benches, route, journey, queue, ledger);
criterion_main!(benches);
