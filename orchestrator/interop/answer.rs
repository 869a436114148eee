//! What implementations answered, and which of the answers are the same.

use std::fmt;

use wasm_wave::value::Value;
use wasm_wave::wasm::{WasmTypeKind, WasmValue as _};

use super::shape::text;
use crate::check::are_near;
use crate::manifest::Limit;

/// What one implementation answered to one call.
#[derive(Debug, Clone)]
pub enum Answer {
    /// It returned, with a value if the function has a result.
    Returned(Option<Value>),
    /// It trapped; the message is for people, and not compared: each language has its own.
    Trapped(String),
    /// It went over a limit.
    Exceeded(Limit),
}

impl Answer {
    /// Whether calls may follow.
    pub fn is_return(&self) -> bool {
        matches!(self, Self::Returned(_))
    }

    pub(super) fn end(&self) -> End {
        match self {
            Self::Returned(Some(value))
                if value.kind() == WasmTypeKind::Result && value.unwrap_result().is_err() =>
            {
                End::Error
            }
            Self::Returned(_) => End::Value,
            Self::Trapped(_) => End::Trap,
            Self::Exceeded(_) => End::Limit,
        }
    }
}

/// How an answer ended, as far as a difference in it is another difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// A value.
    Value,
    /// The error of a result.
    Error,
    /// A trap.
    Trap,
    /// A limit.
    Limit,
}

impl fmt::Display for Answer {
    /// The value in WAVE, or one line that says why there is none.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(Some(value)) => formatter.write_str(&text(value)),
            Self::Returned(None) => formatter.write_str("a return without a value"),
            Self::Trapped(message) => write!(formatter, "a trap: {message}"),
            Self::Exceeded(limit) => {
                write!(formatter, "stopped: over the limit `{}`", limit.name())
            }
        }
    }
}

/// One number for each answer, and equal ones for answers that are the same: the place of the first
/// that is.
pub(super) fn groups(answers: &[Answer], approx: Option<f64>) -> Vec<usize> {
    // WAVE has one text for each value, and one for all that are not a number.
    let texts: Vec<_> = answers.iter().map(|answer| exact_text(answer, approx)).collect();
    let is_same = |one: usize, other: usize| match (&texts[one], &texts[other]) {
        (Some(one), Some(other)) => one == other,
        _ => is_alike(&answers[one], &answers[other], approx),
    };
    let first_like = |place| (0..=place).find(|other| is_same(*other, place));
    (0..answers.len()).map(|place| first_like(place).expect("each is like itself")).collect()
}

/// The value of an answer, where another is the same only if its text is.
fn exact_text(answer: &Answer, approx: Option<f64>) -> Option<String> {
    match answer {
        Answer::Returned(Some(value)) if approx.is_none() => Some(text(value)),
        _ => None,
    }
}

fn is_alike(one: &Answer, other: &Answer, approx: Option<f64>) -> bool {
    match (one, other) {
        (Answer::Returned(Some(one)), Answer::Returned(Some(other))) => {
            approx.is_some_and(|approx| are_near(one, other, approx))
        }
        (Answer::Returned(one), Answer::Returned(other)) => one.is_some() == other.is_some(),
        (Answer::Trapped(_), Answer::Trapped(_)) => true,
        (Answer::Exceeded(one), Answer::Exceeded(other)) => one == other,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use wasm_wave::value::Type;

    use super::*;

    fn returned(of: &Type, text: &str) -> Answer {
        Answer::Returned(Some(wasm_wave::from_str(of, text).unwrap()))
    }

    fn groups_of(of: &Type, texts: &[&str], approx: Option<f64>) -> Vec<usize> {
        let answers: Vec<_> = texts.iter().map(|text| returned(of, text)).collect();
        groups(&answers, approx)
    }

    #[test]
    fn values_are_compared_as_values_and_zero_has_a_sign() {
        assert_eq!(groups_of(&Type::F64, &["nan", "nan", "0", "-0", "0.0"], None), [0, 0, 2, 3, 2]);
        let of = Type::list(Type::STRING);
        assert_eq!(groups_of(&of, &["[]", "[\"\"]", "[ ]"], None), [0, 1, 0]);
    }

    #[test]
    fn a_tolerance_is_for_floats_wherever_they_are_and_for_nothing_else() {
        let near = Some(1e-6);
        let texts = ["1", "1.0000001", "1.001", "nan", "inf", "-inf"];
        assert_eq!(groups_of(&Type::F64, &texts, near), [0, 0, 2, 3, 4, 5]);
        assert_eq!(groups_of(&Type::F64, &["1e30", "1.0000001e30", "1.1e30"], near), [0, 0, 2]);
        assert_eq!(groups_of(&Type::U64, &["1000000000", "1000000001"], near), [0, 1]);
        let record = Type::record([("a", Type::U8), ("b", Type::option(Type::F32))]).unwrap();
        let of = Type::list(Type::result(Some(record), Some(Type::STRING)));
        let texts = [
            "[ok({a: 1, b: some(0.5)})]",
            "[ok({a: 1, b: some(0.50000001)})]",
            "[ok({a: 2, b: some(0.5)})]",
            "[ok({a: 1})]",
            "[err(\"x\")]",
            "[]",
        ];
        assert_eq!(groups_of(&of, &texts, near), [0, 0, 2, 3, 4, 5]);
    }

    #[test]
    fn every_trap_is_a_trap_and_every_limit_its_own() {
        let answers = [
            Answer::Trapped("unreachable".into()),
            Answer::Returned(None),
            Answer::Trapped("integer overflow".into()),
            Answer::Exceeded(Limit::Timeout),
            Answer::Exceeded(Limit::Memory),
            Answer::Returned(None),
        ];
        assert_eq!(groups(&answers, None), [0, 1, 0, 3, 4, 1]);
    }
}
