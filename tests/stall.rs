//! Whoever reads poly's outputs, or writes its input, may stall or go away: a component that was granted
//! them waits no longer than its time, and poly goes on.

use std::fmt::Write as _;
use std::io::{Read as _, pipe};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::fake::wasm;
use crate::place::Place;

/// A component that writes a page of zeroes to standard output so many times, and says how it is told
/// that it cannot; and that reads a byte of standard input, and says how many there were.
const TALKER: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (i32.mul (i32.const 65536) (memory.grow
      (i32.div_u (i32.add (local.get 3) (i32.const 65535)) (i32.const 65536)))))
  (func (export "talk") (param $times i32) (result i32)
    (local $errno i32)
    (i32.store (i32.const 0) (i32.const 4096))
    (i32.store (i32.const 4) (i32.const 4096))
    (loop $again
      (local.set $errno (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (local.set $times (i32.sub (local.get $times) (i32.const 1)))
      (br_if $again
        (i32.and (i32.eqz (local.get $errno)) (i32.gt_s (local.get $times) (i32.const 0)))))
    (local.get $errno))
  (func (export "listen") (result i32)
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 1))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.load (i32.const 8))))"#;

fn talker(checks: &[(&str, &str)]) -> Place {
    let place = Place::new().with_fake_tools();
    place.write(
        "wit/world.wit",
        "package demo:talker;\n\
         world talker { export talk: func(times: u32) -> u32; export listen: func() -> u32; }",
    );
    place.write("talker/source.wasm", wasm(TALKER));
    let mut manifest = "[pipeline]\nname = \"case\"\nwit = \"wit\"\n[component.talker]\n\
         path = \"talker\"\ntoolchain = \"fake\"\nworld = \"talker\"\n[grants]\nstdin = true\n\
         stdout = \"inherit\"\n[limits]\ntimeout = \"1s\"\noutput = \"16MiB\"\n"
        .to_owned();
    for (call, expected) in checks {
        let _ = write!(manifest, "[[check]]\ncall = \"{call}\"\n{expected}\n");
    }
    place.write("pipeline.toml", manifest);
    place.run(&["build"]).expect(0);
    place
}

/// Waits for poly to end by itself, and gives its exit code and what it said.
fn ended(mut poly: Child) -> (i32, String) {
    let begun = Instant::now();
    while poly.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_mins(1) {
            poly.kill().unwrap();
            panic!("poly hangs");
        }
        thread::sleep(Duration::from_millis(10));
    }
    let status = poly.wait().unwrap();
    let mut told = String::new();
    poly.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    (status.code().unwrap_or(-1), told)
}

#[test]
fn a_reader_that_stalls_ends_the_call_and_not_poly() {
    let place = talker(&[
        ("talk(1000)", "exceeds = \"timeout\""),
        // What another wrote is still on its way.
        ("talk(1)", "exceeds = \"timeout\""),
        ("listen()", "returns = \"0\""),
    ]);
    let (mut reader, writer) = pipe().unwrap();
    let mut check = place.poly(&["check"]);
    let (code, told) = ended(check.stdout(writer).stderr(Stdio::piped()).spawn().unwrap());
    drop(check);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("checked 3 passed, 0 failed"), "{told}");
    let mut read = Vec::new();
    reader.read_to_end(&mut read).unwrap();
    assert!(!read.is_empty() && read.len() < 1000 * 4096, "{}", read.len());
}

#[test]
fn a_reader_that_is_slow_gets_everything() {
    let place = talker(&[]);
    let text = place.text("pipeline.toml");
    place.write("pipeline.toml", text.replace("\"1s\"", "\"20s\""));
    let (mut reader, writer) = pipe().unwrap();
    let mut run = place.poly(&["run", "talk(100)"]);
    let poly = run.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    drop(run);
    let reading = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        let mut read = Vec::new();
        reader.read_to_end(&mut read).map(|_| read)
    });
    let (code, told) = ended(poly);
    assert_eq!(code, 0, "{told}");
    let read = reading.join().unwrap().unwrap();
    // And after it what the call returned.
    assert_eq!(read.len(), 100 * 4096 + 2);
    assert!(read.ends_with(b"\x00\x30\n"), "{:?}", &read[read.len() - 8..]);
}

#[test]
fn a_reader_that_went_away_is_told_to_the_component() {
    // EPIPE of preview 1, or what the adapter makes of it.
    let place = talker(&[("talk(1000)", "returns = \"29\""), ("listen()", "returns = \"0\"")]);
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut check = place.poly(&["check"]);
    let (code, told) = ended(check.stdout(writer).stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("checked 2 passed, 0 failed"), "{told}");
}

#[test]
fn a_writer_that_writes_nothing_ends_the_call_and_not_poly() {
    let place =
        talker(&[("listen()", "exceeds = \"timeout\""), ("listen()", "exceeds = \"timeout\"")]);
    let (reader, writer) = pipe().unwrap();
    let mut check = place.poly(&["check"]);
    check.stdin(reader).stdout(Stdio::null()).stderr(Stdio::piped());
    let (code, told) = ended(check.spawn().unwrap());
    drop(writer);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("checked 2 passed, 0 failed"), "{told}");
}
