//! The first thing a component says: its answer to the setup object.

use serde::Deserialize;

use super::from_child::FromChild;
use super::members::{self, Members, SHOWN, present};
use crate::preview::preview;
use crate::{Encoding, Limits, ProtocolError, transcode};

/// A component's answer to the setup object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// Its process id, as it sees itself; `None` if it does not say, which Storm lets pass.
    pub pid: Option<i64>,
    /// That it wants frames, and how. `None` for all libraries but ours.
    pub frames: Option<FramesAnswer>,
}

/// How a component wants to speak frames.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct FramesAnswer {
    /// Which version of frames, one of those offered.
    pub version: u32,
    /// How values are written from now on, in both directions.
    pub encoding: Encoding,
    /// How a bolt's tuples are acked. Spouts leave it out. Default: [`Acks::Auto`].
    #[serde(default)]
    pub acks: Acks,
    /// The library's name and version, for the log. Default: empty.
    #[serde(default)]
    pub library: String,
    /// What the library encodes and decodes with, for the log. Default: empty.
    #[serde(default)]
    pub codec: String,
    /// Whether it reads and writes columns with repeats ([`REPEAT`](crate::REPEAT)). Default: no.
    #[serde(default)]
    pub repeats: bool,
}

/// How a bolt's tuples are acked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Acks {
    /// Every tuple that was consumed is acked, unless it is listed as failed.
    #[default]
    Auto,
    /// Only what is listed is acked.
    Hand,
}

/// What a component says before it is up.
#[derive(Debug)]
pub enum Opening<'a> {
    /// Its answer to the setup object.
    Greeting(Hello),
    /// Something for the log; its answer is still to come.
    Remark(FromChild<'a>),
    /// Something else in place of its answer, which Storm lets pass. Behind an emit the answer is still to come: storm.js greets only when the user's
    /// `initialize` is through. `None`: no command at all.
    Instead(Option<FromChild<'a>>),
}

impl<'a> Opening<'a> {
    /// Reads what a component says before it has greeted.
    ///
    /// # Errors
    /// As [`parse_hello`].
    pub fn read(
        encoding: Encoding,
        bytes: &'a [u8],
        limits: &Limits,
    ) -> Result<Self, ProtocolError> {
        let hello = parse_hello(encoding, bytes, limits)?;
        if hello.pid.is_some() || hello.frames.is_some() {
            return Ok(Opening::Greeting(hello));
        }
        Ok(match FromChild::parse(encoding, bytes, limits) {
            Ok(
                said
                @ (FromChild::Log { .. } | FromChild::Error { .. } | FromChild::Metrics { .. }),
            ) => Opening::Remark(said),
            said => Opening::Instead(said.ok()),
        })
    }
}

/// Reads a component's first message.
///
/// # Errors
/// [`ProtocolError`] if it is no object, or if its answer about frames cannot be understood.
pub fn parse_hello(
    encoding: Encoding,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Hello, ProtocolError> {
    let members = Members::read(encoding, bytes, limits)?;
    Ok(Hello {
        pid: members.pid.and_then(|raw| members::integer(encoding, raw)),
        frames: present(encoding, members.stormhost)
            .map(|raw| frames(encoding, raw))
            .transpose()?,
    })
}

fn frames(encoding: Encoding, raw: &[u8]) -> Result<FramesAnswer, ProtocolError> {
    let mut json = Vec::new();
    transcode(encoding, Encoding::Json, raw, &mut json)
        .ok()
        .and_then(|()| serde_json::from_slice(&json).ok())
        .ok_or_else(|| ProtocolError::Member {
            command: "pid".to_owned(),
            member: "stormhost",
            expected: "an object with `version` and `encoding`",
            seen: preview(encoding, raw, SHOWN),
        })
}

#[cfg(test)]
mod tests;
