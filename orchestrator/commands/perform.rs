//! Makes the calls of one check, and judges them.

use std::ops::Range;

use super::CommandError;
use super::sandbox::Sandbox;
use super::turns::by_turns;
use crate::bench::Ratio;
use crate::check::{Call, Difference, Outcome, Step, Subject, Verdict, hold, judge};
use crate::host::Instance;
use crate::manifest::{Bound, Check};

/// In how many rounds two calls are made whose times are held against each other, after one that
/// nobody counts. The middle one counts: what else the machine does makes some of them no good.
const ROUNDS: usize = 11;

/// What came of a check.
pub(super) struct Performed {
    /// What came of each step that was made, in order; the last is the one that differs, if any.
    pub(super) outcomes: Vec<Outcome>,
    /// What came of what was done after them, if that did not end well: what was held was dropped,
    /// or a call was measured.
    pub(super) after: Option<Outcome>,
    /// In what it is not as expected.
    pub(super) differences: Vec<Difference>,
}

impl Performed {
    /// What the differences are about.
    pub(super) fn last(&mut self) -> Option<&mut Outcome> {
        self.after.as_mut().or(self.outcomes.last_mut())
    }

    /// Ends with what did not end well after the steps.
    fn end(&mut self, subject: Subject, expected: &str, outcome: Outcome) {
        self.differences.push(Difference::new(subject, expected, outcome.ending.to_string()));
        self.after = Some(outcome);
    }
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
            .map_err(|error| sandbox.at_expected(check, index, &error))?;
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
            return Ok(Performed { outcomes, after: None, differences });
        }
    }
    let mut performed = Performed { outcomes, after: None, differences: Vec::new() };
    // What was held to the end may resist being dropped.
    if let Some(outcome) = started.ok().and_then(Instance::finish) {
        performed.end(Subject::Ending, "what is still held is dropped", outcome);
        return Ok(performed);
    }
    for (subject, bound) in [(Subject::Fuel, &check.fuel), (Subject::Time, &check.time)] {
        let Some(bound) = bound else { continue };
        match held(sandbox, check, &steps[0].call, subject.clone(), bound) {
            Ok(difference) => performed.differences.extend(difference),
            Err(Unheld::Error(error)) => return Err(*error),
            Err(Unheld::Ended { call, outcome }) => {
                let expected = format!("a return of {call}, which is made again and again");
                performed.end(subject, &expected, *outcome);
                break;
            }
        }
    }
    Ok(performed)
}

/// One of two calls that are held against each other, on an instance of its own.
struct Side<'c> {
    call: &'c Call,
    place: Range<usize>,
    instance: Instance,
    used: Vec<u64>,
}

/// Why a call cannot be held against another.
enum Unheld {
    /// It cannot be made.
    Error(Box<CommandError>),
    /// It did not return.
    Ended { call: String, outcome: Box<Outcome> },
}

impl From<CommandError> for Unheld {
    fn from(error: CommandError) -> Self {
        Self::Error(error.into())
    }
}

/// Holds what a call uses against a bound.
fn held(
    sandbox: &Sandbox<'_>,
    check: &Check,
    call: &Call,
    subject: Subject,
    bound: &Bound,
) -> Result<Option<Difference>, Unheld> {
    let other = Call::parse(bound.of.get_ref());
    let other = other.map_err(|error| sandbox.at(bound.of.span(), &error))?;
    let mut sides = Vec::new();
    for (call, place) in [(call, check.span()), (&other, bound.of.span())] {
        match sandbox.start_for(Some(check))? {
            Ok(instance) => sides.push(Side { call, place, instance, used: Vec::new() }),
            Err(outcome) => return Err(Unheld::ended(call, outcome)),
        }
    }
    let rounds = if subject == Subject::Fuel { 1 } else { ROUNDS };
    // One round more, to warm up.
    by_turns(&mut sides, 1 + rounds, |side, _| side.take_part(sandbox, &subject))?;
    let rounds = sides[0].used.iter().zip(&sides[1].used).skip(1);
    // Who uses nothing counts as one that uses one unit.
    let rounds: Vec<_> = rounds.map(|(one, other)| (*one, *other.max(&1))).collect();
    let ratio = Ratio::of(&rounds).expect("there is a round, and nobody used nothing");
    Ok(hold(ratio.median, subject, bound))
}

impl Side<'_> {
    /// Makes the call once more, and notes what it used.
    fn take_part(&mut self, sandbox: &Sandbox<'_>, subject: &Subject) -> Result<(), Unheld> {
        let made = self.instance.call(self.call);
        let made = made.map_err(|error| sandbox.at(self.place.clone(), &error))?;
        if !made.is_return() {
            return Err(Unheld::ended(self.call, made));
        }
        self.used.push(match subject {
            Subject::Fuel => made.fuel.expect("an engine counts fuel if a check asks for it"),
            _ => u64::try_from(made.elapsed.as_nanos()).unwrap_or(u64::MAX),
        });
        Ok(())
    }
}

impl Unheld {
    fn ended(call: &Call, outcome: Outcome) -> Self {
        Self::Ended { call: call.text().to_owned(), outcome: outcome.into() }
    }
}
