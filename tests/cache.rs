//! The cache as a whole, seen from outside: kept small, verified, cleared; and what must never
//! get into it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime};

use snapbox::{assert_data_eq, str};

use crate::fake::{ANSWER, MANIFEST, one, wasm};
use crate::place::{Place, Ran};

const DAY: Duration = Duration::from_hours(24);

/// Makes everything in a part of the cache as old as that.
fn age(place: &Place, part: &str, days: u32) {
    let mut todo = vec![place.cache.join(part)];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
        File::open(&path).unwrap().set_modified(SystemTime::now() - DAY * days).unwrap();
    }
}

fn kinds(place: &Place) -> serde_json::Value {
    let stats = place.run(&["cache", "stats", "--json"]).expect(0).stdout;
    serde_json::from_str::<serde_json::Value>(&stats).unwrap()["kinds"].take()
}

/// Poly with a user's settings.
fn configured(place: &Place, config: &str, arguments: &[&str]) -> Ran {
    place.write("config.toml", config);
    place.finish(place.poly(arguments).env("POLY_CONFIG", place.root.join("config.toml")))
}

/// Once, nothing said why poly wanted to read such a file at all.
#[test]
fn settings_that_cannot_be_read_are_told_with_who_names_them() {
    let place = one();
    let settings = place.root.join("nowhere.toml");
    let said = place.finish(place.poly(&["plan"]).env("POLY_CONFIG", settings)).expect(2).stderr;
    assert_data_eq!(
        said,
        str![[r#"
error: cannot read `[TOP]/pipeline/nowhere.toml`, which `POLY_CONFIG` names
  ╰─▶ No such file or directory (os error 2)
  help: unset `POLY_CONFIG`, or name a file that can be read (docs/cache.md says what it may hold)

"#]]
    );
}

#[test]
fn a_build_keeps_the_cache_within_the_bounds_of_the_user_once_a_day() {
    let place = one();
    place.run(&["run"]).expect(0);
    let artifacts = kinds(&place)["artifacts"]["count"].clone();
    for part in ["blobs-1", "records-3"] {
        age(&place, part, 8);
    }
    let edit = |number: u32| {
        place.write("answer/source.wasm", wasm(&ANSWER.replace("42", &number.to_string())));
    };
    edit(1);
    let config = "[cache]\nage = \"7d\"\n";
    let today = configured(&place, config, &["build"]).expect(0).stderr;
    assert!(!today.contains("collected"), "there was one today: {today}");

    age(&place, "collected", 2);
    let idle = configured(&place, config, &["build"]).expect(0).stderr;
    assert!(!idle.contains("collected"), "nothing was stored: {idle}");

    edit(2);
    let built = configured(&place, config, &["build"]).expect(0).stderr;
    let said = format!("collected {artifacts} artifacts (");
    assert!(built.contains(&said) && built.contains("unused for longest"), "{said}: {built}");
    edit(1);
    let again = place.run(&["build"]).expect(0).stderr;
    assert!(again.contains("all 3 actions were cached"), "{again}");
}

#[test]
fn what_is_collected_is_made_again() {
    let place = one();
    place.run(&["run"]).expect(0);
    let composed = place.read("target/poly/one.wasm");
    let foreseen = place.run(&["cache", "gc", "--size", "0", "--dry-run"]).expect(0).stdout;
    assert!(foreseen.starts_with("would remove 2 artifacts ("), "{foreseen}");
    assert_eq!(kinds(&place)["artifacts"]["count"], 2);
    let removed = place.run(&["cache", "gc", "--size", "0"]).expect(0).stdout;
    assert!(removed.starts_with("removed 2 artifacts (") && removed.ends_with("; 0 B left\n"));
    fs::remove_dir_all(place.root.join("target")).unwrap();
    assert_eq!(place.run(&["run"]).expect(0).stdout, "42\n");
    assert_eq!(place.read("target/poly/one.wasm"), composed);
}

#[test]
fn the_directories_of_a_checkout_that_is_gone_go_first() {
    let place = one();
    let mut gone = one();
    gone.cache.clone_from(&place.cache);
    for place in [&place, &gone] {
        place.write("answer/behaviour", place.root.to_str().unwrap());
        place.run(&["build"]).expect(0);
    }
    // Each has one of its own, and one for its component.
    assert_eq!(kinds(&place)["build-directories"]["count"], 4);
    drop(gone);
    let removed = place.run(&["cache", "gc"]).expect(0).stdout;
    assert!(removed.starts_with("removed 2 build directories ("), "{removed}");
    assert_eq!(kinds(&place)["build-directories"]["count"], 2);
}

/// Once, where a component had been built stayed for as long as its checkout was in use.
#[test]
fn the_directory_of_a_component_that_is_built_no_more_goes_by_its_own_age() {
    let place = one();
    let settings = "path = \"answer\"\ntoolchain = \"fake\"\n";
    let flow = "[flow.run]\nsteps = [\"answer/answer\"]\n";
    let both = format!("{MANIFEST}\n[component.former]\n{settings}{flow}");
    place.write("pipeline.toml", both.replace("\"answer()\"", "\"run()\""));
    place.run(&["build"]).expect(0);
    place.write("pipeline.toml", MANIFEST);
    place.run(&["build"]).expect(0);
    let count = || kinds(&place)["build-directories"]["count"].clone();
    let gc = || place.run(&["cache", "gc", "--age", "30d"]).expect(0).stdout;
    // It may come back, as branches do: its compiler then goes on from where it was.
    assert_eq!(count(), 3);
    assert!(gc().starts_with("removed nothing"));

    let builds = fs::read_dir(place.cache.join("builds")).unwrap();
    for directory in builds.map(|entry| entry.unwrap().path()) {
        let name = directory.file_name().unwrap().to_str().unwrap();
        // The checkout is in use, whatever becomes of its components.
        if name.contains('-') {
            age(&place, &format!("builds/{name}"), 31);
        }
    }
    place.write("answer/source.wasm", wasm(&ANSWER.replace("42", "43")));
    place.run(&["build"]).expect(0);
    let removed = gc();
    assert!(removed.starts_with("removed 1 build directory ("), "{removed}");
    let left = fs::read_dir(place.cache.join("builds")).unwrap();
    let mut left = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(left.all(|name| !name.ends_with("-former")));
    assert_eq!(count(), 2);
}

#[test]
fn verifying_says_what_was_damaged() {
    let place = one();
    place.run(&["run"]).expect(0);
    place.run(&["cache", "verify"]).expect(0);
    let store = poly_cache::Store::open(&place.cache).unwrap();
    let artifact = store.put(b"damaged soon").unwrap();
    let path = store.path(&artifact).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, "damaged now!").unwrap();

    let found = place.run(&["cache", "verify"]).expect(1).stdout;
    let said = format!("artifact {} in the cache was damaged, and was removed", artifact.digest);
    assert!(found.contains(&said) && found.contains("1 damaged and removed"), "{found}");
    assert!(!path.exists());
    place.run(&["cache", "verify", "--json"]).expect(0);
}

/// A build that waits until the test lets it go on, begun and waiting.
fn waiting(place: &Place) -> (Child, PathBuf) {
    place.write("answer/behaviour", "slow");
    let started = place.root.join("tool-process");
    let build = place.poly(&["build"]).env("FAKE_PROCESS", &started).stderr(Stdio::null()).spawn();
    let mut build = build.unwrap();
    while !started.exists() {
        assert!(build.try_wait().unwrap().is_none(), "the build ended before its tool started");
        thread::sleep(Duration::from_millis(10));
    }
    (build, started)
}

#[test]
fn a_wait_for_another_poly_is_told() {
    let place = one();
    let (mut build, tool) = waiting(&place);
    for (arguments, expected) in [
        (&["build"], "another poly is doing the same; `build answer` waits for it"),
        (
            &["clean"],
            "a build in this checkout goes on, or a tool that it has left; waiting for it",
        ),
    ] {
        let mut second = place.poly(arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(second.stderr.take().unwrap()).lines().map(Result::unwrap);
        assert!(said.any(|line| line.contains(expected)), "it did not say: {expected}");
        second.kill().unwrap();
        second.wait().unwrap();
    }
    let tool = fs::read_to_string(tool).unwrap();
    assert!(Command::new("kill").arg(tool.trim()).status().unwrap().success());
    assert_eq!(build.wait().unwrap().code(), Some(1));
}

/// Once, it ended with `Directory not empty` where a build made something meanwhile. What that build
/// leaves may be taken away under its hands, which it says.
#[test]
fn cleaning_beside_builds_succeeds() {
    let place = one();
    thread::scope(|scope| {
        let building = scope.spawn(|| {
            for number in 0..20 {
                place.write("answer/behaviour", number.to_string());
                let built = place.run(&["build"]);
                assert!(built.code == 0 || built.stderr.contains("  help: "), "{}", built.stderr);
            }
        });
        while !building.is_finished() {
            place.run(&["clean"]).expect(0);
        }
    });
}

#[test]
fn clearing_is_refused_while_a_build_runs_and_takes_all_afterwards() {
    let place = one();
    place.run(&["run"]).expect(0);
    let (mut build, _) = waiting(&place);
    let refused = place.run(&["cache", "clear"]).expect(2).stderr;
    assert!(refused.contains("the cache `[TOP]/cache` is in use by another process"), "{refused}");
    assert!(refused.contains("help: wait for it; `poly cache gc --size 0`"), "{refused}");

    // One that is killed uses nothing any more.
    build.kill().unwrap();
    build.wait().unwrap();
    let cleared = place.run(&["cache", "clear"]).expect(0).stdout;
    assert!(cleared.starts_with("removed 2 artifacts ("), "{cleared}");
    assert_eq!(kinds(&place), serde_json::json!({}));
}

/// A compiler that does something while it runs, once.
fn compiler_that(place: &Place, does: &str) {
    let once = place.root.join("once");
    place.write("once", "");
    place.write_executable(
        "bin/fakec",
        format!(
            "#!/bin/sh\n[ \"$1\" = --version ] && {{ echo fakec 1.2.3; exit; }}\n\
             echo \"$2\" >> \"$FAKE_LOG\"\ncp \"$1\" \"$2\"\n\
             [ -e {once} ] && rm {once} && {does}\nexit 0\n",
            once = once.display()
        ),
    );
}

fn with_compiler(place: &Place) -> Ran {
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", place.root.join("bin").display());
    let mut build = place.poly(&["build"]);
    build.env("PATH", path).env("CARGO_HOME", place.root.join("cargo-home"));
    place.finish(&mut build)
}

#[test]
fn what_a_tool_made_that_was_replaced_meanwhile_is_not_stored() {
    let place = one();
    compiler_that(&place, "echo '# another' >> \"$0\"");
    let refused = with_compiler(&place).expect(1).stderr;
    assert!(refused.contains("`fakec` changed while it was being built"), "{refused}");
    assert!(refused.contains("help: run the command again"), "{refused}");
    with_compiler(&place).expect(0);
    assert_eq!(place.starts(), 2);
}

#[test]
fn what_was_made_while_a_setting_of_the_user_changed_is_not_stored() {
    let place = one();
    let file = place.text("toolchains/fake.toml");
    let file =
        file.replacen("inputs = ", "settings = [\"{cargo-home}/config.toml\"]\ninputs = ", 1);
    place.write("toolchains/fake.toml", file);
    place.write("cargo-home/config.toml", "one");
    let settings = place.root.join("cargo-home/config.toml");
    compiler_that(&place, &format!("echo two > {}", settings.display()));
    let refused = with_compiler(&place).expect(1).stderr;
    let said = "`{cargo-home}/config.toml` changed while it was being built";
    assert!(refused.contains(said), "{refused}");
    with_compiler(&place).expect(0);
    assert_eq!(place.starts(), 2);
}

/// Once, `Permission denied`.
#[test]
fn what_may_be_executed_may_be_so_in_the_copy_and_counts() {
    let place = one();
    let toolchain = place.text("toolchains/fake.toml");
    assert!(toolchain.contains("\"behaviour\""));
    place.write("toolchains/fake.toml", toolchain.replace("\"behaviour\"", "\"prepare.sh\""));
    place.write("answer/prepare.sh", "#!/bin/sh\n");
    let allow = |mode| {
        let path = place.root.join("answer/prepare.sh");
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        compiler_that(&place, "{ ./prepare.sh || exit 1; }");
        with_compiler(&place)
    };
    allow(0o755).expect(0);
    let refused = allow(0o644).expect(1).stderr;
    assert!(refused.contains("Permission denied"), "{refused}");
    // Who else may is no reason to build.
    allow(0o744).expect(0);
    assert_eq!(place.starts(), 2);
}

/// The copy that a component is built in is made of what the key says, or not at all.
#[test]
fn an_input_edited_while_its_tool_runs_changes_nothing_of_this_build() {
    let place = one();
    place.run(&["build"]).expect(0);
    let composed = place.read("target/poly/one.wasm");
    let source = place.root.join("answer/source.wasm");
    place.write("other.wasm", wasm(&ANSWER.replace("42", "43")));
    let other = place.root.join("other.wasm");
    compiler_that(&place, &format!("cp {} {}", other.display(), source.display()));
    with_compiler(&place).expect(0);
    assert_eq!(place.read("target/poly/one.wasm"), composed);
    with_compiler(&place).expect(0);
    assert_ne!(place.read("target/poly/one.wasm"), composed);
}
