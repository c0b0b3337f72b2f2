//! The command line: types only. What the commands do stands in `commands` and `run`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::topology::{BadOption, SetOption};

/// Runs Storm topologies without Storm.
#[derive(Clone, Debug, Parser)]
#[command(name = "stormhost", version, after_help = after_help(), max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads a command line. Options that `sparse run` or Flux has, and a topology here has not, are told with what to type in their place.
    ///
    /// # Errors
    /// What makes no sense, and requests for help.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        Self::try_parse_from(words).map_err(|mut error| {
            let takes_a_topology = ["run", "replay", "check", "graph"];
            let command = words.get(1).and_then(|word| word.to_str());
            if command.is_some_and(|command| takes_a_topology.contains(&command)) {
                say_instead(&mut error);
            }
            error
        })
    }
}

/// What stands here for an option of `sparse run`, or of Flux's own command, that goes by another name here or means nothing.
/// In words for whoever comes from there: `docs/porting.md`.
fn of_others(option: &str) -> Option<&'static str> {
    Some(match option {
        "-t" | "--time" => "a run is ended after 30 seconds by --for 30s",
        "-w" | "--workers" => "leave it out: workers have no meaning here",
        "-a" | "--ackers" => "leave it out: ackers have no meaning here",
        "-d" => {
            "of sparse: every tuple is logged by -o topology.debug=true. Of Flux: `stormhost check` looks at a topology without starting it"
        }
        "--dry-run" => "`stormhost check` looks at a topology without starting it",
        "-f" => "it is --filter here",
        "--resource" | "-r" => {
            "a file is named as it lies; --resources names the folder where components work"
        }
        "--local" | "-l" | "--remote" | "-R" | "--inactive" | "-i" | "--zookeeper" | "-z"
        | "--sleep" | "-s" => "there is only one way to run, which --for 30s ends",
        "--no-splash" | "--no-detail" | "-q" => "there is nothing to leave out",
        _ => return None,
    })
}

/// In place of the option that clap takes for meant.
fn say_instead(error: &mut clap::Error) {
    let unknown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(unknown)) => unknown,
        _ => return,
    };
    if let Some(tip) = of_others(unknown) {
        let tip = StyledStr::from(tip);
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run a topology until it is complete or stopped.
    Run(RunOptions),
    /// Feed a file of dead letters to its topology again
    Replay(ReplayOptions),
    /// Run commands of the shell as a topology: `stormhost pipe 'cat a.log' : 'grep -v bot' x4 : 'sort | uniq -c'`.
    Pipe(PipeOptions),
    /// Report every mistake in a topology, without starting anything.
    Check(CheckOptions),
    /// Draw a topology.
    Graph(GraphOptions),
    /// Try one component by hand: tuples as lines of JSON in, what it does out.
    Try(TryOptions),
    /// Make a project that runs at once.
    New(NewOptions),
    /// Print the folder of a language's library, for its own tools.
    Lib(LibOptions),
    /// Explain an error by its code: what it comes of, and what to try.
    Explain(ExplainOptions),
}

/// What `explain` takes.
#[derive(Clone, Debug, Args)]
pub struct ExplainOptions {
    /// The code, as in SH0401; without it all are listed
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

/// Which topology, and what is said about it from outside. The same for every command.
#[derive(Clone, Debug, Default, Args)]
pub struct TopologyOptions {
    /// The topology: `topology.py`, `topology.rb`, `topology.lua`, Petrel's `create.py`, Flux in YAML, pyleus' `pyleus_topology.yaml`, or a description in JSON;
    /// `topology.py:Name` chooses one of several. A streamparse project's folder, where that is typed by default
    #[arg(value_name = "FILE", default_value = ".", hide_default_value = true)]
    pub file: String,
    /// Number of tasks of a component
    #[arg(short = 'p', long = "parallelism", value_name = "COMPONENT=N")]
    pub parallelism: Vec<ParallelismOption>,
    /// Set a setting, for the topology or for one component
    // The other name is what `sparse` calls it.
    #[arg(
        short = 'o',
        long,
        alias = "option",
        value_name = "[COMPONENT:]KEY=VALUE"
    )]
    pub set: Vec<SetOption>,
    /// Add a variable to the environment of every component
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<EnvOption>,
    /// The Python to use: a path, a virtual environment, or a name in the PATH
    #[arg(long, value_name = "PYTHON")]
    pub python: Option<String>,
    /// The Ruby to use: a path, a folder with bin/ruby in it, or a name in the PATH
    #[arg(long, value_name = "RUBY")]
    pub ruby: Option<String>,
    /// The Lua to use: a path, a folder with bin/lua in it, a name in the PATH, as luajit, or built-in for stormhost's own
    #[arg(long, value_name = "LUA")]
    pub lua: Option<String>,
    /// What only the topology files of others take.
    #[command(flatten)]
    pub others: OthersOptions,
    /// What the topology sees as its arguments
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<String>,
}

/// What only the topology files of others take.
#[derive(Clone, Debug, Default, Args)]
pub struct OthersOptions {
    /// Which topology of a streamparse project
    #[arg(
        short = 'n',
        long,
        value_name = "NAME",
        help_heading = "Topologies of others"
    )]
    pub name: Option<String>,
    /// Which environment of a streamparse project's config.json
    #[arg(
        short = 'e',
        long,
        value_name = "NAME",
        help_heading = "Topologies of others"
    )]
    pub environment: Option<String>,
    /// What is read in place of a streamparse project's config.json
    #[arg(long, value_name = "FILE", help_heading = "Topologies of others")]
    pub config: Option<String>,
    /// A file of properties, for ${key} in Flux
    #[arg(long, value_name = "FILE", help_heading = "Topologies of others")]
    pub filter: Option<String>,
    /// Variables of the environment, for ${ENV-NAME} in Flux
    #[arg(long, help_heading = "Topologies of others")]
    pub env_filter: bool,
    /// The folder where components of Flux work: what a jar has as resources/. By default it is looked for
    #[arg(long, value_name = "FOLDER", help_heading = "Topologies of others")]
    pub resources: Option<String>,
}

/// A time in seconds.
fn seconds(text: &str) -> Result<f64, BadOption> {
    let seconds: Option<f64> = text.parse().ok();
    seconds
        .filter(|seconds| *seconds >= 0.0)
        .ok_or(BadOption("a number of seconds from 0, such as 0.5"))
}

/// `stormhost run`.
#[derive(Clone, Debug, Default, Args)]
pub struct RunOptions {
    /// Which topology.
    #[command(flatten)]
    pub topology: TopologyOptions,
    /// Stop in order after this time, such as 30s, 5m or 1h
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub run_for: Option<Duration>,
    /// The least level that is logged
    #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
    pub log_level: LogLevel,
    /// How log lines are written
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// Write the log to a file in place of standard error
    #[arg(long, value_name = "FILE")]
    pub log_file: Option<PathBuf>,
    /// Print the whole path of one tuple tree in so many
    #[arg(long, value_name = "1/N")]
    pub trace: Option<TraceOption>,
    /// Give one component, in Python, a debugger: a terminal, or debugpy on a port
    #[arg(long, value_name = "[bolt=|spout=]COMPONENT[@tty|@debugpy[:PORT]]")]
    pub debug: Option<DebugOption>,
}

/// `stormhost replay`.
#[derive(Clone, Debug, Default, Args)]
pub struct ReplayOptions {
    /// The dead letters: `dead_letters.jsonl` of a run's folder. Without a topology behind it, the one of that run is taken
    #[arg(value_name = "LETTERS")]
    pub letters: PathBuf,
    /// How it is run.
    #[command(flatten)]
    pub run: RunOptions,
}

/// `stormhost pipe`.
#[derive(Clone, Debug, Default, Args)]
pub struct PipeOptions {
    /// Lines are JSON objects, and `by` names a member
    #[arg(short, long)]
    pub json: bool,
    /// What stands between the columns that `by` counts; blanks, as in awk, if absent
    #[arg(short, long, value_name = "CHAR", conflicts_with = "json", value_parser = delimiter)]
    pub delimiter: Option<char>,
    /// Lines end with a NUL in place of a line end, as those of `find -print0`
    #[arg(short = 'z', long)]
    pub null: bool,
    /// Do not say at start what is promised
    #[arg(short, long)]
    pub quiet: bool,
    /// Show the log, the figures meanwhile and the summary
    #[arg(short, long)]
    pub verbose: bool,
    /// Stop in order after this time, such as 30s, 5m or 1h
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub run_for: Option<Duration>,
    /// Set a setting, for all stages or for one of them
    #[arg(long, value_name = "[STAGE:]KEY=VALUE")]
    pub set: Vec<SetOption>,
    /// Add a variable to the environment of every stage
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<EnvOption>,
    /// Commands with a colon between them; after each `xN` for N of it, and `by FIELD` to share lines by a column or member
    #[arg(
        value_name = "STAGE [xN] [by FIELD] : …",
        required = true,
        trailing_var_arg = true
    )]
    pub stages: Vec<String>,
}

impl PipeOptions {
    /// How much is logged: everything that went wrong, unless more is asked for.
    pub fn log(&self) -> LogLevel {
        if self.verbose {
            LogLevel::Info
        } else {
            LogLevel::Warn
        }
    }
}

fn delimiter(text: &str) -> Result<char, BadOption> {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii() && letter != '\n' => Ok(letter),
        _ if text == "\\t" => Ok('\t'),
        _ => Err(BadOption("one ASCII character, such as ',' or '\\t'")),
    }
}

/// `stormhost check`.
#[derive(Clone, Debug, Default, Args)]
pub struct CheckOptions {
    /// Which topology.
    #[command(flatten)]
    pub topology: TopologyOptions,
    /// Also print the description, the settings in force with their origin, or both
    #[arg(long, value_enum, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "all")]
    pub print: Option<Print>,
}

/// `stormhost graph`.
#[derive(Clone, Debug, Default, Args)]
pub struct GraphOptions {
    /// Which topology.
    #[command(flatten)]
    pub topology: TopologyOptions,
    /// How it is drawn
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: GraphFormat,
}

/// `stormhost try`.
#[derive(Clone, Debug, Default, Args)]
pub struct TryOptions {
    /// What is tried: a command such as 'python count.py', or a component of a topology such as topology.py:count
    #[arg(value_name = "COMMAND")]
    pub what: String,
    /// The command is a spout
    #[arg(long)]
    pub spout: bool,
    /// The names of the values of a tuple, as word,n; by default what the topology or the first line says
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// Whose stream the tuples seem to come from, for a component of a topology: COMPONENT or COMPONENT.STREAM
    #[arg(long, value_name = "SOURCE")]
    pub from: Option<String>,
    /// A stream that the command declares, as word,n or late:word
    #[arg(long, value_name = "[STREAM:]NAMES")]
    pub emits: Vec<String>,
    /// The dialect that a command speaks
    #[arg(long, value_enum, value_name = "DIALECT")]
    pub serializer: Option<SerializerOption>,
    /// A spout is asked until it has emitted so many tuples
    #[arg(long, default_value_t = 10, value_name = "N")]
    pub take: u64,
    /// What a spout emits fails, in place of being acked
    #[arg(long)]
    pub fail: bool,
    /// After how many seconds of silence nothing more is awaited
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS", value_parser = seconds)]
    pub wait: f64,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Set a setting that the component sees in its conf
    #[arg(long, alias = "conf", value_name = "KEY=VALUE")]
    pub set: Vec<SetOption>,
    /// Add a variable to the environment
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<EnvOption>,
    /// The Python to use
    #[arg(long, value_name = "PYTHON")]
    pub python: Option<String>,
    /// The Ruby to use
    #[arg(long, value_name = "RUBY")]
    pub ruby: Option<String>,
    /// The Lua to use
    #[arg(long, value_name = "LUA")]
    pub lua: Option<String>,
    /// What only the topology files of others take.
    #[command(flatten)]
    pub others: OthersOptions,
    /// What the topology sees as its arguments
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<String>,
}

/// One of Storm's dialects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SerializerOption {
    /// Storm's own
    Json,
    /// That of pystorm and streamparse, where it is set
    Msgpack,
}

impl SerializerOption {
    /// The word for it in a description.
    pub fn word(self) -> &'static str {
        match self {
            SerializerOption::Json => "json",
            SerializerOption::Msgpack => "msgpack",
        }
    }
}

/// `stormhost new`.
#[derive(Clone, Debug, Args)]
pub struct NewOptions {
    /// The project's folder, which is made
    #[arg(value_name = "NAME")]
    pub name: PathBuf,
    /// What it is written in
    #[arg(long, value_enum, default_value_t, value_name = "LANGUAGE")]
    pub lang: NewLanguage,
}

/// What a new project is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum NewLanguage {
    /// Python 3.9 or newer
    #[default]
    Python,
    /// Ruby
    Ruby,
    /// Lua 5.4, 5.3 or LuaJIT
    Lua,
    /// Shell commands as components
    Shell,
}

/// `stormhost lib`.
#[derive(Clone, Debug, Args)]
pub struct LibOptions {
    /// Whose library
    #[arg(value_enum, value_name = "LANGUAGE")]
    pub lang: LibLanguage,
}

/// A language that stormhost has a library for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LibLanguage {
    /// For PYTHONPATH
    Python,
    /// For RUBYLIB, or ruby -I
    Ruby,
    /// For LUA_PATH
    Lua,
}

impl LibLanguage {
    /// The name by which the host knows it.
    pub fn id(self) -> &'static str {
        match self {
            LibLanguage::Python => "python",
            LibLanguage::Ruby => "ruby",
            LibLanguage::Lua => "lua",
        }
    }
}

/// `[bolt=|spout=]component[@tty|@debugpy[:port]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DebugOption {
    /// Which component.
    pub component: String,
    /// By what; `None`: a terminal where there is one, else debugpy.
    pub by: Option<Debugger>,
}

/// A way to debug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debugger {
    /// pdb on the terminal of whoever runs stormhost.
    Tty,
    /// debugpy on a port; 0 is a free one.
    Debugpy(u16),
}

impl FromStr for DebugOption {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        const EXPECTED: BadOption = BadOption(
            "a component, as in count, bolt=count, count@tty, count@debugpy or count@debugpy:5678",
        );
        let named = text
            .strip_prefix("bolt=")
            .or_else(|| text.strip_prefix("spout="));
        let (component, by) = match named.unwrap_or(text).split_once('@') {
            None => (named.unwrap_or(text), None),
            Some((component, "tty")) => (component, Some(Debugger::Tty)),
            Some((component, "debugpy")) => (component, Some(Debugger::Debugpy(0))),
            Some((component, other)) => {
                let port = other
                    .strip_prefix("debugpy:")
                    .and_then(|port| port.parse().ok());
                (component, Some(Debugger::Debugpy(port.ok_or(EXPECTED)?)))
            }
        };
        if component.is_empty() || component.contains('=') {
            return Err(EXPECTED);
        }
        Ok(Self {
            component: component.to_owned(),
            by,
        })
    }
}

/// What `check --print` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Print {
    /// Description and settings
    All,
    /// The description, as JSON
    Ir,
    /// The settings in force
    Settings,
}

/// How a topology is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// For the terminal
    #[default]
    Text,
    /// For Graphviz
    Dot,
    /// For Mermaid
    Mermaid,
}

/// The least level that is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum LogLevel {
    /// Data was lost, or somebody must act
    Error,
    /// Unexpected, but survived
    Warn,
    /// What an operator wants to know
    #[default]
    Info,
    /// For whoever works on stormhost
    Debug,
    /// Everything
    Trace,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// `component=n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParallelismOption {
    /// The component.
    pub component: String,
    /// Its number of tasks.
    pub tasks: u32,
}

impl FromStr for ParallelismOption {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        let (component, tasks) = text.rsplit_once('=').ok_or(BadOption("component=n"))?;
        let tasks = tasks
            .parse()
            .map_err(|_| BadOption("component=n, with a whole number after the equals sign"))?;
        Ok(Self {
            component: component.to_owned(),
            tasks,
        })
    }
}

/// `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvOption {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl FromStr for EnvOption {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err(BadOption("NAME=VALUE")),
        }
    }
}

/// `1/n`, or `n` alone: one tree in so many is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceOption {
    /// One in how many; at least 1.
    pub one_in: u32,
}

impl FromStr for TraceOption {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        let one_in = text
            .strip_prefix("1/")
            .unwrap_or(text)
            .parse()
            .ok()
            .filter(|&one_in| one_in > 0);
        one_in
            .map(|one_in| Self { one_in })
            .ok_or(BadOption("1/n, such as 1/1000"))
    }
}

fn after_help() -> String {
    use crate::status::ExitStatus;
    let statuses =
        ExitStatus::ALL.map(|status| format!("  {:>3}  {}\n", status.code(), status.meaning()));
    format!("Exit statuses:\n{}", statuses.concat())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Command, clap::Error> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Cli::read(&words).map(|cli| cli.command)
    }

    #[test]
    fn the_definition_makes_sense() {
        Cli::command().debug_assert();
    }

    #[test]
    fn run_takes_everything() {
        let line = "stormhost run t.py:T -p split=4 -p count=2 --set a=1 --set split:b=x --env K=V=W --python py --for 1m30s \
                    --log-level debug --log-format json --log-file l --trace 1/1000 -- x --y";
        let Ok(Command::Run(options)) = parse(line) else {
            panic!("{:?}", parse(line))
        };
        let topology = options.topology;
        assert_eq!(
            (topology.file.as_str(), topology.python.as_deref()),
            ("t.py:T", Some("py"))
        );
        assert_eq!(
            topology.parallelism[0],
            ParallelismOption {
                component: "split".into(),
                tasks: 4
            }
        );
        assert_eq!((topology.parallelism.len(), topology.set.len()), (2, 2));
        assert_eq!(topology.set[1].component.as_deref(), Some("split"));
        assert_eq!(
            topology.env,
            [EnvOption {
                name: "K".into(),
                value: "V=W".into()
            }]
        );
        assert_eq!(topology.args, ["x", "--y"]);
        assert_eq!(options.run_for, Some(Duration::from_secs(90)));
        assert_eq!(
            (options.log_level, options.log_format),
            (LogLevel::Debug, LogFormat::Json)
        );
        assert_eq!(
            (options.log_file, options.trace),
            (Some("l".into()), Some(TraceOption { one_in: 1000 }))
        );
    }

    #[test]
    fn the_options_of_a_pipeline_stand_before_its_stages_and_may_be_attached() {
        for (line, delimiter, quiet, stages) in [
            ("stormhost pipe -d, cat", Some(','), false, &["cat"][..]),
            (
                "stormhost pipe -qd, cat -n",
                Some(','),
                true,
                &["cat", "-n"],
            ),
            ("stormhost pipe -d=, cat", Some(','), false, &["cat"]),
            (
                "stormhost pipe -q grep -v x : sort -q",
                None,
                true,
                &["grep", "-v", "x", ":", "sort", "-q"],
            ),
            (
                "stormhost pipe -q -- -x : cat",
                None,
                true,
                &["-x", ":", "cat"],
            ),
        ] {
            let Ok(Command::Pipe(options)) = parse(line) else {
                panic!("{line}: {:?}", parse(line))
            };
            assert_eq!(
                (options.delimiter, options.quiet),
                (delimiter, quiet),
                "{line}"
            );
            assert_eq!(options.stages, stages, "{line}");
        }
    }

    #[test]
    fn a_component_to_debug_may_be_told_in_several_ways() {
        for (text, component, by) in [
            ("count", "count", None),
            ("bolt=count", "count", None),
            ("spout=lines@tty", "lines", Some(Debugger::Tty)),
            ("count@debugpy", "count", Some(Debugger::Debugpy(0))),
            ("count@debugpy:5678", "count", Some(Debugger::Debugpy(5678))),
        ] {
            let expected = DebugOption {
                component: component.into(),
                by,
            };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["", "bolt=", "count@gdb", "count@debugpy:x", "sink=count"] {
            assert!(text.parse::<DebugOption>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_streamparse_project_needs_no_name() {
        let Ok(Command::Run(options)) =
            parse("stormhost run -e prod -n words -o topology.debug=true")
        else {
            panic!("no file")
        };
        let topology = options.topology;
        assert_eq!(topology.file, ".");
        assert_eq!(topology.set[0].key, "topology.debug");
        assert_eq!(topology.others.environment.as_deref(), Some("prod"));
        assert_eq!(topology.others.name.as_deref(), Some("words"));
    }

    #[test]
    fn options_of_sparse_run_are_taken_or_told_with_what_to_type() {
        let line = "stormhost run --config other.json --option topology.debug=true";
        let Ok(Command::Run(options)) = parse(line) else {
            panic!("{:?}", parse(line))
        };
        let topology = options.topology;
        assert_eq!(topology.set[0].key, "topology.debug");
        assert_eq!(topology.others.config.as_deref(), Some("other.json"));
        for (line, said) in [
            (
                "stormhost run -t 30",
                "tip: a run is ended after 30 seconds by --for 30s",
            ),
            (
                "stormhost run --time=30",
                "tip: a run is ended after 30 seconds by --for 30s",
            ),
            (
                "stormhost run -d",
                "tip: of sparse: every tuple is logged by -o topology.debug=true. Of Flux:",
            ),
            (
                "stormhost run --dry-run topology.yaml",
                "tip: `stormhost check` looks at a topology",
            ),
            (
                "stormhost check -w 2",
                "tip: leave it out: workers have no meaning here",
            ),
            (
                "stormhost run --ackers 2",
                "tip: leave it out: ackers have no meaning here",
            ),
            ("stormhost run --tim 3", "tip: to pass '--tim' as a value"),
        ] {
            let error = parse(line).expect_err(line).to_string();
            assert_eq!(error.matches("tip:").count(), 1, "{line}: {error}");
            assert!(error.contains(said), "{line}: {error}");
        }
        let error = parse("stormhost new -t 30").expect_err("no such option");
        assert!(!error.to_string().contains("--for"), "{error}");
    }

    #[test]
    fn print_may_say_what() {
        for (line, expected) in [
            ("stormhost check t.py", None),
            ("stormhost check --print t.py", Some(Print::All)),
            ("stormhost check t.py --print=ir", Some(Print::Ir)),
            (
                "stormhost check t.py --print=settings",
                Some(Print::Settings),
            ),
        ] {
            let Ok(Command::Check(options)) = parse(line) else {
                panic!("{line}")
            };
            assert_eq!(
                (options.print, options.topology.file.as_str()),
                (expected, "t.py"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_was_expected() {
        for (line, said) in [
            ("stormhost run t.py -p split", "component=n"),
            ("stormhost run t.py -p split=many", "a whole number"),
            ("stormhost run t.py --set x", "expected key=value"),
            ("stormhost run t.py --env =x", "expected NAME=VALUE"),
            ("stormhost run t.py --trace 1/0", "1/1000"),
            ("stormhost run t.py --for soon", "--for"),
            ("stormhost run t.py x", "unexpected argument"),
            ("stormhost try x --wait nan", "a number of seconds from 0"),
            ("stormhost try x --wait=-1", "a number of seconds from 0"),
            ("stormhost try x --wait soon", "a number of seconds from 0"),
            ("stormhost pipe", "STAGE"),
            ("stormhost pipe -d ab cat", "one ASCII character"),
            ("stormhost pipe -j -d , cat", "cannot be used with"),
            ("stormhost pipe --quite cat", "--quiet"),
            ("stormhost pipe -x : cat", "unexpected argument '-x'"),
            (
                "stormhost graph t.py --format svg",
                "possible values: text, dot, mermaid",
            ),
        ] {
            let error = parse(line).expect_err(line);
            assert_eq!(error.exit_code(), 2, "{line}");
            assert!(error.to_string().contains(said), "{line}: {error}");
        }
    }

    #[test]
    fn help_tells_the_exit_statuses() {
        let help = Cli::command().render_help().to_string();
        assert!(
            help.contains("    3  complete, but some tuples failed for good")
                && help.contains("  143  stopped by SIGTERM"),
            "{help}"
        );
    }
}
