//! How a child left, in words.

use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;

/// How a child left. `Display` continues a sentence: `split[3] (pid 4242) was killed by SIGKILL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It left by itself, with this status; 0 means that it was content.
    Status(i32),
    /// A signal ended it.
    Signal {
        /// The signal's number.
        number: i32,
        /// Whether the kernel wrote a core file.
        core: bool,
    },
    /// It is gone, but nobody can say how: something else in this process took its status.
    Unknown,
    /// Inside the host: one call of its code took longer than it may, this long.
    OverBudget(Duration),
    /// Inside the host: it would have needed more memory than it may have, this many bytes.
    OutOfMemory(usize),
    /// Inside the host: it was told to stop, and its code was interrupted.
    Interrupted,
    /// Inside the host: code in Rust panicked.
    Panicked,
    /// Inside the host: it was told to stop, and does not. Its thread is left to itself.
    Abandoned,
}

impl Exit {
    /// Whether it left by itself with status 0.
    pub fn success(self) -> bool {
        self == Exit::Status(0)
    }

    /// Whether anybody could have brought it about: it was ended by a signal that people, scripts and the kernel send.
    pub fn may_be_from_outside(self) -> bool {
        match self {
            Exit::Signal { number, .. } => matches!(
                Signal::try_from(number),
                Ok(Signal::SIGKILL
                    | Signal::SIGTERM
                    | Signal::SIGINT
                    | Signal::SIGHUP
                    | Signal::SIGQUIT
                    | Signal::SIGUSR1
                    | Signal::SIGUSR2)
            ),
            _ => false,
        }
    }

    /// What such an end usually means, where it usually means something. A whole sentence without its full stop.
    pub fn hint(self) -> Option<&'static str> {
        match self {
            Exit::Status(126) => Some("a shell leaves with 126 when a command may not be executed"),
            Exit::Status(127) => Some("a shell leaves with 127 when a command is not found"),
            Exit::Status(status) if status > 128 && signal_name(status - 128).is_some() => {
                Some("a shell leaves with 128 and the number of the signal that ended its command")
            }
            Exit::Signal { number, .. } => match Signal::try_from(number).ok()? {
                Signal::SIGKILL => Some(
                    "nobody but a user or the kernel sends SIGKILL; the kernel does when memory runs out",
                ),
                Signal::SIGXCPU => Some("it used up its CPU time (stormhost.limit.cpu.secs)"),
                Signal::SIGXFSZ => Some("it wrote a file that is larger than its limit"),
                Signal::SIGSEGV | Signal::SIGBUS | Signal::SIGILL | Signal::SIGABRT => {
                    Some("the interpreter or one of its native libraries crashed")
                }
                Signal::SIGPIPE => Some("it wrote to something that nobody reads any more"),
                _ => None,
            },
            Exit::OverBudget(_) => Some(
                "an endless loop, or work that takes its time: see the traceback; more time is given by stormhost.inside.budget.secs, or where='outside'",
            ),
            Exit::OutOfMemory(_) => Some(
                "what it keeps for ever may grow without end; more is given by stormhost.inside.memory.bytes",
            ),
            Exit::Panicked => Some("that is a defect of stormhost, worth a report"),
            Exit::Abandoned => Some(
                "its thread waits for something, or is busy in a function that cannot be interrupted, and may use a processor until the host ends; such code is better run with where='outside'",
            ),
            _ => None,
        }
    }
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Exit::Status(code),
            (None, Some(number)) => Exit::Signal {
                number,
                core: status.core_dumped(),
            },
            (None, None) => Exit::Unknown,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Exit::Status(status) => write!(f, "left with status {status}"),
            Exit::Signal { number, core } => {
                match signal_name(number) {
                    Some(name) => write!(f, "was killed by {name}")?,
                    None => write!(f, "was killed by signal {number}")?,
                }
                if core {
                    f.write_str(" and dumped core")
                } else {
                    Ok(())
                }
            }
            Exit::Unknown => f.write_str("left, nobody knows how"),
            Exit::OverBudget(limit) => write!(
                f,
                "was interrupted: its code went on for more than {} s without a result (stormhost.inside.budget.secs)",
                limit.as_secs_f64()
            ),
            Exit::OutOfMemory(limit) => write!(
                f,
                "was ended: it needs more than its {:.0} MiB of memory (stormhost.inside.memory.bytes)",
                limit as f64 / f64::from(1 << 20)
            ),
            Exit::Interrupted => f.write_str("was interrupted"),
            Exit::Panicked => f.write_str("panicked"),
            Exit::Abandoned => f.write_str("does not stop, and was abandoned"),
        }
    }
}

fn signal_name(number: i32) -> Option<&'static str> {
    Signal::try_from(number).ok().map(Signal::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wait status as the kernel packs it: the signal below, the exit code in the byte above.
    fn raw(status: i32) -> Exit {
        ExitStatus::from_raw(status).into()
    }

    #[test]
    fn ends_are_told_in_words() {
        let cases = [
            (raw(0), "left with status 0"),
            (raw(1 << 8), "left with status 1"),
            (raw(9), "was killed by SIGKILL"),
            (raw(15), "was killed by SIGTERM"),
            (raw(11 | 0x80), "was killed by SIGSEGV and dumped core"),
            (raw(40), "was killed by signal 40"),
            (Exit::Unknown, "left, nobody knows how"),
            (
                Exit::OverBudget(Duration::from_millis(1500)),
                "was interrupted: its code went on for more than 1.5 s without a result (stormhost.inside.budget.secs)",
            ),
            (
                Exit::OutOfMemory(64 << 20),
                "was ended: it needs more than its 64 MiB of memory (stormhost.inside.memory.bytes)",
            ),
            (Exit::Interrupted, "was interrupted"),
            (Exit::Panicked, "panicked"),
            (Exit::Abandoned, "does not stop, and was abandoned"),
        ];
        for (exit, words) in cases {
            assert_eq!(exit.to_string(), words);
        }
    }

    #[test]
    fn only_status_zero_is_success() {
        assert!(raw(0).success());
        assert!(!raw(2 << 8).success());
        assert!(!raw(9).success());
        assert!(!Exit::Unknown.success());
    }

    #[test]
    fn hints_name_the_usual_suspects() {
        let cases = [
            (Exit::Status(127), Some("not found")),
            (Exit::Status(126), Some("executed")),
            (Exit::Status(137), Some("128 and the number")),
            (raw(9), Some("memory")),
            (raw(11), Some("crashed")),
            (Exit::OverBudget(Duration::ZERO), Some("endless loop")),
            (Exit::OutOfMemory(0), Some("grow without end")),
            (Exit::Abandoned, Some("cannot be interrupted")),
            (Exit::Panicked, Some("defect")),
            (Exit::Interrupted, None),
            (Exit::Status(0), None),
            (Exit::Status(1), None),
            (Exit::Status(255), None),
            (raw(15), None),
        ];
        for (exit, part) in cases {
            match part {
                Some(part) => assert!(
                    exit.hint().is_some_and(|hint| hint.contains(part)),
                    "{exit}: {:?}",
                    exit.hint()
                ),
                None => assert_eq!(exit.hint(), None, "{exit}"),
            }
        }
    }
}
