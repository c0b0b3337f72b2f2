//! What the wire costs: each figure is for 1,024 values, rows or messages, in either encoding.
//!
//! The values are words of two to eleven letters, as those of the word count.

#![allow(
    clippy::unwrap_used,
    reason = "the input is made here; an error is a flaw of the benchmark"
)]

use std::hint::black_box;

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use stormhost_protocol::frame::{self, Kind, Results, RunHead, Source};
use stormhost_protocol::storm::{Item, TupleHead};
use stormhost_protocol::{Column, Decoder, Encoding, FromChild, Limits, hash_value, transcode};

const ROWS: usize = 1024;
const ENCODINGS: [(&str, Encoding); 2] = [("json", Encoding::Json), ("msgpack", Encoding::Msgpack)];

/// Words of differing lengths, each encoded.
fn words(encoding: Encoding) -> Vec<Vec<u8>> {
    (0..ROWS)
        .map(|n| {
            let word: String = (0..2 + n * 7 % 10)
                .map(|at| char::from(b'a' + ((n * 31 + at * 17) % 26) as u8))
                .collect();
            let mut value = Vec::new();
            transcode(
                Encoding::Json,
                encoding,
                format!("\"{word}\"").as_bytes(),
                &mut value,
            )
            .unwrap();
            value
        })
        .collect()
}

/// The values of a column as they stand in a queue: without the list around them.
fn inside(encoding: Encoding, values: &[Vec<u8>]) -> Vec<u8> {
    values.join(match encoding {
        Encoding::Json => &b","[..],
        Encoding::Msgpack => b"",
    })
}

/// A column as it stands in a frame: a whole list.
fn column(encoding: Encoding, values: &[Vec<u8>]) -> Vec<u8> {
    let mut list = match encoding {
        Encoding::Json => vec![b'['],
        Encoding::Msgpack => vec![0xdc, (ROWS >> 8) as u8, ROWS as u8],
    };
    list.extend(inside(encoding, values));
    if encoding == Encoding::Json {
        list.push(b']');
    }
    list
}

/// The results of a bolt that emitted one word for each of its inputs.
fn results(encoding: Encoding) -> Vec<u8> {
    let column = column(encoding, &words(encoding));
    let mut payload = (ROWS as u64).to_le_bytes().to_vec();
    let marks = 2u32;
    for number in [marks, ROWS as u32] {
        payload.extend(number.to_le_bytes());
    }
    for number in [1u16, 0, 1] {
        payload.extend(number.to_le_bytes());
    }
    for number in [ROWS as u32, 0, column.len() as u32] {
        payload.extend(number.to_le_bytes());
    }
    payload.extend(column);
    payload.extend((ROWS as u32).to_le_bytes());
    (1..=ROWS as u32).for_each(|mark| payload.extend(mark.to_le_bytes()));
    payload
}

fn group<'a>(criterion: &'a mut Criterion, name: &str) -> BenchmarkGroup<'a, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Elements(ROWS as u64));
    group
}

fn values(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut scan = group(criterion, "scan a column");
    for (name, encoding) in ENCODINGS {
        let list = column(encoding, &words(encoding));
        scan.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut column = Column::open(encoding, black_box(&list), &limits).unwrap();
                let mut bytes = 0;
                while let Some(value) = column.next_value() {
                    bytes += value.unwrap().len();
                }
                bytes
            });
        });
    }
    scan.finish();
    let mut hash = group(criterion, "hash a key");
    for (name, encoding) in ENCODINGS {
        let words = words(encoding);
        hash.bench_function(name, |bencher| {
            bencher.iter(|| {
                black_box(&words)
                    .iter()
                    .fold(0, |sum, word| sum ^ hash_value(encoding, word).unwrap())
            });
        });
    }
    hash.finish();
    let mut across = group(criterion, "transcode a value");
    for ((name, from), (_, to)) in [(ENCODINGS[0], ENCODINGS[1]), (ENCODINGS[1], ENCODINGS[0])] {
        let words = words(from);
        let mut out = Vec::new();
        across.bench_function(format!("from {name}"), |bencher| {
            bencher.iter(|| {
                out.clear();
                for word in black_box(&words) {
                    transcode(from, to, word, &mut out).unwrap();
                }
                out.len()
            });
        });
    }
    across.finish();
}

fn frames(criterion: &mut Criterion) {
    let mut parse = group(criterion, "parse a frame of results");
    for (name, encoding) in ENCODINGS {
        let payload = results(encoding);
        let mut bytes = Vec::new();
        frame::write(Kind::Results, &mut bytes, |out| {
            out.extend_from_slice(&payload)
        });
        parse.bench_function(name, |bencher| {
            bencher.iter(|| {
                let (_, found) = frame::next_frame(black_box(&bytes), usize::MAX)
                    .unwrap()
                    .unwrap();
                let frame::Found::Frame(_, payload) = found else {
                    panic!("a frame was written")
                };
                Results::parse(payload)
                    .unwrap()
                    .marks
                    .unwrap()
                    .iter()
                    .map(u64::from)
                    .sum::<u64>()
            });
        });
    }
    parse.finish();
    let mut write = group(criterion, "write a frame of tuples");
    for (name, encoding) in ENCODINGS {
        let values = inside(encoding, &words(encoding));
        let head = RunHead {
            input: 0,
            rows: ROWS as u32,
            source: Source::One(1),
        };
        let mut out = Vec::new();
        write.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                let columns = [black_box(values.as_slice())];
                frame::write(Kind::Tuples, &mut out, |out| {
                    out.extend_from_slice(&1u32.to_le_bytes());
                    frame::write_run(
                        head,
                        encoding,
                        columns.into_iter().map(|column| (column, false)),
                        out,
                    );
                });
                out.len()
            });
        });
    }
    write.finish();
}

/// Messages of an old library, one a word, as pystorm writes them.
fn emits(encoding: Encoding) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (n, word) in words(Encoding::Json).iter().enumerate() {
        let word = str::from_utf8(word).unwrap();
        let emit = format!(
            r#"{{"command":"emit","anchors":["{}"],"tuple":[{word}],"need_task_ids":false}}"#,
            n as u64 * 0x9e37_79b9_7f4a
        );
        transcode(Encoding::Json, encoding, emit.as_bytes(), &mut bytes).unwrap();
        if encoding == Encoding::Json {
            bytes.extend(b"\nend\n");
        }
    }
    bytes
}

fn storm(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut read = group(criterion, "read an emit of Storm's");
    for (name, encoding) in ENCODINGS {
        let bytes = emits(encoding);
        read.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut decoder = Decoder::new(encoding, limits.clone());
                let (mut rest, mut emitted) = (black_box(bytes.as_slice()), 0);
                while let Some((used, item)) = decoder.decode(rest).unwrap() {
                    rest = &rest[used..];
                    if let Item::Message(message) = item {
                        match FromChild::parse(encoding, message, &limits).unwrap() {
                            FromChild::Emit(emit) => emitted += emit.row.len,
                            other => panic!("{other:?}"),
                        }
                    }
                }
                assert_eq!(emitted, ROWS);
            });
        });
    }
    read.finish();
    let mut write = group(criterion, "write a tuple of Storm's");
    for (name, encoding) in ENCODINGS {
        let words = words(encoding);
        let head = TupleHead::new(encoding, Some("split"), "default");
        let mut out = Vec::new();
        write.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                for (n, word) in black_box(&words).iter().enumerate() {
                    head.write(n as i64 * 0x9e37_79b9_7f4a, 3, [word.as_slice()], &mut out);
                }
                out.len()
            });
        });
    }
    write.finish();
}

criterion_group!(benches, values, frames, storm);
criterion_main!(benches);
