//! JSON, compact, on one line. Text beyond ASCII stays as it is, and `/` is not escaped.

/// Writes text in quotes.
#[inline]
pub(crate) fn text(text: &str, out: &mut Vec<u8>) {
    quoted(text.as_bytes(), out);
}

/// The same for bytes that need not be UTF-8, which stay what they are.
pub(crate) fn quoted(mut rest: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    loop {
        let (plain, tail) = rest.split_at(crate::scan::json::plain_end(rest, 0));
        out.extend_from_slice(plain);
        let Some((&byte, tail)) = tail.split_first() else {
            break;
        };
        escape(byte, out);
        rest = tail;
    }
    out.push(b'"');
}

/// Writes a byte that cannot stand in text as it is.
#[inline]
pub(crate) fn escape(byte: u8, out: &mut Vec<u8>) {
    let letter = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => b'u',
    };
    out.extend_from_slice(&[b'\\', letter]);
    if letter == b'u' {
        out.extend_from_slice(b"00");
        for digit in [byte >> 4, byte & 0x0f] {
            out.push(if digit < 10 {
                b'0' + digit
            } else {
                b'a' - 10 + digit
            });
        }
    }
}

/// Writes an integer.
#[inline]
pub(crate) fn integer(value: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes a finite float so that it reads as the same float again, and as a float: `1.0`, `1e+300`.
pub(crate) fn float(value: f64, out: &mut Vec<u8>) {
    // Writing a number behind a `Vec` cannot fail.
    let _ = serde_json::to_writer(out, &value);
}

/// Copies a value that an old child may have spread over several lines; its dialect wants one.
///
/// Only blanks can be line ends here, since the walk refuses them inside text.
#[inline]
pub(crate) fn on_one_line(value: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(value);
    if memchr::memchr2(b'\n', b'\r', value).is_some() {
        for byte in out.iter_mut().skip(start) {
            if matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_escapes_what_json_demands_and_no_more() {
        for (plain, json) in [
            ("", r#""""#),
            ("a/b é€😀\u{7f}\u{2028}", "\"a/b é€😀\u{7f}\u{2028}\""),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\u{8}\u{c}\n\r\t\0\u{1f}", r#""\b\f\n\r\t\u0000\u001f""#),
        ] {
            assert_eq!(written(|out| text(plain, out)), json);
            assert_eq!(serde_json::from_str::<String>(json).unwrap(), plain);
        }
    }

    #[test]
    fn floats_stay_floats() {
        for (value, json) in [
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e300, "1e+300"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(written(|out| float(value, out)), json);
            assert_eq!(json.parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
    }

    #[test]
    fn line_ends_between_tokens_become_blanks() {
        assert_eq!(written(|out| on_one_line(b"[1,\r\n 2]", out)), "[1,   2]");
    }
}
