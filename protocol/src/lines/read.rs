//! Lines taken apart into columns.

use super::Layout;
use crate::scan::json;
use crate::text::Text;
use crate::{Encoding, Limits};

/// Rows that were read from lines: a column of encoded values for each field.
///
/// It is used again and again, so a line costs no allocation.
#[derive(Clone, Debug, Default)]
pub struct Block {
    columns: Vec<Vec<u8>>,
    /// For each column where its values end, the comma behind a JSON value not counted.
    ends: Vec<Vec<usize>>,
    rows: usize,
    json: bool,
}

/// Why a line is no row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRow {
    /// Another number of values than the stream has fields.
    #[error("a line with {got} values where the stream has {want} fields")]
    Values {
        /// Values on the line.
        got: usize,
        /// Fields of the stream.
        want: usize,
    },
    /// An object without one of the fields.
    #[error("a JSON object without the member {0:?}, which is a field of the stream")]
    Member(String),
    /// No JSON at all.
    #[error("a line that is not JSON: {0}")]
    NotJson(String),
}

impl Block {
    /// Forgets the rows, and makes room for others.
    fn begin(&mut self, layout: Layout, fields: usize) {
        self.columns.resize_with(fields, Vec::new);
        self.ends.resize_with(fields, Vec::new);
        self.columns.iter_mut().for_each(Vec::clear);
        self.ends.iter_mut().for_each(Vec::clear);
        self.rows = 0;
        self.json = layout == Layout::Json;
    }

    /// Reads the lines of `text` into this block, in place of what it held; the last line may lack its end.
    /// `refused` is told every line that is no row, and why; such a line is left out.
    pub fn read(
        &mut self,
        layout: Layout,
        fields: &[String],
        text: &[u8],
        mut refused: impl FnMut(&[u8], NoRow),
    ) {
        self.begin(layout, fields.len());
        match (layout, fields.len()) {
            (Layout::Separated { end, .. }, 1) => self.whole_lines(text, end),
            (Layout::Separated { by, end }, _) => {
                let utf8 = std::str::from_utf8(text).is_ok();
                for line in lines(text, end) {
                    let got = 1 + memchr::memchr_iter(by, line).count();
                    if got != fields.len() {
                        let want = fields.len();
                        refused(line, NoRow::Values { got, want });
                        continue;
                    }
                    let mut values = line.split(|byte| *byte == by);
                    for (column, ends) in self.columns.iter_mut().zip(&mut self.ends) {
                        push_text(values.next().unwrap_or_default(), utf8, column);
                        ends.push(column.len());
                    }
                    self.rows += 1;
                }
            }
            (Layout::Json, _) => {
                for line in lines(text, b'\n') {
                    if let Err(why) = self.json_line(fields, line) {
                        refused(line, why);
                    }
                }
            }
        }
    }

    /// Each line is the only value of its row.
    fn whole_lines(&mut self, text: &[u8], end: u8) {
        let utf8 = std::str::from_utf8(text).is_ok();
        let (Some(column), Some(ends)) = (self.columns.first_mut(), self.ends.first_mut()) else {
            return;
        };
        column.reserve(text.len() + text.len() / 16);
        for line in lines(text, end) {
            push_text(line, utf8, column);
            ends.push(column.len());
        }
        self.rows = ends.len();
    }

    fn json_line(&mut self, fields: &[String], line: &[u8]) -> Result<(), NoRow> {
        let values = json_values(fields, line)?;
        for ((column, ends), value) in self.columns.iter_mut().zip(&mut self.ends).zip(values) {
            if self.rows > 0 {
                column.push(b',');
            }
            column.extend_from_slice(value);
            ends.push(column.len());
        }
        self.rows += 1;
        Ok(())
    }

    /// How many rows it holds.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many bytes its columns take.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(Vec::len).sum()
    }

    /// The encoded values of some rows in one piece for each column, just as they have to stand in a list.
    pub fn piece(&self, rows: std::ops::Range<usize>) -> impl ExactSizeIterator<Item = &[u8]> {
        self.columns
            .iter()
            .zip(&self.ends)
            .map(move |(column, ends)| {
                let end = match rows.end.checked_sub(1) {
                    Some(last) => ends.get(last).copied().unwrap_or(0),
                    None => 0,
                };
                column
                    .get(self.start(ends, rows.start)..end)
                    .unwrap_or_default()
            })
    }

    /// The value of one field of one row.
    #[inline]
    pub fn value(&self, field: usize, row: usize) -> &[u8] {
        let (Some(column), Some(ends)) = (self.columns.get(field), self.ends.get(field)) else {
            return &[];
        };
        let end = ends.get(row).copied().unwrap_or(0);
        column.get(self.start(ends, row)..end).unwrap_or_default()
    }

    #[inline]
    fn start(&self, ends: &[usize], row: usize) -> usize {
        match row.checked_sub(1) {
            Some(before) => ends.get(before).copied().unwrap_or(0) + usize::from(self.json),
            None => 0,
        }
    }
}

/// The lines of a text, without their ends.
fn lines(text: &[u8], end: u8) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    let mut ends = memchr::memchr_iter(end, text);
    std::iter::from_fn(move || {
        if at >= text.len() {
            return None;
        }
        let end = ends.next().unwrap_or(text.len());
        let line = text.get(at..end);
        at = end + 1;
        line
    })
}

/// A line as a value: text, or bytes where it is no UTF-8.
#[inline]
fn push_text(line: &[u8], known_utf8: bool, out: &mut Vec<u8>) {
    let is_text = known_utf8 || std::str::from_utf8(line).is_ok();
    let len = line.len();
    match (is_text, len) {
        (true, 0..0x20) => out.push(0xa0 | len as u8),
        (_, 0..0x100) => out.extend_from_slice(&[if is_text { 0xd9 } else { 0xc4 }, len as u8]),
        (_, 0x100..0x1_0000) => {
            let [high, low] = (len as u16).to_be_bytes();
            out.extend_from_slice(&[if is_text { 0xda } else { 0xc5 }, high, low]);
        }
        _ => {
            out.push(if is_text { 0xdb } else { 0xc6 });
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
    }
    out.extend_from_slice(line);
}

/// The values of a JSON line in the order of the fields.
fn json_values<'a>(fields: &[String], line: &'a [u8]) -> Result<Vec<&'a [u8]>, NoRow> {
    let limits = Limits::default();
    if std::str::from_utf8(line).is_err() {
        return Err(NoRow::NotJson("it is not UTF-8".into()));
    }
    let value = crate::whole(Encoding::Json, line, &limits)
        .map_err(|error| NoRow::NotJson(error.to_string()))?;
    match value.first() {
        // The only field may be meant to hold the whole object.
        Some(b'{') if fields.len() == 1 => {
            let named = fields.first().and_then(|field| member(value, field));
            Ok(vec![named.unwrap_or(value)])
        }
        Some(b'{') => fields
            .iter()
            .map(|field| member(value, field).ok_or_else(|| NoRow::Member(field.clone())))
            .collect(),
        Some(b'[') => {
            let column = crate::Column::open(Encoding::Json, value, &limits)
                .map_err(|error| NoRow::NotJson(error.to_string()))?;
            let values: Vec<&[u8]> = column.filter_map(Result::ok).collect();
            match (values.len(), fields.len()) {
                (got, want) if got == want => Ok(values),
                (got, want) => Err(NoRow::Values { got, want }),
            }
        }
        _ if fields.len() == 1 => Ok(vec![value]),
        _ => Err(NoRow::Values {
            got: 1,
            want: fields.len(),
        }),
    }
}

/// A member of a well-formed JSON object, as it stands; the last one of its name, as every reader of JSON has it.
pub fn member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let depth = Limits::default().depth();
    let mut found = None;
    let mut at = json::blanks(object, 0) + 1;
    loop {
        at = json::blanks(object, at);
        if object.get(at) != Some(&b'"') {
            return found;
        }
        let end = json::string(object, at + 1).ok()?;
        let key = Text::json(object.get(at + 1..end - 1)?);
        let start = json::blanks(object, json::colon(object, end).ok()?);
        let after = json::skip(object, start, depth).ok()?;
        if key.bytes().as_ref() == name.as_bytes() {
            found = object.get(start..after);
        }
        at = json::blanks(object, after);
        if object.get(at) != Some(&b',') {
            return found;
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::to_json_text;

    fn rows(layout: Layout, fields: &[&str], text: &[u8]) -> (Vec<Vec<String>>, Vec<String>) {
        let fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
        let mut block = Block::default();
        let mut refused = Vec::new();
        // What it held before is gone.
        block.read(layout, &fields, b"1\n2\n", |_, _| ());
        block.read(layout, &fields, text, |line, why| {
            refused.push(format!("{}: {why}", String::from_utf8_lossy(line)));
        });
        let shown = |row| {
            let value = |field| to_json_text(layout.encoding(), block.value(field, row));
            (0..fields.len()).map(value).collect()
        };
        ((0..block.rows()).map(shown).collect(), refused)
    }

    #[test]
    fn lines_may_end_with_another_byte() {
        let nul = Layout::Separated { by: b'\t', end: 0 };
        let (found, refused) = rows(nul, &["line"], b"a\nb\0\0c");
        assert_eq!(found.concat(), [r#""a\nb""#, r#""""#, r#""c""#]);
        assert_eq!(refused, [""; 0]);
    }

    #[test]
    fn a_line_is_the_only_value_whatever_it_holds() {
        let long = "x".repeat(300);
        let text = format!("a\tb\n\n  c \r\n{long}\nlast");
        let (found, refused) = rows(Layout::TABS, &["line"], text.as_bytes());
        let expected: Vec<String> = ["a\tb", "", "  c \r", &long, "last"]
            .map(|line| serde_json::to_string(line).unwrap())
            .into();
        assert_eq!(found.concat(), expected);
        assert_eq!(refused, [""; 0]);
    }

    #[test]
    fn a_line_that_is_no_utf8_is_bytes() {
        let (found, _) = rows(Layout::TABS, &["line"], b"ok\n\xff\xfe\n");
        assert_eq!(found.concat(), ["\"ok\"", "<2 bytes>"]);
    }

    #[test]
    fn fields_stand_between_separators_and_another_number_of_them_is_no_row() {
        let (found, refused) = rows(
            Layout::Separated {
                by: b' ',
                end: b'\n',
            },
            &["a", "b"],
            b"1 x\n2\n3  \n4 \n",
        );
        assert_eq!(found, [["\"1\"", "\"x\""], ["\"4\"", "\"\""]]);
        assert_eq!(
            refused,
            [
                "2: a line with 1 values where the stream has 2 fields",
                "3  : a line with 3 values where the stream has 2 fields"
            ]
        );
    }

    #[test]
    fn json_is_an_object_by_name_a_list_by_place_or_one_value() {
        let text = br#"{"n": [1, 2], "a\u0062": "x", "c": {}}
["y", null]
"z"
{"n": 1}
[1]
oh
"#;
        let (found, refused) = rows(Layout::Json, &["ab", "n"], text);
        assert_eq!(found, [["\"x\"", "[1, 2]"], ["\"y\"", "null"]]);
        assert_eq!(refused.len(), 4, "{refused:?}");
        for (why, part) in refused
            .iter()
            .zip(["1 values", "\"ab\"", "1 values", "not JSON"])
        {
            assert!(why.contains(part), "{why}");
        }
        let (found, _) = rows(
            Layout::Json,
            &["v"],
            b"1\n \"a\" \n{\"v\":true}\n[[2]]\n{\"w\":3}\n",
        );
        assert_eq!(found.concat(), ["1", "\"a\"", "true", "[2]", "{\"w\":3}"]);
    }

    #[test]
    fn pieces_stand_as_in_a_list() {
        let fields = ["v".to_owned()];
        let mut block = Block::default();
        block.read(Layout::Json, &fields, b"1\n22\n3\n", |_, _| ());
        assert_eq!(block.piece(0..2).collect::<Vec<_>>(), [b"1,22"]);
        assert_eq!(block.piece(1..3).collect::<Vec<_>>(), [b"22,3"]);
        block.read(Layout::TABS, &fields, b"a\nbc\n", |_, _| ());
        assert_eq!(block.piece(0..2).collect::<Vec<_>>(), [b"\xa1a\xa2bc"]);
        assert_eq!(block.piece(1..2).collect::<Vec<_>>(), [b"\xa2bc"]);
        assert_eq!((block.rows(), block.bytes()), (2, 5));
    }
}
