//! The table of settings: those of Storm that mean something here, with Storm's names and types and our defaults, and our own.

use serde_json::Value;

use super::kind::ValueKind;

/// One setting that the host knows.
#[derive(Debug)]
pub struct Known {
    /// Its name.
    pub key: &'static str,
    /// What its value may be.
    pub kind: ValueKind,
    /// Its default, as JSON. `null` means that it is not set.
    pub default: &'static str,
    /// Whether a component can have its own.
    pub scope: Scope,
    /// What it does, in one sentence.
    pub about: &'static str,
}

/// What a setting can be set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The topology as a whole only.
    Topology,
    /// The topology, and each component for itself.
    Component,
}

impl Known {
    /// The default as a value; `null` if it is not set.
    pub fn default_value(&self) -> Value {
        serde_json::from_str(self.default).unwrap_or_default()
    }
}

/// Every setting that has an effect.
pub fn all() -> &'static [Known] {
    KNOWN
}

/// The setting of that name.
pub fn known(key: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.key == key)
}

/// What a setting does here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The host goes by it.
    InForce,
    /// One of Storm's that nothing here asks for.
    None,
    /// It has the form of a setting, but there is none of that name.
    Unknown,
    /// The user's own; components may ask for it.
    Own,
}

/// What the setting of that name does.
pub fn effect(key: &str) -> Effect {
    if key == "topology.workers" || WITHOUT_EFFECT.binary_search(&key).is_ok() {
        Effect::None
    } else if known(key).is_some() {
        Effect::InForce
    } else if key.starts_with("topology.") || key.starts_with("stormhost.") {
        Effect::Unknown
    } else {
        Effect::Own
    }
}

const ANY_COUNT: ValueKind = ValueKind::Count {
    least: 0,
    most: u32::MAX,
};
const FROM_ONE: ValueKind = ValueKind::Count {
    least: 1,
    most: u32::MAX,
};
/// Storm counts tasks by signed integers; here each is a process, and no machine has more than the kernel's limit of these.
const TASKS: ValueKind = ValueKind::Count {
    least: 1,
    most: 65_536,
};
const SECONDS: ValueKind = ValueKind::Seconds { zero: false };
const SECONDS_OR_NONE: ValueKind = ValueKind::Seconds { zero: true };
/// Up to a terabyte: a limit against slips, not against large machines.
const BUDGET: ValueKind = ValueKind::Bytes {
    least: 1,
    most: 1 << 40,
};
/// An interpreter and its library need some to begin with.
const STATE: ValueKind = ValueKind::Bytes {
    least: 4 << 20,
    most: 1 << 40,
};
/// A frame's length is a u32, and a setup object must fit.
const MESSAGE: ValueKind = ValueKind::Bytes {
    least: 65_536,
    most: u32::MAX as u64,
};

use Scope::{Component, Topology};

const fn row(
    key: &'static str,
    kind: ValueKind,
    default: &'static str,
    scope: Scope,
    about: &'static str,
) -> Known {
    Known {
        key,
        kind,
        default,
        scope,
        about,
    }
}

#[rustfmt::skip]
static KNOWN: &[Known] = &[
    row("topology.name", ValueKind::Text, "null", Topology, "The topology's name, in place of the one it gives itself."),
    row("topology.workers", FROM_ONE, "1", Topology, "How many processes Storm would use; without effect here."),
    row("topology.tasks", TASKS, "null", Component, "The number of tasks, in place of the parallelism."),
    row("topology.max.task.parallelism", TASKS, "null", Component, "The most tasks a component may have."),
    row("topology.acker.executors", ANY_COUNT, "null", Topology, "0 switches the tracking of tuples off; other numbers make no difference here."),
    row("topology.message.timeout.secs", SECONDS, "30", Topology, "When a tuple tree that is not complete fails."),
    row("topology.enable.message.timeouts", ValueKind::Flag, "true", Topology, "Whether tuple trees time out."),
    // Storm has no default, and its users ran out of memory. Above about a thousand only latency grows.
    row("topology.max.spout.pending", FROM_ONE, "2000", Component, "How many tracked tuples a spout task may have pending; if not set, 100 for each task of a bolt where that is more."),
    row("topology.debug", ValueKind::Flag, "false", Component, "Whether every tuple that is emitted is logged, with its receivers."),
    row("topology.tick.tuple.freq.secs", SECONDS_OR_NONE, "null", Component, "How often a bolt is sent a tick."),
    row("topology.subprocess.timeout.secs", SECONDS, "30", Component, "After how long without a sign of life a child is taken for hung; a filter (`Lines`) only where this is set."),
    row("supervisor.worker.timeout.secs", SECONDS, "30", Component, "The same, where topology.subprocess.timeout.secs is not set; not for filters."),
    row("topology.shellbolt.max.pending", FROM_ONE, "null", Component, "How many tuples wait for a child on an old library; stormhost.queue.tuples if not set."),
    row("topology.sleep.spout.wait.strategy.time.ms", ANY_COUNT, "1", Component, "How long a spout that had nothing to emit is left alone."),
    row("topology.builtin.metrics.bucket.size.secs", SECONDS, "60", Component, "How often a metric of a component is logged, after its first value; what comes between is added up."),
    row("topology.multilang.serializer", ValueKind::Serializer, r#""org.apache.storm.multilang.JsonSerializer""#, Component, "The base dialect of children: json or msgpack."),
    row("topology.environment", ValueKind::TextMap, "null", Component, "Added to the environment of children."),
    row("stormhost.queue.tuples", FROM_ONE, "4096", Component, "How many tuples wait in the queue of a task before its senders do."),
    row("stormhost.queue.bytes", BUDGET, "4194304", Component, "How many bytes of values wait in the queue of a task before its senders do."),
    row("stormhost.cycle.bytes", BUDGET, "4194304", Component, "How many bytes may wait for a task on subscriptions that close a cycle; what comes after that fails."),
    // Imports of large libraries take their time on a cold disk.
    row("stormhost.handshake.timeout.secs", SECONDS, "60", Component, "How long a child may take to answer the handshake."),
    row("stormhost.shutdown.timeout.secs", SECONDS_OR_NONE, "10", Topology, "How long an orderly stop may take before children are told to go."),
    row("stormhost.kill.timeout.secs", SECONDS_OR_NONE, "2", Component, "How long a child that was told to go may take before it is killed."),
    row("stormhost.max.message.bytes", MESSAGE, "67108864", Component, "The longest message a child may send."),
    // Twice what a word count of a large vocabulary takes; a leak is found before the machine is full.
    row("stormhost.inside.memory.bytes", STATE, "536870912", Component, "How much memory a task in Lua inside the host may use before it is ended."),
    row("stormhost.inside.budget.secs", SECONDS_OR_NONE, "10", Component, "How long one call of a task's code in Lua inside the host may go on before it is interrupted; 0: for ever."),
    row("stormhost.replay.tries", FROM_ONE, "3", Component, "How often the host emits a failed tuple again before its spout hears of it."),
    // Twice the default limit of messages' own memory; a spout that waits for acks is better than a host that is killed.
    row("stormhost.replay.bytes", BUDGET, "67108864", Component, "How many bytes of pending tuples the host keeps for a spout task that it replays for, before that spout has to wait."),
    row("stormhost.poison.deaths", ANY_COUNT, "3", Component, "How many children a tuple has to kill, alone in hand, to be set aside into the dead letters; 0 for never."),
    row("stormhost.dead.letters.stream", ValueKind::Text, "null", Component, "The stream of the component that its dead letters are emitted on, in place of the file."),
    row("stormhost.dead.letters.bytes", BUDGET, "67108864", Topology, "How large the run's file of dead letters may become; what comes after that is counted only."),
    row("stormhost.limit.memory.bytes", STATE, "null", Component, "How much memory a child and its processes may use together before it is stopped."),
    row("stormhost.limit.cpu.secs", FROM_ONE, "null", Component, "How many seconds of CPU time each process of a child may use before it is killed."),
    row("stormhost.limit.files", FROM_ONE, "null", Component, "How many files each process of a child may have open; as many as the host was allowed if not set."),
    row("stormhost.limit.processes", FROM_ONE, "null", Component, "How many processes a child may be, itself included, before it is stopped."),
    row("stormhost.nice", ValueKind::Count { least: 0, most: 19 }, "null", Component, "The niceness of a child: 19 gets what nobody else wants."),
    row("stormhost.umask", ValueKind::Octal, "null", Component, "The umask of a child, in octal digits such as 027; in quotes where it stands in a file."),
    row("stormhost.user", ValueKind::Text, "null", Component, "The user that a child runs as, by name or number, where the host may choose."),
    row("stormhost.group", ValueKind::Text, "null", Component, "The group that a child runs as, by name or number; the user's own if not set."),
    row("stormhost.folder", ValueKind::Text, "null", Component, "The working folder of a child, in place of the one it has by where it was declared."),
    row("stormhost.clean.env", ValueKind::Flag, "false", Component, "Whether a child gets nothing of the host's environment but what stormhost.clean.env.keep names."),
    row("stormhost.clean.env.keep", ValueKind::Text, "null", Component, "The variables that a child with a clean environment gets all the same: names with blanks between them."),
    row("stormhost.tuple.budget.secs", SECONDS_OR_NONE, "null", Component, "How long a bolt may take for one tuple, and a process of Exec for its batch, before it is taken for hung; for ever if not set."),
    row("stormhost.restart.max.pause.secs", SECONDS_OR_NONE, "30", Component, "The longest pause before a child that keeps dying is started again."),
];

/// Storm's other settings. They are no slips of the pen, but nothing here asks for them; children see them in their `conf`.
pub(super) static WITHOUT_EFFECT: &[&str] = &[
    "topology.acker.cpu.pcore.percent",
    "topology.acker.resources.offheap.memory.mb",
    "topology.acker.resources.onheap.memory.mb",
    "topology.auto-credentials",
    "topology.auto.task.hooks",
    "topology.backpressure.check.millis",
    "topology.backpressure.enable",
    "topology.backpressure.wait.park.microsec",
    "topology.backpressure.wait.progressive.level1.count",
    "topology.backpressure.wait.progressive.level2.count",
    "topology.backpressure.wait.progressive.level3.sleep.millis",
    "topology.backpressure.wait.strategy",
    "topology.batch.flush.interval.millis",
    "topology.blobstore.map",
    "topology.bolt.wait.park.microsec",
    "topology.bolt.wait.progressive.level1.count",
    "topology.bolt.wait.progressive.level2.count",
    "topology.bolt.wait.progressive.level3.sleep.millis",
    "topology.bolt.wait.strategy",
    "topology.bolts.late.tuple.stream",
    "topology.bolts.message.id.field.name",
    "topology.bolts.outgoing.overflow.buffer.enable",
    "topology.bolts.tuple.timestamp.max.lag.ms",
    "topology.bolts.watermark.event.interval.ms",
    "topology.bolts.window.length.count",
    "topology.bolts.window.length.duration.ms",
    "topology.bolts.window.sliding.interval.count",
    "topology.bolts.window.sliding.interval.duration.ms",
    "topology.classpath",
    "topology.classpath.beginning",
    "topology.component.cpu.pcore.percent",
    "topology.component.resources.offheap.memory.mb",
    "topology.component.resources.onheap.memory.mb",
    "topology.disable.loadaware",
    "topology.disable.loadaware.messaging",
    "topology.disruptor.batch.size",
    "topology.disruptor.batch.timeout.millis",
    "topology.disruptor.wait.strategy",
    "topology.disruptor.wait.timeout.millis",
    "topology.error.throttle.interval.secs",
    "topology.eventlogger.executors",
    "topology.eventlogger.register",
    "topology.executor.overflow.limit",
    "topology.executor.receive.buffer.size",
    "topology.executor.send.buffer.size",
    "topology.fall.back.on.java.serialization",
    "topology.isolate.machines",
    "topology.kryo.decorators",
    "topology.kryo.factory",
    "topology.kryo.register",
    "topology.localityaware.higher.bound",
    "topology.localityaware.lower.bound",
    "topology.logging.sensitivity",
    "topology.max.error.report.per.interval",
    "topology.max.replication.wait.time.sec",
    "topology.metrics.consumer.register",
    "topology.metrics.reporters",
    "topology.min.replication.count",
    "topology.multilang.log.handler",
    "topology.optimize",
    "topology.priority",
    "topology.producer.batch.size",
    "topology.python.path",
    "topology.ras.acker.executors.per.worker",
    "topology.scheduler.favored.nodes",
    "topology.scheduler.strategy",
    "topology.scheduler.unfavored.nodes",
    "topology.serialized.message.size.metrics",
    "topology.shared.memory.off.heap.node",
    "topology.skip.missing.kryo.registrations",
    "topology.spout.recvq.skips",
    "topology.spout.wait.park.microsec",
    "topology.spout.wait.progressive.level1.count",
    "topology.spout.wait.progressive.level2.count",
    "topology.spout.wait.progressive.level3.sleep.millis",
    "topology.spout.wait.strategy",
    "topology.spread.components",
    "topology.state.checkpoint.interval.ms",
    "topology.state.kryo.register",
    "topology.state.provider",
    "topology.state.provider.config",
    "topology.state.synchronization.timeout.secs",
    "topology.stats.sample.rate",
    "topology.submitter.principal",
    "topology.submitter.user",
    "topology.testing.always.try.serialize",
    "topology.transactional.id",
    "topology.transfer.batch.size",
    "topology.transfer.buffer.size",
    "topology.trident.batch.emit.interval.millis",
    "topology.trident.parallelism.hint",
    "topology.trident.windowing.cache.tuple.limit",
    "topology.tuple.compression.enable",
    "topology.tuple.compression.threshold",
    "topology.tuple.serializer",
    "topology.users",
    "topology.v2.metrics.tick.interval.seconds",
    "topology.worker.childopts",
    "topology.worker.gc.childopts",
    "topology.worker.logwriter.childopts",
    "topology.worker.max.heap.size.mb",
    "topology.worker.metrics",
    "topology.worker.shared.thread.pool.size",
    "topology.worker.timeout.secs",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_default_is_a_value_of_its_kind() {
        for known in KNOWN {
            let default: Value = serde_json::from_str(known.default).expect(known.key);
            assert!(
                default.is_null() || known.kind.read(&default) == Ok(default.clone()),
                "{}",
                known.key
            );
        }
    }

    #[test]
    fn no_setting_stands_twice() {
        let names: Vec<&str> = KNOWN
            .iter()
            .map(|known| known.key)
            .chain(WITHOUT_EFFECT.iter().copied())
            .collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        assert!(WITHOUT_EFFECT.is_sorted());
    }

    #[test]
    fn effects_are_told_by_name() {
        for (key, expected) in [
            ("topology.debug", Effect::InForce),
            ("stormhost.queue.tuples", Effect::InForce),
            ("topology.workers", Effect::None),
            ("topology.priority", Effect::None),
            ("topology.unheard", Effect::Unknown),
            ("stormhost.unheard", Effect::Unknown),
            ("redis.url", Effect::Own),
            ("nimbus.seeds", Effect::Own),
        ] {
            assert_eq!(effect(key), expected, "{key}");
        }
    }

    /// The row of a setting in `docs/settings.md`.
    fn row_of(known: &Known) -> String {
        let default = match (known.kind, known.default) {
            (_, "null") => "not set".into(),
            (ValueKind::Bytes { .. }, bytes) => {
                format!("{} MiB", bytes.parse::<u64>().expect(known.key) >> 20)
            }
            (ValueKind::Seconds { .. }, seconds) => format!("{seconds} s"),
            (_, other) => format!("`{}`", other.trim_matches('"')),
        };
        let scope = if known.scope == Scope::Component {
            "yes"
        } else {
            "no"
        };
        format!(
            "| `{}` | {default} | {scope} | {} |",
            known.key, known.about
        )
    }

    #[test]
    fn the_documentation_has_the_same_table() {
        let prose = include_str!("../../../../docs/settings.md");
        let documented: Vec<&str> = prose
            .lines()
            .filter(|line| line.starts_with("| `") && !line.contains("STORMHOST_"))
            .collect();
        let expected: Vec<String> = KNOWN.iter().map(row_of).collect();
        assert_eq!(
            documented,
            expected,
            "docs/settings.md should have:\n{}",
            expected.join("\n")
        );
    }

    #[test]
    fn each_is_explained() {
        for known in KNOWN {
            assert!(
                known.about.ends_with('.') && known.about.len() > 10,
                "{}",
                known.key
            );
        }
    }
}
