//! `poly clean`: removes what poly made for this checkout, and nothing else. Cached artifacts
//! and installed tools stay: they belong to all pipelines.

use super::context::{Context, shown};
use super::{CommandError, Ending};
use crate::build::{self, BuildError};

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let builds = context.builds(&project);
    let waiting = || {
        context
            .report
            .note("a build in this checkout goes on, or a tool that it has left; waiting for it");
    };
    match build::clean_builds(&builds, waiting) {
        Ok(false) => {}
        Ok(true) => context.report.done("removed", &shown(&builds)),
        Err(source) => {
            return Err(CommandError::System { doing: "remove", path: builds, source });
        }
    }
    // Last: what a build was waited for has left is there now.
    for path in build::clean(&project.root).map_err(BuildError::from)? {
        context.report.done("removed", &shown(&path));
    }
    Ok(Ending::Well)
}
