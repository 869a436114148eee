use super::*;
use crate::component::{wit, world};

const WIT: &str = "package poly:test@0.1.0;
    interface shout { upper: func(text: string) -> string; }
    world transformer { export shout; export version: func() -> u32; }
    world plain { export version: func() -> u32; }
    world silent {}
    world texts { export name: func() -> string; }";

fn package() -> Wit {
    wit::resolve(&[("w.wit".to_owned(), WIT.to_owned())].into()).expect("resolves")
}

fn module(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("parses")
}

const TRANSFORMER: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 16)
    (func (export "version") (result i32) i32.const 7)
    (func (export "poly:test/shout@0.1.0#upper") (param i32 i32) (result i32) unreachable))"#;

#[test]
fn a_module_becomes_a_component_of_its_world() {
    let wit = package();
    let built = module(TRANSFORMER);
    let component = adapt(&built, Some((&wit, "transformer"))).expect("adapts");
    let world = world::decode(&component).unwrap();
    assert_eq!(world.exports.keys().collect::<Vec<_>>(), ["poly:test/shout@0.1.0", "version"]);
    let again =
        adapt(&component, Some((&wit, "transformer"))).expect("a component passes as it is");
    assert_eq!(again, component);
    assert_eq!(adapt(&built, Some((&wit, "transformer"))).unwrap(), component);
}

#[test]
fn embedded_wit_is_used_and_still_held_against_the_named_world() {
    let wit = package();
    let mut bytes = module(r#"(module (func (export "version") (result i32) i32.const 7))"#);
    let world = wit.select("plain").unwrap();
    wit_component::embed_component_metadata(&mut bytes, &wit.resolve, world, StringEncoding::UTF8)
        .unwrap();
    adapt(&bytes, None).expect("its own WIT is enough");
    adapt(&bytes, Some((&wit, "plain"))).expect("and it is the named one");
    let error = adapt(&bytes, Some((&wit, "transformer"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this component lacks the export `poly:test/shout@0.1.0`, which its world `transformer` promises"
    );
}

#[test]
fn preview1_gets_the_adapter_that_fits() {
    let wit = package();
    let imports = |component: &[u8]| {
        world::decode(component).unwrap().imports.into_keys().collect::<Vec<_>>()
    };
    let reactor = module(
        r#"(module
            (import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "version") (result i32) (call 0 (i32.const 0) (i32.const 4))))"#,
    );
    let component = adapt(&reactor, Some((&wit, "plain"))).expect("reactor");
    assert!(imports(&component).iter().any(|name| name.starts_with("wasi:random/random@")));

    let command = module(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
            (memory (export "memory") 1)
            (func (export "_start") (call 0 (i32.const 0))))"#,
    );
    let component = adapt(&command, Some((&wit, "silent"))).expect("command");
    let exports = world::decode(&component).unwrap().exports;
    assert!(exports.keys().any(|name| name.starts_with("wasi:cli/run@")), "{exports:?}");

    let old = module(
        r#"(module (import "wasi_unstable" "random_get" (func (param i32 i32) (result i32)))
            (func (export "version") (result i32) i32.const 7))"#,
    );
    assert!(matches!(adapt(&old, Some((&wit, "plain"))), Err(AdaptError::TooOldWasi)));
}

#[test]
fn a_missing_export_is_named_with_what_comes_near() {
    let wit = package();
    let error = adapt(
        &module(r#"(module (memory (export "memory") 1) (func (export "versoin") (result i32) i32.const 7))"#),
        Some((&wit, "plain")),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "this core module lacks the export `version`, which its world `plain` promises"
    );
    let help = miette::Diagnostic::help(&error).map(|help| help.to_string());
    assert_eq!(help.as_deref(), Some("did you mean `versoin`?"));

    let lacking = r#"(module (func (export "version") (result i32) i32.const 7))"#;
    let error = adapt(&module(lacking), Some((&wit, "transformer"))).unwrap_err();
    assert!(error.to_string().contains("`poly:test/shout@0.1.0#upper`"), "{error}");
}

#[test]
fn a_module_without_an_allocator_is_refused() {
    let wit = package();
    let text = TRANSFORMER.replace("cabi_realloc", "malloc");
    let error = adapt(&module(&text), Some((&wit, "transformer"))).unwrap_err();
    assert!(matches!(error, AdaptError::MissingRealloc), "{error:?}");
    // Returning a string alone needs none.
    let text =
        r#"(module (memory (export "memory") 1) (func (export "name") (result i32) i32.const 8))"#;
    adapt(&module(text), Some((&wit, "texts"))).expect("adapts");
}

#[test]
fn a_component_of_other_types_is_refused() {
    let other = "package poly:test@0.1.0; world plain { export version: func() -> u64; }";
    let other = wit::resolve(&[("w.wit".to_owned(), other.to_owned())].into()).unwrap();
    let bytes = module(r#"(module (func (export "version") (result i64) i64.const 7))"#);
    let component = adapt(&bytes, Some((&other, "plain"))).unwrap();
    let error = adapt(&component, Some((&package(), "plain"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the export `version` of this component is not what its world `plain` promises: result: expected u32, found u64"
    );
}

#[test]
fn other_bytes_are_refused_for_what_they_are() {
    let wit = package();
    let text = |bytes: &[u8]| adapt(bytes, Some((&wit, "plain"))).unwrap_err().to_string();
    assert_eq!(text(b""), "this is not WebAssembly: it is empty");
    let whole = module(r#"(module (func (export "version") (result i32) i32.const 7))"#);
    assert_eq!(text(&whole[..whole.len() - 2]), "invalid WebAssembly");
    let wrong = module(r#"(module (func (export "version") (result i32)))"#);
    assert_eq!(text(&wrong), "invalid WebAssembly");
    assert!(matches!(adapt(&whole, None), Err(AdaptError::NoWorld)));
    assert!(
        adapt(&whole, Some((&wit, "plan"))).unwrap_err().to_string().contains("no world `plan`")
    );
}

#[test]
fn the_versions_name_encoder_and_adapters() {
    let versions = versions();
    assert!(versions["wit-component"].starts_with("0.254."));
    assert!(versions["wasi-preview1-component-adapter-provider"].starts_with("48."));
}
