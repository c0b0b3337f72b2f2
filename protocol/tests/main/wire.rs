use serde_json::Value;
use stormhost_protocol::storm::{
    Ending, Item, TupleHead, parse_hello, write_command, write_heartbeat, write_setup,
    write_task_ids,
};
use stormhost_protocol::{Decoder, Encoding, FromChild, Limits, transcode};

use crate::file;

const CONVERSATIONS: [&str; 2] = ["tests/wire/spout.jsonl", "tests/wire/bolt.jsonl"];
const BOTH: [Encoding; 2] = [Encoding::Json, Encoding::Msgpack];

/// What one side says in a conversation.
fn said_by(side: &str, conversation: &str) -> Vec<Value> {
    let lines = file(conversation);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (mine, others): (Vec<_>, Vec<_>) = lines.partition(|line| line["from"] == side);
    let other = if side == "host" { "child" } else { "host" };
    assert!(
        others.iter().all(|line| line["from"] == other),
        "{conversation}"
    );
    mine.into_iter()
        .map(|line| line["message"].clone())
        .collect()
}

fn raw(encoding: Encoding, value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    transcode(
        Encoding::Json,
        encoding,
        value.to_string().as_bytes(),
        &mut out,
    )
    .unwrap();
    out
}

/// A message as a library of another language writes it.
fn dialect(encoding: Encoding, message: &Value) -> Vec<u8> {
    match encoding {
        Encoding::Json => format!("{message}\nend\n").into_bytes(),
        Encoding::Msgpack => rmp_serde::to_vec(message).unwrap(),
    }
}

/// Messages that were heard, as JSON values, and whether the input ended between them.
fn hear(encoding: Encoding, input: &[u8], step: usize) -> (Vec<Value>, bool) {
    let mut decoder = Decoder::new(encoding, Limits::default());
    let (mut from, mut heard) = (0, Vec::new());
    for to in (0..input.len())
        .map(|at| at + 1)
        .filter(|to| to % step == 0 || *to == input.len())
    {
        while let Some((consumed, item)) = decoder.decode(&input[from..to]).unwrap() {
            from += consumed;
            match item {
                Item::Message(bytes) => {
                    let mut json = Vec::new();
                    transcode(encoding, Encoding::Json, bytes, &mut json).unwrap();
                    heard.push(serde_json::from_slice(&json).unwrap());
                }
                other => panic!("{other:?}"),
            }
        }
    }
    let ending = decoder.finish(&input[from..]);
    (heard, matches!(ending, Ending::Clean | Ending::Message(_)))
}

#[test]
fn conversations_are_heard_whole_in_any_pieces() {
    for conversation in CONVERSATIONS {
        let messages = said_by("child", conversation);
        for encoding in BOTH {
            let input: Vec<u8> = messages
                .iter()
                .flat_map(|message| dialect(encoding, message))
                .collect();
            for step in [1, 2, 3, 10, 64, input.len()] {
                assert_eq!(
                    hear(encoding, &input, step),
                    (messages.clone(), true),
                    "{conversation} in {encoding:?}, {step} bytes a piece"
                );
            }
        }
    }
}

#[test]
fn every_message_may_be_cut_at_every_byte() {
    for message in CONVERSATIONS
        .iter()
        .flat_map(|conversation| said_by("child", conversation))
    {
        for encoding in BOTH {
            let input = dialect(encoding, &message);
            // The last line end of a JSON message may be missing.
            let whole = input.len() - usize::from(encoding == Encoding::Json);
            for cut in 1..input.len() {
                let (heard, clean) = hear(encoding, &input[..cut], cut);
                assert_eq!(
                    (heard.len(), clean),
                    (0, cut >= whole),
                    "{message} in {encoding:?}, cut after {cut}"
                );
                assert_eq!(
                    hear(encoding, &input, cut),
                    (vec![message.clone()], true),
                    "{message} in {encoding:?}, in pieces of {cut}"
                );
            }
        }
    }
}

#[test]
fn every_message_of_a_child_is_understood() {
    let mut commands = Vec::new();
    for conversation in CONVERSATIONS {
        for (index, message) in said_by("child", conversation).iter().enumerate() {
            for encoding in BOTH {
                let bytes = raw(encoding, message);
                if index == 0 {
                    let hello = parse_hello(encoding, &bytes, &Limits::default()).unwrap();
                    assert_eq!(hello.pid, message["pid"].as_i64());
                    continue;
                }
                let parsed = FromChild::parse(encoding, &bytes, &Limits::default()).unwrap();
                let name = match &parsed {
                    FromChild::Emit(emit) => {
                        assert_eq!(emit.row.len, message["tuple"].as_array().unwrap().len());
                        assert_eq!(
                            emit.id.map(<[u8]>::to_vec),
                            message.get("id").map(|id| raw(encoding, id))
                        );
                        assert_eq!(
                            emit.need_task_ids,
                            message["need_task_ids"].as_bool().unwrap_or(true)
                        );
                        assert_eq!(emit.task.map(u64::from), message["task"].as_u64());
                        assert_eq!(emit.stream.as_deref(), message["stream"].as_str());
                        "emit"
                    }
                    FromChild::Ack { id } => {
                        assert_eq!(id.as_ref(), message["id"]);
                        "ack"
                    }
                    FromChild::Fail { id } => {
                        assert_eq!(id.as_ref(), message["id"]);
                        "fail"
                    }
                    FromChild::Log { message: text, .. } => {
                        assert_eq!(text.as_ref(), message["msg"]);
                        "log"
                    }
                    FromChild::Error { message: text } => {
                        assert_eq!(text.as_ref(), message["msg"]);
                        "error"
                    }
                    FromChild::Metrics { name, .. } => {
                        assert_eq!(name.as_ref(), message["name"]);
                        "metrics"
                    }
                    FromChild::Sync => "sync",
                    FromChild::Unknown { command } => command.as_ref(),
                    other => panic!("{other:?} is not of Storm's dialects"),
                };
                assert_eq!(name, message["command"]);
                commands.push(name.to_owned());
            }
        }
    }
    for command in ["emit", "ack", "fail", "log", "error", "metrics", "sync"] {
        assert!(
            commands.iter().any(|known| known == command),
            "no conversation has {command}"
        );
    }
}

#[test]
fn every_message_of_the_host_is_written_as_it_stands_there() {
    for conversation in CONVERSATIONS {
        for message in said_by("host", conversation) {
            for encoding in BOTH {
                let mut written = Vec::new();
                write(encoding, &message, &mut written);
                let read: Value = match encoding {
                    Encoding::Json => {
                        let text = written.strip_suffix(b"\nend\n").unwrap();
                        assert!(!text.contains(&b'\n'));
                        serde_json::from_slice(text).unwrap()
                    }
                    Encoding::Msgpack => rmp_serde::from_slice(&written).unwrap(),
                };
                assert_eq!(read, message, "{encoding:?}");
            }
        }
    }
}

/// Writes a message with the function that the host would use.
fn write(encoding: Encoding, message: &Value, out: &mut Vec<u8>) {
    if let Some(ids) = message.as_array() {
        let ids: Vec<u32> = ids
            .iter()
            .map(|id| u32::try_from(id.as_u64().unwrap()).unwrap())
            .collect();
        write_task_ids(encoding, &ids, out);
    } else if message.get("conf").is_some() {
        write_setup(encoding, message, out);
    } else if let Some(command) = message["command"].as_str() {
        let id = raw(encoding, &message["id"]);
        write_command(encoding, command, (message["id"] != "").then_some(&id), out);
    } else {
        let id: i64 = message["id"].as_str().unwrap().parse().unwrap();
        let stream = message["stream"].as_str().unwrap();
        if stream == "__heartbeat" {
            return write_heartbeat(encoding, id, out);
        }
        let values: Vec<Vec<u8>> = message["tuple"]
            .as_array()
            .unwrap()
            .iter()
            .map(|value| raw(encoding, value))
            .collect();
        let head = TupleHead::new(encoding, message["comp"].as_str(), stream);
        head.write(
            id,
            message["task"].as_i64().unwrap(),
            values.iter().map(Vec::as_slice),
            out,
        );
    }
}
