//! Arguments of components: values as they stand, or `ref` to one of the file's `components`, of which a few classes of Java's and Storm's own are
//! understood: those that only hold values.

use super::definition::{Definition, id};
use super::node::{Node, Yaml};
use super::told::{Told, only};

/// How many values an argument may come to when all that it refers to is looked up: some that refer to others twice make any number.
const MOST_VALUES: usize = 10_000;
/// How many components may each refer to the next.
const LONGEST_CHAIN: usize = 50;

/// The arguments under a key, with references looked up. `None`, and a mistake, where one cannot be.
pub(super) fn arguments(
    node: &Node,
    key: &str,
    whole: &Definition,
    told: &mut Told,
) -> Option<Vec<Node>> {
    Beans::new(whole, told).arguments(node, key)
}

/// What a property is set to: its `value` as it stands, or what its `ref` refers to. `None`, and a mistake, if it has neither or both.
pub(super) fn property_value(property: &Node, whole: &Definition, told: &mut Told) -> Option<Node> {
    match (property.get("value"), property.get("ref")) {
        (Some(value), None) => Some(value.clone()),
        (None, Some(target)) => Beans::new(whole, told).bean(target),
        _ => {
            let message = "a property has either a `value` or a `ref`";
            told.plain_error(&property.at, message);
            None
        }
    }
}

/// A list of texts, as an array of Java's would be filled from it.
pub(super) fn texts(node: &Node, what: &str, told: &mut Told) -> Option<Vec<String>> {
    let texts = node
        .list()
        .and_then(|items| items.iter().map(Node::text).collect::<Option<Vec<_>>>());
    if texts.is_none() {
        told.error(
            &node.at,
            format!("{what} is no list of texts"),
            "write it as [\"one\", \"two\"]",
        );
    }
    texts
}

/// What an understood class holds.
#[derive(Clone, Copy)]
enum Holds {
    /// What its constructor is given.
    One,
    List,
    Map,
}

fn holds(class: &str) -> Option<Holds> {
    Some(match class {
        "org.apache.storm.tuple.Fields" | "backtype.storm.tuple.Fields" | "java.lang.String" => {
            Holds::One
        }
        "java.util.ArrayList" | "java.util.LinkedList" => Holds::List,
        "java.util.HashMap"
        | "java.util.LinkedHashMap"
        | "java.util.TreeMap"
        | "java.util.Properties" => Holds::Map,
        _ => return None,
    })
}

/// The file's components while some of them are looked up.
struct Beans<'a> {
    whole: &'a Definition,
    told: &'a mut Told,
    /// Those that are being made: none of them can be a part of itself.
    open: Vec<String>,
    /// How many values may still come of references.
    left: usize,
}

impl<'a> Beans<'a> {
    fn new(whole: &'a Definition, told: &'a mut Told) -> Self {
        Self {
            whole,
            told,
            open: Vec::new(),
            left: MOST_VALUES,
        }
    }

    fn arguments(&mut self, node: &Node, key: &str) -> Option<Vec<Node>> {
        let items = self.list(node, key)?;
        let is_outermost = self.open.is_empty();
        let values = items.iter().map(|item| self.value(item));
        if is_outermost {
            // Every mistake is told.
            let values: Vec<Option<Node>> = values.collect();
            return values.into_iter().collect();
        }
        // Below, the first ends it: where each is referred to twice, there would be no end of them.
        values.collect()
    }

    /// The list under a key, which may be missing. `None`, and a mistake, if something else stands there.
    fn list<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n [Node]> {
        let Some(found) = node.given(key) else {
            return Some(&[]);
        };
        let items = found.list();
        if items.is_none() {
            let message = format!("`{key}` is no list");
            self.told
                .error(&found.at, message, "each argument begins with a dash");
        }
        items
    }

    /// A reference is a map with nothing else in it.
    fn value(&mut self, node: &Node) -> Option<Node> {
        let [(key, target)] = node.map().unwrap_or_default() else {
            return Some(node.clone());
        };
        match key.as_str() {
            "ref" => self.bean(target),
            "reflist" => {
                let targets = target.list().unwrap_or_default().iter();
                let beans: Option<Vec<Node>> = targets.map(|target| self.bean(target)).collect();
                Some(Node {
                    at: node.at.clone(),
                    value: Yaml::List(beans?),
                })
            }
            _ => Some(node.clone()),
        }
    }

    /// The value that a component of the file stands for.
    fn bean(&mut self, target: &Node) -> Option<Node> {
        let name = target.text().unwrap_or_default();
        let mut components = self.whole.components.iter();
        let Some(bean) = components.find(|bean| id(bean).as_ref() == Some(&name)) else {
            let message = format!("ref to \"{name}\", but no component of the file is called that");
            self.told.plain_error(&target.at, message);
            return None;
        };
        if self.open.contains(&name) {
            let message = format!("ref to \"{name}\" from what \"{name}\" is made of");
            let hint = "a component can only refer to others, which do not refer back";
            self.told.error(&target.at, message, hint);
            return None;
        }
        if self.open.len() >= LONGEST_CHAIN {
            let message = format!("ref to \"{name}\" is the last of more than {LONGEST_CHAIN}");
            let hint = "that many components refer each to the next";
            self.told.error(&target.at, message, hint);
            return None;
        }
        self.open.push(name.clone());
        let made = self.made(bean, target, &name);
        self.open.pop();
        let made = made?;
        match self.left.checked_sub(made.extent().0) {
            Some(left) => self.left = left,
            None => {
                let message =
                    format!("ref to \"{name}\" leads to more than {MOST_VALUES} values in all");
                self.told.plain_error(&target.at, message);
                return None;
            }
        }
        Some(made)
    }

    fn made(&mut self, bean: &Node, target: &Node, name: &str) -> Option<Node> {
        let class = bean
            .get("className")
            .and_then(Node::text)
            .unwrap_or_default();
        let Some(holds) = holds(&class) else {
            let message = format!(
                "ref to \"{name}\", an object of the Java class {class}, which stormhost cannot make"
            );
            let hint = "write the value itself in its place";
            self.told.error(&target.at, message, hint);
            return None;
        };
        if let Some(properties) = bean.given("properties") {
            let message = format!("\"{name}\", of the class {class}, has no properties to set");
            self.told.plain_error(&properties.at, message);
        }
        let first = self.arguments(bean, "constructorArgs")?.into_iter().next();
        let start = match (holds, first.map(|first| first.value)) {
            (Holds::One, Some(value)) => value,
            (Holds::One, None) => {
                let message = format!("\"{name}\" has no constructorArgs, so it is nothing");
                self.told.plain_error(&bean.at, message);
                return None;
            }
            (Holds::List, Some(list @ Yaml::List(_))) => list,
            (Holds::Map, Some(map @ Yaml::Map(_))) => map,
            // Java's are empty, and so they are if told how much room they shall have.
            (Holds::List, None | Some(Yaml::Scalar(_))) => Yaml::List(Vec::new()),
            (Holds::Map, None | Some(Yaml::Scalar(_))) => Yaml::Map(Vec::new()),
            (Holds::List | Holds::Map, Some(_)) => {
                let message = format!("\"{name}\", of the class {class}, cannot be made of that");
                self.told.plain_error(&bean.at, message);
                return None;
            }
        };
        let value = self.configured(bean, name, start)?;
        Some(Node {
            at: bean.at.clone(),
            value,
        })
    }

    /// What the config methods make of a value.
    fn configured(&mut self, bean: &Node, name: &str, mut value: Yaml) -> Option<Yaml> {
        for method in self.list(bean, "configMethods")? {
            only(method, "a config method", &["name", "args"], self.told);
            let called = method.get("name").and_then(Node::text);
            let called = called.unwrap_or_default();
            let args = self.arguments(method, "args")?;
            match (&mut value, called.as_str(), args.as_slice()) {
                (Yaml::List(items), "add", [item]) => items.push(item.clone()),
                (Yaml::Map(entries), "put" | "setProperty", [key, item])
                    if key.text().is_some() =>
                {
                    entries.push((key.text().unwrap_or_default(), item.clone()));
                }
                _ => {
                    let message = format!("\"{name}\" cannot be told to {called} here");
                    let hint =
                        "a list takes `add` with one value, a map `put` with a key and a value";
                    self.told.error(&method.at, message, hint);
                    return None;
                }
            }
        }
        Some(value)
    }
}
