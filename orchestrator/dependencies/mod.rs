//! WIT packages that come from elsewhere: `[wit-dependencies]` of the manifest and what those
//! use, written where WIT is read, and noted in `poly.lock`.
//!
//! ```text
//! manifest, WIT of the pipeline ─ closure ─→ the packages that each WIT directory needs
//!        each package: directory │ WIT on disk, as locked │ poly's cache, as locked │ registry
//! packages, what lies on disk ─ place ─→ files to write and to remove, or what was changed by hand
//!        files first, each package at once ─→ poly.lock last
//! ```
//!
//! Words: a package's *origin* is a registry or a directory; its *place* is the directory below
//! `deps/` that holds its WIT; whatever stands elsewhere in `deps/` was put there *by hand*.
//!
//! What is locked is never asked of a network as long as its WIT is on disk as it was written, or
//! its bytes are in the cache. A build never asks at all: see [`crate::build::Project`].
//! What a registry sends is held against the digest by which it was asked for. A file that is not
//! what was written is somebody's work: it is shown, and overwritten only on request.

mod closure;
mod error;
mod fetch;
mod package;
mod place;
mod registry;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

pub use error::{DependencyError, RegistryError};
pub use place::Patch;

use closure::Closure;
use fetch::Fetch;
use package::Package;
use place::{Edit, Edits};

use crate::build::{read_lock, read_wit, write_lock};
use crate::component::wit::Source;
use crate::lock::{self, Lock, LockedPackage, Origin, Sha256};
use crate::manifest::Manifest;
use wit_parser::PackageName;

/// The pipeline whose dependencies are brought.
#[derive(Debug, Clone, Copy)]
pub struct Pipeline<'a> {
    /// The manifest's directory.
    pub root: &'a Path,
    /// The manifest.
    pub manifest: &'a Manifest,
    /// Where poly keeps what it fetched.
    pub cache: &'a Path,
}

/// How they are brought.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mode {
    /// Change no lock file; fail if it would have to be.
    pub locked: bool,
    /// Ask the registries anew.
    pub update: bool,
    /// Overwrite what was changed by hand.
    pub write: bool,
}

/// What is told while it is done.
#[derive(Debug, Clone)]
pub enum Told {
    /// A package came from a registry.
    Fetched {
        /// The package.
        package: PackageName,
        /// The registry.
        origin: Origin,
    },
    /// Its files were written.
    Wrote {
        /// Their directory, relative to the manifest.
        directory: String,
    },
    /// Files that nothing needs any longer were removed.
    Removed {
        /// Their directory, relative to the manifest.
        directory: String,
    },
    /// The lock file was written.
    Locked {
        /// How many packages it holds.
        packages: usize,
    },
    /// A dependency that no WIT uses, which has nowhere to be written to.
    Unplaced {
        /// The package.
        package: PackageName,
    },
}

/// How it ended.
#[derive(Debug, Clone, Default)]
pub struct Brought {
    /// The packages that are needed.
    pub packages: Vec<LockedPackage>,
    /// What was changed by hand. If there is anything, nothing was written.
    pub changed: Vec<Patch>,
}

/// Brings every package that the pipeline's WIT needs to its place.
pub fn bring(
    pipeline: Pipeline<'_>,
    mode: Mode,
    tell: &dyn Fn(Told),
) -> Result<Brought, DependencyError> {
    let old = read_lock(pipeline.root).map_err(Box::new)?.unwrap_or_default();
    let directories = wit_directories(pipeline.root, pipeline.manifest)?;
    let fetch = Fetch::new(pipeline, mode, &old, &directories, tell)?;
    let closure = Closure::of(pipeline.manifest, &directories, &fetch)?;
    for package in closure.unplaced() {
        tell(Told::Unplaced { package: package.clone() });
    }
    let packages: Vec<LockedPackage> = closure.packages().map(Package::locked).collect();
    let new = old.with_wit(packages.clone());
    // The order of its entries is nobody's promise.
    if mode.locked && new != old.with_wit(old.wit.clone()) {
        return Err(DependencyError::NotLocked { differences: differences(&old, &new).join("\n") });
    }
    let edits = Edits::of(pipeline.root, &old, &directories, &closure)?;
    let brought = Brought { packages, changed: edits.patches() };
    if !brought.changed.is_empty() && !mode.write {
        return Ok(brought);
    }
    edits.carry_out(pipeline.root)?;
    for Edit { directory, place, files, .. } in edits.all() {
        let directory = below(directory, place);
        tell(if files.is_empty() {
            Told::Removed { directory }
        } else {
            Told::Wrote { directory }
        });
    }
    if new != old {
        let path = pipeline.root.join(lock::FILE);
        write_lock(pipeline.root, &new.text())
            .map_err(|source| DependencyError::Write { path, source })?;
        tell(Told::Locked { packages: new.wit.len() });
    }
    Ok(Brought { changed: Vec::new(), ..brought })
}

/// The files of every WIT directory that a manifest names, by its path there.
pub fn wit_directories(
    root: &Path,
    manifest: &Manifest,
) -> Result<BTreeMap<String, Source>, DependencyError> {
    let own = manifest.components.values().filter_map(|component| component.wit.as_ref());
    let paths: BTreeSet<&str> =
        own.chain(&manifest.pipeline.wit).map(|path| path.get_ref().as_str()).collect();
    let mut directories = BTreeMap::new();
    for path in paths {
        let source = read_wit(&root.join(path)).map_err(Box::new)?;
        directories.insert(path.to_owned(), source);
    }
    Ok(directories)
}

/// In what two lock files differ, a line for each package.
fn differences(old: &Lock, new: &Lock) -> Vec<String> {
    let key = |entry: &LockedPackage| (entry.name.clone(), entry.version.clone());
    let old: BTreeMap<_, _> = old.wit.iter().map(|entry| (key(entry), entry)).collect();
    let new: BTreeMap<_, _> = new.wit.iter().map(|entry| (key(entry), entry)).collect();
    let mut lines = Vec::new();
    for (key, entry) in &new {
        let name = entry.shown();
        match old.get(key) {
            None => lines.push(format!("`{name}` is not in it")),
            Some(was) if was.origin != entry.origin => {
                lines.push(format!(
                    "`{name}` is from {}, and not from {}",
                    entry.origin, was.origin
                ));
            }
            Some(was) if was.digest != entry.digest => lines.push(format!(
                "the content of `{name}` is {}, and not {}",
                entry.digest, was.digest
            )),
            Some(was) if was.text != entry.text => lines.push(format!(
                "this poly writes the text of `{name}` otherwise than the one that locked it"
            )),
            Some(_) => {}
        }
    }
    for (_, entry) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        lines.push(format!("nothing needs `{}`, which is in it", entry.shown()));
    }
    lines
}

/// What is written is for others to read.
fn readable() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o644)
}

/// A path below a directory of the manifest, as a person would write it.
fn below(directory: &str, path: &str) -> String {
    match directory.trim_start_matches("./") {
        "" | "." => path.to_owned(),
        directory => format!("{}/{path}", directory.trim_end_matches('/')),
    }
}

/// The digest of a package's bytes as the lock file writes it.
fn sha256(bytes: &[u8]) -> Sha256 {
    Sha256(poly_cache::Digest::of(bytes))
}
