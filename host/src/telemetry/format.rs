//! What a log line looks like. Pure: the time is given.

use std::fmt::Write;

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use tracing::{Level, Metadata};

use super::event::Fields;
use crate::errors::marked;

/// `12:03:04.123 INFO  split[3] stderr: message field=value`, and its end. What goes on over several lines is indented.
pub(super) fn text(now: &Zoned, about: &Metadata<'_>, fields: &Fields, colours: bool) -> String {
    let mut line = String::with_capacity(64 + fields.message.len());
    let (paint, plain) = match *about.level() {
        _ if !colours => ("", ""),
        Level::ERROR => ("\x1b[31m", "\x1b[0m"),
        Level::WARN => ("\x1b[33m", "\x1b[0m"),
        Level::INFO => ("", ""),
        _ => ("\x1b[2m", "\x1b[0m"),
    };
    let who = match (fields.get("component"), fields.get("task")) {
        (Some(component), Some(task)) => format!("{}[{task}]", bare(component)),
        (Some(component), None) => bare(component),
        _ => String::new(),
    };
    let stream = fields.get("stream").map(bare);
    // Writing to a string does not fail.
    let _ = write!(
        line,
        "{} {paint}{:<5}{plain} ",
        now.strftime("%H:%M:%S.%3f"),
        about.level()
    );
    let _ = match (&who, &stream) {
        (who, _) if who.is_empty() => Ok(()),
        (who, Some(stream)) => write!(line, "{who} {stream}: "),
        (who, None) => write!(line, "{who} "),
    };
    match fields.get("code") {
        Some(code) => calm(&marked(&fields.message, &bare(code)), &mut line),
        None => calm(&fields.message, &mut line),
    }
    for (name, value) in &fields.others {
        // What a child says bears its pid in JSON only: it would drown the words.
        let said = !who.is_empty() && matches!(*name, "component" | "task" | "stream")
            || *name == "code"
            || stream.is_some() && *name == "pid";
        if !said {
            let _ = write!(line, " {name}=");
            calm(&value.to_string_or_bare(), &mut line);
        }
    }
    line.push('\n');
    line
}

/// A JSON object and its end. `time` is UTC; `target` says which part of the program speaks.
pub(super) fn json(now: &Zoned, about: &Metadata<'_>, fields: &Fields) -> String {
    let mut object = Map::new();
    let time = now
        .with_time_zone(TimeZone::UTC)
        .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
        .to_string();
    object.insert("time".into(), time.into());
    object.insert(
        "level".into(),
        about.level().as_str().to_ascii_lowercase().into(),
    );
    object.insert("target".into(), about.target().into());
    for (name, value) in &fields.others {
        object.insert((*name).into(), value.clone());
    }
    object.insert("message".into(), fields.message.clone().into());
    let mut line = Value::Object(object).to_string();
    line.push('\n');
    line
}

trait Bare {
    fn to_string_or_bare(&self) -> String;
}

impl Bare for Value {
    /// Text without quotes, if it can be told from what follows.
    fn to_string_or_bare(&self) -> String {
        match self {
            Value::String(text) if !text.is_empty() && !text.contains([' ', '"', '=', '\n']) => {
                text.clone()
            }
            other => other.to_string(),
        }
    }
}

fn bare(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), String::from)
}

/// Appends text that cannot move the cursor: colours and the like are taken out, other control characters are spelled, further lines are indented.
fn calm(text: &str, line: &mut String) {
    if !text.contains(|letter: char| letter.is_control()) {
        line.push_str(text);
        return;
    }
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\n' if letters.peek().is_some() => line.push_str("\n    "),
            '\n' => {}
            '\t' => line.push('\t'),
            // ESC [ parameters letter: what terminals call a control sequence.
            '\x1b' if letters.next_if_eq(&'[').is_some() => {
                while letters
                    .next()
                    .is_some_and(|letter| !('@'..='~').contains(&letter))
                {}
            }
            letter if letter.is_control() => line.extend(letter.escape_default()),
            letter => line.push(letter),
        }
    }
}
