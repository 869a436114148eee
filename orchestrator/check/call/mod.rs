//! A call as a person writes it, and its arguments as the function wants them.

mod error;

use std::ops::Range;

use wasm_wave::ast::{Node, NodeType};
use wasm_wave::parser::{ParserError, ParserErrorKind};
use wasm_wave::untyped::UntypedValue;
use wasm_wave::wasm::{WasmType, WasmTypeKind, WasmValue};

use super::reference::{self, Reference};
use super::{Nan, Signature};
pub(crate) use error::problem;
pub(super) use error::quote;
pub use error::{ArgumentError, CallSyntaxError, Misfit};

/// `function(arguments)`, or `interface.function(arguments)`; of a resource, `counter(1)` makes
/// one and `counter.next($c)` calls a function of it.
///
/// It is parsed once and may be made any number of times.
#[derive(Debug, Clone)]
pub struct Call {
    text: String,
    name: String,
    /// The arguments as a WAVE tuple; none for `()`.
    arguments: Option<Node>,
    /// The arguments' text, with references masked: what `arguments` is made of.
    source: String,
    /// Where it begins in `text`.
    offset: usize,
    references: Vec<Reference>,
    nan: Nan,
}

impl Call {
    /// Reads a call.
    pub fn parse(text: &str) -> Result<Self, CallSyntaxError> {
        let Some(offset) = text.find('(') else {
            let (text, span) = quote(text, text.len()..text.len());
            return Err(CallSyntaxError::NoArguments { text, span });
        };
        let name = text[..offset].trim();
        if !is_name(name) {
            let start = text.len() - text.trim_start().len();
            let (text, span) = quote(text, start..start + name.len());
            return Err(CallSyntaxError::Name { name: name.to_owned(), text, span });
        }
        let malformed = |place: Range<usize>, problem: String| {
            let (text, span) = quote(text, shift(place, offset));
            CallSyntaxError::Value { function: name.to_owned(), problem, text, span }
        };
        let (source, references) = reference::mask(&text[offset..]);
        let arguments = match UntypedValue::parse(&source) {
            Ok(value) => Some(value.node().clone()),
            Err(error) if is_empty_list(&error) && nothing_after(&source, &error) => None,
            Err(error) => return Err(malformed(error.span(), problem(&error))),
        };
        let mut values = Vec::new();
        if let Some(arguments) = &arguments {
            collect_labels(arguments, &source, &mut values);
        }
        if let Some(stray) = references.iter().find(|it| !values.contains(&it.span)) {
            let problem = format!("`{stray}` stands where no value does");
            return Err(malformed(stray.span.clone(), problem));
        }
        let name = name.replace(".%", ".");
        let name = name.strip_prefix('%').unwrap_or(&name).to_owned();
        let (text, nan) = (text.to_owned(), Nan::default());
        Ok(Self { text, name, arguments, source, offset, references, nan })
    }

    /// The same call, with each NaN among its arguments handed over in these bits.
    #[must_use]
    pub fn with_nan(self, nan: Nan) -> Self {
        Self { nan, ..self }
    }

    /// The bits in which each NaN among its arguments is handed over.
    pub fn nan(&self) -> Nan {
        self.nan
    }

    /// The call as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name before the parentheses.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text that the nodes of [`arguments`](Self::arguments) are pieces of: a label stands in
    /// it for each reference.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The values of earlier steps that it needs.
    pub fn references(&self) -> &[Reference] {
        &self.references
    }

    /// What `node` of the arguments refers to, if it is a reference.
    pub fn reference(&self, node: &Node) -> Option<&Reference> {
        self.references.iter().find(|it| it.span == node.span())
    }

    /// Whether `node` is a reference or holds one.
    pub fn refers_within(&self, node: &Node) -> bool {
        let span = node.span();
        self.references.iter().any(|it| span.start <= it.span.start && it.span.end <= span.end)
    }

    /// The arguments as values of `types`, which are those of `signature`'s parameters; `read`
    /// makes one of a node.
    ///
    /// Trailing parameters that are options may be left out.
    pub fn arguments<V: WasmValue>(
        &self,
        signature: &Signature,
        types: &[V::Type],
        mut read: impl FnMut(&Node, &V::Type) -> Result<V, Misfit>,
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
        let mut values = Vec::with_capacity(types.len());
        for (index, of) in types.iter().enumerate() {
            let none = || {
                let none = UntypedValue::parse("none").and_then(|none| none.to_wasm_value(of));
                none.map_err(Misfit::from)
            };
            let value = given.get(index).map_or_else(none, |node| read(node, of));
            values.push(value.map_err(|misfit| self.misfit(signature, index, misfit))?);
        }
        Ok(values)
    }

    fn misfit(&self, signature: &Signature, index: usize, misfit: Misfit) -> ArgumentError {
        let parameter = signature.parameters.get(index);
        let (text, span) = quote(&self.text, shift(misfit.span, self.offset));
        ArgumentError::Type {
            signature: Box::new(signature.clone()),
            parameter: parameter.map(|it| it.name.clone()).unwrap_or_default(),
            of: parameter.map(|it| it.of.clone()).unwrap_or_default(),
            problem: misfit.problem,
            text,
            span,
        }
    }
}

/// Whether a function can be called so. The last dot stands before the function: versions have
/// dots, functions have none.
fn is_name(name: &str) -> bool {
    let (before, function) = match name.rsplit_once('.') {
        Some((before, function)) => (Some(before), function),
        None => (None, name),
    };
    let function = function.strip_prefix('%').unwrap_or(function);
    function.starts_with(|first: char| first.is_ascii_alphabetic())
        && function.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        && before.is_none_or(|before| !before.is_empty())
}

/// The places of all labels that stand for a value.
fn collect_labels(node: &Node, source: &str, labels: &mut Vec<Range<usize>>) {
    let mut inside = |node: &Node| collect_labels(node, source, labels);
    match node.ty() {
        NodeType::Label => labels.push(node.span()),
        NodeType::Tuple => node.as_tuple().into_iter().flatten().for_each(inside),
        NodeType::List => node.as_list().into_iter().flatten().for_each(inside),
        NodeType::Record => {
            node.as_record(source).into_iter().flatten().for_each(|(_, node)| inside(node));
        }
        NodeType::VariantWithPayload => {
            node.as_variant(source).ok().and_then(|(_, node)| node).into_iter().for_each(inside);
        }
        NodeType::OptionSome => node.as_option().into_iter().flatten().for_each(inside),
        NodeType::ResultOk | NodeType::ResultErr => {
            let payload = node.as_result().ok().and_then(|result| result.unwrap_or_else(|err| err));
            payload.into_iter().for_each(inside);
        }
        _ => {}
    }
}

/// WAVE has no empty tuple; as a list of arguments it is one.
fn is_empty_list(error: &ParserError) -> bool {
    error.kind() == ParserErrorKind::EmptyTuple && error.span().start == 0
}

fn nothing_after(source: &str, error: &ParserError) -> bool {
    source[error.span().end..].trim().is_empty()
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
        let call = Call::parse(text).unwrap();
        let read = |node: &Node, of: &Type| Ok(node.to_wasm_value(of, call.source())?);
        call.arguments(&signature(&named), types, read)
    }

    #[test]
    fn a_function_of_the_component_itself() {
        let call = Call::parse(" run ( \"test query\" ) ").unwrap();
        assert_eq!(call.name(), "run");
        assert!(Call::parse("run()").is_ok() && Call::parse("run( )").is_ok());
    }

    #[test]
    fn a_version_has_dots_and_a_function_has_none() {
        let call = Call::parse("demo:pipeline/data-source@0.1.0.fetch-data(1)").unwrap();
        assert_eq!(call.name(), "demo:pipeline/data-source@0.1.0.fetch-data");
        assert_eq!(Call::parse("data-source.%fetch(1)").unwrap().name(), "data-source.fetch");
    }

    #[test]
    fn what_it_refers_to_is_known_by_its_place() {
        let call = Call::parse("counter.add($c, [$list[0], 1], {x: $p.x})").unwrap();
        let references: Vec<_> = call.references().iter().map(ToString::to_string).collect();
        assert_eq!(references, ["$c", "$list[0]", "$p.x"]);
        let tuple = call.arguments.as_ref().unwrap();
        let nodes: Vec<_> = tuple.as_tuple().unwrap().collect();
        assert_eq!(call.reference(nodes[0]).map(|it| it.name.as_str()), Some("c"));
        assert!(call.reference(nodes[1]).is_none() && call.refers_within(nodes[1]));
        assert!(!Call::parse("f(1)").unwrap().refers_within(nodes[1]));
    }

    #[test]
    fn a_reference_stands_where_a_value_may() {
        let said = |text| Call::parse(text).unwrap_err().to_string();
        for text in ["f({$c: 1})", "f({$c})", "f($c(1))"] {
            assert!(said(text).ends_with("`$c` stands where no value does"), "{}", said(text));
        }
        assert!(said("f($)").ends_with("this is no value"));
        assert!(said("f($c d)").ends_with("this does not belong here"));
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
