//! Locks across processes, on files. The system releases them when their holder ends, however
//! it ends.
//!
//! A lock file may be removed while another process waits for it. Whoever gets a lock looks
//! whether its file is still the one at that path, and else begins anew.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::OFlags;
use tempfile::NamedTempFile;

use crate::entry::children;
use crate::layout::is_damage;
use crate::write;

/// An exclusive lock on a key, across processes; released when dropped, also by a crash.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    file: File,
}

impl Lock {
    /// Waits for the lock on a file that is there for nothing else, see [`lock_file`].
    pub(crate) fn wait(path: PathBuf, waiting: impl FnOnce()) -> io::Result<Self> {
        let file = lock_file(&path, waiting)?;
        Ok(Self { path, file })
    }

    /// The lock on such a file, if nobody holds it.
    pub(crate) fn if_free(path: PathBuf) -> io::Result<Option<Self>> {
        let file = open(&path)?;
        let free = is_free(&file)? && is_at(&file, &path);
        Ok(free.then(|| Self { path, file }))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Those who wait for it will see that it is gone.
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Held as long as the store is used: what is used meanwhile is not collected.
#[derive(Debug)]
pub(crate) struct Lease {
    _file: NamedTempFile,
}

impl Lease {
    /// Begins now. Whoever calls this holds the gate, so that nobody takes the file for one
    /// whose holder is gone before it is locked.
    pub(crate) fn begin(leases: &Path) -> io::Result<Self> {
        let file = write::begin(leases)?;
        file.as_file().lock()?;
        Ok(Self { _file: file })
    }
}

/// When each lease began whose holder lives, by a clock that says `now`. The files of the others
/// are removed; whoever calls this has closed the gate, so that none of them has just begun.
pub(crate) fn leases(directory: &Path, now: SystemTime) -> io::Result<Vec<SystemTime>> {
    let mut begun = Vec::new();
    for entry in children(directory) {
        let path = entry.path();
        let opened = File::open(&path).and_then(|file| Ok((is_free(&file)?, file.metadata()?)));
        match opened {
            Ok((true, _)) => drop(fs::remove_file(&path)),
            Ok((false, metadata)) => begun.push(metadata.modified()?.min(now)),
            // It ended just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => drop(write::discard(&path)),
        }
    }
    Ok(begun)
}

/// Waits for the lock on a file that is there for nothing else, made if it is not there. `waiting`
/// is called before that takes any time. Whatever else is in its place is removed. The lock ends
/// when the file is closed or unlocked, and the file stays; should another remove it meanwhile,
/// whoever locks it next has another one.
pub fn lock_file(path: &Path, waiting: impl FnOnce()) -> io::Result<File> {
    let mut waiting = Some(waiting);
    loop {
        let file = open(path)?;
        if !is_free(&file)? {
            if let Some(waiting) = waiting.take() {
                waiting();
            }
            file.lock()?;
        }
        if is_at(&file, path) {
            return Ok(file);
        }
    }
}

/// Opens a lock file, made if it is not there.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let open = || {
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()).open(path)
    };
    open().or_else(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            write::make_directory(path.parent().unwrap_or(path))?;
        } else if is_damage(&error) {
            write::discard(path)?;
        } else {
            return Err(error);
        }
        open()
    })
}

/// Whether nobody holds the lock on an open file. It is then held by that.
fn is_free(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(held), Ok(there)) => identity(held) == identity(there),
        _ => false,
    }
}
