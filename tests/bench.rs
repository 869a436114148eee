//! `poly bench`: what it says of a call, and of two. What it says to people, and where a call does
//! not return, are cases (`tests/cases/cli/bench*`).

use serde_json::Value;

use crate::fake::wasm;
use crate::place::Place;

/// A function that does next to nothing, one that loops a thousand times, and one that has a text
/// and gives it back.
const WORKER: &str = r#"
(component
  (core module $m
    (memory (export "memory") 1)
    (func (export "allocate") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "light") (result i32) (i32.const 1))
    (func (export "heavy") (result i32)
      (local $left i32)
      (local.set $left (i32.const 1000))
      (loop $again
        (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.get $left))
    (func (export "echo") (param $at i32) (param $length i32) (result i32)
      (i32.store (i32.const 8) (local.get $at))
      (i32.store (i32.const 12) (local.get $length))
      (i32.const 8))
    (func (export "grow") (result i32) (memory.grow (i32.const 1))))
  (core instance $i (instantiate $m))
  (func (export "light") (result u32) (canon lift (core func $i "light")))
  (func (export "heavy") (result u32) (canon lift (core func $i "heavy")))
  (func (export "grow") (result u32) (canon lift (core func $i "grow")))
  (func (export "echo") (param "text" string) (result string)
    (canon lift (core func $i "echo") (memory (core memory $i "memory"))
      (realloc (core func $i "allocate")))))
"#;

fn place(limits: &str) -> Place {
    let place = Place::new().with_fake_tools();
    place.write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"case\"\n[component.worker]\npath = \"worker\"\ntoolchain = \"fake\"\n{limits}"
        ),
    );
    place.write("worker/source.wasm", wasm(WORKER));
    place
}

/// The last line, as data.
fn bench(place: &Place, arguments: &[&str]) -> Value {
    let ran = place.run(&[&["--json", "bench"], arguments].concat()).expect(0);
    serde_json::from_str(ran.stdout.lines().last().unwrap()).unwrap()
}

#[test]
fn fuel_bytes_and_memory_of_a_call_are_told() {
    let place = place("");
    let told = bench(&place, &["echo(\"äbc\")", "--n", "300"]);
    let side = &told["sides"][0];
    assert_eq!((&told["calls"], &told["before"]), (&300.into(), &4.into()));
    // The text goes in; out comes its place too.
    assert_eq!((&side["copied-in"], &side["copied-out"]), (&4.into(), &12.into()));
    assert_eq!(side["fuel"]["min"], side["fuel"]["max"]);
    assert!(side["fuel"]["min"].as_u64().unwrap() > 0);
    assert_eq!((&side["memory"], &side["grown"]), (&65536.into(), &0.into()));
    let spread = &side["nanoseconds"];
    let [min, median, max] = ["min", "median", "max"].map(|name| spread[name].as_u64().unwrap());
    assert!(0 < min && min <= median && median <= max, "{spread}");
    assert_eq!(told["ratio"], Value::Null);

    let grown = bench(&place, &["grow()", "--n", "10"]);
    assert_eq!(grown["sides"][0]["grown"], 10 * 65536);
}

#[test]
fn another_call_another_component_and_a_file_are_sides() {
    let place = place("");
    let ratio = |arguments: &[&str]| {
        let told = bench(&place, arguments);
        assert_eq!(told["sides"].as_array().unwrap().len(), 2);
        told["ratio"]["median"].as_f64().unwrap()
    };
    // A thousand rounds of a loop.
    let fuel = bench(&place, &["heavy()", "--n", "100", "--against", "light()"]);
    let fuel = [0, 1].map(|side| fuel["sides"][side]["fuel"]["median"].as_u64().unwrap());
    assert!(fuel[0] > 1_000 * fuel[1], "{fuel:?}");
    for same in ["light()", "worker", "target/poly/case.wasm"] {
        assert!(ratio(&["heavy()", "--n", "100", "--against", same]) > 0.0);
    }
    let told = bench(
        &place,
        &["light()", "--n", "10", "--component", "worker", "--against", "target/poly/case.wasm"],
    );
    let to = [0, 1].map(|side| told["sides"][side]["to"].as_str().unwrap().to_owned());
    assert_eq!(to, ["worker", "target/poly/case.wasm"]);
}

#[test]
fn the_limits_hold_for_each_call() {
    // One call uses some thousands, all together use much more.
    let place = place("[limits]\nfuel = 10000\ntimeout = \"10s\"\n");
    let told = bench(&place, &["heavy()", "--n", "100"]);
    // The calls that are timed count it already.
    assert_eq!(told["sides"][0]["fuel-apart"], false);
    place.write("pipeline.toml", place.text("pipeline.toml").replace("10000", "100"));
    let over = place.run(&["bench", "heavy()", "--n", "100"]).expect(1).stderr;
    assert!(over.contains("`heavy()` to `composed` did not return after 0 that did"), "{over}");
    assert!(over.contains("over the limit `fuel`"), "{over}");
}

#[test]
fn a_file_must_be_a_component() {
    let place = place("");
    place.write("module.wasm", b"\0asm\x01\0\0\0");
    let refused = place.run(&["bench", "light()", "--against", "module.wasm"]).expect(2).stderr;
    assert!(refused.contains("`module.wasm` is not a component"), "{refused}");
}

#[test]
fn so_many_calls_are_not_counted() {
    let place = place("");
    for many in ["100000001", "99999999999999999999999", "0"] {
        let refused = place.run(&["bench", "light()", "--n", many]).expect(2).stderr;
        let expected = "expected a whole number from 1 to 100,000,000, such as `1000`";
        assert!(refused.contains(expected), "{refused}");
    }
}

/// A file that is no component of the pipeline's.
#[test]
fn a_trap_in_a_file_is_told_with_its_functions() {
    let place = place("");
    let stops = "(component (core module $m
        (func $stops unreachable)
        (func $light (export \"light\") (result i32) (call $stops) (i32.const 1)))
      (core instance $i (instantiate $m))
      (func (export \"light\") (result u32) (canon lift (core func $i \"light\"))))";
    place.write("old.wasm", wasm(stops));
    let told = place.run(&["bench", "light()", "--n", "10", "--against", "old.wasm"]).expect(1);
    let told = told.stderr;
    assert!(told.contains("`light()` to `old.wasm` did not return after 0 that did"), "{told}");
    assert!(told.contains("it stopped\n") && told.contains("stops\n"), "{told}");
}
