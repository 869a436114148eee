//! Types as the component's type sections have them.

use std::collections::BTreeMap;

use wasm_encoder::{
    ComponentBuilder, ComponentDefinedTypeEncoder, ComponentValType, InstanceType, PrimitiveValType,
};

use super::names::Names;
use super::resources::mentions_resource;
use crate::component::world::{Function, Resource, Type};

/// The types that must have a name, each structure once, under names that are free.
#[derive(Debug)]
pub(super) struct NamedTypes {
    by_structure: BTreeMap<Type, String>,
    /// Each after those inside it.
    pub(super) in_order: Vec<(String, Type)>,
    names: Names,
}

impl NamedTypes {
    pub(super) fn new(names: Names) -> Self {
        Self { by_structure: BTreeMap::new(), in_order: Vec::new(), names }
    }

    /// Adds all named types of a signature.
    pub(super) fn add(&mut self, function: &Function) {
        for ty in types_of(function) {
            self.add_type(ty);
        }
    }

    /// What holds a resource is declared where its owner is.
    fn add_type(&mut self, ty: &Type) {
        for (_, inner) in ty.inner() {
            self.add_type(inner);
        }
        if let Some(name) = ty.name().filter(|_| !mentions_resource(ty)) {
            let structure = ty.without_names();
            if !self.by_structure.contains_key(&structure) {
                let name = self.names.claim(name);
                self.in_order.push((name.clone(), ty.clone()));
                self.by_structure.insert(structure, name);
            }
        }
    }

    /// The name for `ty`'s structure, if it must have one.
    fn name(&self, ty: &Type) -> Option<&str> {
        ty.name()?;
        self.by_structure.get(&ty.without_names()).map(String::as_str)
    }

    /// The named types that signatures refer to directly, without those inside them, in the
    /// order of [`Self::in_order`].
    pub(super) fn used_by<'t>(
        &self,
        functions: impl IntoIterator<Item = &'t Function>,
    ) -> Vec<&str> {
        let mut used = Vec::new();
        for ty in functions.into_iter().flat_map(types_of) {
            self.collect_used(ty, &mut used);
        }
        let names = self.in_order.iter().map(|(name, _)| name.as_str());
        names.filter(|name| used.iter().any(|used| used == name)).collect()
    }

    fn collect_used(&self, ty: &Type, used: &mut Vec<String>) {
        match self.name(ty) {
            Some(name) => used.push(name.to_owned()),
            None => ty.inner().into_iter().for_each(|(_, inner)| self.collect_used(inner, used)),
        }
    }
}

fn types_of(function: &Function) -> impl Iterator<Item = &Type> {
    function.parameters.iter().map(|parameter| &parameter.ty).chain(&function.result)
}

/// A place where types are defined and counted.
pub(super) trait TypeSpace {
    /// Begins the definition of the type with the number returned.
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>);
}

impl TypeSpace for ComponentBuilder {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        self.type_defined(None)
    }
}

impl TypeSpace for InstanceType {
    fn define(&mut self) -> (u32, ComponentDefinedTypeEncoder<'_>) {
        (self.type_count(), self.ty().defined_type())
    }
}

/// What is known about types in one space.
pub(super) struct Scope<'n> {
    names: &'n NamedTypes,
    /// Named types by name.
    pub(super) named: BTreeMap<String, u32>,
    /// Resources.
    pub(super) resources: BTreeMap<Resource, u32>,
    /// All others by structure.
    pub(super) others: BTreeMap<Type, u32>,
}

impl<'n> Scope<'n> {
    pub(super) fn new(names: &'n NamedTypes) -> Self {
        Self { names, named: BTreeMap::new(), resources: BTreeMap::new(), others: BTreeMap::new() }
    }

    /// A function's parameters and result, with all that they need defined in `space`.
    pub(super) fn signature<'f>(
        &mut self,
        space: &mut impl TypeSpace,
        function: &'f Function,
    ) -> (Vec<(&'f str, ComponentValType)>, Option<ComponentValType>) {
        let parameters = function
            .parameters
            .iter()
            .map(|parameter| (parameter.name.as_str(), self.value(space, &parameter.ty)))
            .collect();
        (parameters, function.result.as_ref().map(|ty| self.value(space, ty)))
    }

    /// A reference to `ty`, which is defined first if need be.
    fn value(&mut self, space: &mut impl TypeSpace, ty: &Type) -> ComponentValType {
        if let Some(primitive) = primitive(ty) {
            return ComponentValType::Primitive(primitive);
        }
        if let Some(number) = self.names.name(ty).and_then(|name| self.named.get(name)) {
            return ComponentValType::Type(*number);
        }
        let structure = ty.without_names();
        if let Some(number) = self.others.get(&structure) {
            return ComponentValType::Type(*number);
        }
        let number = self.define(space, ty);
        self.others.insert(structure, number);
        ComponentValType::Type(number)
    }

    /// Defines the structure of `ty`.
    pub(super) fn define(&mut self, space: &mut impl TypeSpace, ty: &Type) -> u32 {
        match ty {
            Type::List(element) => {
                let element = self.value(space, element);
                defined(space, |encoder| encoder.list(element))
            }
            Type::Option(some) => {
                let some = self.value(space, some);
                defined(space, |encoder| encoder.option(some))
            }
            Type::Tuple(types) => {
                let types: Vec<_> = types.iter().map(|ty| self.value(space, ty)).collect();
                defined(space, |encoder| encoder.tuple(types))
            }
            Type::Result { ok, error } => {
                let ok = ok.as_ref().map(|ty| self.value(space, ty));
                let error = error.as_ref().map(|ty| self.value(space, ty));
                defined(space, |encoder| encoder.result(ok, error))
            }
            Type::Record { fields, .. } => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|field| (field.name.as_str(), self.value(space, &field.ty)))
                    .collect();
                defined(space, |encoder| encoder.record(fields))
            }
            Type::Variant { cases, .. } => {
                let cases: Vec<_> = cases
                    .iter()
                    .map(|case| {
                        (case.name.as_str(), case.ty.as_ref().map(|ty| self.value(space, ty)))
                    })
                    .collect();
                defined(space, |encoder| encoder.variant(cases))
            }
            Type::Enum { cases, .. } => {
                defined(space, |encoder| encoder.enum_type(cases.iter().map(String::as_str)))
            }
            Type::Flags { flags, .. } => {
                defined(space, |encoder| encoder.flags(flags.iter().map(String::as_str)))
            }
            Type::Own(resource) => {
                let resource = self.resources[resource];
                defined(space, |encoder| encoder.own(resource))
            }
            Type::Borrow(resource) => {
                let resource = self.resources[resource];
                defined(space, |encoder| encoder.borrow(resource))
            }
            other => {
                let primitive = primitive(other).expect("a plan has no other type");
                defined(space, |encoder| encoder.primitive(primitive))
            }
        }
    }
}

fn defined(
    space: &mut impl TypeSpace,
    encode: impl FnOnce(ComponentDefinedTypeEncoder<'_>),
) -> u32 {
    let (number, encoder) = space.define();
    encode(encoder);
    number
}

fn primitive(ty: &Type) -> Option<PrimitiveValType> {
    Some(match ty {
        Type::Bool => PrimitiveValType::Bool,
        Type::S8 => PrimitiveValType::S8,
        Type::U8 => PrimitiveValType::U8,
        Type::S16 => PrimitiveValType::S16,
        Type::U16 => PrimitiveValType::U16,
        Type::S32 => PrimitiveValType::S32,
        Type::U32 => PrimitiveValType::U32,
        Type::S64 => PrimitiveValType::S64,
        Type::U64 => PrimitiveValType::U64,
        Type::F32 => PrimitiveValType::F32,
        Type::F64 => PrimitiveValType::F64,
        Type::Char => PrimitiveValType::Char,
        Type::String => PrimitiveValType::String,
        _ => return None,
    })
}
