//! The figures of a run, gathered while it runs: what was counted, and, by looking now and then, where tuples spend their time.
//!
//! By Little's law the tuples that are found waiting at a place, times how long they are found there, is the time that all tuples together waited there.
//! So nothing has to be measured a tuple.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::core::Core;
use super::host::Host;
use super::task::{Dialect, Task};
use crate::histogram::Histogram;
use crate::procstat::Stat;
use crate::stats::{ComponentRow, Kind as RowKind, Latency, Resources, Snapshot, TimeSplit};
use crate::topology::Kind;

/// How often processes are asked what they used.
const ASK_PROCESSES: Duration = Duration::from_millis(450);

/// What was gathered so far.
pub struct Sampler {
    host: Rc<Host>,
    last: Cell<Instant>,
    asked: Cell<Option<Instant>>,
    time: RefCell<Vec<TimeSplit>>,
    used: RefCell<Vec<Used>>,
    /// CPU seconds of this process before: what cargo took to build it counts too, where it was run by cargo, which became this process.
    used_before: f64,
}

/// What the present child of one task uses.
#[derive(Clone, Copy, Default)]
struct Used {
    pid: u32,
    cpu_seconds: f64,
    /// The most that any of them had resident when it was looked at.
    most_bytes: u64,
}

impl Sampler {
    /// Nothing gathered yet.
    pub fn new(host: Rc<Host>) -> Sampler {
        let tasks = host.topology.tasks.len();
        Sampler {
            last: Cell::new(Instant::now()),
            asked: Cell::new(None),
            time: RefCell::new(vec![TimeSplit::default(); host.topology.components.len()]),
            used: RefCell::new(vec![Used::default(); tasks]),
            used_before: Stat::read(std::process::id()).map_or(0.0, |own| own.own_cpu_seconds()),
            host,
        }
    }

    /// Looks once.
    pub fn sample(&self) {
        let now = Instant::now();
        let passed = now.duration_since(self.last.replace(now));
        let mut time = self.time.borrow_mut();
        self.host.with(|core| {
            for task in &core.tasks {
                let split = &mut time[task.component];
                let moving = in_pipe(task);
                split.queue += passed * u32::try_from(task.queue.rows()).unwrap_or(u32::MAX);
                split.busy += passed * moving.min(1);
                // What waits in the child waits for what is done to those before it: in the code's share of the time, for code.
                let (code, codec) = task.spent;
                let share = if code + codec > 0.0 {
                    code / (code + codec)
                } else {
                    1.0
                };
                let inside = passed * moving;
                let in_code = inside.mul_f64(share);
                split.code += in_code;
                split.pipe += inside.saturating_sub(in_code);
            }
        });
        if self
            .asked
            .get()
            .is_none_or(|asked| asked.elapsed() > ASK_PROCESSES)
        {
            self.asked.set(Some(now));
            for (used, pid) in self.used.borrow_mut().iter_mut().zip(&self.host.pids) {
                used.pid = pid.get();
                if used.pid != 0 {
                    let stat = Stat::read(used.pid);
                    used.cpu_seconds = stat.as_ref().map_or(0.0, Stat::cpu_seconds);
                    used.most_bytes = used
                        .most_bytes
                        .max(stat.as_ref().map_or(0, Stat::rss_bytes));
                }
            }
        }
    }

    /// The figures at this moment.
    pub fn snapshot(&self) -> Snapshot {
        let topology = self.host.topology.clone();
        let time = self.time.borrow();
        let used = self.used.borrow();
        let own = Stat::read(std::process::id());
        self.host.with(|core| {
            let mut components: Vec<ComponentRow> = topology
                .components
                .iter()
                .zip(time.iter())
                .map(|(component, time)| ComponentRow {
                    id: component.id.clone(),
                    kind: if component.kind == Kind::Spout {
                        RowKind::Spout
                    } else {
                        RowKind::Bolt
                    },
                    tasks: component.parallelism,
                    time: *time,
                    ..ComponentRow::default()
                })
                .collect();
            let mut latencies = vec![Histogram::new(); components.len()];
            for (at, task) in core.tasks.iter().enumerate() {
                let row = &mut components[task.component];
                add(row, task);
                row.queue_limit +=
                    u64::from(topology.components[task.component].settings.queue_tuples());
                row.used.cpu_seconds += self.host.used_by_dead[at].get();
                if self.host.pids[at].get() == used[at].pid && used[at].pid != 0 {
                    row.used.cpu_seconds += used[at].cpu_seconds;
                }
                row.used.rss_bytes += used[at].most_bytes;
                if let Some(spout) = &task.spout {
                    latencies[task.component].add(&spout.latency);
                }
            }
            for (row, latency) in components.iter_mut().zip(latencies) {
                row.latency = latency
                    .quantile(0.5)
                    .zip(latency.quantile(0.99))
                    .map(|(p50, p99)| Latency { p50, p99 });
            }
            let spouts = || components.iter().filter(|row| row.kind == RowKind::Spout);
            let (completed, failed) = (
                spouts().map(|row| row.acked).sum(),
                spouts().map(|row| row.failed).sum(),
            );
            Snapshot {
                topology: topology.name.clone(),
                uptime: self.host.started().elapsed(),
                pending: core.acker.open_trees() as u64,
                completed,
                failed,
                given_up: core.failed_for_good(),
                dead_letters: core.dead_letters,
                dropped: core.tasks.iter().map(|task| task.counters.dropped).sum(),
                host: Resources {
                    // Threads of components are told with their components, once they have left.
                    cpu_seconds: (own.as_ref().map_or(0.0, Stat::own_cpu_seconds)
                        - self.used_before
                        - self.host.used_inside.get())
                    .max(0.0),
                    rss_bytes: own.as_ref().map_or(0, Stat::rss_bytes),
                },
                components: order(core, components),
            }
        })
    }
}

/// Rows that the child was given and is not through with, as far as it is known.
fn in_pipe(task: &Task) -> u32 {
    let rows = match task.dialect() {
        Some(Dialect::Frames { .. } | Dialect::Inside) => task.sent() - task.consumed,
        Some(Dialect::Storm(_) | Dialect::Lines(_)) => task.in_hand.len() as u64,
        None => 0,
    };
    u32::try_from(rows).unwrap_or(u32::MAX)
}

fn add(row: &mut ComponentRow, task: &Task) {
    row.up += u32::from(task.dialect().is_some());
    row.emitted += task.counters.emitted;
    row.acked += task.counters.acked;
    row.failed += task.counters.failed;
    row.queued += task.queue.rows() as u64;
    row.in_hand += task
        .spout
        .as_ref()
        .map_or(task.in_hand.len() as u64, |spout| u64::from(spout.pending));
    row.restarts += task.counters.restarts;
}

/// From the spouts down.
fn order(core: &Core, rows: Vec<ComponentRow>) -> Vec<ComponentRow> {
    let mut rows: Vec<Option<ComponentRow>> = rows.into_iter().map(Some).collect();
    core.groups
        .iter()
        .flatten()
        .filter_map(|component| rows[*component].take())
        .collect()
}
