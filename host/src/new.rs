//! `stormhost new`: a project that runs at once, with a test that passes. What it is made of lies in `host/templates/`, a folder a language.

use std::fs;
use std::io;
use std::path::Path;

use include_dir::{Dir, include_dir};

use crate::cli::{NewLanguage, NewOptions};
use crate::errors::Code;
use crate::prepare::{tell, tell_error};
use crate::status::ExitStatus;

static TEMPLATES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// What stands in the templates for the project's name.
const NAME: &str = "@PROJECT@";

/// Makes the project's folder. It must not be there, or be empty.
pub fn new(options: &NewOptions) -> ExitStatus {
    let folder = &options.name;
    let language = match options.lang {
        NewLanguage::Python => "python",
        NewLanguage::Ruby => "ruby",
        NewLanguage::Lua => "lua",
        NewLanguage::Shell => "shell",
    };
    let shown = folder.display();
    let Some(name) = name_of(folder) else {
        tell_error(
            Code::NOT_NEW,
            format_args!("{shown:?} names no folder that could be made"),
        );
        return ExitStatus::Usage;
    };
    if fs::read_dir(folder).is_ok_and(|mut inside| inside.next().is_some()) || folder.is_file() {
        tell_error(
            Code::NOT_NEW,
            format_args!(
                "{shown} is there already, and not empty\n  hint: choose another name; nothing was changed"
            ),
        );
        return ExitStatus::Mistakes;
    }
    match write(language, folder, &name) {
        Ok(()) => {
            let enter = match is_here(folder) {
                true => String::new(),
                false => format!("    cd {}\n", quoted(&shown.to_string())),
            };
            tell(format_args!(
                "made {shown}; next:\n{enter}    make run\n    make test"
            ));
            ExitStatus::Complete
        }
        Err(error) => {
            tell_error(
                Code::NOT_NEW,
                format_args!("{shown} cannot be made: {error}"),
            );
            ExitStatus::HostError
        }
    }
}

fn is_here(folder: &Path) -> bool {
    folder == Path::new(".")
}

/// What the project is called: as its folder, also where that is the one we are in.
fn name_of(folder: &Path) -> Option<String> {
    let here = is_here(folder).then(std::env::current_dir);
    let named = here.and_then(Result::ok);
    let name = named.as_deref().unwrap_or(folder).file_name()?;
    name.to_str().map(str::to_owned)
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), Into::into)
}

fn write(language: &str, folder: &Path, name: &str) -> io::Result<()> {
    let template = TEMPLATES
        .get_dir(language)
        .ok_or_else(|| io::Error::other("there is no template for it"))?;
    fs::create_dir_all(folder)?;
    for file in template.files() {
        let Some(file_name) = file.path().file_name() else {
            continue;
        };
        let text = String::from_utf8_lossy(file.contents()).replace(NAME, name);
        fs::write(folder.join(file_name), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_template_with_a_test_and_a_way_to_run() {
        for language in ["python", "ruby", "lua", "shell"] {
            let folder = tempfile::tempdir().unwrap();
            write(language, &folder.path().join("words"), "words").unwrap();
            let makefile = fs::read_to_string(folder.path().join("words/Makefile")).unwrap();
            assert!(
                makefile.contains("run:") && makefile.contains("test:"),
                "{language}"
            );
            let readme = fs::read_to_string(folder.path().join("words/README.md")).unwrap();
            assert!(readme.starts_with("# words\n"), "{language}");
            assert!(!readme.contains(NAME), "{language}");
        }
    }
}
