//! YAML as a tree that knows its lines, since what is wrong is told with the line on which it stands.

use serde_json::{Map, Value};

use super::compose::{Wrong, compose};
use super::scalar::{self, Scalar};
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
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file, keys as they were written. A key may stand twice; then the later one counts, as in Storm.
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document. An empty one is nothing.
    ///
    /// # Errors
    /// The line, 0 if unknown, and what is wrong there.
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, Wrong> {
        compose(file, text)
    }

    /// What an empty file holds.
    pub(super) fn nothing(file: &str) -> Self {
        let text = Scalar {
            text: String::new(),
            is_plain: true,
        };
        Self {
            at: Place {
                file: file.to_owned(),
                line: 1,
            },
            value: Yaml::Scalar(text),
        }
    }

    fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Yaml::Scalar(scalar) => Some(scalar).filter(|scalar| !scalar.is_nothing()),
            _ => None,
        }
    }

    /// What was written for a value, be it text, a number or a flag: Flux has it where it wants text.
    pub(super) fn text(&self) -> Option<String> {
        self.scalar().map(|scalar| scalar.text.clone())
    }

    /// A flag where Flux wants one, quoted or not.
    pub(super) fn flag(&self) -> Option<bool> {
        scalar::flag(&self.scalar()?.text)
    }

    /// A whole number where Flux wants one, quoted or not.
    pub(super) fn whole(&self) -> Option<i64> {
        scalar::whole(&self.scalar()?.text)?.as_i64()
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
        matches!(&self.value, Yaml::Scalar(scalar) if scalar.is_nothing())
    }

    /// The value of a key, if this is a map that has it.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let mut entries = self.map()?.iter().rev();
        entries
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The same, where it is not nothing.
    pub(super) fn given(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|value| !value.is_nothing())
    }

    /// How many values there are in it, and how many levels deep.
    pub(super) fn extent(&self) -> (usize, usize) {
        let inner: Vec<&Node> = match &self.value {
            Yaml::Scalar(_) => Vec::new(),
            Yaml::List(items) => items.iter().collect(),
            Yaml::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
        };
        inner.into_iter().fold((1, 0), |(values, height), node| {
            let (more, below) = node.extent();
            (values + more, height.max(below + 1))
        })
    }

    /// Tells of numbers in it that [`Node::json`] cannot hold: where, as what, and what becomes of them.
    pub(super) fn each_lost_number(&self, tell: &mut dyn FnMut(&Place, &str, &str)) {
        match &self.value {
            Yaml::Scalar(scalar) => {
                if let Some(becomes) = scalar.is_lost_as() {
                    tell(&self.at, &scalar.text, becomes);
                }
            }
            Yaml::List(items) => items.iter().for_each(|item| item.each_lost_number(tell)),
            Yaml::Map(entries) => {
                for (_, value) in entries {
                    value.each_lost_number(tell);
                }
            }
        }
    }

    /// The value where anything may stand.
    pub(super) fn json(&self) -> Value {
        match &self.value {
            Yaml::Scalar(scalar) => scalar.value(),
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
        assert!(Node::parse("t", "# words\n").is_ok_and(|root| root.is_nothing()));
    }

    #[test]
    fn a_map_merged_into_another_gives_way_to_it() {
        let text =
            "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {z: 3, <<: [*b, *a]}\nd: {<<: *a, x: 4}\n";
        let root = Node::parse("t", text).expect("YAML");
        assert_eq!(
            root.get("c").expect("c").json(),
            json!({"x": 1, "y": 2, "z": 3})
        );
        assert_eq!(root.get("d").expect("d").json(), json!({"x": 4, "y": 1}));
    }

    #[test]
    fn tags_say_what_a_scalar_is() {
        let root = Node::parse("t", "[!!str 5, !!int '5', ! 5, !!bool 'no', 5]").expect("YAML");
        assert_eq!(root.json(), json!(["5", 5, "5", false, 5]));
    }

    #[test]
    fn what_would_not_end_is_refused() {
        let laughs: String = (1..40)
            .map(|nth| format!("a{nth}: &a{nth} [*a{0}, *a{0}]\n", nth - 1))
            .collect();
        let tower: String = (1..40)
            .map(|nth| format!("a{nth}: &a{nth} [[[*a{}]]]\n", nth - 1))
            .collect();
        for (text, said) in [
            (format!("a0: &a0 x\n{laughs}"), "more than 100000 values"),
            (format!("a0: &a0 x\n{tower}"), "nested more than 100 levels"),
            (
                "[".repeat(120) + &"]".repeat(120),
                "nested more than 100 levels",
            ),
            (
                "&a [*a]".into(),
                "an alias stands in what it is an alias of",
            ),
            ("? [a]\n: b\n".into(), "a key is a list or a map"),
            ("<<: 3\n".into(), "`<<` takes a map"),
        ] {
            let (_, message) = Node::parse("t", &text).expect_err(said);
            assert!(message.contains(said), "{message}");
        }
    }
}
