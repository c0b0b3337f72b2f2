//! Streams of a Flux file as subscriptions.

use super::beans::{arguments, texts};
use super::definition::Definition;
use super::node::Node;
use super::told::{Told, only};
use crate::topology::{Ir, SubscriptionIr};

/// Adds a subscription for each stream. Of two between the same ends the later counts, as in Storm.
pub(super) fn describe(whole: &Definition, ir: &mut Ir, told: &mut Told) {
    for node in &whole.streams {
        let Some(subscription) = subscription(node, whole, told) else {
            ir.refused.extend(node.get("to").and_then(Node::text));
            continue;
        };
        let same = |other: &SubscriptionIr| {
            (&other.to, &other.from, &other.stream)
                == (&subscription.to, &subscription.from, &subscription.stream)
        };
        match ir.subscriptions.iter_mut().find(|other| same(other)) {
            Some(first) => {
                let SubscriptionIr {
                    to, from, stream, ..
                } = &subscription;
                let message = format!(
                    "\"{to}\" listens to the stream \"{stream}\" of \"{from}\" a second time; this takes the place of the first"
                );
                told.warning(&node.at, message, "leave one of them out");
                *first = subscription;
            }
            None => ir.subscriptions.push(subscription),
        }
    }
}

fn subscription(node: &Node, whole: &Definition, told: &mut Told) -> Option<SubscriptionIr> {
    only(
        node,
        "a stream",
        &["name", "id", "from", "to", "grouping"],
        told,
    );
    let mut end = |key: &str| {
        let found = node.get(key).and_then(Node::text);
        if found.is_none() {
            told.error(
                &node.at,
                format!("a stream has no `{key}`"),
                "a stream goes `from` one component `to` another",
            );
        }
        found
    };
    let (from, to) = (end("from"), end("to"));
    let (from, to) = (from?, to?);
    let Some(grouping) = node
        .get("grouping")
        .filter(|grouping| grouping.map().is_some())
    else {
        let message = format!("the stream from \"{from}\" to \"{to}\" has no `grouping`");
        told.error(&node.at, message, "such as `grouping: {type: SHUFFLE}`");
        return None;
    };
    only(
        grouping,
        "a grouping",
        &["type", "streamId", "args", "customClass"],
        told,
    );
    let (kind, fields) = kind(grouping, &from, &to, whole, told)?;
    Some(SubscriptionIr {
        to,
        from,
        stream: grouping
            .get("streamId")
            .and_then(Node::text)
            .unwrap_or("default".into()),
        grouping: kind,
        fields,
        at: Some(node.at.clone()),
    })
}

/// The grouping by our name, and its key.
fn kind(
    grouping: &Node,
    from: &str,
    to: &str,
    whole: &Definition,
    told: &mut Told,
) -> Option<(String, Vec<String>)> {
    let kind = grouping
        .get("type")
        .and_then(Node::text)
        .unwrap_or_default();
    match kind.as_str() {
        "ALL" | "DIRECT" | "SHUFFLE" | "LOCAL_OR_SHUFFLE" | "GLOBAL" | "NONE" => {
            Some((kind.to_lowercase(), Vec::new()))
        }
        "FIELDS" => match grouping.get("args") {
            Some(args) => Some((
                "fields".into(),
                texts(args, "`args` of a FIELDS grouping", told)?,
            )),
            None => {
                let message =
                    format!("the FIELDS grouping from \"{from}\" to \"{to}\" has no `args`");
                told.error(&grouping.at, message, "name the fields: `args: [\"word\"]`");
                None
            }
        },
        "CUSTOM" => custom(grouping, from, to, whole, told),
        "" => {
            told.plain_error(
                &grouping.at,
                format!("the grouping from \"{from}\" to \"{to}\" has no `type`"),
            );
            None
        }
        other => {
            let upper = other.to_uppercase();
            let hint = if TYPES.contains(&upper.as_str()) {
                format!("did you mean {upper}?")
            } else {
                format!("the types are: {}", TYPES.join(", "))
            };
            told.error(
                &grouping.at,
                format!("\"{other}\" is no type of grouping"),
                hint,
            );
            None
        }
    }
}

const TYPES: [&str; 8] = [
    "ALL",
    "CUSTOM",
    "DIRECT",
    "SHUFFLE",
    "LOCAL_OR_SHUFFLE",
    "FIELDS",
    "GLOBAL",
    "NONE",
];

/// Of custom groupings Storm's own partial key is known.
fn custom(
    grouping: &Node,
    from: &str,
    to: &str,
    whole: &Definition,
    told: &mut Told,
) -> Option<(String, Vec<String>)> {
    let class = grouping.get("customClass");
    let name = class
        .and_then(|class| class.get("className")?.text())
        .unwrap_or_default();
    if let (Some(class), true) = (class, name.ends_with(".storm.grouping.PartialKeyGrouping")) {
        let args = arguments(class, "constructorArgs", whole, told)?;
        let fields = match args.first() {
            Some(fields) => texts(fields, "the fields of a PartialKeyGrouping", told)?,
            None => Vec::new(),
        };
        return Some(("partial_key".into(), fields));
    }
    let message = match name.as_str() {
        "" => format!("the CUSTOM grouping from \"{from}\" to \"{to}\" has no `customClass`"),
        name => format!(
            "the grouping from \"{from}\" to \"{to}\" is the Java class {name}, and stormhost has no JVM"
        ),
    };
    let hint = "use DIRECT grouping and choose the task where the tuple is emitted, or group by a FIELD that says where it should go";
    told.error(&grouping.at, message, hint);
    None
}
