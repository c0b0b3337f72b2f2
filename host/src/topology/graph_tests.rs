//! One topology with everything that shows, in each of the drawings.

use serde_json::json;

use super::*;
use crate::topology::ir::Ir;
use crate::topology::{Overrides, check};

fn sample() -> Topology {
    let ir = json!({
        "version": 1, "name": "WordCount", "file": "topology.py", "language": "python",
        "components": [
            {"id": "lines", "kind": "spout", "command": ["x"], "streams": {"default": {"fields": ["sentence"]}, "control": {"direct": true}}},
            {"id": "split", "kind": "bolt", "parallelism": 2, "command": ["x"], "streams": {"default": {"fields": ["word", "lang"]}}},
            {"id": "count \"#1\"", "kind": "bolt", "parallelism": 4, "command": ["x"], "streams": {"default": {"fields": ["word", "n"]}, "again": {"fields": ["word"]}}}],
        "subscriptions": [
            {"to": "split", "from": "lines", "grouping": "shuffle"},
            {"to": "split", "from": "lines", "stream": "control", "grouping": "direct"},
            {"to": "split", "from": "count \"#1\"", "stream": "again", "grouping": "global"},
            {"to": "count \"#1\"", "from": "split", "grouping": "fields", "fields": ["lang", "word"]}]
    });
    let ir = Ir::from_json(ir.to_string().as_bytes()).expect("a description");
    check(&ir, &Overrides::default(), &|_, _| true)
        .expect("no mistakes")
        .topology
}

#[test]
fn as_text() {
    insta::assert_snapshot!(text(&sample()), @r##"
    WordCount (topology.py)

    spout lines ×1
      default (sentence) → split by shuffle
      control direct () → split by direct

    bolt split ×2
      default (word, lang) → count "#1" by fields lang, word

    bolt count "#1" ×4
      default (word, n) → nobody
      again (word) → split by global (closes a cycle)
    "##);
}

#[test]
fn for_graphviz() {
    insta::assert_snapshot!(dot(&sample()), @r##"
    digraph "WordCount" {
      rankdir=LR;
      node [fontname="sans-serif"];
      edge [fontname="sans-serif"];
      "lines" [shape=house, label="lines ×1"];
      "split" [shape=box, label="split ×2"];
      "count \"#1\"" [shape=box, label="count \"#1\" ×4"];
      "lines" -> "split" [label="shuffle"];
      "lines" -> "split" [label="control: direct"];
      "count \"#1\"" -> "split" [label="again: global", style=dashed];
      "split" -> "count \"#1\"" [label="fields lang, word"];
    }
    "##);
}

#[test]
fn for_mermaid() {
    insta::assert_snapshot!(mermaid(&sample()), @r##"
    flowchart LR
      c0(["lines ×1"])
      c1["split ×2"]
      c2["count #quot;#35;1#quot; ×4"]
      c0 -->|"shuffle"| c1
      c0 -->|"control: direct"| c1
      c2 -.->|"again: global"| c1
      c1 -->|"fields lang, word"| c2
    "##);
}
