//! Text as it stands on the wire, and what it says.

use std::borrow::Cow;

use crate::scan::json;

/// The bytes of one text, without quotes or length.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    raw: &'a [u8],
    /// Backslashes in `raw` are JSON's escapes.
    escaped: bool,
}

/// Why bytes cannot be taken for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextFault {
    NotUtf8,
    /// A `\ud800` without its other half.
    LoneSurrogate,
}

impl<'a> Text<'a> {
    /// What stands between the quotes of a JSON string that the walk has found well formed.
    #[inline]
    pub(crate) fn json(raw: &'a [u8]) -> Self {
        let escaped = memchr::memchr(b'\\', raw).is_some();
        Self { raw, escaped }
    }

    /// Bytes that mean themselves.
    #[inline]
    pub(crate) fn plain(raw: &'a [u8]) -> Self {
        Self {
            raw,
            escaped: false,
        }
    }

    /// What the text says, as bytes. Half a surrogate pair becomes the three bytes that UTF-8's scheme would give it.
    pub(crate) fn bytes(&self) -> Cow<'a, [u8]> {
        if self.escaped {
            Cow::Owned(unescape(self.raw).0)
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// What the text says, if it is text.
    pub(crate) fn strict(&self) -> Result<Cow<'a, str>, TextFault> {
        if !self.escaped {
            return std::str::from_utf8(self.raw)
                .map(Cow::Borrowed)
                .map_err(|_| TextFault::NotUtf8);
        }
        let (bytes, lone) = unescape(self.raw);
        if lone {
            return Err(TextFault::LoneSurrogate);
        }
        String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|_| TextFault::NotUtf8)
    }

    /// What the text says, with U+FFFD for whatever is none.
    pub(crate) fn lossy(&self) -> Cow<'a, str> {
        match self.bytes() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        }
    }

    /// The first `max` bytes or a few more, for those who will not show the rest.
    pub(crate) fn beginning(&self, max: usize) -> Self {
        let raw = self.raw.get(..max.saturating_add(4)).unwrap_or(self.raw);
        Self { raw, ..*self }
    }
}

/// Decodes JSON's escapes, and tells whether a surrogate stood alone.
fn unescape(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(raw.len());
    let mut lone = false;
    let mut rest = raw;
    loop {
        let plain = json::plain_end(rest, 0);
        let (head, tail) = rest.split_at(plain);
        out.extend_from_slice(head);
        rest = match tail {
            [b'\\', b'u', tail @ ..] => {
                let (unit, tail) = code_unit(tail);
                match (unit, tail) {
                    (0xd800..=0xdbff, [b'\\', b'u', low @ ..])
                        if (0xdc00..=0xdfff).contains(&code_unit(low).0) =>
                    {
                        let (low, tail) = code_unit(low);
                        push_scalar(
                            &mut out,
                            0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                        );
                        tail
                    }
                    _ => {
                        lone |= (0xd800..=0xdfff).contains(&unit);
                        push_scalar(&mut out, unit);
                        tail
                    }
                }
            }
            [b'\\', letter, tail @ ..] => {
                out.push(match letter {
                    b'b' => 0x08,
                    b'f' => 0x0c,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    itself => *itself,
                });
                tail
            }
            // The walk lets neither quotes nor control characters nor a backslash at the end through; if they come, they mean themselves.
            [byte, tail @ ..] => {
                out.push(*byte);
                tail
            }
            [] => return (out, lone),
        };
    }
}

/// Four hexadecimal digits, and what follows them.
fn code_unit(bytes: &[u8]) -> (u32, &[u8]) {
    let (digits, rest) = bytes.split_at(bytes.len().min(4));
    let unit = digits.iter().fold(0, |sum, &digit| {
        sum << 4 | char::from(digit).to_digit(16).unwrap_or(0)
    });
    (unit, rest)
}

/// UTF-8's scheme, for surrogates too, which `char` refuses.
fn push_scalar(out: &mut Vec<u8>, scalar: u32) {
    match char::from_u32(scalar) {
        Some(char) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(&[
            0xe0 | (scalar >> 12) as u8,
            0x80 | (scalar >> 6 & 0x3f) as u8,
            0x80 | (scalar & 0x3f) as u8,
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(raw: &str) -> Result<String, TextFault> {
        Text::json(raw.as_bytes()).strict().map(Cow::into_owned)
    }

    #[test]
    fn escapes_are_decoded_and_pairs_joined() {
        for (raw, text) in [
            ("plain", "plain"),
            (r#"a\"b\\c\/d"#, "a\"b\\c/d"),
            (r"\b\f\n\r\t", "\u{8}\u{c}\n\r\t"),
            (r"\u00e9\u20AC", "é€"),
            (r"\ud83d\ude00!", "😀!"),
            ("é€😀", "é€😀"),
            (r"\u0000", "\0"),
        ] {
            assert_eq!(says(raw).as_deref(), Ok(text), "{raw}");
        }
    }

    #[test]
    fn half_a_pair_is_no_text() {
        for raw in [
            r"\ud83d",
            r"\ude00",
            r"\ud83dx",
            r"\ud83d\u0041",
            r"\ud83d\ud83d\ude00",
        ] {
            assert_eq!(says(raw), Err(TextFault::LoneSurrogate), "{raw}");
        }
        assert_eq!(Text::json(br"\ud800").bytes().as_ref(), b"\xed\xa0\x80");
        assert_eq!(
            Text::json(br"a\ud800\u0041").lossy(),
            "a\u{fffd}\u{fffd}\u{fffd}A"
        );
    }

    #[test]
    fn bytes_that_are_no_utf8_are_no_text() {
        assert_eq!(Text::plain(b"a\xff").strict(), Err(TextFault::NotUtf8));
        assert_eq!(Text::json(b"\\n\xff").strict(), Err(TextFault::NotUtf8));
        assert_eq!(Text::plain(b"a\xff").lossy(), "a\u{fffd}");
    }

    #[test]
    fn a_backslash_in_plain_text_is_one() {
        assert_eq!(Text::plain(br"\n").lossy(), r"\n");
    }
}
