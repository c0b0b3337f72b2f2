//! What `check --print` shows: the description as JSON, and the settings in force with where each came from.

use serde_json::Value;

use crate::topology::settings::{Effect, effect};
use crate::topology::{Ir, Setting, Settings, Topology};

/// The description as JSON that people can read.
pub(super) fn description(ir: &Ir) -> String {
    // A description was JSON before it was anything else.
    let mut value = serde_json::to_value(ir).unwrap_or_default();
    hide("", &mut value);
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// Passwords are not shown: not those of options and settings that are called so, and not those in URLs.
fn hide(name: &str, value: &mut Value) {
    match value {
        Value::Object(members) => members
            .iter_mut()
            .for_each(|(name, value)| hide(name, value)),
        Value::Array(values) => values.iter_mut().for_each(|value| hide(name, value)),
        Value::Null | Value::Bool(_) => {}
        _ if name.to_lowercase().ends_with("password") => *value = HIDDEN.into(),
        Value::String(text) => {
            if let Some(without) = without_password(text) {
                *value = without.into();
            }
        }
        Value::Number(_) => {}
    }
}

/// `redis://user:secret@host` without what stands between the colon and the last at sign; `None` where there is nothing to hide.
fn without_password(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (who, _) = rest.get(..end)?.rsplit_once('@')?;
    let (user, _) = who.split_once(':')?;
    Some(format!(
        "{scheme}://{user}:{HIDDEN}{}",
        rest.get(who.len()..)?
    ))
}

/// The settings in force for the topology, and for each component what differs there.
pub(super) fn settings(topology: &Topology) -> String {
    let mut sections = vec![section(
        &format!("settings of {}", topology.name),
        rows(&topology.settings, |_, _| true),
    )];
    for component in &topology.components {
        let differs = |key: &str, setting: &Setting| topology.settings.get(key) != Some(setting);
        let rows = rows(&component.settings, differs);
        if !rows.is_empty() {
            sections.push(section(
                &format!("settings of {}, where they differ", component.id),
                rows,
            ));
        }
    }
    sections.join("\n")
}

fn section(title: &str, rows: Vec<[String; 3]>) -> String {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let lines = rows
        .iter()
        .map(|[key, value, origin]| format!("  {key:first$}  {value:second$}  {origin}\n"));
    format!("{title}:\n{}", lines.collect::<String>())
}

/// Name, value, origin.
fn rows(settings: &Settings, wanted: impl Fn(&str, &Setting) -> bool) -> Vec<[String; 3]> {
    let wanted = settings
        .iter()
        .filter(|(key, setting)| wanted(key, setting));
    wanted
        .map(|(key, setting)| {
            let mut value = setting.value.clone();
            hide(key, &mut value);
            [
                key.to_owned(),
                value.to_string(),
                format!("{}{}", setting.origin, note(key)),
            ]
        })
        .collect()
}

/// What is worth knowing about a setting beside its value.
fn note(key: &str) -> &'static str {
    match effect(key) {
        Effect::InForce => "",
        Effect::None => " (without effect here)",
        Effect::Unknown => " (unknown)",
        Effect::Own => " (your own)",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::topology::{Overrides, check};

    #[test]
    fn passwords_are_not_shown() {
        let mut value = json!({"redis.password": "secret", "REDIS_PASSWORD": "secret", "passwords": ["a"],
            "redis.url": "redis://me:sec@ret@db:7/1", "plain": "redis://db/0", "mail": "http://a/b:c@d"});
        hide("", &mut value);
        let expected = json!({"redis.password": "***", "REDIS_PASSWORD": "***", "passwords": ["a"],
            "redis.url": "redis://me:***@db:7/1", "plain": "redis://db/0", "mail": "http://a/b:c@d"});
        assert_eq!(value, expected);
    }

    #[test]
    fn settings_are_told_with_their_origin() {
        let ir = json!({
            "version": 1, "name": "T", "file": "t.py", "language": "python",
            "conf": {"topology.priority": 3, "redis.url": "r", "topology.unheard": 1},
            "components": [
                {"id": "lines", "kind": "spout", "command": ["x"], "streams": {"default": {}}},
                {"id": "count", "kind": "bolt", "command": ["x"], "conf": {"topology.debug": true}}],
            "subscriptions": [{"to": "count", "from": "lines", "grouping": "shuffle"}]
        });
        let ir = Ir::from_json(ir.to_string().as_bytes()).expect("a description");
        let overrides = Overrides {
            set: vec!["count:topology.tasks=2".parse().expect("an option")],
            environment: vec![("STORMHOST_QUEUE_TUPLES".into(), "9".into())],
            ..Overrides::default()
        };
        let topology = check(&ir, &overrides, &|_, _| true)
            .expect("no mistakes")
            .topology;
        let shown = settings(&topology);
        for line in [
            "settings of T:",
            "  redis.url  \"r\"  topology (your own)",
            "  stormhost.queue.tuples  9  environment STORMHOST_QUEUE_TUPLES",
            "  topology.debug  false  default",
            "  topology.priority  3  topology (without effect here)",
            "  topology.unheard  1  topology (unknown)",
            "  topology.workers  1  default (without effect here)",
        ] {
            let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                shown.lines().any(|shown| squeezed(shown) == squeezed(line)),
                "{line}\nis not in\n{shown}"
            );
        }
        let (_, count) = shown
            .split_once("settings of count, where they differ:\n")
            .expect("a section");
        assert_eq!(
            count,
            "  topology.debug  true  component\n  topology.tasks  2     --set\n"
        );
        assert!(!shown.contains("settings of lines"));
    }
}
