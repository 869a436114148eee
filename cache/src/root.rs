//! A directory that is looked into by the paths below it: from there a look goes through fewer
//! directories than by a whole path, and takes half the time.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, statat};
use rustix::io::Errno;

/// How a directory is opened that is to be gone through, not to be read.
#[cfg(target_os = "linux")]
pub const PASSED: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// How a directory is opened that is to be gone through; here there is no other way than to be read.
#[cfg(not(target_os = "linux"))]
pub const PASSED: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A directory, or why it could not be opened. It is the one that was there when it was opened,
/// wherever it is moved.
#[derive(Debug)]
pub struct Root(Result<OwnedFd, Errno>);

impl Root {
    /// That at a path. One that cannot be opened is told of by each look.
    pub fn open(path: &Path) -> Self {
        Self(rustix::fs::open(path, PASSED, Mode::empty()))
    }

    /// Whether there is a directory at a path below it, and not a link to one.
    pub fn has_directory(&self, path: &str) -> bool {
        let is_directory =
            |found: Stat| FileType::from_raw_mode(found.st_mode) == FileType::Directory;
        self.look(path).is_ok_and(is_directory)
    }

    /// The metadata of what is at a path below it, not of what a link there leads to.
    pub(crate) fn look(&self, path: &str) -> Result<Stat, Errno> {
        statat(self.handle()?, path, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// The metadata of a directory below it, or of what a link there leads to; an empty path is its
    /// own.
    pub(crate) fn look_at_directory(&self, path: &str) -> io::Result<Stat> {
        Ok(statat(self.handle()?, own(path), AtFlags::empty())?)
    }

    /// A directory below it, to be read; an empty path is its own.
    pub(crate) fn directory(&self, path: &str) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(rustix::fs::openat(self.handle()?, own(path), flags, Mode::empty())?)
    }

    fn handle(&self) -> Result<&OwnedFd, Errno> {
        self.0.as_ref().map_err(|error| *error)
    }
}

fn own(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}
