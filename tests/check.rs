//! Checks, seen from outside: steps, held resources, files, bounds, and grants of their own.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::fake::wasm;
use crate::place::{Place, Ran, repository};

/// A component of the host's own tests, in a pipeline with these checks.
fn place(guest: &str, checks: &str) -> Place {
    let place = Place::new().with_fake_tools();
    let read = |end: &str| {
        let path = repository().join(format!("orchestrator/host/tests/{guest}.{end}"));
        fs::read_to_string(path).unwrap()
    };
    place.write("wit/world.wit", read("wit"));
    place.write("guest/source.wasm", wasm(&read("wat")));
    place.write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"case\"\nwit = \"wit\"\n\n[component.guest]\npath = \"guest\"\n\
             toolchain = \"fake\"\nworld = \"guest\"\n\n{checks}"
        ),
    );
    place
}

/// What `poly check` says of the checks alone.
fn checked(place: &Place, code: i32) -> String {
    let Ran { stderr, .. } = place.run(&["check"]).expect(code);
    let told = |line: &&str| !line.contains(" [SIZE]") && !line.contains("actions ");
    let lines = stderr.lines().skip_while(|line| !line.contains("ready"));
    lines.filter(told).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn steps_share_an_instance_and_hold_its_resources() {
    let place = place(
        "counters",
        r#"
[[check]]
name = "counters count"
steps = [
    { call = "counter(40)", as = "c" },
    { call = "counter.next($c)", returns = "41" },
    { call = "counter.next($c)", returns = "42", as = "n" },
    { call = "counters.double($n)", returns = "84" },
    { call = "halve($c)", as = "halves", returns = "(counter, counter)" },
    { call = "counter.sum($halves[0], $halves[1])", as = "sum", returns = "counter" },
    { call = "alive()", returns = "3" },
    { call = "finish($sum)", matches = "^42$" },
    { call = "alive()", returns = "2" },
]

[[check]]
call = "alive()"
returns = "0"
"#,
    );
    assert_data_eq!(
        checked(&place, 0),
        str![[r#"
      passed counters count ([TIME])
      passed alive() ([TIME])
     checked 2 passed, 0 failed

"#]]
    );
    let ran = place.run(&["run"]).expect(0);
    assert_eq!(ran.stdout, "counter\n41\n42\n84\n(counter, counter)\ncounter\n3\n42\n2\n");
}

#[test]
fn the_first_step_that_fails_ends_the_check_and_is_named() {
    let place = place(
        "counters",
        r#"
[[check]]
steps = [
    { call = "counter(40)", as = "c" },
    { call = "counter.next($c)", returns = "42" },
    { call = "counter.next($c)", returns = "42" },
]

[[check]]
steps = [{ call = "counter(13)", as = "c" }]
"#,
    );
    assert_data_eq!(
        checked(&place, 1),
        str![[r#"
      failed counter(40) and 2 more steps ([TIME])
             step 2: counter.next($c)
             result
               expected  42
               got       41
      failed counter(13) ([TIME])
             result
               expected  what is still held is dropped
               got       a trap: wasm `unreachable` instruction executed
             it stopped in guest
               its functions have no names (--verbose shows their numbers)
     checked 0 passed, 2 failed
             pipeline.toml:12  counter(40) and 2 more steps
             pipeline.toml:19  counter(13)

"#]]
    );
}

#[test]
fn a_handle_that_was_given_away_is_an_error_at_the_call() {
    let place = place(
        "counters",
        r#"
[[check]]
steps = [
    { call = "counter(40)", as = "c" },
    { call = "finish($c)" },
    { call = "counter.next($c)" },
]
"#,
    );
    let said = place.run(&["check"]).expect(2).stderr;
    let said = &said[said.find("error:").unwrap()..];
    assert_data_eq!(
        said,
        str![[r#"
error: the argument `self` of `demo:counters/counters@0.1.0.counter.next` is not a `borrow<counter>`: `$c` was given away to `finish`
    ╭─[pipeline.toml:15:14]
 14 │     { call = "finish($c)" },
 15 │     { call = "counter.next($c)" },
    ·              ─────────┬────────
    ·                       ╰── this check
 16 │ ]
    ╰────
  help: its signature is `demo:counters/counters@0.1.0.counter.next: func(self: borrow<counter>) -> u32`
     checked 0 passed, 1 failed
             pipeline.toml:12  counter(40) and 2 more steps

"#]]
    );
}

#[test]
fn a_value_that_nobody_named_is_an_error_before_the_build() {
    let place = place(
        "counters",
        "[[check]]\nsteps = [{ call = 'counter(1)', as = 'one' }, { call = 'counter.next($on)' }]\n",
    );
    let said = place.run(&["check"]).expect(2).stderr;
    assert_data_eq!(
        said,
        str![[r#"
error: no step before this one calls its value `on`
    ╭─[pipeline.toml:11:56]
 10 │ [[check]]
 11 │ steps = [{ call = 'counter(1)', as = 'one' }, { call = 'counter.next($on)' }]
    ·                                                        ─────────┬─────────
    ·                                                                 ╰── this check
    ╰────
  help: did you mean `one`?

"#]]
    );
    assert_eq!(place.starts(), 0);
}

#[test]
fn a_check_has_grants_and_limits_of_its_own() {
    let place = place(
        "guest",
        r#"
[grants]
env = { A = "1" }

[[check]]
call = "variables()"
returns = "1"

[[check]]
call = "variables()"
returns = "2"
grants = { env = { B = "1", C = "2" } }

[[check]]
call = 'print("hello\n", 1)'
stdout = "hello\n"
grants = { stdout = true }

[[check]]
call = "sleep(10000000000)"
exceeds = "timeout"
limits = { timeout = "50ms" }
"#,
    );
    assert!(checked(&place, 0).ends_with("4 passed, 0 failed\n"));
    let manifest = place.text("pipeline.toml");
    let wrong = manifest
        .replace("env = { B = \"1\", C = \"2\" }", "dirs = [{ host = \"gone\", guest = \"/\" }]");
    place.write("pipeline.toml", wrong);
    let said = place.run(&["check"]).expect(2).stderr;
    assert!(said.contains("grants the directory `gone`"), "{said}");
    assert!(said.contains("grants = { dirs = [{ host = \"gone\""), "{said}");
}

#[test]
fn files_are_written_by_the_call_or_it_fails() {
    let place = place(
        "guest",
        r#"
[grants]
dirs = [{ host = "out", guest = "/data", access = "read-write" }]

[[check]]
call = 'open("new", true, true, false)'
returns = "0"
files = { "/data/new" = "" }

[[check]]
call = 'open("new", false, false, false)'
returns = "0"
files = { "/data/new" = "" }

[[check]]
steps = [
    { call = 'rename("old", "moved")', returns = "0", files = { "/data/moved" = "text" } },
    { call = 'rename("moved", "new")', returns = "0", files = { "/data/new" = "words" } },
]

[[check]]
call = "directories()"
files = { "/data/a/b" = "" }
"#,
    );
    place.write("out/old", "text");
    assert_data_eq!(
        checked(&place, 1),
        str![[r#"
      passed open("new", true, true, false) ([TIME])
      failed open("new", false, false, false) ([TIME])
             file /data/new
               expected
               got       a file that was there before, and was not written
      failed rename("old", "moved") and 1 more step ([TIME])
             step 2: rename("moved", "new")
             file /data/new
               expected  words
               got       text
      failed directories() ([TIME])
             file /data/a/b
               expected
               got       no such file
     checked 1 passed, 3 failed
             pipeline.toml:20  open("new", false, false, false)
             pipeline.toml:25  rename("old", "moved") and 1 more step
             pipeline.toml:31  directories()

"#]]
    );
}

const SPINNER: &str = r#"(component
  (core module $m
    (func (export "spin") (param i32) (result i32)
      (loop $again
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if $again (local.get 0)))
      (local.get 0)))
  (core instance $i (instantiate $m))
  (func (export "spin") (param "times" u32) (result u32) (canon lift (core func $i "spin"))))"#;

#[test]
fn fuel_and_time_are_bounded_by_another_call() {
    let place = Place::new().with_fake_tools();
    place.write("guest/source.wasm", wasm(SPINNER));
    place.write(
        "pipeline.toml",
        r#"
[pipeline]
name = "case"

[component.guest]
path = "guest"
toolchain = "fake"

[[check]]
call = "spin(2000)"
returns = "0"
fuel = { at-most = 2.1, of = "spin(1000)" }

[[check]]
call = "spin(2000)"
fuel = { at-most = 1.5, of = "spin(1000)" }

[[check]]
call = "spin(1)"
time = { at-most = 1, of = "spin(3000000)" }

[[check]]
component = "guest"
call = "spin(3000000)"
time = { at-most = 1, of = "spin(1)" }

[[check]]
call = "spin(1)"
fuel = { at-most = 2, of = "spin(0)" }
limits = { timeout = "50ms" }
"#,
    );
    let said = place.run(&["check"]).expect(1).stderr;
    for told in [
        "passed spin(2000)",
        "fuel\n               expected  at most 1.5 times that of spin(1000)\n               got       2.00 times that",
        "passed spin(1)",
        "failed guest by itself: spin(3000000)",
        "time\n               expected  at most 1 times that of spin(1)\n",
        "expected  a return of spin(0), which is made again and again\n               got       stopped: over the limit `timeout`",
        "2 passed, 3 failed",
    ] {
        assert!(said.contains(told), "no {told} in {said}");
    }
    let wrong = place.text("pipeline.toml");
    place.write("pipeline.toml", wrong.replace("of = \"spin(1000)\"", "of = \"spun(1000)\""));
    let said = place.run(&["check"]).expect(2).stderr;
    assert!(said.contains("error: the component exports no function `spun`"), "{said}");
    assert!(said.contains("fuel = { at-most = 2.1, of = \"spun(1000)\" }"), "{said}");
}

#[test]
fn what_is_refused_is_known_by_what_was_wanted_and_by_the_grant() {
    let files = place(
        "guest",
        r#"
[grants]
dirs = [{ host = "in", guest = "/data" }]

[[check]]
call = 'open("new", true, true, false)'
matches = "^[1-9]"
denied = "/data/new"

[[check]]
call = 'open("new", true, true, false)'
denied = "read-write"

[[check]]
call = "directories()"
denied = "/data"
"#,
    );
    files.write("in/file", "");
    let said = files.run(&["check"]).expect(1).stderr;
    assert!(said.contains("refused\n               expected  a refusal: /data\n"), "{said}");
    assert!(said.contains("got       nothing was refused"), "{said}");
    assert!(said.contains("2 passed, 1 failed"), "{said}");

    let requests = place(
        "network",
        "[[check]]\ncall = 'request(false, \"evil.com\")'\ndenied = \"http://evil.com\"\n",
    );
    let said = requests.run(&["check"]).expect(0).stderr;
    assert!(said.contains("1 passed, 0 failed"), "{said}");
}
