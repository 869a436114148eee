//! What an action reads from disk: the files its globs name, by relative path and digest.
//!
//! Paths are relative to the manifest's directory and `/`-separated on every platform. The
//! order of a directory, times and modes do not count. A symbolic link is not followed, and
//! none may stand where an input should.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use miette::Diagnostic;
use poly_cache::Digest;
use thiserror::Error;
use walkdir::{DirEntry, WalkDir};

use super::project::WORK_DIRECTORY;

/// Why the inputs of an action could not be read.
#[derive(Debug, Error, Diagnostic)]
pub enum InputsError {
    /// A glob that is not one.
    #[error("`{glob}` is not a valid glob")]
    #[diagnostic(help("`*` is any part of a name, `**` any directories, `{{a,b}}` either"))]
    Glob {
        /// The glob.
        glob: String,
        /// What is wrong with it.
        #[source]
        source: globset::Error,
    },
    /// A file or directory that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A symbolic link where a file should be: what it leads to may lie anywhere.
    #[error("`{}` is a symbolic link, which poly does not follow", path.display())]
    #[diagnostic(help("put the file there, or name what the link leads to under `inputs`"))]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A file whose name is not Unicode: it has no name that is the same everywhere.
    #[error("the file name `{}` is not valid Unicode", path.display())]
    Name {
        /// The file.
        path: PathBuf,
    },
}

/// Globs to take files in by, and globs to leave some of them out again.
#[derive(Debug, Clone)]
pub(super) struct Globs {
    include: GlobSet,
    exclude: GlobSet,
}

impl Globs {
    /// Compiles both lists.
    pub(super) fn new<'a>(
        include: impl IntoIterator<Item = &'a str>,
        exclude: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InputsError> {
        Ok(Self { include: compile(include)?, exclude: compile(exclude)? })
    }

    /// Whether all that lies below this directory is left out.
    fn excludes_all_below(&self, directory: &Path) -> bool {
        // Only a `**` matches at any depth; a `*` that matches one level says nothing of the
        // next.
        self.exclude.is_match(directory.join("any/any"))
    }

    fn name(&self, file: &Path) -> bool {
        self.include.is_match(file) && !self.exclude.is_match(file)
    }
}

fn compile<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<GlobSet, InputsError> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let failed = |source| InputsError::Glob { glob: glob.to_owned(), source };
        // `*` stays within a directory, as people expect of it.
        set.add(GlobBuilder::new(glob).literal_separator(true).build().map_err(failed)?);
    }
    set.build().map_err(|source| InputsError::Glob { glob: String::new(), source })
}

/// The files below `root/directory` that `globs` (relative to that directory) name, as paths
/// relative to `root`. What poly itself writes below `root`, and what git does, is none.
pub(super) fn files(
    root: &Path,
    directory: &str,
    globs: &Globs,
) -> Result<BTreeSet<String>, InputsError> {
    let ours = root.join(WORK_DIRECTORY);
    let skip = |entry: &DirEntry| entry.file_name() == ".git" || entry.path() == ours;
    walk(root, &root.join(directory), globs, skip)
}

/// The files below `directory` that `globs` name, relative to it: what a tool left there.
pub(super) fn output_files(
    directory: &Path,
    globs: &Globs,
) -> Result<BTreeSet<String>, InputsError> {
    walk(directory, directory, globs, |_| false)
}

fn walk(
    root: &Path,
    top: &Path,
    globs: &Globs,
    skip: impl Fn(&DirEntry) -> bool,
) -> Result<BTreeSet<String>, InputsError> {
    let below = |entry: &DirEntry| {
        entry.path().strip_prefix(top).expect("a walk stays below its top").to_owned()
    };
    let wanted = |entry: &DirEntry| {
        !entry.file_type().is_dir()
            || entry.depth() == 0
            || !(skip(entry) || globs.excludes_all_below(&below(entry)))
    };
    let mut found = BTreeSet::new();
    for entry in WalkDir::new(top).into_iter().filter_entry(wanted) {
        let entry = entry.map_err(|error| InputsError::Read {
            path: error.path().unwrap_or(top).to_owned(),
            source: error.into(),
        })?;
        if entry.file_type().is_dir() || !globs.name(&below(&entry)) {
            continue;
        }
        if entry.file_type().is_symlink() {
            return Err(InputsError::Link { path: entry.path().to_owned() });
        }
        found.insert(relative_name(root, entry.path())?);
    }
    Ok(found)
}

/// The digest of each of these files (relative to `root`).
pub(super) fn digests(
    root: &Path,
    files: &BTreeSet<String>,
) -> Result<BTreeMap<String, Digest>, InputsError> {
    let digest = |name: &String| {
        let path = root.join(name);
        let bytes = fs::read(&path).map_err(|source| InputsError::Read { path, source })?;
        Ok((name.clone(), Digest::of(&bytes)))
    };
    files.iter().map(digest).collect()
}

/// `path` relative to `root`, with `/` between its parts.
fn relative_name(root: &Path, path: &Path) -> Result<String, InputsError> {
    let below = path.strip_prefix(root).unwrap_or(path);
    let mut parts = Vec::new();
    for part in below.components().filter(|part| *part != std::path::Component::CurDir) {
        let part = part.as_os_str().to_str();
        parts.push(part.ok_or_else(|| InputsError::Name { path: path.to_owned() })?);
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn globs_are_relative_to_the_component_and_names_to_the_root() {
        let root = tempfile::tempdir().unwrap();
        for name in
            ["c/go.mod", "c/a/main.go", "c/gen/x.go", "c/target/y.go", "c/.git/z.go", "other/z.go"]
        {
            write(root.path(), name, name);
        }
        let globs = Globs::new(["**/*.go", "go.mod"], ["gen/**"]).unwrap();

        let found = files(root.path(), "c", &globs).unwrap();

        // A directory of the person's own may be called `target`.
        assert_eq!(found.iter().collect::<Vec<_>>(), ["c/a/main.go", "c/go.mod", "c/target/y.go"]);
    }

    #[test]
    fn what_poly_wrote_is_no_input() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "target/poly/log/x.json", "");
        write(root.path(), "target/x.json", "");
        let globs = Globs::new(["**/*.json"], []).unwrap();

        assert_eq!(files(root.path(), ".", &globs).unwrap(), ["target/x.json".to_owned()].into());
    }

    #[test]
    fn an_exclusion_of_one_level_leaves_the_next_in() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "docs/a.md", "");
        write(root.path(), "docs/deep/b.md", "");
        let globs = Globs::new(["**/*.md"], ["docs/*"]).unwrap();

        assert_eq!(files(root.path(), ".", &globs).unwrap(), ["docs/deep/b.md".to_owned()].into());
    }

    #[test]
    fn a_component_at_the_root_has_plain_names() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "app.py", "");
        let globs = Globs::new(["*.py"], []).unwrap();

        assert_eq!(files(root.path(), ".", &globs).unwrap(), ["app.py".to_owned()].into());
    }

    #[test]
    fn touching_or_moving_changes_no_digest_and_editing_does() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write(one.path(), "a.py", "x = 1");
        write(two.path(), "a.py", "x = 1");
        let names = BTreeSet::from(["a.py".to_owned()]);

        let before = digests(one.path(), &names).unwrap();
        assert_eq!(before, digests(two.path(), &names).unwrap());
        write(two.path(), "a.py", "x = 2");
        assert_ne!(before, digests(two.path(), &names).unwrap());
    }

    #[test]
    fn a_link_is_not_followed_and_none_may_stand_for_an_input() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "outside/secret.py", "");
        fs::create_dir(root.path().join("c")).unwrap();
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, root.path().join(name)).unwrap();
        };
        let globs = Globs::new(["**/*.py"], []).unwrap();

        link("../outside", "c/in");
        assert!(files(root.path(), "c", &globs).unwrap().is_empty());
        link("../outside/secret.py", "c/app.py");
        let error = files(root.path(), "c", &globs).unwrap_err();
        assert!(
            error.to_string().ends_with("c/app.py` is a symbolic link, which poly does not follow")
        );
    }
}
