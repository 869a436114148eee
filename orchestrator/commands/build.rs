//! `poly build`: every component, and the one they compose to.

use super::context::Context;
use super::{CommandError, Ending};

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    context.build(&project, false)?;
    Ok(Ending::Well)
}
