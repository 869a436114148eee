//! What a composed component was made of, and how, in the formats of others: a software bill of
//! materials ([CycloneDX 1.6]) and a statement of provenance ([in-toto Statement v1] with the
//! predicate [SLSA provenance v1]).
//!
//! ```text
//! fingerprints of all actions, origin of tools, WIT ─┐
//! lock files among the inputs ─ packages ────────────┴→ Facts ─┬ bom ───────→ JSON text
//!                                                              └ statement ─→ JSON text
//! component, texts ─ embed ─→ the component with both as custom sections
//! ```
//!
//! Both say nothing that a second build of the same with the same tools would not say: no time, no
//! directory of the machine, no user. What is not known is left out, or is said to be unknown.
//!
//! The room is pure: what was read in, text out.
//!
//! [CycloneDX 1.6]: https://cyclonedx.org/docs/1.6/json/
//! [in-toto Statement v1]: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
//! [SLSA provenance v1]: https://slsa.dev/spec/v1.1/provenance

#![deny(clippy::disallowed_methods)]

mod bom;
mod embed;
mod packages;
mod purl;
mod statement;

use std::collections::{BTreeMap, BTreeSet};

use poly_cache::Digest;
use serde_json::Value;

use crate::plan::Fingerprint;

pub use bom::bom;
pub use embed::{BOM_SECTION, STATEMENT_SECTION, embedded};
pub use packages::{Package, Unreadable, is_lock_file, packages};
pub use statement::{BUILD_TYPE, statement};

/// All that is known of a build.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The pipeline's name.
    pub pipeline: String,
    /// Its version, if the manifest has one.
    pub version: Option<String>,
    /// The manifest.
    pub manifest: Value,
    /// The composed component.
    pub composed: Digest,
    /// The components, in the manifest's order.
    pub components: Vec<Component>,
    /// The actions, each after those that it takes from.
    pub actions: Vec<Done>,
    /// The tools of all builds, by name.
    pub tools: Vec<Tool>,
    /// The packages of WIT that components are written against.
    pub wit: Vec<WitPackage>,
}

/// A component of the pipeline.
#[derive(Debug, Clone)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// The language that it is written in.
    pub language: String,
    /// What built it.
    pub toolchain: String,
    /// The world that it implements, if the manifest says so.
    pub world: Option<String>,
    /// The component as it was composed.
    pub adapted: Digest,
    /// What lock files among its inputs name.
    pub packages: BTreeSet<Package>,
    /// How much those tell.
    pub known: Known,
}

/// How much is known of the packages that a component was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// What its lock files say.
    Locked,
    /// Not all: a lock file cannot be read.
    Incomplete,
    /// There is no lock file among its inputs.
    Unknown,
}

/// An action that was done, now or before.
#[derive(Debug, Clone)]
pub struct Done {
    /// Its name, such as `build data-source`.
    pub action: String,
    /// All that it depended on.
    pub fingerprint: Fingerprint,
    /// What it made.
    pub made: Digest,
}

/// A tool that a build started.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tool {
    /// What its toolchain calls it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How it came to the machine, as a lock file says it.
    pub from: String,
    /// Its digest, as it is in keys.
    pub digest: Digest,
    /// Whether that is the digest of the executable, and not of several files that are the tool.
    pub is_executable: bool,
}

/// A package of WIT.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WitPackage {
    /// `namespace:name`.
    pub name: String,
    /// Its version, if it has one.
    pub version: Option<String>,
    /// Where it was fetched from, and the digest of what is there, of those that were.
    pub fetched: Option<(String, Digest)>,
}

impl Facts {
    /// Content by name of all that was read by builds and by other actions, artifacts left out.
    fn inputs(&self) -> BTreeMap<&str, Digest> {
        let names: BTreeSet<&str> = self.actions.iter().map(|done| done.action.as_str()).collect();
        let mut files = BTreeMap::new();
        for Done { fingerprint, .. } in &self.actions {
            // A build takes no artifact: what it names like an action is a file of that name.
            let is_build = fingerprint.action == "build";
            let inputs = fingerprint.inputs.iter();
            let read = inputs.filter(|(name, _)| is_build || !names.contains(name.as_str()));
            files.extend(read.map(|(name, digest)| (name.as_str(), *digest)));
        }
        files
    }

    /// The libraries inside poly that shaped what was made.
    fn libraries(&self) -> BTreeMap<String, String> {
        self.actions.iter().flat_map(|done| done.fingerprint.libraries.clone()).collect()
    }
}

/// JSON as it is written to a file: for people too, and with a line's end at the end.
fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests;
