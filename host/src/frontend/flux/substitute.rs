//! `${…}` in the text of a Flux file, before it is read as YAML: so a value may be anything, and lines stay lines.
//!
//! `${key}` is a property, `${key[i]}` an element of one that is written as a list, `${ENV-NAME}` a variable of the environment.
//! Storm replaces one variable a line, the last; here all are.

use std::collections::BTreeMap;

/// Where values come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter<'a> {
    /// Those of `--filter`; `None` if no file was named.
    pub(super) properties: Option<BTreeMap<String, String>>,
    /// Those of `--env-filter`; `None` if that was not given.
    pub(super) environment: Option<BTreeMap<&'a str, &'a str>>,
}

/// A variable that stayed as it is: its line, its name, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) line: u32,
    pub(super) name: String,
    pub(super) hint: &'static str,
}

/// The text with its variables replaced, and those that could not be. Comments are left alone.
pub(super) fn substitute(text: &str, filter: &Filter<'_>) -> (String, Vec<Unresolved>) {
    let mut unresolved = Vec::new();
    let mut out = String::with_capacity(text.len());
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        if line.trim_start().starts_with('#') {
            out.push_str(line);
            continue;
        }
        let mut rest = line;
        while let Some((before, name, after)) = variable(rest) {
            out.push_str(before);
            match filter.value(name) {
                Ok(value) => out.push_str(&value),
                Err(hint) => {
                    out.push_str(&format!("${{{name}}}"));
                    unresolved.push(Unresolved {
                        line: number,
                        name: name.to_owned(),
                        hint,
                    });
                }
            }
            rest = after;
        }
        out.push_str(rest);
    }
    (out, unresolved)
}

/// The first variable of a line: what stands before it, its name, what stands behind it.
fn variable(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

impl Filter<'_> {
    /// The value of a variable, or what to try.
    fn value(&self, name: &str) -> Result<String, &'static str> {
        if let Some(variable) = name.strip_prefix("ENV-") {
            let environment = self.environment.as_ref();
            let environment =
                environment.ok_or("--env-filter replaces it by a variable of the environment")?;
            let value = environment.get(variable).map(|value| (*value).to_owned());
            return value.ok_or("the environment has no such variable");
        }
        let properties = self.properties.as_ref();
        let properties =
            properties.ok_or("--filter names the file of properties that it stands in")?;
        if let Some(value) = properties.get(name) {
            return Ok(value.clone());
        }
        let (list, index) = name
            .strip_suffix(']')
            .and_then(|name| name.rsplit_once('['))
            .ok_or("the properties have no such key")?;
        let index: usize = index
            .trim()
            .parse()
            .map_err(|_| "an element of a list has a number")?;
        let list = properties
            .get(list)
            .ok_or("the properties have no such key")?;
        element(list, index).ok_or("the list has no such element; the first is 0")
    }
}

/// An element of a list such as `["a", 'b', c]`.
fn element(list: &str, index: usize) -> Option<String> {
    let inside = list.trim().strip_prefix('[')?.strip_suffix(']')?;
    let element = inside.split(',').nth(index)?.trim();
    let bare = ['"', '\''].into_iter().find_map(|quote| {
        element
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    });
    Some(bare.unwrap_or(element).to_owned()).filter(|element| !element.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter() -> Filter<'static> {
        let properties = [
            ("host", "a.example"),
            ("n", "3"),
            ("list", "[\"x\", 'y', z]"),
        ];
        Filter {
            properties: Some(
                properties
                    .map(|(key, value)| (key.into(), value.into()))
                    .into(),
            ),
            environment: Some([("HOME", "/h")].into()),
        }
    }

    #[test]
    fn variables_are_replaced() {
        for (text, expected) in [
            ("a: ${host}\nb: ${n}", "a: a.example\nb: 3"),
            ("a: ${host}:${n} ${host}\n", "a: a.example:3 a.example\n"),
            ("a: ${list[0]}${list[1]}${list[2]}", "a: xyz"),
            ("a: ${ENV-HOME}/x", "a: /h/x"),
            (
                "# ${unknown}\r\na: $n {n} ${",
                "# ${unknown}\r\na: $n {n} ${",
            ),
        ] {
            assert_eq!(
                substitute(text, &filter()),
                (expected.to_owned(), vec![]),
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_replaced_stays_and_is_told_with_its_line() {
        let none = Filter::default();
        for (text, filter, line, name, said) in [
            ("\na: ${no}", filter(), 2, "no", "no such key"),
            ("a: ${no[1]}", filter(), 1, "no[1]", "no such key"),
            ("a: ${list[3]}", filter(), 1, "list[3]", "the first is 0"),
            ("a: ${list[x]}", filter(), 1, "list[x]", "a number"),
            ("a: ${n[0]}", filter(), 1, "n[0]", "no such element"),
            ("a: ${ENV-NO}", filter(), 1, "ENV-NO", "no such variable"),
            ("a: ${host}", none.clone(), 1, "host", "--filter"),
            ("a: ${ENV-HOME}", none, 1, "ENV-HOME", "--env-filter"),
        ] {
            let (out, unresolved) = substitute(text, &filter);
            assert_eq!(out, text);
            let [one] = unresolved.as_slice() else {
                panic!("{unresolved:?}")
            };
            assert_eq!((one.line, one.name.as_str()), (line, name));
            assert!(one.hint.contains(said), "{}", one.hint);
        }
    }
}
