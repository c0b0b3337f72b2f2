//! `stormhost pipe`: a topology without a file, typed as one types a pipeline.
//!
//! ```text
//! stormhost pipe 'cat access.log' : 'grep -v bot' x4 : 'cut -d" " -f1' x2 : 'sort | uniq -c'
//! ```
//!
//! Here the words become a description of a topology; everything else is as for `run`.

use std::io::IsTerminal;

use serde_json::{Map, Value, json};

use crate::cli::PipeOptions;
use crate::errors::Code;
use crate::prepare::{check_described, tell, tell_error};
use crate::run::{Showing, run_prepared};
use crate::status::ExitStatus;
use crate::topology::Ir;

/// What is promised, in a line.
const PROMISE: &str = "stormhost pipe: at most once: each line is passed on once; what a stage holds when it dies is lost, counted and told, and the status is 3 then";

/// Runs a pipeline.
pub fn pipe(options: &PipeOptions) -> ExitStatus {
    let stages = match stages(&options.stages, options.json) {
        Ok(stages) => stages,
        Err(mistake) => {
            tell_error(Code::BAD_STAGE, format_args!("{mistake}"));
            return ExitStatus::Usage;
        }
    };
    let input = !std::io::stdin().is_terminal();
    let described = describe(&stages, input, options);
    let ir = match Ir::from_json(described.to_string().as_bytes()) {
        Ok(ir) => ir,
        Err(error) => {
            tell_error(
                Code::UNSUITED_HOST,
                format_args!("the pipeline cannot be described: {error}"),
            );
            return ExitStatus::HostError;
        }
    };
    let mut prepared = match check_described(ir, &options.env, &options.set) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    // It says once for each filter what is said once for all.
    prepared
        .remarks
        .retain(|remark| remark.code != Code::AT_MOST_ONCE);
    if !options.quiet {
        tell(PROMISE);
    }
    let showing = Showing {
        log: options.log(),
        // In the log it stands with the name of who said it.
        passes_stderr_on: !options.verbose,
        view: options.verbose,
        ..Showing::default()
    };
    run_prepared(prepared, &showing, options.run_for, 0)
}

/// One stage of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stage {
    /// The command as a shell would be given it.
    run: String,
    /// How many of it run at a time.
    tasks: u32,
    /// By which part of a line these share their work.
    by: Option<String>,
}

/// The words that were typed, as stages.
fn stages(words: &[String], json: bool) -> Result<Vec<Stage>, String> {
    let stages = words.split(|word| word == ":").enumerate();
    stages
        .map(|(at, words)| stage(words, json).map_err(|why| format!("stage {}: {why}", at + 1)))
        .collect()
}

fn stage(words: &[String], json: bool) -> Result<Stage, String> {
    let mut rest = words;
    let (mut tasks, mut by) = (1, None);
    loop {
        match rest {
            [command @ .., last] if !command.is_empty() && copies(last).is_some() => {
                tasks = copies(last).unwrap_or(1);
                if tasks == 0 {
                    return Err("x0 would run nothing; x1 is what runs without it".into());
                }
                rest = command;
            }
            [command @ .., word, field] if !command.is_empty() && word == "by" => {
                by = Some(field.clone());
                rest = command;
            }
            _ => break,
        }
    }
    if let Some(field) = &by
        && !json
        && !field.parse::<usize>().is_ok_and(|column| column > 0)
    {
        return Err(format!(
            "by {field}: lines of text have columns, counted from 1; names are for JSON lines (-j)"
        ));
    }
    let run = match rest {
        [] => {
            return Err(
                "there is no command; stages are separated by a colon between blanks".into(),
            );
        }
        [command] => command.clone(),
        // Several words are the command's own, as the shell that was typed to has taken them apart.
        words => shlex::try_join(words.iter().map(String::as_str))
            .map_err(|error| format!("it cannot be quoted: {error}"))?,
    };
    if run.trim().is_empty() {
        return Err("its command is empty".into());
    }
    Ok(Stage { run, tasks, by })
}

/// `x4`.
fn copies(word: &str) -> Option<u32> {
    let digits = word.strip_prefix('x')?;
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(u32::MAX))
}

/// The pipeline as a topology. `input`: whether there is a standard input that the first stage may read.
fn describe(stages: &[Stage], input: bool, options: &PipeOptions) -> Value {
    let mut components: Vec<Value> = Vec::new();
    let mut subscriptions: Vec<Value> = Vec::new();
    let mut names: Vec<String> = vec!["stdout".into()];
    let streams = json!({"default": {"fields": ["line"]}});
    let first = stages.first().cloned();
    // Several of the first stage share the input, so somebody has to deal it out.
    let deals = first.is_some_and(|first| first.tasks > 1 || first.by.is_some());
    let mut before: Option<String> = None;
    if deals {
        let run = if input { "cat" } else { "true" };
        components.push(json!({
            "id": "stdin", "kind": "spout", "streams": streams.clone(),
            "shell": {"run": run, "as": "lines", "null": options.null, "restart": false, "stdin": input},
        }));
        names.push("stdin".into());
        before = Some("stdin".into());
    }
    for stage in stages {
        let id = name(&stage.run, &names);
        names.push(id.clone());
        let spout = before.is_none();
        components.push(json!({
            "id": id, "kind": if spout { "spout" } else { "bolt" }, "parallelism": stage.tasks,
            "streams": streams.clone(),
            "shell": {"run": stage.run, "as": "lines", "null": options.null, "restart": !spout, "stdin": spout && input},
        }));
        if let Some(from) = before {
            let (grouping, fields) = match &stage.by {
                None => ("shuffle", vec![]),
                Some(member) if options.json => ("member", vec![member.clone()]),
                Some(column) => {
                    let mut fields = vec![column.clone()];
                    fields.extend(options.delimiter.map(String::from));
                    ("column", fields)
                }
            };
            subscriptions
                .push(json!({"to": id, "from": from, "grouping": grouping, "fields": fields}));
        }
        before = Some(id);
    }
    components.push(json!({"id": "stdout", "kind": "bolt", "builtin": "print"}));
    subscriptions.push(json!({"to": "stdout", "from": before, "grouping": "shuffle"}));
    let mut described = Map::new();
    for (member, value) in [
        ("version", json!(1)),
        ("name", json!("pipe")),
        ("file", json!("the command line")),
        ("language", json!("shell")),
        ("components", json!(components)),
        ("subscriptions", json!(subscriptions)),
    ] {
        described.insert(member.into(), value);
    }
    described.into()
}

/// A name for a stage: that of its program, with a number where there is one of that name already.
fn name(run: &str, taken: &[String]) -> String {
    let words = shlex::split(run).unwrap_or_default();
    let program = words
        .iter()
        .find(|word| !word.contains('='))
        .map_or("", String::as_str);
    let program = program.rsplit('/').next().unwrap_or_default();
    let letters: String = program
        .chars()
        .take_while(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .collect();
    let plain = letters.trim_matches(|letter: char| !letter.is_ascii_alphabetic());
    let plain = if plain.is_empty() { "stage" } else { plain };
    let numbered = (2..).map(|n| format!("{plain}-{n}"));
    std::iter::once(plain.to_owned())
        .chain(numbered)
        .find(|name| !taken.contains(name))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str], json: bool) -> Result<Vec<(String, u32, Option<String>)>, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let stages = stages(&words, json)?;
        Ok(stages.into_iter().map(|s| (s.run, s.tasks, s.by)).collect())
    }

    #[test]
    fn stages_are_told_apart_with_their_copies_and_keys() {
        let found = parsed(
            &[
                "cat a",
                ":",
                "grep -v bot",
                "x4",
                ":",
                "awk 1",
                "x2",
                "by",
                "1",
                ":",
                "sort",
                "by",
                "2",
                "x3",
            ],
            false,
        );
        let expected = [
            ("cat a", 1, None),
            ("grep -v bot", 4, None),
            ("awk 1", 2, Some("1")),
            ("sort", 3, Some("2")),
        ];
        let expected = expected.map(|(run, n, by)| (run.to_owned(), n, by.map(str::to_owned)));
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn a_command_may_be_typed_in_words() {
        let found = parsed(&["grep", "-v", "a b", "x2", ":", "x2"], false).unwrap();
        assert_eq!(found[0].0, "grep -v 'a b'");
        // The only word of a stage is its command.
        assert_eq!(found[1], ("x2".to_owned(), 1, None));
    }

    #[test]
    fn mistakes_are_told_by_stage() {
        for (words, json, part) in [
            (
                &["cat", ":", ":", "sort"][..],
                false,
                "stage 2: there is no command",
            ),
            (&["cat", ":"], false, "stage 2: there is no command"),
            (&[" "], false, "stage 1: its command is empty"),
            (&["cat", "x0"], false, "x0 would run nothing"),
            (
                &["cat", "by", "user"],
                false,
                "names are for JSON lines (-j)",
            ),
            (&["cat", "by", "0"], false, "counted from 1"),
        ] {
            let error = parsed(words, json).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
        assert!(parsed(&["cat", "by", "user"], true).is_ok());
    }

    #[test]
    fn stages_are_called_by_their_programs() {
        let mut taken = vec!["stdout".to_owned()];
        for (run, expected) in [
            ("grep -v x", "grep"),
            ("LC_ALL=C grep x", "grep-2"),
            ("/usr/bin/sort | uniq", "sort"),
            ("./2to3.py", "to"),
            ("{ cat; }", "stage"),
            ("stdout", "stdout-2"),
        ] {
            let found = name(run, &taken);
            assert_eq!(found, expected);
            taken.push(found);
        }
    }
}
