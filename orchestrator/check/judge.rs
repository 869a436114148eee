//! What a check expects, held against what happened.

use miette::{Diagnostic, SourceSpan};
use serde::Serialize;
use thiserror::Error;

use super::Expectation;
use super::call::{problem, quote};
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

/// One thing that was otherwise than expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Difference {
    /// What was compared.
    pub subject: Subject,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub got: String,
    /// How far floats in it might have been from those expected, where a check says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approx: Option<f64>,
}

impl Difference {
    /// A difference in which nothing may be near.
    pub fn new(subject: Subject, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { subject, expected: expected.into(), got: got.into(), approx: None }
    }
}

/// What was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// How the call ended, the returned value among it.
    Ending,
    /// What was refused.
    Refusals,
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A file, by the guest's path.
    File(String),
    /// Fuel, beside that of another call.
    Fuel,
    /// Time, beside that of another call.
    Time,
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
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use wasm_wave::value::Type;

    use super::super::Trap;
    use super::*;
    use crate::manifest::{CheckStep, Limit};

    fn outcome(ending: Ending) -> Outcome {
        Outcome {
            ending,
            stdout: Some("hello\n".into()),
            stderr: None,
            refusals: Vec::new(),
            files: BTreeMap::new(),
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
        let difference = Difference::new(Subject::Ending, "[1, 2]", "[1, 3]");
        assert_eq!(verdict, Verdict::Fail { differences: vec![difference] });
    }

    #[test]
    fn what_cannot_be_that_type_is_an_error_of_the_check() {
        let error = judge(&returns("ok(1)"), &returned("3", Type::U8)).unwrap_err();
        assert_eq!(error.to_string(), "`returns` is not a `u8`: a value of another type");
        let nothing = judge(&returns("1"), &outcome(Ending::Returned(None))).unwrap_err();
        assert_eq!(
            nothing.to_string(),
            "the check says `returns`, and the function returns no value"
        );
    }

    #[test]
    fn floats_may_be_near_and_the_difference_says_how_near() {
        let near = Expectation { approx: Some(1e-3), ..returns("[1, 2]") };
        let floats = |text: &str| returned(text, Type::list(Type::F64));
        assert!(passes(&near, &floats("[1.0005, 2]")));
        assert!(!passes(&returns("[1, 2]"), &floats("[1.0005, 2]")));
        let Verdict::Fail { differences } = judge(&near, &floats("[1.1, 2]")).unwrap() else {
            panic!("it passed")
        };
        let difference = Difference::new(Subject::Ending, "[1, 2]", "[1.1, 2]");
        assert_eq!(differences, [Difference { approx: Some(1e-3), ..difference }]);
    }

    fn matches(pattern: &str) -> Expectation {
        toml::from_str::<CheckStep>(&format!("call = ''\nmatches = '{pattern}'"))
            .map(|step| Expectation::from(&step))
            .unwrap()
    }

    #[test]
    fn a_pattern_is_found_in_characters_or_in_wave() {
        let string = |text: &str| returned(text, Type::STRING);
        assert!(passes(&matches("[0-9]+ bytes"), &string("\"Stored 26 bytes\"")));
        assert!(passes(&matches("^a\\nb$"), &string("\"a\\nb\"")));
        assert!(!passes(&matches("^bytes"), &string("\"Stored 26 bytes\"")));
        let result = |text: &str| returned(text, Type::result(Some(Type::STRING), None));
        assert!(passes(&matches("^ok\\(.*bytes"), &result("ok(\"26 bytes\")")));
        assert!(!passes(&matches("^ok"), &result("err")));
        let verdict = judge(&matches("x"), &trapped("unreachable")).unwrap();
        let Verdict::Fail { differences } = verdict else { panic!("it passed") };
        assert_eq!(differences[0].expected, "a match of `x`");
        let nothing = judge(&matches("x"), &outcome(Ending::Returned(None))).unwrap_err();
        assert!(nothing.to_string().contains("says `matches`"), "{nothing}");
    }

    #[test]
    fn a_refusal_is_known_by_any_part_and_says_nothing_of_the_end() {
        let denied =
            |part: &str| Expectation { denied: Some(part.into()), ..Expectation::default() };
        let refused = |ending: Ending| Outcome {
            refusals: vec![Refusal {
                function: "wasi:http/outgoing-handler.handle".into(),
                wanted: Some("http://evil.com:80".into()),
                grant: "http = [\"http://evil.com\"]".into(),
                times: 2,
            }],
            ..outcome(ending)
        };
        let happened = refused(Ending::Returned(None));
        for part in ["wasi:http", "evil.com:80", "handle: http", "http = "] {
            assert!(passes(&denied(part), &happened), "{part}");
        }
        let Ending::Trapped(trap) = trapped("unreachable").ending else { unreachable!() };
        assert!(passes(&denied("evil.com"), &refused(Ending::Trapped(trap.clone()))));
        assert!(!passes(&denied("evil.com"), &refused(Ending::Exceeded(Limit::Timeout))));
        let both = Expectation { denied: Some("evil.com".into()), ..returns("1") };
        assert!(!passes(&both, &refused(Ending::Trapped(trap))));

        let told = |happened: &Outcome| match judge(&denied("wasi:sockets"), happened).unwrap() {
            Verdict::Fail { mut differences } => differences.remove(0),
            Verdict::Pass => panic!("it passed"),
        };
        let difference = told(&happened);
        assert_eq!(difference.subject, Subject::Refusals);
        assert_eq!(difference.expected, "a refusal: wasi:sockets");
        assert_eq!(difference.got, "wasi:http/outgoing-handler.handle: http://evil.com:80");
        assert_eq!(told(&outcome(Ending::Returned(None))).got, "nothing was refused");
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

    #[test]
    fn files_are_compared_whole_and_must_have_been_written() {
        let wants = Expectation {
            files: [("/out/a".to_owned(), "text".to_owned())].into(),
            ..Expectation::default()
        };
        let became = |file: WatchedFile| Outcome {
            files: [("/out/a".to_owned(), file)].into(),
            ..outcome(Ending::Returned(None))
        };
        assert!(passes(&wants, &became(WatchedFile::Written("text".into()))));
        for (file, told) in [
            (WatchedFile::Written("text\n".into()), "text\n"),
            (WatchedFile::Untouched, "a file that was there before, and was not written"),
            (WatchedFile::Missing, "no such file"),
            (WatchedFile::NoText("text".into()), "bytes that are not UTF-8: text"),
            (WatchedFile::TooLong { most: 4 }, "more than 4 bytes"),
        ] {
            let verdict = judge(&wants, &became(file)).unwrap();
            let Verdict::Fail { differences } = verdict else { panic!("it passed") };
            assert_eq!(differences[0].subject, Subject::File("/out/a".into()));
            assert_eq!(
                (differences[0].expected.as_str(), differences[0].got.as_str()),
                ("text", told)
            );
        }
    }
}
