//! Makes the calls of one check, and judges them.

use std::time::Duration;

use super::CommandError;
use super::sandbox::Sandbox;
use crate::check::{Call, Difference, Ending, Measured, Outcome, Step, Subject, Verdict, judge};
use crate::host::Instance;
use crate::manifest::{Bound, Check};

/// How often a call is made whose time is taken, after one that nobody counts. The best counts:
/// whatever else the machine does can make a call take longer, and never shorter.
const TIMES: usize = 7;

/// What came of a check.
pub(super) struct Performed {
    /// What came of each step that was made, in order; the last is the one that differs, if any.
    pub(super) outcomes: Vec<Outcome>,
    /// In what it is not as expected.
    pub(super) differences: Vec<Difference>,
}

/// Makes the calls of a check, up to the first that is not as expected. `takes` is asked whether
/// that in which a step, by its number from 0, differs is taken all the same. A check that cannot be
/// judged is an error of the manifest.
pub(super) fn perform(
    sandbox: &Sandbox<'_>,
    check: &Check,
    steps: &[Step],
    mut takes: impl FnMut(usize, &[Difference], &Outcome) -> bool,
) -> Result<Performed, CommandError> {
    let mut outcomes = Vec::new();
    let mut started = sandbox.start_for(Some(check))?;
    for (index, step) in steps.iter().enumerate() {
        let watch = sandbox.watch(check, step);
        let outcome = match &mut started {
            Ok(instance) => {
                let made = instance.call_as(&step.call, step.name.as_deref());
                let mut outcome = made.map_err(|error| sandbox.at_call(check, index, &error))?;
                instance.add_files(&mut outcome, watch.end());
                outcome
            }
            // What did not start ends at its first step.
            Err(outcome) => outcome.clone(),
        };
        let verdict = judge(&step.expectation, &outcome)
            .map_err(|error| sandbox.at_call(check, index, &error))?;
        let differences = match verdict {
            Verdict::Fail { differences } if !takes(index, &differences, &outcome) => differences,
            // Whatever was expected of it, nothing can follow.
            _ if !outcome.is_return() && index + 1 < steps.len() => {
                let (expected, got) = ("a return, because a step follows", &outcome.ending);
                vec![Difference::new(Subject::Ending, expected, got.to_string())]
            }
            _ => Vec::new(),
        };
        outcomes.push(outcome);
        if !differences.is_empty() {
            return Ok(Performed { outcomes, differences });
        }
    }
    // What was held to the end may resist being dropped.
    let undropped = started.ok().and_then(Instance::finish).map(|ending| {
        let expected = "what is still held is dropped";
        Difference::new(Subject::Ending, expected, ending.to_string())
    });
    let mut differences: Vec<_> = undropped.into_iter().collect();
    if differences.is_empty() {
        for (subject, bound) in [(Subject::Fuel, &check.fuel), (Subject::Time, &check.time)] {
            let Some(bound) = bound else { continue };
            differences.extend(hold(sandbox, check, &steps[0].call, subject, bound)?);
        }
    }
    Ok(Performed { outcomes, differences })
}

/// Holds what a call uses against a bound.
fn hold(
    sandbox: &Sandbox<'_>,
    check: &Check,
    call: &Call,
    subject: Subject,
    bound: &Bound,
) -> Result<Option<Difference>, CommandError> {
    let place = bound.of.span();
    let other =
        Call::parse(bound.of.get_ref()).map_err(|error| sandbox.at(place.clone(), &error))?;
    let mut used = Vec::new();
    for (call, place) in [(call, check.span()), (&other, place)] {
        match measure(sandbox, check, call, place, &subject)? {
            Ok(amount) => used.push(amount),
            Err(ending) => {
                let expected =
                    format!("a return of {}, which is made again and again", call.text());
                return Ok(Some(Difference::new(subject, expected, ending.to_string())));
            }
        }
    }
    Ok(Measured { used: used[0], other: used[1] }.judge(subject, bound))
}

/// The fuel or the nanoseconds that a call uses, on an instance of its own that is warm; or how it
/// ended.
fn measure(
    sandbox: &Sandbox<'_>,
    check: &Check,
    call: &Call,
    place: std::ops::Range<usize>,
    subject: &Subject,
) -> Result<Result<u64, Ending>, CommandError> {
    let mut instance = match sandbox.start_for(Some(check))? {
        Ok(instance) => instance,
        Err(outcome) => return Ok(Err(outcome.ending)),
    };
    let times = if *subject == Subject::Fuel { 1 } else { TIMES };
    let mut best = u64::MAX;
    for time in 0..=times {
        let made = instance.call(call).map_err(|error| sandbox.at(place.clone(), &error))?;
        if !made.is_return() {
            return Ok(Err(made.ending));
        }
        if time > 0 {
            best = best.min(match subject {
                Subject::Fuel => made.fuel.expect("an engine counts fuel if a check asks for it"),
                _ => nanoseconds(made.elapsed),
            });
        }
    }
    Ok(Ok(best))
}

fn nanoseconds(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX)
}
