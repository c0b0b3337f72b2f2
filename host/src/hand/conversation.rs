//! The conversation with a component that is tried, in Storm's dialects.

#![cfg_attr(
    not(test),
    expect(
        clippy::indexing_slicing,
        reason = "by what the kernel says it read and the decoder says it used, and by the place of a component that was found"
    )
)]

mod ending;
mod hearing;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::io::BufRead;
use std::time::{Duration, Instant};

use stormhost_protocol::storm::{self, Decoder, TupleHead};
use stormhost_protocol::{Encoding, Untranslatable, transcode};
use tokio::net::unix::pipe::{Receiver, Sender};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use hearing::limits;

use super::input::{self, Given, Typed};
use super::said::{Said, Shown};
use super::target::Tried;
use crate::cli::TryOptions;
use crate::errors::{Code, Coded};
use crate::guard::Guard;
use crate::link::limits::Limits as ChildLimits;
use crate::link::process::{Child, Process, Spawn};
use crate::prepare::tell_error;
use crate::runtime::setup::setup;
use crate::runtime::storm_spout;
use crate::status::ExitStatus;
use crate::topology::{Kind, Stream};

/// How long a component may take to leave once its input is closed, before it is killed.
const LEAVE: Duration = Duration::from_secs(5);
/// Bytes that wait to be written, above which no further lines are taken.
const AHEAD: usize = 64 * 1024;
/// The number of the heartbeat that asks whether everything was read.
const HEARTBEAT: i64 = -1;
/// How often a bolt that holds inputs back is sent another tick, after a silence each.
const MORE_TICKS: u32 = 3;
/// Between two questions to a spout that had nothing.
const IDLE: Duration = Duration::from_millis(5);

/// Starts the component, speaks with it until the input ends, and sees it out.
pub async fn speak(
    tried: &Tried,
    options: &TryOptions,
    guard: &Guard,
    token: String,
) -> ExitStatus {
    let component = &tried.topology.components[tried.component];
    let mut lines = if component.kind == Kind::Bolt {
        read_lines()
    } else {
        mpsc::channel(1).1
    };
    // Where nobody has said what the fields are, the first tuple does; the component is told when it is started.
    let mut first = Vec::new();
    let mut fields = tried.fields.clone();
    if component.kind == Kind::Bolt && fields.is_empty() {
        while let Some(line) = lines.recv().await {
            let found = input::fields_of(&line);
            first.push(line);
            if let Some(found) = found {
                fields = found;
                break;
            }
        }
    }
    let folder = tempfile::tempdir().ok();
    let spawn = Spawn {
        inherits_stdin: false,
        command: component.command.clone(),
        cwd: component.cwd.clone(),
        env: component
            .env
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        token,
        limits: ChildLimits::default(),
        ..Spawn::default()
    };
    let child = match Child::spawn(&spawn) {
        Ok(child) => child,
        Err(error) => {
            tell_error(error.code(), format_args!("it cannot be started: {error}"));
            return ExitStatus::NotStarted;
        }
    };
    guard.register(child.process.pid());
    let Child {
        process,
        stdin,
        stdout,
        stderr,
    } = child;
    let pid_dir = folder
        .as_ref()
        .map_or_else(std::env::temp_dir, |folder| folder.path().to_owned());
    let at = (tried.topology.tasks_of(tried.component).start as usize).saturating_sub(1);
    let mut told = setup(&tried.topology, at, &pid_dir);
    if let Some(members) = told.as_object_mut() {
        // Without our offer, every library speaks as it would with Storm.
        members.remove("stormhost");
    }
    let (source, stream) = &tried.source;
    told["context"]["source->stream->fields"] = serde_json::json!({source: {stream: fields}});
    let mut talk = Talk {
        options,
        kind: component.kind,
        is_command: tried.is_command,
        command: &component.command,
        streams: tried.declares.then_some(&component.streams),
        encoding: component.serializer,
        decoder: Decoder::new(component.serializer, limits(component.serializer)),
        heads: (
            TupleHead::new(component.serializer, Some(source), stream),
            TupleHead::new(component.serializer, Some("__system"), "__tick"),
        ),
        ticks: component.settings.tick_interval(),
        fields,
        greeted: false,
        owes_its_pid: false,
        opening: component.settings.handshake_timeout(),
        out: Vec::new(),
        read: Vec::new(),
        errors: Vec::new(),
        open: BTreeMap::new(),
        ticked: BTreeSet::new(),
        next: 1,
        failed: false,
        bad_lines: false,
        synced: false,
        answered: false,
        emitted: 0,
        began: Instant::now(),
        commands: storm_spout::Talk::new(IDLE),
        last_command: "",
        activating: false,
        enough: false,
        heard: Instant::now(),
        last_words: None,
    };
    storm::write_setup(component.serializer, &told, &mut talk.out);
    for line in first {
        talk.takes(&line);
    }
    let end = talk.work(&process, stdin, &stdout, &stderr, lines).await;
    talk.ends(end, &process, &stdout, &stderr).await
}

/// Why the conversation is over.
enum End {
    /// There is nothing more to say.
    Through,
    /// It has been silent for so long that nothing more is awaited.
    Quiet(Duration),
    /// It left by itself.
    Left,
    /// It cannot be understood.
    Rubbish(String),
    /// It has not answered the handshake for so long.
    Silent(Duration),
}

struct Talk<'a> {
    options: &'a TryOptions,
    kind: Kind,
    /// It is a command, whose kind was said on the command line.
    is_command: bool,
    command: &'a [String],
    /// What it declares, if that is known.
    streams: Option<&'a Vec<Stream>>,
    encoding: Encoding,
    decoder: Decoder,
    heads: (TupleHead, TupleHead),
    ticks: Option<Duration>,
    fields: Vec<String>,
    greeted: bool,
    /// It emitted before it greeted, so that its pid is still to come.
    owes_its_pid: bool,
    /// How long it may take to answer the handshake.
    opening: Duration,
    /// To be written.
    out: Vec<u8>,
    /// Read and not understood.
    read: Vec<u8>,
    errors: Vec<u8>,
    /// Inputs that are neither acked nor failed, by number.
    open: BTreeMap<i64, Vec<Shown>>,
    /// The numbers that are ticks.
    ticked: BTreeSet<i64>,
    next: i64,
    failed: bool,
    bad_lines: bool,
    /// A bolt has read everything.
    synced: bool,
    /// It has acked or failed something.
    answered: bool,
    emitted: u64,
    began: Instant,
    /// What a spout is told, as in a run.
    commands: storm_spout::Talk,
    last_command: &'static str,
    /// It has not answered `activate`.
    activating: bool,
    /// It had emitted all that it was asked for when the last command was sent: what it emits now is shown, and not answered. Else one that emits again what
    /// failed would never come to an end.
    enough: bool,
    heard: Instant,
    /// What it says once its input is closed: many an old library leaves with an error then, and means nothing by it.
    last_words: Option<Vec<Said>>,
}

impl Talk<'_> {
    fn show(&mut self, said: Said) {
        match &mut self.last_words {
            Some(words) => words.push(said),
            None => said.show(self.options.json),
        }
    }

    async fn work(
        &mut self,
        process: &Process,
        stdin: Sender,
        stdout: &Receiver,
        stderr: &Receiver,
        mut lines: mpsc::Receiver<String>,
    ) -> End {
        let kind = self.kind;
        let patience = Duration::from_secs_f64(self.options.wait.clamp(0.0, 86_400.0));
        let mut more = kind == Kind::Bolt;
        let (mut asked, mut complains) = (false, true);
        let mut more_ticks = MORE_TICKS;
        let mut chunk = vec![0; 64 * 1024];
        let opens_by = Instant::now() + self.opening;
        loop {
            if !self.greeted && Instant::now() >= opens_by {
                return End::Silent(self.opening);
            }
            if kind == Kind::Spout && self.greeted {
                self.spout_is_told();
                if self.has_enough() && self.spout_was_told_all() {
                    return End::Through;
                }
            }
            let written_all = self.out.is_empty();
            if kind == Kind::Bolt && !more && written_all && self.greeted {
                if !asked {
                    asked = true;
                    if self.ticks.is_some() {
                        self.ticks();
                    }
                    storm::write_heartbeat(self.encoding, HEARTBEAT, &mut self.out);
                    continue;
                }
                if self.synced && self.open.is_empty() {
                    return End::Through;
                }
            }
            // Only a silence counts in which it had everything that it is to have.
            let waits = !more && written_all && self.greeted && !self.gives_up_by_itself();
            let deadline = self.heard + patience;
            let may_write = async {
                match self.out.is_empty() {
                    true => std::future::pending().await,
                    false => stdin.writable().await,
                }
            };
            tokio::select! {
                biased;
                ready = stdout.readable() => {
                    if ready.is_err() { return End::Left }
                    match stdout.try_read(&mut chunk) {
                        // Its death is seen elsewhere; what it may have left is nothing.
                        Ok(0) => { process.wait().await; return End::Left }
                        Ok(n) => {
                            // What it complained of before it said this is shown before it.
                            complains = complains && self.hears_complaints(stderr);
                            let greeted = self.greeted;
                            self.read.extend_from_slice(&chunk[..n]);
                            if let Err(why) = self.understand() { return End::Rubbish(why) }
                            if kind == Kind::Bolt || !greeted { self.heard = Instant::now() }
                        }
                        Err(_) => {}
                    }
                }
                _ = process.wait() => return End::Left,
                ready = may_write => {
                    match ready.and_then(|()| stdin.try_write(&self.out)) {
                        Ok(n) => {
                            self.out.drain(..n);
                            if kind == Kind::Bolt { self.heard = Instant::now() }
                        }
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        // It closed its input: it is leaving, or of no use.
                        Err(_) => {
                            drop(timeout(LEAVE, process.wait()).await);
                            return End::Left;
                        }
                    }
                }
                line = lines.recv(), if more && self.out.len() < AHEAD => match line {
                    Some(line) => self.takes(&line),
                    None => { more = false; self.heard = Instant::now() }
                },
                () = self.looks_again(), if kind == Kind::Spout && self.greeted => {}
                // It may gather for more than one tick.
                () = sleep_until(deadline.into()), if waits && more_ticks > 0 && self.ticks.is_some() && !self.open.is_empty() => {
                    more_ticks -= 1;
                    self.heard = Instant::now();
                    self.ticks();
                }
                () = sleep_until(deadline.into()), if waits => return End::Quiet(patience),
                () = sleep_until(opens_by.into()), if !self.greeted => {}
                // Last, since it may be there without pause. At its end a pipe is readable for ever.
                ready = stderr.readable(), if complains => {
                    complains = ready.is_ok() && self.hears_complaints(stderr);
                }
            }
        }
    }

    /// One line of the input.
    fn takes(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        match input::read(line, &self.fields) {
            Ok(Given::Tick) => self.ticks(),
            Ok(Given::Tuple(values)) => match self.encoded(&values) {
                Ok(encoded) => {
                    let encoded = encoded.iter().map(Vec::as_slice);
                    self.heads.0.write(self.next, 1, encoded, &mut self.out);
                    let values = values.iter().map(|value| value.get().as_bytes());
                    let shown = values.map(|value| Shown::of(Encoding::Json, value));
                    self.open.insert(self.next, shown.collect());
                    self.next += 1;
                }
                Err(why) => self.is_no_tuple(line, &why),
            },
            Err(why) => self.is_no_tuple(line, &why),
        }
    }

    fn is_no_tuple(&mut self, line: &str, why: &dyn Display) {
        self.bad_lines = true;
        tell_error(Code::BAD_INPUT, format_args!("{line}: {why}"));
    }

    /// Sends a tick.
    fn ticks(&mut self) {
        self.heads
            .1
            .write(self.next, -1, [b"1".as_slice()], &mut self.out);
        self.ticked.insert(self.next);
        self.next += 1;
    }

    /// The values as the component reads them; in JSON as they were typed.
    fn encoded(&self, values: &[Typed]) -> Result<Vec<Vec<u8>>, Untranslatable> {
        let encoded = values.iter().map(|value| {
            let mut out = Vec::new();
            let typed = value.get().as_bytes();
            transcode(Encoding::Json, self.encoding, typed, &mut out)?;
            Ok(out)
        });
        encoded.collect()
    }

    /// What a run would tell a spout by now: that it is active, what became of tuples, and to emit the next one.
    fn spout_is_told(&mut self) {
        let may_ask = !self.has_enough();
        while let Some(command) =
            self.commands
                .say(self.encoding, true, may_ask, self.now(), &mut self.out)
        {
            if std::mem::take(&mut self.activating) {
                // It goes without an answer. Where there is one, every spout is told so and it is no news.
                self.show(Said::Told("activate", None));
            }
            match &command.id {
                Some(id) => self.show(Said::Told(command.word, Some(Shown::of(self.encoding, id)))),
                None => self.activating = command.word == "activate",
            }
            if self.last_command != "next" {
                // Only what it was asked for can keep it silent.
                self.heard = Instant::now();
            }
            self.last_command = command.word;
            self.enough = self.has_enough();
        }
    }

    /// Whether a spout is waited for that may be one which does not answer such commands.
    fn gives_up_by_itself(&self) -> bool {
        self.commands.awaits_since().is_some() && self.commands.looks_again_at().is_some()
    }

    fn has_enough(&self) -> bool {
        self.emitted >= self.options.take
    }

    fn spout_was_told_all(&self) -> bool {
        self.commands.unsaid() == 0 && self.commands.awaits_since().is_none()
    }

    /// Microseconds since the conversation began, as the core counts them.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Until a spout may be told more though it says nothing.
    async fn looks_again(&self) {
        match self.commands.looks_again_at() {
            Some(at) if at > self.now() => {
                sleep_until((self.began + Duration::from_micros(at)).into()).await;
            }
            _ => std::future::pending().await,
        }
    }
}

/// Lines of standard input, read by a thread of its own: a terminal has no other way to wait for them.
fn read_lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(64);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().split(b'\n') {
            let Ok(line) = line else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
