//! Whether what is offered is what is wanted, and if not, where inside they part.

use std::cmp::Ordering;
use std::fmt;

use super::{Case, Field, Function, Interface, Item, Resource, Type};
use crate::nearest::{nearest, quoted};

/// The first difference between two things, with the way to it from outside in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The way, such as `function "f"`, `parameter 2`, `record field "tags"`, `list element`.
    pub path: Vec<String>,
    /// What is wanted there.
    pub expected: String,
    /// What is offered there.
    pub found: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(out, "{}: ", self.path.join(" → "))?;
        }
        write!(out, "expected {}, found {}", self.expected, self.found)
    }
}

impl Mismatch {
    fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { path: Vec::new(), expected: expected.into(), found: found.into() }
    }

    /// The same difference seen from one step further out.
    #[must_use]
    pub fn under(mut self, step: impl Into<String>) -> Self {
        self.path.insert(0, step.into());
        self
    }
}

/// A way that begins inside `item`, as seen from outside it: a function in an interface as
/// `interface/function`.
pub fn seen_from(item: &str, mut path: Vec<String>) -> Vec<String> {
    let function = path
        .first()
        .and_then(|step| step.strip_prefix("function \"")?.strip_suffix('"'))
        .map(|name| format!("{item}/{name}"));
    match function {
        Some(function) => path[0] = function,
        None => path.insert(0, item.to_owned()),
    }
    path
}

/// Checks that `found` has every function of `expected`, with equal signatures, and every type.
pub fn compare_interfaces(expected: &Interface, found: &Interface) -> Result<(), Mismatch> {
    if let Some(missing) = expected.resources.iter().find(|name| !found.has_resource(name)) {
        return Err(Mismatch::new("a resource", "none of that name")
            .under(format!("resource \"{missing}\"")));
    }
    for (name, wanted) in &expected.functions {
        let step = || format!("function \"{name}\"");
        let Some(offered) = found.functions.get(name) else {
            return Err(Mismatch::new(function_kind(name), instead(name, found)).under(step()));
        };
        compare_functions(wanted, offered).map_err(|mismatch| mismatch.under(step()))?;
    }
    for (name, wanted) in &expected.types {
        let step = || format!("type \"{name}\"");
        match found.types.get(name) {
            Some(offered) => {
                compare_types(wanted, offered).map_err(|mismatch| mismatch.under(step()))?;
            }
            None if matches!(wanted, Type::Own(_)) && found.resources.contains(name) => {}
            None => return Err(Mismatch::new("a type", "none of that name").under(step())),
        }
    }
    Ok(())
}

impl Interface {
    /// Whether a resource goes by this name in it, its own or one that it uses.
    fn has_resource(&self, name: &str) -> bool {
        self.resources.contains(name) || self.resource(name).is_some()
    }

    /// The resource that it uses from another interface under this name.
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        match self.types.get(name) {
            Some(Type::Own(resource)) => Some(resource),
            _ => None,
        }
    }
}

/// What is found instead of the function `name`: another kind of function, or one of nearly that name.
fn instead(name: &str, found: &Interface) -> String {
    let bare = |name: &str| name.rsplit_once(']').map(|(_, bare)| bare.to_owned());
    let mut names = found.functions.keys();
    let other_kind = names.find(|other| bare(other).is_some() && bare(other) == bare(name));
    let near = nearest(name, found.functions.keys().map(String::as_str));
    match (other_kind, near) {
        (Some(other), _) => function_kind(other).to_owned(),
        (None, Some(near)) => format!("none of that name, but `{near}`"),
        (None, None) => "none of that name".to_owned(),
    }
}

/// What the name of a function, as WIT mangles it, says that it is.
fn function_kind(name: &str) -> &'static str {
    match name.split_once(']') {
        Some(("[constructor", _)) => "a constructor",
        Some(("[method", _)) => "a method",
        Some(("[static", _)) => "a static function",
        _ => "a function",
    }
}

/// Checks that two signatures are equal. Parameter names count, as they do in the component
/// model.
pub fn compare_functions(expected: &Function, found: &Function) -> Result<(), Mismatch> {
    let flavour = |function: &Function| {
        if function.asynchronous { "an async function" } else { "a function" }
    };
    if expected.asynchronous != found.asynchronous {
        return Err(Mismatch::new(flavour(expected), flavour(found)));
    }
    if expected.parameters.len() != found.parameters.len() {
        let listed = |count: String, function: &Function| match &function.parameters[..] {
            [] => count,
            parameters => format!("{count} ({})", quoted(parameters.iter().map(field_name))),
        };
        return Err(Mismatch::new(
            listed(counted(expected.parameters.len(), "parameter"), expected),
            listed(expected_count(found.parameters.len()), found),
        ));
    }
    for (index, (one, other)) in expected.parameters.iter().zip(&found.parameters).enumerate() {
        let step = || format!("parameter {}", index + 1);
        if one.name != other.name {
            let named = |field: &Field| format!("the name `{}`", field.name);
            return Err(Mismatch::new(named(one), named(other)).under(step()));
        }
        compare_types(&one.ty, &other.ty).map_err(|mismatch| mismatch.under(step()))?;
    }
    compare_optional(expected.result.as_ref(), found.result.as_ref(), "result")
}

/// Checks that two types are equal in all but the names of records, variants, enums and flags.
/// Two resources are, for all that can be seen here, if their names are.
pub fn compare_types(expected: &Type, found: &Type) -> Result<(), Mismatch> {
    match (expected, found) {
        (Type::List(one), Type::List(other)) => step_into(one, other, "list element"),
        (Type::FixedLengthList(one, length), Type::FixedLengthList(other, found_length))
            if length == found_length =>
        {
            step_into(one, other, "list element")
        }
        (Type::Map(key, one), Type::Map(found_key, other)) => {
            step_into(key, found_key, "map key")?;
            step_into(one, other, "map value")
        }
        (Type::Option(one), Type::Option(other)) => step_into(one, other, "option"),
        (Type::Future(one), Type::Future(other)) => {
            compare_optional(one.as_deref(), other.as_deref(), "future")
        }
        (Type::Stream(one), Type::Stream(other)) => {
            compare_optional(one.as_deref(), other.as_deref(), "stream")
        }
        (Type::Result { ok, error }, Type::Result { ok: found_ok, error: found_error }) => {
            compare_optional(ok.as_deref(), found_ok.as_deref(), "ok of result")?;
            compare_optional(error.as_deref(), found_error.as_deref(), "error of result")
        }
        (Type::Tuple(ones), Type::Tuple(others)) => {
            if ones.len() != others.len() {
                return Err(Mismatch::new(expected.to_string(), found.to_string()));
            }
            ones.iter().zip(others).enumerate().try_for_each(|(index, (one, other))| {
                step_into(one, other, &format!("tuple element {}", index + 1))
            })
        }
        (Type::Record { fields: ones, .. }, Type::Record { fields: others, .. }) => {
            same_names("field", ones.iter().map(field_name), others.iter().map(field_name))?;
            ones.iter().zip(others).try_for_each(|(one, other)| {
                step_into(&one.ty, &other.ty, &format!("record field \"{}\"", one.name))
            })
        }
        (Type::Variant { cases: ones, .. }, Type::Variant { cases: others, .. }) => {
            same_names("case", ones.iter().map(case_name), others.iter().map(case_name))?;
            ones.iter().zip(others).try_for_each(|(one, other)| {
                compare_optional(
                    one.ty.as_ref(),
                    other.ty.as_ref(),
                    &format!("variant case \"{}\"", one.name),
                )
            })
        }
        (Type::Enum { cases: ones, .. }, Type::Enum { cases: others, .. }) => same_names(
            "enum case",
            ones.iter().map(String::as_str),
            others.iter().map(String::as_str),
        ),
        (Type::Flags { flags: ones, .. }, Type::Flags { flags: others, .. }) => {
            same_names("flag", ones.iter().map(String::as_str), others.iter().map(String::as_str))
        }
        (Type::Own(one), Type::Own(other)) | (Type::Borrow(one), Type::Borrow(other))
            if one.name == other.name =>
        {
            Ok(())
        }
        (Type::Own(one), Type::Borrow(other)) => {
            let (one, other) = (&one.name, &other.name);
            Err(Mismatch::new(format!("an owned `{one}`"), format!("a borrowed `{other}`")))
        }
        (Type::Borrow(one), Type::Own(other)) => {
            let (one, other) = (&one.name, &other.name);
            Err(Mismatch::new(format!("a borrowed `{one}`"), format!("an owned `{other}`")))
        }
        (one, other) if one == other => Ok(()),
        (one, other) => Err(Mismatch::new(one.described(), other.described())),
    }
}

impl Type {
    /// The type as a message calls it: a named one with its kind.
    fn described(&self) -> String {
        match self {
            Self::Record { name, .. } => format!("record `{name}`"),
            Self::Variant { name, .. } => format!("variant `{name}`"),
            Self::Enum { name, .. } => format!("enum `{name}`"),
            Self::Flags { name, .. } => format!("flags `{name}`"),
            Self::Own(resource) => format!("resource `{}`", resource.name),
            other => other.to_string(),
        }
    }
}

fn field_name(field: &Field) -> &str {
    &field.name
}

fn case_name(case: &Case) -> &str {
    &case.name
}

/// Every mention of a resource in the functions and types of `item` that `among` has too, each with
/// the way to it. Of two items that compare as equal, the mentions are those of each other, one by
/// one.
pub fn resources<'i>(item: &'i Item, among: &Item) -> Vec<(Vec<String>, &'i Resource)> {
    let mut found = Vec::new();
    match (item, among) {
        (Item::Interface(interface), Item::Interface(among)) => {
            let both = |name: &&String| among.functions.contains_key(*name);
            for name in interface.functions.keys().filter(both) {
                let mut path = vec![format!("function \"{name}\"")];
                function_resources(&interface.functions[name], &mut path, &mut found);
            }
            let both = |name: &&String| among.types.contains_key(*name);
            for name in interface.types.keys().filter(both) {
                let mut path = vec![format!("type \"{name}\"")];
                type_resources(&interface.types[name], &mut path, &mut found);
            }
        }
        (Item::Function(function), _) => function_resources(function, &mut Vec::new(), &mut found),
        _ => {}
    }
    found
}

fn function_resources<'f>(
    function: &'f Function,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, &'f Resource)>,
) {
    let parameters = function.parameters.iter().enumerate();
    let parameters =
        parameters.map(|(index, field)| (format!("parameter {}", index + 1), &field.ty));
    for (step, ty) in parameters.chain(function.result.iter().map(|ty| ("result".to_owned(), ty))) {
        path.push(step);
        type_resources(ty, path, found);
        path.pop();
    }
}

fn type_resources<'t>(
    ty: &'t Type,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, &'t Resource)>,
) {
    if let Type::Own(resource) | Type::Borrow(resource) = ty {
        found.push((path.clone(), resource));
    }
    for (step, inner) in ty.inner() {
        path.push(step);
        type_resources(inner, path, found);
        path.pop();
    }
}

fn step_into(expected: &Type, found: &Type, step: &str) -> Result<(), Mismatch> {
    compare_types(expected, found).map_err(|mismatch| mismatch.under(step))
}

fn compare_optional(
    expected: Option<&Type>,
    found: Option<&Type>,
    step: &str,
) -> Result<(), Mismatch> {
    let described = |ty: Option<&Type>| ty.map_or_else(|| "nothing".to_owned(), Type::described);
    match (expected, found) {
        (Some(one), Some(other)) => step_into(one, other, step),
        (None, None) => Ok(()),
        (one, other) => Err(Mismatch::new(described(one), described(other)).under(step)),
    }
}

/// Names must agree one by one: their order is part of the type.
fn same_names<'a>(
    what: &str,
    expected: impl Iterator<Item = &'a str>,
    found: impl Iterator<Item = &'a str>,
) -> Result<(), Mismatch> {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.collect(), found.collect());
    let (wanted, offered) = (expected.len(), found.len());
    for (index, (one, other)) in expected.iter().zip(&found).enumerate() {
        if one != other {
            let named = |name: &str| format!("`{name}`");
            return Err(
                Mismatch::new(named(one), named(other)).under(format!("{what} {}", index + 1))
            );
        }
    }
    let difference = match wanted.cmp(&offered) {
        Ordering::Equal => return Ok(()),
        Ordering::Less => format!("with {} more", quoted(found[wanted..].iter().copied())),
        Ordering::Greater => format!("without {}", quoted(expected[offered..].iter().copied())),
    };
    let offered = expected_count(offered);
    Err(Mismatch::new(counted(wanted, what), format!("{offered}, {difference}")))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn expected_count(count: usize) -> String {
    if count == 0 { "none".to_owned() } else { count.to_string() }
}

#[cfg(test)]
mod tests;
