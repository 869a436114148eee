//! Implementations against each other: the examples in Rust, Go and Python, built with the real tools.
//!
//! As in [`crate::real`], what is missing is installed. What fake components lead to lies in
//! `tests/cases/cli/interop-*`.

use crate::place::{Place, repository};

/// A copy of an example, with a cold cache of its own.
fn example(name: &str) -> Place {
    let mut place = Place::with(&repository().join("examples").join(name));
    place.real_home();
    place
}

/// Nobody planted these: the libraries of the three languages differ, and the default seed and number of
/// calls find it.
#[test]
fn the_languages_differ_about_upper_case() {
    let place = example("interop");
    let ran = place.run(&["interop"]).expect(1);
    let said = &ran.stderr;
    // Go maps each character to one; Rust and Python know that some become several.
    for shown in
        ["transform: transform-text(\"ß\")\n", "transform: transform([195, 159])   \"ß\"\n"]
    {
        assert!(said.contains(shown), "{said}");
    }
    for answered in ["rust    \"SS\"\n", "go      \"ß\"\n", "python  \"SS\"\n"] {
        assert!(said.contains(answered), "{said}");
    }
    let checks: toml::Table = toml::from_str(&ran.stdout).expect("checks for the manifest");
    let checks = checks["check"].as_array().unwrap();
    assert!(checks.iter().any(|check| check["component"].as_str() == Some("go")), "{}", ran.stdout);
    // The same seed finds the same; what was built is in the cache.
    let again = place.run(&["interop", "--seed", "1", "--calls", "200"]).expect(1);
    assert_eq!(again.stdout, ran.stdout);
}

#[test]
fn every_value_survives_every_language() {
    let place = example("echo");
    let echo = place.run(&["wit", "echo", "shapes"]).expect(0).stdout;
    assert_eq!(echo, place.text("wit/echo.wit"), "it was made so");
    let ran = place.run(&["interop", "--calls", "120"]).expect(0);
    assert!(ran.stderr.contains("no difference"), "{}", ran.stderr);
}

/// What is printed is a check as it stands: it fails for the one that is alone, and would pass for
/// the others. It runs as the comparison did: with its grants and its notion of near.
#[test]
fn what_differs_is_kept_by_pasting_the_check() {
    let case = repository().join("tests/cases/cli/interop-differs");
    let place = Place::with(&case).with_fake_tools();
    let manifest = place.text("pipeline.toml");
    let manifest = format!("{manifest}approx = 1e-9\n\n[grants]\nenv = {{ A = \"b\" }}\n");
    place.write("pipeline.toml", &manifest);
    let printed = place.run(&["interop"]).expect(1).stdout;
    for line in ["component = \"two\"\n", "approx = 1e-9\n", "grants = {}\n"] {
        assert!(printed.contains(line), "{printed}");
    }
    place.write("pipeline.toml", format!("{manifest}{printed}"));
    let ran = place.run(&["check"]).expect(1);
    assert!(ran.stderr.contains("2003"), "{}", ran.stderr);
    for other in ["one", "three"] {
        let of_another =
            printed.replace("component = \"two\"", &format!("component = \"{other}\""));
        place.write("pipeline.toml", format!("{manifest}{of_another}"));
        place.run(&["check"]).expect(0);
    }
}

/// The manifest's bound holds on the command line, too.
#[test]
fn calls_have_a_bound() {
    let place =
        Place::with(&repository().join("tests/cases/cli/interop-differs")).with_fake_tools();
    let said = place.run(&["interop", "--calls", "1000001"]).expect(2).stderr;
    assert!(said.contains("expected a whole number from 1 to 1,000,000, such as `500`"), "{said}");
}

/// What people are told by text, machines are told by data.
#[test]
fn machines_are_told_each_difference_and_what_was_compared() {
    let case = repository().join("tests/cases/cli/interop-differs");
    let place = Place::with(&case).with_fake_tools();
    let ran = place.run(&["--json", "interop", "--calls", "40", "--seed", "7"]).expect(1);
    let of = |event: &str| ran.events(event);
    let [difference] = &of("difference")[..] else { panic!("{}", ran.stdout) };
    assert_eq!(difference["calls"], serde_json::json!(["double(1001)"]));
    assert_eq!(difference["answers"][1]["answer"], "2003");
    assert_eq!(difference["answers"][2]["like"], "one");
    assert!(difference["checks"].as_str().unwrap().contains("[[check]]"));
    let [compared] = &of("interop")[..] else { panic!("{}", ran.stdout) };
    assert_eq!(compared["calls"], 40);
    assert_eq!((&compared["seed"], &compared["differences"]), (&7.into(), &1.into()));
}
