//! A component that runs in this process by wasmtime's own calls, whose types are known when they
//! are compiled: the least that a call from outside can cost. The settings are those of poly's host, or
//! without what makes code ask at each loop and call whether its time is up.

use wasmtime::component::{
    Component, ComponentNamedList, Instance, Lift, Linker, Lower, TypedFunc,
};
use wasmtime::{Config, Engine, Store};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};

/// A component that runs.
pub(crate) struct Side {
    pub(crate) store: Store<Host>,
    instance: Instance,
}

/// What languages' libraries import, with nothing granted.
pub(crate) struct Host(WasiCtx, ResourceTable);

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.0, table: &mut self.1 }
    }
}

/// What compiles them; `timed` code can be stopped.
pub(crate) fn engine(timed: bool) -> Engine {
    let mut config = Config::new();
    config.epoch_interruption(timed).concurrency_support(false).max_wasm_stack(1 << 20);
    Engine::new(&config).expect("an engine")
}

impl Side {
    pub(crate) fn start(engine: &Engine, bytes: &[u8]) -> Self {
        let component = Component::new(engine, bytes).expect("compiles");
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI");
        let host = Host(WasiCtx::builder().build(), ResourceTable::new());
        let mut store = Store::new(engine, host);
        // Ignored by code that does not ask.
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = linker.instantiate(&mut store, &component).expect("starts");
        Self { store, instance }
    }

    /// A function, of an exported interface or of the component itself.
    pub(crate) fn function<P, R>(&mut self, interface: Option<&str>, name: &str) -> TypedFunc<P, R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift + 'static,
    {
        let interface = interface.map(|interface| {
            let found = self.instance.get_export_index(&mut self.store, None, interface);
            found.expect("exported")
        });
        let index = self.instance.get_export_index(&mut self.store, interface.as_ref(), name);
        self.instance.get_typed_func(&mut self.store, index.expect("exported")).expect("this type")
    }
}
