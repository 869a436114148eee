//! Which engine composes a pipeline, and why.
//!
//! wasm-compose does, wherever it can express the wiring; wac-graph does the rest. What either can
//! is what the cases in `tests/cases/compose` show:
//!
//! | what a wiring has | wasm-compose | wac-graph |
//! |---|---|---|
//! | links by name, to a part's own functions, to one part from several | yes | yes |
//! | a resource that reaches a part in several ways | yes, if parts are added in the right order | yes |
//! | several instances of a component, with resources or without | yes | yes |
//! | an interface exported from a part that is not the root | no: it exports one part | yes |
//! | imports of one interface in several compatible versions | keeps them apart, and refuses their resources | one import |
//!
//! Should there be more that it refuses, that shows when it is tried.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::component::wiring::Wiring;
use crate::component::world::track;

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
        }
    }
}

/// The engine for a wiring: the one that is `asked` for, or the first that can express it.
pub fn choose(wiring: &Wiring, asked: Option<Engine>) -> Choice {
    if let Some(engine) = asked {
        return Choice { engine, why: Why::Asked };
    }
    match exposes(wiring).or_else(|| versions(wiring)) {
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
