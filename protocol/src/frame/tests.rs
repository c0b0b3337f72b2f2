use super::*;

fn frame(kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write(kind, &mut out, |out| out.extend_from_slice(payload));
    out
}

/// All that a buffer holds, as kinds with payloads and stray text.
fn all(mut buf: &[u8]) -> (Vec<(Kind, Vec<u8>)>, Vec<u8>) {
    let (mut frames, mut stray) = (Vec::new(), Vec::new());
    while let Some((n, found)) = next_frame(buf, 1000).expect("readable") {
        match found {
            Found::Frame(kind, payload) => frames.push((kind, payload.to_vec())),
            Found::Stray(text) => stray.extend_from_slice(text),
        }
        buf = &buf[n..];
        if buf.is_empty() {
            break;
        }
    }
    (frames, stray)
}

#[test]
fn a_frame_is_found_whatever_was_printed_around_it() {
    let mut buf = b"a print\n".to_vec();
    buf.extend(frame(Kind::Message, b"{}"));
    buf.extend(b"half a line");
    buf.extend(frame(Kind::Results, b"abc"));
    buf.extend(b"\xFFSQ and \xFF alone\n");
    let (frames, stray) = all(&buf);
    assert_eq!(
        frames,
        [
            (Kind::Message, b"{}".to_vec()),
            (Kind::Results, b"abc".to_vec())
        ]
    );
    assert_eq!(stray, b"a print\nhalf a line\xFFSQ and \xFF alone\n");
}

#[test]
fn a_frame_cut_anywhere_waits_for_the_rest() {
    let whole = frame(Kind::Results, b"payload");
    for cut in 0..whole.len() {
        let found = next_frame(&whole[..cut], 1000).expect("readable");
        assert!(found.is_none() || cut == 0, "cut at {cut}: {found:?}");
    }
}

#[test]
fn a_frame_over_the_limit_is_refused_by_its_header_alone() {
    let head = [0xFF, b'S', b'H', b'R', 0xFF, 0xFF, 0xFF, 0x7F];
    assert_eq!(
        next_frame(&head, 1000),
        Err(FrameError::TooLong {
            length: 0x7FFF_FFFF,
            limit: 1000
        })
    );
}

fn results(flags: u32, emits: u32, blocks: &[(u16, u32, &[&[u8]])], tail: &[u8]) -> Vec<u8> {
    let mut out = 7u64.to_le_bytes().to_vec();
    out.extend(flags.to_le_bytes());
    out.extend(emits.to_le_bytes());
    out.extend((blocks.len() as u16).to_le_bytes());
    for (stream, rows, columns) in blocks {
        out.extend(stream.to_le_bytes());
        out.extend((columns.len() as u16).to_le_bytes());
        out.extend(rows.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        for column in *columns {
            out.extend((column.len() as u32).to_le_bytes());
            out.extend(*column);
        }
    }
    out.extend(tail);
    out
}

#[test]
fn results_are_read_section_by_section() {
    let mut tail = vec![0, 1, 0]; // order
    tail.extend([2u32, 1, 3].iter().flat_map(|n| n.to_le_bytes())); // two marks: 1 and 3
    tail.extend([0u32, 5, 0].iter().flat_map(|n| n.to_le_bytes())); // direct
    tail.extend(2u32.to_le_bytes());
    tail.extend(b"[]");
    let payload = results(
        ORDER | MARKS | DIRECT | FAILS | ASK,
        3,
        &[(0, 2, &[b"[1,2]"]), (4, 1, &[b"[3]", b"[4]"])],
        &tail,
    );
    let read = Results::parse(&payload).expect("readable");
    assert_eq!(
        (read.consumed, read.emits, read.order),
        (7, 3, &[0u8, 1, 0][..])
    );
    assert_eq!(
        read.marks.expect("marks").iter().collect::<Vec<_>>(),
        [1, 3]
    );
    assert_eq!(read.direct.expect("direct").get(1), Some(5));
    assert_eq!(read.fails, Some(&b"[]"[..]));
    assert!(read.ask && !read.loose);
    assert_eq!(read.blocks[1].columns, [&b"[3]"[..], b"[4]"]);
    for cut in 0..payload.len() {
        assert!(Results::parse(&payload[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn results_that_contradict_themselves_are_refused() {
    let wrong_count = results(0, 3, &[(0, 2, &[b"[1,2]"])], b"");
    let no_order = results(0, 2, &[(0, 1, &[b"[1]"]), (1, 1, &[b"[1]"])], b"");
    let left_over = results(0, 1, &[(0, 1, &[b"[1]"])], b"x");
    for payload in [wrong_count, no_order, left_over] {
        assert!(matches!(
            Results::parse(&payload),
            Err(FrameError::Contradiction(_))
        ));
    }
}

#[test]
fn runs_hold_whole_arrays() {
    for (rows, head) in [
        (2, vec![0x92]),
        (300, vec![0xDC, 1, 44]),
        (70_000, vec![0xDD, 0, 1, 0x11, 0x70]),
    ] {
        let (bytes, n) = array_head(rows);
        assert_eq!(bytes[..n], head);
    }
    let mut out = Vec::new();
    let head = RunHead {
        input: 1,
        rows: 2,
        source: Source::Each(&[8, 9]),
    };
    write_run(
        head,
        Encoding::Json,
        [(&b"1,2"[..], false)].into_iter(),
        &mut out,
    );
    assert_eq!(&out[out.len() - 9..], b"\x05\0\0\0[1,2]");
}

#[test]
fn a_column_has_its_length_and_the_shortest_head() {
    for rows in [0, 15, 16, 65_535, 65_536] {
        let list = rmp_serde::to_vec(&vec![1; rows]).unwrap();
        for repeats in [false, true] {
            let mut out = Vec::new();
            write_column(
                Encoding::Msgpack,
                rows as u32,
                &vec![1; rows],
                repeats,
                &mut out,
            );
            let column = [&[REPEAT][..usize::from(repeats)], &list].concat();
            assert_eq!(out[..4], (column.len() as u32).to_le_bytes());
            assert_eq!(out[4..], column, "{rows}");
        }
    }
}
