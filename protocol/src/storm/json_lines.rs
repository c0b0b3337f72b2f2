//! Storm's JSON dialect: a JSON object over one line or several, then a line that is exactly `end`.
//!
//! Lines that belong to no message are text that somebody printed. They may come anywhere but inside a message's own lines:
//!
//! | line | taken for |
//! |---|---|
//! | blank | nothing |
//! | begins with `{`, and `end` follows at once | a message |
//! | begins with `{`, and other lines follow | a message if a whole object with a `command` or `pid` begins here; else stray |
//! | `end` | a message's end; stray if there was no message; if there was only something that began like one, and is no whole object, that is broken |
//! | text, then `{"command"`…, and `end` follows | stray up to the brace, then a message |
//! | anything else | stray |
//!
//! What is no JSON may still be a message: one that [`super::repair`] makes readable. Whoever reads it will do that again.
//!
//! Only an object that is still open at the end of its first line needs its `end` to be searched for. Each byte is then walked over as often as objects
//! stand inside one another, which the depth limit bounds.

use std::ops::Range;

use memchr::{memchr, memmem};

use super::decoder::{Broken, Ending, Item, without_cr};
use super::members::{Members, SHOWN};
use super::repair::{mend, repair};
use super::salvage::{Salvage, is_print};
use crate::preview::shorten_bytes;
use crate::scan::{ScanError, json, msgpack};
use crate::{Encoding, Limits, ProtocolError};

/// How many blanks a message may have before its first brace, so that they need not be counted again and again.
const INDENT: usize = 64;

/// How many bytes a first message may have in order to be recognised as one of the other dialect. It holds a process id.
const FIRST: usize = 4096;

#[derive(Debug)]
pub(super) struct JsonLines {
    limits: Limits,
    state: State,
    /// Up to here there is no line end, seen from the state's own beginning.
    searched: usize,
    /// Where the next `end` line begins, and the offset after it, if that is known.
    end: Option<(usize, usize)>,
    /// A message was handed on before its `end` has come.
    end_is_due: bool,
    /// Something that began like a message was handed on as stray. If `end` comes, it was meant as one.
    suspect: Option<Broken>,
    /// A message was seen, so this is the right dialect.
    right_dialect: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// A line begins at the front.
    Line,
    /// The front is in the middle of a long stray line.
    LongLine,
    /// An object begins at the front and goes on past its first line. The line being searched begins here.
    Object { line: usize },
    /// A message was too long. Everything is dropped up to its `end`.
    Dropping { in_line: bool },
}

type Decoded<'a> = Result<Option<(usize, Item<'a>)>, ProtocolError>;

impl JsonLines {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Line,
            searched: 0,
            end: None,
            end_is_due: false,
            suspect: None,
            right_dialect: false,
        }
    }

    pub(super) fn decode<'a>(&mut self, buf: &'a [u8]) -> Decoded<'a> {
        let decoded = match self.state {
            State::Line => self.line(buf)?,
            State::LongLine => self.long_line(buf),
            State::Object { line } => self.object(buf, line),
            State::Dropping { in_line } => self.drop_to_end(buf, in_line),
        };
        if let Some((consumed, item)) = &decoded {
            self.searched = 0;
            self.end = self
                .end
                .and_then(|(start, after)| Some((start.checked_sub(*consumed)?, after - consumed)));
            if let Item::Message(_) = item {
                self.right_dialect = true;
                self.suspect = None;
            }
        }
        Ok(decoded)
    }

    pub(super) fn finish<'a>(&self, rest: &'a [u8]) -> Ending<'a> {
        let text = json::trim(rest);
        let dropping = matches!(self.state, State::Dropping { .. });
        if text.is_empty() || dropping || (self.end_is_due && text == b"end") {
            return Ending::Clean;
        }
        if self.state == State::LongLine || text.first() != Some(&b'{') {
            return Ending::StrayText;
        }
        if let Some(body) = text.strip_suffix(b"end")
            && body.ends_with(b"\n")
            && self.speaks(body)
        {
            return Ending::Message(json::trim(body));
        }
        // A print of JSON may be the last thing that was said.
        match json::skip(text, 0, self.limits.depth()) {
            Ok(end) if self.speaks(text.get(..end).unwrap_or_default()) => Ending::CutMessage,
            Err(ScanError::Cut) => Ending::CutMessage,
            _ => Ending::StrayText,
        }
    }

    fn line<'a>(&mut self, buf: &'a [u8]) -> Decoded<'a> {
        if !self.right_dialect && self.is_other_dialect(buf) {
            return Err(ProtocolError::WrongDialect {
                expected: Encoding::Json,
                seen: Encoding::Msgpack,
            });
        }
        let found = memchr(b'\n', buf.get(self.searched..).unwrap_or_default());
        let Some(len) = found.map(|at| self.searched + at) else {
            self.searched = buf.len();
            return Ok(self.unended_line(buf));
        };
        // If more is needed, this line end is found again at once.
        self.searched = len;
        let line = without_cr(buf.get(..len).unwrap_or_default());
        if let Some(start) = object_start(line) {
            return Ok(self.object_line(buf, start, len));
        }
        if line.len() > self.limits.line {
            return Ok(self.piece(buf));
        }
        let after = len + 1;
        let text = strip_mark(line);
        Ok(if json::trim(text).is_empty() {
            Some((after, Item::Nothing))
        } else if line == b"end" {
            Some((after, self.end_line(line)))
        } else {
            match memmem::find(line, br#"{"command""#) {
                Some(brace) => match next_is_end(buf, after) {
                    Next::Unknown => None,
                    Next::End(_) if walks(buf.get(brace..len)) => {
                        Some((brace, Item::Stray(line.get(..brace).unwrap_or_default())))
                    }
                    _ => Some((after, Item::Stray(line))),
                },
                None => Some((after, Item::Stray(line))),
            }
        })
    }

    /// A line whose end has not come yet.
    fn unended_line<'a>(&mut self, buf: &'a [u8]) -> Option<(usize, Item<'a>)> {
        if buf.len() <= self.limits.line.min(self.limits.message) {
            return None;
        }
        if object_start(buf).is_none() {
            // A CR at the end may be a part of the line end.
            return (without_cr(buf).len() > self.limits.line && !is_indent(buf))
                .then(|| self.piece(buf))
                .flatten();
        }
        (!self.fits(buf)).then(|| {
            self.state = State::Dropping { in_line: true };
            (buf.len(), self.too_long(buf))
        })
    }

    /// The beginning of a long stray line.
    fn piece<'a>(&mut self, buf: &'a [u8]) -> Option<(usize, Item<'a>)> {
        self.state = State::LongLine;
        let len = self.limits.line.max(1);
        Some((len, Item::Stray(buf.get(..len)?)))
    }

    fn long_line<'a>(&mut self, buf: &'a [u8]) -> Option<(usize, Item<'a>)> {
        let found = memchr(b'\n', buf.get(self.searched..)?).map(|at| self.searched + at);
        match found {
            Some(len) if len <= self.limits.line => {
                self.state = State::Line;
                let line = without_cr(buf.get(..len)?);
                let item = if line.is_empty() {
                    Item::Nothing
                } else {
                    Item::Stray(line)
                };
                Some((len + 1, item))
            }
            None if buf.len() <= self.limits.line => {
                self.searched = buf.len();
                None
            }
            _ => self.piece(buf),
        }
    }

    /// A line `end`.
    fn end_line<'a>(&mut self, line: &'a [u8]) -> Item<'a> {
        if std::mem::take(&mut self.end_is_due) {
            self.suspect = None;
            return Item::Nothing;
        }
        match self.suspect.take() {
            Some(broken) => Item::Broken(broken),
            None => Item::Stray(line),
        }
    }

    /// A whole line that begins with a brace at `start` and ends at `len`.
    fn object_line<'a>(
        &mut self,
        buf: &'a [u8],
        start: usize,
        len: usize,
    ) -> Option<(usize, Item<'a>)> {
        if !self.fits(buf.get(..len)?) {
            self.state = State::Dropping { in_line: false };
            return Some((len + 1, self.too_long(buf)));
        }
        let object = json::trim(buf.get(start..len)?);
        let next = next_is_end(buf, len + 1);
        match next {
            Next::Unknown => return None,
            // What nearly every message looks like. It is not walked over here, since whoever reads it will do that.
            Next::End(after) if object.ends_with(b"}") => {
                self.end_is_due = false;
                return Some((after, Item::Message(object)));
            }
            _ => {}
        }
        match json::skip(buf.get(..len)?, start, self.limits.depth()) {
            Ok(end) => Some(self.whole_object(buf, start, end, len)),
            Err(ScanError::Cut) => {
                self.state = State::Object { line: len + 1 };
                self.searched = len + 1;
                self.object(buf, len + 1)
            }
            Err(cause) => {
                let line = buf.get(..len)?;
                let repaired = match next {
                    Next::End(_) => self.repaired_end(line, start),
                    _ => None,
                };
                Some(match repaired {
                    Some(end) => self.whole_object(buf, start, end, len),
                    None => self.no_message(buf, start..len, len, cause),
                })
            }
        }
    }

    /// An object that is open at the end of its first line: its `end` is searched first, so that it is walked over only once.
    fn object<'a>(&mut self, buf: &'a [u8], mut line: usize) -> Option<(usize, Item<'a>)> {
        while self.end.is_none() {
            let found = memchr(b'\n', buf.get(self.searched..).unwrap_or_default());
            let Some(at) = found.map(|at| self.searched + at) else {
                self.searched = buf.len().max(self.searched);
                self.state = State::Object { line };
                break;
            };
            if without_cr(buf.get(line..at)?) == b"end" {
                self.end = Some((line, at + 1));
            }
            line = at + 1;
            self.searched = line;
        }
        let ends_in_time =
            |end: usize| self.fits(buf.get(..end.saturating_sub(1)).unwrap_or_default());
        let Some((end, _)) = self.end.filter(|(end, _)| ends_in_time(*end)) else {
            // The beginning of an `end` is not the message's any more.
            let may_end = self.end.is_none()
                && ends_in_time(line)
                && b"end\r".starts_with(buf.get(line..).unwrap_or_default());
            return (!may_end && !self.fits(buf)).then(|| {
                self.state = State::Dropping { in_line: false };
                // Dropping begins at the front again, line by line, so that it sees the `end` if it is here already.
                let first = memchr(b'\n', buf).map_or(buf.len(), |at| at + 1);
                self.end = None;
                (first, self.too_long(buf))
            });
        };
        self.state = State::Line;
        let group = buf.get(..end)?;
        let first_line = memchr(b'\n', group)?;
        let start = object_start(group)?;
        let object_end = json::skip(group, start, self.limits.depth())
            .or_else(|cause| self.repaired_end(group, start).ok_or(cause));
        Some(match object_end {
            Ok(object_end) => {
                let line_end = memchr(b'\n', group.get(object_end..)?)? + object_end;
                self.whole_object(buf, start, object_end, line_end)
            }
            Err(cause) => self.no_message(buf, start..end, first_line, cause),
        })
    }

    /// Where the object that begins at `start` ends, if it is one for Storm's parser at least, and a message. Tried once for each `end`:
    /// what is no message must not be walked over from each of its lines on.
    fn repaired_end(&self, group: &[u8], start: usize) -> Option<usize> {
        if self.suspect.is_some() {
            return None;
        }
        let (repaired, len) = repair(group.get(start..)?, &self.limits)?;
        self.speaks(&repaired).then_some(start + len)
    }

    /// An object from `start` to `end`, on whose last line, which ends at `line_end`, there may be more. It is not known that its `end` follows at once.
    fn whole_object<'a>(
        &mut self,
        buf: &'a [u8],
        start: usize,
        end: usize,
        line_end: usize,
    ) -> (usize, Item<'a>) {
        let object = buf.get(start..end).unwrap_or_default();
        let alone = json::blanks(buf, end) >= line_end;
        let next = if alone {
            next_is_end(buf, line_end + 1)
        } else {
            Next::Other
        };
        match next {
            Next::End(after) => {
                self.end_is_due = false;
                (after, Item::Message(object))
            }
            _ if self.speaks(object) => {
                self.end_is_due = true;
                (
                    if alone { line_end + 1 } else { end },
                    Item::Message(object),
                )
            }
            _ => {
                let first_line = memchr(b'\n', buf).unwrap_or(line_end);
                if !is_print(object, &self.limits) {
                    let beginning = shorten_bytes(object, SHOWN);
                    self.suspects(object, ProtocolError::NoCommand { beginning });
                }
                let line = without_cr(buf.get(..first_line).unwrap_or_default());
                (first_line + 1, Item::Stray(line))
            }
        }
    }

    /// The first line began like a message that goes as far as `place`, but there is none.
    fn no_message<'a>(
        &mut self,
        buf: &'a [u8],
        place: Range<usize>,
        first_line: usize,
        cause: ScanError,
    ) -> (usize, Item<'a>) {
        let beginning = shorten_bytes(buf, SHOWN);
        let message = buf.get(place).unwrap_or_default();
        self.suspects(message, ProtocolError::Malformed { cause, beginning });
        let line = without_cr(buf.get(..first_line).unwrap_or_default());
        (first_line + 1, Item::Stray(line))
    }

    /// Remembers what began like a message: the first of several.
    fn suspects(&mut self, message: &[u8], error: ProtocolError) {
        self.suspect.get_or_insert_with(|| Broken {
            error,
            salvage: Salvage::of(message),
        });
    }

    fn drop_to_end<'a>(&mut self, buf: &'a [u8], mut in_line: bool) -> Option<(usize, Item<'a>)> {
        let mut at = 0;
        while at < buf.len() {
            if in_line {
                match memchr(b'\n', buf.get(at..)?) {
                    Some(len) => at += len + 1,
                    None => {
                        at = buf.len();
                        break;
                    }
                }
            }
            in_line = false;
            match next_is_end(buf, at) {
                Next::End(after) => {
                    self.state = State::Line;
                    self.suspect = None;
                    return Some((after, Item::Nothing));
                }
                Next::Unknown => break,
                Next::Other => in_line = true,
            }
        }
        self.state = State::Dropping { in_line };
        (at > 0).then_some((at, Item::Nothing))
    }

    /// Whether a message may be so long. A CR at its end may be a part of its line end.
    fn fits(&self, message: &[u8]) -> bool {
        without_cr(message).len() <= self.limits.message
    }

    fn too_long(&self, buf: &[u8]) -> Item<'static> {
        Item::Broken(Broken {
            error: ProtocolError::TooLong {
                limit: self.limits.message,
                beginning: shorten_bytes(buf, SHOWN),
            },
            salvage: Salvage::of(
                buf.get(object_start(buf).unwrap_or_default()..)
                    .unwrap_or_default(),
            ),
        })
    }

    /// Whether these bytes are an object that a component would send, be it that it has to be mended first.
    fn speaks(&self, object: &[u8]) -> bool {
        let is_said = |object: &[u8]| {
            Members::read(Encoding::Json, object, &self.limits)
                .map(|members| members.command.is_some() || members.pid.is_some())
        };
        is_said(object).unwrap_or_else(|_| {
            mend(object, &self.limits).is_some_and(|object| is_said(&object).unwrap_or(false))
        })
    }

    /// Whether a first message in MessagePack stands here. None of its first bytes can begin text.
    fn is_other_dialect(&self, buf: &[u8]) -> bool {
        let map = matches!(buf.first(), Some(0x80..=0x8f | 0xde | 0xdf));
        map && buf.len() <= FIRST
            && msgpack::skip(buf, 0, self.limits.depth())
                .ok()
                .and_then(|end| buf.get(..end))
                .and_then(|message| Members::read(Encoding::Msgpack, message, &self.limits).ok())
                .is_some_and(|members| members.command.is_some() || members.pid.is_some())
    }
}

/// Where the brace is, if the line begins with one.
fn object_start(line: &[u8]) -> Option<usize> {
    let text = strip_mark(line);
    let mark = line.len() - text.len();
    let head = text.get(..INDENT).unwrap_or(text);
    let start = json::blanks(head, 0);
    (head.get(start) == Some(&b'{')).then_some(mark + start)
}

/// Whether there are blanks only so far, after which an object may still begin.
fn is_indent(line: &[u8]) -> bool {
    let text = strip_mark(line);
    text.len() < INDENT && json::blanks(text, 0) == text.len()
}

/// Without the byte order mark that some runtimes write first of all.
fn strip_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
}

fn walks(object: Option<&[u8]>) -> bool {
    object.is_some_and(|object| {
        json::skip(object, 0, Limits::MAX_DEPTH)
            .is_ok_and(|end| json::blanks(object, end) == object.len())
    })
}

enum Next {
    /// The line `end` stands here; the offset is the one after it.
    End(usize),
    Other,
    /// Too little has come to tell.
    Unknown,
}

/// What the line is that begins at `at`.
fn next_is_end(buf: &[u8], at: usize) -> Next {
    match buf.get(at..).unwrap_or_default() {
        [b'e', b'n', b'd', b'\n', ..] => Next::End(at + 4),
        [b'e', b'n', b'd', b'\r', b'\n', ..] => Next::End(at + 5),
        rest if b"end\r".starts_with(rest) => Next::Unknown,
        _ => Next::Other,
    }
}
