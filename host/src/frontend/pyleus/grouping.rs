//! What a bolt of a pyleus file listens to.

use indexmap::IndexMap;

use super::component::Component;
use crate::frontend::node::Node;
use crate::frontend::told::{Told, meant, only};
use crate::topology::{Place, StreamIr, SubscriptionIr};

/// pyleus' names, all of which end like this; before it stands ours.
const ENDING: &str = "_grouping";
const GROUPINGS: [&str; 6] = [
    "shuffle",
    "fields",
    "global",
    "all",
    "none",
    "local_or_shuffle",
];
const DEFAULT: &str = "default";

/// What a component listens to, and whether every grouping was understood. Those that were not have been told.
pub(super) fn subscriptions(
    component: &Component,
    node: &Node,
    told: &mut Told,
) -> (Vec<SubscriptionIr>, bool) {
    let Some(groupings) = node.given("groupings") else {
        return (Vec::new(), true);
    };
    if !component.is_bolt() {
        let message = format!(
            "the spout \"{}\" has `groupings`, and spouts listen to nobody",
            component.id
        );
        told.warning(&groupings.at, message, "leave them out, or make it a bolt");
        return (Vec::new(), true);
    }
    let Some(entries) = groupings.list() else {
        let hint = "each grouping begins with a dash: `- shuffle_grouping: my-spout`";
        told.error(&groupings.at, "`groupings` is no list", hint);
        return (Vec::new(), false);
    };
    let understood: Vec<SubscriptionIr> = entries
        .iter()
        .filter_map(|entry| subscription(&component.id, entry, told))
        .collect();
    let all = understood.len() == entries.len();
    (understood, all)
}

fn subscription(to: &str, entry: &Node, told: &mut Told) -> Option<SubscriptionIr> {
    let Some([(key, node)]) = entry.map() else {
        let message = format!("a grouping of \"{to}\" is not exactly one");
        let hint = "each has a dash of its own, and its details stand further to the right: `- shuffle_grouping: my-spout`";
        told.error(&entry.at, message, hint);
        return None;
    };
    let name = key.strip_suffix(ENDING).unwrap_or_default();
    if !GROUPINGS.contains(&name) {
        unknown(to, key, &entry.at, told);
        return None;
    }
    let by_fields = name == "fields";
    let known: &[&str] = match by_fields {
        true => &["component", "stream", "fields"],
        false => &["component", "stream"],
    };
    only(node, &format!("`{key}`"), known, told);
    let from = node.text();
    let from = from.or_else(|| node.get("component")?.text());
    let Some(from) = from else {
        let message = format!("`{key}` of \"{to}\" names no component");
        told.error(&entry.at, message, "component: my-spout");
        return None;
    };
    Some(SubscriptionIr {
        to: to.to_owned(),
        from,
        stream: node
            .get("stream")
            .and_then(Node::text)
            .unwrap_or_else(|| DEFAULT.to_owned()),
        grouping: name.to_owned(),
        fields: match by_fields {
            true => fields(to, entry, node, told)?,
            false => Vec::new(),
        },
        at: Some(entry.at.clone()),
    })
}

fn unknown(to: &str, key: &str, at: &Place, told: &mut Told) {
    let known: Vec<String> = GROUPINGS.iter().map(|it| format!("{it}{ENDING}")).collect();
    let hint = meant(key, known.iter().map(String::as_str), "the groupings are");
    told.error(
        at,
        format!("\"{to}\" has a grouping `{key}`, which pyleus does not know"),
        hint,
    );
}

fn fields(to: &str, entry: &Node, node: &Node, told: &mut Told) -> Option<Vec<String>> {
    let items = node.get("fields").and_then(Node::list).unwrap_or_default();
    let fields: Option<Vec<String>> = items.iter().map(Node::text).collect();
    let fields = fields.filter(|fields| !fields.is_empty());
    if fields.is_none() {
        let message = format!("`fields_grouping` of \"{to}\" has no list of `fields`");
        told.error(&entry.at, message, "fields: [word]");
    }
    fields
}

/// The streams that listeners take a component to have. No mistake of theirs should follow from what is told of the component itself.
pub(super) fn streams_heard(all: &[SubscriptionIr], id: &str) -> IndexMap<String, StreamIr> {
    let mut streams: IndexMap<String, StreamIr> = IndexMap::new();
    for heard in all.iter().filter(|heard| heard.from == id) {
        let stream = streams.entry(heard.stream.clone()).or_default();
        for field in &heard.fields {
            if !stream.fields.contains(field) {
                stream.fields.push(field.clone());
            }
        }
    }
    streams
}
