//! The elements of one encoded list, each as the bytes it came in.

use crate::scan::{self, ScanError};
use crate::{Encoding, Limits};

/// Iterates over the raw elements of one complete list: a column of a frame, or the values of a tuple.
///
/// Nothing is decoded and nothing allocated. Elements come without blanks around them.
/// The first error ends the iteration. A list is whole only if it was walked to its end: bytes after it are found there.
///
/// ```
/// use stormhost_protocol::{Column, Encoding, Limits};
///
/// let mut column = Column::open(Encoding::Json, br#"["a", 1]"#, &Limits::default())?;
/// assert_eq!(column.next_value(), Some(Ok(&br#""a""#[..])));
/// assert_eq!(column.next_value(), Some(Ok(&b"1"[..])));
/// assert_eq!(column.next_value(), None);
/// # Ok::<(), stormhost_protocol::ScanError>(())
/// ```
///
/// A column with [repeats](REPEAT) gives the value that is repeated, as often as it is.
#[derive(Clone, Debug)]
pub struct Column<'a> {
    encoding: Encoding,
    buf: &'a [u8],
    at: usize,
    depth: usize,
    /// MessagePack: how many elements are still to come. JSON: 0 once the list has been closed, else 1.
    left: usize,
    /// JSON: no element was read yet, so none of them needs a comma before it.
    first: bool,
    /// For a column with repeats.
    repeats: Option<Repeats>,
}

/// In a MessagePack column with repeats: the value before it in this column, once more. Before a column's array it says that the column has repeats.
///
/// No value of MessagePack begins with this byte. Who uses it has to know that the other side takes it: see "Repeats" in `PROTOCOL.md`.
pub const REPEAT: u8 = 0xc1;
/// The longest value, in bytes, that may be repeated: so that one repeat cannot stand for much memory where it has to be written out.
pub const LONGEST_REPEATED: usize = 4096;

/// What is known of repeats so far.
#[derive(Clone, Copy, Debug)]
struct Repeats {
    /// Where the last value stands that was one; empty where there was none.
    from: usize,
    to: usize,
    /// How many bytes repeats may still stand for.
    left: usize,
}

/// Values of a column in one piece, as they stand there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// With a single comma between them in JSON, back to back in MessagePack.
    pub bytes: &'a [u8],
    /// What repeats at the front of the piece stand for; `None` where it begins with a value.
    pub before: Option<&'a [u8]>,
    /// Where in `bytes` the last value stands that is no repeat; empty where it is not known, or there is none.
    pub last: (usize, usize),
    /// Whether there may be repeats in it.
    pub repeats: bool,
}

impl<'a> Piece<'a> {
    /// Values without repeats.
    pub fn plain(bytes: &'a [u8]) -> Piece<'a> {
        Piece {
            bytes,
            before: None,
            last: (0, 0),
            repeats: false,
        }
    }
}

impl<'a> Column<'a> {
    /// Opens a column that may have repeats: one that begins with [`REPEAT`] has. They may stand for as many bytes as a message may have.
    ///
    /// # Errors
    /// As [`Column::open`].
    #[inline]
    pub fn open_with_repeats(
        encoding: Encoding,
        bytes: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, ScanError> {
        let (Encoding::Msgpack, Some((&REPEAT, list))) = (encoding, bytes.split_first()) else {
            return Self::open(encoding, bytes, limits);
        };
        let mut column = Self::open(encoding, list, limits)?;
        column.repeats = Some(Repeats {
            from: 0,
            to: 0,
            left: limits.message,
        });
        Ok(column)
    }

    /// Opens the list that `bytes` hold.
    ///
    /// # Errors
    /// [`ScanError::Malformed`] if `bytes` are no list, [`ScanError::Cut`] if they are too short to tell.
    #[inline]
    pub fn open(encoding: Encoding, bytes: &'a [u8], limits: &Limits) -> Result<Self, ScanError> {
        let depth = limits.depth().saturating_sub(1);
        let (at, left) = match encoding {
            Encoding::Json => {
                let at = scan::json::blanks(bytes, 0);
                match bytes.get(at) {
                    Some(b'[') => (at + 1, 1),
                    Some(_) => return Err(ScanError::malformed(at, "a list is missing")),
                    None => return Err(ScanError::Cut),
                }
            }
            Encoding::Msgpack => match bytes.first() {
                Some(0x90..=0x9f | 0xdc | 0xdd) => {
                    let (at, left) = scan::msgpack::step(bytes, 0)?;
                    (at, left.unwrap_or(0) as usize)
                }
                Some(_) => return Err(ScanError::malformed(0, "a list is missing")),
                None => return Err(ScanError::Cut),
            },
        };
        Ok(Self {
            encoding,
            buf: bytes,
            at,
            depth,
            left,
            first: true,
            repeats: None,
        })
    }

    /// The next element's bytes, `None` after the last.
    ///
    /// # Errors
    /// As [`skip`](crate::skip), and [`ScanError::Malformed`] for bytes after the end of the list.
    #[inline]
    pub fn next_value(&mut self) -> Option<Result<&'a [u8], ScanError>> {
        match self.encoding {
            Encoding::Json => self.next_json(),
            Encoding::Msgpack if self.repeats.is_some() => self.next_or_repeated(),
            Encoding::Msgpack => self.next_msgpack(),
        }
    }

    /// The next `n` elements in one piece, repeats as they are; otherwise as [`next_values`](Column::next_values).
    ///
    /// # Errors
    /// As [`next_value`](Column::next_value).
    #[inline]
    pub fn next_piece(&mut self, n: usize) -> Result<Option<Piece<'a>>, ScanError> {
        if self.repeats.is_none() {
            return Ok(self.next_values(n)?.map(Piece::plain));
        }
        if n > self.left {
            return Ok(None);
        }
        let start = self.at;
        let mut before = None;
        for at in 0..n {
            let here = self.at;
            match self.next_or_repeated() {
                Some(Ok(value)) if at == 0 && self.buf.get(here) == Some(&REPEAT) => {
                    before = Some(value);
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(None),
            }
        }
        let last = match self.repeats {
            Some(Repeats { from, to, .. }) if from >= start => (from - start, to - start),
            _ => (0, 0),
        };
        Ok(self.buf.get(start..self.at).map(|bytes| Piece {
            bytes,
            before,
            last,
            repeats: true,
        }))
    }

    /// The bytes of the next `n` elements in one piece, just as they have to stand inside another list: with a single comma between them in JSON,
    /// back to back in MessagePack. `None`, and nothing is taken, where they do not stand like that here: the list has fewer elements,
    /// or JSON has blanks in it; [`next_value`](Column::next_value) tells.
    ///
    /// # Errors
    /// As [`next_value`](Column::next_value).
    #[inline]
    pub fn next_values(&mut self, n: usize) -> Result<Option<&'a [u8]>, ScanError> {
        if n == 0 {
            return Ok(Some(&[]));
        }
        if self.left == 0 {
            return Ok(None);
        }
        let start = match self.encoding {
            Encoding::Json if self.first => self.at,
            Encoding::Json if self.buf.get(self.at) == Some(&b',') => self.at + 1,
            Encoding::Json => return Ok(None),
            Encoding::Msgpack if n > self.left => return Ok(None),
            Encoding::Msgpack => self.at,
        };
        let end = match self.encoding {
            Encoding::Json => scan::json::skip_many(self.buf, start, n, self.depth),
            Encoding::Msgpack => scan::msgpack::skip_many(self.buf, start, n, self.depth).map(Some),
        };
        let end = match end {
            Ok(Some(end)) => end,
            Ok(None) => return Ok(None),
            Err(error) => {
                (self.left, self.at) = (0, self.buf.len());
                return Err(error);
            }
        };
        if self.encoding == Encoding::Msgpack {
            self.left -= n;
        }
        (self.at, self.first) = (end, false);
        Ok(self.buf.get(start..end))
    }

    /// How many elements are still to come, where the list says so (MessagePack); `None` for JSON. Not to be trusted before the bytes were seen.
    #[inline]
    pub fn len_hint(&self) -> Option<usize> {
        match self.encoding {
            Encoding::Json => None,
            Encoding::Msgpack => Some(self.left),
        }
    }

    #[inline]
    fn next_json(&mut self) -> Option<Result<&'a [u8], ScanError>> {
        if self.left == 0 {
            return None;
        }
        let mut at = scan::json::blanks(self.buf, self.at);
        match self.buf.get(at) {
            Some(b',') if !self.first => at = scan::json::blanks(self.buf, at + 1),
            Some(b']') => return self.close(at + 1),
            Some(_) if self.first => {}
            Some(_) => return self.fail(ScanError::malformed(at, "`,` or `]` is missing")),
            None => return self.fail(ScanError::Cut),
        }
        self.first = false;
        match scan::json::skip(self.buf, at, self.depth) {
            Ok(end) => {
                self.at = end;
                self.buf.get(at..end).map(Ok)
            }
            Err(error) => self.fail(error),
        }
    }

    #[inline]
    fn next_msgpack(&mut self) -> Option<Result<&'a [u8], ScanError>> {
        if self.left == 0 {
            // `at` moves on to the end, so the complaint about what is left is made once.
            let (at, end) = (self.at, self.buf.len());
            self.at = end;
            return (at < end).then(|| Err(ScanError::malformed(at, "more bytes follow the list")));
        }
        match scan::msgpack::skip(self.buf, self.at, self.depth) {
            Ok(end) => {
                let value = self.buf.get(self.at..end);
                self.left -= 1;
                self.at = end;
                value.map(Ok)
            }
            Err(error) => self.fail(error),
        }
    }

    /// The next value of a column with repeats.
    #[inline]
    fn next_or_repeated(&mut self) -> Option<Result<&'a [u8], ScanError>> {
        let at = self.at;
        if self.left == 0 || self.buf.get(at) != Some(&REPEAT) {
            let value = self.next_msgpack();
            if let (Some(Ok(_)), Some(repeats)) = (&value, &mut self.repeats) {
                (repeats.from, repeats.to) = (at, self.at);
            }
            return value;
        }
        let repeats = self.repeats.as_mut()?;
        let length = repeats.to - repeats.from;
        if length == 0 || length > LONGEST_REPEATED {
            return self.fail(ScanError::malformed(
                at,
                "nothing that may be repeated stands before a repeat",
            ));
        }
        let Some(left) = repeats.left.checked_sub(length) else {
            return self.fail(ScanError::malformed(
                at,
                "repeats stand for more bytes than a message may have",
            ));
        };
        repeats.left = left;
        let value = self.buf.get(repeats.from..repeats.to);
        self.left -= 1;
        self.at = at + 1;
        value.map(Ok)
    }

    #[inline]
    fn close(&mut self, after: usize) -> Option<Result<&'a [u8], ScanError>> {
        self.left = 0;
        let end = scan::json::blanks(self.buf, after);
        (end < self.buf.len()).then(|| Err(ScanError::malformed(end, "more bytes follow the list")))
    }

    #[cold]
    fn fail(&mut self, error: ScanError) -> Option<Result<&'a [u8], ScanError>> {
        self.left = 0;
        self.at = self.buf.len();
        Some(Err(error))
    }
}

impl<'a> Iterator for Column<'a> {
    type Item = Result<&'a [u8], ScanError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.next_value()
    }
}

#[cfg(test)]
mod tests;
