//! `poly run --trace-calls`: what goes from one part to another during a call.

use super::CommandError;
use super::context::Context;
use super::sandbox::Sandbox;
use crate::check::{Call, Outcome};

/// Makes a call, and tells what went from one part to another, however it ended.
pub(super) fn call(
    context: &Context<'_>,
    sandbox: &Sandbox<'_>,
    call: &Call,
) -> Result<Outcome, CommandError> {
    let mut instance = match sandbox.start_for(None)? {
        Ok(instance) => instance,
        Err(outcome) => return Ok(outcome),
    };
    // What went to and fro while the parts were started is told as well.
    let outcome = instance.call(call)?;
    context.report.crossings(&instance.crossings());
    Ok(outcome)
}
