//! Files that are there whole or not at all: written beside their place, then renamed into it.
//! And their opposite: whatever is in a place and should not be there is taken away.
//!
//! Nothing is flushed to the disk itself: after a power failure a file may be empty or
//! shortened, and what reads it finds that out and treats it as absent. Waiting for the disk
//! would cost more than making such an artifact again.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Makes a directory, and those above it, that only their owner can look into or write to;
/// leaves what is there as it is. Something else in its place is removed.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    let make = || DirBuilder::new().recursive(true).mode(0o700).create(path);
    make().or_else(|error| match fs::symlink_metadata(path) {
        Ok(found) if !found.is_dir() && !path.is_dir() => {
            remove(path, &found).and_then(|()| make())
        }
        _ => Err(error),
    })
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
    file.persist(place).map(drop).or_else(|failed| {
        if !place.is_dir() {
            return Err(failed.error);
        }
        // No file can be renamed over a directory.
        discard(place)?;
        failed.file.persist(place).map(drop).map_err(|failed| failed.error)
    })
}

/// Removes what is in the place of a file, whatever it is, or what is in the place of the
/// directory that the file would be in. Nothing there is as good.
pub(crate) fn discard(place: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(place) {
        Ok(found) => return settled(remove(place, &found)),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => place.parent(),
        Err(error) => return settled(Err(error)),
    };
    found.map_or(Ok(()), |above| settled(fs::remove_file(above)))
}

/// Removes a directory with all that is in it, also where its owner may not write.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        removed => removed,
    }
}

fn remove(path: &Path, found: &Metadata) -> io::Result<()> {
    if found.is_dir() { remove_tree(path) } else { fs::remove_file(path) }
}

/// Makes every directory of a tree its owner's to change. Some tools keep theirs from that.
pub(crate) fn open_up(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

fn settled(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
