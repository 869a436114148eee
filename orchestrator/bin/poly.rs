//! argv → command → exit code: `poly build`. For all else it becomes `poly-host`.
//!
//! A build with nothing to do takes a few milliseconds, and one or two more in an executable that runs
//! WebAssembly. This one reaches neither a compiler nor WASI, so the linker leaves them out.

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
