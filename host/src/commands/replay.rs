//! `stormhost replay`: reads a file of dead letters, and finds out which topology they are of.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::ReplayOptions;
use crate::errors::Code;
use crate::prepare::tell_error;
use crate::runtime::letter::ReadLetter;
use crate::status::ExitStatus;

/// The file in a run's folder that says what was run.
const RECORD: &str = "topology.json";

/// What was typed, as far as it says which topology it was.
#[derive(Debug, Serialize, Deserialize)]
struct Typed {
    file: String,
    folder: PathBuf,
    args: Vec<String>,
}

/// Notes in a run's folder which topology it runs, so that its dead letters can be replayed by their file alone.
pub fn note_topology(run: &Path, file: &str, args: &[String]) {
    let Ok(folder) = std::env::current_dir() else {
        return;
    };
    let typed = Typed {
        file: file.to_owned(),
        folder,
        args: args.to_vec(),
    };
    if let Ok(text) = serde_json::to_vec_pretty(&typed) {
        // Without it whoever replays has to name the topology.
        let _ = fs::write(run.join(RECORD), text);
    }
}

/// The letters of a file, with the numbers of their lines; and the options with the topology filled in that they are of.
///
/// # Errors
/// The status to end with; what was wrong has been told.
pub fn read(
    options: &ReplayOptions,
) -> Result<(Vec<(usize, ReadLetter)>, ReplayOptions), ExitStatus> {
    let path = &options.letters;
    let text = fs::read_to_string(path).map_err(|error| {
        tell_error(
            Code::NO_LETTERS,
            format_args!(
                "the dead letters cannot be read: {}: {error}",
                path.display()
            ),
        );
        ExitStatus::Mistakes
    })?;
    let mut letters = Vec::new();
    let mut wrong = 0;
    for (n, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(line) {
            Ok(letter) => letters.push((n + 1, letter)),
            Err(error) => {
                wrong += 1;
                tell_error(
                    Code::NO_LETTER,
                    format_args!(
                        "{}:{}: this is no dead letter: {error}",
                        path.display(),
                        n + 1
                    ),
                );
            }
        }
    }
    if wrong > 0 {
        return Err(ExitStatus::Mistakes);
    }
    let mut options = options.clone();
    let topology = &mut options.run.topology;
    if topology.file == "." {
        let beside = path.parent().unwrap_or(Path::new(".")).join(RECORD);
        let typed = fs::read(&beside)
            .ok()
            .and_then(|text| serde_json::from_slice::<Typed>(&text).ok());
        match typed {
            Some(typed) => {
                topology.file = typed
                    .folder
                    .join(&typed.file)
                    .to_string_lossy()
                    .into_owned();
                if topology.args.is_empty() {
                    topology.args = typed.args;
                }
            }
            None => {
                tell_error(
                    Code::WHOSE_LETTERS,
                    format_args!(
                        "beside {} there is no {RECORD} that says which topology these letters are of; name it: stormhost replay {} topology.py",
                        path.display(),
                        path.display()
                    ),
                );
                return Err(ExitStatus::Mistakes);
            }
        }
    }
    Ok((letters, options))
}
