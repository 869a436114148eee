//! Values that an instance returned and that later calls name, handles to its resources among them.
//!
//! A plain value is handed on as if its text had been written again, so that it fits wherever that
//! text would. A handle is handed on as itself: lent where a `borrow` is wanted, and given away
//! where an `own` is; what was given away cannot be used again.

use std::convert::Infallible;

use indexmap::IndexMap;
use wasmtime::component::wasm_wave::ast::{Node, NodeType};
use wasmtime::component::{ResourceAny, Type, Val, wasm_wave};

use super::handles::{Resources, handles};
use super::leaves::each_leaf;
use super::program::Export;
use crate::check::{ArgumentError, Call, Misfit, Nan, Part, Reference};

/// What one instance's calls have named so far.
#[derive(Default)]
pub(super) struct Held {
    values: IndexMap<String, (Val, Type)>,
    /// Handles that are the component's again, each with the call that gave it back.
    given: Vec<(ResourceAny, String)>,
}

/// Reads the arguments of one call.
struct Reader<'a> {
    held: &'a Held,
    resources: &'a Resources,
    call: &'a Call,
    /// What this call gives away.
    given: Vec<ResourceAny>,
}

impl Held {
    /// Keeps a value under a name.
    pub(super) fn keep(&mut self, name: &str, value: Val, of: Type) {
        self.values.insert(name.to_owned(), (value, of));
    }

    /// The arguments of `call`, which calls `export`. What they give away counts as given.
    pub(super) fn arguments(
        &mut self,
        call: &Call,
        export: &Export,
        resources: &Resources,
    ) -> Result<Vec<Val>, ArgumentError> {
        let mut reader = Reader { held: self, resources, call, given: Vec::new() };
        let read = |node: &Node, of: &Type| reader.value(node, of);
        let mut arguments = call.arguments(&export.signature, &export.parameters, read)?;
        let given = reader.given;
        if call.nan() != Nan::Canonical {
            for argument in &mut arguments {
                hand_over_nans(argument, call.nan());
            }
        }
        self.given.extend(given.into_iter().map(|handle| (handle, call.name().to_owned())));
        Ok(arguments)
    }

    /// Takes all handles that are still held, the newest first.
    pub(super) fn take_handles(&mut self) -> Vec<ResourceAny> {
        let values = std::mem::take(&mut self.values);
        let all = values.values().rev().flat_map(|(value, _)| handles(value));
        all.filter(|handle| self.given_by(*handle).is_none()).collect()
    }

    /// The function that a handle was given to.
    fn given_by(&self, handle: ResourceAny) -> Option<&str> {
        self.given.iter().find(|(given, _)| *given == handle).map(|(_, call)| call.as_str())
    }
}

impl Reader<'_> {
    fn value(&mut self, node: &Node, of: &Type) -> Result<Val, Misfit> {
        if let Some(reference) = self.call.reference(node) {
            let read = self.referred(reference, of);
            return read.map_err(|problem| Misfit { problem, span: node.span() });
        }
        if !self.call.refers_within(node) {
            return self.written(node, of);
        }
        let source = self.call.source();
        let value = match of {
            Type::List(of) => {
                let of = of.ty();
                let items = node.as_list()?.map(|node| self.value(node, &of));
                Val::List(items.collect::<Result<_, _>>()?)
            }
            Type::Tuple(of) if node.as_tuple()?.len() == of.types().len() => {
                let items = node.as_tuple()?.zip(of.types());
                let items = items.map(|(node, of)| self.value(node, &of));
                Val::Tuple(items.collect::<Result<_, _>>()?)
            }
            Type::Record(of) => {
                let written: Vec<_> = node.as_record(source)?.collect();
                let known = |name| of.fields().any(|field| field.name == name);
                if let Some((name, stray)) = written.iter().find(|(name, _)| !known(*name)) {
                    let problem = format!("unknown field {name:?}");
                    return Err(Misfit { problem, span: stray.span() });
                }
                let mut fields = Vec::new();
                for field in of.fields() {
                    let written = written.iter().find(|(name, _)| *name == field.name);
                    let value = match (written, &field.ty) {
                        (Some((_, node)), of) => self.value(node, of)?,
                        (None, Type::Option(_)) => Val::Option(None),
                        _ => {
                            let problem = format!("missing field {:?}", field.name);
                            return Err(Misfit { problem, span: node.span() });
                        }
                    };
                    fields.push((field.name.to_owned(), value));
                }
                Val::Record(fields)
            }
            Type::Variant(of) => {
                let (label, payload) = node.as_variant(source)?;
                let case = of.cases().find(|case| case.name == label).and_then(|case| case.ty);
                let (Some(of), Some(payload)) = (case, payload) else {
                    let problem = format!("`{label}` is no case that holds something");
                    return Err(Misfit { problem, span: node.span() });
                };
                Val::Variant(label.to_owned(), Some(Box::new(self.value(payload, &of)?)))
            }
            Type::Option(of) => {
                let some = if node.ty() == NodeType::OptionSome { node.as_option()? } else { None };
                Val::Option(Some(Box::new(self.value(some.unwrap_or(node), &of.ty())?)))
            }
            Type::Result(of) => match (node.as_result()?, of.ok(), of.err()) {
                (Ok(Some(node)), Some(of), _) => {
                    Val::Result(Ok(Some(Box::new(self.value(node, &of)?))))
                }
                (Err(Some(node)), _, Some(of)) => {
                    Val::Result(Err(Some(Box::new(self.value(node, &of)?))))
                }
                _ => return self.written(node, &Type::Result(of.clone())),
            },
            // It says what is wrong with it.
            _ => return self.written(node, of),
        };
        Ok(value)
    }

    /// A value that refers to no other.
    fn written(&self, node: &Node, of: &Type) -> Result<Val, Misfit> {
        node.to_wasm_value(of, self.call.source()).map_err(|error| {
            let misfit = Misfit::from(error);
            // WAVE knows no type that a handle could be of.
            if !misfit.problem.starts_with("unsupported type") {
                return misfit;
            }
            let problem = "a handle cannot be written down; name the step that returns it, by `as`, \
                           and write `$NAME`";
            Misfit { problem: problem.to_owned(), ..misfit }
        })
    }

    /// A value of an earlier step, or what is wrong with it here.
    fn referred(&mut self, reference: &Reference, wanted: &Type) -> Result<Val, String> {
        let Some((value, of)) = self.held.values.get(&reference.name) else {
            return Err(format!("no earlier step is called `{}`", reference.name));
        };
        let (value, of) = part(value, of, reference, self.resources)?;
        let other = || format!("`{reference}` is a `{}`", self.resources.text(&of));
        let handles = handles(value);
        if handles.is_empty() {
            let text = wasm_wave::to_string(value).expect("writing to a text does not fail");
            return wasm_wave::from_str(wanted, &text).map_err(|_| other());
        }
        let fits = match (&of, wanted) {
            (Type::Own(of), Type::Own(wanted) | Type::Borrow(wanted)) => of == wanted,
            (of, wanted) => self.resources.text(of) == self.resources.text(wanted),
        };
        if !fits {
            return Err(other());
        }
        for handle in &handles {
            if let Some(call) = self.held.given_by(*handle) {
                return Err(format!("`{reference}` was given away to `{call}`"));
            }
            if self.given.contains(handle) {
                return Err(format!("`{reference}` is given away by this very call already"));
            }
        }
        if !matches!(wanted, Type::Borrow(_)) {
            self.given.extend(handles);
        }
        Ok(value.clone())
    }
}

/// Gives each NaN in a value these bits.
fn hand_over_nans(value: &mut Val, nan: Nan) {
    let hand_over = &mut |leaf: &mut Val| {
        match leaf {
            Val::Float32(float) if float.is_nan() => *float = nan.f32(),
            Val::Float64(float) if float.is_nan() => *float = nan.f64(),
            _ => {}
        }
        Ok::<_, Infallible>(())
    };
    let Ok(()) = each_leaf(value, hand_over);
}

/// The part of a value that `reference` leads to.
fn part<'v>(
    mut value: &'v Val,
    of: &Type,
    reference: &Reference,
    resources: &Resources,
) -> Result<(&'v Val, Type), String> {
    let mut of = of.clone();
    for (index, part) in reference.path.iter().enumerate() {
        let found = match part {
            Part::Index(index) => element(value, &of, *index),
            Part::Name(name) => named(value, &of, name),
        };
        (value, of) = found.ok_or_else(|| {
            let before = reference.up_to(index);
            let text = resources.value_text(value, &of);
            match part {
                Part::Name(name) => format!("`{before}` is `{text}`, which has no `{name}`"),
                Part::Index(index) => format!("`{before}` is `{text}`, which has no [{index}]"),
            }
        })?;
    }
    Ok((value, of))
}

fn element<'v>(value: &'v Val, of: &Type, index: usize) -> Option<(&'v Val, Type)> {
    match (value, of) {
        (Val::List(items), Type::List(of)) => Some((items.get(index)?, of.ty())),
        (Val::Tuple(items), Type::Tuple(of)) => Some((items.get(index)?, of.types().nth(index)?)),
        _ => None,
    }
}

fn named<'v>(value: &'v Val, of: &Type, name: &str) -> Option<(&'v Val, Type)> {
    match (value, of) {
        (Val::Record(fields), Type::Record(of)) => {
            let (_, value) = fields.iter().find(|(field, _)| field == name)?;
            Some((value, of.fields().find(|field| field.name == name)?.ty))
        }
        (Val::Variant(case, payload), Type::Variant(of)) if case == name => {
            Some((payload.as_deref()?, of.cases().find(|case| case.name == name)?.ty?))
        }
        (Val::Option(payload), Type::Option(of)) if name == "some" => {
            Some((payload.as_deref()?, of.ty()))
        }
        (Val::Result(Ok(payload)), Type::Result(of)) if name == "ok" => {
            Some((payload.as_deref()?, of.ok()?))
        }
        (Val::Result(Err(payload)), Type::Result(of)) if name == "err" => {
            Some((payload.as_deref()?, of.err()?))
        }
        _ => None,
    }
}
