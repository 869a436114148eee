//! Resources as the flow component sees them: each by the import that brings its type.
//!
//! A resource type is its owner's alone. The flow component imports it once from the interface
//! that owns it, and every signature is rewritten to mean that import, so that two mentions are
//! of one type exactly if they are equal.

use std::collections::BTreeSet;

use super::error::FlowErrorKind;
use super::find::{Found, short_name};
use super::names::Names;
use crate::component::part::Part;
use crate::component::wiring::{Origin, Owners};
use crate::component::world::{
    Field, Function, Item, Mismatch, Owner, Resource, Type, compare_types,
};

/// An interface that the flow component imports for its resource types alone.
#[derive(Debug)]
pub(super) struct ResourceImport {
    pub(super) name: String,
    pub(super) component: String,
    pub(super) interface: String,
    pub(super) resources: BTreeSet<String>,
}

/// A signature in the flow component's own terms.
pub(super) struct Signature {
    pub(super) function: Function,
    /// The named types in it that hold resources, under the names by which its interface exports
    /// them, each after those inside it.
    pub(super) types: Vec<(String, Type)>,
}

/// Rewrites signatures, and remembers which resources they mention.
pub(super) struct Resources<'w> {
    owners: Owners<'w>,
    pub(super) imports: Vec<ResourceImport>,
}

impl<'w> Resources<'w> {
    pub(super) fn new(owners: Owners<'w>) -> Self {
        Self { owners, imports: Vec::new() }
    }

    /// The signature of `found` in the flow component's own terms, if all its types can be
    /// forwarded.
    pub(super) fn signature(
        &mut self,
        found: &Found<'_>,
        names: &mut Names,
    ) -> Result<Signature, FlowErrorKind> {
        let mut function = found.signature.clone();
        if function.asynchronous {
            return Err(FlowErrorKind::Asynchronous);
        }
        let mut types = Vec::new();
        for (path, ty) in types_of(&function) {
            self.forwardable(found, ty, &mut vec![path], &mut types)?;
        }
        let mut rewrite = |ty: &mut Type| self.rewrite(found.part, ty, names);
        for parameter in &mut function.parameters {
            rewrite(&mut parameter.ty);
        }
        function.result.iter_mut().for_each(&mut rewrite);
        types.iter_mut().for_each(|(_, ty)| rewrite(ty));
        Ok(Signature { function, types })
    }

    /// Whether a flow can forward `ty`. Collects the named types that hold resources.
    fn forwardable(
        &self,
        found: &Found<'_>,
        ty: &Type,
        path: &mut Vec<String>,
        named: &mut Vec<(String, Type)>,
    ) -> Result<(), FlowErrorKind> {
        let refuse = |path: &[String], what: String| {
            Err(FlowErrorKind::Unsupported { path: path.to_vec(), what })
        };
        match ty {
            Type::Own(resource) | Type::Borrow(resource) => {
                let origin = self.owners.origin(found.part, resource);
                if origin.part.is_none() {
                    return refuse(path, origin.to_string());
                }
            }
            Type::Future(_) | Type::Stream(_) => {
                return refuse(path, format!("`{ty}`, which belongs to one moment"));
            }
            Type::ErrorContext => return refuse(path, "an error context".to_owned()),
            Type::Map(..) | Type::FixedLengthList(..) => {
                return refuse(path, format!("`{ty}`, a type that the runtime does not accept yet"));
            }
            _ => {}
        }
        for (step, inner) in ty.inner() {
            path.push(step);
            self.forwardable(found, inner, path, named)?;
            path.pop();
        }
        if ty.name().is_some() && mentions_resource(ty) {
            let exported = match found.interface.map(|name| &found.part.world.exports[name]) {
                Some(Item::Interface(interface)) => {
                    interface.types.iter().find(|(_, exported)| *exported == ty)
                }
                _ => None,
            };
            let Some((name, _)) = exported else {
                return refuse(path, format!("`{ty}`, which holds a resource outside an interface"));
            };
            if !named.iter().any(|(known, _)| known == name) {
                named.push((name.clone(), ty.clone()));
            }
        }
        Ok(())
    }

    /// Lets every resource in `ty` mean the flow component's import of it.
    fn rewrite(&mut self, part: &Part<'_>, ty: &mut Type, names: &mut Names) {
        if let Type::Own(resource) | Type::Borrow(resource) = ty {
            let origin = self.owners.origin(part, resource);
            *resource = self.import(origin, names);
        }
        for inner in inner_mut(ty) {
            self.rewrite(part, inner, names);
        }
    }

    fn import(&mut self, origin: Origin, names: &mut Names) -> Resource {
        let component = origin.part.expect("the host's have been refused");
        let known = self.imports.iter().position(|import| {
            import.component == component && import.interface == origin.interface
        });
        let index = known.unwrap_or_else(|| {
            let wanted = format!("{component}-{}-resources", short_name(&origin.interface));
            self.imports.push(ResourceImport {
                name: names.claim(&wanted),
                component,
                interface: origin.interface,
                resources: BTreeSet::new(),
            });
            self.imports.len() - 1
        });
        let import = &mut self.imports[index];
        import.resources.insert(origin.resource.clone());
        Resource { name: origin.resource, owner: Owner::Import(import.name.clone()) }
    }

    /// A resource as a message calls it.
    fn described(&self, resource: &Resource) -> String {
        let import = self.imports.iter().find(|import| match &resource.owner {
            Owner::Import(name) => *name == import.name,
            _ => false,
        });
        let import = import.expect("rewritten types mention nothing else");
        let (part, interface) = (Some(import.component.clone()), import.interface.clone());
        Origin { part, interface, resource: resource.name.clone() }.to_string()
    }

    /// Whether two rewritten types are equal in structure, and in whose resources they mention.
    pub(super) fn same(&self, expected: &Type, found: &Type) -> Result<(), Mismatch> {
        compare_types(expected, found)?;
        let pairs = mentions(expected).into_iter().zip(mentions(found));
        for ((path, one), (_, other)) in pairs {
            if one != other {
                let (expected, found) = (self.described(one), self.described(other));
                return Err(Mismatch { path, expected, found });
            }
        }
        Ok(())
    }

    /// The same of what may be absent.
    pub(super) fn same_optional(
        &self,
        expected: Option<&Type>,
        found: Option<&Type>,
    ) -> Result<(), Mismatch> {
        let described =
            |ty: Option<&Type>| ty.map_or_else(|| "nothing".to_owned(), Type::to_string);
        match (expected, found) {
            (Some(expected), Some(found)) => self.same(expected, found),
            (None, None) => Ok(()),
            (expected, found) => Err(Mismatch {
                path: Vec::new(),
                expected: described(expected),
                found: described(found),
            }),
        }
    }
}

/// The types of a signature, each with the step that leads to it.
fn types_of(function: &Function) -> impl Iterator<Item = (String, &Type)> {
    let parameters = function.parameters.iter().enumerate();
    parameters
        .map(|(index, Field { ty, .. })| (format!("parameter {}", index + 1), ty))
        .chain(function.result.iter().map(|ty| ("result".to_owned(), ty)))
}

/// Every mention of a resource in `ty`, with the way to it.
pub(super) fn mentions(ty: &Type) -> Vec<(Vec<String>, &Resource)> {
    if let Type::Own(resource) | Type::Borrow(resource) = ty {
        return vec![(Vec::new(), resource)];
    }
    let mut all = Vec::new();
    for (step, inner) in ty.inner() {
        all.extend(mentions(inner).into_iter().map(|(mut path, resource)| {
            path.insert(0, step.clone());
            (path, resource)
        }));
    }
    all
}

/// Whether there is a resource somewhere in `ty`.
pub(super) fn mentions_resource(ty: &Type) -> bool {
    owns(ty) || borrows(ty)
}

/// Whether there is an owned resource somewhere in `ty`.
pub(super) fn owns(ty: &Type) -> bool {
    matches!(ty, Type::Own(_)) || ty.inner().iter().any(|(_, inner)| owns(inner))
}

/// Whether there is a borrowed resource somewhere in `ty`.
pub(super) fn borrows(ty: &Type) -> bool {
    matches!(ty, Type::Borrow(_)) || ty.inner().iter().any(|(_, inner)| borrows(inner))
}

fn inner_mut(ty: &mut Type) -> Vec<&mut Type> {
    match ty {
        Type::List(inner)
        | Type::FixedLengthList(inner, _)
        | Type::Option(inner)
        | Type::Future(Some(inner))
        | Type::Stream(Some(inner)) => vec![inner],
        Type::Map(key, value) => vec![key, value],
        Type::Tuple(types) => types.iter_mut().collect(),
        Type::Result { ok, error } => {
            ok.iter_mut().chain(error).map(|inner| &mut **inner).collect()
        }
        Type::Record { fields, .. } => fields.iter_mut().map(|field| &mut field.ty).collect(),
        Type::Variant { cases, .. } => cases.iter_mut().filter_map(|case| case.ty.as_mut()).collect(),
        _ => Vec::new(),
    }
}
