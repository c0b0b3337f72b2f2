//! Spouts and bolts of a Flux file as components.

use indexmap::IndexMap;
use serde_json::Value;

use super::beans::{arguments, property_value, texts};
use super::definition::{Definition, id, settings};
use super::node::Node;
use super::told::{Told, only, whole_number};
use crate::topology::{ComponentIr, Ir, Kind, StreamIr, has_counterpart};

const KEYS: [&str; 12] = [
    "id",
    "className",
    "constructorArgs",
    "factory",
    "factoryArgs",
    "properties",
    "configMethods",
    "config",
    "parallelism",
    "numTasks",
    "onHeapMemoryLoad",
    "offHeapMemoryLoad",
];
const ALSO: &str = "cpuLoad";

/// Adds every spout, and every bolt that some stream leads to. Those that are to work in the folder of resources have `.` for it.
pub(super) fn describe(whole: &Definition, ir: &mut Ir, told: &mut Told) {
    let mut kinds = Vec::new();
    kinds.extend(whole.spouts.iter().map(|node| (node, Kind::Spout)));
    kinds.extend(whole.bolts.iter().map(|node| (node, Kind::Bolt)));
    for (node, kind) in kinds {
        let Some(id) = id(node) else {
            told.plain_error(&node.at, format!("a {} has no `id`", kind.name()));
            continue;
        };
        let reached = |stream: &Node| stream.get("to").and_then(Node::text).as_ref() == Some(&id);
        if kind == Kind::Bolt && !whole.streams.iter().any(reached) {
            let message =
                format!("no stream leads to the bolt \"{id}\", so it is left out, as Flux does");
            told.warning(
                &node.at,
                message,
                format!("add one under streams: `to: \"{id}\"`"),
            );
            continue;
        }
        let mut vertex = Vertex {
            node,
            whole,
            told,
            component: ComponentIr {
                id,
                kind,
                parallelism: 1,
                command: Vec::new(),
                shell: None,
                builtin: None,
                java_class: None,
                options: Default::default(),
                place: None,
                cwd: Some(".".into()),
                env: Default::default(),
                library: None,
                serializer: None,
                replay: None,
                needs_ticks: false,
                streams: IndexMap::new(),
                conf: Default::default(),
                at: Some(node.at.clone()),
            },
        };
        vertex.fill();
        ir.components.push(vertex.component);
    }
}

/// One spout or bolt that is being described.
struct Vertex<'a> {
    node: &'a Node,
    whole: &'a Definition,
    told: &'a mut Told,
    component: ComponentIr,
}

impl<'a> Vertex<'a> {
    fn fill(&mut self) {
        let kind = self.component.kind;
        let known: Vec<&str> = KEYS.into_iter().chain([ALSO]).collect();
        only(self.node, &format!("a {}", kind.name()), &known, self.told);
        self.numbers();
        self.work();
        // Storm adds it to what the component says of itself, so that it wins.
        for (key, value) in settings(self.node, self.told) {
            self.component.conf.insert(key, value.json());
        }
    }

    /// What its class does.
    fn work(&mut self) {
        let kind = self.component.kind;
        let class = self
            .node
            .get("className")
            .and_then(Node::text)
            .unwrap_or_default();
        match (class.rsplit('.').next().unwrap_or_default(), kind) {
            ("FluxShellSpout", Kind::Spout) | ("FluxShellBolt", Kind::Bolt) => self.shell(),
            ("FluxShellSpout", Kind::Bolt) | ("FluxShellBolt", Kind::Spout) => {
                let message = format!(
                    "\"{}\" is a {}, but its class is {class}",
                    self.component.id,
                    kind.name()
                );
                self.told.error(
                    &self.node.at,
                    message,
                    "spouts stand under `spouts`, bolts under `bolts`",
                );
                self.stand_in();
            }
            ("LogInfoBolt", Kind::Bolt) if class.starts_with("org.apache.storm.flux.") => {
                self.component.builtin = Some("print".into());
                self.component.cwd = None;
                let message = format!(
                    "\"{}\" is a LogInfoBolt; stormhost's own sink takes its place",
                    self.component.id
                );
                self.told.info(
                    &self.node.at,
                    message,
                    "its tuples go to standard output, a line each",
                );
            }
            (name @ ("TestWordSpout" | "TestWordCounter"), _)
                if class.contains("storm.testing.") =>
            {
                self.storm_testing(name);
            }
            ("", _) => {
                self.told.plain_error(
                    &self.node.at,
                    format!("\"{}\" has no `className`", self.component.id),
                );
                self.stand_in();
            }
            _ if has_counterpart(&class, kind) => self.counterpart(class),
            _ => self.java(&class),
        }
    }

    /// A Java class whose work the host does itself. What its constructor is given is taken to be the host, the port and the key, as such classes have it.
    fn counterpart(&mut self, class: String) {
        let args = self.node.get("constructorArgs").and_then(Node::list);
        for (name, arg) in ["host", "port", "key"]
            .into_iter()
            .zip(args.unwrap_or_default())
        {
            self.component.options.insert(name.into(), arg.json());
        }
        self.component.java_class = Some(class);
        self.component.cwd = None;
    }

    /// Classes of Storm's own documents, which our Lua library has as well; `mod` knows where that lies.
    fn storm_testing(&mut self, name: &str) {
        let (fields, kind) = match name {
            "TestWordSpout" => (vec!["word".to_owned()], Kind::Spout),
            _ => (vec!["word".to_owned(), "count".to_owned()], Kind::Bolt),
        };
        if kind != self.component.kind {
            let message = format!(
                "\"{}\" is a {}, but {name} is a {}",
                self.component.id,
                self.component.kind.name(),
                kind.name()
            );
            self.told.error(
                &self.node.at,
                message,
                "spouts stand under `spouts`, bolts under `bolts`",
            );
            return self.stand_in();
        }
        if kind == Kind::Spout {
            // As often as Storm's does.
            self.component
                .conf
                .entry("topology.sleep.spout.wait.strategy.time.ms")
                .or_insert(100.into());
        }
        self.component.command = vec!["lua".into(), super::STORM_TESTING.into(), name.into()];
        self.component.place = Some("inside".into());
        self.component.cwd = None;
        let stream = StreamIr {
            fields,
            direct: false,
        };
        self.component.streams.insert("default".into(), stream);
    }

    fn java(&mut self, class: &str) {
        let (id, kind) = (&self.component.id, self.component.kind.name());
        let shell = match self.component.kind {
            Kind::Spout => "FluxShellSpout",
            Kind::Bolt => "FluxShellBolt",
        };
        let message =
            format!("the {kind} \"{id}\" is the Java class {class}, and stormhost has no JVM");
        let hint = format!("a program in any language takes its place as a {shell}");
        self.told.error(&self.node.at, message, hint);
        self.stand_in();
    }

    /// Something that could be started, though it never is: there is a mistake already, and no other should follow from it.
    fn stand_in(&mut self) {
        self.component.command = vec!["sh".into()];
        self.component.cwd = None;
        for stream in &self.whole.streams {
            if stream.get("from").and_then(Node::text).as_ref() != Some(&self.component.id) {
                continue;
            }
            let grouping = stream.get("grouping");
            let name = grouping.and_then(|grouping| grouping.get("streamId")?.text());
            let args = grouping.and_then(|grouping| grouping.get("args")?.list());
            let fields = args.unwrap_or_default().iter().filter_map(Node::text);
            let stream = self
                .component
                .streams
                .entry(name.unwrap_or("default".into()))
                .or_default();
            for field in fields {
                if !stream.fields.contains(&field) {
                    stream.fields.push(field);
                }
            }
        }
    }

    fn numbers(&mut self) {
        if let Some(parallelism) = whole_number(self.node, "parallelism", self.told) {
            self.component.parallelism = parallelism;
        }
        // -1 is Flux's way to say nothing.
        let tasks = whole_number(self.node, "numTasks", self.told);
        if let Some(tasks) = tasks.filter(|&tasks| tasks != -1) {
            self.component
                .conf
                .insert("topology.tasks".into(), tasks.into());
        }
    }

    fn shell(&mut self) {
        let id = self.component.id.clone();
        for key in ["factory", "factoryArgs"] {
            if let Some(node) = self.node.get(key) {
                let message = format!("`{key}` of the shell component \"{id}\" has no effect here");
                self.told
                    .warning(&node.at, message, "use constructorArgs and configMethods");
            }
        }
        let Some(args) = arguments(self.node, "constructorArgs", self.whole, self.told) else {
            self.stand_in();
            return;
        };
        let (command, fields) = match args.as_slice() {
            [command] => (command, None),
            [command, fields] => (command, Some(fields)),
            _ => {
                let message = format!(
                    "\"{id}\" has {} constructorArgs; a shell component has one or two",
                    args.len()
                );
                let hint = "the command as a list, and the fields of its default stream as a list: - [\"python3\", \"split.py\"]";
                self.told.error(&self.node.at, message, hint);
                self.stand_in();
                return;
            }
        };
        match texts(command, &format!("the command of \"{id}\""), self.told) {
            Some(command) => self.component.command = command,
            None => self.stand_in(),
        }
        if let Some(fields) = fields {
            self.stream("default", fields);
        }
        self.properties();
        self.config_methods();
    }

    fn stream(&mut self, name: &str, fields: &Node) {
        let what = format!(
            "the fields of the stream \"{name}\" of \"{}\"",
            self.component.id
        );
        if let Some(fields) = texts(fields, &what, self.told) {
            let stream = StreamIr {
                fields,
                direct: false,
            };
            self.component.streams.insert(name.to_owned(), stream);
        }
    }

    /// The list under a key; a mistake if something else stands there.
    fn list(&mut self, key: &str) -> &'a [Node] {
        let Some(found) = self.node.given(key) else {
            return &[];
        };
        found.list().unwrap_or_else(|| {
            self.told
                .plain_error(&found.at, format!("`{key}` is no list"));
            &[]
        })
    }

    /// What is set by its name, before any method is called.
    fn properties(&mut self) {
        for property in self.list("properties") {
            only(property, "a property", &["name", "value", "ref"], self.told);
            let name = property.get("name").and_then(Node::text);
            let name = name.unwrap_or_default();
            let method = match name.as_str() {
                "env" => "setEnv",
                "defaultStream" => "setDefaultStream",
                _ => {
                    let message = format!(
                        "the shell component \"{}\" has no property \"{name}\"",
                        self.component.id
                    );
                    self.told.error(
                        &property.at,
                        message,
                        "the properties are env and defaultStream",
                    );
                    continue;
                }
            };
            if let Some(value) = property_value(property, self.whole, self.told) {
                self.config_method(property, method, &[value]);
            }
        }
    }

    fn config_methods(&mut self) {
        for method in self.list("configMethods") {
            only(method, "a config method", &["name", "args"], self.told);
            let name = method.get("name").and_then(Node::text).unwrap_or_default();
            let Some(args) = arguments(method, "args", self.whole, self.told) else {
                continue;
            };
            self.config_method(method, &name, &args);
        }
    }

    fn config_method(&mut self, method: &Node, name: &str, args: &[Node]) {
        match (name, args) {
            ("setDefaultStream", [fields]) => self.stream("default", fields),
            ("setNamedStream", [stream, fields]) => {
                let stream = stream.text().unwrap_or_default();
                self.stream(&stream, fields);
            }
            ("addComponentConfig", [key, value]) => {
                let key = key.text().unwrap_or_default();
                self.component.conf.insert(key, value.json());
            }
            ("setEnv", [variables]) if variables.map().is_some() => {
                self.component.env.clear();
                for (variable, value) in variables.map().unwrap_or_default() {
                    let value = value.text().unwrap_or_default();
                    self.component.env.insert(variable.clone(), value);
                }
            }
            // Flux finds the method by the kinds of its arguments, and a text is no flag.
            ("changeChildCWD", [flag]) if flag.json().is_boolean() => {
                if flag.flag() == Some(false) {
                    self.component.cwd = None;
                }
            }
            (
                "setDefaultStream" | "setNamedStream" | "addComponentConfig" | "setEnv"
                | "changeChildCWD",
                _,
            ) => {
                let given: Vec<Value> = args.iter().map(Node::json).collect();
                let message = format!(
                    "{name} of \"{}\" does not take {}",
                    self.component.id,
                    Value::from(given)
                );
                self.told.error(&method.at, message, TAKES);
            }
            _ => {
                let message = format!("\"{}\" has no config method \"{name}\"", self.component.id);
                self.told.error(&method.at, message, TAKES);
            }
        }
    }
}

const TAKES: &str = "the methods are setDefaultStream [[fields]], setNamedStream [name, [fields]], addComponentConfig [key, value], setEnv [{name: value}], \
     changeChildCWD [true or false]";
