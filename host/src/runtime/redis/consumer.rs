//! How a consumer is called, so that others can tell whether it still lives.
//!
//! `machine.pid.start.task`: on the same machine, and in the same world of process ids, the process can be looked up. Elsewhere only the sign of life that
//! it leaves in Redis counts.

use crate::procstat::{self, Stat};

/// The name of a consumer of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consumer {
    machine: String,
    pid: u32,
    start: u64,
    task: usize,
}

impl Consumer {
    /// This process's, for one of its tasks.
    pub fn of_this_process(task: usize) -> Consumer {
        let pid = std::process::id();
        Consumer {
            machine: machine(),
            pid,
            start: Stat::read(pid).map_or(0, |stat| stat.start_ticks),
            task,
        }
    }

    /// Reads a name; `None` if it is none of ours.
    pub fn parse(name: &str) -> Option<Consumer> {
        let mut parts = name.split('.');
        let found = Consumer {
            machine: parts.next()?.into(),
            pid: parts.next()?.parse().ok()?,
            start: parts.next()?.parse().ok()?,
            task: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(found)
    }

    /// Whether it is known to be dead; `None` if that cannot be seen from here.
    pub fn is_dead(&self) -> Option<bool> {
        if self.machine.is_empty() || self.machine != machine() {
            return None;
        }
        let lives =
            Stat::read(self.pid).is_some_and(|stat| stat.lives() && stat.start_ticks == self.start);
        Some(!lives)
    }
}

impl std::fmt::Display for Consumer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Consumer {
            machine,
            pid,
            start,
            task,
        } = self;
        write!(out, "{machine}.{pid}.{start}.{task}")
    }
}

/// This boot of this machine, and this world of process ids. Empty where the kernel does not say.
fn machine() -> String {
    let (boot, namespace) = (procstat::boot(), procstat::pid_namespace());
    if boot.is_empty() || namespace.is_empty() {
        return String::new();
    }
    format!(
        "{:016x}",
        xxhash_rust::xxh3::xxh3_64(format!("{boot} {namespace}").as_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_who_lives() {
        let own = Consumer::of_this_process(3);
        assert_eq!(Consumer::parse(&own.to_string()), Some(own.clone()));
        assert_eq!(own.is_dead(), Some(false));
        let gone = Consumer {
            start: own.start + 1,
            ..own.clone()
        };
        assert_eq!(gone.is_dead(), Some(true));
        let elsewhere = Consumer {
            machine: "0123".into(),
            ..own
        };
        assert_eq!(elsewhere.is_dead(), None);
    }

    #[test]
    fn what_is_no_name_of_ours_is_left_alone() {
        for name in ["worker-1", "", "a.1.2", "a.1.2.3.4", "a.b.2.3"] {
            assert_eq!(Consumer::parse(name), None, "{name}");
        }
    }
}
