//! Calls from one part of a component to another, as they are told.

use std::time::Duration;

use serde::Serialize;

use super::outcome::as_milliseconds;

/// A call from one part to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Crossing {
    /// How many calls it was made within.
    pub depth: usize,
    /// Who called.
    pub consumer: String,
    /// Who was called.
    pub provider: String,
    /// The function: `interface.function`, or `function` alone.
    pub function: String,
    /// What it was given, in WAVE; long values are cut, and what has no text is named.
    pub arguments: Vec<String>,
    /// What came of it; nothing where it did not come back.
    pub returned: Option<CameBack>,
}

/// What came of a call from one part to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CameBack {
    /// The value, as arguments are told, where the function returns one.
    pub value: Option<String>,
    /// Wall-clock time, with that of all calls within it.
    #[serde(rename = "milliseconds", serialize_with = "as_milliseconds")]
    pub elapsed: Duration,
    /// Fuel, with that of all calls within it; none where fuel is not counted.
    pub fuel: Option<u64>,
}

/// All calls from one part to another within one call.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Crossings {
    /// In the order in which they began, up to a bound.
    pub made: Vec<Crossing>,
    /// How many more there were.
    pub left_out: u64,
}
