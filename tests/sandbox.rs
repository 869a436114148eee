//! What poly tells of a component that was trusted with something.

use crate::fake::wasm;
use crate::place::{Place, Ran};

/// A component that writes its environment to both outputs and returns it.
const TELLER: &str = r#"(module
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.mul (i32.const 65536) (memory.grow
      (i32.div_u (i32.add (local.get 3) (i32.const 65535)) (i32.const 65536)))))
  (func (export "tell") (result i32)
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (drop (call $get (i32.const 40000) (i32.const 50000)))
    (i32.store (i32.const 16) (i32.const 50000))
    (i32.store (i32.const 20) (i32.sub (i32.load (i32.const 4)) (i32.const 1)))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 8)))
    (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 8)))
    (i32.const 16)))"#;

/// Its text has characters that values and JSON escape.
const VALUE: &str = "hunter2\"\\hunter2";

fn teller(grants: &str, expected: &str) -> Place {
    let place = Place::new().with_fake_tools();
    place.write(
        "wit/world.wit",
        "package demo:teller;\nworld teller { export tell: func() -> string; }",
    );
    place.write("teller/source.wasm", wasm(TELLER));
    let manifest = format!(
        "[pipeline]\nname = \"case\"\nwit = \"wit\"\n[component.teller]\npath = \"teller\"\n\
         toolchain = \"fake\"\nworld = \"teller\"\n[grants]\n{grants}\n\
         [[check]]\ncall = \"tell()\"\nreturns = '{expected}'\n"
    );
    place.write("pipeline.toml", manifest);
    place
}

fn run(place: &Place, arguments: &[&str]) -> Ran {
    let ran = place.finish(place.poly(arguments).env("TOKEN", VALUE));
    let told = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!told.contains("hunter2"), "{arguments:?}: {told}");
    ran
}

#[test]
fn a_secret_is_told_by_its_name_alone() {
    let grants = "secrets = [\"TOKEN\"]\nstdout = true\nstderr = true";
    let place = teller(grants, "\"TOKEN=[secret TOKEN]\"");
    for arguments in [&["run"][..], &["run", "tell()"], &["--json", "run"], &["--json", "check"]] {
        let ran = run(&place, arguments);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let told = run(&place, &["run", "tell()"]);
    assert_eq!(told.stdout, "TOKEN=[secret TOKEN]\"TOKEN=[secret TOKEN]\"\n");
    assert!(told.stderr.contains("TOKEN=[secret TOKEN]"), "{told:?}");
    let graph = run(&place, &["graph"]);
    assert!(graph.stdout.contains("granted: secrets TOKEN"), "{graph:?}");
    // A check that fails shows what there was instead, without it.
    let other = teller(grants, "\"TOKEN=nothing\"");
    for arguments in [&["check"][..], &["run"], &["--json", "check"]] {
        let ran = run(&other, arguments);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains("[secret TOKEN]"), "{ran:?}");
    }
}

#[test]
fn output_that_goes_straight_through_is_veiled_too() {
    let place = teller(
        "secrets = [\"TOKEN\"]\nstdout = \"inherit\"\nstderr = { file = \"err.txt\" }",
        "\"TOKEN=[secret TOKEN]\"",
    );
    let ran = run(&place, &["run"]);
    assert_eq!((ran.code, &*ran.stdout), (0, "TOKEN=[secret TOKEN]\"TOKEN=[secret TOKEN]\"\n"));
    assert_eq!(place.read("err.txt"), b"TOKEN=[secret TOKEN]");
}

#[test]
fn a_secret_that_is_not_set_is_an_error_at_its_line() {
    let place = teller("secrets = [\"POLY_TEST_NOT_SET\"]", "\"\"");
    let ran = run(&place, &["run"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let expected = "error: `grants.secrets` names `POLY_TEST_NOT_SET`, which is not set\n    \
                    ╭─[pipeline.toml:9:12]\n";
    assert!(ran.stderr.contains(expected), "{}", ran.stderr);
}

#[test]
fn polys_own_directories_are_not_granted_to_be_written() {
    let place = teller("", "\"\"");
    let text = place.text("pipeline.toml");
    let dirs =
        format!("dirs = [{{ host = {:?}, guest = '/c', access = 'read-write' }}]", place.cache);
    place.write("pipeline.toml", text.replace("[grants]\n", &format!("[grants]\n{dirs}\n")));
    let ran = run(&place, &["run", "tell()"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let told = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = told.replace("│ ", "");
    assert!(told.contains("lets components change poly's cache"), "{told}");
    assert!(told.contains("pipeline.toml:9:"), "{told}");
}
