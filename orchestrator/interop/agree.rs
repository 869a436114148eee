//! Which functions implementations have in common, by what they export.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Function;
use super::disagreement::Disagreement;
use crate::check::interface::{own, unversioned};
use crate::check::{Signature, Types};
use crate::nearest::{quoted, suggestion};

/// A function that an implementation exports.
#[derive(Debug, Clone)]
pub struct Export {
    /// Its name and its types as text.
    pub signature: Signature,
    /// Its types; none where one of them is a resource, a stream or something else that has no text.
    pub types: Option<Types>,
}

/// What implementations have in common.
#[derive(Debug, Clone)]
pub struct Agreed {
    /// The functions that can be called, in the order of the first implementation.
    pub functions: Vec<Function>,
    /// Those that are not called.
    pub skipped: Vec<Skipped>,
    /// What each implementation calls the interface; none for functions of its own.
    pub interfaces: Vec<Option<String>>,
}

/// A function that is not called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Its own name.
    pub function: String,
    /// Why, in a few words.
    pub why: String,
}

/// The functions of `interface` (in full, without its version, or by its own name; of none, those
/// that a component exports itself) that all components have, but for those in `skip`.
/// With `echo`, only those that can give back their argument.
pub fn agree(
    components: &[(&str, Vec<Export>)],
    interface: Option<&str>,
    skip: &[&str],
    echo: bool,
) -> Result<Agreed, Disagreement> {
    let mut interfaces = Vec::new();
    let mut of_each = Vec::new();
    for (component, exports) in components {
        let found = interface.map(|interface| find(component, exports, interface)).transpose()?;
        let of_interface = |export: &&Export| export.signature.interface == found;
        let functions: Vec<_> = exports.iter().filter(of_interface).collect();
        if functions.is_empty() {
            let component = (*component).to_owned();
            return Err(Disagreement::NoFunctions { component, help: has(exports) });
        }
        of_each.push((*component, functions));
        interfaces.push(found);
    }
    let names = of_each.iter().flat_map(|(_, functions)| functions);
    let names: BTreeSet<_> = names.map(|export| export.signature.function.as_str()).collect();
    for function in skip {
        if !names.contains(function) {
            let help = suggestion(function, names, "the functions are");
            return Err(Disagreement::Skip { function: (*function).to_owned(), help });
        }
    }
    for (_, functions) in &mut of_each {
        functions.retain(|export| !skip.contains(&export.signature.function.as_str()));
    }
    let Some((first, others)) = of_each.split_first() else {
        return Err(Disagreement::Nothing { skipped: Vec::new() });
    };
    for other in others {
        same(first, other)?;
    }
    let mut agreed = Agreed { functions: Vec::new(), skipped: Vec::new(), interfaces };
    for export in &first.1 {
        match callable(export, echo) {
            Ok(function) => agreed.functions.push(function),
            Err(skipped) => agreed.skipped.push(skipped),
        }
    }
    if agreed.functions.is_empty() {
        return Err(Disagreement::Nothing { skipped: agreed.skipped });
    }
    Ok(agreed)
}

/// The full name of the interface that is meant.
fn find(component: &str, exports: &[Export], interface: &str) -> Result<String, Disagreement> {
    let all = interfaces(exports);
    if all.contains(&interface) {
        return Ok(interface.to_owned());
    }
    let is_meant = |full: &&&str| [unversioned(full), own(full)].contains(&interface);
    let candidates: Vec<_> = all.iter().filter(is_meant).collect();
    let (component, interface) = (component.to_owned(), interface.to_owned());
    match candidates[..] {
        [one] => Ok((*one).to_owned()),
        [] => Err(Disagreement::NoInterface { component, interface, help: has(exports) }),
        _ => {
            let candidates = candidates.into_iter().map(|full| (*full).to_owned()).collect();
            Err(Disagreement::Ambiguous { component, interface, candidates })
        }
    }
}

/// That two components have the same functions.
fn same(first: &(&str, Vec<&Export>), other: &(&str, Vec<&Export>)) -> Result<(), Disagreement> {
    let of_name = |of: &[&Export], name: &str| -> Option<usize> {
        of.iter().position(|export| export.signature.function == name)
    };
    for (has, has_not) in [(first, other), (other, first)] {
        for export in &has.1 {
            let name = &export.signature.function;
            if of_name(&has_not.1, name).is_none() {
                return Err(Disagreement::Missing {
                    component: has_not.0.to_owned(),
                    function: name.clone(),
                    other: has.0.to_owned(),
                });
            }
        }
    }
    for export in &first.1 {
        let name = &export.signature.function;
        let twin = other.1[of_name(&other.1, name).expect("it was found above")];
        if export.types != twin.types {
            return Err(Disagreement::Types {
                component: other.0.to_owned(),
                function: name.clone(),
                types: types(&twin.signature),
                other: first.0.to_owned(),
                other_types: types(&export.signature),
            });
        }
    }
    Ok(())
}

/// The function as one to call, or why it is not called.
fn callable(export: &Export, echo: bool) -> Result<Function, Skipped> {
    let name = export.signature.function.clone();
    let skipped = |why: &str| Err(Skipped { function: name.clone(), why: why.to_owned() });
    let Some(Types { parameters, result }) = export.types.clone() else {
        return skipped("it takes or returns a resource, stream or future");
    };
    // `counter.increment`, and the like.
    if name.contains('.') {
        return skipped("it belongs to a resource");
    }
    if echo && (parameters.len() != 1 || result.as_ref() != parameters.first()) {
        return skipped("it cannot give back its argument");
    }
    Ok(Function { name, parameters, result })
}

/// A signature without its name: `func(input: list<u8>) -> list<u8>`.
fn types(signature: &Signature) -> String {
    let text = signature.to_string();
    text[signature.name().len()..].trim_start_matches(": ").to_owned()
}

/// The interfaces that a component exports.
fn interfaces(exports: &[Export]) -> Vec<&str> {
    let interfaces = exports.iter().filter_map(|export| export.signature.interface.as_deref());
    let mut interfaces: Vec<_> = interfaces.collect();
    interfaces.dedup();
    interfaces
}

/// All that a component exports, in a few words.
fn has(exports: &[Export]) -> String {
    let interfaces = interfaces(exports);
    let own = exports.iter().any(|export| export.signature.interface.is_none());
    match (interfaces.is_empty(), own) {
        (true, false) => "it exports no function at all".to_owned(),
        (true, true) => "it exports functions of its own: leave `interface` out".to_owned(),
        (false, _) => format!("it exports {}", quoted(interfaces)),
    }
}

#[cfg(test)]
mod tests {
    use miette::Diagnostic as _;
    use wasm_wave::value::Type;

    use super::*;
    use crate::check::Parameter;

    /// `interface.function` with parameters and result of these types; `-` for a resource.
    fn export(name: &str, parameters: &[&str], result: Option<&str>) -> Export {
        let of = |name: &str| match name {
            "u8" => Some(Type::U8),
            "string" => Some(Type::STRING),
            _ => None,
        };
        let types = parameters.iter().map(|name| of(name)).collect::<Option<Vec<_>>>();
        let (interface, function) = match name.rsplit_once("..") {
            Some((interface, function)) => (Some(interface.to_owned()), function),
            None => (None, name),
        };
        let named = parameters.iter().map(|of| Parameter { name: "p".into(), of: (*of).into() });
        Export {
            signature: Signature {
                interface,
                function: function.to_owned(),
                parameters: named.collect(),
                result: result.map(str::to_owned),
            },
            types: types.map(|parameters| Types { parameters, result: result.and_then(of) }),
        }
    }

    fn said(disagreement: &Disagreement) -> String {
        format!("{disagreement}\n{}", disagreement.help().unwrap())
    }

    #[test]
    fn versions_may_differ_and_functions_may_not() {
        let one = vec![
            export("a:b/c@1.0.0..f", &["u8"], Some("u8")),
            export("a:b/c@1.0.0..g", &[], None),
            export("own", &[], None),
        ];
        let other = vec![
            export("a:b/c@1.1.0..g", &[], None),
            export("a:b/c@1.1.0..f", &["u8"], Some("u8")),
        ];
        let components = [("one", one.clone()), ("other", other.clone())];
        for interface in ["c", "a:b/c"] {
            let agreed = agree(&components, Some(interface), &[], false).unwrap();
            let names: Vec<_> = agreed.functions.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names, ["f", "g"]);
            let interfaces = [Some("a:b/c@1.0.0".to_owned()), Some("a:b/c@1.1.0".to_owned())];
            assert_eq!(agreed.interfaces, interfaces);
        }
        let no = agree(&components, None, &[], false).unwrap_err();
        assert_eq!(
            said(&no),
            "component `other` exports no function outside of an interface\n\
             it exports `a:b/c@1.1.0`"
        );
        let fewer = [("one", one), ("other", other[..1].to_vec())];
        assert_eq!(
            said(&agree(&fewer, Some("c"), &[], false).unwrap_err()),
            "component `other` has no function `f`, which `one` has\n\
             build both from the same WIT, or leave it out: `skip = [\"f\"]`"
        );
        assert_eq!(agree(&fewer, Some("c"), &["f"], false).unwrap().functions.len(), 1);
    }

    #[test]
    fn other_types_are_shown_side_by_side() {
        let components = [
            ("one", vec![export("f", &["u8"], Some("string"))]),
            ("other", vec![export("f", &["string"], Some("string"))]),
        ];
        assert_eq!(
            said(&agree(&components, None, &[], false).unwrap_err()),
            "`f` of component `other` has other types than that of `one`\n\
             `other` has `func(p: string) -> string`,\n\
             `one` has `func(p: u8) -> string`:\n\
             build both from the same WIT, or leave it out: `skip = [\"f\"]`"
        );
    }

    #[test]
    fn an_interface_is_there_once() {
        let twice = vec![export("a:b/c@1.0.0..f", &[], None), export("x:y/c..f", &[], None)];
        let of = |interface| agree(&[("one", twice.clone())], Some(interface), &[], false);
        assert_eq!(
            said(&of("c").unwrap_err()),
            "`c` may mean more than one interface of component `one`\n\
             write one in full: `a:b/c@1.0.0`, `x:y/c`"
        );
        assert!(of("x:y/c").is_ok());
        assert_eq!(
            said(&of("d").unwrap_err()),
            "component `one` exports no interface `d`\nit exports `a:b/c@1.0.0`, `x:y/c`"
        );
    }

    #[test]
    fn what_cannot_be_called_is_told() {
        let exports = vec![
            export("f", &["u8"], Some("u8")),
            export("counter.all", &[], Some("u8")),
            export("take", &["-"], None),
            export("two", &["u8", "u8"], Some("u8")),
        ];
        let of = |skip: &[&str], echo| agree(&[("one", exports.clone())], None, skip, echo);
        let agreed = of(&[], true).unwrap();
        assert_eq!(agreed.functions.len(), 1);
        let why: Vec<_> = agreed.skipped.iter().map(|it| it.why.as_str()).collect();
        assert_eq!(
            why,
            [
                "it belongs to a resource",
                "it takes or returns a resource, stream or future",
                "it cannot give back its argument"
            ]
        );
        let nothing = of(&["f"], true).unwrap_err();
        assert!(said(&nothing).contains("`take`: it takes"), "{}", said(&nothing));
        assert_eq!(
            said(&of(&["tvo"], false).unwrap_err()),
            "there is no function `tvo` to skip\ndid you mean `two`?"
        );
    }
}
