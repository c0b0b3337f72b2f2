//! What is told of a child's death: what was being done, by whom, what went wrong, and what to try.

use std::fmt::Write;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tracing::Level;

use super::child::End;
use super::host::Host;
use crate::errors::{Code, Coded, Report};
use crate::link::exit::Exit;
use crate::link::spawn_error::SpawnError;
use crate::link::stderr::Shown;
use crate::telemetry::{Speaker, child_said};

/// A death, told.
pub struct Death {
    /// Whose.
    pub pid: u32,
    /// Whether it had got anything done.
    pub progressed: bool,
    /// Whether a tuple was to blame for it, and not the child.
    pub blamed: bool,
    /// In words, several lines.
    pub story: Report,
    /// Whether a command of the shell lost something by it.
    pub lost: bool,
}

/// What is known of a death.
pub struct Facts<'a> {
    /// Its process; `None` if it was inside the host.
    pub pid: Option<u32>,
    /// Why it did not go on.
    pub end: &'a End,
    /// How it left.
    pub exit: Exit,
    /// How long it had lived.
    pub age: Duration,
    /// Whether it had done its handshake.
    pub was_up: bool,
    /// Tuples that fail with it.
    pub held: usize,
    /// The tuple it was busy with.
    pub in_hand: Option<String>,
    /// What a command of the shell lost by it.
    pub loss: Option<String>,
    /// Whether it seems to have died of a heartbeat.
    pub of_heartbeat: bool,
    /// Its last lines on stderr.
    pub stderr: Vec<String>,
    /// Those of them that stand nowhere else.
    pub untold: Vec<String>,
}

/// The story of a death.
pub fn of_death(host: &Rc<Host>, at: usize, facts: &Facts<'_>) -> Report {
    let name = host.with(|core| core.name(at));
    let component = host.component(at);
    let (exit, age) = (facts.exit, facts.age.as_secs_f64());
    let place = match facts.pid {
        Some(pid) => format!("pid {pid}"),
        None => "inside the host".to_owned(),
    };
    let mut story = match facts.end {
        End::Ended(why) | End::Failed(Some(why)) => {
            format!("{name} ({place}) was ended after {age:.1} s: {why}")
        }
        End::Left if !facts.was_up => format!(
            "{name} ({place}) {exit} after {age:.1} s, before it had answered the handshake"
        ),
        End::Left | End::Asked | End::Through | End::Failed(None) => {
            format!("{name} ({place}) {exit} after {age:.1} s")
        }
    };
    if !facts.was_up || component.shell.is_some() {
        let _ = write!(story, "\n  command: {}", shell_words(&component.command));
    }
    if facts.of_heartbeat && matches!(facts.end, End::Left) {
        story.push_str("\n  it died on its first heartbeat; its library seems older than Storm 0.9.3: the component is sent none from now on");
    }
    if facts.held > 0 {
        let _ = write!(story, "\n  {} tuples that it held fail now", facts.held);
    }
    if let Some(tuple) = &facts.in_hand {
        let _ = write!(story, "\n  the tuple in hand was {tuple}");
    }
    if let Some(loss) = &facts.loss {
        let _ = write!(story, "\n  {loss}");
    }
    match &facts.untold[..] {
        [] if !facts.was_up => story.push_str("\n  it wrote nothing to standard error"),
        [] => {}
        lines => {
            story.push_str("\n  its last lines on standard error:");
            for line in lines {
                let _ = write!(story, "\n    | {line}");
            }
        }
    }
    let said = facts.stderr.join("\n");
    let hint = missing_module(&said).or_else(|| match facts.end {
        End::Left | End::Failed(None) => facts.exit.hint().map(str::to_owned),
        // That it could not be ended is worth its own word, whyever it was to be.
        _ if facts.exit == Exit::Abandoned => facts.exit.hint().map(str::to_owned),
        _ => None,
    });
    let never_ran = !facts.was_up && matches!(facts.end, End::Left);
    let hint = hint.or_else(|| {
        never_ran
            .then(|| hint_about_the_end(&component.command, exit))
            .flatten()
    });
    if let Some(hint) = hint {
        let _ = write!(story, "\n  hint: {hint}");
    }
    code_of(facts).told(story)
}

fn code_of(facts: &Facts<'_>) -> Code {
    match (facts.end, facts.exit) {
        (End::Ended(why) | End::Failed(Some(why)), _) => why.code,
        (_, Exit::OverBudget(_)) => Code::OVER_BUDGET_INSIDE,
        (_, Exit::OutOfMemory(_)) => Code::OVER_MEMORY_INSIDE,
        _ if facts.loss.is_some() => Code::COMMAND_LOSES,
        (End::Left, _) if !facts.was_up => Code::DIED_AT_START,
        _ => Code::DIED,
    }
}

/// The story of a child that could not even be started.
pub fn could_not_start(host: &Rc<Host>, at: usize, error: &SpawnError) -> Report {
    let component = host.component(at);
    let name = host.with(|core| core.name(at));
    error.code().told(format!(
        "{name} could not be started: {error}\n  command: {}",
        shell_words(&component.command)
    ))
}

/// What to try about a module of Python or a library of Ruby that is not there.
fn missing_module(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().rev();
    lines.find_map(|line| {
        if line.starts_with("ModuleNotFoundError") || line.starts_with("ImportError") {
            let module = line.split('\'').nth(1).unwrap_or("it");
            if module == "storm" {
                return Some(storms_adapter("storm.py", "multilang-python"));
            }
            return Some(format!(
                "the interpreter in the command above has no module '{module}': install it there, or choose another interpreter (--python, or activate a virtual environment)"
            ));
        }
        if let Some((_, module)) = line.split_once("module '")
            && let Some((module, _)) = module.split_once("' not found")
        {
            return Some(format!(
                "the interpreter in the command above has no module '{module}': install its rock for that version of Lua, or choose another interpreter (--lua)"
            ));
        }
        let (_, library) = line.split_once("cannot load such file -- ")?;
        let library = library.trim_end_matches(" (LoadError)");
        if matches!(library.rsplit('/').next(), Some("storm" | "storm.rb")) {
            return Some(storms_adapter("storm.rb", "multilang-ruby"));
        }
        Some(format!(
            "the interpreter in the command above has no library '{library}': install its gem there, or choose another interpreter (--ruby)"
        ))
    })
}

/// What to try where the component's own library is not there, which no package index has.
fn storms_adapter(file: &str, jar: &str) -> String {
    format!(
        "{file} is Storm's own adapter, which Storm's jar {jar} holds under resources/: put it beside the component's script"
    )
}

/// What to try about a component that left content without having said anything: its script may define a class and do nothing with it.
pub fn hint_about_the_end(command: &[String], exit: Exit) -> Option<String> {
    let program = Path::new(command.first()?).file_name()?.to_str()?;
    let run =
        match program.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.') {
            "python" | "pypy" => "NAME().run()",
            "ruby" => "NAME.new.run",
            "lua" | "luajit" | "stormhost-lua" => "NAME:run()",
            "node" | "nodejs" => "new NAME().run()",
            _ => return None,
        };
    (exit.success() && command.len() > 1)
        .then(|| format!("does its script end with `{run}`, where NAME is the component's class?"))
}

/// A command as one would type it.
pub(super) fn shell_words(command: &[String]) -> String {
    let quoted = command.iter().map(|word| {
        let plain = !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_-./=:,+@%".contains(c));
        if plain {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    let line = quoted.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_SHOWN) {
        Some((at, _)) => format!(
            "{}… ({} characters)",
            line.get(..at).unwrap_or_default(),
            line.chars().count()
        ),
        None => line,
    }
}

/// A command may hold a whole program; of a longer one only the beginning is shown.
const MOST_SHOWN: usize = 2000;

/// Logs a line that a child wrote for people.
pub fn log_line(host: &Rc<Host>, at: usize, pid: u32, stream: &'static str, shown: Shown<'_>) {
    let task = host.topology.tasks[at];
    let who = Speaker {
        component: &host.topology.components[task.component].id,
        task: task.id,
        pid,
    };
    match shown {
        Shown::Line(line) => child_said(who, Level::INFO, stream, line),
        Shown::LeftOut(lines) => child_said(
            who,
            Level::INFO,
            stream,
            format_args!("… {lines} lines left out"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_does_nothing_is_told_what_to_end_with() {
        let hint = |words: &[&str], exit| {
            let command: Vec<String> = words.iter().map(|word| (*word).into()).collect();
            hint_about_the_end(&command, exit)
        };
        let content = Exit::Status(0);
        for (words, end) in [
            (["/usr/bin/python3.11", "it.py"], "`NAME().run()`"),
            (["lua5.4", "it.lua"], "`NAME:run()`"),
            (["ruby", "it.rb"], "`NAME.new.run`"),
            (["node", "it.js"], "`new NAME().run()`"),
        ] {
            assert!(hint(&words, content).unwrap().contains(end), "{words:?}");
        }
        assert_eq!(hint(&["ruby", "it.rb"], Exit::Status(1)), None);
        assert_eq!(hint(&["./it", "now"], content), None);
        assert_eq!(hint(&["true"], content), None);
    }

    #[test]
    fn a_missing_module_is_named() {
        let hint =
            missing_module("t.lua:1: module 'redis' not found in package.path nor package.cpath\n")
                .unwrap();
        assert!(
            hint.contains("no module 'redis'") && hint.contains("--lua"),
            "{hint}"
        );
        let hint =
            missing_module("Traceback\nModuleNotFoundError: No module named 'geoip2'\n").unwrap();
        assert!(hint.contains("no module 'geoip2'"), "{hint}");
        assert!(
            missing_module(
                "t.rb:1:in `require': cannot load such file -- redis (LoadError)\n\tfrom t.rb:1\n"
            )
            .unwrap()
            .contains("has no library 'redis': install its gem there")
        );
        for (said, adapter) in [
            ("ModuleNotFoundError: No module named 'storm'", "storm.py"),
            (
                "b.rb:1:in `require': cannot load such file -- ./storm (LoadError)",
                "storm.rb",
            ),
        ] {
            let hint = missing_module(said).unwrap();
            assert!(
                hint.starts_with(adapter) && hint.contains("beside the component's script"),
                "{hint}"
            );
        }
        assert_eq!(missing_module("KeyError: 'x'"), None);
    }

    #[test]
    fn commands_are_shown_as_they_would_be_typed() {
        let words = ["python3", "-c", "print('a b')", ""].map(String::from);
        assert_eq!(shell_words(&words), r#"python3 -c 'print('\''a b'\'')' ''"#);
        let long = shell_words(&["sh".into(), "ä".repeat(3000)]);
        assert!(
            long.chars().count() < 2100 && long.ends_with("… (3005 characters)"),
            "{long}"
        );
    }
}
