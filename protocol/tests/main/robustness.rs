use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use stormhost_protocol::storm::Item;
use stormhost_protocol::{Decoder, Encoding, Limits, preview, transcode};

use crate::agreement::{encoded, value};
use crate::every_way::{BOTH, decode, decode_in_any_pieces, read_in_every_way};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..120)) {
        for encoding in BOTH {
            read_in_every_way(encoding, &bytes);
            decode(encoding, &bytes, 1);
            decode(encoding, &bytes, 1000);
        }
    }

    #[test]
    fn anything_like_json_is_survived(text in "[\\[\\]{},:\"\\\\ntfue0-9.\n\r end-]{0,80}") {
        read_in_every_way(Encoding::Json, text.as_bytes());
        decode_in_any_pieces(Encoding::Json, text.as_bytes());
    }

    #[test]
    fn values_with_a_byte_changed_are_survived(value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (encoding, mut bytes) in encoded(&value) {
            bytes.truncate(300);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            read_in_every_way(encoding, &bytes);
        }
    }

    #[test]
    fn lines_of_all_kinds_are_heard_alike_in_any_pieces(
        lines in vec(prop::sample::select(vec![
            "end", "end", "end", "", " ", "hello", "{", "}", "{\"a\":1}", "{\"command\":\"sync\"}", "{\"command\":\"sync\"}",
            "{\"pid\":", "1}", "{\"command\": [", "]}", "x{\"command\":\"sync\"}", "{\"command\":\"sync\"} x", "{'command':1}", "{'a':1}", "end ", "ende",
            "\u{feff}{\"pid\":1}", "]", "\"k\": 2", "},",
        ]), 0..14),
        crlf in any::<bool>(),
    ) {
        let text = lines.join(if crlf { "\r\n" } else { "\n" });
        decode_in_any_pieces(Encoding::Json, text.as_bytes());
    }

    #[test]
    fn messages_and_prints_in_messagepack_are_heard_alike_in_any_pieces(
        parts in vec(prop::sample::select(vec![
            &b"\x80"[..], b"\x81\xa1a\x01", b"\x81\xa7command\xa4sync", b"\xde\0\x01\xa1a\x91\xc0", b"hello\n", b"hello", b"\n", b"\xc3\xa9t\xc3\xa9\r\n",
            b"\xe9\n", b"{\"a\":1}\n", b"\xf0\x9f\x98\x80\n",
        ]), 0..12),
    ) {
        decode_in_any_pieces(Encoding::Msgpack, &parts.concat());
    }
}

/// Each of these would keep a quadratic decoder busy for hours. The deadline only says so in a kinder way.
#[test]
fn what_comes_a_byte_at_a_time_takes_linear_time() {
    const SIZE: usize = 1 << 19;
    let deadline = Instant::now() + Duration::from_secs(60);
    let limits = Limits {
        message: 2 * SIZE,
        ..Limits::default()
    };
    let word = "x".repeat(SIZE);
    let texts = [
        format!("{{\"command\":\"log\",\"msg\":\"{word}\"}}\nend\n"),
        format!(
            "{{\n{}\"command\":\"sync\"}}\nend\n",
            "\"key\": [\n1\n],\n".repeat(SIZE / 14)
        ),
        format!(
            "[\n{}]\n{{\"command\":\"sync\"}}\nend\n",
            "{\n\"x\": 1\n},\n".repeat(SIZE / 12)
        ),
        format!(
            "{}{{\"command\":\"sync\"}}\nend\n",
            "{\"open\":[\n".repeat(SIZE / 60)
        ),
        format!("{}{{\"command\":\"sync\"}}\nend\n", " \n".repeat(SIZE / 2)),
        format!("{word}\n{{\"command\":\"sync\"}}\nend\n"),
    ];
    let mut packed = Vec::new();
    transcode(
        Encoding::Json,
        Encoding::Msgpack,
        format!(
            "{{\"command\":\"log\",\"msg\":[\"{word}\",[{}1]]}}",
            "[2],".repeat(SIZE / 4)
        )
        .as_bytes(),
        &mut packed,
    )
    .unwrap();
    let inputs = texts
        .iter()
        .map(|text| (Encoding::Json, text.as_bytes()))
        .chain([(Encoding::Msgpack, packed.as_slice())]);
    for (encoding, input) in inputs {
        let mut decoder = Decoder::new(encoding, limits.clone());
        let (mut from, mut messages) = (0, 0);
        for to in 1..=input.len() {
            while let Some((consumed, item)) = decoder.decode(&input[from..to]).unwrap() {
                from += consumed;
                messages += usize::from(matches!(item, Item::Message(_)));
            }
            assert!(
                to % 4096 != 0 || Instant::now() < deadline,
                "{} of {} bytes of {:?}…",
                to,
                input.len(),
                preview(encoding, input, 30)
            );
        }
        assert_eq!(
            (messages, from),
            (1, input.len()),
            "{:?}…",
            preview(encoding, input, 30)
        );
    }
}
