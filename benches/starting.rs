//! How long the example takes to its first answer once everything is built, with the 18 MB of Python
//! inside and without: in this process by poly's host, as `poly run`, which becomes `poly-host run`, as
//! that from the beginning, and by the command line of wasmtime on the same composed file. Run with
//! `cargo bench --bench starting`; the toolchains must be there (`poly toolchain install`), and `wasmtime`
//! on PATH or named by `WASMTIME` for its rows.
//!
//! Rounds are interleaved; a table in Markdown shows medians. Files have been read before, so that no
//! disk is measured.

#[path = "shared/checkout.rs"]
mod checkout;
#[path = "shared/driver.rs"]
mod driver;
#[path = "shared/installed.rs"]
mod installed;
#[path = "shared/machine.rs"]
mod machine;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use checkout::Checkout;
use poly::check::Call;
use poly::host::{Engine, EngineOptions, Instance, Program};
use poly::manifest::{Grants, Limits};

/// How often each is started.
const ROUNDS: usize = 51;

const CALL: &str = "run(\"test query\")";

/// The example without its last stage.
const SHORTER: &str = r#"
[pipeline]
name = "rust-go"
wit = "wit"

[component.data-source]
path = "examples/pipeline-rust-go-python/data-source"
toolchain = "cargo-component"
world = "source"

[component.data-transform]
path = "examples/pipeline-rust-go-python/data-transform"
toolchain = "tinygo"
world = "transformer"

[flow.run]
steps = ["data-source/fetch-data", "data-transform/transform"]
"#;

/// The times of each way, in the order of the first round.
#[derive(Default)]
struct Times(Vec<(String, Vec<Duration>)>);

impl Times {
    fn note(&mut self, way: &str, took: Duration) {
        match self.0.iter_mut().find(|(known, _)| known == way) {
            Some((_, times)) => times.push(took),
            None => self.0.push((way.to_owned(), vec![took])),
        }
    }

    fn take(&mut self, way: &str, work: impl FnOnce() -> String) {
        let begun = Instant::now();
        let said = work();
        self.note(way, begun.elapsed());
        assert!(!said.trim().is_empty(), "{way} gave no answer");
    }
}

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let checkout = Checkout::of(&["pipeline.toml", "wit", "examples/pipeline-rust-go-python"]);
    fs::write(checkout.path().join("shorter.toml"), SHORTER).expect("writable");
    let wasmtime = Wasmtime::find(checkout.path());
    println!(
        "{}, {}\n",
        machine::machine(),
        wasmtime.as_ref().map_or("no wasmtime", |it| &it.version)
    );
    let poly = installed::install(checkout.path());
    let measured = ["pipeline.toml", "shorter.toml"]
        .map(|manifest| measure(&checkout, manifest, &poly, wasmtime.as_ref()));
    println!("| milliseconds to the first answer | Rust, Go, Python | Rust, Go |\n|---|---|---|");
    let [long, short] = measured;
    for ((way, long), (_, short)) in long.0.into_iter().zip(short.0) {
        println!("| {way} | {} | {} |", cell(long), cell(short));
    }
}

fn measure(checkout: &Checkout, manifest: &str, poly: &Path, wasmtime: Option<&Wasmtime>) -> Times {
    let (composed, machine_code) = checkout.driver(manifest, |driver| {
        let built = driver.build(true).expect("builds");
        (built.composed, built.precompiled.expect("it was asked for"))
    });
    let compiled = wasmtime.map(|wasmtime| wasmtime.compile(&composed));
    let mut times = Times::default();
    for round in 0..ROUNDS {
        in_process(&machine_code, &mut times);
        // A poly of former times did all by itself.
        let there = |name: &&str| poly.with_file_name(name).is_file();
        for name in ["poly", "poly-host"].into_iter().filter(there) {
            times.take(&format!("`{name} run`, a process"), || {
                let mut poly = Command::new(poly.with_file_name(name));
                poly.args(["run", "--quiet", "--manifest", manifest, CALL]);
                said(poly.current_dir(checkout.path()).env("POLY_CACHE_DIR", checkout::cache()))
            });
        }
        let (Some(wasmtime), Some(compiled)) = (wasmtime, &compiled) else { continue };
        times.take("`wasmtime run` of machine code, a process", || wasmtime.run(compiled));
        // It has a cache of its own, which is empty at first.
        let way = match round {
            0 => "`wasmtime run` of the component, for the first time",
            _ => "`wasmtime run` of the component, later",
        };
        times.take(way, || wasmtime.run(&composed));
    }
    times
}

/// What `poly run` does once nothing has to be built.
fn in_process(machine_code: &Path, times: &mut Times) {
    let begun = Instant::now();
    let engine = Engine::new(&EngineOptions::default()).expect("an engine");
    let program = Program::load(&engine, machine_code).expect("loads");
    let loaded = begun.elapsed();
    let limits = Limits::default();
    let started = Instance::start(&program, &Grants::default(), &limits, Path::new("/"));
    let mut instance = started.expect("starts");
    let started = begun.elapsed();
    let outcome = instance.call(&Call::parse(CALL).expect("a call")).expect("it fits");
    let called = begun.elapsed();
    assert!(outcome.is_return(), "{outcome:?}");
    times.note("poly's host, in a process that runs", called);
    times.note("– of that, an engine is made and the machine code loaded", loaded);
    times.note("– an instance is started", started.saturating_sub(loaded));
    times.note("– the call", called.saturating_sub(started));
}

/// The command line of wasmtime.
struct Wasmtime {
    path: PathBuf,
    version: String,
    place: PathBuf,
}

impl Wasmtime {
    /// Which keeps what it compiles in a directory.
    fn find(place: &Path) -> Option<Self> {
        let path = std::env::var_os("WASMTIME").map_or_else(|| "wasmtime".into(), PathBuf::from);
        let output = Command::new(&path).arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Some(Self { path, version, place: place.to_owned() })
    }

    fn compile(&self, component: &Path) -> PathBuf {
        let name = component.file_name().expect("a file");
        let to = self.place.join(name).with_extension("cwasm");
        let mut command = Command::new(&self.path);
        said(command.arg("compile").arg(component).arg("-o").arg(&to));
        to
    }

    fn run(&self, file: &Path) -> String {
        let mut command = Command::new(&self.path);
        command.args(["run", "-C", "cache", "--allow-precompiled", "--invoke", CALL]).arg(file);
        said(command.env("XDG_CACHE_HOME", &self.place))
    }
}

fn said(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("it starts");
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {wrong}");
    String::from_utf8(output.stdout).expect("text")
}

/// The median, and from where to where it went.
fn cell(mut times: Vec<Duration>) -> String {
    times.sort();
    let milliseconds = |index: usize| times[index].as_secs_f64() * 1e3;
    format!(
        "{:.2} ({:.2} to {:.2})",
        milliseconds(times.len() / 2),
        milliseconds(0),
        milliseconds(times.len() - 1)
    )
}
