//! Every way to end, to write and to be refused, held against what is expected.

use std::collections::BTreeMap;
use std::time::Duration;

use wasm_wave::value::Type;

use super::*;
use crate::check::Trap;
use crate::manifest::{CheckStep, Limit};

fn outcome(ending: Ending) -> Outcome {
    Outcome {
        ending,
        stdout: Some("hello\n".into()),
        stderr: None,
        refusals: Vec::new(),
        files: BTreeMap::new(),
        fuel: None,
        elapsed: Duration::ZERO,
    }
}

fn returned(text: &str, of: Type) -> Outcome {
    outcome(Ending::Returned(Some(Returned { text: text.into(), of })))
}

fn trapped(message: &str) -> Outcome {
    outcome(Ending::Trapped(Trap { message: message.into(), frames: Vec::new(), unread: None }))
}

fn returns(text: &str) -> Expectation {
    Expectation { returns: Some(text.into()), ..Expectation::default() }
}

fn passes(expectation: &Expectation, outcome: &Outcome) -> bool {
    judge(expectation, outcome).unwrap() == Verdict::Pass
}

#[test]
fn equal_values_are_equal_however_they_are_spelt() {
    let result = Type::result(Some(Type::STRING), Some(Type::STRING));
    assert!(passes(&returns("ok( \"x\" )"), &returned("ok(\"x\")", result)));
    assert!(passes(&returns("nan"), &returned("nan", Type::F64)));
    assert!(passes(
        &returns("[nan, 1.50, 1e3]"),
        &returned("[nan, 1.5, 1000]", Type::list(Type::F32),)
    ));
    let record = Type::record([("a", Type::U8), ("b", Type::option(Type::U8))]).unwrap();
    assert!(passes(
        &returns("{b: some(2), a: 1}"),
        &returned("{a: 1, b: some(2)}", record.clone())
    ));
    assert!(passes(&returns("{a: 1, b: none}"), &returned("{a: 1}", record)));
    let flags = Type::flags(["x", "y"]).unwrap();
    assert!(passes(&returns("{y, x}"), &returned("{x, y}", flags)));
    assert!(passes(&returns("\"\\u{e4}\""), &returned("\"ä\"", Type::STRING)));
}

#[test]
fn another_value_is_a_difference_in_canonical_spelling() {
    let verdict = judge(&returns("[ 1,2 ]"), &returned("[1, 3]", Type::list(Type::U8))).unwrap();
    let difference = Difference::new(Subject::Ending, "[1, 2]", "[1, 3]");
    assert_eq!(verdict, Verdict::Fail { differences: vec![difference] });
}

#[test]
fn what_cannot_be_that_type_is_an_error_of_the_check() {
    let error = judge(&returns("ok(1)"), &returned("3", Type::U8)).unwrap_err();
    assert_eq!(error.to_string(), "`returns` is not a `u8`: a value of another type");
    let nothing = judge(&returns("1"), &outcome(Ending::Returned(None))).unwrap_err();
    assert_eq!(nothing.to_string(), "the check says `returns`, and the function returns no value");
}

#[test]
fn floats_may_be_near_and_the_difference_says_how_near() {
    let near = Expectation { approx: Some(1e-3), ..returns("[1, 2]") };
    let floats = |text: &str| returned(text, Type::list(Type::F64));
    assert!(passes(&near, &floats("[1.0005, 2]")));
    assert!(!passes(&returns("[1, 2]"), &floats("[1.0005, 2]")));
    let Verdict::Fail { differences } = judge(&near, &floats("[1.1, 2]")).unwrap() else {
        panic!("it passed")
    };
    let difference = Difference::new(Subject::Ending, "[1, 2]", "[1.1, 2]");
    assert_eq!(differences, [Difference { approx: Some(1e-3), ..difference }]);
}

fn matches(pattern: &str) -> Expectation {
    toml::from_str::<CheckStep>(&format!("call = ''\nmatches = '{pattern}'"))
        .map(|step| Expectation::from(&step))
        .unwrap()
}

#[test]
fn a_pattern_is_found_in_characters_or_in_wave() {
    let string = |text: &str| returned(text, Type::STRING);
    assert!(passes(&matches("[0-9]+ bytes"), &string("\"Stored 26 bytes\"")));
    assert!(passes(&matches("^a\\nb$"), &string("\"a\\nb\"")));
    assert!(!passes(&matches("^bytes"), &string("\"Stored 26 bytes\"")));
    let result = |text: &str| returned(text, Type::result(Some(Type::STRING), None));
    assert!(passes(&matches("^ok\\(.*bytes"), &result("ok(\"26 bytes\")")));
    assert!(!passes(&matches("^ok"), &result("err")));
    let verdict = judge(&matches("x"), &trapped("unreachable")).unwrap();
    let Verdict::Fail { differences } = verdict else { panic!("it passed") };
    assert_eq!(differences[0].expected, "a match of `x`");
    let nothing = judge(&matches("x"), &outcome(Ending::Returned(None))).unwrap_err();
    assert!(nothing.to_string().contains("says `matches`"), "{nothing}");
}

#[test]
fn a_refusal_is_known_by_any_part_and_says_nothing_of_the_end() {
    let denied = |part: &str| Expectation { denied: Some(part.into()), ..Expectation::default() };
    let refused = |ending: Ending| Outcome {
        refusals: vec![Refusal {
            function: "wasi:http/outgoing-handler.handle".into(),
            wanted: Some("http://evil.com:80".into()),
            grant: "http = [\"http://evil.com\"]".into(),
            times: 2,
        }],
        ..outcome(ending)
    };
    let happened = refused(Ending::Returned(None));
    for part in ["wasi:http", "evil.com:80", "handle: http", "http = "] {
        assert!(passes(&denied(part), &happened), "{part}");
    }
    let Ending::Trapped(trap) = trapped("unreachable").ending else { unreachable!() };
    assert!(passes(&denied("evil.com"), &refused(Ending::Trapped(trap.clone()))));
    assert!(!passes(&denied("evil.com"), &refused(Ending::Exceeded(Limit::Timeout))));
    let both = Expectation { denied: Some("evil.com".into()), ..returns("1") };
    assert!(!passes(&both, &refused(Ending::Trapped(trap))));

    let told = |happened: &Outcome| match judge(&denied("wasi:sockets"), happened).unwrap() {
        Verdict::Fail { mut differences } => differences.remove(0),
        Verdict::Pass => panic!("it passed"),
    };
    let difference = told(&happened);
    assert_eq!(difference.subject, Subject::Refusals);
    assert_eq!(difference.expected, "a refusal: wasi:sockets");
    assert_eq!(difference.got, "wasi:http/outgoing-handler.handle: http://evil.com:80");
    assert_eq!(told(&outcome(Ending::Returned(None))).got, "nothing was refused");
}

#[test]
fn a_check_that_says_nothing_wants_a_return() {
    let nothing = Expectation::default();
    assert!(passes(&nothing, &outcome(Ending::Returned(None))));
    let verdict = judge(&nothing, &trapped("wasm trap: unreachable")).unwrap();
    let Verdict::Fail { differences } = verdict else { panic!("it passed") };
    assert_eq!(differences[0].expected, "a return");
    assert_eq!(differences[0].got, "a trap: wasm trap: unreachable");
}

#[test]
fn traps_and_limits_are_told_apart() {
    let traps = Expectation { traps: Some("unreach".into()), ..Expectation::default() };
    let over = Expectation { exceeds: Some(Limit::Memory), ..Expectation::default() };
    assert!(passes(&traps, &trapped("wasm trap: unreachable")));
    assert!(!passes(&traps, &trapped("wasm trap: integer overflow")));
    assert!(!passes(&traps, &outcome(Ending::Exceeded(Limit::Memory))));
    assert!(passes(&over, &outcome(Ending::Exceeded(Limit::Memory))));
    assert!(!passes(&over, &outcome(Ending::Exceeded(Limit::Timeout))));
    assert!(!passes(&over, &trapped("wasm trap: unreachable")));
}

#[test]
fn output_is_compared_whole_and_must_be_granted() {
    let wants = |stdout: Option<&str>, stderr: Option<&str>| Expectation {
        stdout: stdout.map(str::to_owned),
        stderr: stderr.map(str::to_owned),
        ..Expectation::default()
    };
    let happened = outcome(Ending::Returned(None));
    assert!(passes(&wants(Some("hello\n"), None), &happened));
    assert!(!passes(&wants(Some("hello"), None), &happened));
    let Verdict::Fail { differences } = judge(&wants(Some("x"), Some("")), &happened).unwrap()
    else {
        panic!("it passed")
    };
    assert_eq!(differences.len(), 2);
    assert!(differences[1].got.contains("not granted"));
}

#[test]
fn files_are_compared_whole_and_must_have_been_written() {
    let wants = Expectation {
        files: [("/out/a".to_owned(), "text".to_owned())].into(),
        ..Expectation::default()
    };
    let became = |file: WatchedFile| Outcome {
        files: [("/out/a".to_owned(), file)].into(),
        ..outcome(Ending::Returned(None))
    };
    assert!(passes(&wants, &became(WatchedFile::Written("text".into()))));
    for (file, told) in [
        (WatchedFile::Written("text\n".into()), "text\n"),
        (WatchedFile::Untouched, "a file that was there before, and was not written"),
        (WatchedFile::Missing, "no such file"),
        (WatchedFile::NoText("text".into()), "bytes that are not UTF-8: text"),
        (WatchedFile::TooLong { most: 4 }, "more than 4 bytes"),
    ] {
        let verdict = judge(&wants, &became(file)).unwrap();
        let Verdict::Fail { differences } = verdict else { panic!("it passed") };
        assert_eq!(differences[0].subject, Subject::File("/out/a".into()));
        assert_eq!((differences[0].expected.as_str(), differences[0].got.as_str()), ("text", told));
    }
}
