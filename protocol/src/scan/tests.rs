use super::*;

fn json(text: &str) -> Result<usize, ScanError> {
    skip(Encoding::Json, text.as_bytes(), 0, &Limits::default())
}

#[test]
fn every_kind_of_json_is_walked_to_its_end() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "12",
        "-12",
        "1.5",
        "1e9",
        "1E-9",
        "1.25e+10",
        "NaN",
        "Infinity",
        "-Infinity",
        r#""""#,
        r#""a""#,
        r#""seven b""#,
        r#""eight by""#,
        r#""more than eight bytes é€😀""#,
        r#""\"\\\/\b\f\n\r\t\u00e9""#,
        r#""12345678\"1234567\\""#,
        "[]",
        "[ ]",
        "[1]",
        "[1,2]",
        "[ 1 , 2 ]",
        "{}",
        "{ }",
        r#"{"a":1}"#,
        r#"{ "a" : [ {} , [] , "x" ] , "b" : null }"#,
        "[[[[]]]]",
        "[\n1,\r\n\t2]",
    ] {
        assert_eq!(json(text), Ok(text.len()), "{text}");
        assert_eq!(json(&format!(" \n{text}")), Ok(text.len() + 2), "{text}");
        // What follows is the caller's. Only a digit, a point or an exponent could prolong a number.
        assert_eq!(json(&format!("{text},x")), Ok(text.len()), "{text}");
    }
}

#[test]
fn json_that_is_cut_is_told_from_json_that_is_wrong() {
    for text in [
        "",
        " ",
        "n",
        "nul",
        "t",
        "-",
        "-I",
        "Infinit",
        "Na",
        "1.",
        "1e",
        "1e+",
        "\"",
        "\"abc",
        "\"12345678",
        "\"\\",
        "\"\\u00",
        "[",
        "[1",
        "[1,",
        "[[]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
    ] {
        assert_eq!(json(text), Err(ScanError::Cut), "{text}");
    }
    for (text, at) in [
        ("x", 0),
        ("nux", 0),
        ("'a'", 0),
        ("-x", 1),
        (".5", 0),
        ("+1", 0),
        ("1.x", 2),
        ("1ex", 2),
        ("]", 0),
        ("[1 2]", 3),
        ("[,]", 1),
        ("[1,]", 3),
        ("[1}", 2),
        ("{]", 1),
        ("{1:2}", 1),
        ("{\"a\" 1}", 5),
        ("{\"a\":1,}", 7),
        ("{\"a\":1]", 6),
        ("{'a':1}", 1),
        ("{\"a\":}", 5),
        ("[01]", 2),
        ("\"\\x\"", 1),
        ("\"\\u12g4\"", 1),
        ("\"a\nb\"", 2),
        ("\"12345678\u{1f}\"", 9),
        ("[-Infinite]", 2),
    ] {
        match json(text) {
            Err(ScanError::Malformed { at: found, .. }) => assert_eq!(found, at, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn specials_are_found_at_every_offset_of_a_word() {
    for special in ['"', '\\', '\n', '\0', '\u{1f}'] {
        for before in 0..20 {
            for after in 0..12 {
                // Letters beyond ASCII and 0x20, 0x21, 0x23, the neighbours of what is looked for.
                let filler: String = " !#é\u{7f}[]~"
                    .chars()
                    .cycle()
                    .take(before + after)
                    .collect();
                let head: String = filler.chars().take(before).collect();
                let tail: String = filler.chars().skip(before).collect();
                let text = format!("{head}{special}{tail}");
                assert_eq!(json::plain_end(text.as_bytes(), 0), head.len(), "{text:?}");
            }
        }
    }
}

#[test]
fn every_kind_of_messagepack_is_walked_to_its_end() {
    let cases: &[&[u8]] = &[
        b"\xc0",
        b"\xc2",
        b"\xc3",
        b"\x00",
        b"\x7f",
        b"\xff",
        b"\xe0",
        b"\xcc\xff",
        b"\xcd\x01\x00",
        b"\xce\0\0\0\x01",
        b"\xcf\0\0\0\0\0\0\0\x01",
        b"\xd0\x80",
        b"\xd1\x80\0",
        b"\xd2\x80\0\0\0",
        b"\xd3\x80\0\0\0\0\0\0\0",
        b"\xca\0\0\0\0",
        b"\xcb\0\0\0\0\0\0\0\0",
        b"\xa0",
        b"\xa3abc",
        b"\xd9\x03abc",
        b"\xda\0\x03abc",
        b"\xdb\0\0\0\x03abc",
        b"\xc4\x02ab",
        b"\xc5\0\x02ab",
        b"\xc6\0\0\0\x02ab",
        b"\xc7\x02\x05ab",
        b"\xc8\0\x02\x05ab",
        b"\xc9\0\0\0\x02\x05ab",
        b"\xd4\x05a",
        b"\xd5\x05ab",
        b"\xd6\x05abcd",
        b"\xd7\xffabcdefgh",
        b"\xd8\x05abcdefghabcdefgh",
        b"\x90",
        b"\x92\x01\xa1a",
        b"\xdc\0\x02\x01\x02",
        b"\xdd\0\0\0\x01\xc0",
        b"\x80",
        b"\x81\xa1a\x01",
        b"\xde\0\x01\xa1a\x01",
        b"\xdf\0\0\0\x01\xa1a\x01",
        b"\x92\x91\x91\x90\x81\xa1a\x92\x01\x02",
    ];
    for bytes in cases {
        let limits = Limits::default();
        assert_eq!(
            skip(Encoding::Msgpack, bytes, 0, &limits),
            Ok(bytes.len()),
            "{bytes:x?}"
        );
        for cut in 0..bytes.len() {
            let part = &bytes[..cut];
            assert_eq!(
                skip(Encoding::Msgpack, part, 0, &limits),
                Err(ScanError::Cut),
                "{part:x?}"
            );
        }
        let between = [b"\xc0", *bytes, b"\xc1"].concat();
        assert_eq!(
            skip(Encoding::Msgpack, &between, 1, &limits),
            Ok(bytes.len() + 1)
        );
    }
    for bytes in [&b"\xc1"[..], b"\x92\x01\xc1"] {
        let found = skip(Encoding::Msgpack, bytes, 0, &Limits::default());
        assert!(
            matches!(found, Err(ScanError::Malformed { .. })),
            "{bytes:x?}: {found:?}"
        );
    }
}

#[test]
fn depth_is_counted_alike_in_both_encodings() {
    for depth in [1, 2, 127, 128, 1024] {
        let limits = Limits {
            depth,
            ..Limits::default()
        };
        for (levels, deep_enough) in [(depth, true), (depth + 1, false)] {
            let json = "[".repeat(levels) + &"]".repeat(levels);
            let maps = r#"{"a":"#.repeat(levels - 1) + "{}" + &"}".repeat(levels - 1);
            let msgpack = [vec![0x91; levels - 1], vec![0x90]].concat();
            for (encoding, bytes) in [
                (Encoding::Json, json.as_bytes()),
                (Encoding::Json, maps.as_bytes()),
                (Encoding::Msgpack, msgpack.as_slice()),
            ] {
                let expected = if deep_enough {
                    Ok(bytes.len())
                } else {
                    Err(ScanError::TooDeep { limit: depth })
                };
                assert_eq!(skip(encoding, bytes, 0, &limits), expected);
            }
        }
    }
}

#[test]
fn no_depth_beyond_the_greatest_is_allowed() {
    let limits = Limits {
        depth: usize::MAX,
        ..Limits::default()
    };
    for (encoding, open) in [(Encoding::Json, b'['), (Encoding::Msgpack, 0x91)] {
        let found = skip(encoding, &[open; 100_000], 0, &limits);
        assert_eq!(
            found,
            Err(ScanError::TooDeep {
                limit: Limits::MAX_DEPTH
            })
        );
    }
}

#[test]
fn a_walk_goes_on_where_it_was_cut() {
    let long = [
        b"\x93\xdc\x03\xe8".as_slice(),
        &[0x01; 1000],
        b"\xa5hello\x81\xa1k\x92\xc0\xc0",
    ]
    .concat();
    let mut walk = msgpack::Walk::at(0);
    for end in 0..long.len() {
        assert_eq!(walk.advance(&long[..end], 128), Err(ScanError::Cut));
        assert!(walk.at_least() <= long.len() as u64);
    }
    assert_eq!(walk.advance(&long, 128), Ok(long.len()));
}

#[test]
fn a_head_that_promises_much_is_known_for_it() {
    let mut walk = msgpack::Walk::at(0);
    assert_eq!(
        walk.advance(b"\xdf\xff\xff\xff\xff", 128),
        Err(ScanError::Cut)
    );
    assert!(walk.at_least() > u64::from(u32::MAX));
}

#[test]
fn a_whole_value_has_nothing_behind_it() {
    let limits = Limits::default();
    assert_eq!(whole(Encoding::Json, b" [1] \n", &limits), Ok(&b"[1]"[..]));
    assert!(matches!(
        whole(Encoding::Json, b"[1] 2", &limits),
        Err(ScanError::Malformed { at: 3, .. })
    ));
    assert!(matches!(
        whole(Encoding::Json, b"01", &limits),
        Err(ScanError::Malformed { at: 1, .. })
    ));
    assert!(matches!(
        whole(Encoding::Msgpack, b"\x01 ", &limits),
        Err(ScanError::Malformed { at: 1, .. })
    ));
}
