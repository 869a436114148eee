//! Which exported function a call means.

use miette::Diagnostic;
use thiserror::Error;

use crate::check::{Call, Signature, is_short_for};
use crate::nearest::{nearest, quoted};

/// A call that means no exported function, or more than one.
#[derive(Debug, Error, Diagnostic)]
pub enum LookupError {
    /// No such function.
    #[error("the component exports no function `{name}`")]
    #[diagnostic(help("{advice}"))]
    Function {
        /// What was called.
        name: String,
        /// What it may have meant, or all there is.
        advice: String,
    },
    /// An interface's short name that several interfaces have.
    #[error("`{name}` may mean the functions of more than one interface")]
    #[diagnostic(help("write the interface in full: {}", quoted(candidates.iter().map(String::as_str))))]
    Ambiguous {
        /// What was called.
        name: String,
        /// What it may mean.
        candidates: Vec<String>,
    },
}

/// The place in `exports` of the function that `call` names.
///
/// An interface may be named in full (`demo:pipeline/sink@0.1.0`), without its version, or by
/// its own name alone (`sink`), as long as one interface only is called so.
pub(super) fn find<'a>(
    call: &Call,
    exports: impl Iterator<Item = &'a Signature> + Clone,
) -> Result<usize, LookupError> {
    let same_function = |signature: &&Signature| signature.function == call.function();
    let candidates = |matches: fn(&str, &str) -> bool| -> Vec<usize> {
        let fits = |signature: &Signature| match (&signature.interface, call.interface()) {
            (Some(interface), Some(wanted)) => matches(interface, wanted),
            (None, None) => true,
            _ => false,
        };
        let numbered = exports.clone().enumerate();
        numbered.filter(|(_, it)| same_function(it) && fits(it)).map(|(index, _)| index).collect()
    };
    for matches in [|full: &str, wanted: &str| full == wanted, is_short_for] {
        match candidates(matches).as_slice() {
            [] => {}
            [index] => return Ok(*index),
            several => {
                let names = exports.enumerate().filter(|(index, _)| several.contains(index));
                let candidates = names.map(|(_, signature)| signature.name()).collect();
                return Err(LookupError::Ambiguous { name: call.name(), candidates });
            }
        }
    }
    let names: Vec<String> = exports.map(Signature::name).collect();
    Err(LookupError::Function { name: call.name(), advice: advice(call, &names) })
}

fn advice(call: &Call, names: &[String]) -> String {
    if names.is_empty() {
        return "it exports no function at all".to_owned();
    }
    // The same function elsewhere is a better guess than a name that looks alike.
    let elsewhere: Vec<String> = names
        .iter()
        .filter(|name| name.rsplit_once('.').is_some_and(|(_, own)| own == call.function()))
        .cloned()
        .collect();
    if !elsewhere.is_empty() {
        return format!(
            "an interface exports it: {}",
            quoted(elsewhere.iter().map(String::as_str))
        );
    }
    match nearest(&call.name(), names.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it exports {}", quoted(names.iter().map(String::as_str))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(call: &str) -> Result<usize, String> {
        let exports = [
            (None, "run"),
            (Some("demo:pipeline/source@0.1.0"), "fetch-data"),
            (Some("demo:pipeline/sink@0.1.0"), "store"),
            (Some("demo:pipeline/sink@0.2.0"), "store"),
            (Some("other:pipeline/source@0.1.0"), "read"),
        ]
        .map(|(interface, function)| Signature {
            interface: interface.map(str::to_owned),
            function: function.to_owned(),
            parameters: Vec::new(),
            result: None,
        });
        find(&Call::parse(call).unwrap(), exports.iter()).map_err(|error| {
            let help = error.help().map(|help| help.to_string()).unwrap_or_default();
            format!("{error}; {help}")
        })
    }

    #[test]
    fn full_and_short_names() {
        assert_eq!(found("run()"), Ok(0));
        assert_eq!(found("demo:pipeline/source@0.1.0.fetch-data()"), Ok(1));
        assert_eq!(found("demo:pipeline/source.fetch-data()"), Ok(1));
        assert_eq!(found("source.fetch-data()"), Ok(1));
        assert_eq!(found("source.read()"), Ok(4));
        assert_eq!(found("demo:pipeline/sink@0.2.0.store()"), Ok(3));
    }

    #[test]
    fn a_short_name_must_be_unique() {
        let error = found("sink.store()").unwrap_err();
        assert!(error.contains("more than one interface"), "{error}");
        assert!(
            error.contains("`demo:pipeline/sink@0.1.0.store`, `demo:pipeline/sink@0.2.0.store`")
        );
    }

    #[test]
    fn a_name_that_is_not_there_gets_the_nearest() {
        assert_eq!(
            found("rum()").unwrap_err(),
            "the component exports no function `rum`; did you mean `run`?"
        );
        let elsewhere = found("fetch-data()").unwrap_err();
        assert!(elsewhere.ends_with("it: `demo:pipeline/source@0.1.0.fetch-data`"), "{elsewhere}");
        assert!(found("zzzzzzzz()").unwrap_err().contains("it exports `run`, "));
    }
}
