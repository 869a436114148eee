//! `poly` builds, and becomes `poly-host` for all else.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use snapbox::{assert_data_eq, str};

use crate::fake::one;
use crate::place::{EXECUTABLES, Place, install};

const POLY: &str = EXECUTABLES[0];
const HOST: &str = EXECUTABLES[1];

/// Puts `poly` into a directory of its own.
fn installed(place: &Place) -> PathBuf {
    let directory = place.root.join("bin");
    fs::create_dir(&directory).unwrap();
    install(&[POLY], &directory);
    directory.join("poly")
}

/// A build with nothing to do takes as long as its executable needs to start.
#[test]
fn the_one_that_builds_is_linked_without_compiler_and_wasi() {
    let has = |executable: &str, name: &str| {
        Command::new("grep").args(["-qa", name, executable]).status().unwrap().success()
    };
    // Of the compiler, of WASI, of what sends requests, and of the snapshots: in the names of functions.
    for name in ["8machinst", "13wasmtime_wasi", "5tokio7runtime", "14wasmtime_wizer"] {
        assert!(has(HOST, name), "{name} is no longer a name by which they are known");
        assert!(
            !has(POLY, name),
            "`commands::run_build` reaches {name}: hand it over as `build::Runtime` is, or have the build do without"
        );
    }
}

#[test]
fn the_one_that_builds_does_so_by_itself_and_says_what_else_takes() {
    let place = one();
    let poly = installed(&place);
    place.finish(&mut place.poly_at(&poly, &["build"])).expect(0);
    place.finish(&mut place.poly_at(&poly, &["build", "--verify"])).expect(0);
    place.finish(&mut place.poly_at(&poly, &["run", "--help"])).expect(0);
    let refused = |arguments: &[&str]| place.finish(&mut place.poly_at(&poly, arguments)).expect(2);
    assert_data_eq!(
        refused(&["run"]).stderr,
        str![[r#"
error: cannot start `[TOP]/pipeline/bin/poly-host`, which does all that is not `poly build`
  ╰─▶ No such file or directory (os error 2)
  help: the executables `poly` and `poly-host` belong side by side in one directory, wherever links to them are, and come from one build: `cargo install --locked --path .`, in poly's sources, puts both there

"#]]
    );
    let told = refused(&["why", "--json"]);
    let [error] = &told.events("error")[..] else { panic!("{}", told.stdout) };
    assert!(error.to_string().contains("poly-host"), "{error}");
    // What somebody may put there, seeing that.
    for put in [&["ln", "-s"][..], &["ln"], &["cp"]] {
        let mut command = Command::new(put[0]);
        command.args(&put[1..]).args(["poly", "poly-host"]).current_dir(place.root.join("bin"));
        assert!(command.status().unwrap().success());
        let said = refused(&["schema"]).stderr;
        assert!(said.contains("╰─▶ that is `poly` itself"), "{said}");
        fs::remove_file(poly.with_file_name("poly-host")).unwrap();
    }
    // A shell would run it, and an empty one with success.
    for text in ["", "#!/bin/sh\nexec poly \"$@\"\n"] {
        place.write_executable("bin/poly-host", text);
        let said = refused(&["check"]).stderr;
        assert!(said.contains("╰─▶ that is no executable of this system"), "{said}");
    }
}

#[test]
fn all_else_is_done_by_the_one_beside_it_wherever_a_link_to_it_is() {
    let place = one();
    let poly = installed(&place);
    let host = poly.with_file_name("poly-host");
    symlink(HOST, &host).unwrap();
    let link = place.root.join("link");
    symlink(&poly, &link).unwrap();
    for poly in [&poly, &link] {
        let ran = place.finish(&mut place.poly_at(poly, &["run", "answer()"])).expect(0);
        assert_eq!(ran.stdout, "42\n");
    }
    // Its exit code and its words are that one's, which is called `poly` however it was started.
    let failed = place.finish(&mut place.poly_at(&link, &["run", "wrong()"])).expect(2);
    assert!(failed.stderr.contains("wrong"), "{}", failed.stderr);
    for executable in [&link, &host] {
        let ran = place.finish(&mut place.poly_at(executable, &["rum"])).expect(2);
        assert!(ran.stderr.contains("Usage: poly [OPTIONS] <COMMAND>"), "{}", ran.stderr);
    }
    // That one has all commands.
    place.finish(&mut place.poly_at(&host, &["build"])).expect(0);
    let ran = place.finish(&mut place.poly_at(&host, &["build", "--help"])).expect(0);
    assert!(ran.stdout.contains("Usage: poly build [OPTIONS]"), "{}", ran.stdout);
}
