//! What holds across the modules of the crate, seen from outside. The tests of single modules stand beside them.

#![allow(clippy::unwrap_used, reason = "in a test a panic is an answer")]

/// JSON and MessagePack agree, for any value.
mod agreement;
/// What the fuzz targets are given, as far as it is kept.
mod corpus;
/// `PROTOCOL.md` says what the code does.
mod document;
/// Bytes of any kind, read in every way.
mod every_way;
/// Nothing takes more than linear time.
mod growth;
/// The hashes that other languages must reach too.
mod keys;
/// Nothing that comes in makes the crate panic, or takes more than linear time.
mod robustness;
/// The conversations in `tests/wire`, in both dialects, in any pieces.
mod wire;

use std::fs;
use std::path::Path;

/// A file, by its path from the root of the repository.
fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
