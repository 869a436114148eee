//! Proof that the canonical pipeline comes out the same: ten builds in ten directories, each with a cold
//! cache of its own, on two file systems, under two users, with one and two processors. Prints a table
//! of the digests of all components and of what they compose to, and fails if any differs. Run as root
//! on Linux with `cargo bench --bench reproducible`; the toolchains must be there
//! (`poly toolchain install`).
//!
//! `poly build --verify` is the same idea with two builds, for every day and every pipeline.

#[path = "shared/driver.rs"]
mod driver;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use driver::{home, with_driver};
use poly_cache::Digest;

/// How many builds there are.
const BUILDS: usize = 10;

/// Mounts what its first six arguments say, in pairs, and becomes the others.
const MOUNT: &str =
    r#"mount --bind "$1" "$2"; mount --bind "$3" "$4"; mount --bind "$5" "$6"; shift 6; exec "$@""#;

/// The user `nobody`, by number.
const NOBODY: &str = "65534";

const COMPONENTS: [&str; 3] = ["data-source", "data-transform", "data-sink"];

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let home = home();
    let [disk, memory] = ["/var/tmp", "/dev/shm"].map(|directory| {
        let place = tempfile::Builder::new().prefix("reproducible-").tempdir_in(directory);
        let place = place.expect("a temporary directory");
        run(Command::new("chmod").arg("755").arg(place.path()));
        place
    });
    println!("{:>2}  {:10} {:7} {:>10} {:>7}  digests", "", "on", "as", "processors", "s");
    let mut seen = BTreeSet::new();
    for index in 0..BUILDS {
        // All eight combinations, and two of them again in other directories.
        let [other_place, other_user, one_processor] = [0, 1, 2].map(|bit| index >> bit & 1 == 1);
        let place = if other_place { memory.path() } else { disk.path() };
        let place = place.join("deeper/".repeat(index)).join(format!("build-{index}"));
        let build = Build { place, home: &home, other_user, one_processor };
        let started = Instant::now();
        let digests = build.run();
        println!(
            "{:>2}  {:10} {:7} {:>10} {:>7.1}  {}",
            index + 1,
            said(Command::new("stat").args(["-f", "-c", "%T"]).arg(&build.place)).trim(),
            if other_user { "nobody" } else { "root" },
            if one_processor { "1" } else { "all" },
            started.elapsed().as_secs_f64(),
            digests
                .iter()
                .map(|digest| digest.to_string()[..12].to_owned())
                .collect::<Vec<_>>()
                .join(" ")
        );
        fs::remove_dir_all(&build.place).expect("what was built can be removed");
        seen.insert(digests);
    }
    println!("in this order: {}, and what they compose to", COMPONENTS.join(", "));
    assert_eq!(seen.len(), 1, "the builds differ");
    println!("all {BUILDS} builds are equal, bit by bit");
}

/// One build, in a directory of its own.
struct Build<'a> {
    place: PathBuf,
    home: &'a Path,
    other_user: bool,
    one_processor: bool,
}

impl Build<'_> {
    /// Builds, and returns the digests of the components and of what they compose to.
    fn run(&self) -> Vec<Digest> {
        let checkout = self.place.join("checkout");
        fs::create_dir_all(&checkout).expect("a writable directory");
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in ["pipeline.toml", "wit", "examples"] {
            run(Command::new("cp").arg("-r").arg(repository.join(name)).arg(&checkout));
        }
        let poly = text(&self.place.join("poly"));
        fs::copy(env!("CARGO_BIN_EXE_poly"), &poly).expect("a writable directory");
        let mut words: Vec<&str> = Vec::new();
        if self.one_processor {
            words.extend(["taskset", "-c", "0"]);
        }
        let own = std::env::var("HOME").expect("a home");
        let own = |variable: &str, usual: &str| {
            let named = std::env::var(variable).map(PathBuf::from);
            named.unwrap_or_else(|_| Path::new(&own).join(usual))
        };
        let [home, temporary] = ["home", "tmp"].map(|name| self.place.join(name));
        let tools = home.join("poly");
        let mounts = [
            (own("CARGO_HOME", ".cargo"), home.join(".cargo")),
            (own("RUSTUP_HOME", ".rustup"), home.join(".rustup")),
            (self.home.to_owned(), tools.clone()),
        ];
        let mounts: Vec<String> =
            mounts.iter().flat_map(|(from, to)| [text(from), text(to)]).collect();
        if self.other_user {
            for directory in [&home.join(".cargo"), &home.join(".rustup"), &tools, &temporary] {
                fs::create_dir_all(directory).expect("a writable directory");
            }
            run(Command::new("chown").args(["-R", NOBODY]).arg(&self.place));
            // The tools are in the home of root, where nobody else may look.
            words.extend(["unshare", "--mount", "sh", "-ec", MOUNT, "sh"]);
            words.extend(mounts.iter().map(String::as_str));
            words.extend(["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
        }
        words.extend([&*poly, "build", "--no-install", "--quiet"]);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(&checkout);
        command.env("POLY_HOME", self.home).env("POLY_CACHE_DIR", self.place.join("cache"));
        if self.other_user {
            let path = std::env::var("PATH").unwrap_or_default();
            let path = format!("{}:{path}", home.join(".cargo/bin").display());
            command.env("PATH", path).env("POLY_HOME", &tools).env("TMPDIR", &temporary);
            command.env("HOME", &home).env_remove("CARGO_HOME").env_remove("RUSTUP_HOME");
        }
        run(&mut command);
        let manifest = checkout.join("pipeline.toml");
        let cache = self.place.join("cache");
        let mut digests = with_driver(&manifest, cache, self.home.to_owned(), |driver| {
            let component = |name: &&str| {
                let path = driver.adapted(name).expect("a whole cache").expect("it was built");
                Digest::of_file(&path).expect("it is there")
            };
            COMPONENTS.iter().map(component).collect::<Vec<Digest>>()
        });
        digests.push(
            Digest::of_file(&checkout.join("target/poly/rust-go-python.wasm"))
                .expect("it was built"),
        );
        digests
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in Unicode").to_owned()
}

fn run(command: &mut Command) {
    said(command);
}

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{told}{wrong}");
    told
}
