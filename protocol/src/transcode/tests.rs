use super::*;

fn to(encoding: Encoding, value: &[u8]) -> Result<Vec<u8>, Untranslatable> {
    let from = match encoding {
        Encoding::Json => Encoding::Msgpack,
        Encoding::Msgpack => Encoding::Json,
    };
    let mut out = b"before".to_vec();
    let done = transcode(from, encoding, value, &mut out);
    let written = out.split_off(6);
    assert_eq!(out, b"before");
    match done {
        Ok(()) => Ok(written),
        Err(error) => {
            assert_eq!(written, b"", "what failed leaves nothing behind");
            Err(error)
        }
    }
}

fn json_of(msgpack: &[u8]) -> Result<String, Untranslatable> {
    to(Encoding::Json, msgpack).map(|json| String::from_utf8(json).unwrap())
}

#[test]
fn what_both_can_say_goes_there_and_back() {
    for (json, msgpack) in [
        ("null", &b"\xc0"[..]),
        ("true", b"\xc3"),
        ("false", b"\xc2"),
        ("0", b"\x00"),
        ("-1", b"\xff"),
        ("127", b"\x7f"),
        ("128", b"\xcc\x80"),
        ("-128", b"\xd0\x80"),
        ("65536", b"\xce\0\x01\0\0"),
        (
            "9223372036854775807",
            b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff",
        ),
        ("-9223372036854775808", b"\xd3\x80\0\0\0\0\0\0\0"),
        (
            "18446744073709551615",
            b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        ("1.0", b"\xcb\x3f\xf0\0\0\0\0\0\0"),
        ("-0.0", b"\xcb\x80\0\0\0\0\0\0\0"),
        ("0.1", b"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a"),
        (r#""""#, b"\xa0"),
        (r#""aé/""#, b"\xa4a\xc3\xa9/"),
        (r#""a\n\"\\""#, b"\xa4a\n\"\\"),
        ("[]", b"\x90"),
        ("{}", b"\x80"),
        (r#"[1,[],{"a":[2]}]"#, b"\x93\x01\x90\x81\xa1a\x91\x02"),
        (
            r#"{"a":1,"b":{"c":null}}"#,
            b"\x82\xa1a\x01\xa1b\x81\xa1c\xc0",
        ),
    ] {
        assert_eq!(
            to(Encoding::Msgpack, json.as_bytes()).as_deref(),
            Ok(msgpack),
            "{json}"
        );
        assert_eq!(json_of(msgpack).as_deref(), Ok(json), "{msgpack:x?}");
    }
}

#[test]
fn other_spellings_of_the_same_are_understood() {
    for (json, msgpack) in [
        (" [ 1 , 2 ] ", &b"\x92\x01\x02"[..]),
        ("-0", b"\x00"),
        ("1e0", b"\xcb\x3f\xf0\0\0\0\0\0\0"),
        (
            r#""\u00e9\/\ud83d\ude00""#,
            b"\xa7\xc3\xa9/\xf0\x9f\x98\x80",
        ),
        (r#"{"\u0061":1}"#, b"\x81\xa1a\x01"),
    ] {
        assert_eq!(
            to(Encoding::Msgpack, json.as_bytes()).as_deref(),
            Ok(msgpack),
            "{json}"
        );
    }
    for (msgpack, json) in [
        (&b"\xd3\0\0\0\0\0\0\0\x05"[..], "5"),
        (b"\xd1\xff\xfe", "-2"),
        (b"\xd2\xff\xff\xff\xfe", "-2"),
        (b"\xca\x3f\0\0\0", "0.5"),
        (b"\xd9\x01a", r#""a""#),
        (b"\xda\0\x01a", r#""a""#),
        (b"\xdb\0\0\0\x01a", r#""a""#),
        (b"\xdd\0\0\0\x01\xdf\0\0\0\x01\xa1a\xc0", r#"[{"a":null}]"#),
    ] {
        assert_eq!(json_of(msgpack).as_deref(), Ok(json), "{msgpack:x?}");
    }
}

#[test]
fn what_has_no_counterpart_is_refused_with_advice() {
    for (json, words) in [
        (
            "18446744073709551616",
            "the integer 18446744073709551616 is too large",
        ),
        (
            "-9223372036854775809",
            "the integer -9223372036854775809 is too large",
        ),
        ("[NaN]", "NaN is no finite number"),
        ("-Infinity", "-inf is no finite number"),
        ("1e999", "inf is no finite number"),
        (r#"{"a":"x\ud800"}"#, "half of a surrogate pair"),
        (r#"{"\udc00":1}"#, "half of a surrogate pair"),
        ("[1", "cut off"),
        ("[1,]", "at byte 3"),
        ("1 2", "more bytes follow"),
        ("", "cut off"),
    ] {
        let error = to(Encoding::Msgpack, json.as_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(words), "{json}: {error}");
    }
    let error = to(Encoding::Msgpack, b"\"a\xff\"").unwrap_err().to_string();
    assert!(error.contains("is not UTF-8"), "{error}");
    for (msgpack, words) in [
        (&b"\xcb\x7f\xf8\0\0\0\0\0\0"[..], "NaN is no finite number"),
        (b"\x91\xc4\x02ab", "2 bytes of binary data"),
        (b"\xd6\xff\0\0\0\0", "extension of type -1"),
        (b"\x81\x01\x02", "the map key 1 is no text"),
        (b"\x81\xc4\x01a\x02", "the map key <1 bytes> is no text"),
        (b"\x81\x91\x01\x02", "the map key <list> is no text"),
        (b"\xa1\xff", "is not UTF-8"),
        (b"\x91", "cut off"),
        (b"\xc1", "at byte 0"),
        (b"\x01\x02", "more bytes follow"),
    ] {
        let error = json_of(msgpack).unwrap_err().to_string();
        assert!(error.contains(words), "{msgpack:x?}: {error}");
    }
}

#[test]
fn long_things_keep_their_length() {
    for len in [15, 16, 31, 32, 255, 256, 65_535, 65_536, 70_000] {
        let text = format!("\"{}\"", "é".repeat(len));
        let list = format!("[{}]", vec!["1"; len].join(","));
        let map = format!(
            "{{{}}}",
            (0..len)
                .map(|key| format!("\"{key}\":[]"))
                .collect::<Vec<_>>()
                .join(",")
        );
        for json in [text, list, map] {
            let msgpack = to(Encoding::Msgpack, json.as_bytes()).unwrap();
            assert_eq!(json_of(&msgpack).as_deref(), Ok(json.as_str()));
        }
    }
}

#[test]
fn equal_encodings_copy_what_they_do_not_understand() {
    let mut out = Vec::new();
    transcode(Encoding::Json, Encoding::Json, b"[NaN]", &mut out).unwrap();
    assert_eq!(out, b"[NaN]");
}

#[test]
fn great_depth_costs_no_stack() {
    let json = "[".repeat(Limits::MAX_DEPTH) + &"]".repeat(Limits::MAX_DEPTH);
    let msgpack = to(Encoding::Msgpack, json.as_bytes()).unwrap();
    assert_eq!(json_of(&msgpack), Ok(json.clone()));
    let deeper = format!("[{json}]");
    let error = to(Encoding::Msgpack, deeper.as_bytes());
    assert!(matches!(
        error,
        Err(Untranslatable::Unreadable(ScanError::TooDeep { .. }))
    ));
}
