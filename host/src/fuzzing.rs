//! What the fuzz targets of `fuzz/` call, as far as it takes the host. Not part of what is built for users: it is there for tests, and under
//! `--cfg fuzzing`, which cargo-fuzz sets. `make test` plays the corpus that is checked in through the same functions.
//!
//! Each takes any bytes, and panics if what must hold does not.

use serde_json::json;

use crate::runtime::letter::{Letter, ReadLetter, Why};
use crate::topology::{Ir, Overrides, SetOption, Topology, check, graph, shell};

/// A child that says anything, in a topology.
pub fn conversation(bytes: &[u8]) {
    crate::runtime::sim::conversation(bytes);
}

/// A description of a topology: it is refused or it says the same when it is written again; then it is checked, and drawn if it is right.
pub fn ir(bytes: &[u8]) {
    let Ok(ir) = Ir::from_json(bytes) else {
        return;
    };
    let written = serde_json::to_vec(&ir).expect("what was read can be written");
    assert_eq!(Ir::from_json(&written).ok().as_ref(), Some(&ir));
    checked(&ir);
}

/// A Flux file: YAML, or not.
pub fn flux(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    checked(&crate::frontend::described_flux(&text));
}

/// A line of the file of dead letters: what can be read of it can be written, and is the same letter again. And options as they are typed.
pub fn letters(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(typed) = text.parse::<SetOption>() {
        assert!(!typed.key.is_empty());
    }
    let _ = shell::argv(&text, false);
    let Ok(read) = serde_json::from_str::<ReadLetter>(&text) else {
        return;
    };
    let Ok((encoding, values)) = read.row() else {
        return;
    };
    let letter = Letter {
        why: Why::GivenUp,
        component: read.component.clone(),
        from: read.from.clone(),
        stream: read.stream.clone(),
        fields: Vec::new(),
        encoding,
        values,
        reason: String::new(),
        story: String::new(),
        deaths: read.deaths,
        tries: 0,
    };
    let line = letter.json(&[("time", json!("now"))]);
    assert!(!line.contains('\n'), "a letter is a line");
    let again: ReadLetter = serde_json::from_str(&line).expect("a letter that we wrote");
    let (_, again) = again.row().expect("values that we wrote");
    assert_eq!(again.len(), letter.values.len());
}

/// As `check` and `graph` would have it.
fn checked(ir: &Ir) {
    let found = check(ir, &Overrides::default(), &|_, _| true);
    match found {
        Ok(found) => drawn(&found.topology),
        Err(mistakes) => {
            assert!(!mistakes.is_empty(), "refused without a reason");
            mistakes
                .iter()
                .for_each(|mistake| drop(mistake.to_string()));
        }
    }
}

fn drawn(topology: &Topology) {
    for picture in [graph::text, graph::dot, graph::mermaid] {
        assert!(!picture(topology).is_empty());
    }
}

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn hostile_children_harm_nobody() {
        replay("conversation", super::conversation);
    }

    #[test]
    fn descriptions_are_taken_or_refused() {
        replay("ir", super::ir);
    }

    #[test]
    fn flux_files_are_taken_or_refused() {
        replay("flux", super::flux);
    }

    #[test]
    fn dead_letters_are_taken_or_refused() {
        replay("letters", super::letters);
    }
}
