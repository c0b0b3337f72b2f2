//! The ear of one child: reads its stdout, finds messages, and lets them happen to the core.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use stormhost_protocol::frame::{self, Found, Kind};
use stormhost_protocol::storm::{
    Decoder, FromChild, Hello, Item, LogLevel, Opening, Salvage, mend, message_behind, parse_hello,
    printed_before,
};
use stormhost_protocol::{Encoding, Limits, ProtocolError};
use tracing::Level;

use super::host::Host;
use super::metrics::Metrics;
use super::story;
use super::task::Dialect;
use super::violation::Violation;
use crate::errors::{Code, Coded, Report};
use crate::link::outlet::Outlet;
use crate::link::pipe::unread;
use crate::link::stderr::{LineLimits, LineTail, Shown};
use crate::telemetry::{Speaker, child_said};

/// A buffer that a large message made larger than this is given back when it is empty.
const KEPT: usize = 1 << 20;

/// A child with so many tuples in hand is busy for a while.
const IN_HAND: usize = 64;
/// How long such a child is left alone, so that what it says gathers; and what its pipe holds meanwhile.
const MOMENT: Duration = Duration::from_millis(1);
const PIPE: usize = 64 * 1024;
/// So many messages in a moment are worth the wait; where there are fewer, it is not waited for so many reads.
const WORTH_IT: u32 = 8;
const READS_ALONE: u32 = 200;

/// What was read from one child and not yet understood, and how it speaks.
pub struct Listener {
    host: Rc<Host>,
    at: usize,
    pid: u32,
    limits: Limits,
    buffer: Vec<u8>,
    start: usize,
    decoder: Option<Decoder>,
    dialect: Option<Dialect>,
    stray: LineTail,
    is_spout: bool,
    /// What it said cannot be understood, and there is no way back: the rest is not looked at.
    broken: bool,
    /// What it said in place of a greeting, to be understood once it is up.
    early: Option<Vec<u8>>,
    /// That was an emit.
    opening: bool,
    /// Its input was closed, since the run ends: that this is an error for it is no news.
    leaving: bool,
    /// Messages since the last read, and whether one of them is to be answered at once.
    messages: u32,
    asked: bool,
    /// Whether the last read was waited with, and how many are not to be.
    gathered: bool,
    reads_alone: u32,
    /// It has died: what it left is taken though queues are full, since it is no more than a pipe holds.
    dead: bool,
    metrics: RefCell<Metrics>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        for line in self.metrics.borrow_mut().rest() {
            child_said(self.speaker(), Level::INFO, "metrics", line);
        }
    }
}

impl Listener {
    /// An ear for a child that has not said anything.
    pub fn new(host: Rc<Host>, at: usize, pid: u32) -> Listener {
        let limits = host
            .with(|core| core.limits_of(at))
            .in_storms_dialect(host.component(at).serializer);
        let is_spout = host.with(|core| core.tasks[at].spout.is_some());
        let bucket = host.component(at).settings.metrics_bucket();
        Listener {
            host,
            at,
            pid,
            limits,
            buffer: Vec::new(),
            start: 0,
            decoder: None,
            dialect: None,
            stray: LineTail::new(LineLimits::default()),
            is_spout,
            broken: false,
            early: None,
            opening: false,
            leaving: false,
            messages: 0,
            asked: false,
            gathered: false,
            reads_alone: 0,
            dead: false,
            metrics: RefCell::new(Metrics::new(bucket)),
        }
    }

    fn speaker(&self) -> Speaker<'_> {
        Speaker {
            component: &self.host.component(self.at).id,
            task: self.host.topology.tasks[self.at].id,
            pid: self.pid,
        }
    }

    /// Reads until the child has answered the handshake. What it wants to have logged before that is logged. An emit before that takes the greeting's place,
    /// as in Storm: storm.js greets only when the user's `initialize` is through.
    ///
    /// # Errors
    /// In words: it speaks another dialect, or closed its stdout. Its death is seen elsewhere.
    pub async fn hello(
        &mut self,
        stdout: &mut Outlet,
        encoding: Encoding,
    ) -> Result<Hello, Report> {
        self.decoder = Some(Decoder::new(encoding, self.limits.clone()));
        loop {
            if let Some(hello) = self.next_hello(encoding)? {
                return Ok(hello);
            }
            match self.read(stdout).await {
                Ok(0) => {
                    return Err(Code::CLOSED_STDOUT
                        .told("it closed its standard output before it answered the handshake"));
                }
                Ok(_) => {}
                Err(error) => return Err(Code::CLOSED_STDOUT.told(error.to_string())),
            }
        }
    }

    /// After the child's death before its greeting was heard: it may have said it, and more, and left at once.
    pub async fn late_hello(&mut self, stdout: &mut Outlet, encoding: Encoding) -> Option<Hello> {
        let limits = self.limits.clone();
        self.decoder
            .get_or_insert_with(|| Decoder::new(encoding, limits));
        // No more than there is now: somebody whom it left behind may go on writing for ever.
        let mut left = stdout.pipe().and_then(unread).unwrap_or(0);
        while left > 0
            && let Ok(n @ 1..) = self.read(stdout).await
        {
            left = left.saturating_sub(n);
        }
        self.next_hello(encoding).ok().flatten()
    }

    /// The greeting, if it has come. What should be logged before it is logged; anything else stands for it.
    fn next_hello(&mut self, encoding: Encoding) -> Result<Option<Hello>, Report> {
        let told = |error: ProtocolError| error.code().told(error.to_string());
        while let Some(message) = self.next_message().map_err(told)? {
            let message = &self.buffer[message];
            let unreadable = parse_hello(encoding, message, &self.limits).err();
            let mended = unreadable.and_then(|error| self.mended(message, encoding, &error));
            let message = mended.as_deref().unwrap_or(message);
            match Opening::read(encoding, message, &self.limits).map_err(told)? {
                Opening::Greeting(hello) => return Ok(Some(hello)),
                Opening::Remark(said) => self.log(said, encoding),
                Opening::Instead(said) => {
                    self.opening = matches!(said, Some(FromChild::Emit(_)));
                    self.early = said.map(|_| message.to_vec());
                    return Ok(Some(Hello {
                        pid: None,
                        frames: None,
                    }));
                }
            }
        }
        Ok(None)
    }

    /// Whether it emitted in place of greeting: its opening goes on, and its pid is still to come.
    pub fn is_opening(&self) -> bool {
        self.opening
    }

    /// From here on the child speaks like this.
    pub fn speaks(&mut self, dialect: Dialect) {
        if matches!(dialect, Dialect::Frames { .. }) {
            self.decoder = None;
            self.limits = self.host.with(|core| core.limits_of(self.at));
        }
        self.dialect = Some(dialect);
    }

    /// The child's input was closed, since the run ends.
    pub fn leaves(&mut self) {
        self.leaving = true;
    }

    /// Reads and understands until the child closes its stdout.
    ///
    /// # Errors
    /// What cannot be understood, and leaves no way back.
    pub async fn listen(&mut self, stdout: &mut Outlet) -> Result<(), ProtocolError> {
        let mut last = 0;
        loop {
            self.understand_when_there_is_room().await?;
            self.gather(stdout, last).await;
            match self.read(stdout).await {
                Ok(0) | Err(_) => return Ok(()),
                Ok(n) => last = n,
            }
        }
    }

    /// After the child's death: what still is in the pipe. Others may hold it open, so its end is not waited for.
    pub async fn read_the_rest(&mut self, stdout: &mut Outlet) {
        self.dead = true;
        // No more than there is now: somebody whom it left behind may go on writing for ever.
        let mut left = stdout.pipe().and_then(unread).unwrap_or(0);
        while self.understand_when_there_is_room().await.is_ok()
            && left > 0
            && let Ok(n @ 1..) = self.read(stdout).await
        {
            left = left.saturating_sub(n);
        }
        self.stray.finish(Instant::now(), |shown| {
            story::log_line(&self.host, self.at, self.pid, "stdout", shown)
        });
    }

    /// A child that left before the handshake: whatever is in its pipe is text for people.
    pub fn drain_as_text(&mut self, stdout: &mut Outlet) {
        while let Ok(1..) = stdout.try_read(&mut self.buffer) {
            if self.buffer.len() > KEPT {
                break;
            }
        }
        let (host, at, pid) = (&self.host, self.at, self.pid);
        self.stray
            .feed(&self.buffer[self.start..], Instant::now(), |shown| {
                story::log_line(host, at, pid, "stdout", shown)
            });
        self.stray.finish(Instant::now(), |shown| {
            story::log_line(host, at, pid, "stdout", shown)
        });
        self.buffer.clear();
        self.start = 0;
    }

    async fn read(&mut self, stdout: &mut Outlet) -> std::io::Result<usize> {
        if self.start == self.buffer.len() {
            self.start = 0;
            if self.buffer.capacity() > KEPT {
                self.buffer = Vec::new()
            } else {
                self.buffer.clear()
            }
        } else if self.start >= self.host.pipe_bytes {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.reserve(self.host.pipe_bytes);
        let n = stdout.read(&mut self.buffer).await?;
        self.host.heard[self.at].set(Instant::now());
        Ok(n)
    }

    /// Waits a moment before the next read where that costs nobody anything, so that a child that flushes each small message does not cost the host a
    /// wake-up each: it has much work in hand, waits for no answer, and its pipe is far from full. `last`: how many bytes came last.
    async fn gather(&mut self, stdout: &mut Outlet, last: usize) {
        if self.dead || self.is_spout || !matches!(self.dialect, Some(Dialect::Storm(_))) {
            return;
        }
        let messages = std::mem::take(&mut self.messages);
        if std::mem::take(&mut self.gathered) && messages < WORTH_IT {
            // It did not have so much to say.
            self.reads_alone = READS_ALONE;
        }
        self.reads_alone = self.reads_alone.saturating_sub(1);
        let asked = std::mem::take(&mut self.asked);
        let busy = self.host.with(|core| core.tasks[self.at].in_hand.len()) >= IN_HAND;
        if busy && !asked && self.reads_alone == 0 && last < PIPE / 4 {
            self.gathered = true;
            stdout.rest(MOMENT).await;
        }
    }

    /// Takes messages out of the buffer one by one; waits before each while a queue that this child fills is full.
    async fn understand_when_there_is_room(&mut self) -> Result<(), ProtocolError> {
        loop {
            self.wait_for_room().await;
            if self.broken {
                self.start = self.buffer.len();
                return Ok(());
            }
            let understood = match self.dialect {
                Some(Dialect::Frames { .. }) => self.next_frame(),
                Some(Dialect::Storm(_) | Dialect::Lines(_) | Dialect::Inside) | None => {
                    self.next_storm_messages()
                }
            };
            // What was understood of it has happened, and must not happen again.
            self.broken = understood.is_err();
            if !understood? {
                return Ok(());
            }
            // All is understood and the pipe was empty, so the next read waits, and lets others go on, by itself.
            if self.start == self.buffer.len() && self.buffer.len() < self.buffer.capacity() {
                return Ok(());
            }
            // Let the writers have what this brought before more is taken: latency, and fairness among children.
            tokio::task::yield_now().await;
        }
    }

    /// Until the queues that this child fills have room. Past the deadline of the end nobody makes room any more, and what is left in a pipe is little.
    async fn wait_for_room(&self) {
        if !self.dead {
            self.host.room_to_emit(self.at).await;
        }
    }

    /// One frame, or what strayed before it. Returns whether there was one.
    fn next_frame(&mut self) -> Result<bool, ProtocolError> {
        let Some((n, found)) = frame::next_frame(&self.buffer[self.start..], self.limits.message)?
        else {
            return Ok(false);
        };
        let (host, at) = (&self.host, self.at);
        match found {
            Found::Stray(text) => {
                if text.is_empty() {
                    return Ok(false);
                }
                self.stray.feed(text, Instant::now(), |shown| {
                    story::log_line(host, at, self.pid, "stdout", shown)
                });
            }
            Found::Frame(Kind::Results, payload) => host.with(|core| match self.is_spout {
                true => core.spout_results(at, payload),
                false => core.bolt_results(at, payload),
            })?,
            Found::Frame(Kind::Message, payload) => {
                let message = FromChild::parse(Encoding::Json, payload, &self.limits)?;
                self.happens(message, Encoding::Json)?;
            }
            Found::Frame(other, _) => {
                return Err(ProtocolError::contradiction(match other {
                    Kind::Tuples => "it sent a frame of tuples, which only the host sends",
                    _ => "it sent a frame that only the host sends",
                }));
            }
        }
        self.start += n;
        Ok(true)
    }

    /// Messages in one of Storm's dialects, until one makes this child wait. Returns whether there was one.
    fn next_storm_messages(&mut self) -> Result<bool, ProtocolError> {
        let Some(Dialect::Storm(encoding)) = self.dialect else {
            return Ok(false);
        };
        let mut any = false;
        if let Some(early) = self.early.take() {
            any = true;
            self.asked |= self.understand(&early, encoding)?;
        }
        while let Some(range) = self.next_message()? {
            any = true;
            self.messages += 1;
            self.asked |= self.understand(&self.buffer[range], encoding)?;
            if !self.dead && self.host.with(|core| core.tasks[self.at].waits > 0) {
                break;
            }
        }
        Ok(any)
    }

    /// One message in one of Storm's dialects. Returns whether the child may wait for an answer to it.
    fn understand(&self, message: &[u8], encoding: Encoding) -> Result<bool, ProtocolError> {
        let error = match FromChild::parse(encoding, message, &self.limits) {
            Ok(said) => return self.understood(said, encoding),
            Err(error) => error,
        };
        if encoding == Encoding::Json {
            let (printed, mut rest) = message.split_at(printed_before(message, &self.limits));
            if !printed.is_empty() {
                self.log_print(printed);
            }
            let mut asks = false;
            while let Some(next) = message_behind(rest, &self.limits) {
                let (one, more) = rest.split_at(next);
                asks |= self.understand(one, encoding)?;
                rest = more;
            }
            if rest.len() < message.len() {
                return Ok(self.understand(rest, encoding)? | asks);
            }
        }
        let Some(mended) = self.mended(message, encoding, &error) else {
            return self.not_understood(message, encoding, error);
        };
        match FromChild::parse(encoding, &mended, &self.limits) {
            Ok(said) => self.understood(said, encoding),
            Err(error) => self.not_understood(&mended, encoding, error),
        }
    }

    fn understood(&self, said: FromChild<'_>, encoding: Encoding) -> Result<bool, ProtocolError> {
        let asks = matches!(&said, FromChild::Emit(emit) if emit.is_to_be_answered());
        self.happens(said, encoding)?;
        Ok(asks)
    }

    #[cold]
    fn not_understood(
        &self,
        message: &[u8],
        encoding: Encoding,
        error: ProtocolError,
    ) -> Result<bool, ProtocolError> {
        if matches!(error, ProtocolError::NoCommand { .. })
            && parse_hello(encoding, message, &self.limits).is_ok_and(|hello| hello.pid.is_some())
        {
            // The greeting of a child that said something else first.
            self.host.mark_healthy(self.at);
            self.host.with(|core| core.opened(self.at));
            return Ok(false);
        }
        if encoding == Encoding::Msgpack {
            return Err(error);
        }
        let salvage = Salvage::of(message);
        if salvage.is_print {
            self.log_print(message);
        } else {
            self.could_not_be_read(&error, &salvage);
        }
        Ok(salvage.waits)
    }

    /// JSON that somebody printed, where a message might have stood.
    fn log_print(&self, printed: &[u8]) {
        for line in String::from_utf8_lossy(printed).lines() {
            story::log_line(&self.host, self.at, self.pid, "stdout", Shown::Line(line));
        }
    }

    /// What a JSON message would be for Storm, which reads more than JSON; `None` if it is no more readable so.
    fn mended(&self, message: &[u8], encoding: Encoding, error: &ProtocolError) -> Option<Vec<u8>> {
        if encoding != Encoding::Json {
            return None;
        }
        let mended = mend(message, &self.limits);
        if mended.is_some() && matches!(error, ProtocolError::NotUtf8 { .. }) {
            let told = Code::NOT_UTF8.told(format!("what is no UTF-8 is read as U+FFFD: {error}"));
            self.host
                .with(|core| core.complain(self.at, &Violation::Unreadable(told)));
        }
        mended
    }

    /// The place of the next message in the buffer, past what strayed before it. What is over the limit is skipped, and fails what is in hand.
    fn next_message(&mut self) -> Result<Option<std::ops::Range<usize>>, ProtocolError> {
        loop {
            let Some(decoder) = &mut self.decoder else {
                return Ok(None);
            };
            let buffer = &self.buffer[self.start..];
            let base = self.buffer.as_ptr() as usize;
            match decoder.decode(buffer)? {
                None => return Ok(None),
                Some((n, Item::Message(message))) => {
                    let from = message.as_ptr() as usize - base;
                    let range = from..from + message.len();
                    self.start += n;
                    return Ok(Some(range));
                }
                Some((n, Item::Stray(line))) => {
                    let (host, at, pid) = (&self.host, self.at, self.pid);
                    let now = Instant::now();
                    self.stray.feed(line, now, |shown| {
                        story::log_line(host, at, pid, "stdout", shown)
                    });
                    self.stray.feed(b"\n", now, |shown| {
                        story::log_line(host, at, pid, "stdout", shown)
                    });
                    self.start += n;
                }
                Some((n, Item::Nothing)) => self.start += n,
                Some((n, Item::Broken(broken))) => {
                    self.start += n;
                    self.asked |= broken.salvage.waits;
                    self.could_not_be_read(&broken.error, &broken.salvage);
                }
            }
        }
    }

    /// A JSON message that is lost: what it was about fails, and its sender is told that no tuple went anywhere, if it waits for that.
    fn could_not_be_read(&self, error: &ProtocolError, salvage: &Salvage) {
        self.host.with(|core| {
            let failed = core.fails_unread(self.at, salvage, &error.to_string());
            let consequence = match (&salvage.concerns, failed) {
                (Some(_), 0) => "no tuple fails by it".to_owned(),
                (Some(_), n) => format!("the tuples that it names fail ({n})"),
                (None, n) => format!("the {n} tuples it had in hand fail"),
            };
            core.complain(
                self.at,
                &Violation::Unreadable(error.code().told(format!(
                    "it said something that cannot be read: {error}; {consequence}"
                ))),
            );
            if salvage.waits {
                core.answer_nowhere(self.at);
            }
        });
    }

    /// Lets a message happen to the core, and logs what is for people.
    fn happens(&self, message: FromChild<'_>, encoding: Encoding) -> Result<(), ProtocolError> {
        if let Some(message) = self.host.with(|core| core.hear(self.at, message))? {
            self.log(message, encoding);
        }
        Ok(())
    }

    fn log(&self, message: FromChild<'_>, encoding: Encoding) {
        let who = self.speaker();
        let component = who.component;
        match message {
            FromChild::Log { level, message } => child_said(who, level_of(level), "log", message),
            // storm.py and storm.rb report the end of their input as an error, always.
            FromChild::Error { message } if self.leaving => {
                child_said(who, Level::DEBUG, "error", message)
            }
            FromChild::Error { message } => child_said(who, Level::ERROR, "error", message),
            FromChild::Metrics { name, params } => {
                let value = params
                    .map(|params| stormhost_protocol::preview(encoding, params, 1000))
                    .unwrap_or_default();
                let told = self.metrics.borrow_mut().take(&name, value, Instant::now());
                if let Some(told) = told {
                    child_said(who, Level::INFO, "metrics", told);
                }
            }
            FromChild::Unknown { command } => {
                tracing::debug!(
                    component,
                    task = who.task,
                    "{component}[{}] sent the command '{command}', which is not known; it is ignored",
                    who.task
                );
            }
            // What it says to the host has happened already.
            _ => {}
        }
    }
}

/// A level of Storm's as one of ours.
fn level_of(level: LogLevel) -> Level {
    match level {
        LogLevel::Trace => Level::TRACE,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Info => Level::INFO,
        LogLevel::Warn => Level::WARN,
        LogLevel::Error => Level::ERROR,
    }
}
