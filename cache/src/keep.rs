//! What else is done to a store as a whole: counted, verified, cleared.

use std::time::SystemTime;

use serde::de::IgnoredAny;

use crate::collect::{Keeper, Trash, sum};
use crate::entry::{self, Entry, Kind, Tallies, Tally};
use crate::layout::{self, BLOBS, Found, RECORDS};
use crate::{Damaged, Digest, Record, StoreError, lock, write};

/// What is in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// How many of each kind, and how large.
    pub kinds: Tallies,
    /// All else in its directory, in bytes.
    pub other: u64,
    /// When that was last used which was not used for longest.
    pub oldest: Option<SystemTime>,
}

/// What came of reading everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// What is whole, by kind.
    pub whole: Tallies,
    /// What was not, and has been removed.
    pub damaged: Vec<Damaged>,
}

impl Keeper {
    /// Counts all that is there.
    pub fn survey(&self) -> Survey {
        let entries = entry::all(&self.layout, &self.annexes);
        let kinds = entry::tally(&entries);
        let other = entry::size(&self.layout.root).saturating_sub(sum(&kinds).bytes);
        Survey { kinds, other, oldest: entries.iter().map(|entry| entry.used).min() }
    }

    /// Reads all blobs and records, and removes those that are damaged.
    pub fn verify(&self) -> Result<Verified, StoreError> {
        for directory in [self.layout.blobs(), self.layout.records()] {
            // What cannot be looked into cannot be verified.
            let opened = write::open_up(&directory);
            opened.map_err(|source| StoreError::writing(directory, source))?;
        }
        let mut verified = Verified::default();
        let current = [self.layout.blobs(), self.layout.records()];
        for entry in entry::all(&self.layout, &[]) {
            if !current.iter().any(|directory| entry.path.starts_with(directory)) {
                continue;
            }
            match self.damage(&entry)? {
                None => *verified.whole.entry(entry.kind).or_default() += Tally::one(entry.bytes),
                Some(damaged) => {
                    let removed = write::discard(&entry.path);
                    removed.map_err(|source| StoreError::writing(entry.path, source))?;
                    verified.damaged.push(damaged);
                }
            }
        }
        Ok(verified)
    }

    /// What is wrong with a blob or a record.
    fn damage(&self, entry: &Entry) -> Result<Option<Damaged>, StoreError> {
        let stray = || Damaged::Stray { path: entry.path.clone() };
        let stem = entry.path.file_stem().and_then(|stem| stem.to_str());
        let Some(digest) = stem.and_then(|stem| stem.parse::<Digest>().ok()) else {
            return Ok(Some(stray()));
        };
        let (place, damaged) = match entry.kind {
            Kind::Record => (self.layout.record(&digest), Damaged::Record { key: digest }),
            _ => (self.layout.blob(&digest), Damaged::Blob { digest }),
        };
        if place != entry.path {
            return Ok(Some(stray()));
        }
        let failed = |source| StoreError::Read { path: entry.path.clone(), source };
        let is_whole = match layout::open(&entry.path).map_err(failed)? {
            // Somebody else removed it.
            Found::Nothing => true,
            Found::Damage => false,
            Found::File(file, metadata) => match layout::read(file, &metadata).map_err(failed)? {
                None => false,
                Some(bytes) if entry.kind == Kind::Record => {
                    Record::<IgnoredAny, IgnoredAny>::of_file(&bytes, &digest).is_some()
                }
                Some(bytes) => Digest::of(&bytes) == digest,
            },
        };
        Ok((!is_whole).then_some(damaged))
    }

    /// Removes everything but what polys with a later form keep there. Refuses while the store is
    /// in use. Says how much it was.
    pub fn clear(&self) -> Result<Tallies, StoreError> {
        let kinds = self.survey().kinds;
        let mut trash = Trash::new(&self.layout);
        let gate = self.close_gate().map_err(|source| self.failed(source))?;
        let leases = lock::leases(&self.layout.leases(), SystemTime::now());
        let leases = leases.map_err(|source| self.failed(source))?.len();
        let root = &self.layout.root;
        if leases > 0 {
            return Err(StoreError::InUse { path: root.clone(), leases });
        }
        let annexes = self.annexes.iter().map(|annex| annex.name);
        let own = BLOBS.iter().chain(RECORDS).chain(&self.notes).copied().chain(annexes);
        let own = own.map(|name| root.join(name)).chain([self.layout.collected()]);
        let left = entry::children(&self.layout.temporary());
        let left = left.iter().map(std::fs::DirEntry::path);
        for path in own.chain(left) {
            if path.symlink_metadata().is_ok() && !trash.take(&path) {
                let refused = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
                return Err(StoreError::writing(path, refused));
            }
        }
        drop(gate);
        trash.empty();
        Ok(kinds)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;
    use crate::{Annex, Artifact, Bounds, Store};

    fn place() -> (tempfile::TempDir, Keeper) {
        let directory = tempfile::tempdir().unwrap();
        let annex = Annex { name: "tools", is_orphan: |_| false };
        let keeper = Keeper::open(directory.path(), vec![annex], vec!["memo.json"]).unwrap();
        (directory, keeper)
    }

    /// Two artifacts, and a record of the first.
    fn fill(keeper: &Keeper) -> [Artifact; 2] {
        let store = Store::open(&keeper.layout.root).unwrap();
        let artifacts = [&b"one"[..], b"three"].map(|bytes| store.put(bytes).unwrap());
        let [one, _] = artifacts;
        let (key, fingerprint, noticed) = (one.digest, "f", ());
        let record = Record { key, fingerprint, artifact: one, noticed, milliseconds: 1 };
        store.put_record(&record).unwrap();
        artifacts
    }

    #[test]
    fn a_survey_counts_what_is_there() {
        let (_directory, keeper) = place();
        assert_eq!(keeper.survey(), Survey::default());
        fill(&keeper);
        fs::create_dir_all(keeper.layout.root.join("tools/c/deep")).unwrap();
        fs::write(keeper.layout.root.join("tools/c/deep/file"), "1234567").unwrap();
        fs::write(keeper.layout.root.join("memo.json"), "12").unwrap();
        let survey = keeper.survey();
        assert_eq!(survey.kinds[&Kind::Blob], Tally { count: 2, bytes: 8 });
        assert_eq!(survey.kinds[&Kind::Record].count, 1);
        assert_eq!(survey.kinds[&Kind::Annex("tools")], Tally::one(7));
        assert_eq!(survey.other, 2);
        assert!(survey.oldest.unwrap() <= SystemTime::now());
    }

    #[test]
    fn verifying_finds_and_removes_what_is_damaged_and_nothing_else() {
        let (_directory, keeper) = place();
        let [one, three] = fill(&keeper);
        let whole = keeper.verify().unwrap();
        assert_eq!((whole.damaged, whole.whole[&Kind::Blob].count), (vec![], 2));

        let blob = keeper.layout.blob(&three.digest);
        fs::remove_file(&blob).unwrap();
        fs::write(&blob, "thref").unwrap();
        let record = keeper.layout.record(&one.digest);
        let mut bytes = fs::read(&record).unwrap();
        bytes[80] ^= 1;
        fs::write(&record, bytes).unwrap();
        let stray = blob.with_file_name("stray");
        fs::write(&stray, "").unwrap();
        let elsewhere = keeper.layout.blobs().join("elsewhere").join(one.digest.to_string());
        fs::create_dir(elsewhere.parent().unwrap()).unwrap();
        fs::copy(keeper.layout.blob(&one.digest), &elsewhere).unwrap();

        let mut verified = keeper.verify().unwrap();
        verified.damaged.sort_by_key(ToString::to_string);
        let mut expected = [
            Damaged::Blob { digest: three.digest },
            Damaged::Record { key: one.digest },
            Damaged::Stray { path: stray.clone() },
            Damaged::Stray { path: elsewhere.clone() },
        ];
        expected.sort_by_key(ToString::to_string);
        assert_eq!(verified.damaged, expected);
        assert_eq!(verified.whole[&Kind::Blob], Tally::one(3));
        for gone in [blob, record, stray, elsewhere] {
            assert!(!gone.exists(), "{}", gone.display());
        }
        assert_eq!(keeper.verify().unwrap().damaged, []);
    }

    #[test]
    fn clearing_takes_all_and_is_refused_while_somebody_uses_it() {
        let (directory, keeper) = place();
        fill(&keeper);
        fs::write(directory.path().join("memo.json"), "12").unwrap();
        fs::write(keeper.layout.temporary().join("left"), "12").unwrap();
        fs::create_dir_all(keeper.layout.root.join("tools/c")).unwrap();
        keeper.collect(&Bounds { size: u64::MAX, age: Duration::MAX }).unwrap();
        let store = Store::open(directory.path()).unwrap();
        let refused = keeper.clear().unwrap_err().to_string();
        let root = directory.path().display();
        assert_eq!(refused, format!("the cache `{root}` is in use by another process"));

        drop(store);
        assert_eq!(keeper.clear().unwrap()[&Kind::Blob].count, 2);
        let left = entry::children(directory.path()).into_iter().map(|entry| entry.file_name());
        let mut left: Vec<_> = left.collect();
        left.sort();
        assert_eq!(left, ["gate", "leases", "locks", "temporary"]);
        assert_eq!(keeper.survey(), Survey::default());
    }
}
