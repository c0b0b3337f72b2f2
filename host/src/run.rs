//! `stormhost run`.

use crate::cli::RunOptions;
use crate::prepare::{prepare, tell, tell_all};
use crate::status::ExitStatus;

/// Runs a topology until it is complete or stopped.
pub fn run(options: &RunOptions) -> ExitStatus {
    match prepare(&options.topology, |_| ()) {
        Ok(prepared) => {
            tell_all(&prepared.remarks);
            tell(
                "error: this build of stormhost checks topologies, but has no runtime to run them",
            );
            ExitStatus::HostError
        }
        Err(status) => status,
    }
}
