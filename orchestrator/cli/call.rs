//! What is called, how it is compiled and run, and what is told of it.
//!
//! What is said of the options of a command is what its help begins with (see [`Command`](super::Command)).

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::{FailureOptions, number};
use crate::manifest::{Interop, OptLevel, Stack, Timeout};

/// Build, then make one call in the sandbox and print what it returns
#[derive(Debug, Clone, Args)]
pub struct RunOptions {
    /// What a failure leads to.
    #[command(flatten)]
    pub failure: FailureOptions,
    /// How the component is compiled and run.
    #[command(flatten)]
    pub runtime: RuntimeOptions,
    /// Write where the call spends its time: a profile for the Firefox profiler and a flame graph.
    /// The call is repeated on the same instance until a second has passed [default DIR: target/poly]
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub profile: Option<Option<PathBuf>>,
    /// Tell each call from one component to another: what it was given, what came back, how long it
    /// took and how much fuel. The components are linked by poly then, and not by composing
    #[arg(long, conflicts_with = "profile")]
    pub trace_calls: bool,
    /// A call in WAVE, such as 'run("some text")', or '-' to read it from standard input
    /// [default: the manifest's first check, which is then checked as well; with --profile or
    /// --trace-calls the first call of it, unchecked]
    pub call: Option<String>,
}

/// How the component is compiled and run, in the place of what `[run]` and `[limits]` say.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Runtime options, in place of the manifest's")]
pub struct RuntimeOptions {
    /// What the compiler takes time for
    #[arg(long, value_name = "LEVEL")]
    pub opt_level: Option<OptLevel>,
    /// Give floats that are no numbers the same bits on every machine
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub nan_canonicalization: Option<bool>,
    /// Stack for the component's own calls, such as 4MiB
    #[arg(long, value_name = "SIZE")]
    pub stack: Option<Stack>,
    /// Count fuel, and end a call that uses more than N
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, value_parser = fuel)]
    pub fuel: Option<Option<u64>>,
    /// How long a call may take, such as 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<Timeout>,
    /// Do the same on every machine and every time; refused where real clocks or randomness are granted
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub deterministic: Option<bool>,
}

/// Build, then make every call of the manifest's checks and compare
#[derive(Debug, Clone, Args)]
pub struct CheckOptions {
    /// Make only the checks that have this text in their name, their call or their component; may be
    /// given several times
    #[arg(long, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Make no further check after one that fails
    #[arg(long)]
    pub fail_fast: bool,
    /// Write the results to this file as well, as JUnit XML for CI services
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Rewrite what the manifest expects (`returns`, `stdout`, `stderr`) to what is, and print the
    /// change
    ///
    /// Comments and layout stay. A check that traps, or fails in anything else, stays as it is, and
    /// failed.
    #[arg(long, conflicts_with_all = ["junit", "fail_fast"])]
    pub update: bool,
    /// What a failure leads to.
    #[command(flatten)]
    pub failure: FailureOptions,
    /// How the component is compiled and run.
    #[command(flatten)]
    pub runtime: RuntimeOptions,
}

/// Hold components that implement one interface against each other, with values that poly makes
///
/// Each `[interop.NAME]` of the manifest names some: they are built, not composed, and given the
/// same calls, edge cases first. Where their answers differ, the smallest call that shows it is told,
/// and printed as a `[[check]]` for the manifest. Exits with 1 if any differ.
#[derive(Debug, Clone, Args)]
pub struct InteropOptions {
    /// Names of `[interop.NAME]` [default: all]
    pub names: Vec<String>,
    /// What all values follow from; the same number makes the same calls [default: the manifest's, or 1]
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u32>,
    /// How often each function is called [default: the manifest's, or 200]
    #[arg(long, value_name = "N", value_parser = interop_calls)]
    pub calls: Option<u32>,
}

/// Build, then make one call many times on one instance, and say what each takes
///
/// Tells how the times of the calls are spread, the fuel of a call, the bytes that it copies across the
/// host's boundary, and how memory grew. The limits of the manifest hold for each call.
#[derive(Debug, Clone, Args)]
pub struct BenchOptions {
    /// A call in WAVE, such as 'run("some text")'
    pub call: String,
    /// How many calls count, at most 100,000,000; one in a hundred is made before them to warm up
    #[arg(short, long = "n", value_name = "N", default_value = "100000", value_parser = bench_calls)]
    pub number: NonZeroUsize,
    /// Make the call to this component of the pipeline, by itself [default: the composed component]
    #[arg(long, value_name = "NAME")]
    pub component: Option<String>,
    /// Beside it by turns, and as a ratio: another call, or the same call to another component of the
    /// pipeline by itself, or to a component in a file
    #[arg(long, value_name = "OTHER")]
    pub against: Option<String>,
}

fn fuel(text: &str) -> Result<u64, String> {
    number(text, 0..=u64::MAX, "a whole number, such as `1000000`")
}

fn seed(text: &str) -> Result<u32, String> {
    number(text, 0..=u32::MAX, "a whole number up to 4294967295, such as `7`")
}

fn interop_calls(text: &str) -> Result<u32, String> {
    number(text, 1..=Interop::MOST_CALLS, "a whole number from 1 to 1,000,000, such as `500`")
}

/// A number of calls whose times fit into memory.
fn bench_calls(text: &str) -> Result<NonZeroUsize, String> {
    let most = NonZeroUsize::new(100_000_000).expect("that is some");
    number(text, NonZeroUsize::MIN..=most, "a whole number from 1 to 100,000,000, such as `1000`")
}
