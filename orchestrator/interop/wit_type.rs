//! Types as WIT has them: where they are from, what they are made of, what they are called in a name.

use wit_parser::{InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

use crate::component::wit;

/// Where a type is really defined, if it came by `use`.
pub(super) fn defined(resolve: &Resolve, id: TypeId) -> TypeId {
    match resolve.types[id].kind {
        TypeDefKind::Type(Type::Id(other))
            if resolve.types[other].owner != resolve.types[id].owner =>
        {
            defined(resolve, other)
        }
        _ => id,
    }
}

/// The interface that a type really is of.
pub(super) fn origin(resolve: &Resolve, id: TypeId) -> Option<InterfaceId> {
    match resolve.types[defined(resolve, id)].owner {
        TypeOwner::Interface(interface) => Some(interface),
        _ => None,
    }
}

/// Whether a value of the type can be written down.
pub(super) fn is_speakable(resolve: &Resolve, of: &Type) -> bool {
    let Type::Id(id) = of else { return !matches!(of, Type::ErrorContext) };
    let has_text = !matches!(
        resolve.types[*id].kind,
        TypeDefKind::Resource
            | TypeDefKind::Handle(_)
            | TypeDefKind::Future(_)
            | TypeDefKind::Stream(_)
            | TypeDefKind::Map(..)
            | TypeDefKind::FixedLengthList(..)
            | TypeDefKind::Unknown
    );
    has_text && parts(resolve, *id).iter().all(|part| is_speakable(resolve, part))
}

/// The types that a type is made of.
fn parts(resolve: &Resolve, id: TypeId) -> Vec<Type> {
    let mut kind = resolve.types[id].kind.clone();
    parts_mut(&mut kind).into_iter().map(|part| *part).collect()
}

pub(super) fn parts_mut(kind: &mut TypeDefKind) -> Vec<&mut Type> {
    match kind {
        TypeDefKind::Type(of) | TypeDefKind::List(of) | TypeDefKind::Option(of) => vec![of],
        TypeDefKind::Tuple(tuple) => tuple.types.iter_mut().collect(),
        TypeDefKind::Record(record) => {
            record.fields.iter_mut().map(|field| &mut field.ty).collect()
        }
        TypeDefKind::Variant(variant) => {
            variant.cases.iter_mut().filter_map(|case| case.ty.as_mut()).collect()
        }
        TypeDefKind::Result(result) => result.ok.iter_mut().chain(result.err.iter_mut()).collect(),
        _ => Vec::new(),
    }
}

/// A type as part of a function's name.
pub(super) fn in_a_name(resolve: &Resolve, of: &Type) -> String {
    let joined = |first: &str, parts: &[Option<Type>]| {
        let parts = parts.iter().map(|part| {
            part.as_ref().map_or_else(|| "none".to_owned(), |part| in_a_name(resolve, part))
        });
        std::iter::once(first.to_owned()).chain(parts).collect::<Vec<_>>().join("-")
    };
    match wit::own_name(of) {
        Ok(name) => name.to_owned(),
        Err(id) => match (&resolve.types[id].name, &resolve.types[id].kind) {
            (Some(name), _) => name.clone(),
            (None, TypeDefKind::List(of)) => joined("list", &[Some(*of)]),
            (None, TypeDefKind::Option(of)) => joined("option", &[Some(*of)]),
            (None, TypeDefKind::Tuple(tuple)) => {
                joined("tuple", &tuple.types.iter().copied().map(Some).collect::<Vec<_>>())
            }
            (None, TypeDefKind::Result(result)) => match (result.ok, result.err) {
                (None, None) => "result".to_owned(),
                (ok, None) => joined("result", &[ok]),
                (ok, err) => joined("result", &[ok, err]),
            },
            (None, other) => other.as_str().to_owned(),
        },
    }
}
