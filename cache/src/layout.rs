//! Where everything in a store is, and how its files are opened.
//!
//! ```text
//! ROOT/
//! ├── blobs-1/
//! │   └── 3f/3fa9…            a blob, read-only, named by its digest
//! ├── records-3/
//! │   └── 90/90c2….record     a record, named by its key: its checksum, and a line of JSON
//! ├── locks/
//! │   └── 90c2….lock          whoever holds its lock works on that key
//! ├── leases/
//! │   └── 7Xk2…               whoever holds its lock uses the store since its time
//! ├── gate, collector         locks, see `collect`
//! ├── collected               empty; its time is that of the last collection
//! └── temporary/              files being written, renamed into their places when whole, and
//!                             what is being removed, renamed out of them
//! ```
//!
//! A number in a directory's name goes up when what lies in it changes its form: an older
//! poly and a newer one then share a root without reading each other's files. Those of former
//! forms are collected with ours; those of later ones are not touched.
//!
//! The time of modification of a blob or a record is that of its last use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::{Digest, StoreError, write};

/// Where blobs are, in each form that they had; the last is today's.
pub(crate) const BLOBS: &[&str] = &["blobs-1"];

/// Where records are, in each form that they had; the last is today's.
pub(crate) const RECORDS: &[&str] = &["records-1", "records-2", "records-3"];

/// The places in the root of a store.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) root: PathBuf,
}

impl Layout {
    /// Makes the directories of the store, for its owner alone: what is kept there is trusted,
    /// down to machine code.
    pub(crate) fn make(root: &Path) -> Result<Self, StoreError> {
        let layout = Self { root: root.to_owned() };
        let make = || {
            match (fs::metadata(root), root.parent()) {
                (Ok(found), _) if !found.is_dir() => {
                    return Err(io::Error::from(io::ErrorKind::NotADirectory));
                }
                (Err(_), Some(above)) => fs::create_dir_all(above)?,
                _ => {}
            }
            let own = [layout.temporary(), layout.locks(), layout.leases()];
            let kept = [layout.blobs(), layout.records()];
            own.iter().chain(&kept).try_for_each(|directory| write::make_directory(directory))
        };
        make().map_err(|source| StoreError::opening(root.to_owned(), source))?;
        Ok(layout)
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join(BLOBS[BLOBS.len() - 1])
    }

    pub(crate) fn records(&self) -> PathBuf {
        self.root.join(RECORDS[RECORDS.len() - 1])
    }

    pub(crate) fn locks(&self) -> PathBuf {
        self.root.join("locks")
    }

    pub(crate) fn leases(&self) -> PathBuf {
        self.root.join("leases")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.root.join("temporary")
    }

    pub(crate) fn gate(&self) -> PathBuf {
        self.root.join("gate")
    }

    pub(crate) fn collector(&self) -> PathBuf {
        self.root.join("collector")
    }

    pub(crate) fn collected(&self) -> PathBuf {
        self.root.join("collected")
    }

    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        self.root.join(blob(digest))
    }

    pub(crate) fn record(&self, key: &Digest) -> PathBuf {
        self.root.join(record(key))
    }

    pub(crate) fn lock(&self, key: &Digest) -> PathBuf {
        self.locks().join(format!("{key}.lock"))
    }
}

/// Where a blob is, below the root.
pub(crate) fn blob(digest: &Digest) -> String {
    let name = digest.to_string();
    format!("{}/{}/{name}", BLOBS[BLOBS.len() - 1], &name[..2])
}

/// Where a record is, below the root.
pub(crate) fn record(key: &Digest) -> String {
    let name = key.to_string();
    format!("{}/{}/{name}.record", RECORDS[RECORDS.len() - 1], &name[..2])
}

/// What is in the place of a file of the store.
pub(crate) enum Found {
    /// The file, and its metadata.
    File(File, fs::Metadata),
    /// Nothing.
    Nothing,
    /// Something that is no file that can be read.
    Damage,
}

/// Opens a file of the store for reading. A symbolic link is none, nor is a directory or a pipe.
pub(crate) fn open(path: &Path) -> io::Result<Found> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let opened = opened.and_then(|file| {
        let metadata = file.metadata()?;
        Ok((file, metadata))
    });
    match opened {
        Ok((file, metadata)) if metadata.is_file() => Ok(Found::File(file, metadata)),
        Ok(_) => Ok(Found::Damage),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
        Err(error) if is_damage(&error) => Ok(Found::Damage),
        Err(error) => Err(error),
    }
}

/// All of a file of the store.
pub(crate) fn read(mut file: File, metadata: &fs::Metadata) -> io::Result<Option<Vec<u8>>> {
    let length = usize::try_from(metadata.size()).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length.saturating_add(1));
    match file.read_to_end(&mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if is_damage(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether it is the file, and not this process or the machine, with which something is wrong.
pub(crate) fn is_damage(error: &io::Error) -> bool {
    let damage = [Errno::ACCESS, Errno::IO, Errno::ISDIR, Errno::LOOP, Errno::NOTDIR, Errno::NXIO];
    Errno::from_io_error(error).is_some_and(|errno| damage.contains(&errno))
}
