//! `poly clean`: removes what poly made for this checkout, and nothing else. Cached artifacts
//! and installed tools stay: they belong to all pipelines.

use std::fs;
use std::io;

use super::context::{Context, shown};
use super::{CommandError, Ending};

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    for path in [project.output(), context.builds(&project)] {
        match fs::remove_dir_all(&path) {
            Ok(()) => context.report.done("removed", &shown(&path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(CommandError::System { doing: "remove", path, source }),
        }
    }
    Ok(Ending::Well)
}
