//! Reads one value piece by piece, the same way in either encoding. What decodes values (transcoding, keys, previews) stands on this.

use crate::scan::{self, ScanError};
use crate::text::Text;
use crate::{Encoding, Limits};

/// A scalar, or the beginning of a list or map.
#[derive(Debug)]
pub(crate) enum Head<'a> {
    Null,
    Bool(bool),
    /// An integer that fits 64 bits with a sign.
    Int(i64),
    /// An integer that fits 64 bits only without a sign.
    Unsigned(u64),
    /// Decimal digits, perhaps with a sign, that fit neither. JSON only.
    BigInt(&'a str),
    /// A number written with a point or an exponent, or one of the words for those that are not finite.
    Float(f64),
    Text(Text<'a>),
    /// MessagePack only.
    Bytes(&'a [u8]),
    /// MessagePack only: the type, then the data, as they stand on the wire.
    Extension(i8, &'a [u8]),
    List(Nest),
    Map(Nest),
}

/// A list or map that is being read. Handed to [`Cursor::more`] until that says no.
#[derive(Debug)]
pub(crate) struct Nest {
    map: bool,
    first: bool,
    /// MessagePack: how many elements or entries are still to come.
    left: u64,
}

/// A place in an encoded value.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    encoding: Encoding,
    buf: &'a [u8],
    at: usize,
    /// How many more lists and maps may be opened.
    depth: usize,
    limit: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(encoding: Encoding, buf: &'a [u8], limits: &Limits) -> Self {
        Self {
            encoding,
            buf,
            at: 0,
            depth: limits.depth(),
            limit: limits.depth(),
        }
    }

    /// Reads the next scalar, or opens the next list or map.
    pub(crate) fn head(&mut self) -> Result<Head<'a>, ScanError> {
        match self.encoding {
            Encoding::Json => self.json_head(),
            Encoding::Msgpack => self.msgpack_head(),
        }
    }

    /// Whether `nest` has another element or entry, and moves there. False closes it.
    pub(crate) fn more(&mut self, nest: &mut Nest) -> Result<bool, ScanError> {
        let more = match self.encoding {
            Encoding::Json => self.json_more(nest)?,
            Encoding::Msgpack => {
                let more = nest.left > 0;
                nest.left = nest.left.saturating_sub(1);
                more
            }
        };
        nest.first = false;
        if !more {
            self.depth += 1;
        }
        Ok(more)
    }

    /// To be called between an entry's key and its value.
    pub(crate) fn colon(&mut self) -> Result<(), ScanError> {
        if self.encoding == Encoding::Json {
            self.at = scan::json::colon(self.buf, self.at)?;
        }
        Ok(())
    }

    /// Walks over the next value without decoding it, and returns its bytes.
    #[inline]
    pub(crate) fn skip(&mut self) -> Result<&'a [u8], ScanError> {
        let (start, end) = match self.encoding {
            Encoding::Json => {
                let start = scan::json::blanks(self.buf, self.at);
                (start, scan::json::skip(self.buf, start, self.depth)?)
            }
            Encoding::Msgpack => (self.at, scan::msgpack::skip(self.buf, self.at, self.depth)?),
        };
        self.at = end;
        self.buf.get(start..end).ok_or(ScanError::Cut)
    }

    /// Checks that nothing but blanks is left.
    pub(crate) fn finish(&self) -> Result<(), ScanError> {
        let at = match self.encoding {
            Encoding::Json => scan::json::blanks(self.buf, self.at),
            Encoding::Msgpack => self.at,
        };
        if at == self.buf.len() {
            Ok(())
        } else {
            Err(ScanError::malformed(at, "more bytes follow the value"))
        }
    }

    /// The offset of the next value, behind the blanks before it.
    pub(crate) fn offset(&mut self) -> usize {
        if self.encoding == Encoding::Json {
            self.at = scan::json::blanks(self.buf, self.at);
        }
        self.at
    }

    /// Whether a list comes next.
    pub(crate) fn at_list(&mut self) -> bool {
        let at = self.offset();
        match self.encoding {
            Encoding::Json => self.buf.get(at) == Some(&b'['),
            Encoding::Msgpack => matches!(self.buf.get(at), Some(0x90..=0x9f | 0xdc | 0xdd)),
        }
    }

    /// The bytes from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.buf.get(start..self.at).unwrap_or_default()
    }

    fn open(&mut self, map: bool, left: u64) -> Result<Nest, ScanError> {
        match self.depth.checked_sub(1) {
            Some(depth) => self.depth = depth,
            None => return Err(ScanError::TooDeep { limit: self.limit }),
        }
        Ok(Nest {
            map,
            first: true,
            left,
        })
    }

    fn json_head(&mut self) -> Result<Head<'a>, ScanError> {
        self.at = scan::json::blanks(self.buf, self.at);
        match self.buf.get(self.at) {
            Some(b'[') => {
                self.at += 1;
                Ok(Head::List(self.open(false, 0)?))
            }
            Some(b'{') => {
                self.at += 1;
                Ok(Head::Map(self.open(true, 0)?))
            }
            Some(b'"') => {
                let raw = self.skip()?;
                let inner = raw.get(1..raw.len() - 1).unwrap_or_default();
                Ok(Head::Text(Text::json(inner)))
            }
            Some(b'0'..=b'9') => Ok(json_number(self.skip()?)),
            _ => Ok(match self.skip()? {
                b"null" => Head::Null,
                b"true" => Head::Bool(true),
                b"false" => Head::Bool(false),
                b"NaN" => Head::Float(f64::NAN),
                b"Infinity" => Head::Float(f64::INFINITY),
                b"-Infinity" => Head::Float(f64::NEG_INFINITY),
                digits => json_number(digits),
            }),
        }
    }

    fn json_more(&mut self, nest: &Nest) -> Result<bool, ScanError> {
        let at = scan::json::blanks(self.buf, self.at);
        self.at = match (self.buf.get(at), nest.map) {
            (Some(b']'), false) | (Some(b'}'), true) => {
                self.at = at + 1;
                return Ok(false);
            }
            (Some(b','), _) if !nest.first => scan::json::blanks(self.buf, at + 1),
            (Some(_), _) if nest.first => at,
            (Some(_), false) => return Err(ScanError::malformed(at, "`,` or `]` is missing")),
            (Some(_), true) => return Err(ScanError::malformed(at, "`,` or `}` is missing")),
            (None, _) => return Err(ScanError::Cut),
        };
        match self.buf.get(self.at) {
            None => Err(ScanError::Cut),
            Some(byte) if nest.map && *byte != b'"' => Err(ScanError::malformed(
                self.at,
                "a key in double quotes is missing",
            )),
            Some(_) => Ok(true),
        }
    }

    fn msgpack_head(&mut self) -> Result<Head<'a>, ScanError> {
        let start = self.at;
        let (end, children) = scan::msgpack::step(self.buf, start)?;
        let bytes = self.buf.get(start..end).unwrap_or_default();
        self.at = end;
        let lead = bytes.first().copied().unwrap_or_default();
        let after = |head: usize| bytes.get(head..).unwrap_or_default();
        Ok(match lead {
            0x00..=0x7f => Head::Int(lead.into()),
            0xe0..=0xff => Head::Int(i64::from(lead as i8)),
            0x80..=0x8f | 0xde | 0xdf => Head::Map(self.open(true, children.unwrap_or(0) / 2)?),
            0x90..=0x9f | 0xdc | 0xdd => Head::List(self.open(false, children.unwrap_or(0))?),
            0xa0..=0xbf => Head::Text(Text::plain(after(1))),
            0xd9 => Head::Text(Text::plain(after(2))),
            0xda => Head::Text(Text::plain(after(3))),
            0xdb => Head::Text(Text::plain(after(5))),
            0xc2 => Head::Bool(false),
            0xc3 => Head::Bool(true),
            0xc4 => Head::Bytes(after(2)),
            0xc5 => Head::Bytes(after(3)),
            0xc6 => Head::Bytes(after(5)),
            0xc7 => extension(after(2)),
            0xc8 => extension(after(3)),
            0xc9 => extension(after(5)),
            0xd4..=0xd8 => extension(after(1)),
            0xca => Head::Float(f32::from_bits(big_endian(after(1)) as u32).into()),
            0xcb => Head::Float(f64::from_bits(big_endian(after(1)))),
            0xcc..=0xcf => {
                let number = big_endian(after(1));
                i64::try_from(number).map_or(Head::Unsigned(number), Head::Int)
            }
            // The sign bit of the narrow types is carried up by shifting it to the top and back.
            0xd0..=0xd3 => {
                let unused = 64 - 8 * (bytes.len() as u32 - 1);
                Head::Int((big_endian(after(1)) << unused) as i64 >> unused)
            }
            // C0. The walk lets C1 through nowhere.
            _ => Head::Null,
        })
    }
}

fn extension(bytes: &[u8]) -> Head<'_> {
    match bytes {
        [kind, data @ ..] => Head::Extension(*kind as i8, data),
        [] => Head::Null,
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}

/// A number that the walk has found well formed.
fn json_number(bytes: &[u8]) -> Head<'_> {
    if let Some(number) = short_integer(bytes) {
        return Head::Int(number);
    }
    let digits = std::str::from_utf8(bytes).unwrap_or_default();
    if bytes.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        return Head::Float(digits.parse().unwrap_or(f64::NAN));
    }
    if let Ok(number) = digits.parse::<i64>() {
        Head::Int(number)
    } else if let Ok(number) = digits.parse::<u64>() {
        Head::Unsigned(number)
    } else {
        Head::BigInt(digits)
    }
}

/// Digits that are too few to overflow, which is what nearly every number is.
fn short_integer(bytes: &[u8]) -> Option<i64> {
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if digits.len() > 18 {
        return None;
    }
    let mut number = 0;
    for digit in digits {
        number = number * 10 + i64::from(char::from(*digit).to_digit(10)?);
    }
    Some(if digits.len() < bytes.len() {
        -number
    } else {
        number
    })
}
