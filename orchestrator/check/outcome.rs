//! What happened when a function was called.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};
use wasm_wave::value::Type;

use crate::manifest::Limit;

/// What one call did, from its start to its end.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to standard output; none where that is not granted. Bytes that are not
    /// UTF-8 show as `U+FFFD`.
    pub stdout: Option<String>,
    /// What it wrote to standard error; none where that is not granted.
    pub stderr: Option<String>,
    /// What it tried to use and was not granted, each thing once, in the order of the first try.
    pub refusals: Vec<Refusal>,
    /// Fuel used; none where fuel is not counted.
    pub fuel: Option<u64>,
    /// Wall-clock time of the call; with the first call of an instance, that of starting it
    /// too.
    #[serde(rename = "milliseconds", serialize_with = "as_milliseconds")]
    pub elapsed: Duration,
}

/// Something that a component tried to use and was not granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Refusal {
    /// The function of WASI that was refused: `wasi:http/outgoing-handler.handle`.
    pub function: String,
    /// What it asked for, in a few words, where it asked for something: `http://evil.com:80`.
    pub wanted: Option<String>,
    /// The line of the manifest that would allow it, below `[grants]`: `env = { HOME = "..." }`.
    pub grant: String,
    /// How often it tried.
    pub times: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It came back, with a value if its function returns one.
    Returned(Option<Returned>),
    /// It stopped with a trap.
    Trapped(Trap),
    /// It was stopped because it went over a limit.
    Exceeded(Limit),
}

/// A value that a call returned.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Returned {
    /// The value in WAVE, on one line.
    pub text: String,
    /// Its type, for comparing it with what was expected.
    #[serde(skip)]
    pub of: Type,
}

/// Why and where a component stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trap {
    /// The reason, on one line.
    pub message: String,
    /// Where, the innermost function first.
    pub frames: Vec<Frame>,
}

/// A function that was running when a component stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Frame {
    /// The core module, where it has a name.
    pub module: Option<String>,
    /// The function's name as its programmer wrote it, or its number.
    pub function: String,
    /// `file:line`, where the component carries debug information.
    pub place: Option<String>,
}

impl Outcome {
    /// Whether the call came back by itself.
    pub fn is_return(&self) -> bool {
        matches!(self.ending, Ending::Returned(_))
    }
}

impl fmt::Display for Ending {
    /// The value alone, or one line that says why there is none.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(Some(returned)) => formatter.write_str(&returned.text),
            Self::Returned(None) => formatter.write_str("a return without a value"),
            Self::Trapped(trap) => write!(formatter, "a trap: {}", trap.message),
            Self::Exceeded(limit) => {
                write!(formatter, "stopped: over the limit `{}`", limit.name())
            }
        }
    }
}

impl fmt::Display for Trap {
    /// The reason, then one function a line.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)?;
        for frame in &self.frames {
            write!(formatter, "\n  in {frame}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.function)?;
        if let Some(module) = &self.module {
            write!(formatter, " (module {module})")?;
        }
        match &self.place {
            Some(place) => write!(formatter, " at {place}"),
            None => Ok(()),
        }
    }
}

fn as_milliseconds<S: Serializer>(elapsed: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64() * 1000.0)
}
