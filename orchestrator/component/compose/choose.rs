//! Which engine composes a pipeline, and why.
//!
//! wasm-compose does, wherever it can express the wiring; wac-graph does the rest:
//!
//! | what a wiring has | wasm-compose | wac-graph |
//! |---|---|---|
//! | links by name, to a part's own functions, to one part from several | yes | yes |
//! | an interface exported from a part that is not the root | no: it exports one part | yes |
//! | imports of one interface in several compatible versions | keeps them apart | one import |
//! | a resource that reaches a part in several ways, or is passed on | refuses some | yes |
//! | several instances of a component with resources | takes their resources for one | yes |

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::Parts;
use crate::component::flow::FlowComponent;
use crate::component::part::Part;
use crate::component::wiring::{Origin, Owners, Wiring};
use crate::component::world::{Item, resources, track};

/// A library that composes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// wasm-compose's graph.
    WasmCompose,
    /// wac-graph.
    WacGraph,
}

impl fmt::Display for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::WasmCompose => "wasm-compose",
            Self::WacGraph => "wac-graph",
        })
    }
}

impl Engine {
    /// What to do when it does not accept components that fit.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::WasmCompose => {
                "write `engine = \"wac-graph\"` in `[compose]`, which can express more"
            }
            Self::WacGraph => {
                "the parts fit by what poly sees of them: please report it with their WIT \
                 (`poly wit show`)"
            }
        }
    }
}

/// An engine, and why it is that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The engine.
    pub engine: Engine,
    /// Why.
    pub why: Why,
}

/// Why an engine was chosen; reads on from `because`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// The manifest says so.
    Asked,
    /// wasm-compose can express the wiring.
    Simple,
    /// wasm-compose refused what it was thought to express.
    Refused,
    /// An interface of another part than the root is exported.
    Exposes {
        /// The part.
        provider: String,
        /// The interface.
        export: String,
    },
    /// Imports that are left become one.
    Versions {
        /// The import.
        one: String,
        /// The same in another version.
        other: String,
    },
    /// A resource goes further than from its owner to one consumer in one way.
    Resource {
        /// Its name.
        resource: String,
        /// Its owner.
        owner: String,
        /// Whom it reaches in several ways, or who passes it on.
        part: String,
    },
    /// A component with resources has several instances.
    Instances {
        /// The component.
        component: String,
    },
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => write!(out, "the manifest says so"),
            Self::Simple => write!(out, "it can express all links"),
            Self::Refused => write!(out, "wasm-compose refuses these components"),
            Self::Exposes { provider, export } => {
                write!(out, "`{export}` of component `{provider}` is exported beside the root")
            }
            Self::Versions { one, other } => {
                write!(out, "the imports `{one}` and `{other}` become one")
            }
            Self::Resource { resource, owner, part } => write!(
                out,
                "resource `{resource}` of component `{owner}` reaches `{part}` in several ways or is passed \
                 on by it"
            ),
            Self::Instances { component } => {
                write!(out, "component `{component}` owns resources and has several instances")
            }
        }
    }
}

/// The engine for a wiring: the one that is `asked` for, or the first that can express it.
pub fn choose(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    wiring: &Wiring,
    asked: Option<Engine>,
) -> Choice {
    if let Some(engine) = asked {
        return Choice { engine, why: Why::Asked };
    }
    let parts: Parts<'_> = parts
        .iter()
        .chain(flow.map(|flow| &flow.part))
        .map(|part| (part.name.as_str(), part))
        .collect();
    let beyond = exposes(wiring)
        .or_else(|| versions(wiring))
        .or_else(|| instances(&parts, wiring))
        .or_else(|| shared_resource(&parts, wiring));
    match beyond {
        Some(why) => Choice { engine: Engine::WacGraph, why },
        None => Choice { engine: Engine::WasmCompose, why: Why::Simple },
    }
}

fn exposes(wiring: &Wiring) -> Option<Why> {
    let exposed = wiring.exposed.first()?;
    Some(Why::Exposes { provider: exposed.provider.clone(), export: exposed.export.clone() })
}

/// Two names among what is left that differ in nothing but a compatible version.
fn versions(wiring: &Wiring) -> Option<Why> {
    let mut seen = BTreeMap::new();
    for name in wiring.left.keys() {
        if let Some(track) = track(name)
            && let Some(first) = seen.insert(track, name)
        {
            return Some(Why::Versions { one: first.clone(), other: name.clone() });
        }
    }
    None
}

/// A component with resources of its own that has several instances.
fn instances(parts: &Parts<'_>, wiring: &Wiring) -> Option<Why> {
    let mut seen = BTreeSet::new();
    for part in wiring.order.iter().map(|name| parts[name.as_str()]) {
        if owns_resources(part) && !seen.insert(&part.component) {
            return Some(Why::Instances { component: part.component.clone() });
        }
    }
    None
}

fn owns_resources(part: &Part<'_>) -> bool {
    let owns = |item: &Item| matches!(item, Item::Interface(found) if !found.resources.is_empty());
    part.world.exports.values().any(owns)
}

/// A resource of some part that reaches another through two imports, or stands in an export of
/// a part that does not own it.
fn shared_resource(parts: &Parts<'_>, wiring: &Wiring) -> Option<Why> {
    let owners = Owners::new(parts, &wiring.links);
    let because = |origin: Origin, part: &Part<'_>| {
        Some(Why::Resource {
            resource: origin.resource,
            owner: origin.part.filter(|owner| *owner != part.name)?,
            part: part.name.clone(),
        })
    };
    for part in wiring.order.iter().map(|name| parts[name.as_str()]) {
        let origins = |item: &Item| -> BTreeSet<Origin> {
            let mentions = resources(item, item);
            mentions.into_iter().map(|(_, resource)| owners.origin(part, resource)).collect()
        };
        let mut reached = BTreeSet::new();
        for origin in part.world.imports.values().flat_map(origins) {
            if !reached.insert(origin.clone())
                && let Some(why) = because(origin, part)
            {
                return Some(why);
            }
        }
        let exported = part.world.exports.values().flat_map(origins);
        if let Some(why) = exported.into_iter().find_map(|origin| because(origin, part)) {
            return Some(why);
        }
    }
    None
}
