//! The artifacts of one run: those of the store, and the bytes that this run made or read and
//! still has, so that the next action need not read and verify them again.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use poly_cache::{Artifact, Damaged, Digest, Hit, Lock, Record, StatCache, StatMemo, Store};
use tempfile::NamedTempFile;

use super::cache::MEMO;
use super::error::BuildError;
use super::noticed::Noticed;
use crate::plan::Fingerprint;
use crate::toolchain::interrupt;

/// What is kept of an action that ran.
pub(super) type KeptRecord = Record<Fingerprint, Option<Noticed>>;

/// The store as one run sees it.
pub(super) struct Artifacts {
    store: Store,
    memo: StatMemo,
    pub(super) seen: Arc<StatCache>,
    at_hand: Mutex<BTreeMap<Digest, Arc<Vec<u8>>>>,
}

impl Artifacts {
    /// Opens the store in `cache`. What was found there before is `seen`.
    pub(super) fn open(cache: &Path, seen: Arc<StatCache>) -> Result<Self, BuildError> {
        let store = Store::open(cache)?;
        let memo = StatMemo::open(&cache.join(MEMO));
        Ok(Self { store, memo, seen, at_hand: Mutex::default() })
    }

    /// The record of a key, whether or not its artifact is still there.
    pub(super) fn record(&self, key: &Digest) -> Result<Option<KeptRecord>, BuildError> {
        Ok(self.store.record(key)?)
    }

    /// The record of an artifact that was found, for those who cannot do without. If it is gone, the artifact
    /// is not found again.
    pub(super) fn record_of_found(
        &self,
        key: &Digest,
        artifact: &Artifact,
    ) -> Result<KeptRecord, BuildError> {
        self.record(key)?.ok_or_else(|| {
            self.seen.note(*key, Hit { artifact: *artifact, used: SystemTime::UNIX_EPOCH });
            BuildError::Damaged { digest: artifact.digest }
        })
    }

    /// The artifact of a key, if the store has it, and has its record, or had it within a day. Those that are
    /// `taken` are there: this run has made or found them.
    pub(super) fn find(
        &self,
        key: &Digest,
        taken: &[Artifact],
    ) -> Result<Option<Artifact>, BuildError> {
        let there = |artifact: &Artifact| taken.contains(artifact) || self.store.has(artifact);
        // The key says all that the artifact depends on: a record that was read once need not be
        // read again. A look at the artifact is noted as a use of it, and one at the record once a day.
        if let Some(hit) = self.seen.hit(key)
            && there(&hit.artifact)
        {
            if hit.is_noted() {
                return Ok(Some(hit.artifact));
            }
            if let Some(used) = self.store.use_record(key) {
                self.seen.note(*key, Hit { used, ..hit });
                return Ok(Some(hit.artifact));
            }
        }
        let record = self.record(key)?;
        let artifact = record.map(|record| record.artifact).filter(there);
        if let Some(artifact) = artifact
            && let Some(used) = self.store.use_record(key)
        {
            self.seen.note(*key, Hit { artifact, used });
        }
        Ok(artifact)
    }

    /// Notes that a directory beside the store is used, and makes it if it is not there.
    pub(super) fn enter(&self, directory: &Path) -> Result<(), BuildError> {
        Ok(self.store.enter(directory)?)
    }

    /// Waits until no other poly works on this key; `waiting` is called if one does.
    pub(super) fn lock(&self, key: &Digest, waiting: impl FnOnce()) -> Result<Lock, BuildError> {
        Ok(self.store.lock(key, waiting)?)
    }

    /// A file for another process to write to, for as long as it is held.
    pub(super) fn draft(&self) -> Result<NamedTempFile, BuildError> {
        Ok(self.store.draft()?)
    }

    /// Stores bytes that an action made.
    pub(super) fn put(&self, bytes: Vec<u8>) -> Result<Artifact, BuildError> {
        let artifact = self.store.put(&bytes)?;
        self.keep_at_hand(artifact.digest, Arc::new(bytes));
        Ok(artifact)
    }

    /// Keeps the record of an action that made an artifact, which is stored already.
    pub(super) fn note(&self, record: &KeptRecord) -> Result<(), BuildError> {
        self.store.put_record(record)?;
        self.seen.note(record.key, Hit { artifact: record.artifact, used: SystemTime::now() });
        Ok(())
    }

    /// The bytes of an artifact that was there a moment ago.
    pub(super) fn bytes(&self, artifact: &Artifact) -> Result<Arc<Vec<u8>>, BuildError> {
        if let Some(bytes) = self.lock_at_hand().get(&artifact.digest) {
            return Ok(Arc::clone(bytes));
        }
        let damaged = || BuildError::Damaged { digest: artifact.digest };
        let bytes = Arc::new(self.store.read(&artifact.digest)?.ok_or_else(damaged)?);
        self.keep_at_hand(artifact.digest, Arc::clone(&bytes));
        Ok(bytes)
    }

    /// The path of an artifact of which every byte is known to be what poly wrote.
    pub(super) fn trusted(&self, artifact: &Artifact) -> Result<PathBuf, BuildError> {
        if let Some(path) = self.store.path(artifact).filter(|path| self.is(path, artifact)) {
            return Ok(path);
        }
        let path = self.store.verified_path(&artifact.digest)?;
        path.ok_or(BuildError::Damaged { digest: artifact.digest })
    }

    /// Removes a record and its artifact, and the one that is remembered, so that the action runs again.
    pub(super) fn forget(&self, key: &Digest) -> Result<(), BuildError> {
        let recorded = self.record(key)?.map(|record| record.artifact);
        let remembered = self.seen.hit(key).map(|hit| hit.artifact);
        for artifact in recorded.into_iter().chain(remembered) {
            self.store.remove(&artifact.digest)?;
        }
        Ok(self.store.remove_record(key)?)
    }

    /// Refuses a store that somebody else can write to. Whoever can plant machine code there
    /// has it run by poly, outside of any sandbox: a digest proves that a file is what its
    /// record says, not who wrote the record.
    pub(super) fn refuse_if_exposed(&self) -> Result<(), BuildError> {
        let path = self.store.root();
        let found = fs::metadata(path);
        let found = found.map_err(|source| BuildError::Write { path: path.to_owned(), source })?;
        match exposed(found.uid(), found.mode(), rustix::process::geteuid().as_raw()) {
            Some(why) => Err(BuildError::Exposed { path: path.to_owned(), why }),
            None => Ok(()),
        }
    }

    /// Whether a file holds an artifact.
    pub(super) fn is(&self, path: &Path, artifact: &Artifact) -> bool {
        self.memo.digest(path).is_ok_and(|digest| digest == artifact.digest)
    }

    /// What was found damaged so far, and was removed.
    pub(super) fn take_damaged(&self) -> Vec<Damaged> {
        self.store.take_damaged()
    }

    /// Keeps what was learned of files for the next run. Losing it costs time and nothing
    /// else.
    pub(super) fn remember(&self) {
        if self.seen.is_changed() {
            interrupt::watch();
        }
        let _ = self.memo.save();
        let _ = self.seen.save();
    }

    fn keep_at_hand(&self, digest: Digest, bytes: Arc<Vec<u8>>) {
        self.lock_at_hand().insert(digest, bytes);
    }

    fn lock_at_hand(&self) -> std::sync::MutexGuard<'_, BTreeMap<Digest, Arc<Vec<u8>>>> {
        self.at_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a directory of this owner and mode is not `me`'s alone to write to, if it is not.
fn exposed(owner: u32, mode: u32, me: u32) -> Option<&'static str> {
    if owner != me {
        return Some("belongs to another user");
    }
    (mode & 0o022 != 0).then_some("can be written to by other users")
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;

    use super::*;
    use crate::plan::Fingerprint;

    /// A store, and what one checkout knows of it.
    struct Place {
        top: tempfile::TempDir,
        key: Digest,
    }

    impl Place {
        fn new() -> Self {
            Self { top: tempfile::tempdir().unwrap(), key: Digest::of(b"key") }
        }

        fn artifacts(&self) -> Artifacts {
            let file = self.top.path().join("stat.cache");
            let seen = Arc::new(StatCache::open(&file, self.top.path()));
            Artifacts::open(&self.top.path().join("cache"), seen).unwrap()
        }

        /// An artifact with a record under the key.
        fn made(&self, artifacts: &Artifacts, bytes: &[u8]) -> Artifact {
            let artifact = artifacts.put(bytes.to_vec()).unwrap();
            let fingerprint = Fingerprint::new("build");
            let record =
                Record { key: self.key, fingerprint, artifact, noticed: None, milliseconds: 1 };
            artifacts.note(&record).unwrap();
            artifact
        }

        fn record(&self) -> PathBuf {
            let name = self.key.to_string();
            let below = format!("cache/records-3/{}/{name}.record", &name[..2]);
            self.top.path().join(below)
        }
    }

    fn long_ago() -> SystemTime {
        SystemTime::now() - Duration::from_hours(40)
    }

    #[test]
    fn a_record_is_looked_at_once_a_day() {
        let place = Place::new();
        let artifacts = place.artifacts();
        let artifact = place.made(&artifacts, b"made");
        let find = || artifacts.find(&place.key, &[]).unwrap();
        File::open(place.record()).unwrap().set_modified(long_ago()).unwrap();
        let used = || fs::metadata(place.record()).unwrap().modified().unwrap();
        assert_eq!(find(), Some(artifact));
        assert!(used() < long_ago() + Duration::from_hours(1), "it was noted just now");

        artifacts.seen.note(place.key, Hit { artifact, used: long_ago() });
        assert_eq!(find(), Some(artifact));
        assert!(used() > long_ago() + Duration::from_hours(1), "it is noted again");
        assert!(artifacts.seen.hit(&place.key).unwrap().is_noted());

        fs::remove_file(place.record()).unwrap();
        assert_eq!(find(), Some(artifact), "what is there was made from this");
        artifacts.seen.note(place.key, Hit { artifact, used: long_ago() });
        assert_eq!(find(), None);
    }

    #[test]
    fn an_artifact_whose_record_was_needed_and_gone_is_not_found_again() {
        let place = Place::new();
        let artifacts = place.artifacts();
        let artifact = place.made(&artifacts, b"made");
        assert!(artifacts.record_of_found(&place.key, &artifact).is_ok());
        fs::remove_file(place.record()).unwrap();
        assert_eq!(artifacts.find(&place.key, &[]).unwrap(), Some(artifact));
        let error = artifacts.record_of_found(&place.key, &artifact).unwrap_err();
        assert!(error.is_damage());
        assert_eq!(artifacts.find(&place.key, &[]).unwrap(), None);
    }

    #[test]
    fn what_is_taken_is_not_looked_for_again() {
        let place = Place::new();
        let artifacts = place.artifacts();
        let artifact = place.made(&artifacts, b"made");
        artifacts.store.remove(&artifact.digest).unwrap();
        assert_eq!(artifacts.find(&place.key, &[artifact]).unwrap(), Some(artifact));
        assert_eq!(artifacts.find(&place.key, &[]).unwrap(), None);
    }

    /// Another checkout may have made other bytes under the same key.
    #[test]
    fn what_is_of_no_use_is_forgotten_with_all_that_leads_to_it() {
        let place = Place::new();
        let here = place.artifacts();
        let remembered = place.made(&here, b"here");
        let recorded = {
            let elsewhere = place.artifacts();
            place.made(&elsewhere, b"elsewhere")
        };
        here.forget(&place.key).unwrap();
        for artifact in [remembered, recorded] {
            assert!(!here.store.has(&artifact));
        }
        assert_eq!(here.find(&place.key, &[]).unwrap(), None);
    }

    #[test]
    fn only_ones_own_directory_is_trusted() {
        assert_eq!(exposed(1000, 0o40_700, 1000), None);
        assert_eq!(exposed(0, 0o40_755, 0), None);
        assert!(exposed(1000, 0o40_775, 1000).is_some());
        assert!(exposed(0, 0o41_777, 0).is_some());
        assert_eq!(exposed(1001, 0o40_700, 1000), Some("belongs to another user"));
        assert!(exposed(1000, 0o40_700, 0).is_some());
    }
}
