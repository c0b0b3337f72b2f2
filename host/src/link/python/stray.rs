//! Descriptors 0 and 1 of a host with Python inside: native code may read and write there without asking anybody.
//!
//! What the host itself writes as data goes to a descriptor that nobody finds by accident. Descriptor 0 is `/dev/null`, and what is
//! written to descriptor 1 goes to the log, line by line.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::sync::OnceLock;

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio;
use tokio::io::AsyncWrite;

/// Out of the way of code that closes or counts low descriptors.
const HIGH: i32 = 200;

static DATA: OnceLock<OwnedFd> = OnceLock::new();

/// Keeps the host's standard output for its data. To be called before anything is written there, and before there is any Python code.
///
/// # Errors
/// When no descriptor is left.
pub fn keep_data_output() -> io::Result<()> {
    if DATA.get().is_none() {
        let kept = fcntl_dupfd_cloexec(stdio::stdout(), HIGH)
            .or_else(|_| fcntl_dupfd_cloexec(stdio::stdout(), 3))?;
        let _ = DATA.set(kept);
    }
    Ok(())
}

/// Where data goes; `None` if that is standard output as ever.
pub fn data_output() -> Option<impl AsyncWrite + Unpin> {
    let data = DATA.get()?.try_clone().ok()?;
    Some(tokio::fs::File::from_std(File::from(data)))
}

/// Puts something harmless in the place of descriptors 0 and 1.
pub(super) fn take_over_descriptors() -> io::Result<()> {
    keep_data_output()?;
    let (read, write) = io::pipe()?;
    stdio::dup2_stdin(File::open("/dev/null")?)?;
    stdio::dup2_stdout(write)?;
    std::thread::Builder::new()
        .name("stray output".into())
        .spawn(move || {
            for line in BufReader::new(read).split(b'\n').map_while(Result::ok) {
                let text = String::from_utf8_lossy(&line);
                tracing::info!(stream = "stdout", "Python inside: {text}");
            }
        })?;
    Ok(())
}
