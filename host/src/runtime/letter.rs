//! A dead letter: a tuple that was set aside, and why. How it is written is told in `docs/dead-letters.md`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use stormhost_protocol::Encoding;

use crate::topology::LETTER_MEMBERS as MEMBERS;

/// A story longer than this, in bytes, is cut.
const STORY: usize = 16 * 1024;
/// The keys of objects that stand for what JSON has not. An object of the user's that looks like one is wrapped into the last.
const BYTES: &str = "$bytes";
const MSGPACK: &str = "$msgpack";
const JSON: &str = "$json";

/// Why a tuple was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// It killed its child too often, alone in hand.
    KilledItsChild,
    /// It failed too often.
    GivenUp,
}

impl Why {
    /// The word for it in a letter.
    pub fn word(self) -> &'static str {
        match self {
            Why::KilledItsChild => "killed_its_child",
            Why::GivenUp => "given_up",
        }
    }
}

/// A tuple that was set aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// Why.
    pub why: Why,
    /// The bolt that it was given to; where `from` is `None`, the spout that emitted it.
    pub component: String,
    /// Who emitted it to `component`; `None` for what a spout emitted and all who listen are to get again.
    pub from: Option<String>,
    /// On which stream.
    pub stream: String,
    /// The stream's fields.
    pub fields: Vec<String>,
    /// How the values are encoded.
    pub encoding: Encoding,
    /// The values.
    pub values: Vec<Vec<u8>>,
    /// What went wrong, in a sentence.
    pub reason: String,
    /// All that is known of it, in several lines.
    pub story: String,
    /// How many children it killed alone.
    pub deaths: u32,
    /// How often it failed otherwise.
    pub tries: u32,
}

impl Letter {
    /// What letters of one kind have in common: component, stream and values.
    pub fn kind(&self) -> u64 {
        let seed = xxhash_rust::xxh3::xxh3_64(self.component.as_bytes());
        let seed = xxhash_rust::xxh3::xxh3_64_with_seed(self.stream.as_bytes(), seed);
        self.values.iter().fold(seed, |seed, value| {
            xxhash_rust::xxh3::xxh3_64_with_seed(value, seed)
        })
    }

    /// One member as JSON, for a stream with fields of these names; `letter` is all of it.
    pub fn member(&self, name: &str) -> String {
        let value = match name {
            "why" => json!(self.why.word()),
            "component" => json!(self.component),
            "from" => json!(self.from),
            "stream" => json!(self.stream),
            "fields" => json!(self.fields),
            "values" => return self.values_json(),
            "reason" => json!(self.reason),
            "story" => json!(shortened(&self.story)),
            "deaths" => json!(self.deaths),
            "tries" => json!(self.tries),
            "letter" => return self.json(&[]),
            _ => Value::Null,
        };
        value.to_string()
    }

    /// The whole letter as one JSON object on one line, after the members given.
    pub fn json(&self, first: &[(&str, Value)]) -> String {
        let mut text = String::from("{");
        let more = MEMBERS.iter().filter(|name| **name != "letter");
        let members = first
            .iter()
            .map(|(name, value)| (*name, value.to_string()))
            .chain(more.map(|name| (*name, self.member(name))));
        for (n, (name, value)) in members.enumerate() {
            let comma = if n > 0 { "," } else { "" };
            text.push_str(&format!("{comma}\"{name}\":{value}"));
        }
        text.push('}');
        text
    }

    fn values_json(&self) -> String {
        let values: Vec<String> = self
            .values
            .iter()
            .map(|value| to_plain(self.encoding, value))
            .collect();
        format!("[{}]", values.join(","))
    }
}

fn shortened(text: &str) -> &str {
    let mut end = text.len().min(STORY);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A letter as it is read again.
#[derive(Clone, Debug, Deserialize)]
pub struct ReadLetter {
    /// As in [`Letter`].
    pub component: String,
    /// As in [`Letter`].
    #[serde(default)]
    pub from: Option<String>,
    /// As in [`Letter`].
    pub stream: String,
    /// The values, as they stand in the letter.
    pub values: Vec<Box<RawValue>>,
    /// How many children it killed when it was written.
    #[serde(default)]
    pub deaths: u32,
}

impl ReadLetter {
    /// The values, encoded again: JSON as it stands, unless there is something that JSON has not.
    ///
    /// # Errors
    /// What is wrong with a value.
    pub fn row(&self) -> Result<(Encoding, Vec<Vec<u8>>), String> {
        let plain = self.values.iter().all(|value| !value.get().contains("\"$"));
        if plain {
            let row = self.values.iter();
            let row = row.map(|value| value.get().as_bytes().to_vec()).collect();
            return Ok((Encoding::Json, row));
        }
        let values = self.values.iter().map(|value| to_msgpack(value.get()));
        Ok((Encoding::Msgpack, values.collect::<Result<_, _>>()?))
    }
}

/// One encoded value as JSON, with what JSON has not written as objects with a key of ours.
fn to_plain(encoding: Encoding, value: &[u8]) -> String {
    match encoding {
        Encoding::Json => {
            let text = String::from_utf8_lossy(value).into_owned();
            if !text.contains("\"$") {
                // As it is, so that no number loses anything; a line break between tokens would break the letter.
                return text.replace(['\n', '\r'], " ");
            }
            match serde_json::from_str(&text) {
                Ok(value) => escaped(value).to_string(),
                Err(_) => json!({ MSGPACK: STANDARD.encode(value) }).to_string(),
            }
        }
        Encoding::Msgpack => {
            let mut reader = rmp_serde::Deserializer::from_read_ref(value);
            match Plain.deserialize(&mut reader) {
                Ok(value) => value.to_string(),
                Err(_) => json!({ MSGPACK: STANDARD.encode(value) }).to_string(),
            }
        }
    }
}

/// Whether an object would be taken for one of ours.
fn is_ours(map: &Map<String, Value>) -> bool {
    map.len() == 1
        && map
            .keys()
            .all(|key| [BYTES, MSGPACK, JSON].contains(&key.as_str()))
}

fn escaped(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(escaped).collect(),
        Value::Object(map) => {
            let ours = is_ours(&map);
            let map: Map<String, Value> = map
                .into_iter()
                .map(|(key, value)| (key, escaped(value)))
                .collect();
            if ours {
                json!({ JSON: map })
            } else {
                map.into()
            }
        }
        other => other,
    }
}

/// Reads a MessagePack value as a JSON value with objects of ours in it.
#[derive(Clone, Copy)]
struct Plain;

impl<'de> DeserializeSeed<'de> for Plain {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Plain {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that a tuple may hold")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("no JSON number"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(json!({ BYTES: STANDARD.encode(value) }))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Plain)? {
            items.push(item);
        }
        Ok(items.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            map.insert(key, entries.next_value_seed(Plain)?);
        }
        Ok(if is_ours(&map) {
            json!({ JSON: map })
        } else {
            map.into()
        })
    }
}

/// A value of a letter as MessagePack.
fn to_msgpack(text: &str) -> Result<Vec<u8>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if let Some(raw) = only(&value, MSGPACK) {
        return decoded(raw);
    }
    rmp_serde::to_vec(&Again(&value)).map_err(|error| error.to_string())
}

fn only<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value
        .as_object()
        .filter(|map| map.len() == 1)
        .and_then(|map| map.get(key))
}

fn decoded(text: &Value) -> Result<Vec<u8>, String> {
    let text = text.as_str().ok_or("what stands for bytes is no text")?;
    STANDARD.decode(text).map_err(|error| error.to_string())
}

/// The way back.
struct Again<'a>(&'a Value);

impl Serialize for Again<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let map = |to: S, map: &Map<String, Value>| {
            let mut out = to.serialize_map(Some(map.len()))?;
            for (key, value) in map {
                out.serialize_entry(key, &Again(value))?;
            }
            out.end()
        };
        if let Some(bytes) = only(self.0, BYTES) {
            return to.serialize_bytes(&decoded(bytes).map_err(serde::ser::Error::custom)?);
        }
        match self.0 {
            Value::Array(items) => {
                let mut out = to.serialize_seq(Some(items.len()))?;
                for item in items {
                    out.serialize_element(&Again(item))?;
                }
                out.end()
            }
            Value::Object(object) => match only(self.0, JSON).and_then(Value::as_object) {
                Some(inner) => map(to, inner),
                None => map(to, object),
            },
            other => other.serialize(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(encoding: Encoding, values: &[&[u8]]) -> Letter {
        Letter {
            why: Why::KilledItsChild,
            component: "upper".into(),
            from: Some("lines".into()),
            stream: "default".into(),
            fields: vec!["line".into()],
            encoding,
            values: values.iter().map(|value| value.to_vec()).collect(),
            reason: "it died".into(),
            story: "long".into(),
            deaths: 3,
            tries: 0,
        }
    }

    /// Through a letter and back.
    fn check(encoding: Encoding, value: &[u8], written: &str, again: (Encoding, &[u8])) {
        let text = letter(encoding, &[value]).json(&[]);
        assert!(!text.contains('\n'));
        let parsed: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed["values"][0].to_string(), written);
        let read: ReadLetter = serde_json::from_str(&text).unwrap();
        assert_eq!(read.row().unwrap(), (again.0, vec![again.1.to_vec()]));
    }

    #[test]
    fn values_come_back_as_they_were() {
        use Encoding::{Json, Msgpack};
        check(Json, b"[1, \"a\"]", "[1,\"a\"]", (Json, b"[1, \"a\"]"));
        check(Msgpack, b"\xa1a", "\"a\"", (Json, b"\"a\""));
        check(
            Msgpack,
            b"\xc4\x02\x00\xff",
            r#"{"$bytes":"AP8="}"#,
            (Msgpack, b"\xc4\x02\x00\xff"),
        );
        check(
            Msgpack,
            b"\x92\x01\xc4\x01a",
            r#"[1,{"$bytes":"YQ=="}]"#,
            (Msgpack, b"\x92\x01\xc4\x01a"),
        );
        // A map with a number for a key, which JSON has not.
        check(
            Msgpack,
            b"\x81\x01\x02",
            r#"{"$msgpack":"gQEC"}"#,
            (Msgpack, b"\x81\x01\x02"),
        );
        check(
            Json,
            br#"{"$bytes": 1}"#,
            r#"{"$json":{"$bytes":1}}"#,
            (Msgpack, b"\x81\xa6$bytes\x01"),
        );
    }

    #[test]
    fn a_letter_has_all_its_members_in_order() {
        let text = letter(Encoding::Json, &[b"7"]).json(&[("time", json!("now"))]);
        let parsed: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let mut names: Vec<&str> = vec!["time"];
        names.extend(&MEMBERS[..MEMBERS.len() - 1]);
        assert_eq!(parsed.keys().collect::<Vec<_>>(), names);
        assert_eq!(parsed["why"], "killed_its_child");
    }

    #[test]
    fn a_long_story_is_cut_between_letters() {
        let mut long = letter(Encoding::Json, &[b"7"]);
        long.story = "ä".repeat(STORY);
        assert!(long.json(&[]).len() < STORY + 500);
    }
}
