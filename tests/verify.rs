//! `poly build --verify`, with a compiler that keeps what it should not: the time, its directory,
//! chance. That real ones do not is shown by `cargo bench --bench reproducible`, and for Python here.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::place::{Place, Ran, repository};

const MANIFEST: &str = "[pipeline]\nname = \"one\"\n\n\
    [component.answer]\npath = \"answer\"\ntoolchain = \"fake\"\n";

const ANSWER: &str = "(component
  (core module $m (func (export \"answer\") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func (export \"answer\") (result u32) (canon lift (core func $i \"answer\"))))";

/// A component whose compiler behaves like this.
fn one(behaviour: &str) -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", MANIFEST);
    place.write("answer/source.wasm", wat::parse_str(ANSWER).unwrap());
    place.write("answer/behaviour", behaviour);
    place
}

/// Nothing of the two builds is left, in the pipeline or in the cache.
#[track_caller]
fn nothing_is_left(place: &Place) {
    assert!(!place.root.join("target").exists());
    let left: Vec<_> = walkdir::WalkDir::new(&place.cache)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| {
            let path = path.strip_prefix(&place.cache).unwrap().to_string_lossy();
            let kept = ["verify-", "builds/", "blobs-1/"].iter().any(|at| path.starts_with(at));
            kept && !place.cache.join(&*path).is_dir()
        })
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_is_built_alike_twice_is_told_to_be_equal() {
    let place = one("");
    let ran = place.run(&["build", "--verify"]).expect(0);
    for line in [
        "       build 1 of 2: as you are, on all processors\n",
        "       build 2 of 2: as another user, elsewhere and at another time, on one processor\n",
        "       equal build answer",
        "       equal compose",
        "    verified all 3 artifacts are equal in two builds from nothing, which took ",
    ] {
        assert!(ran.stderr.contains(line), "{line}: {}", ran.stderr);
    }
    assert_eq!(place.starts(), 2, "each build started the compiler");
    nothing_is_left(&place);
    // Not even what was built before is taken.
    place.run(&["build"]).expect(0);
    place.run(&["build", "--verify"]).expect(0);
    assert_eq!(place.starts(), 5);
}

#[test]
fn what_gets_into_an_artifact_is_shown_where_it_is() {
    for (behaviour, first, second) in [
        ("the-time", "built at 1", "built at 1"),
        ("the-date-of-its-source", "written at 1", "written at 1000000000\""),
        ("the-directory", "builds/", "where/else/altogether/"),
        ("chance", "first   ", "second  "),
    ] {
        let place = one(behaviour);
        let Ran { stderr, .. } = place.run(&["build", "--verify"]).expect(1);
        for part in [
            "     differs build answer",
            "custom section `note`: ",
            first,
            second,
            "     follows adapt answer",
            "because of `adapt answer`",
            "    verified 0 of 3 artifacts are equal",
        ] {
            assert!(stderr.contains(part), "{behaviour}, {part}: {stderr}");
        }
        nothing_is_left(&place);
    }
}

#[test]
fn what_is_said_to_vary_may() {
    let place = one("the-time");
    let reason = "its compiler writes the time";
    place.write("pipeline.toml", format!("{MANIFEST}varies = \"{reason}\"\n"));
    let ran = place.run(&["build", "--verify"]).expect(0);
    assert!(ran.stderr.contains("      varies build answer"), "{}", ran.stderr);
    assert!(ran.stderr.contains(&format!("             {reason}\n")), "{}", ran.stderr);

    place.write("pipeline.toml", MANIFEST);
    let file = place.text("toolchains/fake.toml");
    place
        .write("toolchains/fake.toml", file.replace("reproducible = true", "reproducible = false"));
    let ran = place.run(&["build", "--verify"]).expect(0);
    assert!(ran.stderr.contains("`fake` promises no equal bytes"), "{}", ran.stderr);
}

#[test]
fn machines_are_told_the_same() {
    let place = one("chance");
    let told = place.run(&["build", "--verify", "--json"]).expect(1).stdout;
    let told: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let compared: Vec<&Value> = told.iter().filter(|event| event["event"] == "compared").collect();
    let verdicts: Vec<_> =
        compared.iter().map(|one| (one["action"].as_str(), one["verdict"].as_str())).collect();
    assert_eq!(
        verdicts,
        [
            (Some("build answer"), Some("differs")),
            (Some("adapt answer"), Some("follows")),
            (Some("compose"), Some("follows")),
        ]
    );
    let difference = &compared[0]["differences"]["first"][0];
    assert_eq!(difference["part"], "custom section `note`");
    assert_eq!(difference["what"], "bytes");
    assert_ne!(difference["read"][0], difference["read"][1]);
    assert_ne!(compared[0]["digests"][0], compared[0]["digests"][1]);
    let last = told.last().unwrap();
    assert_eq!((&last["event"], &last["reproducible"]), (&"verified".into(), &false.into()));
}

#[test]
fn the_two_builds_have_nothing_around_them_in_common() {
    let place = one("surroundings");
    place.run(&["build", "--verify"]).expect(0);
    let log = fs::read_to_string(&place.log).unwrap();
    // The compiler notes its output, and then what is around it.
    let told: Vec<Vec<&str>> = log.lines().map(|line| line.split(' ').collect()).collect();
    let [first_output, first, second_output, second] = &told[..] else { panic!("{log}") };
    assert_ne!(first_output, second_output);
    let [one, other] = [first, second].map(|around| &around[..]);
    for (name, at) in [("home", 0), ("mask", one.len() - 2)] {
        assert_ne!(one[at], other[other.len() + at - one.len()], "{name}: {log}");
    }
    assert_eq!(other[1..], [&*other[0].replace("/home", "/tmp"), "somebody-else", "0077", "1"]);
}

/// A part of the canonical pipeline by itself, with real tools.
fn part(of: &str, settings: &str) -> Place {
    let mut place = Place::new();
    place.add(&repository().join("examples/pipeline-rust-go-python").join(of), "part");
    place.add(&repository().join("wit"), "wit");
    let manifest =
        "[pipeline]\nname = \"part\"\nwit = \"wit\"\n\n[component.part]\npath = \"part\"\n";
    place.write("pipeline.toml", format!("{manifest}{settings}"));
    place.real_home();
    place
}

/// The interpreter is kept as it is after it ran: whatever it was told would be in there.
#[test]
fn a_component_in_python_is_the_same_bytes_twice() {
    let place = part("data-sink", "toolchain = \"componentize-py\"\nworld = \"sink\"\n");
    // What top-level code draws is kept as well.
    let source = place.text("part/app.py");
    let drawn = "import os, random, time, uuid\n\
                 DRAWN = (uuid.uuid4(), random.random(), time.time_ns(), time.monotonic_ns(), \
                 os.urandom(8), os.stat(__file__), os.listdir('/0'), id(object()), hash('text'))\n";
    place.write("part/app.py", format!("{drawn}{source}"));
    place.write("part/other.py", "");
    let ran = place.run(&["build", "--verify"]).expect(0);
    assert!(ran.stderr.contains("all 3 artifacts are equal"), "{}", ran.stderr);

    // Chance is of the sources: from others, other values come.
    let told =
        place.text("part/app.py").replace("Stored {len(data)} bytes successfully", "{DRAWN[0]}");
    let mut drawn = BTreeSet::new();
    for comment in ["", "# Another source.\n"] {
        place.write("part/app.py", format!("{comment}{told}"));
        drawn.insert(place.run(&["run", "store([])"]).expect(0).stdout);
    }
    assert!(drawn.iter().all(|value| value.len() == "ok(\"\")\n".len() + 36), "{drawn:?}");
    assert_eq!(drawn.len(), 2, "{drawn:?}");
}

/// Go's debug information tells its directory, which its toolchain says.
#[test]
fn a_debug_build_that_varies_is_marked() {
    let settings = "toolchain = \"tinygo\"\nworld = \"transformer\"\nprofile = \"debug\"\n";
    let place = part("data-transform", settings);
    let ran = place.run(&["build", "--verify"]).expect(0);
    assert!(ran.stderr.contains("debug information tells the directory"), "{}", ran.stderr);
}
