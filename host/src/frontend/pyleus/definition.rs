//! A pyleus file taken apart.

use std::path::Path;

use serde_json::{Map, Value};

use super::component::Component;
use super::grouping::subscriptions;
use crate::frontend::node::Node;
use crate::frontend::told::{Told, unknown_keys};
use crate::topology::{Place, SubscriptionIr, nearest};

/// Keys that are settings of Storm under another name.
const SETTINGS: [(&str, &str); 11] = [
    ("workers", "topology.workers"),
    ("ackers", "topology.acker.executors"),
    ("max_spout_pending", "topology.max.spout.pending"),
    ("message_timeout_secs", "topology.message.timeout.secs"),
    ("max_shellbolt_pending", "topology.shellbolt.max.pending"),
    ("topology_debug", "topology.debug"),
    (
        "sleep_spout_wait_strategy_time_ms",
        "topology.sleep.spout.wait.strategy.time.ms",
    ),
    (
        "executor_receive_buffer_size",
        "topology.executor.receive.buffer.size",
    ),
    (
        "executor_send_buffer_size",
        "topology.executor.send.buffer.size",
    ),
    ("transfer_buffer_size", "topology.transfer.buffer.size"),
    ("worker_childopts_xmx", "topology.worker.childopts"),
];

/// The others. What concerns the making of a jar has nothing to do here.
const OTHER_KEYS: [&str; 6] = [
    "name",
    "topology",
    "logging_config",
    "serializer",
    "requirements_filename",
    "python_interpreter",
];

/// The file that pyleus installs from, if none is named.
const REQUIREMENTS: &str = "requirements.txt";

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) conf: Map<String, Value>,
    /// A file for Python's `logging`, seen from where the topology lies.
    pub(super) logging_config: Option<String>,
    /// The file that lists what components need, if it is there.
    pub(super) requirements: Option<String>,
    pub(super) components: Vec<Component>,
    pub(super) subscriptions: Vec<SubscriptionIr>,
    /// Bolts of whom some grouping could not be understood.
    pub(super) refused: Vec<String>,
}

impl Definition {
    /// Takes a text apart. What it lacks is told, and is empty.
    pub(super) fn parse(file: &str, text: &str, folder: &Path, told: &mut Told) -> Self {
        let root = match Node::parse(file, text) {
            Ok(root) => root,
            Err((line, message)) => {
                let file = file.to_owned();
                let at = Place { file, line };
                told.plain_error(&at, format!("this is no YAML: {message}"));
                return Self::default();
            }
        };
        tell_unknown(&root, told);
        let mut whole = Self {
            name: name(&root, told),
            conf: conf(&root),
            logging_config: logging_config(&root, folder, told),
            requirements: requirements(&root, folder),
            ..Self::default()
        };
        serializer(&root, told);
        for entry in entries(&root, told) {
            if let Some((component, node)) = Component::read(entry, told) {
                whole.listen(&component, node, told);
                whole.components.push(component);
            }
        }
        whole
    }

    fn listen(&mut self, component: &Component, node: &Node, told: &mut Told) {
        let (understood, all) = subscriptions(component, node, told);
        self.subscriptions.extend(understood);
        if !all {
            self.refused.push(component.id.clone());
        }
    }
}

/// pyleus leaves out what it does not know, and some keys are misspelt in its own documents: no reason not to run.
fn tell_unknown(root: &Node, told: &mut Told) {
    let settings = SETTINGS.iter().map(|(key, _)| *key);
    let known: Vec<&str> = settings.chain(OTHER_KEYS).collect();
    for (key, value, hint) in unknown_keys(root, &known) {
        let message =
            format!("a topology has no key `{key}`; pyleus leaves it out, and so it is here");
        told.warning(&value.at, message, hint);
    }
}

fn name(root: &Node, told: &mut Told) -> String {
    let found = root.get("name").and_then(Node::text);
    found.unwrap_or_else(|| {
        told.error(&root.at, "the topology has no `name`", "name: my_topology");
        String::from("pyleus")
    })
}

fn conf(root: &Node) -> Map<String, Value> {
    let set = SETTINGS.iter().filter_map(|(key, setting)| {
        let value = root.given(key)?;
        Some(((*setting).to_owned(), value.json()))
    });
    set.collect()
}

fn logging_config(root: &Node, folder: &Path, told: &mut Told) -> Option<String> {
    let node = root.get("logging_config")?;
    let file = node.text()?;
    if !folder.join(&file).is_file() {
        let message = format!("`logging_config` names \"{file}\", which is not there");
        let looked = folder.join(&file);
        told.error(
            &node.at,
            message,
            format!("looked for {}", looked.display()),
        );
    }
    Some(file)
}

fn requirements(root: &Node, folder: &Path) -> Option<String> {
    let named = root.get("requirements_filename").and_then(Node::text);
    let file = named.unwrap_or_else(|| REQUIREMENTS.to_owned());
    folder.join(&file).is_file().then_some(file)
}

fn serializer(root: &Node, told: &mut Told) {
    let known = ["msgpack", "json"];
    let Some(node) = root.get("serializer") else {
        return;
    };
    let named = node.text().unwrap_or_default();
    if !known.contains(&named.as_str()) {
        let hint = match nearest(&named, known) {
            Some(near) => format!("did you mean {near}?"),
            None => "it is msgpack or json".to_owned(),
        };
        told.error(
            &node.at,
            format!("pyleus has no serializer \"{named}\""),
            hint,
        );
    }
}

fn entries<'a>(root: &'a Node, told: &mut Told) -> &'a [Node] {
    let found = root.get("topology");
    let list = found.and_then(Node::list);
    if list.is_none() {
        told.error(
            found.map_or(&root.at, |it| &it.at),
            "`topology` is no list of components",
            "each begins with a dash: `- spout:` or `- bolt:`",
        );
    }
    list.unwrap_or_default()
}
