//! Why a build ends early: the errors of all its stages, as one.

use std::io;

use miette::Diagnostic;
use poly_cache::StoreError;
use thiserror::Error;

use super::compile::CompileError;
use super::outputs::OutputError;
use super::project::ProjectError;
use super::recipe::RecipeError;
use crate::component::PartError;
use crate::component::adapt::AdaptError;
use crate::component::audit::AuditError;
use crate::component::compose::ComposeError;
use crate::host::EngineError;
use crate::lock::{Difference, FILE};
use crate::manifest::ManifestError;
use crate::toolchain::{InstallError, ToolError};

/// Why a build ends early.
#[derive(Debug, Error, Diagnostic)]
pub enum BuildError {
    /// The pipeline cannot be opened.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    /// The manifest says something that does not fit what was built.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// The stages of a flow do not fit; shown at their line of the manifest.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Flow(ManifestError),
    /// The cache cannot be used.
    #[error(transparent)]
    #[diagnostic(help("{}", store_remedy(.0)))]
    Store(#[from] StoreError),
    /// A tool is missing, or could not be installed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Tool(#[from] ToolError),
    /// A component could not be built.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Recipe(#[from] Box<RecipeError>),
    /// What was built is not a component of its world.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Adapt(#[from] Box<AdaptFailure>),
    /// A component's world cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Part(#[from] Box<PartError>),
    /// The components do not fit; shown where the manifest names them.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wiring(ManifestError),
    /// The composer refused.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Compose(#[from] Box<ComposeError>),
    /// The composed component asks for what nobody has.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Audit(#[from] Box<AuditError>),
    /// This machine has no engine.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Engine(#[from] Box<EngineError>),
    /// A component cannot be compiled for this machine.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Compile(#[from] Box<CompileError>),
    /// An artifact in the cache is not what was put there; it has been removed.
    #[error("artifact {digest} in the cache is damaged")]
    #[diagnostic(help("it was removed; run the command again"))]
    Damaged {
        /// The artifact.
        digest: poly_cache::Digest,
    },
    /// Somebody else could plant machine code.
    #[error("the cache directory `{}` {why}", path.display())]
    #[diagnostic(help(
        "machine code is kept there and run, so it must be yours alone: `chmod 700` it if you trust \
         what is in it, or set POLY_CACHE_DIR to a directory of your own"
    ))]
    Exposed {
        /// The root of the store.
        path: std::path::PathBuf,
        /// What is the matter with it.
        why: &'static str,
    },
    /// A file cannot be left in the pipeline.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Output(#[from] OutputError),
    /// A file of poly's own cannot be written.
    #[error("cannot write `{}`", path.display())]
    #[diagnostic(help("{}", write_remedy(source)))]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The lock file says otherwise than what would be used.
    #[error("`{FILE}` is not what this would be built with\n{}", lines(differences))]
    #[diagnostic(help(
        "`poly lock` adds what is not in it, `poly lock --upgrade NAME` takes what is here, \
         `poly wit deps` fetches packages; without `--locked` these are warnings"
    ))]
    NotLocked {
        /// Each of them.
        differences: Vec<Difference>,
    },
    /// Several actions failed at once.
    #[error("{} actions failed", failures.len())]
    Several {
        /// Each.
        #[related]
        failures: Vec<BuildError>,
    },
}

/// What was built for a component is not a component of its world.
#[derive(Debug, Error, Diagnostic)]
#[error("cannot adapt `{component}`")]
pub struct AdaptFailure {
    /// The component.
    pub component: String,
    /// Why.
    #[source]
    #[diagnostic_source]
    pub source: AdaptError,
}

fn lines(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn store_remedy(error: &StoreError) -> &'static str {
    match error {
        StoreError::Full { .. } => {
            "make room there (`poly cache gc --size 1GiB` may), or set POLY_CACHE_DIR to a \
             directory on another disk"
        }
        StoreError::InUse { .. } => {
            "wait for it; `poly cache gc --size 0` removes what it does not need"
        }
        StoreError::Unusable { .. } | StoreError::Unserialisable { .. } => {
            "set POLY_CACHE_DIR to a directory that can be written"
        }
        StoreError::Write { .. } | StoreError::Read { .. } | StoreError::Lock { .. } => {
            "`poly cache verify` removes what is damaged, and `poly cache clear` all there is; or set \
             POLY_CACHE_DIR to a directory that can be written"
        }
    }
}

/// What to do about a file that cannot be written where poly keeps its own.
pub(super) fn write_remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "there is no space left: make room on that disk, and run the command again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "poly must be able to write there: see who owns it and what is permitted"
        }
        _ => "what is there is poly's own: remove it, and run the command again",
    }
}

impl BuildError {
    /// Whether the same build again may well succeed: something in the cache was damaged, and
    /// has been removed.
    pub(super) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Several { failures } => failures.iter().any(Self::is_damage),
            _ => false,
        }
    }

    /// Whether it is what a person wrote in the manifest, or poly's own surroundings, rather
    /// than a build that failed.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Project(_)
            | Self::Manifest(_)
            | Self::Store(_)
            | Self::Exposed { .. }
            | Self::Output(_)
            | Self::Write { .. } => true,
            Self::Recipe(error) => error.is_surroundings(),
            Self::Tool(ToolError::Install(error)) => matches!(**error, InstallError::Home { .. }),
            Self::Several { failures } => failures.iter().all(Self::is_usage),
            _ => false,
        }
    }
}
