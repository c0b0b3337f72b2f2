//! Where does a value end? Walks over encoded values without decoding them.
//!
//! This runs for every field of every tuple, so it allocates nothing for scalars and decodes nothing at all.
//! Structure is checked to the last byte; whether text is UTF-8 is not asked here, but where text is read.

pub(crate) mod json;
pub(crate) mod msgpack;

use crate::{Encoding, Limits};

/// Why the end of a value was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The bytes end before the value does: more may come.
    #[error("the value is cut off")]
    Cut,
    /// No bytes that follow could make this a value.
    #[error("at byte {at}: {why}")]
    Malformed {
        /// Offset of the offending byte in the buffer that was walked.
        at: usize,
        /// What is wrong there.
        why: &'static str,
    },
    /// Lists and maps stand inside one another deeper than allowed.
    #[error("lists and maps are nested more than {limit} deep")]
    TooDeep {
        /// The depth that was allowed.
        limit: usize,
    },
}

impl ScanError {
    #[cold]
    pub(crate) fn malformed(at: usize, why: &'static str) -> Self {
        Self::Malformed { at, why }
    }
}

/// Finds the end of the value that begins at `buf[at]`, and returns the offset after it.
///
/// JSON values may have blanks before them. A JSON number that reaches the end of `buf` counts as complete, since nothing in it says otherwise.
/// The bare words `NaN`, `Infinity` and `-Infinity`, which Python's json writes, count as JSON values.
///
/// # Errors
/// [`ScanError`] tells a value that is cut off from one that is malformed or too deep.
#[inline]
pub fn skip(
    encoding: Encoding,
    buf: &[u8],
    at: usize,
    limits: &Limits,
) -> Result<usize, ScanError> {
    match encoding {
        Encoding::Json => json::skip(buf, at, limits.depth()),
        Encoding::Msgpack => msgpack::skip(buf, at, limits.depth()),
    }
}

/// Checks that `bytes` are exactly one value, and returns it without the blanks that JSON allows around it.
///
/// # Errors
/// As [`skip`]; bytes after the value are malformed.
pub fn whole<'a>(
    encoding: Encoding,
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<&'a [u8], ScanError> {
    let value = trim(encoding, bytes);
    let end = skip(encoding, value, 0, limits)?;
    if end == value.len() {
        Ok(value)
    } else {
        Err(ScanError::malformed(end, "more bytes follow the value"))
    }
}

/// The same bytes without the blanks around them, in JSON; as they are in MessagePack, where every byte counts.
#[inline]
pub fn trim(encoding: Encoding, bytes: &[u8]) -> &[u8] {
    match encoding {
        Encoding::Json => json::trim(bytes),
        Encoding::Msgpack => bytes,
    }
}

#[cfg(test)]
mod tests;
