//! `poly.lock`: what was fetched for a manifest, so that it is the same everywhere and later.
//!
//! It lies beside the manifest and is meant to be committed.
//!
//! ```toml
//! version = 1
//!
//! [[wit]]
//! name = "wasi:logging"
//! version = "0.1.0"
//! registry = "registry.example.org/wit"   # or: path = "shared/logging"
//! digest = "sha256:…"                     # of what the registry, or the directory, holds
//! text = "sha256:…"                       # of the WIT that was written below `deps/`
//! ```
//!
//! Each kind of thing that is locked has a table of its own. Tables that are not known here are
//! kept as they are.
//!
//! The room is pure: text to a [`Lock`] and back.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use miette::{Diagnostic, NamedSource, SourceSpan};
use poly_cache::Digest;
use semver::Version;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use wit_parser::PackageName;

use crate::component::wit::Source;
use crate::manifest::{PackageRef, Registry};

/// The name of the file.
pub const FILE: &str = "poly.lock";

/// The version of the file's format.
const VERSION: u32 = 1;

const HEADER: &str =
    "# Written by poly: what was fetched for the manifest beside it. Commit it.\n\n";

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    version: u32,
    /// Packages of WIT, by name and version.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wit: Vec<LockedPackage>,
    /// What other parts of poly, or newer ones, have written.
    #[serde(flatten)]
    others: toml::Table,
}

/// A package of WIT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedPackage {
    /// `namespace:name`.
    pub name: String,
    /// Its version, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Where it is from.
    #[serde(flatten)]
    pub origin: Origin,
    /// What the registry or the directory holds.
    pub digest: Sha256,
    /// The WIT that was written.
    pub text: Sha256,
}

/// Where a package is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A registry, as the manifest names it.
    Registry(String),
    /// A directory, relative to the manifest.
    Path(String),
}

/// A digest that says by which function it was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256(pub Digest);

/// Why a lock file cannot be used.
#[derive(Debug, Error, Diagnostic)]
pub enum LockError {
    /// It is not what poly writes.
    #[error("`{FILE}` cannot be read: {message}")]
    #[diagnostic(help("restore it from version control, or delete it to have it made anew"))]
    Malformed {
        /// What is wrong.
        message: String,
        /// Its text.
        #[source_code]
        text: NamedSource<String>,
        /// Where.
        #[label("here")]
        span: Option<SourceSpan>,
    },
    /// A newer poly wrote it.
    #[error("`{FILE}` has the format {found}, which this poly does not know")]
    #[diagnostic(help("it was written by a newer poly: use that one"))]
    Newer {
        /// The format's version.
        found: u32,
    },
}

impl Default for Lock {
    fn default() -> Self {
        Self { version: VERSION, wit: Vec::new(), others: toml::Table::new() }
    }
}

impl Lock {
    /// Reads a lock file.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let malformed = |error: toml::de::Error| LockError::Malformed {
            message: error.message().to_owned(),
            text: NamedSource::new(FILE, text.to_owned()),
            span: error.span().map(SourceSpan::from),
        };
        // The version first: what a newer poly wrote may be anything.
        let version = toml::from_str::<VersionAlone>(text).map_err(malformed)?.version;
        if version > VERSION {
            return Err(LockError::Newer { found: version });
        }
        toml::from_str(text).map_err(malformed)
    }

    /// The text of the file.
    ///
    /// # Panics
    ///
    /// Never: a lock is made of plain data.
    pub fn text(&self) -> String {
        let text = toml::to_string(self).expect("a lock is made of plain data");
        format!("{HEADER}{text}")
    }

    /// The same with these packages of WIT, in order.
    #[must_use]
    pub fn with_wit(&self, mut wit: Vec<LockedPackage>) -> Self {
        wit.sort_by(|one, other| (&one.name, &one.version).cmp(&(&other.name, &other.version)));
        Self { wit, ..self.clone() }
    }

    /// The entry of a package.
    pub fn package(&self, name: &PackageRef, version: Option<&Version>) -> Option<&LockedPackage> {
        let name = name.to_string();
        self.wit.iter().find(|entry| entry.name == name && entry.version.as_ref() == version)
    }
}

impl LockedPackage {
    /// The package's name with its version, for messages.
    pub fn shown(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.clone(),
        }
    }

    /// The same as WIT's parser has it, unless somebody wrote what is no name.
    pub fn package_name(&self) -> Option<PackageName> {
        let PackageRef { namespace, name } = self.name.parse().ok()?;
        Some(PackageName { namespace, name, version: self.version.clone() })
    }
}

#[derive(Deserialize)]
struct VersionAlone {
    version: u32,
}

impl Origin {
    /// Where a package of a registry is from.
    pub fn registry(registry: &Registry) -> Self {
        Self::Registry(registry.to_string())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(registry) => write!(out, "registry `{registry}`"),
            Self::Path(path) => write!(out, "`{path}`"),
        }
    }
}

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

/// The digest of some files of WIT: of their names and texts, whatever order they came in.
pub fn digest_of(files: &Source) -> Sha256 {
    let lines: BTreeMap<&str, String> = files
        .iter()
        .map(|(name, text)| (name.as_str(), Digest::of(text.as_bytes()).to_string()))
        .collect();
    let listed: Vec<String> =
        lines.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
    Sha256(Digest::of(listed.concat().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: Option<&str>, origin: Origin) -> LockedPackage {
        let digest = Sha256(Digest::of(name.as_bytes()));
        let version = version.map(|version| version.parse().expect("a version"));
        LockedPackage { name: name.to_owned(), version, origin, digest, text: digest }
    }

    #[test]
    fn text_and_back() {
        let lock = Lock::default().with_wit(vec![
            package("b:b", Some("0.2.0"), Origin::Registry("example.org/wit".into())),
            package("a:a", None, Origin::Path("shared/a".into())),
        ]);
        let text = lock.text();
        let digest = |name: &str| Digest::of(name.as_bytes());
        let (a, b) = (digest("a:a"), digest("b:b"));
        assert_eq!(
            text,
            format!(
                "{HEADER}version = 1\n\n[[wit]]\nname = \"a:a\"\npath = \"shared/a\"\n\
                 digest = \"sha256:{a}\"\ntext = \"sha256:{a}\"\n\n[[wit]]\nname = \"b:b\"\n\
                 version = \"0.2.0\"\nregistry = \"example.org/wit\"\ndigest = \"sha256:{b}\"\n\
                 text = \"sha256:{b}\"\n"
            )
        );
        assert_eq!(Lock::parse(&text).expect("its own text"), lock);
        let (name, version) = ("b:b".parse().unwrap(), "0.2.0".parse().unwrap());
        assert!(lock.package(&name, Some(&version)).is_some());
        assert!(lock.package(&name, None).is_none());
    }

    #[test]
    fn tables_of_others_are_kept() {
        let text = "version = 1\n\n[[tool]]\nname = \"tinygo\"\ndigest = \"sha256:00\"\n";
        let lock = Lock::parse(text).expect("a lock").with_wit(Vec::new());
        assert_eq!(lock.text(), format!("{HEADER}{text}"));
    }

    #[test]
    fn what_is_no_lock_is_refused() {
        let said = |text: &str| Lock::parse(text).unwrap_err().to_string();
        assert!(said("version = ").starts_with("`poly.lock` cannot be read: "));
        assert_eq!(said("wit = 1"), "`poly.lock` cannot be read: missing field `version`");
        assert_eq!(
            said("version = 2\nwit = 3"),
            "`poly.lock` has the format 2, which this poly does not know"
        );
        let entry = "version = 1\n[[wit]]\nname = \"a:b\"\npath = \"x\"\ntext = \"\"\n";
        let wrong = format!("{entry}digest = \"md5:12\"");
        assert_eq!(said(&wrong), "`poly.lock` cannot be read: `` is not `sha256:` and 64 digits");
    }

    #[test]
    fn a_digest_of_files_depends_on_names_and_texts() {
        let files = |list: &[(&str, &str)]| -> Source {
            list.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
        };
        let one = digest_of(&files(&[("a.wit", "x"), ("b.wit", "y")]));
        assert_eq!(one, digest_of(&files(&[("b.wit", "y"), ("a.wit", "x")])));
        assert_ne!(one, digest_of(&files(&[("a.wit", "y"), ("b.wit", "x")])));
        assert_ne!(one, digest_of(&files(&[("a.wit", "x")])));
    }
}
