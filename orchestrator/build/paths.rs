//! Where the things of a pipeline lie that poly makes.

use std::fs;
use std::path::{Path, PathBuf};

use poly_cache::Digest;

use super::cache::BUILDS;
use super::project::Project;
use super::provenance::DOCUMENTS;
pub(super) use crate::manifest::WORK_DIRECTORY;

/// Where, below that, it keeps what is its own of each manifest with another name than [`MANIFEST`]: they
/// would take each other's away.
pub(super) const MANIFESTS: &str = "manifests";

/// The manifest that poly looks for.
const MANIFEST: &str = "pipeline.toml";

impl Project {
    /// Where what is said of this pipeline is left, if nobody names another directory.
    pub fn work(&self) -> PathBuf {
        self.root.join(WORK_DIRECTORY)
    }

    /// Where poly keeps logs, and what it remembers of this manifest, relative to it.
    pub(super) fn own(&self) -> String {
        own(&self.file)
    }

    /// Where what is made of this pipeline is left, relative to the manifest.
    pub fn output(&self) -> &str {
        let output = self.manifest.pipeline.output.as_ref();
        output.map_or(WORK_DIRECTORY, |output| output.get_ref())
    }

    /// The composed component's file, in the output directory.
    pub fn composed_name(&self) -> String {
        format!("{}.wasm", self.manifest.pipeline.name.get_ref())
    }

    /// The files that a build may leave in the output directory.
    pub(super) fn output_names(&self) -> impl Iterator<Item = String> {
        let composed = self.composed_name();
        let documents = DOCUMENTS.map(|end| self.document_name(end));
        [composed].into_iter().chain(documents)
    }

    /// The file of a document about a build, in the output directory.
    pub(super) fn document_name(&self, end: &str) -> String {
        format!("{}.{end}", self.manifest.pipeline.name.get_ref())
    }

    /// Where what is known of this checkout is kept, and beside which its components are built.
    pub fn builds(&self, cache: &Path) -> PathBuf {
        let here = fs::canonicalize(&self.root).unwrap_or_else(|_| self.root.clone());
        let checkout = Digest::of(here.as_os_str().as_encoded_bytes()).to_string();
        cache.join(BUILDS).join(&checkout[..16])
    }

    /// The composed component's file.
    pub fn composed(&self) -> PathBuf {
        self.root.join(self.output()).join(self.composed_name())
    }
}

/// Where poly keeps logs, and what it remembers, of a manifest of this name, relative to it.
fn own(manifest: &str) -> String {
    match manifest {
        MANIFEST => WORK_DIRECTORY.to_owned(),
        other => format!("{WORK_DIRECTORY}/{MANIFESTS}/{other}"),
    }
}

/// What the last build of a manifest left, in the manifest's directory.
pub(super) fn state_file(directory: &Path, manifest: &str) -> PathBuf {
    directory.join(own(manifest)).join("state.json")
}
