//! Hostile components, and that none of them gets further than it may.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::*;
use crate::manifest::Limit;

#[test]
fn an_endless_loop_is_stopped() {
    let mut instance = start(&PLAIN, &Grants::default(), &limits("timeout = \"100ms\""));
    let before = Instant::now();
    let outcome = call(&mut instance, "spin()");
    assert_eq!(exceeded(&outcome), Some(Limit::Timeout));
    assert!(outcome.elapsed >= Duration::from_millis(90), "{:?}", outcome.elapsed);
    assert!(before.elapsed() < Duration::from_secs(10));
    assert!(instance.call(&Call::parse("nothing()").unwrap()).is_err());
}

#[test]
fn one_instance_out_of_time_is_no_matter_of_another() {
    let neighbour = std::thread::spawn(|| {
        let mut instance = start(&PLAIN, &Grants::default(), &limits("timeout = \"2s\""));
        call(&mut instance, "spin()")
    });
    for _ in 0..5 {
        let mut instance = start(&PLAIN, &Grants::default(), &limits("timeout = \"20ms\""));
        assert_eq!(exceeded(&call(&mut instance, "spin()")), Some(Limit::Timeout));
    }
    let outcome = neighbour.join().unwrap();
    assert_eq!(exceeded(&outcome), Some(Limit::Timeout));
    assert!(outcome.elapsed >= Duration::from_millis(1900), "{:?}", outcome.elapsed);
}

#[test]
fn a_sleep_beyond_the_timeout_is_stopped() {
    for clocks in ["clocks = true", "clocks = false"] {
        let mut instance = start(&GUEST, &grants(clocks), &limits("timeout = \"100ms\""));
        for sleep in ["sleep(3600000000000)", "sleep(18446744073709551615)"] {
            let before = Instant::now();
            let outcome = call(&mut instance, sleep);
            assert_eq!(exceeded(&outcome), Some(Limit::Timeout), "{sleep}");
            assert!(before.elapsed() < Duration::from_secs(10));
            instance = start(&GUEST, &grants(clocks), &limits("timeout = \"100ms\""));
        }
        assert_eq!(value(&mut instance, "sleep(1000000)"), "0");
    }
}

#[test]
fn memory_grows_to_the_limit_and_not_beyond() {
    let limits = limits("memory = \"1MiB\"");
    let mut instance = start(&PLAIN, &Grants::default(), &limits);
    // One of the sixteen pages is there from the start.
    assert_eq!(value(&mut instance, "grow(15)"), "1");
    // The component would only get -1 and could go on; the outcome says it all the same.
    let outcome = call(&mut instance, "grow(1)");
    assert_eq!(exceeded(&outcome), Some(Limit::Memory));
}

#[test]
fn many_small_memories_are_added_up() {
    let mut text = String::from("(component (core module $m (memory 4))");
    for _ in 0..100 {
        text.write_str("(core instance (instantiate $m))").unwrap();
    }
    text.push(')');
    let program = program(&ENGINE, &wat::parse_str(&text).unwrap());
    let with =
        |memory| Instance::start(&program, &Grants::default(), &limits(memory), Path::new("/"));
    assert!(with("memory = \"25MiB\"").is_ok());
    let Err(StartError::Stopped(outcome)) = with("memory = \"24MiB\"") else { panic!("started") };
    assert_eq!(exceeded(&outcome), Some(Limit::Memory));
}

#[test]
fn parts_without_end_do_not_start() {
    // As many as one component may have, in each of two.
    let instances = "(core instance (instantiate $m))".repeat(600);
    let part = format!("(component $part (core module $m) {instances})");
    let text =
        format!("(component {part} (instance (instantiate $part)) (instance (instantiate $part)))");
    let program = program(&ENGINE, &wat::parse_str(&text).unwrap());
    let started = Instance::start(&program, &Grants::default(), &Limits::default(), Path::new("/"));
    let Err(StartError::Stopped(outcome)) = started else { panic!("started") };
    assert_eq!(exceeded(&outcome), Some(Limit::Instances));
}

#[test]
fn elements_of_tables_are_added_up() {
    let text = "(component (core module $m (table 600 funcref)) (core instance (instantiate $m))
        (core instance (instantiate $m)))";
    let program = program(&ENGINE, &wat::parse_str(text).unwrap());
    let with =
        |tables| Instance::start(&program, &Grants::default(), &limits(tables), Path::new("/"));
    assert!(with("tables = 1200").is_ok());
    let Err(StartError::Stopped(outcome)) = with("tables = 1199") else { panic!("started") };
    assert_eq!(exceeded(&outcome), Some(Limit::Tables));
}

#[test]
fn what_comes_and_goes_is_no_larger_than_may_be() {
    let small = limits("transfer = \"4KiB\"");
    let mut instance = start(&PLAIN, &Grants::default(), &small);
    let text = |length| format!("echo(\"{}\")", "x".repeat(length));
    // With its quotes.
    assert_eq!(value(&mut instance, &text(4094)).len(), 4096);
    assert_eq!(exceeded(&call(&mut instance, &text(4095))), Some(Limit::Transfer));
    // Read it is small enough, and as text it is not.
    let mut instance = start(&PLAIN, &Grants::default(), &small);
    let control = format!("echo(\"{}\")", "\\u{1}".repeat(1000));
    assert_eq!(exceeded(&call(&mut instance, &control)), Some(Limit::Transfer));
}

#[test]
fn handles_and_what_the_host_holds_are_counted() {
    let text = "(component
        (type $thing (resource (rep i32)))
        (core func $new (canon resource.new $thing))
        (core module $m (import \"\" \"new\" (func $new (param i32) (result i32)))
          (func (export \"make\") (param $times i32)
            (loop $again
              (drop (call $new (i32.const 1)))
              (local.set $times (i32.sub (local.get $times) (i32.const 1)))
              (br_if $again (local.get $times)))))
        (core instance $i (instantiate $m (with \"\" (instance (export \"new\" (func $new))))))
        (func (export \"make\") (param \"times\" u32) (canon lift (core func $i \"make\"))))";
    let program = program(&ENGINE, &wat::parse_str(text).unwrap());
    let mut instance = start(&program, &Grants::default(), &limits("handles = 10"));
    assert!(call(&mut instance, "make(10)").is_return());
    assert_eq!(exceeded(&call(&mut instance, "make(1)")), Some(Limit::Handles));
    // The adapter makes one that can be waited for, at least.
    let mut instance = start(&GUEST, &Grants::default(), &limits("host-resources = 0"));
    assert_eq!(exceeded(&call(&mut instance, "sleep(1)")), Some(Limit::HostResources));
}

#[test]
fn a_start_that_never_ends_is_stopped() {
    let text = "(component (core module $m (func $spin (loop $l (br $l))) (start $spin))
        (core instance (instantiate $m)))";
    let program = program(&ENGINE, &wat::parse_str(text).unwrap());
    let limits = limits("timeout = \"50ms\"");
    let Err(StartError::Stopped(outcome)) =
        Instance::start(&program, &Grants::default(), &limits, Path::new("/"))
    else {
        panic!("started")
    };
    assert_eq!(exceeded(&outcome), Some(Limit::Timeout));
    assert!(outcome.elapsed >= Duration::from_millis(40));
}

#[test]
fn endless_recursion_exhausts_the_stack() {
    let mut instance = start(&PLAIN, &Grants::default(), &Limits::default());
    assert_eq!(exceeded(&call(&mut instance, "deep(0)")), Some(Limit::Stack));
}

#[test]
fn a_flood_of_output_is_stopped() {
    let limits = limits("output = \"64KiB\"");
    let granted = grants("stdout = true\nstderr = true");
    let mut instance = start(&GUEST, &granted, &limits);
    let line = "x".repeat(1024);
    let outcome = call(&mut instance, &format!("print(\"{line}\", 64)"));
    assert_eq!(outcome.ending.to_string(), "0");
    assert_eq!(outcome.stdout.unwrap().len(), 64 * 1024);
    // Each call has its own share.
    let outcome = call(&mut instance, &format!("print(\"{line}\", 64)"));
    assert_eq!(outcome.ending.to_string(), "0");
    let outcome = call(&mut instance, &format!("print(\"{line}\", 100000)"));
    assert_eq!(exceeded(&outcome), Some(Limit::Output));
    assert_eq!(outcome.stdout.unwrap().len(), 64 * 1024);
}

#[test]
fn output_that_is_not_granted_goes_nowhere() {
    let mut instance = start(&GUEST, &Grants::default(), &limits("output = \"1kB\""));
    let outcome = call(&mut instance, "print(\"a line of output\", 1000)");
    assert_eq!(outcome.ending.to_string(), "0");
    assert_eq!((outcome.stdout, outcome.stderr), (None, None));
}

#[test]
fn fuel_is_counted_for_each_call() {
    let engine = engine(EngineOptions { fuel: true, ..EngineOptions::default() });
    let counted = program(&engine, &wat::parse_str(include_str!("plain.wat")).unwrap());
    let mut instance = start(&counted, &Grants::default(), &limits("fuel = 10000"));
    let first = call(&mut instance, "sums.add(1, 2)").fuel.unwrap();
    for _ in 0..10_000 {
        let again = call(&mut instance, "sums.add(1, 2)");
        assert!(again.fuel.unwrap() > 0 && again.fuel.unwrap() <= first);
    }
    let outcome = call(&mut instance, "spin()");
    assert_eq!(exceeded(&outcome), Some(Limit::Fuel));
    assert_eq!(outcome.fuel, Some(10000));
    let uncounted =
        Instance::start(&PLAIN, &Grants::default(), &limits("fuel = 1"), Path::new("/"));
    let Err(error @ StartError::FuelNotCounted) = uncounted else { panic!("{uncounted:?}") };
    assert!(miette::Diagnostic::help(&error).unwrap().to_string().contains("`fuel`"));
}
