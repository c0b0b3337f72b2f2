//! What a child and all its processes use, against what they may. Measured, since limits on address space break some runtimes,
//! and the kernel counts processes by user.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::host::Host;
use crate::errors::{Code, Report};
use crate::procstat::{Stat, Usage, usage};
use crate::topology::Settings;

/// How often a child with limits is measured.
const LOOK: Duration = Duration::from_millis(250);

/// Limits on a child's process tree. `None`: as much as there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes resident.
    pub memory: Option<u64>,
    /// Processes, itself included.
    pub processes: Option<u32>,
}

impl Bounds {
    /// What the settings of a component allow.
    pub fn of(settings: &Settings) -> Bounds {
        Bounds {
            memory: settings.limit_memory(),
            processes: settings.limit_processes(),
        }
    }

    /// In words what is exceeded, if anything is.
    pub fn exceeded(&self, used: &Usage) -> Option<Report> {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        if let Some(most) = self.memory
            && used.rss_bytes > most
        {
            let who = match used.processes {
                0 | 1 => "it uses".to_owned(),
                many => format!("its {many} processes use"),
            };
            return Some(Code::OVER_MEMORY.told(format!(
                "it was over its limit: {who} {:.1} MiB of memory, and may use {:.1} (stormhost.limit.memory.bytes)",
                mib(used.rss_bytes),
                mib(most)
            )));
        }
        if let Some(most) = self.processes
            && used.processes > most as usize
        {
            return Some(Code::OVER_PROCESSES.told(format!(
                "it was over its limit: it has {} processes, and may have {most} (stormhost.limit.processes)",
                used.processes
            )));
        }
        None
    }
}

/// Ends when the child with this process id uses more than it may, with the reason; never where it may use all there is.
pub async fn watch(host: &Rc<Host>, at: usize, pid: u32) -> Report {
    let bounds = Bounds::of(&host.component(at).settings);
    if bounds.memory.is_none() && bounds.processes.is_none() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(LOOK).await;
        if let Some(why) = bounds.exceeded(&usage(&processes(host), pid)) {
            return why;
        }
    }
}

/// All processes there are, as they were a moment ago: however many children have limits, one look is for all of them.
fn processes(host: &Host) -> Rc<Vec<Stat>> {
    let mut seen = host.processes.borrow_mut();
    match &*seen {
        Some((when, all)) if when.elapsed() < LOOK / 2 => all.clone(),
        _ => {
            let all = Rc::new(Stat::all());
            *seen = Some((Instant::now(), all.clone()));
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(memory: Option<u64>, processes: Option<u32>, used: (u64, usize), said: Option<&str>) {
        let bounds = Bounds { memory, processes };
        let usage = Usage {
            cpu_seconds: 0.0,
            rss_bytes: used.0,
            processes: used.1,
        };
        let told = bounds.exceeded(&usage).map(|told| told.text);
        let said = said.map(|said| format!("it was over its limit: {said}"));
        assert_eq!(told, said);
    }

    #[test]
    fn what_is_exceeded_is_said_in_words() {
        check(None, None, (1 << 40, 999), None);
        check(Some(1 << 20), Some(2), (1 << 20, 2), None);
        check(
            Some(1 << 20),
            None,
            (3 << 19, 1),
            Some("it uses 1.5 MiB of memory, and may use 1.0 (stormhost.limit.memory.bytes)"),
        );
        check(
            Some(1 << 20),
            None,
            (1 << 21, 3),
            Some(
                "its 3 processes use 2.0 MiB of memory, and may use 1.0 (stormhost.limit.memory.bytes)",
            ),
        );
        check(
            None,
            Some(4),
            (1, 5),
            Some("it has 5 processes, and may have 4 (stormhost.limit.processes)"),
        );
    }
}
