//! `poly wit deps`: packages from registries and directories, locked, and offline once fetched.

mod answers;
mod hand;

use std::fs;

use snapbox::{assert_data_eq, str};

use super::registry::{Registry, blot, walk};
use crate::place::{Place, Ran};

const LOGGING: &str = "package demo:logging@0.1.0;\n\n/// Where words go.\ninterface log {\n  \
                       use demo:levels/types@0.2.0.{level};\n  log: func(level: level, text: string);\n}\n\
                       package demo:levels@0.2.0 {\n  interface types {\n    enum level { low, high }\n  }\n}\n";
const LEVELS: &str = "package demo:levels@0.2.0;\n\ninterface types {\n  enum level {\n    low,\n    high,\n  }\n  unused: func();\n}\n";

const WORLD: &str = "package demo:app@1.0.0;\n\nworld app {\n  import demo:logging/log@0.1.0;\n  export run: func();\n}\n";

/// A pipeline that wants `demo:logging` of this registry.
fn pipeline(registry: &str) -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", manifest(registry, "\"demo:logging\" = \"0.1.0\""));
    place.write("wit/world.wit", WORLD);
    place.write("app/source.wasm", wat::parse_str("(component)").expect("valid text"));
    place
}

fn manifest(registry: &str, dependencies: &str) -> String {
    format!(
        "[pipeline]\nname = \"one\"\nwit = \"wit\"\n\n[component.app]\npath = \"app\"\n\
         toolchain = \"fake\"\n\n[wit-dependencies]\n{dependencies}\n\n\
         [wit-registries]\ndemo = \"{registry}\"\n"
    )
}

/// What was said, without the port.
fn said(ran: &Ran, registry: &Registry) -> String {
    blot(&ran.stderr, registry)
}

/// Every file below the pipeline's `wit/` and the lock file, with its text.
fn written(place: &Place) -> Vec<(String, String)> {
    let mut files = walk(&place.root.join("wit"));
    files.push(place.root.join("poly.lock"));
    files.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(&place.root).expect("below").display().to_string();
        (name, fs::read_to_string(&path).unwrap_or_default())
    };
    files.into_iter().map(read).collect()
}

fn published() -> (Registry, Place) {
    let registry = Registry::start();
    registry.push("packages/demo/logging", "0.1.0", LOGGING);
    registry.push("packages/demo/levels", "0.2.0", LEVELS);
    let place = pipeline(&format!("http://{}/packages", registry.address));
    (registry, place)
}

#[test]
fn dependencies_are_fetched_locked_and_then_need_no_network() {
    let (mut registry, place) = published();
    let build = place.run(&["build"]).expect(2);
    assert_data_eq!(
        build.stderr,
        str![[r#"
error: `demo:logging@0.1.0` is used in `wit` and is not there
    ╭─[pipeline.toml:10:1]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = "0.1.0"
    · ───────┬──────
    ·        ╰── not fetched
 11 │
    ╰────
  help: run `poly wit deps`: a build asks no network

"#]]
    );

    let first = place.run(&["wit", "deps"]).expect(0);
    assert_data_eq!(
        said(&first, &registry),
        str![[r#"
     fetched demo:logging@0.1.0 from registry `http://[REGISTRY]/packages`
     fetched demo:levels@0.2.0 from registry `http://[REGISTRY]/packages`
       wrote wit/deps/demo_levels-0.2.0
       wrote wit/deps/demo_logging-0.1.0
      locked poly.lock, 2 in it

"#]]
    );
    let after = written(&place);
    let names: Vec<&str> = after.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "poly.lock",
            "wit/deps/demo_levels-0.2.0/package.wit",
            "wit/deps/demo_logging-0.1.0/package.wit",
            "wit/world.wit"
        ]
    );
    // The package itself, not the part of it that another one used.
    assert!(after[1].1.contains("unused: func();"), "{}", after[1].1);
    assert!(after[2].1.contains("/// Where words go."), "{}", after[2].1);
    let lock = blot(&after[0].1, &registry);
    assert_data_eq!(
        lock,
        str![[r##"
# Written by poly: what the manifest beside it is built with. Commit it.

version = 1

[[wit]]
name = "demo:levels"
version = "0.2.0"
registry = "http://[REGISTRY]/packages"
digest = "sha256:[DIGEST]"
text = "sha256:[DIGEST]"

[[wit]]
name = "demo:logging"
version = "0.1.0"
registry = "http://[REGISTRY]/packages"
digest = "sha256:[DIGEST]"
text = "sha256:[DIGEST]"

"##]]
    );

    registry.stop();
    for arguments in [&["wit", "deps"][..], &["wit", "deps", "--locked"]] {
        place.run(arguments).expect(0);
        assert_eq!(written(&place), after, "what is on disk is enough");
    }
    fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
    place.run(&["wit", "deps", "--locked"]).expect(0);
    assert_eq!(written(&place), after, "the cache is enough");
    fs::remove_dir_all(&place.cache).expect("it is there");
    place.run(&["wit", "deps", "--locked"]).expect(0);
    assert_eq!(written(&place), after, "what is on disk is enough without the cache");
    place.run(&["build"]).expect(0);

    // With neither, the registry is missed.
    fs::remove_dir_all(&place.cache).expect("it is there");
    fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
    let missed = place.run(&["wit", "deps", "--locked"]).expect(2);
    assert_data_eq!(
        said(&missed, &registry),
        str![[r#"
error: cannot reach the registry `http://[REGISTRY]/packages` for `demo:logging@0.1.0`
  ├─▶ error sending request for url (http://[REGISTRY]/v2/)
  ├─▶ client error (Connect)
  ├─▶ tcp connect error
  ╰─▶ Connection refused (os error 111)
  help: what is in poly.lock and in the cache needs no network; is the registry's name right under `[wit-registries]`?

"#]]
    );
}

#[test]
fn a_lock_file_that_does_not_fit_is_told() {
    let (registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let at = format!("http://{}/packages", registry.address);
    let lock = place.text("poly.lock");

    place.write("poly.lock", lock.replace("demo:levels", "demo:lvels"));
    let missing = place.run(&["wit", "deps", "--locked"]).expect(1);
    assert_data_eq!(
        said(&missing, &registry),
        str![[r#"
error: poly.lock is not what the manifest asks for:
  │ `demo:levels@0.2.0` from registry `http://[REGISTRY]/packages` is not in it
  help: run `poly wit deps` without `--locked`, and commit poly.lock

"#]]
    );

    place.write("poly.lock", &lock);
    place.write("wit/world.wit", "package demo:app@1.0.0;\n\nworld app {}\n");
    place.write("shared/a/a.wit", "package demo:a@1.0.0;\n");
    place.write("pipeline.toml", manifest(&at, "\"demo:a\" = { path = \"shared/a\" }"));
    let other = place.run(&["wit", "deps", "--locked"]).expect(1);
    assert_data_eq!(
        said(&other, &registry),
        str![[r#"
error: poly.lock is not what the manifest asks for:
  │ `demo:a@1.0.0` is not in it
  │ nothing needs `demo:levels@0.2.0`, which is in it
  │ nothing needs `demo:logging@0.1.0`, which is in it
  help: run `poly wit deps` without `--locked`, and commit poly.lock

"#]]
    );
    place.run(&["wit", "deps"]).expect(0);
    assert!(!place.root.join("wit/deps/demo_levels-0.2.0").exists(), "nobody needs it");
    assert!(place.root.join("wit/deps/demo_a-1.0.0/a.wit").exists());

    place.write("shared/a/a.wit", "package demo:a@1.0.0;\n\ninterface i {}\n");
    let changed = place.run(&["wit", "deps", "--locked"]).expect(1);
    assert_data_eq!(
        said(&changed, &registry),
        str![[r#"
error: poly.lock is not what the manifest asks for:
  │ the content of `demo:a@1.0.0` is sha256:[DIGEST], and not sha256:[DIGEST]
  help: run `poly wit deps` without `--locked`, and commit poly.lock

"#]]
    );
    place.run(&["wit", "deps"]).expect(0);
    place.run(&["wit", "deps", "--locked"]).expect(0);

    place.write("poly.lock", "version = 7\n");
    let newer = place.run(&["wit", "deps"]).expect(2);
    assert_data_eq!(
        said(&newer, &registry),
        str![[r#"
error: `poly.lock` has the format 7, which this poly does not know
  help: it was written by a newer poly: use that one

"#]]
    );
}

#[test]
fn directories_bring_their_own_dependencies_and_override_registries() {
    let place = pipeline("localhost:1");
    place.write(
        "shared/logging/a.wit",
        LOGGING.split("package demo:levels").next().expect("a first part"),
    );
    place.write("shared/logging/deps/levels/a.wit", LEVELS);
    place.write(
        "pipeline.toml",
        manifest(
            "localhost:1",
            "\"demo:logging\" = { version = \"0.1.0\", path = \"shared/logging\" }",
        ),
    );
    let ran = place.run(&["wit", "deps"]).expect(0);
    assert_data_eq!(
        ran.stdout,
        str![[r#"
demo:levels@0.2.0 from `shared/logging/deps/levels`
demo:logging@0.1.0 from `shared/logging`

"#]]
    );
    assert_data_eq!(
        ran.stderr,
        str![[r#"
       wrote wit/deps/demo_levels-0.2.0
       wrote wit/deps/demo_logging-0.1.0
      locked poly.lock, 2 in it

"#]]
    );
    place.run(&["build"]).expect(0);

    let mut all = String::new();
    for (dependency, wit) in [
        ("\"demo:logging\" = { version = \"0.1.1\", path = \"shared/logging\" }", WORLD.to_owned()),
        ("\"demo:logging\" = { path = \"shared/nothing\" }", WORLD.to_owned()),
        ("\"demo:logging\" = { path = \"shared/logging\" }", WORLD.replace("@0.1.0", "@0.1.1")),
        (
            "\"demo:logging\" = { path = \"shared/logging\" }",
            WORLD.replace("logging/log", "logs/log"),
        ),
    ] {
        place.write("pipeline.toml", manifest("localhost:1", dependency));
        place.write("wit/world.wit", wit);
        all += &place.run(&["wit", "deps"]).expect(2).stderr;
    }
    fs::remove_dir_all(place.root.join("shared/logging/deps")).expect("it is there");
    fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
    let text = manifest("localhost:1", "\"demo:logging\" = { path = \"shared/logging\" }");
    place.write("pipeline.toml", text.replace("demo = ", "other = "));
    place.write("wit/world.wit", WORLD);
    all += &place.run(&["wit", "deps"]).expect(2).stderr;
    place.write("wit/deps/mine/a.wit", LOGGING);
    place.write("poly.lock", "version = 1\n");
    all += &place.run(&["wit", "deps"]).expect(2).stderr;
    assert_data_eq!(
        all,
        str![[r#"
error: `shared/logging` holds package `demo:logging@0.1.0`, not `demo:logging@0.1.1`
    ╭─[pipeline.toml:10:46]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { version = "0.1.1", path = "shared/logging" }
    ·                                              ────────┬───────
    ·                                                      ╰── another package
 11 │
    ╰────
error: the directory `shared/nothing` cannot be read
    ╭─[pipeline.toml:10:27]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { path = "shared/nothing" }
    ·                           ────────┬───────
    ·                                   ╰── not there
 11 │
    ╰────
error: `wit/world.wit:4` uses `demo:logging@0.1.1`, which is not this version
    ╭─[pipeline.toml:10:1]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { path = "shared/logging" }
    · ───────┬──────
    ·        ╰── another version
 11 │
    ╰────
  help: let both name the same version
error: `wit/world.wit:4` uses `demo:logs@0.1.0`, which is neither there nor a dependency
  help: add `"demo:logs" = "0.1.0"` under `[wit-dependencies]`
error: `demo:logging@0.1.0` uses `demo:levels@0.2.0`, and nothing says where that is
  help: name the registry of `demo` under `[wit-registries]`, or add `"demo:levels" = "0.2.0"` under `[wit-dependencies]`
error: `demo:logging@0.1.0` is in `wit/deps/mine/a.wit` already
    ╭─[pipeline.toml:10:1]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { path = "shared/logging" }
    · ───────┬──────
    ·        ╰── and here
 11 │
    ╰────
  help: remove it there, or the dependency here

"#]]
    );
}

#[test]
fn each_directory_gets_what_it_uses() {
    let place = Place::new().with_fake_tools();
    let text = manifest(
        "localhost:1",
        "\"demo:levels\" = { path = \"levels\" }\n\"demo:idle\" = { path = \"idle\" }",
    );
    let text = text.replace("wit = \"wit\"\n", "").replace(
        "toolchain = \"fake\"\n",
        "toolchain = \"fake\"\nwit = \"app/wit\"\n\n[component.other]\npath = \"app\"\ntoolchain = \"fake\"\nwit = \"wit\"\n",
    );
    place.write("pipeline.toml", text);
    place.write("app/source.wasm", wat::parse_str("(component)").expect("valid text"));
    place.write("levels/levels.wit", LEVELS);
    place.write("idle/idle.wit", "package demo:idle@1.0.0;\n\ninterface idle {}\n");
    place.write("wit/world.wit", "package demo:other;\n\nworld other {}\n");
    place.write(
        "app/wit/world.wit",
        "package demo:app;\n\nworld app {\n  import demo:levels/types@0.2.0;\n}\n",
    );
    let ran = place.run(&["wit", "deps"]).expect(0);
    assert_data_eq!(
        ran.stderr,
        str![[r#"
     warning no WIT of this pipeline uses `demo:idle@1.0.0`; it is written nowhere
       wrote app/wit/deps/demo_levels-0.2.0
      locked poly.lock, 2 in it

"#]]
    );
    assert!(!place.root.join("wit/deps").exists());
    place.run(&["wit", "deps", "--locked"]).expect(0);
    // In which order a merge left its entries does not matter.
    let lock = place.read("poly.lock");
    let text = String::from_utf8(lock.clone()).expect("text");
    let mut parts: Vec<&str> = text.split("\n[[wit]]\n").collect();
    assert_eq!(parts.len(), 3);
    parts.swap(1, 2);
    place.write("poly.lock", parts.join("\n[[wit]]\n"));
    place.run(&["wit", "deps", "--locked"]).expect(0);
    // Whoever loses the lock file gets the same again.
    fs::remove_file(place.root.join("poly.lock")).expect("it is there");
    place.run(&["wit", "deps"]).expect(0);
    assert_eq!(place.read("poly.lock"), lock);
}

#[test]
fn machines_are_told_the_same() {
    let (registry, place) = published();
    let ran = place.run(&["--json", "wit", "deps"]).expect(0);
    assert_data_eq!(
        blot(&ran.stdout, &registry),
        str![[r#"
{"event":"fetched","what":"demo:logging@0.1.0 from registry `http://[REGISTRY]/packages`"}
{"event":"fetched","what":"demo:levels@0.2.0 from registry `http://[REGISTRY]/packages`"}
{"event":"wrote","what":"wit/deps/demo_levels-0.2.0"}
{"event":"wrote","what":"wit/deps/demo_logging-0.1.0"}
{"event":"locked","what":"poly.lock, 2 in it"}
{"digest":"sha256:[DIGEST]","event":"package","name":"demo:levels","registry":"http://[REGISTRY]/packages","text":"sha256:[DIGEST]","version":"0.2.0"}
{"digest":"sha256:[DIGEST]","event":"package","name":"demo:logging","registry":"http://[REGISTRY]/packages","text":"sha256:[DIGEST]","version":"0.1.0"}

"#]]
    );
}
