//! The inputs in a clean directory: nothing that a former run left, and names that are the same
//! everywhere. The interpreter writes there, if it writes.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use walkdir::{DirEntry, WalkDir};

/// Copies of the directories of a Python path, and the digest of what was read.
pub struct Staged {
    directory: TempDir,
    count: usize,
    read: Sha256,
}

impl Staged {
    /// Copies `python_path`, and reads `wit_paths`.
    pub fn new(python_path: &[PathBuf], wit_paths: &[PathBuf]) -> Result<Self> {
        let directory = tempfile::tempdir().context("cannot make a temporary directory")?;
        let mut read = Sha256::new();
        for (index, source) in python_path.iter().enumerate() {
            let target = directory.path().join(index.to_string());
            fs::create_dir(&target)?;
            for (name, path) in files(source)? {
                if path.ends_with("componentize-py.toml") {
                    bail!(
                        "`{}` brings worlds of its own, which this program does not know: use componentize-py itself",
                        path.display()
                    );
                }
                let bytes = fs::read(&path).with_context(|| unreadable(&path))?;
                take_in(&mut read, &name, &bytes);
                let copy = target.join(&name);
                fs::create_dir_all(copy.parent().unwrap_or(&target))?;
                fs::write(&copy, bytes)
                    .with_context(|| format!("cannot write `{}`", copy.display()))?;
            }
        }
        for source in wit_paths {
            for (name, path) in files(source)? {
                take_in(&mut read, &name, &fs::read(&path).with_context(|| unreadable(&path))?);
            }
        }
        Ok(Self { directory, count: python_path.len(), read })
    }

    /// The copies, in the order of what they are copies of.
    pub fn python_path(&self) -> Result<Vec<String>> {
        let text = |index: usize| {
            let path = self.directory.path().join(index.to_string()).into_os_string();
            path.into_string().map_err(|path| {
                anyhow::anyhow!("the temporary directory `{}` is not Unicode", path.display())
            })
        };
        (0..self.count).map(text).collect()
    }

    /// What all chance comes from: the digest of every file, of what is asked for and of this program.
    pub fn seed(&self, settings: &str) -> [u8; 32] {
        let mut read = self.read.clone();
        take_in(&mut read, env!("CARGO_PKG_VERSION"), settings.as_bytes());
        read.finalize().into()
    }
}

/// The files below a path in the order of their names, which are relative to it.
fn files(top: &Path) -> Result<Vec<(String, PathBuf)>> {
    let wanted = |entry: &DirEntry| entry.file_name() != "__pycache__";
    let walk = WalkDir::new(top).follow_links(true).sort_by_file_name();
    let mut files = Vec::new();
    for entry in walk.into_iter().filter_entry(wanted) {
        let entry = entry.with_context(|| unreadable(top))?;
        if entry.file_type().is_file() {
            let path = entry.into_path();
            let name = path.strip_prefix(top).unwrap_or(&path);
            let name =
                name.to_str().with_context(|| format!("`{}` is not Unicode", path.display()));
            files.push((name?.to_owned(), path));
        }
    }
    Ok(files)
}

/// Lengths first, so that no two lists of files read the same.
fn take_in(read: &mut Sha256, name: &str, bytes: &[u8]) {
    for part in [name.as_bytes(), bytes] {
        read.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        read.update(part);
    }
}

fn unreadable(path: &Path) -> String {
    format!("cannot read `{}`", path.display())
}
