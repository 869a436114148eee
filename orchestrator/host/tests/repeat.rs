//! Making one call many times.

use std::time::{Duration, Instant};

use super::*;
use crate::manifest::Limit;

fn prepared(instance: &Instance, text: &str) -> Prepared {
    instance.prepare(&Call::parse(text).unwrap()).unwrap()
}

#[test]
fn each_call_is_timed_and_what_it_copies_is_counted() {
    let mut instance = start(&PLAIN, &Grants::default(), &Limits::default());
    let echo = prepared(&instance, "echo(\"grüße\")");
    let before = Instant::now();
    let repeated = instance.repeat(&echo, 1_000).unwrap();
    let sum = Duration::from_nanos(repeated.nanoseconds.iter().sum());
    assert!(repeated.ended.is_none());
    assert_eq!(repeated.nanoseconds.len(), 1_000);
    assert!(!sum.is_zero() && sum <= before.elapsed(), "{sum:?}");
    assert_eq!(echo.copied(), Some(7));
    assert!(repeated.fuel.is_empty(), "this engine counts none");
    assert_eq!(prepared(&instance, "nothing()").copied(), Some(0));
}

#[test]
fn a_prepared_call_is_good_for_other_instances() {
    let started = || start(&PLAIN, &Grants::default(), &Limits::default());
    let grow = prepared(&started(), "grow(1)");
    let mut instance = started();
    let before = instance.memory();
    assert!(instance.repeat(&grow, 3).unwrap().ended.is_none());
    assert_eq!(instance.memory() - before, 3 * 65536);
}

#[test]
fn one_that_does_not_return_is_the_last() {
    let mut instance = start(&PLAIN, &Grants::default(), &limits("memory = \"256KiB\""));
    let grow = prepared(&instance, "grow(1)");
    let repeated = instance.repeat(&grow, 10).unwrap();
    // One page was there.
    assert_eq!(repeated.nanoseconds.len(), 3);
    assert_eq!(exceeded(&repeated.ended.unwrap()), Some(Limit::Memory));
    assert!(matches!(instance.repeat(&grow, 1), Err(CallError::Stopped { .. })));
}

#[test]
fn the_limits_are_those_of_one_call() {
    let engine = engine(EngineOptions { fuel: true, ..EngineOptions::default() });
    let counted = program(&engine, &wat::parse_str(include_str!("plain.wat")).unwrap());
    let mut instance = start(&counted, &Grants::default(), &limits("fuel = 1000"));
    let echo = prepared(&instance, "echo(\"a\")");
    let repeated = instance.repeat(&echo, 1_000).unwrap();
    assert!(repeated.ended.is_none());
    assert!(repeated.fuel.iter().all(|fuel| *fuel == repeated.fuel[0]), "{:?}", repeated.fuel);
    assert!(repeated.fuel[0] > 1 && repeated.fuel.len() == 1_000);

    let mut instance = start(&GUEST, &Grants::default(), &limits("timeout = \"100ms\""));
    let short = prepared(&instance, "sleep(20000000)");
    assert!(
        instance.repeat(&short, 10).unwrap().ended.is_none(),
        "they take twice as long together"
    );
    let long = prepared(&instance, "sleep(3600000000000)");
    let stopped = instance.repeat(&long, 1).unwrap().ended.unwrap();
    assert_eq!(exceeded(&stopped), Some(Limit::Timeout));
}

#[test]
fn output_is_not_kept_from_call_to_call() {
    let granted = grants("stdout = true");
    let mut instance = start(&GUEST, &granted, &limits("output = \"1KiB\""));
    let print = prepared(&instance, "print(\"0123456789\", 10)");
    assert!(instance.repeat(&print, 100).unwrap().ended.is_none(), "each may write that much");
    assert_eq!(call(&mut instance, "print(\"a\", 1)").stdout.as_deref(), Some("a"));
}

/// `echo` takes and returns texts, which is known; the others go the dynamic way.
#[test]
fn calls_of_known_and_of_other_types_are_made() {
    let mut instance = start(&PLAIN, &Grants::default(), &limits("memory = \"1MiB\""));
    for (text, times) in [("echo(\"grüße\")", 100_000), ("half()", 10), ("sums.add(1, 2)", 10)] {
        let call = prepared(&instance, text);
        let repeated = instance.repeat(&call, times).unwrap();
        assert!(repeated.ended.is_none() && repeated.nanoseconds.len() == times, "{text}");
    }
}
