//! What a check expects, held against what happened.

use miette::{Diagnostic, SourceSpan};
use serde::Serialize;
use thiserror::Error;
use wasm_wave::value::{Type, Value};

use super::call::{problem, quote};
use super::outcome::{Ending, Outcome};
use crate::manifest::{Check, Limit};

/// What a check wants to see. One that wants nothing is content when the call returns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The value returned, in WAVE.
    pub returns: Option<String>,
    /// Part of a trap's message.
    pub traps: Option<String>,
    /// The limit that stops it.
    pub exceeds: Option<Limit>,
    /// All of its standard output.
    pub stdout: Option<String>,
    /// All of its standard error.
    pub stderr: Option<String>,
}

/// Whether a call did what was expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It did.
    Pass,
    /// It did not.
    Fail {
        /// Each thing that was otherwise; never empty.
        differences: Vec<Difference>,
    },
}

/// One thing that was otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// What was compared.
    pub subject: Subject,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub got: String,
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// How the call ended, the returned value among it.
    Ending,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A check that cannot be judged because it asks for what cannot be.
#[derive(Debug, Error, Diagnostic)]
pub enum ExpectationError {
    /// `returns` is not a value of the function's result type.
    #[error("`returns` is not a `{of}`: {problem}")]
    #[diagnostic(help("the function returns a `{of}`, and here it returned `{got}`"))]
    Returns {
        /// The function's result type.
        of: String,
        /// What is wrong.
        problem: String,
        /// What it did return, cut short.
        got: String,
        /// The text of `returns`, cut short.
        #[source_code]
        text: String,
        /// The place in it.
        #[label("here")]
        span: SourceSpan,
    },
    /// `returns` is given, and the function returns nothing.
    #[error("the check says `returns`, and the function returns no value")]
    #[diagnostic(help("leave `returns` out: the check then passes when the call returns"))]
    ReturnsNothing,
}

impl From<&Check> for Expectation {
    fn from(check: &Check) -> Self {
        Self {
            returns: check.returns.as_ref().map(|text| text.get_ref().clone()),
            traps: check.traps.clone(),
            exceeds: check.exceeds,
            stdout: check.stdout.clone(),
            stderr: check.stderr.clone(),
        }
    }
}

/// Holds what happened against what was expected.
pub fn judge(expectation: &Expectation, outcome: &Outcome) -> Result<Verdict, ExpectationError> {
    let mut differences = Vec::new();
    differences.extend(judge_ending(expectation, &outcome.ending)?);
    let streams = [
        (Subject::Stdout, &expectation.stdout, &outcome.stdout),
        (Subject::Stderr, &expectation.stderr, &outcome.stderr),
    ];
    for (subject, expected, got) in streams {
        differences.extend(judge_stream(subject, expected.as_deref(), got.as_deref()));
    }
    if differences.is_empty() {
        return Ok(Verdict::Pass);
    }
    Ok(Verdict::Fail { differences })
}

fn judge_ending(
    expectation: &Expectation,
    ending: &Ending,
) -> Result<Option<Difference>, ExpectationError> {
    let otherwise = |expected: String| {
        Some(Difference { subject: Subject::Ending, expected, got: ending.to_string() })
    };
    if let Some(limit) = expectation.exceeds {
        let met = matches!(ending, Ending::Exceeded(over) if *over == limit);
        let expected = || format!("stopped: over the limit `{}`", limit.name());
        return Ok(if met { None } else { otherwise(expected()) });
    }
    if let Some(part) = &expectation.traps {
        let met = matches!(ending, Ending::Trapped(trap) if trap.message.contains(part.as_str()));
        return Ok(if met { None } else { otherwise(format!("a trap: {part}")) });
    }
    match (&expectation.returns, ending) {
        (Some(wanted), Ending::Returned(Some(returned))) => {
            let wanted = canonical(wanted, &returned.of, &returned.text)?;
            Ok(if wanted == returned.text { None } else { otherwise(wanted) })
        }
        (Some(_), Ending::Returned(None)) => Err(ExpectationError::ReturnsNothing),
        (Some(wanted), _) => Ok(otherwise(wanted.clone())),
        (None, Ending::Returned(_)) => Ok(None),
        (None, _) => Ok(otherwise("a return".to_owned())),
    }
}

/// `wanted` as the host would write a value of that type, so that equal values are equal
/// texts: WAVE's writer has one spelling for each value, and one for all that are not a
/// number.
fn canonical(wanted: &str, of: &Type, got: &str) -> Result<String, ExpectationError> {
    if wanted == got {
        return Ok(wanted.to_owned());
    }
    let misfit = |problem: String, place| {
        let (text, span) = quote(wanted, place);
        let (got, _) = quote(got, 0..0);
        ExpectationError::Returns { of: of.to_string(), problem, got, text, span }
    };
    let value: Value =
        wasm_wave::from_str(of, wanted).map_err(|error| misfit(problem(&error), error.span()))?;
    wasm_wave::to_string(&value).map_err(|error| misfit(error.to_string(), 0..wanted.len()))
}

fn judge_stream(subject: Subject, expected: Option<&str>, got: Option<&str>) -> Option<Difference> {
    let expected = expected?;
    if got == Some(expected) {
        return None;
    }
    let not_kept = "nothing was kept, because it is not granted";
    let got = got.unwrap_or(not_kept).to_owned();
    Some(Difference { subject, expected: expected.to_owned(), got })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Returned, Trap};
    use super::*;

    fn outcome(ending: Ending) -> Outcome {
        Outcome {
            ending,
            stdout: Some("hello\n".into()),
            stderr: None,
            refusals: Vec::new(),
            fuel: None,
            elapsed: Duration::ZERO,
        }
    }

    fn returned(text: &str, of: Type) -> Outcome {
        outcome(Ending::Returned(Some(Returned { text: text.into(), of })))
    }

    fn trapped(message: &str) -> Outcome {
        outcome(Ending::Trapped(Trap { message: message.into(), frames: Vec::new() }))
    }

    fn returns(text: &str) -> Expectation {
        Expectation { returns: Some(text.into()), ..Expectation::default() }
    }

    fn passes(expectation: &Expectation, outcome: &Outcome) -> bool {
        judge(expectation, outcome).unwrap() == Verdict::Pass
    }

    #[test]
    fn equal_values_are_equal_however_they_are_spelt() {
        let result = Type::result(Some(Type::STRING), Some(Type::STRING));
        assert!(passes(&returns("ok( \"x\" )"), &returned("ok(\"x\")", result)));
        assert!(passes(&returns("nan"), &returned("nan", Type::F64)));
        assert!(passes(
            &returns("[nan, 1.50, 1e3]"),
            &returned("[nan, 1.5, 1000]", Type::list(Type::F32),)
        ));
        let record = Type::record([("a", Type::U8), ("b", Type::option(Type::U8))]).unwrap();
        assert!(passes(
            &returns("{b: some(2), a: 1}"),
            &returned("{a: 1, b: some(2)}", record.clone())
        ));
        assert!(passes(&returns("{a: 1, b: none}"), &returned("{a: 1}", record)));
        let flags = Type::flags(["x", "y"]).unwrap();
        assert!(passes(&returns("{y, x}"), &returned("{x, y}", flags)));
        assert!(passes(&returns("\"\\u{e4}\""), &returned("\"ä\"", Type::STRING)));
    }

    #[test]
    fn another_value_is_a_difference_in_canonical_spelling() {
        let verdict =
            judge(&returns("[ 1,2 ]"), &returned("[1, 3]", Type::list(Type::U8))).unwrap();
        let difference = Difference {
            subject: Subject::Ending,
            expected: "[1, 2]".into(),
            got: "[1, 3]".into(),
        };
        assert_eq!(verdict, Verdict::Fail { differences: vec![difference] });
    }

    #[test]
    fn what_cannot_be_that_type_is_an_error_of_the_check() {
        let error = judge(&returns("ok(1)"), &returned("3", Type::U8)).unwrap_err();
        assert_eq!(error.to_string(), "`returns` is not a `u8`: a value of another type");
        let nothing = judge(&returns("1"), &outcome(Ending::Returned(None))).unwrap_err();
        assert!(matches!(nothing, ExpectationError::ReturnsNothing));
    }

    #[test]
    fn a_check_that_says_nothing_wants_a_return() {
        let nothing = Expectation::default();
        assert!(passes(&nothing, &outcome(Ending::Returned(None))));
        let verdict = judge(&nothing, &trapped("wasm trap: unreachable")).unwrap();
        let Verdict::Fail { differences } = verdict else { panic!("it passed") };
        assert_eq!(differences[0].expected, "a return");
        assert_eq!(differences[0].got, "a trap: wasm trap: unreachable");
    }

    #[test]
    fn traps_and_limits_are_told_apart() {
        let traps = Expectation { traps: Some("unreach".into()), ..Expectation::default() };
        let over = Expectation { exceeds: Some(Limit::Memory), ..Expectation::default() };
        assert!(passes(&traps, &trapped("wasm trap: unreachable")));
        assert!(!passes(&traps, &trapped("wasm trap: integer overflow")));
        assert!(!passes(&traps, &outcome(Ending::Exceeded(Limit::Memory))));
        assert!(passes(&over, &outcome(Ending::Exceeded(Limit::Memory))));
        assert!(!passes(&over, &outcome(Ending::Exceeded(Limit::Timeout))));
        assert!(!passes(&over, &trapped("wasm trap: unreachable")));
    }

    #[test]
    fn output_is_compared_whole_and_must_be_granted() {
        let wants = |stdout: Option<&str>, stderr: Option<&str>| Expectation {
            stdout: stdout.map(str::to_owned),
            stderr: stderr.map(str::to_owned),
            ..Expectation::default()
        };
        let happened = outcome(Ending::Returned(None));
        assert!(passes(&wants(Some("hello\n"), None), &happened));
        assert!(!passes(&wants(Some("hello"), None), &happened));
        let Verdict::Fail { differences } = judge(&wants(Some("x"), Some("")), &happened).unwrap()
        else {
            panic!("it passed")
        };
        assert_eq!(differences.len(), 2);
        assert!(differences[1].got.contains("not granted"));
    }
}
