//! Lines of JSON that stand for tuples: a list of values, an object of fields, `"tick"`, or a bare value for a tuple with a single field.

use indexmap::IndexMap;
use serde_json::value::RawValue;

/// A value as it was typed: what it means is the component's business, and no number is made another one on its way.
pub type Typed = Box<RawValue>;

/// What a line asks for.
#[derive(Clone, Debug)]
pub enum Given {
    /// A tuple with these values.
    Tuple(Vec<Typed>),
    /// A tick.
    Tick,
}

/// What a line is.
enum Line {
    Tick,
    List(Vec<Typed>),
    Object(IndexMap<String, Typed>),
    Bare(Typed),
}

/// # Errors
/// In words, when it is no JSON.
fn line(text: &str) -> Result<Line, String> {
    let read = || {
        Ok(match text.trim_start().chars().next() {
            Some('[') => Line::List(serde_json::from_str(text)?),
            Some('{') => Line::Object(serde_json::from_str(text)?),
            Some('"') if serde_json::from_str::<String>(text).is_ok_and(|word| word == "tick") => {
                Line::Tick
            }
            _ => Line::Bare(serde_json::from_str(text)?),
        })
    };
    read().map_err(|error: serde_json::Error| {
        format!(
            "no JSON ({error}); a tuple is a list, as in [\"the cow\", 1], or an object of fields"
        )
    })
}

/// The names of the fields of tuples such as the one in this line; `None` if it is none.
pub fn fields_of(text: &str) -> Option<Vec<String>> {
    match line(text).ok()? {
        Line::Tick => None,
        Line::Object(members) => Some(members.into_keys().collect()),
        Line::List(values) if values.len() != 1 => {
            Some((1..=values.len()).map(|n| format!("value{n}")).collect())
        }
        Line::List(_) | Line::Bare(_) => Some(vec!["value".into()]),
    }
}

/// Reads a line.
///
/// # Errors
/// In words, when it stands for no tuple with these fields.
pub fn read(text: &str, fields: &[String]) -> Result<Given, String> {
    let values = match line(text)? {
        Line::Tick => return Ok(Given::Tick),
        Line::List(values) => values,
        Line::Object(mut members) => {
            let values = fields
                .iter()
                .map(|field| {
                    let given = members.shift_remove(field);
                    given.unwrap_or_else(|| RawValue::NULL.to_owned())
                })
                .collect();
            if let Some(strange) = members.keys().next() {
                return Err(format!(
                    "the tuple has no field \"{strange}\"; its fields are {}",
                    fields.join(", ")
                ));
            }
            return Ok(Given::Tuple(values));
        }
        Line::Bare(value) => vec![value],
    };
    if values.len() != fields.len() {
        let of = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        return Err(format!(
            "{}, where the tuple has {} ({})",
            of(values.len(), "value"),
            of(fields.len(), "field"),
            fields.join(", ")
        ));
    }
    Ok(Given::Tuple(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values as they were typed; `None` is a tick.
    fn values(text: &str, fields: &[String]) -> Result<Option<Vec<String>>, String> {
        Ok(match read(text, fields)? {
            Given::Tick => None,
            Given::Tuple(values) => Some(values.iter().map(|v| v.get().to_owned()).collect()),
        })
    }

    #[test]
    fn a_line_is_a_list_an_object_or_a_bare_value() {
        let fields = ["word".to_owned(), "n".to_owned()];
        for (line, expected) in [
            ("[\"a\", 1]", Ok(Some(["\"a\"", "1"]))),
            ("{\"n\": 1, \"word\": \"a\"}", Ok(Some(["\"a\"", "1"]))),
            ("{\"n\": 1}", Ok(Some(["null", "1"]))),
            (
                "[1.50, 12345678901234567890123]",
                Ok(Some(["1.50", "12345678901234567890123"])),
            ),
            ("\"tick\"", Ok(None)),
            (
                "[1]",
                Err("1 value, where the tuple has 2 fields (word, n)"),
            ),
            (
                "{\"m\": 1}",
                Err("the tuple has no field \"m\"; its fields are word, n"),
            ),
        ] {
            let expected = expected.map_err(String::from);
            assert_eq!(
                values(line, &fields),
                expected.map(|values| values.map(|values| values.map(String::from).to_vec())),
                "{line}"
            );
        }
        assert!(values("the cow", &fields).is_err_and(|why| why.starts_with("no JSON")));
        assert_eq!(values("17", &fields[..1]), Ok(Some(vec!["17".into()])));
    }

    #[test]
    fn the_first_line_that_is_a_tuple_says_what_the_fields_are() {
        let fields_of = |line| fields_of(line).map(|fields| fields.join(","));
        assert_eq!(fields_of("{\"a\": 1, \"b\": 2}").as_deref(), Some("a,b"));
        assert_eq!(fields_of("[1, 2]").as_deref(), Some("value1,value2"));
        assert_eq!(fields_of("[1]").as_deref(), Some("value"));
        assert_eq!(fields_of("\"x\"").as_deref(), Some("value"));
        assert_eq!(fields_of("\"tick\""), None);
        assert_eq!(fields_of("the cow"), None);
    }
}
