//! What a component can get wrong on the wire.

use crate::frame::FrameError;
use crate::{Encoding, ScanError};

/// Something that came from a component and cannot be taken for a message.
///
/// Each says what was expected, shows the beginning of what came, and what to look for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The bytes are no value, or no whole one.
    #[error(
        "a message could not be read: {cause}. It begins: {beginning}. Did something else print to standard output?"
    )]
    Malformed {
        /// What is wrong with it, and where.
        cause: ScanError,
        /// Its beginning.
        beginning: String,
    },
    /// The message is a value, but not an object (a map).
    #[error(
        "a message must be an object with a `command`, but this came: {beginning}. Did something else print to standard output?"
    )]
    NotAnObject {
        /// Its beginning.
        beginning: String,
    },
    /// The message goes on past the limit.
    #[error(
        "a message is longer than {limit} bytes. It begins: {beginning}. Emit less at once, or raise the limit; in JSON, was the line `end` forgotten?"
    )]
    TooLong {
        /// The limit in bytes.
        limit: usize,
        /// Its beginning.
        beginning: String,
    },
    /// A JSON message that is not UTF-8.
    #[error(
        "a JSON message is not UTF-8. It begins: {beginning}. Does the component write in another character set?"
    )]
    NotUtf8 {
        /// Its beginning.
        beginning: String,
    },
    /// The component speaks the other one of Storm's dialects.
    #[error("the component speaks {}, but its `serializer` setting says {}. Set `serializer` to `{}`, or change the component", name(*.seen), name(*.expected), setting(*.seen))]
    WrongDialect {
        /// What was to be spoken.
        expected: Encoding,
        /// What is spoken.
        seen: Encoding,
    },
    /// An object without a `command`.
    #[error(
        "a message has no `command`: {beginning}. Did something else print to standard output?"
    )]
    NoCommand {
        /// Its beginning.
        beginning: String,
    },
    /// A member is missing, or not of the type it must be.
    #[error("in a message `{command}`, `{member}` must be {expected}, but it is {seen}")]
    Member {
        /// The command; `pid` for the answer to the setup object.
        command: String,
        /// The member's name.
        member: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is, shortened; `missing` if it is not there.
        seen: String,
    },
    /// What is told to the component waits and waits, while it goes on talking.
    #[error(
        "the component goes on talking and does not read what it is told: where its tuples went, or what became of them. Read standard input as well, or emit with `need_task_ids` false"
    )]
    ReadsNothing,
    /// A frame that cannot be read, or that contradicts what was agreed.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

impl ProtocolError {
    /// A frame that contradicts itself, or what its sender was told.
    pub fn contradiction(what: &'static str) -> ProtocolError {
        FrameError::Contradiction(what).into()
    }
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "JSON",
        Encoding::Msgpack => "MessagePack",
    }
}

fn setting(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "json",
        Encoding::Msgpack => "msgpack",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_came_and_what_to_try() {
        let beginning = "{'a'".to_owned();
        for (error, text) in [
            (
                ProtocolError::WrongDialect {
                    expected: Encoding::Json,
                    seen: Encoding::Msgpack,
                },
                "the component speaks MessagePack, but its `serializer` setting says JSON. Set `serializer` to `msgpack`, or change the component",
            ),
            (
                ProtocolError::TooLong {
                    limit: 64,
                    beginning: beginning.clone(),
                },
                "a message is longer than 64 bytes. It begins: {'a'. Emit less at once, or raise the limit; in JSON, was the line `end` forgotten?",
            ),
            (
                ProtocolError::Malformed {
                    cause: ScanError::TooDeep { limit: 128 },
                    beginning,
                },
                "a message could not be read: lists and maps are nested more than 128 deep. It begins: {'a'. Did something else print to standard output?",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
