//! What a component may say, once it has answered the setup object.

use std::borrow::Cow;

use super::members::{self, Members, SHOWN, present};
use crate::preview::preview;
use crate::{Column, Encoding, Limits, ProtocolError};

/// The value of `command` in every message that [`FromChild::parse`] knows. The last four are ours, and stand in frames only.
pub const COMMANDS: [&str; 11] = [
    "emit",
    "ack",
    "fail",
    "log",
    "error",
    "metrics",
    "sync",
    "done",
    "finished",
    "dead_letter",
    "wait",
];

/// One message from a component.
#[derive(Clone, Debug, PartialEq)]
pub enum FromChild<'a> {
    /// A tuple for whoever listens.
    Emit(Emit<'a>),
    /// A bolt is through with a tuple.
    Ack {
        /// The tuple's id. A number is taken for its digits.
        id: Cow<'a, str>,
    },
    /// A bolt gives a tuple up.
    Fail {
        /// The tuple's id. A number is taken for its digits.
        id: Cow<'a, str>,
    },
    /// A line for the log.
    Log {
        /// How grave it is.
        level: LogLevel,
        /// What it says.
        message: Cow<'a, str>,
    },
    /// An error to be shown to the user. It fails nothing.
    Error {
        /// What it says.
        message: Cow<'a, str>,
    },
    /// A value for a metric.
    Metrics {
        /// The metric's name, never empty.
        name: Cow<'a, str>,
        /// The raw value; `None` if missing or null.
        params: Option<&'a [u8]>,
    },
    /// A spout is through with a command; a bolt has seen a heartbeat.
    Sync,
    /// A spout has nothing more to emit. Frames only.
    Done,
    /// A bolt has finished. Frames only.
    Finished,
    /// A spout that cannot look at its input without waiting has nothing to emit, and wants a word in a while. Frames only.
    Wait,
    /// A spout will not emit a tuple again that failed too often: it goes to the dead letters. Frames only.
    DeadLetter {
        /// The values.
        row: Row<'a>,
        /// The stream that it was emitted on; `None` for the default one.
        stream: Option<Cow<'a, str>>,
        /// What went wrong.
        message: Cow<'a, str>,
    },
    /// A command that is not known here.
    Unknown {
        /// What stood there.
        command: Cow<'a, str>,
    },
}

/// A tuple that was emitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Emit<'a> {
    /// The values, still encoded.
    pub row: Row<'a>,
    /// The stream; `None` for the default one.
    pub stream: Option<Cow<'a, str>>,
    /// A spout's message id: any value, raw. `None` if missing or null; `0` and `""` are ids.
    pub id: Option<&'a [u8]>,
    /// The ids of the tuples it hangs on. Empty means untracked. Means nothing in a spout.
    pub anchors: Vec<Cow<'a, str>>,
    /// The task that a direct emit goes to; `None` if missing, null or 0.
    pub task: Option<u32>,
    /// Whether the component waits for the task ids. Storm's default is true. A direct emit is never answered, whatever stands here.
    pub need_task_ids: bool,
}

impl Emit<'_> {
    /// Whether its sender is to be told where the tuple went.
    pub fn is_to_be_answered(&self) -> bool {
        self.need_task_ids && self.task.is_none()
    }
}

/// The values of one tuple: a raw list, and how long it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// How `list` is encoded.
    pub encoding: Encoding,
    /// One complete list that has been walked over, without blanks around it.
    pub list: &'a [u8],
    /// How many values it has.
    pub len: usize,
}

impl<'a> Row<'a> {
    /// The values, one by one. The list was walked over before, so this meets no error.
    pub fn values(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let limits = Limits {
            depth: Limits::MAX_DEPTH,
            ..Limits::default()
        };
        Column::open(self.encoding, self.list, &limits)
            .into_iter()
            .flatten()
            .map_while(Result::ok)
    }
}

/// How grave a line for the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// 0
    Trace,
    /// 1
    Debug,
    /// 2, and every level that Storm does not know
    Info,
    /// 3
    Warn,
    /// 4
    Error,
}

impl<'a> FromChild<'a> {
    /// Reads one message.
    ///
    /// Forgiving where real libraries need it: a single anchor may stand without a list, ids and anchors may be numbers, whole floats are integers,
    /// members that are not known are ignored.
    ///
    /// # Errors
    /// [`ProtocolError`]. It concerns this message only: the next one can be read.
    pub fn parse(
        encoding: Encoding,
        bytes: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, ProtocolError> {
        let members = Members::read(encoding, bytes, limits)?;
        let Some(raw) = present(encoding, members.command) else {
            return Err(ProtocolError::NoCommand {
                beginning: preview(encoding, bytes, SHOWN),
            });
        };
        let Some(command) = members::text(encoding, raw) else {
            return Err(ProtocolError::Member {
                command: preview(encoding, raw, SHOWN),
                member: "command",
                expected: "text",
                seen: preview(encoding, raw, SHOWN),
            });
        };
        let said = Said {
            encoding,
            command,
            members,
        };
        Ok(match said.command.as_ref() {
            "emit" => Self::Emit(said.emit()?),
            "ack" => Self::Ack { id: said.id()? },
            "fail" => Self::Fail { id: said.id()? },
            "log" => Self::Log {
                level: said.level(),
                message: said.message(),
            },
            "error" => Self::Error {
                message: said.message(),
            },
            "metrics" => Self::Metrics {
                name: said.name()?,
                params: present(encoding, said.members.params),
            },
            "sync" => Self::Sync,
            "done" => Self::Done,
            "finished" => Self::Finished,
            "wait" => Self::Wait,
            "dead_letter" => Self::DeadLetter {
                message: said.message(),
                stream: said.stream()?,
                row: said.row()?,
            },
            _ => Self::Unknown {
                command: said.command,
            },
        })
    }
}

/// A message whose command is known.
struct Said<'a> {
    encoding: Encoding,
    command: Cow<'a, str>,
    members: Members<'a>,
}

impl<'a> Said<'a> {
    fn emit(&self) -> Result<Emit<'a>, ProtocolError> {
        Ok(Emit {
            row: self.row()?,
            stream: self.stream()?,
            id: present(self.encoding, self.members.id),
            anchors: self.anchors()?,
            task: self
                .optional("task", "a task number", self.members.task, task)?
                .flatten(),
            need_task_ids: self
                .optional(
                    "need_task_ids",
                    "true or false",
                    self.members.need_task_ids,
                    members::boolean,
                )?
                .unwrap_or(true),
        })
    }

    fn row(&self) -> Result<Row<'a>, ProtocolError> {
        let (list, len) = match self.members.tuple {
            Some((list, Some(len))) => (list, len),
            Some((other, None)) => return Err(self.not("tuple", "a list of values", Some(other))),
            None => return Err(self.not("tuple", "a list of values", None)),
        };
        Ok(Row {
            encoding: self.encoding,
            list,
            len,
        })
    }

    fn stream(&self) -> Result<Option<Cow<'a, str>>, ProtocolError> {
        self.optional("stream", "text", self.members.stream, members::text)
    }

    fn anchors(&self) -> Result<Vec<Cow<'a, str>>, ProtocolError> {
        let expected = "a list of tuple ids, or one id";
        let anchors = self.optional("anchors", expected, self.members.anchors, members::ids)?;
        Ok(anchors.unwrap_or_default())
    }

    fn id(&self) -> Result<Cow<'a, str>, ProtocolError> {
        self.optional("id", "a tuple's id", self.members.id, members::id)?
            .ok_or_else(|| self.not("id", "a tuple's id", self.members.id))
    }

    fn name(&self) -> Result<Cow<'a, str>, ProtocolError> {
        self.optional("name", "text", self.members.name, members::text)?
            .filter(|name| !name.is_empty())
            .ok_or_else(|| self.not("name", "text that is not empty", self.members.name))
    }

    fn level(&self) -> LogLevel {
        let level = self.members.level;
        match level.and_then(|raw| members::integer(self.encoding, raw)) {
            Some(0) => LogLevel::Trace,
            Some(1) => LogLevel::Debug,
            Some(3) => LogLevel::Warn,
            Some(4) => LogLevel::Error,
            _ => LogLevel::Info,
        }
    }

    /// A message that is no text is shown as JSON: a log line is not worth a failure.
    fn message(&self) -> Cow<'a, str> {
        match self.members.msg {
            None => Cow::Borrowed("null"),
            Some(raw) => members::text(self.encoding, raw)
                .unwrap_or_else(|| Cow::Owned(crate::to_json_text(self.encoding, raw))),
        }
    }

    /// `None` if the member is missing or null.
    fn optional<T>(
        &self,
        member: &'static str,
        expected: &'static str,
        raw: Option<&'a [u8]>,
        read: impl Fn(Encoding, &'a [u8]) -> Option<T>,
    ) -> Result<Option<T>, ProtocolError> {
        present(self.encoding, raw)
            .map(|value| read(self.encoding, value).ok_or_else(|| self.not(member, expected, raw)))
            .transpose()
    }

    #[cold]
    fn not(
        &self,
        member: &'static str,
        expected: &'static str,
        raw: Option<&[u8]>,
    ) -> ProtocolError {
        ProtocolError::Member {
            command: self.command.clone().into_owned(),
            member,
            expected,
            seen: raw.map_or("missing".to_owned(), |raw| {
                preview(self.encoding, raw, SHOWN)
            }),
        }
    }
}

/// A task number; `Some(None)` is 0, which stands for no task.
fn task(encoding: Encoding, raw: &[u8]) -> Option<Option<u32>> {
    let number = u32::try_from(members::integer(encoding, raw)?).ok()?;
    Some((number > 0).then_some(number))
}

#[cfg(test)]
mod tests;
