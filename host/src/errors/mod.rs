//! Every error that a user can meet, with a code that never changes its meaning: its text, what it comes of, and what to try.
//!
//! This is the one place where they are written down. `docs/errors.md` is the [`page()`] that is made of it, `stormhost explain CODE` shows
//! an [`Entry`], and log lines carry the code: as the field `code` in JSON, in brackets at the end of the first line on a terminal.
//! `tests/e2e` checks what is really said against the texts here, and that each of them is made to happen by a test.

mod children;
mod described;
mod flow;
mod host;
mod page;
mod protocol;
mod reading;
mod wire;

use std::fmt;

pub use page::{explain, page};

/// The code of an error; its name is a constant of this type, as in `Code::HUNG`.
#[derive(Clone, Copy)]
pub struct Code(&'static Entry);

/// What is known of an error.
#[derive(Debug)]
pub struct Entry {
    /// `SH` and four digits, of which the first two are those of its area.
    pub number: &'static str,
    /// How its text may run; what stands in braces differs.
    pub texts: &'static [&'static str],
    /// What it comes of.
    pub cause: &'static str,
    /// What to try.
    pub remedy: &'static str,
}

/// Errors that are met at the same kind of work.
#[derive(Debug)]
pub struct Area {
    /// What the work is.
    pub title: &'static str,
    /// Its errors, by their numbers.
    pub codes: &'static [Code],
}

/// All errors there are, by areas.
pub const AREAS: [Area; 11] = [
    reading::AREA,
    described::AREA,
    children::STARTING,
    children::LIVING,
    wire::AREA,
    wire::LIBRARIES,
    flow::AREA,
    flow::LETTERS,
    flow::SHELL,
    flow::REDIS,
    host::AREA,
];

/// Writes an area down: a constant of [`Code`] for each of its errors, and one for the area.
macro_rules! area {
    ($area:ident $title:literal $($name:ident $number:literal $([$text:literal])+ cause $cause:literal remedy $remedy:literal)+) => {
        impl super::Code {
            $(
                #[doc = concat!("`", $number, "`: ", $cause)]
                pub const $name: super::Code = super::Code(&super::Entry {
                    number: $number,
                    texts: &[$($text),+],
                    cause: $cause,
                    remedy: $remedy,
                });
            )+
        }
        pub(super) const $area: super::Area = super::Area {
            title: $title,
            codes: &[$(super::Code::$name),+],
        };
    };
}
use area;

impl Code {
    /// What is known of it.
    pub fn entry(self) -> &'static Entry {
        self.0
    }

    /// `SH` and four digits.
    pub fn number(self) -> &'static str {
        self.0.number
    }

    /// Something told, with this code.
    pub fn told(self, text: impl Into<String>) -> Report {
        Report {
            code: self,
            text: text.into(),
        }
    }

    /// All codes there are.
    pub fn all() -> impl Iterator<Item = Code> {
        AREAS.iter().flat_map(|area| area.codes).copied()
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Code) -> bool {
        self.number() == other.number()
    }
}

impl Eq for Code {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// What has a code.
pub trait Coded {
    /// Which of the errors it is.
    fn code(&self) -> Code;
}

/// What is told of an error, and which one it is. `Display` is the text alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which error.
    pub code: Code,
    /// In words, perhaps in several lines.
    pub text: String,
}

impl Coded for Report {
    fn code(&self) -> Code {
        self.code
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text with a code in brackets, at the end of its first line.
pub fn marked(text: &str, code: &str) -> String {
    match text.split_once('\n') {
        None => format!("{text} [{code}]"),
        Some((first, rest)) => format!("{first} [{code}]\n{rest}"),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub use tests::assert_made;
