//! Where children work: in what a jar has as `resources/`, wherever a project keeps that until it is packed.

use std::path::{Path, PathBuf};

use super::told::Told;
use crate::topology::{ComponentIr, Ir};

/// Where projects keep it, below their own folder or one in it.
const PLACES: [&str; 4] = [
    "resources",
    "multilang/resources",
    "src/main/resources/resources",
    "src/main/multilang/resources",
];
/// What only the outermost folder of a project holds.
const ROOT_MARKS: [&str; 7] = [
    ".git",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "project.clj",
    "build.xml",
];
/// `src/main/resources/flux/topology.yaml` is four folders deep.
const MOST_PARENTS: usize = 4;
/// By what a word of a command is seen to be a script.
const ENDINGS: [&str; 13] = [
    "py", "rb", "lua", "js", "mjs", "cjs", "ts", "php", "pl", "sh", "bash", "r", "R",
];

/// Sends components to work in the folder that was asked for, else in the first that holds a script of theirs, else in the first beside the file,
/// else beside the file itself. Scripts that are not there are told of.
pub(super) fn settle(ir: &mut Ir, folder: &Path, asked: Option<&Path>, told: &mut Told) {
    let mut components: Vec<&mut ComponentIr> = ir
        .components
        .iter_mut()
        .filter(|component| component.cwd.is_some())
        .collect();
    let holds_one = |place: &PathBuf| {
        let mut words = components.iter().flat_map(|component| &component.command);
        words.any(|word| is_below(word) && place.join(word).is_file())
    };
    let found = match asked {
        Some(asked) => asked.to_owned(),
        None => {
            // The first is the one beside the file, or the file's own folder.
            let mut candidates = candidates(folder);
            let nth = candidates.iter().position(holds_one).unwrap_or(0);
            candidates.swap_remove(nth)
        }
    };
    for component in &mut components {
        component.cwd = Some(found.display().to_string());
        // What the program itself is, the checks look at.
        let mut words = component.command.iter().skip(1);
        let Some(script) = words.find(|word| is_script(word)) else {
            continue;
        };
        if !found.join(script).is_file()
            && let Some(at) = &component.at
        {
            let message = format!(
                "the script {script} of \"{}\" is not in {}",
                component.id,
                found.display()
            );
            told.warning(at, message, MISSING);
        }
    }
}

const MISSING: &str = "components work in the folder that a jar has as resources/: it is looked for beside the file and in the folders above, \
     as resources, multilang/resources or src/main/resources/resources; --resources names another";

/// The folders that may be it, the nearest first; the file's own among them, for scripts that lie beside it.
pub(super) fn candidates(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (above, nth) in folder.ancestors().zip(0..=MOST_PARENTS) {
        let places = PLACES.map(|place| above.join(place));
        found.extend(places.into_iter().filter(|place| place.is_dir()));
        if nth == 0 {
            found.push(folder.to_owned());
        }
        if ROOT_MARKS.iter().any(|mark| above.join(mark).exists()) {
            break;
        }
    }
    found
}

/// Whether a word of a command may be a file in the folder, rather than an option or a path from the root.
fn is_below(word: &str) -> bool {
    !word.is_empty() && !word.starts_with('-') && Path::new(word).is_relative()
}

fn is_script(word: &str) -> bool {
    let ending = Path::new(word)
        .extension()
        .and_then(|ending| ending.to_str());
    let is_one_word = !word.contains(char::is_whitespace);
    is_one_word && is_below(word) && ending.is_some_and(|ending| ENDINGS.contains(&ending))
}
