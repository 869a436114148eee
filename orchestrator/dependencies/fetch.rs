//! Gets packages from where they are: a directory, what lies on disk or in the cache as locked,
//! or a registry.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::Path;

use poly_cache::Store;
use wit_parser::PackageName;

use super::error::DependencyError;
use super::package::Package;
use super::registry::Registries;
use super::{Mode, Pipeline, Told, sha256};
use crate::build::read_wit;
use crate::component::wit::Source;
use crate::lock::{Lock, LockedPackage, Origin, Sha256, at_place, digest_of};
use crate::manifest::{PackageRef, Registry};

/// Where packages are got from.
pub(super) struct Fetch<'a> {
    root: &'a Path,
    mode: Mode,
    lock: &'a Lock,
    directories: &'a BTreeMap<String, Source>,
    store: Store,
    /// Made when a network is needed.
    registries: OnceCell<Registries>,
    tell: &'a dyn Fn(Told),
}

impl<'a> Fetch<'a> {
    pub(super) fn new(
        pipeline: Pipeline<'a>,
        mode: Mode,
        lock: &'a Lock,
        directories: &'a BTreeMap<String, Source>,
        tell: &'a dyn Fn(Told),
    ) -> Result<Self, DependencyError> {
        let store = Store::open(pipeline.cache)?;
        let root = pipeline.root;
        Ok(Self { root, mode, lock, directories, store, registries: OnceCell::new(), tell })
    }

    /// The package in a directory at a path of the manifest's.
    pub(super) fn directory(&self, path: &str) -> Result<Package, DependencyError> {
        let source = read_wit(&self.root.join(path)).map_err(Box::new)?;
        Package::of_directory(path, &source)
            .map_err(|source| DependencyError::Wit { directory: path.to_owned(), source })
    }

    /// The package of that name below the `deps/` of such a directory, if it is there.
    pub(super) fn beside(
        &self,
        path: &str,
        name: &PackageName,
    ) -> Result<Option<Package>, DependencyError> {
        let source = read_wit(&self.root.join(path)).map_err(Box::new)?;
        Package::beside(path, &source, name)
            .map_err(|source| DependencyError::Wit { directory: path.to_owned(), source })
    }

    /// A package of a registry, as locked if it is.
    pub(super) fn registry(
        &self,
        registry: &Registry,
        name: &PackageName,
    ) -> Result<Package, DependencyError> {
        let origin = Origin::registry(registry);
        if let Some(entry) = self.locked(name, &origin) {
            if let Some(package) = self.on_disk(entry, name) {
                return Ok(package);
            }
            let bytes = self.bytes(registry, name, entry.digest, true)?;
            return Ok(Package::of_bytes(name, origin, entry.digest, &bytes)?);
        }
        if self.mode.locked {
            let differences = format!("`{name}` from {origin} is not in it");
            return Err(DependencyError::NotLocked { differences });
        }
        let digest = self.registries()?.digest(registry, name)?;
        let bytes = self.bytes(registry, name, digest, false)?;
        Ok(Package::of_bytes(name, origin, digest, &bytes)?)
    }

    fn locked(&self, name: &PackageName, origin: &Origin) -> Option<&LockedPackage> {
        let of = PackageRef { namespace: name.namespace.clone(), name: name.name.clone() };
        let entry = self.lock.package(&of, name.version.as_ref());
        entry.filter(|entry| !self.mode.update && entry.origin == *origin)
    }

    /// The package by its WIT on disk, if any directory has it as it was written.
    fn on_disk(&self, entry: &LockedPackage, name: &PackageName) -> Option<Package> {
        let mut places = self.directories.values().map(|source| at_place(source, name));
        let intact = places.find(|files| !files.is_empty() && digest_of(files) == entry.text)?;
        let package = Package::of_text(entry, &intact).ok()?;
        (package.name == *name).then_some(package)
    }

    /// The bytes of a package from the cache, or else from its registry.
    fn bytes(
        &self,
        registry: &Registry,
        name: &PackageName,
        digest: Sha256,
        is_locked: bool,
    ) -> Result<Vec<u8>, DependencyError> {
        if let Some(bytes) = self.store.read(&digest.0)? {
            return Ok(bytes);
        }
        let bytes = self.registries()?.content(registry, name, digest, is_locked)?;
        let found = sha256(&bytes);
        if found != digest {
            return Err(super::RegistryError::Tampered {
                package: name.to_string(),
                registry: registry.to_string(),
                expected: digest.to_string(),
                found: found.to_string(),
            }
            .into());
        }
        self.store.put(&bytes)?;
        (self.tell)(Told::Fetched { package: name.clone(), origin: Origin::registry(registry) });
        Ok(bytes)
    }

    fn registries(&self) -> Result<&Registries, DependencyError> {
        if let Some(registries) = self.registries.get() {
            return Ok(registries);
        }
        let made = Registries::new()?;
        Ok(self.registries.get_or_init(|| made))
    }
}
