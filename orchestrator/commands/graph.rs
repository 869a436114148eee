//! `poly graph`: builds the components that are missing, and shows how they are composed.

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::Driver;
use crate::cli::GraphFormat;
use crate::report::graph;

pub(super) fn run(context: &Context<'_>, format: GraphFormat) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let tell = |event| context.report.event(&event);
    let (shown, broken) = Driver::open(&project, context.options(&project), &tell)?.graph()?;
    context.report.answer("graph", &shown, &graph::render(&shown, format));
    // What cannot be linked is shown all the same, and is an error as in a build.
    broken.map_or(Ok(Ending::Well), |error| Err(error.into()))
}
