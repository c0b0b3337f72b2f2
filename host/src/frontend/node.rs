//! YAML as a tree that knows its lines, since what is wrong is told with the line on which it stands.

use std::fmt;
use std::rc::Rc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Options, Spanned};

use crate::topology::Place;

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) value: Yaml,
}

/// What YAML knows.
#[derive(Clone, Debug)]
pub(super) enum Yaml {
    /// Nothing, a flag, a number, or text.
    Scalar(Value),
    List(Vec<Node>),
    /// In the order of the file. A key may stand twice; then the later one counts, as in Storm.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document. An empty one is nothing.
    ///
    /// # Errors
    /// The line, 0 if unknown, and what is wrong there.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, (u32, String)> {
        let mut options = Options::default();
        options.duplicate_keys = DuplicateKeyPolicy::LastWins;
        let raw: Spanned<Raw> =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| {
                let line = error.location().map_or(0, |location| location.line());
                let plain = error.without_snippet().to_string();
                (u32::try_from(line).unwrap_or(0), plain)
            })?;
        Ok(placed(raw, &Rc::from(file)))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Yaml::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Text, or what YAML took for a number or a flag, as text.
    pub(super) fn any_text(&self) -> Option<String> {
        match &self.value {
            Yaml::Scalar(Value::String(text)) => Some(text.clone()),
            Yaml::Scalar(value @ (Value::Number(_) | Value::Bool(_))) => Some(value.to_string()),
            _ => None,
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match &self.value {
            Yaml::Scalar(value) => value.as_bool(),
            _ => None,
        }
    }

    pub(super) fn whole(&self) -> Option<i64> {
        match &self.value {
            Yaml::Scalar(value) => value.as_i64(),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Yaml::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn map(&self) -> Option<&[(String, Node)]> {
        match &self.value {
            Yaml::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self.value, Yaml::Scalar(Value::Null))
    }

    /// The value of a key, if this is a map that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let mut entries = self.map()?.iter().rev();
        entries
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub(super) fn json(&self) -> Value {
        match &self.value {
            Yaml::Scalar(value) => value.clone(),
            Yaml::List(items) => items.iter().map(Node::json).collect(),
            Yaml::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|(key, value)| (key.clone(), value.json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

fn placed(raw: Spanned<Raw>, file: &Rc<str>) -> Node {
    let at = Place {
        file: file.to_string(),
        line: u32::try_from(raw.referenced.line()).unwrap_or(0),
    };
    let value = match raw.value {
        Raw::Scalar(value) => Yaml::Scalar(value),
        Raw::List(items) => Yaml::List(items.into_iter().map(|item| placed(item, file)).collect()),
        Raw::Map(entries) => Yaml::Map(
            entries
                .into_iter()
                .map(|(key, value)| (key, placed(value, file)))
                .collect(),
        ),
    };
    Node { at, value }
}

/// A value as the library hands it over.
enum Raw {
    Scalar(Value),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(String, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Raw::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_know_their_lines() {
        let text = "# a comment\nname: words\nspouts:\n  - id: a\n    parallelism: 2\n  - {id: b,\n     on: [yes, 1.5, ~, 'x']}\n";
        let root = Node::parse("t.yaml", text).expect("YAML");
        assert_eq!(
            root.json(),
            json!({"name": "words", "spouts": [{"id": "a", "parallelism": 2}, {"id": "b", "on": [true, 1.5, null, "x"]}]})
        );
        let spouts = root.get("spouts").and_then(Node::list).expect("spouts");
        let lines: Vec<u32> = spouts.iter().map(|spout| spout.at.line).collect();
        assert_eq!(lines, [4, 6]);
        assert_eq!(
            spouts[1].get("on").expect("on").list().expect("list")[3]
                .at
                .line,
            7
        );
        assert_eq!(spouts[0].get("parallelism").and_then(Node::whole), Some(2));
        assert_eq!(spouts[0].at.file, "t.yaml");
    }

    #[test]
    fn aliases_and_keys_that_stand_twice() {
        let root = Node::parse("t", "a: &x [1]\nb: *x\nc: 1\nc: 2\n").expect("YAML");
        assert_eq!(root.get("b").expect("b").json(), json!([1]));
        assert_eq!(root.get("c").and_then(Node::whole), Some(2));
    }

    #[test]
    fn what_is_no_yaml_has_a_line() {
        let (line, message) = Node::parse("t", "a: 1\nb: [1\nc: 2\n").expect_err("open list");
        assert!((2..=4).contains(&line), "{line}: {message}");
        assert!(Node::parse("t", "").is_ok_and(|root| root.is_nothing()));
    }
}
