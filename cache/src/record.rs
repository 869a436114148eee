//! Records of actions: which artifact the fingerprint behind a key led to.
//!
//! A record is written after its artifact, so whoever finds a record may look for the blob;
//! the blob may have been collected or damaged since, which makes the record a miss.
//!
//! On disk it is the digest of a line of JSON, and that line: a bit that turns in it is found,
//! also where it leaves JSON that can be read.

use std::io::Write as _;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Damaged, Digest, Store, StoreError, write};

/// What an action made: a blob of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// The blob's digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
}

/// One action that ran, and what came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record<F, N> {
    /// The digest of the fingerprint.
    pub key: Digest,
    /// Everything that the action depended on.
    pub fingerprint: F,
    /// What it made.
    pub artifact: Artifact,
    /// What else came to light, for whoever takes the artifact from here.
    pub noticed: N,
    /// How long it took.
    pub milliseconds: u64,
}

impl<F: DeserializeOwned, N: DeserializeOwned> Record<F, N> {
    /// The record that a file holds, if it is as it was written, and under this key.
    pub(crate) fn of_file(bytes: &[u8], key: &Digest) -> Option<Self> {
        let (checksum, json) = bytes.split_at_checked(CHECKSUM)?;
        if Digest::of(json).to_string().as_bytes() != checksum {
            return None;
        }
        serde_json::from_slice(json).ok().filter(|record: &Self| record.key == *key)
    }
}

/// The length of the checksum in bytes.
const CHECKSUM: usize = 64;

impl Store {
    /// The record under a key, if there is one. Says nothing of whether its blob is there.
    pub fn record<F: DeserializeOwned, N: DeserializeOwned>(
        &self,
        key: &Digest,
    ) -> Result<Option<Record<F, N>>, StoreError> {
        let path = self.layout.record(key);
        let damaged = || Damaged::Record { key: *key };
        let Some(bytes) = self.content(&path, damaged)? else { return Ok(None) };
        let record = Record::of_file(&bytes, key);
        if record.is_none() {
            self.remove_damaged(damaged(), &path)?;
        }
        Ok(record)
    }

    /// Keeps a record. Its artifact must be in the store already.
    pub fn put_record<F: Serialize, N: Serialize>(
        &self,
        record: &Record<F, N>,
    ) -> Result<(), StoreError> {
        let path = self.layout.record(&record.key);
        let mut json = vec![b'\n'];
        serde_json::to_writer(&mut json, record)
            .map_err(|source| StoreError::Unserialisable { key: record.key, source })?;
        json.push(b'\n');
        let written = write::begin(&self.layout.temporary()).and_then(|mut file| {
            write!(file, "{}", Digest::of(&json))?;
            file.write_all(&json)?;
            write::finish(file, &path)
        });
        written.map_err(|source| StoreError::writing(path, source))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Fingerprint = BTreeMap<String, String>;

    fn store() -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        (directory, store)
    }

    fn sample(store: &Store) -> Record<Fingerprint, String> {
        let fingerprint = Fingerprint::from([("tool".to_owned(), "1.2.3".to_owned())]);
        Record {
            key: Digest::of(b"key"),
            fingerprint,
            artifact: store.put(b"artifact").unwrap(),
            noticed: "something".to_owned(),
            milliseconds: 12,
        }
    }

    #[test]
    fn a_record_comes_back_as_it_went() {
        let (_directory, store) = store();
        let record = sample(&store);
        assert_eq!(store.record::<Fingerprint, String>(&record.key).unwrap(), None);
        store.put_record(&record).unwrap();
        assert_eq!(store.record(&record.key).unwrap(), Some(record));
    }

    #[test]
    fn a_later_record_takes_the_place_of_a_former_one() {
        let (_directory, store) = store();
        let mut record = sample(&store);
        store.put_record(&record).unwrap();
        record.milliseconds = 13;
        store.put_record(&record).unwrap();
        assert_eq!(store.record(&record.key).unwrap(), Some(record));
    }

    #[test]
    fn a_record_in_which_any_bit_turned_is_a_miss_and_reported() {
        let (_directory, store) = store();
        let record = sample(&store);
        store.put_record(&record).unwrap();
        let path = store.layout.record(&record.key);
        let whole = std::fs::read(&path).unwrap();
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(
                store.record::<Fingerprint, String>(&record.key).unwrap(),
                None,
                "bit {bit}"
            );
            assert_eq!(store.take_damaged(), [Damaged::Record { key: record.key }]);
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_shortened_record_is_a_miss_and_reported() {
        let (_directory, store) = store();
        let record = sample(&store);
        store.put_record(&record).unwrap();
        let path = store.layout.record(&record.key);
        let whole = std::fs::read(&path).unwrap();
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(
                store.record::<Fingerprint, String>(&record.key).unwrap(),
                None,
                "{length} bytes"
            );
            assert_eq!(store.take_damaged(), [Damaged::Record { key: record.key }]);
            assert!(!path.exists());
        }
    }

    #[test]
    fn a_record_in_anothers_place_is_a_miss() {
        let (_directory, store) = store();
        let record = sample(&store);
        store.put_record(&record).unwrap();
        let other = Digest::of(b"other");
        let place = store.layout.record(&other);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(store.layout.record(&record.key), &place).unwrap();

        assert_eq!(store.record::<Fingerprint, String>(&other).unwrap(), None);
        assert_eq!(store.record(&record.key).unwrap(), Some(record));
    }
}
