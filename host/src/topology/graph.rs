//! A topology as a drawing: for the terminal, for Graphviz, for Mermaid.

use std::fmt::Write;

use super::model::{Component, Grouping, Input, Kind, Stream, Topology};
use super::shell::LinePart;

/// As text: each component with its streams, and who listens to them by which grouping.
///
/// ```text
/// WordCount (topology.py)
///
/// spout lines ×1
///   default (sentence) → split by shuffle
///
/// bolt split ×2
///   default (word) → nobody
/// ```
pub fn text(topology: &Topology) -> String {
    let mut out = format!("{} ({})\n", topology.name, topology.file);
    for (at, component) in topology.components.iter().enumerate() {
        put(
            &mut out,
            format_args!(
                "\n{} {} ×{}\n",
                component.kind.name(),
                component.id,
                component.parallelism
            ),
        );
        for (index, stream) in component.streams.iter().enumerate() {
            let direct = if stream.direct { " direct" } else { "" };
            let head = format!("  {}{direct} ({})", stream.id, stream.fields.join(", "));
            let lines = edges(topology)
                .filter(|edge| (edge.input.component, edge.input.stream) == (at, index));
            let lines: Vec<String> = lines
                .map(|edge| format!("→ {} by {}{}", edge.to.id, edge.label(), edge.closes()))
                .collect();
            match lines.as_slice() {
                [] => put(&mut out, format_args!("{head} → nobody\n")),
                [one] => put(&mut out, format_args!("{head} {one}\n")),
                several => {
                    put(&mut out, format_args!("{head}\n"));
                    for line in several {
                        put(&mut out, format_args!("    {line}\n"));
                    }
                }
            }
        }
    }
    out
}

/// For Graphviz: `stormhost graph --format dot topology.py | dot -Tsvg`.
pub fn dot(topology: &Topology) -> String {
    let mut out = format!(
        "digraph {} {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n",
        dot_quoted(&topology.name)
    );
    for component in &topology.components {
        let shape = if component.kind == Kind::Spout {
            "house"
        } else {
            "box"
        };
        let label = format!("{} ×{}", component.id, component.parallelism);
        put(
            &mut out,
            format_args!(
                "  {} [shape={shape}, label={}];\n",
                dot_quoted(&component.id),
                dot_quoted(&label)
            ),
        );
    }
    for edge in edges(topology) {
        let style = if edge.input.back_edge {
            ", style=dashed"
        } else {
            ""
        };
        let (from, to, label) = (
            dot_quoted(&edge.from.id),
            dot_quoted(&edge.to.id),
            dot_quoted(&edge.long_label()),
        );
        put(
            &mut out,
            format_args!("  {from} -> {to} [label={label}{style}];\n"),
        );
    }
    out.push_str("}\n");
    out
}

/// For Mermaid, which GitHub and many wikis draw by themselves.
pub fn mermaid(topology: &Topology) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, component) in topology.components.iter().enumerate() {
        let label = mermaid_quoted(&format!("{} ×{}", component.id, component.parallelism));
        // Nodes are numbered, since words such as "end" mean something to Mermaid.
        match component.kind {
            Kind::Spout => put(&mut out, format_args!("  c{at}([{label}])\n")),
            Kind::Bolt => put(&mut out, format_args!("  c{at}[{label}]\n")),
        }
    }
    for edge in edges(topology) {
        let arrow = if edge.input.back_edge { "-.->" } else { "-->" };
        put(
            &mut out,
            format_args!(
                "  c{} {arrow}|{}| c{}\n",
                edge.input.component,
                mermaid_quoted(&edge.long_label()),
                edge.at
            ),
        );
    }
    out
}

/// One subscription with both its ends.
struct Edge<'a> {
    from: &'a Component,
    stream: &'a Stream,
    to: &'a Component,
    /// The index of `to`.
    at: usize,
    input: &'a Input,
}

fn edges(topology: &Topology) -> impl Iterator<Item = Edge<'_>> {
    topology
        .components
        .iter()
        .enumerate()
        .flat_map(move |(at, to)| {
            to.inputs.iter().filter_map(move |input| {
                let from = topology.components.get(input.component)?;
                Some(Edge {
                    from,
                    stream: from.streams.get(input.stream)?,
                    to,
                    at,
                    input,
                })
            })
        })
}

impl Edge<'_> {
    /// The grouping, with its key.
    fn label(&self) -> String {
        let (name, key) = match &self.input.grouping {
            Grouping::Shuffle => ("shuffle", None),
            Grouping::Fields(key) => ("fields", Some(key)),
            Grouping::All => ("all", None),
            Grouping::Global => ("global", None),
            Grouping::Direct => ("direct", None),
            Grouping::None => ("none", None),
            Grouping::LocalOrShuffle => ("local or shuffle", None),
            Grouping::PartialKey(key) => ("partial key", Some(key)),
            Grouping::Part(LinePart::Column { number, .. }) => {
                return format!("column {}", number + 1);
            }
            Grouping::Part(LinePart::Member(name)) => return format!("member {name}"),
        };
        let Some(key) = key else {
            return name.to_owned();
        };
        let fields: Vec<&str> = key
            .iter()
            .filter_map(|&index| self.stream.fields.get(index).map(String::as_str))
            .collect();
        format!("{name} {}", fields.join(", "))
    }

    /// The grouping, and the stream if it is not the default one.
    fn long_label(&self) -> String {
        match self.stream.id.as_str() {
            "default" => self.label(),
            id => format!("{id}: {}", self.label()),
        }
    }

    fn closes(&self) -> &'static str {
        if self.input.back_edge {
            " (closes a cycle)"
        } else {
            ""
        }
    }
}

fn dot_quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n")
    )
}

fn mermaid_quoted(text: &str) -> String {
    format!(
        "\"{}\"",
        text.replace('#', "#35;")
            .replace('"', "#quot;")
            .replace('\n', " ")
    )
}

/// Appends; writing to a `String` never fails.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
#[path = "graph_tests.rs"]
mod tests;
