//! Topologies of pyleus, as they stand: a `pyleus_topology.yaml`, with the components in Python packages beside it.
//!
//! `definition` takes the file apart, `component` each spout and bolt of it, `grouping` what a bolt listens to; `module` has every component say
//! what it emits, as `pyleus build` would. What is wrong is collected, never told one by one.

mod component;
mod definition;
mod grouping;
mod module;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::error::LoadError;
use super::interpreter::Interpreter;
use super::told::Told;
use super::{LoadOptions, interpreter, language, shown};
use crate::topology::{Ir, Place, VERSION};

use definition::Definition;
use module::{Description, NotDescribed};

/// Whether a text is a topology of pyleus: a map in YAML that has, at its left edge, what only pyleus puts there, a list of that name.
pub(super) fn is_topology(text: &str) -> bool {
    text.lines()
        .filter_map(|line| line.strip_prefix("topology:"))
        .map(str::trim_start)
        .any(|rest| rest.is_empty() || rest.starts_with(['#', '[', '&']))
}

/// Reads a topology. `file` is its name as it was typed, `resolved` where it lies.
///
/// # Errors
/// When there is no Python. What is wrong with the topology stands in the description.
pub(super) fn load(
    file: &str,
    resolved: &Path,
    text: &str,
    options: &LoadOptions,
) -> Result<Ir, LoadError> {
    let folder = resolved.parent().unwrap_or(Path::new("."));
    let asked = options.interpreters.get(language::PYTHON.id);
    let asked = asked.map(String::as_str);
    let python = interpreter::find(language::PYTHON, asked, folder, &options.surroundings)?;
    let mut told = Told::default();
    let whole = Definition::parse(file, text, folder, &mut told);
    let modules = whole.components.iter().filter_map(|it| it.module.as_ref());
    let modules = modules.map(|module| module.name.as_str()).collect();
    let found = module::describe_all(&modules, &python, folder, options);
    let home = Home {
        file,
        folder,
        python: &python,
    };
    Ok(described(whole, found, &home, told))
}

/// Where a topology's components live.
struct Home<'a> {
    file: &'a str,
    folder: &'a Path,
    python: &'a Interpreter,
}

/// A topology as its file describes it, and its components themselves.
fn described(
    whole: Definition,
    found: BTreeMap<String, Result<Description, NotDescribed>>,
    home: &Home<'_>,
    mut told: Told,
) -> Ir {
    let mut ir = Ir {
        version: VERSION,
        name: whole.name,
        file: home.file.to_owned(),
        language: "pyleus".to_owned(),
        conf: whole.conf,
        components: Vec::new(),
        subscriptions: whole.subscriptions,
        mistakes: Vec::new(),
        refused: whole.refused,
    };
    // pyleus' MessagePack cannot write to the standard output of a Python 3; which of the two it is makes no difference to a component.
    let config = json!({"logging_config_path": whole.logging_config, "serializer": "json"});
    if let Some(why) = found.values().find_map(NotDescribed::no_pyleus) {
        tell_no_pyleus(why, home, &mut told);
    }
    for one in &whole.components {
        let described = one.module.as_ref().and_then(|it| found.get(&it.name));
        let streams = match described {
            Some(Ok(description)) => one.streams(description, &mut told),
            Some(Err(why)) => {
                one.tell_why(why, whole.requirements.as_deref(), home, &mut told);
                None
            }
            None => None,
        };
        let streams =
            streams.unwrap_or_else(|| grouping::streams_heard(&ir.subscriptions, &one.id));
        let command = one.command(&shown(&home.python.path), &config);
        ir.components
            .push(one.described(command, streams, home.folder));
    }
    ir.mistakes = told.mistakes;
    ir
}

/// Told once, however many components need it.
fn tell_no_pyleus(why: &str, home: &Home<'_>, told: &mut Told) {
    let python = shown(&home.python.path);
    let at = Place {
        file: home.file.to_owned(),
        line: 0,
    };
    told.error(
        &at,
        format!("this is a topology of pyleus, which {python} cannot import: {why}"),
        format!(
            "install it there: {python} -m pip install wheel msgpack 'setuptools<81' && {python} -m pip install --no-deps --no-build-isolation pyleus; \
             or name a Python that has it with --python"
        ),
    );
}

#[cfg(test)]
mod tests;
