//! The files that a build leaves in a pipeline's own directory.
//!
//! - They are **exact**: what a former build left and this one does not make is removed. A list
//!   says which those are, one for each manifest; what a person has put in the place of one is left.
//! - They are no inputs, wherever they lie: [`Left`].
//! - Nothing is written outside of the pipeline: a symbolic link on the way there is followed as
//!   long as it leads to a place within, and refused otherwise. A checkout may come from anybody.
//!
//! A build that fails leaves what was there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use poly_cache::{Artifact, Digest};
use thiserror::Error;

use super::inputs::join;
use super::paths::{MANIFESTS, WORK_DIRECTORY};
use super::project::Project;
use crate::manifest::normal;
use crate::toolchain::interrupt;

/// Where, below poly's own directory, a component's steps leave what they say.
pub(super) const LOGS: &str = "log";

/// What a build has left, in poly's own directory.
const LIST: &str = "outputs.json";

/// Why a file could not be left in the pipeline.
#[derive(Debug, Error, Diagnostic)]
pub enum OutputError {
    /// A symbolic link that leads out of the pipeline.
    #[error("`{}` is a symbolic link that leads out of the pipeline", path.display())]
    #[diagnostic(help("poly writes nothing outside: put a directory there{}", or_where(*is_own)))]
    Link {
        /// The link.
        path: PathBuf,
        /// Whether it is on the way to poly's own directory, which is always there.
        is_own: bool,
    },
    /// The system refused.
    #[error("cannot write `{}`", path.display())]
    #[diagnostic(help("poly leaves what it makes there: make it writable, with room on its disk"))]
    System {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

fn or_where(is_own: bool) -> String {
    if is_own {
        format!("; `{WORK_DIRECTORY}` is poly's own, whatever `output` says")
    } else {
        ", or name another one with `output` under `[pipeline]`".to_owned()
    }
}

/// What builds have left in a pipeline's directory, and what one is about to leave.
#[derive(Debug, Default)]
pub(super) struct Left {
    former: Vec<BTreeMap<String, Digest>>,
    next: BTreeSet<String>,
}

impl Left {
    /// That of all manifests in the directory of `project`, and what its next build leaves.
    pub(super) fn of(project: &Project) -> Self {
        let output = normal(project.output()).unwrap_or_default();
        Self {
            former: own_directories(&project.root).map(|own| read_list(&own.join(LIST))).collect(),
            next: project.output_names().map(|name| join(&output, &name)).collect(),
        }
    }

    /// Whether any of it is, or will be, right in a directory: few are asked more than this.
    pub(super) fn is_in(&self, directory: &str) -> bool {
        let all = self.former.iter().flat_map(BTreeMap::keys).chain(&self.next);
        let mut directories = all.map(|path| path.rsplit_once('/').map_or("", |(above, _)| above));
        directories.any(|above| above == directory)
    }

    /// Whether poly made a file, or is about to: what a person put in the place of one is not its own.
    pub(super) fn holds(&self, path: &str, digest: &Digest) -> bool {
        self.next.contains(path) || self.former.iter().any(|list| list.get(path) == Some(digest))
    }
}

/// Where poly keeps its own for each manifest, as far as it is there.
fn own_directories(root: &Path) -> impl Iterator<Item = PathBuf> {
    let work = root.join(WORK_DIRECTORY);
    let others = fs::read_dir(work.join(MANIFESTS)).into_iter().flatten().flatten();
    [work].into_iter().chain(others.map(|entry| entry.path()))
}

fn read_list(path: &Path) -> BTreeMap<String, Digest> {
    let read = || serde_json::from_slice(&fs::read(path).ok()?).ok();
    let list: BTreeMap<String, Digest> = read().unwrap_or_default();
    // A checkout may come with a list from anybody.
    list.into_iter().filter_map(|(name, digest)| Some((normal(&name)?, digest))).collect()
}

/// What a build leaves behind, by path relative to the pipeline.
pub(super) struct Outputs {
    root: PathBuf,
    list: PathBuf,
    former: BTreeMap<String, Digest>,
    made: BTreeMap<String, Digest>,
}

impl Outputs {
    /// With what a former build has left in the pipeline at `root`, of which poly keeps a list in its
    /// `own` directory there.
    pub(super) fn open(root: &Path, own: &str) -> Result<Self, OutputError> {
        let list = directory(root, own)?.join(LIST);
        let former = read_list(&list);
        Ok(Self { root: root.to_owned(), list, former, made: BTreeMap::new() })
    }

    /// Makes a file of a directory (relative to the pipeline) hold an artifact. `is` tells whether
    /// a file has that digest, `bytes` what to write if not.
    pub(super) fn publish<E: From<OutputError>>(
        &mut self,
        at: &str,
        name: &str,
        artifact: &Artifact,
        is: impl FnOnce(&Path) -> bool,
        bytes: impl FnOnce() -> Result<Arc<Vec<u8>>, E>,
    ) -> Result<(), E> {
        let path = directory(&self.root, at)?.join(name);
        // A link in its place is replaced, not followed.
        let there = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
        if !(there && is(&path)) {
            write(&path, &bytes()?).map_err(failed(&path))?;
        }
        let at = normal(at).unwrap_or_default();
        self.made.insert(join(&at, name), artifact.digest);
        Ok(())
    }

    /// Removes what a former build left and this one has not made.
    pub(super) fn finish(self) -> Result<(), OutputError> {
        if self.former == self.made {
            return Ok(());
        }
        for (name, digest) in self.former.iter().filter(|(name, _)| !self.made.contains_key(*name))
        {
            remove_former(&self.root, name, digest)?;
        }
        let text = serde_json::to_vec_pretty(&self.made).expect("strings go into JSON");
        write(&self.list, &text).map_err(failed(&self.list))
    }
}

/// Removes all that builds have left in the pipeline at `root`, whatever their manifest was: what is
/// listed, and what poly keeps for itself. Says what that was.
pub fn clean(root: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let work = root.join(WORK_DIRECTORY);
    let mut removed = Vec::new();
    if work.symlink_metadata().is_err() {
        return Ok(removed);
    }
    let directory = directory(root, WORK_DIRECTORY)?;
    for (name, digest) in own_directories(root).flat_map(|own| read_list(&own.join(LIST))) {
        let path = root.join(&name);
        if !path.starts_with(&work) && remove_former(root, &name, &digest)? {
            removed.push(path);
        }
    }
    remove_aside(&directory).map_err(failed(&work))?;
    removed.push(work);
    Ok(removed)
}

/// Removes a directory, whatever others do in it meanwhile: what they make from then on is in another
/// one. They may have removed it as well.
pub(super) fn remove_aside(directory: &Path) -> io::Result<()> {
    let parent = directory.parent().expect("nobody removes the root");
    let aside = tempfile::Builder::new().prefix(".removed-").tempdir_in(parent)?;
    match fs::rename(directory, aside.path().join("it")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => aside.close(),
    }
}

/// Makes the directory of logs in poly's `own`, and removes from it those of components that are gone.
pub(super) fn clear_logs(
    root: &Path,
    own: &str,
    is_there: impl Fn(&str) -> bool,
) -> Result<(), OutputError> {
    let logs = directory(root, &format!("{own}/{LOGS}"))?;
    for entry in fs::read_dir(&logs).map_err(failed(&logs))? {
        let entry = entry.map_err(failed(&logs))?;
        if !is_there(&entry.file_name().to_string_lossy()) {
            let path = entry.path();
            let gone = if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            gone.map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// A directory below `root`, made if it is not there. `relative` has `/` between its parts.
pub(super) fn directory(root: &Path, relative: &str) -> Result<PathBuf, OutputError> {
    let root = root.canonicalize().map_err(failed(root))?;
    let is_own = Path::new(relative).starts_with(WORK_DIRECTORY);
    let mut at = root.clone();
    for part in Path::new(relative).components() {
        match part {
            Component::Normal(name) => at.push(name),
            Component::ParentDir => drop(at.pop()),
            _ => continue,
        }
        if !at.starts_with(&root) {
            return Err(OutputError::Link { path: root.join(relative), is_own });
        }
        match at.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {
                let leads_to = at.canonicalize().ok().filter(|to| to.starts_with(&root));
                at = leads_to.ok_or_else(|| OutputError::Link { path: at.clone(), is_own })?;
            }
            Ok(_) => {}
            Err(_) => match fs::create_dir(&at) {
                // Another poly was quicker.
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(failed(&at)(error));
                }
                _ => {}
            },
        }
    }
    Ok(at)
}

/// Removes a file that a former build left, unless it is something else by now. Says whether it
/// was removed.
fn remove_former(root: &Path, name: &str, digest: &Digest) -> Result<bool, OutputError> {
    let (at, file) = name.rsplit_once('/').unwrap_or((".", name));
    if !root.join(name).exists() {
        return Ok(false);
    }
    let Ok(path) = directory(root, at).map(|directory| directory.join(file)) else {
        return Ok(false);
    };
    let there = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    if !there || !Digest::of_file(&path).is_ok_and(|found| found == *digest) {
        return Ok(false);
    }
    fs::remove_file(&path).map_err(failed(&path))?;
    Ok(true)
}

/// Writes a file whole or not at all, for others to read as `File::create` would.
pub(super) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, bytes, 0o644)
}

/// Writes a file whole or not at all, with this mode as far as the user's mask lets it.
pub(super) fn write_with(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let directory = path.parent().expect("an output has a directory");
    interrupt::watch();
    let permissions = fs::Permissions::from_mode(mode);
    let mut file = tempfile::Builder::new().permissions(permissions).tempfile_in(directory)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// Writes a file of the user's whole or not at all: the one that a symbolic link leads to, and with
/// the permissions that it has.
pub fn write_over(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path).or_else(|_| std::path::absolute(path))?;
    let before = fs::metadata(&path).map(|found| found.permissions());
    write(&path, bytes)?;
    before.map_or(Ok(()), |permissions| fs::set_permissions(&path, permissions))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> OutputError + '_ {
    move |source| OutputError::System { path: path.to_owned(), source }
}

#[cfg(test)]
#[path = "outputs/tests.rs"]
mod tests;
