//! Parts and their wiring → one component.
//!
//! Two engines do it: wasm-compose's graph, and wac-graph, which can do more (see `choose`). Both
//! do what they are told and look for nothing themselves, so that every link is one that
//! [`super::wiring`] chose and can explain. A panic in an engine is an error like any other.
//!
//! The engines are handed outlines (see `outline`), and the components are put in afterwards: the
//! parts are valid, as [`super::adapt`] leaves them, and have the types that their outlines have,
//! so that all that has to be read and validated here is what is new.
//!
//! | file | what it owns |
//! |---|---|
//! | `choose` | which engine, and why |
//! | `wasm_compose`, `wac_graph` | an engine each |
//! | `explain` | why an engine did not accept the whole, where that can be seen |

mod choose;
mod error;
mod explain;
mod wac_graph;
mod wasm_compose;

use std::collections::BTreeMap;

pub use choose::{Choice, Engine, Why, choose};
pub use error::ComposeError;

use wasmparser::{BinaryReaderError, Validator};

use super::Cause;
use super::audit;
use super::flow;
use super::guard::guarded;
use super::locked;
use super::outline;
use super::part::Part;
use super::wiring::{self, FlowComponent, Wiring};

/// All parts by name, the flow component among them.
type Parts<'p> = BTreeMap<&'p str, &'p Part<'p>>;

/// What decides which bytes [`compose`] and [`super::flow::generate`] write, and whether the
/// audit passes them, for fingerprints: the crates, with version and checksum, and the numbers of
/// the wiring, the flow generator, outlines and the audit.
pub fn versions() -> BTreeMap<String, String> {
    let crates = [
        "wac-graph",
        "wac-types",
        "wasm-compose",
        "wasm-encoder",
        "wasm-wave",
        "wasmparser",
        "wit-parser",
    ];
    crates
        .into_iter()
        .map(|name| (name.to_owned(), locked::version(name)))
        .chain([
            ("audit".to_owned(), audit::SCHEMA.to_string()),
            ("flow".to_owned(), flow::SCHEMA.to_string()),
            ("outline".to_owned(), outline::SCHEMA.to_string()),
            ("wiring".to_owned(), wiring::SCHEMA.to_string()),
        ])
        .collect()
}

/// A composed component, and who composed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// The component.
    pub bytes: Vec<u8>,
    /// Its outline: a component of the same type, with nothing in its functions.
    pub outline: Vec<u8>,
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
    let choice = choose(wiring, asked);
    match (compose_by(parts, flow, wiring, choice.engine), &choice.why) {
        (Err(refusal), Why::Simple) => {
            let choice = Choice { engine: Engine::WacGraph, why: Why::Refused };
            match compose_by(parts, flow, wiring, choice.engine) {
                Ok((bytes, outline)) => Ok(Composed { bytes, outline, choice }),
                // What differs between parts is told as such, and else the words of the engine
                // that can express more.
                Err(_) if matches!(refusal, ComposeError::Different { .. }) => Err(refusal),
                Err(last) => Err(last),
            }
        }
        (done, _) => {
            let (bytes, outline) = done?;
            Ok(Composed { bytes, outline, choice })
        }
    }
}

/// A composed component, and its outline. A single component without links composes to itself.
fn compose_by(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    wiring: &Wiring,
    engine: Engine,
) -> Result<(Vec<u8>, Vec<u8>), ComposeError> {
    let parts: Parts<'_> = parts
        .iter()
        .chain(flow.map(|flow| &flow.part))
        .map(|part| (part.name.as_str(), part))
        .collect();
    let taking_part = wiring.order.iter().chain([&wiring.root]);
    if let Some(name) = taking_part.into_iter().find(|name| !parts.contains_key(name.as_str())) {
        return Err(ComposeError::UnknownPart { component: name.clone() });
    }
    let invalid = |cause: Cause| ComposeError::Invalid { engine, cause };
    if wiring.links.is_empty() {
        let bytes = parts[wiring.root.as_str()].bytes.to_vec();
        let outline = outline::outline(&bytes).map_err(|error| invalid(error.into()))?;
        return Ok((bytes, outline));
    }
    let (outlines, components) = outlines(&parts).map_err(|error| invalid(error.into()))?;
    let outlines: Parts<'_> = outlines.iter().map(|part| (part.name.as_str(), part)).collect();
    let composed = guarded(|| match engine {
        Engine::WasmCompose => wasm_compose::compose(&outlines, wiring),
        Engine::WacGraph => wac_graph::compose(&outlines, wiring),
    });
    let composed = composed.unwrap_or_else(|said| Err(ComposeError::BrokeDown { engine, said }));
    let outline = composed.map_err(|error| explain::explain(error, &parts, wiring))?;
    // A flow is new too, what its functions do included.
    for new in [&outline[..]].into_iter().chain(flow.map(|flow| &*flow.part.bytes)) {
        Validator::new().validate_all(new).map_err(|error| invalid(plain(&error)))?;
    }
    let bytes = outline::fill(&outline, &components).map_err(|error| invalid(error.into()))?;
    Ok((bytes, outline))
}

/// What the validator says, without its own numbers for resources and for the place in a file that
/// nobody has.
fn plain(error: &BinaryReaderError) -> Cause {
    let said = error.message().lines().map(|line| line.split(" (ResourceId").next());
    said.flatten().collect::<Vec<_>>().join(": ").into()
}

/// The parts with outlines for bytes, each with the number of its component, and the
/// components by number.
fn outlines<'p>(
    parts: &Parts<'p>,
) -> Result<(Vec<Part<'static>>, Vec<&'p [u8]>), BinaryReaderError> {
    let mut outlines: Vec<Part<'static>> = Vec::new();
    let mut components: Vec<&'p [u8]> = Vec::new();
    for part in parts.values() {
        let known = outlines.iter().find(|known| known.component == part.component);
        let bytes = if let Some(known) = known {
            known.bytes.clone()
        } else {
            components.push(&part.bytes);
            let number = u32::try_from(components.len() - 1).expect("components are few");
            outline::numbered(&part.bytes, number)?.into()
        };
        let (name, component, world) =
            (part.name.clone(), part.component.clone(), part.world.clone());
        outlines.push(Part { name, component, bytes, world });
    }
    Ok((outlines, components))
}

#[cfg(test)]
mod tests;
