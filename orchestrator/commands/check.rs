//! `poly check`: build, then every call of the manifest's checks, each on an instance of its
//! own, compared with what is expected.

mod results;
mod select;
mod update;

use super::context::Context;
use super::sandbox::{self, Sandbox};
use super::{CommandError, Ending};
use crate::check::Call;
use crate::cli::CheckOptions;
use crate::nearest::quoted;
use crate::report::Checked;

pub(super) fn run(context: &Context<'_>, options: &CheckOptions) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let mut calls = Vec::new();
    for (number, check) in select::select(&project.manifest.checks, &options.filter)? {
        let call = Call::parse(check.call.get_ref())
            .map_err(|error| sandbox::at_check(&project.manifest, check, &error))?;
        calls.push((number, check, call));
    }
    options.junit.as_deref().map_or(Ok(()), results::prepare)?;
    let built = context.build(&project, true)?;
    if calls.is_empty() {
        context.report.note("the manifest has no check; add one under `[[check]]`");
    }
    let sandbox = Sandbox::open(context, &project, &built)?;
    let (mut all, mut rewrites) = (Vec::new(), Vec::new());
    for (number, check, call) in &calls {
        let mut outcome = sandbox.call(call).map_err(|error| match error {
            CommandError::Call(error) => sandbox::at_check(&project.manifest, check, &error),
            other => other,
        })?;
        let mut differences = sandbox.judge(check, &outcome)?;
        if options.update
            && let Some(new) = update::rewrites(*number, check, &differences, &outcome)
        {
            rewrites.extend(new);
            differences.clear();
        }
        if !differences.is_empty() {
            sandbox.locate(&mut outcome);
        }
        let place = sandbox.place(check);
        let checked = Checked::new(check.call.get_ref(), place, differences, &outcome)
            .with_streams(&outcome)
            .with_help(sandbox.unseen(&outcome));
        context.report.checked(&checked);
        let failed = !checked.passed;
        all.push(checked);
        if failed && options.fail_fast {
            break;
        }
    }
    context.report.all_checked(&all);
    if let Some(file) = &options.junit {
        results::write(file, project.manifest.pipeline.name.get_ref(), &all)?;
    }
    if options.update {
        update::write(context, &project, &rewrites)?;
    }
    if !project.manifest.interop.is_empty() {
        let names = project.manifest.interop.keys().map(|name| name.get_ref().as_str());
        let left = format!("for `poly interop` to compare: {}", quoted(names));
        context.report.done("left", &left);
    }
    Ok(if all.iter().all(|checked| checked.passed) { Ending::Well } else { Ending::Failed })
}
