//! Lines of JSON that stand for tuples: a list of values, an object of fields, `"tick"`, or a bare value for a tuple with a single field.

use serde_json::Value;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A tuple with these values.
    Tuple(Vec<Value>),
    /// A tick.
    Tick,
}

/// The names of the fields of tuples such as the one in this line; nothing if it does not say.
pub fn fields_of(line: &str) -> Vec<String> {
    match serde_json::from_str(line) {
        Ok(Value::Object(members)) => members.keys().cloned().collect(),
        Ok(Value::Array(values)) => match values.len() {
            1 => vec!["value".into()],
            n => (1..=n).map(|n| format!("value{n}")).collect(),
        },
        _ => vec!["value".into()],
    }
}

/// Reads a line.
///
/// # Errors
/// In words, when it stands for no tuple with these fields.
pub fn read(line: &str, fields: &[String]) -> Result<Given, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| {
        format!(
            "no JSON ({error}); a tuple is a list, as in [\"the cow\", 1], or an object of fields"
        )
    })?;
    let values = match value {
        Value::String(word) if word == "tick" => return Ok(Given::Tick),
        Value::Array(values) => values,
        Value::Object(mut members) => {
            let values = fields
                .iter()
                .map(|field| members.shift_remove(field).unwrap_or_default())
                .collect();
            if let Some(strange) = members.keys().next() {
                return Err(format!(
                    "the tuple has no field \"{strange}\"; its fields are {}",
                    fields.join(", ")
                ));
            }
            return Ok(Given::Tuple(values));
        }
        bare => vec![bare],
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
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_is_a_list_an_object_or_a_bare_value() {
        let fields = ["word".to_owned(), "n".to_owned()];
        for (line, expected) in [
            ("[\"a\", 1]", Ok(Given::Tuple(vec![json!("a"), json!(1)]))),
            (
                "{\"n\": 1, \"word\": \"a\"}",
                Ok(Given::Tuple(vec![json!("a"), json!(1)])),
            ),
            ("{\"n\": 1}", Ok(Given::Tuple(vec![json!(null), json!(1)]))),
            ("\"tick\"", Ok(Given::Tick)),
            (
                "[1]",
                Err("1 value, where the tuple has 2 fields (word, n)"),
            ),
            (
                "{\"m\": 1}",
                Err("the tuple has no field \"m\"; its fields are word, n"),
            ),
        ] {
            assert_eq!(
                read(line, &fields),
                expected.map_err(String::from),
                "{line}"
            );
        }
        assert!(read("the cow", &fields).is_err_and(|why| why.starts_with("no JSON")));
        assert_eq!(read("17", &fields[..1]), Ok(Given::Tuple(vec![json!(17)])));
    }

    #[test]
    fn the_first_line_says_what_the_fields_are() {
        assert_eq!(fields_of("{\"a\": 1, \"b\": 2}"), ["a", "b"]);
        assert_eq!(fields_of("[1, 2]"), ["value1", "value2"]);
        assert_eq!(fields_of("[1]"), ["value"]);
        assert_eq!(fields_of("\"x\""), ["value"]);
    }
}
