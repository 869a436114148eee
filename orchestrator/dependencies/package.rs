//! One package of WIT, wherever it is from.

use std::collections::BTreeSet;

use wit_parser::PackageName;

use super::below;
use super::error::RegistryError;
use crate::component::guard::guarded;
use crate::component::inventory::{Entry, inventory};
use crate::component::wit::{Source, WitError};
use crate::contract::{Subject, SubjectError};
use crate::lock::{LockedPackage, Origin, Sha256, digest_of};

/// A package, with the text that is written for it.
#[derive(Debug, Clone)]
pub(super) struct Package {
    pub(super) name: PackageName,
    pub(super) origin: Origin,
    /// What its origin holds.
    pub(super) digest: Sha256,
    /// Its files, by their names in its place.
    pub(super) files: Source,
    /// The packages that it uses.
    pub(super) uses: BTreeSet<PackageName>,
    /// The directory in whose `deps/` what it uses may lie.
    pub(super) beside: Option<String>,
}

impl Package {
    /// The main package of a WIT directory, at a path of the manifest's.
    pub(super) fn of_directory(path: &str, source: &Source) -> Result<Self, WitError> {
        let main = inventory(source)?.into_iter().next();
        main.and_then(|main| Self::of_entry(path, &main)).ok_or(WitError::Empty)
    }

    /// A package that such a directory has in its `deps/`, if it is there.
    pub(super) fn beside(
        path: &str,
        source: &Source,
        name: &PackageName,
    ) -> Result<Option<Self>, WitError> {
        let entries = inventory(source)?;
        let found = entries.iter().skip(1).find(|entry| entry.defines.first() == Some(name));
        Ok(found.and_then(|entry| Self::of_entry(path, entry)))
    }

    fn of_entry(path: &str, entry: &Entry) -> Option<Self> {
        let base = |name: &String| name.rsplit('/').next().unwrap_or(name).to_owned();
        let files = entry.files.iter().map(|(name, text)| (base(name), text.clone())).collect();
        let origin = match entry.place.as_str() {
            "" => path.to_owned(),
            place => below(path, place),
        };
        Some(Self {
            name: entry.defines.first()?.clone(),
            origin: Origin::Path(origin),
            digest: digest_of(&files),
            files,
            uses: entry.uses.clone(),
            beside: Some(path.to_owned()),
        })
    }

    /// A package by the text that was written for it.
    pub(super) fn of_text(entry: &LockedPackage, files: &Source) -> Result<Self, WitError> {
        let found = Self::of_directory("", files)?;
        Ok(Self { origin: entry.origin.clone(), digest: entry.digest, beside: None, ..found })
    }

    /// The bytes that a registry holds: a WIT package in binary form.
    pub(super) fn of_bytes(
        name: &PackageName,
        origin: Origin,
        digest: Sha256,
        bytes: &[u8],
    ) -> Result<Self, RegistryError> {
        let no_wit = |cause: SubjectError| RegistryError::NoWit {
            package: name.to_string(),
            origin: origin.to_string(),
            source: Some(Box::new(cause)),
        };
        let subject = Subject::of_bytes(bytes).map_err(no_wit)?;
        if subject.is_component() {
            return Err(RegistryError::NoWit {
                package: name.to_string(),
                origin: origin.to_string(),
                source: None,
            });
        }
        if subject.package() != name {
            return Err(RegistryError::OtherPackage {
                package: name.to_string(),
                found: subject.package().to_string(),
                origin: origin.to_string(),
            });
        }
        // What decodes may still be more than the library has words for.
        let text = guarded(|| subject.package_wit());
        let text = text.map_err(|said| no_wit(SubjectError::Undecodable { cause: said.into() }))?;
        let files = [("package.wit".to_owned(), text)].into();
        let uses = subject.uses();
        Ok(Self { name: name.clone(), origin, digest, files, uses, beside: None })
    }

    /// As the lock file has it.
    pub(super) fn locked(&self) -> LockedPackage {
        LockedPackage {
            name: format!("{}:{}", self.name.namespace, self.name.name),
            version: self.name.version.clone(),
            origin: self.origin.clone(),
            digest: self.digest,
            text: digest_of(&self.files),
        }
    }
}
