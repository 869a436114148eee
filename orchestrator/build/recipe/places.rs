//! Where one component is built: a directory for each component of each checkout, below the
//! cache and not below the pipeline. Compilers look for their settings in every directory
//! above (cargo for a workspace, Go for `go.work`, Node.js for `node_modules`), and there they
//! find nothing that was not declared.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Recipe, RecipeError};

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
            fs::create_dir_all(&path).map_err(write_failed(&path))?;
            Ok(path)
        };
        let top = make(top)?;
        let top = fs::canonicalize(&top).map_err(write_failed(&top))?;
        let root = make(top.join("copy"))?;
        Ok(Self {
            component: make(
                root.join(recipe.component.path.get_ref().as_str()).components().collect(),
            )?,
            root,
            build: make(top.join("state"))?,
            output: make(top.join("output"))?.join(format!("{name}.wasm")),
            logs: recipe.project.work().join("log").join(name),
            lock: top.join("lock"),
        })
    }

    /// What a former run wrote must not pass for what this one does. A link is removed, not
    /// followed.
    pub(super) fn clear_logs(&self) -> Result<(), RecipeError> {
        match fs::remove_dir_all(&self.logs) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(write_failed(&self.logs)(error))
            }
            _ => fs::create_dir_all(&self.logs).map_err(write_failed(&self.logs)),
        }
    }

    /// Two polys in one checkout take turns.
    pub(super) fn lock(&self) -> Result<fs::File, RecipeError> {
        let file = fs::File::create(&self.lock).map_err(write_failed(&self.lock))?;
        file.lock().map_err(write_failed(&self.lock))?;
        Ok(file)
    }

    pub(super) fn log(&self, index: usize, step: &str) -> PathBuf {
        self.logs.join(format!("{}-{step}.log", index + 1))
    }
}

pub(super) fn write_failed(path: &Path) -> impl FnOnce(io::Error) -> RecipeError + '_ {
    move |source| RecipeError::Write { path: path.to_owned(), source }
}
