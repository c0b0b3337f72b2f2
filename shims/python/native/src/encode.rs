//! Python objects to MessagePack, every value in its shortest form.
//!
//! Only what is plain to the letter is taken: the exact types, within the limits of `_values.py`. For anything else the answer is no,
//! and that page's `clean` decides: it makes it plain, or raises the error that the user sees.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::python::{Exact, Whole, exact, real, utf8, whole};

/// As in `_values.py`.
const LONG_TEXT: usize = 32 << 20;
const MAX_DEPTH: usize = 120;

/// Appends one value. When it is not plain, returns false and leaves some bytes behind that the caller has to cut off.
#[inline]
pub(crate) fn value(item: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> bool {
    nested(item, 0, out)
}

fn nested(item: &Bound<'_, PyAny>, depth: usize, out: &mut Vec<u8>) -> bool {
    match exact(item) {
        Exact::Text => text(item, out),
        Exact::Whole => integer(item, out),
        Exact::Real => {
            let number = real(item);
            out.push(0xcb);
            out.extend_from_slice(&number.to_be_bytes());
            number.is_finite()
        }
        Exact::None => {
            out.push(0xc0);
            true
        }
        Exact::True => {
            out.push(0xc3);
            true
        }
        Exact::False => {
            out.push(0xc2);
            true
        }
        Exact::Tuple(items) => tuple(items, depth, out),
        Exact::List(items) => list(items, depth, out),
        Exact::Map(map) => entries(map, depth, out),
        Exact::Other => false,
    }
}

fn text(item: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> bool {
    let Some(bytes) = utf8(item) else {
        return false; // half of a surrogate pair
    };
    match bytes.len() {
        length @ 0..32 => out.push(0xa0 | length as u8),
        length @ 32..0x100 => out.extend_from_slice(&[0xd9, length as u8]),
        length @ 0x100..0x1_0000 => {
            out.push(0xda);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length if length <= LONG_TEXT => {
            out.push(0xdb);
            out.extend_from_slice(&(length as u32).to_be_bytes());
        }
        _ => return false,
    }
    out.extend_from_slice(bytes);
    #[cfg(feature = "embedded")]
    crate::passing::emitted(item, bytes);
    true
}

fn integer(item: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> bool {
    match whole(item) {
        Whole::Signed(number @ 0..0x80) => out.push(number as u8),
        Whole::Signed(number @ 0x80..0x100) => out.extend_from_slice(&[0xcc, number as u8]),
        Whole::Signed(number @ 0x100..0x1_0000) => sized(0xcd, &(number as u16).to_be_bytes(), out),
        Whole::Signed(number @ 0x1_0000..0x1_0000_0000) => {
            sized(0xce, &(number as u32).to_be_bytes(), out);
        }
        Whole::Signed(number @ -0x20..0) => out.push(number as i8 as u8),
        Whole::Signed(number @ -0x80..-0x20) => out.extend_from_slice(&[0xd0, number as i8 as u8]),
        Whole::Signed(number @ -0x8000..-0x80) => sized(0xd1, &(number as i16).to_be_bytes(), out),
        Whole::Signed(number @ -0x8000_0000..-0x8000) => {
            sized(0xd2, &(number as i32).to_be_bytes(), out);
        }
        Whole::Signed(number) if number < 0 => sized(0xd3, &number.to_be_bytes(), out),
        Whole::Signed(number) => sized(0xcf, &number.to_be_bytes(), out),
        Whole::Unsigned(number) => sized(0xcf, &number.to_be_bytes(), out),
        Whole::Beyond => return false,
    }
    true
}

fn sized(head: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(head);
    out.extend_from_slice(bytes);
}

/// The head of an array of so many values.
pub(crate) fn array(length: usize, out: &mut Vec<u8>) {
    head(length, 0x90, 0xdc, out);
}

fn head(length: usize, small: u8, large: u8, out: &mut Vec<u8>) {
    match length {
        0..16 => out.push(small | length as u8),
        16..0x1_0000 => sized(large, &(length as u16).to_be_bytes(), out),
        _ => sized(large + 1, &(length as u32).to_be_bytes(), out),
    }
}

fn tuple(items: &Bound<'_, PyTuple>, depth: usize, out: &mut Vec<u8>) -> bool {
    array(items.len(), out);
    depth < MAX_DEPTH
        && items
            .iter_borrowed()
            .all(|item| nested(&item, depth + 1, out))
}

fn list(items: &Bound<'_, PyList>, depth: usize, out: &mut Vec<u8>) -> bool {
    array(items.len(), out);
    depth < MAX_DEPTH && items.iter().all(|item| nested(&item, depth + 1, out))
}

fn entries(map: &Bound<'_, PyDict>, depth: usize, out: &mut Vec<u8>) -> bool {
    head(map.len(), 0x80, 0xde, out);
    depth < MAX_DEPTH
        && map.iter().all(|(key, item)| {
            matches!(exact(&key), Exact::Text) && text(&key, out) && nested(&item, depth + 1, out)
        })
}
