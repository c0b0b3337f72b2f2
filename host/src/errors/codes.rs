//! Which error of the catalogue each error of the program is.

use stormhost_protocol::{ProtocolError, frame::FrameError};

use super::{Code, Coded};
use crate::frontend::{LoadError, ProjectError, UserFileError};
use crate::link::spawn_error::SpawnError;
use crate::runtime::violation::Violation;

impl Coded for LoadError {
    fn code(&self) -> Code {
        match self {
            LoadError::NotFound { .. } => Code::NO_SUCH_FILE,
            LoadError::IsFolder { .. } => Code::IS_FOLDER,
            LoadError::CannotRead { .. } => Code::UNREADABLE_FILE,
            LoadError::NotATopology { .. } => Code::UNKNOWN_FORM,
            LoadError::OneTopology { .. } => Code::ONE_TOPOLOGY,
            LoadError::BadDescription { .. } => Code::BAD_DESCRIPTION,
            LoadError::StrayOption { .. } => Code::STRAY_OPTION,
            LoadError::Project(error) => error.code(),
            LoadError::NoInterpreter(_) => Code::NO_INTERPRETER,
            LoadError::TooOld { .. } => Code::OLD_INTERPRETER,
            LoadError::Shim(_) => Code::NO_CACHE,
            LoadError::CannotStart { .. } => Code::DEAD_INTERPRETER,
            LoadError::DescriberFailed { .. } => Code::DESCRIBER_FAILED,
            LoadError::DescriberRubbish { .. } => Code::DESCRIBER_RUBBISH,
        }
    }
}

impl Coded for ProjectError {
    fn code(&self) -> Code {
        match self {
            ProjectError::BadConfig { .. } | ProjectError::NoTopologies { .. } => Code::BAD_PROJECT,
            ProjectError::SeveralTopologies { .. } | ProjectError::NoSuchTopology { .. } => {
                Code::WHICH_TOPOLOGY
            }
            ProjectError::SeveralEnvironments { .. } | ProjectError::NoSuchEnvironment { .. } => {
                Code::WHICH_ENVIRONMENT
            }
        }
    }
}

impl Coded for UserFileError {
    fn code(&self) -> Code {
        Code::BAD_USER_FILE
    }
}

impl Coded for SpawnError {
    fn code(&self) -> Code {
        match self {
            SpawnError::Empty => Code::EMPTY_COMMAND,
            SpawnError::NotFound { .. } => Code::PROGRAM_NOT_FOUND,
            SpawnError::NotExecutable(_) => Code::NOT_EXECUTABLE,
            SpawnError::NoInterpreter { .. } => Code::INTERPRETER_MISSING,
            SpawnError::NoProgram(_) => Code::NO_PROGRAM,
            SpawnError::Folder { .. } => Code::BAD_FOLDER,
            SpawnError::TooManyFiles { .. } => Code::TOO_MANY_FILES,
            SpawnError::Fork(_) => Code::NO_PROCESS,
            SpawnError::TooLong => Code::COMMAND_TOO_LONG,
            SpawnError::Unspeakable(_) => Code::UNSPEAKABLE,
            SpawnError::Limit { .. } => Code::LIMIT_NOT_SET,
            SpawnError::Account(_) => Code::BAD_ACCOUNT,
            SpawnError::Thread { .. } => Code::NO_THREAD,
            SpawnError::NotBuiltIn(_) => Code::NOT_BUILT_IN,
            SpawnError::Other { .. } => Code::CANNOT_START,
        }
    }
}

impl Coded for ProtocolError {
    fn code(&self) -> Code {
        match self {
            ProtocolError::Malformed { .. } => Code::UNREADABLE,
            ProtocolError::NotAnObject { .. } | ProtocolError::NoCommand { .. } => Code::NO_OBJECT,
            ProtocolError::TooLong { .. } => Code::TOO_LONG,
            ProtocolError::NotUtf8 { .. } => Code::NOT_UTF8,
            ProtocolError::WrongDialect { .. } => Code::WRONG_DIALECT,
            ProtocolError::Member { .. } => Code::BAD_MEMBER,
            ProtocolError::Frame(error) => match error {
                FrameError::TooLong { .. } => Code::TOO_LONG,
                FrameError::Cut(_) | FrameError::Contradiction(_) | FrameError::Values(_) => {
                    Code::BAD_FRAME
                }
            },
        }
    }
}

impl Coded for Violation {
    fn code(&self) -> Code {
        match self {
            Violation::UndeclaredStream { .. } => Code::STREAM_NOT_DECLARED,
            Violation::WrongNumberOfValues { .. } => Code::WRONG_NUMBER,
            Violation::NotDirect(_) => Code::NO_TASK_NAMED,
            Violation::NoSuchReceiver { .. } => Code::WRONG_TASK,
            Violation::Key(_) => Code::UNREADABLE_KEY,
            Violation::UnknownAnchor(_) => Code::STRANGE_ANCHOR,
            Violation::Line(told) | Violation::Unreadable(told) => told.code,
        }
    }
}
