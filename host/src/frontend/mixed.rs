//! Programs of other languages in a topology find our package of theirs, though nothing is installed: a Ruby topology may have a bolt
//! that is a Python script, and the other way round.

use std::path::Path;

use super::language::{self, Language};
use super::shim::{self, ShimError};
use super::{LoadOptions, built_in, interpreter, shown};
use crate::topology::{ComponentIr, Ir, Library};

/// Notes for each component that is a program of a language we know where our package lies. Components that our package starts know it anyway.
///
/// # Errors
/// When a package that is needed cannot be unpacked.
pub(super) fn within_reach(ir: &mut Ir, options: &LoadOptions) -> Result<(), ShimError> {
    for language in &language::ALL {
        for component in &mut ir.components {
            if !is_program_of(component, language) {
                continue;
            }
            let package = shim::unpack(language, &options.surroundings)?;
            let main = package.join(language.main);
            if component.command.iter().any(|word| Path::new(word) == main) {
                continue;
            }
            take_best(component, language, &package, options);
            let variable = language.search.variable;
            let inherited = options.surroundings.variable(variable);
            component.library = Some(Library {
                variable,
                separator: language.search.separator,
                entry: (language.search.entry)(&package),
                inherited: inherited
                    .and_then(|value| value.to_str())
                    .map(str::to_owned),
            });
        }
    }
    Ok(())
}

/// A plain `lua` is whatever Lua somebody made the first of a machine, perhaps one too old, perhaps none: the one that a topology in Lua
/// would run in is taken instead. `python` and `ruby` are names that their users choose by.
fn take_best(
    component: &mut ComponentIr,
    language: &'static Language,
    package: &Path,
    options: &LoadOptions,
) {
    let inside = component.place.as_deref() == Some("inside");
    if inside || language.built_in.is_none() {
        return;
    }
    let asked = options.interpreters.get(language.id).map(String::as_str);
    if let Some(program) = component.command.first_mut()
        && program == language.id
    {
        let folder = options.surroundings.folder();
        let found = interpreter::find(language, asked, folder, &options.surroundings).ok();
        // Where there is none, that is told when it cannot be started.
        if let Some(found) = found.or_else(|| built_in::instead(language, asked, package)) {
            *program = shown(&found.path);
        }
    }
}

/// Whether its command begins with an interpreter, with or without a version: `ruby`, `/usr/bin/python3.12`.
fn is_program_of(component: &ComponentIr, language: &Language) -> bool {
    let program = component.command.first().map(Path::new);
    let name = program
        .and_then(Path::file_name)
        .and_then(|name| name.to_str());
    name.is_some_and(|name| {
        let version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
        let mut programs = language.programs.iter().chain(&language.built_in);
        programs.any(|program| name.strip_prefix(program).is_some_and(version))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::frontend::Surroundings;

    /// The environment of a component with this command and this environment of its own.
    fn environment(command: &[&str], env: &[(&str, &str)]) -> BTreeMap<String, String> {
        let cache = tempfile::tempdir().expect("a folder");
        let surroundings = Surroundings::new(
            "/",
            [
                (
                    "XDG_CACHE_HOME",
                    cache.path().to_str().expect("text").to_owned(),
                ),
                ("RUBYLIB", "/theirs".to_owned()),
            ],
        );
        let description = json!({"version": 1, "name": "T", "file": "t.rb", "language": "ruby", "components": [
            {"id": "it", "kind": "bolt", "command": command, "env": env.iter().copied().collect::<BTreeMap<_, _>>()}]});
        let mut ir = Ir::from_json(description.to_string().as_bytes()).expect("a description");
        within_reach(&mut ir, &LoadOptions::new(surroundings)).expect("unpacked");
        let root = cache.path().display().to_string();
        let mut component = ir.components.remove(0);
        if let Some(library) = &component.library {
            library.add_to(&mut component.env, true);
        }
        let env = component.env.into_iter();
        env.map(|(name, value)| (name, value.replace(&root, "@")))
            .collect()
    }

    #[test]
    fn programs_of_languages_we_know_find_our_package() {
        for command in ["python", "python3.12", "/usr/bin/python3"] {
            let value = &environment(&[command, "x.py"], &[])["PYTHONPATH"];
            assert!(value.starts_with("@/stormhost/python-"), "{value}");
            assert!(!value.ends_with("/stormhost"), "{value}");
        }
        let value = &environment(&["ruby3.1", "x.rb"], &[])["RUBYLIB"];
        assert!(
            value.starts_with("/theirs:@/stormhost/ruby-") && value.ends_with("/lib"),
            "{value}"
        );
        let value = &environment(&["luajit", "x.lua"], &[])["LUA_PATH"];
        assert!(
            value.starts_with("@/stormhost/lua-") && value.ends_with("/?/init.lua;;"),
            "{value}"
        );
        assert!(environment(&["/cache/stormhost-lua", "x.lua"], &[]).contains_key("LUA_PATH"));
        let value = &environment(&["ruby", "x.rb"], &[("RUBYLIB", "/own")])["RUBYLIB"];
        assert!(value.starts_with("/own:@/"), "{value}");
    }

    #[test]
    fn other_programs_are_left_alone() {
        for command in ["rubyfmt", "grep", "./pythonic", "python3-config"] {
            assert!(environment(&[command], &[]).is_empty(), "{command}");
        }
    }
}
