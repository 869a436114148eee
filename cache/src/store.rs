//! The store on disk: blobs, the places of records, and locks.
//!
//! ```text
//! ROOT/
//! ├── blobs-1/
//! │   └── 3f/3fa9…            a blob, read-only, named by its digest
//! ├── records-1/
//! │   └── 90/90c2….json       a record, named by its key
//! ├── locks/
//! │   └── 90c2….lock          empty; whoever holds its lock works on that key
//! └── temporary/              files being written, renamed into their places when whole
//! ```
//!
//! A number in a directory's name goes up when what lies in it changes its form: an older
//! poly and a newer one then share a root without reading each other's files. Lock files are
//! never removed, because a process may wait on the one that another is removing.

use std::fs::{File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

use crate::{Artifact, Digest, write};

/// A file in `temporary/` that is older belongs to nobody any more.
const ABANDONED: Duration = Duration::from_hours(24);

/// A content-addressed store in one directory, shared by threads and processes.
#[derive(Debug)]
pub struct Store {
    root: PathBuf,
    damaged: Mutex<Vec<Damaged>>,
}

/// Something that was found damaged, and removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damaged {
    /// A blob whose content has another digest or length.
    Blob {
        /// The digest that it was kept under.
        digest: Digest,
    },
    /// A record that cannot be read.
    Record {
        /// The key that it was kept under.
        key: Digest,
    },
}

impl std::fmt::Display for Damaged {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Blob { digest } => {
                write!(formatter, "artifact {digest} in the cache was damaged")
            }
            Self::Record { key } => write!(formatter, "record {key} in the cache was damaged"),
        }
    }
}

/// An exclusive lock on a key, across processes; released when dropped, also by a crash.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The directory cannot be made or written to.
    #[error("cannot use `{}` as a cache directory", path.display())]
    Unusable {
        /// The root of the store.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk, or the user's part of it, is full.
    #[error("no space left for `{}`", path.display())]
    Full {
        /// What was being written.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file of the store cannot be written.
    #[error("cannot write `{}` to the cache", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file of the store, or one that is put into it, cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A lock cannot be taken.
    #[error("cannot lock `{}`", path.display())]
    Lock {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A fingerprint holds something that JSON cannot.
    #[error("cannot serialise the fingerprint of {key}")]
    Unserialisable {
        /// Its key.
        key: Digest,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl StoreError {
    /// The error for a failed write, told apart by whether the disk is full.
    pub(crate) fn writing(path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { path, source }
            }
            _ => Self::Write { path, source },
        }
    }
}

impl Store {
    /// Opens the store in a directory, which is made if it is not there, for its owner alone:
    /// what is kept there is trusted, down to machine code.
    ///
    /// Fails if nothing can be written there, so that no build has to find that out at its
    /// end.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let store = Self { root: root.to_owned(), damaged: Mutex::default() };
        let probe = || {
            if let Some(above) = root.parent() {
                std::fs::create_dir_all(above)?;
            }
            for directory in [store.temporary(), root.join("locks")] {
                write::make_directory(&directory)?;
            }
            write::begin(&store.temporary()).map(drop)
        };
        probe().map_err(|source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::Full { path: root.to_owned(), source }
            }
            _ => StoreError::Unusable { path: root.to_owned(), source },
        })?;
        store.sweep();
        Ok(store)
    }

    /// The directory of the store.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Keeps bytes. What is there already, and whole, is left as it is.
    pub fn put(&self, bytes: &[u8]) -> Result<Artifact, StoreError> {
        let artifact = Artifact { digest: Digest::of(bytes), size: bytes.len() as u64 };
        if self.verified_path(&artifact.digest)?.is_none() {
            let path = self.blob_path(&artifact.digest);
            let written = write::begin(&self.temporary()).and_then(|mut file| {
                file.write_all(bytes)?;
                finish_blob(file, &path)
            });
            written.map_err(|source| StoreError::writing(path, source))?;
        }
        Ok(artifact)
    }

    /// The bytes with a digest, if they are there and whole.
    pub fn read(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.blob_path(digest);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Read { path, source }),
        };
        if Digest::of(&bytes) == *digest {
            return Ok(Some(bytes));
        }
        self.remove_damaged(Damaged::Blob { digest: *digest }, &path)?;
        Ok(None)
    }

    /// The file of an artifact, if there is one of its length. A look at the metadata only:
    /// enough to know that nothing has to be built, not enough to hand the file on.
    pub fn path(&self, artifact: &Artifact) -> Option<PathBuf> {
        let path = self.blob_path(&artifact.digest);
        let length = std::fs::metadata(&path).ok()?.len();
        (length == artifact.size).then_some(path)
    }

    /// The file with a digest, after reading it all: for those who map it into memory or
    /// copy it without a look of their own.
    pub fn verified_path(&self, digest: &Digest) -> Result<Option<PathBuf>, StoreError> {
        let path = self.blob_path(digest);
        match Digest::of_file(&path) {
            Ok(found) if found == *digest => Ok(Some(path)),
            Ok(_) => {
                self.remove_damaged(Damaged::Blob { digest: *digest }, &path)?;
                Ok(None)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Read { path, source }),
        }
    }

    /// Removes the file with a digest, if it is there: for those who find that it is whole and
    /// yet of no use.
    pub fn remove(&self, digest: &Digest) -> Result<(), StoreError> {
        remove_if_there(&self.blob_path(digest))
    }

    /// Removes the record under a key, if there is one. Its blob stays.
    pub fn remove_record(&self, key: &Digest) -> Result<(), StoreError> {
        remove_if_there(&self.record_path(key))
    }

    /// Waits until this process alone holds the lock on a key. Threads wait for each other
    /// as processes do.
    pub fn lock(&self, key: &Digest) -> Result<Lock, StoreError> {
        let (path, file) = self.lock_file(key)?;
        file.lock().map_err(|source| StoreError::Lock { path, source })?;
        Ok(Lock { _file: file })
    }

    /// What was found damaged since the last call.
    pub fn take_damaged(&self) -> Vec<Damaged> {
        std::mem::take(&mut *self.damaged())
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("temporary")
    }

    pub(crate) fn record_path(&self, key: &Digest) -> PathBuf {
        let name = key.to_string();
        self.records().join(&name[..2]).join(format!("{name}.json"))
    }

    /// Removes a damaged file and remembers it for [`Store::take_damaged`].
    pub(crate) fn remove_damaged(&self, damaged: Damaged, path: &Path) -> Result<(), StoreError> {
        remove_if_there(path)?;
        self.damaged().push(damaged);
        Ok(())
    }

    fn damaged(&self) -> MutexGuard<'_, Vec<Damaged>> {
        // A thread that panicked while it held the list left a whole list behind.
        self.damaged.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs-1")
    }

    fn records(&self) -> PathBuf {
        self.root.join("records-1")
    }

    fn blob_path(&self, digest: &Digest) -> PathBuf {
        let name = digest.to_string();
        self.blobs().join(&name[..2]).join(name)
    }

    fn lock_file(&self, key: &Digest) -> Result<(PathBuf, File), StoreError> {
        let path = self.root.join("locks").join(format!("{key}.lock"));
        match File::options().create(true).truncate(false).write(true).open(&path) {
            Ok(file) => Ok((path, file)),
            Err(source) => Err(StoreError::Lock { path, source }),
        }
    }

    /// Removes what processes that were killed left in `temporary/`. Whatever cannot be
    /// removed stays for the next time.
    fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(self.temporary()) else { return };
        for entry in entries.flatten() {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.map(|modified| SystemTime::now().duration_since(modified));
            if matches!(age, Ok(Ok(age)) if age > ABANDONED) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Puts a blob into its place, read-only: tools may be handed its path.
fn finish_blob(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().set_permissions(Permissions::from_mode(0o444))?;
    write::finish(file, path)
}

fn remove_if_there(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::writing(path.to_owned(), source))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "store/tests.rs"]
mod tests;
