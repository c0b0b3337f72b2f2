//! Components that the host does the work of: by their name in the description, or as counterparts of Java classes.

use indexmap::IndexMap;

use crate::errors::Code;
use crate::topology::ir::{ComponentIr, StreamIr};
use crate::topology::java;
use crate::topology::mistake::Mistake;
use crate::topology::model::{Builtin, Kind};
use crate::topology::redis::Mode;

/// What does the work of a component that has no command.
#[derive(Debug, Default)]
pub(super) struct StandsFor {
    /// The part of the host, if it is one.
    pub builtin: Option<Builtin>,
    /// What the name of its Java class implies.
    pub mode: Option<Mode>,
    /// The description with its options and its default stream filled in, where that changes it.
    pub description: Option<ComponentIr>,
}

/// Which part of the host a component is.
pub(super) fn stands_for(ir: &ComponentIr, mistakes: &mut Vec<Mistake>) -> StandsFor {
    let at = ir.at.as_ref();
    let kind = ir.kind;
    let mut mode = None;
    let name = match (&ir.builtin, &ir.java_class) {
        (Some(name), _) => name.as_str(),
        (None, Some(class)) => match java::counterpart(class, kind) {
            Some(found) => {
                mode = found.mode;
                found.builtin
            }
            None => {
                let message = format!(
                    "\"{}\" is the Java class {class}, which nothing here does the work of",
                    ir.id
                );
                mistakes.push(Mistake::error(at, message).coded(Code::JAVA_CLASS).hint(format!(
                    "stormhost runs no JVM; these {}s have a counterpart, in any package: {}; any other can be replaced by a component in Python, Ruby or Lua, or by a program with Process(…)",
                    kind.name(),
                    java::known(kind)
                )));
                return StandsFor::default();
            }
        },
        (None, None) => {
            if !ir.options.is_empty() {
                let message = format!("\"{}\" has options, but it is not built in", ir.id);
                mistakes.push(
                    Mistake::error(at, message)
                        .coded(Code::BAD_BUILTIN)
                        .hint("what its children are told stands in its conf"),
                );
            }
            return StandsFor::default();
        }
    };
    match (name, kind) {
        ("print", Kind::Bolt) => StandsFor {
            builtin: Some(Builtin::Print),
            ..StandsFor::default()
        },
        ("print", Kind::Spout) => {
            let message = format!(
                "\"{}\" is built in as a sink, so it cannot be a spout",
                ir.id
            );
            mistakes.push(Mistake::error(at, message).coded(Code::BAD_BUILTIN));
            StandsFor::default()
        }
        ("redis", _) => StandsFor {
            builtin: Some(Builtin::Redis),
            mode,
            description: Some(redis(ir, mistakes)),
        },
        (other, _) => {
            let message = format!(
                "\"{}\" is said to be built in as \"{other}\", which there is not",
                ir.id
            );
            mistakes.push(
                Mistake::error(at, message)
                    .coded(Code::BAD_BUILTIN)
                    .hint("what there is: print, redis"),
            );
            StandsFor::default()
        }
    }
}

/// Its options become settings, and a spout has one stream, with one field unless it is told others.
fn redis(ir: &ComponentIr, mistakes: &mut Vec<Mistake>) -> ComponentIr {
    let at = ir.at.as_ref();
    let mut described = ir.clone();
    for (name, value) in &ir.options {
        described
            .conf
            .insert(format!("redis.{name}"), value.clone());
    }
    if ir.replay.is_some() {
        let message = format!(
            "\"{}\": what a Redis spout emitted lies in Redis, and comes again from there",
            ir.id
        );
        mistakes.push(
            Mistake::error(at, message)
                .coded(Code::BAD_REPLAY)
                .hint("leave replay away"),
        );
        described.replay = None;
    }
    if ir.kind == Kind::Spout {
        if ir.streams.is_empty() {
            let message = StreamIr {
                fields: vec!["message".into()],
                direct: false,
            };
            described.streams = IndexMap::from([("default".to_owned(), message)]);
        }
        let odd = ir
            .streams
            .iter()
            .find(|(id, stream)| *id != "default" || stream.direct || stream.fields.is_empty());
        if let Some((id, _)) = odd {
            let message = format!(
                "\"{}\" declares the stream \"{id}\", and a Redis spout emits on one only",
                ir.id
            );
            mistakes.push(
                Mistake::error(at, message)
                    .coded(Code::BAD_BUILTIN)
                    .hint("its stream is \"default\", not direct, with at least one field"),
            );
            described
                .streams
                .retain(|id, stream| id == "default" && !stream.direct);
        }
    } else if let Some((id, _)) = ir.streams.first() {
        let message = format!(
            "\"{}\" declares the stream \"{id}\", but a Redis sink emits nothing",
            ir.id
        );
        mistakes.push(Mistake::error(at, message).coded(Code::BAD_BUILTIN));
        described.streams.clear();
    }
    described
}
