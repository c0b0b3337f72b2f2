//! The `stormhost` command: arguments in, status out.

use std::process::ExitCode;

use clap::Parser;
use stormhost::cli::{Cli, Command};
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
    let status = match Cli::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Pipe(options) => commands::pipe(&options),
        Command::Check(options) => commands::check(&options),
        Command::Graph(options) => commands::graph(&options),
        Command::Try(options) => hand::attempt(&options),
        Command::New(options) => new::new(&options),
        Command::Lib(options) => commands::lib(&options),
    };
    status.into()
}
