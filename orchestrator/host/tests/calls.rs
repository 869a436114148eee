//! Calling, and what goes wrong with it.

use super::*;
use crate::check::{Expectation, Nan, Verdict, judge};

fn plain() -> Instance {
    start(&PLAIN, &Grants::default(), &Limits::default())
}

fn refused(text: &str) -> String {
    let error = plain().call(&Call::parse(text).unwrap()).unwrap_err();
    let help = miette::Diagnostic::help(&error).map(|help| help.to_string());
    format!("{error}; {}", help.unwrap_or_default())
}

/// Checks run side by side, on threads of their own.
const _: () = {
    const fn can_move<T: Send>() {}
    const fn can_be_shared<T: Send + Sync>() {}
    can_move::<Instance>();
    can_be_shared::<Program>();
    can_be_shared::<Engine>();
};

#[test]
fn functions_of_the_component_and_of_its_interfaces() {
    let mut instance = plain();
    assert_eq!(value(&mut instance, "echo(\"grüße\")"), "\"grüße\"");
    assert_eq!(value(&mut instance, "demo:host/sums@0.1.0.add(1, 2)"), "3");
    assert_eq!(value(&mut instance, "sums.add(4294967295, 1)"), "0");
    assert_eq!(value(&mut instance, "nothing()"), "a return without a value");
    assert_eq!(value(&mut instance, "half()"), "err(7)");
    assert_eq!(value(&mut instance, "not-a-number()"), "nan");
    assert_eq!(value(&mut instance, "make()"), "handle");
}

#[test]
fn signatures_are_listed() {
    let listed: Vec<String> = PLAIN.functions().map(ToString::to_string).collect();
    assert!(listed.contains(&"echo: func(text: string) -> string".to_owned()), "{listed:?}");
    assert!(listed.contains(&"half: func() -> result<u8, u8>".to_owned()), "{listed:?}");
    let sums = "demo:host/sums@0.1.0.add: func(left: u32, right: u32) -> u32";
    assert_eq!(listed.last().map(String::as_str), Some(sums));
}

#[test]
fn a_megabyte_and_any_character() {
    let mut instance = plain();
    let long = "ß𝄞\u{301}a".repeat(130_000);
    let outcome = call(&mut instance, &format!("echo({long:?})"));
    let Ending::Returned(Some(returned)) = outcome.ending else { panic!("{}", outcome.ending) };
    let back: wasm_wave::value::Value = wasm_wave::from_str(&returned.of, &returned.text).unwrap();
    assert_eq!(wasm_wave::wasm::WasmValue::unwrap_string(&back), long);
    assert_eq!(value(&mut instance, "echo(\"\")"), "\"\"");
    assert_eq!(value(&mut instance, r#"echo("\u{0}\"\\\n")"#), r#""\u{0}\"\\\n""#);
}

#[test]
fn a_hundred_thousand_calls_on_one_instance() {
    let mut instance = start(&PLAIN, &Grants::default(), &limits("memory = \"1MiB\""));
    let text = "x".repeat(3000);
    let call = Call::parse(&format!("echo(\"{text}\")")).unwrap();
    let expectation =
        Expectation { returns: Some(format!("\"{text}\"")), ..Expectation::default() };
    for _ in 0..100_000 {
        let outcome = instance.call(&call).unwrap();
        assert_eq!(judge(&expectation, &outcome).unwrap(), Verdict::Pass);
    }
}

#[test]
fn a_call_that_cannot_be_made_leaves_the_instance_alone() {
    let mut instance = plain();
    for wrong in ["eco(1)", "echo()", "echo(1)", "echo(\"a\", \"b\")"] {
        assert!(instance.call(&Call::parse(wrong).unwrap()).is_err(), "{wrong}");
    }
    assert_eq!(value(&mut instance, "echo(\"still here\")"), "\"still here\"");
}

#[test]
fn what_is_wrong_with_a_call_is_said() {
    assert_eq!(
        refused("ecko(\"a\")"),
        "the component exports no function `ecko`; did you mean `echo`?"
    );
    assert_eq!(
        refused("echo()"),
        "`echo` takes 1 argument, and the call gives 0; its signature is `echo: func(text: \
         string) -> string`"
    );
    assert!(refused("echo(12)").starts_with("the argument `text` of `echo` is not a `string`"));
    assert!(refused("sums.add(1, -1)").contains("`right` of `demo:host/sums@0.1.0.add`"));
}

#[test]
fn a_trap_says_where_and_ends_the_instance() {
    let mut instance = plain();
    let outcome = call(&mut instance, "fail()");
    let Ending::Trapped(trap) = outcome.ending else { panic!("{}", outcome.ending) };
    assert_eq!(trap.message, "wasm `unreachable` instruction executed");
    let names: Vec<_> = trap.frames.iter().map(|frame| frame.function.as_deref()).collect();
    assert_eq!(names, [Some("demo::inner"), Some("fail")]);
    assert_eq!(trap.frames[0].module.as_deref(), Some("code"));
    let error = instance.call(&Call::parse("nothing()").unwrap()).unwrap_err();
    assert!(matches!(error, CallError::Stopped { .. }), "{error}");
    assert!(error.to_string().contains("`unreachable`"), "{error}");
}

#[test]
fn machine_code_of_another_engine_is_refused() {
    let fuelled = engine(EngineOptions { fuel: true, ..EngineOptions::default() });
    assert_ne!(ENGINE.compatibility(), fuelled.compatibility());
    let same = Engine::new(&EngineOptions::default()).unwrap();
    assert_eq!(ENGINE.compatibility(), same.compatibility());
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("code");
    let component = wat::parse_str("(component)").unwrap();
    std::fs::write(&path, ENGINE.precompile(&component).unwrap()).unwrap();
    assert!(Program::load(&same, &path).is_ok());
    assert!(matches!(Program::load(&fuelled, &path), Err(LoadError::Refused { .. })));
    std::fs::write(&path, b"not machine code").unwrap();
    assert!(Program::load(&ENGINE, &path).is_err());
    assert!(Program::load(&ENGINE, &directory.path().join("missing")).is_err());
}

#[test]
fn what_is_no_component_is_not_compiled() {
    assert!(matches!(ENGINE.precompile(b"\0asm\x0d\0\x01\0junk"), Err(EngineError::Compile(_))));
}

#[test]
fn an_import_that_nobody_provides_is_named() {
    let component =
        r#"(component (import "demo:other/thing@0.1.0" (instance (export "go" (func)))))"#;
    let program = program(&ENGINE, &wat::parse_str(component).unwrap());
    let error = Instance::start(&program, &Grants::default(), &Limits::default(), Path::new("/"));
    let error = miette::Report::new(error.unwrap_err());
    let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
    assert!(chain.join(": ").contains("demo:other/thing@0.1.0"), "{chain:?}");
}

/// The canonical ABI lets a host do with a NaN's bits what it likes; this one keeps them.
#[test]
fn a_nan_is_handed_over_in_the_bits_that_a_call_says() {
    let bits = "(component
      (core module $m
        (memory (export \"memory\") 1)
        (func (export \"allocate\") (param i32 i32 i32 i32) (result i32) (i32.const 64))
        (func (export \"single\") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
        (func (export \"double\") (param f64) (result i64) (i64.reinterpret_f64 (local.get 0)))
        (func (export \"second\") (param i32 i32) (result i64) (i64.load offset=8 (local.get 0))))
      (core instance $i (instantiate $m))
      (func (export \"single\") (param \"it\" f32) (result u32) (canon lift (core func $i \"single\")))
      (func (export \"double\") (param \"it\" f64) (result u64) (canon lift (core func $i \"double\")))
      (func (export \"second\") (param \"of\" (list f64)) (result u64)
        (canon lift (core func $i \"second\") (memory (core memory $i \"memory\"))
          (realloc (core func $i \"allocate\")))))";
    let program = program(&ENGINE, &wat::parse_str(bits).unwrap());
    let mut instance = start(&program, &Grants::default(), &Limits::default());
    let mut value = |text: &str, nan: Nan| {
        let call = Call::parse(text).unwrap().with_nan(nan);
        instance.call(&call).unwrap().ending.to_string()
    };
    for nan in [Nan::Canonical].into_iter().chain(Nan::OTHERS) {
        assert_eq!(value("single(nan)", nan), nan.f32().to_bits().to_string(), "{nan}");
        for call in ["double(nan)", "second([1, nan])"] {
            assert_eq!(value(call, nan), nan.f64().to_bits().to_string(), "{nan}");
        }
        assert_eq!(value("second([nan, 1])", nan), 1_f64.to_bits().to_string(), "{nan}");
    }
}
