//! The one way data takes to standard output. Everything that is said about it goes to standard error.

use std::io::{self, Write};

/// Writes data to standard output.
///
/// # Errors
/// When it cannot be written. A reader that has heard enough, as in `stormhost graph x | head -1`, is no error.
pub fn data(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
