//! Traps of real components, shown at the line of their own sources.

use snapbox::{assert_data_eq, str};

use crate::place::Place;
use crate::real::{GO_FILE, PYTHON_FILE, RUST_FILE, another_checkout};

/// The canonical pipeline, whose parts trap when they are asked to, with checks that do so.
fn trapping() -> Place {
    let place = another_checkout();
    let edit = |file: &str, edits: &[(&str, &str)]| {
        let mut text = String::from_utf8(place.read(file)).unwrap();
        for (from, to) in edits {
            assert!(text.contains(from), "{file} has no {from}");
            text = text.replace(from, to);
        }
        place.write(file, text);
    };
    edit(
        RUST_FILE,
        &[
            (
                "        format!(\"Data for query",
                "        refuse(&query);\n        format!(\"Data for query",
            ),
            (
                "bindings::export!",
                "fn refuse(query: &str) {\n    assert!(query != \"rust\", \"not this one\");\n}\n\n\
                 bindings::export!",
            ),
        ],
    );
    edit(
        GO_FILE,
        &[(
            "\tslices.Reverse(",
            "\tif string(characters[16:]) == \"GO\" {\n\t\tpanic(\"not this one\")\n\t}\n\tslices.Reverse(",
        )],
    );
    edit(
        PYTHON_FILE,
        &[(
            "        return f",
            "        if b\"NOHTYP\" in data:\n            raise ValueError(\"not this one\")\n        return f",
        )],
    );
    let (manifest, _) = MANIFEST.split_once("[[check]]").unwrap();
    let checks =
        ["rust", "go", "python"].map(|query| format!("[[check]]\ncall = 'run(\"{query}\")'\n\n"));
    place.write("pipeline.toml", format!("{manifest}{}", checks.concat()));
    place
}

/// That of the canonical pipeline.
const MANIFEST: &str = include_str!("../pipeline.toml");

#[test]
fn a_debug_build_traps_at_a_line_in_each_language() {
    let place = trapping();
    let manifest = String::from_utf8(place.read("pipeline.toml")).unwrap();
    let manifest = manifest
        .replace("#profile = \"debug\"", "profile = \"debug\"  #")
        .replace("toolchain = \"tinygo\"", "toolchain = \"tinygo\"\nprofile = \"debug\"")
        .replace("#stderr = true", "stderr = true #");
    place.write("pipeline.toml", manifest);
    let ran = place.run(&["check"]).expect(1);
    let (_, told) = ran.stderr.split_once("      failed").unwrap();
    assert_data_eq!(
        format!("      failed{told}"),
        str![[r#"
      failed run("rust") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-source
               data_source::refuse, examples/pipeline-rust-go-python/data-source/src/lib.rs:19:5
                   19 |     assert!(query != "rust", "not this one");
               <data_source::Component as data_source::bindings::exports::demo::pipeline::data_source::Guest>::fetch_data, examples/pipeline-rust-go-python/data-source/src/lib.rs:13:9
                   13 |         refuse(&query);
               and 15 functions that are not its own (--verbose shows them)
             standard error

               thread '<unnamed>' (1) panicked at src/lib.rs:19:5:
               not this one
               note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
      failed run("go") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-transform
               example.com/data-transform/gen/demo/pipeline/data-transform.wasmexport_Transform#wasmexport, examples/pipeline-rust-go-python/data-transform/main.go:27:8
                   27 | 		panic("not this one")
               and 5 functions that are not its own (--verbose shows them)
      failed run("python") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-sink
               store, examples/pipeline-rust-go-python/data-sink/app.py:14
                   14 |             raise ValueError("not this one")
               and 15 functions that are not its own (--verbose shows them)
             standard error
               Traceback (most recent call last):
                 File "/0/app.py", line 14, in store
               ValueError: not this one

               thread '<unnamed>' (1) panicked at runtime/src/lib.rs:1293:29:
               Python function threw an unexpected exception
               note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
     checked 0 passed, 3 failed
             pipeline.toml:126  run("rust")
             pipeline.toml:129  run("go")
             pipeline.toml:132  run("python")

"#]]
    );
    let all = place.run(&["check", "--verbose", "--filter", "rust"]).expect(1).stderr;
    eprintln!("{all}");
}

#[test]
fn a_release_build_names_what_it_can_and_says_how_to_see_more() {
    let ran = trapping().run(&["check"]).expect(1);
    let (_, told) = ran.stderr.split_once("      failed").unwrap();
    assert_data_eq!(
        format!("      failed{told}"),
        str![[r#"
      failed run("rust") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-source
               function 90
               function 50
               function 49
               function 38
               function 37
               function 48
               function 39
               function 69
               and 6 functions that are not its own (--verbose shows them)
             help: grant `stderr = true` to see what it wrote; `profile = "debug"` under `[component.data-source]` shows the line of its sources
      failed run("go") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-transform
               runtime._panic
               example.com/data-transform/gen/demo/pipeline/data-transform.wasmexport_Transform#wasmexport
               and 2 functions that are not its own (--verbose shows them)
             help: grant `stderr = true` to see what it wrote; `profile = "debug"` under `[component.data-transform]` shows the line of its sources
      failed run("python") ([TIME])
             result
               expected  a return
               got       a trap: wasm `unreachable` instruction executed
             it stopped in data-sink
               abort
               std::sys::pal::wasi::abort_internal
               std::process::abort
               __rustc::__rust_abort
               __rustc::__rust_start_panic
               __rustc::rust_panic
               std::panicking::panic_with_hook
               std::panicking::panic_handler::{closure#0}
               and 7 functions that are not its own (--verbose shows them)
             help: grant `stderr = true` to see what it wrote
     checked 0 passed, 3 failed
             pipeline.toml:125  run("rust")
             pipeline.toml:128  run("go")
             pipeline.toml:131  run("python")

"#]]
    );
}
