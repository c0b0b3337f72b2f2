//! Rows as lines.

use std::borrow::Cow;

use super::Layout;
use crate::cursor::{Cursor, Head};
use crate::scan::msgpack;
use crate::transcode::transcode;
use crate::{Encoding, Limits, Untranslatable, write};

/// Why a row cannot be a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// A line end within a value: the reader would see two tuples.
    #[error(
        "the value of {field:?} holds a line end, and one tuple is one line. Let the lines be JSON, where it is escaped"
    )]
    LineEnd {
        /// Whose value.
        field: String,
    },
    /// A NUL within a value, where that ends lines.
    #[error("the value of {field:?} holds a NUL, which ends a tuple here")]
    Null {
        /// Whose value.
        field: String,
    },
    /// The separator within a value: the reader would see two values.
    #[error(
        "the value of {field:?} holds the separator {separator:?}. Choose another separator, or let the lines be JSON"
    )]
    Separator {
        /// Whose value.
        field: String,
        /// What stands between values.
        separator: char,
    },
    /// The value has no form on a line.
    #[error("the value of {field:?} has no form on a line: {why}")]
    Value {
        /// Whose value.
        field: String,
        /// What is wrong with it.
        why: Untranslatable,
    },
}

/// Text as it stands, its quotes and escapes gone; bytes as they are; `None` for any other value.
pub fn text_of(encoding: Encoding, value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match (encoding, value.first()?) {
        (Encoding::Msgpack, 0xa0..=0xbf) => value.get(1..).map(Cow::Borrowed),
        (Encoding::Msgpack, 0xd9 | 0xc4) => value.get(2..).map(Cow::Borrowed),
        (Encoding::Msgpack, 0xda | 0xc5) => value.get(3..).map(Cow::Borrowed),
        (Encoding::Msgpack, 0xdb | 0xc6) => value.get(5..).map(Cow::Borrowed),
        (Encoding::Json, b'"') => match Cursor::new(encoding, value, &Limits::default()).head() {
            Ok(Head::Text(text)) => Some(text.bytes()),
            _ => None,
        },
        _ => None,
    }
}

/// Writes one row as a line with its end. `fields` are the names of its values, for JSON and for complaints.
///
/// # Errors
/// When the line would not be read as this row again. `out` is then as it was.
#[inline]
pub fn write_line(
    layout: Layout,
    fields: &[String],
    encoding: Encoding,
    row: &[&[u8]],
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    let before = out.len();
    let written = match (layout, row) {
        (Layout::Json, _) => write_json(fields, encoding, row, out),
        (Layout::Separated { end, .. }, [value]) => {
            write_value((end, None), fields, 0, encoding, value, out)
        }
        (Layout::Separated { by, end }, _) => row.iter().enumerate().try_for_each(|(at, value)| {
            if at > 0 {
                out.push(by);
            }
            write_value((end, Some(by)), fields, at, encoding, value, out)
        }),
    };
    match written {
        Ok(()) => out.push(layout.end()),
        Err(_) => out.truncate(before),
    }
    written
}

/// The text of a short MessagePack value, which most are.
#[inline]
fn short_text(encoding: Encoding, value: &[u8]) -> Option<&[u8]> {
    match (encoding, value) {
        (Encoding::Msgpack, [0xa0..=0xbf, text @ ..] | [0xd9, _, text @ ..]) => Some(text),
        _ => None,
    }
}

/// `end` and `separator` are what may not be part of it.
#[inline]
fn write_value(
    (end, separator): (u8, Option<u8>),
    fields: &[String],
    at: usize,
    encoding: Encoding,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    let short = short_text(encoding, value).map(Cow::Borrowed);
    let Some(text) = short.or_else(|| text_of(encoding, value)) else {
        // No text: JSON on one line, which a separator may be part of all the same.
        let start = out.len();
        write_as_json(fields, at, encoding, value, out)?;
        return match separator {
            Some(byte) if memchr::memchr(byte, out.get(start..).unwrap_or_default()).is_some() => {
                Err(unwritable(fields, at, byte))
            }
            _ => Ok(()),
        };
    };
    let clash = match separator {
        None => memchr::memchr(end, &text),
        Some(separator) => memchr::memchr2(end, separator, &text),
    };
    match clash {
        None => {
            out.extend_from_slice(&text);
            Ok(())
        }
        Some(place) => {
            let byte = text.get(place).copied().unwrap_or(end);
            Err(unwritable(fields, at, byte))
        }
    }
}

#[cold]
fn unwritable(fields: &[String], at: usize, byte: u8) -> Unwritable {
    let field = name(fields, at);
    match byte {
        b'\n' => Unwritable::LineEnd { field },
        0 => Unwritable::Null { field },
        _ => Unwritable::Separator {
            field,
            separator: char::from(byte),
        },
    }
}

fn name(fields: &[String], at: usize) -> String {
    fields
        .get(at)
        .cloned()
        .unwrap_or_else(|| (at + 1).to_string())
}

fn write_json(
    fields: &[String],
    encoding: Encoding,
    row: &[&[u8]],
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    out.push(b'{');
    for (at, value) in row.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write::json::text(&name(fields, at), out);
        out.push(b':');
        write_as_json(fields, at, encoding, value, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_as_json(
    fields: &[String],
    at: usize,
    encoding: Encoding,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Unwritable> {
    if encoding == Encoding::Json {
        write::json::on_one_line(value, out);
        return Ok(());
    }
    transcode(encoding, Encoding::Json, value, out).map_err(|why| Unwritable::Value {
        field: name(fields, at),
        why,
    })
}

/// Walks over a column of MessagePack values that are all text or bytes, and writes each as a line with this `end`. Returns how many lines that were:
/// fewer than there are where a value is none of that, or holds a line end; `at` then stands at that value.
#[inline]
pub fn write_texts(column: &[u8], at: &mut usize, end: u8, out: &mut Vec<u8>) -> usize {
    let mut lines = 0;
    while let Some(&lead) = column.get(*at) {
        let (head, len) = match lead {
            0xa0..=0xbf => (1, usize::from(lead & 0x1f)),
            0xd9 | 0xc4 => match column.get(*at + 1) {
                Some(&len) => (2, usize::from(len)),
                None => break,
            },
            0xda | 0xc5 => match msgpack::number::<2>(column, *at) {
                Ok(len) => (3, len as usize),
                Err(_) => break,
            },
            _ => break,
        };
        let Some(text) = column.get(*at + head..*at + head + len) else {
            break;
        };
        if memchr::memchr(end, text).is_some() {
            break;
        }
        out.extend_from_slice(text);
        out.push(end);
        *at += head + len;
        lines += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 2] = ["a", "b"];

    fn line(layout: Layout, encoding: Encoding, row: &[&[u8]]) -> Result<String, String> {
        let fields = FIELDS.map(str::to_owned);
        let mut out = b"before\n".to_vec();
        let written = write_line(layout, &fields, encoding, row, &mut out);
        let text = String::from_utf8(out.split_off(7)).unwrap();
        match written {
            Ok(()) => Ok(text),
            Err(error) => {
                assert_eq!(text, "");
                Err(error.to_string())
            }
        }
    }

    #[test]
    fn text_stands_as_it_is_and_all_else_as_json() {
        let tabs = Layout::TABS;
        for (encoding, row, expected) in [
            (
                Encoding::Json,
                &[&br#""a \"b\" \u00e9""#[..], b"[1,\n2]"][..],
                "a \"b\" é\t[1, 2]\n",
            ),
            (Encoding::Msgpack, &[b"\xa2xy", b"\xc0"], "xy\tnull\n"),
            (Encoding::Msgpack, &[b"\xd9\x03a\tb"], "a\tb\n"),
            (Encoding::Msgpack, &[b"\xc4\x01z"], "z\n"),
            (Encoding::Json, &[b"1.5"], "1.5\n"),
        ] {
            assert_eq!(line(tabs, encoding, row).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn what_would_be_read_as_something_else_is_refused() {
        let tabs = Layout::TABS;
        for (layout, encoding, row, part) in [
            (
                tabs,
                Encoding::Json,
                &[&br#""a\nb""#[..]][..],
                "\"a\" holds a line end",
            ),
            (
                tabs,
                Encoding::Msgpack,
                &[b"\xa1x", b"\xa3a\tb"],
                "\"b\" holds the separator '\\t'",
            ),
            (
                Layout::Separated {
                    by: b',',
                    end: b'\n',
                },
                Encoding::Json,
                &[b"1", b"[1,2]"],
                "separator ','",
            ),
            (
                tabs,
                Encoding::Msgpack,
                &[b"\x81\xa1k\xc4\x01x"],
                "no form on a line",
            ),
        ] {
            let error = line(layout, encoding, row).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn json_escapes_what_it_must() {
        let row: &[&[u8]] = &[b"\xa3a\nb", b"\x07"];
        let expected = "{\"a\":\"a\\nb\",\"b\":7}\n";
        assert_eq!(
            line(Layout::Json, Encoding::Msgpack, row).as_deref(),
            Ok(expected)
        );
        let error = line(Layout::Json, Encoding::Msgpack, &[b"\xc4\x01x"]).unwrap_err();
        assert!(error.contains("\"a\" has no form"), "{error}");
    }

    #[test]
    fn a_column_of_texts_is_written_as_one() {
        let column = b"\xa1a\xd9\x02bc\xda\x00\x01d\xc4\x01\xff\xa2e\n\xa1f";
        let (mut at, mut out) = (0, Vec::new());
        assert_eq!(write_texts(column, &mut at, b'\n', &mut out), 4);
        assert_eq!(out, b"a\nbc\nd\n\xff\n");
        assert_eq!(column.get(at), Some(&0xa2));
    }
}
