//! `stormhost run`.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::rc::Rc;

use crate::cli::{LogFormat, LogLevel, ReplayOptions, RunOptions};
use crate::commands::replay::{note_topology, read};
use crate::debug;
use crate::guard::Guard;
use crate::prepare::{Prepared, prepare, tell, tell_all};
use crate::run_folder::{RunFolder, state_folder, sweep_leftovers};
use crate::runtime::feed::{Fed, resolve};
use crate::runtime::run::{How, Wishes, run as drive};
use crate::status::ExitStatus;
use crate::telemetry::{self, LogOptions, Telemetry};
use crate::view::View;

/// Runs a topology until it is complete or stopped.
pub fn run(options: &RunOptions) -> ExitStatus {
    let asked = match &options.debug {
        Some(component) => &debug::settings(&options.topology, component),
        None => &options.topology,
    };
    let mut prepared = match prepare(asked, |_| ()) {
        Ok(prepared) => prepared,
        Err(status) => return status,
    };
    if let Some(component) = &options.debug
        && let Err(status) = debug::prepare(&mut prepared.topology, component)
    {
        return status;
    }
    go(options, prepared, None)
}

/// Runs a topology with dead letters in place of its spouts, until they are all dealt with.
pub fn replay(options: &ReplayOptions) -> ExitStatus {
    match prepare_replay(options) {
        Ok((options, prepared, letters)) => go(&options.run, prepared, Some(letters)),
        Err(status) => status,
    }
}

fn prepare_replay(
    options: &ReplayOptions,
) -> Result<(ReplayOptions, Prepared, Vec<Fed>), ExitStatus> {
    let (letters, options) = read(options)?;
    let prepared = prepare(&options.run.topology, |_| ())?;
    let letters = resolve(&prepared.topology, &letters).map_err(|wrong| {
        for why in wrong {
            tell(format_args!("error: {}: {why}", options.letters.display()));
        }
        ExitStatus::Mistakes
    })?;
    Ok((options, prepared, letters))
}

fn go(options: &RunOptions, prepared: Prepared, replay: Option<Vec<Fed>>) -> ExitStatus {
    tell_all(&prepared.remarks);
    let telemetry = match Telemetry::start(&log_options(options)) {
        Ok(telemetry) => telemetry,
        Err(error) => return cannot("the log cannot be written", &error),
    };
    // One thread: the host moves bytes by the batch, and children do the work. Nothing has to be locked.
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return cannot("the event loop cannot be set up", &error),
    };
    let status = runtime.block_on(async {
        let state = state_folder();
        sweep_leftovers(&state);
        let folder = match RunFolder::create(&state, &prepared.topology.name) {
            Ok(folder) => folder,
            Err(error) => return cannot("the run cannot begin", &error),
        };
        note_topology(
            folder.path(),
            &options.topology.file,
            &options.topology.args,
        );
        let guard = match Guard::start(folder.token()) {
            Ok(guard) => guard,
            Err(error) => return cannot("the guard process cannot be started", &error),
        };
        let wishes = Wishes {
            limit: options.run_for,
            trace_one_in: options.trace.map_or(0, |trace| trace.one_in),
            replay,
        };
        // A view that is redrawn and a sink that prints cannot share a terminal.
        let prints = prepared
            .topology
            .components
            .iter()
            .any(|component| component.builtin.is_some());
        let view = Rc::new(RefCell::new(View::new(
            &telemetry,
            prints && std::io::stdout().is_terminal() || options.debug.is_some(),
        )));
        let shown = view.clone();
        let show = move |figures: &_| shown.borrow_mut().show(figures);
        let ended = drive(Rc::new(prepared.topology), guard, &folder, wishes, show).await;
        if let Some(view) = Rc::into_inner(view) {
            view.into_inner().finish(&ended.figures);
        }
        folder.ended();
        match ended.how {
            How::CouldNotStart(story) => {
                tell(format_args!("error: {story}"));
                ExitStatus::NotStarted
            }
            How::HostFailed(story) => cannot("the run broke off", &story),
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

fn cannot(what: &str, why: &dyn std::fmt::Display) -> ExitStatus {
    tell(format_args!("error: {what}: {why}"));
    ExitStatus::HostError
}

fn log_options(options: &RunOptions) -> LogOptions {
    LogOptions {
        level: match options.log_level {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
        .into(),
        format: match options.log_format {
            LogFormat::Text => telemetry::LogFormat::Text,
            LogFormat::Json => telemetry::LogFormat::Json,
        },
        file: options.log_file.clone(),
    }
}
