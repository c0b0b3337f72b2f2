//! The log: set up once, written by `tracing`'s macros from everywhere, never to stdout.
//!
//! As text, one short line an event: `12:03:04.123 INFO  split[3] message field=value`. As JSON, one object a line, with all fields.
//! What children write comes in through [`child_said`], and bears the component, task, pid and stream it came from.

mod event;
mod format;

use std::fs::OpenOptions;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::terminal::Terminal;
use event::Fields;

/// How the log is to look, and where it goes.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// `error`, `warn`, `info`, `debug`, `trace` or `off`; for some parts alone as in `info,stormhost::link=debug`. `info` if empty.
    pub level: String,
    /// Text or JSON lines.
    pub format: LogFormat,
    /// A file to append to; stderr if `None`.
    pub file: Option<PathBuf>,
    /// Whether what children write for people passes whatever the level, as it stands: without a time, and without a name.
    pub passes_children_on: bool,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: a JSON object a line.
    Json,
}

/// Why there can be no log.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The level is none.
    #[error(
        "`{0}` is no log level: try error, warn, info, debug, trace or off, or one for some parts alone, as in `info,stormhost::link=debug`"
    )]
    Level(String),
    /// The log file cannot be written.
    #[error("the log file {} cannot be opened: {cause}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The kernel's words.
        #[source]
        cause: io::Error,
    },
    /// The thread that writes cannot be started.
    #[error("the thread that writes the log cannot be started: {0}")]
    Thread(#[source] io::Error),
}

/// The log, as long as it lives. Dropped at the very end, it waits until all is written.
#[derive(Debug)]
pub struct Telemetry {
    terminal: Terminal,
    format: LogFormat,
}

impl Telemetry {
    /// Sets up the log of this process. A log that was set up before stays in force, which happens in tests only.
    ///
    /// # Errors
    /// When the level is none or the file cannot be opened.
    pub fn start(options: &LogOptions) -> Result<Telemetry, TelemetryError> {
        let mut filter = filter(&options.level)?;
        if options.passes_children_on {
            filter = filter.with_target(CHILD, Level::INFO);
        }
        let file = options.file.as_ref().map(|path| {
            let file = OpenOptions::new().append(true).create(true).open(path);
            file.map_err(|cause| TelemetryError::File {
                path: path.clone(),
                cause,
            })
        });
        let colours = options.file.is_none()
            && io::stderr().is_terminal()
            && std::env::var_os("NO_COLOR").is_none();
        let terminal = Terminal::start(file.transpose()?).map_err(TelemetryError::Thread)?;
        let sink = terminal.clone();
        let lines = Lines {
            format: options.format,
            colours,
            passes_children_on: options.passes_children_on,
            write: move |line: String| sink.log(line.into_bytes()),
        };
        let _ = tracing::subscriber::set_global_default(
            Registry::default().with(lines.with_filter(filter)),
        );
        Ok(Telemetry {
            terminal,
            format: options.format,
        })
    }

    /// Where the live view is drawn.
    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// How the log looks.
    pub fn format(&self) -> LogFormat {
        self.format
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.terminal.flush();
    }
}

/// The part of the program that children's words are logged for.
const CHILD: &str = "child";

/// Whose words are logged.
#[derive(Debug, Clone, Copy)]
pub struct Speaker<'a> {
    /// Its component.
    pub component: &'a str,
    /// Its task's number.
    pub task: u32,
    /// Its process id; 0 if it is none, as of a component inside the host.
    pub pid: u32,
}

/// Logs a line that a child wrote for people. `stream` is `stderr` or `stdout`, or `log` for what it said in the protocol.
pub fn child_said(
    who: Speaker<'_>,
    level: Level,
    stream: &'static str,
    line: impl std::fmt::Display,
) {
    // The level of an event is part of its call site.
    macro_rules! say {
        ($level:expr) => {
            tracing::event!(target: CHILD, $level, component = who.component, task = who.task, pid = who.pid, stream, "{line}")
        };
    }
    match level {
        Level::ERROR => say!(Level::ERROR),
        Level::WARN => say!(Level::WARN),
        Level::INFO => say!(Level::INFO),
        Level::DEBUG => say!(Level::DEBUG),
        Level::TRACE => say!(Level::TRACE),
    }
}

fn filter(level: &str) -> Result<Targets, TelemetryError> {
    let level = if level.trim().is_empty() {
        "info"
    } else {
        level.trim()
    };
    let bad = || TelemetryError::Level(level.into());
    // A single word that is no level would be taken for the name of a part.
    if !level.contains([',', '=']) {
        return tracing_subscriber::filter::LevelFilter::from_str(level)
            .map(|level| Targets::new().with_default(level))
            .map_err(|_| bad());
    }
    Targets::from_str(level).map_err(|_| bad())
}

/// Makes a line of each event, and hands it on.
struct Lines<W> {
    format: LogFormat,
    colours: bool,
    passes_children_on: bool,
    write: W,
}

impl<S, W> Layer<S> for Lines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Fn(String) + 'static,
{
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let fields = Fields::of(event);
        if self.passes_children_on && event.metadata().target() == CHILD {
            return (self.write)(fields.message + "\n");
        }
        let now = jiff::Zoned::now();
        (self.write)(match self.format {
            LogFormat::Text => format::text(&now, event.metadata(), &fields, self.colours),
            LogFormat::Json => format::json(&now, event.metadata(), &fields),
        });
    }
}

#[cfg(test)]
#[path = "telemetry/tests.rs"]
mod tests;
