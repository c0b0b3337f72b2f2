//! What a child writes, as the host hears it: a pipe that it may stop listening to for a moment.
//!
//! A pipe that the runtime watches wakes the host at every write of the child, whether anybody reads then or not. So whoever wants more to gather has
//! to have it not watched meanwhile.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;

/// The host's end of a child's stdout.
#[derive(Debug)]
pub struct Outlet(Option<End>);

#[derive(Debug)]
enum End {
    Watched(Receiver),
    Unwatched(OwnedFd),
}

impl From<Receiver> for Outlet {
    fn from(pipe: Receiver) -> Outlet {
        Outlet(Some(End::Watched(pipe)))
    }
}

impl Outlet {
    /// Reads what there is behind `buffer`, and waits for something. 0 is the end. Cancel safe.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        // A read that does not fill the buffer has emptied the pipe, and tokio does not ask again before there is more: one call saved a hop.
        self.watched()?.read_buf(buffer).await
    }

    /// Reads what there is behind `buffer`, without waiting for anything.
    ///
    /// # Errors
    /// Those of the system; `WouldBlock` where there is nothing.
    pub fn try_read(&mut self, buffer: &mut Vec<u8>) -> io::Result<usize> {
        self.watched()?.try_read_buf(buffer)
    }

    /// Does not listen for a while. Cancel safe: the next read listens again.
    pub async fn rest(&mut self, pause: Duration) {
        self.0 = match self.0.take() {
            Some(End::Watched(pipe)) => pipe.into_nonblocking_fd().ok().map(End::Unwatched),
            other => other,
        };
        tokio::time::sleep(pause).await;
    }

    fn watched(&mut self) -> io::Result<&mut Receiver> {
        if let Some(End::Unwatched(_)) = self.0
            && let Some(End::Unwatched(pipe)) = self.0.take()
        {
            self.0 = Some(End::Watched(Receiver::from_owned_fd_unchecked(pipe)?));
        }
        match &mut self.0 {
            Some(End::Watched(pipe)) => Ok(pipe),
            // It could not be taken from or given back to the runtime, which happens only when descriptors run out.
            _ => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
        }
    }

    /// The descriptor, unless it was lost.
    pub fn pipe(&self) -> Option<BorrowedFd<'_>> {
        match self.0.as_ref()? {
            End::Watched(pipe) => Some(pipe.as_fd()),
            End::Unwatched(pipe) => Some(pipe.as_fd()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::pipe::from_child;
    use std::io::Write;

    #[tokio::test]
    async fn what_comes_while_nobody_listens_is_read_afterwards() {
        let (host, child) = from_child().unwrap();
        let mut child = std::fs::File::from(child);
        let mut outlet = Outlet::from(host);
        let mut heard = Vec::new();
        child.write_all(b"one ").unwrap();
        assert_eq!(outlet.read(&mut heard).await.unwrap(), 4);
        child.write_all(b"two ").unwrap();
        outlet.rest(Duration::from_millis(1)).await;
        child.write_all(b"three").unwrap();
        outlet.rest(Duration::from_millis(1)).await;
        assert_eq!(outlet.read(&mut heard).await.unwrap(), 9);
        assert_eq!(heard, b"one two three");
        drop(child);
        outlet.rest(Duration::from_millis(1)).await;
        assert_eq!(outlet.read(&mut heard).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_pause_that_is_cut_short_loses_nothing() {
        let (host, child) = from_child().unwrap();
        let mut outlet = Outlet::from(host);
        let rest = outlet.rest(Duration::from_secs(3600));
        drop(tokio::time::timeout(Duration::from_millis(1), rest).await);
        std::fs::File::from(child).write_all(b"x").unwrap();
        assert!(outlet.pipe().is_some());
        let mut heard = Vec::new();
        assert_eq!(outlet.read(&mut heard).await.unwrap(), 1);
        assert_eq!(outlet.try_read(&mut heard).unwrap(), 0);
    }
}
