//! What each option of an engine does, seen from within.

use super::*;
use crate::manifest::{Manifest, OptLevel};

const DEFAULT: fn() -> EngineOptions = EngineOptions::default;

/// The same with one thing otherwise, for each that machine code depends on.
fn others() -> [(&'static str, EngineOptions); 5] {
    [
        ("fuel", EngineOptions { fuel: true, ..DEFAULT() }),
        ("none", EngineOptions { opt_level: OptLevel::None, ..DEFAULT() }),
        ("size", EngineOptions { opt_level: OptLevel::SpeedAndSize, ..DEFAULT() }),
        ("nans", EngineOptions { canonical_nans: true, ..DEFAULT() }),
        ("simd", EngineOptions { fixed_simd: true, ..DEFAULT() }),
    ]
}

/// A store that took one for the other would run code that was compiled otherwise than asked.
#[test]
fn whatever_machine_code_depends_on_moves_its_compatibility() {
    let mut seen = vec![("default", ENGINE.compatibility())];
    for (name, options) in others() {
        let compatibility = engine(options).compatibility();
        for (other, known) in &seen {
            assert_ne!(&compatibility, known, "{name} is taken for {other}");
        }
        seen.push((name, compatibility));
    }
    // The same code runs on any stack.
    let deep = EngineOptions { stack: "8MiB".parse().unwrap(), ..DEFAULT() };
    assert_eq!(engine(deep).compatibility(), ENGINE.compatibility());
}

#[test]
fn a_manifest_says_each_of_them() {
    let of = |text: &str| {
        let text =
            format!("[pipeline]\nname = 'p'\n[component.a]\npath = '.'\ntoolchain = 't'\n{text}");
        EngineOptions::of(&Manifest::parse("pipeline.toml", &text).unwrap())
    };
    let [(_, fuel), (_, none), (_, size), (_, nans), (_, simd)] = others();
    assert_eq!(of(""), DEFAULT());
    assert_eq!(of("[run]\nfuel = true"), fuel);
    assert_eq!(of("[limits]\nfuel = 1"), fuel);
    assert_eq!(of("[run]\nopt-level = 'none'"), none);
    assert_eq!(of("[run]\nopt-level = 'speed-and-size'"), size);
    assert_eq!(of("[run]\nnan-canonicalization = true"), nans);
    let deterministic = EngineOptions { canonical_nans: true, ..simd };
    assert_eq!(of("[run]\ndeterministic = true"), deterministic);
    let stack = EngineOptions { stack: "64KiB".parse().unwrap(), ..DEFAULT() };
    assert_eq!(of("[run]\nstack = '64 KiB'"), stack);
}

/// What options are handed to another process as.
#[test]
fn options_survive_being_written() {
    for (_, options) in others() {
        let text = serde_json::to_string(&options).unwrap();
        assert_eq!(serde_json::from_str::<EngineOptions>(&text).unwrap(), options);
    }
}

#[test]
fn a_larger_stack_lets_recursion_go_deeper() {
    let component = r#"(component
        (core module $m (func $down (export "down") (param i32) (result i32)
            (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                (else (i32.add (i32.const 1)
                    (call $down (i32.sub (local.get 0) (i32.const 1))))))))
        (core instance $m (instantiate $m))
        (func (export "down") (param "levels" u32) (result u32)
            (canon lift (core func $m "down"))))"#;
    let component = wat::parse_str(component).unwrap();
    let returns = |stack: &str, levels: u32| {
        let options = EngineOptions { stack: stack.parse().unwrap(), ..DEFAULT() };
        let program = program(&engine(options), &component);
        let mut instance = start(&program, &Grants::default(), &Limits::default());
        call(&mut instance, &format!("down({levels})")).is_return()
    };
    assert!(returns("64KiB", 1_000) && !returns("64KiB", 10_000));
    assert!(returns("1MiB", 10_000) && !returns("1MiB", 200_000));
    assert!(returns("64MiB", 200_000));
}

/// Two sums of infinities and of numbers that are none: what bits come of it is the processor's
/// choice, unless they are canonical.
#[test]
fn floats_that_are_no_numbers_have_the_same_bits_where_that_is_asked() {
    let component = r#"(component
        (core module $m (func (export "bits") (param i32) (result i32)
            (i32.reinterpret_f32
                (f32.add (f32.reinterpret_i32 (local.get 0)) (f32.const 1)))))
        (core instance $m (instantiate $m))
        (func (export "bits") (param "of" u32) (result u32)
            (canon lift (core func $m "bits"))))"#;
    let component = wat::parse_str(component).unwrap();
    let bits = |options: EngineOptions| {
        let program = program(&engine(options), &component);
        let mut instance = start(&program, &Grants::default(), &Limits::default());
        // A quiet one with a sign and a payload of its own.
        value(&mut instance, &format!("bits({})", 0xffc1_2345_u32))
    };
    let canonical = EngineOptions { canonical_nans: true, ..DEFAULT() };
    assert_eq!(bits(canonical), 0x7fc0_0000_u32.to_string());
    assert_eq!(bits(DEFAULT()), 0xffc1_2345_u32.to_string(), "the payload is handed on here");
}

#[test]
fn what_is_compiled_with_care_is_other_code() {
    let component = wat::parse_str(include_str!("plain.wat")).unwrap();
    let code = |options| engine(options).precompile(&component).unwrap();
    let default = code(DEFAULT());
    for (name, options) in others() {
        // Nothing in it is relaxed SIMD, but that is noted in it.
        assert_ne!(code(options), default, "{name}");
    }
    assert_eq!(code(DEFAULT()), default);
}
