//! What builds leave in a pipeline: each manifest takes away its own, and none of it is an input.

use std::fs;

use crate::fake::{MANIFEST, one};

/// Once, the second removed what the first had left, and `poly why` mixed them.
#[test]
fn two_manifests_in_a_directory_leave_each_other_alone() {
    let place = one();
    place.write("second.toml", MANIFEST.replace("\"one\"", "\"two\""));
    let second =
        |command: &str| place.run(&[command, "--manifest", "second.toml"]).expect(0).stdout;
    place.run(&["build"]).expect(0);
    second("build");
    let log = "log/answer/1-compile.log";
    for left in ["one.wasm", "two.wasm", "state.json", "manifests/second.toml/state.json", log] {
        assert!(place.root.join("target/poly").join(left).is_file(), "{left}");
    }
    place.write("answer/behaviour", "as ever");
    second("build");
    assert!(place.root.join("target/poly/manifests/second.toml").join(log).is_file());
    let said = second("why");
    assert!(said.contains("it last ran, because\n  `answer/behaviour` is new"), "{said}");
    // The other was never built of that.
    let first = place.run(&["why"]).expect(0).stdout;
    let said = "come from the cache, because since the last build\n  `answer/behaviour` is new";
    assert!(first.contains(said), "{first}");
    assert!(place.root.join("target/poly/one.wasm").is_file());
    place.run(&["clean"]).expect(0);
    assert!(!place.root.join("target/poly").exists());
}

/// Once, what poly wrote moved the key of the next build, or a directory of sources was left out.
#[test]
fn what_is_left_among_inputs_is_none() {
    let place = one();
    let toolchain = place.text("toolchains/fake.toml");
    let before = "inputs = [\"source.wasm\", \"behaviour\"]";
    assert!(toolchain.contains(before));
    place.write("toolchains/fake.toml", toolchain.replace(before, "inputs = [\"**/*.wasm\"]"));
    fs::copy(place.root.join("answer/source.wasm"), place.root.join("source.wasm")).unwrap();
    let build = |name: &str, path: &str, output: &str| {
        let head = format!("name = \"{name}\"\noutput = \"{output}\"");
        let manifest = MANIFEST.replace("name = \"one\"", &head);
        place.write("pipeline.toml", manifest.replace("path = \"answer\"", path));
        place.run(&["build"]).expect(0);
        let left = place.root.join(output).join(format!("{name}.wasm"));
        assert!(left.is_file(), "{}", left.display());
    };
    let (here, below) = ("path = \".\"", "path = \"answer\"");
    for (name, path, output) in [
        ("one", below, "answer"),
        ("one", here, "."),
        // What a former build left is none either, before it goes.
        ("two", here, "./answer"),
        ("two", here, "."),
    ] {
        build(name, path, output);
        let again = place.run(&["plan"]).expect(0).stdout;
        let runs: Vec<&str> = again.lines().filter(|line| line.starts_with("run")).collect();
        assert_eq!(runs, ["run     precompile"], "{name} in {output}: {again}");
    }
    assert_eq!(place.starts(), 2, "nothing but the path of the component differs");
    // A person's own of that name is an input.
    place.write("answer/two.wasm", "mine");
    let plan = place.run(&["plan"]).expect(0).stdout;
    assert!(plan.contains("`answer/two.wasm` is new"), "{plan}");
}
