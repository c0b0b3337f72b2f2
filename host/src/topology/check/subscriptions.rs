//! The second round: who listens to whom, and by which grouping.

use super::names;
use crate::errors::Code;
use crate::topology::ir::{Ir, SubscriptionIr};
use crate::topology::mistake::Mistake;
use crate::topology::model::{Component, Grouping, Input, Kind, Stream};
use crate::topology::shell::LinePart;

/// Gives each component its inputs.
pub(super) fn resolve(ir: &Ir, components: &mut [Component], mistakes: &mut Vec<Mistake>) {
    for subscription in &ir.subscriptions {
        if let Some((listener, input)) = one(ir, subscription, components, mistakes)
            && let Some(listener) = components.get_mut(listener)
        {
            listener.inputs.push(input);
        }
    }
}

/// One subscription as an input of the component whose index comes with it, or nothing if it has mistakes.
fn one(
    ir: &Ir,
    subscription: &SubscriptionIr,
    components: &[Component],
    mistakes: &mut Vec<Mistake>,
) -> Option<(usize, Input)> {
    let at = subscription.at.as_ref();
    let SubscriptionIr {
        to, from, stream, ..
    } = subscription;
    let listener = components.iter().position(|component| component.id == *to);
    if listener.is_none() {
        let mistake = Mistake::error(
            at,
            format!(
                "the subscription to \"{from}\" is for \"{to}\", but no component is called that"
            ),
        )
        .coded(Code::UNKNOWN_COMPONENT);
        mistakes.push(names::unknown_component(ir, mistake, to));
    } else if listener
        .and_then(|at| components.get(at))
        .is_some_and(|found| found.kind == Kind::Spout)
    {
        let mistake = Mistake::error(
            at,
            format!("the spout \"{to}\" listens to \"{from}\", but spouts have no inputs"),
        )
        .coded(Code::SPOUT_LISTENS);
        mistakes.push(mistake.hint("make it a bolt, or leave the subscription out"));
    }
    let Some((component, source)) = components
        .iter()
        .enumerate()
        .find(|(_, component)| component.id == *from)
    else {
        let mistake = Mistake::error(
            at,
            format!("\"{to}\" listens to \"{from}\", but no component is called that"),
        )
        .coded(Code::UNKNOWN_COMPONENT);
        mistakes.push(names::unknown_component(ir, mistake, from));
        return None;
    };
    let Some((index, found)) = source
        .streams
        .iter()
        .enumerate()
        .find(|(_, found)| found.id == *stream)
    else {
        mistakes.push(unknown_stream(subscription, source));
        return None;
    };
    let grouping = grouping(subscription, source, found, mistakes);
    let listener = listener?;
    let inputs = &components.get(listener)?.inputs;
    if inputs
        .iter()
        .any(|input| input.component == component && input.stream == index)
    {
        let mistake = Mistake::error(
            at,
            format!("\"{to}\" listens to the stream \"{stream}\" of \"{from}\" twice"),
        )
        .coded(Code::TWICE);
        mistakes.push(mistake.hint(
            "one subscription per stream: Storm knows no more, and each tuple would come twice",
        ));
        return None;
    }
    Some((
        listener,
        Input {
            component,
            stream: index,
            grouping: grouping?,
            back_edge: false,
        },
    ))
}

fn unknown_stream(subscription: &SubscriptionIr, source: &Component) -> Mistake {
    let SubscriptionIr {
        to, from, stream, ..
    } = subscription;
    let message = format!(
        "\"{to}\" listens to the stream \"{stream}\" of \"{from}\", which has none of that name"
    );
    let mistake = Mistake::error(subscription.at.as_ref(), message).coded(Code::UNKNOWN_STREAM);
    if source.streams.is_empty() {
        return mistake.hint(format!("\"{from}\" declares no streams at all"));
    }
    let ids: Vec<&str> = source
        .streams
        .iter()
        .map(|stream| stream.id.as_str())
        .collect();
    mistake.hint(format!("its streams are: {}", ids.join(", ")))
}

fn grouping(
    subscription: &SubscriptionIr,
    source: &Component,
    stream: &Stream,
    mistakes: &mut Vec<Mistake>,
) -> Option<Grouping> {
    let at = subscription.at.as_ref();
    let SubscriptionIr {
        to,
        from,
        grouping,
        fields,
        ..
    } = subscription;
    let found = match grouping.as_str() {
        "shuffle" => Grouping::Shuffle,
        "fields" => Grouping::Fields(key(subscription, source, stream, mistakes)?),
        "all" => Grouping::All,
        "global" => Grouping::Global,
        "direct" => Grouping::Direct,
        "none" => Grouping::None,
        "local_or_shuffle" => Grouping::LocalOrShuffle,
        "partial_key" => Grouping::PartialKey(key(subscription, source, stream, mistakes)?),
        "column" | "member" => Grouping::Part(part(subscription, mistakes)?),
        other => {
            let mistake = Mistake::error(
                at,
                format!("\"{to}\" listens to \"{from}\" by \"{other}\", which is no grouping"),
            )
            .coded(Code::UNKNOWN_GROUPING);
            mistakes.push(names::suggest(
                mistake,
                other,
                GROUPINGS.into_iter(),
                "the groupings are",
            ));
            return None;
        }
    };
    let keyed = matches!(
        found,
        Grouping::Fields(_) | Grouping::PartialKey(_) | Grouping::Part(_)
    );
    if !keyed && !fields.is_empty() {
        let message = format!(
            "\"{to}\" listens to \"{from}\" by {grouping} grouping, which does not look at fields ({})",
            fields.join(", ")
        );
        mistakes.push(
            Mistake::warning(at, message)
                .coded(Code::USELESS_FIELDS)
                .hint("leave them out, or use fields grouping"),
        );
    }
    match (stream.direct, found == Grouping::Direct) {
        (true, false) => {
            let message = format!(
                "the stream \"{}\" of \"{from}\" is direct, but \"{to}\" listens to it by {grouping} grouping",
                stream.id
            );
            mistakes.push(Mistake::error(at, message).coded(Code::DIRECT_STREAM).hint(
                "use direct grouping: the tuples of this stream go where their emitter says",
            ));
            None
        }
        (false, true) => {
            let message = format!(
                "\"{to}\" listens by direct grouping to the stream \"{}\" of \"{from}\", which is not direct",
                stream.id
            );
            mistakes.push(
                Mistake::error(at, message)
                    .coded(Code::DIRECT_STREAM)
                    .hint("declare the stream as direct, or use another grouping"),
            );
            None
        }
        _ => Some(found),
    }
}

const GROUPINGS: [&str; 10] = [
    "shuffle",
    "fields",
    "all",
    "global",
    "direct",
    "none",
    "local_or_shuffle",
    "partial_key",
    "column",
    "member",
];

/// The part of a line that makes the key: a column by its number from 1 on, perhaps with what separates columns; or a member by its name.
fn part(subscription: &SubscriptionIr, mistakes: &mut Vec<Mistake>) -> Option<LinePart> {
    let words: Vec<&str> = subscription.fields.iter().map(String::as_str).collect();
    let column = |number: &str| number.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
    let found = match (subscription.grouping.as_str(), &words[..]) {
        ("member", [name]) => Some(LinePart::Member((*name).to_owned())),
        ("column", [number]) => column(number).map(|number| LinePart::Column {
            number,
            separator: None,
        }),
        ("column", [number, separator]) => match separator.as_bytes() {
            [byte] => column(number).map(|number| LinePart::Column {
                number,
                separator: Some(*byte),
            }),
            _ => None,
        },
        _ => None,
    };
    if found.is_none() {
        let message = format!(
            "\"{}\" listens to \"{}\" by {} grouping with {words:?}",
            subscription.to, subscription.from, subscription.grouping
        );
        mistakes.push(Mistake::error(subscription.at.as_ref(), message).coded(Code::UNKNOWN_GROUPING).hint(
            "column takes a number from 1 on, and perhaps one character that separates columns; member takes one name",
        ));
    }
    found
}

/// The indices of the fields that make the key.
fn key(
    subscription: &SubscriptionIr,
    source: &Component,
    stream: &Stream,
    mistakes: &mut Vec<Mistake>,
) -> Option<Vec<usize>> {
    let at = subscription.at.as_ref();
    let SubscriptionIr {
        to,
        from,
        fields,
        grouping,
        ..
    } = subscription;
    if fields.is_empty() {
        if grouping == "partial_key" && !stream.fields.is_empty() {
            // As in Storm: without fields, the first value is the key.
            return Some(vec![0]);
        }
        let mistake = Mistake::error(
            at,
            format!("\"{to}\" listens to \"{from}\" by {grouping} grouping, but without any field"),
        )
        .coded(Code::NO_FIELDS);
        mistakes.push(mistake.hint(match stream.fields.as_slice() {
            [] => format!(
                "the stream \"{}\" has no fields to group by; use another grouping",
                stream.id
            ),
            fields => format!("name one or several of: {}", fields.join(", ")),
        }));
        return None;
    }
    let mut key = Vec::with_capacity(fields.len());
    let mut whole = true;
    for (position, field) in fields.iter().enumerate() {
        if fields.iter().take(position).any(|other| other == field) {
            mistakes.push(
                Mistake::error(
                    at,
                    format!("\"{to}\" groups \"{from}\" by the field \"{field}\" twice"),
                )
                .coded(Code::NO_FIELDS),
            );
            whole = false;
        } else if let Some(index) = stream.fields.iter().position(|other| other == field) {
            key.push(index);
        } else {
            mistakes.push(unknown_field(subscription, field, source, stream));
            whole = false;
        }
    }
    whole.then_some(key)
}

fn unknown_field(
    subscription: &SubscriptionIr,
    field: &str,
    source: &Component,
    stream: &Stream,
) -> Mistake {
    let SubscriptionIr { to, from, .. } = subscription;
    let message = format!(
        "\"{to}\" groups by the field \"{field}\", which the stream \"{}\" of \"{from}\" does not have",
        stream.id
    );
    let mistake = Mistake::error(subscription.at.as_ref(), message).coded(Code::UNKNOWN_FIELD);
    if let Some(other) = source
        .streams
        .iter()
        .find(|other| other.fields.iter().any(|found| found == field))
    {
        return mistake.hint(format!(
            "it is a field of the stream \"{}\"; is that the one to listen to?",
            other.id
        ));
    }
    if stream.fields.is_empty() {
        return mistake.hint("the stream has no fields at all");
    }
    names::suggest(
        mistake,
        field,
        stream.fields.iter().map(String::as_str),
        "its fields are",
    )
}
