//! Which error of the catalogue each error of the protocol is.

use stormhost_protocol::{ProtocolError, frame::FrameError};

use super::{Code, Coded};

impl Coded for ProtocolError {
    fn code(&self) -> Code {
        match self {
            ProtocolError::Malformed { .. } => Code::UNREADABLE,
            ProtocolError::NotAnObject { .. } | ProtocolError::NoCommand { .. } => Code::NO_OBJECT,
            ProtocolError::TooLong { .. } => Code::TOO_LONG,
            ProtocolError::NotUtf8 { .. } => Code::NOT_UTF8,
            ProtocolError::WrongDialect { .. } => Code::WRONG_DIALECT,
            ProtocolError::Member { .. } => Code::BAD_MEMBER,
            ProtocolError::ReadsNothing => Code::BAD_FRAME,
            ProtocolError::Frame(error) => match error {
                FrameError::TooLong { .. } => Code::TOO_LONG,
                FrameError::Cut(_) | FrameError::Contradiction(_) | FrameError::Values(_) => {
                    Code::BAD_FRAME
                }
            },
        }
    }
}
