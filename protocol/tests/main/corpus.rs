//! The corpus of the fuzz targets that need no host, and what they once found.

use stormhost_protocol::Encoding;
use stormhost_protocol::lines::Layout;

use crate::every_way;

#[path = "../../../fuzz/replay.rs"]
mod replay;
use replay::replay;

#[test]
fn what_children_say_in_storms_json_is_read() {
    replay("storm_json", |bytes| {
        every_way::storm(Encoding::Json, bytes)
    });
}

#[test]
fn what_children_say_in_storms_messagepack_is_read() {
    replay("storm_msgpack", |bytes| {
        every_way::storm(Encoding::Msgpack, bytes)
    });
}

#[test]
fn what_children_say_in_frames_is_read() {
    replay("frames", every_way::frames);
}

#[test]
fn what_commands_say_in_lines_is_read() {
    replay("lines", every_way::lines_by_first_byte);
    every_way::lines(Layout::Json, 2, b"[1, 2]");
}
