//! `poly wit check`.

use crate::commands::context::Context;
use crate::commands::{CommandError, Ending};

pub(super) fn run(_: &Context<'_>) -> Result<Ending, CommandError> {
    Ok(Ending::Well)
}
