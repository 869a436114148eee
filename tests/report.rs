//! What is told of checks, beside the lines that `tests/cases/cli` shows: files and orders for CI
//! services, and the manifest that rewrites itself.

use quick_xml::Reader;
use quick_xml::events::Event;
use snapbox::{assert_data_eq, str};

use crate::fake::{ANSWER, wasm};
use crate::place::Place;

/// A pipeline whose second and third check fail, with a manifest that somebody laid out.
const MANIFEST: &str = "\
[pipeline]
name = 'answers'            # for people

[component.answer]
path = 'answer'
toolchain = 'fake'

[[check]]                   # the one that is right
call = 'answer()'
returns = '42'

[[check]]
call    = 'answer( )'       # the same, and wrong
returns = \"43\"            # for ever

# The last one.
[[check]]
call = 'answer()'
traps = 'unreachable'
";

fn pipeline(manifest: &str) -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", manifest);
    place.write("answer/source.wasm", wasm(ANSWER));
    place
}

#[test]
fn results_go_to_a_file_as_junit_even_where_checks_fail() {
    let place = pipeline(MANIFEST);
    place.run(&["check", "--junit", "results.xml"]).expect(1);
    let text = place.text("results.xml");
    let mut reader = Reader::from_str(&text);
    let (mut cases, mut failures) = (Vec::new(), 0);
    loop {
        let start = match reader.read_event().expect("well formed") {
            Event::Eof => break,
            Event::Start(start) | Event::Empty(start) => start,
            _ => continue,
        };
        let value = |name: &str| {
            let found = start.try_get_attribute(name).unwrap();
            found.map(|it| {
                it.normalized_value(quick_xml::XmlVersion::Explicit1_0).unwrap().into_owned()
            })
        };
        match start.name().0 {
            "testsuite" => {
                assert_eq!(value("tests").as_deref(), Some("3"));
                assert_eq!(value("failures").as_deref(), Some("2"));
            }
            "testcase" => cases.push((value("name").unwrap(), value("line").unwrap())),
            "failure" => failures += 1,
            _ => {}
        }
    }
    let cases: Vec<_> = cases.iter().map(|(name, line)| (name.as_str(), line.as_str())).collect();
    assert_eq!(cases, [("answer()", "9"), ("answer( )", "13"), ("answer() #2", "18"),]);
    assert_eq!(failures, 2);

    // What ends before there are results leaves none, and not those of another run either.
    place.write("answer/source.wasm", "no wasm");
    place.run(&["check", "--junit", "results.xml"]).expect(1);
    assert!(!place.root.join("results.xml").exists());
}

#[test]
fn what_is_expected_becomes_what_is() {
    let place = pipeline(MANIFEST);
    let ran = place.run(&["check", "--update"]).expect(1);
    assert_data_eq!(
        ran.stdout,
        str![[r#"
--- a/pipeline.toml
+++ b/pipeline.toml
@@ -11,7 +11,7 @@

 [[check]]
 call    = 'answer( )'       # the same, and wrong
-returns = "43"            # for ever
+returns = "42"            # for ever

 # The last one.
 [[check]]

"#]]
    );
    assert!(ran.stderr.contains("updated 1 value in pipeline.toml"), "{}", ran.stderr);
    assert!(ran.stderr.contains("2 passed, 1 failed"), "{}", ran.stderr);
    let updated = place.text("pipeline.toml");
    assert_eq!(updated, MANIFEST.replace("\"43\"", "\"42\""));

    let again = place.run(&["check", "--update", "--filter", "( )"]).expect(0);
    assert!(again.stderr.contains("updated nothing in pipeline.toml"), "{}", again.stderr);
    assert_eq!(place.read("pipeline.toml"), updated.as_bytes());
}

#[test]
fn every_step_of_a_check_is_updated() {
    let manifest = MANIFEST.split("[[check]]").next().unwrap().to_owned()
        + "[[check]]\nsteps = [\n    { call = 'answer()', returns = '1' },\n    { call = 'answer()' },\n    \
           { call = 'answer()', returns = '2' }, # the last\n]\n";
    let place = pipeline(&manifest);
    let ran = place.run(&["check", "--update"]).expect(0);
    assert!(ran.stderr.contains("updated 2 values in pipeline.toml"), "{}", ran.stderr);
    let updated = place.text("pipeline.toml");
    assert_eq!(updated, manifest.replace("'1'", "'42'").replace("'2'", "'42'"));
    place.run(&["check"]).expect(0);
}

#[test]
fn only_the_checks_that_are_meant_are_made() {
    let place = pipeline(MANIFEST);
    let ran = place.run(&["check", "--filter", "( )"]).expect(1);
    assert!(ran.stderr.contains("0 passed, 1 failed"), "{}", ran.stderr);
    let ran = place.run(&["check", "--filter", "answer", "--filter", "( )"]).expect(1);
    assert!(ran.stderr.contains("1 passed, 2 failed"), "{}", ran.stderr);
    let ran = place.run(&["check", "--fail-fast"]).expect(1);
    assert!(ran.stderr.contains("1 passed, 1 failed"), "{}", ran.stderr);
}

#[test]
fn github_shows_a_failure_beside_its_check() {
    let place = pipeline(MANIFEST);
    let ran = place.finish(
        place
            .poly(&["check", "--manifest", "../pipeline/pipeline.toml"])
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_WORKSPACE", place.root.parent().unwrap()),
    );
    let orders: Vec<_> = ran.stderr.lines().filter(|line| line.starts_with("::error")).collect();
    assert_eq!(
        orders,
        [
            "::error file=pipeline/pipeline.toml,line=13,col=11,title=failed%3A answer( )::\
             result%0A  expected  43%0A  got       42",
            "::error file=pipeline/pipeline.toml,line=18,col=8,title=failed%3A answer()::\
             result%0A  expected  a trap: unreachable%0A  got       42",
        ],
        "{}",
        ran.stderr
    );
    // It is nobody's order elsewhere.
    assert!(!place.run(&["check"]).expect(1).stderr.contains("::error"));
}

#[test]
fn machines_are_told_all_of_a_check() {
    let place = pipeline(MANIFEST);
    let ran = place.run(&["check", "--json"]).expect(1);
    let of = |kind: &str| ran.events(kind);
    let checked = of("checked");
    assert_eq!(checked.len(), 3);
    assert_eq!(checked[1]["place"]["line"], 13);
    assert_eq!(checked[1]["differences"][0]["got"], "42");
    assert_eq!(
        (&of("all-checked")[0]["passed"], &of("all-checked")[0]["failed"]),
        (&1.into(), &2.into())
    );
}

#[test]
fn a_check_that_cannot_pass_is_left_alone() {
    let steps = "\
[[check]]
name = 'twice'
steps = [
    { call = 'answer()', returns = '41' },  # the first
    { call = 'answer()', returns = '40' },
]

[[check]]
name = 'odd'
steps = [
    { call = 'answer()', returns = '39' },
    { call = 'answer()', traps = 'x' },
]
";
    let manifest = format!("{}{steps}", MANIFEST.split_once("[[check]]").unwrap().0);
    let place = pipeline(&manifest);
    let ran = place.run(&["check", "--update"]).expect(1);
    let updated = place.text("pipeline.toml");
    assert_eq!(updated, manifest.replace("'41'", "'42'").replace("'40'", "'42'"));
    let failed = ran.stderr.split_once("failed odd").unwrap().1;
    assert!(failed.contains("step 2: answer()"), "{failed}");
}

#[test]
fn a_check_that_cannot_be_judged_leaves_the_others_their_results() {
    let place = pipeline(&MANIFEST.replace("\"43\"", "'\"43\"'"));
    let ran = place.run(&["check", "--junit", "results.xml"]).expect(2);
    for told in [
        "passed answer()",
        "failed answer( )",
        "error: `returns` is not a `u32`: a value of another type",
        "[pipeline.toml:14:11]",
        "here it returned `42`",
        "1 passed, 2 failed",
    ] {
        assert!(ran.stderr.contains(told), "no {told} in {}", ran.stderr);
    }
    let results = place.text("results.xml");
    assert!(results.contains("tests=\"3\" failures=\"1\" errors=\"1\""), "{results}");
    assert!(results.contains("type=\"unjudged\">`returns` is not a `u32`"), "{results}");
    let ran = place.run(&["check", "--filter", "( )", "--fail-fast", "--json"]).expect(2);
    assert!(ran.stdout.contains("\"error\":\"`returns` is not a `u32`"), "{}", ran.stdout);
}

/// A component that can be built, called by itself, and one that cannot.
const HALF: &str = "\
[pipeline]
name = 'half'

[component.worker]
path = 'answer'
toolchain = 'fake'

[component.broken]
path = 'broken'
toolchain = 'fake'

[[check]]
call = 'whole()'

[[check]]
component = 'worker'
call = 'answer()'
returns = '42'
";

#[test]
fn what_was_made_is_told_where_the_whole_cannot_be_built() {
    let place = pipeline(HALF);
    place.write("broken/source.wasm", "no wasm");
    let ran = place.run(&["check", "--junit", "results.xml"]).expect(1);
    let told = ran.stderr.find("1 passed, 1 failed").expect(&ran.stderr);
    let error = ran.stderr.find("error:").expect(&ran.stderr);
    assert!(told < error, "{}", ran.stderr);
    let results = place.text("results.xml");
    assert!(results.contains("tests=\"2\" failures=\"0\" errors=\"1\""), "{results}");

    // Nobody asks for the whole.
    let ran = place.run(&["check", "--filter", "worker"]).expect(0);
    assert!(ran.stderr.contains("passed worker by itself: answer()"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("broken"), "{}", ran.stderr);
}

#[test]
fn results_of_a_former_run_do_not_outlive_a_wrong_manifest() {
    for (arguments, manifest) in [
        (&["check", "--junit", "results.xml"][..], "no manifest"),
        (&["check", "--junit", "results.xml", "--filter", "nobody"][..], MANIFEST),
    ] {
        let place = pipeline(manifest);
        place.write("results.xml", "passed");
        place.run(arguments).expect(2);
        assert!(!place.root.join("results.xml").exists());
    }
}
