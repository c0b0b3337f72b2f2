//! A shell component for itself: whether its command is one, and whether what is said about it makes sense.

use std::time::Duration;

use stormhost_protocol::lines::Layout;

use super::components::in_vain;
use crate::errors::Code;
use crate::topology::ir::{ComponentIr, ShellIr};
use crate::topology::mistake::Mistake;
use crate::topology::model::Kind;
use crate::topology::shell::{Shell, ShellMode, argv};

/// A batch larger than this would hold more tuples than a spout has pending.
const MOST_IN_A_BATCH: i64 = 1_000_000;
/// How long a batch that is not full waits for more, unless something else is said.
const LINGER: Duration = Duration::from_millis(100);

const BUDGET: &str = "stormhost.tuple.budget.secs";

/// The shell component that it is, if it is one, and what starts it.
pub(super) fn shell(ir: &ComponentIr, mistakes: &mut Vec<Mistake>) -> Option<(Shell, Vec<String>)> {
    let described = ir.shell.as_ref()?;
    let mut wrong = |message: String, hint: &str| {
        mistakes.push(
            Mistake::error(ir.at.as_ref(), message)
                .coded(Code::BAD_SHELL)
                .hint(hint),
        );
    };
    let id = &ir.id;
    if !ir.command.is_empty() || ir.builtin.is_some() || ir.place.is_some() {
        wrong(
            format!("\"{id}\" is a shell component, and something else at once"),
            "shell stands in place of command, builtin and where",
        );
    }
    let layout = layout(id, described, &mut wrong);
    let mode = match (described.mode.as_str(), ir.kind) {
        ("lines", _) => lines(ir, described, &mut wrong),
        ("exec", Kind::Bolt) => exec(id, described, &mut wrong),
        ("exec", Kind::Spout) => {
            wrong(
                format!("\"{id}\" is an Exec, which runs for a tuple, so it cannot be a spout"),
                "a command whose output is a stream of tuples is Lines(…, spout=True)",
            );
            return None;
        }
        (other, _) => {
            wrong(
                format!("\"{id}\" is a shell component as {other:?}, which there is not"),
                "what there is: lines, exec",
            );
            return None;
        }
    };
    for (stream, declared) in &ir.streams {
        if stream != "default" || declared.direct {
            wrong(
                format!(
                    "\"{id}\" declares the stream \"{stream}\", but a line has nothing that says where it goes"
                ),
                "a shell component emits to one stream, \"default\", which is not direct",
            );
        } else if declared.fields.is_empty() {
            wrong(
                format!("the stream of \"{id}\" has no fields, so its lines would say nothing"),
                "name the field that a line becomes, or the fields that stand on it",
            );
        }
    }
    let with_arguments = matches!(mode, ShellMode::Exec { batch: 1, .. });
    match argv(&described.run, with_arguments) {
        Ok(command) => Some((Shell { layout, mode }, command)),
        Err(why) => {
            wrong(
                format!(
                    "the command of \"{id}\" cannot be run: {why}: {:?}",
                    described.run
                ),
                "write it as in a shell",
            );
            None
        }
    }
}

fn layout(id: &str, described: &ShellIr, wrong: &mut impl FnMut(String, &str)) -> Layout {
    let end = if described.null { 0 } else { b'\n' };
    if described.null && described.json {
        wrong(
            format!("\"{id}\" has JSON lines that end with a NUL"),
            "JSON has no line ends in it; leave one of them out",
        );
    }
    let by = |by: u8| Layout::Separated { by, end };
    match (described.json, described.separator.as_deref()) {
        (true, None) => Layout::Json,
        (true, Some(_)) => {
            wrong(
                format!("\"{id}\" has JSON lines and a separator"),
                "JSON needs none; leave one of them out",
            );
            Layout::Json
        }
        (false, None) => by(b'\t'),
        (false, Some(separator)) => match separator.as_bytes() {
            [byte] if byte.is_ascii() && *byte != end => by(*byte),
            _ => {
                wrong(
                    format!("the separator of \"{id}\" is {separator:?}"),
                    "it is one ASCII character, and no line end",
                );
                by(b'\t')
            }
        },
    }
}

fn lines(ir: &ComponentIr, described: &ShellIr, wrong: &mut impl FnMut(String, &str)) -> ShellMode {
    let id = &ir.id;
    if described.batch != 1 || described.linger.is_some() || described.timeout.is_some() {
        wrong(
            format!("\"{id}\" is kept running, so it has no batch, linger or timeout"),
            "these are for Exec, which starts a process for each batch",
        );
    }
    if described.stdin && (ir.kind == Kind::Bolt || ir.parallelism != 1) {
        wrong(
            format!(
                "\"{id}\" is to read the standard input of stormhost, which only one spout task can"
            ),
            "leave stdin out, or make it a spout with one task",
        );
    }
    ShellMode::Lines {
        restart: described.restart,
        stdin: described.stdin,
    }
}

fn exec(id: &str, described: &ShellIr, wrong: &mut impl FnMut(String, &str)) -> ShellMode {
    if described.stdin || !described.restart {
        wrong(
            format!("\"{id}\" is an Exec, which has its tuples as input and is started for each"),
            "stdin and restart are for spouts of Lines",
        );
    }
    let batch = u32::try_from(described.batch)
        .ok()
        .filter(|_| (1..=MOST_IN_A_BATCH).contains(&described.batch));
    if batch.is_none() {
        wrong(
            format!("the batch of \"{id}\" is {}", described.batch),
            "how many tuples one process is given: from 1 to 1000000",
        );
    }
    let mut seconds = |what: &str, given: Option<f64>| {
        let time = given?;
        let found = Duration::try_from_secs_f64(time).ok();
        if found.is_none() {
            wrong(
                format!("the {what} of \"{id}\" is {time}"),
                "it is a number of seconds, such as 0.5",
            );
        }
        found
    };
    ShellMode::Exec {
        batch: batch.unwrap_or(1),
        linger: seconds("linger", described.linger).unwrap_or(LINGER),
        timeout: seconds("timeout", described.timeout),
    }
}

/// The sentence about what is promised, which every run with a filter says at its start.
pub(super) fn promise(ir: &ComponentIr) -> Option<Mistake> {
    let described = ir.shell.as_ref()?;
    (described.mode == "lines" && ir.kind == Kind::Bolt).then(|| {
        Mistake::info(
            ir.at.as_ref(),
            format!(
                "\"{}\" is at most once: a filter cannot say which line came of which, so a tuple is acked when the filter has read it, and what it holds when it dies is lost, counted and told",
                ir.id
            ),
        ).coded(Code::AT_MOST_ONCE)
    })
}

/// A budget for each tuple that was set for a command which is kept running: nobody can tell when it is through with one.
pub(super) fn budget_of_lines(ir: &ComponentIr) -> Option<Mistake> {
    let described = ir.shell.as_ref()?;
    let set = ir.conf.get(BUDGET).is_some_and(|value| !value.is_null());
    (described.mode == "lines" && set).then(|| {
        let why = "a command that is kept running does not say when it is through with a tuple";
        in_vain(ir, BUDGET, why)
            .coded(Code::SETTING_OF_TUPLES)
            .hint("it holds for Exec, and for components in a language")
    })
}

#[cfg(test)]
#[path = "shell_tests.rs"]
mod tests;
