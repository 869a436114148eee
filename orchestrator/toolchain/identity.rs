//! Which tool an executable is, where the executable itself does not say.
//!
//! The identity of a tool is a digest, and that must change when the tool does. For a compiler
//! that is the digest of its binary. But what lies on `PATH` may be a few lines that start
//! something else, and they stay the same whatever that is:
//!
//! - A **shim** of a version manager ([`MANAGERS`]): the manager is asked what is behind it.
//! - A **launcher** as Python's installers write them. It even holds the path of its interpreter,
//!   which differs from one machine to the next. The toolchain's file says which files below the
//!   tool's prefix are the tool (`identity`); these stand in for it.

use std::io;
use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use poly_cache::{Digest, StatMemo};

/// Version managers that have a directory `shims` on `PATH`, and tell with `which NAME` what
/// one of them leads to.
pub(super) const MANAGERS: [&str; 3] = ["pyenv", "asdf", "mise"];

/// The directory of shims that an executable lies in.
pub(super) fn shims(path: &Path) -> Option<&Path> {
    path.parent().filter(|directory| directory.file_name().is_some_and(|name| name == "shims"))
}

/// The files that a version manager goes by outside of a project, which is where tools are
/// asked: a change there means that the shim must be looked behind again.
pub(super) fn choices(shims: &Path, home: &Path) -> Vec<PathBuf> {
    vec![
        shims.with_file_name("version"),
        home.join(".python-version"),
        home.join(".tool-versions"),
        home.join(".config/mise/config.toml"),
    ]
}

/// Where a tool is installed: above the directory of its executable, links followed.
pub(super) fn prefix(executable: &Path) -> io::Result<PathBuf> {
    let executable = executable.canonicalize()?;
    Ok(executable.ancestors().nth(2).unwrap_or(Path::new("/")).to_owned())
}

/// The digest of the files that globs name below a prefix: of their names and contents, not of
/// where they are. `None` if there are none.
pub(super) fn digest(
    memo: &StatMemo,
    prefix: &Path,
    globs: &[String],
) -> io::Result<Option<Digest>> {
    let mut files = Vec::new();
    for glob in globs {
        let mut paths = vec![prefix.to_owned()];
        for part in glob.split('/') {
            paths = entries(&paths, part)?;
        }
        files.extend(paths.into_iter().filter(|path| path.is_file()));
    }
    files.sort();
    files.dedup();
    let mut parts = Vec::new();
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        parts.push((name, memo.digest(file)?));
    }
    let json = serde_json::to_vec(&parts).map_err(io::Error::other)?;
    Ok((!parts.is_empty()).then(|| Digest::of(&json)))
}

/// The entries of some directories whose names match one part of a glob.
fn entries(directories: &[PathBuf], part: &str) -> io::Result<Vec<PathBuf>> {
    let matcher = GlobBuilder::new(part).build().map_err(io::Error::other)?.compile_matcher();
    let mut found = Vec::new();
    for directory in directories {
        // What is no directory has no entries.
        for entry in std::fs::read_dir(directory).into_iter().flatten() {
            let name = entry?.file_name();
            if matcher.is_match(&name) {
                found.push(directory.join(name));
            }
        }
    }
    Ok(found)
}
