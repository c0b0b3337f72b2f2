//! Walks over MessagePack, in the old specification and the new.

use super::ScanError;

/// The offset after the MessagePack value that begins at `at`.
#[inline]
pub(crate) fn skip(buf: &[u8], at: usize, depth: usize) -> Result<usize, ScanError> {
    match step(buf, at)? {
        (end, None) => Ok(end),
        _ => nested(buf, at, depth),
    }
}

#[expect(
    clippy::indexing_slicing,
    reason = "the compiler does it, and would say so"
)]
/// How long a value is, where its first byte tells and it has no values inside; else 0.
static SHORT: [u8; 256] = {
    let mut sizes = [0; 256];
    let mut lead = 0;
    while lead < 256 {
        sizes[lead] = match lead {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => 1,
            0xa0..=0xbf => 1 + (lead & 0x1f) as u8,
            0xcc | 0xd0 => 2,
            0xcd | 0xd1 => 3,
            0xca | 0xce | 0xd2 => 5,
            0xcb | 0xcf | 0xd3 => 9,
            _ => 0,
        };
        lead += 1;
    }
    sizes
};

/// The offset after `n` values that stand back to back from `at` on. Short texts and numbers, which most values are, take a few instructions.
#[inline]
pub(crate) fn skip_many(
    buf: &[u8],
    mut at: usize,
    n: usize,
    depth: usize,
) -> Result<usize, ScanError> {
    for _ in 0..n {
        at = match buf.get(at).and_then(|&lead| SHORT.get(lead as usize)) {
            Some(&size @ 1..) => at + size as usize,
            // Also where the last value went past the end.
            _ => skip(buf, at, depth)?,
        };
    }
    if at <= buf.len() {
        Ok(at)
    } else {
        Err(ScanError::Cut)
    }
}

fn nested(buf: &[u8], at: usize, depth: usize) -> Result<usize, ScanError> {
    Walk::at(at).advance(buf, depth)
}

/// One step: over a scalar, or over the head of a list or map.
///
/// Returns the offset after it and, for a list or map, how many values follow that belong to it (for a map, keys count too).
#[inline]
pub(crate) fn step(buf: &[u8], at: usize) -> Result<(usize, Option<u64>), ScanError> {
    let Some(&lead) = buf.get(at) else {
        return Err(ScanError::Cut);
    };
    let size = match lead {
        0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => return Ok((at + 1, None)),
        0xa0..=0xbf => 1 + (lead & 0x1f) as usize,
        0x80..=0x8f => return Ok((at + 1, Some(2 * (lead & 0x0f) as u64))),
        0x90..=0x9f => return Ok((at + 1, Some((lead & 0x0f) as u64))),
        0xc1 => {
            return Err(ScanError::malformed(
                at,
                "the byte C1 begins no MessagePack value",
            ));
        }
        0xcc | 0xd0 => 2,
        0xcd | 0xd1 => 3,
        0xca | 0xce | 0xd2 => 5,
        0xcb | 0xcf | 0xd3 => 9,
        0xc4 | 0xd9 => (number::<1>(buf, at)? as usize).saturating_add(2),
        0xc5 | 0xda => (number::<2>(buf, at)? as usize).saturating_add(3),
        0xc6 | 0xdb => (number::<4>(buf, at)? as usize).saturating_add(5),
        0xc7 => (number::<1>(buf, at)? as usize).saturating_add(3),
        0xc8 => (number::<2>(buf, at)? as usize).saturating_add(4),
        0xc9 => (number::<4>(buf, at)? as usize).saturating_add(6),
        0xd4 => 3,
        0xd5 => 4,
        0xd6 => 6,
        0xd7 => 10,
        0xd8 => 18,
        0xdc => return Ok((at + 3, Some(number::<2>(buf, at)?))),
        0xdd => return Ok((at + 5, Some(number::<4>(buf, at)?))),
        0xde => return Ok((at + 3, Some(2 * number::<2>(buf, at)?))),
        0xdf => return Ok((at + 5, Some(2 * number::<4>(buf, at)?))),
    };
    if size <= buf.len() - at {
        Ok((at + size, None))
    } else {
        Err(ScanError::Cut)
    }
}

/// The big-endian number of `N` bytes behind the lead at `at`.
#[inline]
pub(crate) fn number<const N: usize>(buf: &[u8], at: usize) -> Result<u64, ScanError> {
    let bytes: &[u8; N] = buf
        .get(at + 1..)
        .and_then(|rest| rest.first_chunk())
        .ok_or(ScanError::Cut)?;
    Ok(bytes
        .iter()
        .fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
}

/// A walk over one value that can be taken up again when more bytes have come, so that a long message costs linear time.
#[derive(Debug)]
pub(crate) struct Walk {
    at: usize,
    /// How many values are still due on the level that is being walked.
    left: u64,
    /// The same for the levels around it.
    outer: Vec<u64>,
}

impl Walk {
    /// Begins at the value at offset `at`.
    pub(crate) fn at(at: usize) -> Self {
        Self {
            at,
            left: 1,
            outer: Vec::new(),
        }
    }

    /// Walks on, and returns the offset after the value.
    ///
    /// After [`ScanError::Cut`] it may be called again with a longer buffer that begins with the same bytes.
    pub(crate) fn advance(&mut self, buf: &[u8], depth: usize) -> Result<usize, ScanError> {
        loop {
            while self.left == 0 {
                match self.outer.pop() {
                    Some(left) => self.left = left,
                    None => return Ok(self.at),
                }
            }
            let (next, children) = step(buf, self.at)?;
            if let Some(children) = children {
                if self.outer.len() >= depth {
                    return Err(ScanError::TooDeep { limit: depth });
                }
                self.outer.push(self.left - 1);
                self.left = children;
            } else {
                self.left -= 1;
            }
            self.at = next;
        }
    }

    /// The least number of bytes that the value can have, as far as is known: what was walked, and one byte for each value still due.
    pub(crate) fn at_least(&self) -> u64 {
        let due: u64 = self
            .outer
            .iter()
            .fold(self.left, |sum, &left| sum.saturating_add(left));
        due.saturating_add(self.at as u64)
    }
}
