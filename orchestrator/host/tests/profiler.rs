//! Looking at a component that runs.

use super::*;

#[test]
fn what_runs_is_seen_with_the_names_that_it_has() {
    let mut instance = start(&PLAIN, &Grants::default(), &limits("timeout = \"200ms\""));
    instance.profile().unwrap();
    let outcome = call(&mut instance, "spin()");
    assert_eq!(exceeded(&outcome), Some(crate::manifest::Limit::Timeout), "it still has a timeout");
    let samples = instance.samples();
    assert!(samples.taken.len() > 20, "{}", samples.taken.len());
    // At its loop, or where it is entered.
    let mut names = samples.frames.iter().map(|frame| frame.function.as_deref());
    assert!(names.all(|name| name == Some("spin")), "{:?}", samples.frames);
    let times: Vec<_> = samples.taken.iter().map(|sample| sample.at).collect();
    assert!(times.is_sorted());
    assert_eq!(instance.samples().taken, [], "they were taken");
}

#[test]
fn a_stack_is_seen_from_its_beginning() {
    let component = r#"(component
        (core module $m
            (func $inner (local i32)
                (loop $again
                    (br_if $again (i32.lt_u
                        (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
                        (i32.const 200000000)))))
            (func $outer (export "outer") (call $inner)))
        (core instance $m (instantiate $m))
        (func (export "outer") (canon lift (core func $m "outer"))))"#;
    let program = program(&ENGINE, &wat::parse_str(component).unwrap());
    let mut instance = start(&program, &Grants::default(), &Limits::default());
    instance.profile().unwrap();
    assert!(call(&mut instance, "outer()").is_return());
    let samples = instance.samples();
    let deepest = samples.taken.iter().max_by_key(|sample| sample.stack.len()).expect("samples");
    let named =
        deepest.stack.iter().map(|index| samples.frames[*index].function.as_deref().unwrap());
    assert_eq!(named.collect::<Vec<_>>(), ["outer", "inner"]);
}

#[test]
fn what_waits_in_the_host_is_not_seen() {
    let mut instance = start(&GUEST, &grants("clocks = true"), &Limits::default());
    instance.profile().unwrap();
    assert_eq!(value(&mut instance, "sleep(100000000)"), "0");
    assert!(instance.samples().taken.len() < 10);
}
