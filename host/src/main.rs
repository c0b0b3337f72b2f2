//! The `stormhost` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(status) = stormhost::guard::stand_guard_if_asked() {
        return status;
    }
    ExitCode::SUCCESS
}
