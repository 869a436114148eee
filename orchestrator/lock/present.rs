//! What a pipeline would be built with, here and now.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;
use wit_parser::PackageName;

use super::Lock;
use super::checksum::Sha256;
use super::tool::{LockedLibrary, LockedTool};
use super::wit::{LockedPackage, Origin, at_place, digest_of, is_in_place, place};
use crate::component::inventory::inventory;
use crate::component::wit::Source;
use crate::manifest::{Manifest, PackageRef};

/// What a pipeline would be built with, here and now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Present {
    /// This machine's platform, such as `x86_64-linux`.
    pub platform: String,
    /// The tools that are there, an entry for each toolchain.
    pub tools: Vec<LockedTool>,
    /// Those that are not: the tool, and its toolchain.
    pub absent: BTreeSet<(String, String)>,
    /// The libraries inside poly.
    pub libraries: Vec<LockedLibrary>,
    /// WIT packages that lie where poly writes them, by their place (`deps/wasi_http-0.2.0`), with
    /// the digest of each text that is found there.
    pub wit: BTreeMap<String, BTreeSet<String>>,
    /// WIT packages that the manifest asks for.
    pub asked: Vec<Asked>,
    /// WIT packages that some text uses and that were not put beside it by hand.
    pub used: BTreeSet<PackageName>,
    /// Those that the manifest asks for and that are locked, but do not lie where all of them do.
    pub gone: BTreeSet<PackageName>,
    /// What each directory holds that a locked package is from, by its path in the lock.
    pub held: BTreeMap<String, Sha256>,
}

/// A WIT package that the manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    name: PackageRef,
    /// Of a directory, it may be whatever is found there.
    version: Option<Version>,
    pub(super) origin: Origin,
}

impl Present {
    /// The same with what lies in the WIT directories of a manifest, by their paths there, seen
    /// with the eyes of `lock`, whose entries tell which places are theirs.
    #[must_use]
    pub fn with_wit<'s>(
        mut self,
        manifest: &Manifest,
        directories: impl Iterator<Item = (&'s str, &'s Source)>,
        lock: &Lock,
    ) -> Self {
        self.asked = Asked::of(manifest);
        let shared = manifest.pipeline.wit.as_ref().map(|path| path.get_ref().as_str());
        for (path, source) in directories {
            for name in lock.wit.iter().filter_map(LockedPackage::package_name) {
                let files = at_place(source, &name);
                if !files.is_empty() {
                    let texts = self.wit.entry(place(&name)).or_default();
                    texts.insert(digest_of(&files).to_string());
                }
            }
            self.add_used(source);
            // What only text asks for is there, or nothing can be built.
            if shared == Some(path) {
                let locked = self.asked.iter().filter_map(|asked| asked.entry(lock));
                let names = locked.filter_map(LockedPackage::package_name);
                self.gone = names.filter(|name| at_place(source, name).is_empty()).collect();
            }
        }
        self
    }

    fn add_used(&mut self, source: &Source) {
        // What cannot be read is told by whoever resolves it.
        let entries = inventory(source).unwrap_or_default();
        let (ours, by_hand): (Vec<_>, Vec<_>) = entries.iter().partition(|one| is_in_place(one));
        // Without an entry, it is there all the same.
        for entry in &ours {
            self.wit.entry(entry.place.clone()).or_default();
        }
        let defined: BTreeSet<_> = by_hand.iter().flat_map(|entry| &entry.defines).collect();
        let used = entries.iter().flat_map(|entry| &entry.uses);
        self.used.extend(used.filter(|name| !defined.contains(name)).cloned());
    }
}

impl Asked {
    fn of(manifest: &Manifest) -> Vec<Self> {
        let dependencies = manifest.wit_dependencies.iter();
        let asked = dependencies.filter_map(|(key, dependency)| {
            let origin = match &dependency.path {
                Some(path) => Origin::Path(path.get_ref().clone()),
                None => Origin::registry(manifest.registry(key.get_ref(), dependency)?),
            };
            let (name, version) = (key.get_ref().clone(), dependency.version.clone());
            Some(Self { name, version, origin })
        });
        asked.collect()
    }

    /// What a lock has of it, from there if it can be.
    pub(super) fn entry<'l>(&self, lock: &'l Lock) -> Option<&'l LockedPackage> {
        if self.version.is_some() {
            return lock.package(&self.name, self.version.as_ref());
        }
        let name = self.name.to_string();
        let mut named = lock.wit.iter().filter(|entry| entry.name == name);
        let from_there = named.clone().find(|entry| entry.origin == self.origin);
        from_there.or_else(|| named.next())
    }

    /// Its name with the version that is asked for, for messages.
    pub(super) fn shown(&self) -> String {
        match &self.version {
            Some(version) => format!("{}@{version}", self.name),
            None => self.name.to_string(),
        }
    }
}
