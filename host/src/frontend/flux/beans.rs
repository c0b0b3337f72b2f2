//! Arguments of components: values as they stand, or `ref` to one of the file's `components`, of which a few classes of Java's and Storm's own are
//! understood: those that only hold values.

use super::definition::{Definition, id};
use super::node::{Node, Yaml};
use super::told::Told;

/// The arguments under a key, with references looked up. `None`, and a mistake, where one cannot be.
pub(super) fn arguments(
    node: &Node,
    key: &str,
    whole: &Definition,
    told: &mut Told,
) -> Option<Vec<Node>> {
    let Some(found) = node.get(key).filter(|found| !found.is_nothing()) else {
        return Some(Vec::new());
    };
    let Some(items) = found.list() else {
        told.error(
            &found.at,
            format!("`{key}` is no list"),
            "each argument begins with a dash",
        );
        return None;
    };
    let values: Vec<Option<Node>> = items.iter().map(|item| value(item, whole, told)).collect();
    values.into_iter().collect()
}

/// A list of texts, as an array of Java's would be filled from it.
pub(super) fn texts(node: &Node, what: &str, told: &mut Told) -> Option<Vec<String>> {
    let texts = node
        .list()
        .and_then(|items| items.iter().map(Node::any_text).collect::<Option<Vec<_>>>());
    if texts.is_none() {
        told.error(
            &node.at,
            format!("{what} is no list of texts"),
            "write it as [\"one\", \"two\"]",
        );
    }
    texts
}

fn value(node: &Node, whole: &Definition, told: &mut Told) -> Option<Node> {
    let [(key, target)] = node.map().unwrap_or_default() else {
        return Some(node.clone());
    };
    match key.as_str() {
        "ref" => bean(target, whole, told),
        "reflist" => {
            let targets = target.list().unwrap_or_default().iter();
            let beans: Vec<Option<Node>> =
                targets.map(|target| bean(target, whole, told)).collect();
            Some(Node {
                at: node.at.clone(),
                value: Yaml::List(beans.into_iter().collect::<Option<_>>()?),
            })
        }
        _ => Some(node.clone()),
    }
}

/// The value that a component of the file stands for.
fn bean(target: &Node, whole: &Definition, told: &mut Told) -> Option<Node> {
    let name = target.any_text().unwrap_or_default();
    let Some(bean) = whole
        .components
        .iter()
        .find(|bean| id(bean).as_ref() == Some(&name))
    else {
        told.plain_error(
            &target.at,
            format!("ref to \"{name}\", but no component of the file is called that"),
        );
        return None;
    };
    let class = bean
        .get("className")
        .and_then(Node::any_text)
        .unwrap_or_default();
    let first = bean
        .get("constructorArgs")
        .and_then(Node::list)
        .and_then(<[Node]>::first);
    let empty = |value| Node {
        at: bean.at.clone(),
        value,
    };
    match class.as_str() {
        "org.apache.storm.tuple.Fields" | "backtype.storm.tuple.Fields" | "java.lang.String" => {
            first.cloned()
        }
        "java.util.ArrayList" | "java.util.LinkedList" => Some(
            first
                .cloned()
                .unwrap_or_else(|| empty(Yaml::List(Vec::new()))),
        ),
        "java.util.HashMap"
        | "java.util.LinkedHashMap"
        | "java.util.TreeMap"
        | "java.util.Properties" => Some(
            first
                .cloned()
                .unwrap_or_else(|| empty(Yaml::Map(entries(bean)))),
        ),
        _ => {
            let message = format!(
                "ref to \"{name}\", an object of the Java class {class}, which stormhost cannot make"
            );
            told.error(&target.at, message, "write the value itself in its place");
            None
        }
    }
}

/// What is put into a map by its `configMethods`.
fn entries(bean: &Node) -> Vec<(String, Node)> {
    let methods = bean
        .get("configMethods")
        .and_then(Node::list)
        .unwrap_or_default();
    let puts = methods.iter().filter(|method| {
        let name = method.get("name").and_then(Node::text);
        matches!(name, Some("put" | "setProperty"))
    });
    puts.filter_map(|method| match method.get("args")?.list()? {
        [key, value] => Some((key.any_text()?, value.clone())),
        _ => None,
    })
    .collect()
}
