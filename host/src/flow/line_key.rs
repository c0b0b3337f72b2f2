//! The hash of a part of a line, for groupings by it: the same as a fields grouping has for a field with that value.

use stormhost_protocol::lines::{member, text_of};
use stormhost_protocol::{Encoding, ScanError, hash_value};

use crate::topology::LinePart;

/// The hash of a part of a row's first value, which is a line of text. A line that lacks the part hashes like an empty one,
/// so that these, too, come together.
///
/// # Errors
/// When the member of a JSON object cannot be read.
#[inline]
pub fn line_key(
    part: &LinePart,
    encoding: Encoding,
    line: Option<&[u8]>,
) -> Result<u64, ScanError> {
    let text = line.and_then(|value| text_of(encoding, value));
    let text = text.as_deref().unwrap_or_default();
    match part {
        LinePart::Column { number, separator } => {
            let column = match separator {
                Some(separator) => text.split(|byte| byte == separator).nth(*number),
                None => word(text, *number),
            };
            Ok(stormhost_protocol::hash_text(column.unwrap_or_default()))
        }
        LinePart::Member(name) => match member(text, name) {
            Some(value) => hash_value(Encoding::Json, value),
            None => Ok(stormhost_protocol::hash_text(b"")),
        },
    }
}

/// A word by its number, counted from 0, with blanks between words.
#[inline]
fn word(text: &[u8], number: usize) -> Option<&[u8]> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let mut words = text.split(blank).filter(|word| !word.is_empty());
    words.nth(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(part: &LinePart, line: &str) -> u64 {
        let line = serde_json::to_string(line).unwrap();
        line_key(part, Encoding::Json, Some(line.as_bytes())).unwrap()
    }

    #[test]
    fn a_part_hashes_as_a_field_with_that_value() {
        let column = |number, separator| LinePart::Column { number, separator };
        let member = LinePart::Member("user".into());
        for (part, line, value) in [
            (column(0, None), "  10.0.0.1 - GET", "\"10.0.0.1\""),
            (column(2, None), "a \t b  c d", "\"c\""),
            (column(1, Some(b',')), "a,,c", "\"\""),
            (column(2, Some(b',')), "a,,c", "\"c\""),
            (column(7, None), "a b", "\"\""),
            (
                member.clone(),
                r#"{"n":1,"user":{"id":1.0}}"#,
                r#"{"id":1}"#,
            ),
            (member.clone(), r#"{"n":1,"user":"x"}"#, "\"x\""),
            (member.clone(), "no object", "\"\""),
        ] {
            let expected = hash_value(Encoding::Json, value.as_bytes()).unwrap();
            assert_eq!(key(&part, line), expected, "{part:?} of {line}");
        }
    }

    #[test]
    fn a_line_hashes_alike_in_either_encoding() {
        let part = LinePart::Column {
            number: 0,
            separator: None,
        };
        let packed = line_key(&part, Encoding::Msgpack, Some(b"\xa5ab cd")).unwrap();
        assert_eq!(packed, key(&part, "ab cd"));
    }
}
