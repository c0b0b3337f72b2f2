//! What is said about a topology from outside of it: on the command line, in the environment, in the user's file.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::settings::{ValueKind, known};

/// Everything from outside that bears on a topology. Empty by default.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The user's file of settings, if there is one.
    pub user_file: Option<UserFile>,
    /// Variables of the environment; only those that begin with `STORMHOST_`, and `REDIS_` for Redis, are looked at.
    pub environment: Vec<(String, String)>,
    /// `--set`, in the order given.
    pub set: Vec<SetOption>,
    /// `-p`: component and number of tasks, in the order given; the last one for a component counts.
    pub parallelism: Vec<(String, u32)>,
    /// `--env`: added to the environment of every child.
    pub env: BTreeMap<String, String>,
    /// When the run began, in seconds since 1970; it becomes part of `storm.id`, as in Storm.
    pub started_unix_secs: u64,
}

/// The user's settings for all topologies.
#[derive(Clone, Debug, PartialEq)]
pub struct UserFile {
    /// Where it was read from.
    pub path: String,
    /// What it says.
    pub conf: Map<String, Value>,
}

/// One `--set key=value` or `--set component:key=value`.
#[derive(Clone, Debug, PartialEq)]
pub struct SetOption {
    /// The component it is meant for; `None` for the topology.
    pub component: Option<String>,
    /// The setting.
    pub key: String,
    /// Its value: JSON, or what a line of YAML takes for more than text, or plain text.
    pub value: Value,
}

/// An option that cannot be read, with what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct BadOption(pub &'static str);

impl FromStr for SetOption {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        const EXPECTED: BadOption = BadOption("key=value or component:key=value");
        let (name, value) = text.split_once('=').ok_or(EXPECTED)?;
        let (component, key) = match name.split_once(':') {
            Some((component, key)) => (Some(component.to_owned()), key),
            None => (None, name),
        };
        if key.is_empty() || component.as_ref().is_some_and(String::is_empty) {
            return Err(EXPECTED);
        }
        Ok(SetOption {
            component,
            key: key.to_owned(),
            value: typed(key, value),
        })
    }
}

/// The value of a setting as it was typed: JSON, or YAML where that knows more than text, or the text itself. `7` is a number, `true` and
/// `True` are a flag, `[a, b]` is a list, `msgpack` a text. Where octal digits are expected, digits are those.
pub(super) fn typed(key: &str, text: &str) -> Value {
    let is_octal = known(key).is_some_and(|known| known.kind == ValueKind::Octal);
    if is_octal && text.chars().all(|letter| letter.is_ascii_digit()) {
        return Value::from(text);
    }
    serde_json::from_str(text)
        .ok()
        .or_else(|| yaml(text))
        .unwrap_or_else(|| Value::from(text))
}

/// What stands on one line of a `storm.yaml`, and in `sparse -o`, for a list, a map, text in quotes, a number, a flag or nothing.
/// Anything else is text as it stands: `a: b` and `a #b` are typed for themselves, and `007` is no seven.
fn yaml(text: &str) -> Option<Value> {
    // Followed by something else in a list, since the reader does not mind what stands behind a document: `[a-z]+` is no list.
    let followed: Vec<Value> = serde_saphyr::from_str(&format!("[{text}, 0]")).ok()?;
    let [value, last] = <[Value; 2]>::try_from(followed).ok()?;
    if last != 0 {
        return None;
    }
    let is_meant = match &value {
        Value::Array(_) => text.starts_with('['),
        Value::Object(_) => text.starts_with('{'),
        Value::String(_) => text.starts_with(['"', '\'']),
        Value::Number(_) => is_number(text),
        Value::Bool(_) => ["True", "TRUE", "False", "FALSE"].contains(&text),
        Value::Null => ["~", "Null", "NULL"].contains(&text),
    };
    is_meant.then_some(value)
}

/// Whether a text is a number and nothing besides: a tag, an anchor or a remark make none.
fn is_number(text: &str) -> bool {
    let digit = |first: char| first.is_ascii_digit();
    let digits = text.trim_start_matches(['+', '-']);
    let is_padded = digits
        .strip_prefix('0')
        .is_some_and(|rest| rest.starts_with(digit));
    digits.starts_with(|first| digit(first) || first == '.')
        && !is_padded
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn set_is_read() {
        for (text, component, key, value) in [
            ("topology.debug=true", None, "topology.debug", json!(true)),
            (
                "split:topology.tasks=4",
                Some("split"),
                "topology.tasks",
                json!(4),
            ),
            (
                "redis.url=redis://h:6379/0?a=b",
                None,
                "redis.url",
                json!("redis://h:6379/0?a=b"),
            ),
            ("x={\"a\": [1]}", None, "x", json!({"a": [1]})),
            ("x=", None, "x", json!("")),
        ] {
            let expected = SetOption {
                component: component.map(str::to_owned),
                key: key.into(),
                value,
            };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_read_as_a_line_of_yaml() {
        for (text, value) in [
            ("True", json!(true)),
            ("FALSE", json!(false)),
            ("~", json!(null)),
            ("Null", json!(null)),
            ("[a, b]", json!(["a", "b"])),
            ("[1, {a: x}]", json!([1, {"a": "x"}])),
            ("{a: 1}", json!({"a": 1})),
            ("'a b'", json!("a b")),
            ("'7'", json!("7")),
            ("\"\\x41\"", json!("A")),
            (".5", json!(0.5)),
            ("-.5", json!(-0.5)),
            ("5.", json!(5.0)),
            ("+5", json!(5)),
            ("0x10", json!(16)),
            ("0o17", json!(15)),
        ] {
            assert_eq!(typed("x", text), value, "{text}");
        }
    }

    #[test]
    fn plain_text_stays_what_was_typed() {
        for text in [
            "",
            " ",
            "yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "tRuE",
            "027",
            "007.5",
            "msgpack",
            "a: 1",
            "- a",
            "a #b",
            "# a",
            "5 # a",
            "!!int 5",
            "&a 5",
            "---",
            "[a-z]+",
            "[a] [b]",
            "[a]]",
            "'a' 'b'",
            "a, b",
            "[a",
            "{a",
            "'a",
            "*.log",
            "1:30",
            "8 MiB",
            "2026-01-02",
            ".inf",
            ".nan",
            "redis://h:6379/0?a=b",
        ] {
            assert_eq!(typed("x", text), json!(text));
        }
    }

    #[test]
    fn octal_digits_stay_those() {
        for (text, value) in [
            ("77", json!("77")),
            ("027", json!("027")),
            ("\"027\"", json!("027")),
            ("null", json!(null)),
            ("0o27", json!(23)),
        ] {
            assert_eq!(typed("stormhost.umask", text), value, "{text}");
        }
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        for text in ["", "topology.debug", "=3", "split:=3", ":key=3"] {
            assert!(text.parse::<SetOption>().is_err(), "{text}");
        }
    }
}
