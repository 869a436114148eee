//! Types as text: as they are written, and in full so that two can be compared.

use wit_parser::{
    Function, Handle, InterfaceId, PackageId, PackageName, Resolve, Type, TypeDefKind, TypeId,
    TypeOwner,
};

use crate::component::wit;

/// A package in what was resolved with it.
#[derive(Clone, Copy)]
pub(super) struct View<'r> {
    pub(super) resolve: &'r Resolve,
    /// The package whose changes are looked for: its named types are compared where they are
    /// defined.
    pub(super) package: PackageId,
}

/// How far a type is spelt out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As it is written: a named type is its name.
    Written,
    /// The package's own types are names with the place of their definition, those of other
    /// packages are spelt out.
    Identity,
    /// Everything is spelt out but resources, which are the place of their definition.
    Structure,
}

impl View<'_> {
    /// A type in text.
    pub(super) fn ty(self, ty: &Type, spelling: Spelling) -> String {
        match wit::own_name(ty) {
            Ok(name) => name.to_owned(),
            Err(id) => self.named(id, spelling),
        }
    }

    fn named(self, id: TypeId, spelling: Spelling) -> String {
        let name = self.resolve.types[id].name.as_deref();
        match (name, spelling) {
            (None, _) => self.definition(id, spelling),
            (Some(name), Spelling::Written) => name.to_owned(),
            (Some(_), _) => {
                let origin = self.origin(id);
                let definition = &self.resolve.types[origin];
                let own = self.package_of(origin) == Some(self.package);
                if matches!(definition.kind, TypeDefKind::Resource)
                    || (own && spelling == Spelling::Identity)
                {
                    self.place(origin)
                } else {
                    self.definition(origin, spelling)
                }
            }
        }
    }

    /// What stands on the right of a type's name.
    pub(super) fn definition(self, id: TypeId, spelling: Spelling) -> String {
        let text = |ty: &Type| self.ty(ty, spelling);
        let optional = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), text);
        let list = |members: Vec<String>| format!(" {{ {} }}", members.join(", "));
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(ty) => text(ty),
            TypeDefKind::List(element) => format!("list<{}>", text(element)),
            TypeDefKind::FixedLengthList(element, length) => {
                format!("list<{}, {length}>", text(element))
            }
            TypeDefKind::Map(key, value) => format!("map<{}, {}>", text(key), text(value)),
            TypeDefKind::Option(some) => format!("option<{}>", text(some)),
            TypeDefKind::Result(result) => match (&result.ok, &result.err) {
                (None, None) => "result".to_owned(),
                (Some(ok), None) => format!("result<{}>", text(ok)),
                (ok, error) => format!("result<{}, {}>", optional(ok), optional(error)),
            },
            TypeDefKind::Tuple(tuple) => {
                let types: Vec<String> = tuple.types.iter().map(text).collect();
                format!("tuple<{}>", types.join(", "))
            }
            TypeDefKind::Future(None) => "future".to_owned(),
            TypeDefKind::Future(Some(item)) => format!("future<{}>", text(item)),
            TypeDefKind::Stream(None) => "stream".to_owned(),
            TypeDefKind::Stream(Some(item)) => format!("stream<{}>", text(item)),
            TypeDefKind::Handle(Handle::Own(resource)) => self.named(*resource, spelling),
            TypeDefKind::Handle(Handle::Borrow(resource)) => {
                format!("borrow<{}>", self.named(*resource, spelling))
            }
            TypeDefKind::Record(record) => {
                let field =
                    |field: &wit_parser::Field| format!("{}: {}", field.name, text(&field.ty));
                format!("record{}", list(record.fields.iter().map(field).collect()))
            }
            TypeDefKind::Variant(variant) => {
                let case = |case: &wit_parser::Case| match &case.ty {
                    Some(ty) => format!("{}({})", case.name, text(ty)),
                    None => case.name.clone(),
                };
                format!("variant{}", list(variant.cases.iter().map(case).collect()))
            }
            TypeDefKind::Enum(cases) => {
                format!("enum{}", list(cases.cases.iter().map(|case| case.name.clone()).collect()))
            }
            TypeDefKind::Flags(flags) => {
                format!("flags{}", list(flags.flags.iter().map(|flag| flag.name.clone()).collect()))
            }
            TypeDefKind::Resource => "resource".to_owned(),
            TypeDefKind::Unknown => "unknown".to_owned(),
        }
    }

    /// A function's signature.
    pub(super) fn signature(self, function: &Function, spelling: Spelling) -> String {
        let parameters: Vec<String> = function
            .params
            .iter()
            .map(|parameter| format!("{}: {}", parameter.name, self.ty(&parameter.ty, spelling)))
            .collect();
        let flavour = if function.kind.is_async() { "async func" } else { "func" };
        let result = function.result.as_ref();
        let result = result.map(|ty| format!(" -> {}", self.ty(ty, spelling))).unwrap_or_default();
        format!("{flavour}({}){result}", parameters.join(", "))
    }

    /// Where a type is defined that came here through `use`, or through another name for it.
    pub(super) fn origin(self, id: TypeId) -> TypeId {
        match self.resolve.types[id].kind {
            TypeDefKind::Type(Type::Id(other)) => self.origin(other),
            _ => id,
        }
    }

    fn package_of(self, id: TypeId) -> Option<PackageId> {
        match self.resolve.types[id].owner {
            TypeOwner::Interface(interface) => self.resolve.interfaces[interface].package,
            TypeOwner::World(world) => self.resolve.worlds[world].package,
            TypeOwner::None => None,
        }
    }

    /// The place of a type's definition, in words that a new version leaves alone.
    fn place(self, id: TypeId) -> String {
        let definition = &self.resolve.types[id];
        let name = definition.name.as_deref().unwrap_or_default();
        match definition.owner {
            TypeOwner::Interface(interface) => match self.interface_name(interface) {
                Some(interface) => format!("{interface}.{name}"),
                None => name.to_owned(),
            },
            TypeOwner::World(_) | TypeOwner::None => name.to_owned(),
        }
    }

    /// An interface's name: with no version if it is of this package, and otherwise with what
    /// all compatible versions have in common. An interface written inside a world has none.
    pub(super) fn interface_name(self, id: InterfaceId) -> Option<String> {
        let interface = &self.resolve.interfaces[id];
        let package = interface.package?;
        let PackageName { namespace, name, version } = &self.resolve.packages[package].name;
        let version = version.as_ref().filter(|_| package != self.package);
        let track = version.map(PackageName::version_compat_track_string);
        let track = track.map(|track| format!("@{track}")).unwrap_or_default();
        Some(format!("{namespace}:{name}/{}{track}", interface.name.as_deref()?))
    }
}
