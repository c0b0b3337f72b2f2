//! The two encodings a tuple's values may have.

/// How values are written: in either dialect of Storm, and in the columns of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// JSON text in UTF-8.
    Json,
    /// MessagePack.
    Msgpack,
}
