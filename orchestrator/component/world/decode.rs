//! From WIT's resolved form, or from a component's bytes, to a [`World`].

use std::collections::BTreeMap;

use miette::Diagnostic;
use thiserror::Error;
use wasmparser::{
    BinaryReaderError, Chunk, ComponentAlias, ComponentExternalKind, ComponentTypeRef, Parser,
    Payload,
};
use wit_parser::decoding::DecodedWasm;
use wit_parser::{
    Handle, InterfaceId, Resolve, TypeDefKind, TypeId, TypeOwner, WorldId, WorldItem, WorldKey,
};

use super::{Case, Field, Function, Interface, Item, Owner, Resource, Type, World};
use crate::component::Cause;
use crate::component::guard::guarded;
use crate::component::outline::{self, TooDeep};

/// Why a component's world cannot be read.
#[derive(Debug, Error, Diagnostic)]
pub enum WorldError {
    /// The bytes do not decode.
    #[error("the component's world cannot be read")]
    #[diagnostic(help(
        "poly reads it as WIT, which has no words for some components, such as one that exports an \
         imported interface as it is"
    ))]
    Undecodable {
        /// What the decoder met.
        #[source]
        cause: Cause,
    },
    /// It is a package of WIT types in binary form.
    #[error("this is a WIT package in binary form, not a component")]
    #[diagnostic(help("it holds types alone; a component that implements them is needed"))]
    Package,
    /// Too many components lie in one another.
    #[error(transparent)]
    #[diagnostic(transparent)]
    TooDeep(#[from] TooDeep),
}

/// The world of the component `bytes`.
pub fn decode(bytes: &[u8]) -> Result<World, WorldError> {
    let undecodable = |cause: Cause| WorldError::Undecodable { cause };
    outline::check_depth(bytes)?;
    let outline = outline::outline(bytes).map_err(|error| undecodable(error.into()))?;
    match read(&outline).map_err(undecodable)? {
        DecodedWasm::Component(resolve, world) => {
            let passed_on = passed_on(&outline).map_err(|error| undecodable(error.into()))?;
            Ok(World { passed_on, ..World::new(&resolve, world) })
        }
        DecodedWasm::WitPackage(..) => Err(WorldError::Package),
    }
}

/// The WIT of a component. The library panics over some that are valid, such as one that exports
/// an imported interface with a resource under its own name.
pub(crate) fn read(bytes: &[u8]) -> Result<DecodedWasm, Cause> {
    match guarded(|| wit_parser::decoding::decode(bytes)) {
        Ok(decoded) => Ok(decoded?),
        Err(said) => Err(format!("the library that reads WIT broke down over it: {said}").into()),
    }
}

/// The exported instances of the component `bytes` that are imported ones, by their names.
fn passed_on(bytes: &[u8]) -> Result<BTreeMap<String, String>, BinaryReaderError> {
    // What each instance of the component's index space is imported as, if it is.
    let mut instances: Vec<Option<String>> = Vec::new();
    let mut passed_on = BTreeMap::new();
    let mut parser = Parser::new(0);
    let mut rest = bytes;
    while let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? {
        let mut skipped = 0;
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    let import = import?;
                    if matches!(import.ty, ComponentTypeRef::Instance(_)) {
                        instances.push(Some(import.name.name.to_owned()));
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                instances.extend((0..section.count()).map(|_| None));
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    let kind = ComponentExternalKind::Instance;
                    if matches!(alias?, ComponentAlias::InstanceExport { kind: of, .. } if of == kind)
                    {
                        instances.push(None);
                    }
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    if export.kind == ComponentExternalKind::Instance {
                        let import = instances.get(export.index as usize).cloned().flatten();
                        if let Some(import) = &import {
                            passed_on.insert(export.name.name.to_owned(), import.clone());
                        }
                        instances.push(import);
                    }
                }
            }
            Payload::ModuleSection { unchecked_range, .. }
            | Payload::ComponentSection { unchecked_range, .. } => skipped = unchecked_range.len(),
            Payload::End(_) => break,
            _ => {}
        }
        rest = &rest[consumed + skipped..];
    }
    Ok(passed_on)
}

impl World {
    /// The world `id` of `resolve`.
    pub fn new(resolve: &Resolve, id: WorldId) -> Self {
        let world = &resolve.worlds[id];
        let reader = |side| Reader {
            resolve,
            side,
            imported: names(resolve, &world.imports),
            exported: names(resolve, &world.exports),
        };
        Self {
            imports: reader(Side::Import).items(&world.imports),
            exports: reader(Side::Export).items(&world.exports),
            passed_on: BTreeMap::new(),
        }
    }
}

type Items = wit_parser::IndexMap<WorldKey, WorldItem>;

/// The interfaces among `items`, by what the world calls them.
fn names(resolve: &Resolve, items: &Items) -> BTreeMap<InterfaceId, String> {
    items
        .iter()
        .filter_map(|(key, item)| match item {
            WorldItem::Interface { id, .. } => Some((*id, resolve.name_world_key(key))),
            _ => None,
        })
        .collect()
}

/// Which half of a world is read: an exported function means the resources of exported
/// interfaces, where there is a choice.
#[derive(Clone, Copy)]
enum Side {
    Import,
    Export,
}

struct Reader<'r> {
    resolve: &'r Resolve,
    side: Side,
    imported: BTreeMap<InterfaceId, String>,
    exported: BTreeMap<InterfaceId, String>,
}

impl Reader<'_> {
    fn items(&self, items: &Items) -> BTreeMap<String, Item> {
        let named = |(key, item)| (self.resolve.name_world_key(key), self.item(item));
        items.iter().map(named).collect()
    }

    fn item(&self, item: &WorldItem) -> Item {
        match item {
            WorldItem::Interface { id, .. } => Item::Interface(self.interface(*id)),
            WorldItem::Function(found) => Item::Function(self.function(found)),
            WorldItem::Type { id, .. } => Item::Type(self.defined(*id)),
        }
    }

    fn interface(&self, id: InterfaceId) -> Interface {
        let found = &self.resolve.interfaces[id];
        let mut interface = Interface {
            functions: found
                .functions
                .iter()
                .map(|(name, found)| (name.clone(), self.function(found)))
                .collect(),
            ..Interface::default()
        };
        for (name, id) in &found.types {
            if matches!(self.resolve.types[*id].kind, TypeDefKind::Resource) {
                interface.resources.insert(name.clone());
            } else {
                interface.types.insert(name.clone(), self.defined(*id));
            }
        }
        interface
    }

    fn function(&self, function: &wit_parser::Function) -> Function {
        Function {
            asynchronous: function.kind.is_async(),
            parameters: function
                .params
                .iter()
                .map(|parameter| Field {
                    name: parameter.name.clone(),
                    ty: self.value(parameter.ty),
                })
                .collect(),
            result: function.result.map(|ty| self.value(ty)),
        }
    }

    fn value(&self, ty: wit_parser::Type) -> Type {
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
            wit_parser::Type::Id(id) => self.defined(id),
        }
    }

    fn boxed(&self, ty: wit_parser::Type) -> Box<Type> {
        Box::new(self.value(ty))
    }

    fn defined(&self, id: TypeId) -> Type {
        let definition = &self.resolve.types[id];
        let name = || definition.name.clone().unwrap_or_default();
        match &definition.kind {
            TypeDefKind::Type(ty) => self.value(*ty),
            TypeDefKind::List(element) => Type::List(self.boxed(*element)),
            TypeDefKind::FixedLengthList(element, length) => {
                Type::FixedLengthList(self.boxed(*element), *length)
            }
            TypeDefKind::Map(key, item) => Type::Map(self.boxed(*key), self.boxed(*item)),
            TypeDefKind::Tuple(tuple) => {
                Type::Tuple(tuple.types.iter().map(|ty| self.value(*ty)).collect())
            }
            TypeDefKind::Option(some) => Type::Option(self.boxed(*some)),
            TypeDefKind::Result(result) => Type::Result {
                ok: result.ok.map(|ty| self.boxed(ty)),
                error: result.err.map(|ty| self.boxed(ty)),
            },
            TypeDefKind::Record(record) => Type::Record {
                name: name(),
                fields: record
                    .fields
                    .iter()
                    .map(|field| Field { name: field.name.clone(), ty: self.value(field.ty) })
                    .collect(),
            },
            TypeDefKind::Variant(variant) => Type::Variant {
                name: name(),
                cases: variant
                    .cases
                    .iter()
                    .map(|case| Case {
                        name: case.name.clone(),
                        ty: case.ty.map(|ty| self.value(ty)),
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
            TypeDefKind::Handle(Handle::Own(resource)) => Type::Own(self.resource(*resource)),
            TypeDefKind::Handle(Handle::Borrow(resource)) => Type::Borrow(self.resource(*resource)),
            TypeDefKind::Future(item) => Type::Future(item.map(|ty| self.boxed(ty))),
            TypeDefKind::Stream(item) => Type::Stream(item.map(|ty| self.boxed(ty))),
            // A resource named without a handle is owned; an unknown type never leaves the parser.
            TypeDefKind::Resource | TypeDefKind::Unknown => Type::Own(self.resource(id)),
        }
    }

    /// The resource where it is defined, whatever an interface that uses it calls it.
    fn resource(&self, id: TypeId) -> Resource {
        let definition = &self.resolve.types[id];
        if let TypeDefKind::Type(wit_parser::Type::Id(id)) = definition.kind {
            return self.resource(id);
        }
        let import = |id: &InterfaceId| self.imported.get(id).cloned().map(Owner::Import);
        let export = |id: &InterfaceId| self.exported.get(id).cloned().map(Owner::Export);
        let owner = match (definition.owner, self.side) {
            (TypeOwner::Interface(id), Side::Import) => import(&id).or_else(|| export(&id)),
            (TypeOwner::Interface(id), Side::Export) => export(&id).or_else(|| import(&id)),
            (TypeOwner::World(_) | TypeOwner::None, _) => None,
        };
        Resource {
            name: definition.name.clone().unwrap_or_default(),
            owner: owner.unwrap_or(Owner::World),
        }
    }
}
