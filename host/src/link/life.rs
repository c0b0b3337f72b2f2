//! The child of a task as the host holds it: a process, or a thread of the host's own. Nobody else asks which.

use tokio::net::unix::pipe;

use super::exit::Exit;
use super::inside::Inside;
use super::process::{Child, Process};

/// A child that was started: its life, and the host's ends of its three pipes.
#[derive(Debug)]
pub struct Link {
    /// Whether it lives, and how it is ended.
    pub life: Life,
    /// What the host writes and the child reads.
    pub stdin: pipe::Sender,
    /// What the child says.
    pub stdout: pipe::Receiver,
    /// What the child complains of.
    pub stderr: pipe::Receiver,
}

impl From<Child> for Link {
    fn from(child: Child) -> Link {
        Link {
            life: Life::Process(child.process),
            stdin: child.stdin,
            stdout: child.stdout,
            stderr: child.stderr,
        }
    }
}

/// What lives at the other end.
#[derive(Debug)]
pub enum Life {
    /// A process, leader of its own group.
    Process(Process),
    /// A thread of the host.
    Inside(Inside),
}

impl Life {
    /// Its process id; `None` if it is no process.
    pub fn pid(&self) -> Option<u32> {
        match self {
            Life::Process(process) => Some(process.pid()),
            Life::Inside(_) => None,
        }
    }

    /// Waits until it has left. Safe to cancel.
    pub async fn wait(&self) -> Exit {
        match self {
            Life::Process(process) => process.wait().await,
            Life::Inside(inside) => inside.wait().await,
        }
    }

    /// Whether it is stopped, and stays so, since it wants a terminal that is not its own.
    pub fn is_stopped_for_a_terminal(&self) -> bool {
        match self {
            Life::Process(process) => process.is_stopped_for_a_terminal(),
            Life::Inside(_) => false,
        }
    }

    /// Asks it to leave at once.
    pub fn terminate(&self) {
        match self {
            Life::Process(process) => process.terminate(),
            Life::Inside(inside) => inside.stop(),
        }
    }

    /// Ends it. [`Life::wait`] returns soon after, even if a thread cannot be ended.
    pub fn kill(&self) {
        match self {
            Life::Process(process) => process.kill(),
            Life::Inside(inside) => inside.kill(),
        }
    }

    /// Has a process whose library listens for that write its stack to stderr. A thread does so when it is interrupted.
    pub fn ask_for_its_stack(&self) {
        if let Life::Process(process) = self {
            process.signal_alone(nix::sys::signal::Signal::SIGUSR2);
        }
    }

    /// How long it was kept waiting by others of the host, which is not held against it.
    pub fn held_up(&self) -> std::time::Duration {
        match self {
            Life::Process(_) => std::time::Duration::ZERO,
            Life::Inside(inside) => inside.held_up(),
        }
    }

    /// How many inputs it was through with beyond what it had said, where that is known.
    pub fn unsaid(&self) -> u64 {
        match self {
            Life::Process(_) => 0,
            Life::Inside(inside) => inside.unsaid(),
        }
    }

    /// CPU seconds that it used in all; 0 before it was seen leaving.
    pub fn cpu_seconds(&self) -> f64 {
        match self {
            Life::Process(process) => process.cpu_seconds(),
            Life::Inside(inside) => inside.cpu_seconds(),
        }
    }
}
