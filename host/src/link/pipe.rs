//! Pipes between the host and a child: made close-on-exec, sized, and measured.
//!
//! The host's end never blocks. That is a property of one end only, so the child keeps the ordinary, blocking pipe that
//! every program expects.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use tokio::net::unix::pipe::{Receiver, Sender};

/// Sizes below this are left to the kernel, whose own default is 64 KiB.
const SMALLEST: usize = 64 << 10;

/// A pipe that the host writes and the child reads: `(host's end, child's end)`.
///
/// # Errors
/// When no descriptor is left, or outside a tokio runtime with I/O.
pub fn to_child() -> io::Result<(Sender, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((Sender::from_owned_fd(writer.into())?, reader.into()))
}

/// A pipe that the child writes and the host reads: `(host's end, child's end)`.
///
/// # Errors
/// When no descriptor is left, or outside a tokio runtime with I/O.
pub fn from_child() -> io::Result<(Receiver, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    Ok((Receiver::from_owned_fd(reader.into())?, writer.into()))
}

/// Bytes that lie in a pipe unread; asked at either end. `None` if the kernel will not say.
pub fn unread(pipe: impl AsFd) -> Option<usize> {
    rustix::io::ioctl_fionread(pipe)
        .ok()
        .and_then(|bytes| usize::try_from(bytes).ok())
}

/// How large the pipes of each of so many children should be: what rows of a kilobyte profit from, while there are few children.
///
/// A topology takes at most a half of what all pipes of a user may hold together.
pub fn size_for(children: usize) -> usize {
    const ALL: usize = 32 << 20;
    const USUAL: usize = 64 << 10;
    const LARGE: usize = 256 << 10;
    if children * 2 * LARGE <= ALL {
        LARGE
    } else {
        USUAL
    }
}

/// Asks for a larger pipe, and for half as much until it is granted. That a pipe stays small is no error: it is only slower.
///
/// All pipes of a user share 64 MiB (`pipe-user-pages-soft`), beyond which new ones of *any* program get a single page.
pub fn enlarge(pipe: impl AsFd, bytes: usize) {
    let mut wanted = bytes;
    while wanted > SMALLEST {
        if rustix::pipe::fcntl_setpipe_size(&pipe, wanted).is_ok() {
            return;
        }
        wanted /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    fn size(pipe: impl AsFd) -> usize {
        rustix::pipe::fcntl_getpipe_size(pipe).unwrap()
    }

    #[tokio::test]
    async fn what_the_child_has_not_read_is_counted() {
        let (host, child) = to_child().unwrap();
        assert_eq!(unread(&host), Some(0));
        host.writable().await.unwrap();
        assert_eq!(host.try_write(b"twelve bytes").unwrap(), 12);
        assert_eq!(unread(&host), Some(12));
        let mut child = std::fs::File::from(child);
        child.read_exact(&mut [0; 5]).unwrap();
        assert_eq!(unread(&host), Some(7));
    }

    #[tokio::test]
    async fn the_hosts_end_does_not_block() {
        let (host, child) = from_child().unwrap();
        let error = host.try_read(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
        std::fs::File::from(child).write_all(b"x").unwrap();
        host.readable().await.unwrap();
        assert_eq!(host.try_read(&mut [0; 8]).unwrap(), 1);
    }

    #[tokio::test]
    async fn the_childs_end_blocks_and_neither_is_inherited() {
        let (host, child) = to_child().unwrap();
        let flags = rustix::fs::fcntl_getfl(&child).unwrap();
        assert!(!flags.contains(rustix::fs::OFlags::NONBLOCK));
        for end in [host.as_fd(), child.as_fd()] {
            assert!(
                rustix::io::fcntl_getfd(end)
                    .unwrap()
                    .contains(rustix::io::FdFlags::CLOEXEC)
            );
        }
    }

    #[tokio::test]
    async fn a_larger_pipe_is_asked_for_and_an_absurd_one_does_no_harm() {
        let (plain, _child) = to_child().unwrap();
        let (larger, _child) = to_child().unwrap();
        enlarge(&larger, 256 << 10);
        let (absurd, _child) = from_child().unwrap();
        enlarge(&absurd, 1 << 40);
        assert!(size(&larger) >= size(&plain));
        assert!(size(&absurd) >= size(&plain));
    }

    #[test]
    fn many_children_get_the_pipes_that_everybody_gets() {
        assert_eq!(size_for(1), 256 << 10);
        assert_eq!(size_for(64), 256 << 10);
        assert_eq!(size_for(65), 64 << 10);
    }

    #[test]
    fn a_file_has_no_pipe_to_measure() {
        assert_eq!(
            unread(rustix::pipe::pipe().map(|(reader, _)| reader).unwrap()),
            Some(0)
        );
    }
}
