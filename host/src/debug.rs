//! `stormhost run --debug`: one component of a running topology is given a terminal, or a port for a debugger.
//!
//! Nothing of the run itself knows of it: the component has a single task, its child is told by a variable what to do, and the clocks that would take
//! it for hung, or its tuples for lost, do not run. The other end is `_debug.py` in the Python library.

use std::io::IsTerminal;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, getpid, kill_process};

use serde_json::Value;

use crate::cli::{DebugOption, Debugger, TopologyOptions};
use crate::errors::Code;
use crate::frontend::{python_imports, starts_python_package};
use crate::prepare::{Prepared, prepare, prepare_as, tell, tell_error};
use crate::status::ExitStatus;
use crate::topology::{Component, Ir, Kind, SetOption};

/// The variable by which a child is told.
const VARIABLE: &str = "STORMHOST_DEBUG";
/// Seconds that stand for "never": ten years.
const NEVER: u64 = 315_360_000;

/// Has a topology checked, and one of its components made ready to be debugged, if that is asked for. Where it `replays` dead letters, no spout
/// is started.
///
/// # Errors
/// The status to end with; everything that was wrong has been told.
pub fn prepared(
    options: &TopologyOptions,
    debug: Option<&DebugOption>,
    replays: bool,
) -> Result<Prepared, ExitStatus> {
    let Some(debug) = debug else {
        return prepare(options, |_| ());
    };
    let mut prepared = prepare_as(options, None, |ir| {
        let found = ir.components.iter().find(|each| each.id == debug.component);
        if let Some(found) = found {
            if replays && found.kind == Kind::Spout {
                let why = "dead letters are fed in place of the spouts, which are not started";
                return Err(refuse(debug, why, "debug a bolt, or run the topology"));
            }
            return Ok(settings(options, debug));
        }
        // What was wrong in the topology itself may be why it is not there.
        if ir.mistakes.is_empty() {
            return Err(refuse_stranger(debug, ir));
        }
        Ok(options.clone())
    })?;
    arm(&mut prepared, debug)?;
    Ok(prepared)
}

fn refuse(debug: &DebugOption, why: &str, hint: &str) -> ExitStatus {
    let id = &debug.component;
    tell_error(
        Code::NOT_DEBUGGED,
        format_args!("--debug {id}: {why}\n  hint: {hint}"),
    );
    ExitStatus::Mistakes
}

fn refuse_stranger(debug: &DebugOption, ir: &Ir) -> ExitStatus {
    let names: Vec<&str> = ir.components.iter().map(|each| each.id.as_str()).collect();
    let hint = format!("what there is: {}", names.join(", "));
    refuse(debug, "there is no such component", &hint)
}

/// What the run goes by while this component is debugged: one task, and no clock that would end it or its tuples.
fn settings(options: &TopologyOptions, debug: &DebugOption) -> TopologyOptions {
    let mut options = options.clone();
    let set = |component: Option<&str>, key: &str, value: Value| SetOption {
        component: component.map(str::to_owned),
        key: key.to_owned(),
        value,
    };
    let id = Some(debug.component.as_str());
    options.set.extend([
        set(None, "topology.enable.message.timeouts", false.into()),
        set(id, "topology.subprocess.timeout.secs", NEVER.into()),
        set(id, "stormhost.handshake.timeout.secs", NEVER.into()),
        set(id, "stormhost.tuple.budget.secs", NEVER.into()),
    ]);
    options.parallelism.push(crate::cli::ParallelismOption {
        component: debug.component.clone(),
        tasks: 1,
    });
    options
}

/// Tells the component's child what to do.
fn arm(prepared: &mut Prepared, debug: &DebugOption) -> Result<(), ExitStatus> {
    let by = match debug.by {
        Some(by) => by,
        None if terminal().is_some() => Debugger::Tty,
        None => Debugger::Debugpy(0),
    };
    let Prepared { ir, topology, .. } = prepared;
    let mut components = topology.components.iter_mut();
    let Some(component) = components.find(|component| component.id == debug.component) else {
        return Err(refuse_stranger(debug, ir));
    };
    if let Some((why, hint)) = out_of_reach(component) {
        return Err(refuse(debug, &why, hint));
    }
    let told = match by {
        Debugger::Debugpy(port) => {
            let port = if port == 0 { free_port() } else { port };
            // Whatever is logged: without it nobody can attach.
            tell(format_args!(
                "{} waits for a debugger on 127.0.0.1:{port}",
                debug.component
            ));
            format!("debugpy:{port}")
        }
        Debugger::Tty => match terminal() {
            Some(path) => {
                hang_up_with_the_terminal();
                format!("tty:{path}")
            }
            None => {
                return Err(refuse(
                    debug,
                    "there is no terminal",
                    "run stormhost in one, or use @debugpy",
                ));
            }
        },
    };
    component.env.insert(VARIABLE.into(), told);
    Ok(())
}

/// A port that nobody has now, and that stays the same when the component is started again. 0, for any, if there is none to be had.
fn free_port() -> u16 {
    let found = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|one| one.local_addr());
    found.map_or(0, |address| address.port())
}

/// Whoever is debugged is in the foreground of the terminal while somebody types, so that only it is told when the terminal goes away. Without this the
/// run would go on for ever, with a debugger that nobody can reach.
fn hang_up_with_the_terminal() {
    std::thread::spawn(|| {
        let stdin = std::io::stdin();
        // Asked for nothing, it still tells of the end.
        let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
        while poll(&mut watched, None) == Err(Errno::INTR) {}
        let [watched] = watched;
        if watched.revents().contains(PollFlags::HUP) {
            let _ = kill_process(getpid(), Signal::HUP);
        }
    });
}

/// Why a component cannot be given a debugger, and what can be done instead. The debugger is set up by our library, so nothing else has one.
fn out_of_reach(component: &Component) -> Option<(String, &'static str)> {
    let program = component.command.first().map_or("", String::as_str);
    let name = Path::new(program)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if component.inside.is_some() {
        return Some((
            "it runs inside the host, where no debugger can stop it".into(),
            "say where='outside'",
        ));
    }
    if program.is_empty() {
        return Some((
            "only components in Python can be debugged so, and it is part of stormhost itself"
                .into(),
            "what reaches it is seen where it is emitted: debug that component",
        ));
    }
    if !(name.starts_with("python") || name.starts_with("pypy")) {
        return Some((
            format!(
                "only components in Python can be debugged so, and it is started by {program:?}"
            ),
            "stormhost try runs any component by hand, where it has the input and output for itself",
        ));
    }
    let library = other_library(component)?;
    Some((
        format!(
            "it is on {library} and does not import stormhost, whose library brings the debugger"
        ),
        "its code can call a debugger of its own, such as debugpy.listen; stormhost try runs any component by hand",
    ))
}

/// Libraries of components that bring no debugger.
const OTHERS: [&str; 5] = ["storm", "pystorm", "streamparse", "pyleus", "petrel"];

/// Which other library its own code loads in place of ours, as far as that is seen: in a script, a module below its folder, or what stands behind `-c`.
/// Code that loads its library by way of another module is given the benefit of the doubt.
fn other_library(component: &Component) -> Option<&'static str> {
    let folder = component.cwd.clone().unwrap_or_default();
    let mut found = None;
    for word in component.command.iter().skip(1) {
        let module = word.replace('.', "/");
        let files = [
            word.clone(),
            format!("{module}.py"),
            format!("{module}/__main__.py"),
        ];
        let read = files
            .iter()
            .filter_map(|file| std::fs::read(folder.join(file)).ok());
        let texts = read.map(|code| String::from_utf8_lossy(&code).into_owned());
        let texts: Vec<String> = texts.chain([word.clone()]).collect();
        let lines = || texts.iter().flat_map(|text| text.split(['\n', ';']));
        if starts_python_package(word) || lines().any(|line| python_imports(line, "stormhost")) {
            return None;
        }
        let loads = |name: &&str| {
            word.split('.').next() == Some(name) || lines().any(|line| python_imports(line, name))
        };
        found = found.or(OTHERS.into_iter().find(loads));
    }
    found
}

/// The terminal of whoever typed the command.
fn terminal() -> Option<String> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return None;
    }
    let name = rustix::termios::ttyname(&stdin, Vec::new()).ok()?;
    name.into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_seen_in_a_line() {
        for line in [
            "import storm",
            "from pystorm.bolt import Bolt",
            "  import streamparse, os",
        ] {
            assert!(
                OTHERS.iter().any(|name| python_imports(line, name)),
                "{line}"
            );
        }
        for line in ["import stormy", "# import storm", "storm = 1", "import os"] {
            assert!(
                !OTHERS.iter().any(|name| python_imports(line, name)),
                "{line}"
            );
        }
    }

    #[test]
    fn what_is_debugged_has_one_task_and_all_the_time_in_the_world() {
        let debug: DebugOption = "bolt=count".parse().unwrap();
        let options = settings(&TopologyOptions::default(), &debug);
        assert_eq!(options.parallelism[0].component, "count");
        assert_eq!(options.parallelism[0].tasks, 1);
        let clocks = options.set.iter().filter(|set| set.value == NEVER);
        let clocks: Vec<&str> = clocks.map(|set| set.key.as_str()).collect();
        assert_eq!(
            clocks,
            [
                "topology.subprocess.timeout.secs",
                "stormhost.handshake.timeout.secs",
                "stormhost.tuple.budget.secs"
            ]
        );
        let set: Vec<String> = options
            .set
            .iter()
            .map(|option| format!("{:?} {}={}", option.component, option.key, option.value))
            .collect();
        assert!(
            set[0].starts_with("None topology.enable.message.timeouts=false"),
            "{set:?}"
        );
        assert!(
            set[1].starts_with("Some(\"count\") topology.subprocess.timeout.secs"),
            "{set:?}"
        );
    }
}
