//! What is to be tried: a command, or a component of a topology.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{TopologyOptions, TryOptions};
use crate::errors::Code;
use crate::frontend::STORM_TESTING;
use crate::prepare::{Prepared, others, prepare, prepare_outside, tell_error};
use crate::status::ExitStatus;
use crate::topology::{ComponentIr, Topology};

/// What is tried.
pub struct Tried {
    /// A topology that it is part of.
    pub topology: Topology,
    /// Which of its components.
    pub component: usize,
    /// The name and stream that its input seems to come from.
    pub source: (String, String),
    /// The names of the values of its input; empty where nobody has said, so that the first line does.
    pub fields: Vec<String>,
    /// Whether the streams of the component are known, so that it may emit to no others.
    pub declares: bool,
    /// Whether it is a command, and no component of a topology.
    pub is_command: bool,
}

/// Finds what was meant.
///
/// # Errors
/// The status to end with; what was wrong has been told.
pub fn find(options: &TryOptions) -> Result<Tried, ExitStatus> {
    match options.what.rsplit_once(':') {
        Some((file, component)) if is_topology(file) => in_topology(options, file, component),
        _ if Path::new(&options.what).is_dir()
            || Path::new(&options.what).is_file()
                && !options.what.contains(char::is_whitespace)
                && is_declared(&options.what) =>
        {
            let what = &options.what;
            let script = interpreter(what).map_or_else(String::new, |interpreter| {
                format!("; for a script: stormhost try '{interpreter} {what}'")
            });
            tell_error(
                Code::NOTHING_TO_TRY,
                format_args!(
                    "{what} is a topology; which of its components?\n  hint: stormhost try {what}:COMPONENT{script}"
                ),
            );
            Err(ExitStatus::Usage)
        }
        _ => command(options),
    }
}

/// `FILE`, or `FILE:Name`; or a project's folder.
fn is_topology(file: &str) -> bool {
    let alone = file.rsplit_once(':').map_or(file, |(file, _)| file);
    Path::new(file).exists() || Path::new(alone).exists()
}

/// A file that cannot be run by itself, so that it must be meant as a topology.
fn is_declared(file: &str) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o111 == 0)
}

/// What a script is usually started with.
fn interpreter(file: &str) -> Option<&'static str> {
    Some(match Path::new(file).extension()?.to_str()? {
        "py" => "python",
        "rb" => "ruby",
        "lua" => "lua",
        "js" => "node",
        _ => return None,
    })
}

/// An option would be in vain.
fn stray(options: &TryOptions, option: &str, of: &str) -> ExitStatus {
    tell_error(
        Code::STRAY_OPTION,
        format_args!("{option} belongs to {of}, and {:?} is none", options.what),
    );
    ExitStatus::Usage
}

/// What is said of a command only: a topology says it of its components itself.
fn of_a_command(options: &TryOptions) -> Option<&'static str> {
    [
        ("--spout", options.spout),
        ("--serializer", options.serializer.is_some()),
        ("--emits", !options.emits.is_empty()),
    ]
    .into_iter()
    .find_map(|(option, given)| given.then_some(option))
}

fn asked(options: &TryOptions, file: String) -> TopologyOptions {
    TopologyOptions {
        file,
        set: options.set.clone(),
        env: options.env.clone(),
        python: options.python.clone(),
        ruby: options.ruby.clone(),
        lua: options.lua.clone(),
        args: options.args.clone(),
        others: options.others.clone(),
        ..TopologyOptions::default()
    }
}

fn in_topology(options: &TryOptions, file: &str, id: &str) -> Result<Tried, ExitStatus> {
    if let Some(option) = of_a_command(options) {
        return Err(stray(options, option, "a command"));
    }
    let Prepared { ir, topology, .. } = prepare_outside(&asked(options, file.to_owned()), id)?;
    let found = topology.component(id);
    let Some((at, component)) = found.and_then(|at| Some((at, topology.components.get(at)?)))
    else {
        let names: Vec<&str> = topology.components.iter().map(|c| c.id.as_str()).collect();
        tell_error(
            Code::NOTHING_TO_TRY,
            format_args!(
                "{} has no component \"{id}\"\n  hint: what there is: {}",
                topology.name,
                names.join(", ")
            ),
        );
        return Err(ExitStatus::Mistakes);
    };
    if component.shell.is_some() {
        tell_error(
            Code::NOTHING_TO_TRY,
            format_args!(
                "\"{id}\" is a command of the shell, and speaks no protocol\n  hint: it can be tried in a shell as it is"
            ),
        );
        return Err(ExitStatus::Mistakes);
    }
    if component.command.is_empty() || ir.components.iter().any(|c| c.id == id && is_ours(c)) {
        tell_error(
            Code::NOTHING_TO_TRY,
            format_args!("\"{id}\" is part of stormhost itself, and has no process to try"),
        );
        return Err(ExitStatus::Mistakes);
    }
    let mut inputs = component.inputs.iter().filter_map(|input| {
        let source = topology.components.get(input.component)?;
        Some((source.id.clone(), source.streams.get(input.stream)?))
    });
    let found = match &options.from {
        None => inputs.next(),
        Some(from) => {
            let (component, stream) = from.split_once('.').unwrap_or((from, "default"));
            let found = inputs.find(|(id, found)| id == component && found.id == stream);
            if found.is_none() {
                tell_error(
                    Code::NOTHING_TO_TRY,
                    format_args!("\"{id}\" does not listen to \"{from}\""),
                );
                return Err(ExitStatus::Mistakes);
            }
            found
        }
    };
    let (source, fields) = match found {
        Some((source, stream)) => ((source, stream.id.clone()), stream.fields.clone()),
        None => (("input".into(), "default".into()), Vec::new()),
    };
    Ok(Tried {
        source,
        fields: if options.fields.is_empty() {
            fields
        } else {
            options.fields.clone()
        },
        component: at,
        declares: true,
        is_command: false,
        topology,
    })
}

/// A component of the host's own that happens to be written in Lua: its script is none that would run by itself.
fn is_ours(component: &ComponentIr) -> bool {
    let script = component.command.get(1).map(Path::new);
    script.is_some_and(|script| script.ends_with(STORM_TESTING))
}

/// A topology is written around the command, so that all that holds for components of topologies holds for it too.
fn command(options: &TryOptions) -> Result<Tried, ExitStatus> {
    let words = match words(&options.what) {
        Some(words) if !words.is_empty() => words,
        _ => {
            tell_error(
                Code::NOTHING_TO_TRY,
                format_args!(
                    "{:?} is no command: a quote is not closed, or nothing is there",
                    options.what
                ),
            );
            return Err(ExitStatus::Usage);
        }
    };
    let from = options.from.is_some().then_some("--from");
    if let Some(option) = from.or(others(&options.others)
        .given()
        .next()
        .map(|(option, _)| option))
    {
        return Err(stray(options, option, "a component of a topology"));
    }
    let here = std::env::current_dir().map_err(|error| {
        tell_error(
            Code::NO_WORKING_FOLDER,
            format_args!("the working folder cannot be read: {error}"),
        );
        ExitStatus::HostError
    })?;
    let mut streams = serde_json::Map::new();
    for (id, fields) in options
        .emits
        .iter()
        .map(|text| text.split_once(':').unwrap_or(("default", text)))
    {
        let fields: Vec<&str> = fields
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .collect();
        streams.insert(id.into(), json!({"fields": fields}));
    }
    let fields: Vec<String> = options.fields.clone();
    let source = json!({"id": "input", "kind": "spout", "command": ["true"], "streams": {"default": {"fields": fields}}});
    let tried = json!({
        "id": "tried", "kind": if options.spout { "spout" } else { "bolt" }, "command": words, "cwd": here,
        "serializer": options.serializer.map(|serializer| serializer.word()), "streams": streams,
    });
    let (components, subscriptions) = if options.spout {
        (json!([tried]), json!([]))
    } else {
        (
            json!([source, tried]),
            json!([{"to": "tried", "from": "input", "grouping": "shuffle"}]),
        )
    };
    let description = json!({
        "version": 1, "name": "try", "file": options.what, "language": "command line",
        "components": components, "subscriptions": subscriptions,
    });
    let file = written(&description).map_err(|error| {
        tell_error(
            Code::UNSUITED_HOST,
            format_args!("a temporary file cannot be written: {error}"),
        );
        ExitStatus::HostError
    })?;
    let topology = prepare(&asked(options, file.path().display().to_string()), |_| ())?.topology;
    Ok(Tried {
        component: topology.component("tried").unwrap_or(0),
        topology,
        source: ("input".into(), "default".into()),
        fields,
        declares: !options.emits.is_empty(),
        is_command: true,
    })
}

fn written(description: &Value) -> std::io::Result<tempfile::NamedTempFile> {
    let file = tempfile::Builder::new().suffix(".json").tempfile()?;
    std::fs::write(file.path(), description.to_string())?;
    Ok(file)
}

/// As a shell would take the command apart; what needs a shell gets one. `None` where a quote is not closed.
fn words(command: &str) -> Option<Vec<String>> {
    let words = shlex::split(command)?;
    if needs_shell(command) {
        return Some(vec!["sh".into(), "-c".into(), command.into()]);
    }
    Some(words)
}

/// Whether something stands outside of quotes that only a shell knows what to do with, or within double ones what it would replace.
fn needs_shell(command: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    for letter in command.chars() {
        match (letter, quote) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            ('$' | '`', None | Some('"')) => return true,
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            ('|' | '&' | ';' | '<' | '>' | '(' | '*' | '?' | '~' | '\n', None) => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_taken_apart_as_a_shell_would() {
        let split = |text| words(text).unwrap();
        assert_eq!(split("python count.py"), ["python", "count.py"]);
        assert_eq!(split("python 'a b.py' \"c\""), ["python", "a b.py", "c"]);
        assert_eq!(split("a | b"), ["sh", "-c", "a | b"]);
        assert_eq!(split("a '(b|c)' \"d;\""), ["a", "(b|c)", "d;"]);
        assert_eq!(split("a \"$HOME\""), ["sh", "-c", "a \"$HOME\""]);
        assert_eq!(words("python 'x"), None);
    }
}
