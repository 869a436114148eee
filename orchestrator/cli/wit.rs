//! WIT as a contract.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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
