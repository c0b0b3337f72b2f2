//! What can still be told of a message that cannot be read.

use std::borrow::Cow;

use memchr::memmem;

use super::members::{self, Members, present};
use crate::scan::json;
use crate::{Encoding, Limits};

/// What a JSON message was about, as far as it could be read. Other members than the message's own do not count, however they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvage {
    /// The ids of the tuples that its loss concerns: an emit's anchors, or what is acked or failed. `None` where that is not known: it may be any.
    pub concerns: Option<Vec<String>>,
    /// Whether its sender waits to be told where a tuple went. Left unanswered it would wait for ever, and be taken for one that hangs.
    pub waits: bool,
    /// It is an object with nothing in it that would be for the host: JSON that somebody printed, which concerns nobody.
    pub is_print: bool,
}

/// How much of a message's front is JSON that somebody printed there without a line end. 0 for nearly every message.
pub fn printed_before(message: &[u8], limits: &Limits) -> usize {
    let mut at = 0;
    loop {
        let rest = message.get(at..).unwrap_or_default();
        match json::skip(rest, 0, limits.depth()) {
            Ok(end) if is_print(rest.get(..end).unwrap_or_default(), limits) => {
                let next = json::blanks(rest, end);
                if rest.get(next) != Some(&b'{') {
                    return at;
                }
                at += next;
            }
            _ => return at,
        }
    }
}

/// Where a second message begins behind the first, on the same line: two that are written at once, by two threads, may share an end.
pub fn message_behind(message: &[u8], limits: &Limits) -> Option<usize> {
    let first = json::skip(message, 0, limits.depth()).ok()?;
    let next = json::blanks(message, first);
    let rest = message.get(next..)?;
    let end = json::skip(rest, 0, limits.depth()).ok()?;
    let is_message = rest.first() == Some(&b'{') && !is_print(rest.get(..end)?, limits);
    is_message.then_some(next)
}

/// Whether this is an object, and no message.
pub(super) fn is_print(object: &[u8], limits: &Limits) -> bool {
    let mut members = Members::default();
    members.walk(Encoding::Json, object, limits) == Ok(true) && !members.are_of_a_message()
}

impl Salvage {
    /// Walks over the message's members as far as it goes.
    pub fn of(message: &[u8]) -> Salvage {
        let limits = Limits {
            depth: Limits::MAX_DEPTH,
            ..Limits::default()
        };
        let mut members = Members::default();
        let is_whole = members.walk(Encoding::Json, message, &limits) == Ok(true);
        let is_print = is_whole && !members.are_of_a_message();
        let command = present(Encoding::Json, members.command)
            .and_then(|raw| members::text(Encoding::Json, raw));
        Salvage {
            concerns: match command.as_deref() {
                Some("emit") => anchors(&members, is_whole),
                Some("ack" | "fail") => id(&members).map(|id| vec![id]),
                // Logs, errors, metrics, and what is not known, are about no tuple.
                Some(_) => Some(Vec::new()),
                None => is_print.then(Vec::new),
            },
            waits: match command.as_deref() {
                Some("emit") => is_to_be_answered(&members),
                Some(_) => false,
                // Its command may come behind what is broken.
                None => {
                    !is_whole
                        && memmem::find(message, b"\"emit\"").is_some()
                        && is_to_be_answered(&members)
                }
            },
            is_print,
        }
    }
}

/// As [`FromChild`](super::FromChild) reads them, but that all the rest may be broken.
fn anchors(members: &Members<'_>, is_whole: bool) -> Option<Vec<String>> {
    let Some(raw) = present(Encoding::Json, members.anchors) else {
        return (is_whole || members.anchors.is_some()).then(Vec::new);
    };
    let ids = members::ids(Encoding::Json, raw)?;
    Some(ids.into_iter().map(Cow::into_owned).collect())
}

fn id(members: &Members<'_>) -> Option<String> {
    Some(members::id(Encoding::Json, members.id?)?.into_owned())
}

/// A direct emit is never answered, nor is one that says so.
fn is_to_be_answered(members: &Members<'_>) -> bool {
    let task = present(Encoding::Json, members.task);
    let says_no = members
        .need_task_ids
        .and_then(|raw| members::boolean(Encoding::Json, raw))
        == Some(false);
    task.is_none_or(|raw| raw == b"0") && !says_no
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_that_somebody_printed_is_told_from_a_message() {
        let message = r#"{"command":"ack","id":"5"}"#;
        for (printed, is_print) in [
            ("{}", true),
            (r#"{"level":"info","msg":"emit","id":7}"#, true),
            (r#"{"tuple":[1]}"#, false),
            (r#"{"pid":1}"#, false),
            (r#"{"comand":"emit","anchors":[]}"#, false),
            (message, false),
            ("[1]", false),
            ("{", false),
        ] {
            assert_eq!(
                Salvage::of(printed.as_bytes()).is_print,
                is_print,
                "{printed}"
            );
            let glued = format!("{printed} {message}");
            let printed_before = printed_before(glued.as_bytes(), &Limits::default());
            assert_eq!(&glued[printed_before..] == message, is_print, "{printed}");
        }
        assert_eq!(printed_before(b"{}{} {}x", &Limits::default()), 5);
    }

    #[test]
    fn a_second_message_on_a_line_is_found() {
        let message = r#"{"command":"ack","id":"5"}"#;
        let behind = |text: &str| message_behind(text.as_bytes(), &Limits::default());
        assert_eq!(behind(&format!("{message}{message}")), Some(message.len()));
        assert_eq!(
            behind(&format!("{message} \t{message} x")),
            Some(message.len() + 2)
        );
        for alone in [
            message.to_owned(),
            format!("{message} "),
            format!("{message}{{}}"),
            format!("{message}[1]"),
            format!("{message}{{"),
            format!("x{message}"),
        ] {
            assert_eq!(behind(&alone), None, "{alone}");
        }
    }

    #[test]
    fn what_stands_before_the_break_tells_what_it_was_about() {
        let ids = |ids: &[&str]| Some(ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>());
        for (message, concerns, waits) in [
            (
                r#"{"command":"emit","anchors":["1",2],"tuple":[1 2]}"#,
                ids(&["1", "2"]),
                true,
            ),
            (
                r#"{"command":"emit","anchors":"7","tuple":[1 2]}"#,
                ids(&["7"]),
                true,
            ),
            (
                r#"{"command":"emit","anchors":null,"tuple":[1 2]}"#,
                ids(&[]),
                true,
            ),
            (
                r#"{"command":"emit","tuple":[1 2],"anchors":["1"]}"#,
                None,
                true,
            ),
            (r#"{"command":"emit","tuple":"word"}"#, ids(&[]), true),
            (r#"{"command":"emit","anchors":{},"tuple":[]}"#, None, true),
            (r#"{"command":"emit","task":3,"tuple":[1 2]}"#, None, false),
            (r#"{"command":"emit","task":0,"tuple":[1 2]}"#, None, true),
            (
                r#"{"command":"emit","need_task_ids":false,"tuple":[1 2]}"#,
                None,
                false,
            ),
            (
                r#"{"command":"emit","tuple":[{"task":1}, "task" 2]}"#,
                None,
                true,
            ),
            (r#"{"tuple":[1 2],"command":"emit"}"#, None, true),
            (r#"{"command":"ack","id":"5" 6}"#, ids(&["5"]), false),
            (r#"{"command":"fail" 6}"#, None, false),
            (r#"{"command":"log","msg":"emit" "#, ids(&[]), false),
            (r#"{"command":"metrics"}"#, ids(&[]), false),
            ("[]", None, false),
            ("", None, false),
        ] {
            let salvage = Salvage::of(message.as_bytes());
            assert_eq!(
                (salvage.concerns, salvage.waits),
                (concerns, waits),
                "{message}"
            );
        }
    }
}
