//! What can go wrong with a store, and what was found damaged in it.

use std::io;
use std::path::PathBuf;

use crate::Digest;

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
    /// A file of the store cannot be written or removed.
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
    /// What is about to be removed as a whole is in use.
    #[error("the cache `{}` is in use by {}", path.display(), others(*leases))]
    InUse {
        /// The root of the store.
        path: PathBuf,
        /// How many use it.
        leases: usize,
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
        if is_full(&source) { Self::Full { path, source } } else { Self::Write { path, source } }
    }

    /// The error for a store that cannot be opened, told apart in the same way.
    pub(crate) fn opening(path: PathBuf, source: io::Error) -> Self {
        if is_full(&source) { Self::Full { path, source } } else { Self::Unusable { path, source } }
    }
}

fn others(count: usize) -> String {
    if count == 1 { "another process".to_owned() } else { format!("{count} other processes") }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// Something that was found damaged, and removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damaged {
    /// A blob whose content has another digest or length, or that cannot be read.
    Blob {
        /// The digest that it was kept under.
        digest: Digest,
    },
    /// A record that is not as it was written, or that cannot be read.
    Record {
        /// The key that it was kept under.
        key: Digest,
    },
    /// A file where only blobs or records are, and that is neither.
    Stray {
        /// Where it was.
        path: PathBuf,
    },
}

impl std::fmt::Display for Damaged {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Blob { digest } => {
                write!(formatter, "artifact {digest} in the cache was damaged")
            }
            Self::Record { key } => write!(formatter, "record {key} in the cache was damaged"),
            Self::Stray { path } => {
                write!(formatter, "`{}` is neither an artifact nor a record", path.display())
            }
        }
    }
}
