//! What is in force, for the topology and for each component, and where each value came from.
//!
//! # Which value wins
//!
//! Later layers win over earlier ones:
//!
//! 1. defaults (the table in `known`),
//! 2. the user's file,
//! 3. the topology's `conf`,
//! 4. the component's own `conf` (and its `serializer`, `conf` winning over it),
//! 5. the environment (`STORMHOST_TOPOLOGY_DEBUG=true`),
//! 6. `--set key=value`,
//! 7. `--set component:key=value`.
//!
//! So a component's own settings win over the topology's, but what is typed at the command line wins over both.
//! A setting that concerns the topology as a whole, such as the message timeout, has no effect in 4 and 7, and is pointed out there.
//! `null` means "as if it was never set": the default. Environment and `--set` are read as JSON, else as one line of YAML, else as plain text.

mod kind;
mod known;
mod layers;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use stormhost_protocol::Encoding;

pub use kind::ValueKind;
pub use known::{Effect, Known, Scope, all, effect, known};
pub(super) use layers::Layers;

const SUBPROCESS_TIMEOUT: &str = "topology.subprocess.timeout.secs";

/// Every setting in force, by name.
///
/// The getters never fail: what does not fit its type was refused when the topology was checked, and an empty `Settings`
/// answers with the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    values: BTreeMap<String, Setting>,
}

/// One value in force.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// What is in force.
    pub value: Value,
    /// Who said so.
    pub origin: Origin,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The user's file, by path.
    UserFile(String),
    /// The topology's `conf`.
    Topology,
    /// The component's own `conf`.
    Component,
    /// A variable of the environment, by name.
    Environment(String),
    /// `--set`.
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::UserFile(path) => f.write_str(path),
            Origin::Topology => f.write_str("topology"),
            Origin::Component => f.write_str("component"),
            Origin::Environment(variable) => write!(f, "environment {variable}"),
            Origin::CommandLine => f.write_str("--set"),
        }
    }
}

impl Settings {
    /// The setting of that name, known or not.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.values.get(key)
    }

    /// All of them, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.values
            .iter()
            .map(|(key, setting)| (key.as_str(), setting))
    }

    fn insert(&mut self, key: &str, setting: Setting) {
        self.values.insert(key.to_owned(), setting);
    }

    /// How many tracked tuples a spout task may have pending. `topology.max.spout.pending`; by default 2000, or 100 for each of
    /// the topology's `bolt_tasks` if that is more: every task needs some work at hand, or most of what it does is to wake up.
    pub fn max_spout_pending(&self, bolt_tasks: u32) -> u32 {
        const KEY: &str = "topology.max.spout.pending";
        let most = self.count(KEY);
        if self.is_set(KEY) {
            most
        } else {
            most.max(bolt_tasks.saturating_mul(100))
        }
    }

    /// When a tuple tree that is not complete fails. `topology.message.timeout.secs`, default 30 s; the topology's, never a component's.
    pub fn message_timeout(&self) -> Duration {
        self.seconds("topology.message.timeout.secs")
    }

    /// Whether trees time out at all. `topology.enable.message.timeouts`, default true.
    pub fn enable_message_timeouts(&self) -> bool {
        self.flag("topology.enable.message.timeouts")
    }

    /// How often a bolt is sent a tick; `None` for never. `topology.tick.tuple.freq.secs`, default never. Spouts get no ticks.
    pub fn tick_interval(&self) -> Option<Duration> {
        Some(self.seconds("topology.tick.tuple.freq.secs")).filter(|interval| !interval.is_zero())
    }

    /// After how long without a sign of life a child is taken for hung. `topology.subprocess.timeout.secs`; where nobody sets that,
    /// `supervisor.worker.timeout.secs`, as in Storm; else 30 s.
    pub fn subprocess_timeout(&self) -> Duration {
        const WORKERS: &str = "supervisor.worker.timeout.secs";
        let mut keys = [SUBPROCESS_TIMEOUT, WORKERS].into_iter();
        let set = keys.find(|key| self.is_set(key));
        self.seconds(set.unwrap_or(SUBPROCESS_TIMEOUT))
    }

    /// `topology.subprocess.timeout.secs` where somebody set it; `None` where nobody did. For filters, which give no sign of life unless they
    /// read or write.
    pub fn subprocess_timeout_that_was_set(&self) -> Option<Duration> {
        self.is_set(SUBPROCESS_TIMEOUT)
            .then(|| self.seconds(SUBPROCESS_TIMEOUT))
    }

    fn is_set(&self, key: &str) -> bool {
        self.get(key)
            .is_some_and(|set| set.origin != Origin::Default)
    }

    /// How many ackers Storm would start; `None` leaves it to Storm. Here only 0 matters, see [`Settings::tracking`]. `topology.acker.executors`.
    pub fn acker_executors(&self) -> Option<u32> {
        self.optional_count("topology.acker.executors")
    }

    /// Whether tuples are tracked: unless `topology.acker.executors` is 0.
    pub fn tracking(&self) -> bool {
        self.acker_executors() != Some(0)
    }

    /// Whether every tuple that is emitted is logged, with its receivers. `topology.debug`, default false.
    pub fn debug(&self) -> bool {
        self.flag("topology.debug")
    }

    /// How often a metric is logged. `topology.builtin.metrics.bucket.size.secs`, default 60 s.
    pub fn metrics_bucket(&self) -> Duration {
        self.seconds("topology.builtin.metrics.bucket.size.secs")
    }

    /// How many tuples wait for a child on an old library. `topology.shellbolt.max.pending`, default [`Settings::queue_tuples`].
    pub fn shellbolt_max_pending(&self) -> u32 {
        self.optional_count("topology.shellbolt.max.pending")
            .unwrap_or_else(|| self.queue_tuples())
    }

    /// The most tasks a component may have; `None` for no limit. `topology.max.task.parallelism`.
    pub fn max_task_parallelism(&self) -> Option<u32> {
        self.optional_count("topology.max.task.parallelism")
    }

    /// The number of tasks of a component, in place of its parallelism. `topology.tasks`.
    pub fn tasks(&self) -> Option<u32> {
        self.optional_count("topology.tasks")
    }

    /// Added to the environment of children. `topology.environment`, default empty.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let value = self.value("topology.environment");
        let entries = value.as_object().into_iter().flatten();
        entries
            .filter_map(|(name, value)| Some((name.clone(), kind::plain_text(value)?)))
            .collect()
    }

    /// How long a spout that had nothing to emit is left alone. `topology.sleep.spout.wait.strategy.time.ms`, default 1 ms.
    pub fn spout_wait(&self) -> Duration {
        Duration::from_millis(
            self.count("topology.sleep.spout.wait.strategy.time.ms")
                .into(),
        )
    }

    /// The base dialect of children. `topology.multilang.serializer`, default JSON.
    pub fn serializer(&self) -> Encoding {
        kind::serializer(&self.value("topology.multilang.serializer")).unwrap_or(Encoding::Json)
    }

    /// How many processes Storm would run the topology in. `topology.workers`, default 1; without effect here.
    pub fn workers(&self) -> u32 {
        self.count("topology.workers")
    }

    /// The topology's name, if a setting gives one. `topology.name`.
    pub fn name(&self) -> Option<String> {
        self.value("topology.name").as_str().map(str::to_owned)
    }

    /// How many tuples wait in the queue of a task before its senders do. `stormhost.queue.tuples`, default 4096.
    pub fn queue_tuples(&self) -> u32 {
        self.count("stormhost.queue.tuples")
    }

    /// How many bytes of values wait in the queue of a task before its senders do. `stormhost.queue.bytes`, default 4 MiB.
    pub fn queue_bytes(&self) -> usize {
        self.bytes("stormhost.queue.bytes")
    }

    /// How many bytes may wait on a subscription that closes a cycle; what comes after that fails. `stormhost.cycle.bytes`, default 4 MiB.
    pub fn cycle_bytes(&self) -> usize {
        self.bytes("stormhost.cycle.bytes")
    }

    /// How long a child may take to answer the handshake. `stormhost.handshake.timeout.secs`, default 60 s.
    pub fn handshake_timeout(&self) -> Duration {
        self.seconds("stormhost.handshake.timeout.secs")
    }

    /// How long an orderly stop may take before children are told to go. `stormhost.shutdown.timeout.secs`, default 10 s.
    pub fn shutdown_timeout(&self) -> Duration {
        self.seconds("stormhost.shutdown.timeout.secs")
    }

    /// How long a child that was told to go (TERM) may take before it is killed. `stormhost.kill.timeout.secs`, default 2 s.
    pub fn kill_timeout(&self) -> Duration {
        self.seconds("stormhost.kill.timeout.secs")
    }

    /// How much memory a task inside the host may use, in bytes. `stormhost.inside.memory.bytes`, default 512 MiB.
    pub fn inside_memory(&self) -> usize {
        self.bytes("stormhost.inside.memory.bytes")
    }

    /// How long one call of a task's code inside the host may go on; `None` for ever. `stormhost.inside.budget.secs`, default 10 s.
    pub fn inside_budget(&self) -> Option<Duration> {
        Some(self.seconds("stormhost.inside.budget.secs")).filter(|budget| !budget.is_zero())
    }

    /// The longest message a child may send, in bytes. `stormhost.max.message.bytes`, default 64 MiB.
    pub fn max_message_bytes(&self) -> usize {
        self.bytes("stormhost.max.message.bytes")
    }

    /// How often the host emits a failed tuple again before its spout hears of it. `stormhost.replay.tries`, default 3.
    pub fn replay_tries(&self) -> u32 {
        self.count("stormhost.replay.tries")
    }

    /// How many bytes of pending tuples the host keeps for a spout task that it replays for. `stormhost.replay.bytes`, default 64 MiB.
    pub fn replay_bytes(&self) -> usize {
        self.bytes("stormhost.replay.bytes")
    }

    /// How many children a tuple has to kill, alone in hand, to be set aside; 0 for never. `stormhost.poison.deaths`, default 3.
    pub fn poison_deaths(&self) -> u32 {
        self.count("stormhost.poison.deaths")
    }

    /// The stream that dead letters are emitted on; `None` for the file. `stormhost.dead.letters.stream`.
    pub fn dead_letters_stream(&self) -> Option<String> {
        self.text("stormhost.dead.letters.stream")
    }

    /// How large the file of dead letters may become. `stormhost.dead.letters.bytes`, default 64 MiB.
    pub fn dead_letters_bytes(&self) -> usize {
        self.bytes("stormhost.dead.letters.bytes")
    }

    /// How many bytes a child and its processes may use together; `None` for all there is. `stormhost.limit.memory.bytes`.
    pub fn limit_memory(&self) -> Option<u64> {
        self.value("stormhost.limit.memory.bytes").as_u64()
    }

    /// How many seconds of CPU time each process of a child may use. `stormhost.limit.cpu.secs`.
    pub fn limit_cpu(&self) -> Option<u64> {
        self.value("stormhost.limit.cpu.secs").as_u64()
    }

    /// How many files each process of a child may have open. `stormhost.limit.files`.
    pub fn limit_files(&self) -> Option<u64> {
        self.value("stormhost.limit.files").as_u64()
    }

    /// How many processes a child may be. `stormhost.limit.processes`.
    pub fn limit_processes(&self) -> Option<u32> {
        self.optional_count("stormhost.limit.processes")
    }

    /// The niceness of a child, from 0 to 19; `None` leaves the host's. `stormhost.nice`.
    pub fn nice(&self) -> Option<i32> {
        self.optional_count("stormhost.nice").map(u32::cast_signed)
    }

    /// The umask of a child; `None` leaves the host's. `stormhost.umask`.
    pub fn umask(&self) -> Option<u32> {
        u32::from_str_radix(&self.text("stormhost.umask")?, 8).ok()
    }

    /// The user that a child runs as. `stormhost.user`.
    pub fn user(&self) -> Option<String> {
        self.text("stormhost.user")
    }

    /// The group that a child runs as. `stormhost.group`.
    pub fn group(&self) -> Option<String> {
        self.text("stormhost.group")
    }

    /// The working folder of a child, in place of its component's. `stormhost.folder`.
    pub fn folder(&self) -> Option<String> {
        self.text("stormhost.folder")
    }

    /// The variables that a child keeps of the host's environment; `None` for all. `stormhost.clean.env`, `stormhost.clean.env.keep`.
    pub fn kept_environment(&self) -> Option<Vec<String>> {
        self.flag("stormhost.clean.env").then(|| {
            let names = self.text("stormhost.clean.env.keep").unwrap_or_default();
            let names = names.split([' ', ',']).filter(|name| !name.is_empty());
            names.map(str::to_owned).collect()
        })
    }

    /// How long a bolt may take for one tuple; `None` for ever. `stormhost.tuple.budget.secs`.
    pub fn tuple_budget(&self) -> Option<Duration> {
        Some(self.seconds("stormhost.tuple.budget.secs")).filter(|budget| !budget.is_zero())
    }

    /// The longest pause before a child that keeps dying is started again. `stormhost.restart.max.pause.secs`, default 30 s.
    pub fn restart_max_pause(&self) -> Duration {
        self.seconds("stormhost.restart.max.pause.secs")
    }

    fn value(&self, key: &str) -> Value {
        match self.values.get(key) {
            Some(setting) => setting.value.clone(),
            None => known(key).map_or(Value::Null, Known::default_value),
        }
    }

    fn text(&self, key: &str) -> Option<String> {
        self.value(key).as_str().map(str::to_owned)
    }

    fn flag(&self, key: &str) -> bool {
        self.value(key).as_bool().unwrap_or_default()
    }

    fn count(&self, key: &str) -> u32 {
        self.optional_count(key).unwrap_or_default()
    }

    fn optional_count(&self, key: &str) -> Option<u32> {
        self.value(key)
            .as_u64()
            .and_then(|count| u32::try_from(count).ok())
    }

    fn bytes(&self, key: &str) -> usize {
        self.value(key)
            .as_u64()
            .and_then(|count| usize::try_from(count).ok())
            .unwrap_or_default()
    }

    /// Zero where nothing is set.
    fn seconds(&self, key: &str) -> Duration {
        self.value(key)
            .as_f64()
            .and_then(|secs| Duration::try_from_secs_f64(secs).ok())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
