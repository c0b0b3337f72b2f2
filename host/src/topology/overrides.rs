//! What is said about a topology from outside of it: on the command line, in the environment, in the user's file.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};

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
    /// Its value: JSON, or plain text where it is none.
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
            value: json_or_text(value),
        })
    }
}

/// The text as JSON, or itself where it is none: `7` is a number, `true` a flag, `msgpack` a text.
pub(super) fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
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
    fn what_is_no_setting_is_refused() {
        for text in ["", "topology.debug", "=3", "split:=3", ":key=3"] {
            assert!(text.parse::<SetOption>().is_err(), "{text}");
        }
    }
}
