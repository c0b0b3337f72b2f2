//! `stormhost run --debug`: one component of a running topology is given a terminal, or a port for a debugger.
//!
//! Nothing of the run itself knows of it: the component has a single task, its child is told by a variable what to do, and the clocks that would take
//! it for hung, or its tuples for lost, do not run. The other end is `_debug.py` in the Python library.

use std::io::IsTerminal;
use std::path::Path;

use serde_json::Value;

use crate::cli::{DebugOption, Debugger, TopologyOptions};
use crate::errors::Code;
use crate::prepare::tell_error;
use crate::status::ExitStatus;
use crate::topology::{SetOption, Topology};

/// The variable by which a child is told.
const VARIABLE: &str = "STORMHOST_DEBUG";
/// Seconds that stand for "never": ten years.
const NEVER: u64 = 315_360_000;

/// What the run goes by while this component is debugged: one task, and no clock that would end it or its tuples.
pub fn settings(options: &TopologyOptions, debug: &DebugOption) -> TopologyOptions {
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
    ]);
    options.parallelism.push(crate::cli::ParallelismOption {
        component: debug.component.clone(),
        tasks: 1,
    });
    options
}

/// Tells the component's child what to do.
///
/// # Errors
/// The status to end with, when this component cannot be debugged; why has been told.
pub fn prepare(topology: &mut Topology, debug: &DebugOption) -> Result<(), ExitStatus> {
    let id = &debug.component;
    let refuse = |why: String, hint: &str| {
        tell_error(
            Code::NOT_DEBUGGED,
            format_args!("--debug {id}: {why}\n  hint: {hint}"),
        );
        ExitStatus::Mistakes
    };
    let by = match debug.by {
        Some(by) => by,
        None if terminal().is_some() => Debugger::Tty,
        None => Debugger::Debugpy(0),
    };
    let Some(component) = topology
        .components
        .iter_mut()
        .find(|component| component.id == *id)
    else {
        return Err(refuse(
            "there is no such component".into(),
            "stormhost graph shows what there is",
        ));
    };
    let program = component.command.first().map_or("", String::as_str);
    let name = Path::new(program)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if !(name.starts_with("python") || name.starts_with("pypy")) {
        return Err(refuse(
            format!(
                "only components in Python can be debugged so, and it is started by {program:?}"
            ),
            "stormhost try runs any component by hand, where it has the input and output for itself",
        ));
    }
    let told = match by {
        Debugger::Debugpy(port) => format!("debugpy:{port}"),
        Debugger::Tty => match terminal() {
            Some(path) => format!("tty:{path}"),
            None => {
                return Err(refuse(
                    "there is no terminal".into(),
                    "run stormhost in one, or use @debugpy",
                ));
            }
        },
    };
    component.env.insert(VARIABLE.into(), told);
    Ok(())
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
    fn what_is_debugged_has_one_task_and_all_the_time_in_the_world() {
        let debug: DebugOption = "bolt=count".parse().unwrap();
        let options = settings(&TopologyOptions::default(), &debug);
        assert_eq!(options.parallelism[0].component, "count");
        assert_eq!(options.parallelism[0].tasks, 1);
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
