//! Walks over JSON text. Strict as RFC 8259, but for `NaN`, `Infinity` and `-Infinity`.

use super::ScanError;
use crate::Limits;

/// The offset after the JSON value that begins at `at`, blanks before it allowed.
#[inline]
pub(crate) fn skip(buf: &[u8], at: usize, depth: usize) -> Result<usize, ScanError> {
    let at = blanks(buf, at);
    match buf.get(at) {
        Some(b'"') => string(buf, at + 1),
        Some(b'[' | b'{') => nested(buf, at, depth),
        _ => scalar(buf, at),
    }
}

/// The offset after `n` values that stand from `at` on with a single comma between them, and nothing else.
/// `None` where there are blanks, or something that is neither: whoever walks value by value finds out.
#[inline]
pub(crate) fn skip_many(
    buf: &[u8],
    mut at: usize,
    n: usize,
    depth: usize,
) -> Result<Option<usize>, ScanError> {
    for more in (0..n).rev() {
        at = match buf.get(at) {
            Some(b'"') => string(buf, at + 1)?,
            Some(b' ' | b'\n' | b'\r' | b'\t' | b']') => return Ok(None),
            _ => skip(buf, at, depth)?,
        };
        if more > 0 {
            match buf.get(at) {
                Some(b',') => at += 1,
                _ => return Ok(None),
            }
        }
    }
    Ok(Some(at))
}

/// The offset of the first byte from `at` on that is no blank.
#[inline]
pub(crate) fn blanks(buf: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\n' | b'\r' | b'\t') = buf.get(at) {
        at += 1;
    }
    at
}

/// The bytes without blanks around them.
#[inline]
pub(crate) fn trim(bytes: &[u8]) -> &[u8] {
    let mut rest = bytes;
    while let [b' ' | b'\n' | b'\r' | b'\t', tail @ ..] = rest {
        rest = tail;
    }
    while let [head @ .., b' ' | b'\n' | b'\r' | b'\t'] = rest {
        rest = head;
    }
    rest
}

/// The offset after the closing quote; `at` stands behind the opening one.
#[inline]
pub(crate) fn string(buf: &[u8], mut at: usize) -> Result<usize, ScanError> {
    loop {
        at = plain_end(buf, at);
        match buf.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape(buf, at)?,
            Some(_) => {
                return Err(ScanError::malformed(
                    at,
                    "a control character stands unescaped in text",
                ));
            }
            None => return Err(ScanError::Cut),
        }
    }
}

/// The offset of the first `"`, `\` or control character from `at` on, or the end.
///
/// Eight bytes at a time, which beats `memchr2` on the short texts that most fields hold, and sees control characters too.
#[inline]
pub(crate) fn plain_end(buf: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = buf.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let hits = specials(u64::from_le_bytes(*chunk));
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = buf.get(at) {
        if byte < 0x20 || byte == b'"' || byte == b'\\' {
            break;
        }
        at += 1;
    }
    at
}

/// Sets the top bit of each byte that is `"`, `\` or below 0x20. A borrow can only spoil bytes above a true hit, so the lowest one is right.
#[inline]
fn specials(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let quote = word ^ (ONES * b'"' as u64);
    let slash = word ^ (ONES * b'\\' as u64);
    let hits = (quote.wrapping_sub(ONES) & !quote)
        | (slash.wrapping_sub(ONES) & !slash)
        | (word.wrapping_sub(ONES * 0x20) & !word);
    hits & (ONES * 0x80)
}

/// The offset after the escape that begins at `at`.
#[cold]
fn escape(buf: &[u8], at: usize) -> Result<usize, ScanError> {
    match buf.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            for digit in at + 2..at + 6 {
                match buf.get(digit) {
                    Some(byte) if byte.is_ascii_hexdigit() => {}
                    Some(_) => {
                        return Err(ScanError::malformed(
                            at,
                            "`\\u` is not followed by four hexadecimal digits",
                        ));
                    }
                    None => return Err(ScanError::Cut),
                }
            }
            Ok(at + 6)
        }
        Some(_) => Err(ScanError::malformed(
            at,
            "text has an escape that JSON does not know",
        )),
        None => Err(ScanError::Cut),
    }
}

/// Numbers and the bare words.
#[inline]
fn scalar(buf: &[u8], at: usize) -> Result<usize, ScanError> {
    match buf.get(at) {
        Some(b'0'..=b'9') => unsigned(buf, at),
        Some(b'-') => match buf.get(at + 1) {
            Some(b'I') => word(buf, at + 1, b"Infinity"),
            _ => unsigned(buf, at + 1),
        },
        Some(b'n') => word(buf, at, b"null"),
        Some(b't') => word(buf, at, b"true"),
        Some(b'f') => word(buf, at, b"false"),
        Some(b'N') => word(buf, at, b"NaN"),
        Some(b'I') => word(buf, at, b"Infinity"),
        Some(_) => Err(ScanError::malformed(at, "no JSON value begins like this")),
        None => Err(ScanError::Cut),
    }
}

#[inline]
fn unsigned(buf: &[u8], mut at: usize) -> Result<usize, ScanError> {
    // JSON has no leading zeros: whatever follows a `0` but a point or an exponent is for the caller to refuse.
    at = match buf.get(at) {
        Some(b'0') => at + 1,
        _ => digits(buf, at)?,
    };
    if let Some(b'.') = buf.get(at) {
        at = digits(buf, at + 1)?;
    }
    if let Some(b'e' | b'E') = buf.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = buf.get(at) {
            at += 1;
        }
        at = digits(buf, at)?;
    }
    Ok(at)
}

/// One digit or more.
#[inline]
fn digits(buf: &[u8], start: usize) -> Result<usize, ScanError> {
    let mut at = start;
    while let Some(b'0'..=b'9') = buf.get(at) {
        at += 1;
    }
    if at > start {
        Ok(at)
    } else if at >= buf.len() {
        Err(ScanError::Cut)
    } else {
        Err(ScanError::malformed(at, "a number lacks a digit"))
    }
}

fn word(buf: &[u8], at: usize, word: &'static [u8]) -> Result<usize, ScanError> {
    let rest = buf.get(at..).unwrap_or_default();
    if rest.starts_with(word) {
        Ok(at + word.len())
    } else if word.starts_with(rest) {
        Err(ScanError::Cut)
    } else {
        Err(ScanError::malformed(at, "no JSON value begins like this"))
    }
}

/// Which of the open brackets are maps, one bit each.
struct Open {
    maps: [u64; Limits::MAX_DEPTH / 64],
    depth: usize,
}

impl Open {
    #[inline]
    fn push(&mut self, map: bool, limit: usize) -> Result<(), ScanError> {
        if self.depth >= limit {
            return Err(ScanError::TooDeep { limit });
        }
        if let Some(bits) = self.maps.get_mut(self.depth / 64) {
            let bit = 1 << (self.depth % 64);
            *bits = if map { *bits | bit } else { *bits & !bit };
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn is_map(&self) -> bool {
        let top = self.depth.wrapping_sub(1);
        self.maps
            .get(top / 64)
            .is_some_and(|bits| bits & (1 << (top % 64)) != 0)
    }
}

/// The offset after the list or map that begins at `at`. A loop rather than recursion: any depth that is allowed costs no stack.
fn nested(buf: &[u8], mut at: usize, limit: usize) -> Result<usize, ScanError> {
    let mut open = Open {
        maps: [0; Limits::MAX_DEPTH / 64],
        depth: 0,
    };
    'value: loop {
        at = blanks(buf, at);
        match buf.get(at) {
            Some(b'"') => at = string(buf, at + 1)?,
            Some(b'[') => {
                open.push(false, limit)?;
                at = blanks(buf, at + 1);
                if buf.get(at) != Some(&b']') {
                    continue 'value;
                }
            }
            Some(b'{') => {
                open.push(true, limit)?;
                at = blanks(buf, at + 1);
                if buf.get(at) != Some(&b'}') {
                    at = key(buf, at)?;
                    continue 'value;
                }
            }
            _ => at = scalar(buf, at)?,
        }
        // Here a value has ended, or the bracket that was just opened is about to be closed.
        while open.depth > 0 {
            at = blanks(buf, at);
            match (buf.get(at), open.is_map()) {
                (Some(b','), false) => {
                    at += 1;
                    continue 'value;
                }
                (Some(b','), true) => {
                    at = key(buf, at + 1)?;
                    continue 'value;
                }
                (Some(b']'), false) | (Some(b'}'), true) => {
                    at += 1;
                    open.depth -= 1;
                }
                (None, _) => return Err(ScanError::Cut),
                (Some(_), false) => return Err(ScanError::malformed(at, "`,` or `]` is missing")),
                (Some(_), true) => return Err(ScanError::malformed(at, "`,` or `}` is missing")),
            }
        }
        return Ok(at);
    }
}

/// The offset after a key and its colon, blanks before it allowed.
#[inline]
pub(crate) fn key(buf: &[u8], at: usize) -> Result<usize, ScanError> {
    let at = blanks(buf, at);
    match buf.get(at) {
        Some(b'"') => colon(buf, string(buf, at + 1)?),
        Some(_) => Err(ScanError::malformed(
            at,
            "a key in double quotes is missing",
        )),
        None => Err(ScanError::Cut),
    }
}

/// The offset after the colon behind a key, blanks before it allowed.
#[inline]
pub(crate) fn colon(buf: &[u8], at: usize) -> Result<usize, ScanError> {
    let at = blanks(buf, at);
    match buf.get(at) {
        Some(b':') => Ok(at + 1),
        Some(_) => Err(ScanError::malformed(at, "`:` is missing after a key")),
        None => Err(ScanError::Cut),
    }
}
