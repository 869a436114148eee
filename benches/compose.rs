//! What composing the canonical example costs, with the 18 MB of Python inside. Run with
//! `cargo bench --bench compose`; the toolchains must be there (`poly toolchain install`).
//!
//! In-process: the stages of the compose action, bytes in memory to bytes in memory, by either
//! engine, and what validating everything would cost instead of validating what is new. Beside
//! them, as processes on the same adapted components, `wac` and `wasm-tools`, where they are on
//! PATH. All rounds of all candidates are interleaved in one run; the medians are shown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use poly::component::compose::{Engine, compose};
use poly::component::flow::{FlowSource, generate};
use poly::component::wiring::wire;
use poly::component::{Part, audit};

/// How often each candidate runs.
const ROUNDS: usize = 31;

const PARTS: [&str; 3] = ["data-source", "data-transform", "data-sink"];

type Times = BTreeMap<String, Vec<Duration>>;

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let place = tempfile::tempdir().expect("a temporary directory");
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["pipeline.toml", "wit", "examples"] {
        let copied =
            Command::new("cp").arg("-r").arg(repository.join(name)).arg(place.path()).status();
        assert!(copied.expect("cp starts").success());
    }
    poly(place.path(), &["build", "--quiet"]);
    let files: Vec<PathBuf> = PARTS.iter().map(|name| adapted(place.path(), name)).collect();
    let bytes: Vec<Vec<u8>> =
        files.iter().map(|file| fs::read(file).expect("an adapted component")).collect();
    let size: usize = bytes.iter().map(Vec::len).sum();

    let peers = Peers::new(place.path(), &files, &bytes);
    let mut times = Times::new();
    for _ in 0..ROUNDS {
        for engine in [Engine::WasmCompose, Engine::WacGraph] {
            in_process(&bytes, engine, &mut times);
        }
        peers.run(&mut times);
        timed(&mut times, "poly build, nothing to do (process)", || {
            poly(place.path(), &["build", "--quiet"]);
        });
    }
    println!("composing {} parts, {} KB", PARTS.len(), size / 1000);
    println!("{:<52} {:>8} {:>8} {:>8}", "median of 31, ms", "median", "least", "most");
    for (what, mut times) in times {
        times.sort();
        let milliseconds = |index: usize| times[index].as_secs_f64() * 1e3;
        println!(
            "{what:<52} {:>8.1} {:>8.1} {:>8.1}",
            milliseconds(times.len() / 2),
            milliseconds(0),
            milliseconds(times.len() - 1)
        );
    }
}

/// The flow of the canonical example.
fn flow() -> FlowSource {
    let stages = ["data-source/fetch-data", "data-transform/transform", "data-sink/store"];
    FlowSource::chain("run", &stages)
}

/// The stages of the compose action.
fn in_process(bytes: &[Vec<u8>], engine: Engine, times: &mut Times) {
    let begun = Instant::now();
    let parts: Vec<Part<'_>> = timed(times, "1 worlds of the parts", || {
        let parts = PARTS.iter().zip(bytes);
        parts.map(|(name, bytes)| Part::new(*name, bytes.as_slice()).expect("decodes")).collect()
    });
    let (flow, wiring) = timed(times, "2 flow and links", || {
        let flow = generate(&[flow()], &parts, &[]).expect("a flow");
        let wiring = wire(&parts, flow.as_ref(), &[]).expect("links");
        (flow, wiring)
    });
    let composed = timed(times, &format!("3 {engine}, what is new validated"), || {
        compose(&parts, flow.as_ref(), &wiring, Some(engine)).expect("composes")
    });
    timed(times, "4 audit", || audit::audit(&composed.outline, &parts).expect("passes"));
    times.entry(format!("all four, {engine}")).or_default().push(begun.elapsed());
    timed(times, "for comparison: validating all of it", || {
        wasmparser::Validator::new().validate_all(&composed.bytes).expect("valid")
    });
}

/// The same parts and the same flow component by other composers, as their users run them: files
/// in, a file out.
struct Peers {
    commands: Vec<(&'static str, Vec<String>)>,
}

impl Peers {
    fn new(place: &Path, files: &[PathBuf], bytes: &[Vec<u8>]) -> Self {
        let parts: Vec<Part<'_>> = PARTS
            .iter()
            .zip(bytes)
            .map(|(name, bytes)| Part::new(*name, bytes.as_slice()).expect("decodes"))
            .collect();
        let flow = generate(&[flow()], &parts, &[]).expect("a flow").expect("one");
        let path = |name: &str| place.join(name).display().to_string();
        fs::write(place.join("flow.wasm"), &flow.part.bytes).expect("writable");

        let mut wac = "package poly:bench;\n".to_owned();
        let mut tools = "dependencies:\n".to_owned();
        let mut dependencies = vec![format!("--dep=poly:flow={}", path("flow.wasm"))];
        for (name, file) in PARTS.iter().zip(files) {
            let _ = writeln!(wac, "let {name} = new poly:{name} {{ ... }};");
            let _ = writeln!(tools, "  {name}: {}", file.display());
            dependencies.push(format!("--dep=poly:{name}={}", file.display()));
        }
        wac += "let whole = new poly:flow {\n";
        tools += "instantiations:\n  root:\n    arguments:\n";
        for link in &flow.links {
            let (import, provider) = (&link.import, &link.provider);
            let export = link.export.as_deref().expect("the example exports interfaces");
            let _ = writeln!(wac, "  {import}: {provider}[\"{export}\"],");
            let _ = writeln!(tools, "      {import}:\n        instance: {provider}");
            let _ = writeln!(tools, "        export: {export}");
        }
        wac += "  ...\n};\nexport whole.run;\n";
        fs::write(place.join("script.wac"), wac).expect("writable");
        fs::write(place.join("config.yml"), tools).expect("writable");

        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let mut compose: Vec<String> = words(&["compose", "-o"]);
        compose.extend([path("wac.wasm"), path("script.wac")]);
        compose.extend(dependencies);
        let mut config: Vec<String> = words(&["compose", "-c"]);
        config.extend([path("config.yml"), path("flow.wasm"), "-o".into(), path("tools.wasm")]);
        let there = |(name, _): &(&str, _)| {
            Command::new(name).arg("--version").output().is_ok_and(|ran| ran.status.success())
        };
        let commands = [("wac", compose), ("wasm-tools", config)];
        Self { commands: commands.into_iter().filter(there).collect() }
    }

    fn run(&self, times: &mut Times) {
        for (name, arguments) in &self.commands {
            let output = timed(times, &format!("{name} compose (process)"), || {
                Command::new(name).args(arguments).output().expect("it starts")
            });
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{name} {arguments:?}: {said}");
        }
    }
}

fn timed<T>(times: &mut Times, what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    times.entry(what.to_owned()).or_default().push(begun.elapsed());
    done
}

/// The file of a component in the store.
fn adapted(place: &Path, component: &str) -> PathBuf {
    let said = poly(place, &["inspect", component]);
    let (path, _) = said.split_once(": component").expect("a component");
    place.join(path)
}

fn poly(place: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poly"));
    let output = command.args(arguments).current_dir(place).output().expect("poly starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "poly {arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("text")
}
