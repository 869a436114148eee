//! Parts that the host links: what they give each other arrives, resources too, and is told.

use super::*;
use crate::check::Crossings;
use crate::component::wiring::{Link, Reason};

const INTERFACES: &str = "
    package demo:parts;
    interface store {
        resource item { constructor(number: u32); get: func() -> u32; }
        dropped: func() -> u32;
    }
    interface middle {
        use store.{item};
        peek: func(it: borrow<item>) -> u32;
        keep: func(it: option<item>) -> option<item>;
        consume: func(it: item);
        fail: func(text: string);
    }";

/// Owns items: their number is all there is of them.
const STORE: &str = r#"(module
    (import "[export]demo:parts/store" "[resource-new]item" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (global $dropped (mut i32) (i32.const 0))
    (func (export "demo:parts/store#[constructor]item") (param i32) (result i32)
        (call $new (local.get 0)))
    (func (export "demo:parts/store#[method]item.get") (param i32) (result i32) (local.get 0))
    (func (export "demo:parts/store#[dtor]item") (param i32)
        (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
    (func (export "demo:parts/store#dropped") (result i32) (global.get $dropped)))"#;

/// Is lent items, given them and gives them back.
const MIDDLE: &str = r#"(module
    (import "demo:parts/store" "[method]item.get" (func $get (param i32) (result i32)))
    (import "demo:parts/store" "[resource-drop]item" (func $drop (param i32)))
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "demo:parts/middle#peek") (param i32) (result i32)
        (call $get (local.get 0))
        (call $drop (local.get 0)))
    (func (export "demo:parts/middle#keep") (param i32 i32) (result i32)
        (i32.store8 (i32.const 8) (local.get 0))
        (i32.store (i32.const 12) (local.get 1))
        (i32.const 8))
    (func (export "demo:parts/middle#consume") (param i32) (call $drop (local.get 0)))
    (func (export "demo:parts/middle#fail") (param i32 i32) unreachable))"#;

/// Uses both. `run` gives what peeking said, what the item says after it came back, and how many
/// were dropped, a digit each.
const APP: &str = r#"(module
    (import "demo:parts/store" "[constructor]item" (func $make (param i32) (result i32)))
    (import "demo:parts/store" "[method]item.get" (func $get (param i32) (result i32)))
    (import "demo:parts/store" "[resource-drop]item" (func $drop (param i32)))
    (import "demo:parts/store" "dropped" (func $dropped (result i32)))
    (import "demo:parts/middle" "peek" (func $peek (param i32) (result i32)))
    (import "demo:parts/middle" "keep" (func $keep (param i32 i32 i32)))
    (import "demo:parts/middle" "consume" (func $consume (param i32)))
    (import "demo:parts/middle" "fail" (func $fail (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "too much")
    (func (export "run") (param $number i32) (result i32) (local $item i32) (local $sum i32)
        (local.set $item (call $make (local.get $number)))
        (local.set $sum (i32.mul (i32.const 100) (call $peek (local.get $item))))
        (call $keep (i32.const 1) (local.get $item) (i32.const 8))
        (local.set $item (i32.load (i32.const 12)))
        (local.set $sum (i32.add (local.get $sum)
            (i32.mul (i32.const 10) (call $get (local.get $item)))))
        (call $consume (local.get $item))
        (call $drop (call $make (i32.const 1)))
        (call $keep (i32.const 0) (i32.const 0) (i32.const 8))
        (i32.add (local.get $sum) (call $dropped)))
    (func (export "fail") (call $fail (i32.const 64) (i32.const 8))))"#;

fn parts(engine: &Engine) -> Parts {
    let part = |module: &str, world: &str| {
        program(engine, &encode(module, &format!("{INTERFACES}\nworld guest {{ {world} }}")))
    };
    let link = |consumer: &str, provider: &str| Link {
        consumer: consumer.to_owned(),
        import: format!("demo:parts/{provider}"),
        provider: provider.to_owned(),
        export: Some(format!("demo:parts/{provider}")),
        reason: Reason::ExactName,
    };
    let app =
        "import store; import middle; export run: func(number: u32) -> u32; export fail: func();";
    Parts {
        parts: vec![
            ("store".to_owned(), part(STORE, "export store;")),
            ("middle".to_owned(), part(MIDDLE, "import store; export middle;")),
            ("app".to_owned(), part(APP, app)),
        ],
        links: vec![link("app", "middle"), link("app", "store"), link("middle", "store")],
    }
}

fn start_parts(engine: &Engine) -> Instance {
    let (grants, limits) = (Grants::default(), Limits::default());
    Instance::start_parts(&parts(engine), &grants, &limits, Path::new("/nowhere"), &[]).unwrap()
}

/// Each on a line, without what differs from run to run.
fn told(crossings: &Crossings) -> Vec<String> {
    let line = |crossing: &crate::check::Crossing| {
        let value = match &crossing.returned {
            None => " did not come back".to_owned(),
            Some(returned) => {
                returned.value.as_ref().map(|value| format!(" = {value}")).unwrap_or_default()
            }
        };
        format!(
            "{}{} → {}/{}({}){value}",
            "  ".repeat(crossing.depth),
            crossing.consumer,
            crossing.provider,
            crossing.function.replace("demo:parts/", ""),
            crossing.arguments.join(", ")
        )
    };
    crossings.made.iter().map(line).collect()
}

#[test]
fn resources_are_lent_given_returned_and_dropped_and_all_of_it_is_told() {
    let mut instance = start_parts(&ENGINE);
    assert_eq!(value(&mut instance, "run(7)"), "772");
    assert_eq!(
        told(&instance.crossings()),
        [
            "app → store/store.[constructor]item(7) = a handle",
            "app → middle/middle.peek(a handle) = 7",
            "  middle → store/store.[method]item.get(a handle) = 7",
            "app → middle/middle.keep(some(a handle)) = some(a handle)",
            "app → store/store.[method]item.get(a handle) = 7",
            "app → middle/middle.consume(a handle)",
            "app → store/store.[constructor]item(1) = a handle",
            "app → middle/middle.keep(none) = none",
            "app → store/store.dropped() = 2",
        ]
    );
    // State lives on, and what was told is not told again.
    assert_eq!(value(&mut instance, "run(1)"), "114");
    assert_eq!(instance.crossings().made.len(), 9);
    for _ in 0..1_200 {
        assert!(call(&mut instance, "run(1)").is_return());
    }
    let Crossings { made, left_out } = instance.crossings();
    assert_eq!((made.len(), left_out), (10_000, 800));
}

#[test]
fn a_trap_is_told_with_what_led_to_it() {
    let mut instance = start_parts(&ENGINE);
    let outcome = call(&mut instance, "fail()");
    assert!(outcome.ending.to_string().contains("unreachable"), "{}", outcome.ending);
    assert_eq!(
        told(&instance.crossings()),
        ["app → middle/middle.fail(\"too much\") did not come back"]
    );
}

#[test]
fn time_and_fuel_are_those_of_all_that_happened_within() {
    let engine = engine(EngineOptions { fuel: true, ..EngineOptions::default() });
    let mut instance = start_parts(&engine);
    let outcome = call(&mut instance, "run(7)");
    let crossings = instance.crossings();
    let spent = |index: usize| {
        let returned = crossings.made[index].returned.as_ref().unwrap();
        (returned.fuel.unwrap(), returned.elapsed)
    };
    let ((outer, took), (inner, took_within)) = (spent(1), spent(2));
    assert!(inner > 0 && outer > inner && took >= took_within, "{outer} {inner}");
    assert!(outcome.fuel.unwrap() > outer);
}

#[test]
fn one_component_alone_has_nothing_to_cross() {
    let parts = Parts::from(&*PLAIN);
    let started =
        Instance::start_parts(&parts, &Grants::default(), &Limits::default(), Path::new("/"), &[]);
    let mut instance = started.unwrap();
    assert_eq!(value(&mut instance, "sums.add(1, 2)"), "3");
    assert_eq!(instance.crossings(), Crossings::default());
}

#[test]
fn an_import_that_no_link_meets_is_named() {
    let mut parts = parts(&ENGINE);
    parts.links.remove(0);
    let started =
        Instance::start_parts(&parts, &Grants::default(), &Limits::default(), Path::new("/"), &[]);
    let error = miette::Report::new(started.unwrap_err());
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    assert!(chain.join(": ").contains("demo:parts/middle"), "{chain:?}");
}
