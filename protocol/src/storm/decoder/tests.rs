use super::*;
use crate::{FromChild, ScanError};

/// What was said, in a form that is easy to write down.
#[derive(Debug, PartialEq)]
enum Heard {
    Message(String),
    Stray(String),
    Broken(String),
    End(String),
    Fatal(String),
}

use Heard::{Broken, End, Fatal, Message, Stray};

fn message(text: &str) -> Heard {
    Message(text.to_owned())
}

fn stray(text: &str) -> Heard {
    Stray(text.to_owned())
}

/// Feeds `input` in pieces of `step` bytes, and checks the promises that hold for every input.
fn hear(encoding: Encoding, limits: &Limits, input: &[u8], step: usize) -> Vec<Heard> {
    let mut decoder = Decoder::new(encoding, limits.clone());
    let mut buf = Vec::new();
    let mut heard = Vec::new();
    for piece in input.chunks(step) {
        buf.extend_from_slice(piece);
        loop {
            let (consumed, item) = match decoder.decode(&buf) {
                Ok(Some(found)) => found,
                Ok(None) => break,
                Err(error) => {
                    heard.push(Fatal(kind(&error)));
                    return heard;
                }
            };
            assert!(
                consumed > 0 && consumed <= buf.len(),
                "{consumed} of {}",
                buf.len()
            );
            match item {
                Item::Message(bytes) => heard.push(Message(shown(encoding, bytes))),
                Item::Stray(bytes) => {
                    assert!(bytes.len() <= limits.line);
                    heard.push(Stray(String::from_utf8_lossy(bytes).into_owned()));
                }
                Item::Broken(broken) => heard.push(Broken(kind(&broken.error))),
                Item::Nothing => {}
            }
            buf.drain(..consumed);
        }
        let most = limits.message.max(limits.line) + step + 8;
        assert!(buf.len() <= most, "{} bytes wait", buf.len());
    }
    heard.push(match decoder.finish(&buf) {
        Ending::Clean => End("clean".to_owned()),
        Ending::CutMessage => End("cut".to_owned()),
        Ending::StrayText => End(format!("text {}", String::from_utf8_lossy(&buf))),
        Ending::Message(bytes) => End(format!("message {}", shown(encoding, bytes))),
    });
    heard
}

fn shown(encoding: Encoding, bytes: &[u8]) -> String {
    crate::to_json_text(encoding, bytes)
}

fn kind(error: &ProtocolError) -> String {
    match error {
        ProtocolError::Malformed {
            cause: ScanError::TooDeep { .. },
            ..
        } => "too deep",
        ProtocolError::Malformed { .. } => "malformed",
        ProtocolError::TooLong { .. } => "too long",
        ProtocolError::WrongDialect { .. } => "wrong dialect",
        ProtocolError::NoCommand { .. } => "no command",
        other => panic!("the decoder does not say {other:?}"),
    }
    .to_owned()
}

/// The same is heard in whatever pieces the input comes.
fn check(encoding: Encoding, limits: &Limits, input: &[u8], expected: &[Heard]) {
    for step in [input.len().max(1), 1, 2, 3, 7] {
        let heard = hear(encoding, limits, input, step);
        assert_eq!(
            heard,
            expected,
            "{:?} in steps of {step}",
            String::from_utf8_lossy(input)
        );
    }
}

fn check_json(input: &str, expected: &[Heard]) {
    let clean = [End("clean".to_owned())];
    let ended = matches!(expected.last(), Some(End(_) | Fatal(_)));
    let expected: Vec<_> = expected
        .iter()
        .chain(if ended { &[][..] } else { &clean })
        .collect();
    for (name, input) in [
        ("LF", input.to_owned()),
        ("CRLF", input.replace('\n', "\r\n")),
    ] {
        for step in [input.len().max(1), 1, 2, 3, 7] {
            let heard = hear(Encoding::Json, &Limits::default(), input.as_bytes(), step);
            assert_eq!(
                heard.iter().collect::<Vec<_>>(),
                expected,
                "{input:?} with {name} in steps of {step}"
            );
        }
    }
}

#[test]
fn messages_follow_one_another() {
    check_json("", &[]);
    check_json("{\"pid\":1}\nend\n", &[message("{\"pid\":1}")]);
    check_json(
        "{\"command\":\"sync\"}\nend\n{\"command\": \"ack\", \"id\": \"1\"}\nend\n",
        &[
            message("{\"command\":\"sync\"}"),
            message("{\"command\": \"ack\", \"id\": \"1\"}"),
        ],
    );
}

#[test]
fn blank_lines_and_blanks_around_a_message_are_nothing() {
    check_json(
        "\n\n  \n\t{\"pid\":1}  \n\n\nend\n \n",
        &[message("{\"pid\":1}")],
    );
    check_json("\u{feff}{\"pid\":1}\nend\n", &[message("{\"pid\":1}")]);
}

#[test]
fn a_message_may_be_spread_over_lines() {
    let decoded = hear(
        Encoding::Json,
        &Limits::default(),
        b"{\n  \"command\": \"emit\",\n  \"tuple\": [\n    \"end\"\n  ]\n}\nend\n{\"pid\":1}\nend\n",
        5,
    );
    let pretty = r#"{   "command": "emit",   "tuple": [     "end"   ] }"#;
    assert_eq!(
        decoded,
        [
            message(pretty),
            message("{\"pid\":1}"),
            End("clean".to_owned())
        ]
    );
}

#[test]
fn prints_around_a_message_are_stray() {
    check_json(
        "hello\n  indented\n{\"command\":\"sync\"}\nend\nbye\n",
        &[
            stray("hello"),
            stray("  indented"),
            message("{\"command\":\"sync\"}"),
            stray("bye"),
        ],
    );
}

#[test]
fn a_print_between_a_message_and_its_end_is_stray() {
    check_json(
        "{\"command\":\"sync\"}\nfrom a thread\nend\n{\"pid\":2}\nend\n",
        &[
            message("{\"command\":\"sync\"}"),
            stray("from a thread"),
            message("{\"pid\":2}"),
        ],
    );
}

#[test]
fn a_print_without_a_line_end_before_a_message_is_split_off() {
    check_json(
        "50%...{\"command\":\"sync\"}\nend\n",
        &[stray("50%..."), message("{\"command\":\"sync\"}")],
    );
    // Without an `end` it is somebody who prints what he sends.
    check_json(
        "sending {\"command\":\"sync\"}\nok\n",
        &[stray("sending {\"command\":\"sync\"}"), stray("ok")],
    );
}

#[test]
fn a_print_of_json_is_stray_and_the_message_is_kept() {
    for print in [
        "{\"a\": 1}",
        "{'a': 1}",
        "{",
        "{\"open\": [",
        "{}",
        "{\"a\": 1} and more",
    ] {
        check_json(
            &format!("{print}\n{{\"command\":\"sync\"}}\nend\n"),
            &[stray(print), message("{\"command\":\"sync\"}")],
        );
    }
}

#[test]
fn a_pretty_print_of_json_is_stray_and_the_message_is_kept() {
    check_json(
        "[\n{\n \"a\": 1\n},\n{\n \"b\": 2\n}\n]\n{\"command\":\"sync\"}\nend\n",
        &[
            stray("["),
            stray("{"),
            stray(" \"a\": 1"),
            stray("},"),
            stray("{"),
            stray(" \"b\": 2"),
            stray("}"),
            stray("]"),
            message("{\"command\":\"sync\"}"),
        ],
    );
}

#[test]
fn a_print_of_end_is_harmless() {
    check_json("end\n", &[stray("end")]);
    check_json(
        "the\nend\n{\"command\":\"sync\"}\nend\nend\n",
        &[
            stray("the"),
            stray("end"),
            message("{\"command\":\"sync\"}"),
            stray("end"),
        ],
    );
    check_json(
        " end\nend \nendless\n",
        &[stray(" end"), stray("end "), stray("endless")],
    );
}

#[test]
fn what_was_meant_as_a_message_and_is_none_is_broken() {
    let fine = message("{\"pid\":1}");
    for (bad, kind) in [
        ("{\"command\": emit", "malformed"),
        ("{\"command\"", "malformed"),
        ("{\"tuple\":[1]} x", "no command"),
    ] {
        check_json(
            &format!("{bad}\nend\n{{\"pid\":1}}\nend\n"),
            &[stray(bad), Broken(kind.to_owned()), message("{\"pid\":1}")],
        );
    }
    // One that ends with a brace passes for a message here, and is refused by whoever reads it.
    check_json(
        "{'a': 1}\nend\n{\"pid\":1}\nend\n",
        &[message("{'a': 1}"), fine],
    );
    let parsed = FromChild::parse(Encoding::Json, b"{'a': 1}", &Limits::default());
    assert!(matches!(parsed, Err(ProtocolError::Malformed { .. })));
}

#[test]
fn json_that_is_no_message_is_a_print_though_end_follows() {
    check_json(
        "{\"a\":1} x\nend\n{\"pid\":1}\nend\n",
        &[stray("{\"a\":1} x"), stray("end"), message("{\"pid\":1}")],
    );
}

#[test]
fn what_only_storms_parser_reads_is_a_message_over_several_lines_too() {
    for loose in [
        "{\n \"command\": \"emit\",\n \"tuple\": [\"a\tb\"]\n}",
        "{\n \"command\": \"emit\",\n \"tuple\": [nan]\n}",
        "{\"command\":\"emit\",\"tuple\":[\"a\nb\"]}",
        "{\n 'command': 'sync',\n}",
    ] {
        for step in [1, 7, 1000] {
            let input = format!("{loose}\nend\n{{\"pid\":1}}\nend\n");
            let heard = hear(Encoding::Json, &Limits::default(), input.as_bytes(), step);
            assert!(
                matches!(&heard[..], [Message(_), Message(_), End(_)]),
                "{heard:?}"
            );
        }
    }
    // With more behind it on its line, as any other.
    check_json(
        "{\"command\":\"sync\",} x\nend\n",
        &[message("{\"command\":\"sync\",}"), stray(" x")],
    );
    // A print of what would pass for JSON there is still a print.
    check_json(
        "{'a': 1}\n{\"pid\":1}\nend\n",
        &[stray("{'a': 1}"), message("{\"pid\":1}")],
    );
}

#[test]
fn the_end_of_input_is_told_apart() {
    let ends = |text: &str| End(text.to_owned());
    check_json(
        "{\"pid\":1}\nend\n\n ",
        &[message("{\"pid\":1}"), ends("clean")],
    );
    check_json("{\"pid\":1", &[ends("cut")]);
    check_json("{\"command\":\"sync\"}\n", &[ends("cut")]);
    check_json("{\"command\":\"sync\"}\nen", &[ends("cut")]);
    check_json(
        "{\"command\":\"sync\"}\nend",
        &[ends("message {\"command\":\"sync\"}")],
    );
    check_json("{'a': 1}", &[ends("text {'a': 1}")]);
    check_json("{\"a\": 1}", &[ends("text {\"a\": 1}")]);
    check_json("so long", &[ends("text so long")]);
    check_json(
        "{\"command\":\"sync\"}\nx\nend",
        &[message("{\"command\":\"sync\"}"), stray("x"), ends("clean")],
    );
}

#[test]
fn a_long_stray_line_comes_in_pieces() {
    let limits = Limits {
        line: 10,
        ..Limits::default()
    };
    for line in [10, 11, 20, 25] {
        let text = "x".repeat(line);
        let input = format!("{text}\n{{\"pid\":1}}\nend\n");
        for step in [1, 3, 100] {
            let heard = hear(Encoding::Json, &limits, input.as_bytes(), step);
            let pieces: String = heard
                .iter()
                .filter_map(|item| match item {
                    Stray(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(pieces, text, "steps of {step}");
            assert_eq!(
                heard[heard.len() - 2..],
                [message("{\"pid\":1}"), End("clean".to_owned())],
                "steps of {step}"
            );
        }
    }
    // The rest of a long line does not begin a line.
    let heard = hear(
        Encoding::Json,
        &limits,
        b"0123456789end\n0123456789{\"pid\":1}\n",
        100,
    );
    assert!(
        !heard
            .iter()
            .any(|item| matches!(item, Message(_) | Broken(_))),
        "{heard:?}"
    );
}

#[test]
fn a_message_that_is_too_long_is_dropped_up_to_its_end() {
    let limits = Limits {
        message: 40,
        line: 20,
        ..Limits::default()
    };
    let too_long = Broken("too long".to_owned());
    let one_line = format!(
        "{{\"tuple\":\"{}\"}}\nend\n{{\"pid\":1}}\nend\n",
        "end".repeat(30)
    );
    let many_lines = format!(
        "{{\n\"tuple\":[\n{}1]}}\nend\n{{\"pid\":1}}\nend\n",
        "1,\n".repeat(30)
    );
    let expected = [too_long, message("{\"pid\":1}"), End("clean".to_owned())];
    check(Encoding::Json, &limits, one_line.as_bytes(), &expected);
    check(Encoding::Json, &limits, many_lines.as_bytes(), &expected);
    let longest = format!("{{\"pid\":\"{}\"}}", "x".repeat(30));
    assert_eq!(longest.len(), 40);
    let expected = [message(&longest), End("clean".to_owned())];
    check(
        Encoding::Json,
        &limits,
        format!("{longest}\nend\n").as_bytes(),
        &expected,
    );
}

#[test]
fn messagepack_messages_follow_one_another() {
    let expected = [
        message(r#"{"pid":1}"#),
        message(r#"{"command":"sync"}"#),
        message("{}"),
        End("clean".to_owned()),
    ];
    let input = b"\x81\xa3pid\x01\xde\0\x01\xa7command\xa4sync\x80";
    check(Encoding::Msgpack, &Limits::default(), input, &expected);
}

#[test]
fn text_between_messagepack_messages_is_stray() {
    let expected = [
        stray("hello"),
        message("{}"),
        stray("é€😀"),
        stray("no line end"),
        message(r#"{"pid":1}"#),
        stray("b\u{fffd}se"),
        message("{}"),
        End("text bye".to_owned()),
    ];
    let input = b"hello\n\x80\n\r\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\r\nno line end\x81\xa3pid\x01b\xf6se\n\x80bye";
    check(Encoding::Msgpack, &Limits::default(), input, &expected);
}

#[test]
fn a_long_stray_line_between_messagepack_comes_in_pieces() {
    let limits = Limits {
        line: 10,
        ..Limits::default()
    };
    let input = [&b"x".repeat(25)[..], b"\n\x80"].concat();
    let expected = [
        stray(&"x".repeat(10)),
        stray(&"x".repeat(10)),
        stray("xxxxx"),
        message("{}"),
        End("clean".to_owned()),
    ];
    check(Encoding::Msgpack, &limits, &input, &expected);
}

#[test]
fn there_is_no_way_back_in_messagepack() {
    let limits = Limits {
        message: 20,
        depth: 4,
        ..Limits::default()
    };
    for (input, kind) in [
        (&b"\x81\xa1a\xc1"[..], "malformed"),
        (b"\x93\x01\x02\x03", "malformed"),
        (b"\xc0", "malformed"),
        (b"\x81\xa1a\x91\x91\x91\x91\x90", "too deep"),
        (b"\x81\xa1a\xb3nineteen bytes long", "too long"),
        (b"\xdf\xff\xff\xff\xff", "too long"),
        (
            b"\x81\xa1a\xdb\xff\xff\xff\xffsome text to come",
            "too long",
        ),
    ] {
        check(Encoding::Msgpack, &limits, input, &[Fatal(kind.to_owned())]);
    }
}

#[test]
fn messagepack_that_is_cut_is_told_from_text() {
    check(
        Encoding::Msgpack,
        &Limits::default(),
        b"\x80\x81\xa3pi",
        &[message("{}"), End("cut".to_owned())],
    );
}

#[test]
fn the_other_dialect_is_recognised() {
    let wrong = [Fatal("wrong dialect".to_owned())];
    let limits = Limits::default();
    check(Encoding::Json, &limits, b"\x81\xa3pid\xcd\x10\x0a", &wrong);
    check(
        Encoding::Msgpack,
        &limits,
        b"{\"pid\": 4242}\nend\n",
        &wrong,
    );
    // Once the right one was heard, it is a print.
    let expected = [
        message("{}"),
        stray("{\"pid\": 4242}"),
        End("clean".to_owned()),
    ];
    check(
        Encoding::Msgpack,
        &limits,
        b"\x80{\"pid\": 4242}\n",
        &expected,
    );
}

#[test]
fn a_message_as_long_as_the_limit_is_heard_in_any_pieces_and_one_byte_more_is_not() {
    let limits = Limits {
        message: 60,
        ..Limits::default()
    };
    for (line_end, lines) in [("\n", 1), ("\r\n", 1), ("\n", 2), ("\r\n", 2)] {
        for (size, fits) in [(59, true), (60, true), (61, false)] {
            let between = if lines > 1 { line_end } else { "" };
            let filling = size - "{\"command\":\"log\",\"msg\":\"\"}".len() - between.len();
            let filling = "x".repeat(filling);
            let text = format!("{{\"command\":\"log\",{between}\"msg\":\"{filling}\"}}");
            assert_eq!(text.len(), size);
            let input = format!("{text}{line_end}end{line_end}");
            for step in 1..=input.len() {
                let heard = hear(Encoding::Json, &limits, input.as_bytes(), step);
                let said = matches!(heard.first(), Some(Message(_)));
                assert_eq!(
                    said, fits,
                    "{size} bytes, {input:?} in steps of {step}: {heard:?}"
                );
            }
        }
    }
}

#[test]
fn a_message_that_is_indented_further_than_a_stray_line_may_be_long_is_heard_in_any_pieces() {
    // Found by fuzzing: in small pieces the blanks were taken for a long stray line, before the brace had come.
    let limits = Limits {
        line: 30,
        ..Limits::default()
    };
    let input = format!("{}{{\"pid\": 4245}}\nend\n", "\t".repeat(42));
    for step in 1..=input.len() {
        let heard = hear(Encoding::Json, &limits, input.as_bytes(), step);
        assert!(
            matches!(heard.first(), Some(Message(_))),
            "in steps of {step}: {heard:?}"
        );
    }
}

#[test]
fn text_as_long_as_a_stray_line_may_be_is_heard_the_same_in_any_pieces_also_with_a_cr_at_its_end() {
    // Found by fuzzing: where the line end came in two pieces its CR was counted, and the message behind the text was taken for text.
    let limits = Limits {
        line: 30,
        ..Limits::default()
    };
    let input = "v{\"command\": \"log\", \"msg\":  5}\r\nend\r\n";
    for step in 1..=input.len() {
        let heard = hear(Encoding::Json, &limits, input.as_bytes(), step);
        assert!(
            matches!(heard.as_slice(), [Stray(_), Message(_), ..]),
            "in steps of {step}: {heard:?}"
        );
    }
}
