//! `poly run` and its options, seen from outside: what is told of a call beside what it returns.

use serde_json::Value;

use crate::fake::{MANIFEST, one, wasm};
use crate::place::{Place, repository};

/// A component that works for some milliseconds, in a function that has a name.
const WORK: &str = "(component
  (core module $m
    (func $hot_loop (result i32) (local i32)
      (loop $again
        (br_if $again (i32.lt_u
          (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10000000))))
      (i32.const 42))
    (func $answer (export \"answer\") (result i32) (call $hot_loop)))
  (core instance $i (instantiate $m))
  (func (export \"answer\") (result u32) (canon lift (core func $i \"answer\"))))";

fn working() -> Place {
    let place = one();
    place.write("answer/source.wasm", wasm(WORK));
    place
}

#[test]
fn a_profile_has_the_functions_and_a_picture_of_them() {
    let place = working();
    let ran = place.run(&["run", "--profile"]).expect(0);
    assert_eq!(ran.stdout, "42\n");
    assert!(ran.stderr.contains("target/poly/one.profile.json"), "{}", ran.stderr);
    let profile: Value =
        serde_json::from_slice(&place.read("target/poly/one.profile.json")).unwrap();
    let thread = &profile["threads"][0];
    let strings = thread["stringArray"].as_array().unwrap();
    for name in ["answer", "hot_loop"] {
        assert!(strings.contains(&name.into()), "{strings:?}");
    }
    let count = thread["samples"]["length"].as_u64().unwrap();
    assert!(count > 100, "{count}");
    let picture = place.text("target/poly/one.flame.svg");
    let (_, hot) = picture.split_once("<title>hot_loop (answer): ").expect("the function");
    let share = hot.split_once(" samples, ").unwrap().1.split_once(" %").unwrap().0;
    assert!(share.parse::<f64>().unwrap() > 90.0, "{share}");
    assert_is_well_formed(&picture);
}

/// Each element that is opened is closed, in order.
fn assert_is_well_formed(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') {
            open.push(tag.split(' ').next().unwrap());
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
    assert_eq!(open, [] as [&str; 0]);
}

#[test]
fn a_profile_goes_where_it_is_asked_for_and_is_told_as_data() {
    let place = working();
    let ran = place.run(&["run", "answer()", "--profile=made/here", "--json"]).expect(0);
    let [profiled] = &ran.events("profiled")[..] else { panic!("{}", ran.stdout) };
    assert!(profiled["calls"].as_u64().unwrap() > 1 && profiled["samples"].as_u64().unwrap() > 100);
    assert_eq!(profiled["profile"], "made/here/one.profile.json");
    for file in ["made/here/one.profile.json", "made/here/one.flame.svg"] {
        assert!(!place.read(file).is_empty());
    }
    assert!(!place.root.join("target/poly/one.profile.json").exists());
    // A build keeps what is not on its list.
    place.run(&["build"]).expect(0);
    assert!(place.root.join("made/here/one.flame.svg").exists());
}

#[test]
fn a_profile_that_shows_little_says_what_to_do() {
    // It returns at once, and so is hardly ever met.
    let place = one();
    place.write(
        "answer/source.wasm",
        wasm(
            "(component
        (core module $m (func (export \"answer\") (result i32)
            (if (i32.eqz (memory.grow (i32.const 1))) (then (loop $l (br $l)))) (i32.const 42))
            (memory 0))
        (core instance $i (instantiate $m))
        (func (export \"answer\") (result u32) (canon lift (core func $i \"answer\"))))",
        ),
    );
    place.write("pipeline.toml", format!("{MANIFEST}\n[limits]\ntimeout = '50ms'\n"));
    let ran = place.run(&["run", "--profile"]).expect(1);
    assert!(ran.stderr.contains("there are few samples"), "{}", ran.stderr);
    assert!(ran.stderr.contains("over the limit `timeout`"), "{}", ran.stderr);
}

#[test]
fn fuel_is_told_where_it_is_counted() {
    let place = one();
    let ran = place.run(&["run", "answer()", "--json"]).expect(0);
    assert_eq!(ran.events("returned")[0]["fuel"], Value::Null);
    let ran = place.run(&["run", "answer()", "--json", "--fuel"]).expect(0);
    let fuel = ran.events("returned")[0]["fuel"].as_u64().unwrap();
    assert!(fuel > 0);
    // The manifest says it as well as the command line, and the bound of either counts it too.
    place.write("pipeline.toml", format!("{MANIFEST}\n[run]\nfuel = true\n"));
    let ran = place.run(&["check", "--json"]).expect(0);
    assert_eq!(ran.events("checked")[0]["fuel"], fuel);
    let ran = place.run(&["check", "--fuel=1"]).expect(1);
    assert!(ran.stderr.contains("over the limit `fuel`"), "{}", ran.stderr);
}

#[test]
fn machine_code_is_kept_for_each_set_of_options() {
    let place = one();
    let ran = |options: &[&str]| {
        let ran = place.run(&[&["run"], options].concat()).expect(0);
        assert_eq!(ran.stdout, "42\n");
        ran.stderr.contains("precompiled")
    };
    let sets: [&[&str]; 6] = [
        &[],
        &["--opt-level", "none"],
        &["--opt-level", "speed-and-size"],
        &["--nan-canonicalization"],
        &["--deterministic"],
        &["--fuel"],
    ];
    for options in sets {
        assert!(ran(options), "{options:?}: another one was taken for it");
    }
    for options in sets {
        assert!(!ran(options), "{options:?}: it was not kept");
    }
    // None of these is part of it.
    assert!(!ran(&["--stack", "4MiB", "--timeout", "1s"]));
    assert!(!ran(&["--fuel=1000000"]));
}

#[test]
fn the_command_line_wins() {
    let place = working();
    let manifest = "[run]\ndeterministic = true\nopt-level = 'none'\n[limits]\nfuel = 1\n";
    place.write("pipeline.toml", format!("{MANIFEST}\n{manifest}"));
    let ran = place.run(&["run"]).expect(1);
    assert!(ran.stderr.contains("over the limit `fuel`"), "{}", ran.stderr);
    place.run(&["run", "--fuel=1000000000", "--deterministic=false"]).expect(0);
    // A bound of time is tried with what has no end: how fast a machine is does not matter then.
    place.write(
        "answer/source.wasm",
        wasm(&WORK.replace("(br_if $again (i32.lt_u", "(br $again) (drop (i32.lt_u")),
    );
    place.write("pipeline.toml", format!("{MANIFEST}\n[limits]\ntimeout = '1h'\n"));
    let ran = place.run(&["run", "--timeout", "50ms"]).expect(1);
    assert!(ran.stderr.contains("over the limit `timeout`"), "{}", ran.stderr);
}

fn flow() -> Place {
    Place::with(&repository().join("tests/cases/cli/flow")).with_fake_tools()
}

#[test]
fn calls_between_components_are_told_with_values_time_and_fuel() {
    let place = flow();
    let ran = place.run(&["run", "run(\"much too long\")", "--trace-calls", "--json"]).expect(0);
    let crossings = ran.events("crossing");
    let told = crossings.iter().map(|crossing| {
        let returned = &crossing["returned"];
        assert!(returned["milliseconds"].is_number() && returned["fuel"].as_u64().unwrap() > 0);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let arguments: Vec<String> =
            crossing["arguments"].as_array().unwrap().iter().map(text).collect();
        let [consumer, provider, function] =
            ["consumer", "provider", "function"].map(|key| text(&crossing[key]));
        let value = text(&returned["value"]);
        format!("{consumer} → {provider}/{function}({}) = {value}", arguments.join(", "))
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            r#"flow → source/fetch("much too long", 6) = err("much too long")"#,
            r#"flow → source/explain("much too long") = "short""#,
            r#"flow → left/length("short") = 5"#,
            r#"flow → right/twice("short") = 10"#,
            "flow → right/sum(5, 10) = 15",
        ]
    );
    assert_eq!(ran.events("returned")[0]["value"], "15");
    // What is published is what a build without tracing makes.
    let traced = place.read("target/poly/case.wasm");
    place.run(&["build"]).expect(0);
    assert_eq!(place.read("target/poly/case.wasm"), traced);
    // The parts are kept compiled.
    let again = place.run(&["run", "--trace-calls"]).expect(0);
    assert!(!again.stderr.contains("precompiled"), "{}", again.stderr);
}
