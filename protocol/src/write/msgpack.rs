//! MessagePack, each value in the shortest form the present specification has.

pub(crate) fn nil(out: &mut Vec<u8>) {
    out.push(0xc0);
}

pub(crate) fn boolean(value: bool, out: &mut Vec<u8>) {
    out.push(if value { 0xc3 } else { 0xc2 });
}

pub(crate) fn integer(value: i64, out: &mut Vec<u8>) {
    match value {
        0.. => unsigned(value as u64, out),
        -32..0 => out.push(value as u8),
        -0x80..-32 => out.extend_from_slice(&[0xd0, value as u8]),
        -0x8000..-0x80 => headed(0xd1, (value as i16).to_be_bytes(), out),
        -0x8000_0000..-0x8000 => headed(0xd2, (value as i32).to_be_bytes(), out),
        _ => headed(0xd3, value.to_be_bytes(), out),
    }
}

pub(crate) fn unsigned(value: u64, out: &mut Vec<u8>) {
    match value {
        0..0x80 => out.push(value as u8),
        0x80..0x100 => out.extend_from_slice(&[0xcc, value as u8]),
        0x100..0x1_0000 => headed(0xcd, (value as u16).to_be_bytes(), out),
        0x1_0000..0x1_0000_0000 => headed(0xce, (value as u32).to_be_bytes(), out),
        _ => headed(0xcf, value.to_be_bytes(), out),
    }
}

pub(crate) fn float(value: f64, out: &mut Vec<u8>) {
    headed(0xcb, value.to_be_bytes(), out);
}

pub(crate) fn text(text: &str, out: &mut Vec<u8>) {
    match text.len() {
        len @ 0..0x20 => out.push(0xa0 | len as u8),
        len @ 0x20..0x100 => out.extend_from_slice(&[0xd9, len as u8]),
        len @ 0x100..0x1_0000 => headed(0xda, (len as u16).to_be_bytes(), out),
        // No message comes near 4 GiB; its limit is checked long before.
        len => headed(0xdb, (len as u32).to_be_bytes(), out),
    }
    out.extend_from_slice(text.as_bytes());
}

fn headed<const N: usize>(lead: u8, number: [u8; N], out: &mut Vec<u8>) {
    out.push(lead);
    out.extend_from_slice(&number);
}

/// A list or map whose length is not known before it has been written.
///
/// Most are short, so one byte is kept for the head, and the rest is moved up in the rare case that it takes more.
pub(crate) struct Open {
    at: usize,
    short: u8,
    long: u8,
}

impl Open {
    pub(crate) fn list(out: &mut Vec<u8>) -> Self {
        Self::new(0x90, 0xdc, out)
    }

    pub(crate) fn map(out: &mut Vec<u8>) -> Self {
        Self::new(0x80, 0xde, out)
    }

    fn new(short: u8, long: u8, out: &mut Vec<u8>) -> Self {
        let at = out.len();
        out.push(short);
        Self { at, short, long }
    }

    /// Closes it behind its `len` elements or entries.
    pub(crate) fn close(self, len: usize, out: &mut Vec<u8>) {
        let mut head = Vec::new();
        match len {
            0..0x10 => {
                if let Some(lead) = out.get_mut(self.at) {
                    *lead = self.short | len as u8;
                }
                return;
            }
            0x10..0x1_0000 => headed(self.long, (len as u16).to_be_bytes(), &mut head),
            _ => headed(self.long + 1, (len as u32).to_be_bytes(), &mut head),
        }
        out.splice(self.at..=self.at, head);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_the_shortest_form_and_come_back() {
        for shift in 0..64 {
            for near in -1i128..=1 {
                for sign in [1, -1] {
                    let value = sign * ((1i128 << shift) + near);
                    let mut out = Vec::new();
                    if let Ok(value) = i64::try_from(value) {
                        integer(value, &mut out);
                        assert_eq!(rmp_serde::from_slice::<i64>(&out).unwrap(), value);
                    } else if let Ok(value) = u64::try_from(value) {
                        unsigned(value, &mut out);
                        assert_eq!(rmp_serde::from_slice::<u64>(&out).unwrap(), value);
                    }
                    let expected = i64::try_from(value)
                        .map(|value| rmp_serde::to_vec(&value).unwrap())
                        .or_else(|_| {
                            u64::try_from(value).map(|value| rmp_serde::to_vec(&value).unwrap())
                        });
                    if let Ok(expected) = expected {
                        assert_eq!(out, expected, "{value}");
                    }
                }
            }
        }
    }

    #[test]
    fn lengths_take_the_shortest_form() {
        for len in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
            let mut out = b"before".to_vec();
            let list = Open::list(&mut out);
            out.extend(std::iter::repeat_n(0xc0, len));
            list.close(len, &mut out);
            assert_eq!(out.split_off(6), rmp_serde::to_vec(&vec![(); len]).unwrap());
            let long = "x".repeat(len);
            out.clear();
            text(&long, &mut out);
            assert_eq!(out, rmp_serde::to_vec(&long).unwrap());
        }
    }

    #[test]
    fn a_map_counts_entries() {
        let mut out = Vec::new();
        let map = Open::map(&mut out);
        for key in 0..16 {
            integer(key, &mut out);
            nil(&mut out);
        }
        map.close(16, &mut out);
        assert_eq!(out.get(..3), Some(&[0xde, 0, 16][..]));
    }
}
