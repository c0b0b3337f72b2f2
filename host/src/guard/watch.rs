//! What the guard's process does: wait for the host's end, then kill. It uses nothing of the rest of the program.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use nix::sys::signal::SigSet;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags};

use crate::sweep::Quarry;

/// How long it tries. Only a process that the kernel itself holds (a dead network disk) resists that long.
const PATIENCE: Duration = Duration::from_secs(5);

/// Waits until the host with this id is gone or closes its pipe, which is our standard input; then kills all that belongs to the run. Returns whether nothing is left.
pub(super) fn until_clean(token: &str, host: i32) -> bool {
    // Blocked signals end nobody: an interrupt at the terminal is the host's to answer. SIGKILL remains.
    let _ = SigSet::all().thread_block();
    // Out of the terminal's session. It fails only if we lead a group already, which serves as well.
    let _ = nix::unistd::setsid();
    // Not to keep a folder from being unmounted.
    let _ = std::env::set_current_dir("/");

    let mut groups = Groups::default();
    let Ok(mut pipe) = io::stdin().as_fd().try_clone_to_owned().map(File::from) else {
        return false;
    };
    // Read without waiting, since a fork of the host may hold the pipe open; all waiting is done in `poll`.
    let _ = rustix::io::ioctl_fionbio(&pipe, true);
    let watched = watch(host);
    while let Ok(host) = &watched {
        let mut fds = vec![PollFd::new(&pipe, PollFlags::IN)];
        fds.extend(
            host.as_ref()
                .map(|host| PollFd::from_borrowed_fd(host.as_fd(), PollFlags::IN)),
        );
        if poll(&mut fds, None).is_err() {
            // Interrupted, or short of memory: no reason to kill anybody.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        let host_is_gone = fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
        if groups.read(&mut pipe) == Heard::End || host_is_gone {
            break;
        }
    }
    // What it registered last.
    groups.read(&mut pipe);
    let quarry = Quarry {
        tokens: vec![token.into()],
        groups: groups.registered,
        spared: u32::try_from(host)
            .ok()
            .filter(|_| nix::unistd::getppid().as_raw() == host),
    };
    quarry.kill_all(PATIENCE).0
}

/// The host was gone before it could be watched.
struct Gone;

/// What tells of the host's end; `None` if the kernel cannot: then the pipe says so.
fn watch(host: i32) -> Result<Option<OwnedFd>, Gone> {
    let pidfd = Pid::from_raw(host)
        .and_then(|pid| rustix::process::pidfd_open(pid, PidfdFlags::empty()).ok());
    // A host that was killed while we started is not our parent any more, and somebody else may have its id by now.
    if nix::unistd::getppid().as_raw() == host {
        Ok(pidfd)
    } else {
        Err(Gone)
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Heard {
    More,
    End,
}

/// What the host registered.
#[derive(Debug, Default)]
struct Groups {
    registered: BTreeSet<u32>,
    /// The beginning of a line whose rest is still to come.
    open: String,
}

impl Groups {
    /// Reads all that is there.
    fn read(&mut self, pipe: &mut impl Read) -> Heard {
        let mut buffer = [0; 4096];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return Heard::End,
                Ok(length) => self.hear(&String::from_utf8_lossy(
                    buffer.get(..length).unwrap_or_default(),
                )),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Heard::More,
                Err(_) => return Heard::End,
            }
        }
    }

    /// `+17` registers a group, `-17` forgets it. Half a line waits for the rest, and is nothing without.
    fn hear(&mut self, text: &str) {
        self.open.push_str(text);
        let whole = self.open.rfind('\n').map_or(0, |end| end + 1);
        let rest = self.open.split_off(whole);
        for line in std::mem::replace(&mut self.open, rest).lines() {
            if let Some(group) = line.strip_prefix('+').and_then(|group| group.parse().ok()) {
                self.registered.insert(group);
            } else if let Some(group) = line.strip_prefix('-').and_then(|group| group.parse().ok())
            {
                self.registered.remove(&group);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe that gives these parts, one a read, and then has nothing for now.
    struct Parts<'a>(std::slice::Iter<'a, &'a str>);

    impl Read for Parts<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let part = self.0.next().ok_or(io::ErrorKind::WouldBlock)?.as_bytes();
            buffer[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }

    fn check(said: &[&str], heard: Heard, expected: &[u32]) {
        let mut groups = Groups::default();
        assert_eq!(groups.read(&mut Parts(said.iter())), heard, "{said:?}");
        assert_eq!(
            groups.registered,
            expected.iter().copied().collect(),
            "{said:?}"
        );
    }

    #[test]
    fn groups_come_and_go() {
        check(&[], Heard::More, &[]);
        check(&["+17\n"], Heard::More, &[17]);
        check(&["+17\n+18\n-17\n"], Heard::More, &[18]);
        check(&["+1", "7\n+", "18", "\n"], Heard::More, &[17, 18]);
        check(&["+17\n-17\n+17\n"], Heard::More, &[17]);
        check(&["-17\n"], Heard::More, &[]);
    }

    #[test]
    fn what_is_no_line_is_nothing() {
        check(&["+17"], Heard::More, &[]);
        check(&["+x\n17\n+\n+-3\n+99999999999\n+5\n"], Heard::More, &[5]);
        check(&["+17\n", "", "+18\n"], Heard::End, &[17]);
    }
}
