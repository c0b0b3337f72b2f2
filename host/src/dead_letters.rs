//! The file of dead letters: one JSON object a line, in the run's folder.
//!
//! A disk that is full, or a file that has reached its limit, is said clearly and counted; it never stops the run.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::errors::Code;
use crate::runtime::letter::Letter;

/// The file's name in the run's folder.
pub const FILE: &str = "dead_letters.jsonl";
/// What goes on is told again after this time.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// Where a run's dead letters go.
#[derive(Debug)]
pub struct DeadLetters {
    path: PathBuf,
    topology: String,
    /// Open since the first letter.
    file: Option<File>,
    bytes: u64,
    most: u64,
    kept: u64,
    lost: u64,
    told: Option<Instant>,
}

impl DeadLetters {
    /// Letters of `topology`, in this folder; the file is made with the first of them, and never becomes larger than `most` bytes.
    pub fn new(folder: &Path, topology: &str, most: usize) -> DeadLetters {
        DeadLetters {
            path: folder.join(FILE),
            topology: topology.to_owned(),
            file: None,
            bytes: 0,
            most: most as u64,
            kept: 0,
            lost: 0,
            told: None,
        }
    }

    /// Writes one down. What cannot be written is told in the log, at most once a minute, and counted.
    pub fn write(&mut self, letter: &Letter) {
        let now = jiff::Timestamp::now();
        let first = [
            ("time", json!(now.to_string())),
            ("topology", json!(self.topology)),
        ];
        let mut line = letter.json(&first);
        line.push('\n');
        let written = if self.bytes + line.len() as u64 > self.most {
            Err(io::Error::other(format!(
                "it would become larger than {} bytes (stormhost.dead.letters.bytes)",
                self.most
            )))
        } else {
            self.append(line.as_bytes())
        };
        match written {
            Ok(()) => {
                self.bytes += line.len() as u64;
                self.kept += 1;
                tracing::warn!(
                    component = letter.component,
                    code = %Code::SET_ASIDE,
                    "a tuple was set aside into {}: {}",
                    self.path.display(),
                    letter.reason
                );
            }
            Err(error) => {
                self.lost += 1;
                if self.told.is_none_or(|told| told.elapsed() > TELL_AGAIN) {
                    self.told = Some(Instant::now());
                    tracing::error!(
                        component = letter.component,
                        code = %Code::LETTER_LOST,
                        "a dead letter could not be written to {}: {error}; {} are lost so far, and the run goes on. This one: {}",
                        self.path.display(),
                        self.lost,
                        line.trim_end().chars().take(2000).collect::<String>()
                    );
                }
            }
        }
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.file.is_none() {
            // They hold the user's data: nobody else's business.
            let mut how = OpenOptions::new();
            self.file = Some(how.append(true).create(true).mode(0o600).open(&self.path)?);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        file.write_all(line).inspect_err(|_| {
            // Half a letter would spoil the next one. If even that fails, the line is cut and the reader says so.
            let _ = file.set_len(self.bytes);
        })
    }

    /// Says at the end of a run where they are, if there are any.
    pub fn tell(&self) {
        let path = self.path.display();
        if self.kept > 0 {
            tracing::warn!(
                code = %Code::LETTERS_KEPT,
                "{} dead letters are in {path}; `stormhost replay {path}` feeds them to the topology again",
                self.kept
            );
        }
        if self.lost > 0 {
            tracing::error!(
                code = %Code::LETTER_LOST,
                "{} dead letters could not be written to {path} and are lost",
                self.lost
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::letter::Why;
    use stormhost_protocol::Encoding;

    fn letter(text: &str) -> Letter {
        Letter {
            why: Why::GivenUp,
            component: "lines".into(),
            from: None,
            stream: "default".into(),
            fields: vec!["line".into()],
            encoding: Encoding::Json,
            values: vec![json!(text).to_string().into_bytes()],
            reason: "it failed".into(),
            story: String::new(),
            deaths: 0,
            tries: 3,
        }
    }

    #[test]
    fn each_letter_is_a_line_and_the_file_has_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let mut letters = DeadLetters::new(folder.path(), "T", 700);
        (0..5).for_each(|n| letters.write(&letter(&n.to_string())));
        let text = std::fs::read_to_string(folder.path().join(FILE)).unwrap();
        assert!(text.len() <= 700 && text.ends_with('\n'));
        assert!((letters.kept, letters.lost) == (text.lines().count() as u64, 5 - letters.kept));
        assert!(letters.kept > 0 && letters.lost > 0);
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["topology"], "T");
        }
    }

    #[test]
    fn a_full_disk_is_counted_and_stops_nobody() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/full", folder.path().join(FILE)).unwrap();
        let mut letters = DeadLetters::new(folder.path(), "T", 1 << 20);
        letters.write(&letter("a"));
        letters.write(&letter("b"));
        assert_eq!((letters.kept, letters.lost), (0, 2));
    }

    #[test]
    fn a_folder_that_is_gone_is_counted_too() {
        let mut letters = DeadLetters::new(Path::new("/nowhere/at/all"), "T", 1 << 20);
        letters.write(&letter("a"));
        assert_eq!((letters.kept, letters.lost), (0, 1));
    }
}
