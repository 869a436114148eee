//! Async functions, which need an engine of their own.

use super::*;
use crate::manifest::Limit;

static CONCURRENT: LazyLock<Program> =
    LazyLock::new(|| program(&ENGINE, &wat::parse_str(include_str!("concurrency.wat")).unwrap()));

fn instance() -> Instance {
    start(&CONCURRENT, &Grants::default(), &limits("timeout = \"200ms\""))
}

#[test]
fn async_functions_are_called_like_others() {
    let mut instance = instance();
    assert_eq!(value(&mut instance, "next(1)"), "2");
    assert_eq!(value(&mut instance, "next(41)"), "42");
}

#[test]
fn an_async_function_has_no_more_time_than_others() {
    assert_eq!(exceeded(&call(&mut instance(), "spin(1)")), Some(Limit::Timeout));
}

#[test]
fn a_wait_for_nothing_ends() {
    let ending = value(&mut instance(), "wait(1)");
    assert_eq!(ending, "a trap: deadlock detected: event loop cannot make further progress");
}

/// Calls are faster there, and what does not need the other engine stays.
#[test]
fn other_components_keep_the_engine_without() {
    assert!(!PLAIN.engine().inner().get_concurrency_support());
    assert!(CONCURRENT.engine().inner().get_concurrency_support());
}

#[test]
fn a_future_does_not_leave_the_component() {
    let text = r#"(component
      (type $later (future u8))
      (core module $m (func (export "later") (result i32) (i32.const 0)))
      (core instance $i (instantiate $m))
      (func (export "later") (result $later) (canon lift (core func $i "later"))))"#;
    let program = program(&ENGINE, &wat::parse_str(text).unwrap());
    let mut instance = start(&program, &Grants::default(), &Limits::default());
    let error = instance.call(&Call::parse("later()").unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`later` cannot be called from outside: its result is a stream or future"
    );
}
