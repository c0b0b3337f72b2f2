//! The topology that the host runs: every name resolved to an index, every setting in force, every task numbered.
//!
//! It is made by `check` from a description without mistakes, and never changes afterwards.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use stormhost_protocol::Encoding;

use super::mistake::Place;
use super::redis::RedisOptions;
use super::settings::Settings;
use super::shell::{LinePart, Shell};
use super::walk;

/// A topology without mistakes.
#[derive(Clone, Debug)]
pub struct Topology {
    /// Its name: `topology.name` if set, else what the front end called it.
    pub name: String,
    /// What it was read from.
    pub file: String,
    /// In order of declaration. Other places speak of a component by its index in this list.
    pub components: Vec<Component>,
    /// What is in force for the topology as a whole.
    pub settings: Settings,
    /// Every task. The index in this list is the task's id less 1.
    pub tasks: Vec<TaskSpec>,
}

/// One spout or bolt.
#[derive(Clone, Debug)]
pub struct Component {
    /// Its name.
    pub id: String,
    /// Spout or bolt.
    pub kind: Kind,
    /// Number of tasks, at least 1.
    pub parallelism: u32,
    /// How a task's child is started: argv, at least the program. Empty for what is built in.
    pub command: Vec<String>,
    /// It has no children: the host itself does its work.
    pub builtin: Option<Builtin>,
    /// It runs a command of the shell, which `command` starts.
    pub shell: Option<Shell>,
    /// What a built-in Redis component goes by.
    pub redis: Option<Arc<RedisOptions>>,
    /// The language of a component whose tasks run in the host, which is the interpreter of its command.
    pub inside: Option<Inside>,
    /// Working folder of the child; `None` means where the command was typed.
    pub cwd: Option<PathBuf>,
    /// Added to the child's environment: `topology.environment`, then the component's own, then `--env`.
    pub env: BTreeMap<String, String>,
    /// The base dialect of its children.
    pub serializer: Encoding,
    /// Who replays failed spout tuples.
    pub replay: Replay,
    /// What it emits. Other places speak of a stream by its index in this list.
    pub streams: Vec<Stream>,
    /// What it listens to, in order of declaration. A spout listens to nothing.
    pub inputs: Vec<Input>,
    /// What is in force for this component.
    pub settings: Settings,
    /// What its children see as `conf`.
    pub conf: Map<String, Value>,
    /// Where it is declared.
    pub at: Option<Place>,
}

/// A component that is part of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// Writes a line a tuple to the host's standard output, values separated by tabs.
    Print,
    /// Reads or writes Redis, as [`Component::redis`] says.
    Redis,
}

/// A language whose components can run in the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// Lua 5.4.
    Lua,
    /// The CPython that this host was built with.
    Python,
}

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It emits of its own accord.
    Spout,
    /// It is given tuples.
    Bolt,
}

impl Kind {
    /// `spout` or `bolt`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Spout => "spout",
            Kind::Bolt => "bolt",
        }
    }
}

/// Who emits a failed spout tuple again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replay {
    /// The spout is told of each fail and does as it likes, as in Storm.
    #[default]
    Child,
    /// The host keeps the tuple and emits it again; the spout hears of the last fail only.
    Host,
}

/// One declared stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Its name.
    pub id: String,
    /// Names of the values, in order; no two alike.
    pub fields: Vec<String>,
    /// Whether its tuples are sent to a task that the emitter names.
    pub direct: bool,
}

/// One subscription, seen from who listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Whose stream: an index in [`Topology::components`].
    pub component: usize,
    /// Which stream: an index in that component's [`Component::streams`].
    pub stream: usize,
    /// How tuples are spread over the listener's tasks.
    pub grouping: Grouping,
    /// Whether it closes a cycle: whoever sends along it must not wait.
    pub back_edge: bool,
}

/// How the tuples of a stream are spread over the tasks of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Evenly.
    Shuffle,
    /// Equal values of these fields, given by their indices, go to the same task. At least one.
    Fields(Vec<usize>),
    /// A copy to every task.
    All,
    /// To the task with the lowest id.
    Global,
    /// To the task that the emitter names.
    Direct,
    /// Anywhere.
    None,
    /// Evenly among the tasks of the same process; here that is all of them.
    LocalOrShuffle,
    /// Equal values of these fields go to one of the same two tasks. At least one.
    PartialKey(Vec<usize>),
    /// The first value is a line of text, and lines with the same part go to the same task.
    Part(LinePart),
}

/// One task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskSpec {
    /// Its id, counted from 1.
    pub id: u32,
    /// Whose task: an index in [`Topology::components`].
    pub component: usize,
    /// Which of the component's tasks, counted from 0.
    pub index: u32,
}

impl Topology {
    /// Whether a component in this language runs in the host.
    pub fn has_inside(&self, language: Inside) -> bool {
        let mut components = self.components.iter();
        components.any(|component| component.inside == Some(language))
    }

    /// The ids of a component's tasks, which follow one another. Empty if there is no such component.
    pub fn tasks_of(&self, component: usize) -> Range<u32> {
        let mut ids = self
            .tasks
            .iter()
            .filter(|task| task.component == component)
            .map(|task| task.id);
        match ids.next() {
            Some(first) => first..ids.next_back().unwrap_or(first) + 1,
            None => 1..1,
        }
    }

    /// How many tasks bolts have, all together.
    pub fn bolt_tasks(&self) -> u32 {
        let bolts = self
            .components
            .iter()
            .filter(|component| component.kind == Kind::Bolt);
        bolts.map(|component| component.parallelism).sum()
    }

    /// Who listens to a stream: pairs of component and index in its [`Component::inputs`], in order of declaration.
    pub fn listeners(
        &self,
        component: usize,
        stream: usize,
    ) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.components
            .iter()
            .enumerate()
            .flat_map(move |(listener, found)| {
                let matching =
                    move |input: &Input| input.component == component && input.stream == stream;
                found
                    .inputs
                    .iter()
                    .enumerate()
                    .filter(move |(_, input)| matching(input))
                    .map(move |(at, _)| (listener, at))
            })
    }

    /// The components in the order in which they may be finished: whoever sends comes before whoever listens, spouts first.
    /// Components that form a cycle come as one group; every other group has one member.
    pub fn upstream_first(&self) -> Vec<Vec<usize>> {
        let mut groups = walk::groups(&walk::consumers(&self.components));
        groups.sort_by_key(|group| {
            !group.iter().all(|&at| {
                self.components
                    .get(at)
                    .is_some_and(|c| c.kind == Kind::Spout)
            })
        });
        groups
    }

    /// The index of the component of that name.
    pub fn component(&self, id: &str) -> Option<usize> {
        self.components
            .iter()
            .position(|component| component.id == id)
    }
}

/// Numbers the tasks: from 1, over the components in alphabetical order of their ids (by code unit), as Storm does.
pub(super) fn number_tasks(components: &[Component]) -> Vec<TaskSpec> {
    let mut order: Vec<usize> = (0..components.len()).collect();
    // Java compares strings by UTF-16 code unit, which differs from the order of bytes beyond the basic plane.
    order.sort_by_cached_key(|&at| {
        components
            .get(at)
            .map(|c| c.id.encode_utf16().collect::<Vec<u16>>())
    });
    let tasks = order.into_iter().flat_map(|at| {
        let parallelism = components
            .get(at)
            .map_or(0, |component| component.parallelism);
        (0..parallelism).map(move |index| (at, index))
    });
    tasks
        .zip(1..)
        .map(|((component, index), id)| TaskSpec {
            id,
            component,
            index,
        })
        .collect()
}

#[cfg(test)]
#[path = "model_tests.rs"]
mod tests;
