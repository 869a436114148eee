//! argv → command → exit code: all commands.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    poly::commands::run(&poly::cli::Cli::parse())
}
