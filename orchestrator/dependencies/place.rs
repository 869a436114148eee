//! Where packages lie on disk, and what has to be done so that each lies there as it should.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;
use tempfile::TempDir;
use wit_parser::PackageName;

use super::closure::Closure;
use super::error::DependencyError;
use super::{at_place, below, readable};
use crate::component::wit::Source;
use crate::contract::unified;
use crate::lock::{Lock, LockedPackage, digest_of};

/// The place of a package below a WIT directory: `deps/wasi_http-0.2.0`. No two packages share
/// one, since no part of a name has a `_` in it.
pub fn place(name: &PackageName) -> String {
    let PackageName { namespace, name, version } = name;
    let version = version.as_ref().map(|version| format!("-{version}")).unwrap_or_default();
    format!("deps/{namespace}_{name}{version}")
}

/// A change to one file, for a person to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// The file, relative to the manifest.
    pub file: String,
    /// The change as a unified diff.
    pub diff: String,
}

/// What is to be done to one place.
#[derive(Debug, Clone)]
pub(super) struct Edit {
    /// The WIT directory, as the manifest names it.
    pub(super) directory: String,
    /// The place in it.
    pub(super) place: String,
    /// What shall be there; nothing at all if it is empty.
    pub(super) files: Source,
    /// Whether it is there otherwise than poly wrote it.
    by_hand: bool,
    /// What is there.
    found: Source,
}

/// All that is to be done.
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    pub(super) fn of(
        lock: &Lock,
        directories: &BTreeMap<String, Source>,
        closure: &Closure<'_>,
    ) -> Self {
        let mut edits = Vec::new();
        for (directory, source) in directories {
            let mut wanted: BTreeMap<PackageName, Source> = closure
                .needed(directory)
                .map(|package| (package.name.clone(), package.files.clone()))
                .collect();
            // What was written once and is needed no longer shall be gone.
            for name in lock.wit.iter().filter_map(LockedPackage::package_name) {
                wanted.entry(name).or_default();
            }
            for (name, files) in wanted {
                let found = at_place(source, &name);
                if found == files {
                    continue;
                }
                let written =
                    lock.wit.iter().find(|entry| entry.package_name().as_ref() == Some(&name));
                let ours = found.is_empty()
                    || written.is_some_and(|entry| entry.text == digest_of(&found));
                let directory = directory.clone();
                let place = place(&name);
                edits.push(Edit { directory, place, files, by_hand: !ours, found });
            }
        }
        Self(edits)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Edit> {
        self.0.iter()
    }

    /// What would overwrite or remove somebody's work.
    pub(super) fn patches(&self) -> Vec<Patch> {
        let mut patches = Vec::new();
        for edit in self.0.iter().filter(|edit| edit.by_hand) {
            let names: BTreeSet<&String> = edit.found.keys().chain(edit.files.keys()).collect();
            for name in names {
                let (before, after) = (edit.found.get(name), edit.files.get(name));
                if before == after {
                    continue;
                }
                let file = below(&edit.directory, &format!("{}/{name}", edit.place));
                let diff = unified(&file, before.map(String::as_str), after.map(String::as_str));
                patches.push(Patch { file, diff });
            }
        }
        patches
    }

    /// Does all of it: everything is written beside its place first, and each place is then
    /// changed at once.
    pub(super) fn carry_out(&self, root: &Path) -> Result<(), DependencyError> {
        let mut staged = Vec::new();
        for edit in &self.0 {
            let top = root.join(&edit.directory);
            let target = top.join(&edit.place);
            let failed = |source| DependencyError::Write { path: target.clone(), source };
            // A name with a dot before it is not read as WIT, whoever reads meanwhile.
            let stage =
                tempfile::Builder::new().prefix(".poly-").tempdir_in(&top).map_err(failed)?;
            let new = stage.path().join("new");
            if !edit.files.is_empty() {
                write(&new, &edit.files).map_err(failed)?;
            }
            staged.push((edit, stage, new, target));
        }
        for (edit, stage, new, target) in staged {
            let failed = |source| DependencyError::Write { path: target.clone(), source };
            put(edit, &stage, &new, &target).map_err(failed)?;
        }
        Ok(())
    }
}

fn write(directory: &Path, files: &Source) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, text) in files {
        let path = directory.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, readable())?;
    }
    Ok(())
}

/// Puts what was staged into its place, or leaves what is there.
fn put(edit: &Edit, stage: &TempDir, new: &Path, target: &Path) -> io::Result<()> {
    let old = stage.path().join("old");
    match fs::rename(target, &old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ if edit.files.is_empty() => return Ok(()),
        _ => {}
    }
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::rename(new, target).inspect_err(|_| {
        // Where there was nothing, there is nothing to put back.
        let _ = fs::rename(&old, target);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_packages_share_a_place() {
        let name = |namespace: &str, name: &str, version: Option<&str>| PackageName {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            version: version.map(|version| version.parse().expect("a version")),
        };
        assert_eq!(place(&name("wasi", "http", Some("0.2.0"))), "deps/wasi_http-0.2.0");
        assert_eq!(place(&name("a", "b", None)), "deps/a_b");
        assert_ne!(place(&name("a-b", "c", None)), place(&name("a", "b-c", None)));
    }
}
