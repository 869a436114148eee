//! Why a dependency cannot be brought to its place.

use std::io;
use std::path::PathBuf;

use miette::Diagnostic;
use poly_cache::StoreError;
use thiserror::Error;

use crate::build::ProjectError;
use crate::component::wit::WitError;
use crate::contract::SubjectError;
use crate::manifest::ManifestError;

/// Why WIT dependencies cannot be brought.
#[derive(Debug, Error, Diagnostic)]
pub enum DependencyError {
    /// The manifest names what is not there, or says otherwise than the WIT.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// A WIT directory cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] Box<ProjectError>),
    /// A registry does not give what is asked for.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Registry(#[from] RegistryError),
    /// The cache cannot be used.
    #[error(transparent)]
    #[diagnostic(help("set POLY_CACHE_DIR to a directory that can be written"))]
    Store(#[from] StoreError),
    /// The WIT in a directory is wrong.
    #[error("the WIT in `{directory}` cannot be used")]
    Wit {
        /// The directory, relative to the manifest.
        directory: String,
        /// What is wrong.
        #[source]
        #[diagnostic_source]
        source: WitError,
    },
    /// The WIT uses a package that is neither there nor a dependency.
    #[error("`{place}` uses `{package}`, which is neither there nor a dependency")]
    #[diagnostic(help("add `{entry}` under `[wit-dependencies]`"))]
    NotDeclared {
        /// The file and the line.
        place: String,
        /// The package.
        package: String,
        /// What the manifest would say of it.
        entry: String,
    },
    /// A dependency uses a package of which nobody says where it is.
    #[error("`{parent}` uses `{package}`, and nothing says where that is")]
    #[diagnostic(help(
        "name the registry of `{namespace}` under `[wit-registries]`, \
         or add `{entry}` under `[wit-dependencies]`"
    ))]
    NoRegistry {
        /// The package.
        package: String,
        /// Who uses it.
        parent: String,
        /// Its namespace.
        namespace: String,
        /// What the manifest would say of it.
        entry: String,
    },
    /// The lock file would have to be changed.
    #[error("poly.lock is not what the manifest asks for:\n{differences}")]
    #[diagnostic(help("run `poly wit deps` without `--locked`, and commit poly.lock"))]
    NotLocked {
        /// A line for each package.
        differences: String,
    },
    /// There is no network to speak of.
    #[error("cannot set up a client for registries")]
    Network {
        /// What the system says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A package's place is behind a symbolic link.
    #[error("`{place}` is a symbolic link, and nothing is written where it leads")]
    #[diagnostic(help("make it a directory, or name the real directory instead of `{directory}`"))]
    Link {
        /// The link, relative to the manifest.
        place: String,
        /// The WIT directory, as the manifest names it.
        directory: String,
    },
    /// A package's place could neither be changed nor left as it was.
    #[error("cannot write `{}`, nor put back what was there", path.display())]
    #[diagnostic(help("what was there is in `{}` now", kept.display()))]
    Stranded {
        /// The place.
        path: PathBuf,
        /// Where its files are.
        kept: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

impl DependencyError {
    /// Whether it is what was fetched that is wrong, or the lock file, rather than what a person
    /// wrote or poly's surroundings.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::NotLocked { .. } | Self::Registry(RegistryError::Tampered { .. }))
    }
}

/// Why a registry does not give what is asked for.
#[derive(Debug, Error, Diagnostic)]
pub enum RegistryError {
    /// Nobody answers.
    #[error("cannot reach the registry `{registry}` for `{package}`")]
    #[diagnostic(help(
        "what is in poly.lock and in the cache needs no network; is the registry's name right \
         under `[wit-registries]`?"
    ))]
    Unreachable {
        /// The registry, as the manifest names it.
        registry: String,
        /// The package that was wanted.
        package: String,
        /// What the system says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It has no package of that name.
    #[error("the registry `{registry}` has no package `{package}`")]
    #[diagnostic(help("its repository would be `{repository}`"))]
    NoPackage {
        /// The registry.
        registry: String,
        /// The package.
        package: String,
        /// Where it would be.
        repository: String,
    },
    /// It has the package, and not this version.
    #[error("the registry `{registry}` has no version {version} of `{package}`")]
    #[diagnostic(help("{have}"))]
    NoVersion {
        /// The registry.
        registry: String,
        /// The package.
        package: String,
        /// The version that was wanted.
        version: String,
        /// The versions that are there.
        have: String,
    },
    /// What was locked is gone.
    #[error("the registry `{registry}` no longer has the content of `{package}` that is locked")]
    #[diagnostic(help(
        "poly.lock names {digest}; `poly wit deps --update` takes what is there now"
    ))]
    Gone {
        /// The registry.
        registry: String,
        /// The package.
        package: String,
        /// The content.
        digest: String,
    },
    /// It wants to know who asks.
    #[error("the registry `{registry}` does not let everybody read `{package}`")]
    #[diagnostic(help(
        "poly asks without credentials: fetch the package by other means, and name its directory \
         as `path`"
    ))]
    Denied {
        /// The registry.
        registry: String,
        /// The package.
        package: String,
    },
    /// The bytes are not those that were asked for.
    #[error("the content of `{package}` from `{registry}` is {found}, and should be {expected}")]
    #[diagnostic(help("nothing was written: the registry, or somebody on the way, changed it"))]
    Tampered {
        /// The package.
        package: String,
        /// The registry.
        registry: String,
        /// The digest by which it was asked for.
        expected: String,
        /// The digest of what came.
        found: String,
    },
    /// There is something, and it is no WIT.
    #[error("`{package}` from {origin} is not a WIT package")]
    #[diagnostic(help("publish the WIT itself (`wkg wit build`, `wkg publish`), not a component"))]
    NoWit {
        /// The package.
        package: String,
        /// Its origin.
        origin: String,
        /// What it is.
        #[source]
        source: Option<Box<SubjectError>>,
    },
    /// There is something too large to be WIT.
    #[error(
        "`{package}` from {origin} has more than {largest} bytes, which no package of WIT needs"
    )]
    TooLarge {
        /// The package.
        package: String,
        /// Its origin.
        origin: String,
        /// The most that is taken, in bytes.
        largest: usize,
    },
    /// It is another package than its name says.
    #[error("what {origin} has as `{package}` is `{found}`")]
    OtherPackage {
        /// The package that was asked for.
        package: String,
        /// The package that came.
        found: String,
        /// Its origin.
        origin: String,
    },
    /// It answers something that is not expected.
    #[error("the registry `{registry}` gives no proper answer about `{package}`")]
    Protocol {
        /// The registry.
        registry: String,
        /// The package.
        package: String,
        /// What it says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
