//! Cases of composition: each directory of `tests/cases/compose` is a pipeline, with beside it what
//! must come of it.
//!
//! | file | what it holds |
//! |---|---|
//! | `pipeline.toml` | the manifest; its first lines say what the case shows |
//! | `NAME/source.wat` | a component or a core module; a component without one gets functions that trap |
//! | `world.wit` | the world of what was composed, and by which engine |
//! | `warning.txt` | what poly says beside |
//! | `error.txt` | what poly says where it must refuse |
//!
//! Each case is composed three times: by the engine that poly chooses, and by both when asked for.
//! Where an engine that was asked for does otherwise, the same files say so with its name before
//! theirs, as in `wasm-compose.error.txt`; such a file is an error as soon as it says nothing new.
//! The checks of the manifest must pass whoever composed it, and each engine must write equal bytes in
//! a second process with a cache of its own.
//!
//! `SNAPSHOTS=overwrite cargo test` rewrites what is expected; read the difference then.

mod differences;
mod inputs;
mod mismatches;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

use crate::place::repository;

/// What [`Seen::files`] are called.
const GOLDENS: [&str; 3] = ["world.wit", "warning.txt", "error.txt"];

const ENGINES: [&str; 2] = ["wasm-compose", "wac-graph"];

#[test]
fn every_case_composes_as_expected_by_each_engine() {
    let cases = cases();
    assert!(!cases.is_empty());
    let failed = in_parallel(cases, |case| {
        let wrong = differences(case);
        wrong.is_empty().then_some(()).ok_or_else(|| format!("{}:\n{wrong}", case.display()))
    });
    assert!(failed.is_empty(), "these cases differ:\n{}", failed.join("\n"));
}

#[test]
fn twenty_processes_write_equal_bytes() {
    let cases = ["diamond-with-resource", "instances", "wasi-versions"];
    let cases = cases.map(|case| repository().join("tests/cases/compose").join(case)).to_vec();
    let failed = in_parallel(cases, |case| {
        let written: BTreeSet<_> = (0..20).map(|_| Seen::by(case, None, "build").bytes).collect();
        (written.len() == 1).then_some(()).ok_or_else(|| case.display().to_string())
    });
    assert!(failed.is_empty(), "several components of: {failed:#?}");
}

/// Parts that the host links for `--trace-calls` are no other component than the composed one.
#[test]
fn traced_parts_answer_what_the_composed_component_does() {
    let mut cases = cases();
    cases.retain(|case| !case.join("error.txt").exists());
    cases.retain(|case| {
        let manifest = fs::read_to_string(case.join("pipeline.toml")).expect("readable");
        manifest.contains("[[check]]")
    });
    assert!(cases.len() > 20, "{}", cases.len());
    let failed = in_parallel(cases, |case| {
        let place = inputs::place(case);
        let text = place.text("pipeline.toml");
        let manifest = poly::manifest::Manifest::parse("pipeline.toml", &text).expect("a manifest");
        for call in manifest.checks.iter().filter_map(|check| check.call.as_ref()) {
            let composed = place.run(&["run", call.get_ref(), "-q"]);
            let traced = place.run(&["run", call.get_ref(), "-q", "--trace-calls"]);
            if (composed.code, &composed.stdout) != (traced.code, &traced.stdout) {
                return Err(format!("{}: {}{}", case.display(), traced.stdout, traced.stderr));
            }
        }
        Ok(())
    });
    assert!(failed.is_empty(), "traced, these differ:\n{}", failed.join("\n"));
}

/// The directories of the cases, by name.
fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("tests/cases/compose")).expect("the cases");
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("a case").path()).collect();
    cases.retain(|case| case.join("pipeline.toml").is_file());
    cases.sort();
    cases
}

/// What `work` says is wrong, with a thread for each processor.
fn in_parallel<T: Send>(
    items: Vec<T>,
    work: impl Fn(&T) -> Result<(), String> + Sync,
) -> Vec<String> {
    let (items, failed) = (Mutex::new(items), Mutex::new(Vec::new()));
    let next = || items.lock().expect("no other thread panicked").pop();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(item) = next() {
                    if let Err(wrong) = work(&item) {
                        failed.lock().expect("no other thread panicked").push(wrong);
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().expect("no thread panicked");
    failed.sort();
    failed
}

/// What came of a case.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    /// What is kept of it, by file name.
    files: BTreeMap<&'static str, String>,
    /// The composed component, if there is one.
    bytes: Option<Vec<u8>>,
}

impl Seen {
    /// Of `poly VERB` on the case, in a directory and with a cache of its own.
    fn by(case: &Path, engine: Option<&str>, verb: &str) -> Self {
        let place = inputs::place(case);
        let manifest = place.text("pipeline.toml");
        let engine = engine.unwrap_or("auto");
        place.write("pipeline.toml", format!("{manifest}\n[compose]\nengine = \"{engine}\"\n"));
        let ran = place.finish(place.poly(&["--quiet", verb]).env("POLY_JOBS", "1"));
        let mut files = BTreeMap::new();
        if ran.code != 0 {
            files.insert("error.txt", ran.stderr);
            return Self { files, bytes: None };
        }
        if !ran.stderr.is_empty() {
            files.insert("warning.txt", ran.stderr);
        }
        let bytes = place.read("target/poly/case.wasm");
        let inspected = poly::component::inspect::inspect(&bytes).expect("it is a component");
        files.insert("world.wit", inspected.world.expect("a component has a world"));
        Self { files, bytes: Some(bytes) }
    }
}

/// All that is not as expected.
fn differences(case: &Path) -> String {
    let manifest = fs::read_to_string(case.join("pipeline.toml")).expect("readable");
    let verb = if manifest.contains("[[check]]") { "check" } else { "build" };
    let mut wrong = String::new();
    let mut auto = Seen::by(case, None, verb);
    let asked = ENGINES.map(|engine| (engine, Seen::by(case, Some(engine), verb)));
    // The engine that was chosen has written twice by now.
    for (engine, seen) in asked.iter().filter(|(_, seen)| seen.bytes != auto.bytes) {
        if seen.bytes.is_some() && seen.bytes != Seen::by(case, Some(engine), "build").bytes {
            let _ = writeln!(wrong, "{engine} writes other bytes in another process");
        }
    }
    let mut kept = BTreeMap::new();
    for (engine, seen) in &asked {
        // All that it says is kept as soon as one thing is other.
        let files = (seen.files != auto.files).then_some(&seen.files).into_iter().flatten();
        kept.extend(files.map(|(name, text)| (format!("{engine}.{name}"), text.clone())));
    }
    if let Some(world) = auto.files.get_mut("world.wit") {
        let chosen = asked.iter().find(|(_, seen)| seen.bytes == auto.bytes);
        let chosen =
            chosen.map_or("neither engine: other bytes in each process", |(engine, _)| engine);
        let simple = asked[0].1.bytes.is_some() && asked[0].1.files == asked[1].1.files;
        if simple && chosen == ENGINES[1] {
            wrong += "wac-graph is chosen, though wasm-compose does the same\n";
        }
        *world = format!("// composed by {chosen}\n{world}");
    }
    kept.extend(auto.files.into_iter().map(|(name, text)| (name.to_owned(), text)));
    wrong + &unlike(case, &kept)
}

/// How the files that are kept of a case differ from those in its directory.
fn unlike(case: &Path, kept: &BTreeMap<String, String>) -> String {
    let engines = ENGINES.map(|engine| format!("{engine}."));
    let mut wrong = String::new();
    for prefix in std::iter::once("").chain(engines.iter().map(String::as_str)) {
        for name in GOLDENS.map(|name| format!("{prefix}{name}")) {
            match kept.get(&name) {
                Some(text) => wrong += &golden(&case.join(&name), text),
                None => wrong += &absent(&case.join(&name)),
            }
        }
    }
    wrong
}

/// How a text differs from the one that a file keeps.
fn golden(file: &Path, text: &str) -> String {
    let expected = Data::read_from(file, Some(DataFormat::Text));
    let assert = Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV);
    let equal = assert.try_eq(Some(&file.display()), text.into(), expected);
    equal.err().map(|difference| difference.to_string()).unwrap_or_default()
}

/// A file that says what is no longer so.
fn absent(file: &Path) -> String {
    let overwrite = std::env::var(snapbox::assert::DEFAULT_ACTION_ENV);
    match (file.exists(), overwrite.as_deref()) {
        (true, Ok("overwrite")) => fs::remove_file(file).map(|()| String::new()).expect("writable"),
        (true, _) => format!("{} says what is no longer so; remove it\n", file.display()),
        (false, _) => String::new(),
    }
}
