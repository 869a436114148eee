//! Collection: what has not been used for longest is removed, so that a store stays below a
//! size and an age.
//!
//! # The protocol
//!
//! - The **last use** of an entry (a blob, a record, an entry of an annex) is its time of
//!   modification. Whoever uses an entry sets it to now, if it is more than [`NOTED`] away from
//!   now: on most days a hit writes nothing.
//! - A **lease** is a file that its holder keeps locked as long as it has a [`Store`] open; its
//!   time is when it began. The system releases the lock of one that was killed.
//! - The **gate** is a lock that is held shared while a lease begins and while a use is noted,
//!   and exclusively while a collector removes a few entries: those who use the store wait for
//!   some milliseconds at most, and only for that.
//!
//! Behind the gate, a collector looks at all leases and once more at each entry that it is about
//! to remove. What was last used after the oldest lease began, or less than [`NOTED`] before, is
//! spared: any of it may have been found by its holder, who noted nothing because it had been
//! noted already. So what a holder of a lease has found, put or entered stays, and what it has
//! not is a miss:
//!
//! - It found an old entry and is about to note that, when the collector comes first: the entry
//!   is gone when the note is made, which makes it a miss.
//! - It puts a blob that is there already: that is a use like any other.
//! - It began, or found a fresh entry, after the collector had looked at the leases: the gate
//!   allows neither before the entries in question are gone.
//! - Whoever knows when the use of a record was noted last ([`Hit`](crate::Hit)) need not look at it within
//!   [`NOTED`] of that. If it is gone by then, that is a miss for those who read it.
//! - A blob that many records name is used by each of them, and stays as long as one does.
//! - A blob that no record names (a run was killed between the two; somebody keeps bytes by
//!   their digest alone) is used when it is read, and is collected like any other.
//!
//! Should a clock jump, or a file system keep no times, entries may be taken that somebody
//! needs. That is a miss as well, found when they are read: they are made again. An annex has no
//! misses; what is in it is renamed away as a whole behind the gate, so that whoever enters it
//! later finds it empty. A time in the future tells nothing and is set to now.
//!
//! One collector works at a time. What is being removed lies in `temporary/`; the next
//! collector removes what one that was killed left there, and files that were never finished.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::entry::{self, Annex, Entry, Kind, Tallies, Tally};
use crate::layout::Layout;
use crate::lock::{self, Lock};
use crate::store::touch;
use crate::{StoreError, write};

/// How old the note of a use may be before the next use is noted.
pub(crate) const NOTED: Duration = Duration::from_hours(24);

/// How often there is a collection unasked.
const INTERVAL: Duration = Duration::from_hours(24);

/// A file in `temporary/` that is older, while nobody has a lease, belongs to nobody any more.
const ABANDONED: Duration = Duration::from_hours(24);

/// How many entries are removed behind the gate at a time.
const BATCH: usize = 64;

/// What the names of directories begin with that hold what is being removed.
const TRASH: &str = "trash-";

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// In bytes: as much as was used last.
    pub size: u64,
    /// What was used within this time.
    pub age: Duration,
}

/// What a collection did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collected {
    /// What is gone, by kind.
    pub removed: BTreeMap<Kind, Tally>,
    /// What is over the bounds and stays, because somebody uses it.
    pub spared: Tally,
    /// What is there afterwards, in bytes.
    pub left: u64,
}

/// A store as those see it who keep it small and whole.
#[derive(Debug)]
pub struct Keeper {
    pub(crate) layout: Layout,
    pub(crate) annexes: Vec<Annex>,
    pub(crate) notes: Vec<&'static str>,
}

impl Keeper {
    /// Opens the store in a directory, which is made if it is not there. `notes` are names of
    /// files in it that somebody else keeps there, and that may be removed at any time.
    pub fn open(
        root: &Path,
        annexes: Vec<Annex>,
        notes: Vec<&'static str>,
    ) -> Result<Self, StoreError> {
        Ok(Self { layout: Layout::make(root)?, annexes, notes })
    }

    /// Removes what is over the bounds and nobody uses. Waits for one who does the same.
    pub fn collect(&self, bounds: &Bounds) -> Result<Collected, StoreError> {
        let path = self.layout.collector();
        // That takes seconds, which nobody needs to be told.
        let alone = Lock::wait(path.clone(), || {});
        let _alone = alone.map_err(|source| StoreError::Lock { path, source })?;
        self.collect_alone(bounds)
    }

    /// The same, if there was no collection for a day, and nobody else is at it. The first day
    /// begins with the first call: a new store has nothing to collect.
    pub fn collect_if_due(&self, bounds: &Bounds) -> Result<Option<Collected>, StoreError> {
        if !self.layout.collected().exists() {
            self.stamp()?;
            return Ok(None);
        }
        if !self.is_due() {
            return Ok(None);
        }
        let path = self.layout.collector();
        let alone = Lock::if_free(path.clone());
        let alone = alone.map_err(|source| StoreError::Lock { path, source })?;
        match alone {
            Some(_alone) if self.is_due() => self.collect_alone(bounds).map(Some),
            _ => Ok(None),
        }
    }

    /// What a collection would do now. Removes nothing.
    pub fn foresee(&self, bounds: &Bounds) -> Result<Collected, StoreError> {
        let now = SystemTime::now();
        let (over, kept) = over_bounds(entry::all(&self.layout, &self.annexes), bounds, now);
        let leases = self.close_gate().and_then(|_gate| lock::leases(&self.layout.leases(), now));
        let from = spared_from(&leases.map_err(|source| self.failed(source))?);
        let (spared, removed): (Vec<_>, Vec<_>) =
            over.into_iter().partition(|entry| from.is_some_and(|from| entry.used >= from));
        let mut collected = Collected { removed: entry::tally(&removed), ..Collected::default() };
        for entry in &spared {
            collected.spared += Tally::one(entry.bytes);
        }
        collected.left = kept + collected.spared.bytes;
        Ok(collected)
    }

    fn is_due(&self) -> bool {
        let last = fs::symlink_metadata(self.layout.collected());
        let last = last.and_then(|metadata| metadata.modified());
        !last.is_ok_and(|last| is_within(last, SystemTime::now(), INTERVAL))
    }

    /// Notes that there is a collection now.
    fn stamp(&self) -> Result<(), StoreError> {
        let stamp = self.layout.collected();
        let stamped =
            write::begin(&self.layout.temporary()).and_then(|file| write::finish(file, &stamp));
        stamped.map_err(|source| StoreError::writing(stamp, source))
    }

    fn collect_alone(&self, bounds: &Bounds) -> Result<Collected, StoreError> {
        // First: a collection that fails each time must not be tried by each build.
        self.stamp()?;
        let now = SystemTime::now();
        self.sweep(now).map_err(|source| self.failed(source))?;
        let entries = entry::all(&self.layout, &self.annexes);
        for entry in entries.iter().filter(|entry| entry.used > now + NOTED) {
            let _ = touch(&entry.path);
        }
        let (over, kept) = over_bounds(entries, bounds, now);
        let mut collected = Collected { left: kept, ..Collected::default() };
        for batch in over.chunks(BATCH) {
            self.remove(batch, now, &mut collected).map_err(|source| self.failed(source))?;
        }
        Ok(collected)
    }

    /// Removes those of a few entries that nobody uses.
    fn remove(
        &self,
        batch: &[Entry],
        now: SystemTime,
        collected: &mut Collected,
    ) -> io::Result<()> {
        let mut trash = Trash::new(&self.layout);
        let gate = self.close_gate()?;
        let from = spared_from(&lock::leases(&self.layout.leases(), now)?);
        for entry in batch {
            let used = fs::symlink_metadata(&entry.path).and_then(|metadata| metadata.modified());
            let removed = match used {
                Ok(used) if used != entry.used || from.is_some_and(|from| used >= from) => false,
                Ok(_) => trash.take(&entry.path),
                // Somebody found it damaged, or of no use.
                Err(_) => continue,
            };
            let tally = Tally::one(entry.bytes);
            if removed {
                *collected.removed.entry(entry.kind).or_default() += tally;
            } else {
                collected.spared += tally;
                collected.left += entry.bytes;
            }
        }
        drop(gate);
        trash.empty();
        Ok(())
    }

    /// Waits until nobody begins a lease or notes a use. They wait as long as the file is open.
    pub(crate) fn close_gate(&self) -> io::Result<File> {
        let gate = lock::open(&self.layout.gate())?;
        gate.lock()?;
        Ok(gate)
    }

    /// Removes what those who were killed left: locks that nobody holds, trash, and files that
    /// were never finished. What cannot be removed stays for the next time.
    fn sweep(&self, now: SystemTime) -> io::Result<()> {
        for file in entry::children(&self.layout.locks()) {
            let _ = Lock::if_free(file.path());
        }
        for old in entry::children(&self.layout.temporary()) {
            if old.file_name().as_encoded_bytes().starts_with(TRASH.as_bytes()) {
                let _ = write::remove_tree(&old.path());
            }
        }
        let _gate = self.close_gate()?;
        if !lock::leases(&self.layout.leases(), now)?.is_empty() {
            return Ok(());
        }
        for file in entry::children(&self.layout.temporary()) {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            if !modified.is_ok_and(|modified| is_within(modified, now, ABANDONED)) {
                let _ = write::discard(&file.path());
            }
        }
        Ok(())
    }

    pub(crate) fn failed(&self, source: io::Error) -> StoreError {
        StoreError::writing(self.layout.root.clone(), source)
    }
}

/// Whether a use that was noted at some time needs no other note now.
pub(crate) fn is_noted(used: SystemTime) -> bool {
    is_within(used, SystemTime::now(), NOTED)
}

/// Whether two points in time are no further apart.
fn is_within(one: SystemTime, other: SystemTime, apart: Duration) -> bool {
    let between = one.duration_since(other).unwrap_or_else(|before| before.duration());
    between <= apart
}

/// From which last use on entries are spared, if anybody uses the store.
fn spared_from(leases: &[SystemTime]) -> Option<SystemTime> {
    // File systems round times, some to two seconds.
    let rounding = Duration::from_secs(2);
    leases.iter().min().map(|begun| *begun - NOTED - rounding)
}

/// The entries that are over the bounds, in the order in which they go, and the size of the
/// others: orphans, then what was not used for longest.
fn over_bounds(mut entries: Vec<Entry>, bounds: &Bounds, now: SystemTime) -> (Vec<Entry>, u64) {
    entries.sort_by(|one, other| {
        let order = |entry: &Entry| (!entry.is_orphan, entry.used);
        order(one).cmp(&order(other)).then_with(|| one.path.cmp(&other.path))
    });
    let mut left: u64 = entries.iter().map(|entry| entry.bytes).sum();
    let is_over = |entry: &&Entry| {
        let age = now.duration_since(entry.used).unwrap_or_default();
        let over = entry.is_orphan || age > bounds.age || left > bounds.size;
        if over {
            left -= entry.bytes;
        }
        over
    };
    let over = entries.iter().take_while(is_over).count();
    entries.truncate(over);
    (entries, left)
}

/// Where what is being removed lies, until that is done.
pub(crate) struct Trash<'l> {
    layout: &'l Layout,
    directory: Option<PathBuf>,
    taken: u64,
}

impl<'l> Trash<'l> {
    pub(crate) fn new(layout: &'l Layout) -> Self {
        Self { layout, directory: None, taken: 0 }
    }

    /// Takes away what is at a path: a file at once, a directory for [`Trash::empty`]. Says
    /// whether it is gone.
    pub(crate) fn take(&mut self, path: &Path) -> bool {
        let Ok(metadata) = fs::symlink_metadata(path) else { return false };
        if !metadata.is_dir() {
            return fs::remove_file(path).is_ok();
        }
        let Ok(directory) = self.directory() else { return false };
        let place = directory.join(self.taken.to_string());
        let renamed = fs::rename(path, &place).or_else(|_| {
            // One that nobody may write to cannot leave the directory that it is in.
            write::open_up(path)?;
            fs::rename(path, &place)
        });
        self.taken += u64::from(renamed.is_ok());
        renamed.is_ok()
    }

    /// Removes all that was taken. What cannot be removed stays for the next collection.
    pub(crate) fn empty(self) {
        if let Some(directory) = self.directory {
            let _ = write::remove_tree(&directory);
        }
    }

    fn directory(&mut self) -> io::Result<PathBuf> {
        if let Some(directory) = &self.directory {
            return Ok(directory.clone());
        }
        let made = tempfile::Builder::new().prefix(TRASH).tempdir_in(self.layout.temporary())?;
        Ok(self.directory.insert(made.keep()).clone())
    }
}

/// The number of all and their size.
pub fn sum(tallies: &Tallies) -> Tally {
    let mut sum = Tally::default();
    for tally in tallies.values() {
        sum += *tally;
    }
    sum
}

#[cfg(test)]
#[path = "collect/tests.rs"]
mod tests;
