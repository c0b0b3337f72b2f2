//! What is wrong with a topology in YAML, collected.

use super::node::Node;
use crate::topology::{MistakeIr, Place, Severity, nearest};

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

    /// An error, with what the user's code wrote when it failed.
    pub(super) fn raised(&mut self, at: &Place, message: String, hint: String, traceback: String) {
        self.error(at, message, hint);
        if let Some(last) = self.mistakes.last_mut() {
            last.traceback = Some(traceback);
        }
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

/// Tells of keys that are not known, as whoever reads such files elsewhere would refuse them.
pub(super) fn only(node: &Node, what: &str, known: &[&str], told: &mut Told) {
    for (key, value, hint) in unknown_keys(node, known) {
        told.error(&value.at, format!("{what} has no key `{key}`"), hint);
    }
}

/// The keys that are not known, with their values and what to try.
pub(super) fn unknown_keys<'a>(
    node: &'a Node,
    known: &[&str],
) -> impl Iterator<Item = (&'a str, &'a Node, String)> {
    let entries = node.map().unwrap_or_default().iter();
    entries
        .filter(|(key, _)| !known.contains(&key.as_str()))
        .map(|(key, value)| {
            let hint = meant(key, known.iter().copied(), "the keys are");
            (key.as_str(), value, hint)
        })
}

/// What was probably meant, or all that is known; `there_are` introduces the latter.
pub(super) fn meant<'a>(
    wanted: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    there_are: &str,
) -> String {
    match nearest(wanted, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("{there_are}: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The whole number under a key, if something stands there; a mistake where it is none.
pub(super) fn whole_number(node: &Node, key: &str, told: &mut Told) -> Option<i64> {
    let node = node.given(key)?;
    let number = node.whole();
    if number.is_none() {
        told.plain_error(&node.at, format!("`{key}` is no whole number"));
    }
    number
}
