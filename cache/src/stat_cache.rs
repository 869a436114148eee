//! What was last seen of a directory tree, so that a build with nothing to do reads no file of it.
//!
//! For each directory that was looked at: which entries it has; and for each file whose content was
//! wanted, its digest. Both hold as long as the metadata ([`Stat`]: size, times of modification and of
//! change, inode) of the directory or the file is what it was, with three exceptions:
//!
//! - **What is new is read again.** What changed less than [`SETTLED`](crate::memo::SETTLED) before it was
//!   looked at may change once more within the same tick of the file system's clock. It is told and not
//!   remembered.
//! - **What is of the future is read again**: the clock was set back.
//! - **A cache of the future is empty**, for the same reason.
//!
//! A time of modification can be set at will; the time of change cannot, which is why that one counts.
//! What writes through a memory map that stays open for long changes neither in time; nothing short of
//! reading would notice.
//!
//! Beside that stand artifacts by key, so that a hit need not read the record, nor look at it more than
//! once a day. They are only ever hints: a key is the digest of all that the artifact depends on, and
//! whether the artifact is still there is for the store to say.
//!
//! The cache is one file (see `saved`), of one checkout. It is a short cut and nothing else: one that
//! is damaged, or of another version, counts as empty; of two processes that save, the later one
//! wins. What nobody asked for in a run is kept until it is more than what was asked for.

mod saved;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use crate::root::Root;
use crate::{Ahead, Artifact, Digest, Stat, StoreError, collect};
use saved::{Directory, Named, Saved};

/// A cache of no more bytes than this knows some 400 files at most: as many as are looked at in the
/// half of a millisecond, or more, that a second thread takes to begin and to end.
const LITTLE: u64 = 1 << 15;

/// Reads the file, or waits for who does.
type Reading = Box<dyn FnOnce() -> Saved + Send>;

/// What an entry of a directory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum EntryKind {
    /// A file with bytes.
    File,
    /// A directory.
    Directory,
    /// A symbolic link, to whatever.
    Link,
    /// Something that is not read: a socket, a pipe, a device.
    Other,
    /// Anything whose name is not Unicode; its name is as near to it as may be.
    Unnameable,
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// The digest of its content, where it is a file and that was wanted.
    pub digest: Option<Digest>,
    /// Whether its owner may execute it, where the digest is told.
    pub is_executable: bool,
}

/// What was found under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// The artifact.
    pub artifact: Artifact,
    /// When the use of the key's record was noted last.
    pub used: SystemTime,
}

impl Hit {
    /// Whether the use of the record needs no other note now.
    pub fn is_noted(&self) -> bool {
        collect::is_noted(self.used)
    }
}

/// Something in a tree that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{path}`")]
pub struct Unreadable {
    /// The file or directory, by its path below the root.
    pub path: String,
    /// What the system says.
    pub source: io::Error,
}

/// What is known of a tree; shared by threads.
#[derive(Debug)]
pub struct StatCache {
    file: PathBuf,
    root: Root,
    /// How long the file was, if it was there.
    length: Option<u64>,
    before: LazyLock<Saved, Reading>,
    now: Mutex<Now>,
}

/// What this run has learned.
#[derive(Debug, Default)]
struct Now {
    /// The directories that were looked at, as they will be saved; `None` is "as before".
    directories: HashMap<Box<str>, Option<Arc<[u8]>>>,
    /// The hits that were asked for.
    hits: HashMap<Digest, Hit>,
    dirty: bool,
}

impl StatCache {
    /// What is known of the tree below `root`, by a file; nothing if the file is not there or
    /// cannot be used.
    pub fn open(file: &Path, root: &Path) -> Self {
        let reading = Ahead::of(file, |file| Saved::read(file, SystemTime::now()));
        let length = reading.length();
        let end: Reading = Box::new(|| reading.end());
        Self {
            file: file.to_owned(),
            root: Root::open(root),
            length,
            before: LazyLock::new(end),
            now: Mutex::default(),
        }
    }

    /// Whether a tree is known that is so small that to look all through it takes less time than to
    /// start a thread.
    pub fn is_of_little(&self) -> bool {
        self.length.is_some_and(|length| length <= LITTLE)
    }

    /// The entries of a directory, by its path below the root (`/`-separated; empty for the root
    /// itself), in the order of their names; with their digests for those files that are wanted.
    /// Which are may depend on what files there are: `judge` is told whether there is one of a name,
    /// and says of each whether it is wanted.
    pub fn look<Wanted: FnMut(&str) -> bool>(
        &self,
        directory: &str,
        judge: impl FnOnce(&dyn Fn(&str) -> bool) -> Wanted,
    ) -> Result<Vec<Entry>, Unreadable> {
        // Before anything is read: a change meanwhile then shows the next time.
        let now = SystemTime::now();
        let failed = |source| Unreadable { path: directory.to_owned(), source };
        let newer = self.now().directories.get(directory).cloned().flatten();
        let bytes = newer.as_deref().or_else(|| self.before.directory(directory));
        let known = bytes.and_then(Directory::decode).unwrap_or_default();
        // It is opened only if a file of it is wanted, or if it is to be listed. Where one was wanted, one
        // will be, and what is open need not be looked for.
        let was_wanted = known.entries.iter().any(|entry| entry.seen.is_some());
        let mut handle = was_wanted.then(|| self.root.directory(directory).ok()).flatten();
        let mut stat = match &handle {
            Some(handle) => metadata(handle).map_err(failed)?,
            None => Stat::from(&self.root.look_at_directory(directory).map_err(failed)?),
        };
        let mut news = false;
        let listed;
        let named = if known.holds(&stat, now) {
            &known.entries
        } else {
            news = true;
            let opened = self.opened(&mut handle, directory).map_err(failed)?;
            // That of what is listed, whatever was there before.
            stat = metadata(opened).map_err(failed)?;
            listed = list(opened).map_err(failed)?;
            // What is known of a file stays so, whatever else came or went.
            &known.merged_with(&listed)
        };
        let mut wanted = judge(&|name| {
            let at = named.binary_search_by(|entry| entry.name.cmp(name));
            at.is_ok_and(|at| named[at].kind == EntryKind::File)
        });
        let mut found = Vec::with_capacity(named.len());
        let mut learned = Vec::new();
        for (at, entry) in named.iter().enumerate() {
            let (mut digest, mut is_executable) = (None, false);
            let mut kind = entry.kind;
            if kind == EntryKind::File && wanted(entry.name) {
                let file = |source| {
                    let above = if directory.is_empty() { "" } else { "/" };
                    Unreadable { path: [directory, above, entry.name].concat(), source }
                };
                let opened = self.opened(&mut handle, directory).map_err(failed)?;
                match Self::digest(opened, entry, now).map_err(file)? {
                    Seen::AsKnown(known, mode) => {
                        (digest, is_executable) = (Some(known), may_be_executed(mode));
                    }
                    Seen::New(read, mode, remembered) => {
                        (digest, is_executable) = (Some(read), may_be_executed(mode));
                        news |= remembered.is_some() || entry.seen.is_some();
                        learned.push((at, remembered));
                    }
                    Seen::NoFile(other) => kind = other,
                }
            }
            found.push(Entry { name: entry.name.to_owned(), kind, digest, is_executable });
        }
        if news {
            let mut entries = named.clone();
            for (at, seen) in &learned {
                entries[*at].seen =
                    seen.as_ref().map(|(stat, digest)| (*stat, &digest.as_bytes()[..]));
            }
            let stat = stat.settled(now).then_some(stat);
            self.learn(directory, bytes, &Directory { stat, entries }.encode());
        } else {
            self.now().directories.entry(directory.into()).or_insert(None);
        }
        Ok(found)
    }

    /// What was found under a key, here or by a former run.
    pub fn hit(&self, key: &Digest) -> Option<Hit> {
        let mut now = self.now();
        if let Some(hit) = now.hits.get(key) {
            return Some(*hit);
        }
        let hit = self.before.hit(key)?;
        now.hits.insert(*key, hit);
        Some(hit)
    }

    /// Notes what was found under a key.
    pub fn note(&self, key: Digest, hit: Hit) {
        let mut now = self.now();
        if now.hits.insert(key, hit) != Some(hit) {
            now.dirty = true;
        }
    }

    /// Whether there is anything new.
    pub fn is_changed(&self) -> bool {
        self.now().dirty
    }

    /// Writes the cache to its file, if there is anything new; never through a link to a directory,
    /// which might lead anywhere.
    pub fn save(&self) -> Result<(), StoreError> {
        let mut now = self.now();
        if !now.dirty || self.file.parent().is_some_and(Path::is_symlink) {
            return Ok(());
        }
        let Now { directories, hits, dirty } = &mut *now;
        let changed = directories.iter().filter_map(|(path, bytes)| {
            Some((&**path, bytes.as_deref().or_else(|| self.before.directory(path))?))
        });
        let mut saved: BTreeMap<&str, &[u8]> = changed.collect();
        saved.extend(unless_most(
            self.before.directories().filter(|(path, _)| !directories.contains_key(*path)),
            directories.len(),
        ));
        let mut noted: BTreeMap<Digest, Hit> = hits.iter().map(|(key, hit)| (*key, *hit)).collect();
        noted.extend(unless_most(
            self.before.hits().filter(|(key, _)| !hits.contains_key(key)),
            hits.len(),
        ));
        Saved::write(&self.file, &noted, &saved, SystemTime::now())
            .map_err(|source| StoreError::writing(self.file.clone(), source))?;
        *dirty = false;
        Ok(())
    }

    /// A directory below the root, opened if it is not yet.
    fn opened<'h>(
        &self,
        handle: &'h mut Option<OwnedFd>,
        directory: &str,
    ) -> io::Result<&'h OwnedFd> {
        match handle {
            Some(handle) => Ok(handle),
            closed => Ok(closed.insert(self.root.directory(directory)?)),
        }
    }

    /// The digest of a file's content, read only if the file is not as it was.
    fn digest(handle: &OwnedFd, entry: &Named<'_>, now: SystemTime) -> io::Result<Seen> {
        if let Some((stat, digest)) = &entry.seen {
            let found = rustix::fs::statat(handle, entry.name, AtFlags::SYMLINK_NOFOLLOW)?;
            if Stat::from(&found) == *stat && stat.settled(now) {
                let digest = Digest::from_slice(digest).ok_or(io::ErrorKind::InvalidData)?;
                return Ok(Seen::AsKnown(digest, Mode::from_raw_mode(found.st_mode)));
            }
        }
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = match rustix::fs::openat(handle, entry.name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            // It was a file when the directory was listed.
            Err(rustix::io::Errno::LOOP) => return Ok(Seen::NoFile(EntryKind::Link)),
            Err(error) => return Err(error.into()),
        };
        let found = rustix::fs::fstat(&file)?;
        if FileType::from_raw_mode(found.st_mode) != FileType::RegularFile {
            return Ok(Seen::NoFile(EntryKind::Other));
        }
        let stat = Stat::from(&found);
        let digest = Digest::of_small_file(file, stat.size())?;
        Ok(Seen::New(
            digest,
            Mode::from_raw_mode(found.st_mode),
            stat.settled(now).then_some((stat, digest)),
        ))
    }

    fn learn(&self, directory: &str, before: Option<&[u8]>, bytes: &[u8]) {
        let mut now = self.now();
        if before == Some(bytes) {
            now.directories.entry(directory.into()).or_insert(None);
        } else {
            now.directories.insert(directory.into(), Some(bytes.into()));
            now.dirty = true;
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // A thread that panicked while it held the cache left whole entries behind.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What came of a look at a file.
enum Seen {
    AsKnown(Digest, Mode),
    /// It was read; with what can be remembered of it.
    New(Digest, Mode, Option<(Stat, Digest)>),
    /// It is something else.
    NoFile(EntryKind),
}

/// The metadata of an open directory.
fn metadata(directory: &OwnedFd) -> io::Result<Stat> {
    Ok(Stat::from(&rustix::fs::fstat(directory)?))
}

/// Whether its owner may execute a file. A change of that is one of its metadata, so the mode is not
/// remembered: it is asked for with them.
fn may_be_executed(mode: Mode) -> bool {
    mode.contains(Mode::XUSR)
}

/// What nobody asked for, unless it is more than what somebody did.
fn unless_most<T>(unasked: impl Iterator<Item = T>, asked: usize) -> Vec<T> {
    let unasked: Vec<T> = unasked.collect();
    if unasked.len() > asked { Vec::new() } else { unasked }
}

/// The names in a directory.
fn list(handle: &OwnedFd) -> io::Result<Vec<(String, EntryKind)>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(handle.as_fd())? {
        let entry = entry?;
        let bytes = entry.file_name().to_bytes();
        if bytes == b"." || bytes == b".." {
            continue;
        }
        let file_type = match entry.file_type() {
            // Some file systems do not say it here.
            FileType::Unknown => {
                let found =
                    rustix::fs::statat(handle, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW);
                match found {
                    Ok(found) => FileType::from_raw_mode(found.st_mode),
                    Err(rustix::io::Errno::NOENT) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
            known => known,
        };
        let kind = match file_type {
            _ if std::str::from_utf8(bytes).is_err() => EntryKind::Unnameable,
            FileType::RegularFile => EntryKind::File,
            FileType::Directory => EntryKind::Directory,
            FileType::Symlink => EntryKind::Link,
            _ => EntryKind::Other,
        };
        names.push((String::from_utf8_lossy(bytes).into_owned(), kind));
    }
    names.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(names)
}

#[cfg(test)]
mod tests;
