//! The setup object that a child is told first: Storm's `conf`, `pidDir` and `context` (`storm-facts`, 1.3), and the offer of frames.

use std::path::Path;

use serde_json::{Map, Value, json};
use stormhost_protocol::frame;

use crate::topology::{Grouping, Topology};

/// What the host says first to the child of the task with index `at`.
pub fn setup(topology: &Topology, at: usize, pid_dir: &Path) -> Value {
    let task = topology.tasks[at];
    let component = &topology.components[task.component];
    json!({
        "conf": component.conf,
        "pidDir": pid_dir,
        "context": context(topology, at),
        "stormhost": {
            "versions": [frame::VERSION],
            "encodings": ["msgpack", "json"],
            "repeats": true,
            "kind": component.kind.name(),
            "task": task.id,
            "max_frame": component.settings.max_message_bytes(),
            "inputs": component.inputs.iter().map(|input| {
                let source = &topology.components[input.component];
                let stream = &source.streams[input.stream];
                json!({"component": source.id, "stream": stream.id, "fields": stream.fields})
            }).chain(component.inputs.first().map(|_| {
                json!({"component": "__system", "stream": "__tick", "fields": ["rate_secs"]})
            })).collect::<Vec<_>>(),
            "outputs": component.streams.iter().enumerate().map(|(index, stream)| json!({
                "stream": stream.id,
                "fields": stream.fields,
                "direct": stream.direct,
                // Who is to tell every tuple has to be sent those, too, that nobody listens to.
                "listeners": component.settings.debug() || topology.listeners(task.component, index).next().is_some(),
            })).collect::<Vec<_>>(),
        },
    })
}

/// The eight members that Storm's `TopologyContext` shows to shell components.
fn context(topology: &Topology, at: usize) -> Value {
    let task = topology.tasks[at];
    let component = &topology.components[task.component];
    let task_to_component: Map<String, Value> = topology
        .tasks
        .iter()
        .map(|task| {
            (
                task.id.to_string(),
                topology.components[task.component].id.clone().into(),
            )
        })
        .collect();
    let mut targets = Map::new();
    for (index, stream) in component.streams.iter().enumerate() {
        let consumers: Map<String, Value> = topology
            .listeners(task.component, index)
            .map(|(listener, input)| {
                let listener = &topology.components[listener];
                (
                    listener.id.clone(),
                    grouping(&listener.inputs[input].grouping, &stream.fields),
                )
            })
            .collect();
        if !consumers.is_empty() {
            targets.insert(stream.id.clone(), consumers.into());
        }
    }
    let mut source_groupings = Map::new();
    let mut source_fields = Map::new();
    for input in &component.inputs {
        let source = &topology.components[input.component];
        let stream = &source.streams[input.stream];
        let streams = source_groupings
            .entry(source.id.clone())
            .or_insert_with(|| Map::new().into());
        if let Some(streams) = streams.as_object_mut() {
            streams.insert(stream.id.clone(), grouping(&input.grouping, &stream.fields));
        }
        let all: Map<String, Value> = source
            .streams
            .iter()
            .map(|s| (s.id.clone(), json!(s.fields)))
            .collect();
        source_fields.insert(source.id.clone(), all.into());
    }
    json!({
        "task->component": task_to_component,
        "taskid": task.id,
        "componentid": component.id,
        "streams": component.streams.iter().map(|s| &s.id).collect::<Vec<_>>(),
        "stream->outputfields": component.streams.iter()
            .map(|s| (s.id.clone(), json!(s.fields))).collect::<Map<_, _>>(),
        "stream->target->grouping": targets,
        "source->stream->grouping": source_groupings,
        "source->stream->fields": source_fields,
    })
}

/// A grouping as Storm shows it: the name of its Thrift union field in capitals. Global is a fields grouping without fields there,
/// and partial key one of the serialised ones.
fn grouping(grouping: &Grouping, fields: &[String]) -> Value {
    let named = |which: &[usize]| {
        which
            .iter()
            .filter_map(|&at| fields.get(at))
            .cloned()
            .collect::<Vec<_>>()
    };
    match grouping {
        Grouping::Shuffle => json!({"type": "SHUFFLE"}),
        Grouping::Fields(which) => json!({"type": "FIELDS", "fields": named(which)}),
        Grouping::Global => json!({"type": "FIELDS", "fields": []}),
        Grouping::All => json!({"type": "ALL"}),
        Grouping::Direct => json!({"type": "DIRECT"}),
        Grouping::None => json!({"type": "NONE"}),
        Grouping::LocalOrShuffle => json!({"type": "LOCAL_OR_SHUFFLE"}),
        Grouping::PartialKey(_) | Grouping::Part(_) => json!({"type": "CUSTOM_SERIALIZED"}),
    }
}
