//! Which export meets which import.
//!
//! Imports are met in a fixed order of preference: an explicit link, an export of the same
//! name, an export of a compatible version (the same major version; below 1.0 the same minor
//! version). Two candidates of equal rank are an error that asks for an explicit link, never a
//! choice that poly makes. A component never meets its own import. What the host
//! provides and what consists of types alone stays an import of the composed component, unless
//! those types hold a resource: then they are met by name where somebody exports them.
//!
//! A link's two ends must agree in structure, and on resources: a resource type is its owner's
//! alone, so that wherever one is mentioned, both ends must have it from the same part, by
//! whatever way.
//!
//! The *root* is the one part from which no other takes anything, and what it exports is
//! what the composed component exports. A pipeline's flow component is its root; parts
//! that the root does not need, directly or through others, are left out.
//!
//! Not here: what a WASI import may touch (grants), and the composing itself.

mod error;
mod meet;
mod order;
mod resources;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

pub use error::{About, WiringError};
pub use resources::Origin;
pub(crate) use resources::Owners;

use super::part::Part;
use super::world::{Item, is_provided, resources as mentions};

/// `"component/import" = "component"` or `"component/export"`, as the manifest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplicitLink {
    /// `component/import`.
    pub import: String,
    /// `component` or `component/export`.
    pub export: String,
}

/// The component that holds all flows of a pipeline, and what meets its imports: the one part that
/// comes with its links.
#[derive(Debug, Clone)]
pub struct FlowComponent {
    /// The component, under a name that no other part has.
    pub part: Part<'static>,
    /// A link for each of its imports that components meet.
    pub links: Vec<Link>,
}

/// All links of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wiring {
    /// The part whose exports are those of the composed component.
    pub root: String,
    /// The links, by consumer and import.
    pub links: Vec<Link>,
    /// All that take part, each after those that it takes from.
    pub order: Vec<String>,
    /// Parts that the root does not need.
    pub unused: Vec<String>,
    /// What the composed component exports beside what its root does: the interfaces of other
    /// parts whose resources the root hands out, directly or by way of these.
    pub exposed: Vec<Exposed>,
    /// What stays an import of the composed component, by name.
    pub left: BTreeMap<String, Left>,
}

/// An interface that the composed component exports from a part that is not its root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Exposed {
    /// The part.
    pub provider: String,
    /// The interface.
    pub export: String,
}

/// An import that no part meets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Left {
    /// The parts that import it.
    pub wanted_by: Vec<String>,
    /// Who meets it.
    pub to: LeftTo,
}

/// Who meets an import that no part meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftTo {
    /// The host, with what is granted.
    Host,
    /// Nobody: it consists of types alone.
    Nobody,
}

/// An import and what meets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// The part that imports.
    pub consumer: String,
    /// What it imports.
    pub import: String,
    /// The part that exports.
    pub provider: String,
    /// What it exports; without it, the provider as a whole stands for an interface of its
    /// own functions.
    pub export: Option<String>,
    /// Why this export.
    pub reason: Reason,
}

/// Why an export meets an import; reads on from `because`.
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

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Explicit => "a `[link]` says so",
            Self::ExactName => "the names are equal",
            Self::CompatibleVersion => "the versions are compatible",
            Self::Flow => "a `[flow]` calls it",
        })
    }
}

/// Goes up whenever equal components are linked otherwise than before, or by another engine.
pub(super) const SCHEMA: u32 = 3;

type Parts<'p> = BTreeMap<&'p str, &'p Part<'p>>;

/// Resolves all imports of `parts`.
pub fn links(parts: &[Part<'_>], links: &[ExplicitLink]) -> Result<Vec<Link>, WiringError> {
    let parts: Parts<'_> = parts.iter().map(|part| (part.name.as_str(), part)).collect();
    let mut explicit = meet::explicit(&parts, links)?;
    let mut resolved = Vec::new();
    for part in parts.values() {
        for (import, item) in &part.world.imports {
            if let Some(link) = explicit.remove(&(part.name.as_str(), import.as_str())) {
                resolved.push(link);
            } else if !is_provided(import) && !is_for_everybody(item) {
                match meet::by_name(&parts, part, import, item) {
                    // Types alone need nobody, as long as their resources are the host's.
                    Err(WiringError::Unmet { .. }) if item.is_type_only() => {}
                    met => resolved.push(met?),
                }
            }
        }
    }
    // Whoever follows a resource from link to link must come to an end.
    order::providers_first(&parts.keys().copied().collect(), &resolved)?;
    Ok(resolved)
}

/// Whether an import is the same whoever provides it: it consists of types, and no resource is
/// among what they hold.
fn is_for_everybody(item: &Item) -> bool {
    item.is_type_only() && mentions(item, item).is_empty()
}

/// Resolves all imports of `parts` and, if there is one, of the flow component.
pub fn wire(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    links: &[ExplicitLink],
) -> Result<Wiring, WiringError> {
    wire_linked(parts, flow, self::links(parts, links)?)
}

/// The same where [`links`] has resolved the imports of `parts`.
pub fn wire_linked(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    mut resolved: Vec<Link>,
) -> Result<Wiring, WiringError> {
    resolved.extend(flow.into_iter().flat_map(|flow| flow.links.iter().cloned()));
    let parts = parts.iter().chain(flow.map(|flow| &flow.part));
    finish(
        &parts.map(|part| (part.name.as_str(), part)).collect(),
        flow.map(|flow| &flow.part),
        resolved,
    )
}

/// Chooses the root, orders the parts, leaves out what the root does not need, and sees that
/// resources agree.
fn finish(
    parts: &Parts<'_>,
    flow: Option<&Part<'_>>,
    mut links: Vec<Link>,
) -> Result<Wiring, WiringError> {
    let names: BTreeSet<&str> = parts.keys().copied().collect();
    let order = order::providers_first(&names, &links)?;
    let root = match flow {
        Some(flow) => &flow.name,
        None => sole_root(&names, &links)?,
    };
    let needed: BTreeSet<String> =
        order::needed_by(root, &links).into_iter().map(str::to_owned).collect();
    let order: Vec<String> =
        order.into_iter().filter(|name| needed.contains(*name)).map(str::to_owned).collect();
    let unused = names.into_iter().filter(|name| !needed.contains(*name)).map(str::to_owned);
    let unused = unused.collect();
    links.retain(|link| needed.contains(&link.consumer));
    let owners = Owners::new(parts, &links);
    owners.agree(&order)?;
    Ok(Wiring {
        root: root.to_owned(),
        exposed: owners.exposed(parts[root])?,
        left: left(parts, &links, &order),
        order,
        unused,
        links,
    })
}

/// What no link meets.
fn left(parts: &Parts<'_>, links: &[Link], order: &[String]) -> BTreeMap<String, Left> {
    let mut left = BTreeMap::<String, Left>::new();
    for part in order.iter().map(|name| parts[name.as_str()]) {
        for import in part.world.imports.keys() {
            let met = |link: &Link| link.consumer == part.name && link.import == *import;
            if !links.iter().any(met) {
                let to = if is_provided(import) { LeftTo::Host } else { LeftTo::Nobody };
                let new = Left { wanted_by: Vec::new(), to };
                left.entry(import.clone()).or_insert(new).wanted_by.push(part.name.clone());
            }
        }
    }
    left
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
