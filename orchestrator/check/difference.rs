//! One thing that was otherwise than expected.

use serde::Serialize;

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
