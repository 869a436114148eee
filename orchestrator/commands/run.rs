//! `poly run`: build, then one call in the sandbox. Without a call it is the manifest's first
//! check, which is then checked as well.

use std::io::{self, Read as _};

use super::context::Context;
use super::sandbox::Sandbox;
use super::{CommandError, Ending};
use crate::check::{self, Call, Outcome};
use crate::manifest;
use crate::report::{Checked, GuestStream, Report};

pub(super) fn run(context: &Context<'_>, typed: Option<&str>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let typed = typed.map(typed_call).transpose()?;
    let first = project.manifest.checks.first().filter(|_| typed.is_none());
    // What cannot be called is said before minutes are spent on a build.
    let text = typed.as_deref().or(first.map(|check| check.call.get_ref().as_str()));
    let call = text.map(Call::parse).transpose()?;

    let built = context.build(&project, true)?;
    let sandbox = Sandbox::open(context, &project, &built)?;
    let Some(call) = call else {
        return Err(CommandError::NothingToCall { functions: sandbox.functions() });
    };
    let mut outcome = sandbox.call(&call)?;
    sandbox.locate(&mut outcome);
    tell_streams(context.report, &outcome);
    match first {
        Some(check) => first_check(context, &sandbox, check, &call, &outcome),
        None => returned(context.report, &sandbox, &call, &outcome),
    }
}

/// A call as typed, or from standard input where it is longer than a command line may be.
fn typed_call(typed: &str) -> Result<String, CommandError> {
    if typed != "-" {
        return Ok(typed.to_owned());
    }
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|source| CommandError::System {
        doing: "read",
        path: "standard input".into(),
        source,
    })?;
    Ok(text.trim().to_owned())
}

fn returned(
    report: &Report,
    sandbox: &Sandbox<'_>,
    call: &Call,
    outcome: &Outcome,
) -> Result<Ending, CommandError> {
    if !outcome.is_return() {
        return Err(CommandError::Ended {
            call: super::sandbox::short(call),
            ending: outcome.ending.to_string(),
            help: sandbox.remedy(outcome),
        });
    }
    report.returned(call.text(), value(outcome), outcome.fuel);
    Ok(Ending::Well)
}

fn first_check(
    context: &Context<'_>,
    sandbox: &Sandbox<'_>,
    check: &manifest::Check,
    call: &Call,
    outcome: &Outcome,
) -> Result<Ending, CommandError> {
    // A trap that was expected is no failure; any other is told as one.
    let differences = sandbox.judge(check, outcome)?;
    if outcome.is_return() {
        // What it used is told with the check.
        context.report.returned(call.text(), value(outcome), None);
    }
    // Its streams have been told.
    let checked = Checked::new(check.call.get_ref(), sandbox.place(check), differences, outcome)
        .with_help(sandbox.unseen(outcome));
    context.report.checked(&checked);
    Ok(if checked.passed { Ending::Well } else { Ending::Failed })
}

/// The returned value, where the function returns one.
fn value(outcome: &Outcome) -> Option<&str> {
    match &outcome.ending {
        check::Ending::Returned(Some(returned)) => Some(&returned.text),
        _ => None,
    }
}

/// What the guest wrote to granted streams.
fn tell_streams(report: &Report, outcome: &Outcome) {
    let streams = [(GuestStream::Stdout, &outcome.stdout), (GuestStream::Stderr, &outcome.stderr)];
    for (stream, text) in streams {
        if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
            report.guest_output(stream, text.as_bytes());
        }
    }
}
