//! Interfaces whose functions give back what they are given, one for each type of an interface.
//!
//! Of an interface `shapes` there comes `shapes-echo`, with a function `echo-TYPE` for each type
//! that `shapes` names and for each that a function of it takes or returns without a name for it
//! (`echo-list-u8`). It is WIT text for a file beside the others of the package, and has copies of the
//! types: a component that used those of `shapes` would import it, and so could not run by itself if
//! `shapes` has functions. What has no text is left out, since no call could hand it in: resources,
//! streams, futures, and what holds them.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use miette::Diagnostic;
use thiserror::Error;
use wit_component::WitPrinter;
use wit_parser::{
    Docs, Function, FunctionKind, Interface, InterfaceId, Param, Resolve, Span, Stability, Type,
    TypeId, TypeOwner,
};

use super::wit_type::{defined, in_a_name, is_speakable, origin, parts_mut};
use crate::component::wit::Wit;
use crate::nearest::suggestion;

/// What the world that exports all of them is called.
const WORLD: &str = "echo";

/// Echo interfaces as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Echoes {
    /// WIT of the same package.
    pub wit: String,
    /// Types that are left out, as `interface.type`.
    pub left_out: Vec<String>,
}

/// There is nothing to echo.
#[derive(Debug, Error, Diagnostic, PartialEq, Eq)]
pub enum EchoError {
    /// No such interface.
    #[error("there is no interface `{interface}` in WIT package `{package}`")]
    #[diagnostic(help("{help}"))]
    NoInterface {
        /// The interface asked for.
        interface: String,
        /// The package.
        package: String,
        /// What may have been meant.
        help: String,
    },
    /// No type that could be handed in.
    #[error("there is no type in `{what}` that a call could hand in")]
    #[diagnostic(help("resources, streams and futures have no text, and functions need types"))]
    NoTypes {
        /// The interface or package.
        what: String,
    },
}

/// Echoes of `interface` (by its own name, or in full), or of every interface of the package that
/// is no echo itself.
pub fn echoes(wit: Wit, interface: Option<&str>) -> Result<Echoes, EchoError> {
    let Wit { mut resolve, package } = wit;
    let all = resolve.packages[package].interfaces.clone();
    let is_asked_for = |name: &str, id: InterfaceId| {
        let full = || resolve.id_of(id);
        match interface {
            Some(wanted) => name == wanted || full().as_deref() == Some(wanted),
            None => !name.ends_with("-echo"),
        }
    };
    let chosen: Vec<_> = all.iter().filter(|(name, id)| is_asked_for(name, **id)).collect();
    let name = resolve.packages[package].name.to_string();
    if let (Some(wanted), true) = (interface, chosen.is_empty()) {
        let help = suggestion(wanted, all.keys().map(String::as_str), "its interfaces are");
        return Err(EchoError::NoInterface { interface: wanted.to_owned(), package: name, help });
    }
    let ids: Vec<InterfaceId> = chosen.iter().map(|(_, id)| **id).collect();
    let mut left_out = Vec::new();
    let mut made = IndexMap::new();
    for (name, id) in chosen {
        let others: Vec<_> = ids.iter().copied().filter(|other| other != id).collect();
        let mut collected = Collected { of: name, types: IndexMap::new(), left_out: &mut left_out };
        collected.collect(&resolve, *id, &others);
        let types = collected.types;
        if !types.is_empty() {
            made.insert(format!("{name}-echo"), Echo::add(&mut resolve, *id, name, &types));
        }
    }
    if made.is_empty() {
        return Err(EchoError::NoTypes { what: interface.map_or(name, str::to_owned) });
    }
    let exports = made.keys().map(|name| format!("  export {name};\n"));
    let wit = format!(
        "{}\n\n/// Gives back whatever it is given.\nworld {WORLD} {{\n{}}}\n",
        print(&mut resolve, package, &made).trim_end(),
        exports.collect::<String>(),
    );
    Ok(Echoes { wit, left_out })
}

/// The types of one interface, by the name of the function that gives them back.
struct Collected<'a> {
    of: &'a str,
    types: IndexMap<String, Type>,
    left_out: &'a mut Vec<String>,
}

impl Collected<'_> {
    /// All types but those that this interface only uses of `others`.
    fn collect(&mut self, resolve: &Resolve, id: InterfaceId, others: &[InterfaceId]) {
        let interface = &resolve.interfaces[id];
        for (name, id) in &interface.types {
            let comes_from_another = others.iter().any(|it| origin(resolve, *id) == Some(*it));
            if !is_speakable(resolve, &Type::Id(*id)) {
                self.left_out.push(format!("{}.{name}", self.of));
            } else if !comes_from_another {
                self.add(name, Type::Id(*id));
            }
        }
        for function in interface.functions.values() {
            let parameters = function.params.iter().map(|parameter| &parameter.ty);
            for of in parameters.chain(&function.result) {
                let is_named =
                    matches!(of, Type::Id(id) if resolve.types[*id].name.as_deref().is_some());
                if !is_named && is_speakable(resolve, of) {
                    self.add(&in_a_name(resolve, of), *of);
                }
            }
        }
    }

    /// Two types without a name are one if they are called the same; where they are not, a number
    /// tells them apart.
    fn add(&mut self, name: &str, of: Type) {
        let mut free = format!("echo-{name}");
        let mut number = 1;
        while let Some(other) = self.types.get(&free) {
            if *other == of {
                return;
            }
            number += 1;
            free = format!("echo-{name}-n{number}");
        }
        self.types.insert(free, of);
    }
}

/// An interface that gets copies of types.
struct Echo<'r> {
    resolve: &'r mut Resolve,
    id: InterfaceId,
    copies: BTreeMap<TypeId, TypeId>,
}

impl Echo<'_> {
    /// Adds an interface that gives back these types.
    fn add(
        resolve: &mut Resolve,
        of: InterfaceId,
        name: &str,
        types: &IndexMap<String, Type>,
    ) -> InterfaceId {
        let about = format!("Gives back each value of the types of `{name}`.");
        let id = resolve.interfaces.alloc(Interface {
            name: Some(format!("{name}-echo")),
            types: IndexMap::new(),
            functions: IndexMap::new(),
            docs: Docs { contents: Some(about) },
            ..resolve.interfaces[of].clone()
        });
        let mut echo = Echo { resolve, id, copies: BTreeMap::new() };
        for (name, of) in types {
            let ty = echo.copy(*of);
            let function = Function {
                name: name.clone(),
                kind: FunctionKind::Freestanding,
                params: vec![Param { name: "value".to_owned(), ty, span: Span::default() }],
                result: Some(ty),
                docs: Docs::default(),
                stability: Stability::Unknown,
                span: Span::default(),
                external_id: None,
            };
            echo.resolve.interfaces[id].functions.insert(name.clone(), function);
        }
        id
    }

    /// The type with all that it is made of, as this interface's own.
    fn copy(&mut self, of: Type) -> Type {
        let Type::Id(id) = of else { return of };
        if let Some(copy) = self.copies.get(&id) {
            return Type::Id(*copy);
        }
        let mut copy = self.resolve.types[id].clone();
        // What comes by `use` is defined here, by the name that it has here.
        copy.kind = self.resolve.types[defined(self.resolve, id)].kind.clone();
        for part in parts_mut(&mut copy.kind) {
            *part = self.copy(*part);
        }
        copy.docs = Docs::default();
        copy.stability = Stability::Unknown;
        copy.owner = TypeOwner::None;
        if let Some(name) = copy.name.take() {
            let name = self.free(name);
            copy.owner = TypeOwner::Interface(self.id);
            copy.name = Some(name.clone());
            let copy = self.resolve.types.alloc(copy);
            self.resolve.interfaces[self.id].types.insert(name, copy);
            self.copies.insert(id, copy);
            return Type::Id(copy);
        }
        let copy = self.resolve.types.alloc(copy);
        self.copies.insert(id, copy);
        Type::Id(copy)
    }

    /// The name, or with a number where another interface's type has it.
    fn free(&self, name: String) -> String {
        let types = &self.resolve.interfaces[self.id].types;
        let numbered = (2..).map(|number| format!("{name}-n{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| !types.contains_key(name)).unwrap_or(name)
    }
}

/// The package with these interfaces and nothing else.
fn print(
    resolve: &mut Resolve,
    package: wit_parser::PackageId,
    interfaces: &IndexMap<String, InterfaceId>,
) -> String {
    let echo = &mut resolve.packages[package];
    echo.docs = Docs::default();
    echo.interfaces.clone_from(interfaces);
    echo.worlds.clear();
    let mut printer = WitPrinter::default();
    printer.print(resolve, package, &[]).expect("a string can be written to");
    printer.output.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::wit::{Source, resolve};

    const SHAPES: &str = r"
/// Left behind.
package demo:shapes@1.2.0;

interface shapes {
    record point { x: f64, y: f64 }
    variant shape { dot(point), %record(list<point>) }
    flags %flags { a, b }
    type bytes = list<u8>;
    resource pen;
    record drawing { tool: pen }
    draw: func(what: shape, by: borrow<pen>) -> list<point>;
}

interface uses {
    use shapes.{point, pen};
    move-by: func(what: point, by: tuple<f64, f64>) -> result<point, string>;
    all: func(what: list<option<point>>) -> result;
    again: func(what: list<option<point>>, give-up: bool);
    take: func(what: pen);
}

interface nothing {
    go: func();
}

world left-behind { export shapes; }
";

    fn wit(text: &str) -> Wit {
        resolve(&Source::from([("a.wit".to_owned(), text.to_owned())])).unwrap()
    }

    /// That the echo is WIT beside the package that it is of.
    fn assert_resolves(echo: &str) {
        let source = Source::from([
            ("a.wit".to_owned(), SHAPES.to_owned()),
            ("echo.wit".to_owned(), echo.to_owned()),
        ]);
        let resolved = resolve(&source).unwrap_or_else(|error| panic!("{error}\n{echo}"));
        resolved.select("echo").unwrap();
    }

    #[test]
    fn every_type_of_a_package_is_given_back_once() {
        let echoes = echoes(wit(SHAPES), None).unwrap();
        assert_resolves(&echoes.wit);
        assert_eq!(echoes.left_out, ["shapes.pen", "shapes.drawing", "uses.pen"]);
        assert_eq!(
            echoes.wit,
            "\
package demo:shapes@1.2.0;

/// Gives back each value of the types of `shapes`.
interface shapes-echo {
  record point {
    x: f64,
    y: f64,
  }

  variant shape {
    dot(point),
    %record(list<point>),
  }

  flags %flags {
    a,
    b,
  }

  type bytes = list<u8>;

  echo-point: func(value: point) -> point;

  echo-shape: func(value: shape) -> shape;

  echo-flags: func(value: %flags) -> %flags;

  echo-bytes: func(value: bytes) -> bytes;

  echo-list-point: func(value: list<point>) -> list<point>;
}

/// Gives back each value of the types of `uses`.
interface uses-echo {
  record point {
    x: f64,
    y: f64,
  }

  echo-tuple-f64-f64: func(value: tuple<f64, f64>) -> tuple<f64, f64>;

  echo-result-point-string: func(value: result<point, string>) -> result<point, string>;

  echo-list-option-point: func(value: list<option<point>>) -> list<option<point>>;

  echo-result: func(value: result) -> result;

  echo-bool: func(value: bool) -> bool;
}

/// Gives back whatever it is given.
world echo {
  export shapes-echo;
  export uses-echo;
}
"
        );
    }

    #[test]
    fn an_interface_alone_gives_back_what_it_uses_too() {
        let only = echoes(wit(SHAPES), Some("demo:shapes/uses@1.2.0")).unwrap();
        assert!(only.wit.contains("echo-point: func(value: point)"), "{}", only.wit);
        assert!(!only.wit.contains("shapes-echo"));
        assert_resolves(&only.wit);
    }

    #[test]
    fn what_is_not_there_and_what_has_no_types_is_told() {
        let error = |interface| echoes(wit(SHAPES), Some(interface)).unwrap_err();
        let missing = error("shape");
        assert_eq!(
            missing.to_string(),
            "there is no interface `shape` in WIT package `demo:shapes@1.2.0`"
        );
        assert_eq!(missing.help().unwrap().to_string(), "did you mean `shapes`?");
        assert_eq!(
            error("nothing").to_string(),
            "there is no type in `nothing` that a call could hand in"
        );
    }
}
