//! `poly wizer`, called as componentize-js calls it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::place::Place;

/// Keeps its input and its variables in memory.
const MODULE: &str = r#"
    (module
      (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "componentize.wizer")
        (drop (call $environ (i32.const 64) (i32.const 128)))
        (i32.store (i32.const 0) (i32.const 1024))
        (i32.store (i32.const 4) (i32.const 1024))
        (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))))"#;

#[test]
fn it_takes_the_command_line_of_componentize_js() {
    let place = Place::new();
    let root = place.root.to_str().unwrap();
    place.write("in.wasm", wat::parse_str(MODULE).unwrap());
    place.write("made/sources/initializer.js", "");
    place.write("app.js", "");
    // It starts Wizer with no variables but its own; a shell in between adds some.
    let mut wizer = Command::new(env!("CARGO_BIN_EXE_poly"))
        .args(["wizer", "--allow-wasi", "--init-func", "componentize.wizer"])
        .arg(format!("--dir={root}/made/sources"))
        .arg(format!("--mapdir=/::{root}"))
        .args(["--wasm-bulk-memory=true", "--inherit-env=true"])
        .arg(format!("-o={root}/out.wasm"))
        .arg(format!("{root}/in.wasm"))
        .env_clear()
        .envs([("SOURCE_NAME", "app.js"), ("EXPORT_CNT", "0"), ("DEBUG", ""), ("PWD", root)])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let input = format!(
        "--initializer-script-path {root}/made/sources/initializer.js --strip-path-prefix {root}/ \
         app.js"
    );
    wizer.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(wizer.wait().unwrap().success());

    let snapshot = String::from_utf8_lossy(&place.read("out.wasm")).into_owned();
    for text in [
        "DEBUG=\0EXPORT_CNT=0\0SOURCE_NAME=app.js\0",
        "--initializer-script-path /.poly/0/initializer.js --strip-path-prefix / app.js",
    ] {
        assert!(snapshot.contains(text), "{text}");
    }
    assert!(!snapshot.contains(root) && !snapshot.contains("PWD"));
}
