//! `stormhost run`.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use crate::brand;
use crate::cli::{LogFormat, LogLevel, ReplayOptions, RunOptions, TopologyOptions};
use crate::commands::replay::{note_topology, read};
use crate::debug;
use crate::errors::Code;
use crate::guard::Guard;
use crate::prepare::{Prepared, tell_all, tell_error};
use crate::run_folder::{RunFolder, state_folder, sweep_leftovers};
use crate::runtime::feed::{Fed, resolve};
use crate::runtime::run::{How, Wishes, run as drive};
use crate::status::ExitStatus;
use crate::telemetry::{self, LogOptions, Telemetry};
use crate::view::View;

/// Runs a topology until it is complete or stopped.
pub fn run(options: &RunOptions) -> ExitStatus {
    let prepared = match debug::prepared(&options.topology, options.debug.as_ref(), false) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    go(
        prepared,
        &showing_of(options),
        wishes_of(options, None),
        Some(&options.topology),
    )
}

fn showing_of(options: &RunOptions) -> Showing {
    Showing {
        log: options.log_level,
        format: options.log_format,
        file: options.log_file.clone(),
        passes_stderr_on: false,
        view: true,
        keeps_still: options.debug.is_some(),
    }
}

fn wishes_of(options: &RunOptions, replay: Option<Vec<Fed>>) -> Wishes {
    Wishes {
        limit: options.run_for,
        trace_one_in: options.trace.map_or(0, |trace| trace.one_in),
        replay,
        passes_stderr_on: false,
    }
}

/// Runs a topology with dead letters in place of its spouts, until they are all dealt with.
pub fn replay(options: &ReplayOptions) -> ExitStatus {
    match prepare_replay(options) {
        Ok((options, prepared, letters)) => go(
            prepared,
            &showing_of(&options.run),
            wishes_of(&options.run, Some(letters)),
            Some(&options.run.topology),
        ),
        Err(status) => status,
    }
}

fn prepare_replay(
    options: &ReplayOptions,
) -> Result<(ReplayOptions, Prepared, Vec<Fed>), ExitStatus> {
    let (letters, options) = read(options)?;
    let prepared = debug::prepared(&options.run.topology, options.run.debug.as_ref(), true)?;
    let letters = resolve(&prepared.topology, &letters).map_err(|wrong| {
        for why in wrong {
            tell_error(
                Code::MISFIT_LETTER,
                format_args!("{}: {why}", options.letters.display()),
            );
        }
        ExitStatus::Mistakes
    })?;
    Ok((options, prepared, letters))
}

/// What is shown of a run, and where.
#[derive(Clone, Debug, Default)]
pub struct Showing {
    /// The least level that is logged.
    pub log: LogLevel,
    /// How log lines are written.
    pub format: LogFormat,
    /// Where to, in place of standard error.
    pub file: Option<PathBuf>,
    /// Whether what children say on standard error passes as it stands, as in a shell's pipeline, whatever is logged.
    pub passes_stderr_on: bool,
    /// Whether figures are shown while it runs, and at its end.
    pub view: bool,
    /// Whether nothing is drawn anew while it runs, since somebody works at the terminal.
    pub keeps_still: bool,
}

/// Runs what was checked, for `limit` at most. The path of one tuple tree in `trace_one_in` is told; of none, if that is 0.
pub fn run_prepared(
    prepared: Prepared,
    showing: &Showing,
    limit: Option<Duration>,
    trace_one_in: u32,
) -> ExitStatus {
    let wishes = Wishes {
        limit,
        trace_one_in,
        replay: None,
        passes_stderr_on: showing.passes_stderr_on,
    };
    go(prepared, showing, wishes, None)
}

/// Runs what was checked. `typed`: which topology it is, where it can be named again.
fn go(
    prepared: Prepared,
    showing: &Showing,
    wishes: Wishes,
    typed: Option<&TopologyOptions>,
) -> ExitStatus {
    tell_all(&prepared.remarks);
    let telemetry = match Telemetry::start(&log_options(showing)) {
        Ok(telemetry) => telemetry,
        Err(error) => return cannot(Code::BAD_LOG, "the log cannot be written", &error),
    };
    // One thread: the host moves bytes by the batch, and children do the work. Nothing has to be locked.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            return cannot(
                Code::NO_EVENT_LOOP,
                "the event loop cannot be set up",
                &error,
            );
        }
    };
    let status = runtime.block_on(async {
        let state = state_folder();
        sweep_leftovers(&state);
        let folder = match RunFolder::create(&state, &prepared.topology.name) {
            Ok(folder) => folder,
            Err(error) => return cannot(Code::NO_RUN_FOLDER, "the run cannot begin", &error),
        };
        if let Some(typed) = typed {
            note_topology(folder.path(), &typed.file, &typed.args);
        }
        brand::carry(folder.token());
        let guard = match Guard::start(folder.token()) {
            Ok(guard) => guard,
            Err(error) => {
                return cannot(
                    Code::NO_GUARD,
                    "the guard process cannot be started",
                    &error,
                );
            }
        };
        // A view that is redrawn and a sink that prints cannot share a terminal.
        let prints = prepared
            .topology
            .components
            .iter()
            .any(|component| component.builtin.is_some());
        let view = Rc::new(RefCell::new(View::new(
            &telemetry,
            prints && std::io::stdout().is_terminal() || showing.keeps_still,
        )));
        let shown = view.clone();
        let viewed = showing.view;
        let show = move |figures: &_| {
            if viewed {
                shown.borrow_mut().show(figures);
            }
        };
        let ended = drive(Rc::new(prepared.topology), guard, &folder, wishes, show).await;
        if let Some(view) = Rc::into_inner(view) {
            let view = view.into_inner();
            if showing.view {
                view.finish(&ended.figures);
            } else {
                view.let_go();
            }
        }
        if ended.clean {
            folder.ended();
        }
        match ended.how {
            How::CouldNotStart(story) => {
                tell_error(story.code, &story);
                ExitStatus::NotStarted
            }
            How::HostFailed(story) => {
                tell_error(story.code, &story);
                ExitStatus::HostError
            }
            How::Signal(2) => ExitStatus::Interrupted,
            How::Signal(_) => ExitStatus::Terminated,
            How::Complete | How::TimeUp if ended.figures.given_up > 0 => ExitStatus::SomeFailed,
            How::Complete | How::TimeUp => ExitStatus::Complete,
        }
    });
    // A standard output that nobody reads may hold a thread of the runtime for ever.
    runtime.shutdown_background();
    status
}

fn cannot(code: Code, what: &str, why: &dyn std::fmt::Display) -> ExitStatus {
    tell_error(code, format_args!("{what}: {why}"));
    ExitStatus::HostError
}

fn log_options(showing: &Showing) -> LogOptions {
    LogOptions {
        level: match showing.log {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
        .into(),
        format: match showing.format {
            LogFormat::Text => telemetry::LogFormat::Text,
            LogFormat::Json => telemetry::LogFormat::Json,
        },
        file: showing.file.clone(),
        passes_children_on: showing.passes_stderr_on,
    }
}
