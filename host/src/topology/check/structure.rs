//! The third round: whether the parts make a whole.

use super::components::MOST_TASKS;
use crate::errors::Code;
use crate::topology::ir::Ir;
use crate::topology::mistake::{Mistake, Place, Severity};
use crate::topology::model::{Component, Kind};
use crate::topology::redis::Mode;
use crate::topology::walk;

/// What keeps the whole from running.
pub(super) fn check(ir: &Ir, components: &[Component], file: &Place, mistakes: &mut Vec<Mistake>) {
    // A spout that the front end could not describe was told of already.
    if !ir
        .mistakes
        .iter()
        .any(|mistake| mistake.severity == Severity::Error)
        && !components
            .iter()
            .any(|component| component.kind == Kind::Spout)
    {
        let mistake = Mistake::error(
            Some(file),
            "the topology has no spout, so nothing would ever flow",
        )
        .coded(Code::NO_SPOUT);
        mistakes.push(mistake.hint("declare one: a spout is where tuples come from"));
    }
    for component in components
        .iter()
        .filter(|component| component.kind == Kind::Bolt)
    {
        // By what was described: a subscription with a mistake in it was told of already.
        if !ir.refused.contains(&component.id)
            && !ir
                .subscriptions
                .iter()
                .any(|subscription| subscription.to == component.id)
        {
            let mistake = Mistake::error(
                component.at.as_ref(),
                format!(
                    "the bolt \"{}\" has no inputs, so it would never be given a tuple",
                    component.id
                ),
            )
            .coded(Code::NO_INPUTS);
            mistakes.push(
                mistake.hint("subscribe it to a stream of another component, or make it a spout"),
            );
        }
    }
    for component in components {
        mistakes.extend(key_without_value(components, component));
    }
    let tasks: u64 = components
        .iter()
        .map(|component| u64::from(component.parallelism))
        .sum();
    if tasks > u64::from(MOST_TASKS) {
        let message = format!(
            "the topology has {tasks} tasks, each a process of its own; at most {MOST_TASKS} are possible"
        );
        mistakes.push(Mistake::error(Some(file), message).coded(Code::BAD_PARALLELISM));
    }
}

/// A Redis sink that writes keys with values, and is fed by a stream with one field or none: each of its tuples would fail.
fn key_without_value(components: &[Component], sink: &Component) -> Option<Mistake> {
    let mode = sink.redis.as_ref()?.mode;
    let (name, kept) = match (sink.kind, mode) {
        (Kind::Bolt, Mode::Hash) => ("hash", "field of the hash"),
        (Kind::Bolt, Mode::String) => ("string", "key"),
        _ => return None,
    };
    let (source, stream) = sink.inputs.iter().find_map(|input| {
        let source = components.get(input.component)?;
        let stream = source.streams.get(input.stream)?;
        (stream.fields.len() < 2).then_some((source, stream))
    })?;
    let message = format!(
        "\"{}\" writes as {name}, where its tuples have a key and a value, and the stream \"{}\" of \"{}\" has {} fields",
        sink.id,
        stream.id,
        source.id,
        stream.fields.len()
    );
    let mistake = Mistake::error(sink.at.as_ref(), message).coded(Code::BAD_REDIS_OPTION);
    Some(mistake.hint(format!(
        "the first field is the {kept}, the others are its value"
    )))
}

/// What is worth a remark in a topology without errors. Expects back edges to be marked.
pub(super) fn remark(components: &[Component], mistakes: &mut Vec<Mistake>) {
    let reached = walk::reached(components);
    for (at, component) in components.iter().enumerate() {
        if !reached.contains(&at) {
            let mistake = Mistake::warning(
                component.at.as_ref(),
                format!("no tuple of any spout can reach \"{}\"", component.id),
            )
            .coded(Code::UNREACHED);
            mistakes.push(mistake.hint("follow its inputs upstream: they do not lead to a spout"));
        }
        for (index, stream) in component.streams.iter().enumerate() {
            let heard = components
                .iter()
                .flat_map(|other| &other.inputs)
                .any(|input| input.component == at && input.stream == index);
            if !heard {
                let message = format!(
                    "nobody listens to the stream \"{}\" of \"{}\"",
                    stream.id, component.id
                );
                mistakes.push(Mistake::info(component.at.as_ref(), message).coded(Code::UNHEARD));
            }
        }
    }
    for group in walk::groups(&walk::consumers(components)) {
        if let Some(mistake) = cycle(components, &group) {
            mistakes.push(mistake);
        }
    }
}

/// A group of components that can all reach one another, told with the subscriptions that close the circle.
fn cycle(components: &[Component], group: &[usize]) -> Option<Mistake> {
    let name = |at: usize| {
        components
            .get(at)
            .map_or("", |component| component.id.as_str())
    };
    let closing: Vec<String> = group
        .iter()
        .flat_map(|&at| {
            components
                .get(at)
                .into_iter()
                .flat_map(|component| &component.inputs)
                .map(move |input| (at, input))
        })
        .filter(|(_, input)| input.back_edge && group.contains(&input.component))
        .map(|(at, input)| format!("\"{}\" → \"{}\"", name(input.component), name(at)))
        .collect();
    if closing.is_empty() {
        return None;
    }
    let first = components.get(*group.first()?)?;
    let message = match group {
        [_] => format!("\"{}\" listens to itself", first.id),
        _ => {
            let names: Vec<String> = group
                .iter()
                .map(|&at| format!("\"{}\"", name(at)))
                .collect();
            format!("a cycle: {} listen to one another", names.join(", "))
        }
    };
    let hint = format!(
        "what waits on {} has a budget of bytes (stormhost.cycle.bytes); past it tuples fail",
        closing.join(" and ")
    );
    Some(
        Mistake::warning(first.at.as_ref(), message)
            .coded(Code::CYCLE)
            .hint(hint),
    )
}
