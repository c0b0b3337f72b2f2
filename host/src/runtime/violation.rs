//! What a child may not say, and how it is told: at most once a minute for each kind and task.

use super::core::Core;
use crate::errors::{Code, Coded, Report};
use crate::topology::Stream;

/// Why an emitted tuple was not passed on. The text says what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// No such stream.
    #[error(
        "it emitted to stream '{stream}', which it does not declare; its streams are {declared}"
    )]
    UndeclaredStream {
        /// What it said.
        stream: String,
        /// What there is.
        declared: String,
    },
    /// Not as many values as the stream has fields.
    #[error("it emitted {got} values to stream '{stream}', which has {want} fields ({fields})")]
    WrongNumberOfValues {
        /// The stream.
        stream: String,
        /// Values.
        got: usize,
        /// Fields.
        want: usize,
        /// Their names.
        fields: String,
    },
    /// A plain emit where a subscriber wants direct ones.
    #[error(
        "it emitted to stream '{0}' without naming a task, and a subscriber takes it by direct grouping; name one (direct_task)"
    )]
    NotDirect(String),
    /// A direct emit to a task that takes nothing, or nothing direct, from this stream.
    #[error(
        "it emitted directly to task {task} on stream '{stream}', which that task does not take by direct grouping"
    )]
    NoSuchReceiver {
        /// The task it named.
        task: u32,
        /// The stream.
        stream: String,
    },
    /// A value that a fields grouping needs cannot be read.
    #[error("a value that a grouping goes by cannot be read: {0}")]
    Key(String),
    /// It anchored to something it does not have.
    #[error(
        "it anchored a tuple to id '{0}', which it does not have in hand (acked or failed before, or never given to it)"
    )]
    UnknownAnchor(String),
    /// A line that is no tuple, or one that failed.
    #[error("{0}")]
    Line(Report),
    /// The child said something that could not be read, or not as it stood.
    #[error("{0}")]
    Unreadable(Report),
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

/// An error that repeats is told once in this many microseconds, with how often it happened since.
const COMPLAIN_EVERY: u64 = 60_000_000;

impl Core {
    /// Something was wrong with what a child said. It is logged, at most once a minute for each kind.
    pub fn complain(&mut self, at: usize, violation: &Violation) {
        let now = self.now;
        let seen = self
            .complaints
            .entry((at, violation.code().number()))
            .or_insert((0, 0));
        seen.1 += 1;
        if seen.0 != 0 && now < seen.0 + COMPLAIN_EVERY {
            return;
        }
        let again = seen.1 - 1;
        *seen = (now.max(1), 0);
        let task = &self.tasks[at];
        let component = &self.topology.components[task.component].id;
        tracing::warn!(
            component,
            task = task.id,
            again,
            code = %violation.code(),
            "{component}[{}]: {violation}{}",
            task.id,
            violation.consequence()
        );
    }

    /// The stream of a component by name.
    ///
    /// # Errors
    /// [`Violation::UndeclaredStream`].
    pub fn stream_named(&self, at: usize, name: &str) -> Result<usize, Violation> {
        Violation::unless_declared(
            &self.topology.components[self.tasks[at].component].streams,
            name,
        )
    }
}

impl Violation {
    /// What comes of it, where it does not say so itself.
    fn consequence(&self) -> &'static str {
        match self {
            Violation::Line(_) | Violation::Unreadable(_) => "",
            Violation::UnknownAnchor(_) => {
                "; the new tuple is passed on, tied to nothing by this anchor"
            }
            _ => "; the tuple's trees fail",
        }
    }

    /// Which of a component's streams has this name.
    ///
    /// # Errors
    /// [`Violation::UndeclaredStream`].
    pub fn unless_declared(streams: &[Stream], name: &str) -> Result<usize, Violation> {
        streams
            .iter()
            .position(|stream| stream.id == name)
            .ok_or_else(|| Violation::UndeclaredStream {
                stream: name.to_owned(),
                declared: match streams.len() {
                    0 => "none".to_owned(),
                    _ => streams
                        .iter()
                        .map(|s| format!("'{}'", s.id))
                        .collect::<Vec<_>>()
                        .join(", "),
                },
            })
    }

    /// Whether so many values are as many as the stream has fields.
    ///
    /// # Errors
    /// [`Violation::WrongNumberOfValues`].
    #[inline]
    pub fn unless_as_wide(stream: &Stream, got: usize) -> Result<(), Violation> {
        if got == stream.fields.len() {
            return Ok(());
        }
        Err(Violation::WrongNumberOfValues {
            stream: stream.id.clone(),
            got,
            want: stream.fields.len(),
            fields: stream.fields.join(", "),
        })
    }
}

#[cfg(test)]
mod tests {
    use stormhost_protocol::Encoding;

    use super::*;
    use crate::errors::assert_made;
    use crate::flow::grouping::Picker;
    use crate::topology::Grouping;

    /// What a decoder has passed has keys that can be read; this is what would be told otherwise.
    #[test]
    fn a_key_that_cannot_be_read_has_a_code() {
        let mut picker = Picker::new(&Grouping::Fields(vec![0]), 2, 0);
        let row: [&[u8]; 1] = [b"\"cut"];
        let error = picker.pick(Encoding::Json, &row[..], |_| true).unwrap_err();
        assert_made("SH0512", &Violation::Key(error.to_string()));
    }
}
