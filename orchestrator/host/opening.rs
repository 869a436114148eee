//! Opens what a manifest names, through no symbolic link: whoever may write to a directory above
//! it can have put one in any place, and who would follow it is poly.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Component, Path, PathBuf};

use poly_cache::PASSED;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat};

/// Why something is not opened.
#[derive(Debug)]
pub(super) enum Unopened {
    /// This part of the path is a symbolic link.
    Link(PathBuf),
    /// The system does not open it.
    Failed(io::Error),
}

impl From<rustix::io::Errno> for Unopened {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Failed(error.into())
    }
}

/// A directory that is open.
pub(super) struct Directory {
    open: OwnedFd,
    named: PathBuf,
}

impl Directory {
    /// The directory at `path`, relative to `base`, whose own path may have links in it.
    pub(super) fn open(base: &Path, path: &Path) -> Result<Self, Unopened> {
        let mut named = if path.is_absolute() { Path::new("/") } else { base }.to_owned();
        let mut open = rustix::fs::open(&named, PASSED, Mode::empty())?;
        for part in path.components() {
            let part = match part {
                Component::Prefix(_) | Component::RootDir | Component::CurDir => continue,
                Component::ParentDir => OsStr::new(".."),
                Component::Normal(name) => name,
            };
            named.push(part);
            open = openat(&open, part, PASSED | OFlags::NOFOLLOW, Mode::empty())
                .map_err(|error| refused(&open, part, &named, error))?;
        }
        Ok(Self { open, named })
    }

    /// A path to it that leads to no other, whatever is put in its place: where the system has such
    /// paths; else the one it was opened by.
    pub(super) fn path(&self) -> PathBuf {
        let by_number = PathBuf::from(format!("/proc/self/fd/{}", self.open.as_raw_fd()));
        if by_number.exists() { by_number } else { self.named.clone() }
    }
}

/// The regular file at `path` below `base`. It waits for nobody at a pipe's other end.
pub(super) fn file(base: &Path, path: &str, flags: OFlags) -> Result<File, Unopened> {
    let other = |what: &str| Unopened::Failed(io::Error::other(what.to_owned()));
    let path = Path::new(path);
    let mut depth = 0_usize;
    for part in path.components() {
        depth = match part {
            Component::CurDir => Some(depth),
            Component::Normal(_) => Some(depth + 1),
            Component::ParentDir => depth.checked_sub(1),
            Component::Prefix(_) | Component::RootDir => None,
        }
        .ok_or_else(|| other("it lies outside of the manifest's directory"))?;
    }
    let name = path.file_name().ok_or_else(|| other("it has no name"))?;
    let parent = Directory::open(base, path.parent().unwrap_or(Path::new("")))?;
    let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = openat(&parent.open, name, flags, Mode::from_raw_mode(0o666))
        .map_err(|error| refused(&parent.open, name, &parent.named.join(name), error))?;
    let file = File::from(opened);
    if file.metadata().map_err(Unopened::Failed)?.is_file() {
        Ok(file)
    } else {
        Err(other("it is no regular file"))
    }
}

fn refused(within: &OwnedFd, part: &OsStr, named: &Path, error: rustix::io::Errno) -> Unopened {
    let found = statat(within, part, AtFlags::SYMLINK_NOFOLLOW);
    match found {
        Ok(found) if FileType::from_raw_mode(found.st_mode) == FileType::Symlink => {
            Unopened::Link(named.to_owned())
        }
        _ => error.into(),
    }
}
