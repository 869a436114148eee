//! Finding what meets an import: as a link says, or by name.

use std::collections::BTreeMap;

use super::{ExplicitLink, Link, Parts, Reason, WiringError};
use crate::component::part::Part;
use crate::component::world::{
    Item, Mismatch, WASI_VERSION, compare_functions, compare_interfaces, seen_from, split_version,
    track,
};
use crate::nearest::{nearest, suggestion};

/// The explicit links, by component and import.
pub(super) fn explicit<'p>(
    parts: &'p Parts<'p>,
    links: &[ExplicitLink],
) -> Result<BTreeMap<(&'p str, &'p str), Link>, WiringError> {
    let mut found = BTreeMap::new();
    for link in links {
        let (component, import) = link.import.split_once('/').unwrap_or((&link.import, ""));
        let component = *part(parts, link, component)?;
        let Some((import, item)) = lookup(&component.world.imports, import) else {
            let known = component.world.imports.keys().map(String::as_str);
            return Err(WiringError::UnknownImport {
                link: link.import.clone(),
                component: component.name.clone(),
                help: suggestion(import, known, "its imports are"),
            });
        };
        let met = explicit_export(parts, link, component, import, item)?;
        if found.insert((component.name.as_str(), import), met).is_some() {
            return Err(WiringError::Twice { link: link.import.clone() });
        }
    }
    Ok(found)
}

fn explicit_export(
    parts: &Parts<'_>,
    link: &ExplicitLink,
    component: &Part<'_>,
    import: &str,
    item: &Item,
) -> Result<Link, WiringError> {
    let (provider, wanted) = match link.export.split_once('/') {
        Some((provider, export)) => (provider, export),
        None => (link.export.as_str(), import),
    };
    let provider = *part(parts, link, provider)?;
    if provider.name == component.name {
        return Err(WiringError::Itself {
            link: link.import.clone(),
            component: component.name.clone(),
        });
    }
    let exports = &provider.world.exports;
    let named = |is: &dyn Fn(&str) -> bool| -> Vec<(&str, &Item)> {
        let named = exports.iter().filter(|(name, _)| is(name));
        named.map(|(name, item)| (name.as_str(), item)).collect()
    };
    let candidates = match exports.get_key_value(wanted) {
        Some((name, item)) => vec![(name.as_str(), item)],
        None => named(&|name| split_version(name).0 == wanted || is_compatible(wanted, name)),
    };
    match candidates[..] {
        [(export, offered)] => {
            checked(component, import, item, (provider, export, offered), Reason::Explicit)
        }
        [] => Err(WiringError::UnknownExport {
            link: link.import.clone(),
            component: provider.name.clone(),
            export: wanted.to_owned(),
            help: suggestion(wanted, exports.keys().map(String::as_str), "its exports are"),
        }),
        _ => Err(WiringError::Ambiguous {
            component: component.name.clone(),
            import: import.to_owned(),
            providers: candidates
                .iter()
                .map(|(name, _)| format!("{}/{name}", provider.name))
                .collect(),
        }),
    }
}

fn part<'p, 'm>(
    parts: &'m Parts<'p>,
    link: &ExplicitLink,
    name: &str,
) -> Result<&'m &'p Part<'p>, WiringError> {
    parts.get(name).ok_or_else(|| WiringError::UnknownComponent {
        link: link.import.clone(),
        component: name.to_owned(),
        help: suggestion(name, parts.keys().copied(), "the components are"),
    })
}

/// An item by its full name, or by its name without version if that is the only one.
fn lookup<'i>(items: &'i BTreeMap<String, Item>, name: &str) -> Option<(&'i str, &'i Item)> {
    if let Some((name, item)) = items.get_key_value(name) {
        return Some((name, item));
    }
    let mut unversioned = items.iter().filter(|(known, _)| split_version(known).0 == name);
    match (unversioned.next(), unversioned.next()) {
        (Some((name, item)), None) => Some((name, item)),
        _ => None,
    }
}

/// The one export of a part of another component that has the import's name, or a compatible version.
pub(super) fn by_name(
    parts: &Parts<'_>,
    component: &Part<'_>,
    import: &str,
    item: &Item,
) -> Result<Link, WiringError> {
    let others = || {
        parts.values().filter(|other| other.component != component.component).flat_map(|other| {
            other.world.exports.iter().map(move |(name, item)| (*other, name.as_str(), item))
        })
    };
    let exact: Vec<_> = others().filter(|(_, name, _)| *name == import).collect();
    let (candidates, reason) = if exact.is_empty() {
        let compatible = others().filter(|(_, name, _)| is_compatible(import, name)).collect();
        (compatible, Reason::CompatibleVersion)
    } else {
        (exact, Reason::ExactName)
    };
    match candidates[..] {
        [candidate] => checked(component, import, item, candidate, reason),
        [] => Err(WiringError::Unmet {
            component: component.name.clone(),
            import: import.to_owned(),
            help: unmet_help(component, import, item, &others().collect::<Vec<_>>()),
        }),
        _ => Err(WiringError::Ambiguous {
            component: component.name.clone(),
            import: import.to_owned(),
            providers: candidates
                .iter()
                .map(|(other, name, _)| format!("{}/{name}", other.name))
                .collect(),
        }),
    }
}

type Candidate<'c> = (&'c Part<'c>, &'c str, &'c Item);

fn unmet_help(
    component: &Part<'_>,
    import: &str,
    item: &Item,
    exports: &[Candidate<'_>],
) -> String {
    match near(import, exports) {
        Some((provider, export, offered)) => match compare_items(item, offered) {
            Ok(()) => format!(
                "component `{}` exports `{export}`; if that is meant, say so in `[link]`: \
                 \"{}/{import}\" = \"{}/{export}\"",
                provider.name, component.name, provider.name
            ),
            Err(mismatch) => format!(
                "component `{}` exports `{export}`, which is not the same: {}; build both from the \
                 same WIT",
                provider.name,
                Mismatch { path: seen_from(import, mismatch.path), ..mismatch }
            ),
        },
        None if import.starts_with("wasi:") => format!(
            "the host provides WASI {}.{} with `wasi:cli`, `clocks`, `filesystem`, `http` (outgoing), \
             `io`, `random` and `sockets`; anything else needs a component that exports it",
            WASI_VERSION.major, WASI_VERSION.minor
        ),
        None => "add a component that exports it".to_owned(),
    }
}

/// The export that may have been meant: of the same name but for the version, of nearly the same
/// name, or of the same name in another package.
fn near<'c>(import: &str, exports: &[Candidate<'c>]) -> Option<Candidate<'c>> {
    let wanted = split_version(import).0;
    let last = |name: &str| name.rsplit_once('/').map(|(_, last)| last.to_owned());
    let bare = |name| split_version(name).0;
    let find = |is: &dyn Fn(&str) -> bool| exports.iter().find(|(_, name, _)| is(bare(name)));
    let slip = nearest(wanted, exports.iter().map(|(_, name, _)| bare(name)));
    find(&|name| name == wanted)
        .or_else(|| find(&|name| slip == Some(name)))
        .or_else(|| find(&|name| last(name).is_some_and(|name| last(wanted) == Some(name))))
        .copied()
}

/// Whether an export may stand for an import by its name: equal but for a version that is
/// compatible.
fn is_compatible(import: &str, export: &str) -> bool {
    track(import).is_some_and(|wanted| track(export) == Some(wanted))
}

/// The link, if the types agree.
fn checked(
    component: &Part<'_>,
    import: &str,
    item: &Item,
    (provider, export, offered): (&Part<'_>, &str, &Item),
    reason: Reason,
) -> Result<Link, WiringError> {
    compare_items(item, offered).map_err(|mismatch| WiringError::Mismatch {
        component: component.name.clone(),
        import: import.to_owned(),
        provider: provider.name.clone(),
        export: export.to_owned(),
        mismatch: Box::new(Mismatch { path: seen_from(import, mismatch.path), ..mismatch }),
        help: remedy(reason).into(),
    })?;
    Ok(Link {
        consumer: component.name.clone(),
        import: import.to_owned(),
        provider: provider.name.clone(),
        export: Some(export.to_owned()),
        reason,
    })
}

/// How two ends that differ come to agree.
fn remedy(reason: Reason) -> &'static str {
    match reason {
        Reason::Explicit => "let the link name an export that is of the same type",
        Reason::CompatibleVersion => "build both components from the same version of the WIT",
        Reason::ExactName | Reason::Flow => "both components must be built from the same WIT",
    }
}

fn compare_items(wanted: &Item, offered: &Item) -> Result<(), Mismatch> {
    match (wanted, offered) {
        (Item::Interface(one), Item::Interface(other)) => compare_interfaces(one, other),
        (Item::Function(one), Item::Function(other)) => compare_functions(one, other),
        _ => Err(Mismatch {
            path: Vec::new(),
            expected: wanted.kind().to_owned(),
            found: offered.kind().to_owned(),
        }),
    }
}
