//! The hash of fields, for fields grouping: the same for the same values from any language, in either encoding, for ever.
//!
//! The rules, and vectors to check other implementations by, stand in `PROTOCOL.md` under "Keys". The kind of a value goes into the hash's seed
//! rather than in front of its bytes, so that plain text, which most keys are, is hashed where it lies.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::cursor::{Cursor, Head};
use crate::scan::{self, ScanError};
use crate::{Encoding, Limits};

/// The letters `stormkey`. Each [`Kind`] adds its number to it.
const SEED: u64 = u64::from_be_bytes(*b"stormkey");

/// What a hash is of.
#[derive(Clone, Copy)]
enum Kind {
    Null = 0,
    Bool = 1,
    Int = 2,
    Unsigned = 3,
    BigInt = 4,
    Float = 5,
    Text = 6,
    Bytes = 7,
    Extension = 8,
    List = 9,
    Map = 10,
    Entry = 11,
    Fields = 12,
}

/// Hashes the values of the fields that a grouping names, each given as its encoded bytes, in the order of the grouping.
///
/// # Errors
/// [`ScanError`] if a field's bytes are not exactly one value. Every value has a hash, also those that cannot be translated.
#[inline]
pub fn hash_fields<'a>(
    encoding: Encoding,
    fields: impl IntoIterator<Item = &'a [u8]>,
) -> Result<u64, ScanError> {
    let mut fields = fields.into_iter();
    let Some(first) = fields.next() else {
        return Ok(Fold::default().end(Kind::Fields));
    };
    let hash = hash_value(encoding, first)?;
    let Some(second) = fields.next() else {
        return Ok(hash);
    };
    let mut fold = Fold::default();
    fold.push(hash);
    fold.push(hash_value(encoding, second)?);
    for field in fields {
        fold.push(hash_value(encoding, field)?);
    }
    Ok(fold.end(Kind::Fields))
}

/// Hashes one value. The same as [`hash_fields`] of that one field.
///
/// # Errors
/// As [`hash_fields`].
#[inline]
pub fn hash_value(encoding: Encoding, value: &[u8]) -> Result<u64, ScanError> {
    match plain_text(encoding, value) {
        Some(text) => Ok(hash(Kind::Text, text)),
        None => hash_decoded(encoding, value),
    }
}

/// Hashes text that stands by itself, in no encoding: as [`hash_value`] of it as a value.
#[inline]
pub fn hash_text(text: &[u8]) -> u64 {
    hash(Kind::Text, text)
}

/// Which of `tasks` tasks a hash belongs to, counted from 0; 0 if there are none.
#[inline]
pub fn task_index(hash: u64, tasks: usize) -> usize {
    hash.checked_rem(tasks as u64).unwrap_or(0) as usize
}

/// The text itself, where the value is text that needs no decoding.
#[inline]
fn plain_text(encoding: Encoding, value: &[u8]) -> Option<&[u8]> {
    match (encoding, value) {
        (Encoding::Json, [b'"', rest @ ..]) => {
            let (text, quote) = rest.split_at_checked(scan::json::plain_end(rest, 0))?;
            (quote == b"\"").then_some(text)
        }
        (Encoding::Msgpack, [lead @ 0xa0..=0xbf, text @ ..]) => {
            (text.len() == (lead & 0x1f) as usize).then_some(text)
        }
        (Encoding::Msgpack, [0xd9, len, text @ ..]) => {
            (text.len() == *len as usize).then_some(text)
        }
        _ => None,
    }
}

fn hash_decoded(encoding: Encoding, value: &[u8]) -> Result<u64, ScanError> {
    // The walk that found this value has held it to the limits of its component, which may be wider than the default.
    let limits = Limits {
        depth: Limits::MAX_DEPTH,
        ..Limits::default()
    };
    let mut cursor = Cursor::new(encoding, value, &limits);
    let hash = next(&mut cursor)?;
    cursor.finish()?;
    Ok(hash)
}

fn next(cursor: &mut Cursor<'_>) -> Result<u64, ScanError> {
    Ok(match cursor.head()? {
        Head::Null => hash(Kind::Null, &[]),
        Head::Bool(value) => hash(Kind::Bool, &[value.into()]),
        Head::Int(value) => hash(Kind::Int, &value.to_le_bytes()),
        Head::Unsigned(value) => hash(Kind::Unsigned, &value.to_le_bytes()),
        Head::BigInt(digits) => hash(Kind::BigInt, digits.as_bytes()),
        Head::Float(value) => float(value),
        Head::Text(text) => hash(Kind::Text, &text.bytes()),
        Head::Bytes(bytes) => hash(Kind::Bytes, bytes),
        Head::Extension(kind, data) => {
            let hashes = [
                hash(Kind::Int, &i64::from(kind).to_le_bytes()),
                hash(Kind::Bytes, data),
            ];
            pair(Kind::Extension, hashes)
        }
        Head::List(mut nest) => {
            let mut fold = Fold::default();
            while cursor.more(&mut nest)? {
                fold.push(next(cursor)?);
            }
            fold.end(Kind::List)
        }
        Head::Map(mut nest) => {
            // A sum, since the order of entries means nothing.
            let (mut sum, mut entries) = (0u64, 0u64);
            while cursor.more(&mut nest)? {
                let key = next(cursor)?;
                cursor.colon()?;
                sum = sum.wrapping_add(pair(Kind::Entry, [key, next(cursor)?]));
                entries += 1;
            }
            pair(Kind::Map, [sum, entries])
        }
    })
}

/// Whole floats are integers: Lua and JavaScript know no difference, and Python says `1 == 1.0`.
fn float(value: f64) -> u64 {
    const BEYOND_INT: f64 = 9_223_372_036_854_775_808.0; // 2^63
    const BEYOND_UNSIGNED: f64 = 18_446_744_073_709_551_616.0; // 2^64
    if value.is_nan() {
        // One NaN for all: its sign and payload do not survive every language.
        return hash(Kind::Float, &f64::NAN.to_bits().to_le_bytes());
    }
    if value.fract() == 0.0 {
        if (-BEYOND_INT..BEYOND_INT).contains(&value) {
            return hash(Kind::Int, &(value as i64).to_le_bytes());
        }
        if (BEYOND_INT..BEYOND_UNSIGNED).contains(&value) {
            return hash(Kind::Unsigned, &(value as u64).to_le_bytes());
        }
    }
    hash(Kind::Float, &value.to_bits().to_le_bytes())
}

#[inline]
fn hash(kind: Kind, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, SEED + kind as u64)
}

/// The hash of two numbers, 16 bytes little-endian.
fn pair(kind: Kind, [first, second]: [u64; 2]) -> u64 {
    hash(
        kind,
        &(u128::from(first) | u128::from(second) << 64).to_le_bytes(),
    )
}

/// Hashes of a row of values, one after another.
#[derive(Default)]
struct Fold {
    hash: u64,
    count: u64,
}

impl Fold {
    fn push(&mut self, value: u64) {
        self.hash = pair(Kind::Fields, [self.hash, value]);
        self.count += 1;
    }

    fn end(self, kind: Kind) -> u64 {
        pair(kind, [self.hash, self.count])
    }
}

#[cfg(test)]
mod tests;
