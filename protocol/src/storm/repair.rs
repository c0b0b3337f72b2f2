//! JSON as Storm's own parser takes it, made into JSON as everybody takes it.
//!
//! Storm reads what components say with a permissive parser, and old components rely on it: `printf` puts a tab into text as it is, C prints `nan` and `007`.
//! This is only asked once a message could not be read, so it costs nobody else anything. It never guesses at what is missing:
//! where a bracket, a colon, a comma or a quote lacks, there is nothing to be had.
//!
//! | written | taken for |
//! |---|---|
//! | a control character in text, a line end too | its escape |
//! | text in single quotes; `\'`, `\x41` | text |
//! | an escape that JSON does not know | a backslash, and what follows it |
//! | a key without quotes | text |
//! | `007`, `+1`, `.5`, `1.` | `7`, `1`, `0.5`, `1.0` |
//! | any other word without quotes: `True`, `nan`, `inf` | text, as Storm takes it |
//! | commas before, between or behind values, with nothing between | nothing |
//! | anything behind the message's last brace, unless a `"command"` is in it | nothing |

use std::borrow::Cow;

use memchr::memmem;

use crate::scan::{json, whole};
use crate::write::json as write;
use crate::{Encoding, Limits};

/// A JSON message that could not be read, made readable: bytes that are no UTF-8 become U+FFFD, as in Storm, and what Storm's parser lets pass is written
/// as JSON has it. `None` where that is no help, and where there was nothing to mend.
pub fn mend(message: &[u8], limits: &Limits) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(message);
    if whole(Encoding::Json, text.as_bytes(), limits).is_ok() {
        return match text {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text.into_bytes()),
        };
    }
    let (repaired, end) = repair(text.as_bytes(), limits)?;
    // What stands behind may be another message, and nothing is made of two.
    let behind = text.as_bytes().get(end..).unwrap_or_default();
    memmem::find(behind, b"\"command\"")
        .is_none()
        .then_some(repaired)
}

/// The value at the front of the text, as JSON, and where it ends in the text. What is JSON already is copied.
pub(super) fn repair(text: &[u8], limits: &Limits) -> Option<(Vec<u8>, usize)> {
    let mut reader = Reader {
        text,
        at: 0,
        out: Vec::with_capacity(text.len() + text.len() / 8),
    };
    reader.value(limits.depth())?;
    Some((reader.out, reader.at))
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    out: Vec<u8>,
}

/// Each takes what stands at the front, and writes it as JSON. `None`: nothing can be made of it.
impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<()> {
        match self.next_byte()? {
            b'{' => self.nest(depth.checked_sub(1)?, b'}'),
            b'[' => self.nest(depth.checked_sub(1)?, b']'),
            quote @ (b'"' | b'\'') => self.quoted(quote),
            _ => self.word(),
        }
    }

    /// A list, or a map where `close` says so. The depth bounds how deep this recurs.
    fn nest(&mut self, depth: usize, close: u8) -> Option<()> {
        self.copy(1)?;
        let mut first = true;
        loop {
            let mut parted = first;
            while self.next_byte()? == b',' {
                self.at += 1;
                parted = true;
            }
            if self.next_byte()? == close {
                return self.copy(1);
            }
            if !parted {
                return None;
            }
            if !std::mem::take(&mut first) {
                self.out.push(b',');
            }
            if close == b'}' {
                self.key()?;
            }
            self.value(depth)?;
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Option<()> {
        match self.next_byte()? {
            quote @ (b'"' | b'\'') => self.quoted(quote)?,
            _ => {
                let key = self.bare(Some(b':'))?;
                write::quoted(key, &mut self.out);
            }
        }
        if self.next_byte()? != b':' {
            return None;
        }
        self.copy(1)
    }

    /// Text in quotes of either kind.
    fn quoted(&mut self, quote: u8) -> Option<()> {
        self.at += 1;
        self.out.push(b'"');
        loop {
            let plain = self.plain_end(quote) - self.at;
            self.copy(plain)?;
            match *self.text.get(self.at)? {
                byte if byte == quote => break,
                b'\\' => self.escape()?,
                byte => {
                    write::escape(byte, &mut self.out);
                    self.at += 1;
                }
            }
        }
        self.at += 1;
        self.out.push(b'"');
        Some(())
    }

    /// The offset of the next byte that cannot be copied.
    fn plain_end(&self, quote: u8) -> usize {
        let end = json::plain_end(self.text, self.at);
        let plain = self.text.get(self.at..end).unwrap_or_default();
        match quote {
            b'"' => end,
            _ => memchr::memchr(quote, plain).map_or(end, |len| self.at + len),
        }
    }

    fn escape(&mut self) -> Option<()> {
        let is_hex = |digits: Option<&[u8]>| {
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        let after = self.at + 2;
        match *self.text.get(self.at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.copy(2),
            b'u' if is_hex(self.text.get(after..after + 4)) => self.copy(6),
            b'x' if is_hex(self.text.get(after..after + 2)) => {
                self.out.extend_from_slice(br"\u00");
                self.at = after;
                self.copy(2)
            }
            b'\'' => {
                self.out.push(b'\'');
                self.at = after;
                Some(())
            }
            _ => {
                self.out.extend_from_slice(br"\\");
                self.at += 1;
                Some(())
            }
        }
    }

    /// A word or number without quotes.
    fn word(&mut self) -> Option<()> {
        let word = self.bare(None)?;
        if whole(Encoding::Json, word, &Limits::default()).is_ok() {
            self.out.extend_from_slice(word);
        } else if let Some(number) = number(word) {
            self.out.extend_from_slice(&number);
        } else {
            write::quoted(word, &mut self.out);
        }
        Some(())
    }

    /// The letters up to a blank, a comma, a closing bracket or `end`. Other brackets and double quotes in between show that something is missing.
    fn bare(&mut self, end: Option<u8>) -> Option<&'a [u8]> {
        let rest = self.text.get(self.at..)?;
        let ends =
            |byte: u8| byte <= b' ' || matches!(byte, b',' | b']' | b'}') || Some(byte) == end;
        let len = rest.iter().position(|byte| ends(*byte))?;
        let word = rest.get(..len)?;
        self.at += len;
        let sound = |byte: &u8| !matches!(byte, b'"' | b'[' | b'{');
        (len > 0 && word.iter().all(sound)).then_some(word)
    }

    /// The next byte that is no blank, which is at the front then.
    fn next_byte(&mut self) -> Option<u8> {
        self.at = json::blanks(self.text, self.at);
        self.text.get(self.at).copied()
    }

    fn copy(&mut self, len: usize) -> Option<()> {
        let end = self.at + len;
        self.out.extend_from_slice(self.text.get(self.at..end)?);
        self.at = end;
        Some(())
    }
}

/// A number that only lacks JSON's form: it may have a plus, zeros before it, and no digit before or behind its point.
fn number(word: &[u8]) -> Option<Vec<u8>> {
    let (sign, rest) = match word {
        [b'-', rest @ ..] => (&b"-"[..], rest),
        [b'+', rest @ ..] => (&b""[..], rest),
        rest => (&b""[..], rest),
    };
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole_part, rest) = rest.split_at_checked(digits(rest))?;
    let (fraction, exponent) = match rest {
        [b'.', rest @ ..] => {
            let (fraction, exponent) = rest.split_at_checked(digits(rest))?;
            (Some(fraction), exponent)
        }
        rest => (None, rest),
    };
    if whole_part.is_empty() && fraction.is_none_or(<[u8]>::is_empty) {
        return None;
    }
    let zeros = whole_part.iter().take_while(|byte| **byte == b'0').count();
    let mut out = sign.to_vec();
    match whole_part.get(zeros..).unwrap_or_default() {
        [] => out.push(b'0'),
        digits => out.extend_from_slice(digits),
    }
    if let Some(fraction) = fraction {
        out.push(b'.');
        out.extend_from_slice(if fraction.is_empty() { b"0" } else { fraction });
    }
    out.extend_from_slice(exponent);
    whole(Encoding::Json, &out, &Limits::default())
        .is_ok()
        .then_some(out)
}

#[cfg(test)]
mod tests;
