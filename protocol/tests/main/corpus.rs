//! The corpus of the fuzz targets that need no host, and what they once found.

use std::fs;
use std::path::Path;

use stormhost_protocol::Encoding;
use stormhost_protocol::lines::Layout;

use crate::every_way;

/// Hands every file of a target's corpus to what the target calls.
fn replay(target: &str, each: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/corpus")
        .join(target);
    let files =
        fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut count = 0;
    for file in files {
        let file = file.unwrap().path();
        // Shown when the test fails.
        eprintln!("{}", file.display());
        each(&fs::read(&file).unwrap());
        count += 1;
    }
    assert!(count > 0, "{} is empty", folder.display());
}

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
