//! Snapshots: what they keep, and that they are equal.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::host::{Directory, SnapshotError, Surroundings, snapshot};

/// A module that keeps what it sees.
fn module() -> Vec<u8> {
    wat::parse_str(include_str!("snapshot.wat")).unwrap()
}

/// A directory with a source, and what an initialiser sees that reads it.
fn surroundings(source: &str) -> (TempDir, Surroundings) {
    let top = TempDir::new().unwrap();
    fs::write(top.path().join("app.js"), source).unwrap();
    let directories = vec![
        Directory { host: top.path().join("made"), guest: "/.poly/0".into() },
        Directory { host: top.path().into(), guest: "/".into() },
    ];
    fs::create_dir(&directories[0].host).unwrap();
    let variables = [("B", "2"), ("A", "1")].map(|(name, value)| (name.into(), value.into()));
    let path = top.path().display();
    let input = format!("--script {path}/made/start.js --strip {path}/ app.js");
    (top, Surroundings { directories, variables: variables.into(), input })
}

fn taken(source: &str) -> Vec<u8> {
    let (_top, surroundings) = surroundings(source);
    snapshot(&module(), "initialise", &surroundings).unwrap()
}

fn holds(snapshot: &[u8], text: &str) -> bool {
    snapshot.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn snapshots_in_two_directories_are_equal() {
    let first = taken("export const a = 1");
    assert!(first == taken("export const a = 1"));
    assert!(holds(&first, "--script /.poly/0/start.js --strip / app.js"));
    assert!(holds(&first, "/.poly/0"));
    assert!(holds(&first, "A=1\0B=2\0"));
    // 2000-01-01T00:00:00Z in nanoseconds, but for the zeros that a segment does not begin with.
    let time = 946_684_800_000_000_000_u64.to_le_bytes();
    assert!(first.windows(6).any(|window| window == &time[2..]));
}

#[test]
fn other_sources_draw_other_numbers() {
    assert!(taken("export const a = 1") != taken("export const a = 2"));
}

#[test]
fn the_initialiser_has_run_and_is_gone() {
    let module = wasmtime::Module::new(ENGINE.inner(), taken("")).unwrap();
    let names: Vec<&str> = module.exports().map(|export| export.name()).collect();
    assert!(names.contains(&"calls"), "{names:?}");
    assert!(!names.contains(&"initialise") && !names.contains(&"_initialize"), "{names:?}");
    assert_eq!(first_values(&taken("")), [42], "41 of `_initialize` and 1 of `initialise`");
}

/// The values that the module's globals begin with.
fn first_values(module: &[u8]) -> Vec<i32> {
    let mut values = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(module) {
        let wasmparser::Payload::GlobalSection(globals) = payload.unwrap() else { continue };
        for global in globals {
            let operator = global.unwrap().init_expr.get_operators_reader().read().unwrap();
            let wasmparser::Operator::I32Const { value } = operator else { panic!("{operator:?}") };
            values.push(value);
        }
    }
    values
}

#[test]
fn what_cannot_be_taken_says_why() {
    let (_top, mut given) = surroundings("");
    let said = |function: &str, given: &Surroundings| {
        snapshot(&module(), function, given).unwrap_err().to_string()
    };
    assert_eq!(said("give-up", &given), "`give-up` ended the module with exit code 3");
    assert_eq!(said("fall", &given), "`fall` trapped");
    assert_eq!(said("nothing", &given), "no snapshot can be taken of the module");
    given.directories[0].host = "/nowhere/at/all".into();
    assert_eq!(said("initialise", &given), "the directory `/nowhere/at/all` cannot be opened");
    assert!(matches!(snapshot(b"text", "initialise", &given), Err(SnapshotError::Unfit(_))));
}
