//! Directories of WIT on disk.

use std::fs;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::project::ProjectError;
use crate::component::wit;

/// The `.wit` files of a directory and of its `deps/`, by their path below it. A symbolic link in the
/// place of one, or of a directory of them, is an error: what it leads to may lie anywhere.
pub fn read_wit(directory: &Path) -> Result<wit::Source, ProjectError> {
    let mut source = wit::Source::new();
    // What begins with a dot is somebody's work that is not done yet.
    let wanted = |entry: &DirEntry| {
        entry.depth() == 0 || !entry.file_name().as_encoded_bytes().starts_with(b".")
    };
    let walk = WalkDir::new(directory).max_depth(3).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(wanted) {
        let entry = entry.map_err(|error| ProjectError::Read {
            path: error.path().unwrap_or(directory).to_owned(),
            source: error.into(),
        })?;
        let path = entry.path();
        // A walk stays below its top.
        let below = path.strip_prefix(directory).unwrap_or(path);
        let is_wit = path.extension().is_some_and(|end| end == "wit");
        let is_package = || below.starts_with("deps") && path.is_dir();
        if entry.file_type().is_symlink() && (is_wit || is_package()) {
            return Err(ProjectError::Link { path: path.to_owned() });
        }
        if entry.file_type().is_file() && is_wit {
            let text = fs::read_to_string(path)
                .map_err(|source| ProjectError::Read { path: path.to_owned(), source })?;
            source.insert(below.to_string_lossy().replace('\\', "/"), text);
        }
    }
    Ok(source)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Once, they were left out, and the package was said to be missing.
    #[test]
    fn a_link_among_wit_is_refused_where_wit_is_looked_for() {
        let top = tempfile::tempdir().unwrap();
        let (wit, outside) = (top.path().join("wit"), top.path().join("outside"));
        fs::create_dir_all(wit.join("deps")).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(wit.join("world.wit"), "package a:b;").unwrap();
        fs::write(outside.join("world.wit"), "package c:d;").unwrap();
        // No WIT is looked for there.
        symlink(&outside, wit.join("docs")).unwrap();
        symlink(outside.join("world.wit"), wit.join("deps/.draft.wit")).unwrap();
        assert_eq!(read_wit(&wit).unwrap().len(), 1);
        // The directory itself is asked of by whoever names it.
        symlink(&wit, top.path().join("linked")).unwrap();
        assert_eq!(read_wit(&top.path().join("linked")).unwrap().len(), 1);

        for (to, name) in [
            (outside.join("world.wit"), "other.wit"),
            (outside.clone(), "deps/c"),
            (outside.join("world.wit"), "deps/c.wit"),
        ] {
            symlink(to, wit.join(name)).unwrap();
            let error = read_wit(&wit).unwrap_err().to_string();
            let said = format!("wit/{name}` is a symbolic link, which poly does not follow");
            assert!(error.ends_with(&said), "{error}");
            fs::remove_file(wit.join(name)).unwrap();
        }
    }
}
