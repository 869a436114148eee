//! Why a command ends early, and the exit code that says it.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use thiserror::Error;

use crate::build::{BuildError, ProjectError};
use crate::check::CallSyntaxError;
use crate::component::inspect::InspectError;
use crate::component::wit::{UnknownWorld, WitError};
use crate::component::world::WorldError;
use crate::config::ConfigError;
use crate::contract::SubjectError;
use crate::dependencies::DependencyError;
use crate::host::{CallError, EngineError, LoadError, SnapshotError, StartError};
use crate::interop::EchoError;
use crate::manifest::ManifestError;
use crate::toolchain::ToolchainError;

/// Why a command ends early.
#[derive(Debug, Error, Diagnostic)]
pub enum CommandError {
    /// The build ended early.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Build(#[from] BuildError),
    /// The pipeline cannot be opened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// The manifest is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// The user's settings are wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] Box<ConfigError>),
    /// A toolchain file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Toolchain(#[from] ToolchainError),
    /// A file is not WebAssembly that can be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Inspect(#[from] InspectError),
    /// What was to be called is not a call.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Syntax(#[from] CallSyntaxError),
    /// The engine cannot be set up.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] EngineError),
    /// Compiled code cannot be loaded.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Load(#[from] LoadError),
    /// The component cannot be started with what it is granted.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Start(#[from] StartError),
    /// A call cannot be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Call(#[from] CallError),
    /// No snapshot can be taken.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A call was made and did not come back.
    #[error("`{call}` did not return: {ending}")]
    Ended {
        /// The call.
        call: String,
        /// How it ended.
        ending: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// One of many calls did not come back.
    #[error("`{call}` to `{to}` did not return after {done} that did: {ending}")]
    BenchEnded {
        /// The call.
        call: String,
        /// What it was made to.
        to: String,
        /// How many returned before it.
        done: usize,
        /// How it ended.
        ending: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// Nothing that a call can be compared with.
    #[error(
        "`{what}` is no call, for it has no parentheses, and neither a component of the pipeline nor a file"
    )]
    #[diagnostic(help("{nearest}"))]
    NothingToCompare {
        /// What was typed.
        what: String,
        /// What may have been meant.
        nearest: String,
    },
    /// A file that is not a component.
    #[error("`{}` is not a component", path.display())]
    #[diagnostic(help(
        "`poly inspect` shows what it is; poly makes components of the pipeline's own core modules"
    ))]
    NoComponent {
        /// The file.
        path: PathBuf,
    },
    /// The executable that does all but build cannot be started.
    #[error("cannot start `{}`, which does all that is not `poly build`", path.display())]
    #[diagnostic(help(
        "the executables `poly` and `poly-host` belong side by side in one directory, wherever links to them \
         are, and come from one build: `cargo install --locked --path .`, in poly's sources, puts both there"
    ))]
    NoHost {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// There is nothing to call.
    #[error("there is nothing to run: the manifest has no check, and no call was given")]
    #[diagnostic(help("{functions}"))]
    NothingToCall {
        /// What could be called.
        functions: String,
    },
    /// No `[interop.NAME]`.
    #[error("there is nothing to hold against each other: the manifest has no `[interop.NAME]`")]
    #[diagnostic(help(
        "write one with `components = [...]`, and `interface` for what they all export"
    ))]
    NoInterop,
    /// No `[interop.NAME]` of this name.
    #[error("the manifest has no `[interop.{name}]`")]
    #[diagnostic(help("{nearest}"))]
    UnknownInterop {
        /// What was typed.
        name: String,
        /// What may have been meant.
        nearest: String,
    },
    /// What is to be compared is not to be shown.
    #[error("what `{call}` returned has a secret in it")]
    #[diagnostic(help(
        "values are compared as they are shown, and this is none without the secret: leave \
         `secrets` out of the grants of `[interop]`, or set one that is in no value"
    ))]
    SecretReturned {
        /// The call.
        call: String,
    },
    /// No echo can be made.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Echo(#[from] EchoError),
    /// No such toolchain.
    #[error("no toolchain is called `{name}`")]
    #[diagnostic(help("{nearest}"))]
    UnknownToolchain {
        /// What was typed.
        name: String,
        /// What may have been meant.
        nearest: String,
    },
    /// Nothing of that name in the lock file.
    #[error("nothing that is locked is called `{name}`")]
    #[diagnostic(help("{nearest}"))]
    NothingToUpgrade {
        /// What was typed.
        name: String,
        /// What may have been meant.
        nearest: String,
    },
    /// Neither a component nor what is made of all.
    #[error("nothing that is made here is called `{name}`")]
    #[diagnostic(help("{nearest}"))]
    NothingToExplain {
        /// What was typed.
        name: String,
        /// What may have been meant.
        nearest: String,
    },
    /// No such component.
    #[error("no component is called `{name}`")]
    #[diagnostic(help("{nearest}"))]
    UnknownComponent {
        /// What was typed.
        name: String,
        /// What may have been meant.
        nearest: String,
    },
    /// Nothing of that name to inspect.
    #[error("`{what}` is neither a file nor a component that was built")]
    #[diagnostic(help("{help}"))]
    NothingToInspect {
        /// What was typed.
        what: String,
        /// What to do.
        help: String,
    },
    /// No check is meant.
    #[error("no check has `{filter}` in its name, its call or its component")]
    #[diagnostic(help("{checks}"))]
    NoSuchCheck {
        /// What was typed.
        filter: String,
        /// What there is.
        checks: String,
    },
    /// A file is to be written where there is no directory.
    #[error("cannot write `{}`: there is no directory `{}`", file.display(), directory.display())]
    #[diagnostic(help("make it first, or name a file in another"))]
    NoDirectory {
        /// The file.
        file: PathBuf,
        /// The directory.
        directory: PathBuf,
    },
    /// Something else is in the place of a file that is to be written.
    #[error("cannot write `{}`: it is there, and is no file", path.display())]
    #[diagnostic(help("name another file"))]
    NotAFile {
        /// The place.
        path: PathBuf,
    },
    /// The manifest was edited while checks were made.
    #[error("`{}` was changed while its checks were made; nothing was written to it", path.display())]
    #[diagnostic(help("run `poly check --update` again"))]
    ManifestChanged {
        /// The manifest.
        path: PathBuf,
    },
    /// Two contracts cannot be compared.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Compare(#[from] SubjectError),
    /// There is no contract in a file.
    #[error("cannot read a contract from `{path}`")]
    Contract {
        /// The file.
        path: String,
        /// Why.
        #[source]
        #[diagnostic_source]
        source: SubjectError,
    },
    /// WIT text that is not a package.
    #[error("the WIT in `{directory}` cannot be used")]
    Wit {
        /// Its directory or file.
        directory: String,
        /// What is wrong.
        #[source]
        #[diagnostic_source]
        source: WitError,
    },
    /// A component's world cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    World(#[from] WorldError),
    /// There is no such world.
    #[error(transparent)]
    #[diagnostic(transparent)]
    UnknownWorld(#[from] UnknownWorld),
    /// WIT dependencies cannot be brought.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Dependencies(#[from] DependencyError),
    /// A file or directory that poly needs cannot be used.
    #[error("cannot {doing} `{}`", path.display())]
    System {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The user's settings are not where a variable says.
    #[error("cannot read `{}`, which `POLY_CONFIG` names", path.display())]
    #[diagnostic(help(
        "unset `POLY_CONFIG`, or name a file that can be read (docs/cache.md says what it may hold)"
    ))]
    NoConfig {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Nobody says where files of a user go.
    #[error("there is no home directory to keep the cache and the tools in")]
    #[diagnostic(help("set POLY_CACHE_DIR and POLY_HOME"))]
    NoHome,
}

impl CommandError {
    /// 1 if a build or a check failed; 2 if the command line, the manifest or poly's own
    /// surroundings are at fault.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Build(error) if !error.is_usage() => 1,
            Self::Dependencies(error) if error.is_failure() => 1,
            Self::Ended { .. } | Self::BenchEnded { .. } | Self::Start(_) | Self::Snapshot(_) => 1,
            _ => 2,
        }
    }
}
