//! What is wrong with a topology, said so that its author can put it right.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::errors::Code;

/// A place in the user's source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The file, as the front end was given it.
    pub file: String,
    /// The line, counted from 1. 0 means the file as a whole.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The topology cannot run.
    #[default]
    Error,
    /// It runs, but surely not as meant.
    Warning,
    /// Worth knowing.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        })
    }
}

/// One thing that is wrong, or worth a remark. Displayed as `file:line: error: message`, with the hint on a line of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Which of the errors in the catalogue it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands; `None` for what did not come from a file, such as an option on the command line.
    pub at: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
    /// What the user's own code raised while the topology was read, cut to the user's own frames.
    pub traceback: Option<String>,
}

impl Mistake {
    /// Something that keeps the topology from running.
    pub fn error(at: Option<&Place>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, at, message)
    }

    /// Something that is surely not meant.
    pub fn warning(at: Option<&Place>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, at, message)
    }

    /// Something worth knowing.
    pub fn info(at: Option<&Place>, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, at, message)
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, known as this error; as [`Code::MISDECLARED`] otherwise.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.code = code;
        self
    }

    fn new(severity: Severity, at: Option<&Place>, message: impl Into<String>) -> Self {
        Self {
            code: Code::MISDECLARED,
            severity,
            at: at.cloned(),
            message: message.into(),
            hint: None,
            traceback: None,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.at {
            write!(f, "{place}: ")?;
        }
        write!(f, "{}: {}", self.severity, self.message)?;
        if let Some(traceback) = &self.traceback {
            for line in traceback.trim_end().lines() {
                write!(f, "\n    {line}")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_shown_with_place_and_hint() {
        let at = Place {
            file: "topology.py".into(),
            line: 14,
        };
        let mistake = Mistake::error(Some(&at), "no component is called \"splot\"")
            .hint("did you mean \"split\"?");
        assert_eq!(
            mistake.to_string(),
            "topology.py:14: error: no component is called \"splot\"\n  hint: did you mean \"split\"?"
        );
    }

    #[test]
    fn a_place_without_a_line_is_the_file() {
        let at = Place {
            file: "topology.py".into(),
            line: 0,
        };
        assert_eq!(
            Mistake::warning(Some(&at), "odd").to_string(),
            "topology.py: warning: odd"
        );
        assert_eq!(Mistake::info(None, "odd").to_string(), "info: odd");
    }

    #[test]
    fn a_traceback_is_indented() {
        let mut mistake = Mistake::error(None, "cannot be imported");
        mistake.traceback = Some("Traceback:\n  File \"x.py\"\n".into());
        assert_eq!(
            mistake.to_string(),
            "error: cannot be imported\n    Traceback:\n      File \"x.py\""
        );
    }
}
