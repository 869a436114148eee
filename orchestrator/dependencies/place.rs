//! Where packages lie on disk, and what has to be done so that each lies there as it should.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;
use tempfile::TempDir;
use walkdir::WalkDir;
use wit_parser::PackageName;

use super::closure::Closure;
use super::error::DependencyError;
use super::{below, readable};
use crate::component::wit::Source;
use crate::contract::unified;
use crate::lock::{Lock, LockedPackage, at_place, digest_of, place};

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
    /// The WIT that is there.
    found: Source,
    /// What else is there, which poly never writes: its text, or nothing where it is no text.
    beside: BTreeMap<String, Option<String>>,
}

/// All that is to be done.
pub(super) struct Edits(Vec<Edit>);

impl Edits {
    pub(super) fn of(
        root: &Path,
        lock: &Lock,
        directories: &BTreeMap<String, Source>,
        closure: &Closure<'_>,
    ) -> Result<Self, DependencyError> {
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
                let (directory, place) = (directory.clone(), place(&name));
                no_links(root, &directory, &place)?;
                let target = root.join(&directory).join(&place);
                let beside = beside(&target, &found)
                    .map_err(|source| DependencyError::Read { path: target, source })?;
                let written =
                    lock.wit.iter().find(|entry| entry.package_name().as_ref() == Some(&name));
                let as_written = found.is_empty()
                    || written.is_some_and(|entry| entry.text == digest_of(&found));
                let by_hand = !as_written || !beside.is_empty();
                edits.push(Edit { directory, place, files, by_hand, found, beside });
            }
        }
        Ok(Self(edits))
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
            for (name, text) in &edit.beside {
                let file = below(&edit.directory, &format!("{}/{name}", edit.place));
                let diff = match text {
                    Some(text) => unified(&file, Some(text), None),
                    None => format!("Binary files a/{file} and /dev/null differ\n"),
                };
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
            put(edit, stage, &new, &target)?;
        }
        Ok(())
    }
}

/// Refuses a place that a symbolic link leads to, and a WIT directory that one leads out of the
/// manifest's: what is behind it is not the pipeline's to change.
fn no_links(root: &Path, directory: &str, place: &str) -> Result<(), DependencyError> {
    let refused = |link: &str| {
        let place = below(directory, link).trim_end_matches('/').to_owned();
        DependencyError::Link { place, directory: directory.to_owned() }
    };
    let top = root.join(directory);
    let real = |path: &Path| {
        let failed = |source| DependencyError::Read { path: path.to_owned(), source };
        fs::canonicalize(path).map_err(failed)
    };
    if !real(&top)?.starts_with(real(root)?) {
        return Err(refused(""));
    }
    let parent = place.split_once('/').map(|(parent, _)| parent);
    for step in parent.into_iter().chain([place]) {
        match fs::symlink_metadata(top.join(step)) {
            Ok(found) if found.is_symlink() => return Err(refused(step)),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => break,
            Err(source) => return Err(DependencyError::Read { path: top.join(step), source }),
        }
    }
    Ok(())
}

/// Everything in a place but the WIT that was `found` there, by its path in it.
fn beside(target: &Path, found: &Source) -> io::Result<BTreeMap<String, Option<String>>> {
    let mut beside = BTreeMap::new();
    for entry in WalkDir::new(target).min_depth(1) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if error.depth() == 0 => break,
            Err(error) => return Err(error.into()),
        };
        let name = entry.path().strip_prefix(target).unwrap_or(entry.path());
        let name = name.to_string_lossy().into_owned();
        let kind = entry.file_type();
        if kind.is_dir() || found.contains_key(&name) {
            continue;
        }
        let text = if kind.is_symlink() {
            // As git has it.
            Some(fs::read_link(entry.path())?.to_string_lossy().into_owned())
        } else if kind.is_file() {
            String::from_utf8(fs::read(entry.path())?).ok()
        } else {
            None
        };
        beside.insert(name, text);
    }
    Ok(beside)
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
fn put(edit: &Edit, stage: TempDir, new: &Path, target: &Path) -> Result<(), DependencyError> {
    let failed = |source| DependencyError::Write { path: target.to_owned(), source };
    let old = stage.path().join("old");
    let was_there = match fs::rename(target, &old) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed(error)),
    };
    if edit.files.is_empty() {
        return Ok(());
    }
    let parent = target.parent().map_or(Ok(()), fs::create_dir_all);
    match parent.and_then(|()| fs::rename(new, target)) {
        Ok(()) => Ok(()),
        Err(source) if was_there => Err(put_back(stage, target, source)),
        Err(source) => Err(failed(source)),
    }
}

/// Undoes the first half of a [`put`] whose second half failed with `source`. Where that fails
/// too, what was in the place stays in the stage.
fn put_back(stage: TempDir, target: &Path, source: io::Error) -> DependencyError {
    let path = target.to_owned();
    match fs::rename(stage.path().join("old"), target) {
        Ok(()) => DependencyError::Write { path, source },
        Err(_) => DependencyError::Stranded { path, kept: stage.keep().join("old"), source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_put_back_is_kept() {
        let top = tempfile::tempdir().expect("a temporary directory");
        let target = top.path().join("deps/a_b");
        let staged = |text: &str| {
            let stage = tempfile::tempdir_in(top.path()).expect("a temporary directory");
            fs::create_dir(stage.path().join("old")).expect("a new one");
            fs::write(stage.path().join("old/b.wit"), text).expect("writable");
            stage
        };
        let oh_no = || io::Error::other("oh no");

        fs::create_dir(top.path().join("deps")).expect("a new one");
        let error = put_back(staged("one"), &target, oh_no());
        assert!(matches!(error, DependencyError::Write { .. }), "{error}");
        assert_eq!(fs::read_to_string(target.join("b.wit")).expect("put back"), "one");

        // Somebody else was there first.
        let error = put_back(staged("two"), &target, oh_no());
        let DependencyError::Stranded { kept, .. } = &error else { panic!("{error}") };
        assert_eq!(fs::read_to_string(kept.join("b.wit")).expect("kept"), "two");
        assert_eq!(
            error.to_string(),
            format!("cannot write `{}`, nor put back what was there", target.display())
        );
        let help = miette::Diagnostic::help(&error).expect("help").to_string();
        assert_eq!(help, format!("what was there is in `{}` now", kept.display()));
    }
}
