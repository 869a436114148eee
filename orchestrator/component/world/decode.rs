//! From WIT's resolved form, or from a component's bytes, to a [`World`].

use std::collections::BTreeSet;

use miette::Diagnostic;
use thiserror::Error;
use wit_parser::decoding::DecodedWasm;
use wit_parser::{Handle, InterfaceId, Resolve, TypeDefKind, WorldId, WorldItem, WorldKey};

use super::{Case, Field, Function, Interface, Item, Type, World};
use crate::component::Cause;

/// Why a component's world cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum WorldError {
    /// The bytes do not decode.
    #[error("the component's world cannot be read")]
    Undecodable {
        /// What the decoder met.
        #[source]
        cause: Cause,
    },
    /// It is a package of WIT types in binary form.
    #[error("this is a WIT package in binary form, not a component")]
    #[diagnostic(help("it holds types alone; a component that implements them is needed"))]
    Package,
}

/// The world of the component `bytes`.
pub fn decode(bytes: &[u8]) -> Result<World, WorldError> {
    match wit_parser::decoding::decode(bytes)
        .map_err(|error| WorldError::Undecodable { cause: error.into() })?
    {
        DecodedWasm::Component(resolve, world) => Ok(World::new(&resolve, world)),
        DecodedWasm::WitPackage(..) => Err(WorldError::Package),
    }
}

impl World {
    /// The world `id` of `resolve`.
    pub fn new(resolve: &Resolve, id: WorldId) -> Self {
        let world = &resolve.worlds[id];
        let items = |items: &wit_parser::IndexMap<WorldKey, WorldItem>| {
            items
                .iter()
                .map(|(key, found)| (resolve.name_world_key(key), item(resolve, found)))
                .collect()
        };
        Self { imports: items(&world.imports), exports: items(&world.exports) }
    }
}

fn item(resolve: &Resolve, item: &WorldItem) -> Item {
    match item {
        WorldItem::Interface { id, .. } => Item::Interface(interface(resolve, *id)),
        WorldItem::Function(found) => Item::Function(function(resolve, found)),
        WorldItem::Type { .. } => Item::Type,
    }
}

fn interface(resolve: &Resolve, id: InterfaceId) -> Interface {
    let found = &resolve.interfaces[id];
    let resources: BTreeSet<String> = found
        .types
        .iter()
        .filter(|(_, id)| matches!(resolve.types[**id].kind, TypeDefKind::Resource))
        .map(|(name, _)| name.clone())
        .collect();
    Interface {
        functions: found
            .functions
            .iter()
            .map(|(name, found)| (name.clone(), function(resolve, found)))
            .collect(),
        resources,
        uses: resolve.interface_direct_deps(id).filter_map(|id| resolve.id_of(id)).collect(),
    }
}

fn function(resolve: &Resolve, function: &wit_parser::Function) -> Function {
    Function {
        asynchronous: function.kind.is_async(),
        parameters: function
            .params
            .iter()
            .map(|parameter| Field {
                name: parameter.name.clone(),
                ty: value(resolve, parameter.ty),
            })
            .collect(),
        result: function.result.map(|ty| value(resolve, ty)),
    }
}

fn value(resolve: &Resolve, ty: wit_parser::Type) -> Type {
    match ty {
        wit_parser::Type::Bool => Type::Bool,
        wit_parser::Type::U8 => Type::U8,
        wit_parser::Type::U16 => Type::U16,
        wit_parser::Type::U32 => Type::U32,
        wit_parser::Type::U64 => Type::U64,
        wit_parser::Type::S8 => Type::S8,
        wit_parser::Type::S16 => Type::S16,
        wit_parser::Type::S32 => Type::S32,
        wit_parser::Type::S64 => Type::S64,
        wit_parser::Type::F32 => Type::F32,
        wit_parser::Type::F64 => Type::F64,
        wit_parser::Type::Char => Type::Char,
        wit_parser::Type::String => Type::String,
        wit_parser::Type::ErrorContext => Type::ErrorContext,
        wit_parser::Type::Id(id) => defined(resolve, id),
    }
}

fn defined(resolve: &Resolve, id: wit_parser::TypeId) -> Type {
    let definition = &resolve.types[id];
    let name = || definition.name.clone().unwrap_or_default();
    let boxed = |ty: wit_parser::Type| Box::new(value(resolve, ty));
    match &definition.kind {
        TypeDefKind::Type(ty) => value(resolve, *ty),
        TypeDefKind::List(element) => Type::List(boxed(*element)),
        TypeDefKind::FixedLengthList(element, length) => {
            Type::FixedLengthList(boxed(*element), *length)
        }
        TypeDefKind::Map(key, item) => Type::Map(boxed(*key), boxed(*item)),
        TypeDefKind::Tuple(tuple) => {
            Type::Tuple(tuple.types.iter().map(|ty| value(resolve, *ty)).collect())
        }
        TypeDefKind::Option(some) => Type::Option(boxed(*some)),
        TypeDefKind::Result(result) => {
            Type::Result { ok: result.ok.map(boxed), error: result.err.map(boxed) }
        }
        TypeDefKind::Record(record) => Type::Record {
            name: name(),
            fields: record
                .fields
                .iter()
                .map(|field| Field { name: field.name.clone(), ty: value(resolve, field.ty) })
                .collect(),
        },
        TypeDefKind::Variant(variant) => Type::Variant {
            name: name(),
            cases: variant
                .cases
                .iter()
                .map(|case| Case {
                    name: case.name.clone(),
                    ty: case.ty.map(|ty| value(resolve, ty)),
                })
                .collect(),
        },
        TypeDefKind::Enum(cases) => Type::Enum {
            name: name(),
            cases: cases.cases.iter().map(|case| case.name.clone()).collect(),
        },
        TypeDefKind::Flags(flags) => Type::Flags {
            name: name(),
            flags: flags.flags.iter().map(|flag| flag.name.clone()).collect(),
        },
        TypeDefKind::Handle(Handle::Own(resource)) => Type::Own(resource_name(resolve, *resource)),
        TypeDefKind::Handle(Handle::Borrow(resource)) => {
            Type::Borrow(resource_name(resolve, *resource))
        }
        TypeDefKind::Future(item) => Type::Future(item.map(boxed)),
        TypeDefKind::Stream(item) => Type::Stream(item.map(boxed)),
        // A resource named without a handle is owned; an unknown type never leaves the parser.
        TypeDefKind::Resource | TypeDefKind::Unknown => Type::Own(name()),
    }
}

/// The resource's name where it is defined, whatever an interface that uses it calls it.
fn resource_name(resolve: &Resolve, id: wit_parser::TypeId) -> String {
    let definition = &resolve.types[id];
    match definition.kind {
        TypeDefKind::Type(wit_parser::Type::Id(id)) => resource_name(resolve, id),
        _ => definition.name.clone().unwrap_or_default(),
    }
}
