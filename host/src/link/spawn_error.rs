//! Why a child could not be started, in words that say what to try.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use thiserror::Error;

use super::lookup;
use crate::errors::{Code, Coded};

/// Why a child could not be started.
#[derive(Debug, Error)]
pub enum SpawnError {
    /// The command is empty.
    #[error("the command is empty: it must name at least a program")]
    Empty,
    /// Nothing of that name was found.
    #[error("`{program}` was not found{}{}", searched(.program, .looked), .hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
    NotFound {
        /// The program as the command names it.
        program: String,
        /// The folders that were searched; empty when the name is itself a path.
        looked: Vec<PathBuf>,
        /// What may have been meant.
        hint: Option<String>,
    },
    /// The file is there, but may not be executed.
    #[error("{} is there, but may not be executed; {}", .0.display(), permission_hint(.0))]
    NotExecutable(PathBuf),
    /// The file is there and executable, but what should interpret it is missing.
    #[error("{} is there, but the interpreter named in its first line{} is not", .program.display(), .interpreter.as_ref().map(|name| format!(" (`{name}`)")).unwrap_or_default())]
    NoInterpreter {
        /// The script.
        program: PathBuf,
        /// What its first line asks for, where it could be read.
        interpreter: Option<String>,
    },
    /// The file is neither a program nor a script with a first line that names its interpreter.
    #[error("{} is no program this machine can run; if it is a script, its first line must name its interpreter, such as `#!/usr/bin/env python3`", .0.display())]
    NoProgram(PathBuf),
    /// The working folder cannot be entered.
    #[error("the working folder {} {why}", .folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// "does not exist", "is no folder" or "may not be entered".
        why: &'static str,
    },
    /// The host has no descriptors left.
    #[error(
        "too many open files: the host may have {limit} and each child takes 5; raise it with `ulimit -n`, or lower the parallelism"
    )]
    TooManyFiles {
        /// The host's limit.
        limit: u64,
    },
    /// The machine has no room for another process.
    #[error(
        "the machine refuses another process ({0}); the limit on processes (`ulimit -u`), a container's limit or memory is used up"
    )]
    Fork(#[source] io::Error),
    /// Arguments and environment are too long together.
    #[error("the command and its environment are too long for the kernel")]
    TooLong,
    /// A word of the command or of the environment cannot be handed to a process.
    #[error("the command, its folder or its environment holds {0}")]
    Unspeakable(&'static str),
    /// A limit of the component cannot be set.
    #[error("its limit of {what} cannot be set: {cause}")]
    Limit {
        /// Which one.
        what: &'static str,
        /// The kernel's words.
        #[source]
        cause: io::Error,
    },
    /// The user or group it is to run as is not there, or may not be used.
    #[error("{0}")]
    Account(String),
    /// A component inside the host cannot have its thread, or the pipes to it.
    #[error(
        "no thread could be had for {name}: {cause}; the limit on open files (`ulimit -n`) or on processes (`ulimit -u`) may be used up"
    )]
    Thread {
        /// The task.
        name: String,
        /// The kernel's words.
        #[source]
        cause: io::Error,
    },
    /// A component is to run inside a host that was built without its language.
    #[error("this stormhost was built without {0} inside; use where='outside'")]
    NotBuiltIn(&'static str),
    /// Whatever else the kernel says.
    #[error("`{program}` could not be started: {cause}")]
    Other {
        /// The program as the command names it.
        program: String,
        /// The kernel's words.
        #[source]
        cause: io::Error,
    },
}

impl SpawnError {
    /// Whether another try may succeed without anybody changing anything: the machine is short of something.
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            SpawnError::TooManyFiles { .. }
                | SpawnError::Fork(_)
                | SpawnError::Thread { .. }
                | SpawnError::Other { .. }
        )
    }

    /// Looks for the program a command names.
    pub(super) fn look(
        program: &str,
        path: Option<&OsStr>,
        folder: &Path,
    ) -> Result<PathBuf, SpawnError> {
        match lookup::find(program, path, folder) {
            lookup::Found::Program(file) => Ok(file),
            lookup::Found::NotExecutable(file) => Err(SpawnError::NotExecutable(file)),
            lookup::Found::Nowhere(looked) => {
                let hint = lookup::hint(program, path, folder);
                Err(SpawnError::NotFound {
                    program: program.into(),
                    looked,
                    hint,
                })
            }
        }
    }

    /// Says whether a folder can be a child's working folder.
    pub(super) fn folder(folder: &Path) -> Result<(), SpawnError> {
        let why = match std::fs::metadata(folder) {
            Ok(facts) if !facts.is_dir() => "is no folder",
            Ok(_) if rustix::fs::access(folder, rustix::fs::Access::EXEC_OK).is_ok() => {
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => "does not exist",
            _ => "may not be entered",
        };
        Err(SpawnError::Folder {
            folder: folder.into(),
            why,
        })
    }

    /// Reads what the kernel said when it was asked to start `file`.
    pub(super) fn from_io(cause: io::Error, program: &str, file: &Path) -> Self {
        match cause.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EMFILE | Errno::ENFILE) => SpawnError::TooManyFiles {
                limit: super::limits::open_files(),
            },
            Some(Errno::EAGAIN | Errno::ENOMEM) => SpawnError::Fork(cause),
            Some(Errno::E2BIG) => SpawnError::TooLong,
            Some(Errno::EACCES | Errno::EPERM) => SpawnError::NotExecutable(file.into()),
            Some(Errno::ENOEXEC) => SpawnError::NoProgram(file.into()),
            // The file itself was found a moment ago.
            Some(Errno::ENOENT) if file.exists() => SpawnError::NoInterpreter {
                program: file.into(),
                interpreter: interpreter(file),
            },
            Some(Errno::ENOENT) => SpawnError::NotFound {
                program: program.into(),
                looked: Vec::new(),
                hint: None,
            },
            _ if cause.kind() == io::ErrorKind::InvalidInput => {
                SpawnError::Unspeakable("a NUL character")
            }
            _ => SpawnError::Other {
                program: program.into(),
                cause,
            },
        }
    }
}

impl Coded for SpawnError {
    fn code(&self) -> Code {
        match self {
            SpawnError::Empty => Code::EMPTY_COMMAND,
            SpawnError::NotFound { .. } => Code::PROGRAM_NOT_FOUND,
            SpawnError::NotExecutable(_) => Code::NOT_EXECUTABLE,
            SpawnError::NoInterpreter { .. } => Code::INTERPRETER_MISSING,
            SpawnError::NoProgram(_) => Code::NO_PROGRAM,
            SpawnError::Folder { .. } => Code::BAD_FOLDER,
            SpawnError::TooManyFiles { .. } => Code::TOO_MANY_FILES,
            SpawnError::Fork(_) => Code::NO_PROCESS,
            SpawnError::TooLong => Code::COMMAND_TOO_LONG,
            SpawnError::Unspeakable(_) => Code::UNSPEAKABLE,
            SpawnError::Limit { .. } => Code::LIMIT_NOT_SET,
            SpawnError::Account(_) => Code::BAD_ACCOUNT,
            SpawnError::Thread { .. } => Code::NO_THREAD,
            SpawnError::NotBuiltIn(_) => Code::NOT_BUILT_IN,
            SpawnError::Other { .. } => Code::CANNOT_START,
        }
    }
}

fn searched(program: &str, looked: &[PathBuf]) -> String {
    if looked.is_empty() {
        let why = if program.contains('/') {
            ""
        } else {
            ", and PATH is empty"
        };
        return why.into();
    }
    let folders: Vec<String> = looked
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    format!(" in {}", folders.join(", "))
}

fn permission_hint(file: &Path) -> String {
    if file.is_dir() {
        "it is a folder".into()
    } else {
        format!("try `chmod +x {}`", file.display())
    }
}

/// What the first line of a script asks for: `#!/usr/bin/env python4` asks for `/usr/bin/env`, which is there; so only the first word counts.
fn interpreter(file: &Path) -> Option<String> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(file)
        .ok()?
        .take(256)
        .read_to_end(&mut head)
        .ok()?;
    let line = head
        .strip_prefix(b"#!")?
        .split(|&byte| byte == b'\n')
        .next()?;
    // A carriage return at its end is the usual reason why an interpreter is not found: it must be seen.
    let line = String::from_utf8_lossy(line).replace('\r', "\\r");
    line.split_whitespace().next().map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::assert_made;

    fn from(errno: Errno) -> String {
        SpawnError::from_io(errno.into(), "ruby", Path::new("/bin/sh")).to_string()
    }

    #[test]
    fn what_only_a_broken_machine_or_program_says_has_a_code() {
        let nul = io::Error::from(io::ErrorKind::InvalidInput);
        assert_made(
            "SH0310",
            &SpawnError::from_io(nul, "ruby", Path::new("/bin/sh")),
        );
        assert_made(
            "SH0315",
            &SpawnError::from_io(Errno::EIO.into(), "ruby", Path::new("/bin/sh")),
        );
        assert_made("SH0301", &SpawnError::Empty);
        assert_made("SH0314", &SpawnError::NotBuiltIn("Lua"));
    }

    #[test]
    fn what_the_kernel_says_is_translated() {
        let cases = [
            (Errno::EMFILE, "ulimit -n"),
            (Errno::ENFILE, "too many open files"),
            (Errno::EAGAIN, "refuses another process"),
            (Errno::ENOMEM, "memory"),
            (Errno::E2BIG, "too long"),
            (Errno::EACCES, "chmod +x /bin/sh"),
            (Errno::ENOEXEC, "#!/usr/bin/env"),
            (Errno::ENOENT, "interpreter"),
            (Errno::EIO, "`ruby` could not be started"),
        ];
        for (errno, part) in cases {
            assert!(from(errno).contains(part), "{errno}: {}", from(errno));
        }
    }

    #[test]
    fn only_a_shortage_may_pass() {
        let of = |errno: Errno| SpawnError::from_io(errno.into(), "ruby", Path::new("/bin/sh"));
        for errno in [Errno::EMFILE, Errno::EAGAIN, Errno::ENOMEM, Errno::EIO] {
            assert!(of(errno).may_pass(), "{errno}");
        }
        for errno in [Errno::ENOEXEC, Errno::EACCES, Errno::E2BIG, Errno::ENOENT] {
            assert!(!of(errno).may_pass(), "{errno}");
        }
        assert!(!SpawnError::Empty.may_pass());
    }

    #[test]
    fn what_was_not_found_is_told_with_places_and_hint() {
        let places = vec![PathBuf::from("/a"), PathBuf::from("/b")];
        let told = |program: &str, looked: &[PathBuf], hint: Option<&str>| {
            SpawnError::NotFound {
                program: program.into(),
                looked: looked.into(),
                hint: hint.map(String::from),
            }
            .to_string()
        };
        assert_eq!(
            told("rby", &places, Some("did you mean `ruby`?")),
            "`rby` was not found in /a, /b; did you mean `ruby`?"
        );
        assert_eq!(
            told("rby", &[], None),
            "`rby` was not found, and PATH is empty"
        );
        assert_eq!(told("./rby", &[], None), "`./rby` was not found");
    }

    #[test]
    fn the_interpreter_of_a_script_is_read_from_its_first_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script");
        let cases: [(&[u8], Option<&str>); 5] = [
            (b"#!/no/such/ruby -w\nputs 1\n", Some("/no/such/ruby")),
            (b"#! /bin/sh", Some("/bin/sh")),
            (
                b"#!/usr/bin/python3\r\nprint(1)\r\n",
                Some("/usr/bin/python3\\r"),
            ),
            (b"print(1)\n", None),
            (b"", None),
        ];
        for (text, expected) in cases {
            std::fs::write(&file, text).unwrap();
            assert_eq!(interpreter(&file).as_deref(), expected);
        }
    }
}
