//! The cache, the plan and failures, seen from outside with a fake compiler: a shell script
//! that copies its input and keeps a list of its starts.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::place::{Place, repository};

pub(crate) const ANSWER: &str = "(component
  (core module $m (func (export \"answer\") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func (export \"answer\") (result u32) (canon lift (core func $i \"answer\"))))";

pub(crate) const MANIFEST: &str = "[pipeline]\nname = \"one\"\n\n\
    [component.answer]\npath = \"answer\"\ntoolchain = \"fake\"\n\n\
    [[check]]\ncall = \"answer()\"\nreturns = \"42\"\n";

/// One component that answers 42.
pub(crate) fn one() -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", MANIFEST);
    place.write("answer/source.wasm", wasm(ANSWER));
    place
}

pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("valid text")
}

/// Names that poly itself uses where components are built are nobody else's.
#[test]
fn a_component_may_have_any_name() {
    for name in ["checkout", "copy", "lock", "stat", "state", "log"] {
        let place = one();
        place.write(
            "pipeline.toml",
            MANIFEST.replace("component.answer", &format!("component.{name}")),
        );
        for _ in 0..2 {
            place.run(&["build"]).expect(0);
        }
        assert_eq!(place.starts(), 1, "{name}");
        place.run(&["clean"]).expect(0);
        place.run(&["build"]).expect(0);
    }
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

    let moved = place.root.with_file_name("moved");
    fs::rename(&place.root, &moved).unwrap();
    place.finish(place.poly(&["build"]).current_dir(&moved)).expect(0);
    fs::rename(&moved, &place.root).unwrap();

    // Another checkout, with the same cache.
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
    assert_data_eq!(
        &plan.stdout,
        str![[r#"
run     build answer
          `answer/source.wasm` changed ([..] → [..])
run     adapt answer
          `build answer` runs first
run     compose
          `adapt answer` runs first
run     precompile
          `compose` runs first

"#]]
    );
    assert_eq!(place.starts(), 1, "a plan starts no build");
    assert_eq!(place.run(&["run", "answer()"]).expect(0).stdout, "43\n");
}

/// Who composes is found out where there is something to compose, or on request: components can be
/// large.
#[test]
fn the_plan_says_who_composes_and_why() {
    let place = one();
    place.run(&["build"]).expect(0);
    // A single component composes to itself: nobody does it, whoever is asked for.
    let verbose = place.run(&["plan", "--verbose"]).expect(0).stdout;
    assert!(verbose.contains("cached  compose\n"), "{verbose}");
    let graph = place.run(&["graph"]).expect(0).stdout;
    place.write("pipeline.toml", format!("{MANIFEST}[compose]\nengine = 'wac-graph'\n"));
    let asked = place.run(&["plan"]).expect(0).stdout;
    assert!(asked.contains("run     compose\n"), "{asked}");
    for said in [verbose, graph, asked] {
        assert!(!said.contains("because"), "{said}");
    }

    let by = "by wasm-compose, because it can express all links, or by wac-graph, should it refuse \
              them";
    place.write("pipeline.toml", format!("{MANIFEST}[flow.run]\nsteps = ['answer/answer']\n"));
    let plan = place.run(&["plan"]).expect(0).stdout;
    let reason = "run     compose\n          `flow run` is new: `answer/answer`\n";
    assert!(plan.contains(&format!("{reason}          {by}\n")), "{plan}");
    let plan = place.run(&["plan", "--json"]).expect(0).stdout;
    let composer = r#""composer":{"engine":"wasm-compose","why":{"why":"simple"}}"#;
    assert!(plan.contains(composer), "{plan}");

    place.run(&["build"]).expect(0);
    let plan = place.run(&["plan"]).expect(0).stdout;
    assert!(plan.contains("cached  compose\n") && !plan.contains("because"), "{plan}");
    let plan = place.run(&["plan", "--verbose"]).expect(0).stdout;
    assert!(plan.contains(&format!("cached  compose\n          {by}\n")), "{plan}");

    let asked = "[flow.run]\nsteps = ['answer/answer']\n[compose]\nengine = 'wac-graph'\n";
    place.write("pipeline.toml", format!("{MANIFEST}{asked}"));
    let plan = place.run(&["plan"]).expect(0).stdout;
    assert!(plan.contains("          by wac-graph, because the manifest says so\n"), "{plan}");
    // What cannot be linked is for the build to tell.
    place.write("pipeline.toml", format!("{MANIFEST}[flow.run]\nsteps = ['answer/nothing']\n"));
    let plan = place.run(&["plan"]).expect(0).stdout;
    assert!(plan.contains("run     compose") && !plan.contains("because"), "{plan}");
}

#[test]
fn the_graph_builds_what_is_missing_and_leaves_no_composed_file() {
    let place = one();
    let tree = place.run(&["graph"]).expect(0);
    assert!(tree.stdout.contains("answer  of answer"), "{}", tree.stdout);
    assert!(tree.stderr.contains("adapted answer"), "{}", tree.stderr);
    assert!(!place.root.join("target/poly/one.wasm").exists());
    let data = place.run(&["graph", "--json", "--quiet"]).expect(0).stdout;
    let last: serde_json::Value = serde_json::from_str(data.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "graph");
    assert_eq!(last["components"][0]["name"], "answer");
    assert_eq!(place.starts(), 1);
    let refused = place.run(&["graph", "--json", "--format", "svg"]).expect(2).stderr;
    assert!(refused.contains("'--json' cannot be used with '--format <FORMAT>'"), "{refused}");
    // The pictures of two processes are one.
    let picture = || place.run(&["graph", "--format", "svg"]).expect(0).stdout;
    assert_eq!(picture(), picture());
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

/// Everything that a step may name moves the key, and the plan names it.
#[test]
fn what_the_manifest_and_the_toolchain_say_counts() {
    let toolchain =
        fs::read_to_string(repository().join("tests/tools/toolchains/fake.toml")).unwrap();
    let manifest = |edit: &str| MANIFEST.replace("toolchain = \"fake\"\n", edit);
    let table = [
        (
            "`profile` changed from `release` to `debug`",
            "toolchain = \"fake\"\nprofile = \"debug\"\n",
        ),
        (
            "`option level` changed from `1` to `2`",
            "toolchain = \"fake\"\noptions = { level = \"2\" }\n",
        ),
        ("`wit` is new: `wit`", "toolchain = \"fake\"\nwit = \"wit\"\n"),
        ("`world` is new: `answers`", "toolchain = \"fake\"\nwit = \"wit\"\nworld = \"answers\"\n"),
        ("`shared/data.txt` is new", "toolchain = \"fake\"\ninputs = [\"shared/*\"]\n"),
        (
            "variable `FAKE_MODE` is new: `fast`",
            "toolchain = \"fake\"\n[toolchain.fake.env]\nFAKE_MODE = \"fast\"\n",
        ),
    ];
    let place = one();
    place.write("shared/data.txt", "");
    place.write("wit/answers.wit", "package test:answers;\n\nworld answers {}\n");
    place.run(&["build"]).expect(0);
    for (reason, edit) in table {
        place.write("pipeline.toml", manifest(edit));
        let plan = place.run(&["plan"]).expect(0).stdout;
        let (of_build, _) = plan.split_once("\nrun     adapt").unwrap_or_else(|| panic!("{plan}"));
        assert!(of_build.starts_with("run     build answer\n"), "{plan}");
        assert!(of_build.lines().any(|line| line.trim_start() == reason), "no {reason} in {plan}");
    }
    place.write("pipeline.toml", MANIFEST);
    for (reason, from, to) in [
        (
            "step 1 of the toolchain changed: `-O` is new",
            "\"source.wasm\", \"{output}\"]",
            "\"source.wasm\", \"{output}\", \"-O\"]",
        ),
        ("`file answer/added.h` is new", "[output]", "[files]\n\"added.h\" = \"x\"\n\n[output]"),
        (
            "variable `FAKE_SET` is new: `{name}`",
            "[output]",
            "[environment.set]\nFAKE_SET = \"{name}\"\n\n[output]",
        ),
    ] {
        assert!(toolchain.contains(from), "{from}");
        place.write("toolchains/fake.toml", toolchain.replace(from, to));
        let plan = place.run(&["plan"]).expect(0).stdout;
        assert!(plan.contains(reason), "no {reason} in {plan}");
    }
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
    let file = place.text("toolchains/fake.toml");
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
fn clean_removes_what_poly_made_and_nothing_else() {
    let place = one();
    place.run(&["build"]).expect(0);
    place.write("target/other", "mine");
    place.run(&["clean"]).expect(0);
    assert!(!place.root.join("target/poly").exists());
    assert_eq!(place.read("target/other"), b"mine");
    assert_eq!(fs::read_dir(place.cache.join("builds")).unwrap().count(), 0);
}

#[test]
fn json_is_one_object_a_line_on_standard_output_and_nothing_else() {
    let place = one();
    let ran = place.run(&["run", "--json"]).expect(0);
    let named = |name: &str| ran.events(name).len();
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
    place.write_executable("bin/wasm-tools", assembler);
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
