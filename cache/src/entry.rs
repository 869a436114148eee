//! What is on disk, as entries: each a file or a directory that is collected as one.

use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::layout::{BLOBS, Layout, RECORDS};

/// A directory in the root of a store in which its user keeps other things: each entry of it
/// is collected as one, and used by [`crate::Store::enter`].
#[derive(Debug, Clone, Copy)]
pub struct Annex {
    /// The directory's name, and that of what is in it.
    pub name: &'static str,
    /// Whether an entry belongs to what is not there any more, so that nobody will use it.
    pub is_orphan: fn(&Path) -> bool,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Bytes under their digest.
    Blob,
    /// A record under its key.
    Record,
    /// An entry of the annex of this name.
    Annex(&'static str),
}

/// How many there are, and how large.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// The sum of their sizes, in bytes.
    pub bytes: u64,
}

impl Tally {
    /// One of a size.
    pub fn one(bytes: u64) -> Self {
        Self { count: 1, bytes }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.bytes += other.bytes;
    }
}

/// A tally of each kind.
pub type Tallies = BTreeMap<Kind, Tally>;

/// Something that can be collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    /// When it was last used, as far as that was noted.
    pub(crate) used: SystemTime,
    pub(crate) is_orphan: bool,
}

/// Everything that can be collected. What cannot be looked at is left out.
pub(crate) fn all(layout: &Layout, annexes: &[Annex]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (kind, directories) in [(Kind::Blob, BLOBS), (Kind::Record, RECORDS)] {
        for shard in directories.iter().flat_map(|name| children(&layout.root.join(name))) {
            if is_directory(&shard) {
                let files = children(&shard.path()).into_iter();
                entries.extend(files.filter_map(|file| entry(kind, &file, |_| false)));
            } else {
                entries.extend(entry(kind, &shard, |_| false));
            }
        }
    }
    for annex in annexes {
        let found = children(&layout.root.join(annex.name)).into_iter();
        let kind = Kind::Annex(annex.name);
        entries.extend(found.filter_map(|found| entry(kind, &found, annex.is_orphan)));
    }
    entries
}

/// How many of each kind there are.
pub(crate) fn tally<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Tallies {
    let mut tallies = Tallies::new();
    for entry in entries {
        *tallies.entry(entry.kind).or_default() += Tally::one(entry.bytes);
    }
    tallies
}

/// How large all files below a path are, in bytes.
pub(crate) fn size(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    if metadata.is_dir() {
        children(path).iter().map(|child| size(&child.path())).sum()
    } else {
        metadata.len()
    }
}

/// The entries of a directory; none where there is no directory that can be read.
pub(crate) fn children(directory: &Path) -> Vec<DirEntry> {
    fs::read_dir(directory).into_iter().flatten().flatten().collect()
}

fn is_directory(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

fn entry(kind: Kind, found: &DirEntry, is_orphan: fn(&Path) -> bool) -> Option<Entry> {
    let metadata = found.metadata().ok()?;
    let path = found.path();
    let bytes = if metadata.is_dir() { size(&path) } else { metadata.len() };
    Some(Entry { kind, bytes, used: metadata.modified().ok()?, is_orphan: is_orphan(&path), path })
}
