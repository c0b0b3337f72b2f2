//! The one place where JSON and MessagePack meet.
//!
//! What both can say is carried over exactly. What only one can say is refused, with words for whoever wrote the component. `PROTOCOL.md` has the rules under "Values".

use crate::cursor::{Cursor, Head};
use crate::scan::ScanError;
use crate::text::{Text, TextFault};
use crate::write;
use crate::{Encoding, Limits, preview};

/// Why a value cannot be said in the other encoding.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    /// An integer that does not fit 64 bits.
    #[error(
        "the integer {digits} is too large: both encodings agree on 64 bits only. Send it as text"
    )]
    Integer {
        /// Its digits, shortened if there are many.
        digits: String,
    },
    /// NaN, an infinity, or digits past the largest float.
    #[error(
        "{value} is no finite number, which is all that JSON and MessagePack share. Send null or text instead"
    )]
    NotFinite {
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
    /// MessagePack's bytes.
    #[error(
        "{len} bytes of binary data have no form in JSON. Send them as base64 text, or use MessagePack at both ends"
    )]
    Bytes {
        /// How many.
        len: usize,
    },
    /// MessagePack's extension types, timestamps among them.
    #[error(
        "a MessagePack extension of type {kind} has no form in JSON. Send it as text or as numbers"
    )]
    Extension {
        /// Its type; -1 is a timestamp.
        kind: i8,
    },
    /// A map with a key that is not text.
    #[error("the map key {key} is no text, and JSON allows no other. Make it text")]
    Key {
        /// The key as it was sent.
        key: String,
    },
    /// Text that is not UTF-8.
    #[error(
        "the text {text:?} is not UTF-8. Decode it first, or send it as bytes between MessagePack components"
    )]
    NotUtf8 {
        /// Its beginning, with U+FFFD where it is no text.
        text: String,
    },
    /// Half of a surrogate pair, `\ud800` to `\udfff`, on its own.
    #[error(
        "the text {text:?} has half of a surrogate pair, which is no character. Was it cut in two, or read with errors='surrogateescape'?"
    )]
    LoneSurrogate {
        /// Its beginning, with U+FFFD in place of the half.
        text: String,
    },
    /// The bytes are not one whole value at all, or too deep.
    #[error(transparent)]
    Unreadable(#[from] ScanError),
}

/// How much of an offending value an error shows, in bytes.
const SHOWN: usize = 60;

/// Writes one value in another encoding behind `out`. Between equal encodings the bytes are copied unseen.
///
/// # Errors
/// [`Untranslatable`] says what has no counterpart. `out` is then as it was.
pub fn transcode(
    from: Encoding,
    to: Encoding,
    value: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), Untranslatable> {
    if from == to {
        out.extend_from_slice(value);
        return Ok(());
    }
    let before = out.len();
    // The walk that found this value has held it to the limits of its component, which may be wider than the default.
    let limits = Limits {
        depth: Limits::MAX_DEPTH,
        ..Limits::default()
    };
    let mut cursor = Cursor::new(from, value, &limits);
    let done = match to {
        Encoding::Json => to_json(&mut cursor, out),
        Encoding::Msgpack => to_msgpack(&mut cursor, out),
    };
    done.and_then(|()| Ok(cursor.finish()?))
        .inspect_err(|_| out.truncate(before))
}

fn to_json(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Untranslatable> {
    match cursor.head()? {
        Head::Null => out.extend_from_slice(b"null"),
        Head::Bool(true) => out.extend_from_slice(b"true"),
        Head::Bool(false) => out.extend_from_slice(b"false"),
        Head::Int(value) => write::json::integer(value, out),
        Head::Unsigned(value) => write::json::integer(value, out),
        Head::BigInt(digits) => return Err(too_large(digits)),
        Head::Float(value) => write::json::float(finite(value)?, out),
        Head::Text(text) => write::json::text(&read(text)?, out),
        Head::Bytes(bytes) => return Err(Untranslatable::Bytes { len: bytes.len() }),
        Head::Extension(kind, _) => return Err(Untranslatable::Extension { kind }),
        Head::List(mut nest) => {
            out.push(b'[');
            let mut comma = false;
            while cursor.more(&mut nest)? {
                if std::mem::replace(&mut comma, true) {
                    out.push(b',');
                }
                to_json(cursor, out)?;
            }
            out.push(b']');
        }
        Head::Map(mut nest) => {
            out.push(b'{');
            let mut comma = false;
            while cursor.more(&mut nest)? {
                if std::mem::replace(&mut comma, true) {
                    out.push(b',');
                }
                write::json::text(&read(key(cursor)?)?, out);
                cursor.colon()?;
                out.push(b':');
                to_json(cursor, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn to_msgpack(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Untranslatable> {
    match cursor.head()? {
        Head::Null => write::msgpack::nil(out),
        Head::Bool(value) => write::msgpack::boolean(value, out),
        Head::Int(value) => write::msgpack::integer(value, out),
        Head::Unsigned(value) => write::msgpack::unsigned(value, out),
        Head::BigInt(digits) => return Err(too_large(digits)),
        Head::Float(value) => write::msgpack::float(finite(value)?, out),
        Head::Text(text) => write::msgpack::text(&read(text)?, out),
        Head::Bytes(bytes) => return Err(Untranslatable::Bytes { len: bytes.len() }),
        Head::Extension(kind, _) => return Err(Untranslatable::Extension { kind }),
        Head::List(mut nest) => {
            let list = write::msgpack::Open::list(out);
            let mut len = 0;
            while cursor.more(&mut nest)? {
                to_msgpack(cursor, out)?;
                len += 1;
            }
            list.close(len, out);
        }
        Head::Map(mut nest) => {
            let map = write::msgpack::Open::map(out);
            let mut len = 0;
            while cursor.more(&mut nest)? {
                write::msgpack::text(&read(key(cursor)?)?, out);
                cursor.colon()?;
                to_msgpack(cursor, out)?;
                len += 1;
            }
            map.close(len, out);
        }
    }
    Ok(())
}

fn key<'a>(cursor: &mut Cursor<'a>) -> Result<Text<'a>, Untranslatable> {
    let key = match cursor.head()? {
        Head::Text(text) => return Ok(text),
        Head::Null => "null".to_owned(),
        Head::Bool(value) => value.to_string(),
        Head::Int(value) => value.to_string(),
        Head::Unsigned(value) => value.to_string(),
        Head::BigInt(digits) => digits.to_owned(),
        Head::Float(value) => value.to_string(),
        Head::Bytes(bytes) => format!("<{} bytes>", bytes.len()),
        Head::Extension(kind, _) => format!("<extension {kind}>"),
        Head::List(_) => "<list>".to_owned(),
        Head::Map(_) => "<map>".to_owned(),
    };
    Err(Untranslatable::Key { key })
}

fn finite(value: f64) -> Result<f64, Untranslatable> {
    if value.is_finite() {
        Ok(value)
    } else {
        let value = value.to_string();
        Err(Untranslatable::NotFinite { value })
    }
}

fn too_large(digits: &str) -> Untranslatable {
    Untranslatable::Integer {
        digits: preview::shorten(digits, SHOWN),
    }
}

fn read(text: Text<'_>) -> Result<std::borrow::Cow<'_, str>, Untranslatable> {
    text.strict().map_err(|fault| {
        let text = preview::shorten(&text.lossy(), SHOWN);
        match fault {
            TextFault::NotUtf8 => Untranslatable::NotUtf8 { text },
            TextFault::LoneSurrogate => Untranslatable::LoneSurrogate { text },
        }
    })
}

#[cfg(test)]
mod tests;
