//! argv → command → exit code: `poly build`. For all else it becomes `poly-host`.
//!
//! A build with nothing to do ends in a few milliseconds, and an executable with a WebAssembly runtime in it
//! takes longer than that to start. So this one does not reach it, and the linker leaves it out.

use std::process::ExitCode;

use clap::Parser as _;
use poly::cli::{BuildCli, BuildCommand};
use poly::commands;

fn main() -> ExitCode {
    match BuildCli::try_parse() {
        Ok(BuildCli { global, command: BuildCommand::Build(options) }) => {
            commands::run_build(&global, options)
        }
        // Another command, a wish for help, or a mistake.
        Err(_) => commands::hand_over(),
    }
}
