//! The copy of its inputs that a component is built in.
//!
//! A tool sees the declared inputs and nothing else, and whatever it writes beside them
//! (bindings, lock files, byte code) never reaches the person's own directory. The copy keeps
//! the layout relative to the manifest's directory, so `../../wit` means the same in it.
//! A file whose content is there already is left alone, time and all, so that a tool's own
//! incremental build still works.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use miette::Diagnostic;
use poly_cache::Digest;
use thiserror::Error;
use walkdir::WalkDir;

use super::error::write_remedy;

/// Why the copy could not be made.
#[derive(Debug, Error, Diagnostic)]
pub enum StageError {
    /// The system refused.
    #[error("cannot copy the inputs to `{}`", path.display())]
    #[diagnostic(help("{}", write_remedy(source)))]
    System {
        /// The file in question.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// An input cannot be read.
    #[error("cannot read `{name}`, which is an input")]
    #[diagnostic(help("poly must be able to read every input: see what is permitted there"))]
    Read {
        /// The file, relative to the manifest.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file was edited or removed after its digest had been taken.
    #[error("`{name}` changed while it was being built")]
    #[diagnostic(help("run the command again"))]
    Changed {
        /// The file, relative to the manifest.
        name: String,
    },
}

/// Makes `stage` hold exactly `inputs` (of `root`) and `added` files. If they are to seem `written`
/// at some time, they are so in the opposite order too: neither must count.
pub(super) fn fill(
    stage: &Path,
    root: &Path,
    inputs: &BTreeMap<String, Digest>,
    added: &BTreeMap<String, String>,
    written: Option<SystemTime>,
) -> Result<(), StageError> {
    let keep: BTreeSet<PathBuf> =
        inputs.keys().chain(added.keys()).map(|name| stage.join(name)).collect();
    remove_others(stage, &keep)?;
    let mut names: Vec<&String> = inputs.keys().chain(added.keys()).collect();
    if written.is_some() {
        names.reverse();
    }
    for name in names {
        let path = stage.join(name);
        match inputs.get(name) {
            None => write_if_other(&path, added[name].as_bytes())?,
            Some(digest) => {
                let source = root.join(name);
                let bytes = fs::read(&source).map_err(|source| match source.kind() {
                    io::ErrorKind::NotFound => StageError::Changed { name: name.clone() },
                    _ => StageError::Read { name: name.clone(), source },
                })?;
                if Digest::of(&bytes) != *digest {
                    return Err(StageError::Changed { name: name.clone() });
                }
                write_if_other(&path, &bytes)?;
            }
        }
        if let Some(written) = written {
            let file = fs::File::options().write(true).open(&path).map_err(at(&path))?;
            file.set_modified(written).map_err(at(&path))?;
        }
    }
    Ok(())
}

fn remove_others(stage: &Path, keep: &BTreeSet<PathBuf>) -> Result<(), StageError> {
    fs::create_dir_all(stage).map_err(at(stage))?;
    for entry in WalkDir::new(stage).min_depth(1).contents_first(true) {
        let entry = entry.map_err(|error| at(stage)(error.into()))?;
        let path = entry.path();
        if entry.file_type().is_dir() {
            // Fails where something is kept below it, as it should.
            let _ = fs::remove_dir(path);
        } else if !keep.contains(path) || !entry.file_type().is_file() {
            fs::remove_file(path).map_err(at(path))?;
        }
    }
    Ok(())
}

fn write_if_other(path: &Path, bytes: &[u8]) -> Result<(), StageError> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let written = fs::write(path, bytes).or_else(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            fs::create_dir_all(path.parent().expect("a file in the stage has a directory"))?;
        } else {
            // One that may not be written to.
            fs::remove_file(path)?;
        }
        fs::write(path, bytes)
    });
    written.map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StageError + '_ {
    move |source| StageError::System { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_holds_the_inputs_and_nothing_a_former_build_left() {
        let (root, stage) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let stage = stage.path();
        fs::create_dir(root.path().join("c")).unwrap();
        fs::write(root.path().join("c/main.go"), "one").unwrap();
        fs::create_dir_all(stage.join("c/gen/deep")).unwrap();
        fs::write(stage.join("c/gen/deep/old.go"), "stale").unwrap();
        let inputs = BTreeMap::from([("c/main.go".to_owned(), Digest::of(b"one"))]);
        let added = BTreeMap::from([("c/extra.go".to_owned(), "added".to_owned())]);

        fill(stage, root.path(), &inputs, &added, None).unwrap();

        assert!(!stage.join("c/gen").exists());
        assert_eq!(fs::read(stage.join("c/main.go")).unwrap(), b"one");
        assert_eq!(fs::read(stage.join("c/extra.go")).unwrap(), b"added");
    }

    #[test]
    fn an_unchanged_file_keeps_its_time() {
        let (root, stage) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(root.path().join("a"), "one").unwrap();
        let inputs = BTreeMap::from([("a".to_owned(), Digest::of(b"one"))]);
        let again = || fill(stage.path(), root.path(), &inputs, &BTreeMap::new(), None).unwrap();

        again();
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        let file = fs::File::options().write(true).open(stage.path().join("a")).unwrap();
        file.set_modified(old).unwrap();
        again();

        assert_eq!(fs::metadata(stage.path().join("a")).unwrap().modified().unwrap(), old);
    }

    #[test]
    fn an_edit_between_digest_and_copy_is_an_error() {
        let (root, stage) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(root.path().join("a"), "two").unwrap();
        let inputs = BTreeMap::from([("a".to_owned(), Digest::of(b"one"))]);

        let error = fill(stage.path(), root.path(), &inputs, &BTreeMap::new(), None).unwrap_err();

        assert_eq!(error.to_string(), "`a` changed while it was being built");
        fs::remove_file(root.path().join("a")).unwrap();
        let error = fill(stage.path(), root.path(), &inputs, &BTreeMap::new(), None).unwrap_err();
        assert_eq!(error.to_string(), "`a` changed while it was being built");
        fs::create_dir(root.path().join("a")).unwrap();
        let error = fill(stage.path(), root.path(), &inputs, &BTreeMap::new(), None).unwrap_err();
        assert_eq!(error.to_string(), "cannot read `a`, which is an input");
    }
}
