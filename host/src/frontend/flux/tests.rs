//! Flux files, and what becomes of them.

use std::fs;

use serde_json::{Value, json};

use crate::frontend::tests::{component, told};
use crate::frontend::{LoadOptions, Surroundings, load};
use crate::topology::{Ir, Kind, Severity};

const WORDS: &str = r#"
name: words
spouts:
  - id: lines
    className: "org.apache.storm.flux.wrappers.spouts.FluxShellSpout"
    constructorArgs:
      - ["node", "lines.js"]
      - ["line"]
bolts:
  - id: split
    className: "org.apache.storm.flux.wrappers.bolts.FluxShellBolt"
    constructorArgs:
      - ["node", "split.js"]
      - ["word"]
    parallelism: 2
streams:
  - name: "lines --> split"
    from: lines
    to: split
    grouping:
      type: SHUFFLE
"#;

/// What the commands in these tests name.
const SCRIPTS: [(&str, &str); 3] = [("lines.js", ""), ("split.js", ""), ("x.js", "")];

/// The description of `t.yaml`, with other files and the scripts beside it.
fn described(text: &str, files: &[(&str, &str)], change: impl FnOnce(&mut LoadOptions)) -> Ir {
    described_at("t.yaml", text, &[files, &SCRIPTS].concat(), change)
}

/// The description of a file that lies somewhere in a folder, with other files in it.
fn described_at(
    topology: &str,
    text: &str,
    files: &[(&str, &str)],
    change: impl FnOnce(&mut LoadOptions),
) -> Ir {
    let root = tempfile::tempdir().expect("a folder");
    for (name, content) in files.iter().chain([&(topology, text)]) {
        let file = root.path().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        fs::write(file, content).expect("written");
    }
    let variables = [("XDG_CACHE_HOME", root.path().join("cache"))];
    let mut options = LoadOptions::new(Surroundings::new(root.path(), variables));
    change(&mut options);
    let mut ir = load(topology, &options).expect("loaded");
    let here = root.path().display().to_string();
    for component in &mut ir.components {
        component.cwd = component.cwd.take().map(|cwd| cwd.replace(&here, "@"));
    }
    for mistake in &mut ir.mistakes {
        mistake.message = mistake.message.replace(&here, "@");
        mistake.hint = mistake.hint.take().map(|hint| hint.replace(&here, "@"));
    }
    ir
}

fn plain(text: &str) -> Ir {
    described(text, &[], |_| ())
}

/// `WORDS` with one more bolt, made of these lines, that listens to `split`.
fn with_bolt(lines: &str, grouping: &str) -> String {
    let bolt = lines.replace('\n', "\n    ");
    WORDS.replace(
        "streams:\n",
        &format!("  - id: count\n    {bolt}\nstreams:\n"),
    ) + &format!("  - from: split\n    to: count\n    grouping: {grouping}\n")
}

const SHELL_BOLT: &str = "className: org.apache.storm.flux.wrappers.bolts.FluxShellBolt\nconstructorArgs: [[node, x.js]]";

#[test]
fn the_first_topology_of_flux_is_described() {
    let ir = plain(WORDS);
    assert_eq!(told(&ir), Vec::<String>::new());
    assert_eq!(
        (ir.name.as_str(), ir.file.as_str(), ir.language.as_str()),
        ("words", "t.yaml", "flux")
    );
    let lines = component(&ir, "lines");
    assert_eq!(
        (lines.kind, lines.command.join(" ")),
        (Kind::Spout, "node lines.js".into())
    );
    assert_eq!((lines.cwd.as_deref(), lines.parallelism), (Some("@"), 1));
    let split = component(&ir, "split");
    assert_eq!((split.kind, split.parallelism), (Kind::Bolt, 2));
    assert_eq!(split.streams["default"].fields, ["word"]);
    assert_eq!(split.at.as_ref().map(|at| at.line), Some(10));
    let [edge] = ir.subscriptions.as_slice() else {
        panic!("{:?}", ir.subscriptions)
    };
    assert_eq!(
        (edge.from.as_str(), edge.to.as_str(), edge.grouping.as_str()),
        ("lines", "split", "shuffle")
    );
}

#[test]
fn config_methods_do_what_they_do_in_storm() {
    let bolt = format!(
        "{SHELL_BOLT}\nnumTasks: 4\nconfig: {{topology.debug: true, mine: 1}}\nconfigMethods:\n\
         - {{name: setDefaultStream, args: [[a, b]]}}\n\
         - {{name: setNamedStream, args: [odd, [c]]}}\n\
         - {{name: setNamedStream, args: [odd, [d]]}}\n\
         - {{name: addComponentConfig, args: [mine, 2]}}\n\
         - {{name: addComponentConfig, args: [added, [1, two]]}}\n\
         - {{name: setEnv, args: [{{REPLACED: b}}]}}\n\
         - {{name: setEnv, args: [{{A: b, N: 3}}]}}\n\
         - {{name: changeChildCWD, args: [false]}}"
    );
    let ir = plain(&with_bolt(&bolt, "{type: ALL}"));
    assert_eq!(told(&ir), Vec::<String>::new());
    let count = component(&ir, "count");
    let streams: Vec<(&str, &[String])> = count
        .streams
        .iter()
        .map(|(id, stream)| (id.as_str(), stream.fields.as_slice()))
        .collect();
    assert_eq!(
        streams,
        [
            ("default", &["a".into(), "b".into()][..]),
            ("odd", &["d".into()][..])
        ]
    );
    assert_eq!(
        Value::Object(count.conf.clone()),
        json!({"topology.debug": true, "mine": 1, "added": [1, "two"], "topology.tasks": 4})
    );
    assert_eq!(json!(count.env), json!({"A": "b", "N": "3"}));
    assert_eq!(count.cwd, None);
}

#[test]
fn every_grouping_of_flux_is_known() {
    for (given, grouping, fields) in [
        ("{type: ALL}", "all", vec![]),
        ("{type: SHUFFLE}", "shuffle", vec![]),
        ("{type: LOCAL_OR_SHUFFLE}", "local_or_shuffle", vec![]),
        ("{type: FIELDS, args: [word]}", "fields", vec!["word"]),
        ("{type: GLOBAL, args: [word]}", "global", vec![]),
        ("{type: NONE}", "none", vec![]),
        ("{type: DIRECT}", "direct", vec![]),
        (
            "{type: CUSTOM, customClass: {className: org.apache.storm.grouping.PartialKeyGrouping}}",
            "partial_key",
            vec![],
        ),
        (
            "{type: CUSTOM, customClass: {className: org.apache.storm.grouping.PartialKeyGrouping, constructorArgs: [[word]]}}",
            "partial_key",
            vec!["word"],
        ),
    ] {
        let ir = plain(&with_bolt(SHELL_BOLT, given));
        assert_eq!(told(&ir), Vec::<String>::new(), "{given}");
        let edge = ir.subscriptions.last().expect("two");
        assert_eq!(
            (edge.grouping.as_str(), edge.fields.clone()),
            (grouping, fields.into_iter().map(str::to_owned).collect())
        );
        assert_eq!(
            component(&ir, "split").streams["default"].direct,
            grouping == "direct",
            "{given}"
        );
    }
}

#[test]
fn a_stream_of_another_name_is_listened_to() {
    let ir = plain(&with_bolt(SHELL_BOLT, "{type: SHUFFLE, streamId: odd}"));
    assert_eq!(
        ir.subscriptions.last().map(|edge| edge.stream.as_str()),
        Some("odd")
    );
}

#[test]
fn appendix_d_22_bolts_without_an_inbound_stream_vanish() {
    let text = with_bolt(SHELL_BOLT, "{type: SHUFFLE}").replace("to: count", "to: split");
    let ir = plain(&text);
    let ids: Vec<&str> = ir
        .components
        .iter()
        .map(|component| component.id.as_str())
        .collect();
    assert_eq!(ids, ["lines", "split"]);
    assert_eq!(
        told(&ir),
        ["16: warning: no stream leads to the bolt \"count\", so it is left out, as Flux does"]
    );
}

#[test]
fn appendix_d_22_all_variables_of_a_line_are_replaced() {
    let text = WORDS.replace(
        "[\"node\", \"lines.js\"]",
        "[\"${shell}\", \"${file[1]}.${ENV-ENDING}\"] # ${none}",
    );
    let filters = [
        ("dev.properties", "shell=sh\nfile=[\"a\", \"lines\"]\n"),
        ("lines.sh", ""),
    ];
    let ir = described(&text, &filters, |options| {
        options.others.filter = Some("dev.properties".into());
        options.others.env_filter = true;
        options.surroundings = Surroundings::new(options.surroundings.folder(), [("ENDING", "sh")]);
    });
    assert_eq!(component(&ir, "lines").command, ["sh", "lines.sh"]);
    assert_eq!(
        told(&ir),
        ["7: warning: ${none} has no value, and stays as it is"]
    );
}

#[test]
fn a_path_of_a_components_own_stands_behind_the_one_that_there_is() {
    let split = "    parallelism: 2\n";
    let own = "    configMethods:\n      - {name: setEnv, args: [{PATH: /own, OTHER: x}]}\n";
    let text = WORDS.replace(split, &format!("{split}{own}"));
    for (config, path) in [
        ("", "/bin:/usr/bin:/own"),
        (
            "config: {topology.environment: {PATH: /topology}}\n",
            "/topology:/own",
        ),
    ] {
        let ir = described(&format!("{text}{config}"), &[], |options| {
            options.surroundings =
                Surroundings::new(options.surroundings.folder(), [("PATH", "/bin:/usr/bin")]);
        });
        let env = &component(&ir, "split").env;
        assert_eq!((env["PATH"].as_str(), env["OTHER"].as_str()), (path, "x"));
    }
}

#[test]
fn includes_are_merged_as_in_flux() {
    let part = "name: part\nconfig: {a: 1, b: 1}\nspouts:\n  - id: lines\n    className: x.FluxShellSpout\n    constructorArgs: [[other]]\n\
                bolts:\n  - id: more\n    className: x.FluxShellBolt\n    constructorArgs: [[more]]\n\
                streams:\n  - {from: split, to: more, grouping: {type: ALL}}\nincludes:\n  - file: deeper.yaml\n";
    for (include, expected) in [
        (
            "{file: part.yaml}",
            ("words", json!({"a": 2, "b": 1}), "node"),
        ),
        (
            "{file: /part.yaml, resource: true, override: true}",
            ("part", json!({"a": 1, "b": 1}), "other"),
        ),
    ] {
        let text = format!("{WORDS}config: {{a: 2}}\nincludes:\n  - {include}\n");
        let file = if include.contains("resource") {
            "resources/part.yaml"
        } else {
            "part.yaml"
        };
        let ir = described(&text, &[(file, part)], |_| ());
        assert_eq!(
            (ir.name.as_str(), Value::Object(ir.conf.clone())),
            (expected.0, expected.1),
            "{include}"
        );
        assert_eq!(component(&ir, "lines").command[0], expected.2);
        assert_eq!(component(&ir, "more").command, ["more"]);
        assert_eq!(ir.subscriptions.len(), 2);
        assert_eq!(
            told(&ir),
            ["14: warning: an included file includes others, which Flux does not look at"]
        );
    }
}

/// Where Storm's own examples, Azure's and projects of Maven keep topologies and scripts.
#[test]
fn children_work_where_a_jar_has_its_resources() {
    for (topology, script, expected) in [
        ("t.yaml", "resources/split.js", "@/resources"),
        (
            "t.yaml",
            "multilang/resources/split.js",
            "@/multilang/resources",
        ),
        ("t.yaml", "split.js", "@"),
        (
            "resources/t.yaml",
            "multilang/resources/split.js",
            "@/multilang/resources",
        ),
        (
            "src/main/resources/t.yaml",
            "multilang/resources/split.js",
            "@/multilang/resources",
        ),
        (
            "src/main/resources/flux/t.yaml",
            "src/main/resources/resources/split.js",
            "@/src/main/resources/resources",
        ),
        (
            "conf/t.yaml",
            "src/main/resources/resources/split.js",
            "@/src/main/resources/resources",
        ),
    ] {
        let others = [(script, ""), ("resources/other.js", "")];
        let ir = described_at(topology, WORDS, &others, |_| ());
        let found = component(&ir, "split").cwd.as_deref();
        assert_eq!(found, Some(expected), "{topology}, {script}");
    }
}

#[test]
fn scripts_of_another_project_are_not_taken() {
    let others = [("resources/split.js", ""), ("mine/pom.xml", "")];
    let ir = described_at("mine/flux/t.yaml", WORDS, &others, |_| ());
    assert_eq!(component(&ir, "split").cwd.as_deref(), Some("@/mine/flux"));
}

#[test]
fn the_folder_that_was_named_is_taken() {
    let others = [("resources/split.js", ""), ("mine/lines.js", "")];
    let ir = described_at("t.yaml", WORDS, &others, |options| {
        options.others.resources = Some("mine".into());
    });
    assert_eq!(component(&ir, "split").cwd.as_deref(), Some("@/mine"));
    assert_eq!(
        told(&ir),
        ["10: warning: the script split.js of \"split\" is not in @/mine"]
    );
}

#[test]
fn scripts_that_are_nowhere_are_told() {
    let text = WORDS.replace("split.js", "-u\", \"/x/a.js\", \"split.js\", \"data.csv");
    let ir = described_at("t.yaml", &text, &[("lines.js", "")], |_| ());
    assert_eq!(
        told(&ir),
        ["10: warning: the script split.js of \"split\" is not in @"]
    );
}

#[test]
fn references_to_plain_values_are_looked_up() {
    let components = "components:\n  - {id: fields, className: org.apache.storm.tuple.Fields, constructorArgs: [[a, b]]}\n\
                      \x20 - {id: script, className: java.lang.String, constructorArgs: [x.js]}\n\
                      \x20 - id: env\n    className: java.util.Properties\n    configMethods: [{name: setProperty, args: [A, b]}]\n";
    let bolt = "className: org.apache.storm.flux.wrappers.bolts.FluxShellBolt\n\
                constructorArgs: [[node], {ref: fields}]\nconfigMethods: [{name: setEnv, args: [{ref: env}]}]";
    let ir = plain(&(with_bolt(bolt, "{type: ALL}") + components));
    assert_eq!(told(&ir), Vec::<String>::new());
    let count = component(&ir, "count");
    assert_eq!(count.streams["default"].fields, ["a", "b"]);
    assert_eq!(count.env["A"], "b");
}

#[test]
fn references_below_references_are_looked_up() {
    let components = "components:\n\
        \x20 - id: inner\n    className: java.util.HashMap\n    constructorArgs: [16]\n    configMethods: [{name: put, args: [A, b]}]\n\
        \x20 - id: outer\n    className: java.util.HashMap\n    constructorArgs: [{ref: inner}]\n    configMethods: [{name: put, args: [C, {ref: text}]}]\n\
        \x20 - {id: text, className: java.lang.String, constructorArgs: [d]}\n\
        \x20 - id: fields\n    className: java.util.ArrayList\n    configMethods: [{name: add, args: [x]}, {name: add, args: [{ref: text}]}]\n";
    let bolt = "className: org.apache.storm.flux.wrappers.bolts.FluxShellBolt\n\
                constructorArgs: [[node], [y]]\nproperties: [{name: env, ref: outer}, {name: defaultStream, ref: fields}]";
    let ir = plain(&(with_bolt(bolt, "{type: ALL}") + components));
    assert_eq!(told(&ir), Vec::<String>::new());
    let count = component(&ir, "count");
    assert_eq!(json!(count.env), json!({"A": "b", "C": "d"}));
    assert_eq!(count.streams["default"].fields, ["x", "d"]);
}

#[test]
fn references_that_cannot_be_looked_up_are_told() {
    let list = |args: &str, methods: &str| {
        format!(
            "{{id: a, className: java.util.ArrayList, constructorArgs: {args}, configMethods: {methods}}}"
        )
    };
    let doubled: Vec<String> = (0..20)
        .map(|nth| {
            let next = nth + 1;
            format!("{{id: a{nth}, className: java.util.ArrayList, constructorArgs: [{{reflist: [a{next}, a{next}]}}]}}")
        })
        .collect();
    let doubled = doubled.join("\n  - ").replace("id: a0", "id: a");
    let doubled = doubled + "\n  - {id: a20, className: java.lang.String, constructorArgs: [x]}";
    for (components, said) in [
        (
            list("[{ref: a}]", "[]"),
            "ref to \"a\" from what \"a\" is made of",
        ),
        (
            list("[]", "[{name: add, args: [{ref: a}]}]"),
            "ref to \"a\" from what \"a\" is made of",
        ),
        (
            list("[]", "[{name: clear, args: []}]"),
            "\"a\" cannot be told to clear here",
        ),
        (
            list("[{x: y}]", "[]"),
            "\"a\", of the class java.util.ArrayList, cannot be made of that",
        ),
        (
            "{id: a, className: java.lang.String}".into(),
            "\"a\" has no constructorArgs",
        ),
        (doubled, "leads to more than 10000 values in all"),
    ] {
        let text = WORDS.replace("[\"line\"]", "{ref: a}") + "components:\n  - " + &components;
        let ir = plain(&text);
        let told = told(&ir);
        assert!(
            told.iter().any(|one| one.contains(said)),
            "{said}: {told:?}"
        );
    }
}

#[test]
fn plain_scalars_stay_as_they_were_written_where_flux_wants_text() {
    let text = WORDS
        .replace("name: words", "name: 1.10")
        .replace("\"line\"", "y, n")
        .replace(
            "[\"node\", \"split.js\"]",
            "[node, split.js, -n, n, Y, 08, 0o17, 007, 1e3, yes, 5]",
        )
        .replace("id: split", "id: 0x10")
        .replace("to: split", "to: 0x10")
        .replace("type: SHUFFLE", "{type: FIELDS, args: [y], streamId: 010}")
        .replace("grouping:\n      ", "grouping: ")
        .replace(
            "id: lines",
            "id: 007\n    configMethods: [{name: setNamedStream, args: [\"010\", [y]]}]",
        )
        .replace("from: lines", "from: 007");
    let ir = plain(&text);
    assert_eq!(told(&ir), Vec::<String>::new());
    assert_eq!(ir.name, "1.10");
    assert_eq!(component(&ir, "007").streams["default"].fields, ["y", "n"]);
    let words = ["-n", "n", "Y", "08", "0o17", "007", "1e3", "yes", "5"];
    assert_eq!(component(&ir, "0x10").command[2..], words);
    let edge = ir.subscriptions.first().expect("one");
    assert_eq!(
        (edge.stream.as_str(), edge.fields.clone()),
        ("010", vec!["y".to_owned()])
    );
}

#[test]
fn settings_are_what_snakeyaml_takes_them_for() {
    let config = "config: {oct: 010, sex: 1:30, y: yes, n: n, 1: one, big: 12345678901234567890123, inf: .inf, text: '010'}\n";
    let ir = plain(&format!("{WORDS}{config}"));
    assert_eq!(
        Value::Object(ir.conf.clone()),
        json!({"oct": 8, "sex": 90, "y": true, "n": "n", "1": "one", "big": 1.234_567_890_123_456_8e22, "inf": null, "text": "010"})
    );
    assert_eq!(
        told(&ir),
        [
            "22: warning: 12345678901234567890123, in the setting big, has more than 64 bits and loses its last digits",
            "22: warning: .inf, in the setting inf, has no counterpart in JSON and becomes null"
        ]
    );
}

#[test]
fn quoted_numbers_and_flags_are_such_where_flux_wants_them() {
    let text = WORDS.replace("parallelism: 2", "parallelism: \"010\"\n    numTasks: '16'");
    let part = "name: part\nconfig: {a: 1}\n";
    let include =
        "config: {a: 2}\nincludes: [{file: part.yaml, resource: \"no\", override: \"true\"}]\n";
    let ir = described(&(text + include), &[("part.yaml", part)], |_| ());
    assert_eq!(told(&ir), Vec::<String>::new());
    let split = component(&ir, "split");
    assert_eq!(
        (split.parallelism, &split.conf["topology.tasks"]),
        (8, &json!(16))
    );
    assert_eq!((ir.name.as_str(), &ir.conf["a"]), ("part", &json!(1)));
}

#[test]
fn a_java_class_that_has_a_counterpart_is_left_to_the_checks() {
    let text = WORDS
        .replace(
            "org.apache.storm.flux.wrappers.spouts.FluxShellSpout",
            "org.example.RedisSpout",
        )
        .replace(
            "      - [\"node\", \"lines.js\"]\n      - [\"line\"]\n",
            "      - db\n      - 7000\n      - lines\n",
        );
    let ir = plain(&text);
    assert_eq!(
        component(&ir, "lines").java_class.as_deref(),
        Some("org.example.RedisSpout")
    );
    let options = serde_json::json!({"host": "db", "port": 7000, "key": "lines"});
    assert_eq!(serde_json::json!(component(&ir, "lines").options), options);
}

#[test]
fn what_needs_a_jvm_is_told_and_nothing_follows_from_it() {
    let text = WORDS
        .replace(
            "org.apache.storm.flux.wrappers.spouts.FluxShellSpout",
            "org.apache.storm.kafka.spout.KafkaSpout",
        )
        .replace("type: SHUFFLE", "type: FIELDS\n      args: [word]");
    let ir = plain(&text);
    assert_eq!(
        told(&ir),
        [
            "4: error: the spout \"lines\" is the Java class org.apache.storm.kafka.spout.KafkaSpout, and stormhost has no JVM"
        ]
    );
    assert_eq!(component(&ir, "lines").streams["default"].fields, ["word"]);
    let ir = plain(&format!(
        "{WORDS}topologySource: {{className: x.Y}}\nworkerHooks: []\n"
    ));
    assert_eq!(
        told(&ir),
        [
            "22: error: the topology is made by a Java class (topologySource), and stormhost has no JVM",
            "23: warning: worker hooks are Java and have no effect: stormhost has no workers"
        ]
    );
}

#[test]
fn the_log_bolt_of_flux_has_a_counterpart() {
    let ir = plain(&with_bolt(
        "className: org.apache.storm.flux.wrappers.bolts.LogInfoBolt",
        "{type: SHUFFLE}",
    ));
    assert_eq!(component(&ir, "count").builtin.as_deref(), Some("print"));
    assert_eq!(ir.mistakes[0].severity, Severity::Info);
}

#[test]
fn words_and_counters_of_storms_documents_have_counterparts() {
    let spout = WORDS.replace(
        "org.apache.storm.flux.wrappers.spouts.FluxShellSpout",
        "org.apache.storm.testing.TestWordSpout",
    );
    let counter = spout.replace(
        "org.apache.storm.flux.wrappers.bolts.FluxShellBolt",
        "org.apache.storm.testing.TestWordCounter",
    );
    let ir = plain(&counter);
    assert_eq!(told(&ir), Vec::<String>::new());
    for (id, class, fields) in [
        ("lines", "TestWordSpout", &["word"][..]),
        ("split", "TestWordCounter", &["word", "count"]),
    ] {
        let component = component(&ir, id);
        assert_eq!(
            (component.place.as_deref(), &component.command[2][..]),
            (Some("inside"), class)
        );
        assert!(
            component.command[1].ends_with("/stormhost/_storm_testing.lua"),
            "{:?}",
            component.command
        );
        assert_eq!(component.streams["default"].fields, fields);
    }
    let swapped = WORDS.replace(
        "org.apache.storm.flux.wrappers.bolts.FluxShellBolt",
        "org.apache.storm.testing.TestWordSpout",
    );
    assert_eq!(
        told(&plain(&swapped)),
        ["10: error: \"split\" is a bolt, but TestWordSpout is a spout"]
    );
}

#[test]
fn mistakes_are_told_with_their_lines_all_at_once() {
    let change = |from: &str, to: &str| {
        assert!(WORDS.contains(from), "{from}");
        WORDS.replace(from, to)
    };
    for (text, said) in [
        (
            change("spouts:", "spout:"),
            "4: error: a topology has no key `spout`",
        ),
        (
            change("name: words", "name: words\nconfig: 3"),
            "3: error: config is no map",
        ),
        (
            change("bolts:\n", "bolts:\n  - 3\n"),
            "10: error: an entry of `bolts` is no map",
        ),
        (
            change("bolts:\n", "components: {}\nbolts:\n"),
            "9: error: `components` is no list",
        ),
        (
            change("id: split", "ids: split"),
            "10: error: a bolt has no `id`",
        ),
        (
            change("parallelism: 2", "parallelism: two"),
            "15: error: `parallelism` is no whole number",
        ),
        (
            change("parallelism: 2", "paralelism: 2"),
            "15: error: a bolt has no key `paralelism`",
        ),
        (
            change("      - [\"line\"]", "      - []\n      - []"),
            "4: error: \"lines\" has 3 constructorArgs",
        ),
        (
            change("[\"line\"]", "line"),
            "8: error: the fields of the stream \"default\" of \"lines\" is no list of texts",
        ),
        (
            change("[\"node\", \"lines.js\"]", "node lines.js"),
            "7: error: the command of \"lines\" is no list of texts",
        ),
        (
            change("[\"line\"]", "{ref: fields}"),
            "8: error: ref to \"fields\", but no component of the file is called that",
        ),
        (
            change(
                "    className: \"org.apache.storm.flux.wrappers.spouts.FluxShellSpout\"\n",
                "",
            ),
            "4: error: \"lines\" has no `className`",
        ),
        (
            change("spouts.FluxShellSpout", "spouts.FluxShellBolt"),
            "4: error: \"lines\" is a spout, but its class is",
        ),
        (
            change("parallelism: 2", "factory: x"),
            "15: warning: `factory` of the shell component \"split\" has no effect",
        ),
        (
            change("parallelism: 2", "properties: [{name: envy, value: 1}]"),
            "15: error: the shell component \"split\" has no property \"envy\"",
        ),
        (
            change("parallelism: 2", "properties: [{name: env, value: 1}]"),
            "15: error: setEnv of \"split\" does not take [1]",
        ),
        (
            change("parallelism: 2", "properties: [{name: env}]"),
            "15: error: a property has either a `value` or a `ref`",
        ),
        (
            change("parallelism: 2", "config: [a]"),
            "15: error: config is no map",
        ),
        (
            change(
                "parallelism: 2",
                "configMethods: [{name: addConfig, args: [x]}]",
            ),
            "15: error: \"split\" has no config method \"addConfig\"",
        ),
        (
            change(
                "parallelism: 2",
                "configMethods: [{name: setEnv, args: [x]}]",
            ),
            "15: error: setEnv of \"split\" does not take [\"x\"]",
        ),
        (
            change("    from: lines\n", ""),
            "17: error: a stream has no `from`",
        ),
        (
            change("    grouping:\n      type: SHUFFLE\n", ""),
            "17: error: the stream from \"lines\" to \"split\" has no `grouping`",
        ),
        (
            change("type: SHUFFLE", "type: shuffle"),
            "21: error: \"shuffle\" is no type of grouping",
        ),
        (
            change("type: SHUFFLE", "type: FIELDS"),
            "21: error: the FIELDS grouping from \"lines\" to \"split\" has no `args`",
        ),
        (
            change("type: SHUFFLE", "type: CUSTOM"),
            "21: error: the CUSTOM grouping from \"lines\" to \"split\" has no `customClass`",
        ),
        (
            change(
                "type: SHUFFLE",
                "type: CUSTOM\n      customClass: {className: org.example.Mine}",
            ),
            "21: error: the grouping from \"lines\" to \"split\" is the Java class org.example.Mine",
        ),
        (
            change("type: SHUFFLE", "args: []"),
            "21: error: the grouping from \"lines\" to \"split\" has no `type`",
        ),
        (
            format!("{WORDS}includes:\n  - file: none.yaml\n"),
            "23: error: \"none.yaml\" is to be included, but is not there",
        ),
        (
            format!("{WORDS}includes:\n  - resource: true\n"),
            "23: error: an include names no `file`",
        ),
        (
            format!("{WORDS}  - {{from: lines, to: split, grouping: {{type: ALL}}}}\n"),
            "22: warning: \"split\" listens to the stream",
        ),
        (
            change(
                "bolts:\n",
                "  - id: lines\n    className: x.FluxShellSpout\n    constructorArgs: [[x]]\nbolts:\n",
            ),
            "9: warning: a second spout is called \"lines\"; it takes the place of the first",
        ),
        (
            format!("{WORDS}includes: [{{file: t.yaml, override: maybe}}]\n"),
            "22: error: `override` of an include is no flag",
        ),
        (
            format!("{WORDS}---\nname: second\n"),
            "22: error: this is no YAML that Flux can read: a second document begins here",
        ),
        (format!("{WORDS}x: [\n"), "error: this is no YAML"),
    ] {
        let ir = plain(&text);
        assert!(
            told(&ir).iter().any(|one| one.contains(said)),
            "{said}: {:?}",
            told(&ir)
        );
    }
    let several =
        change("parallelism: 2", "paralelism: 2").replace("type: SHUFFLE", "type: SHUFLE");
    assert_eq!(told(&plain(&several)).len(), 2);
}
