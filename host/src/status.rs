//! With what status the program ends. Scripts depend on these numbers; they never change their meaning.

use std::process::{ExitCode, Termination};

/// Why the program ended. Converted to a number once, in `main`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// 0: complete. Every tuple went all the way, and everything was stopped in order.
    Complete,
    /// 1: the topology cannot be read, or has mistakes. Nothing was started.
    Mistakes,
    /// 2: the command line makes no sense.
    Usage,
    /// 3: complete, but some tuples failed for good.
    SomeFailed,
    /// 4: a component could not be started.
    NotStarted,
    /// 5: the host itself could not go on, such as when a folder cannot be written.
    HostError,
    /// 130: stopped by SIGINT, as with Ctrl-C.
    Interrupted,
    /// 143: stopped by SIGTERM.
    Terminated,
}

impl ExitStatus {
    /// Every status there is.
    pub const ALL: [ExitStatus; 8] = [
        ExitStatus::Complete,
        ExitStatus::Mistakes,
        ExitStatus::Usage,
        ExitStatus::SomeFailed,
        ExitStatus::NotStarted,
        ExitStatus::HostError,
        ExitStatus::Interrupted,
        ExitStatus::Terminated,
    ];

    /// The number that the system sees.
    pub fn code(self) -> u8 {
        match self {
            ExitStatus::Complete => 0,
            ExitStatus::Mistakes => 1,
            ExitStatus::Usage => 2,
            ExitStatus::SomeFailed => 3,
            ExitStatus::NotStarted => 4,
            ExitStatus::HostError => 5,
            // As shells do: 128 and the number of the signal.
            ExitStatus::Interrupted => 130,
            ExitStatus::Terminated => 143,
        }
    }

    /// The meaning in a few words, as it stands in the help text.
    pub fn meaning(self) -> &'static str {
        match self {
            ExitStatus::Complete => "complete",
            ExitStatus::Mistakes => "the topology cannot be read, or has mistakes",
            ExitStatus::Usage => "wrong usage",
            ExitStatus::SomeFailed => "complete, but some tuples failed for good",
            ExitStatus::NotStarted => "a component could not be started",
            ExitStatus::HostError => "stormhost itself could not go on",
            ExitStatus::Interrupted => "stopped by SIGINT",
            ExitStatus::Terminated => "stopped by SIGTERM",
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> ExitCode {
        ExitCode::from(status.code())
    }
}

impl Termination for ExitStatus {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_promised() {
        assert_eq!(
            ExitStatus::ALL.map(ExitStatus::code),
            [0, 1, 2, 3, 4, 5, 130, 143]
        );
    }
}
