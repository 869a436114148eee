//! `poly build --sbom`, seen from outside with the fake compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use snapbox::data::DataFormat;
use snapbox::{Assert, Data, assert_data_eq, str};

use crate::place::{Place, repository};

const BILL: &str = "target/poly/one.cdx.json";
const STATEMENT: &str = "target/poly/one.provenance.json";

/// The case of the snapshots: one component with a lock file among its inputs.
fn one() -> Place {
    Place::with(&repository().join("tests/cases/provenance/pipeline")).with_fake_tools()
}

fn json(place: &Place, name: &str) -> Value {
    serde_json::from_slice(&place.read(name)).expect("JSON")
}

/// What changes with every version of poly, of the libraries in it and of the fake compiler is left
/// out.
fn blot(mut value: Value) -> String {
    fn walk(value: &mut Value) {
        match value {
            Value::Array(values) => {
                values.retain(|value| {
                    let name = value["name"].as_str().unwrap_or_default();
                    let is_library = name.starts_with("library ");
                    let of_poly =
                        value["bom-ref"].as_str().unwrap_or_default().starts_with("poly/");
                    !is_library && !of_poly
                });
                values.iter_mut().for_each(walk);
            }
            Value::Object(object) => {
                object.remove("schema");
                object.values_mut().for_each(walk);
            }
            Value::String(text) if is_digest(text) => "[DIGEST]".clone_into(text),
            Value::String(text) if text.starts_with("tool/") => {
                text.replace_range(text.len() - 16.., "[DIGEST]");
            }
            Value::String(text) if text == env!("CARGO_PKG_VERSION") => {
                "[VERSION]".clone_into(text);
            }
            _ => {}
        }
    }
    walk(&mut value);
    format!("{value:#}\n")
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn assert_golden(name: &str, text: String) {
    let golden = repository().join("tests/cases/provenance").join(name);
    let golden = Data::read_from(&golden, Some(DataFormat::Text));
    Assert::new().action_env(snapbox::assert::DEFAULT_ACTION_ENV).eq(text, golden);
}

#[test]
fn both_documents_tell_what_was_built() {
    let place = one();
    let built = place.run(&["build", "--sbom"]).expect(0);
    let told = "wrote target/poly/one.cdx.json\n       wrote target/poly/one.provenance.json\n";
    assert!(built.stderr.ends_with(told), "{}", built.stderr);
    let (bill, statement) = (json(&place, BILL), json(&place, STATEMENT));
    let composed = poly_cache::Digest::of(&place.read("target/poly/one.wasm")).to_string();
    assert_eq!(bill["metadata"]["component"]["hashes"][0]["content"], composed.as_str());
    assert_eq!(statement["subject"][0]["digest"]["sha256"], composed.as_str());
    let source = poly_cache::Digest::of(&place.read("answer/source.wasm")).to_string();
    let used = &statement["predicate"]["buildDefinition"]["resolvedDependencies"];
    let used = used.as_array().expect("a list");
    let named = |name: &str| used.iter().find(|used| used["name"] == name).expect(name);
    assert_eq!(named("answer/source.wasm")["digest"]["sha256"], source.as_str());
    assert!(named("library wit-component")["uri"].as_str().unwrap().starts_with("pkg:cargo/"));
    assert_golden("one.cdx.json", blot(bill));
    assert_golden("one.provenance.json", blot(statement));
}

/// The schema and the protobuf definitions of those who made the formats, from Python's registry.
const SPECIFICATIONS: [&str; 2] =
    ["cyclonedx-python-lib[json-validation]==11.12.0", "in-toto-attestation==0.9.3"];

/// A Python with the specifications, made once for each directory of builds.
fn python() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("specifications");
    let python = home.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).output().expect("it starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    if !home.join("complete").exists() {
        run(Path::new("python3"), &["-m", "venv", "--clear", home.to_str().unwrap()]);
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        run(&python, &[&pip[..], &SPECIFICATIONS].concat());
        fs::write(home.join("complete"), "").unwrap();
    }
    python
}

#[test]
fn both_documents_are_what_their_specifications_ask_for() {
    let place = one();
    // Every part of a bill: tools that are files, compositions that are not known.
    place.write("answer/requirements.txt", "plain==1.0\n");
    place.write("answer/Cargo.lock", "version = ");
    place.run(&["build", "--sbom"]).expect(0);
    let script = repository().join("tests/tools/hold_to_specifications.py");
    let held = |bill: &str, statement: &str| {
        let files = [bill, statement].map(|name| place.root.join(name));
        Command::new(python()).arg(&script).args(files).output().expect("Python starts")
    };
    let good = held(BILL, STATEMENT);
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    // What is held against them can fail.
    let bad = |name: &str, from: &str, to: &str| {
        let text = place.text(name);
        assert!(text.contains(from), "{text}");
        place.write("bad.json", text.replacen(from, to, 1));
    };
    bad(BILL, "\"application\"", "\"programme\"");
    assert!(!held("bad.json", STATEMENT).status.success());
    bad(STATEMENT, "\"resolvedDependencies\"", "\"dependencies\"");
    assert!(!held(BILL, "bad.json").status.success());
}

/// Nothing of the place, the time or the run: two checkouts, two caches, and a build that found
/// everything in the store.
#[test]
fn equal_builds_tell_the_same() {
    let (one, other) = (one(), one());
    for place in [&one, &other] {
        place.run(&["build", "--sbom"]).expect(0);
    }
    let cached = |place: &Place| (place.read(BILL), place.read(STATEMENT));
    assert_eq!(cached(&one), cached(&other));
    let before = cached(&one);
    fs::remove_dir_all(one.root.join("target")).unwrap();
    let again = one.run(&["build", "--sbom"]).expect(0);
    assert!(again.stderr.contains("all 3 actions were cached"), "{}", again.stderr);
    assert_eq!(cached(&one), before);
    let text = String::from_utf8([before.0, before.1].concat()).unwrap();
    let top = one.root.parent().unwrap().to_str().unwrap();
    assert!(!text.contains(top), "{text}");
}

#[test]
fn documents_are_gone_when_nobody_asks_for_them() {
    let place = one();
    place.run(&["build", "--sbom=files"]).expect(0);
    place.run(&["build"]).expect(0);
    assert!(!place.root.join(BILL).exists() && !place.root.join(STATEMENT).exists());
}

#[test]
fn embedded_documents_are_in_the_component_which_runs_as_before() {
    let place = one();
    place.run(&["build", "--sbom"]).expect(0);
    let (plain, bill, statement) =
        (place.read("target/poly/one.wasm"), place.read(BILL), place.read(STATEMENT));
    place.run(&["build", "--sbom=embed"]).expect(0);
    assert!(!place.root.join(BILL).exists() && !place.root.join(STATEMENT).exists());
    let embedded = place.read("target/poly/one.wasm");
    assert!(embedded.starts_with(&plain));
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
        .validate_all(&embedded)
        .expect("a valid component");
    for text in [&bill, &statement] {
        assert!(embedded.windows(text.len()).any(|window| window == &text[..]));
    }
    let inspected = place.run(&["inspect", "target/poly/one.wasm"]).expect(0).stdout;
    assert!(inspected.contains("answer"), "{inspected}");
    place.program("target/poly/one.wasm");
    place.run(&["build", "--sbom=embed"]).expect(0);
    assert_eq!(place.read("target/poly/one.wasm"), embedded);
    place.run(&["build"]).expect(0);
    assert_eq!(place.read("target/poly/one.wasm"), plain);
}

#[test]
fn a_lock_file_that_cannot_be_read_is_told_and_stops_nothing() {
    let place = one();
    place.write("answer/Cargo.lock", "version = ");
    let built = place.run(&["build", "--sbom"]).expect(0).stderr;
    let warning = "warning `answer/Cargo.lock` cannot be read for the bill of materials: ";
    assert!(built.contains(warning), "{built}");
    let bill = json(&place, BILL);
    assert_eq!(bill["compositions"][0]["aggregate"], "incomplete");
    assert_eq!(bill["compositions"][0]["dependencies"][0], "component/answer");
}

#[test]
fn a_place_that_does_not_exist_is_refused() {
    let refused = one().run(&["build", "--sbom=somewhere"]).expect(2);
    assert_data_eq!(
        refused.stderr,
        str![[r#"
error: invalid value 'somewhere' for '--sbom[=<WHERE>]'
  [possible values: files, embed]

For more information, try '--help'.

"#]]
    );
}

/// A build looks at no record that it knows of. Documents are made of records: those that are gone are
/// made again, and all at once.
#[test]
fn documents_are_made_of_records_that_were_gone() {
    let place = one();
    place.run(&["build", "--sbom"]).expect(0);
    let whole = [BILL, STATEMENT].map(|name| place.read(name));
    place.forget("records-");
    let unaware = place.run(&["build"]).expect(0);
    assert!(unaware.stderr.contains("all 3 actions were cached"), "{}", unaware.stderr);
    let again = place.run(&["build", "--sbom"]).expect(0);
    assert!(again.stderr.contains("its last run is gone from the cache"), "{}", again.stderr);
    assert!(again.stderr.contains("3 of 6 actions ran"), "{}", again.stderr);
    assert_eq!([BILL, STATEMENT].map(|name| place.read(name)), whole);
}
