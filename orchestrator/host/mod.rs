//! Runs a composed component in a sandbox: the only user of wasmtime.
//!
//! ```text
//! component ── Engine::precompile ──→ machine code ── (store) ──→ Program::load
//!                                                                      │
//!            Grants, Limits ──→ Instance::start ←──────────────────────┘
//!                                     │
//!              check::Call ──→ Instance::call ──→ check::Outcome
//! ```
//!
//! - An [`Engine`] compiles and holds compiled code. A [`Program`] is a component in machine
//!   code, with the [signatures](crate::check::Signature) that it exports. An [`Instance`] is
//!   a program that runs, with memory of its own; it takes one call after another. A call that is
//!   made many times is [`Prepared`] once, and [repeated](Instance::repeat).
//! - **Handles.** What a call returns can be [held](Instance::call_as) under a name, so that later
//!   calls refer to it: a plain value, or a handle to a resource. Every handle is dropped: at
//!   once if it is not held, else when the instance [ends](Instance::finish).
//! - **Concurrency.** Async functions, streams and futures need an engine on which all calls
//!   take longer. A component that uses none of them is compiled for, and runs on, one without.
//! - **Grants.** All of WASI 0.2 is linked, because compilers and interpreters import much
//!   that they never use, and it holds nothing but what the manifest grants: no file, no
//!   variable, no argument, no address, no outgoing HTTP request. Where clocks and randomness
//!   are not granted, a clock of its own and a seeded sequence stand in for them, the same in
//!   every run (see `stand_in.rs`). Requests are sent by the host, to origins that are granted and
//!   addresses that were looked at (see `requests.rs`); sockets are bound and connected only where an
//!   address is granted (`network.rs`). What is refused is noted, once, with the grant
//!   that would allow it (see `refusals.rs`); values of secrets are in no outcome (`secrets.rs`).
//! - **Limits.** Each has its own way to end a call ([`Ending::Exceeded`]): time by a watchdog
//!   that stops both running code and a wait inside the host, memory and tables as sums over all
//!   parts, and others where the runtime or poly hands something out (see `excess.rs`). Going over
//!   a limit ends the call even where the component would have gone on, because an answer given
//!   in distress proves nothing.
//! - **Crossings.** Where calls between parts are to be seen, the parts are started each by itself
//!   and the host links them ([`Parts`], see `link`).
//! - **Samples.** A profiled instance is looked at each millisecond, by way of the epoch.
//! - **Snapshots.** [`snapshot`] runs a module's initialiser and gives the module as it is then.
//!   It has nothing to do with the rest: it serves a compiler.
//!
//! What it refuses: loading machine code that does not come from poly's own store, filling
//! unknown imports with traps, and calling on after a trap.
//!
//! [`Ending::Exceeded`]: crate::check::Ending::Exceeded

mod address;
mod audit;
mod bodies;
mod budget;
mod capture;
mod context;
mod engine;
mod excess;
mod exchange;
mod files;
mod filesystem;
mod given;
mod grants;
mod handles;
mod held;
mod instance;
mod leaves;
mod link;
mod lookup;
mod meter;
mod names;
mod network;
mod onward;
mod opening;
mod profiler;
mod program;
mod reach;
mod refusals;
mod repeat;
mod requests;
mod returned;
mod secrets;
mod snapshot;
mod stand_in;
mod streams;
mod trap;
mod typed;
mod watchdog;

#[cfg(test)]
mod tests;

pub use audit::{shared, unused};
pub use engine::{Cause, Engine, EngineError, EngineOptions};
pub use files::Watch;
pub use given::given;
pub use grants::{GrantError, own};
pub use instance::{CallError, Instance, Prepared, StartError};
pub use link::Parts;
pub use lookup::LookupError;
pub use program::{LoadError, Program};
pub use reach::Reach;
pub use repeat::Repeated;
pub use snapshot::{Directory, SnapshotError, Surroundings, snapshot};
