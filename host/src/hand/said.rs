//! What happened, as a line for people or as an object for programs.

use std::fmt;

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use stormhost_protocol::{Encoding, to_json_text};

use crate::out;

/// A value as JSON text. No number of it has been taken for a float or an integer of 64 bits, so each stands as it was said. What JSON has no
/// words for, such as NaN, stands as near to it as it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    /// A value as it came over the pipe.
    pub fn of(encoding: Encoding, raw: &[u8]) -> Self {
        match encoding {
            Encoding::Json => Self(tidied(&String::from_utf8_lossy(raw))),
            Encoding::Msgpack => Self(to_json_text(encoding, raw)),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is no JSON becomes text in it, so that NaN is told from null.
impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(raw) => raw.serialize(serializer),
            Err(_) => self.0.serialize(serializer),
        }
    }
}

/// JSON without blanks between its tokens, and with its texts as one reads them: escaped only where that is needed, or where a letter would be a
/// command to the terminal.
fn tidied(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(letter) = rest.chars().next() {
        let end = match letter {
            '"' => end_of_text(rest),
            _ => letter.len_utf8(),
        };
        let (token, behind) = rest.split_at(end);
        rest = behind;
        match letter {
            '"' => {
                // Half of a surrogate pair is no text to us; it is shown as it was said.
                let text = serde_json::from_str::<String>(token);
                let text = text.and_then(|text| serde_json::to_string(&text));
                for letter in text.as_deref().unwrap_or(token).chars() {
                    match letter {
                        control if control.is_control() => {
                            out += &format!("\\u{:04x}", u32::from(control));
                        }
                        other => out.push(other),
                    }
                }
            }
            blank if blank.is_whitespace() || blank.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

/// The length of a text in JSON that these letters begin with, its quotes included.
fn end_of_text(json: &str) -> usize {
    let mut escaped = false;
    let inside = json.char_indices().skip(1);
    for (at, letter) in inside {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

fn listed(values: &[Shown]) -> String {
    let values: Vec<&str> = values.iter().map(|value| value.0.as_str()).collect();
    format!("[{}]", values.join(","))
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// The component emitted.
    Emit {
        /// On which stream.
        stream: String,
        /// The values.
        values: Vec<Shown>,
        /// The numbers of the inputs it is anchored to.
        anchors: Vec<String>,
        /// A spout's message id.
        id: Option<Shown>,
        /// The task of a direct emit.
        task: Option<u32>,
    },
    /// It acked an input: its number and values.
    Ack(String, Vec<Shown>),
    /// It failed one.
    Fail(String, Vec<Shown>),
    /// A spout was told what became of what it emitted: `ack` or `fail`, and the id; or that it is active.
    Told(&'static str, Option<Shown>),
    /// It wrote to the log: level and text.
    Log(&'static str, String),
    /// It told of an error.
    Error(String),
    /// It did what it may not.
    Wrong(String),
    /// A figure.
    Metric(String, Shown),
    /// A line on standard error.
    Stderr(String),
    /// A line that it printed between messages.
    Print(String),
    /// It never answered an input.
    Unanswered(String, Vec<Shown>),
    /// It left.
    Left(String),
}

impl Said {
    /// Writes it to standard output. Nobody may be reading any more: that is no reason to fail.
    pub fn show(&self, json: bool) {
        let line = if json { self.json() } else { self.text() };
        let _ = out::data(&(line + "\n"));
    }

    fn text(&self) -> String {
        match self {
            Said::Emit {
                stream,
                values,
                anchors,
                id,
                task,
            } => {
                let mut line = format!("emit   {}", listed(values));
                if stream != "default" {
                    line += &format!(" on {stream}");
                }
                if let Some(task) = task {
                    line += &format!(" to task {task}");
                }
                if let Some(id) = id {
                    line += &format!(" id {id}");
                }
                if !anchors.is_empty() {
                    line += &format!(" from #{}", anchors.join(", #"));
                }
                line
            }
            Said::Ack(id, values) => format!("ack    #{id} {}", listed(values)),
            Said::Fail(id, values) => format!("fail   #{id} {}", listed(values)),
            Said::Told(command, Some(id)) => format!("told   {command} {id}"),
            Said::Told(command, None) => format!("told   {command}"),
            Said::Log(level, text) => format!("log    {level}: {text}"),
            Said::Error(text) | Said::Wrong(text) => format!("error  {text}"),
            Said::Metric(name, value) => format!("metric {name} = {value}"),
            Said::Stderr(text) => format!("stderr {text}"),
            Said::Print(text) => format!("print  {text}"),
            Said::Unanswered(id, values) => {
                format!("none   #{id} {}: neither acked nor failed", listed(values))
            }
            Said::Left(how) => format!("end    it {how}"),
        }
    }

    fn json(&self) -> String {
        let mut object = IndexMap::new();
        let mut says = |member: &'static str, value: &dyn Raw| {
            object.insert(member, value.raw());
        };
        match self {
            Said::Emit {
                stream,
                values,
                anchors,
                id,
                task,
            } => {
                says("emit", values);
                says("stream", stream);
                says("anchors", anchors);
                id.iter().for_each(|id| says("id", id));
                task.iter().for_each(|task| says("task", task));
            }
            Said::Ack(id, values) => {
                says("ack", id);
                says("tuple", values);
            }
            Said::Fail(id, values) => {
                says("fail", id);
                says("tuple", values);
            }
            Said::Told(command, id) => {
                says("told", command);
                id.iter().for_each(|id| says("id", id));
            }
            Said::Log(level, text) => {
                says("log", text);
                says("level", level);
            }
            Said::Error(text) | Said::Wrong(text) => says("error", text),
            Said::Metric(name, value) => {
                says("metric", name);
                says("value", value);
            }
            Said::Stderr(text) => says("stderr", text),
            Said::Print(text) => says("print", text),
            Said::Unanswered(id, values) => {
                says("unanswered", id);
                says("tuple", values);
            }
            Said::Left(how) => says("left", how),
        }
        serde_json::to_string(&object).unwrap_or_default()
    }
}

/// What can be a member of an object, as JSON text: `Value` would take numbers apart.
trait Raw {
    fn raw(&self) -> Option<Box<RawValue>>;
}

impl<T: Serialize> Raw for T {
    fn raw(&self) -> Option<Box<RawValue>> {
        to_raw_value(self).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> Shown {
        Shown::of(Encoding::Json, json.as_bytes())
    }

    #[test]
    fn an_emit_says_what_is_unusual_about_it() {
        let emit = |stream: &str, anchors: &[&str], id, task| Said::Emit {
            stream: stream.into(),
            values: vec![shown("\"cow\""), shown("1")],
            anchors: anchors.iter().map(|id| (*id).into()).collect(),
            id,
            task,
        };
        assert_eq!(
            emit("default", &[], None, None).text(),
            r#"emit   ["cow",1]"#
        );
        assert_eq!(
            emit("late", &["1", "2"], None, Some(3)).text(),
            r#"emit   ["cow",1] on late to task 3 from #1, #2"#
        );
        assert_eq!(
            emit("default", &[], Some(shown("\"x\"")), Some(3)).json(),
            r#"{"emit":["cow",1],"stream":"default","anchors":[],"id":"x","task":3}"#
        );
    }

    #[test]
    fn values_stand_as_they_were_said() {
        for (said, text) in [
            ("12345678901234567890123", "12345678901234567890123"),
            ("0.10", "0.10"),
            ("NaN", "NaN"),
            ("[ 1, {\"a b\" : -Infinity} ]", "[1,{\"a b\":-Infinity}]"),
            (r#""caf\u00e9 \" \\""#, r#""café \" \\""#),
            (r#""\u001b[2J\u009b\u007f""#, r#""\u001b[2J\u009b\u007f""#),
            (r#""\ud800""#, r#""\ud800""#),
            ("\"cut", "\"cut"),
        ] {
            assert_eq!(shown(said).to_string(), text);
        }
        assert_eq!(
            Shown::of(Encoding::Msgpack, b"\xc4\x03abc").to_string(),
            "<3 bytes>"
        );
    }

    #[test]
    fn an_object_is_json_whatever_the_values_are() {
        let said = Said::Ack(
            "1".into(),
            vec![
                shown("NaN"),
                shown("12345678901234567890123"),
                shown("null"),
            ],
        );
        assert_eq!(
            said.json(),
            r#"{"ack":"1","tuple":["NaN",12345678901234567890123,null]}"#
        );
    }
}
