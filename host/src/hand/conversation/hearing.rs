//! What a component that is tried says: understood, shown, and held against what a run lets pass.

use std::borrow::Cow;
use std::time::Instant;

use stormhost_protocol::storm::{self, Emit, FromChild, Item, Opening, mend, parse_hello};
use stormhost_protocol::{Encoding, Limits, ProtocolError};
use tokio::net::unix::pipe::Receiver;

use super::super::said::{Said, Shown};
use super::{HEARTBEAT, Talk};
use crate::errors::{Coded, marked};
use crate::prepare::tell;
use crate::runtime::violation::Violation;
use crate::topology::{Kind, Stream};

/// How many pieces of standard error are read at a time.
const COMPLAINTS: usize = 16;

impl Talk<'_> {
    /// Shows what can be understood of what was read.
    pub(super) fn understand(&mut self) -> Result<(), String> {
        let mut start = 0;
        let read = std::mem::take(&mut self.read);
        let result = loop {
            match self.decoder.decode(&read[start..]) {
                Ok(None) => break Ok(()),
                Ok(Some((used, item))) => {
                    match item {
                        Item::Message(message) => {
                            let message = &readable(self.encoding, message);
                            if self.greeted {
                                self.hears(message);
                            } else if let Err(error) = self.opens(message) {
                                break Err(error.to_string());
                            }
                        }
                        Item::Stray(text) => {
                            self.show(Said::Print(String::from_utf8_lossy(text).into_owned()))
                        }
                        Item::Broken(broken) => self.cannot_read(&broken.error),
                        Item::Nothing => {}
                    }
                    start += used;
                }
                Err(error) => break Err(error.to_string()),
            }
        };
        self.read = read[start..].to_vec();
        result
    }

    /// What it says before it has greeted.
    fn opens(&mut self, message: &[u8]) -> Result<(), ProtocolError> {
        match Opening::read(self.encoding, message, &limits(self.encoding))? {
            Opening::Greeting(_) => self.greeted = true,
            Opening::Remark(_) => self.hears(message),
            Opening::Instead(said) => {
                self.greeted = true;
                self.owes_its_pid = matches!(said, Some(FromChild::Emit(_)));
                if !self.owes_its_pid {
                    tell(
                        "warning: it answered the handshake without its pid; does it speak Storm's multilang protocol?",
                    );
                }
                if said.is_some() {
                    self.hears(message);
                }
            }
        }
        Ok(())
    }

    /// Whether this is the greeting of a component that emitted first.
    fn greets_late(&mut self, message: &[u8]) -> bool {
        self.owes_its_pid
            && parse_hello(self.encoding, message, &limits(self.encoding))
                .is_ok_and(|hello| hello.pid.is_some())
            && std::mem::take(&mut self.owes_its_pid)
    }

    fn cannot_read(&mut self, error: &ProtocolError) {
        self.wrong(format!("it sent what cannot be read: {error}"));
    }

    /// Shows what a run would not let pass.
    pub(super) fn wrong(&mut self, what: String) {
        self.failed = true;
        self.show(Said::Wrong(what));
    }

    fn violates(&mut self, violation: &Violation) {
        self.wrong(marked(&violation.to_string(), violation.code().number()));
    }

    fn hears(&mut self, message: &[u8]) {
        let said = match FromChild::parse(self.encoding, message, &limits(self.encoding)) {
            Err(ProtocolError::NoCommand { .. }) if self.greets_late(message) => return,
            Err(error) => return self.cannot_read(&error),
            Ok(FromChild::Emit(emit)) => return self.hears_emit(&emit),
            Ok(FromChild::Ack { id }) => match self.answered(&id) {
                Some(values) => Said::Ack(id.into_owned(), values),
                None => return,
            },
            Ok(FromChild::Fail { id }) => match self.answered(&id) {
                Some(values) => {
                    self.failed = true;
                    Said::Fail(id.into_owned(), values)
                }
                None => return,
            },
            Ok(FromChild::Log { level, message }) => {
                Said::Log(level_name(level), message.into_owned())
            }
            Ok(FromChild::Error { message }) => Said::Error(message.into_owned()),
            Ok(FromChild::Metrics { name, params }) => Said::Metric(
                name.into_owned(),
                match params {
                    Some(raw) => Shown::of(self.encoding, raw),
                    None => Shown::of(Encoding::Json, b"null"),
                },
            ),
            Ok(FromChild::Sync) => {
                return self.syncs();
            }
            Ok(FromChild::Unknown { command }) => Said::Error(format!(
                "it sent the command {command:?}, which there is not"
            )),
            Ok(
                FromChild::Done
                | FromChild::Finished
                | FromChild::Wait
                | FromChild::DeadLetter { .. },
            ) => return,
        };
        self.show(said);
    }

    fn syncs(&mut self) {
        (self.synced, self.activating) = (true, false);
        self.commands.synced(self.now());
    }

    /// Takes an input out of those that are open. A tick is nobody's, nor is a heartbeat. What was answered before keeps its first answer, as in a run, where the
    /// second one is counted and means nothing.
    fn answered(&mut self, id: &str) -> Option<Vec<Shown>> {
        let number: Option<i64> = id.parse().ok();
        let found = number.and_then(|number| self.open.remove(&number));
        self.answered |= found.is_some();
        if found.is_none() {
            let wrong = match number {
                // It takes it for a tuple, as bolts on libraries from before heartbeats do: it has read everything.
                Some(HEARTBEAT) => {
                    self.synced = true;
                    return None;
                }
                Some(number) if self.ticked.contains(&number) => return None,
                Some(number) if (1..self.next).contains(&number) => {
                    format!("it answered #{id} twice")
                }
                _ => format!("it answered for #{id}, which it was not given"),
            };
            self.show(Said::Wrong(wrong));
        }
        found
    }

    /// Shows what was emitted, and what a run would refuse it for.
    fn hears_emit(&mut self, emit: &Emit<'_>) {
        if !self.has_enough() {
            // A spout is never silent; what counts is what it was asked for.
            self.heard = Instant::now();
        }
        self.emitted += 1;
        self.commands.emitted = true;
        let stream = emit.stream.as_deref().unwrap_or("default");
        let refused = self.refused(emit, stream);
        if let Some(id) = emit.id
            && !self.enough
        {
            let acked = !self.options.fail && refused.is_none();
            self.commands.tells_of(id.into(), acked);
        }
        if emit.is_to_be_answered() {
            // Nobody listens.
            storm::write_task_ids(self.encoding, &[], &mut self.out);
        }
        self.show(Said::Emit {
            stream: stream.to_owned(),
            values: emit
                .row
                .values()
                .map(|value| Shown::of(self.encoding, value))
                .collect(),
            anchors: emit.anchors.iter().map(|id| id.to_string()).collect(),
            id: emit.id.map(|raw| Shown::of(self.encoding, raw)),
            task: emit.task,
        });
        if let Some(violation) = refused {
            self.violates(&violation);
        }
    }

    /// Why a run would not pass on what was emitted.
    fn refused(&self, emit: &Emit<'_>, stream: &str) -> Option<Violation> {
        let declared = self
            .streams
            .and_then(|streams| fits(streams, stream, emit.row.len).err());
        let in_hand = |id: &str| {
            id.parse().is_ok_and(|number| {
                self.open.contains_key(&number) || self.ticked.contains(&number)
            })
        };
        declared.or_else(|| {
            let strange = emit.anchors.iter().find(|id| !in_hand(id));
            let strange = strange.filter(|_| self.kind == Kind::Bolt)?;
            Some(Violation::UnknownAnchor(strange.to_string()))
        })
    }

    /// Returns whether there may be more.
    pub(super) fn hears_complaints(&mut self, stderr: &Receiver) -> bool {
        let mut chunk = vec![0; 16 * 1024];
        // Not to its end: one that never stops complaining must not keep everything else from being looked at.
        for _ in 0..COMPLAINTS {
            // What tokio has not been told of may be there all the same: it asks for news only while nothing else is to be done.
            let read = stderr
                .try_read(&mut chunk)
                .or_else(|_| rustix::io::read(stderr, &mut *chunk));
            match read {
                Ok(n @ 1..) => self.errors.extend_from_slice(&chunk[..n]),
                Ok(_) => return false,
                Err(_) => return true,
            }
            while let Some(end) = self.errors.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.errors.drain(..=end).collect();
                self.show(Said::Stderr(
                    String::from_utf8_lossy(&line[..end]).into_owned(),
                ));
            }
        }
        true
    }
}

/// Whether a run passes on so many values on this stream.
fn fits(streams: &[Stream], stream: &str, values: usize) -> Result<(), Violation> {
    let at = Violation::unless_declared(streams, stream)?;
    Violation::unless_as_wide(&streams[at], values)
}

fn level_name(level: storm::LogLevel) -> &'static str {
    match level {
        storm::LogLevel::Trace => "trace",
        storm::LogLevel::Debug => "debug",
        storm::LogLevel::Info => "info",
        storm::LogLevel::Warn => "warn",
        storm::LogLevel::Error => "error",
    }
}

/// What a message may be.
pub(super) fn limits(encoding: Encoding) -> Limits {
    Limits::default().in_storms_dialect(encoding)
}

/// A message as a run reads it: what is no JSON may be for Storm's parser.
fn readable(encoding: Encoding, message: &[u8]) -> Cow<'_, [u8]> {
    let error = FromChild::parse(encoding, message, &limits(encoding)).err();
    if let (Some(error), Encoding::Json) = (error, encoding)
        && let Some(mended) = mend(message, &limits(encoding))
    {
        if matches!(error, ProtocolError::NotUtf8 { .. }) {
            tell(format!(
                "warning: what is no UTF-8 is read as U+FFFD: {error}"
            ));
        }
        return Cow::Owned(mended);
    }
    Cow::Borrowed(message)
}
