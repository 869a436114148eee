//! Flows over real components, composed, audited and run: one that declares its types in an
//! interface and under other names, and one that exports a function of its own.

use wasmtime::component::{Component, Linker, Val};
use wasmtime::{Engine, Store};

use super::super::{FlowSource, generate};
use crate::component::adapt::adapt;
use crate::component::audit::audit;
use crate::component::compose::compose;
use crate::component::inspect::inspect;
use crate::component::part::Part;
use crate::component::wiring::wire;
use crate::component::wit;

const MEMORY: &str = r#"(memory (export "memory") 1) (global $mark (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.set $mark (i32.and (i32.add (global.get $mark) (i32.const 7)) (i32.const -8)))
        (global.get $mark)
        (global.set $mark (i32.add (global.get $mark) (local.get 3))))"#;

pub(super) fn built(name: &str, wit: &str, module: &str) -> Part<'static> {
    let wit = wit::resolve(&[("w.wit".to_owned(), wit.to_owned())].into()).expect("WIT");
    let module = wat::parse_str(format!("(module {module} {MEMORY})")).expect("text");
    Part::new(name, adapt(&module, Some((&wit, "w"))).expect("adapts").into_owned())
        .expect("decodes")
}

/// `fetch(query)`: the query as a record's `text`, or `worse` for an empty one.
fn source(name: &str, version: &str) -> Part<'static> {
    built(
        name,
        &format!(
            "package a:b{version};
            interface types {{ record inside {{ x: u8 }} record row {{ a: inside, text: string }} }}
            interface api {{
                use types.{{row as line}};
                variant problem {{ bad(string), worse }}
                fetch: func(query: string) -> result<line, problem>;
            }}
            world w {{ export api; }}"
        ),
        &format!(
            r#"(func (export "a:b/api{version}#fetch") (param i32 i32) (result i32)
                (i32.store8 (i32.const 64) (i32.eqz (local.get 1)))
                (i32.store8 (i32.const 68) (if (result i32) (local.get 1) (then (i32.const 9)) (else (i32.const 1))))
                (i32.store (i32.const 72) (local.get 0))
                (i32.store (i32.const 76) (local.get 1))
                (i32.const 64))"#
        ),
    )
}

/// `store(entry)`: the record's `text`, under types of its own names.
fn sink() -> Part<'static> {
    built(
        "data_sink",
        "package c:d;
        interface types { record deep { x: u8 } record entry { a: deep, text: string }
            variant failure { bad(string), worse } flags mode { fast, safe } }
        world w { use types.{entry, failure, mode};
            export store: func(item: entry) -> result<string, failure>;
            export modes: func(m: mode) -> mode; }",
        r#"(func (export "store") (param i32 i32 i32) (result i32)
                (if (i32.ne (local.get 0) (i32.const 9)) (then unreachable))
                (i32.store8 (i32.const 64) (i32.const 0))
                (i32.store (i32.const 68) (local.get 1))
                (i32.store (i32.const 72) (local.get 2))
                (i32.const 64))
            (func (export "modes") (param i32) (result i32) (local.get 0))"#,
    )
}

#[test]
fn components_with_types_of_their_own_names_run_as_one() {
    let parts = [source("data-source", "@0.1.0"), sink()];
    let flows = [
        FlowSource::chain("run", &["data-source/fetch", "data_sink/store"]),
        FlowSource::chain("get", &["data-source/a:b/api@0.1.0.fetch"]),
        FlowSource::chain("modes", &["data_sink/modes", "data_sink/modes"]),
    ];
    let component = generate(&flows, &parts, &[]).expect("generates").expect("a flow");
    let wiring = wire(&parts, Some(&component), &[]).expect("wires");
    assert_eq!((wiring.root.as_str(), wiring.unused.len()), ("flow", 0));
    let composed = compose(&parts, Some(&component), &wiring, None).expect("composes").bytes;
    let found = audit(&composed, &parts).expect("passes the audit");
    assert_eq!(found.exports, ["get", "modes", "run"]);
    assert_eq!(found.wasi, [""; 0]);
    let shown = inspect(&composed).expect("can be read as WIT").world.expect("a world");
    assert!(
        shown.contains("export run: func(query: string) -> result<string, problem>;"),
        "{shown}"
    );

    let engine = Engine::default();
    let component = Component::new(&engine, &composed).expect("compiles");
    let mut store = Store::new(&engine, ());
    let instance =
        Linker::new(&engine).instantiate(&mut store, &component).expect("nothing to provide");
    let mut call = |name: &str, argument: Val| {
        let function = instance.get_func(&mut store, name).expect("exported");
        let mut results = [Val::Bool(false)];
        function.call(&mut store, &[argument], &mut results).expect("runs");
        results.into_iter().next().expect("one")
    };
    let text = |text: &str| Val::String(text.to_owned());
    let worse = Val::Result(Err(Some(Box::new(Val::Variant("worse".into(), None)))));
    for _ in 0..3 {
        assert_eq!(call("run", text("grüße")), Val::Result(Ok(Some(Box::new(text("grüße"))))));
        assert_eq!(call("run", text("")), worse);
        assert_eq!(call("get", text("")), worse);
        let inside = Val::Record(vec![("x".into(), Val::U8(9))]);
        let row = Val::Record(vec![("a".into(), inside), ("text".into(), text("x"))]);
        assert_eq!(call("get", text("x")), Val::Result(Ok(Some(Box::new(row)))));
        assert_eq!(call("modes", Val::Flags(vec!["safe".into()])), Val::Flags(vec!["safe".into()]));
    }
}

#[test]
fn two_components_with_the_same_interface_are_both_stages() {
    let parts = [source("one", ""), source("two", ""), sink()];
    let flows = [
        FlowSource::chain("first", &["one/api.fetch", "data_sink/store"]),
        FlowSource::chain("second", &["two/a:b/api.fetch", "data_sink/store"]),
    ];
    let component = generate(&flows, &parts, &[]).expect("generates").expect("a flow");
    let names: Vec<_> =
        component.links.iter().map(|link| (link.import.as_str(), link.provider.as_str())).collect();
    assert_eq!(names, [("one-api", "one"), ("data-sink", "data_sink"), ("two-api", "two")]);
    let wiring = wire(&parts, Some(&component), &[]).expect("wires");
    let composed = compose(&parts, Some(&component), &wiring, None).expect("composes").bytes;
    assert_eq!(audit(&composed, &parts).expect("passes").exports, ["first", "second"]);
    assert_eq!(compose(&parts, Some(&component), &wiring, None).unwrap().bytes, composed);
}

/// A component imports its own type under a name in upper case, which the flow's type must not
/// have in lower case either.
#[test]
fn a_type_has_a_name_that_no_component_has_in_another_case() {
    let parts = [built(
        "a",
        "package a:b;
        interface t { record URL { port: u32 } }
        world w { use t.{URL}; export next: func(u: URL) -> URL; }",
        r#"(func (export "next") (param i32) (result i32)
                (i32.add (local.get 0) (i32.const 1)))"#,
    )];
    let flow =
        generate(&[FlowSource::chain("run", &["a/next", "a/next"])], &parts, &[]).unwrap().unwrap();
    let wiring = wire(&parts, Some(&flow), &[]).expect("wires");
    let composed = compose(&parts, Some(&flow), &wiring, None).expect("composes").bytes;
    assert_eq!(audit(&composed, &parts).expect("passes the audit").exports, ["run"]);
    let engine = Engine::default();
    let component = Component::new(&engine, &composed).expect("compiles");
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &component).expect("starts");
    let run = instance.get_func(&mut store, "run").expect("exported");
    let url = |port| Val::Record(vec![("port".into(), Val::U32(port))]);
    let mut results = [Val::Bool(false)];
    run.call(&mut store, &[url(80)], &mut results).expect("runs");
    assert_eq!(results, [url(82)]);
}

#[test]
fn a_flow_component_gives_way_to_a_component_of_its_name() {
    let parts = [source("flow", "")];
    let component =
        generate(&[FlowSource::chain("run", &["flow/fetch"])], &parts, &[]).unwrap().unwrap();
    assert_eq!(component.part.name, "flow-n2");
    let wiring = wire(&parts, Some(&component), &[]).unwrap();
    assert_eq!(wiring.order, ["flow", "flow-n2"]);
    compose(&parts, Some(&component), &wiring, None).expect("composes");
}

/// Two instances of one component have a state each, and flows call them by their names.
#[test]
fn instances_are_stages_by_their_own_names() {
    let counter = built(
        "counter",
        "package a:b; world w { export count: func() -> u32; }",
        r#"(global $count (mut i32) (i32.const 0))
            (func (export "count") (result i32)
                (global.set $count (i32.add (global.get $count) (i32.const 1)))
                (global.get $count))"#,
    );
    let parts = ["left", "right"].map(|name| Part { name: name.into(), ..counter.clone() });
    let steps = vec![vec!["left/count".into(), "right/count".into()]];
    let flows =
        [FlowSource { name: "both".into(), steps }, FlowSource::chain("one", &["left/count"])];
    let flow = generate(&flows, &parts, &[]).expect("generates").expect("a flow");
    let wiring = wire(&parts, Some(&flow), &[]).expect("wires");
    let composed = compose(&parts, Some(&flow), &wiring, None).expect("composes").bytes;
    let engine = Engine::default();
    let component = Component::new(&engine, &composed).expect("compiles");
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &component).expect("starts");
    let one = instance.get_typed_func::<(), (u32,)>(&mut store, "one").expect("exported");
    let both = instance.get_typed_func::<(), ((u32, u32),)>(&mut store, "both").expect("exported");
    assert_eq!(one.call(&mut store, ()).expect("runs"), (1,));
    assert_eq!(both.call(&mut store, ()).expect("runs"), ((2, 1),));
}
