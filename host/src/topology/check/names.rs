//! What may be a name, and whether the names in options are those of components.

use crate::errors::Code;
use crate::topology::ir::Ir;
use crate::topology::mistake::Mistake;
use crate::topology::nearest::nearest;
use crate::topology::overrides::Overrides;

/// What is wrong with the name of a topology. Storm's rule; names become folders here as there.
pub(super) fn odd_topology(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        return Some("is empty");
    }
    let refused = |letter: char| matches!(letter, '/' | '\\' | '.' | ':') || letter.is_control();
    name.contains(refused)
        .then_some("may not contain a slash, a backslash, a dot, a colon or a control character")
}

/// What is wrong with the name of a component. Colon and equals sign would make it unreachable for `--set` and `-p`.
pub(super) fn odd_component(id: &str) -> Option<&'static str> {
    if id.contains([':', '=', '/']) {
        return Some("may not contain a colon, an equals sign or a slash");
    }
    odd_stream(id)
}

/// What is wrong with the name of a stream. Storm has streams with slashes and colons in their names.
pub(super) fn odd_stream(id: &str) -> Option<&'static str> {
    if id.is_empty() {
        return Some("is empty");
    }
    if id.starts_with("__") {
        return Some("is reserved: two underscores at the beginning are Storm's own");
    }
    if id.trim() != id || id.contains(char::is_control) {
        return Some("may not contain control characters, nor blanks at its ends");
    }
    None
}

/// Every component that an option speaks of must be there.
pub(super) fn check_overrides(ir: &Ir, overrides: &Overrides, mistakes: &mut Vec<Mistake>) {
    let parallelism = overrides
        .parallelism
        .iter()
        .map(|(id, tasks)| (id, format!("-p {id}={tasks}")));
    let set = overrides.set.iter().filter_map(|set| {
        Some((
            set.component.as_ref()?,
            format!("--set {}:{}", set.component.as_ref()?, set.key),
        ))
    });
    for (id, option) in parallelism.chain(set) {
        if !ir.components.iter().any(|component| component.id == *id) {
            mistakes.push(unknown_component(
                ir,
                Mistake::error(None, format!("{option}: no component is called \"{id}\""))
                    .coded(Code::UNKNOWN_COMPONENT),
                id,
            ));
        }
    }
}

/// Adds what was probably meant, or what there is.
pub(super) fn unknown_component(ir: &Ir, mistake: Mistake, id: &str) -> Mistake {
    suggest(
        mistake,
        id,
        ir.components.iter().map(|component| component.id.as_str()),
        "there are",
    )
}

/// Adds the nearest name as a hint, or all of them if none is near. `there_are` introduces the latter.
pub(super) fn suggest<'a>(
    mistake: Mistake,
    wanted: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    there_are: &str,
) -> Mistake {
    if let Some(near) = nearest(wanted, known.clone()) {
        return mistake.hint(format!("did you mean \"{near}\"?"));
    }
    let all: Vec<&str> = known.collect();
    if all.is_empty() {
        mistake
    } else {
        mistake.hint(format!("{there_are}: {}", all.join(", ")))
    }
}
