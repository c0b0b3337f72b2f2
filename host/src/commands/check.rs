//! `stormhost check`: every mistake at once, and on request what would run.

use super::{print, write};
use crate::cli::{CheckOptions, Print};
use crate::prepare::{prepare, summary, tell, tell_all};
use crate::status::ExitStatus;

/// Reports mistakes, warnings and remarks on standard error. With `--print` the description and the settings go to standard output;
/// the description does even when the topology has mistakes, since that is when one wants to see it.
pub fn check(options: &CheckOptions) -> ExitStatus {
    match checked(options) {
        Ok(()) => ExitStatus::Complete,
        Err(status) => status,
    }
}

fn checked(options: &CheckOptions) -> Result<(), ExitStatus> {
    let mut written = Ok(());
    let prepared = prepare(&options.topology, |ir| {
        if matches!(options.print, Some(Print::All | Print::Ir)) {
            written = write(&print::description(ir));
        }
    })?;
    written?;
    if options.print == Some(Print::All) {
        write("\n")?;
    }
    if matches!(options.print, Some(Print::All | Print::Settings)) {
        write(&print::settings(&prepared.topology))?;
    }
    tell_all(&prepared.remarks);
    let topology = &prepared.topology;
    let (components, tasks) = (topology.components.len(), topology.tasks.len());
    tell(format_args!(
        "{}: {components} components, {tasks} tasks, {}",
        topology.name,
        summary(&prepared.remarks)
    ));
    Ok(())
}
