//! Resources inside types.

use crate::component::world::{Resource, Type};

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

/// The types directly inside, to be changed.
pub(super) fn inner_mut(ty: &mut Type) -> Vec<&mut Type> {
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
        Type::Variant { cases, .. } => {
            cases.iter_mut().filter_map(|case| case.ty.as_mut()).collect()
        }
        _ => Vec::new(),
    }
}
