//! The child's end of the bytes: frames and Storm's messages, read and written independently of the host's own codecs where these have a child's side.

use serde_json::{Value, json};
use stormhost_protocol::frame::{self, Found, Kind};
use stormhost_protocol::{Encoding, Limits, skip};

/// A value in the bytes of an encoding.
pub fn encode(encoding: Encoding, value: &Value) -> Vec<u8> {
    match encoding {
        Encoding::Json => value.to_string().into_bytes(),
        Encoding::Msgpack => rmp_serde::to_vec(value).expect("any value"),
    }
}

/// The value that the bytes hold.
pub fn decode(encoding: Encoding, bytes: &[u8]) -> Value {
    match encoding {
        Encoding::Json => serde_json::from_slice(bytes).expect("JSON from the host"),
        Encoding::Msgpack => rmp_serde::from_slice(bytes).expect("MessagePack from the host"),
    }
}

/// The first message of one of Storm's dialects in `buf`, and how many bytes it took.
pub fn storm_message(encoding: Encoding, buf: &[u8]) -> Option<(usize, Value)> {
    match encoding {
        Encoding::Json => {
            let end = buf.windows(5).position(|five| five == b"\nend\n")?;
            Some((end + 5, decode(encoding, &buf[..end])))
        }
        Encoding::Msgpack => {
            let end = skip(encoding, buf, 0, &Limits::default()).ok()?;
            Some((end, decode(encoding, &buf[..end])))
        }
    }
}

/// Appends a message of one of Storm's dialects.
pub fn write_storm(encoding: Encoding, message: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(&encode(encoding, message));
    if encoding == Encoding::Json {
        out.extend_from_slice(b"\nend\n");
    }
}

/// Appends a message frame.
pub fn write_message(command: &str, out: &mut Vec<u8>) {
    frame::write(Kind::Message, out, |out| {
        out.extend_from_slice(json!({"command": command}).to_string().as_bytes());
    });
}

/// The first frame in `buf`, and how many bytes it took. The host never strays.
pub fn next_frame(buf: &[u8]) -> Option<(usize, Kind, Vec<u8>)> {
    match frame::next_frame(buf, 1 << 30).expect("a frame within limits")? {
        (n, Found::Frame(kind, payload)) => Some((n, kind, payload.to_vec())),
        (_, Found::Stray(text)) => {
            assert!(text.is_empty(), "the host strayed: {text:?}");
            None
        }
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take(&mut self, n: usize) -> &[u8] {
        let (head, rest) = self.0.split_at(n);
        self.0 = rest;
        head
    }
    fn u16(&mut self) -> usize {
        usize::from(u16::from_le_bytes(self.take(2).try_into().expect("2")))
    }
    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().expect("4"))
    }
}

/// The values of each row of a `T` frame.
pub fn rows(encoding: Encoding, payload: &[u8]) -> Vec<Vec<Value>> {
    let mut reader = Reader(payload);
    let mut all = Vec::new();
    let runs = reader.u32();
    assert!(runs > 0, "a frame of tuples without any");
    for _ in 0..runs {
        let (_input, columns, count) = (reader.u16(), reader.u16(), reader.u32() as usize);
        assert!(count > 0, "a run without rows");
        if reader.u32() == 0 {
            let sources: Vec<u32> = (0..count).map(|_| reader.u32()).collect();
            assert!(sources.iter().all(|task| *task != 0));
        }
        let mut rows = vec![Vec::new(); count];
        for _ in 0..columns {
            let length = reader.u32() as usize;
            let column = decode(encoding, reader.take(length));
            let values = column.as_array().expect("a column is a list");
            assert_eq!(values.len(), count, "a column has a value for each row");
            for (row, value) in rows.iter_mut().zip(values) {
                row.push(value.clone());
            }
        }
        all.append(&mut rows);
    }
    assert!(reader.0.is_empty(), "bytes are left over");
    all
}

/// An emitted row that was not sent yet.
pub struct Out {
    /// Which of the child's streams.
    pub stream: usize,
    /// Whether a spout gave it an id.
    pub tracked: bool,
    /// Its values.
    pub values: Vec<Value>,
    /// The ids it is anchored to (acks by hand).
    pub anchors: Vec<u64>,
    /// The task it goes to, or 0.
    pub direct: u32,
}

/// What the rows of a block have in common: stream, tracked, and how many columns.
type Key = (usize, bool, usize);

/// A results frame in the making.
#[derive(Default)]
pub struct Results {
    /// How far the child has come.
    pub consumed: u64,
    /// Rows in order.
    pub rows: Vec<Out>,
    /// Acks `auto`: rows up to and with each input consumed since the last frame.
    pub marks: Option<Vec<u32>>,
    /// Acks `hand`: whether rows say what they are anchored to.
    pub anchored: bool,
    /// Ids acked by hand.
    pub acks: Vec<u64>,
    /// Ids that failed.
    pub fails: Vec<u64>,
    /// Rows without anchors.
    pub loose: bool,
    /// Answer where the last row went.
    pub ask: bool,
}

impl Results {
    /// Appends the frame, and leaves an empty one.
    pub fn write(&mut self, encoding: Encoding, out: &mut Vec<u8>) {
        let rows = std::mem::take(&mut self.rows);
        let mut blocks: Vec<(Key, Vec<&Out>)> = Vec::new();
        let mut order = Vec::new();
        for row in &rows {
            let key = (row.stream, row.tracked, row.values.len());
            let at = blocks
                .iter()
                .position(|(found, _)| *found == key)
                .unwrap_or_else(|| {
                    blocks.push((key, Vec::new()));
                    blocks.len() - 1
                });
            blocks[at].1.push(row);
            order.push(at as u8);
        }
        let (mut flags, mut sections) = (0u32, Vec::new());
        if blocks.len() > 1 {
            flags |= 1;
            sections.extend_from_slice(&order);
        }
        let u32s = |numbers: &[u32], sections: &mut Vec<u8>| {
            numbers
                .iter()
                .for_each(|n| sections.extend_from_slice(&n.to_le_bytes()));
        };
        if let Some(marks) = self.marks.as_mut().filter(|_| !rows.is_empty()) {
            flags |= 2;
            u32s(&[marks.len() as u32], &mut sections);
            u32s(marks, &mut sections);
        }
        if let Some(marks) = &mut self.marks {
            marks.clear();
        }
        if self.anchored && !rows.is_empty() {
            flags |= 4;
            let mut end = 0;
            for row in &rows {
                end += row.anchors.len() as u32;
                u32s(&[end], &mut sections);
            }
            for id in rows.iter().flat_map(|row| &row.anchors) {
                sections.extend_from_slice(&id.to_le_bytes());
            }
        }
        if rows.iter().any(|row| row.direct != 0) {
            flags |= 8;
            rows.iter()
                .for_each(|row| u32s(&[row.direct], &mut sections));
        }
        if !self.acks.is_empty() {
            flags |= 16;
            u32s(&[self.acks.len() as u32], &mut sections);
            for id in self.acks.drain(..) {
                sections.extend_from_slice(&id.to_le_bytes());
            }
        }
        if !self.fails.is_empty() {
            flags |= 32;
            let fails: Vec<(u64, &str)> = self.fails.drain(..).map(|id| (id, "because")).collect();
            let text = serde_json::to_vec(&fails).expect("numbers and text");
            u32s(&[text.len() as u32], &mut sections);
            sections.extend_from_slice(&text);
        }
        flags |= u32::from(std::mem::take(&mut self.loose)) * 64;
        flags |= u32::from(std::mem::take(&mut self.ask)) * 128;
        frame::write(Kind::Results, out, |out| {
            out.extend_from_slice(&self.consumed.to_le_bytes());
            out.extend_from_slice(&flags.to_le_bytes());
            out.extend_from_slice(&(rows.len() as u32).to_le_bytes());
            out.extend_from_slice(&(blocks.len() as u16).to_le_bytes());
            for ((stream, tracked, columns), rows) in &blocks {
                out.extend_from_slice(&(*stream as u16).to_le_bytes());
                out.extend_from_slice(&(*columns as u16).to_le_bytes());
                out.extend_from_slice(&(rows.len() as u32).to_le_bytes());
                out.extend_from_slice(&u32::from(*tracked).to_le_bytes());
                for at in 0..*columns {
                    let column: Vec<Value> =
                        rows.iter().map(|row| row.values[at].clone()).collect();
                    let bytes = encode(encoding, &Value::Array(column));
                    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                    out.extend_from_slice(&bytes);
                }
            }
            out.extend_from_slice(&sections);
        });
    }
}
