//! The `stormhost` command: arguments in, status out.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use stormhost::cli::{Cli, Command, instead_of_flux};
use stormhost::errors::{Code, marked};
use stormhost::status::ExitStatus;
use stormhost::{commands, hand, new, run};

fn main() -> ExitCode {
    if let Some(status) = stormhost::guard::stand_guard_if_asked() {
        return status;
    }
    #[cfg(feature = "lua")]
    if let Some(status) = stormhost::own_lua::run_if_called_so() {
        return status;
    }
    // Wrong usage ends here with status 2, and with what was expected.
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return usage(&error),
    };
    let status = match command {
        Command::Run(options) => run::run(&options),
        Command::Replay(options) => run::replay(&options),
        Command::Pipe(options) => commands::pipe(&options),
        Command::Check(options) => commands::check(&options),
        Command::Graph(options) => commands::graph(&options),
        Command::Try(options) => hand::attempt(&options),
        Command::New(options) => new::new(&options),
        Command::Lib(options) => commands::lib(&options),
        Command::Explain(options) => commands::explain(&options),
    };
    status.into()
}

/// Help and versions go to standard output; what makes no sense is told with its code.
fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        error.exit();
    }
    let said = error.render();
    let said = if std::io::stderr().is_terminal() {
        said.ansi().to_string()
    } else {
        said.to_string()
    };
    let mut said = said.trim_end().to_owned();
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some(instead) = instead_of_flux(option)
    {
        said.push_str(&format!("\n\n  hint: if {option} is Flux's: {instead}"));
    }
    stormhost::prepare::tell(marked(&said, Code::USAGE.number()));
    ExitStatus::Usage.into()
}
