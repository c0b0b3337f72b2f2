//! What the host says. Every function writes one whole message behind `out`.

use serde_json::Value;

use crate::{Encoding, write};

/// What ends a JSON message. Children are stricter than Storm here: one LF on either side, no CR.
const END: &[u8] = b"\nend\n";

/// The first message of all: the setup object.
pub fn write_setup(encoding: Encoding, setup: &Value, out: &mut Vec<u8>) {
    any(encoding, setup, out);
    end(encoding, out);
}

/// A command for a spout. `id` is the raw message id of `ack` and `fail`, as the spout gave it; `None` writes the empty text that Storm sends with the others.
pub fn write_command(encoding: Encoding, command: &str, id: Option<&[u8]>, out: &mut Vec<u8>) {
    match encoding {
        Encoding::Json => {
            out.extend_from_slice(br#"{"command":"#);
            write::json::text(command, out);
            out.extend_from_slice(br#","id":"#);
            write::json::on_one_line(id.unwrap_or(br#""""#), out);
            out.push(b'}');
        }
        Encoding::Msgpack => {
            out.push(0x82);
            write::msgpack::text("command", out);
            write::msgpack::text(command, out);
            write::msgpack::text("id", out);
            out.extend_from_slice(id.unwrap_or(&[0xa0]));
        }
    }
    end(encoding, out);
}

/// Where a tuple went, for a component that asked.
pub fn write_task_ids(encoding: Encoding, ids: &[u32], out: &mut Vec<u8>) {
    match encoding {
        Encoding::Json => {
            out.push(b'[');
            for (index, id) in ids.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write::json::integer(*id, out);
            }
            out.push(b']');
        }
        Encoding::Msgpack => {
            let list = write::msgpack::Open::list(out);
            for id in ids {
                write::msgpack::unsigned((*id).into(), out);
            }
            list.close(ids.len(), out);
        }
    }
    end(encoding, out);
}

/// A heartbeat for a bolt, which answers with `sync` and does not ack it.
pub fn write_heartbeat(encoding: Encoding, id: i64, out: &mut Vec<u8>) {
    TupleHead::new(encoding, None, "__heartbeat").write(id, -1, std::iter::empty(), out);
}

/// What all tuples of one stream have in common, written once.
#[derive(Clone, Debug)]
pub struct TupleHead {
    encoding: Encoding,
    /// What stands between a tuple's id and its task.
    middle: Vec<u8>,
}

impl TupleHead {
    /// For the tuples of `component`'s `stream`. Only heartbeats have no component; ticks come from `__system`.
    pub fn new(encoding: Encoding, component: Option<&str>, stream: &str) -> Self {
        let mut middle = Vec::new();
        match encoding {
            Encoding::Json => {
                middle.extend_from_slice(br#"","comp":"#);
                match component {
                    Some(component) => write::json::text(component, &mut middle),
                    None => middle.extend_from_slice(b"null"),
                }
                middle.extend_from_slice(br#","stream":"#);
                write::json::text(stream, &mut middle);
                middle.extend_from_slice(br#","task":"#);
            }
            Encoding::Msgpack => {
                write::msgpack::text("comp", &mut middle);
                match component {
                    Some(component) => write::msgpack::text(component, &mut middle),
                    None => write::msgpack::nil(&mut middle),
                }
                write::msgpack::text("stream", &mut middle);
                write::msgpack::text(stream, &mut middle);
                write::msgpack::text("task", &mut middle);
            }
        }
        Self { encoding, middle }
    }

    /// Writes a tuple: its id, which the child sees as text; the task it comes from, -1 for the system; and its values, already in this encoding.
    pub fn write<'a>(
        &self,
        id: i64,
        task: i64,
        values: impl IntoIterator<Item = &'a [u8]>,
        out: &mut Vec<u8>,
    ) {
        match self.encoding {
            Encoding::Json => {
                out.extend_from_slice(br#"{"id":""#);
                write::json::integer(id, out);
                out.extend_from_slice(&self.middle);
                write::json::integer(task, out);
                out.extend_from_slice(br#","tuple":["#);
                for (index, value) in values.into_iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    write::json::on_one_line(value, out);
                }
                out.extend_from_slice(b"]}");
            }
            Encoding::Msgpack => {
                out.push(0x85);
                write::msgpack::text("id", out);
                write::msgpack::text(itoa::Buffer::new().format(id), out);
                out.extend_from_slice(&self.middle);
                write::msgpack::integer(task, out);
                write::msgpack::text("tuple", out);
                let list = write::msgpack::Open::list(out);
                let mut len = 0;
                for value in values {
                    out.extend_from_slice(value);
                    len += 1;
                }
                list.close(len, out);
            }
        }
        end(self.encoding, out);
    }
}

fn end(encoding: Encoding, out: &mut Vec<u8>) {
    if encoding == Encoding::Json {
        out.extend_from_slice(END);
    }
}

/// Any value, as the setup object may hold.
fn any(encoding: Encoding, value: &Value, out: &mut Vec<u8>) {
    // Neither can fail: a `Value` has text keys and finite numbers only, and a `Vec` takes all that is written.
    match encoding {
        Encoding::Json => drop(serde_json::to_writer(out, value)),
        Encoding::Msgpack => drop(rmp_serde::encode::write(out, value)),
    }
}

#[cfg(test)]
mod tests;
