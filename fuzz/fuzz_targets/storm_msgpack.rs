#![no_main]

#[path = "../memory.rs"]
mod memory;

#[allow(dead_code, reason = "each target calls a part of it")]
#[path = "../../protocol/tests/main/every_way.rs"]
mod every_way;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| every_way::storm(
    stormhost_protocol::Encoding::Msgpack,
    bytes
));
