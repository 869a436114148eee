//! What the flow component imports, and signatures in its own terms.
//!
//! A resource type is its owner's alone. The flow component imports it once, with the interface
//! that owns it, and every signature is rewritten to mean that import, so that two mentions are
//! of one type exactly if they are equal.

use std::collections::{BTreeMap, BTreeSet};

use super::error::FlowErrorKind;
use super::find::{Found, short_name};
use super::names::Names;
use super::resources::{inner_mut, mentions, mentions_resource};
use crate::component::part::Part;
use crate::component::wiring::{Origin, Owners};
use crate::component::world::{
    Field, Function, Item, Mismatch, Owner, Resource, Type, compare_types, is_provided, track,
};

/// An interface that the flow component imports: those functions of one interface, or of one
/// component's own exports, that stages call, and those of its resources that they mention.
#[derive(Debug)]
pub(super) struct Import {
    pub(super) name: String,
    /// Whose it is; the host's if it is no component's.
    pub(super) component: Option<String>,
    pub(super) interface: Option<String>,
    pub(super) resources: BTreeSet<String>,
    pub(super) functions: BTreeMap<String, Function>,
    /// Its named types that hold resources, each after those inside it.
    pub(super) types: Vec<(String, Type)>,
}

/// All imports, as stages come to need them.
pub(super) struct Imports<'w> {
    owners: Owners<'w>,
    names: Names,
    all: Vec<Import>,
}

impl Import {
    /// Its resources, as signatures mention them.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource> {
        let owner = || Owner::Import(self.name.clone());
        self.resources.iter().map(move |name| Resource { name: name.clone(), owner: owner() })
    }

    /// Every resource that its functions mention.
    pub(super) fn mentioned(&self) -> BTreeSet<&Resource> {
        let types = self.functions.values().flat_map(types_of);
        types.flat_map(|(_, ty)| mentions(ty)).map(|(_, resource)| resource).collect()
    }
}

impl<'w> Imports<'w> {
    /// None yet.
    pub(super) fn new(owners: Owners<'w>) -> Self {
        Self { owners, names: Names::default(), all: Vec::new() }
    }

    /// The imports, and the order in which each comes after those whose resources it mentions.
    pub(super) fn finish(self) -> (Vec<Import>, Vec<usize>) {
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.all.len() {
            let ready = |index: &usize| {
                let import = &self.all[*index];
                let is_there = |resource: &&Resource| match &resource.owner {
                    Owner::Import(owner) => {
                        let there = |index: &usize| self.all[*index].name == *owner;
                        *owner == import.name || order.iter().any(there)
                    }
                    _ => true,
                };
                !order.contains(index) && import.mentioned().iter().all(is_there)
            };
            let next = (0..self.all.len()).find(ready);
            order.push(next.expect("links and interfaces have no cycles"));
        }
        (self.all, order)
    }

    /// Adds a function. Returns its import's number, and its signature in the flow component's
    /// own terms, if all its types can be forwarded.
    pub(super) fn add(&mut self, found: &Found<'_>) -> Result<(usize, Function), FlowErrorKind> {
        let (function, types) = self.signature(found)?;
        let index = self.import(Some(&found.part.name), found.interface);
        let import = &mut self.all[index];
        import.functions.insert(found.name.to_owned(), function.clone());
        for (name, ty) in types {
            if !import.types.iter().any(|(known, _)| *known == name) {
                import.types.push((name, ty));
            }
        }
        Ok((index, function))
    }

    /// The import of an interface, or of a component's own functions. What the host provides in
    /// compatible versions is one.
    fn import(&mut self, component: Option<&str>, interface: Option<&str>) -> usize {
        let is_same = |known: &str, wanted: &str| {
            known == wanted
                || component.is_none()
                    && track(known).is_some_and(|known| track(wanted) == Some(known))
        };
        let known = self.all.iter().position(|import| {
            import.component.as_deref() == component
                && match (&import.interface, interface) {
                    (Some(known), Some(wanted)) => is_same(known, wanted),
                    (known, wanted) => known.is_none() && wanted.is_none(),
                }
        });
        known.unwrap_or_else(|| {
            let name = match (component, interface) {
                (Some(component), Some(interface)) => {
                    self.names.claim(&format!("{component}-{}", short_name(interface)))
                }
                (Some(component), None) => self.names.claim(component),
                // The host knows it by its own name.
                (None, interface) => interface.unwrap_or_default().to_owned(),
            };
            self.all.push(Import {
                name,
                component: component.map(str::to_owned),
                interface: interface.map(str::to_owned),
                resources: BTreeSet::new(),
                functions: BTreeMap::new(),
                types: Vec::new(),
            });
            self.all.len() - 1
        })
    }

    /// The rewritten signature of `found`, and the named types in it that hold resources, under
    /// the names by which its interface exports them.
    fn signature(
        &mut self,
        found: &Found<'_>,
    ) -> Result<(Function, Vec<(String, Type)>), FlowErrorKind> {
        let mut function = found.signature.clone();
        if function.asynchronous {
            return Err(FlowErrorKind::Asynchronous);
        }
        let mut types = Vec::new();
        for (path, ty) in types_of(&function) {
            self.forwardable(found, ty, &mut vec![path], &mut types)?;
        }
        let mut rewrite = |ty: &mut Type| self.rewrite(found.part, ty);
        for parameter in &mut function.parameters {
            rewrite(&mut parameter.ty);
        }
        function.result.iter_mut().for_each(&mut rewrite);
        for (_, ty) in &mut types {
            rewrite(ty);
        }
        Ok((function, types))
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
                if origin.part.is_none() && !is_provided(&origin.interface) {
                    return refuse(path, origin.to_string());
                }
            }
            Type::Future(_) | Type::Stream(_) => {
                return refuse(path, format!("`{ty}`, which belongs to one moment"));
            }
            Type::ErrorContext => return refuse(path, "an error context".to_owned()),
            Type::Map(..) | Type::FixedLengthList(..) => {
                return refuse(
                    path,
                    format!("`{ty}`, a type that the runtime does not accept yet"),
                );
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
                return refuse(
                    path,
                    format!("`{ty}`, which holds a resource outside an interface"),
                );
            };
            if !named.iter().any(|(known, _)| known == name) {
                named.push((name.clone(), ty.clone()));
            }
        }
        Ok(())
    }

    /// Lets every resource in `ty` mean the flow component's import of it.
    fn rewrite(&mut self, part: &Part<'_>, ty: &mut Type) {
        if let Type::Own(resource) | Type::Borrow(resource) = ty {
            let Origin { part, interface, resource: name } = self.owners.origin(part, resource);
            let index = self.import(part.as_deref(), Some(&interface));
            let import = &mut self.all[index];
            import.resources.insert(name.clone());
            *resource = Resource { name, owner: Owner::Import(import.name.clone()) };
        }
        for inner in inner_mut(ty) {
            self.rewrite(part, inner);
        }
    }

    /// A resource as a message calls it.
    fn described(&self, resource: &Resource) -> String {
        let owner = self.all.iter().find(|import| match &resource.owner {
            Owner::Import(name) => *name == import.name,
            _ => false,
        });
        let owner = owner.expect("rewritten types mention nothing else");
        let (part, interface) = (owner.component.clone(), owner.interface.clone());
        let interface = interface.unwrap_or_default();
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
