//! A descriptor that tokio wakes for. The one unsafe call of this crate, by itself.
#![allow(unsafe_code, reason = "tokio has no safe constructor; see `watch`")]

use std::io;
use std::os::fd::OwnedFd;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Has tokio wake whoever waits for `fd` to become readable.
///
/// # Errors
/// When the reactor cannot take it.
///
/// # Panics
/// Outside a tokio runtime with I/O.
pub fn watch(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the descriptor must stay open, and the same, until it is dropped with the `AsyncFd`. An `OwnedFd` is just that: nobody
    // else can close it, and it never changes the number it answers with.
    unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }.map_err(Into::into)
}
