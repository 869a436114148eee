//! Where one component is built: a directory for each component of each checkout, below the
//! cache and not below the pipeline. Compilers look for their settings in every directory
//! above (cargo for a workspace, Go for `go.work`, Node.js for `node_modules`), and there they
//! find nothing that was not declared.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use poly_cache::lock_file;

use super::{Recipe, RecipeError};

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
        let top = recipe.builds.join(name);
        let make = |path: PathBuf| -> Result<PathBuf, RecipeError> {
            if path.is_symlink() {
                // Whatever it is, poly did not make it, and must not clear what it leads to.
                fs::remove_file(&path).map_err(write_failed(&path))?;
            }
            fs::create_dir_all(&path).map_err(write_failed(&path))?;
            Ok(path)
        };
        let top = make(top)?;
        let top = fs::canonicalize(&top).map_err(write_failed(&top))?;
        let root = make(top.join("copy"))?;
        let output = make(top.join("output"))?.join(format!("{name}.wasm"));
        only_a_file(&output).map_err(write_failed(&output))?;
        Ok(Self {
            component: make(
                root.join(recipe.component.path.get_ref().as_str()).components().collect(),
            )?,
            root,
            build: make(top.join("state"))?,
            output,
            logs: recipe.project.work().join("log").join(name),
            lock: top.join(LOCK),
        })
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
pub fn clean_builds(builds: &Path, waiting: impl Fn()) -> io::Result<bool> {
    let components = match fs::read_dir(builds) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        components => components?,
    };
    let mut alone = Vec::new();
    for component in components {
        let lock = component?.path().join(LOCK);
        if lock.symlink_metadata().is_ok_and(|lock| lock.is_file()) {
            alone.push(lock_file(&lock, &waiting)?);
        }
    }
    fs::remove_dir_all(builds)?;
    Ok(true)
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
