//! What the command line says of a run in the manifest's place.

use super::CommandError;
use super::context::Context;
use crate::build::Project;
use crate::cli::RuntimeOptions;
use crate::manifest::Spanned;

/// The pipeline of the manifest, to be run as `typed`.
pub(super) fn project(
    context: &Context<'_>,
    typed: &RuntimeOptions,
) -> Result<Project, CommandError> {
    let mut project = context.project()?;
    let (run, limits) = (&mut project.manifest.run, &mut project.manifest.limits);
    run.opt_level = typed.opt_level.unwrap_or(run.opt_level);
    run.nan_canonicalization = typed.nan_canonicalization.unwrap_or(run.nan_canonicalization);
    run.stack = typed.stack.unwrap_or(run.stack);
    if let Some(deterministic) = typed.deterministic {
        run.deterministic = Spanned::new(0..0, deterministic);
    }
    limits.timeout = typed.timeout.unwrap_or(limits.timeout);
    if let Some(bound) = typed.fuel {
        run.fuel = true;
        limits.fuel = bound.or(limits.fuel);
    }
    project.manifest.check_run()?;
    Ok(project)
}
