//! Where one component is built: a directory for each component of each checkout, in the
//! cache and not below the pipeline. Compilers look for their settings in every directory
//! above (cargo for a workspace, Go for `go.work`, Node.js for `node_modules`), and there they
//! find nothing that was not declared.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use poly_cache::lock_file;

use super::{Recipe, RecipeError};
use crate::build::cache::{build_directory, checkout_of};
use crate::build::outputs::{LOGS, remove_aside};

/// What a component's directory has for those who build there to lock.
const LOCK: &str = "lock";

/// Where one component is built.
pub(super) struct Places {
    /// The root of the copy.
    pub(super) root: PathBuf,
    /// The component's directory in it.
    pub(super) component: PathBuf,
    /// What tools keep between builds.
    pub(super) build: PathBuf,
    /// Where the artifact should be written.
    pub(super) output: PathBuf,
    /// What the steps wrote.
    pub(super) logs: PathBuf,
    lock: PathBuf,
}

impl Places {
    pub(super) fn of(recipe: &Recipe<'_>) -> Result<Self, RecipeError> {
        let name = recipe.name;
        let top = build_directory(recipe.builds, name);
        make(&top)?;
        let top = fs::canonicalize(&top).map_err(write_failed(&top))?;
        let root = top.join("copy");
        Ok(Self {
            component: root.join(recipe.component.path.get_ref().as_str()).components().collect(),
            root,
            build: top.join("state"),
            output: top.join("output").join(format!("{name}.wasm")),
            logs: recipe.project.root.join(recipe.project.own()).join(LOGS).join(name),
            lock: top.join(LOCK),
        })
    }

    /// Makes the directories, for whoever holds the lock: until then, `poly clean` may remove them.
    pub(super) fn make(&self) -> Result<(), RecipeError> {
        let output = self.output.parent().expect("a file in a directory");
        [&*self.root, &*self.component, &*self.build, output].into_iter().try_for_each(make)?;
        only_a_file(&self.output).map_err(write_failed(&self.output))
    }

    /// What a former run wrote must not pass for what this one does. A link is removed, not
    /// followed.
    pub(super) fn clear_logs(&self) -> Result<(), RecipeError> {
        remove(&self.logs).map_err(write_failed(&self.logs))?;
        fs::create_dir_all(&self.logs).map_err(write_failed(&self.logs))
    }

    /// Two polys in one checkout take turns. Tools inherit the lock: should poly be killed, it
    /// is theirs as long as any of them goes on, and writes into what the next build reads.
    /// `waiting` is called if this one's is not the first.
    pub(super) fn lock(&self, waiting: impl FnOnce()) -> Result<Alone, RecipeError> {
        let lock = || {
            let file = lock_file(&self.lock, waiting)?;
            rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty())?;
            Ok(file)
        };
        lock().map(Alone).map_err(write_failed(&self.lock))
    }

    /// Where what a step writes is kept.
    pub(super) fn log(&self, index: usize, step: &str) -> PathBuf {
        self.logs.join(format!("{}-{step}.log", index + 1))
    }
}

/// Removes all that builds of a checkout have left below the cache, when nobody builds there any
/// more; `waiting` is called if somebody does. Says whether there was anything.
pub fn clean_builds(checkout: &Path, waiting: impl Fn()) -> io::Result<bool> {
    let Some(builds) = checkout.parent() else { return Ok(false) };
    let all = match fs::read_dir(builds) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?.collect::<Result<Vec<_>, _>>()?,
    };
    let mut own: Vec<_> = all.iter().map(fs::DirEntry::path).collect();
    own.retain(|path| checkout_of(path) == checkout);
    for path in &own {
        if path == checkout || path.is_symlink() || !path.is_dir() {
            remove_aside(path)?;
        } else {
            let _alone = lock_file(&path.join(LOCK), &waiting)?;
            remove_aside(path)?;
        }
    }
    Ok(!own.is_empty())
}

/// Makes a directory. What a link in its place leads to is not poly's, and must not be cleared.
fn make(path: &Path) -> Result<(), RecipeError> {
    if path.is_symlink() {
        fs::remove_file(path).map_err(write_failed(path))?;
    }
    fs::create_dir_all(path).map_err(write_failed(path))
}

/// Removes what is in the place of a file and is none, or may not be written to. Through a
/// symbolic link, somebody else's file would be written.
fn only_a_file(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() && found.permissions().mode() & 0o200 != 0 => Ok(()),
        _ => remove(path),
    }
}

/// Removes whatever is at a path.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}

/// While it is there, nobody else builds in these places.
pub(super) struct Alone(fs::File);

impl Drop for Alone {
    fn drop(&mut self) {
        // Not by closing it: tools of other components may have inherited it too.
        let _ = self.0.unlock();
    }
}

pub(super) fn write_failed(path: &Path) -> impl FnOnce(io::Error) -> RecipeError + '_ {
    move |source| RecipeError::Write { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// Once, this failed as soon as somebody made a file where it had just looked.
    #[test]
    fn builds_are_removed_though_others_begin_meanwhile() {
        let top = tempfile::tempdir().unwrap();
        let checkout = &top.path().join("0123");
        let over = &AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for number in 0.. {
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let top = build_directory(checkout, "a");
                    let copy = top.join("copy").join((number % 100).to_string());
                    let _ = fs::create_dir_all(&copy);
                    let _ = fs::write(copy.join("file"), "");
                }
            });
            for _ in 0..100 {
                clean_builds(checkout, || {}).unwrap();
            }
            over.store(true, Ordering::Relaxed);
        });
        clean_builds(checkout, || {}).unwrap();
        assert!(!clean_builds(checkout, || {}).unwrap());
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
    }

    #[test]
    fn two_remove_builds_side_by_side() {
        let top = tempfile::tempdir().unwrap();
        let checkout = &top.path().join("0123");
        for _ in 0..50 {
            for name in 0..10 {
                fs::create_dir_all(build_directory(checkout, &name.to_string())).unwrap();
            }
            std::thread::scope(|scope| {
                let clean = || scope.spawn(|| clean_builds(checkout, || {}).unwrap());
                for cleaned in [clean(), clean()] {
                    cleaned.join().unwrap();
                }
            });
        }
        assert_eq!(fs::read_dir(top.path()).unwrap().count(), 0);
    }
}
