use serde_json::json;

use super::*;
use crate::frontend::tests::{component, told};
use crate::topology::Kind;

const WORDS: &str = "\
name: words
ackers: 1
max_spout_pending: 10
topology:
  - spout:
      name: lines
      module: words.lines
      options: {file: a.txt}
  - bolt:
      name: count
      module: words.count
      parallelism_hint: 2
      tasks: 4
      tick_freq_secs: 1.5
      groupings:
        - fields_grouping:
            component: lines
            fields: [line]
        - shuffle_grouping:
            component: lines
            stream: late
";

/// What a file describes whose modules say this of themselves; one that says nothing here raises.
fn ir(text: &str, modules: &[(&str, serde_json::Value)]) -> Ir {
    let folder = tempfile::tempdir().expect("a folder");
    let python = Interpreter {
        path: "/python".into(),
        found_by: String::new(),
    };
    let home = Home {
        file: "t.yaml",
        folder: folder.path(),
        python: &python,
    };
    let mut told = Told::default();
    let whole = Definition::parse(home.file, text, home.folder, &mut told);
    let named = whole.components.iter().filter_map(|it| it.module.as_ref());
    let found = named.map(|module| {
        let said = modules.iter().find(|(name, _)| *name == module.name);
        let described = said.map(|(_, said)| serde_json::from_value(said.clone()).expect("shape"));
        let raised = || NotDescribed::Failed {
            last_line: "NameError: x".into(),
            whole: "Traceback".into(),
        };
        (module.name.clone(), described.ok_or_else(raised))
    });
    let found = found.collect();
    described(whole, found, &home, told)
}

/// The same of modules that are as `WORDS` has them.
fn words(text: &str) -> Ir {
    ir(
        text,
        &[
            (
                "words.lines",
                json!({"component_type": "spout", "output_fields": {"default": ["line"], "late": ["line"]}, "options": ["file"]}),
            ),
            (
                "words.count",
                json!({"component_type": "bolt", "output_fields": {"default": null}, "options": null}),
            ),
        ],
    )
}

#[test]
fn a_topology_is_described_by_its_file_and_its_modules() {
    let ir = words(WORDS);
    assert_eq!(told(&ir), Vec::<String>::new());
    assert_eq!(
        (ir.name.as_str(), ir.language.as_str()),
        ("words", "pyleus")
    );
    assert_eq!(
        json!(ir.conf),
        json!({"topology.acker.executors": 1, "topology.max.spout.pending": 10})
    );
    let lines = component(&ir, "lines");
    assert_eq!(lines.kind, Kind::Spout);
    assert_eq!(
        lines.command,
        [
            "/python",
            "-m",
            "words.lines",
            "--options",
            "{\"file\":\"a.txt\"}",
            "--pyleus-config",
            "{\"logging_config_path\":null,\"serializer\":\"json\"}"
        ]
    );
    assert_eq!(lines.streams["late"].fields, ["line"]);
    let count = component(&ir, "count");
    assert_eq!((count.kind, count.parallelism), (Kind::Bolt, 2));
    assert_eq!(
        json!(count.conf),
        json!({"topology.tasks": 4, "topology.tick.tuple.freq.secs": 1.5})
    );
    assert!(count.streams.is_empty(), "{:?}", count.streams);
    let edges: Vec<_> = ir
        .subscriptions
        .iter()
        .map(|edge| {
            let line = edge.at.as_ref().map_or(0, |at| at.line);
            (
                edge.grouping.as_str(),
                edge.stream.as_str(),
                edge.fields.join(","),
                line,
            )
        })
        .collect();
    assert_eq!(
        edges,
        [
            ("fields", "default", "line".to_owned(), 16),
            ("shuffle", "late", String::new(), 19)
        ]
    );
}

#[test]
fn every_grouping_may_be_a_name_or_a_map() {
    let lines: String = ["shuffle", "local_or_shuffle", "global", "all", "none"]
        .map(|kind| format!("        - {kind}_grouping: lines\n"))
        .concat();
    let (head, _) = WORDS
        .split_once("        - fields_grouping")
        .expect("there");
    let ir = words(&format!("{head}{lines}"));
    assert_eq!(told(&ir), Vec::<String>::new());
    let kinds: Vec<&str> = ir
        .subscriptions
        .iter()
        .map(|it| it.grouping.as_str())
        .collect();
    assert_eq!(
        kinds,
        ["shuffle", "local_or_shuffle", "global", "all", "none"]
    );
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    for (old, new, expected) in [
        (
            "name: words",
            "# nothing",
            "2: error: the topology has no `name`",
        ),
        (
            "ackers: 1",
            "max_shellbot_pending: 1",
            "2: warning: a topology has no key `max_shellbot_pending`; pyleus leaves it out, and so it is here",
        ),
        (
            "ackers: 1",
            "serializer: xml",
            "2: error: pyleus has no serializer \"xml\"",
        ),
        (
            "ackers: 1",
            "logging_config: x.ini",
            "2: error: `logging_config` names \"x.ini\", which is not there",
        ),
        (
            "- spout:",
            "- sprout:",
            "5: error: this is neither a spout nor a bolt",
        ),
        ("      name: lines\n", "", "6: error: a spout has no `name`"),
        (
            "module: words.lines",
            "modul: words.lines",
            "7: error: a spout has no key `modul` / 6: error: the spout \"lines\" has no `module`",
        ),
        (
            "module: words.lines",
            "type: kafka",
            "7: error: \"lines\" is Storm's Kafka spout in Java, and stormhost has no JVM",
        ),
        (
            "module: words.lines",
            "type: java",
            "6: error: \"lines\" is of the type \"java\"",
        ),
        (
            "module: words.lines",
            "module: words.count",
            "7: error: \"lines\" stands as a spout, but its module has a bolt",
        ),
        (
            "module: words.lines",
            "module: words.other",
            "7: error: \"lines\": its module words.other fails: NameError: x",
        ),
        (
            "{file: a.txt}",
            "{fiel: a.txt}",
            "8: error: \"lines\" has no option `fiel`",
        ),
        (
            "{file: a.txt}",
            "[file]",
            "8: error: `options` of \"lines\" is no map",
        ),
        (
            "hint: 2",
            "hint: two",
            "12: error: `parallelism_hint` is no whole number",
        ),
        (
            "secs: 1.5",
            "secs: often",
            "14: error: `tick_freq_secs` is no number",
        ),
        (
            "- fields_grouping",
            "- direct_grouping",
            "16: error: \"count\" has a grouping `direct_grouping`, which pyleus does not know",
        ),
        (
            "            fields: [line]\n",
            "",
            "16: error: `fields_grouping` of \"count\" has no list of `fields`",
        ),
        (
            "            stream: late",
            "            fields: [line]",
            "21: error: `shuffle_grouping` has no key `fields`",
        ),
        (
            "component: lines\n            stream: late",
            "stream: late",
            "19: error: `shuffle_grouping` of \"count\" names no component",
        ),
    ] {
        assert!(WORDS.contains(old), "{old}");
        let ir = words(&WORDS.replacen(old, new, 1));
        assert_eq!(told(&ir).join(" / "), expected, "{new}");
    }
}

#[test]
fn what_is_no_topology_at_all_is_told() {
    for (text, expected) in [
        ("topology: [", "this is no YAML"),
        (
            "name: x\ntopology:\n",
            "`topology` is no list of components",
        ),
        (
            "name: x\ntopology:\n- spout:\n  name: a\n",
            "a spout says nothing of itself",
        ),
    ] {
        let told = told(&words(text)).join(" / ");
        assert!(told.contains(expected), "{text}: {told}");
    }
}

#[test]
fn what_is_told_of_a_component_brings_no_mistakes_of_its_listeners() {
    let ir = words(&WORDS.replace("module: words.lines", "type: kafka"));
    let lines = component(&ir, "lines");
    assert_eq!(lines.streams["default"].fields, ["line"]);
    assert!(lines.streams.contains_key("late"));
}

#[test]
fn a_python_without_pyleus_is_told_once() {
    let mut told_of = Told::default();
    let python = Interpreter {
        path: "/python".into(),
        found_by: String::new(),
    };
    let home = Home {
        file: "t.yaml",
        folder: Path::new("/t"),
        python: &python,
    };
    let whole = Definition::parse(home.file, WORDS, home.folder, &mut told_of);
    let why = || Err(NotDescribed::NoPyleus("No module named 'pyleus'".into()));
    let found = [
        ("words.lines".to_owned(), why()),
        ("words.count".to_owned(), why()),
    ];
    let ir = described(whole, found.into(), &home, told_of);
    assert_eq!(
        told(&ir),
        [
            "0: error: this is a topology of pyleus, which /python cannot import: No module named 'pyleus'"
        ]
    );
}
