//! What somebody changed, or put where packages are written, is left to them.

use std::fs;

use snapbox::{assert_data_eq, str};

use super::{LEVELS, manifest, pipeline, published};
use crate::place::Place;

#[test]
fn what_was_changed_by_hand_is_shown_and_left() {
    let (_registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let file = "wit/deps/demo_levels-0.2.0/package.wit";
    let ours = place.text(file);
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
        assert_eq!(place.text(file), theirs);
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
    assert_eq!(place.text(file), ours);
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
error: `[TOP]/pipeline/wit/deps` is a symbolic link, which poly does not follow
  help: put the WIT itself there, or say under `[wit-dependencies]` where it is
error: `[TOP]/pipeline/wit/deps/demo_levels-0.2.0` is a symbolic link, which poly does not follow
  help: put the WIT itself there, or say under `[wit-dependencies]` where it is
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
