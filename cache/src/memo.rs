//! Digests of files, remembered by the files' metadata.
//!
//! A file whose length, times of modification and of change, and inode are as they were is
//! taken to hold what it held. Two cases that this would get wrong are kept out:
//!
//! - A file that changed less than [`SETTLED`] before it was looked at could change again
//!   within the same tick of the file system's clock. Its digest is told, not remembered.
//! - A time of modification can be set at will (by `touch`, `tar`, `git`); the time of change
//!   cannot, so it is that one which must have settled.
//!
//! Beside the digest stand notes: answers that were got by asking the file (what version does
//! this executable print?), each under its question. They go when the file changes.
//!
//! The memo is one JSON file. It is only ever a short cut: one that is damaged or of another
//! version counts as empty, and of two processes that save, the later one wins.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::{Digest, StoreError, write};

/// How long a file must have been left alone before its metadata vouches for it.
pub(crate) const SETTLED: Duration = Duration::from_secs(2);

/// Goes up when the form of the file changes.
const VERSION: u32 = 1;

/// What is compared to tell whether a file is as it was. Times in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stat {
    size: u64,
    modified: i64,
    changed: i64,
    inode: u64,
}

impl Stat {
    /// The metadata of a file, symbolic links followed.
    pub fn of(path: &Path) -> io::Result<Self> {
        Ok(Self::from(&rustix::fs::stat(path)?))
    }

    /// The length in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// When the content was modified.
    pub(crate) fn modified(&self) -> SystemTime {
        let since = Duration::from_nanos(self.modified.unsigned_abs());
        if self.modified < 0 { UNIX_EPOCH - since } else { UNIX_EPOCH + since }
    }

    /// Whether the file will have changed: the clock went back, and the time of the next change may
    /// be this one again.
    fn is_to_come(&self) -> bool {
        !self.settled(SystemTime::now() + SETTLED)
    }

    /// Whether the file had been left alone for long enough at a point in time.
    pub(crate) fn settled(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let settled = i128::from(self.changed) + SETTLED.as_nanos().cast_signed();
        i128::try_from(now).is_ok_and(|now| settled <= now)
    }
}

impl From<&rustix::fs::Stat> for Stat {
    fn from(found: &rustix::fs::Stat) -> Self {
        Self {
            size: found.st_size.cast_unsigned(),
            modified: nanoseconds(found.st_mtime, found.st_mtime_nsec),
            changed: nanoseconds(found.st_ctime, found.st_ctime_nsec),
            inode: found.st_ino,
        }
    }
}

/// Good until the year 2262.
#[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "other types elsewhere")]
fn nanoseconds(seconds: i64, rest: impl TryInto<i64>) -> i64 {
    seconds.saturating_mul(1_000_000_000).saturating_add(rest.try_into().unwrap_or(0))
}

/// Remembered digests of files, by path; shared by threads.
#[derive(Debug)]
pub struct StatMemo {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    dirty: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    stat: Stat,
    digest: Digest,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    notes: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Saved<Entries> {
    version: u32,
    entries: Entries,
}

impl StatMemo {
    /// The memo in a file, empty if the file is not there or cannot be read.
    pub fn open(file: &Path) -> Self {
        let read = || {
            let saved: Saved<_> = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
            (saved.version == VERSION).then_some(saved.entries)
        };
        let state = State { entries: read().unwrap_or_default(), dirty: false };
        Self { file: file.to_owned(), state: Mutex::new(state) }
    }

    /// The digest of a file's content, read only if the file is not as it was.
    pub fn digest(&self, path: &Path) -> io::Result<Digest> {
        // Both before reading: a change meanwhile then shows the next time.
        let now = SystemTime::now();
        let stat = Stat::of(path)?;
        // What is no UTF-8 has no place in JSON; such a path is read each time.
        let name = path.to_str();
        if let Some(digest) = name.and_then(|name| self.known(name, stat)) {
            return Ok(digest);
        }
        let digest = Digest::of_file(path)?;
        let mut state = self.state();
        if let Some(name) = name {
            if stat.settled(now) {
                let entry = Entry { stat, digest, notes: BTreeMap::new() };
                state.entries.insert(name.to_owned(), entry);
                state.dirty = true;
            } else if state.entries.remove(name).is_some() {
                state.dirty = true;
            }
        }
        Ok(digest)
    }

    /// The answer noted for a question to a file, if the file is as it was then.
    pub fn note(&self, path: &Path, question: &str) -> Option<String> {
        let stat = Stat::of(path).ok()?;
        let state = self.state();
        let entry = state.entries.get(path.to_str()?)?;
        if entry.stat != stat || stat.is_to_come() {
            return None;
        }
        entry.notes.get(question).cloned()
    }

    /// Notes the answer to a question to a file whose digest is remembered. Does nothing for
    /// any other file: there is nothing then that would tell when the answer is out of date.
    pub fn set_note(&self, path: &Path, question: &str, answer: String) {
        let mut state = self.state();
        let Some(entry) = path.to_str().and_then(|name| state.entries.get_mut(name)) else {
            return;
        };
        entry.notes.insert(question.to_owned(), answer);
        state.dirty = true;
    }

    /// Writes the memo to its file, if there is anything new. Files that are gone are
    /// forgotten.
    pub fn save(&self) -> Result<(), StoreError> {
        let mut state = self.state();
        if !state.dirty {
            return Ok(());
        }
        state.entries.retain(|path, _| Path::new(path).exists());
        let saved = Saved { version: VERSION, entries: &state.entries };
        let directory = self.file.parent().unwrap_or(Path::new("."));
        let written = write::begin(directory).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(&saved)?)?;
            write::finish(file, &self.file)
        });
        written.map_err(|source| StoreError::writing(self.file.clone(), source))?;
        state.dirty = false;
        Ok(())
    }

    fn known(&self, name: &str, stat: Stat) -> Option<Digest> {
        let state = self.state();
        let entry = state.entries.get(name)?;
        (entry.stat == stat && !stat.is_to_come()).then_some(entry.digest)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A thread that panicked while it held the memo left whole entries behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    struct Sandbox {
        directory: tempfile::TempDir,
    }

    impl Sandbox {
        fn new() -> Self {
            Self { directory: tempfile::tempdir().unwrap() }
        }

        fn memo(&self) -> StatMemo {
            StatMemo::open(&self.directory.path().join("memo.json"))
        }

        fn file(&self, content: &str) -> PathBuf {
            let path = self.directory.path().join("input");
            std::fs::write(&path, content).unwrap();
            path
        }
    }

    #[test]
    fn a_time_before_1970_is_one() {
        let sandbox = Sandbox::new();
        for since in [1.5, -1.5] {
            let path = sandbox.file("text");
            let time = match Duration::try_from_secs_f64(since) {
                Ok(after) => UNIX_EPOCH + after,
                Err(_) => UNIX_EPOCH - Duration::from_secs_f64(-since),
            };
            File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
            assert_eq!(Stat::of(&path).unwrap().modified(), time);
        }
    }

    /// Remembers a file as if it had last changed long ago.
    fn remember(memo: &StatMemo, path: &Path, digest: Digest) {
        let entry = Entry { stat: Stat::of(path).unwrap(), digest, notes: BTreeMap::new() };
        let mut state = memo.state();
        state.entries.insert(path.to_str().unwrap().to_owned(), entry);
        state.dirty = true;
    }

    #[test]
    fn an_untouched_file_is_not_read_again() {
        let sandbox = Sandbox::new();
        let path = sandbox.file("content");
        let memo = sandbox.memo();
        // A digest that no file has shows that the answer comes from the memo.
        let planted = Digest::of(b"planted");
        remember(&memo, &path, planted);
        assert_eq!(memo.digest(&path).unwrap(), planted);

        memo.save().unwrap();
        assert_eq!(sandbox.memo().digest(&path).unwrap(), planted);
    }

    #[test]
    fn a_changed_file_is_read_again_and_loses_its_notes() {
        let sandbox = Sandbox::new();
        let path = sandbox.file("content");
        let memo = sandbox.memo();
        remember(&memo, &path, Digest::of(b"content"));
        memo.set_note(&path, "version", "1.0".into());
        assert_eq!(memo.note(&path, "version").as_deref(), Some("1.0"));
        assert_eq!(memo.note(&path, "variant"), None);

        sandbox.file("another");
        assert_eq!(memo.note(&path, "version"), None);
        assert_eq!(memo.digest(&path).unwrap(), Digest::of(b"another"));
        assert_eq!(memo.note(&path, "version"), None);
    }

    #[test]
    fn a_file_that_has_just_changed_is_told_but_not_remembered() {
        let sandbox = Sandbox::new();
        let path = sandbox.file("content");
        let memo = sandbox.memo();
        assert_eq!(memo.digest(&path).unwrap(), Digest::of(b"content"));
        assert!(memo.state().entries.is_empty());
        memo.set_note(&path, "version", "1.0".into());
        assert_eq!(memo.note(&path, "version"), None);
    }

    #[test]
    fn an_older_time_of_modification_does_not_settle_a_file() {
        let sandbox = Sandbox::new();
        let path = sandbox.file("content");
        let long_ago = SystemTime::now() - Duration::from_hours(1);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(long_ago).unwrap();
        assert!(!Stat::of(&path).unwrap().settled(SystemTime::now()));
        assert!(Stat::of(&path).unwrap().settled(SystemTime::now() + SETTLED));
    }

    #[test]
    fn a_file_that_settled_is_remembered() {
        let path = std::env::current_exe().unwrap();
        let sandbox = Sandbox::new();
        let memo = sandbox.memo();
        if Stat::of(&path).unwrap().settled(SystemTime::now()) {
            memo.digest(&path).unwrap();
        } else {
            std::thread::sleep(SETTLED);
            memo.digest(&path).unwrap();
        }
        assert_eq!(memo.state().entries.len(), 1);
    }

    #[test]
    fn a_damaged_or_foreign_memo_is_empty() {
        let sandbox = Sandbox::new();
        let path = sandbox.file("content");
        for text in ["", "{\"version\":1,\"entr", "{\"version\":0,\"entries\":{}}"] {
            std::fs::write(sandbox.directory.path().join("memo.json"), text).unwrap();
            assert_eq!(sandbox.memo().digest(&path).unwrap(), Digest::of(b"content"));
        }
    }

    #[test]
    fn saving_forgets_files_that_are_gone() {
        let sandbox = Sandbox::new();
        let path = sandbox.file("content");
        let memo = sandbox.memo();
        remember(&memo, &path, Digest::of(b"content"));
        std::fs::remove_file(&path).unwrap();
        memo.save().unwrap();
        assert!(sandbox.memo().state().entries.is_empty());
        assert!(memo.digest(&path).is_err());
    }

    #[test]
    fn nothing_new_is_not_written() {
        let sandbox = Sandbox::new();
        sandbox.memo().save().unwrap();
        assert!(!sandbox.directory.path().join("memo.json").exists());
    }
}
