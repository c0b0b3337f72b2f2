//! A spout or bolt of a pyleus file as a component.

use std::path::Path;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::Home;
use super::module::{Description, NotDescribed};
use crate::frontend::node::Node;
use crate::frontend::shown;
use crate::frontend::told::{Told, meant, only, whole_number};
use crate::topology::{ComponentIr, Kind, Place, StreamIr};

const KEYS: [&str; 9] = [
    "name",
    "module",
    "type",
    "parallelism_hint",
    "tasks",
    "tick_freq_secs",
    "options",
    "groupings",
    "output_fields",
];

/// What the file says of one component.
#[derive(Debug)]
pub(super) struct Component {
    pub(super) id: String,
    kind: Kind,
    at: Place,
    /// Nothing if there is none, which has been told.
    pub(super) module: Option<Module>,
    parallelism: i64,
    conf: Map<String, Value>,
    options: Option<Node>,
}

/// A Python module that is run as a program.
#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: String,
    at: Place,
}

impl Component {
    /// Reads an entry of `topology`; what is in it comes back beside it. `None`, and a mistake, where that is no component with a name.
    pub(super) fn read<'a>(entry: &'a Node, told: &mut Told) -> Option<(Self, &'a Node)> {
        let (kind, node) = Self::kind(entry, told)?;
        let what = format!("a {}", kind.name());
        only(node, &what, &KEYS, told);
        let Some(id) = node.get("name").and_then(Node::text) else {
            told.plain_error(&node.at, format!("{what} has no `name`"));
            return None;
        };
        let component = Self {
            module: module(node, kind, &id, told),
            parallelism: whole_number(node, "parallelism_hint", told).unwrap_or(1),
            conf: conf(node, told),
            options: options(node, &id, told),
            at: node.at.clone(),
            id,
            kind,
        };
        Some((component, node))
    }

    fn kind<'a>(entry: &'a Node, told: &mut Told) -> Option<(Kind, &'a Node)> {
        let found = [Kind::Spout, Kind::Bolt]
            .into_iter()
            .find_map(|kind| Some((kind, entry.get(kind.name())?)));
        match found {
            None => {
                let hint = "each entry of `topology` begins with `- spout:` or `- bolt:`";
                told.error(&entry.at, "this is neither a spout nor a bolt", hint);
                None
            }
            Some((kind, node)) if node.map().is_none() => {
                let message = format!("a {} says nothing of itself", kind.name());
                let hint = format!(
                    "indent `name`, `module` and the others further than `{}:`",
                    kind.name()
                );
                told.error(&entry.at, message, hint);
                None
            }
            found => found,
        }
    }

    pub(super) fn is_bolt(&self) -> bool {
        self.kind == Kind::Bolt
    }

    /// The streams that the component says it has; `None`, and a mistake, if it is another kind than the file has it.
    pub(super) fn streams(
        &self,
        described: &Description,
        told: &mut Told,
    ) -> Option<IndexMap<String, StreamIr>> {
        let (id, kind) = (&self.id, self.kind.name());
        if described.component_type != kind {
            let message = format!(
                "\"{id}\" stands as a {kind}, but its module has a {}",
                described.component_type
            );
            told.error(self.module_at(), message, "say `- spout:` or `- bolt:`");
            return None;
        }
        self.compare_options(described, told);
        let streams = described.output_fields.iter().flatten();
        let streams: IndexMap<String, StreamIr> = streams
            .filter_map(|(name, fields)| {
                let fields = fields.clone()?;
                let direct = false;
                Some((name.clone(), StreamIr { fields, direct }))
            })
            .collect();
        if self.kind == Kind::Spout && streams.is_empty() {
            let message = format!("the spout \"{id}\" has no OUTPUT_FIELDS");
            told.error(self.module_at(), message, "OUTPUT_FIELDS = ['word']");
        }
        Some(streams)
    }

    fn compare_options(&self, described: &Description, told: &mut Told) {
        let given = self.options.as_ref().and_then(Node::map);
        let known = described.options.as_deref().unwrap_or_default();
        let unknown = given.unwrap_or_default().iter();
        for (option, value) in unknown.filter(|(option, _)| !known.contains(option)) {
            let hint = match known {
                [] => "its class has no OPTIONS".to_owned(),
                _ => meant(option, known.iter().map(String::as_str), "its OPTIONS are"),
            };
            let message = format!("\"{}\" has no option `{option}`", self.id);
            told.error(&value.at, message, hint);
        }
    }

    /// Tells why the module says nothing of itself. That there is no pyleus is told elsewhere, once.
    pub(super) fn tell_why(
        &self,
        why: &NotDescribed,
        requirements: Option<&str>,
        home: &Home<'_>,
        told: &mut Told,
    ) {
        let module = self.module.as_ref().map(|it| it.name.as_str());
        let module = module.unwrap_or_default();
        let (id, at) = (&self.id, self.module_at());
        match why {
            NotDescribed::NoPyleus(_) => {}
            NotDescribed::Failed { last_line, whole } => {
                let hint = hint(last_line, module, requirements, home);
                let message = format!("\"{id}\": its module {module} fails: {last_line}");
                told.raised(at, message, hint, whole.clone());
            }
            NotDescribed::Silent { said } => {
                let message =
                    format!("\"{id}\": its module {module} does not describe itself; {said}");
                let hint = "it ends with the lines `if __name__ == '__main__':` and `MyComponent().run()`, and prints nothing";
                told.error(at, message, hint);
            }
        }
    }

    fn module_at(&self) -> &Place {
        self.module.as_ref().map_or(&self.at, |module| &module.at)
    }

    /// How a child is started. There is none without a module, but then it is never started.
    pub(super) fn command(&self, python: &str, config: &Value) -> Vec<String> {
        let module = self.module.as_ref().map(|module| module.name.clone());
        let mut command = vec![python.to_owned(), "-m".into(), module.unwrap_or_default()];
        if let Some(options) = &self.options {
            command.extend(["--options".into(), options.json().to_string()]);
        }
        command.extend(["--pyleus-config".into(), config.to_string()]);
        command
    }

    pub(super) fn described(
        &self,
        command: Vec<String>,
        streams: IndexMap<String, StreamIr>,
        folder: &Path,
    ) -> ComponentIr {
        ComponentIr {
            id: self.id.clone(),
            kind: self.kind,
            parallelism: self.parallelism,
            command,
            shell: None,
            builtin: None,
            java_class: None,
            options: Map::new(),
            place: None,
            cwd: Some(shown(folder)),
            env: Default::default(),
            library: None,
            serializer: Some("json".into()),
            replay: None,
            needs_ticks: false,
            streams,
            conf: self.conf.clone(),
            at: Some(self.at.clone()),
        }
    }
}

/// What to try when a module fails, by what Python said last.
fn hint(last_line: &str, module: &str, requirements: Option<&str>, home: &Home<'_>) -> String {
    let python = shown(&home.python.path);
    let is_unknown = last_line.contains("Error while finding module specification")
        || last_line.ends_with(&format!("No module named {module}"));
    let lacks_others = last_line.contains("Error: No module named");
    match requirements {
        _ if is_unknown => {
            let file = home.folder.join(module.replace('.', "/") + ".py");
            format!("it was looked for as {}", shown(&file))
        }
        Some(file) if lacks_others => format!(
            "what {file} lists is installed by: {python} -m pip install -r {}",
            shown(&home.folder.join(file))
        ),
        None if lacks_others => {
            "install what it needs, or name a Python that has it with --python".to_owned()
        }
        _ => format!(
            "it was run beside the topology as `{python} -m {module} --describe`; was it written for a Python 2?"
        ),
    }
}

fn module(node: &Node, kind: Kind, id: &str, told: &mut Told) -> Option<Module> {
    let named = node.get("type");
    match named.and_then(Node::text).as_deref() {
        None | Some("python") => {}
        Some("kafka") => {
            let at = named.map_or(&node.at, |it| &it.at);
            told.error(
                at,
                format!("\"{id}\" is Storm's Kafka spout in Java, and stormhost has no JVM"),
                "a spout in Python that reads the topic by a library of Kafka's takes its place: `module` instead of `type`, and \
                 OUTPUT_FIELDS = ['message']",
            );
            return None;
        }
        Some(other) => {
            let message = format!("\"{id}\" is of the type \"{other}\"");
            told.error(&node.at, message, "pyleus knows the types python and kafka");
            return None;
        }
    }
    let Some(module) = node.get("module") else {
        let message = format!("the {} \"{id}\" has no `module`", kind.name());
        told.error(&node.at, message, "module: my_package.my_module");
        return None;
    };
    let name = module.text().unwrap_or_default();
    let at = module.at.clone();
    Some(Module { name, at })
}

fn options(node: &Node, id: &str, told: &mut Told) -> Option<Node> {
    let options = node.given("options")?;
    if options.map().is_none() {
        let message = format!("`options` of \"{id}\" is no map");
        told.error(&options.at, message, "one option a line: `top: 3`");
        return None;
    }
    Some(options.clone())
}

fn conf(node: &Node, told: &mut Told) -> Map<String, Value> {
    let mut conf = Map::new();
    if let Some(tasks) = whole_number(node, "tasks", told) {
        conf.insert("topology.tasks".into(), tasks.into());
    }
    if let Some(secs) = node.given("tick_freq_secs") {
        match secs.json() {
            Value::Number(number) => {
                conf.insert("topology.tick.tuple.freq.secs".into(), number.into());
            }
            _ => told.plain_error(&secs.at, "`tick_freq_secs` is no number"),
        }
    }
    conf
}
