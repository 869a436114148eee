//! The one file that a toolchain's output glob names.

use std::fs;
use std::path::{Path, PathBuf};

use super::RecipeError;
use super::places::write_failed;
use crate::build::inputs::{self, Globs};

/// What a former build left must not pass for what this one makes.
pub(super) fn clear_output(pattern: &str) -> Result<(), RecipeError> {
    for path in matching_files(pattern)? {
        fs::remove_file(&path).map_err(write_failed(&path))?;
    }
    Ok(())
}

/// The files that a path names whose last parts may be globs.
pub(super) fn matching_files(pattern: &str) -> Result<Vec<PathBuf>, RecipeError> {
    let path = Path::new(pattern);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let fixed: PathBuf = path
        .components()
        .take_while(|part| !is_glob(&part.as_os_str().to_string_lossy()))
        .collect();
    let below = path.strip_prefix(&fixed).unwrap_or(path).to_string_lossy().into_owned();
    if below.is_empty() || !fixed.is_dir() {
        return Ok(Vec::new());
    }
    let globs = Globs::new([below.as_str()], [])?;
    let names = inputs::output_files(&fixed, &globs)?;
    Ok(names.into_iter().map(|name| fixed.join(name)).collect())
}

fn is_glob(part: &str) -> bool {
    part.contains(['*', '?', '[', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_glob_finds_files_below_its_fixed_part() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().join("target/release");
        fs::create_dir_all(top.join("deps")).unwrap();
        fs::write(top.join("thing.wasm"), "").unwrap();
        fs::write(top.join("deps/thing.wasm"), "").unwrap();
        let find = |pattern: &str| matching_files(&format!("{}/{pattern}", top.display())).unwrap();

        assert_eq!(find("*.wasm"), [top.join("thing.wasm")]);
        assert_eq!(find("thing.wasm"), [top.join("thing.wasm")]);
        assert_eq!(find("other.wasm"), Vec::<PathBuf>::new());
        assert_eq!(find("**/*.wasm").len(), 2);
    }
}
