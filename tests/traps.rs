//! Traps of real components, shown at the line of their own sources.

use snapbox::{assert_data_eq, str};

use crate::place::Place;
use crate::real::{GO_FILE, PYTHON_FILE, RUST_FILE, another_checkout};

/// Rust and Go, and what trap in them.
const RUST_AND_GO: &str = r#"
[pipeline]
name = "traps"
wit = "wit"

[component.data-source]
path = "examples/pipeline-rust-go-python/data-source"
toolchain = "cargo-component"
world = "source"
profile = "PROFILE"

[component.data-transform]
path = "examples/pipeline-rust-go-python/data-transform"
toolchain = "tinygo"
world = "transformer"
profile = "PROFILE"

[[check]]
call = 'run("rust")'

[[check]]
call = 'run("go")'
"#;

/// The canonical pipeline, whose parts trap when they are asked to.
fn trapping(manifest: &str) -> Place {
    let place = another_checkout();
    let edit = |file: &str, from: &str, to: &str| {
        let text = place.text(file);
        assert!(text.contains(from), "{file} has no {from}");
        place.write(file, text.replace(from, to));
    };
    edit(RUST_FILE, "        format!", "        refuse(&query);\n        format!");
    edit(
        RUST_FILE,
        "bindings::export!",
        "fn refuse(query: &str) {\n    assert!(query != \"rust\", \"not this one\");\n}\n\n\
         bindings::export!",
    );
    edit(
        GO_FILE,
        "\tslices.Reverse(",
        "\tif string(characters[16:]) == \"GO\" {\n\t\tpanic(\"not this one\")\n\t}\n\
         \tslices.Reverse(",
    );
    edit(
        PYTHON_FILE,
        "        return f",
        "        if b\"NOHTYP\" in data:\n            raise ValueError(\"not this one\")\n        \
         return f",
    );
    place.write("pipeline.toml", manifest);
    place
}

/// What is told from the first failure on.
fn told(place: &Place, arguments: &[&str]) -> String {
    let told = place.run(arguments).expect(1).stderr;
    let at = told.find("      failed").unwrap_or_else(|| panic!("{told}"));
    told[at..].to_owned()
}

#[test]
fn a_debug_build_traps_at_a_line_in_each_language() {
    let manifest = RUST_AND_GO.replace("PROFILE", "debug")
        + r#"
[[check]]
call = 'run("python")'

[component.data-sink]
path = "examples/pipeline-rust-go-python/data-sink"
toolchain = "componentize-py"
world = "sink"

[flow.run]
steps = ["data-source/fetch-data", "data-transform/transform", "data-sink/store"]

[grants]
stderr = true
"#;
    let place = trapping(&manifest);
    assert_data_eq!(
        told(&place, &["check"]),
        str![[r#"
      failed run("rust") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-source
               data_source::refuse, examples/pipeline-rust-go-python/data-source/src/lib.rs:19:5
                   19 | assert!(query != "rust", "not this one");
               [..]fetch_data, examples/pipeline-rust-go-python/data-source/src/lib.rs:13:9
                   13 | refuse(&query);
               and [..] more functions (--verbose shows them)
             standard error
               thread [..] panicked at src/lib.rs:19:5:
               not this one
...
      failed run("go") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-transform
               [..], examples/pipeline-rust-go-python/data-transform/main.go:27:8
                   27 | panic("not this one")
...
      failed run("python") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-sink
               store, examples/pipeline-rust-go-python/data-sink/app.py:14
                   14 | raise ValueError("not this one")
               and [..] more functions (--verbose shows them)
             standard error
               Traceback (most recent call last):
                 File "/0/app.py", line 14, in store
               ValueError: not this one
...
     checked 0 passed, 3 failed
             pipeline.toml:19  run("rust")
             pipeline.toml:22  run("go")
             pipeline.toml:25  run("python")

"#]]
    );
    // With all, also what is not its own, and what joins the components.
    let all = told(&place, &["check", "--verbose", "--filter", "rust"]);
    for what in
        ["core::panicking::panic_fmt, ", "data-source/src/bindings.rs:", "between components"]
    {
        assert!(all.contains(what), "{all}");
    }
}

/// A flow without Python, whose machine code takes long to make.
const FLOW: &str = "
[flow.run]
steps = [\"data-source/fetch-data\", \"data-transform/transform\"]
";

#[test]
fn whatever_makes_a_call_tells_where_it_trapped() {
    let place = trapping(&(RUST_AND_GO.replace("PROFILE", "debug") + FLOW));
    for arguments in [
        &["run", "run(\"rust\")"][..],
        &["run", "run(\"rust\")", "--trace-calls"],
        &["bench", "run(\"rust\")"],
        &["bench", "fetch-data(\"rust\")", "--component", "data-source"],
    ] {
        let told = place.run(arguments).expect(1).stderr;
        for line in ["it stopped in data-source", "data-source/src/lib.rs:19:5", "19 | assert!("] {
            assert!(told.contains(line), "{arguments:?}: no {line} in {told}");
        }
    }
}

#[test]
fn a_release_build_says_how_to_see_more() {
    let place = trapping(&(RUST_AND_GO.replace("PROFILE", "release") + FLOW));
    assert_data_eq!(
        told(&place, &["check"]),
        str![[r#"
      failed run("rust") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-source
               its functions have no names (--verbose shows their numbers)
             it was refused
               the component used `wasi:cli/stderr.get-stderr` 2 times, which is not granted; it would be by `stderr = true`
             help: grant `stderr = true` to see what it wrote; `profile = "debug"` under `[component.data-source]` shows the line of its sources
      failed run("go") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-transform
               [..]wasmexport_Transform#wasmexport
               and [..] more functions (--verbose shows them)
             it was refused
               the component used `wasi:cli/stdout.get-stdout`, which is not granted; it would be by `stdout = true`
             help: grant `stderr = true` to see what it wrote; `profile = "debug"` under `[component.data-transform]` shows the line of its sources
     checked 0 passed, 2 failed
             pipeline.toml:19  run("rust")
             pipeline.toml:22  run("go")

"#]]
    );
}
