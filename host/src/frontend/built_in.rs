//! The interpreter that this program is itself, for a language that it has one of: where none was found, or when it is asked for.

use std::path::Path;

use super::interpreter::Interpreter;
use super::language::Language;

/// What stands for it after an option such as `--lua`.
const ASKED_FOR: &str = "built-in";

/// The built-in interpreter of a language, unless another one was asked for. It appears as a program beside the package.
pub(super) fn instead(
    language: &Language,
    asked: Option<&str>,
    package: &Path,
) -> Option<Interpreter> {
    if language.built_in.is_none() || asked.is_some_and(|asked| asked != ASKED_FOR) {
        return None;
    }
    let found_by = match asked {
        Some(_) => language.option(),
        None => format!("stormhost's own, since no {} was found", language.name),
    };
    let path = link(package.parent()?)?;
    Some(Interpreter { path, found_by })
}

#[cfg(feature = "lua")]
fn link(folder: &Path) -> Option<std::path::PathBuf> {
    // Where even a link cannot be made, it is said that no Lua was found, with the places that were looked at.
    crate::own_lua::link_in(folder).ok()
}

#[cfg(not(feature = "lua"))]
fn link(_: &Path) -> Option<std::path::PathBuf> {
    None
}
