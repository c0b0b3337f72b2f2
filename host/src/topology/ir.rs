//! The description of a topology as every front end hands it over, before anything is checked. Prose: `docs/ir.md`.
//!
//! The types take anything that has the right shape, even where it makes no sense: a parallelism of -3, a grouping that
//! does not exist. `check` says what is wrong with it, with its place, together with everything else that is.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::mistake::{Place, Severity};
use super::model::Kind;

/// The version of the description that this host understands.
pub const VERSION: u64 = 1;

/// A topology as it was described.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ir {
    /// Always [`VERSION`].
    pub version: u64,
    /// The topology's name.
    pub name: String,
    /// What was read.
    pub file: String,
    /// The language it is written in, for messages.
    pub language: String,
    /// Settings for the whole topology, under Storm's names.
    #[serde(default)]
    pub conf: Map<String, Value>,
    /// In order of declaration.
    pub components: Vec<ComponentIr>,
    /// Who listens to whom.
    #[serde(default)]
    pub subscriptions: Vec<SubscriptionIr>,
    /// What the front end itself found wrong.
    #[serde(default)]
    pub mistakes: Vec<MistakeIr>,
    /// Components that a subscription was meant for which the front end could not describe, and told of.
    #[serde(skip)]
    pub refused: Vec<String>,
}

/// One spout or bolt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComponentIr {
    /// Its name in the topology.
    pub id: String,
    /// Spout or bolt.
    pub kind: Kind,
    /// Number of tasks.
    #[serde(default = "one")]
    pub parallelism: i64,
    /// How a task's child is started: argv, no shell. Only a built-in or a shell component has none.
    #[serde(default)]
    pub command: Vec<String>,
    /// `print` for the sink that is part of the host, `redis` for its Redis spout and sink.
    #[serde(default)]
    pub builtin: Option<String>,
    /// A Java class, in place of a command: `check` finds its counterpart in the host, or says that it has none.
    #[serde(default)]
    pub java_class: Option<String>,
    /// What a built-in component is told: for `redis`, its settings without the `redis.` before them.
    #[serde(default)]
    pub options: Map<String, Value>,
    /// A shell component: its tasks run a command of the shell, which speaks no protocol. It has no `command` then.
    #[serde(default)]
    pub shell: Option<ShellIr>,
    /// `inside` if its tasks run in the host, which is the interpreter of its command then; `outside` or nothing if each has a process.
    #[serde(default, rename = "where")]
    pub place: Option<String>,
    /// Working folder of the child; where the command was typed if absent.
    #[serde(default)]
    pub cwd: Option<String>,
    /// Added to the child's environment.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// `json` or `msgpack`. It counts as the component's own `topology.multilang.serializer`; JSON if neither is given.
    #[serde(default)]
    pub serializer: Option<String>,
    /// `host` if the host replays failed spout tuples.
    #[serde(default)]
    pub replay: Option<String>,
    /// Whether a bolt ends its batches at ticks, so that it never does without any.
    #[serde(default)]
    pub needs_ticks: bool,
    /// What it emits: stream id to fields.
    #[serde(default)]
    pub streams: IndexMap<String, StreamIr>,
    /// The component's own settings.
    #[serde(default)]
    pub conf: Map<String, Value>,
    /// Where it is declared.
    #[serde(default)]
    pub at: Option<Place>,
    /// Where our package of its language lies. No part of a description: the host finds it out.
    #[serde(skip)]
    pub library: Option<Library>,
}

/// How a program finds our package of its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library {
    /// The variable by which its language finds packages, and what stands between two entries of it.
    pub variable: &'static str,
    /// See there.
    pub separator: &'static str,
    /// The entry for our package.
    pub entry: String,
    /// What the variable is where stormhost runs.
    pub inherited: Option<String>,
}

impl Library {
    /// Puts the entry behind whatever stands in the variable already, here or, where the component sees that, where stormhost runs.
    pub fn add_to(&self, env: &mut BTreeMap<String, String>, inherits: bool) {
        let inherited = self.inherited.as_ref().filter(|_| inherits);
        let before = env.get(self.variable).or(inherited);
        let value = match before {
            Some(before) if !before.is_empty() => {
                format!("{before}{}{}", self.separator, self.entry)
            }
            _ => self.entry.clone(),
        };
        env.insert(self.variable.to_owned(), value);
    }
}

/// A command of the shell as a component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShellIr {
    /// The command as it is typed; a shell runs it if it has anything that only a shell understands.
    pub run: String,
    /// `lines` for a filter that is kept running, `exec` for one process a tuple or a batch.
    #[serde(rename = "as")]
    pub mode: String,
    /// Whether lines are JSON.
    #[serde(default)]
    pub json: bool,
    /// What stands between the values of a line that is no JSON; a tab if absent.
    #[serde(default)]
    pub separator: Option<String>,
    /// Whether lines end with a NUL in place of a line end.
    #[serde(default)]
    pub null: bool,
    /// `lines`, a spout: whether a failed command is started again.
    #[serde(default = "yes")]
    pub restart: bool,
    /// `lines`, a spout: whether it reads the host's own standard input.
    #[serde(default)]
    pub stdin: bool,
    /// `exec`: how many tuples one process is given.
    #[serde(default = "one")]
    pub batch: i64,
    /// `exec`: how many seconds a batch that is not full waits for more.
    #[serde(default)]
    pub linger: Option<f64>,
    /// `exec`: how many seconds one process may take.
    #[serde(default)]
    pub timeout: Option<f64>,
}

/// One declared stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamIr {
    /// Names of the values, in order.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Whether its tuples are sent to a task that the emitter names.
    #[serde(default)]
    pub direct: bool,
}

/// One component listening to one stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionIr {
    /// Who listens.
    pub to: String,
    /// To whom.
    pub from: String,
    /// To which of its streams.
    #[serde(default = "default_stream")]
    pub stream: String,
    /// How tuples are spread over the listener's tasks.
    pub grouping: String,
    /// The key, for groupings that have one.
    #[serde(default)]
    pub fields: Vec<String>,
    /// Where it is declared.
    #[serde(default)]
    pub at: Option<Place>,
}

/// Something a front end could not describe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MistakeIr {
    /// What is wrong.
    pub message: String,
    /// What to try.
    #[serde(default)]
    pub hint: Option<String>,
    /// What the user's code raised.
    #[serde(default)]
    pub traceback: Option<String>,
    /// How bad it is; an error, if nothing is said.
    #[serde(default)]
    pub severity: Severity,
    /// Where it stands.
    #[serde(default)]
    pub at: Option<Place>,
}

fn one() -> i64 {
    1
}

fn yes() -> bool {
    true
}

fn default_stream() -> String {
    "default".into()
}

/// Why a text is no description of a topology.
#[derive(Debug, thiserror::Error)]
pub enum IrError {
    /// It is no JSON at all.
    #[error("it is not JSON: {0}")]
    NotJson(#[source] serde_json::Error),
    /// It is JSON, but has no `version`, so it may be anything.
    #[error("it has no \"version\", so it is no topology description")]
    NoVersion,
    /// It comes from a newer or older front end.
    #[error("it is a topology description of version {found}; this host reads version {VERSION}")]
    OtherVersion {
        /// What stands there, as JSON.
        found: String,
    },
    /// A member is unknown, missing or of the wrong type.
    #[error("at {path}: {source}")]
    Malformed {
        /// Which member, as in `components[2].streams`.
        path: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl Ir {
    /// Reads a description from JSON text.
    ///
    /// The version is looked at before anything else, so a newer description is called that, and not a pile of unknown members.
    ///
    /// # Errors
    /// When the text is no JSON, is of another version, or has a member that is unknown, missing or of the wrong type.
    pub fn from_json(text: &[u8]) -> Result<Self, IrError> {
        let whole: Value = serde_json::from_slice(text).map_err(IrError::NotJson)?;
        let version = whole.get("version").ok_or(IrError::NoVersion)?;
        if version.as_u64() != Some(VERSION) {
            return Err(IrError::OtherVersion {
                found: version.to_string(),
            });
        }
        // From the text again, not from the value: so the message tells the line as well.
        let mut reader = serde_json::Deserializer::from_slice(text);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| IrError::Malformed {
            path: error.path().to_string(),
            source: error.into_inner(),
        })
    }
}

#[cfg(test)]
#[path = "ir_tests.rs"]
mod tests;
