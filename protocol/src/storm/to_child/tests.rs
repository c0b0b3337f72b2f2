use super::*;
use crate::transcode;

/// Writes in both encodings; the MessagePack must say the same as the JSON, which is returned.
fn written(write: impl Fn(Encoding, &mut Vec<u8>)) -> String {
    let (mut json, mut msgpack) = (Vec::new(), Vec::new());
    write(Encoding::Json, &mut json);
    write(Encoding::Msgpack, &mut msgpack);
    let json = String::from_utf8(json).unwrap();
    let text = json.strip_suffix("\nend\n").unwrap();
    assert!(!text.contains('\n'), "{text}");
    let value: Value = serde_json::from_str(text).unwrap();
    assert_eq!(rmp_serde::from_slice::<Value>(&msgpack).unwrap(), value);
    text.to_owned()
}

fn raw(encoding: Encoding, json: &str) -> Vec<u8> {
    let mut out = Vec::new();
    transcode(Encoding::Json, encoding, json.as_bytes(), &mut out).unwrap();
    out
}

#[test]
fn commands_carry_an_id_even_if_it_is_empty() {
    let next = written(|encoding, out| write_command(encoding, "next", None, out));
    assert_eq!(next, r#"{"command":"next","id":""}"#);
    for id in [r#""m1""#, "0", "[1,2]", "null"] {
        let ack =
            written(|encoding, out| write_command(encoding, "ack", Some(&raw(encoding, id)), out));
        assert_eq!(ack, format!(r#"{{"command":"ack","id":{id}}}"#));
    }
}

#[test]
fn task_ids_are_a_bare_list() {
    assert_eq!(
        written(|encoding, out| write_task_ids(encoding, &[], out)),
        "[]"
    );
    assert_eq!(
        written(|encoding, out| write_task_ids(encoding, &[3, 70_000], out)),
        "[3,70000]"
    );
    let many: Vec<u32> = (1..=40).collect();
    assert_eq!(
        written(|encoding, out| write_task_ids(encoding, &many, out)),
        serde_json::to_string(&many).unwrap()
    );
}

#[test]
fn tuples_have_five_members_and_text_for_an_id() {
    let tuple = written(|encoding, out| {
        let values = [
            raw(encoding, r#""a""#),
            raw(encoding, "1"),
            raw(encoding, r#"{"k":[null]}"#),
        ];
        TupleHead::new(encoding, Some("w\"x"), "default").write(
            -8123,
            2,
            values.iter().map(Vec::as_slice),
            out,
        );
    });
    assert_eq!(
        tuple,
        r#"{"id":"-8123","comp":"w\"x","stream":"default","task":2,"tuple":["a",1,{"k":[null]}]}"#
    );
    let long = written(|encoding, out| {
        let value = raw(encoding, "7");
        TupleHead::new(encoding, Some("w"), "s").write(
            i64::MAX,
            2,
            std::iter::repeat_n(value.as_slice(), 20),
            out,
        );
    });
    assert!(long.contains(r#""id":"9223372036854775807""#), "{long}");
}

#[test]
fn a_heartbeat_has_no_component() {
    let heartbeat = written(|encoding, out| write_heartbeat(encoding, 55, out));
    assert_eq!(
        heartbeat,
        r#"{"id":"55","comp":null,"stream":"__heartbeat","task":-1,"tuple":[]}"#
    );
}

#[test]
fn ticks_come_from_the_system() {
    let tick = written(|encoding, out| {
        let value = raw(encoding, "5");
        TupleHead::new(encoding, Some("__system"), "__tick").write(77, -1, [value.as_slice()], out);
    });
    assert_eq!(
        tick,
        r#"{"id":"77","comp":"__system","stream":"__tick","task":-1,"tuple":[5]}"#
    );
}

#[test]
fn the_setup_object_may_hold_anything() {
    let setup = serde_json::json!({
        "conf": {"topology.debug": false, "float": 1.5, "big": u64::MAX, "none": null, "text": "a\n\u{2028}é"},
        "pidDir": "/run/x",
        "context": {"task->component": {"1": "words"}, "taskid": 1, "streams": ["default"]}
    });
    let json = written(|encoding, out| write_setup(encoding, &setup, out));
    assert_eq!(json, setup.to_string());
}

#[test]
fn a_value_that_was_pretty_printed_goes_on_one_line() {
    let mut out = Vec::new();
    let value: &[u8] = b"[\n  1,\r\n  \"a\\nb\"\n]";
    TupleHead::new(Encoding::Json, Some("w"), "s").write(1, 2, [value], &mut out);
    write_command(Encoding::Json, "ack", Some(value), &mut out);
    let text = String::from_utf8(out).unwrap();
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(!text.contains('\r'));
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["tuple"], serde_json::json!([[1, "a\nb"]]));
}

#[test]
fn messages_are_appended() {
    let mut out = b"before".to_vec();
    write_task_ids(Encoding::Json, &[1], &mut out);
    write_task_ids(Encoding::Msgpack, &[1], &mut out);
    assert_eq!(out, b"before[1]\nend\n\x91\x01");
}
