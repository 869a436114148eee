//! What goes wrong around poly, seen from outside: damage, crowds, interrupts, disks that are full.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::fake::{ANSWER, one, wasm};

#[test]
fn a_damaged_artifact_is_made_again_with_a_warning() {
    let place = one();
    place.run(&["build"]).expect(0);
    let composed = place.read("target/poly/one.wasm");
    damage_blobs(&place.cache, composed.len());
    fs::remove_dir_all(place.root.join("target")).unwrap();

    let again = place.run(&["run"]).expect(0);

    assert_eq!(again.stdout, "42\n");
    assert!(again.stderr.contains("damaged"), "{}", again.stderr);
    assert_eq!(place.read("target/poly/one.wasm"), composed);
}

#[test]
fn machine_code_that_is_refused_is_made_again() {
    let place = one();
    place.run(&["run"]).expect(0);
    // A record that leads to a whole artifact which is no machine code.
    let store = poly_cache::Store::open(&place.cache).unwrap();
    let other = store.put(b"no machine code").unwrap();
    let mut records = Vec::new();
    files(&place.cache.join("records-3"), &mut records);
    let keys = records.iter().map(|path| path.file_stem().unwrap().to_str().unwrap());
    let record = |key: &str| store.record::<Value, Value>(&key.parse().unwrap());
    let mut records = keys.map(|key| record(key).unwrap().unwrap());
    let precompiled = records.find(|record| record.fingerprint["action"] == "precompile");
    let record = poly_cache::Record { artifact: other, ..precompiled.unwrap() };
    store.put_record(&record).unwrap();
    // What is remembered of records would lead past it.
    place.forget("builds");

    let again = place.run(&["run"]).expect(0);

    assert_eq!(again.stdout, "42\n");
    assert!(again.stderr.contains("cannot be loaded, and is made again"), "{}", again.stderr);
    let third = place.run(&["run"]).expect(0);
    assert!(third.stderr.contains("all 4 actions were cached"), "{}", third.stderr);
}

fn files(directory: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn machine_code_of_a_cache_that_others_can_write_to_is_not_run() {
    let place = one();
    place.run(&["run"]).expect(0);
    let others = |mode: u32| {
        fs::set_permissions(&place.cache, fs::Permissions::from_mode(mode)).unwrap();
    };
    for mode in [0o777, 0o770, 0o702] {
        others(mode);
        let refused = place.run(&["run"]).expect(2);
        assert!(refused.stderr.contains("written to by other users"), "{}", refused.stderr);
        assert!(refused.stderr.contains("chmod 700"), "{}", refused.stderr);
        // Nothing is run by a build.
        place.run(&["build"]).expect(0);
    }
    for mode in [0o755, 0o700] {
        others(mode);
        place.run(&["run"]).expect(0);
    }
}

/// Turns a bit in every file of this size below `directory`.
fn damage_blobs(directory: &std::path::Path, size: usize) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            damage_blobs(&path, size);
        } else if fs::metadata(&path).unwrap().len() == size as u64 {
            let mut bytes = fs::read(&path).unwrap();
            bytes[size / 2] ^= 1;
            fs::remove_file(&path).unwrap();
            fs::write(&path, bytes).unwrap();
        }
    }
}

#[test]
fn what_is_failed_is_not_remembered() {
    let place = one();
    place.write("answer/behaviour", "fail");
    place.run(&["build"]).expect(1);
    place.run(&["build"]).expect(1);
    assert_eq!(place.starts(), 2);
    fs::remove_file(place.root.join("answer/behaviour")).unwrap();
    place.run(&["build"]).expect(0);
}

#[test]
fn two_builds_at_once_on_a_cold_cache_both_succeed_and_build_once() {
    let place = one();
    let mut builds: Vec<_> =
        (0..2).map(|_| place.poly(&["build"]).stderr(Stdio::piped()).spawn().unwrap()).collect();
    for build in &mut builds {
        assert!(build.wait().unwrap().success());
    }
    assert_eq!(place.starts(), 1);
}

#[test]
fn an_interrupt_ends_the_tools_and_leaves_nothing_half_made() {
    let place = one();
    place.write("answer/behaviour", "slow");
    let process = place.root.join("tool-process");
    // The second time it has to start the tool as well: nothing of the first was kept.
    for _ in 0..2 {
        let mut build = place.poly(&["build"]);
        build.env("FAKE_PROCESS", &process).stderr(Stdio::piped()).process_group(0);
        let build = build.spawn().unwrap();
        while !process.exists() {
            thread::sleep(Duration::from_millis(10));
        }

        let interrupted = Command::new("kill").args(["-INT", &build.id().to_string()]).status();
        assert!(interrupted.unwrap().success());

        let ended = build.wait_with_output().unwrap();
        assert_eq!(ended.status.code(), Some(130));
        // Once it said `failed build answer`, and that a step could not be run.
        assert_eq!(String::from_utf8_lossy(&ended.stderr), "error: interrupted\n");
        let tool = fs::read_to_string(&process).unwrap();
        let lives = Command::new("kill").args(["-0", tool.trim()]).stderr(Stdio::null()).status();
        assert!(!lives.unwrap().success(), "the tool goes on");
        assert!(!place.root.join("target/poly/one.wasm").exists());
        fs::remove_file(&process).unwrap();
    }
    assert_eq!(place.starts(), 2);
    fs::remove_file(place.root.join("answer/behaviour")).unwrap();
    place.run(&["build"]).expect(0);
}

/// Nothing runs that could be killed, and a lock is waited for by the system.
#[test]
fn an_interrupt_ends_whoever_waits_for_another_poly() {
    let place = one();
    place.write("answer/behaviour", "slow");
    let begin = |name: &str| {
        let mut build = place.poly(&["build"]);
        build.env("FAKE_PROCESS", place.root.join(name));
        build.stderr(Stdio::piped()).process_group(0).spawn().unwrap()
    };
    let interrupt = |build: &Child| {
        let sent = Command::new("kill").args(["-INT", &build.id().to_string()]).status();
        assert!(sent.unwrap().success());
    };
    let mut first = begin("tool-process");
    while !place.root.join("tool-process").exists() {
        thread::sleep(Duration::from_millis(10));
    }
    let mut second = begin("none");
    let mut said = BufReader::new(second.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("waits for it")), "it does not wait");

    interrupt(&second);

    assert_eq!(second.wait().unwrap().code(), Some(130));
    assert!(!place.root.join("none").exists(), "it began a tool");
    interrupt(&first);
    assert_eq!(first.wait().unwrap().code(), Some(130));
}

/// A guest that computes for ever is no process that could be killed.
#[test]
fn an_interrupt_ends_a_call_as_well() {
    let place = one();
    let endless = ANSWER.replace("i32.const 42", "(loop br 0) unreachable");
    place.write("answer/source.wasm", wasm(&endless));
    place.run(&["build"]).expect(0);
    let mut run = place.poly(&["run", "answer()"]);
    let mut run = run.stderr(Stdio::piped()).process_group(0).spawn().unwrap();
    // What comes after this line is the call.
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("ready ")), "it was not built");

    let interrupted = Command::new("kill").args(["-INT", &run.id().to_string()]).status();
    assert!(interrupted.unwrap().success());

    assert_eq!(run.wait().unwrap().code(), Some(130));
}

#[test]
fn a_cache_that_cannot_be_written_is_said_at_once() {
    let place = one();
    fs::write(&place.cache, "a file where a directory should be").unwrap();

    let ran = place.run(&["build"]).expect(2);

    assert_data_eq!(
        ran.stderr,
        str![[r#"
error: cannot use `[TOP]/cache` as a cache directory
  ╰─▶ not a directory
  help: set POLY_CACHE_DIR to a directory that can be written

"#]]
    );
    assert_eq!(place.starts(), 0);
}

#[test]
fn a_disk_that_fills_up_is_said_and_nothing_half_made_stays() {
    let place = one();
    fs::create_dir(&place.cache).unwrap();
    let poly = env!("CARGO_BIN_EXE_poly");
    place.write("answer/behaviour", "fills-the-disk");
    // A file system of 64 KB, seen by this process alone.
    let script = format!(
        "mount -t tmpfs -o size=64k none '{}' && exec '{poly}' build",
        place.cache.display()
    );
    let mut full = Command::new("unshare");
    let like = place.poly(&[]);
    full.args(["--map-root-user", "--mount", "sh", "-c", &script]).current_dir(&place.root);
    for (name, value) in like.get_envs() {
        if let Some(value) = value {
            full.env(name, value);
        }
    }
    let ran = place.finish(&mut full);

    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert_data_eq!(
        ran.stderr,
        str![[r#"
      failed build answer
error: no space left for `[TOP]/cache/blobs-1/c6/c6e41214d3ec42d85f3e0359adb346f2378822a1202cb9ae97e367f77ea46761`
  ╰─▶ No space left on device (os error 28) at path "[TOP]/cache/temporary/[..]"
  help: make room there (`poly cache gc --size 1GiB` may), or set POLY_CACHE_DIR to a directory on another disk

"#]]
    );
    // With room again, all is well.
    fs::remove_file(place.root.join("answer/behaviour")).unwrap();
    place.run(&["build"]).expect(0);
}

#[test]
fn data_that_cannot_be_written_is_an_error() {
    let place = one();
    for arguments in [&["run"][..], &["run", "--json"], &["schema"]] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = place.poly(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert!(said.contains("error: cannot write to standard output: No space left"), "{said}");
    }
    // A reader that has had enough is none.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    assert_eq!(place.poly(&["run"]).stdout(writer).status().unwrap().code(), Some(0));
}
