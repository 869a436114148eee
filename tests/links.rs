//! Symbolic links where a pipeline is read: none is followed out of it, and none is left out without a
//! word.

use std::fs;
use std::os::unix::fs::symlink;

use snapbox::{assert_data_eq, str};

use crate::fake::{ANSWER, MANIFEST, one, wasm};

#[test]
fn a_link_to_a_directory_of_inputs_is_refused() {
    let place = one();
    let toolchain = place.text("toolchains/fake.toml");
    let inputs = "inputs = [\"source.wasm\", \"src/**\"]";
    let before = "inputs = [\"source.wasm\", \"behaviour\"]";
    assert!(toolchain.contains(before));
    place.write("toolchains/fake.toml", toolchain.replace(before, inputs));
    place.write("shared/data.txt", "");
    symlink("../shared", place.root.join("answer/src")).unwrap();
    let refused = place.run(&["build"]).expect(1).stderr;
    assert_data_eq!(
        refused,
        str![[r#"
      failed build answer
error: `[TOP]/pipeline/answer/src` is a symbolic link to a directory, which poly does not follow
  help: put the directory itself there; or name what is needed of it under `inputs`, and remove the link or have git ignore it

"#]]
    );
    // Both halves of the remedy.
    place.write(".gitignore", "/answer/src\n");
    let with = "toolchain = \"fake\"\ninputs = [\"shared/**\"]\n";
    place.write("pipeline.toml", MANIFEST.replace("toolchain = \"fake\"\n", with));
    place.run(&["build"]).expect(0);
    place.write("shared/data.txt", "another");
    let plan = place.run(&["plan"]).expect(0).stdout;
    assert!(plan.contains("`shared/data.txt` changed"), "{plan}");
}

#[test]
fn no_directory_of_a_component_or_of_wit_lies_outside() {
    let place = one();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("source.wasm"), wasm(ANSWER)).unwrap();
    fs::rename(place.root.join("answer"), place.root.join("within")).unwrap();
    let link = |to: &std::path::Path| {
        let _ = fs::remove_file(place.root.join("answer"));
        symlink(to, place.root.join("answer")).unwrap();
    };
    link("within".as_ref());
    place.run(&["build"]).expect(0);

    link(outside.path());
    let refused = place.run(&["build"]).expect(2).stderr;
    assert_data_eq!(
        refused,
        str![[r#"
error: `answer` leads out of the pipeline by a symbolic link
   ╭─[pipeline.toml:5:8]
 4 │ [component.answer]
 5 │ path = "answer"
   ·        ────┬───
   ·            ╰── not within
 6 │ toolchain = "fake"
   ╰────
  help: put the directory itself there, or the manifest where both are below it

"#]]
    );
    link("within".as_ref());
    let wit = "name = \"one\"\nwit = \"answer/../wit\"";
    place.write("pipeline.toml", MANIFEST.replace("name = \"one\"", wit));
    fs::write(outside.path().join("world.wit"), "package a:b;").unwrap();
    symlink(outside.path(), place.root.join("wit")).unwrap();
    let refused = place.run(&["build"]).expect(2).stderr;
    let said = "error: `answer/../wit` leads out of the pipeline by a symbolic link";
    assert!(refused.starts_with(said), "{refused}");
}
