//! The files that a build leaves in a pipeline's own directory.
//!
//! - They are **exact**: what a former build left and this one does not make is removed. A list
//!   beside them says which those are; what a person has put in the place of one is left.
//! - Nothing is written outside of the pipeline: a symbolic link on the way there is followed as
//!   long as it leads to a place within, and refused otherwise. A checkout may come from anybody.
//!
//! A build that fails leaves what was there.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use miette::Diagnostic;
use poly_cache::{Artifact, Digest};
use thiserror::Error;

use super::project::WORK_DIRECTORY;

/// Where, below poly's own directory, a component's steps leave what they say.
const LOGS: &str = "log";

/// Why a file could not be left in the pipeline.
#[derive(Debug, Error, Diagnostic)]
pub enum OutputError {
    /// A symbolic link that leads out of the pipeline.
    #[error("`{}` is a symbolic link that leads out of the pipeline", path.display())]
    #[diagnostic(help(
        "poly writes nothing outside: put a directory there, or name another one with `output` \
         under `[pipeline]`"
    ))]
    Link {
        /// The link.
        path: PathBuf,
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

/// What a build leaves behind, by path relative to the pipeline.
pub(super) struct Outputs {
    root: PathBuf,
    list: PathBuf,
    former: BTreeMap<String, Digest>,
    made: BTreeMap<String, Digest>,
}

impl Outputs {
    /// With what a former build has left in the pipeline at `root`.
    pub(super) fn open(root: &Path) -> Result<Self, OutputError> {
        let list = directory(root, WORK_DIRECTORY)?.join("outputs.json");
        let read = || serde_json::from_slice(&fs::read(&list).ok()?).ok();
        let mut former: BTreeMap<String, Digest> = read().unwrap_or_default();
        // A checkout may come with a list from anybody.
        former.retain(|name, _| {
            let mut parts = Path::new(name).components();
            parts.all(|part| matches!(part, Component::Normal(_)))
        });
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
        self.made.insert(format!("{at}/{name}"), artifact.digest);
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

/// Removes all that builds have left in the pipeline at `root`: what is listed, and what poly
/// keeps for itself. Says what that was.
pub fn clean(root: &Path) -> Result<Vec<PathBuf>, OutputError> {
    let work = root.join(WORK_DIRECTORY);
    let mut removed = Vec::new();
    if work.symlink_metadata().is_err() {
        return Ok(removed);
    }
    let outputs = Outputs::open(root)?;
    for (name, digest) in &outputs.former {
        let path = root.join(name);
        if !path.starts_with(&work) && remove_former(root, name, digest)? {
            removed.push(path);
        }
    }
    fs::remove_dir_all(directory(root, WORK_DIRECTORY)?).map_err(failed(&work))?;
    removed.push(work);
    Ok(removed)
}

/// Makes the directory of logs, and removes from it those of components that are gone.
pub(super) fn clear_logs(root: &Path, is_there: impl Fn(&str) -> bool) -> Result<(), OutputError> {
    let logs = directory(root, &format!("{WORK_DIRECTORY}/{LOGS}"))?;
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
    let mut at = root.clone();
    for part in Path::new(relative).components() {
        match part {
            Component::Normal(name) => at.push(name),
            Component::ParentDir => drop(at.pop()),
            _ => continue,
        }
        if !at.starts_with(&root) {
            return Err(OutputError::Link { path: root.join(relative) });
        }
        match at.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => {
                let leads_to = at.canonicalize().ok().filter(|to| to.starts_with(&root));
                at = leads_to.ok_or_else(|| OutputError::Link { path: at.clone() })?;
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
    let directory = path.parent().expect("an output has a directory");
    let readable = fs::Permissions::from_mode(0o644);
    let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(directory)?;
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
mod tests {
    use super::*;

    fn publish(outputs: &mut Outputs, at: &str, name: &str) -> Result<(), OutputError> {
        let artifact = Artifact { digest: Digest::of(name.as_bytes()), size: name.len() as u64 };
        let is = |path: &Path| Digest::of_file(path).is_ok_and(|found| found == artifact.digest);
        outputs.publish(at, name, &artifact, is, || {
            Ok::<_, OutputError>(Arc::new(name.as_bytes().to_vec()))
        })
    }

    fn build(root: &Path, outputs: &[(&str, &str)]) {
        let mut left = Outputs::open(root).unwrap();
        for (at, name) in outputs {
            publish(&mut left, at, name).unwrap();
        }
        left.finish().unwrap();
    }

    #[test]
    fn what_is_not_made_any_more_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        build(root, &[("target/poly", "one"), ("dist/deep", "two"), ("dist", "three")]);
        fs::write(root.join("dist/mine"), "a person's own").unwrap();
        fs::write(root.join("dist/three"), "changed by a person").unwrap();

        build(root, &[("target/poly", "four")]);
        let there = |name: &str| root.join(name).exists();
        assert!(there("target/poly/four") && there("dist/mine") && there("dist/three"));
        assert!(!there("target/poly/one") && !there("dist/deep/two"));

        build(root, &[("dist", "one")]);
        let removed = clean(root).unwrap();
        assert_eq!(removed, [root.join("dist/one"), root.join(WORK_DIRECTORY)]);
        assert!(
            !there("dist/one") && !there("target/poly") && there("target") && there("dist/mine")
        );
        assert_eq!(clean(root).unwrap(), Vec::<PathBuf>::new());
    }

    #[test]
    fn no_link_is_followed_out_of_the_pipeline() {
        let (top, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = &top.path().join("pipeline");
        fs::create_dir(root).unwrap();
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        fs::write(outside.path().join("one"), "precious").unwrap();
        fs::create_dir_all(root.join("within")).unwrap();

        link(outside.path(), "dist");
        link(Path::new("within"), "bin");
        link(Path::new("nowhere"), "dangling");
        let mut outputs = Outputs::open(root).unwrap();
        for refused in ["dist", "dist/below", "bin/../dist", "dangling"] {
            let error = publish(&mut outputs, refused, "one").unwrap_err();
            assert!(matches!(error, OutputError::Link { .. }), "{refused}: {error}");
        }
        publish(&mut outputs, "bin", "one").unwrap();
        assert!(root.join("within/one").is_file());

        // A list that names what lies outside.
        fs::write(root.join("../precious"), "one").unwrap();
        let list = root.join(WORK_DIRECTORY).join("outputs.json");
        let names = ["../precious", "/etc/one", "bin/../../precious"];
        let listed: BTreeMap<_, _> = names.map(|name| (name, Digest::of(b"one"))).into();
        fs::write(list, serde_json::to_vec(&listed).unwrap()).unwrap();
        Outputs::open(root).unwrap().finish().unwrap();
        assert!(root.join("../precious").exists() && !root.join("etc").exists());
        assert!(directory(root, "bin/../..").is_err());
        let mut outputs = Outputs::open(root).unwrap();
        publish(&mut outputs, "bin", "one").unwrap();

        // A link in the very place of an output is replaced.
        link(&outside.path().join("one"), "within/two");
        publish(&mut outputs, "within", "two").unwrap();
        outputs.finish().unwrap();
        assert!(root.join("within/two").symlink_metadata().unwrap().is_file());
        assert_eq!(fs::read(outside.path().join("one")).unwrap(), b"precious");

        fs::create_dir_all(root.join("target/poly/log/gone")).unwrap();
        link(outside.path(), "target/poly/log/linked");
        clear_logs(root, |name| name != "gone").unwrap();
        clear_logs(root, |_| false).unwrap();
        assert_eq!(fs::read_dir(root.join("target/poly/log")).unwrap().count(), 0);
        assert_eq!(fs::read(outside.path().join("one")).unwrap(), b"precious");

        fs::remove_dir_all(root.join("target")).unwrap();
        link(outside.path(), "target");
        fs::create_dir(outside.path().join("poly")).unwrap();
        assert!(matches!(Outputs::open(root), Err(OutputError::Link { .. })));
        assert!(clean(root).is_err());
        assert!(outside.path().join("poly").exists());
    }
}
