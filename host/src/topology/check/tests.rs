//! One case a mistake: a sound topology, one change, and what is said about it.

use serde_json::{Value, json};

use super::*;
use crate::topology::model::{Component, Grouping, Inside, Kind, Replay};

/// Lines are split, words are counted.
fn sound() -> Value {
    json!({
        "version": 1, "name": "WordCount", "file": "topology.py", "language": "python",
        "conf": {},
        "components": [
            {"id": "lines", "kind": "spout", "command": ["lines"], "at": {"file": "topology.py", "line": 10},
             "streams": {"default": {"fields": ["sentence"]}, "control": {"fields": ["what"], "direct": true}}},
            {"id": "split", "kind": "bolt", "parallelism": 2, "command": ["split"], "at": {"file": "topology.py", "line": 11},
             "streams": {"default": {"fields": ["word"]}, "marks": {}}},
            {"id": "count", "kind": "bolt", "parallelism": 4, "command": ["count"], "at": {"file": "topology.py", "line": 12}}],
        "subscriptions": [
            {"to": "split", "from": "lines", "grouping": "shuffle", "at": {"file": "topology.py", "line": 20}},
            {"to": "count", "from": "split", "grouping": "fields", "fields": ["word"], "at": {"file": "topology.py", "line": 21}}]
    })
}

/// The sound topology with what stands at each pointer replaced; a pointer that ends in `/-` appends.
fn changed(changes: &[(&str, Value)]) -> Ir {
    let mut value = sound();
    for (pointer, new) in changes {
        if let Some(list) = pointer.strip_suffix("/-") {
            value
                .pointer_mut(list)
                .and_then(Value::as_array_mut)
                .expect(pointer)
                .push(new.clone());
        } else {
            let (parent, member) = pointer.rsplit_once('/').expect(pointer);
            match value.pointer_mut(parent).expect(pointer) {
                Value::Object(members) => drop(members.insert(member.into(), new.clone())),
                Value::Array(items) => items[member.parse::<usize>().expect(pointer)] = new.clone(),
                other => panic!("{pointer} is in {other}"),
            }
        }
    }
    Ir::from_json(value.to_string().as_bytes()).expect("the right shape")
}

fn checked(ir: &Ir, overrides: &Overrides) -> Result<Checked, Vec<Mistake>> {
    check(ir, overrides, &|_, _| true)
}

fn topology(changes: &[(&str, Value)], overrides: &Overrides) -> Topology {
    checked(&changed(changes), overrides)
        .expect("no mistakes")
        .topology
}

/// The change leads to exactly one error, at that line (0 for none), with that message and hint.
fn mistake(changes: &[(&str, Value)], line: u32, message: &str, hint: &str) {
    let mistakes = checked(&changed(changes), &Overrides::default()).expect_err(message);
    let errors: Vec<&Mistake> = mistakes
        .iter()
        .filter(|mistake| mistake.severity == Severity::Error)
        .collect();
    let [error] = errors.as_slice() else {
        panic!("{message}: {mistakes:#?}")
    };
    assert!(
        error.message.contains(message),
        "{error}\nshould say: {message}"
    );
    assert!(
        error.hint.as_deref().unwrap_or_default().contains(hint),
        "{error}\nshould advise: {hint}"
    );
    assert_eq!(
        error.at.as_ref().map_or(0, |place| place.line),
        line,
        "{error}"
    );
}

#[test]
fn a_sound_topology_is_resolved() {
    let found = topology(&[], &Overrides::default());
    assert_eq!(
        (found.name.as_str(), found.file.as_str(), found.tasks.len()),
        ("WordCount", "topology.py", 7)
    );
    let [lines, split, count] = found.components.as_slice() else {
        panic!("three components")
    };
    assert_eq!(
        (
            lines.kind,
            lines.parallelism,
            lines.streams.len(),
            lines.inputs.len()
        ),
        (Kind::Spout, 1, 2, 0)
    );
    assert!(lines.streams[1].direct);
    assert_eq!(
        (
            split.inputs[0].component,
            split.inputs[0].stream,
            &split.inputs[0].grouping
        ),
        (0, 0, &Grouping::Shuffle)
    );
    assert_eq!(count.inputs[0].grouping, Grouping::Fields(vec![0]));
    assert_eq!(
        count.at,
        Some(Place {
            file: "topology.py".into(),
            line: 12
        })
    );
}

#[test]
fn every_grouping_is_resolved() {
    let fields = json!({"default": {"fields": ["a", "b", "c"]}});
    for (grouping, key, expected) in [
        ("shuffle", json!([]), Grouping::Shuffle),
        ("fields", json!(["c", "a"]), Grouping::Fields(vec![2, 0])),
        ("all", json!([]), Grouping::All),
        ("global", json!([]), Grouping::Global),
        ("none", json!([]), Grouping::None),
        ("local_or_shuffle", json!([]), Grouping::LocalOrShuffle),
        ("partial_key", json!(["b"]), Grouping::PartialKey(vec![1])),
        // As in Storm: without fields, the first value is the key.
        ("partial_key", json!([]), Grouping::PartialKey(vec![0])),
    ] {
        let subscription =
            json!({"to": "count", "from": "split", "grouping": grouping, "fields": key});
        let found = topology(
            &[
                ("/components/1/streams", fields.clone()),
                ("/subscriptions/1", subscription),
            ],
            &Overrides::default(),
        );
        assert_eq!(
            found.components[2].inputs[0].grouping, expected,
            "{grouping}"
        );
    }
    let direct = json!({"to": "count", "from": "lines", "stream": "control", "grouping": "direct"});
    let found = topology(&[("/subscriptions/1", direct)], &Overrides::default());
    assert_eq!(
        (
            &found.components[2].inputs[0].grouping,
            found.components[2].inputs[0].stream
        ),
        (&Grouping::Direct, 1)
    );
}

#[test]
fn names() {
    mistake(
        &[("/name", json!("Word.Count"))],
        0,
        "the topology's name \"Word.Count\" may not contain",
        "",
    );
    mistake(
        &[("/name", json!(""))],
        0,
        "the topology's name \"\" is empty",
        "",
    );
    let bolt = |id: &str| json!({"id": id, "kind": "spout", "command": ["x"], "at": {"file": "topology.py", "line": 13}});
    mistake(
        &[("/components/-", bolt("count"))],
        13,
        "a second component is called \"count\"",
        "the first stands at topology.py:12",
    );
    mistake(
        &[("/components/-", bolt("__acker"))],
        13,
        "\"__acker\" is reserved",
        "",
    );
    mistake(&[("/components/-", bolt(""))], 13, "\"\" is empty", "");
    mistake(
        &[("/components/-", bolt("a:b"))],
        13,
        "\"a:b\" may not contain a colon",
        "",
    );
    mistake(
        &[("/components/-", bolt("a\nb"))],
        13,
        "\"a\\nb\" may not contain control characters",
        "",
    );
    mistake(
        &[("/components/-", bolt(" a"))],
        13,
        "\" a\" may not contain control characters, nor blanks at its ends",
        "",
    );
}

#[test]
fn streams() {
    let streams = "/components/1/streams/extra";
    mistake(
        &[(streams, json!({"fields": ["a", "b", "a", "a"]}))],
        11,
        "the stream \"extra\" of \"split\" has two fields called \"a\"",
        "",
    );
    mistake(
        &[(streams, json!({"fields": ["a", ""]}))],
        11,
        "field 2 of the stream \"extra\" of \"split\" has an empty name",
        "",
    );
    mistake(
        &[("/components/1/streams/__tick", json!({}))],
        11,
        "the stream name \"__tick\" of \"split\" is reserved",
        "",
    );
    mistake(
        &[("/components/1/streams/", json!({}))],
        11,
        "the stream name \"\" of \"split\" is empty",
        "",
    );
}

#[test]
fn components() {
    for (parallelism, said) in [(0, "is 0"), (-3, "is -3"), (1_000_000, "is 1000000")] {
        mistake(
            &[("/components/1/parallelism", json!(parallelism))],
            11,
            &format!("the parallelism of \"split\" {said}; it must be from 1"),
            "",
        );
    }
    mistake(
        &[("/components/1/command", json!([]))],
        11,
        "\"split\" has no command",
        "",
    );
    mistake(
        &[("/components/1/command", json!([""]))],
        11,
        "\"split\" has no command",
        "",
    );
    mistake(
        &[("/components/1/command", json!(["x", "a\u{0}b"]))],
        11,
        "has a NUL character",
        "",
    );
    for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0")] {
        mistake(
            &[("/components/1/env", json!({name: value}))],
            11,
            "which the system cannot hold",
            "no equals sign",
        );
    }
    mistake(
        &[("/components/1/serializer", json!("avro"))],
        11,
        "should be \"json\" or \"msgpack\", not \"avro\"",
        "",
    );
    mistake(
        &[("/components/0/replay", json!("spout"))],
        10,
        "\"lines\" is to be replayed by \"spout\"",
        "replay is \"host\"",
    );
    mistake(
        &[("/components/1/replay", json!("host"))],
        11,
        "\"split\" is a bolt, and has nothing to replay",
        "belongs to the spout",
    );
    mistake(
        &[("/components/1/conf", json!({"topology.debug": "yes"}))],
        11,
        "should be true or false, not \"yes\"",
        "",
    );
    mistake(
        &[("/conf", json!({"topology.message.timeout.secs": -1}))],
        0,
        "should be a number of seconds greater than 0, not -1",
        "",
    );
    mistake(
        &[
            ("/components/1/parallelism", json!(40_000)),
            ("/components/2/parallelism", json!(40_000)),
        ],
        0,
        "80001 tasks",
        "",
    );
}

#[test]
fn commands_must_be_there() {
    let ir = changed(&[
        ("/components/0/command", json!(["./lines"])),
        ("/components/0/cwd", json!("/srv")),
        ("/components/1/env", json!({"PATH": "/opt/bin"})),
        ("/components/2/command", json!(["/usr/bin/count", "-x"])),
    ]);
    let asked = std::cell::RefCell::new(Vec::new());
    let mistakes = check(&ir, &Overrides::default(), &|program, path| {
        asked
            .borrow_mut()
            .push((program.to_owned(), path.map(str::to_owned)));
        false
    });
    assert_eq!(
        asked.into_inner(),
        [
            ("/srv/./lines".into(), None),
            ("split".into(), Some("/opt/bin".into())),
            ("/usr/bin/count".into(), None)
        ]
    );
    let said: Vec<String> = mistakes
        .expect_err("nothing is there")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(said.len(), 3);
    assert!(
        said[0].contains("the program of \"lines\" is not there") && said[0].contains("chmod +x"),
        "{}",
        said[0]
    );
    assert!(said[1].contains("looked up in the PATH"), "{}", said[1]);
}

#[test]
fn subscriptions() {
    let to_split = |from: &str, more: Value| {
        let mut value = json!({"to": "split", "from": from, "grouping": "shuffle", "at": {"file": "topology.py", "line": 20}});
        value
            .as_object_mut()
            .expect("an object")
            .extend(more.as_object().expect("an object").clone());
        ("/subscriptions/0", value)
    };
    let nothing = || json!({});
    mistake(
        &[to_split("line", nothing())],
        20,
        "\"split\" listens to \"line\", but no component is called that",
        "did you mean \"lines\"?",
    );
    mistake(
        &[to_split("redis", nothing())],
        20,
        "but no component is called that",
        "there are: lines, split, count",
    );
    mistake(
        &[to_split("lines", json!({"stream": "words"}))],
        20,
        "the stream \"words\" of \"lines\", which has none of that name",
        "its streams are: default, control",
    );
    mistake(
        &[to_split("count", nothing())],
        20,
        "the stream \"default\" of \"count\"",
        "\"count\" declares no streams at all",
    );
    mistake(
        &[to_split("lines", json!({"grouping": "shufle"}))],
        20,
        "by \"shufle\", which is no grouping",
        "did you mean \"shuffle\"?",
    );
    mistake(
        &[to_split("lines", json!({"stream": "control"}))],
        20,
        "the stream \"control\" of \"lines\" is direct",
        "use direct grouping",
    );
    mistake(
        &[to_split("lines", json!({"grouping": "direct"}))],
        20,
        "which is not direct",
        "declare the stream as direct",
    );
    let twice = json!({"to": "split", "from": "lines", "grouping": "all", "at": {"file": "topology.py", "line": 22}});
    mistake(
        &[("/subscriptions/-", twice)],
        22,
        "\"split\" listens to the stream \"default\" of \"lines\" twice",
        "",
    );
    let spout = json!({"to": "lines", "from": "split", "grouping": "all", "at": {"file": "topology.py", "line": 22}});
    mistake(
        &[("/subscriptions/-", spout)],
        22,
        "the spout \"lines\" listens to \"split\"",
        "make it a bolt",
    );
    let nobody = json!({"to": "splat", "from": "lines", "grouping": "all", "at": {"file": "topology.py", "line": 22}});
    mistake(
        &[("/subscriptions/-", nobody)],
        22,
        "is for \"splat\", but no component is called that",
        "did you mean \"split\"?",
    );
}

#[test]
fn keys() {
    let by = |stream: &str, grouping: &str, fields: Value| {
        let value = json!({"to": "count", "from": "split", "stream": stream, "grouping": grouping, "fields": fields,
            "at": {"file": "topology.py", "line": 21}});
        ("/subscriptions/1", value)
    };
    let other = ("/components/1/streams/late", json!({"fields": ["when"]}));
    mistake(
        &[by("default", "fields", json!([]))],
        21,
        "by fields grouping, but without any field",
        "name one or several of: word",
    );
    mistake(
        &[by("marks", "partial_key", json!([]))],
        21,
        "by partial_key grouping, but without any field",
        "has no fields to group by",
    );
    mistake(
        &[by("default", "fields", json!(["words"]))],
        21,
        "the field \"words\", which the stream \"default\" of \"split\" does not have",
        "did you mean \"word\"?",
    );
    mistake(
        &[by("default", "fields", json!(["count"]))],
        21,
        "does not have",
        "its fields are: word",
    );
    mistake(
        &[by("default", "fields", json!(["when"])), other],
        21,
        "does not have",
        "it is a field of the stream \"late\"",
    );
    mistake(
        &[by("marks", "fields", json!(["word"]))],
        21,
        "the stream \"marks\"",
        "it is a field of the stream \"default\"",
    );
    mistake(
        &[by("default", "fields", json!(["word", "word"]))],
        21,
        "by the field \"word\" twice",
        "",
    );
}

#[test]
fn the_whole() {
    mistake(
        &[(
            "/subscriptions",
            json!([{"to": "split", "from": "lines", "grouping": "all"}]),
        )],
        12,
        "the bolt \"count\" has no inputs",
        "subscribe it",
    );
    let bolts = json!([{"id": "a", "kind": "bolt", "command": ["a"], "streams": {"default": {}}}]);
    let itself = json!([{"to": "a", "from": "a", "grouping": "all"}]);
    mistake(
        &[("/components", bolts), ("/subscriptions", itself)],
        0,
        "the topology has no spout",
        "declare one",
    );
}

#[test]
fn options_speak_of_components_that_are_there() {
    let overrides = Overrides {
        parallelism: vec![("splitt".into(), 2), ("count".into(), 0)],
        set: vec!["conut:topology.debug=true".parse().expect("an option")],
        ..Overrides::default()
    };
    let mistakes = checked(&changed(&[]), &overrides).expect_err("three mistakes");
    let said: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "error: -p splitt=2: no component is called \"splitt\"\n  hint: did you mean \"split\"?",
            "error: --set conut:topology.debug: no component is called \"conut\"\n  hint: did you mean \"count\"?",
            "error: -p count=0: a parallelism must be from 1 to 65536",
        ]
    );
}

#[test]
fn all_mistakes_are_told_at_once() {
    let told = json!({"message": "not a grouping", "hint": "try", "traceback": "Traceback", "at": {"file": "topology.py", "line": 5}});
    let ir = changed(&[
        ("/mistakes", json!([told])),
        ("/components/1/parallelism", json!(0)),
        ("/subscriptions/0/from", json!("nowhere")),
        ("/subscriptions/1/fields", json!(["a", "b"])),
        (
            "/conf",
            json!({"topology.debug": 1, "topology.debugg": true}),
        ),
    ]);
    let mistakes = checked(&ir, &Overrides::default()).expect_err("many mistakes");
    let lines: Vec<(Severity, u32)> = mistakes
        .iter()
        .map(|mistake| {
            (
                mistake.severity,
                mistake.at.as_ref().map_or(0, |at| at.line),
            )
        })
        .collect();
    let error = Severity::Error;
    assert_eq!(
        lines,
        [
            (error, 0),
            (error, 5),
            (error, 11),
            (error, 20),
            (error, 21),
            (error, 21),
            (Severity::Warning, 0)
        ]
    );
    assert_eq!(mistakes[1].traceback.as_deref(), Some("Traceback"));
}

#[test]
fn when_the_file_cannot_be_read_nothing_else_is_said() {
    let told = json!({"message": "cannot be imported", "traceback": "NameError"});
    let ir = changed(&[("/components", json!([])), ("/mistakes", json!([told]))]);
    let mistakes = checked(&ir, &Overrides::default()).expect_err("one mistake");
    assert_eq!(mistakes.len(), 1);
    assert_eq!(mistakes[0].message, "cannot be imported");
}

#[test]
fn remarks() {
    let bolt = |id: &str| json!({"id": id, "kind": "bolt", "command": [id], "streams": {"default": {}}, "at": {"file": "topology.py", "line": 13}});
    let listen = |to: &str, from: &str| json!({"to": to, "from": from, "grouping": "shuffle"});
    let ticks = json!({"topology.tick.tuple.freq.secs": 1});
    for (changes, severity, message, hint) in [
        (
            vec![],
            Severity::Info,
            "nobody listens to the stream \"marks\" of \"split\"",
            "",
        ),
        (
            vec![("/components/0/conf", ticks)],
            Severity::Warning,
            "the spout \"lines\" asks for ticks",
            "",
        ),
        (
            vec![("/subscriptions/0/fields", json!(["sentence"]))],
            Severity::Warning,
            "by shuffle grouping, which does not look at fields (sentence)",
            "use fields grouping",
        ),
        (
            vec![
                ("/components/-", bolt("a")),
                ("/components/-", bolt("b")),
                ("/subscriptions/-", listen("a", "b")),
                ("/subscriptions/-", listen("b", "a")),
            ],
            Severity::Warning,
            "no tuple of any spout can reach \"b\"",
            "upstream",
        ),
        (
            vec![
                ("/components/-", bolt("a")),
                ("/subscriptions/-", listen("a", "split")),
                ("/subscriptions/-", listen("split", "a")),
            ],
            Severity::Warning,
            "a cycle: \"split\", \"a\" listen to one another",
            "what waits on \"a\" → \"split\" has a budget",
        ),
        (
            vec![("/subscriptions/-", listen("split", "split"))],
            Severity::Warning,
            "\"split\" listens to itself",
            "\"split\" → \"split\"",
        ),
    ] {
        let remarks = checked(&changed(&changes), &Overrides::default())
            .expect("no errors")
            .remarks;
        let found = remarks
            .iter()
            .find(|remark| remark.message.contains(message))
            .unwrap_or_else(|| panic!("{message}: {remarks:#?}"));
        assert_eq!(found.severity, severity, "{found}");
        assert!(
            found.hint.as_deref().unwrap_or_default().contains(hint),
            "{found}"
        );
        assert!(remarks.is_sorted_by_key(|remark| remark.severity));
    }
}

#[test]
fn a_topology_without_oddities_is_left_in_peace() {
    let ir = changed(&[
        (
            "/components/0/streams",
            json!({"default": {"fields": ["sentence"]}}),
        ),
        (
            "/components/1/streams",
            json!({"default": {"fields": ["word"]}}),
        ),
    ]);
    assert_eq!(
        checked(&ir, &Overrides::default())
            .expect("no mistakes")
            .remarks,
        []
    );
}

#[test]
fn the_number_of_tasks() {
    let set = |options: &[&str]| {
        options
            .iter()
            .map(|option| option.parse().expect("an option"))
            .collect()
    };
    let typed = |tasks| vec![("split".to_owned(), 9), ("split".to_owned(), tasks)];
    for (conf, overrides, expected) in [
        (json!({}), Overrides::default(), 2),
        (json!({"topology.tasks": 5}), Overrides::default(), 5),
        (
            json!({"topology.tasks": 5}),
            Overrides {
                parallelism: typed(7),
                ..Overrides::default()
            },
            7,
        ),
        (
            json!({}),
            Overrides {
                set: set(&["topology.max.task.parallelism=1"]),
                ..Overrides::default()
            },
            1,
        ),
        (
            json!({}),
            Overrides {
                set: set(&["split:topology.max.task.parallelism=6"]),
                parallelism: typed(7),
                ..Overrides::default()
            },
            6,
        ),
        (
            json!({}),
            Overrides {
                set: set(&["topology.tasks=3"]),
                ..Overrides::default()
            },
            3,
        ),
    ] {
        let found = topology(&[("/components/1/conf", conf.clone())], &overrides);
        assert_eq!(
            found.components[1].parallelism, expected,
            "{conf} {overrides:?}"
        );
        assert_eq!(found.tasks_of(1).len(), expected as usize);
    }
}

#[test]
fn environments_are_laid_over_one_another() {
    let overrides = Overrides {
        env: [("C".to_owned(), "typed".to_owned())].into(),
        ..Overrides::default()
    };
    let changes = [
        (
            "/conf",
            json!({"topology.environment": {"A": "topology", "B": "topology", "C": "topology"}}),
        ),
        (
            "/components/1/env",
            json!({"B": "component", "C": "component"}),
        ),
    ];
    let found = topology(&changes, &overrides);
    let env = |component: &Component| component.env.values().cloned().collect::<Vec<_>>();
    assert_eq!(
        env(&found.components[1]),
        ["topology", "component", "typed"]
    );
    assert_eq!(env(&found.components[2]), ["topology", "topology", "typed"]);
}

#[test]
fn a_child_sees_everything_merged() {
    let overrides = Overrides {
        started_unix_secs: 1_700_000_000,
        set: vec!["stormhost.queue.tuples=9".parse().expect("an option")],
        ..Overrides::default()
    };
    let changes = [
        (
            "/conf",
            json!({"redis.url": "r", "topology.debug": true, "topology.worker.childopts": "-X"}),
        ),
        (
            "/components/1/conf",
            json!({"topology.debug": false, "mine": [1]}),
        ),
    ];
    let found = topology(&changes, &overrides);
    let conf = &found.components[1].conf;
    for (key, value) in [
        ("topology.name", json!("WordCount")),
        ("storm.id", json!("WordCount-1-1700000000")),
        ("redis.url", json!("r")),
        ("mine", json!([1])),
        ("topology.debug", json!(false)),
        ("topology.worker.childopts", json!("-X")),
        ("topology.message.timeout.secs", json!(30)),
        ("topology.max.spout.pending", json!(2000)),
        ("topology.workers", json!(1)),
        ("topology.tick.tuple.freq.secs", json!(null)),
        ("topology.shellbolt.max.pending", json!(9)),
        ("stormhost.queue.tuples", json!(9)),
    ] {
        assert_eq!(conf.get(key), Some(&value), "{key}");
    }
    assert!(!conf.contains_key("stormhost.queue.bytes"));
    assert_eq!(
        found.components[0].conf.get("topology.debug"),
        Some(&json!(true))
    );
}

#[test]
fn a_bolt_that_needs_ticks_is_warned_of_by_what_is_in_force() {
    const TICKS: &str = "topology.tick.tuple.freq.secs";
    let needs = ("/components/1/needs_ticks", json!(true));
    let ticks = |at| (at, json!({TICKS: 1}));
    let set = |text: String| Overrides {
        set: vec![text.parse().expect("an option")],
        ..Overrides::default()
    };
    let environment = Overrides {
        environment: vec![("STORMHOST_TOPOLOGY_TICK_TUPLE_FREQ_SECS".into(), "1".into())],
        ..Overrides::default()
    };
    let none = Overrides::default;
    for (changes, overrides, is_warned_of) in [
        (vec![needs.clone()], none(), true),
        (vec![], none(), false),
        (vec![needs.clone(), ticks("/conf")], none(), false),
        (
            vec![needs.clone(), ticks("/components/1/conf")],
            none(),
            false,
        ),
        (vec![needs.clone()], set(format!("{TICKS}=1")), false),
        (
            vec![needs.clone()],
            set(format!("split:{TICKS}=0.5")),
            false,
        ),
        (vec![needs.clone()], environment, false),
        (
            vec![needs, ticks("/components/1/conf")],
            set(format!("split:{TICKS}=null")),
            true,
        ),
    ] {
        let remarks = checked(&changed(&changes), &overrides)
            .expect("no errors")
            .remarks;
        let warned = remarks
            .iter()
            .find(|remark| remark.message.contains("ends its batches at ticks"));
        assert_eq!(warned.is_some(), is_warned_of, "{changes:?} {overrides:?}");
        assert!(warned.is_none_or(|warning| warning.code == Code::MISDECLARED));
    }
}

#[test]
fn a_setting_can_rename_the_topology() {
    let found = topology(
        &[("/conf", json!({"topology.name": "Other"}))],
        &Overrides::default(),
    );
    assert_eq!(
        (
            found.name.as_str(),
            found.components[0].conf.get("topology.name")
        ),
        ("Other", Some(&json!("Other")))
    );
}

#[test]
fn replay_by_the_host_is_kept() {
    let found = topology(
        &[("/components/0/replay", json!("host"))],
        &Overrides::default(),
    );
    assert_eq!(
        (found.components[0].replay, found.components[1].replay),
        (Replay::Host, Replay::Child)
    );
}

#[test]
fn a_component_in_lua_may_run_inside() {
    let lua = json!(["/usr/bin/lua5.4", "split.lua"]);
    for (place, expected) in [
        (json!("inside"), Some(Inside::Lua)),
        (json!("outside"), None),
        (json!(null), None),
    ] {
        let changes = [
            ("/components/1/where", place),
            ("/components/1/command", lua.clone()),
        ];
        let found = topology(&changes, &Overrides::default());
        assert_eq!(found.components[1].inside, expected);
    }
}

#[test]
fn what_cannot_run_inside_is_a_mistake() {
    let inside = json!("inside");
    for (place, command, message, hint) in [
        (
            json!("beside"),
            json!(["lua", "x.lua"]),
            "\"split\" is to run \"beside\", which is no place",
            "\"inside\" or \"outside\"",
        ),
        (
            inside.clone(),
            json!(["ruby", "x.rb"]),
            "\"split\" is to run inside the host, but its command begins with \"ruby\"",
            "Lua and Python can run inside",
        ),
        (
            inside.clone(),
            json!([]),
            "\"split\" has no command, so its children cannot be started",
            "",
        ),
        (
            inside.clone(),
            json!(["lua"]),
            "\"split\" is to run inside the host, but its command names no script",
            "",
        ),
        (
            inside,
            json!(["/usr/bin/python3"]),
            "\"split\" is to run inside the host, but its command names no script",
            "",
        ),
    ] {
        let changes = [
            ("/components/1/where", place),
            ("/components/1/command", command),
        ];
        mistake(&changes, 11, message, hint);
    }
}

#[test]
fn python_runs_inside_where_it_is_built_in() {
    let changes = [
        ("/components/1/where", json!("inside")),
        ("/components/1/command", json!(["python3", "split.py"])),
    ];
    if cfg!(feature = "python") {
        let found = topology(&changes, &Overrides::default());
        assert_eq!(found.components[1].inside, Some(Inside::Python));
    } else {
        mistake(
            &changes,
            11,
            "\"split\" is to run inside the host",
            "this stormhost was built without Python inside; build with --features python, or say where='outside'",
        );
    }
}
