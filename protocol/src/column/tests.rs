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

/// One value of each first byte that MessagePack has, and a few longer ones.
fn messagepack_values() -> Vec<Vec<u8>> {
    let mut values: Vec<Vec<u8>> = (0..=0xff)
        .filter(|lead| *lead != 0xc1)
        .map(|lead| {
            let mut value = vec![lead];
            value.extend([0; 32]);
            let end = crate::skip(Encoding::Msgpack, &value, 0, &Limits::default());
            // Lists and maps of zeros, texts of NULs.
            value.truncate(end.unwrap());
            value
        })
        .collect();
    values.push([&b"\xd9\x05"[..], b"hello"].concat());
    values.push(b"\x92\x01\xa1a".to_vec());
    values
}

#[test]
fn a_piece_of_messagepack_is_the_same_bytes_as_one_by_one() {
    let values = messagepack_values();
    let mut list = vec![0xdc];
    list.extend((values.len() as u16).to_be_bytes());
    list.extend(values.concat());
    let limits = Limits::default();
    for n in 1..=values.len() {
        let mut column = Column::open(Encoding::Msgpack, &list, &limits).unwrap();
        for piece in values.chunks(n) {
            assert_eq!(
                column.next_values(piece.len()),
                Ok(Some(&piece.concat()[..]))
            );
        }
        assert_eq!(column.next_values(0), Ok(Some(&b""[..])));
        assert_eq!(column.next_values(1), Ok(None));
        assert_eq!(column.next_value(), None);
    }
    for cut in 3..list.len() {
        let mut column = Column::open(Encoding::Msgpack, &list[..cut], &limits).unwrap();
        assert_eq!(column.next_values(values.len()), Err(ScanError::Cut));
    }
    let mut column = Column::open(Encoding::Msgpack, b"\x92\x01\xc1", &limits).unwrap();
    assert!(column.next_values(2).is_err());
}

#[test]
fn a_piece_of_json_has_no_blanks_between_its_values() {
    let limits = Limits::default();
    let open = |list: &'static str| Column::open(Encoding::Json, list.as_bytes(), &limits).unwrap();
    let mut column = open(r#"["a",1,[2, 3],"\"]","",null]"#);
    assert_eq!(column.next_values(2), Ok(Some(&br#""a",1"#[..])));
    assert_eq!(column.next_value(), Some(Ok(&b"[2, 3]"[..])));
    assert_eq!(column.next_values(3), Ok(Some(&br#""\"]","",null"#[..])));
    assert_eq!(column.next_values(1), Ok(None));
    assert_eq!(column.next_value(), None);
    // Nothing is taken where they do not stand in one piece; one by one they can be had.
    for list in ["[1, 2]", "[ 1,2]", "[1 ,2]", "[1,2\n]"] {
        let mut column = open(list);
        let taken = column.next_values(2);
        assert!(matches!(taken, Ok(None | Some(b"1,2"))), "{list}");
        if taken == Ok(None) {
            assert_eq!(column.next_value(), Some(Ok(&b"1"[..])), "{list}");
            assert_eq!(column.next_value(), Some(Ok(&b"2"[..])), "{list}");
        }
        assert_eq!(column.next_value(), None, "{list}");
    }
    for list in [
        "[1,2", "[1,,2]", "[1,]", "[,1]", "[1;2]", "[\"a", "[1,01]", "[]",
    ] {
        let mut column = open(list);
        match column.next_values(3) {
            Ok(None) => assert!(list == "[]" || column.any(|value| value.is_err()), "{list}"),
            Ok(Some(piece)) => panic!("{list} gave {piece:?}"),
            Err(_) => assert_eq!(column.next_value(), None, "{list}"),
        }
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

/// A column of `rows` values, with repeats.
fn with_repeats(rows: u8, values: &[u8]) -> Vec<u8> {
    [&[REPEAT, 0xdc, 0, rows], values].concat()
}

#[test]
fn a_repeat_is_the_value_before_it() {
    let list = with_repeats(6, b"\xa1a\xc1\xc1\x92\x01\x02\xc1\xc0");
    let limits = Limits::default();
    let column = Column::open_with_repeats(Encoding::Msgpack, &list, &limits).unwrap();
    let values: Result<Vec<&[u8]>, _> = column.collect();
    let expected: [&[u8]; 6] = [
        b"\xa1a",
        b"\xa1a",
        b"\xa1a",
        b"\x92\x01\x02",
        b"\x92\x01\x02",
        b"\xc0",
    ];
    assert_eq!(values, Ok(expected.to_vec()));
}

#[test]
fn a_piece_says_what_its_first_repeats_stand_for_and_where_its_last_value_is() {
    let list = with_repeats(6, b"\xa1a\xc1\xc1\xa1b\xc1\xc0");
    let limits = Limits::default();
    let mut column = Column::open_with_repeats(Encoding::Msgpack, &list, &limits).unwrap();
    let piece = |bytes, before, last| Piece {
        bytes,
        before,
        last,
        repeats: true,
    };
    assert_eq!(
        column.next_piece(2),
        Ok(Some(piece(&b"\xa1a\xc1"[..], None, (0, 2))))
    );
    assert_eq!(
        column.next_piece(1),
        Ok(Some(piece(b"\xc1", Some(b"\xa1a"), (0, 0))))
    );
    assert_eq!(
        column.next_piece(3),
        Ok(Some(piece(b"\xa1b\xc1\xc0", None, (3, 4))))
    );
    assert_eq!(column.next_piece(1), Ok(None));
    assert_eq!(column.next_value(), None);
}

#[test]
fn repeats_stand_for_no_more_than_a_message_may_have() {
    let (short, long) = (vec![0x20u8; 4093], vec![0x20u8; 4094]);
    let text = |text: &[u8]| [&[0xda][..], &(text.len() as u16).to_be_bytes(), text].concat();
    let limits = Limits {
        message: 10_000,
        ..Limits::default()
    };
    let read = |list: &[u8]| -> Result<usize, ScanError> {
        Column::open_with_repeats(Encoding::Msgpack, list, &limits)?
            .try_fold(0, |sum, value| Ok(sum + value?.len()))
    };
    assert_eq!(
        read(&with_repeats(3, &[text(&short), vec![REPEAT; 2]].concat())),
        Ok(3 * 4096)
    );
    for (wrong, why) in [
        (
            with_repeats(4, &[text(&short), vec![REPEAT; 3]].concat()),
            "more bytes than a message",
        ),
        (
            with_repeats(2, &[text(&long), vec![REPEAT]].concat()),
            "nothing that may be repeated",
        ),
        (with_repeats(1, &[REPEAT]), "nothing that may be repeated"),
        (
            with_repeats(1, b"\x92\x01\xc1"),
            "begins no MessagePack value",
        ),
    ] {
        let error = read(&wrong).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn repeats_are_only_where_they_were_agreed_on() {
    let list = with_repeats(2, b"\xa1a\xc1");
    let limits = Limits::default();
    assert!(Column::open(Encoding::Msgpack, &list, &limits).is_err());
    assert!(Column::open_with_repeats(Encoding::Json, &list, &limits).is_err());
    let list = b"\x92\xa1a\xc1";
    let column = Column::open_with_repeats(Encoding::Msgpack, list, &limits).unwrap();
    assert!(column.collect::<Result<Vec<_>, _>>().is_err());
}
