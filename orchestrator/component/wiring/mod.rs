//! Which export meets which import.
//!
//! Imports are met in a fixed order of preference: an explicit link, an export of the same
//! name, an export of a compatible version (the same major version; below 1.0 the same minor
//! version). Two candidates of equal rank are an error that asks for an explicit link, never a
//! choice that poly makes. A component never meets its own import. What the host
//! provides and what consists of types alone stays an import of the composed component.
//!
//! The *root* is the one component from which no other takes anything, and what it exports is
//! what the composed component exports. A pipeline's flow component is its root; components
//! that the root does not need, directly or through others, are left out.
//!
//! Not here: what a WASI import may touch (grants), and the composing itself.

mod error;
mod meet;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use error::WiringError;

use super::flow::FlowComponent;
use super::part::Part;
use super::world::is_provided;

/// `"component/import" = "component"` or `"component/export"`, as the manifest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplicitLink {
    /// `component/import`.
    pub import: String,
    /// `component` or `component/export`.
    pub export: String,
}

/// All links of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wiring {
    /// The component whose exports are those of the composed component.
    pub root: String,
    /// The links, by component and import.
    pub links: Vec<Link>,
    /// All components that take part, each after those that it takes from.
    pub order: Vec<String>,
    /// Components that the root does not need.
    pub unused: Vec<String>,
}

/// An import and what meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The component that imports.
    pub component: String,
    /// What it imports.
    pub import: String,
    /// The component that exports.
    pub provider: String,
    /// What it exports; without it, the provider as a whole stands for an interface of its
    /// own functions.
    pub export: Option<String>,
    /// Why this export.
    pub reason: Reason,
}

/// Why an export meets an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The manifest says so.
    Explicit,
    /// The names are equal.
    ExactName,
    /// The names are equal but for a compatible version.
    CompatibleVersion,
    /// A flow names the function.
    Flow,
}

/// Resolves all imports of `parts` and, if there is one, of the flow component.
pub fn wire(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    links: &[ExplicitLink],
) -> Result<Wiring, WiringError> {
    let parts: BTreeMap<&str, &Part<'_>> =
        parts.iter().map(|part| (part.name.as_str(), part)).collect();
    let mut explicit = meet::explicit(&parts, links)?;
    let mut resolved = Vec::new();
    for part in parts.values() {
        for (import, item) in &part.world.imports {
            if let Some(link) = explicit.remove(&(part.name.as_str(), import.as_str())) {
                resolved.push(link);
            } else if !is_provided(import) && !item.is_type_only() {
                resolved.push(meet::by_name(&parts, part, import, item)?);
            }
        }
    }
    resolved.extend(flow.into_iter().flat_map(|flow| flow.links.iter().cloned()));
    finish(&parts, flow, &resolved)
}

/// Chooses the root, orders the components and leaves out what the root does not need.
fn finish(
    parts: &BTreeMap<&str, &Part<'_>>,
    flow: Option<&FlowComponent>,
    links: &[Link],
) -> Result<Wiring, WiringError> {
    let names: BTreeSet<&str> =
        parts.keys().copied().chain(flow.map(|flow| flow.part.name.as_str())).collect();
    let whole_order = order::providers_first(&names, links)?;
    let root = match flow {
        Some(flow) => flow.part.name.clone(),
        None => sole_root(&names, links)?.to_owned(),
    };
    let needed = order::needed_by(&root, links);
    Ok(Wiring {
        order: whole_order
            .into_iter()
            .filter(|name| needed.contains(*name))
            .map(str::to_owned)
            .collect(),
        unused: names
            .iter()
            .filter(|name| !needed.contains(**name))
            .map(|name| (*name).to_owned())
            .collect(),
        links: links
            .iter()
            .filter(|link| needed.contains(link.component.as_str()))
            .cloned()
            .collect(),
        root,
    })
}

fn sole_root<'n>(names: &BTreeSet<&'n str>, links: &[Link]) -> Result<&'n str, WiringError> {
    let taken: BTreeSet<&str> = links.iter().map(|link| link.provider.as_str()).collect();
    let roots: Vec<&str> = names.iter().copied().filter(|name| !taken.contains(name)).collect();
    match roots[..] {
        [root] => Ok(root),
        [] => Err(WiringError::Nothing),
        _ => {
            Err(WiringError::SeveralRoots { roots: roots.into_iter().map(str::to_owned).collect() })
        }
    }
}

#[cfg(test)]
mod tests;
