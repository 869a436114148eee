//! The proof on real tools: the canonical pipeline in Rust, Go and Python.
//!
//! The toolchains are those of `POLY_HOME` (poly's own default, if it is not set); what is
//! missing there is installed, which takes minutes, once. The cache is cold: everything is
//! really built, once, and then shared by the tests of this file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use poly::check::Call;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::place::{Place, Ran, repository};

const ANSWER: &str = "ok(\"Stored 26 bytes successfully\")\n";
pub(crate) const GO_FILE: &str = "examples/pipeline-rust-go-python/data-transform/main.go";
pub(crate) const RUST_FILE: &str = "examples/pipeline-rust-go-python/data-source/src/lib.rs";
pub(crate) const PYTHON_FILE: &str = "examples/pipeline-rust-go-python/data-sink/app.py";

/// The canonical pipeline, built on a cold cache by whichever test comes first.
fn built() -> &'static (Place, Ran) {
    static BUILT: OnceLock<(Place, Ran)> = OnceLock::new();
    BUILT.get_or_init(|| {
        let place = canonical();
        let ran = place.run(&["run"]).expect(0);
        (place, ran)
    })
}

/// A checkout of the canonical pipeline, with a cold cache of its own.
fn canonical() -> Place {
    let mut place = Place::new();
    for name in ["wit", "examples/pipeline-rust-go-python"] {
        place.add(&repository().join(name), name);
    }
    place.write("pipeline.toml", fs::read(repository().join("pipeline.toml")).unwrap());
    place.real_home();
    place
}

/// Another checkout that shares the cache of the built one.
pub(crate) fn another_checkout() -> Place {
    let mut place = canonical();
    place.cache.clone_from(&built().0.cache);
    place
}

#[test]
fn three_languages_become_one_component_that_answers() {
    let (place, first) = built();
    assert_eq!(first.stdout, ANSWER);
    for component in ["data-source", "data-transform", "data-sink"] {
        assert!(first.stderr.contains(&format!("built {component}")), "{}", first.stderr);
    }

    let second = place.run(&["run"]).expect(0);
    assert_eq!(second.stdout, ANSWER);
    assert!(second.stderr.contains("all 8 actions were cached"), "{}", second.stderr);

    let checked = place.run(&["check"]).expect(0);
    assert!(checked.stderr.contains(" 0 failed"), "{}", checked.stderr);
}

/// The tools leave bindings, byte code and lock files beside what they compile: beside its copy.
#[test]
fn the_sources_are_as_they_were() {
    let (place, _) = built();
    for name in ["wit", "examples/pipeline-rust-go-python", "pipeline.toml"] {
        let mut compare = Command::new("diff");
        compare.arg("-r").arg(repository().join(name)).arg(place.root.join(name));
        let compared = compare.output().unwrap();
        assert!(compared.status.success(), "{}", String::from_utf8_lossy(&compared.stdout));
    }
    let names = |directory: &Path| {
        let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.into_string().unwrap()).collect::<BTreeSet<_>>()
    };
    assert_eq!(
        names(&place.root),
        ["examples", "pipeline.toml", "target", "wit"].map(String::from).into()
    );
    assert_eq!(names(&place.root.join("target")), [String::from("poly")].into());
}

#[test]
fn what_real_tools_are_is_locked_and_told_with_what_they_took_from_registries() {
    built();
    let place = another_checkout();
    place.run(&["lock"]).expect(0);
    let lock: toml::Table = place.text("poly.lock").parse().unwrap();
    let tools = lock["tool"].as_array().unwrap().iter();
    let tools: BTreeMap<_, _> = tools
        .map(|tool| (tool["name"].as_str().unwrap(), tool["from"].as_str().unwrap()))
        .collect();
    for (name, from) in [
        ("cargo-component", "cargo install cargo-component"),
        ("poly-componentize-py", "helper componentize-py"),
        ("tinygo", "script tinygo.sh"),
    ] {
        assert!([from, "PATH"].contains(&tools[name]), "{name} is from {}", tools[name]);
    }
    let built = place.run(&["build", "--locked", "--sbom"]).expect(0);
    assert!(built.stderr.contains("all 7 actions were cached"), "{}", built.stderr);
    let bill: Value =
        serde_json::from_slice(&place.read("target/poly/rust-go-python.cdx.json")).unwrap();
    let named = bill["components"].as_array().unwrap().iter();
    let named: BTreeSet<_> = named.map(|component| component["name"].as_str().unwrap()).collect();
    // Of Cargo.lock, of go.sum, and of the WIT.
    for name in ["wit-bindgen-rt", "go.bytecodealliance.org/cm", "demo:pipeline"] {
        assert!(named.contains(name), "{named:?}");
    }
    let statement = place.text("target/poly/rust-go-python.provenance.json");
    for input in [GO_FILE, RUST_FILE, PYTHON_FILE] {
        assert!(statement.contains(input), "{input}");
    }
}

#[test]
fn what_the_languages_made_is_as_its_wit_says() {
    let (place, _) = built();
    let checked = place.run(&["wit", "check"]).expect(0);
    assert!(checked.stderr.contains(" 0 wrong, 0 worth knowing"), "{}", checked.stderr);
    for what in ["data-source", "data-transform", "data-sink"] {
        let shown = place.run(&["wit", "show", what]).expect(0).stdout;
        let source = [("shown.wit".to_owned(), shown)].into();
        poly::component::wit::resolve(&source).unwrap_or_else(|error| panic!("{error:?}"));
    }
    // The released component is the one that was built.
    let composed = "target/poly/rust-go-python.wasm";
    let same = place.run(&["wit", "compat", "--against", composed]).expect(0);
    assert_eq!(same.stdout, "component: nothing changed\n");
}

#[test]
fn calls_from_language_to_language_are_told() {
    let (place, _) = built();
    let traced = place.run(&["run", "--trace-calls"]).expect(0);
    assert_eq!(traced.stdout, ANSWER);
    let calls: Vec<&str> = traced.stderr.lines().filter(|line| line.contains(" → ")).collect();
    let [source, transform, sink] = calls[..] else { panic!("{calls:#?}") };
    let begins = |line: &str, with: &str| assert!(line.trim_start().starts_with(with), "{line}");
    begins(
        source,
        "call flow → data-source/demo:pipeline/data-source@0.1.0.fetch-data(\"test query\") = \
         [68, 97, 116, 97, 32, 102, 111, 114, …] 26 bytes ",
    );
    // Upper case, and backwards.
    begins(
        transform,
        "call flow → data-transform/demo:pipeline/data-transform@0.1.0.transform(\
         [68, 97, 116, 97, 32, 102, 111, 114, …] 26 bytes) = [89, 82, 69, 85, 81, 32, 84, 83, …] 26 bytes ",
    );
    begins(
        sink,
        "call flow → data-sink/demo:pipeline/data-sink@0.1.0.store([89, 82, 69, 85, 81, 32, 84, 83, …] 26 bytes) = ok(\"Stored 26 bytes successfully\") ",
    );
    assert!(calls.iter().all(|line| line.ends_with(" fuel")), "{calls:#?}");
}

#[test]
fn a_fresh_checkout_starts_no_tool() {
    let ran = another_checkout().run(&["run"]).expect(0);
    assert!(ran.stderr.contains("all 8 actions were cached"), "{}", ran.stderr);
}

#[test]
fn other_queries_come_through_right() {
    let (place, _) = built();
    let call = |call: String| -> String {
        let mut poly = place.poly(&["run", "-"]);
        let mut poly = poly
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        poly.stdin.take().unwrap().write_all(call.as_bytes()).unwrap();
        let output = poly.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // "Data for query: " is 16 bytes long.
    assert_eq!(call("run(\"\")".into()), "ok(\"Stored 16 bytes successfully\")\n");
    let long = "x".repeat(1 << 20);
    assert_eq!(
        call(format!("run(\"{long}\")")),
        format!("ok(\"Stored {} bytes successfully\")\n", 16 + (1 << 20))
    );
    // Two bytes that become three in upper case, and three that stay three.
    assert_eq!(call("run(\"\u{250}€\")".into()), "ok(\"Stored 22 bytes successfully\")\n");
}

#[test]
fn an_edited_go_file_rebuilds_go_only_and_the_plan_says_why() {
    let place = another_checkout();
    place.run(&["build"]).expect(0);
    let source = place.text(GO_FILE);
    place.write(
        GO_FILE,
        source.replace(
            "slices.Reverse(characters)",
            "slices.Reverse(characters)\n\tcharacters = append(characters, '!')",
        ),
    );

    let plan = place.run(&["plan"]).expect(0).stdout;
    assert!(
        plan.contains(&format!("run     build data-transform\n          `{GO_FILE}` changed (")),
        "{plan}"
    );
    assert!(
        plan.contains("cached  build data-source") && plan.contains("cached  build data-sink"),
        "{plan}"
    );

    let ran = place.run(&["run", "run(\"test query\")"]).expect(0);
    assert_eq!(ran.stdout, "ok(\"Stored 27 bytes successfully\")\n");
    assert!(ran.stderr.contains("built data-transform"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("built data-source"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("built data-sink"), "{}", ran.stderr);
}

#[test]
fn a_compile_error_is_told_in_the_compilers_own_words() {
    let told = |file: &str, from: &str, to: &str| {
        let place = another_checkout();
        let source = place.text(file);
        assert!(source.contains(from), "{file} has no {from}");
        place.write(file, source.replace(from, to));
        let said = place.run(&["build"]).expect(1).stderr;
        // The other components are done before, beside or after it.
        said.split_once("\nerror: ").expect("an error").1.to_owned()
    };
    assert_data_eq!(
        told(RUST_FILE, "fn fetch_data", "fn fetch_dat"),
        str![[r#"
step `compile` of `data-source` failed: exit status: 101
  │
...
  │ error[E0407]: method `fetch_dat` is not a member of trait `Guest`
  │   --> src/lib.rs:12:5
  │    |
  │ 12 |       fn fetch_dat(query: String) -> Vec<u8> {
  │    |       ^  --------- help: there is an associated function with a similar name: `fetch_data`
  │    |  _____|
  │    | |
  │ 13 | |         format!("Data for query: {query}").into_bytes()
  │ 14 | |     }
  │    | |_____^ not a member of trait `Guest`
  │
  │ error[E0046]: not all trait items implemented, missing: `fetch_data`
  │   --> src/lib.rs:11:1
  │    |
  │ 11 | impl Guest for Component {
  │    | ^^^^^^^^^^^^^^^^^^^^^^^^ missing `fetch_data` in implementation
  │    |
  │   ::: src/bindings.rs:48:21
  │    |
  │ 48 |                     fn fetch_data(query: _rt::String) -> _rt::Vec<u8>;
  │    |                     -------------------------------------------------- `fetch_data` from trait
  │
...
  help: it ran `[..]/cargo-component component build --locked --release --target wasm32-wasip1`
        in `[..]/cache/builds/[CHECKOUT]-data-source/copy/examples/pipeline-rust-go-python/data-source`; all it wrote is in `[TOP]/pipeline/target/poly/log/data-source/1-compile.log`

"#]]
    );
    assert_data_eq!(
        told(GO_FILE, "strings.ToUpper", "strings.ToUper"),
        str![[r#"
step `compile` of `data-transform` failed: exit status: 1
  │
  │ # example.com/data-transform
  │ main.go:25:31: undefined: strings.ToUper
  help: it ran `[..]/tinygo build -p=1 -target=wasip1 -buildmode=c-shared -scheduler=none -gc=conservative -no-debug -o [..]/cache/builds/[CHECKOUT]-data-transform/output/data-transform.wasm .`
        in `[..]/cache/builds/[CHECKOUT]-data-transform/copy/examples/pipeline-rust-go-python/data-transform`; all it wrote is in `[TOP]/pipeline/target/poly/log/data-transform/2-compile.log`

"#]]
    );
    assert_data_eq!(
        told(PYTHON_FILE, "class DataSink", "class DataSink("),
        str![[r#"
step `componentize` of `data-sink` failed: exit status: 1
  │
  │ Error:   File "/0/app.py", line 6
  │     class DataSink((exports.DataSink):
  │                                      ^
  │ SyntaxError: invalid syntax
  │
  │
  │ Caused by:
  │     SyntaxError: invalid syntax (app.py, line 6)
  help: it ran `[..]/poly-componentize-py -d [..]/cache/builds/[CHECKOUT]-data-sink/copy/wit -w sink componentize app -o [..]/cache/builds/[CHECKOUT]-data-sink/output/data-sink.wasm`
        in `[..]/cache/builds/[CHECKOUT]-data-sink/copy/examples/pipeline-rust-go-python/data-sink`; all it wrote is in `[TOP]/pipeline/target/poly/log/data-sink/1-componentize.log`

"#]]
    );
}

/// Three languages, and what composes them.
#[test]
fn two_builds_in_other_circumstances_are_equal_bit_by_bit() {
    let place = canonical();
    let ran = place.run(&["build", "--verify"]).expect(0);
    assert!(ran.stderr.contains("verified all 7 artifacts are equal"), "{}", ran.stderr);
}

#[test]
fn every_toolchain_passes_its_self_test() {
    let mut place = Place::new();
    place.real_home();
    let toolchains =
        ["cargo", "cargo-component", "componentize-py", "componentize-py-pip", "tinygo"];
    let ran = place.run(&[&["toolchain", "test"][..], &toolchains[..]].concat()).expect(0);
    for toolchain in toolchains {
        assert!(ran.stderr.contains(&format!("passed {toolchain}: greet")), "{}", ran.stderr);
    }
    // With all tools there, doctor has nothing to say against them.
    let (canonical, _) = built();
    canonical.run(&["doctor"]).expect(0);
}

/// An answer that is right once proves little: some languages die after thousands of calls.
#[test]
fn a_hundred_thousand_calls_of_three_kilobytes_are_right_and_bounded() {
    let (place, _) = built();
    // All parts together: whatever keeps its argument or its answer, 3 KB a call, goes over it.
    let mut instance = place.start(&place.program("target/poly/rust-go-python.wasm"), 64);
    for round in 0..100_000_u32 {
        let query =
            char::from(b'a' + (round % 26) as u8).to_string().repeat(3000 + (round % 100) as usize);
        let call = Call::parse(&format!("run(\"{query}\")")).unwrap();
        let outcome = instance.call(&call).unwrap();
        let expected = format!("ok(\"Stored {} bytes successfully\")", 16 + query.len());
        assert_eq!(outcome.ending.to_string(), expected, "call {round}");
    }
}

#[test]
fn the_composed_file_runs_in_another_embedding() {
    let (place, _) = built();
    let script = format!(
        "from wasmtime import Config, Engine, Store, WasiConfig\n\
         from wasmtime.component import Component, Linker\n\
         engine = Engine(Config())\n\
         linker = Linker(engine)\n\
         linker.add_wasip2()\n\
         store = Store(engine)\n\
         store.set_wasi(WasiConfig())\n\
         component = Component.from_file(engine, {file:?})\n\
         run = linker.instantiate(store, component).get_func(store, 'run')\n\
         print(run(store, 'test query'))\n",
        file = place.root.join("target/poly/rust-go-python.wasm")
    );
    let output = Command::new(python_wasmtime()).args(["-c", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        said.contains("Stored 26 bytes successfully"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A Python with the package `wasmtime`, installed once beside the build's own files.
fn python_wasmtime() -> PathBuf {
    const PACKAGE: &str = "wasmtime==50.0.1";
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python-wasmtime-50.0.1");
    let python = place.join("bin/python");
    let run = |command: &mut Command| {
        let output = command.output().expect("python starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    if !place.join("complete").exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]));
        fs::write(place.join("complete"), "").unwrap();
    }
    python
}

#[test]
fn two_builds_at_once_on_a_cold_cache_both_succeed() {
    let place = canonical();
    let start = || place.poly(&["build", "--no-install"]).stderr(Stdio::piped()).spawn().unwrap();
    // The tools are there once this returns.
    let _ = built();
    let both = [start(), start()];
    for build in both {
        let output = build.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(place.run(&["run"]).expect(0).stdout, ANSWER);
}
