//! The cache, the plan and failures, seen from outside with a fake compiler: a shell script
//! that copies its input and keeps a list of its starts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::place::{Place, repository};

const ANSWER: &str = "(component
  (core module $m (func (export \"answer\") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func (export \"answer\") (result u32) (canon lift (core func $i \"answer\"))))";

const MANIFEST: &str = "[pipeline]\nname = \"one\"\n\n\
    [component.answer]\npath = \"answer\"\ntoolchain = \"fake\"\n\n\
    [[check]]\ncall = \"answer()\"\nreturns = \"42\"\n";

/// One component that answers 42.
fn one() -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", MANIFEST);
    place.write("answer/source.wasm", wasm(ANSWER));
    place
}

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("valid text")
}

#[test]
fn the_second_run_starts_no_tool_and_says_so() {
    let place = one();
    let first = place.run(&["run"]).expect(0);
    assert_eq!(first.stdout, "42\n");
    assert_eq!(place.starts(), 1);

    let second = place.run(&["run"]).expect(0);
    assert_eq!(second.stdout, "42\n");
    assert!(second.stderr.contains("all 4 actions were cached"), "{}", second.stderr);
    assert_eq!(place.starts(), 1);
}

#[test]
fn touching_moving_and_copying_the_pipeline_start_no_tool() {
    let place = one();
    place.run(&["build"]).expect(0);

    let source = fs::File::options().append(true).open(place.root.join("answer/source.wasm"));
    source.unwrap().set_modified(std::time::SystemTime::now()).unwrap();
    place.run(&["build"]).expect(0);

    // Another checkout, with the same cache, built by another user from another directory.
    let mut other = one();
    other.cache.clone_from(&place.cache);
    other.log.clone_from(&place.log);
    other.run(&["build"]).expect(0);

    assert_eq!(place.starts(), 1);
    assert_eq!(other.read("target/poly/one.wasm"), place.read("target/poly/one.wasm"));
}

#[test]
fn an_edit_is_built_and_the_plan_says_why() {
    let place = one();
    place.run(&["build"]).expect(0);
    place.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));

    let plan = place.run(&["plan"]).expect(0);
    assert_eq!(
        plan.stdout,
        "run     build answer\n          `answer/source.wasm` changed\n\
         run     adapt answer\n          `build answer` runs first\n\
         run     compose\n          `adapt answer` runs first\n\
         run     precompile\n          `compose` runs first\n"
    );
    assert_eq!(place.starts(), 1, "a plan starts no build");
    assert_eq!(place.run(&["run", "answer()"]).expect(0).stdout, "43\n");
}

#[test]
fn equal_bytes_stop_a_rebuild() {
    let place = one();
    place.run(&["run"]).expect(0);
    place.write("answer/behaviour", "as ever");

    let again = place.run(&["run"]).expect(0);

    assert_eq!(place.starts(), 2);
    assert!(again.stderr.contains("1 of 4 actions ran"), "{}", again.stderr);
}

#[test]
fn variables_that_count_count_and_others_do_not() {
    let place = one();
    place.run(&["build"]).expect(0);
    place.finish(place.poly(&["build"]).env("LANG", "de_DE").env("TZ", "Asia/Tokyo")).expect(0);
    assert_eq!(place.starts(), 1);

    place.finish(place.poly(&["build"]).env("FAKE_FLAGS", "-O3")).expect(0);
    assert_eq!(place.starts(), 2);
    let plan = place.finish(place.poly(&["plan"]).env("FAKE_FLAGS", "-O0")).expect(0);
    assert!(
        plan.stdout.contains("variable `FAKE_FLAGS` changed from `-O3` to `-O0`"),
        "{}",
        plan.stdout
    );
}

#[test]
fn settings_of_the_user_count_by_content_and_not_by_place() {
    let place = one();
    let file = String::from_utf8(place.read("toolchains/fake.toml")).unwrap();
    let settings = "inputs = [\"source.wasm\"]\nsettings = [\"{cargo-home}/config.toml\"]\n";
    let (before, after) = file.split_once("inputs = ").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    place.write("toolchains/fake.toml", format!("{before}{settings}{after}"));
    let poly = |verb: &str, home: &str| {
        place.finish(place.poly(&[verb]).env("CARGO_HOME", place.root.join(home))).expect(0)
    };
    place.write("one/config.toml", "[build]");
    place.write("two/config.toml", "[build]");
    poly("build", "one");
    poly("build", "two");
    assert_eq!(place.starts(), 1);

    place.write("two/config.toml", "[build]\njobs = 1");
    let plan = poly("plan", "two").stdout;
    assert!(plan.contains("`{cargo-home}/config.toml` changed"), "{plan}");
    poly("build", "two");
    assert_eq!(place.starts(), 2);
}

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
fn a_toolchain_can_advise_on_what_its_tool_says() {
    let place = one();
    place.write("answer/behaviour", "fail");
    let file = String::from_utf8(place.read("toolchains/fake.toml")).unwrap();
    let hints = "name = \"compile\"\n\
        hints = { \"no such thing\" = \"not this\", \"no such instruction\" = \"look it up\" }";
    place.write("toolchains/fake.toml", file.replace("name = \"compile\"", hints));
    let failed = place.run(&["build"]).expect(1);
    assert!(failed.stderr.contains("help: look it up\n        it ran `"), "{}", failed.stderr);
}

/// Of a flood, the end is shown; that it is not all was once not said.
#[test]
fn output_that_is_left_out_is_counted() {
    let place = one();
    let flood = "#!/bin/sh\n[ \"$1\" = --version ] && { echo fakec 1.2.3; exit; }\n\
        head -c 1048586 /dev/zero | tr '\\0' x; exit 1\n";
    place.write("bin/fakec", flood);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.root.join("bin/fakec"), executable).unwrap();
    let path = format!("{}:{}", place.root.join("bin").display(), std::env::var("PATH").unwrap());
    let failed = place.finish(place.poly(&["build"]).env("PATH", path)).expect(1);
    let said = "(10 bytes are left out here; all of it is in the log)";
    assert!(failed.stderr.contains(said), "{}", &failed.stderr[..400]);
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
    let mut build = place.poly(&["build"]);
    build.stderr(Stdio::piped()).process_group(0);
    let mut build = build.spawn().unwrap();
    while place.starts() == 0 {
        thread::sleep(Duration::from_millis(10));
    }

    let interrupted = Command::new("kill").args(["-INT", &build.id().to_string()]).status();
    assert!(interrupted.unwrap().success());

    assert_eq!(build.wait().unwrap().code(), Some(130));
    assert!(!place.root.join("target/poly/one.wasm").exists());
    fs::remove_file(place.root.join("answer/behaviour")).unwrap();
    place.run(&["build"]).expect(0);
}

#[test]
fn a_tool_that_is_missing_or_too_old_is_named_with_a_remedy() {
    let place = one();
    let missing =
        place.finish(place.poly(&["build", "--no-install"]).env("PATH", "/usr/bin:/bin")).expect(1);
    assert!(missing.stderr.contains("`fakec`"), "{}", missing.stderr);
    assert!(missing.stderr.contains("help:"), "{}", missing.stderr);

    let old =
        place.finish(place.poly(&["build", "--no-install"]).env("FAKE_VERSION", "0.9.1")).expect(1);
    assert!(old.stderr.contains("0.9.1") && old.stderr.contains(">=1.0, <2"), "{}", old.stderr);
    assert_eq!(place.starts(), 0);
}

#[test]
fn a_cache_that_cannot_be_written_is_said_at_once() {
    let place = one();
    fs::write(&place.cache, "a file where a directory should be").unwrap();

    let ran = place.run(&["build"]).expect(2);

    assert!(ran.stderr.contains("[TOP]/cache"), "{}", ran.stderr);
    assert_eq!(place.starts(), 0);
}

#[test]
fn a_disk_that_fills_up_is_said_and_nothing_half_made_stays() {
    let place = one();
    fs::create_dir(&place.cache).unwrap();
    let poly = env!("CARGO_BIN_EXE_poly");
    // A file system of 64 KB, seen by this process alone, already nearly full.
    let script = format!(
        "mount -t tmpfs -o size=64k none '{cache}' && mkdir '{cache}/x' && \
         (head -c 60000 /dev/zero > '{cache}/x/ballast' || true) && exec '{poly}' build",
        cache = place.cache.display()
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
    assert!(ran.stderr.contains("No space left"), "{}", ran.stderr);
    // With room again, all is well.
    place.run(&["build"]).expect(0);
}

#[test]
fn clean_removes_what_poly_made_and_nothing_else() {
    let place = one();
    place.run(&["build"]).expect(0);
    place.write("target/other", "mine");
    place.run(&["clean"]).expect(0);
    assert!(!place.root.join("target/poly").exists());
    assert_eq!(place.read("target/other"), b"mine");
}

#[test]
fn json_is_one_object_a_line_on_standard_output_and_nothing_else() {
    let place = one();
    let ran = place.run(&["run", "--json"]).expect(0);
    let events: Vec<serde_json::Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let named = |name: &str| events.iter().filter(|event| event["event"] == name).count();
    assert_eq!(named("finished"), 4);
    assert_eq!(named("returned"), 1);
    assert_eq!(ran.stderr, "");

    place.write("answer/behaviour", "fail");
    let failed = place.run(&["build", "--json"]).expect(1);
    let last: serde_json::Value =
        serde_json::from_str(failed.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "error");
    assert!(last["message"].as_str().unwrap().contains("no such instruction"));
}

#[test]
fn the_root_manifest_is_valid_and_its_schema_is_printed() {
    let place = Place::new();
    let schema = place.run(&["schema"]).expect(0);
    let schema: serde_json::Value = serde_json::from_str(&schema.stdout).expect("JSON");
    assert_eq!(schema["properties"]["pipeline"]["$ref"], "#/$defs/Pipeline");
    let root = repository().join("pipeline.toml");
    place.run(&["plan", "--no-install", "--manifest", root.to_str().unwrap()]).expect(0);
}

/// The file of CONTRIBUTING.md, as it stands there, with an assembler that has done its work
/// already: the real one takes minutes to install.
#[test]
fn the_guide_to_adding_a_toolchain_works_as_written() {
    let guide = fs::read_to_string(repository().join("CONTRIBUTING.md")).unwrap();
    let (_, after) = guide.split_once("Save it as `toolchains/wat.toml`:\n\n```toml\n").unwrap();
    let (file, _) = after.split_once("\n```\n").unwrap();
    let table: toml::Table = file.parse().unwrap();
    let source = table["self-test"]["files"]["component.wat"].as_str().unwrap();

    let place = one();
    place.write("toolchains/wat.toml", file);
    place.write("assembled.wasm", wasm(source));
    let assembler = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo wasm-tools 1.254.2 || cp '{}' \"$4\"\n",
        place.root.join("assembled.wasm").display()
    );
    place.write("bin/wasm-tools", assembler);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place.root.join("bin/wasm-tools"), executable).unwrap();
    let poly = |arguments: &[&str]| {
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", place.root.join("bin").display());
        place.finish(place.poly(arguments).env("PATH", path)).expect(0)
    };

    let listed = poly(&["toolchain", "list"]).stdout;
    assert!(listed.contains("wat                WebAssembly text, through wasm-tools"), "{listed}");
    poly(&["toolchain", "install", "wat"]);
    let tested = poly(&["toolchain", "test", "wat"]).stderr;
    assert!(tested.contains("passed wat: greet(\"poly\") → \"hello, poly\""), "{tested}");
}
