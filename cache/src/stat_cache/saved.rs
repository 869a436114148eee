//! The file of a stat cache: a line that says what it is, a body in [postcard], and the digest of
//! both.
//!
//! The body is borrowed from, not taken apart, when it is read: a run looks at most directories
//! without learning anything new of them.
//!
//! [postcard]: https://postcard.jamesmunns.com/wire-format

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize, Serializer};

use super::{EntryKind, Hit};
use crate::digest::Hashing;
use crate::{Artifact, Digest, Stat, write};

/// Goes up when the form of the file, or the meaning of anything in it, changes.
const TITLE: &[u8] = b"poly stat cache 2\n";

/// Digests are stored as their bytes.
const DIGEST: usize = 32;

/// What a file says, or nothing.
#[derive(Debug, Default)]
pub(super) struct Saved {
    bytes: Vec<u8>,
    directories: HashMap<Box<str>, Range<usize>>,
    hits: HashMap<Digest, Hit>,
}

#[derive(Serialize, Deserialize)]
struct Body<'a> {
    /// When it was written, in nanoseconds since 1970.
    written: u64,
    #[serde(borrow)]
    hits: Vec<(Bytes<'a>, Bytes<'a>, u64, u64)>,
    #[serde(borrow)]
    directories: Vec<(&'a str, Bytes<'a>)>,
}

/// Bytes that are written and read at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct Bytes<'a>(#[serde(borrow)] &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl Saved {
    /// What a file says; nothing if it cannot be used, or is of a time that is still to come.
    pub(super) fn read(file: &Path, now: SystemTime) -> Self {
        std::fs::read(file).ok().and_then(|bytes| Self::of(bytes, now)).unwrap_or_default()
    }

    fn of(bytes: Vec<u8>, now: SystemTime) -> Option<Self> {
        let (told, checksum) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
        let body = told.strip_prefix(TITLE)?;
        if Digest::of(told).as_bytes() != checksum {
            return None;
        }
        let body: Body<'_> = postcard::from_bytes(body).ok()?;
        if body.written > nanoseconds(now) {
            return None;
        }
        let start = bytes.as_ptr().addr();
        let range = |part: &[u8]| {
            let from = part.as_ptr().addr() - start;
            from..from + part.len()
        };
        let directories =
            body.directories.iter().map(|(path, bytes)| ((*path).into(), range(bytes.0)));
        let directories = directories.collect();
        let hits = body.hits.iter().map(|(key, digest, size, used)| {
            let artifact = Artifact { digest: Digest::from_slice(digest.0)?, size: *size };
            let used = UNIX_EPOCH + Duration::from_nanos(*used);
            Some((Digest::from_slice(key.0)?, Hit { artifact, used }))
        });
        let hits = hits.collect::<Option<_>>()?;
        Some(Self { bytes, directories, hits })
    }

    /// Writes a file, whole or not at all.
    pub(super) fn write(
        file: &Path,
        hits: &BTreeMap<Digest, Hit>,
        directories: &BTreeMap<&str, &[u8]>,
        now: SystemTime,
    ) -> io::Result<()> {
        let hits = hits.iter().map(|(key, Hit { artifact, used })| {
            let digest = Bytes(artifact.digest.as_bytes());
            (Bytes(key.as_bytes()), digest, artifact.size, nanoseconds(*used))
        });
        let body = Body {
            written: nanoseconds(now),
            hits: hits.collect(),
            directories: directories.iter().map(|(path, bytes)| (*path, Bytes(bytes))).collect(),
        };
        let parent = file.parent().unwrap_or(Path::new("."));
        let mut temporary = write::begin(parent)?;
        let mut hashing = Hashing::new(BufWriter::with_capacity(1 << 16, &mut temporary));
        hashing.write_all(TITLE)?;
        let hashing = postcard::to_io(&body, hashing).map_err(io::Error::other)?;
        let (mut inner, checksum, _) = hashing.finish_with_inner();
        inner.write_all(checksum.as_bytes())?;
        inner.flush()?;
        drop(inner);
        write::finish(temporary, file)
    }

    /// What is known of a directory.
    pub(super) fn directory(&self, path: &str) -> Option<&[u8]> {
        self.bytes.get(self.directories.get(path)?.clone())
    }

    /// What is known of all directories.
    pub(super) fn directories(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.directories.iter().map(|(path, range)| (&**path, &self.bytes[range.clone()]))
    }

    /// What was found under a key.
    pub(super) fn hit(&self, key: &Digest) -> Option<Hit> {
        self.hits.get(key).copied()
    }

    /// What was found under all keys.
    pub(super) fn hits(&self) -> impl Iterator<Item = (Digest, Hit)> {
        self.hits.iter().map(|(key, hit)| (*key, *hit))
    }
}

/// What is known of one directory.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Directory<'a> {
    /// Its metadata when it was listed, if that vouches for the list.
    pub(super) stat: Option<Stat>,
    /// Its entries, in the order of their names.
    #[serde(borrow)]
    pub(super) entries: Vec<Named<'a>>,
}

/// An entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) kind: EntryKind,
    /// Its metadata and the digest of its content, where that was wanted once.
    #[serde(borrow, serialize_with = "serialize_seen")]
    pub(super) seen: Option<(Stat, &'a [u8])>,
}

// The signature is serde's.
#[allow(clippy::ref_option)]
fn serialize_seen<S: Serializer>(
    seen: &Option<(Stat, &[u8])>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    seen.map(|(stat, digest)| (stat, Bytes(digest))).serialize(serializer)
}

impl<'a> Directory<'a> {
    /// From its bytes; nothing if they make no sense.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let directory: Self = postcard::from_bytes(bytes).ok()?;
        let digests = directory.entries.iter().filter_map(|entry| entry.seen);
        digests.into_iter().all(|(_, digest)| digest.len() == DIGEST).then_some(directory)
    }

    /// To bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        postcard::to_stdvec(self).expect("names and numbers can be written")
    }

    /// Whether the list is that of a directory with this metadata.
    pub(super) fn holds(&self, stat: &Stat, now: SystemTime) -> bool {
        self.stat == Some(*stat) && stat.settled(now)
    }

    /// These entries, with what is known of those among them that were there before.
    pub(super) fn merged_with<'b>(&self, listed: &'b [(String, EntryKind)]) -> Vec<Named<'b>>
    where
        'a: 'b,
    {
        let seen = |name: &str| {
            let at = self.entries.binary_search_by(|entry| entry.name.cmp(name)).ok()?;
            self.entries[at].seen
        };
        let named = listed.iter().map(|(name, kind)| Named { name, kind: *kind, seen: seen(name) });
        named.collect()
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("file");
        let artifact = Artifact { digest: Digest::of(b"artifact"), size: 8 };
        let known = Directory {
            stat: None,
            entries: vec![Named { name: "a", kind: EntryKind::File, seen: None }],
        };
        Saved::write(
            &file,
            &BTreeMap::from([(Digest::of(b"key"), Hit { artifact, used: UNIX_EPOCH })]),
            &BTreeMap::from([("src", &known.encode()[..])]),
            SystemTime::now(),
        )
        .unwrap();
        std::fs::read(file).unwrap()
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let saved = Saved::of(sample(), SystemTime::now()).unwrap();
        assert_eq!(
            saved.hit(&Digest::of(b"key")).unwrap().artifact.digest,
            Digest::of(b"artifact")
        );
        let known = Directory::decode(saved.directory("src").unwrap()).unwrap();
        assert_eq!(known.entries[0].name, "a");
        assert_eq!(saved.directory("other"), None);
    }

    #[test]
    fn damage_is_nothing_wherever_it_is() {
        let whole = sample();
        let now = SystemTime::now();
        assert!(Saved::of(whole.clone(), now).is_some());
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(Saved::of(bytes, now).is_none(), "bit {bit}");
        }
        for length in 0..whole.len() {
            assert!(Saved::of(whole[..length].to_vec(), now).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn another_version_is_nothing() {
        let mut bytes = sample();
        bytes.truncate(bytes.len() - DIGEST);
        bytes[TITLE.len() - 2] = b'0';
        bytes.extend(*Digest::of(&bytes).as_bytes());
        assert!(Saved::of(bytes, SystemTime::now()).is_none());
    }

    #[test]
    fn a_file_of_the_future_is_nothing() {
        let yesterday = SystemTime::now() - Duration::from_hours(24);
        assert!(Saved::of(sample(), yesterday).is_none());
    }
}
