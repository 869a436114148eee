//! A call as a person writes it, and its arguments as the function wants them.

use std::ops::Range;

use miette::{Diagnostic, SourceSpan};
use thiserror::Error;
use wasm_wave::ast::Node;
use wasm_wave::parser::{ParserError, ParserErrorKind};
use wasm_wave::untyped::UntypedValue;
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue};

use super::Signature;
use super::excerpt::excerpt;

/// `function(arguments)`, or `interface.function(arguments)`.
///
/// It is parsed once and may be made any number of times.
#[derive(Debug, Clone)]
pub struct Call {
    text: String,
    interface: Option<String>,
    function: String,
    /// The arguments as a WAVE tuple; none for `()`.
    arguments: Option<Node>,
    /// Where the arguments begin in `text`.
    offset: usize,
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

impl Call {
    /// Reads a call.
    pub fn parse(text: &str) -> Result<Self, CallSyntaxError> {
        let Some(offset) = text.find('(') else {
            let (text, span) = quote(text, text.len()..text.len());
            return Err(CallSyntaxError::NoArguments { text, span });
        };
        let name = text[..offset].trim();
        let Some((interface, function)) = split_name(name) else {
            let start = text.len() - text.trim_start().len();
            let (text, span) = quote(text, start..start + name.len());
            return Err(CallSyntaxError::Name { name: name.to_owned(), text, span });
        };
        let arguments = match UntypedValue::parse(&text[offset..]) {
            Ok(value) => Some(value.node().clone()),
            Err(error) if is_empty_list(&error) && nothing_after(text, offset, &error) => None,
            Err(error) => {
                let (text, span) = quote(text, shift(error.span(), offset));
                let problem = problem(&error);
                let function = name.to_owned();
                return Err(CallSyntaxError::Value { function, problem, text, span });
            }
        };
        Ok(Self {
            text: text.to_owned(),
            interface: interface.map(str::to_owned),
            function: function.to_owned(),
            arguments,
            offset,
        })
    }

    /// The call as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The interface that it names, in full or short.
    pub fn interface(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    /// The function that it names.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The name before the parentheses.
    pub fn name(&self) -> String {
        match &self.interface {
            Some(interface) => format!("{interface}.{}", self.function),
            None => self.function.clone(),
        }
    }

    /// The arguments as values of `types`, which are those of `signature`'s parameters.
    ///
    /// Trailing parameters that are options may be left out.
    pub fn arguments<V: WasmValue>(
        &self,
        signature: &Signature,
        types: &[V::Type],
    ) -> Result<Vec<V>, ArgumentError> {
        let given: Vec<&Node> = match &self.arguments {
            Some(tuple) => tuple.as_tuple().map(Iterator::collect).unwrap_or_default(),
            None => Vec::new(),
        };
        let left_out = types.get(given.len()..);
        if left_out.is_none_or(|types| types.iter().any(|of| of.kind() != WasmTypeKind::Option)) {
            let signature = Box::new(signature.clone());
            return Err(ArgumentError::Number { signature, given: given.len() });
        }
        let source = &self.text[self.offset..];
        let mut values = Vec::with_capacity(types.len());
        for (index, of) in types.iter().enumerate() {
            let value = match given.get(index) {
                Some(node) => node.to_wasm_value::<V>(of, source),
                None => UntypedValue::parse("none").and_then(|none| none.to_wasm_value(of)),
            };
            values.push(value.map_err(|error| self.misfit(signature, index, &error))?);
        }
        Ok(values)
    }

    fn misfit(&self, signature: &Signature, index: usize, error: &ParserError) -> ArgumentError {
        let parameter = signature.parameters.get(index);
        let (text, span) = quote(&self.text, shift(error.span(), self.offset));
        ArgumentError::Type {
            signature: Box::new(signature.clone()),
            parameter: parameter.map(|it| it.name.clone()).unwrap_or_default(),
            of: parameter.map(|it| it.of.clone()).unwrap_or_default(),
            problem: problem(error),
            text,
            span,
        }
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
pub(super) fn quote(text: &str, place: Range<usize>) -> (String, SourceSpan) {
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

/// The interface, if there is one, and the function. The last dot separates them: versions
/// have dots, functions have none.
fn split_name(name: &str) -> Option<(Option<&str>, &str)> {
    let (interface, function) = match name.rsplit_once('.') {
        Some((interface, function)) => (Some(interface), function),
        None => (None, name),
    };
    let function = function.strip_prefix('%').unwrap_or(function);
    let well_formed = function.starts_with(|first: char| first.is_ascii_alphabetic())
        && function.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let named = interface.is_none_or(|interface| !interface.is_empty());
    (well_formed && named).then_some((interface, function))
}

/// WAVE has no empty tuple; as a list of arguments it is one.
fn is_empty_list(error: &ParserError) -> bool {
    error.kind() == ParserErrorKind::EmptyTuple && error.span().start == 0
}

fn nothing_after(text: &str, offset: usize, error: &ParserError) -> bool {
    text[offset + error.span().end..].trim().is_empty()
}

fn shift(span: Range<usize>, offset: usize) -> Range<usize> {
    span.start + offset..span.end + offset
}

#[cfg(test)]
mod tests {
    use wasm_wave::value::{Type, Value};

    use super::super::Parameter;
    use super::*;

    fn signature(parameters: &[(&str, &Type)]) -> Signature {
        Signature {
            interface: None,
            function: "run".into(),
            parameters: parameters
                .iter()
                .map(|(name, of)| Parameter { name: (*name).into(), of: of.to_string() })
                .collect(),
            result: None,
        }
    }

    fn arguments(text: &str, types: &[Type]) -> Result<Vec<Value>, ArgumentError> {
        let named: Vec<_> = types.iter().map(|of| ("query", of)).collect();
        Call::parse(text).unwrap().arguments(&signature(&named), types)
    }

    #[test]
    fn a_function_of_the_component_itself() {
        let call = Call::parse(" run ( \"test query\" ) ").unwrap();
        assert_eq!((call.interface(), call.function()), (None, "run"));
        assert!(Call::parse("run()").is_ok() && Call::parse("run( )").is_ok());
    }

    #[test]
    fn a_version_has_dots_and_a_function_has_none() {
        let call = Call::parse("demo:pipeline/data-source@0.1.0.fetch-data(1)").unwrap();
        assert_eq!(call.interface(), Some("demo:pipeline/data-source@0.1.0"));
        assert_eq!(call.function(), "fetch-data");
        let short = Call::parse("data-source.%fetch(1)").unwrap();
        assert_eq!((short.interface(), short.function()), (Some("data-source"), "fetch"));
    }

    #[test]
    fn what_is_no_call_says_why() {
        let said = |text| Call::parse(text).unwrap_err().to_string();
        assert_eq!(said("run"), "the call has no arguments in parentheses");
        assert_eq!(said("demo:a/b@0.1.0()"), "`demo:a/b@0.1.0` is not a function's name");
        assert_eq!(said("(1)"), "`` is not a function's name");
        assert_eq!(said("run(1"), "the arguments of `run` cannot be read: it ends too early");
        assert!(said("run(1) 2").ends_with("something follows the closing parenthesis"));
        assert!(said("run() 2").contains("cannot be read"));
        assert!(said("run(\"open)").contains("this is no value"));
    }

    #[test]
    fn arguments_take_their_types_from_the_function() {
        let values = arguments("run(1, \"ä\")", &[Type::U8, Type::STRING]).unwrap();
        assert_eq!(values, [Value::from(1u8), Value::from("ä")]);
        let option = Type::option(Type::U8);
        assert_eq!(arguments("run(1)", &[Type::U8, option]).unwrap().len(), 2);
    }

    #[test]
    fn too_many_or_too_few_are_counted() {
        let said = |text, types: &[Type]| arguments(text, types).unwrap_err().to_string();
        assert_eq!(said("run()", &[Type::U8]), "`run` takes 1 argument, and the call gives 0");
        assert_eq!(said("run(1)", &[]), "`run` takes no argument, and the call gives 1");
    }

    #[test]
    fn a_misfit_names_the_parameter_and_the_place() {
        let error = arguments("run(1, 256)", &[Type::U8, Type::U8]).unwrap_err();
        let ArgumentError::Type { text, span, .. } = &error else { panic!("{error}") };
        assert_eq!(&text[span.offset()..span.offset() + span.len()], "256");
        assert!(error.to_string().starts_with("the argument `query` of `run` is not a `u8`"));
        let record = Type::record([("x", Type::U8)]).unwrap();
        assert!(
            arguments("run({y: 1})", &[record])
                .unwrap_err()
                .to_string()
                .contains("missing field \"x\"")
        );
    }
}
