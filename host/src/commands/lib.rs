//! `stormhost lib`: where a language's library lies, so that its own tools find it: a test runner, an editor.

use super::write;
use crate::cli::LibOptions;
use crate::errors::Code;
use crate::frontend::{Surroundings, library};
use crate::prepare::tell_error;
use crate::status::ExitStatus;

/// Writes what belongs into `PYTHONPATH`, `RUBYLIB` or `LUA_PATH` to standard output. The library is unpacked first if it was not before.
pub fn lib(options: &LibOptions) -> ExitStatus {
    let seen = match Surroundings::of_this_process() {
        Ok(seen) => seen,
        Err(error) => {
            tell_error(
                Code::NO_WORKING_FOLDER,
                format_args!("the working folder cannot be read: {error}"),
            );
            return ExitStatus::HostError;
        }
    };
    let found = library(options.lang.id(), &seen).map_err(|error| {
        tell_error(Code::NO_CACHE, format_args!("{error}"));
        ExitStatus::HostError
    });
    match found.and_then(|path| write(&format!("{path}\n"))) {
        Ok(()) => ExitStatus::Complete,
        Err(status) => status,
    }
}
