//! What `poly` does that is not a build: it becomes `poly-host`, which lies beside it.

use std::env;
use std::fs::{self, File};
use std::io::{self, Read as _};
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
    let source = match refuse(&own, &host) {
        Ok(()) => Command::new(&host).args(env::args_os().skip(1)).exec(),
        Err(refused) => refused,
    };
    CommandError::NoHost { path: host, source }
}

/// Refuses what would do something else in silence: `poly` itself in the place of the host starts itself for
/// ever; and what is no executable, an empty file say, the C library has a shell run. So a script that starts
/// the host is refused, too.
fn refuse(own: &Path, host: &Path) -> io::Result<()> {
    let (own, host) = (File::open(own), File::open(host)?);
    // It may have been removed meanwhile.
    let Ok(own) = own else { return Ok(()) };
    let identity = |file: &File| file.metadata().map(|file| (file.dev(), file.ino()));
    if identity(&own)? == identity(&host)? {
        return Err(io::Error::other("that is `poly` itself"));
    }
    if kind(own)? != kind(host)? {
        return Err(io::Error::other("that is no executable of this system"));
    }
    Ok(())
}

/// The bytes at the beginning of a file by which systems know what it is.
fn kind(file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(4).read_to_end(&mut bytes)?;
    Ok(bytes)
}
