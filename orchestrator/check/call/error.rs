//! What is wrong with a call: its text, or its arguments for the function.

use std::ops::Range;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;
use wasm_wave::parser::{ParserError, ParserErrorKind};

use crate::check::Signature;
use crate::check::excerpt::excerpt;

/// An argument, or a part of one, that is not what the function takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// What is wrong.
    pub problem: String,
    /// Where, in [`Call::source`](super::Call::source).
    pub span: Range<usize>,
}

/// A call that cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum CallSyntaxError {
    /// There are no parentheses after the name.
    #[error("the call has no arguments in parentheses")]
    #[diagnostic(help("write `{}()` if the function takes none", text.trim()))]
    NoArguments {
        /// The call, cut short.
        #[source_code]
        text: String,
        /// Its end.
        #[label("`(` is missing after this")]
        span: SourceSpan,
    },
    /// What stands before the parentheses is no function's name.
    #[error("`{name}` is not a function's name")]
    #[diagnostic(help(
        "a call is `function(arguments)`, or `interface.function(arguments)` for a function of \
         an exported interface"
    ))]
    Name {
        /// What stands there.
        name: String,
        /// The call, cut short.
        #[source_code]
        text: String,
        /// The name in it.
        #[label("here")]
        span: SourceSpan,
    },
    /// An argument is not a value in WAVE.
    #[error("the arguments of `{function}` cannot be read: {problem}")]
    #[diagnostic(help(
        "values are written in WAVE: \"text\", 42, true, 'c', [1, 2], {{field: 1}}, (1, 2), \
         some(1), ok(1), case-name"
    ))]
    Value {
        /// The function.
        function: String,
        /// What is wrong.
        problem: String,
        /// The call, cut short.
        #[source_code]
        text: String,
        /// The place in it.
        #[label("here")]
        span: SourceSpan,
    },
}

/// Arguments that do not fit the function.
#[derive(Debug, Error, Diagnostic)]
pub enum ArgumentError {
    /// More or fewer than the function takes.
    #[error(
        "`{}` takes {}, and the call gives {given}",
        signature.name(), count(signature.parameters.len(), "argument")
    )]
    #[diagnostic(help("its signature is `{signature}`"))]
    Number {
        /// The function.
        signature: Box<Signature>,
        /// How many the call has.
        given: usize,
    },
    /// One is not of its parameter's type.
    #[error("the argument `{parameter}` of `{}` is not a `{of}`: {problem}", signature.name())]
    #[diagnostic(help("its signature is `{signature}`"))]
    Type {
        /// The function.
        signature: Box<Signature>,
        /// The parameter.
        parameter: String,
        /// The parameter's type.
        of: String,
        /// What is wrong.
        problem: String,
        /// The call, cut short.
        #[source_code]
        text: String,
        /// The place in it.
        #[label("a `{of}` is expected here")]
        span: SourceSpan,
    },
}

impl From<ParserError> for Misfit {
    fn from(error: ParserError) -> Self {
        Self { problem: problem(&error), span: error.span() }
    }
}

/// What is wrong with a value, in a few words.
pub(crate) fn problem(error: &ParserError) -> String {
    let words = match error.kind() {
        ParserErrorKind::EmptyTuple => "a tuple has at least one value",
        ParserErrorKind::MultipleChars => "more than one character between single quotes",
        ParserErrorKind::InvalidEscape => "an unknown escape in a text",
        ParserErrorKind::InvalidMultilineString => "a malformed multi-line text",
        ParserErrorKind::InvalidToken => "this is no value",
        ParserErrorKind::InvalidType => "a value of another type",
        ParserErrorKind::InvalidValue => "out of range, or not such a number",
        ParserErrorKind::TrailingCharacters => "something follows the closing parenthesis",
        ParserErrorKind::UnexpectedEnd => "it ends too early",
        ParserErrorKind::UnexpectedToken => "this does not belong here",
        ParserErrorKind::DuplicateField => "a field twice",
        ParserErrorKind::DuplicateFlag => "a flag twice",
        _ => {
            return std::error::Error::source(error).map_or(error.to_string(), ToString::to_string);
        }
    };
    words.to_owned()
}

/// `text` cut short around `place`, in the form that a diagnostic wants.
pub(in crate::check) fn quote(text: &str, place: Range<usize>) -> (String, SourceSpan) {
    let (text, place) = excerpt(text, place);
    (text, place.into())
}

/// `2 arguments`, `1 argument`, `no argument`.
fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        more => format!("{more} {what}s"),
    }
}
