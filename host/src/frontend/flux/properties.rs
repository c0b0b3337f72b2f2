//! Java's `.properties`: what `--filter` names.

use std::collections::BTreeMap;

/// Reads all of a file. There is no text that is no properties: whatever is a line is a key.
pub(super) fn read(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut line = line.trim_start().to_owned();
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        // A line whose last backslash is not itself escaped goes on in the next.
        while (line.len() - line.trim_end_matches('\\').len()) % 2 == 1 {
            line.pop();
            line.push_str(lines.next().unwrap_or_default().trim_start());
        }
        let (key, value) = split(&line);
        found.insert(unescaped(key), unescaped(value));
    }
    found
}

/// The text of a file: UTF-8 where it is that, else ISO-8859-1, as Java takes it.
pub(super) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect())
}

/// The key ends at the first `=`, `:` or blank that is not escaped; one of the two may follow blanks.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|letter: char| {
        let ends = !escaped && (letter == '=' || letter == ':' || letter.is_whitespace());
        escaped = letter == '\\' && !escaped;
        ends
    });
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (key, value.trim_start())
}

fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('t') => plain.push('\t'),
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('f') => plain.push('\u{c}'),
            Some('u') => {
                let digits: String = letters.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                plain.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
            }
            Some(other) => plain.push(other),
            None => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_iso_8859_1_is_read_as_java_does() {
        assert_eq!(text(b"a=\xe9".to_vec()), "a=\u{e9}");
        assert_eq!(text("a=\u{e9}".into()), "a=\u{e9}");
    }

    #[test]
    fn is_read_as_java_does() {
        let text = "# comment\n! another\n\na=1\nb : two words \nc three\nd\ne = x\\\n    y\\\n  z\n\
                    k\\ e\\:y=v\\=1\npath=C:\\\\dir\ntab=a\\tb\\u00e9\nlast=\\\\\n  indented = yes\na=2\n";
        let expected = [
            ("a", "2"),
            ("b", "two words "),
            ("c", "three"),
            ("d", ""),
            ("e", "xyz"),
            ("indented", "yes"),
            ("k e:y", "v=1"),
            ("last", "\\"),
            ("path", "C:\\dir"),
            ("tab", "a\tb\u{e9}"),
        ];
        let found = read(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        assert_eq!(found, expected);
    }
}
