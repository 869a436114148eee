//! What happened when a function was called.

use std::borrow::Cow;
use std::collections::BTreeMap;
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
    /// What became of files that were watched, by the guest's path.
    pub files: BTreeMap<String, WatchedFile>,
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
    /// The line of the manifest that would allow it, below `[grants]`: `env = { HOME = "..." }`;
    /// empty, if none would.
    pub grant: String,
    /// How often it tried.
    pub times: u64,
}

/// What became of a file while a call was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchedFile {
    /// It is not there, or is no file of that directory.
    Missing,
    /// It is as it was before.
    Untouched,
    /// It was written, and this is all that is in it.
    Written(String),
    /// It was written with bytes that are not UTF-8, which show as `U+FFFD`.
    NoText(String),
    /// It was written, and is longer than so many bytes; no more is read.
    TooLong {
        /// The bytes.
        most: usize,
    },
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
    /// Where, the innermost function first; no more than [`Trap::FRAMES`].
    pub frames: Vec<Frame>,
    /// What is missing of debug information, and why; none where nothing was in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// A function that was running when a component stopped or was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Frame {
    /// The pipeline's component whose code it is; none where that is not known, and for what joins
    /// components.
    pub component: Option<String>,
    /// The core module, where it has a name.
    pub module: Option<String>,
    /// The function's name as its programmer wrote it, if the program has kept it.
    pub function: Option<String>,
    /// Where it had come to, if the component carries debug information.
    pub place: Option<Place>,
    /// The same in WebAssembly's terms; none where an interpreter told of the frame.
    pub code: Option<Code>,
}

/// A place in a program's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Code {
    /// The part of the program, by its place among those that were started; 0 where it is started as
    /// a whole.
    #[serde(skip)]
    pub part: usize,
    /// The byte of that part, where it is known.
    pub offset: Option<usize>,
    /// The function's number in its core module.
    pub function: u32,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Place {
    /// The file: relative to the manifest if it is the component's own, else as its compiler
    /// called it.
    pub file: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
    /// Whether the file is one that the component is built of: not of a library, and not written by
    /// a tool.
    pub own: bool,
    /// The line's text, if the file is the component's own and as it was when that was built.
    pub text: Option<String>,
}

impl Trap {
    /// How many of the functions that were running are told.
    pub const FRAMES: usize = 20;
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

impl Refusal {
    /// What stands in `wanted` for all that was tried with a function after the first different
    /// things.
    pub const OTHERS: &str = "other things";

    /// What was refused: the function, and what it asked for.
    pub fn what(&self) -> String {
        match &self.wanted {
            Some(wanted) => format!("{}: {wanted}", self.function),
            None => self.function.clone(),
        }
    }

    /// Whether it is the one that a check means by `denied = "part"`.
    pub fn is_meant_by(&self, part: &str) -> bool {
        self.what().contains(part) || self.grant.contains(part)
    }
}

impl fmt::Display for Refusal {
    /// One line: what was refused, how often, and what would allow it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the component used `{}`", self.function)?;
        if self.wanted.as_deref() == Some(Self::OTHERS) {
            let Self { times, .. } = self;
            return write!(formatter, " for {} {times} times, which are not granted", Self::OTHERS);
        }
        if let Some(wanted) = &self.wanted {
            write!(formatter, " for `{}`", wanted.escape_debug())?;
        }
        if self.times > 1 {
            write!(formatter, " {} times", self.times)?;
        }
        formatter.write_str(", which is not granted")?;
        if self.grant.is_empty() {
            formatter.write_str(" and cannot be")
        } else {
            write!(formatter, "; it would be by `{}`", self.grant)
        }
    }
}

impl Frame {
    /// The function's name, or else its number.
    pub fn name(&self) -> Cow<'_, str> {
        match (&self.function, self.code) {
            (Some(name), _) => name.into(),
            (None, Some(code)) => format!("function {}", code.function).into(),
            (None, None) => "a function".into(),
        }
    }

    /// Whether it is of the component's own sources.
    pub fn is_own(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.own)
    }
}

impl fmt::Display for Place {
    /// `file:line:column`, as far as known.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        for number in [self.line, self.column].into_iter().map_while(|number| number) {
            write!(formatter, ":{number}")?;
        }
        Ok(())
    }
}

pub(super) fn as_milliseconds<S: Serializer>(
    elapsed: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(elapsed.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_would_allow_it() {
        let mut refusal = Refusal {
            function: "wasi:http/outgoing-handler.handle".to_owned(),
            wanted: Some("http://evil.com".to_owned()),
            grant: "http = [\"http://evil.com\"]".to_owned(),
            times: 1,
        };
        assert_eq!(
            refusal.to_string(),
            "the component used `wasi:http/outgoing-handler.handle` for `http://evil.com`, which is \
             not granted; it would be by `http = [\"http://evil.com\"]`"
        );
        refusal.wanted = Some("a\nb".to_owned());
        refusal.grant.clear();
        refusal.times = 3;
        assert_eq!(
            refusal.to_string(),
            "the component used `wasi:http/outgoing-handler.handle` for `a\\nb` 3 times, which is \
             not granted and cannot be"
        );
    }
}
