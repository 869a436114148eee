//! Files that are there whole or not at all: written beside their place, then renamed into it.
//!
//! Nothing is flushed to the disk itself: after a power failure a file may be empty or
//! shortened, and what reads it finds that out and treats it as absent. Waiting for the disk
//! would cost more than making such an artifact again.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use tempfile::NamedTempFile;

/// Makes a directory, and those above it, that only their owner can look into or write to;
/// leaves what is there as it is.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Begins a file in `temporary`, which must lie in the file system of its later place.
pub(crate) fn begin(temporary: &Path) -> io::Result<NamedTempFile> {
    match NamedTempFile::new_in(temporary) {
        // Somebody cleared the directory while this process had it open.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_directory(temporary)?;
            NamedTempFile::new_in(temporary)
        }
        result => result,
    }
}

/// Puts a file into its place, over whatever was there.
pub(crate) fn finish(file: NamedTempFile, place: &Path) -> io::Result<()> {
    if let Some(directory) = place.parent() {
        make_directory(directory)?;
    }
    file.persist(place).map_err(|error| error.error)?;
    Ok(())
}
