//! What is wrong with a Flux file, collected.

use crate::topology::{MistakeIr, Place, Severity};

/// Everything that was found so far.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) mistakes: Vec<MistakeIr>,
}

impl Told {
    /// Something that keeps the topology from running, with what to try.
    pub(super) fn error(
        &mut self,
        at: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(Severity::Error, at, message.into(), Some(hint.into()));
    }

    /// The same, where there is nothing to add.
    pub(super) fn plain_error(&mut self, at: &Place, message: impl Into<String>) {
        self.add(Severity::Error, at, message.into(), None);
    }

    /// Something that is surely not meant.
    pub(super) fn warning(
        &mut self,
        at: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(Severity::Warning, at, message.into(), Some(hint.into()));
    }

    /// Something worth knowing.
    pub(super) fn info(&mut self, at: &Place, message: impl Into<String>, hint: impl Into<String>) {
        self.add(Severity::Info, at, message.into(), Some(hint.into()));
    }

    fn add(&mut self, severity: Severity, at: &Place, message: String, hint: Option<String>) {
        self.mistakes.push(MistakeIr {
            severity,
            message,
            hint,
            traceback: None,
            at: Some(at.clone()),
        });
    }
}
