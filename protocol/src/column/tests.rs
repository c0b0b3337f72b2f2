use super::*;

fn elements(encoding: Encoding, bytes: &[u8]) -> Result<Vec<&[u8]>, ScanError> {
    Column::open(encoding, bytes, &Limits::default())?.collect()
}

#[test]
fn json_elements_come_without_blanks() {
    for (list, expected) in [
        ("[]", &[][..]),
        (" [ ] ", &[]),
        ("[1]", &["1"]),
        (r#"["a","b"]"#, &[r#""a""#, r#""b""#]),
        (
            " [ 1 , \"a,]\" ,\n[2, {}] , NaN ]\n",
            &["1", "\"a,]\"", "[2, {}]", "NaN"],
        ),
    ] {
        let expected: Vec<&[u8]> = expected.iter().map(|text| text.as_bytes()).collect();
        assert_eq!(
            elements(Encoding::Json, list.as_bytes()),
            Ok(expected),
            "{list}"
        );
    }
}

#[test]
fn messagepack_elements_are_counted() {
    let cases: &[(&[u8], &[&[u8]])] = &[
        (b"\x90", &[]),
        (b"\x92\xa1a\xa1b", &[b"\xa1a", b"\xa1b"]),
        (b"\xdc\0\x02\x91\x01\xc0", &[b"\x91\x01", b"\xc0"]),
        (b"\xdd\0\0\0\x01\x07", &[b"\x07"]),
    ];
    for (list, expected) in cases {
        assert_eq!(elements(Encoding::Msgpack, list), Ok(expected.to_vec()));
        let column = Column::open(Encoding::Msgpack, list, &Limits::default()).unwrap();
        assert_eq!(column.len_hint(), Some(expected.len()));
    }
}

#[test]
fn what_is_no_whole_list_is_refused() {
    for list in [
        "", "[", "[1", "[1,", "[\"a", "[1]]", "[1] x", "[1 2]", "[,]", "[1,]", "1", "{}", "[01]",
        "[1}",
    ] {
        assert!(elements(Encoding::Json, list.as_bytes()).is_err(), "{list}");
    }
    for list in [
        &b""[..],
        b"\x91",
        b"\x92\x01",
        b"\x91\x01\x02",
        b"\x90\x90",
        b"\x01",
        b"\x80",
        b"\xdc\0",
        b"\x91\xc1",
    ] {
        assert!(elements(Encoding::Msgpack, list).is_err(), "{list:x?}");
    }
}

#[test]
fn the_first_error_is_the_last_item() {
    for (encoding, list) in [
        (Encoding::Json, &b"[1,x,2]"[..]),
        (Encoding::Json, b"[1]]"),
        (Encoding::Msgpack, b"\x93\x01\xc1\x02"),
        (Encoding::Msgpack, b"\x91\x01\x02"),
    ] {
        let mut column = Column::open(encoding, list, &Limits::default()).unwrap();
        assert!(column.next_value().unwrap().is_ok());
        assert!(column.next_value().unwrap().is_err());
        assert_eq!(column.next_value(), None);
    }
}

#[test]
fn the_list_itself_counts_as_one_level() {
    let limits = Limits {
        depth: 2,
        ..Limits::default()
    };
    for (encoding, fits, too_deep) in [
        (Encoding::Json, &b"[[]]"[..], &b"[[[]]]"[..]),
        (Encoding::Msgpack, b"\x91\x90", b"\x91\x91\x90"),
    ] {
        assert!(
            Column::open(encoding, fits, &limits)
                .unwrap()
                .all(|value| value.is_ok())
        );
        assert!(
            Column::open(encoding, too_deep, &limits)
                .unwrap()
                .any(|value| value.is_err())
        );
    }
}
