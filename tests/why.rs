//! Why actions run, seen from outside with a fake compiler.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::fake::{ANSWER, MANIFEST, one, wasm};
use crate::place::{Place, repository};

/// What `poly why` says.
fn why(place: &Place) -> String {
    place.run(&["why"]).expect(0).stdout
}

#[test]
fn it_says_what_would_run_and_then_what_ran() {
    let place = one();
    assert_data_eq!(
        why(&place),
        str![[r#"
build answer would run:
  never built
adapt answer would run:
  `build answer` runs first
compose would run:
  `adapt answer` runs first
precompile would run:
  `compose` runs first

"#]]
    );
    place.run(&["run"]).expect(0);
    place.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));
    let built = place.run(&["build"]).expect(0).stderr;
    assert!(
        built.contains("building answer               `answer/source.wasm` changed ("),
        "{built}"
    );
    assert_data_eq!(
        why(&place),
        str![[r#"
build answer is up to date; it last ran, because
  `answer/source.wasm` changed ([..] → [..])
adapt answer is up to date; it last ran, because
  `build answer` made another artifact ([..] → [..])
compose is up to date; it last ran, because
  `adapt answer` made another artifact ([..] → [..])
precompile would run:
  `compose` made another artifact ([..] → [..])

"#]]
    );
    place.write("answer/source.wasm", wasm(ANSWER));
    let said = place.run(&["why", "answer"]).expect(0).stdout;
    // Once, this was up to date, and had last run because of the opposite.
    assert_data_eq!(
        said,
        str![[r#"
build answer would come from the cache, because since the last build
  `answer/source.wasm` changed ([..] → [..])
adapt answer would come from the cache, because since the last build
  `build answer` made another artifact ([..] → [..])

"#]]
    );
    place.run(&["build"]).expect(0);
    let said = place.run(&["why", "answer"]).expect(0).stdout;
    assert_eq!(
        said,
        "build answer is up to date; it came from the cache\n\
         adapt answer is up to date; it came from the cache\n"
    );
    let said = place.run(&["why", "compose"]).expect(0).stdout;
    assert_eq!(said, "compose is up to date; it came from the cache\n");
    assert_eq!(place.run(&["why", "--json", "precompile"]).expect(0).events("why").len(), 1);
}

#[test]
fn it_says_so_to_machines() {
    let place = one();
    place.run(&["build"]).expect(0);
    place.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));
    let said = place.run(&["why", "--json", "answer"]).expect(0).stdout;
    let first: serde_json::Value = serde_json::from_str(said.lines().next().unwrap()).unwrap();
    assert_eq!((&first["event"], &first["state"]), (&"why".into(), &"run".into()));
    let reason = &first["reasons"][0];
    assert_eq!(
        (&reason["reason"], &reason["path"]),
        (&"input".into(), &"answer/source.wasm".into())
    );
    for side in ["old", "new"] {
        assert_eq!(reason["change"]["changed"][side].as_str().map(str::len), Some(64));
    }
    assert_eq!(first["last"]["because"][0]["reason"], "never-built");
}

#[test]
fn a_run_that_failed_is_a_reason() {
    let place = one();
    place.run(&["build"]).expect(0);
    place.write("answer/behaviour", "fail");
    place.run(&["build"]).expect(1);
    let said = why(&place);
    assert!(
        said.starts_with(
            "build answer would run:\n  its last run failed\n  `answer/behaviour` is new\n"
        ),
        "{said}"
    );
    // What a failed run depended on is no record: the same again runs again.
    place.run(&["build"]).expect(1);
    assert_eq!(place.starts(), 3);
    fs::remove_file(place.root.join("answer/behaviour")).unwrap();
    assert!(why(&place).starts_with("build answer is up to date"), "{}", why(&place));
}

#[test]
fn what_is_gone_from_the_cache_is_a_reason() {
    let place = one();
    place.run(&["build"]).expect(0);
    // That an action once made what is still there is known here without its record, until what is known
    // is a day old, or gone itself.
    place.forget("records-");
    assert!(why(&place).starts_with("build answer is up to date"), "{}", why(&place));
    place.forget("builds");
    let gone = "build answer would run:\n  the record of its last run is gone from the cache\n";
    assert!(why(&place).starts_with(gone), "{}", why(&place));
    place.run(&["build"]).expect(0);
    place.forget("blobs-");
    let said = why(&place);
    assert!(
        said.starts_with("build answer would run:\n  its artifact is gone from the cache\n"),
        "{said}"
    );
    place.forget("records-");
    place.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));
    assert!(why(&place).starts_with(gone), "{}", why(&place));
}

/// What composing noticed stands in its record, or in what is known of the last build: without either, it
/// runs, and that is foreseen.
#[test]
fn what_is_foreseen_of_composing_without_its_record_is_what_happens() {
    let place = one();
    place.run(&["build"]).expect(0);
    place.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));
    place.run(&["build"]).expect(0);
    place.write("answer/source.wasm", wasm(ANSWER));
    place.forget("records-");
    let said = why(&place);
    assert!(said.contains("build answer would come from the cache"), "{said}");
    assert!(said.contains("compose would run:\n"), "{said}");
    let built = place.run(&["build"]).expect(0).stderr;
    assert!(built.contains("1 of 3 actions ran"), "{built}");
}

/// As CI has it: a fresh checkout beside a cache that was kept.
#[test]
fn a_fresh_checkout_is_told_what_changed_since_the_former_one() {
    let place = one();
    place.run(&["build"]).expect(0);
    let mut fresh = one();
    fresh.cache.clone_from(&place.cache);
    // Once, it was up to date before anything had been built there.
    let said = why(&fresh);
    assert!(
        said.starts_with("build answer would come from the cache; it never ran here\n"),
        "{said}"
    );
    fresh.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));
    let said = why(&fresh);
    assert!(
        said.starts_with("build answer would run:\n  `answer/source.wasm` changed ("),
        "{said}"
    );
}

#[test]
fn a_failure_in_a_fresh_checkout_takes_nothing_from_what_is_known() {
    let place = one();
    place.run(&["build"]).expect(0);
    let fresh = |answer: &str| {
        let mut fresh = one();
        fresh.cache.clone_from(&place.cache);
        fresh.write("answer/source.wasm", wasm(&ANSWER.replace("42", answer)));
        fresh
    };
    let broken = fresh("43");
    broken.write("answer/behaviour", "fail");
    broken.run(&["build"]).expect(1);
    let known =
        "  its last run failed\n  `answer/behaviour` is new\n  `answer/source.wasm` changed (";
    let said = why(&broken);
    assert!(said.starts_with(&format!("build answer would run:\n{known}")), "{said}");
    let mended = fresh("44");
    mended.run(&["build"]).expect(0);
    let said = mended.run(&["why", "answer"]).expect(0).stdout;
    assert!(said.contains("because\n  its last run failed\n  `answer/source.wasm` ch"), "{said}");
    assert!(said.contains("because\n  `build answer` made another artifact"), "{said}");
}

/// Another checkout's last build is good for reasons, and never for what it made.
#[test]
fn what_another_checkout_made_is_not_taken_for_this_ones() {
    let place = one();
    place.run(&["build"]).expect(0);
    let mut fresh = one();
    fresh.cache.clone_from(&place.cache);
    fresh.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));
    let said = fresh.run(&["inspect", "answer"]).expect(2).stderr;
    assert!(said.contains("`answer` is not built yet: run `poly build`"), "{said}");
    // Components of other names are another pipeline, whatever it is called.
    fresh.write("pipeline.toml", MANIFEST.replace("component.answer", "component.other"));
    fresh.write("other/source.wasm", wasm(ANSWER));
    assert!(why(&fresh).starts_with("build other would run:\n  never built\n"));
}

/// Another compiler of the same version is another, and so is the same of another version.
#[test]
fn a_tool_that_changed_is_a_reason_with_both_of_its_identities() {
    let place = one();
    let compiler = fs::read_to_string(repository().join("tests/tools/bin/fakec")).unwrap();
    let path = format!("{}:{}", place.root.join("bin").display(), std::env::var("PATH").unwrap());
    let poly =
        |arguments: &[&str]| place.finish(place.poly(arguments).env("PATH", &path)).expect(0);
    let install = |text: String| {
        place.write_executable("bin/fakec", text);
    };
    install(compiler.clone());
    poly(&["build"]);
    for (number, (text, reason)) in [
        (format!("{compiler}\n# patched\n"), "changed: another binary that calls itself 1.2.3 ("),
        (compiler.replace("1.2.3", "1.3.0"), "changed from 1.2.3 to 1.3.0\n"),
    ]
    .into_iter()
    .enumerate()
    {
        install(text);
        let said = poly(&["why", "answer"]).stdout;
        let expected = format!("build answer would run:\n  tool `fakec` {reason}");
        assert!(said.starts_with(&expected), "{said}");
        let why = &poly(&["why", "--json", "answer"]).events("why")[0];
        let change = &why["reasons"][0]["change"]["changed"];
        assert_ne!(change["old"]["digest"], change["new"]["digest"], "{why}");
        poly(&["build"]);
        assert_eq!(place.starts(), 2 + number, "it was made again");
    }
}

#[test]
fn what_a_build_left_and_is_gone_is_a_reason() {
    let place = one();
    place.run(&["build"]).expect(0);
    fs::remove_file(place.root.join("target/poly/one.wasm")).unwrap();
    let expected = "compose would come from the cache, because since the last build\n  \
                    `target/poly/one.wasm` is gone\n";
    assert_eq!(place.run(&["why", "compose"]).expect(0).stdout, expected);
    place.run(&["build"]).expect(0);
    assert!(place.run(&["why", "compose"]).expect(0).stdout.starts_with("compose is up to date"));
    // A fresh checkout with the same cache has lost nothing.
    let mut fresh = one();
    fresh.cache.clone_from(&place.cache);
    let said = fresh.run(&["why", "compose"]).expect(0).stdout;
    assert!(!said.contains("is gone"), "{said}");
}

#[test]
fn a_component_that_is_not_there_is_refused() {
    let place = one();
    let said = place.run(&["why", "anser"]).expect(2).stderr;
    let error = "error: nothing that is made here is called `anser`";
    assert_eq!(said, format!("{error}\n  help: did you mean `answer`?\n"));
    let said = place.run(&["why", "compos"]).expect(2).stderr;
    assert!(said.contains("did you mean `compose`?"), "{said}");
    let of_that_name = MANIFEST.replace("component.answer", "component.compose");
    place.write("pipeline.toml", of_that_name);
    place.write("compose/source.wasm", wasm(ANSWER));
    let said = place.run(&["why", "compose"]).expect(0).stdout;
    assert!(said.starts_with("build compose would run"), "{said}");
    assert!(!said.contains("\ncompose would run"), "{said}");
    place.write("pipeline.toml", MANIFEST.replace("\"fake\"", "\"fak\""));
    place.run(&["why"]).expect(2);
}
