//! `poly check`: build, then every call of the manifest's checks, each on an instance of its
//! own, compared with what is expected.

use super::context::Context;
use super::sandbox::{self, Sandbox};
use super::{CommandError, Ending};
use crate::check::Call;
use crate::report::Checked;

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let checks = &project.manifest.checks;
    let mut calls = Vec::new();
    for check in checks {
        let call = Call::parse(check.call.get_ref());
        calls.push(call.map_err(|error| sandbox::at_check(&project.manifest, check, &error))?);
    }
    let built = context.build(&project, true)?;
    if checks.is_empty() {
        context.report.note("the manifest has no check; add one under `[[check]]`");
    }
    let sandbox = Sandbox::open(context, &project, &built)?;
    let mut failed = 0;
    for (check, call) in checks.iter().zip(&calls) {
        let outcome = sandbox.call(call).map_err(|error| match error {
            CommandError::Call(error) => sandbox::at_check(&project.manifest, check, &error),
            other => other,
        })?;
        let differences = sandbox.judge(check, &outcome)?;
        let checked = Checked::new(check.call.get_ref(), differences, &outcome)
            .with_streams(&outcome)
            .with_help(sandbox.unseen(&outcome));
        failed += usize::from(!checked.passed);
        context.report.checked(&checked);
        sandbox::tell_refusals(context.report, &outcome);
    }
    context.report.all_checked(checks.len() - failed, failed);
    Ok(if failed == 0 { Ending::Well } else { Ending::Failed })
}
