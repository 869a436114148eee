//! What an action reads from disk: the files its globs name, by relative path and digest.
//!
//! Paths are relative to the manifest's directory and `/`-separated on every platform. The
//! order of a directory, times and who may read a file do not count; whether it may be executed does.
//! A symbolic link is not followed, and none may stand where an input should, nor one to a directory
//! where inputs could lie. What git ignores is no input, unless the manifest names it (see `ignored`).
//!
//! A file is read if the stat cache does not know it, and a walk that several components ask for
//! is made once.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use miette::Diagnostic;
use poly_cache::{Digest, EntryKind, StatCache, Unreadable};
use thiserror::Error;
use walkdir::WalkDir;

use super::ignored::{self, Ignored, Rules};
use super::once::Once;
use super::outputs::Left;
use super::paths::WORK_DIRECTORY;

/// Files by their path below the manifest's directory.
pub(super) type Inputs = BTreeMap<String, Input>;

/// What counts of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Input {
    /// The digest of its content.
    pub(super) digest: Digest,
    /// Whether its owner may execute it.
    pub(super) is_executable: bool,
}

impl Input {
    /// That of a file which nobody executes.
    pub(super) fn text(digest: Digest) -> Self {
        Self { digest, is_executable: false }
    }
}

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
    #[diagnostic(help(
        "poly must be able to read what it builds from: see who owns it and what is permitted"
    ))]
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
    /// A symbolic link to a directory in which there could be inputs.
    #[error("`{}` is a symbolic link to a directory, which poly does not follow", path.display())]
    #[diagnostic(help(
        "put the directory itself there; or name what is needed of it under `inputs`, and remove the \
         link or have git ignore it"
    ))]
    DirectoryLink {
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
    /// Directories in which everything is left out.
    pruned: GlobSet,
    /// How many directories deep a file can lie that is taken in; unknown if any number.
    depth: Option<usize>,
    /// The directories that those to take in begin with, as far as they are named.
    tops: Vec<String>,
}

impl Globs {
    /// Compiles both lists.
    pub(super) fn new<'a>(
        include: impl IntoIterator<Item = &'a str>,
        exclude: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InputsError> {
        let include: Vec<&str> = include.into_iter().collect();
        // Braces may hold a `/`.
        let depth = |glob: &&str| {
            let bounded = !glob.contains("**") && !glob.contains('{');
            bounded.then(|| glob.matches('/').count())
        };
        let depths: Option<Vec<usize>> = include.iter().map(depth).collect();
        let depth = depths.map(|depths| depths.into_iter().max().unwrap_or(0));
        let tops = include.iter().map(|glob| literal(glob).0.to_owned()).collect();
        let exclude: Vec<&str> = exclude.into_iter().collect();
        let pruned = compile(exclude.iter().filter_map(|glob| glob.strip_suffix("/**")))?;
        let (include, exclude) = (compile(include)?, compile(exclude)?);
        Ok(Self { include, exclude, pruned, depth, tops })
    }

    /// Whether nothing that lies below this directory can be taken in.
    fn excludes_all_below(&self, directory: &str) -> bool {
        let leads_to = |top: &String| {
            let (short, long) =
                if top.len() < directory.len() { (&**top, directory) } else { (directory, &**top) };
            let rest = long.strip_prefix(short);
            rest.is_some_and(|rest| short.is_empty() || rest.is_empty() || rest.starts_with('/'))
        };
        !self.tops.iter().any(leads_to)
            || self.depth.is_some_and(|depth| directory.matches('/').count() >= depth)
            || self.pruned.is_match(directory)
    }

    fn name(&self, file: &str) -> bool {
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

/// The files below the manifest's directory, as one run sees them.
pub(super) struct Sources {
    root: PathBuf,
    /// What poly itself left.
    left: Left,
    seen: Arc<StatCache>,
    ignored: Ignored,
    /// What was found by globs that several may ask for, by whom or what they are named after.
    walks: Once<Asked, Inputs>,
}

/// What a walk is asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    /// What a toolchain names in a directory.
    Component { directory: String, toolchain: String },
    /// What a glob of the manifest names.
    Glob(String),
}

/// Where a walk stands.
struct Walk<'a> {
    globs: &'a Globs,
    /// Whether the rules of git hold.
    obedient: bool,
    found: Inputs,
}

impl Sources {
    /// The files below `root`, of which `seen` knows some, without those that poly `left`.
    pub(super) fn new(root: &Path, left: Left, seen: Arc<StatCache>) -> Self {
        let root = root.to_owned();
        Self { ignored: Ignored::of(&root), left, seen, walks: Once::default(), root }
    }

    /// The files below a component's directory that the globs of its toolchain name, relative to that
    /// directory; without what poly itself writes, what git does, and what it ignores. With `again`,
    /// others will ask for the same.
    pub(super) fn of_component(
        &self,
        directory: &str,
        toolchain: &str,
        globs: &Globs,
        again: bool,
    ) -> Result<Arc<Inputs>, InputsError> {
        let directory = plain(directory);
        let walk = || self.walk(&directory, globs, true);
        if !again {
            return walk().map(Arc::new);
        }
        let toolchain = toolchain.to_owned();
        let asked = Asked::Component { directory: directory.clone(), toolchain };
        self.walks.get(&asked, walk)
    }

    /// The files that a glob of the manifest names, ignored or not.
    pub(super) fn named(&self, glob: &str) -> Result<Arc<Inputs>, InputsError> {
        let walk = || {
            let (top, rest) = literal(glob);
            for part in prefixes(top) {
                let path = self.root.join(part);
                let is_directory = path.symlink_metadata().is_ok_and(|at| at.is_dir());
                if path.is_symlink() && path.is_dir() {
                    return Err(InputsError::DirectoryLink { path });
                }
                if !is_directory
                    || part == WORK_DIRECTORY
                    || part.split('/').any(|name| name == ".git")
                {
                    return Ok(Inputs::new());
                }
            }
            self.walk(top, &Globs::new([rest], [])?, false)
        };
        self.walks.get(&Asked::Glob(glob.to_owned()), walk)
    }

    /// Whether git ignores a directory, or one above it.
    fn is_ignored(&self, directory: &str) -> Result<bool, InputsError> {
        for part in prefixes(directory) {
            if self.ignored.above(part)?.ignore(&self.root.join(part), true) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn walk(&self, top: &str, globs: &Globs, obedient: bool) -> Result<Inputs, InputsError> {
        let rules = if obedient { self.ignored.above(top)? } else { Rules::default() };
        let mut walk = Walk { globs, obedient, found: Inputs::new() };
        self.walk_below(&mut walk, top, "", &rules)?;
        Ok(walk.found)
    }

    /// `directory` is relative to the root, and `below` to the walk's top.
    fn walk_below(
        &self,
        walk: &mut Walk<'_>,
        directory: &str,
        below: &str,
        above: &Rules,
    ) -> Result<(), InputsError> {
        let path = self.root.join(directory);
        let globs = walk.globs;
        let mut rules = Ok(above.clone());
        let entries = self.seen.look(directory, |has| {
            if walk.obedient && has(ignored::FILE) {
                rules = above.clone().and(&path.join(ignored::FILE), &path);
            }
            let rules = rules.as_ref().ok().cloned().unwrap_or_default();
            let path = &path;
            move |name: &str| {
                globs.name(&join(below, name))
                    && (rules.is_empty() || !rules.ignore(&path.join(name), false))
            }
        });
        let rules = rules?;
        let unreadable = |found: Unreadable| InputsError::Read {
            path: self.root.join(found.path),
            source: found.source,
        };
        let has_outputs = self.left.is_in(directory);
        for entry in entries.map_err(unreadable)? {
            let (name, kind) = (&entry.name, entry.kind);
            let from_root = join(directory, name);
            if name == ".git" || from_root == WORK_DIRECTORY {
                continue;
            }
            let at = || path.join(name);
            let from_top = || join(below, name);
            let ignored = |is_directory| !rules.is_empty() && rules.ignore(&at(), is_directory);
            match (kind, entry.digest) {
                (EntryKind::File, Some(digest))
                    if !(has_outputs && self.left.holds(&from_root, &digest)) =>
                {
                    let input = Input { digest, is_executable: entry.is_executable };
                    walk.found.insert(from_root, input);
                }
                (EntryKind::Directory, _)
                    if !globs.excludes_all_below(&from_top()) && !ignored(true) =>
                {
                    self.walk_below(walk, &from_root, &from_top(), &rules)?;
                }
                (EntryKind::Link, _) if globs.name(&from_top()) && !ignored(false) => {
                    return Err(InputsError::Link { path: at() });
                }
                (EntryKind::Link, _)
                    if !globs.excludes_all_below(&from_top())
                        && at().is_dir()
                        && !ignored(true)
                        && !ignored(false)
                        && (walk.obedient || !self.is_ignored(&from_root)?) =>
                {
                    return Err(InputsError::DirectoryLink { path: at() });
                }
                (EntryKind::Unnameable, _) if globs.name(&from_top()) && !ignored(false) => {
                    return Err(InputsError::Name { path: at() });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A path below the root, and the directories on the way to it, the uppermost first.
pub(super) fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    let whole = (!path.is_empty()).then_some(path);
    path.match_indices('/').map(|(at, _)| &path[..at]).chain(whole)
}

/// A path without parts that lead nowhere.
fn plain(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

/// The directories that a glob names without any `*` or its like, and the rest of it.
fn literal(glob: &str) -> (&str, &str) {
    let mut end = 0;
    for (at, _) in glob.match_indices('/') {
        let part = &glob[end..at].trim_start_matches('/');
        if matches!(*part, "" | "." | "..") || part.contains(['*', '?', '[', '{', '\\']) {
            break;
        }
        end = at;
    }
    (&glob[..end], glob[end..].strip_prefix('/').filter(|_| end > 0).unwrap_or(glob))
}

/// A path below the manifest's directory, which is nothing itself.
pub(super) fn join(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { [directory, "/", name].concat() }
}

/// The files below `directory` that `globs` name, relative to it: what a tool left there.
pub(super) fn output_files(
    directory: &Path,
    globs: &Globs,
) -> Result<BTreeSet<PathBuf>, InputsError> {
    let mut found = BTreeSet::new();
    for entry in WalkDir::new(directory) {
        let entry = entry.map_err(|error| InputsError::Read {
            path: error.path().unwrap_or(directory).to_owned(),
            source: error.into(),
        })?;
        let below = entry.path().strip_prefix(directory).expect("a walk stays below its top");
        let named = |below: &Path| below.to_str().is_some_and(|below| globs.name(below));
        if entry.file_type().is_dir() || !named(below) {
            continue;
        }
        if entry.file_type().is_symlink() {
            return Err(InputsError::Link { path: entry.path().to_owned() });
        }
        found.insert(below.to_owned());
    }
    Ok(found)
}

#[cfg(test)]
#[path = "inputs/tests.rs"]
mod tests;
