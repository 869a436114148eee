//! What a check expects, held against what happened.

use miette::{Diagnostic, SourceSpan};
use serde::Serialize;
use thiserror::Error;

use super::Expectation;
use super::call::{problem, quote};
use super::difference::{Difference, Subject};
use super::outcome::{Ending, Outcome, Refusal, Returned, WatchedFile};
use super::value::{self, Wanted};

/// Whether a call did what was expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// A value is expected, and the function returns nothing.
    #[error("the check says `{key}`, and the function returns no value")]
    #[diagnostic(help("leave `{key}` out: the check then passes when the call returns"))]
    ReturnsNothing {
        /// What the check says.
        key: &'static str,
    },
}

/// Holds what happened against what was expected.
pub fn judge(expectation: &Expectation, outcome: &Outcome) -> Result<Verdict, ExpectationError> {
    let mut differences = Vec::new();
    differences.extend(judge_ending(expectation, &outcome.ending)?);
    differences.extend(judge_refusals(expectation.denied.as_deref(), &outcome.refusals));
    let streams = [
        (Subject::Stdout, &expectation.stdout, &outcome.stdout),
        (Subject::Stderr, &expectation.stderr, &outcome.stderr),
    ];
    for (subject, expected, got) in streams {
        differences.extend(judge_stream(subject, expected.as_deref(), got.as_deref()));
    }
    for (path, expected) in &expectation.files {
        differences.extend(judge_file(path, expected, outcome.files.get(path)));
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
    let otherwise =
        |expected: String| Some(Difference::new(Subject::Ending, expected, ending.to_string()));
    if let Some(limit) = expectation.exceeds {
        let met = matches!(ending, Ending::Exceeded(over) if *over == limit);
        let expected = || format!("stopped: over the limit `{}`", limit.name());
        return Ok(if met { None } else { otherwise(expected()) });
    }
    if let Some(part) = &expectation.traps {
        let met = matches!(ending, Ending::Trapped(trap) if trap.message.contains(part.as_str()));
        return Ok(if met { None } else { otherwise(format!("a trap: {part}")) });
    }
    if let Some(wanted) = &expectation.returns {
        return Ok(match returned(ending, "returns")? {
            Some(returned) => {
                let wanted = read(wanted, returned)?;
                let approx = expectation.approx;
                let near = |difference| Difference { approx, ..difference };
                if wanted.is(returned, approx) { None } else { otherwise(wanted.text).map(near) }
            }
            None => otherwise(wanted.clone()),
        });
    }
    if let Some(pattern) = &expectation.matches {
        let returned = returned(ending, "matches")?;
        let met = returned.is_some_and(|it| pattern.is_found_in(&value::characters(it)));
        return Ok(if met { None } else { otherwise(format!("a match of `{pattern}`")) });
    }
    Ok(match ending {
        Ending::Returned(_) => None,
        // Most programs give up where they are refused what they need.
        Ending::Trapped(_) if expectation.denied.is_some() => None,
        _ => otherwise("a return".to_owned()),
    })
}

/// The value returned, if the call returned at all; `key` is what asks for it.
fn returned<'o>(
    ending: &'o Ending,
    key: &'static str,
) -> Result<Option<&'o Returned>, ExpectationError> {
    match ending {
        Ending::Returned(Some(returned)) => Ok(Some(returned)),
        Ending::Returned(None) => Err(ExpectationError::ReturnsNothing { key }),
        _ => Ok(None),
    }
}

/// `wanted` as a value of the type that was returned.
fn read(wanted: &str, returned: &Returned) -> Result<Wanted, ExpectationError> {
    Wanted::read(wanted, &returned.of).map_err(|error| {
        let (text, span) = quote(wanted, error.span());
        let (got, _) = quote(&returned.text, 0..0);
        let of = returned.of.to_string();
        ExpectationError::Returns { of, problem: problem(&error), got, text, span }
    })
}

fn judge_refusals(part: Option<&str>, refusals: &[Refusal]) -> Option<Difference> {
    let part = part?;
    if refusals.iter().any(|refusal| refusal.is_meant_by(part)) {
        return None;
    }
    let got: Vec<_> = refusals.iter().map(Refusal::what).collect();
    let got = if got.is_empty() { "nothing was refused".to_owned() } else { got.join("\n") };
    Some(Difference::new(Subject::Refusals, format!("a refusal: {part}"), got))
}

fn judge_stream(subject: Subject, expected: Option<&str>, got: Option<&str>) -> Option<Difference> {
    let expected = expected?;
    if got == Some(expected) {
        return None;
    }
    let not_kept = "nothing was kept, because it is not granted";
    let got = got.unwrap_or(not_kept).to_owned();
    Some(Difference::new(subject, expected, got))
}

fn judge_file(path: &str, expected: &str, got: Option<&WatchedFile>) -> Option<Difference> {
    let got = match got {
        Some(WatchedFile::Written(text)) if text == expected => return None,
        Some(WatchedFile::Written(text)) => text.clone(),
        Some(WatchedFile::NoText(text)) => format!("bytes that are not UTF-8: {text}"),
        Some(WatchedFile::TooLong { most }) => format!("more than {most} bytes"),
        Some(WatchedFile::Untouched) => "a file that was there before, and was not written".into(),
        Some(WatchedFile::Missing) | None => "no such file".into(),
    };
    Some(Difference::new(Subject::File(path.to_owned()), expected, got))
}

#[cfg(test)]
mod tests;
