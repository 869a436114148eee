//! WebAssembly in, WebAssembly out: everything poly knows about modules, components and WIT.
//!
//! The way of a pipeline's parts through this room:
//!
//! ```text
//! tool's output → inspect → adapt → a component for each part
//!                                     │ world (what it imports and exports, as own types)
//!                                     ├─ flow     one more component that calls the stages
//!                                     ├─ wiring   which export meets which import, and why
//!                                     ├─ compose → one component → audit (what is left to import)
//!                                     └─ graph    all of it as a person may want to see it
//! two binaries that ought to be equal → difference
//! ```
//!
//! Words: a *part* is a component that takes part in a composition; an *import* is *met* by an
//! *export*; what meets it is a *link*.
//!
//! The room is pure: bytes and text go in, values come out. It opens no file, reads no
//! environment and no clock, and starts nothing, so that its results depend on its arguments
//! alone and may be cached under their digests.

#![deny(clippy::disallowed_methods)]

pub mod adapt;
pub mod audit;
pub mod compose;
pub mod core_export;
pub mod difference;
pub mod flow;
pub mod graph;
pub(crate) mod guard;
pub mod inspect;
pub mod inventory;
pub mod lines;
pub mod locate;
mod locked;
mod outline;
mod part;
pub mod wiring;
pub mod wit;
pub mod world;

pub use part::{Part, PartError};

/// The error of a library below, kept as the cause of one of ours.
type Cause = Box<dyn std::error::Error + Send + Sync + 'static>;
