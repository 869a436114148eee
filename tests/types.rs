//! The types example: every WIT type through Rust, Go and Python, once and thousands of times.
//!
//! As in [`crate::real`], the tools are real and the example is built once, on a cold cache.

use std::sync::OnceLock;

use poly::check::Call;
use poly::host::{Instance, Program};

use crate::place::{Place, Ran, repository};

/// The example, built and checked by whichever test comes first.
fn checked() -> &'static (Place, Ran) {
    static CHECKED: OnceLock<(Place, Ran)> = OnceLock::new();
    CHECKED.get_or_init(|| {
        let mut place = Place::new();
        let example = repository().join("examples/types");
        for name in ["wit", "go", "python", "rust-end", "rust-front", "rust-streams"] {
            place.add(&example.join(name), name);
        }
        place.write("pipeline.toml", manifest());
        place.real_home();
        let ran = place.run(&["check"]).expect(0);
        (place, ran)
    })
}

fn manifest() -> String {
    std::fs::read_to_string(repository().join("examples/types/pipeline.toml")).unwrap()
}

/// A new instance of it, with this much memory, in MiB.
fn started(memory: u64) -> Instance {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let (place, _) = checked();
    place.start(PROGRAM.get_or_init(|| place.program("target/poly/types.wasm")), memory)
}

#[track_caller]
fn expect(instance: &mut Instance, call: &str, answer: &str) {
    let outcome = instance.call(&Call::parse(call).unwrap()).unwrap();
    let got = outcome.ending.to_string();
    assert!(got == answer, "{call:.200} answered {got:.200}, and not {answer:.200}");
}

#[test]
fn every_value_comes_through_all_languages_unchanged() {
    let (_, ran) = checked();
    let checks = manifest().matches("\n[[check]]\n").count();
    assert!(checks > 150, "{checks}");
    assert!(ran.stderr.contains(&format!("{checks} passed, 0 failed")), "{}", ran.stderr);
}

#[test]
fn large_values_come_through() {
    let mut instance = started(256);
    let bytes: Vec<String> = (0..1_u32 << 20).map(|at| (at % 251).to_string()).collect();
    let bytes = format!("[{}]", bytes.join(", "));
    expect(&mut instance, &format!("values.echo-bytes({bytes})"), &bytes);
    let text = format!("\"{}\"", "ä€😀".repeat(1 << 17));
    expect(&mut instance, &format!("values.echo-string({text})"), &text);
    let table = format!("[{}]", vec!["[1, 2, 3]"; 1 << 14].join(", "));
    expect(&mut instance, &format!("values.echo-table({table})"), &table);
    expect(&mut instance, &format!("streaming.bytes({bytes})"), &bytes);
    expect(&mut instance, &format!("streaming.later({text})"), &text);
}

/// Whatever keeps its arguments or its answers, some 10 KB in each round, goes over the limit.
#[test]
fn ten_thousand_calls_with_values_that_need_memory_are_right_and_bounded() {
    let mut instance = started(64);
    for round in 0..10_000_u32 {
        let text =
            |length: u32| char::from(b'a' + (round % 26) as u8).to_string().repeat(length as usize);
        let string = format!("\"{}\"", text(1000 + round % 100));
        let records: Vec<String> = (0..20)
            .map(|at| {
                let label = text(round % 50 + 1);
                format!("{{start: {{x: {at}, y: {round}}}, end: {{x: 0.5, y: -1}}, label: some(\"{label}\")}}")
            })
            .collect();
        let records = format!("[{}]", records.join(", "));
        let variants: Vec<String> = (0..20)
            .map(|at| match (at + round) % 4 {
                0 => "nothing".to_owned(),
                1 => format!("polygon([{{x: {at}, y: {round}}}, {{x: 1, y: 2}}])"),
                2 => format!("text(\"{}\")", text(60)),
                _ => format!(
                    "line({{start: {{x: 1, y: 2}}, end: {{x: 3, y: 4}}, label: some({string})}})"
                ),
            })
            .collect();
        let variants = format!("[{}]", variants.join(", "));
        expect(&mut instance, &format!("values.echo-string({string})"), &string);
        expect(&mut instance, &format!("values.echo-records({records})"), &records);
        expect(&mut instance, &format!("values.echo-variants({variants})"), &variants);
        let outcome = format!("outcome(err({string}))");
        expect(&mut instance, &format!("values.echo-anything({outcome})"), &outcome);
    }
}

/// Each call makes a thousand counters in each language for the one before it, and drops them.
#[test]
fn ten_thousand_resources_are_made_and_dropped_in_bounded_memory() {
    let mut instance = started(64);
    for _ in 0..10 {
        expect(
            &mut instance,
            "counting.churn(500)",
            r#"[([("python", 2), ("go", 2), ("rust", 2)], [("python", 0), ("go", 0), ("rust", 0)]), ([("go", 2), ("rust", 2)], [("go", 0), ("rust", 0)]), ([("rust", 2)], [("rust", 0)])]"#,
        );
    }
}

/// A call opens four of them, and each carries 10 KB.
#[test]
fn thousands_of_streams_and_futures_are_right_and_bounded() {
    let mut instance = started(64);
    for round in 0..2_500_u32 {
        let text = char::from(b'a' + (round % 26) as u8).to_string().repeat(1000);
        let texts = format!("[{}]", vec![format!("\"{text}\""); 10].join(", "));
        expect(&mut instance, &format!("streaming.strings({texts})"), &texts);
        let text = format!("\"{}\"", text.repeat(10));
        expect(&mut instance, &format!("streaming.later({text})"), &text);
    }
}
