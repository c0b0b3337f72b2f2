//! Storm's MessagePack dialect: maps back to back, nothing between them.
//!
//! Text that somebody printed can be told from messages because no UTF-8 text begins with a byte that begins a map (80 to 8F; DE and DF lead two letters of
//! alphabets that are hardly ever met first in a line). It goes on to the next line end, or to a byte that can only begin a map.

use super::decoder::{Ending, Item, without_cr};
use super::members::{Members, SHOWN};
use crate::preview::{preview, shorten_bytes};
use crate::scan::ScanError;
use crate::scan::msgpack::Walk;
use crate::{Encoding, Limits, ProtocolError};

#[derive(Debug)]
pub(super) struct Maps {
    limits: Limits,
    /// The message at the front, as far as it was walked over.
    walk: Option<Walk>,
    /// How much of the front is text without a line end.
    text: usize,
    /// A message was seen, so this is the right dialect.
    right_dialect: bool,
}

type Decoded<'a> = Result<Option<(usize, Item<'a>)>, ProtocolError>;

impl Maps {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            walk: None,
            text: 0,
            right_dialect: false,
        }
    }

    pub(super) fn decode<'a>(&mut self, buf: &'a [u8]) -> Decoded<'a> {
        match buf.first() {
            None => Ok(None),
            Some(&lead) if begins_map(lead) && self.text == 0 => self.message(buf),
            Some(_) => self.stray(buf),
        }
    }

    pub(super) fn finish<'a>(&self, rest: &'a [u8]) -> Ending<'a> {
        match rest.first() {
            None => Ending::Clean,
            Some(&lead) if begins_map(lead) && self.text == 0 => Ending::CutMessage,
            Some(_) => Ending::StrayText,
        }
    }

    fn message<'a>(&mut self, buf: &'a [u8]) -> Decoded<'a> {
        let walk = self.walk.get_or_insert_with(|| Walk::at(0));
        let limit = self.limits.message;
        let end = match walk.advance(buf, self.limits.depth()) {
            Ok(end) if end <= limit => end,
            // What is claimed counts too: a head that promises more than the limit needs no waiting for.
            Err(ScanError::Cut) if buf.len() <= limit && walk.at_least() <= limit as u64 => {
                return Ok(None);
            }
            Ok(_) | Err(ScanError::Cut) => {
                return Err(ProtocolError::TooLong {
                    limit,
                    beginning: preview(Encoding::Msgpack, buf, SHOWN),
                });
            }
            Err(cause) => return Err(self.malformed(buf, cause)),
        };
        self.walk = None;
        self.right_dialect = true;
        Ok(buf.get(..end).map(|message| (end, Item::Message(message))))
    }

    fn stray<'a>(&mut self, buf: &'a [u8]) -> Decoded<'a> {
        if self.text == 0 && !begins_text(buf) {
            let cause = ScanError::malformed(0, "neither a map nor text begins like this");
            return Err(self.malformed(buf, cause));
        }
        let mut at = self.text;
        while let Some(&byte) = buf.get(at) {
            if byte == b'\n' {
                return self.stray_line(buf, at, at + 1);
            }
            match character(buf.get(at..).unwrap_or_default()) {
                Character::Whole(len) => at += len,
                Character::Cut if at < self.limits.line => break,
                Character::None if begins_map(byte) => return self.stray_line(buf, at, at),
                // Text in another character set is text all the same.
                Character::None | Character::Cut => at += 1,
            }
            if at >= self.limits.line {
                return self.stray_line(buf, at, at);
            }
        }
        self.text = at;
        Ok(None)
    }

    fn stray_line<'a>(&mut self, buf: &'a [u8], len: usize, consumed: usize) -> Decoded<'a> {
        self.text = 0;
        let line = without_cr(buf.get(..len).unwrap_or_default());
        if !self.right_dialect && line.first() == Some(&b'{') {
            let json = Members::read(Encoding::Json, line, &self.limits);
            if json.is_ok_and(|members| members.command.is_some() || members.pid.is_some()) {
                return Err(ProtocolError::WrongDialect {
                    expected: Encoding::Msgpack,
                    seen: Encoding::Json,
                });
            }
        }
        let item = if line.is_empty() {
            Item::Nothing
        } else {
            Item::Stray(line)
        };
        Ok(Some((consumed, item)))
    }

    fn malformed(&self, buf: &[u8], cause: ScanError) -> ProtocolError {
        let beginning = match buf.first() {
            Some(&lead) if begins_map(lead) => preview(Encoding::Msgpack, buf, SHOWN),
            _ => shorten_bytes(buf, SHOWN),
        };
        ProtocolError::Malformed { cause, beginning }
    }
}

fn begins_map(lead: u8) -> bool {
    matches!(lead, 0x80..=0x8f | 0xde | 0xdf)
}

/// Whether a print may begin like this. From E0 on these are small negative numbers in MessagePack, which nobody sends bare, and letters in older character sets.
fn begins_text(buf: &[u8]) -> bool {
    match buf.first() {
        Some(0x00..=0x7f | 0xe0..=0xff) => true,
        _ => !matches!(character(buf), Character::None),
    }
}

enum Character {
    /// So many bytes.
    Whole(usize),
    /// The bytes end within it.
    Cut,
    /// This is no UTF-8.
    None,
}

/// The character at the front of bytes that are not empty.
fn character(bytes: &[u8]) -> Character {
    let len = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        Some(0x80..) => return Character::None,
        _ => return Character::Whole(1),
    };
    match std::str::from_utf8(bytes.get(..len).unwrap_or(bytes)) {
        Ok(_) => Character::Whole(len),
        Err(error) if error.error_len().is_none() => Character::Cut,
        Err(_) => Character::None,
    }
}
