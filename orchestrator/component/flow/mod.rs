//! Flows: functions that call others one after the other, as a component that poly writes.
//!
//! All flows of a pipeline live in one component. It imports, under plain names of its own,
//! the functions that its stages name, and exports one function for each flow. A *stage* is one
//! call. A *step* is one stage, or several that take the same. What a step returns is *handed
//! on* to the next:
//!
//! - A stage that returns `result<T, E>` hands on `T` and ends the flow on `E`, unless it has
//!   another stage for its errors (`otherwise`), which takes `E` and hands on a `T` in its place.
//!   All stages that may end a flow do so with one type.
//! - Several stages hand on a tuple of what they return.
//! - A tuple that is handed on to a stage of several parameters is spread over them. Parameters
//!   for which the manifest says a constant take no part in that. See `take`.
//! - A resource that a stage only borrows stays with the flow. If the step returns nothing, it is
//!   handed on again, and else dropped.
//!
//! Types must be equal in structure; the names of records, variants, enums and flags need not
//! be. A resource must be the very same, by its owner.
//!
//! How values move: each call's result lies in the flow's linear memory, at a place fixed when
//! the code is written, and the next call's arguments are loaded from there. Lists and strings
//! are never copied by the flow; their address and length are handed on. (The runtime copies
//! them from one component's memory into the next one's, as the canonical ABI demands.) What is
//! allocated during a call is given back as a whole after it, so that memory does not grow from
//! call to call. Constants lie in memory from the start.
//!
//! The ways of the types: a provider may have declared its types anywhere and under any name.
//! The component therefore declares what it needs in an interface of types alone,
//! `poly:flow/types`, and its imports refer there; the component model compares structure, so
//! that every provider fits. That interface remains an import of the composed component, and
//! hosts have nothing to provide for it. This is also why the component is written with
//! `wasm-encoder` directly: WIT would demand that each import repeats its types' names as its
//! provider has them. Resources have an owner, and are imported from it, once; so are named types
//! that hold one, which therefore cannot stand in a flow's own signature.
//!
//! Not here: streams, futures and error contexts, which belong to one moment; maps and
//! fixed-length lists, which the runtime does not accept; asynchronous functions. All are
//! refused with the stage and the way to the type.
//!
//! | file | what it owns |
//! |---|---|
//! | `plan` | manifest → `Plan`: every stage with its signature and arguments |
//! | `find`, `imports`, `take` | which function; where it comes from; what it takes |
//! | `constants`, `resources`, `names` | values in WAVE; resources in types; names |
//! | `encode`, `types` | `Plan` → the component and its types |
//! | `code`, `write`, `pieces`, `load`, `drop`, `layout`, `memory` | the core modules inside |

mod code;
mod constants;
mod drop;
mod encode;
mod error;
mod find;
mod imports;
mod layout;
mod load;
mod memory;
mod names;
mod pieces;
mod plan;
mod resources;
mod take;
mod types;
mod write;

pub use error::{Before, FlowError, FlowErrorKind, Place};

use super::part::Part;
use super::wiring::{FlowComponent, Link, Reason};
use imports::Import;

/// Goes up whenever equal arguments give other bytes than before.
pub const SCHEMA: u32 = 3;

/// `[flow.NAME]`, as the manifest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowSource {
    /// The flow's name, which is that of the exported function.
    pub name: String,
    /// The steps, each with its stages: one, or several that take the same.
    pub steps: Vec<Vec<StageSource>>,
}

/// A stage, as the manifest says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageSource {
    /// The function: `component/function`, `component/interface.function`, or
    /// `component/interface.resource.function`.
    pub call: String,
    /// An argument for each parameter: a value in WAVE, or `_` for what is handed on.
    pub args: Option<Vec<String>>,
    /// The stage that is called with its error.
    pub otherwise: Option<Box<StageSource>>,
}

impl FlowSource {
    /// One stage after the other.
    pub fn chain(name: &str, functions: &[&str]) -> Self {
        let steps = functions.iter().map(|call| vec![StageSource::from(*call)]).collect();
        Self { name: name.to_owned(), steps }
    }
}

/// A stage that takes what is handed on and nothing else.
impl From<&str> for StageSource {
    fn from(call: &str) -> Self {
        Self { call: call.to_owned(), args: None, otherwise: None }
    }
}

/// Writes the component for `flows` over `parts`, which `links` link to each other; none if there
/// are no flows. Equal arguments give equal bytes.
pub fn generate(
    flows: &[FlowSource],
    parts: &[Part<'_>],
    links: &[Link],
) -> Result<Option<FlowComponent>, FlowError> {
    if flows.is_empty() {
        return Ok(None);
    }
    let plan = plan::plan(flows, parts, links)?;
    let name = names::free("flow", |name| parts.iter().all(|part| part.name != name));
    let bytes = encode::encode(&plan);
    let part =
        Part::new(name.clone(), bytes).map_err(|cause| FlowError::internal(&flows[0], cause))?;
    let link = |import: &Import| {
        Some(Link {
            consumer: name.clone(),
            import: import.name.clone(),
            provider: import.component.clone()?,
            export: import.interface.clone(),
            reason: Reason::Flow,
        })
    };
    let links = plan.imports.iter().filter_map(link).collect();
    Ok(Some(FlowComponent { part, links }))
}

#[cfg(test)]
mod tests;
