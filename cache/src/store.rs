//! The store as those use it who make artifacts and need them: blobs, records, locks, and the
//! notes of what is used.
//!
//! An open store is a lease: what it finds, puts or enters is not collected until it is dropped
//! (see `collect`). What it finds damaged it removes, and reports as not there.

use std::fs::{self, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustix::fs::{AtFlags, CWD, FileType, Timespec, Timestamps, UTIME_NOW, utimensat};
use tempfile::NamedTempFile;

use crate::collect::is_noted;
use crate::layout::{self, Found, Layout};
use crate::lock::{self, Lease, Lock};
use crate::root::Root;
use crate::{Artifact, Damaged, Digest, Stat, StoreError, write};

/// A content-addressed store in one directory, shared by threads and processes.
#[derive(Debug)]
pub struct Store {
    pub(crate) layout: Layout,
    root: Root,
    damaged: Mutex<Vec<Damaged>>,
    _lease: Lease,
}

impl Store {
    /// Opens the store in a directory, which is made if it is not there, for its owner alone:
    /// what is kept there is trusted, down to machine code.
    ///
    /// Fails if nothing can be written there, so that no build has to find that out at its
    /// end.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let layout = Layout::make(root)?;
        let lease = || {
            let _gate = passed(&layout)?;
            Lease::begin(&layout.leases())
        };
        let lease = lease().map_err(|source| StoreError::opening(root.to_owned(), source))?;
        Ok(Self { layout, root: Root::open(root), damaged: Mutex::default(), _lease: lease })
    }

    /// The directory of the store.
    pub fn root(&self) -> &Path {
        &self.layout.root
    }

    /// Keeps bytes. What is there already, and whole, is left as it is.
    pub fn put(&self, bytes: &[u8]) -> Result<Artifact, StoreError> {
        let artifact = Artifact { digest: Digest::of(bytes), size: bytes.len() as u64 };
        if self.verified_path(&artifact.digest)?.is_none() {
            let path = self.layout.blob(&artifact.digest);
            let written = write::begin(&self.layout.temporary()).and_then(|mut file| {
                file.write_all(bytes)?;
                finish_blob(file, &path)
            });
            written.map_err(|source| StoreError::writing(path, source))?;
        }
        Ok(artifact)
    }

    /// An empty file for another process to write to: in the store, where nobody else can, and
    /// gone when it is dropped.
    pub fn draft(&self) -> Result<NamedTempFile, StoreError> {
        let directory = self.layout.temporary();
        write::begin(&directory).map_err(|source| StoreError::writing(directory, source))
    }

    /// The bytes with a digest, if they are there and whole.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.layout.blob(digest);
        let Some(bytes) = self.content(&path, || Damaged::Blob { digest: *digest })? else {
            return Ok(None);
        };
        if Digest::of(&bytes) == *digest {
            return Ok(Some(bytes));
        }
        self.remove_damaged(Damaged::Blob { digest: *digest }, &path)?;
        Ok(None)
    }

    /// Whether there is a file of an artifact's digest and length. A look at the metadata only:
    /// enough to know that nothing has to be built, not enough to hand the file on.
    pub fn has(&self, artifact: &Artifact) -> bool {
        self.use_file(&layout::blob(&artifact.digest), Some(artifact.size)).is_some()
    }

    /// The file of an artifact, if [`Store::has`] it.
    pub fn path(&self, artifact: &Artifact) -> Option<PathBuf> {
        self.has(artifact).then(|| self.layout.blob(&artifact.digest))
    }

    /// Notes that the record under a key is used, if there is one, and says when that was noted last: now,
    /// or less than a day ago, or earlier if it could not be noted. A look at the metadata only: for those who
    /// know what it says.
    pub fn use_record(&self, key: &Digest) -> Option<SystemTime> {
        self.use_file(&layout::record(key), None)
    }

    /// Notes that a file is used, by its path below the root, if it is there and of this length if one is
    /// told; and says when that was noted last.
    fn use_file(&self, path: &str, size: Option<u64>) -> Option<SystemTime> {
        // What lies in a root that took the place of this one is found by its whole path.
        let whole = |_| rustix::fs::lstat(self.layout.root.join(path));
        let found = self.root.look(path).or_else(whole).ok()?;
        let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
        let found = Stat::from(&found);
        if !is_file || size.is_some_and(|size| size != found.size()) {
            return None;
        }
        let used = found.modified();
        if is_noted(used) { Some(used) } else { self.mark(&self.layout.root.join(path), used) }
    }

    /// The file with a digest, after reading it all: for those who map it into memory or
    /// copy it without a look of their own.
    pub fn verified_path(&self, digest: &Digest) -> Result<Option<PathBuf>, StoreError> {
        let path = self.layout.blob(digest);
        let whole = match self.opened(&path)? {
            Found::Nothing => return Ok(None),
            Found::Damage => false,
            Found::File(mut file, _) => match Digest::of_reader(&mut file) {
                Ok(found) => found == *digest,
                Err(error) if layout::is_damage(&error) => false,
                Err(source) => return Err(StoreError::Read { path, source }),
            },
        };
        if whole {
            return Ok(Some(path));
        }
        self.remove_damaged(Damaged::Blob { digest: *digest }, &path)?;
        Ok(None)
    }

    /// Removes the file with a digest, if it is there: for those who find that it is whole and
    /// yet of no use.
    pub fn remove(&self, digest: &Digest) -> Result<(), StoreError> {
        discard(&self.layout.blob(digest))
    }

    /// Removes the record under a key, if there is one. Its blob stays.
    pub fn remove_record(&self, key: &Digest) -> Result<(), StoreError> {
        discard(&self.layout.record(key))
    }

    /// Waits until this process alone holds the lock on a key; `waiting` is called before that
    /// takes any time. Threads wait for each other as processes do.
    pub fn lock(&self, key: &Digest, waiting: impl FnOnce()) -> Result<Lock, StoreError> {
        let path = self.layout.lock(key);
        Lock::wait(path.clone(), waiting).map_err(|source| {
            match StoreError::writing(path, source) {
                StoreError::Write { path, source } => StoreError::Lock { path, source },
                full => full,
            }
        })
    }

    /// Makes a directory of an annex (see [`crate::Annex`]), if it is not there, and notes that
    /// it is used: it stays as long as this store is open.
    pub fn enter(&self, directory: &Path) -> Result<(), StoreError> {
        let found = fs::symlink_metadata(directory);
        if found.is_ok_and(|found| found.is_dir() && found.modified().is_ok_and(is_noted)) {
            return Ok(());
        }
        let enter = || {
            let _gate = passed(&self.layout)?;
            write::make_directory(directory)?;
            touch(directory)
        };
        enter().map_err(|source| StoreError::writing(directory.to_owned(), source))
    }

    /// What was found damaged since the last call.
    pub fn take_damaged(&self) -> Vec<Damaged> {
        std::mem::take(&mut *self.damaged())
    }

    /// What is in a file of the store, if it is there and can be read.
    pub(crate) fn content(
        &self,
        path: &Path,
        damaged: impl FnOnce() -> Damaged,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let failed = |source| StoreError::Read { path: path.to_owned(), source };
        let bytes = match self.opened(path)? {
            Found::Nothing => return Ok(None),
            Found::Damage => None,
            Found::File(file, metadata) => layout::read(file, &metadata).map_err(failed)?,
        };
        if bytes.is_none() {
            self.remove_damaged(damaged(), path)?;
        }
        Ok(bytes)
    }

    /// Removes a damaged file and remembers it for [`Store::take_damaged`].
    pub(crate) fn remove_damaged(&self, damaged: Damaged, path: &Path) -> Result<(), StoreError> {
        discard(path)?;
        self.damaged().push(damaged);
        Ok(())
    }

    /// Opens a file of the store, and notes that it is used.
    fn opened(&self, path: &Path) -> Result<Found, StoreError> {
        let found = layout::open(path);
        let found = found.map_err(|source| StoreError::Read { path: path.to_owned(), source })?;
        let stays = match &found {
            Found::File(_, metadata) => {
                let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                is_noted(used) || self.mark(path, used).is_some()
            }
            _ => true,
        };
        Ok(if stays { found } else { Found::Nothing })
    }

    /// Notes that a file is used, after it was noted as `used`. Says when that was noted last, if the file is
    /// still there.
    fn mark(&self, path: &Path, used: SystemTime) -> Option<SystemTime> {
        let now = SystemTime::now();
        // Where nothing can be noted, nothing can be collected either.
        let Ok(_gate) = passed(&self.layout) else { return Some(used) };
        if touch(path).is_ok() { Some(now) } else { path.exists().then_some(used) }
    }

    fn damaged(&self) -> MutexGuard<'_, Vec<Damaged>> {
        // A thread that panicked while it held the list left a whole list behind.
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes the gate: as long as the file is open, nothing is collected.
fn passed(layout: &Layout) -> io::Result<File> {
    let gate = lock::open(&layout.gate())?;
    gate.lock_shared()?;
    Ok(gate)
}

/// Sets a file's time of modification to now.
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let times = Timestamps { last_access: now, last_modification: now };
    Ok(utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Puts a blob into its place, read-only: tools may be handed its path.
fn finish_blob(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().set_permissions(Permissions::from_mode(0o444))?;
    write::finish(file, path)
}

fn discard(path: &Path) -> Result<(), StoreError> {
    write::discard(path).map_err(|source| StoreError::writing(path.to_owned(), source))
}

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
