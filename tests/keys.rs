//! What must not count: the fingerprints of two runs that differ in it are equal.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::fake::{ANSWER, MANIFEST, wasm};
use crate::place::{EXECUTABLES, Place, install, repository};

/// Some more inputs, so that their order could count.
const DATA: [&str; 5] = ["z", "a", "m/z", "m/a", "b"];

fn several() -> Place {
    several_in(Place::new(), &DATA)
}

/// A component with such inputs, made in this order.
fn several_in(place: Place, data: &[&str]) -> Place {
    let place = place.with_fake_tools();
    let inputs = "toolchain = \"fake\"\ninputs = [\"data/**\"]\n";
    place.write("pipeline.toml", MANIFEST.replace("toolchain = \"fake\"\n", inputs));
    place.write("answer/source.wasm", wasm(ANSWER));
    for name in data {
        place.write(&format!("data/{name}"), name);
    }
    place
}

/// What each action of which that is known before it runs depends on.
fn fingerprints(place: &Place, poly: &mut Command) -> Vec<Value> {
    let said = place.finish(poly).expect(0).stdout;
    let planned = said.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let fingerprints: Vec<_> = planned.map(|planned| planned["fingerprint"].clone()).collect();
    let inputs = fingerprints[0]["inputs"].as_object().expect("the first action is a build");
    assert_eq!(inputs.len(), 6, "{inputs:?}");
    fingerprints
}

/// Fingerprints after all is built, so that every action has one.
fn usual() -> Vec<Value> {
    let place = several();
    place.run(&["run"]).expect(0);
    let usual = fingerprints(&place, &mut place.poly(&["plan", "--json"]));
    assert_eq!(usual.iter().filter(|fingerprint| fingerprint.is_object()).count(), 4);
    usual
}

/// The fingerprints of a run for which `edit` makes something differ.
fn with(edit: impl Fn(&Place, &mut Command)) -> Vec<Value> {
    let place = several();
    let mut build = place.poly(&["run"]);
    edit(&place, &mut build);
    place.finish(&mut build).expect(0);
    let mut plan = place.poly(&["plan", "--json"]);
    edit(&place, &mut plan);
    fingerprints(&place, &mut plan)
}

#[test]
fn times_and_places_do_not_count() {
    let old = SystemTime::now() - Duration::from_hours(100_000);
    let touched = with(|place, _| {
        for name in ["answer/source.wasm", "data/m/z", "pipeline.toml"] {
            let file = fs::File::options().append(true).open(place.root.join(name)).unwrap();
            file.set_modified(old).unwrap();
        }
    });
    // Each place is a temporary directory of its own.
    assert_eq!(touched, usual());
}

#[test]
fn language_and_time_zone_do_not_count() {
    let foreign = with(|_, poly| {
        poly.env("LANG", "de_DE.UTF-8").env("LC_ALL", "tr_TR.UTF-8").env("TZ", "Asia/Tokyo");
    });
    assert_eq!(foreign, usual());
}

#[test]
fn the_user_does_not_count() {
    let root = rustix::process::geteuid().is_root();
    let somebody = with(|place, poly| {
        let top = place.root.parent().unwrap();
        // Where poly was compiled, and where its repository is, somebody else may not look.
        let (own, tools) = (top.join("poly"), top.join("tools"));
        install(&EXECUTABLES, top);
        place.add(&repository().join("tests/tools/bin"), "../tools");
        *poly = by(&own, &[], poly);
        poly.env("PATH", format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()));
        poly.env("USER", "somebody").env("LOGNAME", "somebody").env("HOME", &place.home);
        // Whoever is not root cannot be somebody else.
        if root {
            assert!(
                Command::new("chown").args(["-R", "65534"]).arg(top).status().unwrap().success()
            );
            poly.uid(65534);
        }
    });
    assert_eq!(somebody, usual());
}

#[test]
fn the_mask_of_new_files_does_not_count() {
    let masked = with(|_, poly| {
        let script = ["-c", "umask 077; exec \"$0\" \"$@\""].map(OsStr::new);
        *poly = by(Path::new("sh"), &[script[0], script[1], poly.get_program()], poly);
    });
    assert_eq!(masked, usual());
}

/// A file system in memory lists a directory in the order, or the opposite one, in which its files
/// were made: also to the walk over inputs, which asks the kernel itself.
#[test]
fn the_order_of_directories_does_not_count() {
    let made = |names: &[&str]| {
        let place = several_in(Place::new_in(Path::new("/dev/shm")), names);
        let listed: Vec<_> = fs::read_dir(place.root.join("data")).unwrap().collect();
        let listed = listed.into_iter().map(|entry| entry.unwrap().file_name()).collect::<Vec<_>>();
        place.run(&["run"]).expect(0);
        (listed, fingerprints(&place, &mut place.poly(&["plan", "--json"])))
    };
    let mut names = DATA;
    let (listed, one) = made(&names);
    names.reverse();
    let (listed_otherwise, other) = made(&names);
    assert_ne!(listed, listed_otherwise, "the order must differ to show anything");
    assert_eq!(one, other);
    assert_eq!(one, usual());
}

/// The same of what is listed by the C library: a shim before it has an order of its own.
#[test]
fn the_order_of_listings_does_not_count() {
    let place = several();
    let shim = place.root.with_file_name("shuffle.so");
    let source = repository().join("tests/tools/shuffle.c");
    let made = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&shim).arg(source).status();
    assert!(made.unwrap().success());
    let shuffled = |command: &mut Command, seed: &str| {
        command.env("LD_PRELOAD", &shim).env("SHUFFLE", seed);
    };
    let listed = |seed| {
        let mut list = Command::new("ls");
        shuffled(list.arg("-U").arg(place.root.join("data")), seed);
        String::from_utf8(list.output().unwrap().stdout).unwrap()
    };
    let orders = ["1", "2", "3"].map(listed);
    assert!(orders.iter().any(|order| *order != orders[0]), "the order must differ: {orders:?}");
    for seed in ["1", "2", "3"] {
        assert_eq!(with(|_, poly| shuffled(poly, seed)), usual());
    }
}

/// The same command, started by another program, before whose arguments stand some more.
fn by(program: &Path, arguments: &[&OsStr], poly: &Command) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).args(poly.get_args()).current_dir(poly.get_current_dir().unwrap());
    command.envs(poly.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}
