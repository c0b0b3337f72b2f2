//! Components that are commands of the shell: what is known of them, and how their text becomes arguments.

use std::time::Duration;

use stormhost_protocol::lines::Layout;

/// A command of the shell as a component.
#[derive(Clone, Debug, PartialEq)]
pub struct Shell {
    /// How a row stands on a line.
    pub layout: Layout,
    /// What is done with the command.
    pub mode: ShellMode,
}

/// What is done with a command.
#[derive(Clone, Debug, PartialEq)]
pub enum ShellMode {
    /// It is kept running: a line in for each tuple, a tuple for each line out.
    Lines {
        /// A spout whose command fails is started again, and begins where the command begins.
        restart: bool,
        /// A spout that reads the host's own standard input.
        stdin: bool,
    },
    /// One process a tuple, or a batch of them.
    Exec {
        /// How many tuples a process is given at most; at least 1.
        batch: u32,
        /// How long a batch that is not full waits for more.
        linger: Duration,
        /// How long a process may take.
        timeout: Option<Duration>,
    },
}

impl Shell {
    /// Whether it is kept running.
    pub fn is_lines(&self) -> bool {
        matches!(self.mode, ShellMode::Lines { .. })
    }
}

/// A part of a line of text, for a grouping by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinePart {
    /// A column, counted from 0. Without a separator columns are words, as awk has them: blanks around them count for nothing.
    Column {
        /// Which.
        number: usize,
        /// What stands between columns.
        separator: Option<u8>,
    },
    /// A member of the JSON object that the line is.
    Member(String),
}

/// What only a shell understands. Quotes and backslashes are not among it: those are taken off as a shell would.
const SHELL_ONLY: &str = "|&;<>()$`*?[]#~{}!\n";

/// Words that a shell does something about by itself, though there may be no program of that name: those of POSIX, and what most shells have besides.
const SHELL_WORDS: [&str; 43] = [
    "if", "while", "until", "for", "case", "function", "time", ".", ":", "alias", "bg", "break",
    "builtin", "cd", "command", "continue", "declare", "eval", "exec", "exit", "export", "fg",
    "getopts", "hash", "jobs", "let", "local", "read", "readonly", "return", "set", "shift",
    "shopt", "source", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset",
    "wait",
];

/// What begins text in which quotes count anew, or for nothing: a command or a value in its place, a here-document, a comment.
/// Only a shell can tell whether they are closed there.
const QUOTES_ANEW: [&str; 5] = ["$(", "${", "`", "<<", "#"];

/// The arguments that start a command as it was typed: the words themselves where no shell is needed, else `sh -c` with the text.
/// With `arguments` the command is given more of these later, and a shell is told to expect them.
///
/// # Errors
/// In words, where it is no command: nothing is there, or a quote is not closed.
pub fn argv(text: &str, arguments: bool) -> Result<Vec<String>, &'static str> {
    if text.trim().is_empty() {
        return Err("it is empty");
    }
    let words = match shlex::split(text) {
        Some(words) => words,
        None if QUOTES_ANEW.iter().any(|begin| text.contains(begin)) => Vec::new(),
        // With something behind it the backslash is no mistake.
        None if shlex::split(&format!("{text}x")).is_some() => {
            return Err("there is nothing behind the backslash at its end");
        }
        None => return Err("a quote in it is not closed"),
    };
    let first = words.first().map_or("", String::as_str);
    let assigns = first
        .split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && !name.contains('/'));
    if text.contains(|letter| SHELL_ONLY.contains(letter))
        || assigns
        || SHELL_WORDS.contains(&first)
    {
        let mut shell = vec!["sh".to_owned(), "-c".to_owned(), text.to_owned()];
        if arguments {
            // What `$0` is, for the messages of the shell.
            shell.push("sh".to_owned());
        }
        return Ok(shell);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_runs_what_only_a_shell_understands() {
        for (text, expected) in [
            ("grep -v bot", &["grep", "-v", "bot"][..]),
            ("cut -d\" \" -f1", &["cut", "-d ", "-f1"]),
            ("tr 'a b' \\'", &["tr", "a b", "'"]),
            ("  wc  -l ", &["wc", "-l"]),
            ("sort | uniq -c", &["sh", "-c", "sort | uniq -c"]),
            ("awk '{print $1}'", &["sh", "-c", "awk '{print $1}'"]),
            ("LC_ALL=C sort", &["sh", "-c", "LC_ALL=C sort"]),
            ("dd if=/dev/zero", &["dd", "if=/dev/zero"]),
            ("exit 3", &["sh", "-c", "exit 3"]),
            ("cat *.log", &["sh", "-c", "cat *.log"]),
            ("a=b=c/d", &["sh", "-c", "a=b=c/d"]),
            ("command -v cat", &["sh", "-c", "command -v cat"]),
        ] {
            assert_eq!(argv(text, false).unwrap(), expected, "{text}");
        }
        for text in [
            r#"echo "$(echo "it's")""#,
            "cat <<end\nit's\nend",
            "echo `echo \\'`",
            "seq 3 # it's three",
            "x=it; echo \"${x#'}\"",
        ] {
            assert_eq!(argv(text, false).unwrap(), ["sh", "-c", text], "{text}");
        }
        assert_eq!(argv("a | b", true).unwrap(), ["sh", "-c", "a | b", "sh"]);
        assert_eq!(argv("./notify -x", true).unwrap(), ["./notify", "-x"]);
    }

    #[test]
    fn what_is_no_command_is_said() {
        assert_eq!(argv("  ", false), Err("it is empty"));
        for open in ["grep 'x", "awk '{print $1}", "echo \"x\\"] {
            assert_eq!(argv(open, false), Err("a quote in it is not closed"));
        }
        assert_eq!(
            argv("grep x \\", false),
            Err("there is nothing behind the backslash at its end")
        );
    }
}
