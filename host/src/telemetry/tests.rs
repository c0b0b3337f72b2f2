use super::*;
use std::sync::{Arc, Mutex};

/// What a log that looks like this makes of what happens in it. Times are cut off.
fn logged(format: LogFormat, level: &str, colours: bool, act: impl FnOnce()) -> Vec<String> {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let lines = Lines {
        format,
        colours,
        passes_children_on: false,
        write: move |line| sink.lock().unwrap().push(line),
    };
    tracing::subscriber::with_default(
        Registry::default().with(lines.with_filter(filter(level).unwrap())),
        act,
    );
    let written = written.lock().unwrap();
    written
        .iter()
        .map(|line: &String| line.strip_suffix('\n').unwrap().into())
        .collect()
}

fn text(act: impl FnOnce()) -> Vec<String> {
    let cut = |line: &String| {
        let (time, rest) = line.split_at("12:03:04.123 ".len());
        assert!(
            time.chars().filter(char::is_ascii_digit).count() == 9,
            "{line}"
        );
        rest.to_owned()
    };
    logged(LogFormat::Text, "trace", false, act)
        .iter()
        .map(cut)
        .collect()
}

const SPLIT: Speaker<'static> = Speaker {
    component: "split",
    task: 3,
    pid: 4242,
};

#[test]
fn text_is_short() {
    let said = text(|| {
        tracing::info!("the run begins");
        tracing::warn!(
            component = "split",
            task = 3,
            pid = 4242,
            "was killed by SIGKILL"
        );
        tracing::error!(component = "count", "has no tasks");
        tracing::debug!(
            tuples = 5,
            quiet = true,
            share = 0.5,
            path = "/a b",
            word = "x",
            none = "",
            "looked"
        );
        child_said(SPLIT, Level::INFO, "stderr", "hello");
        child_said(SPLIT, Level::TRACE, "log", "details");
    });
    assert_eq!(
        said,
        [
            "INFO  the run begins",
            "WARN  split[3] was killed by SIGKILL pid=4242",
            "ERROR count has no tasks",
            "DEBUG looked tuples=5 quiet=true share=0.5 path=\"/a b\" word=x none=\"\"",
            "INFO  split[3] stderr: hello",
            "TRACE split[3] log: details",
        ]
    );
}

#[test]
fn what_children_write_cannot_move_the_cursor() {
    let said = text(|| {
        for line in [
            "\x1b[1;31mred\x1b[0m",
            "a\x1b[2Jb",
            "bell\x07",
            "tab\there",
            "\x1b]0;title\x07",
            "cut \x1b[",
            "one\ntwo\n",
        ] {
            child_said(SPLIT, Level::INFO, "stderr", line);
        }
    });
    let rest: Vec<&str> = said
        .iter()
        .map(|line| line.strip_prefix("INFO  split[3] stderr: ").unwrap())
        .collect();
    assert_eq!(
        rest,
        [
            "red",
            "ab",
            "bell\\u{7}",
            "tab\there",
            "\\u{1b}]0;title\\u{7}",
            "cut ",
            "one\n    two"
        ]
    );
}

#[test]
fn levels_have_colours_where_they_matter() {
    let said = logged(LogFormat::Text, "info", true, || {
        tracing::info!("calm");
        tracing::warn!("careful");
        tracing::error!("alas");
    });
    assert!(said[0].ends_with(" INFO  calm"), "{said:?}");
    assert!(
        said[1].ends_with("\x1b[33mWARN \x1b[0m careful"),
        "{said:?}"
    );
    assert!(said[2].ends_with("\x1b[31mERROR\x1b[0m alas"), "{said:?}");
}

#[test]
fn json_has_every_field() {
    let said = logged(LogFormat::Json, "info", false, || {
        child_said(SPLIT, Level::WARN, "stdout", "two\nlines \x1b[0m")
    });
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&said[0]).unwrap();
    assert!(!said[0].contains('\n'));
    let names: Vec<&String> = object.keys().collect();
    assert_eq!(
        names,
        [
            "time",
            "level",
            "target",
            "component",
            "task",
            "pid",
            "stream",
            "message"
        ]
    );
    let rest = serde_json::json!([
        "warn",
        "child",
        "split",
        3,
        4242,
        "stdout",
        "two\nlines \u{1b}[0m"
    ]);
    assert_eq!(
        object
            .values()
            .skip(1)
            .cloned()
            .collect::<serde_json::Value>(),
        rest
    );
    let time: jiff::Timestamp = object["time"].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(time).as_secs() < 60);
}

#[test]
fn levels_are_obeyed() {
    let act = || {
        tracing::debug!(target: "stormhost::link", "link");
        tracing::debug!(target: "stormhost::flow", "flow");
        tracing::info!(target: "stormhost::flow", "info");
    };
    for (level, expected) in [
        ("", &["info"][..]),
        ("info", &["info"]),
        ("WARN", &[]),
        ("off", &[]),
        ("debug", &["link", "flow", "info"]),
        ("warn,stormhost::link=debug", &["link"]),
    ] {
        let said = logged(LogFormat::Text, level, false, act);
        let words: Vec<&str> = said
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap())
            .collect();
        assert_eq!(words, expected, "{level}");
    }
}

#[test]
fn what_is_no_level_is_told() {
    for level in ["loud", "info,stormhost=loud", "a=b=c"] {
        let said = filter(level).unwrap_err().to_string();
        assert!(
            said.contains(level) && said.contains("try error, warn"),
            "{said}"
        );
    }
}

#[test]
fn a_log_file_that_cannot_be_written_is_told() {
    let options = LogOptions {
        file: Some("/no/such/folder/log".into()),
        ..LogOptions::default()
    };
    let said = Telemetry::start(&options).unwrap_err().to_string();
    assert!(
        said.contains("the log file /no/such/folder/log cannot be opened"),
        "{said}"
    );
}
