//! The Lua library that is part of the binary.

use include_dir::{Dir, include_dir};

static PACKAGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../shims/lua/src/stormhost");

/// The file and text of a module: of `stormhost` itself, and of what lies below it. `None` for all others.
pub(super) fn source(module: &str) -> Option<(String, &'static str)> {
    let below = match module.strip_prefix("stormhost") {
        Some("") => "init",
        Some(below) => below.strip_prefix('.')?,
        None => return None,
    };
    let file = format!("{}.lua", below.replace('.', "/"));
    let text = PACKAGE.get_file(&file)?.contents_utf8()?;
    Some((file, text))
}

#[cfg(test)]
mod tests {
    use super::source;

    #[test]
    fn the_library_is_found_and_nothing_else() {
        assert_eq!(source("stormhost._wire").unwrap().0, "_wire.lua");
        assert_eq!(source("stormhost").unwrap().0, "init.lua");
        for other in [
            "stormhostess",
            "stormhost.",
            "stormhost.nothing",
            "cjson",
            "stormhost.../x",
        ] {
            assert_eq!(source(other), None, "{other}");
        }
    }
}
