//! Flows: functions that call others one after the other, as a component that poly writes.
//!
//! All flows of a pipeline live in one component. It imports, under plain names of its own,
//! the functions that its stages name, and exports one function for each flow. A stage's
//! result is the next one's only parameter; one that returns `result<T, E>` hands on `T` and
//! ends the flow on `E`. Types must be equal in structure; the names of records, variants,
//! enums and flags need not be.
//!
//! How values move: each call's result lies in the flow's linear memory, at a place fixed when
//! the code is written, and the next call's arguments are loaded from there. Lists and strings
//! are never copied by the flow; their address and length are handed on. (The runtime copies
//! them from one component's memory into the next one's, as the canonical ABI demands.) What is
//! allocated during a call is given back as a whole after it, so that memory does not grow from
//! call to call.
//!
//! The ways of the types: a provider may have declared its types anywhere and under any name.
//! The component therefore declares what it needs in an interface of types alone,
//! `poly:flow/types`, and its imports refer there; the component model compares structure, so
//! that every provider fits. That interface remains an import of the composed component, and
//! hosts have nothing to provide for it. This is also why the component is written with
//! `wasm-encoder` directly: WIT would demand that each import repeats its types' names as its
//! provider has them.
//!
//! Not here: resources, streams, futures and error contexts, which belong to one instance or
//! one moment; maps and fixed-length lists; asynchronous functions. All are refused with the
//! stage and the way to the type.

mod code;
mod encode;
mod error;
mod layout;
mod load;
mod memory;
mod names;
mod plan;
mod types;

pub use error::{FlowError, FlowErrorKind};

use super::part::Part;
use super::wiring::{Link, Reason};

/// Goes up whenever equal arguments give other bytes than before.
pub const SCHEMA: u32 = 1;

/// `[flow.NAME]`, as the manifest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSource {
    /// The flow's name, which is that of the exported function.
    pub name: String,
    /// The stages: `component/function` or `component/interface.function`.
    pub stages: Vec<String>,
}

/// The component that holds all flows of a pipeline, and what meets its imports.
#[derive(Debug, Clone)]
pub struct FlowComponent {
    /// The component, under a name that no other part has.
    pub part: Part<'static>,
    /// A link for each of its imports.
    pub links: Vec<Link>,
}

/// Writes the component for `flows` over `parts`; none if there are no flows. Equal arguments
/// give equal bytes.
pub fn generate(
    flows: &[FlowSource],
    parts: &[Part<'_>],
) -> Result<Option<FlowComponent>, FlowError> {
    if flows.is_empty() {
        return Ok(None);
    }
    let plan = plan::plan(flows, parts)?;
    let name = names::free("flow", |name| parts.iter().all(|part| part.name != name));
    let bytes = encode::encode(&plan);
    let part =
        Part::new(name.clone(), bytes).map_err(|cause| FlowError::internal(&flows[0], cause))?;
    let links = plan
        .imports
        .iter()
        .map(|import| Link {
            consumer: name.clone(),
            import: import.name.clone(),
            provider: import.component.clone(),
            export: import.interface.clone(),
            reason: Reason::Flow,
        })
        .collect();
    Ok(Some(FlowComponent { part, links }))
}

#[cfg(test)]
mod tests;
