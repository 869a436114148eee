//! What may be typed: clap types only.
//!
//! | file | what it has |
//! |---|---|
//! | here | all commands, and what holds for each of them |
//! | `build` | what is built, and what becomes of a failure |
//! | `call` | what is called, how it is run, and what is told of it |
//! | `cache`, `toolchain`, `wit` | commands that have commands of their own |
//! | `inner` | what programs say to poly, and no person |

mod build;
mod cache;
mod call;
mod inner;
mod toolchain;
mod wit;

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use build::{BuildOptions, FailureOptions, GraphFormat, LockOptions, Sbom};
pub use cache::{CacheCommand, GcOptions};
pub use call::{BenchOptions, CheckOptions, InteropOptions, RunOptions, RuntimeOptions};
pub use inner::{LinesOptions, PrecompileOptions, WizerOptions};
pub use toolchain::ToolchainCommand;
pub use wit::{DepsOptions, WitCommand};

/// Builds a repository of several languages into one WebAssembly component, runs it in a
/// sandbox and checks it.
#[derive(Debug, Parser)]
#[command(
    name = "poly",
    bin_name = "poly",
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

/// The same with `poly build` alone, and no help: what an executable understands that does nothing else.
/// To put all commands together takes a tenth of a millisecond, of the three of a small build with nothing to do.
#[derive(Debug, Parser)]
#[command(name = "poly", disable_help_flag = true, disable_help_subcommand = true)]
pub struct BuildCli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: BuildCommand,
}

/// `poly build`.
#[derive(Debug, Subcommand)]
pub enum BuildCommand {
    /// As [`Command::Build`].
    #[command(disable_help_flag = true)]
    Build(BuildOptions),
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
    #[arg(short, long, value_name = "N", global = true, env = "POLY_JOBS", value_parser = jobs)]
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

/// What to do.
// Each command's options are put together once it is named: those of all take a millisecond. So the help of a
// command begins with what is said of its options' type, which says the same as what stands here, for the list of
// all commands, and may say more.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Command {
    /// Build every component and compose them into one file
    Build(BuildOptions),
    /// Build, then make one call in the sandbox and print what it returns
    Run(RunOptions),
    /// Build, then make every call of the manifest's checks and compare
    Check(CheckOptions),
    /// Hold components that implement one interface against each other, with values that poly makes
    Interop(InteropOptions),
    /// Build, then make one call many times on one instance, and say what each takes
    Bench(BenchOptions),
    /// Say what would be built, and why (with --verbose, from which files, and who composes); starts no build
    Plan,
    /// Say why actions would run now, or else why they ran last: the file, variable, tool, flag or
    /// artifact that changed, old and new
    Why {
        /// A component, or what is made of all: compose, precompile [default: everything]
        what: Option<String>,
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
    /// Read lines of sources from the debug information of components, within a bound on memory; started
    /// where a component stopped
    #[command(hide = true)]
    Lines(LinesOptions),
    /// Wizer for componentize-js, with its command line, and the same bytes each time
    #[command(hide = true)]
    Wizer(WizerOptions),
}

/// A number within bounds. Where it is none, what was `expected` is said, and not what the parser
/// stumbled over.
fn number<N: FromStr + PartialOrd>(
    text: &str,
    bounds: RangeInclusive<N>,
    expected: &str,
) -> Result<N, String> {
    let found = text.trim().parse().ok().filter(|number| bounds.contains(number));
    found.ok_or_else(|| format!("expected {expected}"))
}

fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    let expected = "a whole number from 1, such as `4`, here or in `POLY_JOBS`";
    number(text, NonZeroUsize::MIN..=NonZeroUsize::MAX, expected)
}

#[cfg(test)]
mod tests {
    use std::iter;

    use clap::error::ErrorKind;
    use clap::{Arg, CommandFactory as _};

    use super::*;

    /// What is said to each option of a command, and of those below it, that refuses a value.
    fn refusals(command: &clap::Command, path: &[&str], value: &str, said: &mut Vec<String>) {
        let takes = |option: &&Arg| option.get_long().is_some() && option.get_num_args().is_some();
        for option in command.get_arguments().filter(takes) {
            let typed = format!("--{}={value}", option.get_long().expect("it has one"));
            let error = Cli::try_parse_from(path.iter().copied().chain([&*typed])).err();
            let is_about_value = |error: &clap::Error| {
                matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue)
            };
            said.extend(error.filter(is_about_value).map(|error| error.to_string()));
        }
        for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
            refusals(below, &[path, &[below.get_name()]].concat(), value, said);
        }
    }

    /// The help of a command and the list of all take it from different places.
    #[test]
    fn each_command_is_helped_with_by_what_the_list_of_all_says_of_it() {
        let listed = Cli::command();
        let mut built = listed.clone();
        built.build();
        for command in listed.get_subcommands() {
            let same = built.find_subcommand(command.get_name()).expect("it is there");
            let said = |command: &clap::Command| command.get_about().map(ToString::to_string);
            assert_eq!(said(command).expect("it has one"), said(same).expect("so does this"));
            let more = |command: &clap::Command| command.get_long_about().map(ToString::to_string);
            assert!(more(command).is_none() || more(command) == more(same));
        }
    }

    #[test]
    fn the_one_that_builds_understands_what_is_said_to_a_build_and_nothing_else() {
        let lines = [
            ("build", true),
            ("-C x --manifest build build --sbom=embed --keep-going", true),
            ("build -j 3 --no-install --locked --json --color never", true),
            ("--jobs=2 build --verify -v -C x", true),
            ("build --manifest run", true),
            ("", false),
            ("bui", false),
            ("run build", false),
            ("why build", false),
            ("--manifest build", false),
            ("build x", false),
            ("build --", true),
            ("-- build", false),
            ("build -j 0", false),
            ("build -q -v", false),
            ("build --sbom --verify", false),
            ("build --help", false),
            ("build -h", false),
            ("--help build", false),
            ("-V", false),
            ("build -V", false),
            ("help build", false),
            ("build --filter x", false),
        ];
        for (line, builds) in lines {
            let words = || iter::once("poly").chain(line.split_whitespace());
            let all = Cli::try_parse_from(words()).ok().and_then(|all| match all.command {
                Command::Build(options) => Some((all.global, options)),
                _ => None,
            });
            let alone = BuildCli::try_parse_from(words()).ok().map(|alone| {
                let BuildCommand::Build(options) = alone.command;
                (alone.global, options)
            });
            assert_eq!(format!("{all:?}"), format!("{alone:?}"), "{line}");
            assert_eq!(alone.is_some(), builds, "{line}");
        }
    }

    /// Once, clap said of a number that an invalid digit had been found in a string.
    #[test]
    fn a_value_that_is_refused_is_answered_with_one_that_is_not() {
        for value in ["?", "-1", "99999999999999999999999"] {
            let mut command = Cli::command();
            command.build();
            let mut said = Vec::new();
            refusals(&command, &["poly"], value, &mut said);
            let of = |option: &str| said.iter().any(|said| said.contains(option));
            for option in ["--jobs <N>", "--fuel[=<N>]", "--seed <N>", "--calls <N>", "--n <N>"] {
                assert!(of(option), "{option} takes {value}: {said:#?}");
            }
            for said in said {
                let helps = ["such as", "possible values", "the units are", "more than poly can"];
                assert!(helps.iter().any(|help| said.contains(help)), "{said}");
            }
        }
    }
}
