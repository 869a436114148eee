//! Digests that say by which function they were taken.

use std::fmt;
use std::str::FromStr;

use poly_cache::Digest;
use serde::{Deserialize, Serialize};

/// A SHA-256 that says that it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(pub Digest);

/// What something that is fetched must be: a SHA-256, or the sum that Go's checksum database
/// has of a module (`h1:…`, which is a SHA-256 of the digests of its files).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum(String);

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", self.0)
    }
}

impl FromStr for Sha256 {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("sha256:");
        let digest = digits.and_then(|digits| digits.parse().ok());
        digest.map(Self).ok_or_else(|| format!("`{text}` is not `sha256:` and 64 digits"))
    }
}

impl TryFrom<String> for Sha256 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Checksum {
    /// The digest, if it is a SHA-256.
    pub fn sha256(&self) -> Option<Digest> {
        self.0.parse::<Sha256>().ok().map(|Sha256(digest)| digest)
    }
}

impl From<Digest> for Checksum {
    fn from(digest: Digest) -> Self {
        Self(Sha256(digest).to_string())
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.0
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl TryFrom<String> for Checksum {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // 32 bytes in base64.
        let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        let sum = text.strip_prefix("h1:");
        if sum.is_some_and(|sum| sum.len() == 44 && sum.chars().all(letter)) {
            return Ok(Self(text));
        }
        match text.parse::<Sha256>() {
            Ok(_) => Ok(Self(text)),
            Err(_) => {
                Err(format!("`{text}` is neither `sha256:` and 64 digits nor `h1:` and a sum"))
            }
        }
    }
}
