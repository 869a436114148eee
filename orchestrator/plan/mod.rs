//! Manifest to [`Plan`]: which actions there are, what each waits for, and why one runs.
//!
//! - An **action** makes one artifact: it builds or adapts a component, composes the
//!   pipeline, or precompiles the composed component.
//! - Its **fingerprint** is everything it depends on, as data; its **key** is the digest of
//!   that. Actions name what they take from others by content, so an upstream action that
//!   yields the same bytes leaves the keys below it alone.
//! - Its **reasons** say in what its fingerprint differs from the last one.
//!
//! This room is pure: it is handed what was read and decides; `build` reads and runs.

#![deny(clippy::disallowed_methods)]

mod action;
mod fingerprint;
mod reason;

pub use action::{Action, Plan};
pub use fingerprint::{Fingerprint, SCHEMA, ToolIdentity};
pub use reason::{Change, Reason};
