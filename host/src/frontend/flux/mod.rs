//! Flux: Storm's topologies in YAML, as they stand, as far as their components are shell components.
//!
//! `substitute` fills in variables, `definition` takes the tree of a text apart and merges what it includes, `vertex` turns
//! spouts and bolts into components, `streams` the edges into subscriptions, `resources` finds where the components work. What is wrong is collected,
//! never told one by one.

mod beans;
mod definition;
mod properties;
mod resources;
mod streams;
mod substitute;
mod vertex;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Map;

use super::error::LoadError;
use super::{LoadOptions, compose, direct, interpreter, language, node, shim, told};
use crate::topology::{Ir, Place, VERSION};

use definition::{Definition, Include};
use node::Node;
use substitute::{Filter, substitute};
use told::Told;

/// The script in our Lua package with counterparts of classes that Storm's documents use.
pub(crate) const STORM_TESTING: &str = "_storm_testing.lua";

/// What only Flux has in its outermost map.
const OWN_KEYS: [&str; 5] = ["spouts", "bolts", "streams", "includes", "topologySource"];

/// Whether a text is a Flux file: a map in YAML, JSON included, that has what only Flux puts there. At the left edge a key will do,
/// since variables may keep the text from being YAML yet.
pub(super) fn is_flux(text: &str) -> bool {
    let is_own = |key: &str| OWN_KEYS.contains(&key);
    let at_the_edge = |line: &str| {
        let key = line.split_once(':').map(|(key, _)| key.trim_end());
        key.is_some_and(is_own)
    };
    text.lines().any(at_the_edge) || compose::outer_keys(text).iter().any(|key| is_own(key))
}

/// Reads a topology. `file` is its name as it was typed, `resolved` where it lies.
///
/// # Errors
/// When the file of properties cannot be read. What is wrong with the topology stands in the description.
pub(super) fn load(
    file: &str,
    resolved: &Path,
    text: &str,
    options: &LoadOptions,
) -> Result<Ir, LoadError> {
    let filter = filter(options)?;
    let folder = resolved.parent().unwrap_or(Path::new("."));
    let mut told = Told::default();
    let mut whole = parsed(file, text, &filter, &mut told).unwrap_or_default();
    for include in std::mem::take(&mut whole.includes) {
        if let Some(part) = included(&include, folder, &filter, options, &mut told) {
            whole.merge(part, include.overrides);
        }
    }
    let mut ir = described(file, resolved, &whole, &mut told);
    let asked = asked_resources(options)?;
    resources::settle(&mut ir, folder, asked.as_deref(), &mut told);
    name_interpreters(&mut ir, folder, options);
    add_to_paths(&mut ir, options);
    name_counterparts(&mut ir, options)?;
    ir.mistakes = told.mistakes;
    Ok(ir)
}

/// A component's own `PATH` stands behind the one that there is, as in Storm; its other variables take the place of what there is.
fn add_to_paths(ir: &mut Ir, options: &LoadOptions) {
    const PATH: &str = "PATH";
    let of_topology = ir.conf.get("topology.environment");
    let of_topology = of_topology.and_then(|variables| variables.get(PATH)?.as_str());
    let of_host = || options.surroundings.variable(PATH)?.to_str();
    let Some(there) = of_topology.or_else(of_host).map(str::to_owned) else {
        return;
    };
    for component in &mut ir.components {
        if let Some(path) = component.env.get_mut(PATH) {
            *path = format!("{there}:{path}");
        }
    }
}

/// A topology as its file and what that includes describe it.
fn described(file: &str, resolved: &Path, whole: &Definition, told: &mut Told) -> Ir {
    let mut ir = Ir {
        version: VERSION,
        name: name(whole, resolved),
        file: file.to_owned(),
        language: "flux".to_owned(),
        conf: Map::new(),
        components: Vec::new(),
        subscriptions: Vec::new(),
        mistakes: Vec::new(),
        refused: Vec::new(),
    };
    for (key, value) in &whole.config {
        ir.conf.insert(key.clone(), value.json());
    }
    vertex::describe(whole, &mut ir, told);
    streams::describe(whole, &mut ir, told);
    direct::as_in_storm(&mut ir);
    ir
}

/// What a text alone describes: nothing is included or looked up. Properties may stand before it, up to a line `%%`.
#[cfg(any(test, fuzzing))]
pub(super) fn described_text(text: &str) -> Ir {
    let (properties, text) = text.split_once("%%\n").unwrap_or(("", text));
    let filter = Filter {
        properties: Some(properties::read(properties)),
        environment: None,
    };
    let mut told = Told::default();
    let file = "flux.yaml";
    let whole = parsed(file, text, &filter, &mut told).unwrap_or_default();
    let mut ir = described(file, Path::new(file), &whole, &mut told);
    ir.mistakes = told.mistakes;
    ir
}

/// Without a name of its own a topology has that of its file.
fn name(whole: &Definition, resolved: &Path) -> String {
    let named = whole.name.as_ref().and_then(Node::text);
    named.unwrap_or_else(|| {
        resolved
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    })
}

fn filter(options: &LoadOptions) -> Result<Filter<'_>, LoadError> {
    let properties = match &options.others.filter {
        Some(file) => {
            let found = fs::read(options.surroundings.resolve(file));
            let bytes = found.map_err(|source| LoadError::CannotRead {
                file: file.clone(),
                source,
            })?;
            Some(properties::read(&properties::text(bytes)))
        }
        None => None,
    };
    let variables = || options.surroundings.variables().collect();
    Ok(Filter {
        properties,
        environment: options.others.env_filter.then(variables),
    })
}

/// The folder that was named for the components to work in.
fn asked_resources(options: &LoadOptions) -> Result<Option<PathBuf>, LoadError> {
    let Some(asked) = &options.others.resources else {
        return Ok(None);
    };
    let folder = options.surroundings.resolve(asked);
    match fs::read_dir(&folder) {
        Ok(_) => Ok(Some(folder)),
        Err(source) => Err(LoadError::CannotRead {
            file: asked.clone(),
            source,
        }),
    }
}

fn parsed(file: &str, text: &str, filter: &Filter<'_>, told: &mut Told) -> Option<Definition> {
    let (text, unresolved) = substitute(text, filter);
    let at = |line| Place {
        file: file.to_owned(),
        line,
    };
    for one in unresolved {
        let message = format!("${{{}}} has no value, and stays as it is", one.name);
        told.warning(&at(one.line), message, one.hint);
    }
    match Node::parse(file, &text) {
        Ok(root) => Definition::read(&root, told),
        Err((line, message)) => {
            told.plain_error(
                &at(line),
                format!("this is no YAML that Flux can read: {message}"),
            );
            None
        }
    }
}

fn included(
    include: &Include,
    folder: &Path,
    filter: &Filter<'_>,
    options: &LoadOptions,
    told: &mut Told,
) -> Option<Definition> {
    let name = include.file.trim_start_matches('/');
    let mut places = vec![folder.join(name)];
    let asked = options.others.resources.as_ref();
    places.extend(asked.map(|asked| options.surroundings.resolve(asked).join(name)));
    let candidates = resources::candidates(folder).into_iter();
    places.extend(candidates.map(|place| place.join(name)));
    places.dedup();
    if !include.is_resource {
        places.insert(0, options.surroundings.resolve(&include.file));
    }
    let Some(found) = places.iter().find(|place| place.is_file()) else {
        let looked: Vec<String> = places.iter().map(|place| super::shown(place)).collect();
        let message = format!("{:?} is to be included, but is not there", include.file);
        told.error(
            &include.at,
            message,
            format!("looked for {}", looked.join(", ")),
        );
        return None;
    };
    match fs::read_to_string(found) {
        Ok(text) => {
            let part = parsed(&super::shown(found), &text, filter, told)?;
            if let Some(inner) = part.includes.first() {
                let message = "an included file includes others, which Flux does not look at";
                told.warning(&inner.at, message, "include it in the file that is run");
            }
            Some(part)
        }
        Err(error) => {
            let message = format!(
                "{:?} is to be included, but cannot be read: {error}",
                include.file
            );
            told.plain_error(&include.at, message);
            None
        }
    }
}

/// A bare `python3`, `ruby` or the like is the interpreter that all topologies are run with, chosen by option or virtual environment.
fn name_interpreters(ir: &mut Ir, folder: &Path, options: &LoadOptions) {
    for language in &language::ALL {
        let asked = options.interpreters.get(language.id).map(String::as_str);
        let mut found = None;
        for component in ir
            .components
            .iter_mut()
            .filter(|component| component.place.is_none())
        {
            let Some(program) = component.command.first_mut() else {
                continue;
            };
            if !language.programs.contains(&program.as_str()) {
                continue;
            }
            let find = || interpreter::find(language, asked, folder, &options.surroundings).ok();
            // Where there is none, `check` says that the program is missing.
            if let Some(interpreter) = found.get_or_insert_with(find) {
                *program = super::shown(&interpreter.path);
            }
        }
    }
}

/// Says where the script with counterparts lies.
fn name_counterparts(ir: &mut Ir, options: &LoadOptions) -> Result<(), LoadError> {
    let mut components = ir.components.iter_mut();
    let scripts = components.by_ref().filter_map(|component| {
        let script = component.command.get_mut(1)?;
        (component.place.is_some() && script == STORM_TESTING).then_some(script)
    });
    for script in scripts {
        let package = shim::unpack(language::LUA, &options.surroundings)?;
        *script = super::shown(&package.join(STORM_TESTING));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
