//! `poly.lock`: which tools, libraries and fetched WIT a pipeline is built with, so that they are
//! the same everywhere and later.
//!
//! It lies beside the manifest and is meant to be committed.
//!
//! ```toml
//! version = 1
//!
//! [[tool]]
//! name = "tinygo"
//! toolchains = ["tinygo"]
//! version = "0.41.1"
//! from = "archive"                        # how it comes to a machine; see docs/lock.md
//!
//! [tool.url]
//! x86_64-linux = "https://…"              # and every other platform that the toolchain knows
//!
//! [tool.checksum]
//! x86_64-linux = "sha256:…"               # or `any`: the same on every platform
//!
//! [[library]]
//! name = "wit-component"                  # inside poly, and shapes what it makes
//! version = "0.254.0"
//! checksum = "sha256:…"                   # of the crate, and with it of the adapters in it
//!
//! [[wit]]
//! name = "wasi:logging"
//! version = "0.1.0"
//! registry = "registry.example.org/wit"   # or: path = "shared/logging"
//! digest = "sha256:…"                     # of what the registry, or the directory, holds
//! text = "sha256:…"                       # of the WIT that was written below `deps/`
//! ```
//!
//! Each kind of thing that is locked has a table of its own. Tables that are not known here are
//! kept as they are.
//!
//! What is **present** is held against what is locked, which gives **differences**; **taking over**
//! what is present gives the next lock, and the **changes** to it.
//!
//! The room is pure: text to a [`Lock`] and back, and values held against each other.

#![deny(clippy::disallowed_methods)]

mod checksum;
mod compare;
mod present;
mod take;
mod tool;
mod wit;

use miette::{Diagnostic, NamedSource, SourceSpan};
use semver::Version;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use checksum::{Checksum, Sha256};
pub use compare::Difference;
pub use present::Present;
pub use take::Change;
pub use tool::{ANY, LockedLibrary, LockedTool};
pub use wit::{LockedPackage, Origin, at_place, digest_of, is_in_place, place};

use crate::manifest::PackageRef;

/// The name of the file.
pub const FILE: &str = "poly.lock";

/// The version of the file's format.
const VERSION: u32 = 1;

const HEADER: &str = "# Written by poly: what the manifest beside it is built with. Commit it.\n\n";

/// What a pipeline is built with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    version: u32,
    /// Tools, by name and toolchain.
    #[serde(default, rename = "tool", skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<LockedTool>,
    /// Libraries inside poly, by name and version.
    #[serde(default, rename = "library", skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<LockedLibrary>,
    /// Packages of WIT, by name and version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wit: Vec<LockedPackage>,
    /// What newer polys have written.
    #[serde(flatten)]
    others: toml::Table,
}

/// Why a lock file cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum LockError {
    /// It is not what poly writes.
    #[error("`{FILE}` cannot be read: {message}")]
    #[diagnostic(help("restore it from version control, or delete it to have it made anew"))]
    Malformed {
        /// What is wrong.
        message: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// Where.
        #[label("here")]
        span: Option<SourceSpan>,
    },
    /// A newer poly wrote it.
    #[error("`{FILE}` has the format {found}, which this poly does not know")]
    #[diagnostic(help("it was written by a newer poly: use that one"))]
    Newer {
        /// The format's version.
        found: u32,
    },
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            version: VERSION,
            tools: Vec::new(),
            libraries: Vec::new(),
            wit: Vec::new(),
            others: toml::Table::new(),
        }
    }
}

impl Lock {
    /// Reads a lock file.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let malformed = |error: toml::de::Error| LockError::Malformed {
            message: error.message().to_owned(),
            text: NamedSource::new(FILE, text.to_owned()),
            span: error.span().map(SourceSpan::from),
        };
        // The version first: what a newer poly wrote may be anything.
        let version = toml::from_str::<VersionAlone>(text).map_err(malformed)?.version;
        if version > VERSION {
            return Err(LockError::Newer { found: version });
        }
        toml::from_str(text).map_err(malformed)
    }

    /// The text of the file.
    ///
    /// # Panics
    ///
    /// Never: a lock is made of plain data.
    pub fn text(&self) -> String {
        let text = toml::to_string(self).expect("a lock is made of plain data");
        format!("{HEADER}{text}")
    }

    /// The same with these packages of WIT, in order.
    #[must_use]
    pub fn with_wit(&self, mut wit: Vec<LockedPackage>) -> Self {
        wit.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
        Self { wit, ..self.clone() }
    }

    /// The entry of a tool of a toolchain.
    pub fn tool(&self, toolchain: &str, name: &str) -> Option<&LockedTool> {
        let serves =
            |entry: &&LockedTool| entry.toolchains.iter().any(|serves| serves == toolchain);
        self.tools.iter().filter(|entry| entry.name == name).find(serves)
    }

    /// The entry of a package.
    pub fn package(&self, name: &PackageRef, version: Option<&Version>) -> Option<&LockedPackage> {
        let name = name.to_string();
        self.wit.iter().find(|entry| entry.name == name && entry.version.as_ref() == version)
    }
}

#[derive(Deserialize)]
struct VersionAlone {
    version: u32,
}

#[cfg(test)]
mod tests;
