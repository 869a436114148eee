//! What the host keeps for one instance, and what it links into it.

use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::budget::Budget;
use super::grants::Granted;
use super::link::Recorder;
use super::{filesystem, names, network, requests, stand_in};
use crate::manifest::{Grants, Switch};

/// The host's side of an instance.
pub(super) struct Context {
    pub(super) granted: Granted,
    pub(super) table: ResourceTable,
    pub(super) budget: Budget,
    /// Calls from one part to another, where the host links them.
    pub(super) crossings: Recorder,
    http: WasiHttpCtx,
}

impl Context {
    /// Of an instance that has nothing but what is granted.
    pub(super) fn new(granted: Granted, budget: Budget) -> Self {
        Self {
            granted,
            table: ResourceTable::new(),
            budget,
            crossings: Recorder::default(),
            http: WasiHttpCtx::new(),
        }
    }
}

impl WasiView for Context {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.granted.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for Context {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.granted.requests,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// All of WASI 0.2 (the interfaces of
/// [`world::WASI_INTERFACES`](crate::component::world::WASI_INTERFACES), which the audit lets
/// through), with stand-ins where the real thing is not granted.
pub(super) fn linker(
    engine: &wasmtime::Engine,
    grants: &Grants,
) -> wasmtime::Result<Linker<Context>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    linker.allow_shadowing(true);
    filesystem::link(&mut linker)?;
    network::link(&mut linker)?;
    names::link(&mut linker)?;
    requests::link_bounds(&mut linker)?;
    if grants.clocks != Switch::On {
        stand_in::link_clock(&mut linker)?;
    }
    if grants.random != Switch::On {
        stand_in::link_randomness(&mut linker)?;
    }
    linker.allow_shadowing(false);
    Ok(linker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::world::{WASI_INTERFACES, WASI_VERSION};

    /// Whether the linker has something of this very name: it refuses another one then.
    fn has(linker: &mut Linker<Context>, name: &str) -> bool {
        linker.root().func_wrap(name, |_, (): ()| Ok(())).is_err()
    }

    #[test]
    fn what_the_audit_lets_through_is_what_is_linked() {
        let engine = wasmtime::Engine::default();
        for text in ["", "clocks = true\nrandom = true"] {
            let mut linker = linker(&engine, &toml::from_str(text).unwrap()).unwrap();
            for interface in WASI_INTERFACES {
                let name = format!("{interface}@{WASI_VERSION}");
                assert!(has(&mut linker, &name), "{name} is in the list and not linked");
            }
            let others = [
                "wasi:cli/command",
                "wasi:cli/run",
                "wasi:clocks/timezone",
                "wasi:config/runtime",
                "wasi:config/store",
                "wasi:http/incoming-handler",
                "wasi:http/proxy",
                "wasi:keyvalue/atomics",
                "wasi:keyvalue/batch",
                "wasi:keyvalue/store",
                "wasi:logging/logging",
                "wasi:nn/graph",
                "wasi:nn/tensor",
                "wasi:tls/types",
            ];
            for interface in others {
                let name = format!("{interface}@{WASI_VERSION}");
                assert!(!has(&mut linker, &name), "{name} is linked and not in the list");
            }
        }
    }
}
