//! A Flux file taken apart, and files that it includes merged into it.

use super::node::Node;
use super::told::{Told, only};
use crate::topology::Place;

const KEYS: [&str; 9] = [
    "name",
    "config",
    "components",
    "includes",
    "spouts",
    "bolts",
    "streams",
    "workerHooks",
    "topologySource",
];

/// What one file, or all of them together, say. Components, spouts and bolts are maps, not yet looked into.
#[derive(Clone, Debug, Default)]
pub(super) struct Definition {
    pub(super) name: Option<Node>,
    pub(super) config: Vec<(String, Node)>,
    pub(super) components: Vec<Node>,
    pub(super) spouts: Vec<Node>,
    pub(super) bolts: Vec<Node>,
    pub(super) streams: Vec<Node>,
    pub(super) includes: Vec<Include>,
}

/// A file that is to be merged into this one.
#[derive(Clone, Debug)]
pub(super) struct Include {
    pub(super) file: String,
    /// It lies where the resources of a jar do, not where the command was typed.
    pub(super) is_resource: bool,
    /// What it says wins over what is there already.
    pub(super) overrides: bool,
    pub(super) at: Place,
}

impl Definition {
    /// Takes the tree of a file apart; `None`, and a mistake, if it is no map.
    pub(super) fn read(root: &Node, told: &mut Told) -> Option<Self> {
        if root.map().is_none() {
            told.error(
                &root.at,
                "this is no map",
                "Flux begins with `name: …` and has spouts, bolts and streams",
            );
            return None;
        }
        only(root, "a topology", &KEYS, told);
        if let Some(source) = root.get("topologySource") {
            told.error(
                &source.at,
                "the topology is made by a Java class (topologySource), and stormhost has no JVM",
                "describe it by spouts, bolts and streams",
            );
        }
        if let Some(hooks) = root.get("workerHooks") {
            told.warning(
                &hooks.at,
                "worker hooks are Java and have no effect: stormhost has no workers",
                "leave them out",
            );
        }
        Some(Self {
            name: root.get("name").cloned(),
            config: settings(root, told),
            components: unique(list(root, "components", told), "component", told),
            spouts: unique(list(root, "spouts", told), "spout", told),
            bolts: unique(list(root, "bolts", told), "bolt", told),
            streams: list(root, "streams", told),
            includes: list(root, "includes", told)
                .iter()
                .filter_map(|node| include(node, told))
                .collect(),
        })
    }

    /// Adds what another file says. What is there already stays, unless the other overrides it; streams are always added.
    pub(super) fn merge(&mut self, other: Self, overrides: bool) {
        if other.name.is_some() && (self.name.is_none() || overrides) {
            self.name = other.name;
        }
        for (key, value) in other.config {
            match self.config.iter_mut().find(|(own, _)| *own == key) {
                Some((_, own)) if overrides => *own = value,
                Some(_) => {}
                None => self.config.push((key, value)),
            }
        }
        for (own, others) in [
            (&mut self.components, other.components),
            (&mut self.spouts, other.spouts),
            (&mut self.bolts, other.bolts),
        ] {
            for node in others {
                match own
                    .iter_mut()
                    .find(|own| id(own).is_some() && id(own) == id(&node))
                {
                    Some(own) if overrides => *own = node,
                    Some(_) => {}
                    None => own.push(node),
                }
            }
        }
        self.streams.extend(other.streams);
    }
}

/// The settings under `config`. Numbers that become something else on their way to a component are told of.
pub(super) fn settings(node: &Node, told: &mut Told) -> Vec<(String, Node)> {
    let Some(config) = node.given("config") else {
        return Vec::new();
    };
    let Some(entries) = config.map() else {
        told.error(
            &config.at,
            "config is no map",
            "one setting a line: `topology.max.spout.pending: 500`",
        );
        return Vec::new();
    };
    for (key, value) in entries {
        value.each_lost_number(&mut |at, text, becomes| {
            let message = format!("{text}, in the setting {key}, {becomes}");
            told.warning(at, message, "as text, in quotes, it stays as it is");
        });
    }
    entries.to_vec()
}

/// The `id` of a component, spout or bolt.
pub(super) fn id(node: &Node) -> Option<String> {
    node.get("id")
        .and_then(Node::text)
        .filter(|id| !id.is_empty())
}

/// The list under a key; nothing is an empty one.
fn list(root: &Node, key: &str, told: &mut Told) -> Vec<Node> {
    let Some(node) = root.given(key) else {
        return Vec::new();
    };
    let Some(items) = node.list() else {
        told.error(
            &node.at,
            format!("`{key}` is no list"),
            "each entry begins with a dash",
        );
        return Vec::new();
    };
    let (maps, others): (Vec<&Node>, Vec<&Node>) =
        items.iter().partition(|item| item.map().is_some());
    for other in others {
        told.plain_error(&other.at, format!("an entry of `{key}` is no map"));
    }
    maps.into_iter().cloned().collect()
}

/// Of two entries with one id the later counts, as in Storm, where this surely was not meant.
fn unique(nodes: Vec<Node>, what: &str, told: &mut Told) -> Vec<Node> {
    let mut kept: Vec<Node> = Vec::new();
    for node in nodes {
        match kept
            .iter_mut()
            .find(|other| id(other).is_some() && id(other) == id(&node))
        {
            Some(first) => {
                let message = format!(
                    "a second {what} is called \"{}\"; it takes the place of the first",
                    id(&node).unwrap_or_default()
                );
                told.warning(
                    &node.at,
                    message,
                    format!("the first stands at {}", first.at),
                );
                *first = node;
            }
            None => kept.push(node),
        }
    }
    kept
}

fn include(node: &Node, told: &mut Told) -> Option<Include> {
    only(node, "an include", &["file", "resource", "override"], told);
    let Some(file) = node.get("file").and_then(Node::text) else {
        told.plain_error(&node.at, "an include names no `file`");
        return None;
    };
    let is_resource = flag(node, "resource", told);
    let overrides = flag(node, "override", told);
    Some(Include {
        file,
        is_resource,
        overrides,
        at: node.at.clone(),
    })
}

/// A flag that is off where it is not given.
fn flag(node: &Node, key: &str, told: &mut Told) -> bool {
    let Some(found) = node.given(key) else {
        return false;
    };
    let flag = found.flag();
    if flag.is_none() {
        let message = format!("`{key}` of an include is no flag");
        told.error(&found.at, message, "true or false");
    }
    flag.unwrap_or(false)
}
