//! The first round: each component for itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{FindProgram, builtin, names};
use crate::errors::Code;
use crate::topology::conf::child_conf;
use crate::topology::ir::{ComponentIr, Ir};
use crate::topology::letter::LETTER_MEMBERS as MEMBERS;
use crate::topology::mistake::Mistake;
use crate::topology::model::{Builtin, Component, Inside, Kind, Replay, Stream};
use crate::topology::overrides::Overrides;
use crate::topology::redis::Subject;
use crate::topology::settings::{Layers, Origin, Settings};

/// What every component is checked against.
pub(super) struct Round<'a> {
    pub(super) overrides: &'a Overrides,
    pub(super) layers: &'a Layers,
    /// The topology's name.
    pub(super) name: &'a str,
    pub(super) storm_id: &'a str,
    pub(super) find_program: &'a FindProgram<'a>,
}

impl Round<'_> {
    /// The components, still without inputs. Of two with the same id the first is taken.
    pub(super) fn components(&self, ir: &Ir, mistakes: &mut Vec<Mistake>) -> Vec<Component> {
        let mut components: Vec<Component> = Vec::new();
        for described in &ir.components {
            if let Some(first) = components
                .iter()
                .find(|component| component.id == described.id)
            {
                let mistake = Mistake::error(
                    described.at.as_ref(),
                    format!("a second component is called \"{}\"", described.id),
                )
                .coded(Code::SAME_NAME);
                mistakes.push(match &first.at {
                    Some(place) => mistake.hint(format!("the first stands at {place}")),
                    None => mistake,
                });
                continue;
            }
            components.push(self.component(described, mistakes));
        }
        components
    }

    /// Its variables: those of the settings and its own, of which the ones that were typed win, then those of `--env`, and our package last of all.
    fn environment(&self, ir: &ComponentIr, settings: &Settings) -> BTreeMap<String, String> {
        let set = settings.environment();
        let origin = settings.get(ENVIRONMENT).map(|set| &set.origin);
        let typed = matches!(origin, Some(Origin::CommandLine | Origin::Environment(_)));
        let (mut env, over) = match typed {
            true => (ir.env.clone(), set),
            false => (set, ir.env.clone()),
        };
        env.extend(over);
        env.extend(self.overrides.env.clone());
        if let Some(library) = &ir.library {
            let kept = settings.kept_environment();
            let inherits =
                kept.is_none_or(|names| names.iter().any(|name| name == library.variable));
            library.add_to(&mut env, inherits);
        }
        env
    }

    fn component(&self, ir: &ComponentIr, mistakes: &mut Vec<Mistake>) -> Component {
        let at = ir.at.as_ref();
        let id = &ir.id;
        if let Some(reason) = names::odd_component(id) {
            mistakes.push(
                Mistake::error(at, format!("the component name {id:?} {reason}"))
                    .coded(Code::BAD_NAME),
            );
        }
        let stands_for = builtin::stands_for(ir, mistakes);
        let ir = stands_for.description.as_ref().unwrap_or(ir);
        let settings = self.layers.component(ir, self.overrides, mistakes);
        if ir.kind == Kind::Spout
            && settings
                .get(TICKS)
                .is_some_and(|ticks| ticks.origin == Origin::Component)
        {
            mistakes.push(
                Mistake::warning(
                    at,
                    format!("the spout \"{id}\" asks for ticks, but only bolts are sent any"),
                )
                .coded(Code::SPOUT_TICKS),
            );
        }
        if ir.needs_ticks && settings.tick_interval().is_none() {
            mistakes.push(without_ticks(ir));
        }
        dead_letters(ir, &settings, mistakes);
        umask(ir, &settings, mistakes);
        let env = self.environment(ir, &settings);
        for (name, value) in &env {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                let message = format!(
                    "the environment of \"{id}\" has a variable {name:?}, which the system cannot hold"
                );
                mistakes.push(
                    Mistake::error(at, message)
                        .coded(Code::BAD_VARIABLE)
                        .hint("no equals sign in its name, no NUL character anywhere"),
                );
            }
        }
        let builtin = stands_for.builtin;
        let inside = inside(ir, mistakes);
        if inside.is_some() || builtin.is_some() {
            mistakes.extend(without_effect_inside(ir));
        }
        let (shell, command) = match super::shell::shell(ir, mistakes) {
            Some((shell, command)) => (Some(shell), command),
            None => (None, ir.command.clone()),
        };
        mistakes.extend(super::shell::promise(ir));
        mistakes.extend(super::shell::budget_of_lines(ir));
        if ir.builtin.is_none()
            && ir.java_class.is_none()
            && inside.is_none()
            && (shell.is_some() || ir.shell.is_none())
        {
            self.command(ir, &command, &env, &settings, mistakes);
        }
        let parallelism = self.tasks(ir, &settings, mistakes);
        let redis = (builtin == Some(Builtin::Redis)).then(|| {
            let known = |name: &str| name.starts_with("REDIS_");
            let outside = self.overrides.environment.iter();
            let mut seen: BTreeMap<String, String> =
                outside.filter(|(name, _)| known(name)).cloned().collect();
            seen.extend(env.clone());
            let subject = Subject {
                id,
                kind: ir.kind,
                tasks: parallelism,
                fields: ir
                    .streams
                    .first()
                    .map_or(0, |(_, stream)| stream.fields.len()),
                topology: self.name,
                settings: &settings,
                env: seen,
                implied: stands_for.mode,
            };
            Arc::new(subject.read(mistakes, at))
        });
        Component {
            id: id.clone(),
            kind: ir.kind,
            parallelism,
            command,
            builtin,
            shell,
            redis,
            inside,
            cwd: settings
                .folder()
                .or_else(|| ir.cwd.clone())
                .map(PathBuf::from),
            env,
            serializer: settings.serializer(),
            replay: replay(ir, mistakes),
            streams: streams(ir, mistakes),
            inputs: Vec::new(),
            conf: child_conf(&settings, self.name, self.storm_id),
            settings,
            at: ir.at.clone(),
        }
    }

    /// `-p` over `topology.tasks` over the parallelism; capped by `topology.max.task.parallelism`.
    fn tasks(&self, ir: &ComponentIr, settings: &Settings, mistakes: &mut Vec<Mistake>) -> u32 {
        let id = &ir.id;
        let declared = u32::try_from(ir.parallelism)
            .ok()
            .filter(|tasks| (1..=MOST_TASKS).contains(tasks));
        if declared.is_none() {
            let message = format!(
                "the parallelism of \"{id}\" is {}; it must be from 1 to {MOST_TASKS}",
                ir.parallelism
            );
            mistakes.push(Mistake::error(ir.at.as_ref(), message).coded(Code::BAD_PARALLELISM));
        }
        let typed = self
            .overrides
            .parallelism
            .iter()
            .rev()
            .find(|(component, _)| component == id)
            .map(|&(_, tasks)| tasks);
        if let Some(tasks) = typed.filter(|tasks| !(1..=MOST_TASKS).contains(tasks)) {
            mistakes.push(
                Mistake::error(
                    None,
                    format!("-p {id}={tasks}: a parallelism must be from 1 to {MOST_TASKS}"),
                )
                .coded(Code::BAD_PARALLELISM),
            );
        }
        let tasks = typed
            .or_else(|| settings.tasks())
            .or(declared)
            .unwrap_or(1)
            .clamp(1, MOST_TASKS);
        settings
            .max_task_parallelism()
            .map_or(tasks, |most| tasks.min(most))
    }

    fn command(
        &self,
        ir: &ComponentIr,
        command: &[String],
        env: &BTreeMap<String, String>,
        settings: &Settings,
        mistakes: &mut Vec<Mistake>,
    ) {
        let at = ir.at.as_ref();
        let Some(program) = command.first().filter(|program| !program.is_empty()) else {
            mistakes.push(
                Mistake::error(
                    at,
                    format!(
                        "\"{}\" has no command, so its children cannot be started",
                        ir.id
                    ),
                )
                .coded(Code::NO_COMMAND),
            );
            return;
        };
        if let Some(argument) = command.iter().find(|argument| argument.contains('\0')) {
            mistakes.push(
                Mistake::error(
                    at,
                    format!(
                        "the command of \"{}\" has a NUL character in {argument:?}",
                        ir.id
                    ),
                )
                .coded(Code::NO_COMMAND),
            );
            return;
        }
        let path = match settings.folder().or_else(|| ir.cwd.clone()) {
            Some(cwd) if program.contains('/') => {
                Path::new(&cwd).join(program).to_string_lossy().into_owned()
            }
            _ => program.clone(),
        };
        if !(self.find_program)(&path, env.get("PATH").map(String::as_str)) {
            let mistake = Mistake::error(
                at,
                format!(
                    "the program of \"{}\" is not there, or may not be executed: {path}",
                    ir.id
                ),
            )
            .coded(Code::PROGRAM_MISSING);
            mistakes.push(if program.contains('/') {
                mistake.hint("check the path, and that the file is executable (chmod +x)")
            } else {
                mistake.hint("it was looked up in the PATH; is it installed?")
            });
        }
    }
}

const ENVIRONMENT: &str = "topology.environment";
const TICKS: &str = "topology.tick.tuple.freq.secs";

/// Each task is a process, and the kernel has no more of these by far.
pub(super) const MOST_TASKS: u32 = 65_536;

/// Settings that hold for processes, and none other.
const OF_PROCESSES: [&str; 10] = [
    "stormhost.limit.memory.bytes",
    "stormhost.limit.cpu.secs",
    "stormhost.limit.files",
    "stormhost.limit.processes",
    "stormhost.nice",
    "stormhost.umask",
    "stormhost.user",
    "stormhost.group",
    "stormhost.clean.env",
    "stormhost.clean.env.keep",
];

/// What a component inside the host has set for itself in vain.
fn without_effect_inside(ir: &ComponentIr) -> impl Iterator<Item = Mistake> {
    let set = ir
        .conf
        .keys()
        .filter(|key| OF_PROCESSES.contains(&key.as_str()));
    set.map(|key| {
        let why = "the component is inside the host, and no process";
        in_vain(ir, key, why)
            .coded(Code::SETTING_OF_PROCESSES)
            .hint("it holds for components outside")
    })
}

/// A bolt that lives by ticks, and is sent none: it keeps its tuples until they time out.
fn without_ticks(ir: &ComponentIr) -> Mistake {
    let message = format!("\"{}\" ends its batches at ticks, and is sent none", ir.id);
    let hint = format!("set {TICKS} for it; of streamparse, a TicklessBatchingBolt needs none");
    Mistake::warning(ir.at.as_ref(), message)
        .coded(Code::MISDECLARED)
        .hint(hint)
}

/// A setting that a component has for itself, and that does nothing there.
pub(super) fn in_vain(ir: &ComponentIr, key: &str, why: &str) -> Mistake {
    let message = format!("the setting {key:?} of {:?} has no effect: {why}", ir.id);
    Mistake::warning(ir.at.as_ref(), message)
}

/// In which language it runs in the host, if it is to: the one whose interpreter its command names.
fn inside(ir: &ComponentIr, mistakes: &mut Vec<Mistake>) -> Option<Inside> {
    let at = ir.at.as_ref();
    match ir.place.as_deref() {
        None | Some("outside") => return None,
        Some("inside") => {}
        Some(other) => {
            let message = format!("\"{}\" is to run {other:?}, which is no place", ir.id);
            mistakes.push(
                Mistake::error(at, message)
                    .coded(Code::NOT_INSIDE)
                    .hint("where is \"inside\" or \"outside\""),
            );
            return None;
        }
    }
    if ir.builtin.is_some() || ir.java_class.is_some() {
        // It is inside anyway.
        return None;
    }
    let program = ir.command.first().map_or("", String::as_str);
    if program.is_empty() {
        return None; // which is told of already
    }
    let name = Path::new(program)
        .file_name()
        .and_then(|name| name.to_str());
    let language = match name {
        // Of this Lua or that, or of the one that stormhost itself is: inside it is all the same.
        Some(name) if name.starts_with("lua") || name == "stormhost-lua" => Inside::Lua,
        Some(name) if name.starts_with("python") => Inside::Python,
        _ => {
            let message = format!(
                "\"{}\" is to run inside the host, but its command begins with {program:?}",
                ir.id
            );
            mistakes.push(Mistake::error(at, message).coded(Code::NOT_INSIDE).hint(
                "Lua and Python can run inside: a command that begins with \"lua\" or \"python\"; without where=\"inside\" it has a process of its own",
            ));
            return None;
        }
    };
    let missing = match language {
        Inside::Lua if !cfg!(feature = "lua") => Some(
            "this stormhost was built without Lua inside; build with --features lua, or say where='outside', which needs a Lua of your own",
        ),
        Inside::Python if !cfg!(feature = "python") => Some(
            "this stormhost was built without Python inside; build with --features python, or say where='outside'",
        ),
        _ => None,
    };
    if ir.command.len() < 2 {
        let message = format!(
            "\"{}\" is to run inside the host, but its command names no script",
            ir.id
        );
        mistakes.push(Mistake::error(at, message).coded(Code::NOT_INSIDE));
    } else if let Some(hint) = missing {
        let message = format!("\"{}\" is to run inside the host", ir.id);
        mistakes.push(
            Mistake::error(at, message)
                .coded(Code::NOT_INSIDE)
                .hint(hint),
        );
    }
    Some(language)
}

fn umask(ir: &ComponentIr, settings: &Settings, mistakes: &mut Vec<Mistake>) {
    let Some(said) = settings.get("stormhost.umask") else {
        return;
    };
    if !said.value.is_null() && settings.umask().is_none_or(|mask| mask > 0o777) {
        mistakes.push(
            Mistake::error(
                ir.at.as_ref(),
                format!("the umask of \"{}\" is {}", ir.id, said.value),
            )
            .coded(Code::BAD_UMASK)
            .hint("stormhost.umask is text of octal digits from 000 to 777, such as \"027\""),
        );
    }
}

/// The stream that dead letters go to has to be there, with fields that a letter has.
fn dead_letters(ir: &ComponentIr, settings: &Settings, mistakes: &mut Vec<Mistake>) {
    let own = settings
        .get("stormhost.dead.letters.stream")
        .is_some_and(|set| set.origin == Origin::Component);
    let Some(name) = settings.dead_letters_stream() else {
        return;
    };
    let id = &ir.id;
    match ir.streams.get(&name) {
        // Said for all, it concerns those that have such a stream.
        None if !own => {}
        None => mistakes.push(
            Mistake::error(
                ir.at.as_ref(),
                format!("\"{id}\" is to emit its dead letters on a stream \"{name}\", which it does not declare"),
            ).coded(Code::BAD_LETTER_STREAM)
            .hint("stormhost.dead.letters.stream names one of the component's own streams"),
        ),
        Some(stream) => {
            for field in &stream.fields {
                if !MEMBERS.contains(&field.as_str()) {
                    mistakes.push(
                        Mistake::error(
                            ir.at.as_ref(),
                            format!("the stream \"{name}\" of \"{id}\" is for dead letters, which have no \"{field}\""),
                        ).coded(Code::BAD_LETTER_STREAM)
                        .hint(format!("what a letter has: {}", MEMBERS.join(", "))),
                    );
                }
            }
        }
    }
}

fn replay(ir: &ComponentIr, mistakes: &mut Vec<Mistake>) -> Replay {
    match (ir.replay.as_deref(), ir.kind) {
        // A command cannot be told of a fail.
        (None, Kind::Spout) if ir.shell.is_some() => Replay::Host,
        (None, _) => Replay::Child,
        (Some("host"), Kind::Spout) => Replay::Host,
        (Some("host"), Kind::Bolt) => {
            let message = format!("\"{}\" is a bolt, and has nothing to replay", ir.id);
            mistakes.push(
                Mistake::error(ir.at.as_ref(), message)
                    .coded(Code::BAD_REPLAY)
                    .hint("replay belongs to the spout that the tuples come from"),
            );
            Replay::Child
        }
        (Some(other), _) => {
            let message = format!(
                "\"{}\" is to be replayed by {other:?}, which nobody is called",
                ir.id
            );
            mistakes.push(
                Mistake::error(ir.at.as_ref(), message)
                    .coded(Code::BAD_REPLAY)
                    .hint("replay is \"host\" or nothing"),
            );
            Replay::Child
        }
    }
}

fn streams(ir: &ComponentIr, mistakes: &mut Vec<Mistake>) -> Vec<Stream> {
    for (id, stream) in &ir.streams {
        if let Some(reason) = names::odd_stream(id) {
            mistakes.push(
                Mistake::error(
                    ir.at.as_ref(),
                    format!("the stream name {id:?} of \"{}\" {reason}", ir.id),
                )
                .coded(Code::BAD_NAME),
            );
        }
        for (index, field) in stream.fields.iter().enumerate() {
            if field.is_empty() {
                let message = format!(
                    "field {} of the stream \"{id}\" of \"{}\" has an empty name",
                    index + 1,
                    ir.id
                );
                mistakes.push(Mistake::error(ir.at.as_ref(), message).coded(Code::BAD_FIELDS));
            } else if stream.fields.iter().position(|other| other == field) == Some(index)
                && stream
                    .fields
                    .iter()
                    .skip(index + 1)
                    .any(|other| other == field)
            {
                let message = format!(
                    "the stream \"{id}\" of \"{}\" has two fields called \"{field}\"",
                    ir.id
                );
                mistakes.push(Mistake::error(ir.at.as_ref(), message).coded(Code::BAD_FIELDS));
            }
        }
    }
    let streams = ir.streams.iter();
    streams
        .map(|(id, stream)| Stream {
            id: id.clone(),
            fields: stream.fields.clone(),
            direct: stream.direct,
        })
        .collect()
}
