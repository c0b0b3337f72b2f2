use super::*;

/// Parses a message in JSON, and the same translated to MessagePack; both must say the same. Raw values are compared as JSON.
fn parse(json: &str) -> Result<String, ProtocolError> {
    let mut msgpack = Vec::new();
    crate::transcode(
        Encoding::Json,
        Encoding::Msgpack,
        json.as_bytes(),
        &mut msgpack,
    )
    .unwrap();
    let limits = Limits::default();
    let first = FromChild::parse(Encoding::Json, json.as_bytes(), &limits)
        .map(|message| said(Encoding::Json, message));
    let second = FromChild::parse(Encoding::Msgpack, &msgpack, &limits)
        .map(|message| said(Encoding::Msgpack, message));
    if let (Ok(first), Ok(second)) = (&first, &second) {
        assert_eq!(first, second);
    }
    assert_eq!(first.is_ok(), second.is_ok(), "{json}");
    first
}

fn said(encoding: Encoding, message: FromChild<'_>) -> String {
    let raw = |bytes: &[u8]| crate::to_json_text(encoding, bytes);
    match message {
        FromChild::Emit(emit) => {
            let values: Vec<_> = emit.row.values().map(raw).collect();
            assert_eq!(values.len(), emit.row.len);
            let mut said = format!("emit {}", values.join(" "));
            said.extend(emit.stream.map(|stream| format!(" on {stream}")));
            said.extend(emit.id.map(|id| format!(" id {}", raw(id))));
            said.extend(
                emit.anchors
                    .iter()
                    .map(|anchor| format!(" anchor {anchor}")),
            );
            said.extend(emit.task.map(|task| format!(" to {task}")));
            said.extend((!emit.need_task_ids).then_some(" blind"));
            said
        }
        FromChild::Ack { id } => format!("ack {id}"),
        FromChild::Fail { id } => format!("fail {id}"),
        FromChild::Log { level, message } => format!("log {level:?} {message}"),
        FromChild::Error { message } => format!("error {message}"),
        FromChild::Metrics { name, params } => {
            format!("metrics {name} {}", params.map_or("none".to_owned(), raw))
        }
        FromChild::Sync => "sync".to_owned(),
        FromChild::Done => "done".to_owned(),
        FromChild::Finished => "finished".to_owned(),
        FromChild::Wait => "wait".to_owned(),
        FromChild::DeadLetter {
            row,
            stream,
            message,
        } => format!(
            "dead_letter {} on {} since {message}",
            raw(row.list),
            stream.as_deref().unwrap_or("none")
        ),
        FromChild::Unknown { command } => format!("unknown {command}"),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (json, expected) in cases {
        assert_eq!(parse(json).as_deref(), Ok(*expected), "{json}");
    }
}

/// The member that is complained about, and what is seen in its place.
fn refused(json: &str) -> (&'static str, String) {
    match parse(json) {
        Err(ProtocolError::Member { member, seen, .. }) => (member, seen),
        other => panic!("{json}: {other:?}"),
    }
}

#[test]
fn dead_letters() {
    check(&[
        (
            r#"{"command":"dead_letter","tuple":["a",1],"stream":"late","msg":"why"}"#,
            r#"dead_letter ["a",1] on late since why"#,
        ),
        (
            r#"{"command":"dead_letter","tuple":[]}"#,
            "dead_letter [] on none since null",
        ),
    ]);
    assert_eq!(
        refused(r#"{"command":"dead_letter"}"#),
        ("tuple", "missing".into())
    );
}

#[test]
fn emits() {
    check(&[
        (r#"{"command":"emit","tuple":[]}"#, "emit "),
        (
            r#"{"command":"emit","tuple":["a",1,[2,{"b":null}]]}"#,
            r#"emit "a" 1 [2,{"b":null}]"#,
        ),
        (r#"{"tuple":["a",1],"command":"emit"}"#, r#"emit "a" 1"#),
        (
            r#"{"command":"emit","tuple":[1],"stream":"late","task":0,"id":null,"anchors":null,"need_task_ids":null}"#,
            "emit 1 on late",
        ),
        (
            r#"{"command":"emit","tuple":[1],"stream":null,"task":null,"anchors":[]}"#,
            "emit 1",
        ),
        (
            r#"{"command":"emit","tuple":[1],"anchors":["-81","7"],"need_task_ids":false}"#,
            "emit 1 anchor -81 anchor 7 blind",
        ),
        (
            r#"{"command":"emit","tuple":[1],"anchors":"-81","need_task_ids":true}"#,
            "emit 1 anchor -81",
        ),
        (
            r#"{"command":"emit","tuple":[1],"anchors":[5,18446744073709551615]}"#,
            "emit 1 anchor 5 anchor 18446744073709551615",
        ),
        (r#"{"command":"emit","tuple":[1],"task":9}"#, "emit 1 to 9"),
        (
            r#"{"command":"emit","tuple":[1],"task":9.0}"#,
            "emit 1 to 9",
        ),
        (
            r#"{"command":"emit","tuple":[1],"future":{"a":[1]}}"#,
            "emit 1",
        ),
        (r#"{"command":"emit","tuple":[1],"tuple":[2]}"#, "emit 2"),
        (r#"{"\u0063ommand":"em\u0069t","t\u0075ple":[1]}"#, "emit 1"),
    ]);
}

#[test]
fn any_value_but_null_is_a_message_id() {
    for id in ["0", r#""""#, r#""m1""#, "false", "1.5", "[1]", r#"{"a":1}"#] {
        let json = format!(r#"{{"command":"emit","tuple":[],"id":{id}}}"#);
        assert_eq!(
            parse(&json).as_deref(),
            Ok(format!("emit  id {id}").as_str())
        );
    }
}

#[test]
fn what_only_json_or_only_messagepack_can_say_passes_in_a_tuple() {
    let limits = Limits::default();
    let json =
        br#"{"command":"emit","tuple":[NaN, -Infinity, 123456789012345678901234567890, "\ud800"]}"#;
    let message = FromChild::parse(Encoding::Json, json, &limits).unwrap();
    assert_eq!(
        said(Encoding::Json, message),
        r#"emit NaN -Infinity 123456789012345678901234567890 "\ud800""#
    );
    let msgpack = b"\x82\xa7command\xa4emit\xa5tuple\x93\xc4\x02ab\xa2\xff\xfe\x81\x01\x02";
    let message = FromChild::parse(Encoding::Msgpack, msgpack, &limits).unwrap();
    assert_eq!(
        said(Encoding::Msgpack, message),
        "emit <2 bytes> \"\u{fffd}\u{fffd}\" {1:2}"
    );
}

#[test]
fn bytes_and_old_raw_pass_for_text_in_messagepack() {
    let limits = Limits::default();
    for message in [
        &b"\x82\xc4\x07command\xc4\x03ack\xc4\x02id\xc4\x015"[..],
        b"\xde\0\x02\xda\0\x07command\xda\0\x03ack\xdb\0\0\0\x02id\xda\0\x015",
        b"\x82\xd9\x07command\xd9\x03ack\xa2id\x05",
    ] {
        let parsed = FromChild::parse(Encoding::Msgpack, message, &limits).unwrap();
        assert_eq!(said(Encoding::Msgpack, parsed), "ack 5");
    }
}

#[test]
fn a_tuple_is_a_list() {
    assert_eq!(
        refused(r#"{"command":"emit"}"#),
        ("tuple", "missing".to_owned())
    );
    for other in ["null", r#""word""#, r#"{"a":1}"#, "5"] {
        assert_eq!(
            refused(&format!(r#"{{"command":"emit","tuple":{other}}}"#)),
            ("tuple", other.to_owned())
        );
    }
}

#[test]
fn members_of_the_wrong_type_are_named() {
    for (member, value) in [
        ("stream", "5"),
        ("stream", "[]"),
        ("anchors", "{}"),
        ("anchors", "true"),
        ("anchors", "[null]"),
        ("anchors", "[[]]"),
        ("task", r#""9""#),
        ("task", "-1"),
        ("task", "1.5"),
        ("task", "4294967296"),
        ("need_task_ids", "0"),
        ("need_task_ids", r#""no""#),
    ] {
        let json = format!(r#"{{"command":"emit","tuple":[],"{member}":{value}}}"#);
        assert_eq!(refused(&json), (member, value.to_owned()));
    }
    for command in ["ack", "fail"] {
        assert_eq!(
            refused(&format!(r#"{{"command":"{command}"}}"#)),
            ("id", "missing".to_owned())
        );
        for id in ["null", "1.5", "[]", "true"] {
            assert_eq!(
                refused(&format!(r#"{{"command":"{command}","id":{id}}}"#)),
                ("id", id.to_owned())
            );
        }
    }
    assert_eq!(
        refused(r#"{"command":"metrics","params":1}"#),
        ("name", "missing".to_owned())
    );
    for name in [r#""""#, "5", "null"] {
        assert_eq!(
            refused(&format!(r#"{{"command":"metrics","name":{name}}}"#)),
            ("name", name.to_owned())
        );
    }
}

#[test]
fn acks_and_fails() {
    check(&[
        (r#"{"command":"ack","id":"-8123"}"#, "ack -8123"),
        (r#"{"command":"ack","id":-8123}"#, "ack -8123"),
        (
            r#"{"command":"ack","id":18446744073709551615}"#,
            "ack 18446744073709551615",
        ),
        (r#"{"command":"fail","id":""}"#, "fail "),
    ]);
}

#[test]
fn log_levels_are_storms() {
    for (level, expected) in [
        ("0", "Trace"),
        ("1", "Debug"),
        ("2", "Info"),
        ("3", "Warn"),
        ("4", "Error"),
        ("5", "Info"),
        ("-1", "Info"),
        ("3.0", "Warn"),
        ("3.5", "Info"),
        ("null", "Info"),
        (r#""error""#, "Info"),
        ("[4]", "Info"),
    ] {
        let json = format!(r#"{{"command":"log","msg":"m","level":{level}}}"#);
        assert_eq!(
            parse(&json).as_deref(),
            Ok(format!("log {expected} m").as_str())
        );
    }
    check(&[(r#"{"command":"log","msg":"m"}"#, "log Info m")]);
}

#[test]
fn a_log_line_is_never_lost_for_its_type() {
    check(&[
        (r#"{"command":"log"}"#, "log Info null"),
        (r#"{"command":"log","msg":null}"#, "log Info null"),
        (
            r#"{"command":"log","msg":{"a":[1]}}"#,
            r#"log Info {"a":[1]}"#,
        ),
        (r#"{"command":"error","msg":5}"#, "error 5"),
        (
            r#"{"command":"error","msg":"two\nlines"}"#,
            "error two\nlines",
        ),
    ]);
}

#[test]
fn metrics_keep_their_params_raw() {
    check(&[
        (
            r#"{"command":"metrics","name":"n","params":[1]}"#,
            "metrics n [1]",
        ),
        (
            r#"{"command":"metrics","name":"n","params":null}"#,
            "metrics n none",
        ),
        (r#"{"command":"metrics","name":"n"}"#, "metrics n none"),
    ]);
}

#[test]
fn the_rest() {
    check(&[
        (r#"{"command":"sync"}"#, "sync"),
        (r#"{"command":"done"}"#, "done"),
        (r#"{"command":"finished"}"#, "finished"),
        (r#"{"command":"wait"}"#, "wait"),
        (r#"{"command":"dance","tuple":5}"#, "unknown dance"),
        (r#"{"command":""}"#, "unknown "),
    ]);
}

#[test]
fn every_command_that_is_listed_is_known() {
    for command in COMMANDS {
        let json = format!(r#"{{"command":"{command}","tuple":[],"id":"1","name":"n"}}"#);
        assert!(
            parse(&json).is_ok_and(|said| said.starts_with(command)),
            "{command}"
        );
    }
}

#[test]
fn what_is_no_message_is_refused() {
    fn parse(json: &str) -> Result<FromChild<'_>, ProtocolError> {
        FromChild::parse(Encoding::Json, json.as_bytes(), &Limits::default())
    }
    for json in ["{}", r#"{"pid":1}"#, r#"{"command":null}"#] {
        assert!(
            matches!(parse(json), Err(ProtocolError::NoCommand { .. })),
            "{json}"
        );
    }
    for json in ["[1]", "5", r#""emit""#, "null"] {
        assert!(
            matches!(parse(json), Err(ProtocolError::NotAnObject { .. })),
            "{json}"
        );
    }
    assert!(matches!(
        parse(r#"{"command":5}"#),
        Err(ProtocolError::Member {
            member: "command",
            ..
        })
    ));
    for json in [
        "",
        "{",
        r#"{"command":"sync"} x"#,
        "{'command':'sync'}",
        r#"{"command":"emit","tuple":[1}"#,
        r#"{"command":"emit","tuple":[01]}"#,
    ] {
        assert!(
            matches!(parse(json), Err(ProtocolError::Malformed { .. })),
            "{json}"
        );
    }
    let latin = FromChild::parse(
        Encoding::Json,
        b"{\"command\":\"log\",\"msg\":\"\xe9\"}",
        &Limits::default(),
    );
    assert!(matches!(latin, Err(ProtocolError::NotUtf8 { .. })));
}

#[test]
fn depth_is_limited() {
    let limits = Limits {
        depth: 3,
        ..Limits::default()
    };
    for (value, fits) in [("[]", true), ("[[]]", false)] {
        let json = format!(r#"{{"command":"emit","tuple":[{value}]}}"#);
        let parsed = FromChild::parse(Encoding::Json, json.as_bytes(), &limits);
        assert_eq!(parsed.is_ok(), fits, "{json}");
    }
}

#[test]
fn errors_show_what_came_and_what_to_try() {
    let error = parse(r#"{"command":"emit","tuple":"word"}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"in a message `emit`, `tuple` must be a list of values, but it is "word""#
    );
    let error = FromChild::parse(Encoding::Json, b"{'a': 1}", &Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a message could not be read: at byte 1: a key in double quotes is missing. It begins: {'a': 1}. Did something else print to standard output?"
    );
}
