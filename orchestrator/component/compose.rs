//! Parts and their wiring → one component.
//!
//! Two engines do it: wasm-compose's graph, and wac-graph, which can do more (see `choose`). Both
//! do what they are told and look for nothing themselves, so that every link is one that
//! [`super::wiring`] chose and can explain. The parts are taken to be valid, as
//! [`super::adapt`] leaves them; what an engine writes round them is validated here. A panic in
//! an engine is an error like any other.
//!
//! | file | what it owns |
//! |---|---|
//! | `choose` | which engine, and why |
//! | `wasm_compose`, `wac_graph` | an engine each |
//! | `explain` | why an engine did not accept the whole, where that can be seen |
//! | `validate` | that what is new in the composed component is valid |
//! | `guard` | panics |

mod choose;
mod error;
mod explain;
mod guard;
mod validate;
mod wac_graph;
mod wasm_compose;

use std::collections::BTreeMap;

pub use choose::{Choice, Engine, Why, choose};
pub use error::ComposeError;

use super::audit;
use super::flow::{self, FlowComponent};
use super::locked;
use super::part::Part;
use super::wiring::{self, Wiring};

/// All parts by name, the flow component among them.
type Parts<'p> = BTreeMap<&'p str, &'p Part<'p>>;

/// What decides which bytes [`compose`] and [`super::flow::generate`] write, and whether the
/// audit passes them, for fingerprints: the crates, with version and checksum, and the numbers of
/// the wiring, the flow generator and the audit.
pub fn versions() -> BTreeMap<String, String> {
    let crates = ["wac-graph", "wac-types", "wasm-compose", "wasm-encoder", "wit-parser"];
    crates
        .into_iter()
        .map(|name| (name.to_owned(), locked::version(name)))
        .chain([
            ("audit".to_owned(), audit::SCHEMA.to_string()),
            ("flow".to_owned(), flow::SCHEMA.to_string()),
            ("wiring".to_owned(), wiring::SCHEMA.to_string()),
        ])
        .collect()
}

/// A composed component, and who composed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The component.
    pub bytes: Vec<u8>,
    /// The engine that wrote it, and why that one.
    pub choice: Choice,
}

/// Composes `parts` and the flow component, if there is one, as `wiring` says, by the engine that
/// is `asked` for or else by the one that [`choose`] names. Should wasm-compose refuse what it was
/// thought to express, wac-graph is tried. Equal arguments give equal bytes.
pub fn compose(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    wiring: &Wiring,
    asked: Option<Engine>,
) -> Result<Composed, ComposeError> {
    let choice = choose(parts, flow, wiring, asked);
    match (compose_by(parts, flow, wiring, choice.engine), &choice.why) {
        (Err(refusal), Why::Simple) => {
            let choice = Choice { engine: Engine::WacGraph, why: Why::Refused };
            match compose_by(parts, flow, wiring, choice.engine) {
                Ok(bytes) => Ok(Composed { bytes, choice }),
                Err(_) => Err(refusal),
            }
        }
        (bytes, _) => Ok(Composed { bytes: bytes?, choice }),
    }
}

/// A single component without links composes to itself.
fn compose_by(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    wiring: &Wiring,
    engine: Engine,
) -> Result<Vec<u8>, ComposeError> {
    let flow = flow.map(|flow| &flow.part);
    let parts: Parts<'_> =
        parts.iter().chain(flow).map(|part| (part.name.as_str(), part)).collect();
    let taking_part = wiring.order.iter().chain([&wiring.root]);
    if let Some(name) = taking_part.into_iter().find(|name| !parts.contains_key(name.as_str())) {
        return Err(ComposeError::UnknownPart { component: name.clone() });
    }
    if wiring.links.is_empty() {
        return Ok(parts[wiring.root.as_str()].bytes.to_vec());
    }
    let composed = guard::guarded(engine, || match engine {
        Engine::WasmCompose => wasm_compose::compose(&parts, wiring),
        Engine::WacGraph => wac_graph::compose(&parts, wiring),
    });
    let bytes = composed.map_err(|error| explain::explain(error, &parts, wiring))?;
    let vouched = parts.values().filter(|part| flow.is_none_or(|flow| flow.name != part.name));
    validate::what_is_new(&bytes, &vouched.map(|part| &*part.bytes).collect::<Vec<_>>())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
