//! What `poly` does that is not a build: it becomes `poly-host`, which lies beside it.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use clap::Parser as _;

use super::context::own_executable;
use super::{CommandError, exit_code};
use crate::cli::Cli;
use crate::report::Report;

/// The executable that has all commands.
const HOST: &str = "poly-host";

/// Replaces this process by `poly-host`, with the same arguments; where that cannot be done, gives the exit
/// code after its reason was told.
pub fn hand_over() -> ExitCode {
    let error = become_host();
    // Whoever asks for help, or mistypes, is told even so.
    let report = Report::new(&Cli::parse().global);
    exit_code(&Err(error), &report)
}

fn become_host() -> CommandError {
    let own = match own_executable() {
        // Through a link to it, which not every system does by itself; if it is still there.
        Ok(own) => fs::canonicalize(&own).unwrap_or(own),
        Err(error) => return error,
    };
    let host = own.with_file_name(HOST);
    if let Err(source) = refuse_itself(&own, &host) {
        return CommandError::NoHost { path: host, source };
    }
    let mut arguments = env::args_os();
    let mut command = Command::new(&host);
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    let source = command.args(arguments).exec();
    CommandError::NoHost { path: host, source }
}

/// Somebody may have put `poly` in the place of the host, and it would start itself for ever.
fn refuse_itself(own: &Path, host: &Path) -> io::Result<()> {
    let host = fs::metadata(host)?;
    let is_same = |own: fs::Metadata| (own.dev(), own.ino()) == (host.dev(), host.ino());
    if fs::metadata(own).is_ok_and(is_same) {
        return Err(io::Error::other("that is `poly` itself"));
    }
    Ok(())
}
