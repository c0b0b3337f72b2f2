//! Bytes of any kind, read in every way there is, and what has to hold then. The fuzz targets of `fuzz/` call the same functions with bytes of their own,
//! so nothing here may need more than the crate's public face.

use stormhost_protocol::frame::{self, Found, Kind, Results, RunHead, Source};
use stormhost_protocol::lines::{Block, Layout, write_line, write_texts};
use stormhost_protocol::storm::{Ending, Item, Salvage, mend, parse_hello, printed_before};
use stormhost_protocol::{
    Column, Decoder, Encoding, FromChild, Limits, hash_value, preview, skip, transcode, whole,
};

pub const BOTH: [Encoding; 2] = [Encoding::Json, Encoding::Msgpack];

/// Limits that short inputs reach.
fn small() -> Limits {
    Limits {
        message: 200,
        depth: 10,
        line: 30,
    }
}

/// A child's output in one of Storm's dialects: each message is what it is in any pieces, and says the same in the other encoding.
pub fn storm(encoding: Encoding, bytes: &[u8]) {
    read_in_every_way(encoding, bytes);
    decode_in_any_pieces(encoding, bytes);
    let (heard, _) = decode(encoding, bytes, bytes.len().max(1));
    for message in &heard {
        says_the_same_in_the_other_encoding(encoding, message);
    }
}

/// A child's output in frames: every frame is found in any pieces, and what its payload says about itself holds.
pub fn frames(bytes: &[u8]) {
    let found = walk_frames(bytes, bytes.len().max(1));
    for step in [1, 7] {
        assert_eq!(walk_frames(bytes, step), found, "frames in steps of {step}");
    }
    for (kind, payload) in &found.0 {
        match kind {
            Kind::Results => results(payload),
            Kind::Message => read_in_every_way(Encoding::Json, payload),
            _ => {}
        }
    }
    // As if all of it stood in a frame.
    results(bytes);
}

/// A command's output in lines: each line is a row or refused, rows are values, and written as lines they are the same rows again.
pub fn lines(layout: Layout, fields: usize, text: &[u8]) {
    let fields: Vec<String> = (0..fields.max(1)).map(|n| format!("f{n}")).collect();
    let (block, refused) = rows_of(layout, &fields, text);
    let there = text.split(|byte| *byte == b'\n').count()
        - usize::from(text.ends_with(b"\n") || text.is_empty());
    assert_eq!(block.rows() + refused, there, "each line is a row or none");
    let encoding = layout.encoding();
    let limits = Limits::default();
    let mut written = Vec::new();
    let mut row: Vec<&[u8]> = Vec::new();
    for n in 0..block.rows() {
        row.clear();
        row.extend((0..fields.len()).map(|field| block.value(field, n)));
        assert!(
            row.iter()
                .eq(block.piece(n..n + 1).collect::<Vec<_>>().iter())
        );
        for value in &row {
            assert_eq!(
                skip(encoding, value, 0, &limits),
                Ok(value.len()),
                "{value:?}"
            );
        }
        write_line(layout, &fields, encoding, &row, &mut written)
            .expect("what was a line can be one again");
        // To a filter that wants another layout a row may have no form, which is an answer.
        for other in [
            Layout::Json,
            Layout::TABS,
            Layout::Separated {
                by: b'7',
                end: b'\n',
            },
        ] {
            let _ = write_line(other, &fields, encoding, &row, &mut Vec::new());
        }
    }
    let (again, refused) = rows_of(layout, &fields, &written);
    assert_eq!((again.rows(), refused), (block.rows(), 0));
    for n in 0..block.rows() {
        for field in 0..fields.len() {
            let (before, after) = (block.value(field, n), again.value(field, n));
            assert_eq!(hash_value(encoding, before), hash_value(encoding, after));
        }
    }
    if let (Layout::Separated { .. }, Some(column), 1) =
        (layout, block.piece(0..block.rows()).next(), fields.len())
    {
        let (mut at, mut out) = (0, Vec::new());
        assert_eq!(write_texts(column, &mut at, b'\n', &mut out), block.rows());
        assert_eq!(out, written);
    }
}

/// The same, where the first byte says which layout and how many fields.
pub fn lines_by_first_byte(bytes: &[u8]) {
    if let Some((&first, text)) = bytes.split_first() {
        let layout = match first % 4 {
            0 => Layout::Json,
            1 => Layout::Separated {
                by: b' ',
                end: b'\n',
            },
            _ => Layout::TABS,
        };
        lines(layout, usize::from(first / 4 % 4), text);
    }
}

fn rows_of(layout: Layout, fields: &[String], text: &[u8]) -> (Block, usize) {
    let (mut block, mut refused) = (Block::default(), 0);
    block.read(layout, fields, text, |_, _| refused += 1);
    (block, refused)
}

/// Everything that reads values and messages.
pub fn read_in_every_way(encoding: Encoding, bytes: &[u8]) {
    let limits = small();
    for at in (0..bytes.len().min(64)).chain([bytes.len(), bytes.len() + 1]) {
        if let Ok(end) = skip(encoding, bytes, at, &limits) {
            assert!(end > at && end <= bytes.len());
        }
    }
    let is_value = whole(encoding, bytes, &limits).is_ok();
    if encoding == Encoding::Json {
        mends_to_json_or_nothing(bytes, &limits);
    }
    let _ = FromChild::parse(encoding, bytes, &limits);
    let _ = parse_hello(encoding, bytes, &limits);
    assert!(preview(encoding, bytes, 20).len() <= 23);
    if let Ok(column) = Column::open(encoding, bytes, &limits) {
        assert!(column.take(1000).count() <= bytes.len() + 1);
    }
    if let Ok(column) = Column::open_with_repeats(encoding, bytes, &limits) {
        column.take(1000).for_each(drop);
    }
    assert!(!is_value || hash_value(encoding, bytes).is_ok());
    for to in BOTH {
        let mut out = Vec::new();
        if transcode(encoding, to, bytes, &mut out).is_ok() && is_value {
            assert!(whole(to, &out, &Limits::default()).is_ok());
            assert_eq!(hash_value(encoding, bytes), hash_value(to, &out));
        }
    }
}

/// What Storm's parser would read is JSON once it is mended, and then there is nothing left to mend.
fn mends_to_json_or_nothing(bytes: &[u8], limits: &Limits) {
    let _ = Salvage::of(bytes);
    assert!(printed_before(bytes, limits) <= bytes.len());
    if let Some(mended) = mend(bytes, limits) {
        assert!(std::str::from_utf8(&mended).is_ok());
        assert!(whole(Encoding::Json, &mended, limits).is_ok());
        assert_eq!(mend(&mended, limits), None);
    }
}

fn says_the_same_in_the_other_encoding(encoding: Encoding, message: &[u8]) {
    let other = match encoding {
        Encoding::Json => Encoding::Msgpack,
        Encoding::Msgpack => Encoding::Json,
    };
    let limits = Limits::default();
    let mut translated = Vec::new();
    if transcode(encoding, other, message, &mut translated).is_err() {
        return;
    }
    let here = FromChild::parse(encoding, message, &limits);
    let there = FromChild::parse(other, &translated, &limits);
    match (&here, &there) {
        (Ok(here), Ok(there)) => assert_eq!(meant(here), meant(there)),
        (here, there) => assert_eq!(here.is_ok(), there.is_ok(), "{here:?} {there:?}"),
    }
}

/// A message without the bytes of its values, which differ by the encoding.
fn meant(message: &FromChild<'_>) -> String {
    match message {
        FromChild::Emit(emit) => {
            let values: Vec<_> = emit
                .row
                .values()
                .map(|value| hash_value(emit.row.encoding, value))
                .collect();
            let id = emit.id.map(|id| hash_value(emit.row.encoding, id));
            let (stream, anchors) = (&emit.stream, &emit.anchors);
            format!(
                "emit {values:?} {id:?} {stream:?} {anchors:?} {:?} {}",
                emit.task, emit.need_task_ids
            )
        }
        FromChild::Metrics { name, .. } => format!("metrics {name:?}"),
        FromChild::DeadLetter {
            row,
            stream,
            message,
        } => {
            format!("dead letter {} {stream:?} {message:?}", row.len)
        }
        other => format!("{other:?}"),
    }
}

/// Decodes in pieces. Every byte must go somewhere, in order, and what is heard must not depend on the pieces.
pub fn decode(encoding: Encoding, bytes: &[u8], step: usize) -> (Vec<Vec<u8>>, bool) {
    let mut decoder = Decoder::new(encoding, small());
    let (mut from, mut heard) = (0, Vec::new());
    let mut stray = Vec::new();
    for to in (0..bytes.len())
        .step_by(step)
        .map(|start| (start + step).min(bytes.len()))
    {
        loop {
            let buf = &bytes[from..to];
            match decoder.decode(buf) {
                Ok(Some((consumed, item))) => {
                    assert!(consumed > 0 && consumed <= buf.len());
                    from += consumed;
                    // A long stray line is cut where the buffer allows, so only its text counts.
                    match item {
                        Item::Message(message) => {
                            heard.push(std::mem::take(&mut stray));
                            heard.push(message.to_vec());
                        }
                        Item::Stray(text) => stray.extend_from_slice(text),
                        Item::Broken(broken) => heard.push(
                            broken
                                .error
                                .to_string()
                                .into_bytes()
                                .split_off(9)
                                .into_iter()
                                .take(3)
                                .collect(),
                        ),
                        Item::Nothing => {}
                    }
                }
                Ok(None) => break,
                Err(_) => {
                    heard.push(stray);
                    return (heard, false);
                }
            }
        }
    }
    if let Ending::Message(message) = decoder.finish(&bytes[from..]) {
        heard.push(message.to_vec());
    }
    heard.push(stray);
    (heard, true)
}

pub fn decode_in_any_pieces(encoding: Encoding, bytes: &[u8]) {
    let all = decode(encoding, bytes, bytes.len().max(1));
    for step in [1, 2, 5] {
        assert_eq!(
            decode(encoding, bytes, step),
            all,
            "{encoding:?} in steps of {step}"
        );
    }
}

type Frames = (Vec<(Kind, Vec<u8>)>, Vec<u8>, bool);

/// The frames, the stray bytes, and whether it can be read to its end.
fn walk_frames(bytes: &[u8], step: usize) -> Frames {
    let (mut from, mut found, mut stray) = (0, Vec::new(), Vec::new());
    for to in (0..bytes.len())
        .step_by(step)
        .map(|start| (start + step).min(bytes.len()))
    {
        loop {
            match frame::next_frame(&bytes[from..to], small().message) {
                Ok(None) => break,
                Ok(Some((0, Found::Stray(_)))) => break,
                Ok(Some((n, item))) => {
                    assert!(n <= to - from);
                    from += n;
                    match item {
                        Found::Frame(kind, payload) => found.push((kind, payload.to_vec())),
                        Found::Stray(text) => stray.extend_from_slice(text),
                    }
                }
                Err(_) => return (found, stray, false),
            }
        }
    }
    (found, stray, true)
}

/// What a results frame says about itself is so; and a column of it, written as a run, is read as what it was.
fn results(payload: &[u8]) {
    let Ok(results) = Results::parse(payload) else {
        return;
    };
    let n = results.emits as usize;
    let rows: u64 = results
        .blocks
        .iter()
        .map(|block| u64::from(block.rows))
        .sum();
    assert_eq!(rows, n as u64);
    assert!(results.blocks.len() <= 1 || results.order.len() == n);
    assert!(results.anchor_ends.is_none_or(|ends| ends.len() == n));
    assert!(results.direct.is_none_or(|tasks| tasks.len() == n));
    for ids in [results.anchor_ids, results.acks] {
        assert_eq!(ids.iter().count(), ids.len());
        assert_eq!(ids.get(ids.len()), None);
    }
    for block in &results.blocks {
        for (column, encoding) in block
            .columns
            .iter()
            .flat_map(|column| BOTH.map(|encoding| (column, encoding)))
        {
            column_goes_on(encoding, column);
        }
    }
}

/// The values of a column one by one, and in one piece, and in a run for another child.
fn column_goes_on(encoding: Encoding, bytes: &[u8]) {
    let limits = Limits::default();
    let Ok(column) = Column::open_with_repeats(encoding, bytes, &limits) else {
        return;
    };
    let Ok(values) = column.clone().collect::<Result<Vec<&[u8]>, _>>() else {
        return;
    };
    let piece = column
        .clone()
        .next_piece(values.len())
        .expect("it was walked to its end");
    let Some(piece) = piece else {
        assert_eq!(
            encoding,
            Encoding::Json,
            "only blanks keep values from being one piece"
        );
        return;
    };
    let mut out = Vec::new();
    let head = RunHead {
        input: 1,
        rows: values.len() as u32,
        source: Source::One(7),
    };
    frame::write_run(
        head,
        encoding,
        [(piece.bytes, piece.repeats)].into_iter(),
        &mut out,
    );
    // Input, columns, rows, source and the length of the column stand before it.
    let again = Column::open_with_repeats(encoding, &out[16..], &limits).expect("a list");
    assert_eq!(again.collect::<Result<Vec<&[u8]>, _>>(), Ok(values));
}
