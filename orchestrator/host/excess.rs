//! Which limit a component went over.
//!
//! Limits are watched over in many places: some of poly's own, some inside the runtime. Whoever
//! notices first, that is what the call ended with; the component cannot make it unsaid by going on
//! or by failing in another way afterwards.

use std::sync::{Arc, OnceLock};

use thiserror::Error;
use wasmtime::Trap;
use wasmtime_wasi::ResourceTableError;

use crate::manifest::Limit;

/// The first limit that an instance went over, as poly's own places noticed; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Excess(Arc<OnceLock<Limit>>);

/// Raised inside the component where it goes over a limit.
#[derive(Debug, Error)]
#[error("the component went over its limit `{}`", .0.name())]
pub(super) struct Over(pub(super) Limit);

/// What the runtime says, in errors without a type of their own, of the limits it watches over.
const SAID: [(&str, Limit); 5] = [
    ("resource limit exceeded: ", Limit::Instances),
    ("cannot allocate another handle: ", Limit::Handles),
    ("cannot lend resource: store handle limit exceeded", Limit::Handles),
    ("too much data is being copied between the host and the guest", Limit::Transfer),
    ("requested len ", Limit::Transfer),
];

impl Excess {
    /// Notes that the component went over `limit`; the error is for the component.
    pub(super) fn note(&self, limit: Limit) -> Over {
        let _ = self.0.set(limit);
        Over(limit)
    }

    /// The limit, if there is one.
    pub(super) fn limit(&self) -> Option<Limit> {
        self.0.get().copied()
    }
}

/// The limit that `error`, with which the component was stopped, is about.
pub(super) fn of(error: &wasmtime::Error) -> Option<Limit> {
    if let Some(Over(limit)) = error.downcast_ref() {
        return Some(*limit);
    }
    match error.downcast_ref() {
        Some(Trap::OutOfFuel) => return Some(Limit::Fuel),
        Some(Trap::StackOverflow) => return Some(Limit::Stack),
        _ => {}
    }
    if let Some(ResourceTableError::Full) = error.downcast_ref() {
        return Some(Limit::HostResources);
    }
    let said = error.root_cause().to_string();
    SAID.iter().find(|(beginning, _)| said.starts_with(beginning)).map(|(_, limit)| *limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_counts() {
        let excess = Excess::default();
        assert_eq!(excess.limit(), None);
        excess.clone().note(Limit::Output);
        excess.note(Limit::Memory);
        assert_eq!(excess.limit(), Some(Limit::Output));
    }

    #[test]
    fn a_trap_of_its_own_is_no_limit() {
        assert_eq!(of(&wasmtime::Error::from(Trap::UnreachableCodeReached)), None);
        assert_eq!(of(&wasmtime::Error::msg("requested little")), None);
        let wrapped = wasmtime::Error::from(Over(Limit::Bodies)).context("sending");
        assert_eq!(of(&wrapped), Some(Limit::Bodies));
    }
}
