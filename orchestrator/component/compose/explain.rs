//! Why an engine does not accept the whole, where that can be seen from the parts.

use std::collections::BTreeMap;

use super::{ComposeError, Parts};
use crate::component::wiring::Wiring;
use crate::component::world::{Item, Mismatch, compare_functions, compare_types, seen_from, track};

/// The same error in terms of the parts, if it is about imports that become one and differ.
pub(super) fn explain(error: ComposeError, parts: &Parts<'_>, wiring: &Wiring) -> ComposeError {
    match (error, difference(parts, wiring)) {
        (
            ComposeError::Encoding { .. } | ComposeError::BrokeDown { .. },
            Some((import, one, other, mismatch)),
        ) => ComposeError::Different { import, one, other, mismatch },
        (error, _) => error,
    }
}

type Difference = (String, String, String, Box<Mismatch>);

/// Two parts that mean different things by an import that is left, and how they differ.
fn difference(parts: &Parts<'_>, wiring: &Wiring) -> Option<Difference> {
    let mut first: BTreeMap<(&str, _), (&str, &Item)> = BTreeMap::new();
    for (import, left) in &wiring.left {
        for part in &left.wanted_by {
            let item = &parts[part.as_str()].world.imports[import];
            let name = track(import).map_or((import.as_str(), None), |(name, of)| (name, Some(of)));
            let (known, expected) = *first.entry(name).or_insert((part, item));
            if let Err(Mismatch { path, expected, found }) = compare_common(expected, item) {
                let path = seen_from(import, path);
                let mismatch = Box::new(Mismatch { path, expected, found });
                return Some((import.clone(), known.to_owned(), part.clone(), mismatch));
            }
        }
    }
    None
}

/// Compares what both have: each may use another part of an interface.
fn compare_common(one: &Item, other: &Item) -> Result<(), Mismatch> {
    match (one, other) {
        (Item::Interface(one), Item::Interface(other)) => {
            for (name, function) in &one.functions {
                if let Some(found) = other.functions.get(name) {
                    compare_functions(function, found)
                        .map_err(|mismatch| mismatch.under(format!("function \"{name}\"")))?;
                }
            }
            for (name, ty) in &one.types {
                if let Some(found) = other.types.get(name) {
                    compare_types(ty, found)
                        .map_err(|mismatch| mismatch.under(format!("type \"{name}\"")))?;
                }
            }
            Ok(())
        }
        (Item::Function(one), Item::Function(other)) => compare_functions(one, other),
        (Item::Type(one), Item::Type(other)) => compare_types(one, other),
        (one, other) => Err(Mismatch {
            path: Vec::new(),
            expected: one.kind().to_owned(),
            found: other.kind().to_owned(),
        }),
    }
}
