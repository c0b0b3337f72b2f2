//! `stormhost graph`: the topology as a drawing.

use super::write;
use crate::cli::{GraphFormat, GraphOptions};
use crate::prepare::prepare;
use crate::status::ExitStatus;
use crate::topology::graph;

/// Writes the drawing to standard output. A topology with mistakes is not drawn: its mistakes are told, as `check` does.
pub fn graph(options: &GraphOptions) -> ExitStatus {
    let drawn = prepare(&options.topology, |_| ()).and_then(|prepared| {
        write(&match options.format {
            GraphFormat::Text => graph::text(&prepared.topology),
            GraphFormat::Dot => graph::dot(&prepared.topology),
            GraphFormat::Mermaid => graph::mermaid(&prepared.topology),
        })
    });
    match drawn {
        Ok(()) => ExitStatus::Complete,
        Err(status) => status,
    }
}
