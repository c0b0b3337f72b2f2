//! Java classes that have a counterpart in this host, by their simple names: whatever package they come from.

use super::model::Kind;
use super::redis::Mode;

/// What does the work of a Java class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counterpart {
    /// The built-in component, as the description calls it.
    pub builtin: &'static str,
    /// What the class reads or writes, where its name says so.
    pub mode: Option<Mode>,
}

/// Simple names with what they are.
const KNOWN: [(&str, Kind, Option<Mode>); 9] = [
    ("RedisSpout", Kind::Spout, None),
    ("RedisListSpout", Kind::Spout, Some(Mode::List)),
    ("RedisQueueSpout", Kind::Spout, Some(Mode::List)),
    ("RedisStreamSpout", Kind::Spout, Some(Mode::Stream)),
    ("RedisPubSubSpout", Kind::Spout, Some(Mode::Channel)),
    ("RedisBolt", Kind::Bolt, None),
    ("RedisSink", Kind::Bolt, None),
    ("RedisStoreBolt", Kind::Bolt, Some(Mode::String)),
    ("RedisPublishBolt", Kind::Bolt, Some(Mode::Channel)),
];

/// Whether the host does the work of a class such as `com.example.RedisSpout`.
pub fn has_counterpart(class: &str, kind: Kind) -> bool {
    counterpart(class, kind).is_some()
}

/// The counterpart of a class such as `com.example.RedisSpout`, if it has one.
pub(super) fn counterpart(class: &str, kind: Kind) -> Option<Counterpart> {
    let simple = class.rsplit(['.', '$']).next()?;
    let (_, _, mode) = KNOWN
        .iter()
        .find(|(name, of, _)| *name == simple && *of == kind)?;
    Some(Counterpart {
        builtin: "redis",
        mode: *mode,
    })
}

/// The names of classes of this kind that have a counterpart.
pub(super) fn known(kind: Kind) -> String {
    let names: Vec<&str> = KNOWN
        .iter()
        .filter(|(_, of, _)| *of == kind)
        .map(|(name, ..)| *name)
        .collect();
    names.join(", ")
}
