//! Values for people: error stories and logs. Never fails, and never to be read back.

use crate::cursor::{Cursor, Head, Nest};
use crate::scan::ScanError;
use crate::{Encoding, Limits, write};

/// A value as JSON text, as near as it gets: binary data stands as `<3 bytes>`, what cannot be read as `<unreadable>`.
pub fn to_json_text(encoding: Encoding, value: &[u8]) -> String {
    preview(encoding, value, usize::MAX)
}

/// The same, but no longer than about `max` bytes; an ellipsis stands for the rest. No more of the value is read than is shown.
pub fn preview(encoding: Encoding, value: &[u8], max: usize) -> String {
    match encoding {
        Encoding::Json => shorten_bytes(value, max),
        Encoding::Msgpack => {
            let limits = Limits {
                depth: Limits::MAX_DEPTH,
                ..Limits::default()
            };
            let mut out = Vec::new();
            let mut cursor = Cursor::new(encoding, value, &limits);
            if show(&mut cursor, max, &mut out).is_err() {
                out.extend_from_slice(b"<unreadable>");
            }
            shorten_bytes(&out, max)
        }
    }
}

/// The beginning of some text, with an ellipsis if there is more than `max` bytes of it.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    match text
        .char_indices()
        .take_while(|(at, char)| at + char.len_utf8() <= max)
        .last()
    {
        _ if text.len() <= max => text.to_owned(),
        Some((at, char)) => format!("{}…", text.get(..at + char.len_utf8()).unwrap_or_default()),
        None => "…".to_owned(),
    }
}

/// The beginning of bytes that should be text, on one line.
pub(crate) fn shorten_bytes(bytes: &[u8], max: usize) -> String {
    // One byte more than is shown, so that `shorten` sees that there is more.
    let shown = bytes.get(..max.saturating_add(4)).unwrap_or(bytes);
    let line: String = String::from_utf8_lossy(shown)
        .trim()
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    shorten(&line, max)
}

/// Whether enough has been written; what follows would not be shown.
fn full(out: &[u8], max: usize) -> bool {
    out.len() > max
}

fn show(cursor: &mut Cursor<'_>, max: usize, out: &mut Vec<u8>) -> Result<(), ScanError> {
    match cursor.head()? {
        Head::Null => out.extend_from_slice(b"null"),
        Head::Bool(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Head::Int(value) => write::json::integer(value, out),
        Head::Unsigned(value) => write::json::integer(value, out),
        Head::BigInt(digits) => out.extend_from_slice(digits.as_bytes()),
        Head::Float(value) if value.is_finite() => write::json::float(value, out),
        Head::Float(value) => out.extend_from_slice(value.to_string().as_bytes()),
        Head::Text(text) => write::json::text(&text.beginning(max).lossy(), out),
        Head::Bytes(bytes) => out.extend_from_slice(format!("<{} bytes>", bytes.len()).as_bytes()),
        Head::Extension(kind, data) => {
            out.extend_from_slice(format!("<extension {kind}, {} bytes>", data.len()).as_bytes())
        }
        Head::List(nest) => {
            out.push(b'[');
            each(cursor, nest, max, out, |cursor, out| show(cursor, max, out))?;
            out.push(b']');
        }
        Head::Map(nest) => {
            out.push(b'{');
            each(cursor, nest, max, out, |cursor, out| {
                show(cursor, max, out)?;
                cursor.colon()?;
                out.push(b':');
                show(cursor, max, out)
            })?;
            out.push(b'}');
        }
    }
    Ok(())
}

fn each<'a>(
    cursor: &mut Cursor<'a>,
    mut nest: Nest,
    max: usize,
    out: &mut Vec<u8>,
    mut one: impl FnMut(&mut Cursor<'a>, &mut Vec<u8>) -> Result<(), ScanError>,
) -> Result<(), ScanError> {
    let mut comma = false;
    while !full(out, max) && cursor.more(&mut nest)? {
        if std::mem::replace(&mut comma, true) {
            out.push(b',');
        }
        one(cursor, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messagepack_is_shown_as_json() {
        for (bytes, shown) in [
            (&b"\x93\x01\xa1a\xc0"[..], r#"[1,"a",null]"#),
            (b"\x81\x01\xc4\x03abc", "{1:<3 bytes>}"),
            (b"\xd4\x05x", "<extension 5, 1 bytes>"),
            (b"\xcb\x7f\xf0\0\0\0\0\0\0", "inf"),
            (b"\x92\x01\xc1", "[1,<unreadable>"),
            (b"", "<unreadable>"),
        ] {
            assert_eq!(to_json_text(Encoding::Msgpack, bytes), shown);
        }
    }

    #[test]
    fn json_is_shown_as_it_is_on_one_line() {
        assert_eq!(to_json_text(Encoding::Json, b" [1,\n2]\n"), "[1, 2]");
        assert_eq!(to_json_text(Encoding::Json, b"\"\xff\""), "\"\u{fffd}\"");
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(shorten("aé", 3), "aé");
        assert_eq!(shorten("aéb", 2), "a…");
        assert_eq!(shorten("é", 1), "…");
        assert_eq!(preview(Encoding::Json, &[b'7'; 100], 5), "77777…");
        let long = [b"\xdc\x03\xe8".as_slice(), &[7; 1000]].concat();
        assert_eq!(preview(Encoding::Msgpack, &long, 6), "[7,7,7…");
    }
}
