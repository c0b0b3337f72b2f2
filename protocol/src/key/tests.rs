use super::*;

fn json(value: &str) -> u64 {
    hash_value(Encoding::Json, value.as_bytes()).unwrap()
}

fn msgpack(value: &[u8]) -> u64 {
    hash_value(Encoding::Msgpack, value).unwrap()
}

#[test]
fn equal_values_have_equal_hashes_however_they_are_written() {
    for group in [
        &["1", "1.0", "1e0", "10e-1", "0.1e1"][..],
        &["0", "-0", "0.0", "-0.0", "0e5"],
        &["-3", "-3.0"],
        &[
            "9223372036854775808",
            "9223372036854775808.0",
            "9.223372036854775808e18",
        ],
        &["0.5", "5e-1", "0.50"],
        &["NaN"],
        &[r#""é/""#, r#""\u00e9\/""#, r#""\u00E9/""#],
        &[r#""😀""#, r#""\ud83d\ude00""#],
        &["[1,2]", " [ 1.0 , 2 ] "],
        &[r#"{"a":1,"b":2}"#, r#"{"b":2.0, "\u0061":1}"#],
    ] {
        for value in group {
            assert_eq!(json(value), json(group[0]), "{value} and {}", group[0]);
        }
    }
    for (value, others) in [
        (
            "1",
            &[
                &b"\x01"[..],
                b"\xcc\x01",
                b"\xd3\0\0\0\0\0\0\0\x01",
                b"\xca\x3f\x80\0\0",
                b"\xcb\x3f\xf0\0\0\0\0\0\0",
            ][..],
        ),
        ("0", &[b"\x00", b"\xcb\x80\0\0\0\0\0\0\0"]),
        ("-2", &[b"\xfe", b"\xd0\xfe", b"\xd1\xff\xfe"]),
        (
            "18446744073709551615",
            &[b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"],
        ),
        ("NaN", &[b"\xca\x7f\xc0\0\0", b"\xcb\xff\xf8\0\0\0\0\0\x01"]),
        ("-Infinity", &[b"\xca\xff\x80\0\0"]),
        ("0.5", &[b"\xca\x3f\0\0\0"]),
        (
            r#""a""#,
            &[b"\xa1a", b"\xd9\x01a", b"\xda\0\x01a", b"\xdb\0\0\0\x01a"],
        ),
        (
            r#"{"b":[null],"a":true}"#,
            &[
                b"\x82\xa1a\xc3\xa1b\x91\xc0",
                b"\xde\0\x02\xa1b\xdc\0\x01\xc0\xa1a\xc3",
            ],
        ),
        ("\"\\ud800\"", &[b"\xa3\xed\xa0\x80"]),
    ] {
        for other in others {
            assert_eq!(msgpack(other), json(value), "{other:x?} and {value}");
        }
    }
}

#[test]
fn different_values_have_different_hashes() {
    let values = [
        "null",
        "true",
        "false",
        "0",
        "1",
        "-1",
        "255",
        "256",
        "0.5",
        "-0.5",
        "1e300",
        "NaN",
        "Infinity",
        "-Infinity",
        "18446744073709551615",
        "18446744073709551616",
        "-18446744073709551616",
        r#""""#,
        r#""0""#,
        r#""1""#,
        r#""null""#,
        r#""a""#,
        r#""b""#,
        "[]",
        "[0]",
        "[0,0]",
        "[[]]",
        "[[0]]",
        "[1,2]",
        "[2,1]",
        "{}",
        r#"{"a":1}"#,
        r#"{"a":2}"#,
        r#"{"b":1}"#,
        r#"{"a":{}}"#,
        r#"["a",1]"#,
        r#"{"a":1,"b":2}"#,
        r#"{"a":2,"b":1}"#,
    ];
    let mut hashes: Vec<u64> = values.iter().map(|value| json(value)).collect();
    hashes.extend(
        [
            &b"\xc4\x00"[..],
            b"\xc4\x01a",
            b"\xd4\x05a",
            b"\xd4\x06a",
            b"\x81\x01\x02",
        ]
        .map(msgpack),
    );
    let count = hashes.len();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), count);
}

#[test]
fn fields_are_kept_apart() {
    let fields = |texts: &[&str]| {
        hash_fields(Encoding::Json, texts.iter().map(|text| text.as_bytes())).unwrap()
    };
    let rows = [
        &[][..],
        &[r#""""#],
        &[r#""a""#],
        &[r#""a""#, r#""b""#],
        &[r#""ab""#, r#""""#],
        &[r#""""#, r#""ab""#],
        &[r#""b""#, r#""a""#],
        &[r#"["a","b"]"#],
        &[r#""a""#, r#""b""#, r#""""#],
    ];
    for (index, row) in rows.iter().enumerate() {
        for other in &rows[index + 1..] {
            assert_ne!(fields(row), fields(other), "{row:?} and {other:?}");
        }
    }
    assert_eq!(fields(&["1"]), json("1"));
}

#[test]
fn texts_of_every_length_take_either_path_to_the_same_hash() {
    for len in 0..600 {
        let text: String = "aé".chars().cycle().take(len).collect();
        let plain = json(&format!("\"{text}\""));
        let decoded = json(&format!("\"{}\"", text.replace('a', r"\u0061")));
        let packed = msgpack(&rmp_serde::to_vec(&text).unwrap());
        assert_eq!((plain, plain), (decoded, packed), "{len}");
    }
}

#[test]
fn bytes_that_are_no_value_have_no_hash() {
    for value in [
        "", " ", "x", "\"a", "\"a\"b", "1 2", "[1", "{\"a\":1", "\"a\nb\"",
    ] {
        assert!(
            hash_value(Encoding::Json, value.as_bytes()).is_err(),
            "{value}"
        );
    }
    for value in [
        &b""[..],
        b"\xa2a",
        b"\xa1ab",
        b"\xd9",
        b"\xd9\x02a",
        b"\xc1",
        b"\x91",
        b"\x01\x02",
    ] {
        assert!(hash_value(Encoding::Msgpack, value).is_err(), "{value:x?}");
    }
    let second_is_bad = [&b"1"[..], b"x"];
    assert!(hash_fields(Encoding::Json, second_is_bad).is_err());
}

#[test]
fn the_task_is_the_remainder() {
    assert_eq!(
        (task_index(10, 4), task_index(u64::MAX, 1), task_index(5, 0)),
        (2, 0, 0)
    );
}
