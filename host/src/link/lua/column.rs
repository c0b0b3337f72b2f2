//! Columns of MessagePack as Lua's own `string.unpack` takes them: one call there makes all values of a column.
//!
//! To make each value from here would be slower than to do so in Lua: every one would cross the border.

use mlua::{Function, Lua, LuaString};

/// Values in one call of `string.unpack`; more would not fit on Lua's stack.
const MOST: usize = 8192;

/// `pack_column(data, at)`: what the values of the column at `at` are for `string.unpack` (`s1`, `s4`, `i8`, or ` d`), their bytes for it, and how
/// many they are. Nil for a column that mixes kinds or holds anything else.
pub(super) fn packer(lua: &Lua) -> mlua::Result<Function> {
    lua.create_function(|lua, (data, at): (LuaString, usize)| {
        let data = data.as_bytes();
        let column = at.checked_sub(1).and_then(|at| data.get(at..));
        let Some((kind, bytes, count)) = column.and_then(pack) else {
            return Ok((None, None, 0));
        };
        Ok((Some(kind), Some(lua.create_string(bytes)?), count))
    })
}

fn pack(column: &[u8]) -> Option<(&'static str, Vec<u8>, usize)> {
    let (count, values) = head(column)?;
    if count > MOST {
        return None;
    }
    match values.first()? {
        0xa0..=0xbf | 0xd9..=0xdb => texts(values, count),
        0xcb => floats(values, count),
        _ => integers(values, count),
    }
}

fn head(column: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = column.split_first()?;
    match first {
        0x90..=0x9f => Some((usize::from(first & 0x0f), rest)),
        0xdc => number::<2>(rest),
        0xdd => number::<4>(rest),
        _ => None,
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

fn texts(mut values: &[u8], count: usize) -> Option<(&'static str, Vec<u8>, usize)> {
    let begin = values;
    let mut packed = Vec::with_capacity(count * 12);
    for _ in 0..count {
        let (length, rest) = text_head(values)?;
        let Ok(short) = u8::try_from(length) else {
            return long_texts(begin, count);
        };
        packed.push(short);
        packed.extend_from_slice(rest.get(..length)?);
        values = rest.get(length..)?;
    }
    Some(("s1", packed, count))
}

fn long_texts(mut values: &[u8], count: usize) -> Option<(&'static str, Vec<u8>, usize)> {
    let mut packed = Vec::with_capacity(count * 512);
    for _ in 0..count {
        let (length, rest) = text_head(values)?;
        packed.extend_from_slice(&u32::try_from(length).ok()?.to_ne_bytes());
        packed.extend_from_slice(rest.get(..length)?);
        values = rest.get(length..)?;
    }
    Some(("s4", packed, count))
}

fn text_head(values: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = values.split_first()?;
    match first {
        0xa0..=0xbf => Some((usize::from(first & 0x1f), rest)),
        0xd9 => number::<1>(rest),
        0xda => number::<2>(rest),
        0xdb => number::<4>(rest),
        _ => None,
    }
}

fn floats(mut values: &[u8], count: usize) -> Option<(&'static str, Vec<u8>, usize)> {
    let mut packed = Vec::with_capacity(count * 8);
    for _ in 0..count {
        let (value, rest) = values.split_first_chunk::<9>()?;
        let [0xcb, bits @ ..] = *value else {
            return None;
        };
        packed.extend_from_slice(&u64::from_be_bytes(bits).to_ne_bytes());
        values = rest;
    }
    Some((" d", packed, count))
}

fn integers(mut values: &[u8], count: usize) -> Option<(&'static str, Vec<u8>, usize)> {
    let mut packed = Vec::with_capacity(count * 8);
    for _ in 0..count {
        let (&first, rest) = values.split_first()?;
        let (value, rest) = match first {
            0x00..=0x7f | 0xe0..=0xff => (i64::from(first.cast_signed()), rest),
            0xcc => small(number::<1>(rest)?)?,
            0xcd => small(number::<2>(rest)?)?,
            0xce => small(number::<4>(rest)?)?,
            // One that is too large for Lua goes another way.
            0xcf => small(number::<8>(rest)?)?,
            0xd0 => signed(rest, |bytes: [u8; 1]| i8::from_be_bytes(bytes).into())?,
            0xd1 => signed(rest, |bytes: [u8; 2]| i16::from_be_bytes(bytes).into())?,
            0xd2 => signed(rest, |bytes: [u8; 4]| i32::from_be_bytes(bytes).into())?,
            0xd3 => signed(rest, i64::from_be_bytes)?,
            _ => return None,
        };
        packed.extend_from_slice(&value.to_ne_bytes());
        values = rest;
    }
    Some(("i8", packed, count))
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

    #[test]
    fn columns_of_one_kind_are_packed() {
        let long = "x".repeat(300);
        let texts: Vec<u8> = [&b"\x01a"[..], b"\x00", b"\x02\xc3\xa9"].concat();
        assert_eq!(pack(&of(&["a", "", "é"])), Some(("s1", texts, 3)));
        let packed = [&300u32.to_ne_bytes()[..], long.as_bytes()].concat();
        assert_eq!(pack(&of(&[&long])), Some(("s4", packed, 1)));
        let floats = [0.5f64, -1e300];
        let packed = floats.iter().flat_map(|float| float.to_ne_bytes());
        assert_eq!(pack(&of(&floats)), Some((" d", packed.collect(), 2)));
    }

    #[test]
    fn integers_of_every_size_are_packed() {
        let numbers = [
            0,
            127,
            128,
            255,
            256,
            65_535,
            65_536,
            u32::MAX.into(),
            i64::MAX,
            -1,
            -32,
            -33,
            -128,
            -129,
            -32_769,
            i64::MIN,
        ];
        let packed = numbers.iter().flat_map(|number| number.to_ne_bytes());
        assert_eq!(
            pack(&of(&numbers)),
            Some(("i8", packed.collect(), numbers.len()))
        );
    }

    #[test]
    fn other_columns_are_left_to_lua() {
        assert_eq!(pack(&of(&[u64::MAX])), None);
        assert_eq!(pack(&of(&[Some("a"), None])), None);
        assert_eq!(pack(&of(&[true])), None);
        assert_eq!(pack(&of(&[vec![1]])), None);
        assert_eq!(pack(&of::<u8>(&[])), None);
        assert_eq!(pack(&of(&vec![0; MOST + 1])), None);
        // One float among integers, and the other way round.
        assert_eq!(pack(&[0x92, 0x01, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(pack(&[0x92, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0x01]), None);
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
                assert_eq!(pack(&whole[..length]), None);
            }
        }
    }
}
