//! One thing that was taken from Redis, and how it becomes a tuple.

use serde_json::Value;
use stormhost_protocol::{Encoding, transcode};

/// What was taken: where it lies, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Body {
    /// An item of a list.
    Item(Vec<u8>),
    /// An entry of a stream: its id, and names with values.
    Entry(String, Vec<(Vec<u8>, Vec<u8>)>),
    /// A message: its channel, and what it says.
    Message(Vec<u8>, Vec<u8>),
}

/// The values of a tuple, encoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// How.
    pub encoding: Encoding,
    /// One a field.
    pub values: Vec<Vec<u8>>,
}

/// One value before it is encoded.
enum Cell {
    Text(Vec<u8>),
    Json(Value),
}

/// How items are read.
pub struct Reading<'a> {
    /// The names of the tuple's fields.
    pub fields: &'a [String],
    /// Whether texts are JSON; `None`: where a tuple has several fields.
    pub json: Option<bool>,
}

impl Reading<'_> {
    /// The row that an item becomes.
    ///
    /// # Errors
    /// When it is no JSON that fits the fields, in words.
    pub fn row(&self, body: &Body) -> Result<Row, String> {
        let cells = match (body, self.fields) {
            (Body::Item(text), [_]) if self.json == Some(true) => vec![Cell::Json(parsed(text)?)],
            (Body::Item(text), [_]) => vec![Cell::Text(text.clone())],
            (Body::Item(_), _) if self.json == Some(false) => {
                return Err("a text is one value, and the stream has several fields".into());
            }
            (Body::Item(text), fields) => spread(parsed(text)?, fields)?,
            (Body::Entry(id, pairs), fields) => self.entry(id, pairs, fields)?,
            (Body::Message(_, said), [_]) => vec![self.cell(said)?],
            (Body::Message(channel, said), _) => {
                vec![Cell::Text(channel.clone()), self.cell(said)?]
            }
        };
        Ok(encoded(cells))
    }

    fn cell(&self, text: &[u8]) -> Result<Cell, String> {
        match self.json {
            Some(true) => parsed(text).map(Cell::Json),
            _ => Ok(Cell::Text(text.to_vec())),
        }
    }

    /// By name. A single field that the entry has not is the whole entry, as an object.
    fn entry(
        &self,
        id: &str,
        pairs: &[(Vec<u8>, Vec<u8>)],
        fields: &[String],
    ) -> Result<Vec<Cell>, String> {
        let named = |field: &str| pairs.iter().find(|(name, _)| name == field.as_bytes());
        let mut cells = Vec::with_capacity(fields.len());
        for field in fields {
            cells.push(match (named(field), field.as_str()) {
                (Some((_, value)), _) => self.cell(value)?,
                (None, "_id") => Cell::Text(id.as_bytes().to_vec()),
                (None, _) if fields.len() == 1 => {
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let whole = pairs
                        .iter()
                        .map(|(name, value)| (text(name), Value::from(text(value))));
                    Cell::Json(Value::Object(whole.collect()))
                }
                (None, _) => Cell::Json(Value::Null),
            });
        }
        Ok(cells)
    }
}

fn parsed(text: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(text).map_err(|error| format!("it is no JSON ({error})"))
}

/// A list by position, an object by name.
fn spread(value: Value, fields: &[String]) -> Result<Vec<Cell>, String> {
    match value {
        Value::Array(values) if values.len() == fields.len() => {
            Ok(values.into_iter().map(Cell::Json).collect())
        }
        Value::Array(values) => Err(format!(
            "it has {} values, and the stream has {} fields ({})",
            values.len(),
            fields.len(),
            fields.join(", ")
        )),
        Value::Object(mut members) => Ok(fields
            .iter()
            .map(|field| Cell::Json(members.remove(field).unwrap_or_default()))
            .collect()),
        _ => Err(format!(
            "it is neither a JSON list nor an object, and the stream has {} fields",
            fields.len()
        )),
    }
}

/// As JSON; as MessagePack where there are bytes that are no text.
fn encoded(cells: Vec<Cell>) -> Row {
    let texts = |cell: &Cell| match cell {
        Cell::Text(text) => std::str::from_utf8(text).is_ok(),
        Cell::Json(_) => true,
    };
    let encoding = match cells.iter().all(texts) {
        true => Encoding::Json,
        false => Encoding::Msgpack,
    };
    let values = cells.into_iter().map(|cell| match (encoding, cell) {
        (Encoding::Msgpack, Cell::Text(bytes)) if std::str::from_utf8(&bytes).is_err() => {
            binary(&bytes)
        }
        (encoding, cell) => {
            let json = match cell {
                Cell::Text(text) => {
                    serde_json::to_vec(&String::from_utf8_lossy(&text)).unwrap_or_default()
                }
                Cell::Json(value) => value.to_string().into_bytes(),
            };
            let mut packed = Vec::new();
            match encoding {
                Encoding::Msgpack
                    if transcode(Encoding::Json, encoding, &json, &mut packed).is_ok() =>
                {
                    packed
                }
                _ => json,
            }
        }
    });
    Row {
        encoding,
        values: values.collect(),
    }
}

/// MessagePack's `bin 32`.
fn binary(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0xc6];
    out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    out.extend_from_slice(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &[&str], json: Option<bool>, body: Body) -> Result<Vec<String>, String> {
        let fields: Vec<String> = fields.iter().map(|field| (*field).into()).collect();
        let reading = Reading {
            fields: &fields,
            json,
        };
        let row = reading.row(&body)?;
        assert_eq!(row.encoding, Encoding::Json);
        Ok(row
            .values
            .into_iter()
            .map(|value| String::from_utf8(value).unwrap())
            .collect())
    }

    fn item(text: &str) -> Body {
        Body::Item(text.into())
    }

    #[test]
    fn an_item_is_a_text_or_json() {
        for (fields, json, text, expected) in [
            (&["m"][..], None, "a \"b\"", Ok(vec![r#""a \"b\"""#])),
            (&["m"], None, "17", Ok(vec!["\"17\""])),
            (
                &["m"],
                Some(true),
                " [1, {\"a\": 2}]",
                Ok(vec![r#"[1,{"a":2}]"#]),
            ),
            (&["a", "b"], None, "[1, \"x\"]", Ok(vec!["1", "\"x\""])),
            (
                &["a", "b"],
                None,
                "{\"b\": 2, \"c\": 3}",
                Ok(vec!["null", "2"]),
            ),
            (
                &["a", "b"],
                None,
                "[1]",
                Err("it has 1 values, and the stream has 2 fields (a, b)"),
            ),
            (
                &["a", "b"],
                None,
                "17",
                Err("it is neither a JSON list nor an object, and the stream has 2 fields"),
            ),
            (
                &["a", "b"],
                Some(false),
                "[1, 2]",
                Err("a text is one value, and the stream has several fields"),
            ),
        ] {
            let expected = expected
                .map(|values| values.into_iter().map(String::from).collect())
                .map_err(String::from);
            assert_eq!(read(fields, json, item(text)), expected, "{text}");
        }
        let broken = read(&["a", "b"], None, item("[1,"));
        assert!(broken.is_err_and(|why| why.starts_with("it is no JSON")));
    }

    #[test]
    fn an_entry_is_taken_apart_by_name() {
        let entry = || {
            Body::Entry(
                "5-0".into(),
                vec![(b"a".into(), b"1".into()), (b"b".into(), b"x".into())],
            )
        };
        for (fields, json, expected) in [
            (&["a", "b"][..], None, vec!["\"1\"", "\"x\""]),
            (&["b", "_id", "c"], None, vec!["\"x\"", "\"5-0\"", "null"]),
            (&["a"], Some(true), vec!["1"]),
            (&["message"], None, vec![r#"{"a":"1","b":"x"}"#]),
        ] {
            let expected: Vec<String> = expected.into_iter().map(String::from).collect();
            assert_eq!(read(fields, json, entry()), Ok(expected));
        }
    }

    #[test]
    fn a_message_may_come_with_its_channel() {
        let message = || Body::Message(b"news".into(), b"hello".into());
        assert_eq!(read(&["m"], None, message()), Ok(vec!["\"hello\"".into()]));
        assert_eq!(
            read(&["c", "m"], None, message()),
            Ok(vec!["\"news\"".into(), "\"hello\"".into()])
        );
    }

    #[test]
    fn bytes_that_are_no_text_stay_bytes() {
        let fields = ["a".to_owned(), "b".to_owned()];
        let reading = Reading {
            fields: &fields,
            json: None,
        };
        let row = reading
            .row(&Body::Message(b"news".into(), vec![0xff, 1]))
            .unwrap();
        assert_eq!(row.encoding, Encoding::Msgpack);
        assert_eq!(
            row.values,
            [b"\xa4news".to_vec(), b"\xc6\0\0\0\x02\xff\x01".to_vec()]
        );
    }
}
