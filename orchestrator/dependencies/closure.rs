//! Which packages each WIT directory needs: what the manifest names, what the text uses, and
//! what all those use in turn.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::PackageName;

use super::below;
use super::error::DependencyError;
use super::fetch::Fetch;
use super::package::Package;
use crate::component::inventory::{Entry, inventory};
use crate::component::wit::Source;
use crate::lock::{Origin, is_in_place};
use crate::manifest::{Dependency, Manifest, PackageRef, Spanned};

/// The packages that are needed, and where.
pub(super) struct Closure<'a> {
    manifest: &'a Manifest,
    fetch: &'a Fetch<'a>,
    packages: BTreeMap<PackageName, Package>,
    /// By the path of each WIT directory.
    needed: BTreeMap<String, BTreeSet<PackageName>>,
}

/// Who uses a package.
#[derive(Clone)]
enum User {
    /// The manifest names it.
    Manifest,
    /// Text that was written by hand, at this file and line.
    Text(String),
    /// Another package.
    Package(Parent),
}

/// A package that uses another.
#[derive(Clone)]
struct Parent {
    name: PackageName,
    origin: Origin,
    beside: Option<String>,
}

impl<'a> Closure<'a> {
    pub(super) fn of(
        manifest: &'a Manifest,
        directories: &BTreeMap<String, Source>,
        fetch: &'a Fetch<'a>,
    ) -> Result<Self, DependencyError> {
        let mut closure =
            Self { manifest, fetch, packages: BTreeMap::new(), needed: BTreeMap::new() };
        let shared = manifest.pipeline.wit.as_ref().map(|path| path.get_ref().as_str());
        let direct = closure.direct()?;
        for (path, source) in directories {
            let entries = inventory(source)
                .map_err(|source| DependencyError::Wit { directory: path.clone(), source })?;
            let mut todo: Vec<(PackageName, User)> = Vec::new();
            if shared == Some(path.as_str()) {
                todo.extend(direct.iter().map(|name| (name.clone(), User::Manifest)));
            }
            closure.directory(path, &entries, todo)?;
        }
        Ok(closure)
    }

    /// All packages that are needed anywhere.
    pub(super) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    /// The packages that a directory needs.
    pub(super) fn needed<'s>(&'s self, directory: &str) -> impl Iterator<Item = &'s Package> {
        let names = self.needed.get(directory).into_iter().flatten();
        names.map(|name| &self.packages[name])
    }

    /// Packages that are needed in no directory.
    pub(super) fn unplaced(&self) -> impl Iterator<Item = &PackageName> {
        let placed = |name: &&PackageName| !self.needed.values().any(|names| names.contains(*name));
        self.packages.keys().filter(placed)
    }

    /// The packages that the manifest names, got.
    fn direct(&mut self) -> Result<Vec<PackageName>, DependencyError> {
        let mut names = Vec::new();
        for (key, dependency) in &self.manifest.wit_dependencies {
            let package = self.declared(key, dependency)?;
            names.push(package.name.clone());
            self.packages.insert(package.name.clone(), package);
        }
        Ok(names)
    }

    fn declared(
        &self,
        key: &Spanned<PackageRef>,
        dependency: &Dependency,
    ) -> Result<Package, DependencyError> {
        let PackageRef { namespace, name } = key.get_ref().clone();
        let asked = PackageName { namespace, name, version: dependency.version.clone() };
        let Some(path) = &dependency.path else {
            let registry = self.manifest.registry(key.get_ref(), dependency);
            let registry = registry.expect("a manifest without this is refused");
            return self.fetch.registry(registry, &asked);
        };
        let wrong = |message: String, label: &str| {
            self.manifest.error_at(path.span(), message, label, None)
        };
        let found = match self.fetch.directory(path.get_ref()) {
            // A directory that is not there is a mistake in the manifest.
            Err(DependencyError::Project(_)) => {
                let message = format!("the directory `{}` cannot be read", path.get_ref());
                return Err(wrong(message, "not there").into());
            }
            found => found?,
        };
        let same_name =
            (&found.name.namespace, &found.name.name) == (&asked.namespace, &asked.name);
        if same_name && (asked.version.is_none() || asked.version == found.name.version) {
            return Ok(found);
        }
        let message = format!("`{}` holds package `{}`, not `{asked}`", path.get_ref(), found.name);
        Err(wrong(message, "another package").into())
    }

    /// What one directory needs, beginning with `todo`.
    fn directory(
        &mut self,
        path: &str,
        entries: &[Entry],
        mut todo: Vec<(PackageName, User)>,
    ) -> Result<(), DependencyError> {
        let by_hand: Vec<&Entry> = entries.iter().filter(|entry| !is_in_place(entry)).collect();
        let defined: BTreeSet<&PackageName> =
            by_hand.iter().flat_map(|entry| &entry.defines).collect();
        for entry in &by_hand {
            for name in &entry.uses {
                let (file, line) = entry.mention(name);
                let line = line.map(|line| format!(":{line}")).unwrap_or_default();
                todo.push((name.clone(), User::Text(format!("{}{line}", below(path, file)))));
            }
        }
        let mut needed = BTreeSet::new();
        while let Some((name, user)) = todo.pop() {
            let is_named = matches!(user, User::Manifest);
            if defined.contains(&name) {
                if is_named {
                    return Err(self.twice(path, &name, &by_hand));
                }
                continue;
            }
            if !needed.insert(name.clone()) {
                continue;
            }
            let package = self.package(&name, &user)?;
            let by = User::Package(Parent {
                name,
                origin: package.origin.clone(),
                beside: package.beside.clone(),
            });
            todo.extend(package.uses.iter().map(|used| (used.clone(), by.clone())));
        }
        self.needed.insert(path.to_owned(), needed);
        Ok(())
    }

    fn dependency(&self, name: &PackageName) -> Option<(&'a Spanned<PackageRef>, &'a Dependency)> {
        self.manifest.wit_dependencies.iter().find(|(key, _)| {
            let PackageRef { namespace, name: short } = key.get_ref();
            (namespace, short) == (&name.namespace, &name.name)
        })
    }

    fn package(&mut self, name: &PackageName, user: &User) -> Result<&Package, DependencyError> {
        if !self.packages.contains_key(name) {
            let package = self.found(name, user)?;
            self.packages.insert(name.clone(), package);
        }
        Ok(&self.packages[name])
    }

    /// A package that is no direct dependency in this version.
    fn found(&self, name: &PackageName, user: &User) -> Result<Package, DependencyError> {
        let declared = self.dependency(name);
        match (user, declared) {
            (User::Text(place), Some((key, _))) => {
                let message = format!("`{place}` uses `{name}`, which is not this version");
                let help = "let both name the same version".to_owned();
                Err(self.manifest.error_at(key.span(), message, "another version", help).into())
            }
            (User::Text(place), None) => Err(DependencyError::NotDeclared {
                place: place.clone(),
                package: name.to_string(),
                entry: entry(name),
            }),
            (User::Package(parent), Some((key, Dependency { path: Some(_), .. }))) => {
                let parent = &parent.name;
                let message = format!("`{parent}` uses `{name}`, which this path does not hold");
                Err(self.manifest.error_at(key.span(), message, "another version", None).into())
            }
            (User::Package(parent), declared) => self.transitive(name, parent, declared),
            (User::Manifest, _) => unreachable!("what the manifest names has been got"),
        }
    }

    fn transitive(
        &self,
        name: &PackageName,
        parent: &Parent,
        declared: Option<(&Spanned<PackageRef>, &Dependency)>,
    ) -> Result<Package, DependencyError> {
        if let Some(path) = &parent.beside
            && let Some(found) = self.fetch.beside(path, name)?
        {
            return Ok(found);
        }
        let no_registry = || DependencyError::NoRegistry {
            package: name.to_string(),
            parent: parent.name.to_string(),
            namespace: name.namespace.clone(),
            entry: entry(name),
        };
        // A namespace lives in one registry, unless the manifest says otherwise.
        let of_parent = match &parent.origin {
            Origin::Registry(registry) if parent.name.namespace == name.namespace => {
                registry.parse().ok()
            }
            _ => None,
        };
        let own = declared.and_then(|(key, one)| self.manifest.registry(key.get_ref(), one));
        let registry = own
            .or_else(|| self.manifest.registry_of(&name.namespace))
            .cloned()
            .or(of_parent)
            .ok_or_else(no_registry)?;
        if name.version.is_none() {
            return Err(no_registry());
        }
        self.fetch.registry(&registry, name)
    }

    fn twice(&self, path: &str, name: &PackageName, by_hand: &[&Entry]) -> DependencyError {
        let entry = by_hand.iter().find(|entry| entry.defines.contains(name));
        let (file, _) = entry.map_or(("", None), |entry| entry.declaration(name));
        let message = format!("`{name}` is in `{}` already", below(path, file));
        let help = "remove it there, or the dependency here".to_owned();
        match self.dependency(name) {
            Some((key, _)) => self.manifest.error_at(key.span(), message, "and here", help).into(),
            None => DependencyError::NotDeclared {
                place: below(path, file),
                package: name.to_string(),
                entry: self::entry(name),
            },
        }
    }
}

/// How a package is written as a dependency.
fn entry(name: &PackageName) -> String {
    let PackageName { namespace, name, version } = name;
    match version {
        Some(version) => format!("\"{namespace}:{name}\" = \"{version}\""),
        None => format!("\"{namespace}:{name}\" = {{ path = \"DIRECTORY\" }}"),
    }
}
