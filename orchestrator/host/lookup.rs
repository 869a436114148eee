//! Which exported function a call means.

use miette::Diagnostic;
use thiserror::Error;

use crate::check::{Call, Signature, interface};
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
    /// A short name that functions of several interfaces have.
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
/// its own name alone (`sink`), as long as one interface only is called so; and it may be left out,
/// as long as one only has such a function, and the component itself has none.
pub(super) fn find<'a>(
    call: &Call,
    exports: impl Iterator<Item = &'a Signature> + Clone,
) -> Result<usize, LookupError> {
    let ends_so = |(_, signature): &(usize, &Signature)| call.name().ends_with(&signature.function);
    for spelling in [Signature::name, unversioned, short, |it: &Signature| it.function.clone()] {
        let numbered = exports.clone().enumerate().filter(ends_so);
        let fits = numbered.filter(|(_, signature)| spelling(signature) == call.name());
        match fits.collect::<Vec<_>>().as_slice() {
            [] => {}
            [(index, _)] => return Ok(*index),
            several => {
                let candidates = several.iter().map(|(_, signature)| signature.name()).collect();
                return Err(LookupError::Ambiguous { name: call.name().to_owned(), candidates });
            }
        }
    }
    let names: Vec<String> = exports.map(Signature::name).collect();
    Err(LookupError::Function { name: call.name().to_owned(), advice: advice(call, &names) })
}

/// A function's name, with its interface without its version.
fn unversioned(signature: &Signature) -> String {
    let interface = signature.interface.as_deref().unwrap_or_default();
    format!("{}.{}", interface::unversioned(interface), signature.function)
}

/// A function's name, with its interface by its own name alone.
fn short(signature: &Signature) -> String {
    let interface = signature.interface.as_deref().unwrap_or_default();
    format!("{}.{}", interface::own(interface), signature.function)
}

fn advice(call: &Call, names: &[String]) -> String {
    if names.is_empty() {
        return "it exports no function at all".to_owned();
    }
    let name = call.name();
    // The same function elsewhere is a better guess than a name that looks alike.
    let own = name.rsplit_once('.').map_or(name, |(_, own)| own);
    let elsewhere: Vec<&str> = names
        .iter()
        .filter(|name| name.rsplit_once('.').map_or(name.as_str(), |(_, own)| own) == own)
        .map(String::as_str)
        .collect();
    if !elsewhere.is_empty() {
        return format!("there is {}", quoted(elsewhere));
    }
    // Whoever left the interface out meant a function's own name.
    let own_names = names.iter().map(|name| name.rsplit_once('.').map_or(name.as_str(), |it| it.1));
    let near = nearest(name, names.iter().map(String::as_str)).or_else(|| nearest(name, own_names));
    match near {
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
            (Some("other:pipeline/source@0.1.0"), "counter"),
            (Some("other:pipeline/source@0.1.0"), "counter.next"),
            (Some("other:pipeline/source@0.1.0"), "run"),
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
    fn an_interface_may_be_left_out_where_one_alone_has_the_function() {
        assert_eq!(found("fetch-data()"), Ok(1));
        assert_eq!(found("counter(1)"), Ok(5));
        assert_eq!(found("counter.next(1)"), Ok(6));
        assert_eq!(found("source.counter.next(1)"), Ok(6));
        assert_eq!(found("other:pipeline/source@0.1.0.counter.next(1)"), Ok(6));
        assert_eq!(found("source.run()"), Ok(7));
        assert!(found("store()").unwrap_err().contains("more than one interface"));
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
        let elsewhere = found("sink.fetch-data()").unwrap_err();
        assert!(elsewhere.ends_with("is `demo:pipeline/source@0.1.0.fetch-data`"), "{elsewhere}");
        assert!(found("fetch-dada()").unwrap_err().ends_with("did you mean `fetch-data`?"));
        assert!(found("zzzzzzzz()").unwrap_err().contains("it exports `run`, "));
    }
}
