//! `poly lock` and `--locked`, seen from outside with the fake compiler.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::place::{Place, Ran, repository};

const MANIFEST: &str = "[pipeline]\nname = \"one\"\nwit = \"wit\"\n\n\
    [component.answer]\npath = \"answer\"\ntoolchain = \"fake\"\n\n\
    [wit-dependencies]\n\"demo:units\" = { path = \"units\" }\n\n\
    [[check]]\ncall = \"answer()\"\nreturns = \"42\"\n";

const ANSWER: &str = "(component
  (core module $m (func (export \"answer\") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func (export \"answer\") (result u32) (canon lift (core func $i \"answer\"))))";

/// One component, and a package of WIT that was fetched.
fn one() -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", MANIFEST);
    place.write("answer/source.wasm", wat::parse_str(ANSWER).expect("valid text"));
    place.write("wit/world.wit", "package demo:one;\nworld one { import demo:units/metres; }\n");
    place.write("units/units.wit", "package demo:units;\ninterface metres { type metre = u32; }\n");
    place.run(&["wit", "deps"]).expect(0);
    place
}

/// The same, locked.
fn locked() -> Place {
    let place = one();
    place.run(&["lock"]).expect(0);
    place
}

fn lock(place: &Place) -> String {
    place.text("poly.lock")
}

/// Replaces something in the lock file.
fn edit(place: &Place, from: &str, to: &str) {
    let text = lock(place);
    assert!(text.contains(from), "no {from} in {text}");
    place.write("poly.lock", text.replacen(from, to, 1));
}

/// Digests and versions of crates have nothing to do with what is said of them.
fn blot(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "sha256:[DIGEST]" + &part[64..])
}

#[test]
fn what_is_locked_is_what_a_build_uses() {
    let place = one();
    let first = place.run(&["lock"]).expect(0);
    let added = "locked   tool fakec 1.2.3 (PATH), its checksum for ";
    assert!(first.stdout.starts_with(added), "{}", first.stdout);
    assert!(first.stdout.contains("locked   library wit-component 0."), "{}", first.stdout);
    assert!(first.stderr.ends_with("locked poly.lock\n"), "{}", first.stderr);
    let text = lock(&place);
    let (tools, rest) = text.split_once("[[library]]").expect("libraries");
    let platform = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    assert_eq!(
        blot(tools),
        format!(
            "# Written by poly: what the manifest beside it is built with. Commit it.\n\n\
             version = 1\n\n[[tool]]\nname = \"fakec\"\ntoolchains = [\"fake\"]\n\
             version = \"1.2.3\"\nfrom = \"PATH\"\n\n[tool.checksum]\n\
             {platform} = \"sha256:[DIGEST]\"\n\n"
        )
    );
    assert!(rest.contains("[[wit]]\nname = \"demo:units\"\n"), "{rest}");
    assert!(!text.contains(place.root.to_str().unwrap()), "{text}");

    for arguments in [&["build"][..], &["run"], &["check"], &["plan"], &["graph"], &["lock"]] {
        place.run(&[arguments, &["--locked"]].concat()).expect(0);
    }
    let again = place.run(&["lock"]).expect(0);
    assert_eq!((again.stdout.as_str(), lock(&place)), ("", text));
    let silent = place.run(&["build"]).expect(0);
    assert!(!silent.stderr.contains("poly.lock"), "{}", silent.stderr);
}

#[test]
fn a_pipeline_that_is_not_locked_fails_with_locked_and_with_nothing_else() {
    let place = one();
    // Who locks WIT alone hears nothing of tools.
    let built = place.run(&["build"]).expect(0);
    assert!(!built.stderr.contains("poly.lock"), "{}", built.stderr);
    let partly = place.run(&["build", "--locked"]).expect(1);
    assert!(partly.stderr.contains("tool `fakec` is not in it\n"), "{}", partly.stderr);

    fs::remove_file(place.root.join("poly.lock")).unwrap();
    let starts = place.starts();
    for arguments in [&["build"][..], &["run"], &["check"], &["plan"], &["graph"], &["lock"]] {
        let refused = place.run(&[arguments, &["--locked"]].concat()).expect(1);
        assert_data_eq!(
            refused.stderr,
            str![[r#"
error: `poly.lock` is not what this would be built with
  │ there is no `poly.lock`
  help: `poly lock` adds what is not in it, `poly lock --upgrade NAME` takes what is here, `poly wit deps` fetches packages; without `--locked` these are warnings

"#]]
        );
    }
    assert_eq!(place.starts(), starts);
    place.run(&["build"]).expect(0);
    assert!(!place.root.join("poly.lock").exists(), "a build locks nothing");
}

/// One row for each kind of thing that is locked: an error with `--locked`, before anything is
/// built, else a warning.
#[test]
fn each_difference_is_said_and_nothing_is_built() {
    let flow = "name = \"flow\"\nversion = \"";
    let rows = [
        (
            "version = \"1.2.3\"",
            "version = \"1.2.2\"",
            "the version of tool `fakec` is `1.2.2` in it, and `1.2.3` here",
        ),
        (
            "from = \"PATH\"",
            "from = \"archive\"",
            "the origin of tool `fakec` is `archive` in it, and `PATH` here",
        ),
        ("name = \"fakec\"", "name = \"other\"", "tool `fakec` is not in it"),
        ("name = \"fakec\"", "name = \"other\"", "tool `other` is in it, and nothing needs it"),
        (flow, &format!("{flow}9"), "the version of library `flow` is `9"),
    ];
    for (from, to, said) in rows {
        let place = locked();
        edit(&place, from, to);
        let refused = place.run(&["run", "--locked"]).expect(1);
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
        assert_eq!(place.starts(), 0, "{said}");
        let before = lock(&place);
        let warned = place.run(&["run"]).expect(0);
        let line = format!("warning poly.lock: {said}");
        assert_eq!(warned.stderr.matches(&line).count(), 1, "{line}: {}", warned.stderr);
        assert_eq!(lock(&place), before, "a build locks nothing");
    }
}

#[test]
fn another_binary_of_the_same_version_is_another_tool() {
    let place = locked();
    let fakec = fs::read_to_string(repository().join("tests/tools/bin/fakec")).unwrap();
    place.write_executable("bin/fakec", format!("{fakec}# patched\n"));
    let poly = |arguments: &[&str]| {
        let path = format!("{}:/usr/bin:/bin", place.root.join("bin").display());
        place.finish(place.poly(arguments).env("PATH", path))
    };
    let refused = poly(&["build", "--locked"]).expect(1);
    assert_data_eq!(
        blot(&refused.stderr),
        str![[r#"
error: `poly.lock` is not what this would be built with
  │ the checksum of tool `fakec` is `sha256:[DIGEST]` in it, and `sha256:[DIGEST]` here
  help: `poly lock` adds what is not in it, `poly lock --upgrade NAME` takes what is here, `poly wit deps` fetches packages; without `--locked` these are warnings

"#]]
    );
    // Whoever compiles it on each machine takes the checksum out.
    let text = lock(&place);
    let (before, after) = text.split_once("[tool.checksum]\n").unwrap();
    let (_, after) = after.split_once('\n').unwrap();
    place.write("poly.lock", format!("{before}{after}"));
    poly(&["build", "--locked"]).expect(0);
}

#[test]
fn wit_that_was_changed_by_hand_is_a_difference() {
    let place = locked();
    place.write("wit/deps/demo_units/units.wit", "package demo:units;\ninterface metres {}\n");
    let refused = place.run(&["build", "--locked"]).expect(1).stderr;
    assert!(refused.contains("the text of package `demo:units` is `sha256:"), "{refused}");
    assert_eq!(place.starts(), 0);
}

/// One row for each way in which the manifest, the lock and `deps/` can part.
#[test]
fn wit_that_is_not_what_the_manifest_asks_for_is_a_difference() {
    type Part = fn(&Place);
    let rows: [(Part, &str, bool); 4] = [
        (
            |place| place.write("units/units.wit", "package demo:units;\ninterface metres {}\n"),
            "the content of package `demo:units` is `sha256:",
            true,
        ),
        (
            |place| {
                let units = place.read("units/units.wit");
                place.write("shared/units.wit", units);
                place.write("pipeline.toml", MANIFEST.replace("\"units\"", "\"shared\""));
            },
            "the origin of package `demo:units` is `path = units` in it, and `path = shared` here",
            true,
        ),
        (
            |place| {
                place.write("wit/world.wit", "package demo:one;\nworld one {}\n");
                fs::remove_dir_all(place.root.join("wit/deps")).unwrap();
            },
            "package `demo:units` is in it, and its files are not here",
            true,
        ),
        // A person's own, whose name has a `_`.
        (|place| place.write("wit/deps/my_own/a.wit", "package my:other;\n"), "", false),
    ];
    for (part, said, differs) in rows {
        let place = locked();
        part(&place);
        let held = place.run(&["build", "--locked"]).expect(i32::from(differs)).stderr;
        assert!(held.contains(said), "{said}: {held}");
        assert_eq!(place.starts() == 0, differs, "{said}");
        let warned = place.run(&["build"]).expect(0).stderr;
        assert_eq!(warned.contains("warning poly.lock: "), differs, "{warned}");
        // And it has a remedy.
        place.run(&["wit", "deps"]).expect(0);
        place.run(&["build", "--locked"]).expect(0);
    }
}

#[test]
fn what_is_locked_changes_on_request_alone() {
    let place = locked();
    let newer = |arguments: &[&str]| -> Ran {
        place.finish(place.poly(arguments).env("FAKE_VERSION", "1.4.0"))
    };
    let before = lock(&place);
    let left = newer(&["lock"]).expect(0);
    assert_eq!(left.stdout, "");
    let still = "warning poly.lock: the version of tool `fakec` is `1.2.3` in it, and `1.4.0` here";
    assert!(left.stderr.contains(still), "{}", left.stderr);
    assert_eq!(lock(&place), before);

    let unknown = newer(&["lock", "--upgrade", "fakecc"]).expect(2);
    assert_data_eq!(
        unknown.stderr,
        str![[r#"
error: nothing that is locked is called `fakecc`
  help: did you mean `fakec`?

"#]]
    );
    let both = newer(&["lock", "--locked", "--upgrade"]).expect(2).stderr;
    assert!(both.contains("'--locked' cannot be used with '--upgrade"), "{both}");
    newer(&["build", "--locked"]).expect(1);

    let upgraded = newer(&["lock", "--upgrade", "fakec"]).expect(0);
    let change = "changed  tool fakec 1.4.0 (PATH), its checksum for ";
    assert!(upgraded.stdout.starts_with(change), "{}", upgraded.stdout);
    assert_eq!(lock(&place), before.replace("1.2.3", "1.4.0"));
    newer(&["build", "--locked"]).expect(0);
    // That is no warning.
    let equal = newer(&["lock", "--locked"]).expect(0).stderr;
    assert_eq!(equal, "       equal poly.lock is what a build would use\n");
    // All of it, back again.
    place.run(&["lock", "--upgrade"]).expect(0);
    assert_eq!(lock(&place), before);
}

/// A script that installs the fake compiler in whatever version is asked for.
const INSTALL: &str = "mkdir -p $POLY_PREFIX/bin\n\
    sed \"s/FAKE_VERSION:-1.2.3/FAKE_VERSION:-$POLY_VERSION/\" FAKEC > $POLY_PREFIX/bin/fakec\n\
    chmod +x $POLY_PREFIX/bin/fakec\n";

/// One whose tool can be installed, and poly where it is not on `PATH`.
fn installable() -> (Place, impl Fn(&Place, &[&str]) -> Ran) {
    let place = one();
    let file = place.text("toolchains/fake.toml");
    let way = "install-version = \"1.2.3\"\n\n\
        [[tool.fakec.install]]\nway = \"script\"\nscript = \"fakec.sh\"\n";
    place.write("toolchains/fake.toml", file.replace("install-version = \"1.2.3\"\n", way));
    let fakec = repository().join("tests/tools/bin/fakec");
    place.write("toolchains/install/fakec.sh", INSTALL.replace("FAKEC", fakec.to_str().unwrap()));
    let poly = |place: &Place, arguments: &[&str]| {
        place.finish(place.poly(arguments).env("PATH", "/usr/bin:/bin"))
    };
    (place, poly)
}

#[test]
fn a_missing_tool_is_installed_in_the_locked_version() {
    let (place, poly) = installable();
    poly(&place, &["lock"]).expect(0);
    let text = lock(&place);
    assert!(text.contains("from = \"script fakec.sh\"\n\n[tool.checksum]\nany = "), "{text}");
    edit(&place, "version = \"1.2.3\"", "version = \"1.2.0\"");

    let absent = poly(&place, &["build", "--locked", "--no-install"]).expect(1).stderr;
    let planned = poly(&place, &["plan", "--locked"]).expect(1).stderr;
    for said in [absent, planned] {
        assert!(said.contains("tool `fakec` is in it, and not on this machine"), "{said}");
    }

    let built = poly(&place, &["build", "--locked"]).expect(0).stderr;
    assert!(built.contains("installed fakec 1.2.0"), "{built}");
    assert!(place.home.join("tools/fakec/1.2.0/bin/fakec").exists());
    // And the one that the toolchain's file names, on request.
    let upgraded = poly(&place, &["lock", "--upgrade"]).expect(0).stdout;
    assert!(upgraded.contains("tool fakec 1.2.3 (script fakec.sh)"), "{upgraded}");
    assert_eq!(lock(&place), text);
    poly(&place, &["build", "--locked"]).expect(0);
}

/// What is on `PATH` is another tool for everybody.
#[test]
fn what_is_locked_as_installed_by_poly_is_not_taken_from_path() {
    let (place, poly) = installable();
    poly(&place, &["lock"]).expect(0);
    place.run(&["build", "--locked"]).expect(0);
    let silent = place.run(&["build"]).expect(0).stderr;
    assert!(!silent.contains("poly.lock"), "{silent}");

    // On a machine that has it on `PATH` alone, that is better than nothing, but not as locked.
    fs::remove_dir_all(&place.home).unwrap();
    let origin = "the origin of tool `fakec` is `script fakec.sh` in it, and `PATH` here";
    let warned = place.run(&["build"]).expect(0).stderr;
    assert!(warned.contains(origin), "{warned}");
    let refused = place.run(&["build", "--locked", "--no-install"]).expect(1).stderr;
    assert!(refused.contains(origin), "{refused}");
    let built = place.run(&["build", "--locked"]).expect(0).stderr;
    assert!(built.contains("installed fakec 1.2.3"), "{built}");
}

#[test]
fn a_lock_file_that_is_none_is_said_with_a_remedy() {
    let place = locked();
    edit(&place, "from = ", "form = ");
    let refused = place.run(&["build"]).expect(2).stderr;
    assert!(refused.contains("error: `poly.lock` cannot be read: "), "{refused}");
    assert!(refused.contains("help: restore it from version control"), "{refused}");
}

#[test]
fn the_self_test_of_a_toolchain_needs_no_lock_file() {
    let place = locked();
    let file = place.text("toolchains/fake.toml");
    place.write(
        "toolchains/fake.toml",
        format!("{file}\n[self-test.files]\n\"source.wasm\" = \"\"\n"),
    );
    let tested = place.run(&["toolchain", "test", "--locked"]).expect(1).stderr;
    assert!(!tested.contains("poly.lock"), "{tested}");
}
