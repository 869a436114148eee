//! Values that are held from one call to the next, handles to resources among them.

use super::*;

/// The component that makes, takes and drops counters.
static COUNTERS: LazyLock<Program> = LazyLock::new(|| {
    program(&ENGINE, &encode(include_str!("counters.wat"), include_str!("counters.wit")))
});

fn counters() -> Instance {
    start(&COUNTERS, &Grants::default(), &Limits::default())
}

/// Calls, and keeps the value; gives its text.
#[track_caller]
fn keep(instance: &mut Instance, name: &str, text: &str) -> String {
    let outcome = instance.call_as(&Call::parse(text).unwrap(), Some(name)).unwrap();
    outcome.ending.to_string()
}

#[track_caller]
fn refused(instance: &mut Instance, text: &str) -> String {
    instance.call(&Call::parse(text).unwrap()).unwrap_err().to_string()
}

#[test]
fn a_handle_is_lent_to_methods_and_given_away_once() {
    let mut instance = counters();
    assert_eq!(keep(&mut instance, "c", "counters.counter(40)"), "counter");
    assert_eq!(value(&mut instance, "counter.next($c)"), "41");
    assert_eq!(value(&mut instance, "demo:counters/counters@0.1.0.counter.next($c)"), "42");
    assert_eq!(keep(&mut instance, "both", "counter.sum($c, $c)"), "counter");
    assert_eq!(value(&mut instance, "counter.next($both)"), "85");
    assert_eq!(value(&mut instance, "finish($c)"), "42");
    assert_eq!(
        refused(&mut instance, "counter.next($c)"),
        "the argument `self` of `demo:counters/counters@0.1.0.counter.next` is not a \
         `borrow<counter>`: `$c` was given away to `finish`"
    );
    assert_eq!(value(&mut instance, "alive()"), "1");
    assert_eq!(instance.finish().map(|outcome| outcome.ending.to_string()), None);
}

#[test]
fn handles_are_found_in_values_and_put_into_them() {
    let mut instance = counters();
    keep(&mut instance, "c", "counter(41)");
    assert_eq!(keep(&mut instance, "halves", "halve($c)"), "(counter, counter)");
    assert_eq!(value(&mut instance, "counter.next($halves[0])"), "21");
    assert_eq!(value(&mut instance, "counter.next($halves.1)"), "22");
    assert_eq!(keep(&mut instance, "well", "parse(1, true)"), "ok(counter)");
    assert_eq!(keep(&mut instance, "ill", "parse(7, false)"), "err(7)");
    assert_eq!(value(&mut instance, "counter.next($well.ok)"), "2");
    assert_eq!(keep(&mut instance, "first", "first([$well.ok, $halves[0]])"), "some(counter)");
    assert_eq!(value(&mut instance, "alive()"), "2");
    assert_eq!(value(&mut instance, "count(two(($first.some, $halves[1])))"), "2");
    assert_eq!(value(&mut instance, "alive()"), "0");
    assert_eq!(value(&mut instance, "first([])"), "none");
}

#[test]
fn plain_values_are_handed_on_as_their_text_would_be() {
    let mut instance = counters();
    keep(&mut instance, "p", "here()");
    assert_eq!(value(&mut instance, "length($p)"), "7");
    assert_eq!(value(&mut instance, "length({x: $p.x, y: $p.x})"), "6");
    assert_eq!(value(&mut instance, "length({x: $p.y.some})"), "4");
    // From a u32 to a u64, and a number for an option.
    assert_eq!(keep(&mut instance, "d", "double($p.x)"), "6");
    assert_eq!(value(&mut instance, "length({x: 1, y: some($d)})"), "7");
    keep(&mut instance, "ill", "parse(7, false)");
    assert_eq!(value(&mut instance, "double($ill.err)"), "14");
}

#[test]
fn what_cannot_be_handed_on_says_why() {
    let mut instance = counters();
    keep(&mut instance, "c", "counter(1)");
    keep(&mut instance, "p", "here()");
    keep(&mut instance, "pair", "halve($c)");
    keep(&mut instance, "c", "counter(1)");
    let mut ends = |text: &str, end: &str| {
        let said = refused(&mut instance, text);
        assert!(said.ends_with(end), "{text}: {said}");
    };
    ends("double($c)", "is not a `u64`: `$c` is a `own<counter>`");
    ends("finish($p)", "is not a `own<counter>`: `$p` is a `record { x: u32, y: option<u32> }`");
    ends("finish($pair)", "`$pair` is a `tuple<own<counter>, own<counter>>`");
    ends("finish($pair[2])", "`$pair` is `(counter, counter)`, which has no [2]");
    ends("double($p.z)", "`$p` is `{x: 3, y: some(4)}`, which has no `z`");
    ends("double($p.y.ok)", "`$p.y` is `some(4)`, which has no `ok`");
    ends("double($q)", "no earlier step is called `q`");
    ends("first([$c, $c])", "`$c` is given away by this very call already");
    ends(
        "first([1])",
        "a handle cannot be written down; name the step that returns it, by `as`, and write `$NAME`",
    );
    ends("length({x: $p.x, z: 1})", "unknown field \"z\"");
    ends("length({y: $p.y})", "missing field \"x\"");
    ends("count(none-at-all($c))", "`none-at-all` is no case that holds something");
    ends("count(three($c))", "`three` is no case that holds something");
    let named = instance.call_as(&Call::parse("nothing()").unwrap(), Some("n")).unwrap_err();
    assert_eq!(
        named.to_string(),
        "`demo:counters/counters@0.1.0.nothing` returns nothing that could be called `n`"
    );
    // A call that was not made gave nothing away.
    assert_eq!(value(&mut instance, "finish($c)"), "1");
}

#[test]
fn what_is_not_held_is_dropped_at_once_and_the_rest_at_the_end() {
    let mut instance = counters();
    assert_eq!(value(&mut instance, "counter(1)"), "counter");
    assert_eq!(value(&mut instance, "parse(1, true)"), "ok(counter)");
    assert_eq!(value(&mut instance, "alive()"), "0");
    let trap = "wasm `unreachable` instruction executed";
    let outcome = call(&mut instance, "counter(13)");
    assert_eq!(outcome.ending.to_string(), format!("a trap: {trap}"));
    assert!(matches!(
        instance.call(&Call::parse("alive()").unwrap()),
        Err(CallError::Stopped { .. })
    ));

    let mut instance = counters();
    keep(&mut instance, "a", "counter(13)");
    keep(&mut instance, "b", "counter(1)");
    let outcome = instance.finish().unwrap();
    assert_eq!(outcome.ending.to_string(), format!("a trap: {trap}"));
}

#[test]
fn signatures_name_resources() {
    let listed: Vec<String> = COUNTERS.functions().map(ToString::to_string).collect();
    let prefix = "demo:counters/counters@0.1.0.";
    for signature in [
        "counter: func(start: u32) -> own<counter>",
        "counter.next: func(self: borrow<counter>) -> u32",
        "counter.sum: func(one: borrow<counter>, other: borrow<counter>) -> own<counter>",
        "first: func(of: list<own<counter>>) -> option<own<counter>>",
        "parse: func(start: u32, well: bool) -> result<own<counter>, u32>",
        "count: func(of: variant { none-at-all, one(own<counter>), two(tuple<own<counter>, own<counter>>) }) -> u32",
    ] {
        let whole = format!("{prefix}{signature}");
        assert!(listed.contains(&whole), "{whole}: {listed:#?}");
    }
}
