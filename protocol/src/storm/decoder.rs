//! From bytes that were read so far to maybe a message.

use super::json_lines::JsonLines;
use super::maps::Maps;
use super::salvage::Salvage;
use crate::{Encoding, Limits, ProtocolError};

/// Finds messages in what a component writes, in either of Storm's dialects.
///
/// Give [`Decoder::decode`] all that was read and not yet consumed, again and again until it says `None`; then read more. It remembers how far it has searched,
/// so a long message costs linear time even when it comes a byte at a time. The bytes must be the same as before, but for those it said were consumed.
///
/// Every byte goes somewhere: into a message, into stray text, or into an error.
#[derive(Debug)]
pub struct Decoder(Dialect);

#[derive(Debug)]
enum Dialect {
    Json(JsonLines),
    Msgpack(Maps),
}

/// What stood at the front of the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// One message, without its delimiter. In JSON it may still turn out not to be readable.
    Message(&'a [u8]),
    /// A line that somebody printed, without its line end; a long one comes in pieces. It may be any bytes.
    Stray(&'a [u8]),
    /// A message that was lost. The next one can be read.
    Broken(Broken),
    /// Nothing for anyone: blank lines, delimiters, the rest of a message that was too long.
    Nothing,
}

/// A message that was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong with it.
    pub error: ProtocolError,
    /// What can still be told of it.
    pub salvage: Salvage,
}

/// What it means that the input has ended here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending<'a> {
    /// Between messages.
    Clean,
    /// A whole message stands in the rest: only the line end behind its `end` is missing.
    Message(&'a [u8]),
    /// In the middle of a message.
    CutMessage,
    /// Behind text that was printed without a line end. All of the rest is that.
    StrayText,
}

impl Decoder {
    /// For one component's output.
    pub fn new(encoding: Encoding, limits: Limits) -> Self {
        Self(match encoding {
            Encoding::Json => Dialect::Json(JsonLines::new(limits)),
            Encoding::Msgpack => Dialect::Msgpack(Maps::new(limits)),
        })
    }

    /// The next item, and how many bytes to drop from the front of `buf`, never 0; `None` if more bytes are needed.
    ///
    /// # Errors
    /// What cannot be survived: what follows cannot be read any more. That is [`ProtocolError::WrongDialect`], and in MessagePack,
    /// where nothing tells where the next message begins, [`ProtocolError::Malformed`] and [`ProtocolError::TooLong`] too.
    pub fn decode<'a>(
        &mut self,
        buf: &'a [u8],
    ) -> Result<Option<(usize, Item<'a>)>, ProtocolError> {
        match &mut self.0 {
            Dialect::Json(lines) => lines.decode(buf),
            Dialect::Msgpack(maps) => maps.decode(buf),
        }
    }

    /// What it means that no more will come, with `rest` not yet consumed and [`Decoder::decode`] having said `None` of it.
    pub fn finish<'a>(&self, rest: &'a [u8]) -> Ending<'a> {
        match &self.0 {
            Dialect::Json(lines) => lines.finish(rest),
            Dialect::Msgpack(maps) => maps.finish(rest),
        }
    }
}

/// The line without the CR that some systems put before the LF.
pub(super) fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests;
