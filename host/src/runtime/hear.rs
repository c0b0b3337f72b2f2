//! What a message of a child causes, in whichever dialect it came. Results frames are not messages: see [`super::bolt`] and [`super::spout`].

use stormhost_protocol::{FromChild, ProtocolError};

use super::completion::Finish;
use super::core::Core;
use super::task::Dialect;
use super::violation::Violation;
use crate::errors::Code;

/// The metric by which a child with frames says how many seconds it has spent: in user code, and in decoding and encoding around it.
const SPENT: &str = "__spent";

impl Core {
    /// Lets a message happen. What it hands back is for people to read: a log line, an error, a metric, or a command that is not known.
    ///
    /// # Errors
    /// When a child that speaks frames says in a message what belongs into a results frame: it would come out of step with the host's counts.
    /// And when a child asks and asks where its tuples went, and does not read the answers.
    pub fn hear<'a>(
        &mut self,
        at: usize,
        message: FromChild<'a>,
    ) -> Result<Option<FromChild<'a>>, ProtocolError> {
        let is_spout = self.tasks[at].spout.is_some();
        match (message, self.tasks[at].dialect()) {
            (FromChild::Metrics { name, params }, Some(Dialect::Frames { .. }))
                if name == SPENT =>
            {
                let spent = params.and_then(|params| serde_json::from_slice(params).ok());
                self.tasks[at].spent = spent.unwrap_or(self.tasks[at].spent);
            }
            (message @ (FromChild::Log { .. } | FromChild::Error { .. }), _)
            | (message @ (FromChild::Metrics { .. } | FromChild::Unknown { .. }), _) => {
                return Ok(Some(message));
            }
            (
                FromChild::Emit(_) | FromChild::Ack { .. } | FromChild::Fail { .. },
                Some(Dialect::Frames { .. }),
            ) => {
                return Err(ProtocolError::contradiction(
                    "it sent an emit, an ack or a fail as a message; with frames these belong into a frame of results",
                ));
            }
            (FromChild::Emit(emit), Some(Dialect::Storm(encoding))) if is_spout => {
                self.storm_spout_emits(at, encoding, &emit);
                self.reads_what_it_is_told(at)?;
            }
            (FromChild::Emit(emit), Some(Dialect::Storm(encoding))) => {
                self.bolt_emits(at, encoding, &emit);
                self.after(at);
                self.reads_what_it_is_told(at)?;
            }
            (FromChild::Ack { .. } | FromChild::Fail { .. }, _) if is_spout => {
                let said = Code::NOT_A_BOLT.told("it sent a bolt's ack or fail, and it is a spout");
                self.complain(at, &Violation::Unreadable(said));
            }
            (FromChild::Ack { id }, _) => {
                self.bolt_answers(at, &id, None);
                self.after(at);
            }
            (FromChild::Fail { id }, _) => {
                self.bolt_answers(at, &id, Some("the bolt failed it"));
                self.after(at);
            }
            (FromChild::Sync, Some(Dialect::Storm(_))) if is_spout => self.spout_synced(at),
            (FromChild::Sync, _) => self.bolt_synced(at),
            (FromChild::Done, _) => self.spout_done(at),
            (FromChild::Wait, Some(Dialect::Frames { .. })) if is_spout => self.spout_waits(at),
            (FromChild::Finished, _) if self.tasks[at].finish == Finish::Asked => {
                self.bolt_finished(at);
            }
            (
                FromChild::DeadLetter {
                    row,
                    stream,
                    message,
                },
                Some(Dialect::Frames { .. }),
            ) if is_spout => match self.stream_named(at, stream.as_deref().unwrap_or("default")) {
                Ok(stream) => {
                    let values = row.values().map(<[u8]>::to_vec).collect();
                    let letter =
                        self.letter_of_spout(at, stream, row.encoding, values, &message, 0);
                    self.post(at, letter);
                    self.after(at);
                }
                Err(violation) => self.complain(at, &violation),
            },
            // It was not asked, or no child is known to speak.
            (
                FromChild::Finished
                | FromChild::Wait
                | FromChild::Emit(_)
                | FromChild::DeadLetter { .. },
                _,
            ) => {}
        }
        Ok(None)
    }
    /// Looks whether a child goes on talking and leaves unread what it is told: that may not fill the memory.
    ///
    /// # Errors
    /// When more waits for it than the longest message, or more answers than it can have tuples pending.
    pub(super) fn reads_what_it_is_told(&self, at: usize) -> Result<(), ProtocolError> {
        let task = &self.tasks[at];
        let spout = task.spout.as_ref();
        if task.control.len() <= self.limits.message && !spout.is_some_and(|s| s.is_left_unread()) {
            return Ok(());
        }
        Err(ProtocolError::ReadsNothing)
    }
}
