//! One message taken apart: which members it has, each still encoded. The readers of single members stand here too.

use std::borrow::Cow;

use crate::cursor::{Cursor, Head};
use crate::preview::{preview, shorten_bytes};
use crate::{Column, Encoding, Limits, ProtocolError, ScanError};

/// How much of an offending message or member an error shows, in bytes.
pub(super) const SHOWN: usize = 120;

/// The members that any command uses, as raw values. The last one of a name counts, as in every JSON library.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) command: Option<&'a [u8]>,
    pub(super) pid: Option<&'a [u8]>,
    pub(super) stormhost: Option<&'a [u8]>,
    /// The raw list, and how many values it has; the count is `None` if it is no list.
    pub(super) tuple: Option<(&'a [u8], Option<usize>)>,
    pub(super) stream: Option<&'a [u8]>,
    pub(super) id: Option<&'a [u8]>,
    pub(super) anchors: Option<&'a [u8]>,
    pub(super) task: Option<&'a [u8]>,
    pub(super) need_task_ids: Option<&'a [u8]>,
    pub(super) msg: Option<&'a [u8]>,
    pub(super) level: Option<&'a [u8]>,
    pub(super) name: Option<&'a [u8]>,
    pub(super) params: Option<&'a [u8]>,
}

impl<'a> Members<'a> {
    /// Walks over the object once. Members that nobody knows are walked over and ignored.
    pub(super) fn read(
        encoding: Encoding,
        bytes: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, ProtocolError> {
        // MessagePack from old Python may hold bytes as text, so there only what is read is checked.
        if encoding == Encoding::Json && std::str::from_utf8(bytes).is_err() {
            return Err(ProtocolError::NotUtf8 {
                beginning: shorten_bytes(bytes, SHOWN),
            });
        }
        let mut members = Self::default();
        let beginning = || preview(encoding, bytes, SHOWN);
        match members.walk(encoding, bytes, limits) {
            Ok(true) => Ok(members),
            Ok(false) => Err(ProtocolError::NotAnObject {
                beginning: beginning(),
            }),
            Err(cause) => Err(ProtocolError::Malformed {
                cause,
                beginning: beginning(),
            }),
        }
    }

    /// Whether there is anything that is said to the host only. JSON that somebody prints for himself may well have an `id`, a `msg` or a `level`.
    pub(super) fn are_of_a_message(&self) -> bool {
        let said = [
            self.command,
            self.pid,
            self.anchors,
            self.task,
            self.need_task_ids,
            self.stormhost,
        ];
        self.tuple.is_some() || said.iter().any(Option::is_some)
    }

    /// Takes the members as they come; those before an error are there. `false` if this is no object.
    pub(super) fn walk(
        &mut self,
        encoding: Encoding,
        bytes: &'a [u8],
        limits: &Limits,
    ) -> Result<bool, ScanError> {
        let mut cursor = Cursor::new(encoding, bytes, limits);
        let Head::Map(mut nest) = cursor.head()? else {
            return Ok(false);
        };
        while cursor.more(&mut nest)? {
            let key = cursor.skip()?;
            cursor.colon()?;
            let slot = match plain_key(encoding, key).as_ref() {
                b"tuple" => {
                    self.tuple = Some(tuple(&mut cursor)?);
                    continue;
                }
                b"command" => &mut self.command,
                b"pid" => &mut self.pid,
                b"stormhost" => &mut self.stormhost,
                b"stream" => &mut self.stream,
                b"id" => &mut self.id,
                b"anchors" => &mut self.anchors,
                b"task" => &mut self.task,
                b"need_task_ids" => &mut self.need_task_ids,
                b"msg" => &mut self.msg,
                b"level" => &mut self.level,
                b"name" => &mut self.name,
                b"params" => &mut self.params,
                _ => {
                    cursor.skip()?;
                    continue;
                }
            };
            *slot = Some(cursor.skip()?);
        }
        cursor.finish()?;
        Ok(true)
    }
}

/// A list is counted while it is walked over, so that nobody needs to walk over it again for that.
fn tuple<'a>(cursor: &mut Cursor<'a>) -> Result<(&'a [u8], Option<usize>), ScanError> {
    let start = cursor.offset();
    if !cursor.at_list() {
        return Ok((cursor.skip()?, None));
    }
    let mut count = 0;
    if let Head::List(mut nest) = cursor.head()? {
        while cursor.more(&mut nest)? {
            cursor.skip()?;
            count += 1;
        }
    }
    Ok((cursor.since(start), Some(count)))
}

/// A key's letters. Hardly anybody escapes them, so the common case is a slice.
#[inline]
fn plain_key(encoding: Encoding, key: &[u8]) -> Cow<'_, [u8]> {
    match (encoding, key) {
        (Encoding::Json, [b'"', inner @ .., b'"']) if !inner.contains(&b'\\') => {
            Cow::Borrowed(inner)
        }
        (Encoding::Msgpack, [0xa0..=0xbf, inner @ ..]) => Cow::Borrowed(inner),
        _ => bytes_of(encoding, key).unwrap_or_default(),
    }
}

fn head(encoding: Encoding, value: &[u8]) -> Option<Head<'_>> {
    let limits = Limits::default();
    Cursor::new(encoding, value, &limits).head().ok()
}

fn bytes_of(encoding: Encoding, value: &[u8]) -> Option<Cow<'_, [u8]>> {
    match head(encoding, value)? {
        Head::Text(text) => Some(text.bytes()),
        Head::Bytes(bytes) => Some(Cow::Borrowed(bytes)),
        _ => None,
    }
}

/// Text, or MessagePack's bytes that are text; some old Python packs them so.
pub(super) fn text(encoding: Encoding, value: &[u8]) -> Option<Cow<'_, str>> {
    match head(encoding, value)? {
        Head::Text(text) => match encoding {
            Encoding::Json => Some(text.lossy()),
            Encoding::Msgpack => text.strict().ok(),
        },
        Head::Bytes(bytes) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        _ => None,
    }
}

/// Text, or an integer's digits: ids are text, but some libraries hold them as numbers.
pub(super) fn id(encoding: Encoding, value: &[u8]) -> Option<Cow<'_, str>> {
    match head(encoding, value)? {
        Head::Int(number) => Some(Cow::Owned(number.to_string())),
        Head::Unsigned(number) => Some(Cow::Owned(number.to_string())),
        Head::BigInt(digits) => Some(Cow::Borrowed(digits)),
        _ => text(encoding, value),
    }
}

/// Ids of tuples: a list of them, or one that stands alone.
pub(super) fn ids(encoding: Encoding, value: &[u8]) -> Option<Vec<Cow<'_, str>>> {
    if let Some(single) = id(encoding, value) {
        return Some(vec![single]);
    }
    Column::open(encoding, value, &Limits::default())
        .ok()?
        .map(|anchor| id(encoding, anchor.ok()?))
        .collect()
}

/// An integer, or a float that is whole: Lua's and JavaScript's numbers may come as either.
pub(super) fn integer(encoding: Encoding, value: &[u8]) -> Option<i64> {
    match head(encoding, value)? {
        Head::Int(number) => Some(number),
        Head::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
        _ => None,
    }
}

pub(super) fn boolean(encoding: Encoding, value: &[u8]) -> Option<bool> {
    match head(encoding, value)? {
        Head::Bool(value) => Some(value),
        _ => None,
    }
}

/// The same, but `None` where null stands: for members in which null means as much as nothing.
pub(super) fn present(encoding: Encoding, value: Option<&[u8]>) -> Option<&[u8]> {
    value.filter(|value| match encoding {
        Encoding::Json => *value != b"null",
        Encoding::Msgpack => *value != [0xc0],
    })
}
