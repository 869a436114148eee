//! What may be typed: clap types only.

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::host::EngineOptions;
use crate::manifest::{Age, Bytes, OptLevel, Stack, Timeout};

/// Builds a repository of several languages into one WebAssembly component, runs it in a
/// sandbox and checks it.
#[derive(Debug, Parser)]
#[command(
    name = "poly",
    version,
    propagate_version = true,
    after_help = "A first session:\n  \
        poly plan       what would be built, and why\n  \
        poly why        what changed since the last build, or why that ran\n  \
        poly run        build what changed, make the first call of the manifest, check its result\n  \
        poly check      the same, and all other checks\n  \
        poly graph      what became of the components: links, flows, grants\n\n\
        Exit codes: 0 all is well; 1 a build or a check failed; 2 a wrong command line or manifest,\n\
        or a fault of poly's own or of its surroundings."
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What holds for every command.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Global {
    /// Run as if started in this directory
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// The manifest [default: pipeline.toml]
    #[arg(long, value_name = "FILE", global = true)]
    pub manifest: Option<PathBuf>,
    /// How many jobs run side by side, those of cargo and make counted with poly's own
    /// [default: one more than there are processors, where memory allows]
    #[arg(short, long, value_name = "N", global = true, env = "POLY_JOBS")]
    pub jobs: Option<NonZeroUsize>,
    /// Install no missing tools; say what is missing instead
    #[arg(long, global = true)]
    pub no_install: bool,
    /// Fail, before anything is built, where poly.lock says otherwise than what would be used;
    /// change no poly.lock
    #[arg(long, global = true)]
    pub locked: bool,
    /// One JSON object a line on standard output, instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Nothing on standard error but errors and warnings
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Show what tools write even when they succeed
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub color: Color,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How `poly graph` shows a composition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Lines for a terminal
    Tree,
    /// For Graphviz
    Dot,
    /// A Mermaid flowchart, for Markdown
    Mermaid,
    /// Data
    Json,
    /// A picture for light and dark pages
    Svg,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build every component and compose them into one file
    Build(BuildOptions),
    /// Build, then make one call in the sandbox and print what it returns
    Run(RunOptions),
    /// Build, then make every call of the manifest's checks and compare
    Check(CheckOptions),
    /// Hold components that implement one interface against each other, with values that poly makes
    ///
    /// Each `[interop.NAME]` of the manifest names some: they are built, not composed, and given the
    /// same calls, edge cases first. Where their answers differ, the smallest call that shows it is told,
    /// and printed as a `[[check]]` for the manifest. Exits with 1 if any differ.
    Interop(InteropOptions),
    /// Build, then make one call many times on one instance, and say what each takes
    ///
    /// Tells how the times of the calls are spread, the fuel of a call, the bytes that it copies across the
    /// host's boundary, and how memory grew. The limits of the manifest hold for each call.
    Bench(BenchOptions),
    /// Say what would be built, and why (with --verbose, from which files, and who composes); starts no build
    Plan,
    /// Say why actions would run now, or else why they ran last: the file, variable, tool, flag or
    /// artifact that changed, old and new
    Why {
        /// A component [default: all, and what is made of them]
        component: Option<String>,
    },
    /// Build what is missing and show the composition: components, links, flows, imports, grants
    Graph {
        /// How it is shown; --json is one object a line instead
        #[arg(long, value_name = "FORMAT", default_value = "tree", conflicts_with = "json")]
        format: GraphFormat,
    },
    /// Show the world, producers, sizes and nested parts of a WebAssembly file or of a component
    Inspect {
        /// A file, or the name of a component of the pipeline
        what: String,
    },
    /// Note in poly.lock which tools and libraries the pipeline is built with
    ///
    /// What is not in it is added, and what nothing needs any longer is removed; the rest stays as
    /// it is. Tools that are missing are installed first. Builds never change poly.lock.
    Lock(LockOptions),
    /// WIT as a contract: show it, check it, compare it with an older one, fetch what it uses
    #[command(subcommand)]
    Wit(WitCommand),
    /// The toolchains that poly knows, and the tools that they need
    #[command(subcommand)]
    Toolchain(ToolchainCommand),
    /// Say of each tool where it is, its version, and what to do where it is missing
    Doctor,
    /// Print the manifest's JSON schema
    Schema,
    /// Remove what poly made for this checkout; artifacts stay in the cache
    Clean,
    /// What is kept for all pipelines: how much it is, and how to have less of it
    #[command(subcommand)]
    Cache(CacheCommand),
    /// Compile a component for this machine, within a bound on memory; builds start it
    #[command(hide = true)]
    Precompile(PrecompileOptions),
    /// Wizer for componentize-js, with its command line, and the same bytes each time
    #[command(hide = true)]
    Wizer(WizerOptions),
}

/// What is called, how often, and beside what.
#[derive(Debug, Clone, Args)]
pub struct BenchOptions {
    /// A call in WAVE, such as 'run("some text")'
    pub call: String,
    /// How many calls count; one in a hundred is made before them to warm up
    #[arg(short, long = "n", value_name = "N", default_value = "100000")]
    pub number: NonZeroUsize,
    /// Make the call to this component of the pipeline, by itself [default: the composed component]
    #[arg(long, value_name = "NAME")]
    pub component: Option<String>,
    /// Beside it by turns, and as a ratio: another call, or the same call to another component of the
    /// pipeline by itself, or to a component in a file
    #[arg(long, value_name = "OTHER")]
    pub against: Option<String>,
}

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Say how much is kept, and within which bounds
    Stats,
    /// Remove what was not used for longest, until the rest is within the bounds
    ///
    /// A build does this by itself, at most once a day. What a running build needs stays.
    Gc(GcOptions),
    /// Read all artifacts and records, and remove those that are damaged
    ///
    /// The exit code is 1 if there were any. What was removed is made again when it is needed.
    Verify,
    /// Remove all of it; refused while a build runs
    Clear,
}

/// How much `poly cache gc` leaves.
#[derive(Debug, Clone, Copy, Args)]
pub struct GcOptions {
    /// The size of all that is kept, such as 2GiB [default: the user's config, or 10GiB]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<Bytes>,
    /// How long it may be unused, such as 7d [default: the user's config, or 30d]
    #[arg(long, value_name = "AGE")]
    pub age: Option<Age>,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
}

/// Which checks are made, and what becomes of the results.
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

/// What is built beside the component.
#[derive(Debug, Clone, Copy, Args)]
pub struct BuildOptions {
    /// Tell what the component was made of, and how: a bill of materials (CycloneDX) and a
    /// statement of provenance (in-toto, SLSA)
    #[arg(
        long,
        value_name = "WHERE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "files"
    )]
    pub sbom: Option<Sbom>,
    /// Build everything twice, from nothing and in circumstances that must not count, and compare
    ///
    /// The two builds have directories, file times, homes, time zones, processors and caches of their
    /// own. Where an artifact differs, it is shown in which section, function or data segment. Nothing is
    /// left behind. Exits with 1 if something differs that is not said to (`varies`).
    #[arg(long, conflicts_with = "sbom")]
    pub verify: bool,
    /// What a failure leads to.
    #[command(flatten)]
    pub failure: FailureOptions,
}

/// Where the bill of materials and the statement of provenance go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sbom {
    /// NAME.cdx.json and NAME.provenance.json, beside NAME.wasm
    Files,
    /// Custom sections of NAME.wasm
    Embed,
}

/// What is locked anew.
#[derive(Debug, Clone, Args)]
pub struct LockOptions {
    /// Take these tools and libraries as they are here, or as poly would install them, whatever
    /// poly.lock says [default: all]
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with = "locked")]
    pub upgrade: Option<Vec<String>>,
}

/// What `poly interop` calls.
#[derive(Debug, Clone, Args)]
pub struct InteropOptions {
    /// Names of `[interop.NAME]` [default: all]
    pub names: Vec<String>,
    /// What all values follow from; the same number makes the same calls [default: the manifest's, or 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u32>,
    /// How often each function is called [default: the manifest's, or 200]
    #[arg(long, value_name = "N")]
    pub calls: Option<NonZeroU32>,
}

/// What componentize-js says to the Wizer that it starts. Standard input goes to the initialiser.
#[derive(Debug, Clone, Args)]
pub struct WizerOptions {
    /// The module
    pub module: PathBuf,
    /// Where the snapshot goes
    #[arg(short, value_name = "FILE")]
    pub output: PathBuf,
    /// The exported function that is run
    #[arg(long, value_name = "NAME", default_value = "wizer-initialize")]
    pub init_func: String,
    /// A directory that it can read; it learns another name for it
    #[arg(long = "dir", value_name = "HOST")]
    pub directories: Vec<PathBuf>,
    /// A directory that it can read, by the name that it knows
    #[arg(long = "mapdir", value_name = "GUEST::HOST")]
    pub mapped: Vec<String>,
    /// Whether it sees variables: those of componentize-js's own
    #[arg(long, value_name = "BOOL", action = ArgAction::Set, default_value = "false")]
    pub inherit_env: bool,
    /// Give it WASI; without, nothing is done here
    #[arg(long, required = true)]
    pub allow_wasi: bool,
    /// Whether it copies memory in bulk, which it always may
    #[arg(long, value_name = "BOOL", default_value = "true", value_parser = ["true"])]
    pub wasm_bulk_memory: String,
}

/// What a build says to the poly that it starts to compile.
#[derive(Debug, Clone, Args)]
pub struct PrecompileOptions {
    /// The component
    pub component: PathBuf,
    /// Where the machine code goes
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// The engine that it is for, as JSON
    #[arg(long, value_name = "JSON")]
    pub engine: EngineOptions,
    /// Memory that compiling may take
    #[arg(long, value_name = "SIZE")]
    pub memory: Bytes,
}

/// What a failure leads to.
#[derive(Debug, Clone, Copy, Args)]
pub struct FailureOptions {
    /// After a failure, still do all that needs nothing that failed; the end says all failures
    #[arg(short, long)]
    pub keep_going: bool,
}

/// What is called, and what is told of it.
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
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true)]
    pub fuel: Option<Option<u64>>,
    /// How long a call may take, such as 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<Timeout>,
    /// Do the same on every machine and every time; refused where real clocks or randomness are granted
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub deterministic: Option<bool>,
}

/// What to do with toolchains.
#[derive(Debug, Subcommand)]
pub enum ToolchainCommand {
    /// The toolchains, and which tools of each are there
    List,
    /// Install the tools of these toolchains that are missing
    Install {
        /// Names of toolchains [default: those of the pipeline]
        names: Vec<String>,
    },
    /// Where poly keeps the tools that it installed
    Path,
    /// Build and run the self-test of these toolchains
    Test {
        /// Names of toolchains [default: those of the pipeline]
        names: Vec<String>,
    },
}

/// What to do with WIT.
#[derive(Debug, Subcommand)]
pub enum WitCommand {
    /// Print the world that a component or a WebAssembly file really has, as WIT text
    Show {
        /// A file, or the name of a component of the pipeline [default: the composed component]
        what: Option<String>,
    },
    /// Hold every component's world against its WIT, and all WIT against each other
    ///
    /// What is wrong is told on standard error. What would mend it is printed on standard output,
    /// as a patch for `git apply`; nothing is changed.
    Check,
    /// Say what changed since an older state, and whether the version says as much
    Compat {
        /// The newer state: a component of the pipeline, a directory of WIT, a `.wit` or a `.wasm`
        /// file [default: the pipeline's WIT, or its composed component if OLD is a component]
        what: Option<String>,
        /// The older state: a directory of WIT, a `.wit` file, or a `.wasm` file that is a
        /// component or holds a WIT package
        #[arg(long, value_name = "OLD")]
        against: PathBuf,
    },
    /// Print interfaces that give back what they are given, for every type of an interface
    ///
    /// They are WIT for a file beside the others. Components that implement them are held against
    /// their arguments by an `[interop.NAME]` with `echo = true`: does each value survive the language?
    Echo {
        /// An interface of the pipeline's WIT, or a directory or file of WIT [default: all of the pipeline's WIT]
        what: Option<String>,
    },
    /// Fetch the packages of `[wit-dependencies]` and what they use, and note them in poly.lock
    Deps(DepsOptions),
}

/// How WIT dependencies are fetched.
#[derive(Debug, Clone, Copy, Args)]
pub struct DepsOptions {
    /// Ask the registries anew, whatever poly.lock says
    #[arg(long, conflicts_with = "locked")]
    pub update: bool,
    /// Overwrite files of packages that somebody changed by hand
    #[arg(long, conflicts_with = "locked")]
    pub write: bool,
}
