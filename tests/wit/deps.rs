//! `poly wit deps`: packages from registries and directories, locked, and offline once fetched.

use std::fmt::Write as _;
use std::fs;

use snapbox::{assert_data_eq, str};

use super::registry::{Registry, blot, serve, walk};
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
# Written by poly: what was fetched for the manifest beside it. Commit it.

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
fn what_is_not_there_is_told_with_what_is() {
    let (mut registry, place) = published();
    registry.push("packages/demo/logging", "0.1.1", &LOGGING.replace("@0.1.0", "@0.1.1"));
    registry.push_bytes("packages/demo/other", "1.0.0", vec![1, 2, 3], "application/octet-stream");
    registry.push_bytes("packages/demo/bytes", "1.0.0", vec![1, 2, 3], "application/wasm");
    registry.push("packages/demo/renamed", "1.0.0", "package demo:original@1.0.0; interface i {}");
    let component = wat::parse_str("(component)").expect("valid text");
    registry.push_bytes("packages/demo/component", "1.0.0", component, "application/wasm");
    let at = format!("http://{}/packages", registry.address);
    let mut all = String::new();
    for dependency in [
        "\"demo:logging\" = \"0.2.0\"",
        "\"demo:nothing\" = \"0.1.0\"",
        "\"demo:other\" = \"1.0.0\"",
        "\"demo:bytes\" = \"1.0.0\"",
        "\"demo:component\" = \"1.0.0\"",
        "\"demo:renamed\" = \"1.0.0\"",
    ] {
        place.write("pipeline.toml", manifest(&at, dependency));
        let ran = place.run(&["wit", "deps"]).expect(2);
        let _ = write!(all, "# {dependency}\n{}\n", said(&ran, &registry));
    }
    registry.stop();
    place.write("pipeline.toml", manifest(&at, "\"demo:logging\" = \"0.1.0\""));
    let ran = place.run(&["wit", "deps"]).expect(2);
    let _ = write!(all, "# nobody answers\n{}", said(&ran, &registry));
    assert_data_eq!(
        all,
        str![[r##"
# "demo:logging" = "0.2.0"
error: the registry `http://[REGISTRY]/packages` has no version 0.2.0 of `demo:logging`
  help: it has `0.1.0`, `0.1.1`

# "demo:nothing" = "0.1.0"
error: the registry `http://[REGISTRY]/packages` has no package `demo:nothing`
  help: its repository would be `[REGISTRY]/packages/demo/nothing`

# "demo:other" = "1.0.0"
error: `demo:other@1.0.0` from registry `http://[REGISTRY]/packages` is not a WIT package
  help: publish the WIT itself (`wkg wit build`, `wkg publish`), not a component

# "demo:bytes" = "1.0.0"
     fetched demo:bytes@1.0.0 from registry `http://[REGISTRY]/packages`
error: `demo:bytes@1.0.0` from registry `http://[REGISTRY]/packages` is not a WIT package
  ╰─▶ this is not WebAssembly: it is text that begins with "/u{1}/u{2}/u{3}"
  help: publish the WIT itself (`wkg wit build`, `wkg publish`), not a component

# "demo:component" = "1.0.0"
     fetched demo:component@1.0.0 from registry `http://[REGISTRY]/packages`
error: `demo:component@1.0.0` from registry `http://[REGISTRY]/packages` is not a WIT package
  help: publish the WIT itself (`wkg wit build`, `wkg publish`), not a component

# "demo:renamed" = "1.0.0"
     fetched demo:renamed@1.0.0 from registry `http://[REGISTRY]/packages`
error: what registry `http://[REGISTRY]/packages` has as `demo:renamed@1.0.0` is `demo:original@1.0.0`

# nobody answers
error: cannot reach the registry `http://[REGISTRY]/packages` for `demo:logging@0.1.0`
  ├─▶ error sending request for url (http://[REGISTRY]/v2/)
  ├─▶ client error (Connect)
  ├─▶ tcp connect error
  ╰─▶ Connection refused (os error 111)
  help: what is in poly.lock and in the cache needs no network; is the registry's name right under `[wit-registries]`?

"##]]
    );
    assert!(!place.root.join("wit/deps").exists(), "nothing was written");
    assert!(!place.root.join("poly.lock").exists());
}

#[test]
fn tampered_content_is_refused() {
    let (registry, place) = published();
    registry.tamper("unused");
    let fresh = place.run(&["wit", "deps"]).expect(1);
    assert_data_eq!(
        said(&fresh, &registry),
        str![[r#"
     fetched demo:logging@0.1.0 from registry `http://[REGISTRY]/packages`
error: the content of `demo:levels@0.2.0` from `http://[REGISTRY]/packages` is sha256:[DIGEST], and should be sha256:[DIGEST]
  help: nothing was written: the registry, or somebody on the way, changed it

"#]]
    );
    assert!(!place.root.join("wit/deps").exists(), "nothing was written");
}

#[test]
fn a_version_that_was_published_again_is_noticed_only_on_request() {
    let (registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let before = written(&place);
    registry.push("packages/demo/levels", "0.2.0", &LEVELS.replace("unused", "renamed"));

    place.run(&["wit", "deps"]).expect(0);
    assert_eq!(written(&place), before, "what is locked stays");
    let ran = place.run(&["wit", "deps", "--update"]).expect(0);
    assert_data_eq!(
        said(&ran, &registry),
        str![[r#"
     fetched demo:levels@0.2.0 from registry `http://[REGISTRY]/packages`
       wrote wit/deps/demo_levels-0.2.0
      locked poly.lock, 2 in it

"#]]
    );
    let after = written(&place);
    assert!(after[1].1.contains("renamed: func();"), "{}", after[1].1);
    assert_ne!(after[0], before[0]);
}

#[test]
fn what_was_changed_by_hand_is_shown_and_left() {
    let (_registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let file = "wit/deps/demo_levels-0.2.0/package.wit";
    let ours = String::from_utf8(place.read(file)).expect("text");
    let theirs = ours.replace("high,", "high,\n    higher,");
    place.write(file, &theirs);

    for arguments in [&["wit", "deps"][..], &["wit", "deps", "--locked"]] {
        let ran = place.run(arguments).expect(1);
        assert_data_eq!(
            ran.stdout,
            str![[r#"
--- a/wit/deps/demo_levels-0.2.0/package.wit
+++ b/wit/deps/demo_levels-0.2.0/package.wit
@@ -4,7 +4,6 @@
   enum level {
     low,
     high,
-    higher,
   }

   unused: func();

"#]]
        );
        assert_data_eq!(
            ran.stderr,
            str![[r#"
     warning somebody changed `wit/deps/demo_levels-0.2.0/package.wit`; nothing was written: `--write` takes their changes back as shown

"#]]
        );
        assert_eq!(String::from_utf8(place.read(file)).expect("text"), theirs);
    }
    let checked = place.run(&["wit", "check"]).expect(1);
    assert_data_eq!(
        checked.stderr,
        str![[r#"
     warning `app` is not built, and not looked at: run `poly build`
       error wit/deps/demo_levels-0.2.0: package `demo:levels@0.2.0` is not what poly.lock says
             help: `poly wit deps` shows the change; with `--write` it takes it back
     checked 1 wrong, 0 worth knowing, 1 not looked at

"#]]
    );
    let ran = place.run(&["wit", "deps", "--write"]).expect(0);
    assert_data_eq!(
        ran.stderr,
        str![[r#"
       wrote wit/deps/demo_levels-0.2.0

"#]]
    );
    assert_eq!(String::from_utf8(place.read(file)).expect("text"), ours);
}

/// A pipeline whose dependency is a directory beside it.
fn with_levels() -> Place {
    let place = pipeline("localhost:1");
    let levels = "\"demo:levels\" = { path = \"levels\" }";
    place.write("pipeline.toml", manifest("localhost:1", levels));
    place.write("levels/levels.wit", LEVELS);
    let world = "package demo:app;\n\nworld app {\n  import demo:levels/types@0.2.0;\n}\n";
    place.write("wit/world.wit", world);
    place
}

#[test]
fn what_poly_did_not_write_is_left_in_a_place() {
    let place = with_levels();
    place.run(&["wit", "deps"]).expect(0);
    place.write("wit/deps/demo_levels-0.2.0/NOTES.md", "Mine.\n");
    place.write("wit/deps/demo_levels-0.2.0/more/picture", [0xff, 0xfe]);
    // As long as there is nothing to write, they are nobody's concern.
    place.run(&["wit", "deps"]).expect(0);

    place.write("levels/levels.wit", LEVELS.replace("  unused: func();\n", ""));
    let ran = place.run(&["wit", "deps"]).expect(1);
    assert_data_eq!(
        ran.stdout,
        str![[r#"
--- a/wit/deps/demo_levels-0.2.0/levels.wit
+++ b/wit/deps/demo_levels-0.2.0/levels.wit
@@ -5,5 +5,4 @@
     low,
     high,
   }
-  unused: func();
 }
--- a/wit/deps/demo_levels-0.2.0/NOTES.md
+++ /dev/null
@@ -1 +0,0 @@
-Mine.
Binary files a/wit/deps/demo_levels-0.2.0/more/picture and /dev/null differ

"#]]
    );
    assert_data_eq!(
        ran.stderr,
        str![[r#"
     warning somebody changed `wit/deps/demo_levels-0.2.0/levels.wit`, `wit/deps/demo_levels-0.2.0/NOTES.md`, `wit/deps/demo_levels-0.2.0/more/picture`; nothing was written: `--write` takes their changes back as shown

"#]]
    );
    assert_eq!(place.read("wit/deps/demo_levels-0.2.0/NOTES.md"), b"Mine.\n");
    place.run(&["wit", "deps", "--write"]).expect(0);
    assert!(!place.root.join("wit/deps/demo_levels-0.2.0/NOTES.md").exists());
}

#[test]
fn nothing_is_written_through_a_link() {
    let place = with_levels();
    place.write("theirs/demo_levels-0.2.0/precious.txt", "Theirs.\n");
    let mut all = String::new();
    let link = |to: &str, at: &str| {
        std::os::unix::fs::symlink(place.root.join(to), place.root.join(at)).expect("a link");
    };
    link("theirs", "wit/deps");
    all += &place.run(&["wit", "deps", "--write"]).expect(2).stderr;
    fs::remove_file(place.root.join("wit/deps")).expect("it is there");
    fs::create_dir(place.root.join("wit/deps")).expect("a new one");
    link("theirs/demo_levels-0.2.0", "wit/deps/demo_levels-0.2.0");
    all += &place.run(&["wit", "deps", "--write"]).expect(2).stderr;
    fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
    let outside = tempfile::tempdir().expect("a temporary directory");
    fs::rename(place.root.join("wit"), outside.path().join("wit")).expect("moved");
    std::os::unix::fs::symlink(outside.path().join("wit"), place.root.join("wit")).expect("a link");
    all += &place.run(&["wit", "deps", "--write"]).expect(2).stderr;
    assert!(!outside.path().join("wit/deps").exists());
    assert_data_eq!(
        all,
        str![[r#"
error: `wit/deps` is a symbolic link, and nothing is written where it leads
  help: make it a directory, or name the real directory instead of `wit`
error: `wit/deps/demo_levels-0.2.0` is a symbolic link, and nothing is written where it leads
  help: make it a directory, or name the real directory instead of `wit`
error: `wit` is a symbolic link, and nothing is written where it leads
  help: make it a directory, or name the real directory instead of `wit`

"#]]
    );
    assert_eq!(place.read("theirs/demo_levels-0.2.0/precious.txt"), b"Theirs.\n");
    assert_eq!(
        fs::read_dir(place.root.join("theirs/demo_levels-0.2.0")).expect("readable").count(),
        1
    );
}

#[test]
fn a_lock_file_that_does_not_fit_is_told() {
    let (registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let at = format!("http://{}/packages", registry.address);
    let lock = String::from_utf8(place.read("poly.lock")).expect("text");

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
fn a_registry_may_say_that_its_packages_are_elsewhere() {
    let (registry, place) = published();
    let address = &registry.address;
    let dependency = "\"demo:logging\" = \"0.1.0\"";
    for oci in [
        format!("{{\"registry\":\"{address}\",\"namespacePrefix\":\"packages/\"}}"),
        format!("{{\"registry\":\"{address}/packages\"}}"),
    ] {
        let home = well_known(&format!("{{\"preferredProtocol\":\"oci\",\"oci\":{oci}}}"));
        place.write("pipeline.toml", manifest(&format!("http://{home}"), dependency));
        place.run(&["wit", "deps"]).expect(0);
        let written = place.root.join("wit/deps/demo_levels-0.2.0/package.wit");
        assert!(written.exists(), "{oci}");
        fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
        fs::remove_file(place.root.join("poly.lock")).expect("it is there");
    }
}

/// A server that says this of where its packages are.
fn well_known(text: &str) -> String {
    let answer = format!("200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len());
    serve(vec![("/.well-known/wasm-pkg/registry.json", answer)])
}

#[test]
fn a_registry_that_says_where_its_packages_are_must_say_it_properly() {
    let mut all = String::new();
    for address in [
        serve(vec![("/.well-known/", "503 Busy\r\ncontent-length: 0\r\n\r\n".to_owned())]),
        well_known("{\"oci\":{\"registry\":"),
        well_known("{\"oci\":{\"registry\":\"localhost:1\",\"namespacePrefix\":\"../up\"}}"),
        // Whoever tells nothing, or has a page for people, is asked itself.
        serve(vec![("/.well-known/", "403 No\r\ncontent-length: 0\r\n\r\n".to_owned())]),
        well_known("<html>"),
    ] {
        let place = pipeline(&format!("http://{address}"));
        let ran = place.run(&["wit", "deps"]).expect(2);
        all += &ran.stderr.replace(&address, "[REGISTRY]");
    }
    assert_data_eq!(
        all,
        str![[r#"
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ it answers 503 to http://[REGISTRY]/.well-known/wasm-pkg/registry.json
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ EOF while parsing a value at line 1 column 19
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ `localhost:1/../up` is not a registry
      write `host`, `host:port` or `host/prefix`
error: the registry `http://[REGISTRY]` has no package `demo:logging`
  help: its repository would be `[REGISTRY]/demo/logging`
error: the registry `http://[REGISTRY]` has no package `demo:logging`
  help: its repository would be `[REGISTRY]/demo/logging`

"#]]
    );
}

#[test]
fn nobody_sends_more_than_a_package_may_have() {
    let answer =
        |size: usize| format!("200 OK\r\ncontent-length: {size}\r\n\r\n{}", " ".repeat(size));
    let address = serve(vec![
        ("/v2/demo/logging/manifests/", answer((4 << 20) + 1)),
        ("/v2/demo/logging/blobs/", answer((64 << 20) + 1)),
    ]);
    let place = pipeline(&format!("http://{address}"));
    let mut all = place.run(&["wit", "deps"]).expect(2).stderr;
    let digest = "0".repeat(64);
    place.write(
        "poly.lock",
        format!(
            "version = 1\n\n[[wit]]\nname = \"demo:logging\"\nversion = \"0.1.0\"\n\
             registry = \"http://{address}\"\ndigest = \"sha256:{digest}\"\n\
             text = \"sha256:{digest}\"\n"
        ),
    );
    all += &place.run(&["wit", "deps", "--locked"]).expect(2).stderr;
    assert_data_eq!(
        all.replace(&address, "[REGISTRY]"),
        str![[r#"
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ the response body is larger than request limit: 4194304
error: `demo:logging@0.1.0` from registry `http://[REGISTRY]` has more than 67108864 bytes, which no package of WIT needs

"#]]
    );
}

#[test]
fn a_registry_that_wants_to_know_who_asks_is_told_apart() {
    let answer = "401 Unauthorized\r\ncontent-length: 0\r\n\r\n".to_owned();
    let broken = "500 Oh No\r\ncontent-length: 0\r\n\r\n".to_owned();
    let mut all = String::new();
    for answer in [answer, broken] {
        let address = serve(vec![("/v2/", answer)]);
        let place = pipeline(&format!("http://{address}"));
        let ran = place.run(&["wit", "deps"]).expect(2);
        all += &ran.stderr.replace(&address, "[REGISTRY]");
    }
    assert_data_eq!(
        all,
        str![[r#"
error: the registry `http://[REGISTRY]` does not let everybody read `demo:logging@0.1.0`
  help: poly asks without credentials: fetch the package by other means, and name its directory as `path`
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ it answers 500 to http://[REGISTRY]/v2/demo/logging/manifests/0.1.0

"#]]
    );
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
