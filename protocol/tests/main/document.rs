use serde_json::Value;
use stormhost_protocol::storm::{COMMANDS, parse_hello};
use stormhost_protocol::{Encoding, FromChild, Limits, hash_fields, task_index, transcode, whole};

use crate::file;
use crate::keys::bytes;

/// What stands under a heading, down to the next one of any level.
fn section(heading: &str) -> String {
    let document = file("protocol/PROTOCOL.md");
    let mut lines = document.lines().skip_while(|line| *line != heading);
    assert_eq!(lines.next(), Some(heading));
    let mut fenced = false;
    lines
        .take_while(|line| {
            fenced ^= line.starts_with("```");
            fenced || !line.starts_with('#')
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// The tables under a heading, without their heads: tables of rows of cells.
fn tables(heading: &str) -> Vec<Vec<Vec<String>>> {
    let text = section(heading);
    let mut tables = vec![Vec::new()];
    for line in text.lines() {
        match line
            .strip_prefix('|')
            .and_then(|line| line.strip_suffix('|'))
        {
            Some(row) => {
                let cells = row
                    .split(" |")
                    .map(|cell| cell.trim_start_matches('|').trim().to_owned());
                tables.last_mut().unwrap().push(cells.collect::<Vec<_>>());
            }
            None => tables.push(Vec::new()),
        }
    }
    tables.retain(|table| table.len() > 2);
    tables.iter().map(|table| table[2..].to_vec()).collect()
}

/// What stands in backticks in a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn transcripts_are_understood() {
    let limits = Limits::default();
    let text = section("### Whose turn");
    let (mut from_host, mut from_child) = (0, 0);
    for line in text.lines() {
        if let Some(message) = line.strip_prefix("> ") {
            from_host += 1;
            assert_eq!(
                whole(Encoding::Json, message.as_bytes(), &limits),
                Ok(message.as_bytes()),
                "{message}"
            );
        } else if let Some(message) = line.strip_prefix("< ") {
            from_child += 1;
            if message.contains("pid") {
                let hello = parse_hello(Encoding::Json, message.as_bytes(), &limits).unwrap();
                assert_eq!(hello.pid, Some(4242));
                continue;
            }
            let parsed = FromChild::parse(Encoding::Json, message.as_bytes(), &limits).unwrap();
            assert!(!matches!(parsed, FromChild::Unknown { .. }), "{message}");
        }
    }
    assert!(
        from_host >= 9 && from_child >= 10,
        "{from_host} and {from_child}"
    );
}

#[test]
fn the_answer_to_the_offer_is_understood() {
    let text = section("### The offer");
    let answer = text
        .lines()
        .find(|line| line.starts_with("{\"pid\": 4242, "))
        .unwrap();
    let hello = parse_hello(Encoding::Json, answer.as_bytes(), &Limits::default()).unwrap();
    let frames = hello.frames.unwrap();
    assert_eq!(
        (hello.pid, frames.version, frames.encoding),
        (Some(4242), 1, Encoding::Msgpack)
    );
    assert_eq!(
        (frames.library.as_str(), frames.codec.as_str()),
        ("stormhost-python 0.1.0", "msgspec")
    );
}

#[test]
fn the_commands_are_those_of_the_code() {
    let tables = tables("### What a component may say");
    let commands: Vec<&str> = tables[0].iter().flat_map(|row| quoted(&row[0])).collect();
    assert_eq!(commands, COMMANDS);
}

#[test]
fn members_without_a_default_are_refused_and_others_are_not() {
    let tables = tables("### What a component may say");
    for row in &tables[1] {
        let mut names = quoted(&row[0]).into_iter();
        let member = names.next().unwrap();
        let command = match (member, names.next()) {
            (_, Some(command)) => command,
            ("name" | "params", None) => "metrics",
            ("msg" | "level", None) => "log",
            (_, None) => "emit",
        };
        let mut message =
            serde_json::json!({"command": command, "tuple": [], "id": "1", "name": "n"});
        for absent in [Value::Null, Value::String("missing".to_owned())] {
            let object = message.as_object_mut().unwrap();
            object.insert(member.to_owned(), Value::Null);
            if absent != Value::Null {
                object.remove(member);
            }
            let json = message.to_string();
            let parsed = FromChild::parse(Encoding::Json, json.as_bytes(), &Limits::default());
            assert_eq!(parsed.is_err(), row[2] == "refused", "{json}");
        }
    }
    assert!(tables[1].len() >= 12);
}

fn translated(from: Encoding, to: Encoding, value: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    transcode(from, to, value, &mut out).ok().map(|()| out)
}

#[test]
fn values_are_translated_as_it_says() {
    let tables = tables("## Values");
    for row in &tables[0] {
        let json = quoted(&row[1])[0].as_bytes().to_vec();
        let msgpack = bytes(Encoding::Msgpack, quoted(&row[2])[0]);
        assert_eq!(
            translated(Encoding::Json, Encoding::Msgpack, &json).as_ref(),
            Some(&msgpack),
            "{row:?}"
        );
        assert_eq!(
            translated(Encoding::Msgpack, Encoding::Json, &msgpack).as_ref(),
            Some(&json),
            "{row:?}"
        );
    }
    for row in &tables[1] {
        let (from, to) = match row[1].starts_with("MessagePack") {
            true => (Encoding::Msgpack, Encoding::Json),
            false => (Encoding::Json, Encoding::Msgpack),
        };
        for value in quoted(&row[1]) {
            let value = bytes(from, value);
            assert!(whole(from, &value, &Limits::default()).is_ok(), "{row:?}");
            assert_eq!(translated(from, to, &value), None, "{row:?}");
        }
    }
    assert_eq!((tables[0].len(), tables[1].len()), (7, 7));
}

#[test]
fn the_hashes_of_keys_are_those_of_the_code() {
    let tables = tables("## Keys");
    for row in &tables[1] {
        let encoding = match row[1].starts_with("MessagePack") {
            true => Encoding::Msgpack,
            false => Encoding::Json,
        };
        let fields: Vec<Vec<u8>> = quoted(&row[1])
            .into_iter()
            .map(|text| bytes(encoding, text))
            .collect();
        let hash = hash_fields(encoding, fields.iter().map(Vec::as_slice)).unwrap();
        assert_eq!(
            (format!("`{hash:016x}`"), task_index(hash, 4).to_string()),
            (row[2].clone(), row[3].clone()),
            "{row:?}"
        );
    }
    assert!(tables[1].len() > 30);
    assert!(section("## Keys").contains(&format!("{:016x}", u64::from_be_bytes(*b"stormkey"))));
}

#[test]
fn the_limits_are_those_of_the_code() {
    let limits = Limits::default();
    let tables = tables("## Limits");
    let defaults: Vec<&str> = tables[0].iter().map(|row| row[1].as_str()).collect();
    let expected = [
        format!("{} MiB", limits.message >> 20),
        limits.depth.to_string(),
        format!("{} KiB", limits.line >> 10),
    ];
    assert_eq!(defaults, expected);
    assert!(tables[0][1][2].ends_with(&format!("above {}", Limits::MAX_DEPTH)));
}
