//! What a setting's value may be, and the forgiving reading of it.

use serde_json::Value;
use stormhost_protocol::Encoding;

/// The type of a setting, and its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `true` or `false`.
    Flag,
    /// A whole number from `least` up to `most`.
    Count {
        /// The least that makes sense.
        least: u32,
        /// The most that makes sense.
        most: u32,
    },
    /// A number of seconds, whole or not.
    Seconds {
        /// Whether 0 is a value.
        zero: bool,
    },
    /// A number of bytes; text with a unit (`"8 MiB"`) is taken as well.
    Bytes {
        /// The least that makes sense.
        least: u64,
        /// The most that makes sense.
        most: u64,
    },
    /// Text that is not empty; a whole number is taken as its digits, since that is what `--set` and YAML make of them.
    Text,
    /// Text of octal digits. No number: YAML and programs have read 027 as another one by the time that it is seen here.
    Octal,
    /// Text by name, such as variables of an environment.
    TextMap,
    /// The name of a serializer; any text that holds `json` or `msgpack` will do, so Storm's class names do.
    Serializer,
    /// Anything at all.
    Any,
}

/// About thirty years: longer than any run, and short enough to be added to any clock.
const MOST_SECONDS: f64 = 1e9;

impl ValueKind {
    /// The value in the form in which it is kept: whole floats as integers (Lua has no others), sizes in bytes.
    ///
    /// # Errors
    /// What was expected, as in "a whole number of at least 1".
    pub fn read(self, value: &Value) -> Result<Value, String> {
        let read = match self {
            ValueKind::Any => Some(value.clone()),
            ValueKind::Flag => value.as_bool().map(Value::from),
            ValueKind::Count { least, most } => whole(value)
                .filter(|count| (u64::from(least)..=u64::from(most)).contains(count))
                .map(Value::from),
            ValueKind::Seconds { zero } => seconds(value, zero),
            ValueKind::Bytes { least, most } => {
                let bytes = whole(value).or_else(|| value.as_str().and_then(bytes));
                bytes
                    .filter(|bytes| (least..=most).contains(bytes))
                    .map(Value::from)
            }
            ValueKind::Text => match value {
                Value::Number(number) if number.is_u64() || number.is_i64() => {
                    Some(Value::from(number.to_string()))
                }
                other => text(other),
            },
            ValueKind::Octal => text(value),
            ValueKind::TextMap => text_map(value),
            ValueKind::Serializer => serializer(value).map(|_| value.clone()),
        };
        read.ok_or_else(|| self.expectation())
    }

    /// What to try where a value is of another kind, as far as there is more to say than what was expected.
    pub(super) fn hint(self, value: &Value) -> Option<&'static str> {
        (self == ValueKind::Octal && value.is_number()).then_some(
            "write it in quotes, such as \"027\": a number without them may have become another one on its way here",
        )
    }

    fn expectation(self) -> String {
        match self {
            ValueKind::Any => "anything".into(),
            ValueKind::Flag => "true or false".into(),
            ValueKind::Count {
                least,
                most: u32::MAX,
            } => format!("a whole number of at least {least}"),
            ValueKind::Count { least, most } => format!("a whole number from {least} to {most}"),
            ValueKind::Seconds { zero: true } => "a number of seconds".into(),
            ValueKind::Seconds { zero: false } => "a number of seconds greater than 0".into(),
            ValueKind::Bytes { least, most } => {
                format!("a number of bytes from {least} to {most}, or text such as \"8 MiB\"")
            }
            ValueKind::Text => "text".into(),
            ValueKind::Octal => "text of octal digits".into(),
            ValueKind::TextMap => "an object of texts by name".into(),
            ValueKind::Serializer => "\"json\" or \"msgpack\"".into(),
        }
    }
}

/// The encoding that the name of a serializer means.
pub(super) fn serializer(value: &Value) -> Option<Encoding> {
    let name = value.as_str()?.to_lowercase();
    // Pyleus calls its own `MessagePackSerializer`.
    if name.contains("msgpack") || name.contains("messagepack") {
        return Some(Encoding::Msgpack);
    }
    name.contains("json").then_some(Encoding::Json)
}

/// A text, number or flag as text: YAML makes numbers of what looks like one.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn text(value: &Value) -> Option<Value> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(Value::from)
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let float = value.as_f64().filter(|float| {
            float.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(float)
        })?;
        Some(float as u64)
    })
}

fn seconds(value: &Value, zero: bool) -> Option<Value> {
    let seconds = value.as_f64()?;
    let least = if zero { 0.0 } else { f64::MIN_POSITIVE };
    if !(least..=MOST_SECONDS).contains(&seconds) {
        return None;
    }
    Some(whole(value).map_or_else(|| Value::from(seconds), Value::from))
}

/// `8 MiB`, `8M`, `512 kB`, `1024`.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text
        .find(|letter: char| !letter.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let factor: u64 = match unit.trim().to_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "k" | "kib" => 1 << 10,
        "mb" => 1_000_000,
        "m" | "mib" => 1 << 20,
        "gb" => 1_000_000_000,
        "g" | "gib" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn text_map(value: &Value) -> Option<Value> {
    let entries = value.as_object()?.iter();
    let texts = entries.map(|(name, value)| Some((name.clone(), Value::from(plain_text(value)?))));
    texts
        .collect::<Option<serde_json::Map<_, _>>>()
        .map(Value::Object)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COUNT: ValueKind = ValueKind::Count {
        least: 1,
        most: u32::MAX,
    };
    const BYTES: ValueKind = ValueKind::Bytes {
        least: 1024,
        most: 1 << 30,
    };

    #[test]
    fn takes_what_can_be_meant() {
        for (kind, given, kept) in [
            (ValueKind::Flag, json!(true), json!(true)),
            (COUNT, json!(7), json!(7)),
            (COUNT, json!(7.0), json!(7)),
            (ValueKind::Seconds { zero: false }, json!(0.25), json!(0.25)),
            (ValueKind::Seconds { zero: false }, json!(30.0), json!(30)),
            (ValueKind::Seconds { zero: true }, json!(0), json!(0)),
            (BYTES, json!(4096), json!(4096)),
            (BYTES, json!("8 MiB"), json!(8 << 20)),
            (BYTES, json!("8M"), json!(8 << 20)),
            (BYTES, json!("64kb"), json!(64_000)),
            (BYTES, json!("2048"), json!(2048)),
            (ValueKind::Text, json!("WordCount"), json!("WordCount")),
            (ValueKind::Text, json!(1000), json!("1000")),
            (ValueKind::Text, json!(-3), json!("-3")),
            (ValueKind::Octal, json!("027"), json!("027")),
            (
                ValueKind::TextMap,
                json!({"A": "b", "N": 3}),
                json!({"A": "b", "N": "3"}),
            ),
            (
                ValueKind::Serializer,
                json!("org.apache.storm.multilang.JsonSerializer"),
                json!("org.apache.storm.multilang.JsonSerializer"),
            ),
            (ValueKind::Serializer, json!("MSGPACK"), json!("MSGPACK")),
            (ValueKind::Any, json!([1, null]), json!([1, null])),
        ] {
            assert_eq!(kind.read(&given), Ok(kept), "{kind:?} of {given}");
        }
    }

    #[test]
    fn refuses_the_rest_and_says_what_was_expected() {
        for (kind, given, expected) in [
            (ValueKind::Flag, json!("yes"), "true or false"),
            (COUNT, json!(0), "a whole number of at least 1"),
            (COUNT, json!(-1), "a whole number of at least 1"),
            (COUNT, json!(1.5), "a whole number of at least 1"),
            (COUNT, json!("7"), "a whole number of at least 1"),
            (
                COUNT,
                json!(4_294_967_296_u64),
                "a whole number of at least 1",
            ),
            (
                ValueKind::Seconds { zero: false },
                json!(0),
                "greater than 0",
            ),
            (
                ValueKind::Seconds { zero: true },
                json!(-0.5),
                "a number of seconds",
            ),
            (
                ValueKind::Seconds { zero: true },
                json!(1e300),
                "a number of seconds",
            ),
            (BYTES, json!("8 parsecs"), "a number of bytes"),
            (
                BYTES,
                json!("99999999999999999999 GiB"),
                "a number of bytes",
            ),
            (BYTES, json!(1), "from 1024 to"),
            (ValueKind::Text, json!(""), "text"),
            (ValueKind::Text, json!(1.5), "text"),
            (ValueKind::Text, json!(true), "text"),
            (ValueKind::Octal, json!(23), "text of octal digits"),
            (ValueKind::TextMap, json!({"A": [1]}), "an object of texts"),
            (ValueKind::TextMap, json!("A=b"), "an object of texts"),
            (
                ValueKind::Serializer,
                json!("avro"),
                "\"json\" or \"msgpack\"",
            ),
        ] {
            let error = kind.read(&given).expect_err(&given.to_string());
            assert!(error.contains(expected), "{kind:?} of {given}: {error}");
        }
    }

    #[test]
    fn serializers_are_known_by_what_their_name_holds() {
        assert_eq!(
            serializer(&json!("com.yelp.pyleus.serializer.MessagePackSerializer")),
            Some(Encoding::Msgpack)
        );
        assert_eq!(
            serializer(&json!("org.apache.storm.multilang.JsonSerializer")),
            Some(Encoding::Json)
        );
        assert_eq!(serializer(&json!(7)), None);
    }
}
