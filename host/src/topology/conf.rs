//! What a child sees as `conf` in its setup object: as in Storm, everything merged that bears on its component.

use serde_json::{Map, Value};

use super::settings::{Origin, Settings};

/// The `conf` of a component's children: every setting in force, Storm's with their defaults, the user's own as they stand,
/// and what Storm's Nimbus adds. Settings of the host itself are told only where somebody set them.
pub(super) fn child_conf(settings: &Settings, name: &str, storm_id: &str) -> Map<String, Value> {
    let told = settings.iter().filter(|(key, setting)| {
        !(key.starts_with("stormhost.") && setting.origin == Origin::Default)
    });
    let mut conf: Map<String, Value> = told
        .map(|(key, setting)| (key.to_owned(), setting.value.clone()))
        .collect();
    conf.insert("topology.name".into(), name.into());
    conf.insert("storm.id".into(), storm_id.into());
    // Storm has no null here, and libraries do arithmetic with it.
    conf.insert(
        "topology.shellbolt.max.pending".into(),
        settings.shellbolt_max_pending().into(),
    );
    conf
}

/// A topology's id, as Nimbus makes it: name, how many before, and when it began. Here each run is the first of its host.
pub(super) fn storm_id(name: &str, started_unix_secs: u64) -> String {
    format!("{name}-1-{started_unix_secs}")
}
