//! The `stormhost` command: arguments in, status out.

use clap::Parser;
use stormhost::cli::{Cli, Command};
use stormhost::status::ExitStatus;
use stormhost::{commands, run};

fn main() -> ExitStatus {
    // Wrong usage ends here with status 2, and with what was expected.
    match Cli::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Check(options) => commands::check(&options),
        Command::Graph(options) => commands::graph(&options),
    }
}
