//! Tools and libraries in the lock file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::checksum::Checksum;

/// The key of a checksum that is the same on every platform.
pub const ANY: &str = "any";

/// A tool of one or several toolchains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LockedTool {
    /// What toolchains call it.
    pub name: String,
    /// The toolchains that it serves, in order. Two that find another one of this name each have
    /// an entry of their own.
    pub toolchains: Vec<String>,
    /// What it says its version is.
    pub version: String,
    /// How it came to the machine: `archive`, `cargo install NAME`, `PATH` and so on; never a
    /// path or a host of one machine.
    pub from: String,
    /// Its release archive, by platform.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub url: BTreeMap<String, String>,
    /// What must be the same everywhere, by platform or under [`ANY`]. Without one, nothing is
    /// compared but the version and where it is from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checksum: BTreeMap<String, Checksum>,
}

/// A library inside poly that shapes what it makes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedLibrary {
    /// Its name.
    pub name: String,
    /// Its version; of a part of poly's own, its number.
    pub version: String,
    /// The checksum of the crate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
}

impl LockedLibrary {
    /// The libraries that a fingerprint names: several versions of one may be at work, each as
    /// `VERSION CHECKSUM`.
    pub fn all(versions: &BTreeMap<String, String>) -> Vec<Self> {
        let mut libraries = Vec::new();
        for (name, versions) in versions {
            for version in versions.split(", ") {
                let (version, checksum) = version.split_once(' ').unwrap_or((version, ""));
                libraries.push(Self {
                    name: name.clone(),
                    version: version.to_owned(),
                    checksum: Checksum::try_from(format!("sha256:{checksum}")).ok(),
                });
            }
        }
        libraries
    }
}

/// Libraries by their names, the versions of each in order.
pub(super) fn by_name(libraries: &[LockedLibrary]) -> BTreeMap<&str, Vec<&LockedLibrary>> {
    let mut named: BTreeMap<&str, Vec<&LockedLibrary>> = BTreeMap::new();
    for library in libraries {
        named.entry(&library.name).or_default().push(library);
    }
    for versions in named.values_mut() {
        versions.sort();
    }
    named
}

/// The versions of one library.
pub(super) fn versions(libraries: &[&LockedLibrary]) -> String {
    libraries.iter().map(|library| library.version.as_str()).collect::<Vec<_>>().join(", ")
}
