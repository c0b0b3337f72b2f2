//! Has a topology described by a process in its own language: the user's file is imported there, never here.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::LoadOptions;
use super::error::LoadError;
use super::interpreter::Interpreter;
use super::language::Language;
use crate::topology::Ir;

/// What is asked of a describer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    /// `describe`, or its like for the topologies of others.
    pub(super) verb: &'a str,
    /// What was asked for, as it was typed.
    pub(super) path: &'a str,
    /// What else this verb takes.
    pub(super) told: Option<&'a str>,
}

/// Runs `<interpreter> <package's main file> <verb> <path> [<told>] -- <args>` and reads the description from its standard output. What it writes to
/// its standard error appears on ours at once.
///
/// # Errors
/// When it cannot be started, is too old, fails, or answers with anything but a description.
pub(super) fn describe(
    language: &'static Language,
    interpreter: &Interpreter,
    package: &Path,
    request: &Request<'_>,
    options: &LoadOptions,
) -> Result<Ir, LoadError> {
    let path = request.path;
    let mut command = Command::new(&interpreter.path);
    command
        .arg(package.join(language.main))
        .arg(request.verb)
        .arg(path)
        .args(request.told)
        .arg("--")
        .args(&options.args);
    command
        .envs(&options.env)
        .current_dir(options.surroundings.folder());
    let answer = run(&mut command, Stderr::PassedOn).map_err(|source| LoadError::CannotStart {
        interpreter: interpreter.to_string(),
        option: language.option(),
        source,
    })?;
    if !answer.status.success() {
        return Err(failure(language, interpreter, path, options, answer));
    }
    Ir::from_json(&answer.stdout).map_err(|source| LoadError::DescriberRubbish {
        file: path.to_owned(),
        interpreter: interpreter.to_string(),
        source: Box::new(source),
        beginning: beginning(&answer.stdout),
        stderr: answer.last_lines,
    })
}

/// Only a failure is worth the start of one more process to learn the interpreter's version.
fn failure(
    language: &'static Language,
    interpreter: &Interpreter,
    path: &str,
    options: &LoadOptions,
    answer: Answer,
) -> LoadError {
    let mut probe = Command::new(&interpreter.path);
    probe.args(language.print_version).stderr(Stdio::null());
    probe
        .envs(&options.env)
        .current_dir(options.surroundings.folder());
    let version = probe
        .stdin(Stdio::null())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    match version {
        Ok(version) if is_too_old(language, &version) => LoadError::TooOld {
            interpreter: interpreter.to_string(),
            language: language.name,
            version,
            oldest: language.oldest_shown(),
            option: language.option(),
        },
        _ => LoadError::DescriberFailed {
            file: path.to_owned(),
            interpreter: interpreter.to_string(),
            status: in_words(answer.status),
            stderr: answer.last_lines,
        },
    }
}

fn is_too_old(language: &Language, version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse().ok());
    let found: Option<(u32, u32)> = numbers.next().zip(numbers.next());
    found.is_some_and(|found| found < language.oldest)
}

fn in_words(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("left with status {code}"),
        (None, Some(signal)) => format!("was killed by signal {signal}"),
        (None, None) => "ended, nobody knows how".into(),
    }
}

fn beginning(stdout: &[u8]) -> String {
    let text = String::from_utf8_lossy(stdout);
    let first: String = text.trim().chars().take(200).collect();
    if first.is_empty() {
        "nothing at all".into()
    } else {
        format!("{first:?}")
    }
}

/// What a process said and how it ended.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    /// The last of its standard error.
    pub(super) last_lines: Vec<String>,
}

/// What becomes of what a process writes to its standard error, beside that the end of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stderr {
    /// It appears on ours at once.
    PassedOn,
    /// Nothing: whoever asked tells of it.
    Kept,
}

/// How long pipes are listened to after the process itself is gone: whatever it started may hold them open for ever.
const AFTER_THE_END: Duration = Duration::from_millis(500);

/// A description of a thousand components has less than a megabyte.
const MOST_STDOUT: usize = 64 << 20;

/// Runs a process to its end, however much it says.
///
/// # Errors
/// When it cannot be started.
pub(super) fn run(command: &mut Command, stderr_goes: Stderr) -> io::Result<Answer> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Both pipes are drained all the time, so that neither can hold the process up.
    let stdout = child.stdout.take().map(read_aside);
    let stderr = child.stderr.take().map(read_aside);
    // Ours is written to by this thread alone; that may block, and then the process waits, as it would without us.
    let mut tail = Tail::new(stderr_goes);
    if let Some(stderr) = &stderr {
        while child.try_wait()?.is_none() {
            match stderr.recv_timeout(Duration::from_millis(5)) {
                Ok(chunk) => tail.take(&chunk),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }
    let status = child.wait()?;
    let deadline = Instant::now() + AFTER_THE_END;
    let mut said = Vec::new();
    for_each_until(stdout.as_ref(), deadline, |chunk| {
        let room = MOST_STDOUT.saturating_sub(said.len());
        said.extend(chunk.iter().take(room));
    });
    for_each_until(stderr.as_ref(), deadline, |chunk| tail.take(&chunk));
    Ok(Answer {
        status,
        stdout: said,
        last_lines: tail.lines(),
    })
}

/// Reads to the end on a thread of its own, which is left behind if the end does not come.
fn read_aside(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => {
                    let chunk = buffer.get(..length).unwrap_or_default().to_vec();
                    if sender.send(chunk).is_err() {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
    });
    receiver
}

fn for_each_until(
    chunks: Option<&Receiver<Vec<u8>>>,
    deadline: Instant,
    mut take: impl FnMut(Vec<u8>),
) {
    let Some(chunks) = chunks else { return };
    while let Ok(chunk) = chunks.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        take(chunk);
    }
}

/// Passes on what a process writes to its standard error, if it is to, and keeps the end of it.
struct Tail {
    goes: Stderr,
    kept: VecDeque<u8>,
}

impl Tail {
    const BYTES: usize = 8192;
    const LINES: usize = 20;

    fn new(goes: Stderr) -> Self {
        let kept = VecDeque::new();
        Self { goes, kept }
    }

    fn take(&mut self, chunk: &[u8]) {
        if self.goes == Stderr::PassedOn {
            // Nobody may be listening to our own standard error; that is no reason to fail.
            let _ = io::stderr().write_all(chunk);
        }
        self.keep(chunk);
    }

    fn keep(&mut self, chunk: &[u8]) {
        self.kept.extend(chunk);
        let excess = self.kept.len().saturating_sub(Self::BYTES);
        self.kept.drain(..excess);
    }

    fn lines(mut self) -> Vec<String> {
        let text = String::from_utf8_lossy(self.kept.make_contiguous()).into_owned();
        let lines: Vec<&str> = text.trim_end().lines().collect();
        lines
            .iter()
            .skip(lines.len().saturating_sub(Self::LINES))
            .map(|line| (*line).to_owned())
            .collect()
    }
}

#[cfg(test)]
#[path = "describe_tests.rs"]
mod tests;
