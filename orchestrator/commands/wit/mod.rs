//! `poly wit`: WIT as a contract.

mod check;
mod compat;
mod deps;
mod echo;
mod show;

use std::fs;
use std::path::{Path, PathBuf};

use super::context::{Context, shown};
use super::inspect::find;
use super::{CommandError, Ending};
use crate::build::Project;
use crate::cli::WitCommand;
use crate::component::wit::Source;
use crate::contract::Subject;

pub(super) fn run(context: &Context<'_>, command: &WitCommand) -> Result<Ending, CommandError> {
    match command {
        WitCommand::Show { what } => show::run(context, what.as_deref()),
        WitCommand::Check => check::run(context),
        WitCommand::Compat { what, against } => compat::run(context, what.as_deref(), against),
        WitCommand::Echo { what } => echo::run(context, what.as_deref()),
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

/// The WIT that a file of text alone is.
fn source_of(path: &Path, bytes: &[u8]) -> Source {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    Source::from([(name, String::from_utf8_lossy(bytes).into_owned())])
}

/// What the bytes of a file say.
fn subject(path: &Path, bytes: &[u8]) -> Result<Subject, CommandError> {
    Subject::of_bytes(bytes).map_err(|source| CommandError::Contract { path: shown(path), source })
}

/// The directory of the pipeline's WIT.
fn shared(context: &Context<'_>) -> Result<PathBuf, CommandError> {
    // Worlds may be missing: what is asked for may be what they are to be made of.
    let (root, manifest) = Project::manifest_at(&context.manifest)?;
    match &manifest.pipeline.wit {
        Some(wit) => Ok(root.join(wit.get_ref())),
        None => Err(CommandError::NothingToInspect {
            what: "wit".to_owned(),
            help: "the pipeline has no `wit` of its own: name a directory or file".to_owned(),
        }),
    }
}
