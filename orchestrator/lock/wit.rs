//! Packages of WIT in the lock file, and where each lies on disk.

use std::collections::BTreeMap;
use std::fmt;

use poly_cache::Digest;
use semver::Version;
use serde::{Deserialize, Serialize};
use wit_parser::PackageName;

use super::checksum::Sha256;
use crate::component::inventory::Entry;
use crate::component::wit::Source;
use crate::manifest::{PackageRef, Registry};

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

/// The place of a package below a WIT directory: `deps/wasi_http-0.2.0`. No two packages share
/// one, since no part of a name has a `_` in it.
pub fn place(name: &PackageName) -> String {
    let PackageName { namespace, name, version } = name;
    let version = version.as_ref().map(|version| format!("-{version}")).unwrap_or_default();
    format!("deps/{namespace}_{name}{version}")
}

/// Whether a package stands where poly would write it, and was written by poly therefore. All else
/// in `deps/` was put there by hand.
pub fn is_in_place(entry: &Entry) -> bool {
    entry.defines.first().is_some_and(|name| entry.place == place(name))
}

/// The files of a package below a WIT directory, by their names there.
pub fn at_place(source: &Source, name: &PackageName) -> Source {
    let prefix = format!("{}/", place(name));
    let below = |(path, text): (&String, &String)| {
        Some((path.strip_prefix(&prefix)?.to_owned(), text.clone()))
    };
    source.iter().filter_map(below).collect()
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

    #[test]
    fn no_two_packages_share_a_place() {
        let name = |namespace: &str, name: &str, version: Option<&str>| PackageName {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            version: version.map(|version| version.parse().expect("a version")),
        };
        assert_eq!(place(&name("wasi", "http", Some("0.2.0"))), "deps/wasi_http-0.2.0");
        assert_eq!(place(&name("a", "b", None)), "deps/a_b");
        assert_ne!(place(&name("a-b", "c", None)), place(&name("a", "b-c", None)));
    }
}
