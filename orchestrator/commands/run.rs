//! `poly run`: build, then one call in the sandbox. Without a call it is the manifest's first
//! check, all steps of it, which is then checked as well.

use std::io::{self, Read as _};

use super::context::Context;
use super::perform::{Performed, perform};
use super::sandbox::{self, Sandbox};
use super::{CommandError, Ending, profile, trace, typed};
use crate::build::Project;
use crate::check::{self, Call, Outcome, Step};
use crate::cli::RunOptions;
use crate::manifest::Check;
use crate::report::{Checked, GuestStream, Report};

pub(super) fn run(context: &Context<'_>, options: &RunOptions) -> Result<Ending, CommandError> {
    let mut project = typed::project(context, &options.runtime)?;
    project.manifest.run.fuel |= options.trace_calls;
    // What cannot be called is said before minutes are spent on a build.
    if let Some(typed) = &options.call {
        let call = Call::parse(&typed_call(typed)?)?;
        return one_call(context, &project, options, &call);
    }
    let Some(check) = project.manifest.checks.first() else {
        let sandbox = Sandbox::open(context, &project, &context.build(&project, true)?)?;
        return Err(CommandError::NothingToCall { functions: sandbox.functions() });
    };
    let steps = sandbox::steps(&project.manifest, check)?;
    if options.trace_calls || options.profile.is_some() {
        return one_call(context, &project, options, &steps[0].call);
    }
    let sandbox = match &check.component {
        Some(component) => {
            let opened = Sandbox::all_alone(context, &project, std::iter::once(component))?;
            opened.into_values().next().expect("it was asked for")
        }
        None => Sandbox::open(context, &project, &context.build(&project, true)?)?,
    };
    first_check(context, &sandbox, check, &steps)
}

/// Makes a call, with what is to be seen of it, and holds it against nothing.
fn one_call(
    context: &Context<'_>,
    project: &Project,
    options: &RunOptions,
    call: &Call,
) -> Result<Ending, CommandError> {
    let built = context.build(project, !options.trace_calls)?;
    let sandbox = if options.trace_calls {
        Sandbox::apart(context, project)?
    } else {
        Sandbox::open(context, project, &built)?
    };
    let mut outcome = match &options.profile {
        None if options.trace_calls => trace::call(context, &sandbox, call)?,
        None => sandbox.call(call)?,
        Some(directory) => profile::call(context, project, &sandbox, call, directory.as_deref())?,
    };
    sandbox.locate(&mut outcome);
    tell_streams(context.report, &outcome);
    sandbox::tell_refusals(context.report, &outcome, None);
    returned(context.report, &sandbox, call, &outcome)
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
            call: sandbox::short(call),
            ending: outcome.ending.to_string(),
            help: sandbox.remedy(outcome),
        });
    }
    report.returned(call.text(), value(outcome), outcome);
    report.used(outcome);
    Ok(Ending::Well)
}

/// Makes the calls of the first check, and tells what each returns.
fn first_check(
    context: &Context<'_>,
    sandbox: &Sandbox<'_>,
    check: &Check,
    steps: &[Step],
) -> Result<Ending, CommandError> {
    let mut performed = perform(sandbox, check, steps, |_, _, _| false)?;
    // A trap that was expected is not shown.
    if !performed.differences.is_empty()
        && let Some(last) = performed.last()
    {
        sandbox.locate(last);
    }
    let Performed { outcomes, after, differences } = performed;
    for (step, outcome) in steps.iter().zip(&outcomes) {
        tell_streams(context.report, outcome);
        // A trap that was expected is no failure; any other is told as one.
        if outcome.is_return() {
            context.report.returned(step.call.text(), value(outcome), outcome);
        }
    }
    // Its streams have been told.
    let last = after.as_ref().or(outcomes.last());
    let unseen = last.and_then(|last| sandbox.unseen(sandbox.grants(Some(check)), last));
    let place = sandbox.place(check);
    let checked =
        Checked::new(check, place, differences, &outcomes, after.as_ref()).with_help(unseen);
    context.report.checked(&checked);
    // One that failed has told what was refused.
    if checked.passed {
        sandbox::tell_refusals_of(context.report, steps, &outcomes);
    }
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
