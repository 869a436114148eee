use super::*;
use crate::component::audit::audit;
use crate::component::flow::FlowSource;
use crate::component::wiring::{ExplicitLink, wire};

fn part(name: &str, text: &str) -> Part<'static> {
    Part::new(name, wat::parse_str(text).expect("parses")).expect("decodes")
}

/// Exports `a:b/number` with `get`, which returns `value`.
fn number(name: &str, value: u32) -> Part<'static> {
    part(name, &number_text(value))
}

fn number_text(value: u32) -> String {
    format!(
        r#"(component
                (core module $m (func (export "get") (result i32) i32.const {value}))
                (core instance $c (instantiate $m))
                (func $get (result u32) (canon lift (core func $c "get")))
                (instance $i (export "get" (func $get)))
                (export "a:b/number" (instance $i)))"#
    )
}

/// Exports the function `run`: what `a:b/number` says, plus one.
fn successor(name: &str) -> Part<'static> {
    part(name, SUCCESSOR)
}

const SUCCESSOR: &str = r#"(component
            (import "wasi:cli/environment@0.2.0" (instance))
            (import "a:b/number" (instance $n (export "get" (func (result u32)))))
            (alias export $n "get" (func $get))
            (core func $get (canon lower (func $get)))
            (core module $m
                (import "" "get" (func (result i32)))
                (func (export "run") (result i32) (i32.add (call 0) (i32.const 1))))
            (core instance $c (instantiate $m (with "" (instance (export "get" (func $get))))))
            (func (export "run") (result u32) (canon lift (core func $c "run"))))"#;

/// By the engine that poly chooses.
fn composed(
    parts: &[Part<'_>],
    flow: Option<&FlowComponent>,
    wiring: &Wiring,
) -> Result<Vec<u8>, ComposeError> {
    compose(parts, flow, wiring, None).map(|composed| composed.bytes)
}

fn call_run(bytes: &[u8]) -> u32 {
    use wasmtime::component::{Component, Linker};
    let engine = wasmtime::Engine::default();
    let component = Component::new(&engine, bytes).expect("compiles");
    let mut linker = Linker::<()>::new(&engine);
    linker.instance("wasi:cli/environment@0.2.0").expect("an empty interface");
    let mut store = wasmtime::Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component).expect("instantiates");
    let run = instance.get_typed_func::<(), (u32,)>(&mut store, "run").expect("exports run");
    run.call(&mut store, ()).expect("runs").0
}

#[test]
fn linked_parts_compose_run_and_pass_the_audit() {
    let parts = [number("provider", 41), successor("root_of it all"), number("other", 7)];
    let link =
        |to: &str| [ExplicitLink { import: "root_of it all/a:b/number".into(), export: to.into() }];
    for (to, answer) in [("provider", 42), ("other", 8)] {
        let unused = if to == "provider" { &parts[..2] } else { &parts[1..] };
        let wiring = wire(unused, None, &link(to)).expect("wires");
        let whole = composed(unused, None, &wiring).expect("composes");
        assert_eq!(call_run(&whole), answer);
        let audit = audit(&whole, unused).expect("passes");
        assert_eq!(
            (audit.wasi, audit.exports),
            (vec!["wasi:cli/environment@0.2.0".to_owned()], vec!["run".to_owned()])
        );
        for _ in 0..5 {
            assert_eq!(composed(unused, None, &wiring).unwrap(), whole, "equal bytes each time");
        }
    }
}

#[test]
fn one_component_composes_to_itself() {
    let parts = [number("only", 1)];
    let wiring = wire(&parts, None, &[]).unwrap();
    assert_eq!(composed(&parts, None, &wiring).unwrap(), parts[0].bytes.as_ref());
}

/// Owns a resource `token` in `a:b/tokens`.
const OWNER: &str = r#"(component
    (type $t' (resource (rep i32)))
    (core func $new (canon resource.new $t'))
    (core module $m (import "" "new" (func (param i32) (result i32)))
        (func (export "make") (result i32) (call 0 (i32.const 5))))
    (core instance $c (instantiate $m (with "" (instance (export "new" (func $new))))))
    (component $shim
        (import "t" (type $t (sub resource)))
        (import "make" (func $make (result (own $t))))
        (export $t2 "token" (type $t))
        (export "make" (func $make) (func (result (own $t2)))))
    (func $make (result (own $t')) (canon lift (core func $c "make")))
    (instance $i (instantiate $shim (with "t" (type $t')) (with "make" (func $make))))
    (export "a:b/tokens" (instance $i)))"#;

/// What a component that uses the resource imports.
const TOKENS: &str = r#"(import "a:b/tokens" (instance $tokens
    (export "token" (type (sub resource))) (export "make" (func (result (own 0))))))
    (alias export $tokens "token" (type $token))"#;

#[test]
fn a_resource_goes_through_a_chain_and_a_diamond() {
    let middle = format!(
        r#"(component {TOKENS}
            (alias export $tokens "make" (func $make))
            (component $shim
                (import "t" (type $t (sub resource)))
                (import "pass" (func $pass (result (own $t))))
                (export "pass" (func $pass)))
            (instance $i (instantiate $shim (with "t" (type $token)) (with "pass" (func $make))))
            (export "a:b/middle" (instance $i)))"#
    );
    let root = format!(
        r#"(component {TOKENS}
            (import "a:b/middle" (instance $middle
                (alias outer 1 $token (type $t)) (export "pass" (func (result (own $t))))))
            (alias export $middle "pass" (func $pass))
            (core func $pass (canon lower (func $pass)))
            (core module $m (import "" "pass" (func (result i32)))
                (func (export "run") (result i32) (drop (call 0)) (i32.const 3)))
            (core instance $c (instantiate $m (with "" (instance (export "pass" (func $pass))))))
            (func (export "run") (result u32) (canon lift (core func $c "run"))))"#
    );
    let parts = [part("root", &root), part("middle", &middle), part("owner", OWNER)];
    let wiring = wire(&parts, None, &[]).expect("wires");
    assert_eq!(wiring.order, ["owner", "middle", "root"]);
    let whole = composed(&parts, None, &wiring).expect("composes");
    assert_eq!(call_run(&whole), 3);
}

#[test]
fn a_wasi_interface_that_the_host_lacks_is_linked_like_any_other() {
    let store = "wasi:keyvalue/store@0.2.0";
    let with_store = |name: &str, text: &str| part(name, &text.replace("a:b/number", store));
    let parts = [with_store("provider", &number_text(41)), with_store("root", SUCCESSOR)];
    let wiring = wire(&parts, None, &[]).expect("wires");
    let whole = composed(&parts, None, &wiring).expect("composes");
    assert_eq!(call_run(&whole), 42);

    let error = wire(&parts[1..], None, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "component `root` imports `wasi:keyvalue/store@0.2.0`, which nothing provides"
    );
}

#[test]
fn what_the_audit_lets_through_is_part_of_the_key() {
    assert_eq!(versions()["audit"], crate::component::audit::SCHEMA.to_string());
}

/// Exports the bare function `get`, which returns a value of this type.
fn bare(name: &str, of: &str) -> Part<'static> {
    part(
        name,
        &format!(
            r#"(component
                (core module $m (func (export "get") (result i32) i32.const 1))
                (core instance $c (instantiate $m))
                (func (export "get") (result {of}) (canon lift (core func $c "get"))))"#
        ),
    )
}

/// Imports a bare function `get`, and exports another of this name.
fn wants_bare(name: &str, of: &str, export: &str) -> Part<'static> {
    part(
        name,
        &format!(
            r#"(component
                (import "get" (func $get (result {of})))
                (core func $low (canon lower (func $get)))
                (core module $m (import "" "get" (func (result i32)))
                    (func (export "{export}") (result i32) (i32.add (call 0) (i32.const 1))))
                (core instance $c (instantiate $m (with "" (instance (export "get" (func $low))))))
                (func (export "{export}") (result u32) (canon lift (core func $c "{export}"))))"#
        ),
    )
}

#[test]
fn bare_functions_of_one_name_and_two_types_keep_apart() {
    let parts =
        [bare("small", "u8"), wants_bare("middle", "u8", "get"), wants_bare("root", "u32", "run")];
    let link = |import: &str, export: &str| ExplicitLink {
        import: import.to_owned(),
        export: export.to_owned(),
    };
    let links = [link("root/get", "middle"), link("middle/get", "small")];
    let wiring = wire(&parts, None, &links).expect("wires");
    assert_eq!(call_run(&composed(&parts, None, &wiring).expect("composes")), 3);

    // A flow calls both.
    let parts = [bare("small", "u8"), bare("large", "u32")];
    let flow = |name: &str, stage: &str| FlowSource::chain(name, &[stage]);
    let flows = [flow("run", "large/get"), flow("less", "small/get")];
    let flow = flow::generate(&flows, &parts, &[]).expect("generates").expect("a flow");
    let wiring = wire(&parts, Some(&flow), &[]).expect("wires");
    assert_eq!(call_run(&composed(&parts, Some(&flow), &wiring).expect("composes")), 1);
}

/// Exports `a:b/NAME` and leaves a type of its own to the host, under a name that all share.
fn with_type(name: &str, import: &str) -> Part<'static> {
    part(
        name,
        &format!(
            r#"(component {import}
                (core module $m (func (export "get") (result i32) i32.const 1))
                (core instance $c (instantiate $m))
                (func $get (result u32) (canon lift (core func $c "get")))
                (instance $i (export "get" (func $get)))
                (export "a:b/{name}" (instance $i)))"#
        ),
    )
}

#[test]
fn imports_of_one_name_that_differ_are_named() {
    let meet = |one: &str, other: &str| {
        let parts = [with_type("one", one), with_type("two", other)];
        let flow = |name: &str, stage: &str| FlowSource::chain(name, &[stage]);
        let flows = [flow("run", "one/get"), flow("less", "two/get")];
        let flow = flow::generate(&flows, &parts, &[]).expect("generates").expect("a flow");
        let wiring = wire(&parts, Some(&flow), &[]).expect("wires");
        composed(&parts, Some(&flow), &wiring).map_err(|error| error.to_string())
    };
    let bare = |case: &str| format!(r#"(type $e (enum "{case}")) (import "e" (type (eq $e)))"#);
    let inside = |case: &str| {
        format!(
            r#"(import "a:b/types" (instance
                (type $e (enum "{case}")) (export "e" (type (eq $e)))))"#
        )
    };
    let wasi = |function: &str, of: &str| {
        format!(
            r#"(import "wasi:cli/environment@0.2.0" (instance
                (export "{function}" (func (result {of})))))"#
        )
    };
    let both = "components `one` and `two` both import";
    let differ = "which no component provides, and do not mean the same by it";
    assert_eq!(
        meet(&bare("x"), &bare("y")).unwrap_err(),
        format!("{both} `e`, {differ}: e → enum case 1: expected `x`, found `y`")
    );
    let types = format!(
        "{both} `a:b/types`, {differ}: a:b/types → type \"e\" → enum case 1: expected `x`, found `y`"
    );
    assert_eq!(meet(&inside("x"), &inside("y")).unwrap_err(), types);
    assert_eq!(
        meet(&wasi("f", "u32"), &wasi("f", "u8")).unwrap_err(),
        format!(
            "{both} `wasi:cli/environment@0.2.0`, {differ}: wasi:cli/environment@0.2.0/f → result: expected u32, \
             found u8"
        )
    );
    // Equal ones, and those that want different parts of an interface, become one.
    assert!(meet(&bare("x"), &bare("x")).is_ok());
    assert!(meet(&inside("x"), &inside("x")).is_ok());
    assert!(meet(&wasi("f", "u32"), &wasi("g", "u8")).is_ok());
}

#[test]
fn what_neither_engine_accepts_is_told_as_the_one_that_can_do_more_says_it() {
    let parts = [number("provider", 41), successor("root")];
    let mut wiring = wire(&parts, None, &[]).expect("wires");
    wiring.links[0].import = "a:b/nothing".to_owned();
    let error = compose(&parts, None, &wiring, None).unwrap_err();
    assert!(matches!(error, ComposeError::Link { engine: Engine::WacGraph, .. }), "{error:?}");
    let help = miette::Diagnostic::help(&error).expect("what to do").to_string();
    assert!(!help.contains("engine ="), "that was tried: {help}");
    for engine in [Engine::WasmCompose, Engine::WacGraph] {
        let error = compose(&parts, None, &wiring, Some(engine)).unwrap_err();
        assert!(error.to_string().ends_with(&format!("through {engine}")), "{error}");
    }
}
