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
