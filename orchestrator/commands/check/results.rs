//! `poly check --junit FILE`: the results as a file for other programs.

use std::fs;
use std::io;
use std::path::Path;

use crate::build::write_over;
use crate::commands::CommandError;
use crate::report::{Checked, junit};

/// Says, before anything else, if there can be no such file. The one of a former run is
/// removed: whoever reads it later must not take it for this run's, should that end early.
pub(super) fn prepare(file: &Path) -> Result<(), CommandError> {
    let directory = match file.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        let (file, directory) = (file.to_owned(), directory.to_owned());
        return Err(CommandError::NoDirectory { file, directory });
    }
    match fs::symlink_metadata(file) {
        Ok(found) if !found.is_file() => Err(CommandError::NotAFile { path: file.to_owned() }),
        Ok(_) => fs::remove_file(file).map_err(|source| CommandError::System {
            doing: "remove",
            path: file.to_owned(),
            source,
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(CommandError::System { doing: "read", path: file.to_owned(), source }),
    }
}

/// Writes it, whole or not at all.
pub(super) fn write(file: &Path, pipeline: &str, all: &[Checked]) -> Result<(), CommandError> {
    write_over(file, junit(pipeline, all).as_bytes()).map_err(|source| CommandError::System {
        doing: "write",
        path: file.to_owned(),
        source,
    })
}
