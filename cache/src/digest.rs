//! SHA-256 digests: taken of bytes and files, written as 64 lower-case hexadecimal digits.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::str::FromStr;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A text that is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a SHA-256 digest of 64 hexadecimal digits")]
pub struct MalformedDigest {
    /// The text.
    pub text: String,
}

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first twelve digits, for people to tell one digest from another.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }

    /// The digest of a file's content.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        Self::of_reader(&mut File::open(path)?)
    }

    /// The digest of a file that is read in one piece where it is small: most sources are.
    pub(crate) fn of_small_file(mut file: File, size: u64) -> io::Result<Self> {
        const PIECE: u64 = 1 << 20;
        if size > PIECE {
            return Self::of_reader(&mut file);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size + 1).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        Ok(Self::of(&bytes))
    }

    /// Its bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest with these bytes, if they are as many as they must be.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Hands on its text, which is allocated nowhere: a build with nothing to do writes hundreds of
    /// thousands of them.
    fn with_text<T>(&self, to: impl FnOnce(&str) -> T) -> T {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        to(std::str::from_utf8(&text).expect("digits are text"))
    }

    /// The digest of all that a reader still yields.
    pub fn of_reader(reader: &mut dyn Read) -> io::Result<Self> {
        let mut hashing = Hashing::new(io::sink());
        copy(reader, &mut hashing)?;
        Ok(hashing.finish().0)
    }
}

/// A writer that takes the digest and the length of what passes through it.
pub(crate) struct Hashing<W> {
    inner: W,
    state: Sha256,
    length: u64,
}

impl<W: io::Write> Hashing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self { inner, state: Sha256::new(), length: 0 }
    }

    pub(crate) fn finish(self) -> (Digest, u64) {
        let (_, digest, length) = self.finish_with_inner();
        (digest, length)
    }

    pub(crate) fn finish_with_inner(self) -> (W, Digest, u64) {
        (self.inner, Digest(self.state.finalize().into()), self.length)
    }
}

impl<W: io::Write> io::Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.state.update(&bytes[..written]);
        self.length += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Copies with a larger buffer than [`io::copy`]'s 8 KiB, which matters when hashing is fast.
pub(crate) fn copy(reader: &mut dyn Read, writer: &mut dyn io::Write) -> io::Result<()> {
    let mut buffer = vec![0; 128 * 1024];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => writer.write_all(&buffer[..length])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| formatter.write_str(text))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Digest {
    type Err = MalformedDigest;

    fn from_str(text: &str) -> Result<Self, MalformedDigest> {
        let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|it| u8::try_from(it).ok());
        let byte = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(pair[1])?);
        let mut bytes = [0; 32];
        let is_whole = text.len() == 64
            && bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)).all(|(place, pair)| {
                let found = byte(pair);
                *place = found.unwrap_or_default();
                found.is_some()
            });
        is_whole.then_some(Self(bytes)).ok_or_else(|| MalformedDigest { text: text.to_owned() })
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Digest;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a digest")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Digest, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn text_and_back() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
        assert_eq!(EMPTY.parse(), Ok(Digest::of(b"")));
        assert_eq!(EMPTY.to_uppercase().parse(), Ok(Digest::of(b"")));
    }

    #[test]
    fn what_is_not_a_digest() {
        for text in
            ["", "e3", &EMPTY[1..], &format!("{EMPTY}0"), &EMPTY.replace('e', "g"), &"é".repeat(32)]
        {
            assert_eq!(text.parse::<Digest>(), Err(MalformedDigest { text: text.to_owned() }));
        }
    }

    #[test]
    fn a_file_larger_than_the_buffer() {
        let bytes = vec![7; 300_000];
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        assert_eq!(Digest::of_file(file.path()).unwrap(), Digest::of(&bytes));
    }

    #[test]
    fn json_is_a_string() {
        let json = serde_json::to_string(&Digest::of(b"")).unwrap();
        assert_eq!(json, format!("\"{EMPTY}\""));
        assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), Digest::of(b""));
        assert!(serde_json::from_str::<Digest>("\"12\"").is_err());
    }
}
