//! Resources that no component owns.

use super::*;

#[test]
fn a_resource_that_no_component_owns_is_the_hosts_and_refused() {
    // Nothing is linked, so that what the user imports is left to the host.
    let flow = FlowSource::chain("run", &["user/last"]);
    let error = generate(&[flow], &[user()], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "stage 1 (`user/last`) of flow `run` has a type that a flow cannot forward: parameter 1 is \
         resource `counter` of the host (a:b/api)"
    );
}

/// A component of `world`, with those of WASI's interfaces that it needs.
fn of_wasi(name: &str, world: &str, module: &str) -> Part<'static> {
    let wit = format!(
        "package a:b;
        interface start {{ use wasi:io/poll@0.2.6.{{pollable}}; start: func() -> pollable; }}
        interface wait {{ use wasi:io/poll@0.2.6.{{pollable}};
            wait: func(one: borrow<pollable>); ask: func(one: borrow<pollable>) -> bool; }}
        world w {{ {world} }}
        package wasi:io@0.2.6 {{
            interface poll {{ resource pollable {{ ready: func() -> bool; block: func(); }} }} }}
        package wasi:clocks@0.2.6 {{
            interface monotonic-clock {{ use wasi:io/poll@0.2.6.{{pollable}};
                subscribe-duration: func(when: u64) -> pollable; }} }}"
    );
    built(name, &wit, module)
}

struct Host(WasiCtx, ResourceTable);

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.0, table: &mut self.1 }
    }
}

#[test]
fn what_the_host_owns_is_handed_on_too() {
    let start = of_wasi(
        "start",
        "import wasi:clocks/monotonic-clock@0.2.6; export start;",
        r#"(import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration"
                (func $subscribe (param i64) (result i32)))
            (func (export "a:b/start#start") (result i32) (call $subscribe (i64.const 1)))"#,
    );
    let wait = of_wasi(
        "wait",
        "import wasi:io/poll@0.2.6; export wait;",
        r#"(import "wasi:io/poll@0.2.6" "[method]pollable.ready"
                (func $ready (param i32) (result i32)))
            (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))
            (import "wasi:io/poll@0.2.6" "[resource-drop]pollable" (func $drop (param i32)))
            (func (export "a:b/wait#wait") (param i32)
                (call $block (local.get 0)) (call $drop (local.get 0)))
            (func (export "a:b/wait#ask") (param i32) (result i32)
                (call $ready (local.get 0)) (call $drop (local.get 0)))"#,
    );
    let parts = [start, wait];
    let flow = FlowSource::chain("run", &["start/start", "wait/wait", "wait/ask"]);
    let flow = generate(&[flow], &parts, &[]).expect("generates").expect("a flow");
    let wiring = wire(&parts, Some(&flow), &[]).expect("wires");
    let composed = compose(&parts, Some(&flow), &wiring, None).expect("composes").bytes;
    audit(&composed, &parts).expect("passes the audit");
    let engine = Engine::default();
    let component = Component::new(&engine, &composed).expect("compiles");
    let mut linker = Linker::new(&engine);
    wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI");
    let host = Host(WasiCtx::builder().build(), ResourceTable::new());
    let mut store = Store::new(&engine, host);
    let instance = linker.instantiate(&mut store, &component).expect("starts");
    let run = instance.get_typed_func::<(), (bool,)>(&mut store, "run").expect("exported");
    assert_eq!(run.call(&mut store, ()).expect("runs"), (true,));
}
