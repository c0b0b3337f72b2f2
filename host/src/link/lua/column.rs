//! Columns of MessagePack, value by value, as far as most columns go: text, integers and floats.

/// A value of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell<'a> {
    Text(&'a [u8]),
    Integer(i64),
    Float(f64),
}

/// How many values the column has, and the bytes that begin with the first one; `None` for what is no column.
pub(super) fn head(column: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = column.split_first()?;
    match first {
        0x90..=0x9f => Some((usize::from(first & 0x0f), rest)),
        0xdc => number::<2>(rest),
        0xdd => number::<4>(rest),
        _ => None,
    }
}

/// The value that these bytes begin with, and the bytes behind it; `None` for one of another kind, which Lua decodes itself, or one that is cut short.
pub(super) fn cell(bytes: &[u8]) -> Option<(Cell<'_>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (length, rest) = match first {
        0xa0..=0xbf => (usize::from(first & 0x1f), rest),
        0xd9 => number::<1>(rest)?,
        0xda => number::<2>(rest)?,
        0xdb => number::<4>(rest)?,
        0xcb => {
            let (bits, rest) = rest.split_first_chunk()?;
            return Some((Cell::Float(f64::from_be_bytes(*bits)), rest));
        }
        _ => {
            let (value, rest) = integer(first, rest)?;
            return Some((Cell::Integer(value), rest));
        }
    };
    let (text, rest) = rest.split_at_checked(length)?;
    Some((Cell::Text(text), rest))
}

/// The bytes of an integer, shortest form first, and how many of them count.
pub(super) fn integer_bytes(value: i64) -> ([u8; 9], usize) {
    let [h, g, f, e, d, c, b, a] = value.to_be_bytes();
    match value {
        -32..128 => ([a, 0, 0, 0, 0, 0, 0, 0, 0], 1),
        128..0x100 => ([0xcc, a, 0, 0, 0, 0, 0, 0, 0], 2),
        0x100..0x1_0000 => ([0xcd, b, a, 0, 0, 0, 0, 0, 0], 3),
        0x1_0000..0x1_0000_0000 => ([0xce, d, c, b, a, 0, 0, 0, 0], 5),
        0x1_0000_0000.. => ([0xcf, h, g, f, e, d, c, b, a], 9),
        -0x80..-32 => ([0xd0, a, 0, 0, 0, 0, 0, 0, 0], 2),
        -0x8000..-0x80 => ([0xd1, b, a, 0, 0, 0, 0, 0, 0], 3),
        -0x8000_0000..-0x8000 => ([0xd2, d, c, b, a, 0, 0, 0, 0], 5),
        _ => ([0xd3, h, g, f, e, d, c, b, a], 9),
    }
}

/// A big-endian number of so many bytes, and what stands behind it.
fn number<const SIZE: usize>(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<SIZE>()?;
    Some((
        number
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        rest,
    ))
}

fn integer(first: u8, rest: &[u8]) -> Option<(i64, &[u8])> {
    match first {
        0x00..=0x7f | 0xe0..=0xff => Some((i64::from(first.cast_signed()), rest)),
        0xcc => small(number::<1>(rest)?),
        0xcd => small(number::<2>(rest)?),
        0xce => small(number::<4>(rest)?),
        // One that is too large for Lua goes another way.
        0xcf => small(number::<8>(rest)?),
        0xd0 => signed(rest, |bytes: [u8; 1]| i8::from_be_bytes(bytes).into()),
        0xd1 => signed(rest, |bytes: [u8; 2]| i16::from_be_bytes(bytes).into()),
        0xd2 => signed(rest, |bytes: [u8; 4]| i32::from_be_bytes(bytes).into()),
        0xd3 => signed(rest, i64::from_be_bytes),
        _ => None,
    }
}

fn small((value, rest): (usize, &[u8])) -> Option<(i64, &[u8])> {
    Some((i64::try_from(value).ok()?, rest))
}

fn signed<const SIZE: usize>(
    bytes: &[u8],
    value: impl Fn([u8; SIZE]) -> i64,
) -> Option<(i64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<SIZE>()?;
    Some((value(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T: serde::Serialize>(values: &[T]) -> Vec<u8> {
        rmp_serde::to_vec(values).unwrap()
    }

    /// All cells of a column; `None` if one of them is of another kind, or cut short.
    fn cells(column: &[u8]) -> Option<Vec<Cell<'_>>> {
        let (count, mut rest) = head(column)?;
        let mut found = Vec::new();
        for _ in 0..count {
            let (value, behind) = cell(rest)?;
            found.push(value);
            rest = behind;
        }
        Some(found)
    }

    const EDGES: [i64; 20] = [
        0,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        u32::MAX as i64,
        u32::MAX as i64 + 1,
        i64::MAX,
        -1,
        -32,
        -33,
        -128,
        -129,
        -32_768,
        -32_769,
        i32::MIN as i64,
        i32::MIN as i64 - 1,
        i64::MIN,
    ];

    #[test]
    fn text_numbers_and_both_in_one_column_are_read() {
        let long = "x".repeat(70_000);
        for text in ["", "a", "é", &long[..31], &long[..32], &long[..256], &long] {
            let column = of(&[text]);
            assert_eq!(cells(&column), Some(vec![Cell::Text(text.as_bytes())]));
        }
        let floats = of(&[0.5f64, -1e300]);
        let expected = vec![Cell::Float(0.5), Cell::Float(-1e300)];
        assert_eq!(cells(&floats), Some(expected));
        let mixed = rmp_serde::to_vec(&(1, "a", 0.5)).unwrap();
        let expected = vec![Cell::Integer(1), Cell::Text(b"a"), Cell::Float(0.5)];
        assert_eq!(cells(&mixed), Some(expected));
        assert_eq!(cells(&of(&EDGES)), Some(EDGES.map(Cell::Integer).into()));
        assert_eq!(cells(&of(&vec![7; 70_000])).unwrap().len(), 70_000);
    }

    #[test]
    fn other_columns_are_left_to_lua() {
        assert_eq!(cells(&of(&[u64::MAX])), None);
        assert_eq!(cells(&of(&[Some("a"), None])), None);
        assert_eq!(cells(&of(&[true])), None);
        assert_eq!(cells(&of(&[vec![1]])), None);
        assert_eq!(head(&[0xc0]), None);
    }

    #[test]
    fn a_column_that_is_cut_short_is_no_column() {
        for whole in [
            of(&["abc", "d"]),
            of(&[70_000]),
            of(&[0.5]),
            of(&["x".repeat(70_000)]),
        ] {
            for length in 0..whole.len() {
                assert_eq!(cells(&whole[..length]), None);
            }
        }
    }

    #[test]
    fn integers_are_written_as_short_as_they_can_be() {
        for number in EDGES {
            let (bytes, length) = integer_bytes(number);
            assert_eq!(bytes[..length], rmp_serde::to_vec(&number).unwrap());
        }
    }
}
