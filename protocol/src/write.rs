//! Writes single pieces of either encoding behind a `Vec`.

pub(crate) mod json;
pub(crate) mod msgpack;
