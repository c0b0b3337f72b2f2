//! Which value wins, what is pointed out, and what the getters answer.

use serde_json::{Map, json};

use super::*;
use crate::topology::ir::Ir;
use crate::topology::mistake::{Mistake, Severity};
use crate::topology::overrides::{Overrides, UserFile};

fn map(value: Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

/// A topology with the given settings, and one component `split` with its own.
fn ir(topology: Value, split: Value) -> Ir {
    let ir = json!({"version": 1, "name": "T", "file": "t.py", "language": "python", "conf": topology,
        "components": [{"id": "split", "kind": "bolt", "command": ["x"], "conf": split}]});
    Ir::from_json(ir.to_string().as_bytes()).expect("a description")
}

fn set(options: &[&str]) -> Overrides {
    Overrides {
        set: options
            .iter()
            .map(|option| option.parse().expect("an option"))
            .collect(),
        ..Overrides::default()
    }
}

/// What is in force for the topology and for `split`, and what was pointed out.
fn resolve(ir: &Ir, overrides: &Overrides) -> (Settings, Settings, Vec<Mistake>) {
    let mut mistakes = Vec::new();
    let layers = Layers::read(ir, overrides, &mut mistakes);
    let component = layers.component(&ir.components[0], overrides, &mut mistakes);
    (layers.topology(), component, mistakes)
}

const KEY: &str = "topology.max.spout.pending";

/// Each layer in turn is added to those below it, and wins.
#[test]
fn later_layers_win() {
    let mut overrides = Overrides::default();
    let mut described = ir(json!({}), json!({}));
    let expect = |described: &Ir,
                  overrides: &Overrides,
                  topology: (u32, Origin),
                  component: (u32, Origin)| {
        let (in_topology, in_component, mistakes) = resolve(described, overrides);
        assert_eq!(mistakes, []);
        for (settings, (value, origin)) in [(in_topology, topology), (in_component, component)] {
            assert_eq!(
                settings.get(KEY),
                Some(&Setting {
                    value: json!(value),
                    origin
                })
            );
            assert_eq!(settings.max_spout_pending(1), value);
        }
    };
    expect(
        &described,
        &overrides,
        (2000, Origin::Default),
        (2000, Origin::Default),
    );

    overrides.user_file = Some(UserFile {
        path: "config.yaml".into(),
        conf: map(json!({KEY: 1})),
    });
    let file = Origin::UserFile("config.yaml".into());
    expect(&described, &overrides, (1, file.clone()), (1, file));

    described.conf = map(json!({KEY: 2}));
    expect(
        &described,
        &overrides,
        (2, Origin::Topology),
        (2, Origin::Topology),
    );

    described.components[0].conf = map(json!({KEY: 3}));
    expect(
        &described,
        &overrides,
        (2, Origin::Topology),
        (3, Origin::Component),
    );

    overrides.environment = vec![("STORMHOST_TOPOLOGY_MAX_SPOUT_PENDING".into(), "4".into())];
    let variable = Origin::Environment("STORMHOST_TOPOLOGY_MAX_SPOUT_PENDING".into());
    expect(&described, &overrides, (4, variable.clone()), (4, variable));

    overrides.set = set(&["topology.max.spout.pending=5"]).set;
    expect(
        &described,
        &overrides,
        (5, Origin::CommandLine),
        (5, Origin::CommandLine),
    );

    // Given first or last, what is meant for the component wins there.
    overrides.set = set(&[
        "split:topology.max.spout.pending=6",
        "topology.max.spout.pending=5",
    ])
    .set;
    expect(
        &described,
        &overrides,
        (5, Origin::CommandLine),
        (6, Origin::CommandLine),
    );

    overrides
        .set
        .push("topology.max.spout.pending=7".parse().expect("an option"));
    expect(
        &described,
        &overrides,
        (7, Origin::CommandLine),
        (6, Origin::CommandLine),
    );
}

#[test]
fn the_serializer_member_counts_as_the_components_own_setting() {
    let mut described = ir(json!({"topology.multilang.serializer": "json"}), json!({}));
    described.components[0].serializer = Some("msgpack".into());
    let (topology, split, _) = resolve(&described, &Overrides::default());
    assert_eq!(
        (topology.serializer(), split.serializer()),
        (Encoding::Json, Encoding::Msgpack)
    );
    let (_, split, _) = resolve(&described, &set(&["topology.multilang.serializer=json"]));
    assert_eq!(split.serializer(), Encoding::Json);
}

#[test]
fn null_is_as_good_as_not_set() {
    let (topology, _, mistakes) = resolve(
        &ir(json!({KEY: 7}), json!({})),
        &set(&["topology.max.spout.pending=null"]),
    );
    assert_eq!((topology.max_spout_pending(1), mistakes), (2000, vec![]));
}

#[test]
fn settings_of_the_user_pass() {
    let described = ir(
        json!({"redis.url": "redis://h"}),
        json!({"pystorm.log.path": [1]}),
    );
    let (topology, split, mistakes) = resolve(&described, &Overrides::default());
    assert_eq!(mistakes, []);
    assert_eq!(
        topology.get("redis.url").map(|setting| &setting.value),
        Some(&json!("redis://h"))
    );
    assert_eq!(
        split.get("pystorm.log.path").map(|setting| &setting.value),
        Some(&json!([1]))
    );
}

#[test]
fn slips_are_pointed_out() {
    let nothing = || json!({});
    let environment = |name: &str, value: &str| Overrides {
        environment: vec![(name.into(), value.into())],
        ..Overrides::default()
    };
    for (described, overrides, severity, message, hint) in [
        (
            ir(json!({"topology.max.spout.pendng": 5}), nothing()),
            Overrides::default(),
            Severity::Warning,
            "the setting \"topology.max.spout.pendng\" is no setting that stormhost knows",
            Some("did you mean \"topology.max.spout.pending\"?"),
        ),
        (
            ir(json!({"stormhost.queue.tupels": 5}), nothing()),
            Overrides::default(),
            Severity::Warning,
            "the setting \"stormhost.queue.tupels\" is no",
            Some("did you mean \"stormhost.queue.tuples\"?"),
        ),
        (
            ir(json!({KEY: "many"}), nothing()),
            Overrides::default(),
            Severity::Error,
            "the setting \"topology.max.spout.pending\" should be a whole number of at least 1, not \"many\"",
            None,
        ),
        (
            ir(nothing(), json!({KEY: 0})),
            Overrides::default(),
            Severity::Error,
            "the setting \"topology.max.spout.pending\" of \"split\" should be a whole number of at least 1, not 0",
            None,
        ),
        (
            ir(nothing(), json!({"topology.message.timeout.secs": 5})),
            Overrides::default(),
            Severity::Warning,
            "the setting \"topology.message.timeout.secs\" of \"split\" has no effect",
            Some("set it for the topology"),
        ),
        (
            ir(nothing(), nothing()),
            set(&["topology.debug=maybe"]),
            Severity::Error,
            "--set topology.debug should be true or false, not \"maybe\"",
            None,
        ),
        (
            ir(nothing(), nothing()),
            set(&["split:topology.workers=2"]),
            Severity::Warning,
            "--set split:topology.workers has no effect",
            Some("set it for the topology"),
        ),
        (
            ir(nothing(), nothing()),
            environment("STORMHOST_QUEUE_TUPLES", "lots"),
            Severity::Error,
            "the variable STORMHOST_QUEUE_TUPLES should be a whole number",
            None,
        ),
        (
            ir(nothing(), nothing()),
            environment("STORMHOST_TOPOLOGY_DEBUGG", "true"),
            Severity::Warning,
            "the variable STORMHOST_TOPOLOGY_DEBUGG means no setting",
            Some("did you mean STORMHOST_TOPOLOGY_DEBUG?"),
        ),
        (
            ir(nothing(), nothing()),
            set(&["split:topology.multilang.serializer=avro"]),
            Severity::Error,
            "--set split:topology.multilang.serializer should be \"json\" or \"msgpack\", not \"avro\"",
            None,
        ),
        (
            ir(json!({"stormhost.umask": 23}), nothing()),
            Overrides::default(),
            Severity::Error,
            "the setting \"stormhost.umask\" should be text of octal digits, not 23",
            Some(
                "write it in quotes, such as \"027\": a number without them may have become another one on its way here",
            ),
        ),
    ] {
        let (_, _, mistakes) = resolve(&described, &overrides);
        let [mistake] = mistakes.as_slice() else {
            panic!("{message}: {mistakes:?}")
        };
        assert_eq!(
            (mistake.severity, mistake.hint.as_deref()),
            (severity, hint),
            "{mistake}"
        );
        assert!(mistake.message.contains(message), "{mistake}");
    }
}

#[test]
fn storms_other_settings_and_foreign_variables_are_left_alone() {
    let described = ir(
        json!({"topology.worker.childopts": "-Xmx1g", "nimbus.seeds": ["h"]}),
        json!({"topology.priority": 3}),
    );
    let overrides = Overrides {
        environment: vec![
            ("STORMHOST_RUN".into(), "x".into()),
            ("HOME".into(), "/".into()),
        ],
        ..Overrides::default()
    };
    let (_, _, mistakes) = resolve(&described, &overrides);
    assert_eq!(mistakes, []);
}

#[test]
fn what_is_refused_leaves_what_stood_below() {
    let (topology, _, _) = resolve(
        &ir(json!({KEY: 7}), json!({})),
        &set(&["topology.max.spout.pending=none"]),
    );
    assert_eq!(topology.max_spout_pending(1), 7);
}

#[test]
fn a_child_may_be_silent_as_long_as_storms_supervisor_lets_it_unless_it_has_a_setting_of_its_own() {
    const WORKERS: &str = "supervisor.worker.timeout.secs";
    for (conf, seconds) in [
        (json!({WORKERS: 60}), 60),
        (
            json!({WORKERS: 60, "topology.subprocess.timeout.secs": 5}),
            5,
        ),
        (json!({}), 30),
    ] {
        let (_, settings, mistakes) = resolve(&ir(conf, json!({})), &Overrides::default());
        assert!(mistakes.is_empty(), "{mistakes:?}");
        assert_eq!(settings.subprocess_timeout(), Duration::from_secs(seconds));
    }
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let (resolved, _, _) = resolve(&ir(json!({}), json!({})), &Overrides::default());
    for settings in [resolved, Settings::default()] {
        let secs = Duration::from_secs;
        assert_eq!(settings.max_spout_pending(1), 2000);
        assert_eq!(settings.message_timeout(), secs(30));
        assert!(settings.enable_message_timeouts());
        assert_eq!(settings.tick_interval(), None);
        assert_eq!(settings.subprocess_timeout(), secs(30));
        assert_eq!(settings.acker_executors(), None);
        assert!(settings.tracking());
        assert!(!settings.debug());
        assert_eq!(settings.shellbolt_max_pending(), 4096);
        assert_eq!(settings.max_task_parallelism(), None);
        assert_eq!(settings.tasks(), None);
        assert!(settings.environment().is_empty());
        assert_eq!(settings.spout_wait(), Duration::from_millis(1));
        assert_eq!(settings.serializer(), Encoding::Json);
        assert_eq!(settings.workers(), 1);
        assert_eq!(settings.name(), None);
        assert_eq!(settings.queue_tuples(), 4096);
        assert_eq!(settings.queue_bytes(), 4 << 20);
        assert_eq!(settings.cycle_bytes(), 4 << 20);
        assert_eq!(settings.handshake_timeout(), secs(60));
        assert_eq!(settings.shutdown_timeout(), secs(10));
        assert_eq!(settings.kill_timeout(), secs(2));
        assert_eq!(settings.max_message_bytes(), 64 << 20);
        assert_eq!(settings.replay_tries(), 3);
        assert_eq!(settings.restart_max_pause(), secs(30));
    }
}

#[test]
fn getters_answer_what_is_set() {
    let conf = json!({
        "topology.message.timeout.secs": 0.5, "topology.tick.tuple.freq.secs": 2.5, "topology.acker.executors": 0,
        "topology.shellbolt.max.pending": 100, "topology.environment": {"A": "b", "N": 3}, "topology.name": "Other",
        "stormhost.queue.bytes": "1 MiB", "topology.multilang.serializer": "com.example.MsgpackSerializer", "topology.tasks": 8.0
    });
    let (settings, _, mistakes) = resolve(&ir(conf, json!({})), &Overrides::default());
    assert_eq!(mistakes, []);
    assert_eq!(settings.message_timeout(), Duration::from_millis(500));
    assert_eq!(settings.tick_interval(), Some(Duration::from_millis(2500)));
    assert!(!settings.tracking());
    assert_eq!(settings.shellbolt_max_pending(), 100);
    assert_eq!(
        settings.environment(),
        BTreeMap::from([("A".into(), "b".into()), ("N".into(), "3".into())])
    );
    assert_eq!(settings.name().as_deref(), Some("Other"));
    assert_eq!(settings.queue_bytes(), 1 << 20);
    assert_eq!(settings.serializer(), Encoding::Msgpack);
    assert_eq!(settings.tasks(), Some(8));
}

#[test]
fn digits_are_text_where_text_is_asked_for() {
    let mut overrides = set(&[
        "stormhost.user=1000",
        "topology.name=2024",
        "stormhost.umask=77",
    ]);
    overrides.environment = vec![("STORMHOST_GROUP".into(), "100".into())];
    let described = ir(json!({"stormhost.folder": 7}), json!({}));
    let (settings, _, mistakes) = resolve(&described, &overrides);
    assert_eq!(mistakes, []);
    assert_eq!(settings.user().as_deref(), Some("1000"));
    assert_eq!(settings.group().as_deref(), Some("100"));
    assert_eq!(settings.name().as_deref(), Some("2024"));
    assert_eq!(settings.folder().as_deref(), Some("7"));
    assert_eq!(settings.umask(), Some(0o77));
}

#[test]
fn ticks_can_be_switched_off() {
    let described = ir(
        json!({"topology.tick.tuple.freq.secs": 5}),
        json!({"topology.tick.tuple.freq.secs": 0}),
    );
    let (topology, split, _) = resolve(&described, &Overrides::default());
    assert_eq!(
        (topology.tick_interval(), split.tick_interval()),
        (Some(Duration::from_secs(5)), None)
    );
}

#[test]
fn a_hundred_tasks_may_have_more_pending_than_two_unless_the_user_says_how_many() {
    let nobody = Settings::default();
    let pending = |tasks| nobody.max_spout_pending(tasks);
    assert_eq!([2, 20, 21, 128].map(pending), [2000, 2000, 2100, 12_800]);
    let mut somebody = Settings::default();
    let value = json!(500);
    let origin = Origin::CommandLine;
    somebody.insert(KEY, Setting { value, origin });
    assert_eq!(somebody.max_spout_pending(128), 500);
}
