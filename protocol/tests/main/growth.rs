//! Four times the input takes about four times as long, whatever it is made of. Time is that of the processor, as the kernel counts it for this thread,
//! so that a busy machine makes no difference.

use rustix::time::{ClockId, clock_gettime};
use stormhost_protocol::frame::{self, Found, Results};
use stormhost_protocol::lines::{Block, Layout, write_line};
use stormhost_protocol::storm::{Item, Salvage, mend, printed_before};
use stormhost_protocol::{
    Column, Decoder, Encoding, FromChild, Limits, hash_value, preview, to_json_text, transcode,
    whole,
};

/// Makes an input of about so many bytes.
type Input = Box<dyn Fn(usize) -> Vec<u8>>;

/// Bytes of the smaller input. Large enough that a quadratic algorithm would take seconds.
const SIZE: usize = 20_000;
/// Four is linear, sixteen is quadratic; what lies between is caches, and sorting.
const AT_MOST: f64 = 9.0;
/// What takes fewer nanoseconds a byte is a search in a few blocks of memory, and mostly the making of these.
const AT_LEAST: f64 = 20.0;

/// Nanoseconds that this thread has been on a processor.
fn spent() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// The less of two tries.
fn time(work: &dyn Fn()) -> f64 {
    let once = |_| {
        let before = spent();
        work();
        spent() - before
    };
    (0..4)
        .map(once)
        .fold(f64::INFINITY, f64::min)
        .max(100_000.0)
}

fn grows_linearly(what: &str, input: &dyn Fn(usize) -> Vec<u8>, read: &dyn Fn(&[u8])) {
    let (small, large) = (input(SIZE), input(4 * SIZE));
    assert!(
        large.len() > 3 * small.len() && small.len() >= SIZE / 2,
        "{what}"
    );
    let (before, after) = (time(&|| read(&small)), time(&|| read(&large)));
    let slow = after / large.len() as f64 > AT_LEAST;
    assert!(
        !slow || after / before < AT_MOST,
        "{what}: {before} ns, and {after} ns for four times as much"
    );
}

/// JSON values of about so many bytes, each of something that is much of it.
fn values() -> Vec<(&'static str, Input)> {
    fn many(open: &'static str, one: &'static str, close: &'static str) -> Input {
        Box::new(move |size| format!("{open}{}{close}", one.repeat(size / one.len())).into_bytes())
    }
    let numbered = |open: char, one: fn(usize) -> String, close: char| -> Input {
        Box::new(move |size| {
            let all: Vec<String> = (0..size / one(10_000).len()).map(one).collect();
            format!("{open}{}{close}", all.join(",")).into_bytes()
        })
    };
    vec![
        ("small numbers", many("[", "1,", "1]")),
        ("short texts", many("[", "\"a\",", "1]")),
        ("empty lists", many("[", "[],", "1]")),
        ("blanks", many("[", " \n\t", "1]")),
        (
            "nested as deep as may be",
            many(
                "[",
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]],",
                "1]",
            ),
        ),
        ("a long text", many("\"", "x", "\"")),
        ("a text of escapes", many("\"", "\\n", "\"")),
        ("a text of backslashes", many("\"", "\\\\", "\"")),
        (
            "a text of surrogate pairs",
            many("\"", "\\ud83d\\ude00", "\""),
        ),
        ("a text of halves of pairs", many("\"", "\\ud83d", "\"")),
        ("digits", many("", "7", "")),
        ("digits behind a point", many("0.", "7", "")),
        ("digits of an exponent", many("1e", "0", "1")),
        ("commas", many("[", ",", "1]")),
        ("words", many("[", "nan,", "1]")),
        ("control characters", many("\"", "\t", "\"")),
        ("keys", numbered('{', |n| format!("\"{n:06}\":1"), '}')),
        (
            "keys in falling order",
            numbered('{', |n| format!("\"{:06}\":1", 999_999 - n), '}'),
        ),
        (
            "one key again and again",
            numbered('{', |_| "\"command\":\"sync\"".into(), '}'),
        ),
    ]
}

fn read_value(encoding: Encoding, value: &[u8]) {
    let limits = Limits::default();
    let _ = whole(encoding, value, &limits);
    let _ = hash_value(encoding, value);
    let _ = (preview(encoding, value, 100), to_json_text(encoding, value));
    for to in [Encoding::Json, Encoding::Msgpack] {
        let _ = transcode(encoding, to, value, &mut Vec::new());
    }
    if let Ok(mut column) = Column::open(encoding, value, &limits) {
        let _ = column.clone().next_values(10);
        while let Some(Ok(_)) = column.next_value() {}
    }
}

/// As a child would send it: the value in each place of a message where one may stand, and as a print.
fn read_messages(encoding: Encoding, value: &[u8]) {
    let limits = Limits::default();
    for (before, after) in [
        ("{\"command\":\"emit\",\"tuple\":[", "]}\nend\n"),
        ("{\"command\":\"emit\",\"tuple\":[1],\"id\":", "}\nend\n"),
        (
            "{\"command\":\"emit\",\"tuple\":[1],\"anchors\":",
            "}\nend\n",
        ),
        ("{\"command\":\"ack\",\"id\":", "}\nend\n"),
        ("{\"command\":\"log\",\"msg\":", "}\nend\n"),
        ("{\"command\":", "}\nend\n"),
        ("a print ", "\n"),
        ("", "\nend\n"),
    ] {
        let text = [before.as_bytes(), value, after.as_bytes()].concat();
        let text = match encoding {
            Encoding::Json => text,
            Encoding::Msgpack => {
                let message = text.strip_suffix(b"\nend\n").unwrap_or(&text);
                let mut packed = Vec::new();
                match transcode(Encoding::Json, encoding, message, &mut packed) {
                    Ok(()) => packed,
                    Err(_) => text,
                }
            }
        };
        let mut decoder = Decoder::new(encoding, limits.clone());
        let mut from = 0;
        while let Ok(Some((consumed, item))) = decoder.decode(&text[from..]) {
            if let Item::Message(message) = item {
                let _ = FromChild::parse(encoding, message, &limits);
                let _ = (mend(message, &limits), Salvage::of(message));
                let _ = printed_before(message, &limits);
            }
            from += consumed;
        }
    }
}

#[test]
fn values_take_linear_time_in_either_encoding() {
    for (what, input) in values() {
        grows_linearly(what, &input, &|value| read_value(Encoding::Json, value));
        let packed = |size| {
            let mut out = Vec::new();
            transcode(Encoding::Json, Encoding::Msgpack, &input(size), &mut out)
                .is_ok()
                .then_some(out)
        };
        // Some of it has no counterpart. And what takes few bytes in MessagePack takes as many as in JSON all the same: so does its reading.
        if let (Some(small), Some(large)) = (packed(SIZE), packed(4 * SIZE)) {
            let of = |size| {
                if size == SIZE {
                    small.clone()
                } else {
                    large.clone()
                }
            };
            let read = |value: &[u8]| read_value(Encoding::Msgpack, value);
            if small.len() >= SIZE / 2 && large.len() > 3 * small.len() {
                grows_linearly(what, &of, &read);
            }
        }
    }
}

#[test]
fn messages_take_linear_time_whatever_stands_in_them() {
    for (what, input) in values() {
        for encoding in [Encoding::Json, Encoding::Msgpack] {
            grows_linearly(what, &input, &|value| read_messages(encoding, value));
        }
    }
}

#[test]
fn frames_take_linear_time() {
    let read = |bytes: &[u8]| {
        let mut from = 0;
        while let Ok(Some((n, found))) = frame::next_frame(&bytes[from..], 1 << 30) {
            if let Found::Frame(_, payload) = found {
                let _ = Results::parse(payload);
            }
            if n == 0 {
                break;
            }
            from += n;
        }
        let _ = Results::parse(bytes);
    };
    let head = |blocks: u16| [&[0; 12][..], &0u32.to_le_bytes(), &blocks.to_le_bytes()].concat();
    let inputs: [(&str, Input); 4] = [
        (
            "beginnings of frames",
            Box::new(|size| b"\xffS".repeat(size / 2)),
        ),
        (
            "frames of no kind",
            Box::new(|size| b"\xffSHx".repeat(size / 4)),
        ),
        (
            "empty frames",
            Box::new(|size| b"\xffSHR\0\0\0\0".repeat(size / 8)),
        ),
        (
            "empty blocks",
            Box::new(move |size| {
                let blocks = (size / 12).min(60_000);
                [head(blocks as u16), vec![0; 12 * blocks]].concat()
            }),
        ),
    ];
    for (what, input) in inputs {
        grows_linearly(what, &input, &read);
    }
}

#[test]
fn lines_take_linear_time() {
    let inputs: [(&str, Input); 5] = [
        ("empty lines", Box::new(|size| b"\n".repeat(size))),
        ("short lines", Box::new(|size| b"a\tb\n".repeat(size / 4))),
        ("one line", Box::new(|size| b"x".repeat(size))),
        ("separators", Box::new(|size| b"\t".repeat(size))),
        (
            "objects",
            Box::new(|size| b"{\"a\":1,\"b\":2}\n".repeat(size / 14)),
        ),
    ];
    let fields = ["a".to_owned(), "b".to_owned()];
    for (what, input) in inputs {
        for layout in [Layout::Json, Layout::TABS] {
            grows_linearly(what, &input, &|text| {
                for fields in [&fields[..1], &fields] {
                    let mut block = Block::default();
                    block.read(layout, fields, text, |_, _| ());
                    for n in 0..block.rows() {
                        let row: Vec<&[u8]> = block.piece(n..n + 1).collect();
                        let _ =
                            write_line(layout, fields, layout.encoding(), &row, &mut Vec::new());
                    }
                }
            });
        }
    }
}
