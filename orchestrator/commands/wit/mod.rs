//! `poly wit`: WIT as a contract.

mod check;
mod compat;
mod deps;
mod show;

use std::fs;
use std::path::{Path, PathBuf};

use super::context::{Context, shown};
use super::inspect::find;
use super::{CommandError, Ending};
use crate::cli::WitCommand;
use crate::contract::Subject;

pub(super) fn run(context: &Context<'_>, command: &WitCommand) -> Result<Ending, CommandError> {
    match command {
        WitCommand::Show { what } => show::run(context, what.as_deref()),
        WitCommand::Check => check::run(context),
        WitCommand::Compat { what, against } => compat::run(context, what.as_deref(), against),
        WitCommand::Deps(options) => deps::run(context, *options),
    }
}

/// The file that holds what is named, or the composed component if nothing is.
fn built(context: &Context<'_>, what: Option<&str>) -> Result<PathBuf, CommandError> {
    if let Some(what) = what {
        return find(context, what);
    }
    let composed = context.project()?.composed();
    if composed.is_file() {
        return Ok(composed);
    }
    let help = "the pipeline is not built yet: run `poly build`".to_owned();
    Err(CommandError::NothingToInspect { what: shown(&composed), help })
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    fs::read(path).map_err(|source| CommandError::System {
        doing: "read",
        path: path.to_owned(),
        source,
    })
}

/// What the bytes of a file say.
fn subject(path: &Path, bytes: &[u8]) -> Result<Subject, CommandError> {
    Subject::of_bytes(bytes).map_err(|source| CommandError::Contract { path: shown(path), source })
}
