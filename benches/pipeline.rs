//! What the canonical pipeline costs: each stage on a cold cache, poly's own part of it, and a
//! build and a run with nothing to do. Run with `cargo bench --bench pipeline`; the toolchains
//! must be there (`poly toolchain install`).
//!
//! Poly's own part is the wall-clock time of the whole build less the time for which at least
//! one tool was running, as a share of the whole, from one and the same run.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How often what takes milliseconds is run; the median is shown.
const WARM_RUNS: usize = 21;

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

    let (whole, events) = timed(place.path(), &["build", "--json", "--no-install"]);
    println!("{:<28} {:>10} {:>10}", "cold build", "ms", "tools ms");
    let mut working = Vec::new();
    for event in events.iter().filter(|event| event["event"] == "finished") {
        let [elapsed, tools, ended] = ["milliseconds", "tool-milliseconds", "ended-at"]
            .map(|field| event[field].as_u64().unwrap_or(0));
        println!("{:<28} {elapsed:>10} {tools:>10}", event["action"].as_str().unwrap_or(""));
        if tools > 0 {
            working.push((ended.saturating_sub(elapsed), ended.saturating_sub(elapsed) + tools));
        }
    }
    let tools = covered(working);
    let own = whole.as_millis().saturating_sub(u128::from(tools));
    println!("{:<28} {:>10} {tools:>10}", "whole", whole.as_millis());
    println!("poly's own part: {own} ms, {:.1} % of the build\n", percent(own, whole.as_millis()));

    let (compiled, _) = timed(place.path(), &["run", "--json", "--no-install"]);
    println!("first run, which compiles    {:>10} ms", compiled.as_millis());
    for arguments in [&["build", "--quiet"][..], &["run", "--quiet"][..], &["plan"][..]] {
        let mut times: Vec<Duration> =
            (0..WARM_RUNS).map(|_| timed(place.path(), arguments).0).collect();
        times.sort();
        println!(
            "nothing to do: {:<13} {:>10.1} ms (median of {WARM_RUNS}; {:.1} to {:.1})",
            arguments[0],
            times[WARM_RUNS / 2].as_secs_f64() * 1e3,
            times[0].as_secs_f64() * 1e3,
            times[WARM_RUNS - 1].as_secs_f64() * 1e3,
        );
    }
}

/// One run of poly on a cache of this directory's own.
fn timed(place: &Path, arguments: &[&str]) -> (Duration, Vec<Value>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_poly"));
    command.args(arguments).current_dir(place).env("POLY_CACHE_DIR", place.join("cache"));
    let started = Instant::now();
    let output = command.output().expect("poly starts");
    let elapsed = started.elapsed();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    (elapsed, said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// How many milliseconds at least one of these spans covers.
fn covered(mut spans: Vec<(u64, u64)>) -> u64 {
    spans.sort_unstable();
    let (mut total, mut reached) = (0, 0);
    for (from, to) in spans {
        total += to.saturating_sub(from.max(reached));
        reached = reached.max(to);
    }
    total
}

#[expect(clippy::cast_precision_loss, reason = "one decimal place is shown")]
fn percent(part: u128, whole: u128) -> f64 {
    100.0 * part as f64 / whole as f64
}
