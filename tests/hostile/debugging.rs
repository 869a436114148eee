//! Hostile debug information: components that are built to be debugged, and that carry what nobody could
//! read. Each of them stops, and poly tells of it in bounded time and memory.
//!
//! What became of each stands as a table in docs/sandbox.md, as in [`super`].

use std::fmt::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use super::ground::watched;
use super::table;
use crate::fake::{MANIFEST, wasm};
use crate::place::Place;

/// Abbreviations of what follows, of DWARF 4.
const ABBREVIATIONS: &[&[u8]] = &[
    // A unit and a function, with their addresses; the latter has a name.
    &[1, 0x11, 1, 0x11, 1, 0x12, 6, 0, 0],
    &[2, 0x2e, 1, 0x03, 8, 0x11, 1, 0x12, 6, 0, 0],
    // Functions that were inlined: one that holds others, one with a list of ranges, and one that
    // holds others, with its addresses and a name that stands elsewhere.
    &[3, 0x1d, 1, 0, 0],
    &[4, 0x1d, 0, 0x55, 0x17, 0, 0],
    &[5, 0x1d, 1, 0x11, 1, 0x12, 6, 0x03, 0x0e, 0, 0],
    &[0],
];

/// All code there may be.
const EVERYWHERE: [u8; 8] = [1, 0, 0, 0, 0xff, 0xff, 0x7f, 0];

/// What stops, and something to stop in.
const STOPPING: &str = r#"(component
    (core module $m
        (func $stop unreachable)
        (func (export "answer") (result i32) call $stop i32.const 42)
        SECTIONS)
    (core instance $i (instantiate $m))
    (func (export "answer") (result u32) (canon lift (core func $i "answer"))))"#;

/// The same for somebody else.
const INNER: &str = r#"(component
    (core module $m (func $stop (export "stop") unreachable) SECTIONS)
    (core instance $i (instantiate $m))
    (func $stop (canon lift (core func $i "stop")))
    (instance $i (export "stop" (func $stop)))
    (export "hostile:inner/stopping" (instance $i)))"#;

/// That one.
const OUTER: &str = r#"(component
    (import "hostile:inner/stopping" (instance $i (export "stop" (func))))
    (core func $stop (canon lower (func $i "stop")))
    (core module $m
        (import "" "stop" (func $stop))
        (func $answer (export "answer") (result i32) call $stop i32.const 42)
        SECTIONS)
    (core instance $i (export "stop" (func $stop)))
    (core instance $m (instantiate $m (with "" (instance $i))))
    (func (export "answer") (result u32) (canon lift (core func $m "answer"))))"#;

/// What runs for a while.
const RUNNING: &str = r#"(component
    (core module $m
        (func $run (export "answer") (result i32) (local i32)
            (loop $again
                (br_if $again (i32.lt_u
                    (local.tee 0 (i32.add (local.get 0) (i32.const 1)))
                    (i32.const 200000000))))
            i32.const 42)
        SECTIONS)
    (core instance $i (instantiate $m))
    (func (export "answer") (result u32) (canon lift (core func $i "answer"))))"#;

/// Debug information as custom sections in text: a function `written`, which is all code there is, and
/// in it this. Ranges and names are in sections of their own.
fn sections(within: &[u8], ranges: &[(u32, u32)], name: &str) -> String {
    let entries = [
        &4_u16.to_le_bytes()[..],
        &0_u32.to_le_bytes(),
        &[4, 1],
        &EVERYWHERE,
        b"\x02written\0",
        &EVERYWHERE,
        within,
        &[0, 0],
    ]
    .concat();
    let length = u32::try_from(entries.len()).unwrap().to_le_bytes();
    let bytes = |(begin, end): &(u32, u32)| [begin.to_le_bytes(), end.to_le_bytes()].concat();
    let mut text = String::new();
    for (section, bytes) in [
        (".debug_abbrev", ABBREVIATIONS.concat()),
        (".debug_info", [&length[..], &entries].concat()),
        (".debug_ranges", ranges.iter().chain([&(0, 0)]).flat_map(bytes).collect()),
        (".debug_str", [name.as_bytes(), &[0]].concat()),
    ] {
        let _ = write!(text, "(@custom \"{section}\" (after data) \"");
        for byte in bytes {
            let _ = write!(text, "\\{byte:02x}");
        }
        text.push_str("\")\n");
    }
    text
}

/// Functions within functions.
fn nested(depth: usize) -> String {
    sections(&[vec![3; depth], vec![0; depth]].concat(), &[], "")
}

/// Functions that all have the same ranges.
fn ranged(functions: usize, ranges: u32, length: u32) -> String {
    let ranges: Vec<_> = (1..=ranges).map(|begin| (begin, begin + length)).collect();
    sections(&[4, 0, 0, 0, 0].repeat(functions), &ranges, "")
}

/// Functions within functions, each of which is everywhere and has a long name.
fn named(depth: usize, length: usize) -> String {
    let function = [&[5][..], &EVERYWHERE, &[0; 4]].concat();
    sections(&[function.repeat(depth), vec![0; depth]].concat(), &[], &"n".repeat(length))
}

/// Every attempt, with what it is called in the table.
fn attempts() -> Vec<(&'static str, String)> {
    vec![
        ("functions within functions, 100,000 deep", nested(100_000)),
        ("20,000 functions, each with the same 20,000 ranges", ranged(20_000, 20_000, 1)),
        ("200,000 functions, each with the same 200,000 ranges that are empty", {
            ranged(200_000, 200_000, 0)
        }),
        ("100 functions at one place, with names of 100,000 letters", named(100, 100_000)),
        ("sections of nothing but `0xff`", {
            let text = "\\ff".repeat(10_000);
            let section = |name| format!("(@custom \".debug_{name}\" (after data) \"{text}\")\n");
            ["abbrev", "info", "line", "ranges", "str"].map(section).concat()
        }),
    ]
}

/// A component that is built to be debugged.
fn debugged(component: &str) -> Place {
    let place = Place::new().with_fake_tools();
    let with = "toolchain = \"fake\"\nprofile = \"debug\"\n";
    place.write("pipeline.toml", MANIFEST.replace("toolchain = \"fake\"\n", with));
    place.write("answer/source.wasm", wasm(component));
    place
}

/// What came of a component that carries this and stops.
fn told(sections: &str) -> String {
    // Poly's own code and data, and the component some times over.
    const MOST: u64 = 256 << 20;
    let place = debugged(&STOPPING.replace("SECTIONS", sections));
    place.run(&["build"]).expect(0);
    let begun = Instant::now();
    let (ran, peak) = watched(&mut place.poly(&["check", "--verbose"]));
    assert!(begun.elapsed() < Duration::from_mins(1));
    assert!((1..MOST).contains(&peak), "{} MiB", peak >> 20);
    let told = ran.expect(1).stderr;
    assert!(told.contains("0 passed, 1 failed\n"), "{told}");
    assert!(told.contains("it stopped in answer\n"), "{told}");
    assert!(told.lines().all(|line| line.len() < 300), "{told}");
    let why = told.split_once("the debug information of `answer` could not be read: ");
    match why {
        Some((before, why)) => {
            assert!(before.contains(" stop "), "{told}");
            format!("not read: {}", why.lines().next().unwrap())
        }
        // What cannot be understood is passed over, like a section of somebody else's.
        None => if told.contains("nnnn") { "read" } else { "passed over" }.to_owned(),
    }
}

#[test]
fn the_table_says_what_hostile_debug_information_gets() {
    let mut table = String::from("\n| debug information | |\n|---|---|\n");
    let rows = thread::scope(|scope| {
        let each = attempts()
            .into_iter()
            .map(|(what, sections)| (what, scope.spawn(move || told(&sections))));
        let each: Vec<_> = each.collect();
        each.into_iter().map(|(what, told)| (what, told.join().unwrap())).collect::<Vec<_>>()
    });
    for (what, told) in rows {
        let _ = writeln!(table, "| {what} | {told} |");
    }
    table.push('\n');
    table::hold_text("hostile/debugging.rs", &table);
}

/// One that cannot be read takes nothing away from another.
#[test]
fn a_component_keeps_its_own_lines() {
    let place = debugged(&OUTER.replace("SECTIONS", &sections(&[], &[], "")));
    let manifest = place.text("pipeline.toml");
    let inner = "[component.inner]\npath = \"inner\"\ntoolchain = \"fake\"\n\n[[check]]";
    let twice = "\n[[check]]\ncall = \"answer()\"\nreturns = \"43\"\n";
    place.write("pipeline.toml", manifest.replace("[[check]]", inner) + twice);
    place.write("inner/source.wasm", wasm(&INNER.replace("SECTIONS", &nested(100_000))));
    let told = place.run(&["check", "--verbose"]).expect(1).stderr;
    assert_eq!(told.matches("it stopped in inner\n").count(), 2, "{told}");
    assert_eq!(told.matches("answer: written").count(), 2, "{told}");
    let unread = "the debug information of `inner` could not be read: ";
    assert_eq!(told.matches(unread).count(), 2, "{told}");

    // Of two, both are named.
    place.write("answer/source.wasm", wasm(&OUTER.replace("SECTIONS", &nested(100_000))));
    let told = place.run(&["check", "--verbose"]).expect(1).stderr;
    let why = |component| {
        format!(
            "the debug information of `{component}` could not be read: that took more stack than \
             there is"
        )
    };
    let both = [why("answer"), why("inner")].join("; ");
    assert_eq!(told.matches(&both).count(), 2, "{told}");
}

#[test]
fn a_profile_says_whose_debug_information_was_not_read() {
    let place = debugged(&RUNNING.replace("SECTIONS", &nested(100_000)));
    let ran = place.run(&["run", "--profile"]).expect(0);
    let unread = "the debug information of `answer` could not be read: ";
    assert!(ran.stderr.contains(unread), "{}", ran.stderr);
    assert!(place.text("target/poly/one.profile.json").contains("run"));

    place.write("answer/source.wasm", wasm(&RUNNING.replace("SECTIONS", &named(40, 100_000))));
    let ran = place.run(&["run", "--profile"]).expect(0);
    assert!(!ran.stderr.contains("could not be read"), "{}", ran.stderr);
    let profile = place.text("target/poly/one.profile.json");
    assert!(profile.contains(&"n".repeat(1024)) && !profile.contains(&"n".repeat(1025)));
}

/// Once, whoever came first could have all the room that there was.
#[test]
fn each_place_has_its_share_of_what_is_told() {
    let place = Place::new();
    let component = wasm(&RUNNING.replace("SECTIONS", &named(40, 100)));
    // `i32.const 42`
    let at = component.windows(2).position(|code| code == [0x41, 42]).unwrap();
    place.write("component.wasm", component);
    let file = place.root.join("component.wasm");
    let question = serde_json::json!({ "room": 1000, "files": [[file, [at]], [file, [at]]] });
    let parent = std::process::id().to_string();
    let asked = ["lines", &question.to_string(), "--memory", "512MiB", "--parent", &parent];
    let told = place.run(&asked).expect(0).stdout;
    let answers: Vec<serde_json::Value> =
        told.lines().map(|answer| serde_json::from_str(answer).unwrap()).collect();
    let [first, second] = &answers[..] else { panic!("{told}") };
    assert_eq!(first, second);
    assert_eq!(first["cut"], true);
    let lines = first["lines"].as_array().unwrap();
    let names: Vec<_> = lines.iter().map(|line| line["function"].as_str().unwrap()).collect();
    let name = "n".repeat(100);
    assert_eq!(names, [&name, &name, "written"]);
}
