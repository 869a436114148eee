//! The lock file on disk, and what a build would use held against it.
//!
//! A build never writes it: what is locked changes when somebody says so (`poly lock`), and not
//! because a tool was updated on one machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use super::driver::Driver;
use super::error::BuildError;
use super::event::Event;
use super::outputs;
use super::project::{Project, ProjectError};
use super::provision::Provision;
use super::wit_files::read_wit;
use crate::component::wit::Source;
use crate::component::{adapt, compose};
use crate::lock::{
    self, Checksum, Difference, FILE, Lock, LockedLibrary, LockedTool, Present, Sha256, digest_of,
};
use crate::toolchain::{self, Archive, Origin, Pin, Search, Toolchain};

/// The lock file beside a manifest, if there is one.
pub fn read_lock(root: &Path) -> Result<Option<Lock>, ProjectError> {
    let path = root.join(FILE);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Some(Lock::parse(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ProjectError::Read { path, source }),
    }
}

/// Writes it whole or not at all.
pub fn write_lock(root: &Path, text: &str) -> io::Result<()> {
    outputs::write(&root.join(FILE), text.as_bytes())
}

/// What a build of a pipeline would use. Tools that are missing are installed first, with
/// `install`; without, they are absent.
pub fn present(
    project: &Project,
    provision: &Provision<'_>,
    install: bool,
) -> Result<Present, BuildError> {
    let mut present = Present { platform: toolchain::platform(), ..Present::default() };
    let mut libraries = adapt::versions();
    libraries.extend(compose::versions());
    present.libraries = LockedLibrary::all(&libraries);
    let used = project.manifest.components.values().map(|component| component.toolchain.get_ref());
    // A toolchain that is not there was an error when the project was opened.
    let used: BTreeSet<_> = used.collect();
    for toolchain in used.into_iter().filter_map(|name| project.catalog.get(name)) {
        let tools = if install {
            provision.provide(toolchain, Some(project), true, &|| {})?
        } else {
            provision.look(toolchain, Some(project))?
        };
        for tool in tools.found.values() {
            let origin = provision.origin(toolchain, project, tool);
            // Our own words are well formed; what Go says of a module may not be.
            let checksum = origin.checksums.into_iter();
            let checksum = checksum
                .filter_map(|(on, sum)| Some((on, Checksum::try_from(sum).ok()?)))
                .collect();
            present.tools.push(LockedTool {
                name: tool.name.clone(),
                toolchains: vec![toolchain.name.clone()],
                version: tool.version.clone(),
                from: origin.from,
                url: origin.urls,
                checksum,
            });
        }
        let absent =
            tools.missing.into_iter().map(|missing| (missing.tool, toolchain.name.clone()));
        present.absent.extend(absent);
    }
    let empty = Lock::default();
    let lock = project.lock.as_ref().unwrap_or(&empty);
    present.held = held(&project.root, lock);
    let read = project.wits().map(|(path, directory)| (path, &directory.source));
    // One that no component names has dependencies too.
    let shared = project.manifest.pipeline.wit.as_ref().map(|path| path.get_ref().as_str());
    let shared = shared.filter(|shared| project.wits().all(|(path, _)| path != *shared));
    let shared = shared.and_then(|path| Some((path, read_wit(&project.root.join(path)).ok()?)));
    let directories = read.chain(shared.iter().map(|(path, source)| (*path, source)));
    Ok(present.with_wit(&project.manifest, directories, lock))
}

/// What the directories hold that locked packages are from, by their paths.
fn held(root: &Path, lock: &Lock) -> BTreeMap<String, Sha256> {
    let mut held = BTreeMap::new();
    for entry in &lock.wit {
        if let lock::Origin::Path(path) = &entry.origin
            && let Some(files) = package_at(&root.join(path))
        {
            held.insert(path.clone(), digest_of(&files));
        }
    }
    held
}

/// The files of the package in a directory, or in a file of its own as below `deps/`.
fn package_at(path: &Path) -> Option<Source> {
    if path.is_file() {
        let name = path.file_name()?.to_str()?.to_owned();
        return Some([(name, fs::read_to_string(path).ok()?)].into());
    }
    let mut files = read_wit(path).ok()?;
    files.retain(|name, _| !name.contains('/'));
    Some(files)
}

/// How a lock has the tools of a toolchain. With `strictly` those that poly installs will do in no
/// other place.
pub(super) fn pins(lock: &Lock, toolchain: &Toolchain, strictly: bool) -> BTreeMap<String, Pin> {
    let mut pins = BTreeMap::new();
    for name in toolchain.tools.keys() {
        let Some(tool) = lock.tool(&toolchain.name, name) else { continue };
        let archive = |(on, url): (&String, &String)| {
            let sha256 = tool.checksum.get(on)?.sha256()?;
            Some((on.clone(), Archive { url: url.clone(), sha256 }))
        };
        let archives = tool.url.iter().filter_map(archive).collect();
        let search = match (Origin::is_own(&tool.from), strictly) {
            (false, _) => Search::PathFirst,
            (true, false) => Search::OwnFirst,
            (true, true) => Search::OwnAlone,
        };
        pins.insert(name.clone(), Pin { version: tool.version.clone(), archives, search });
    }
    pins
}

impl Driver<'_> {
    /// Holds what would be used against the lock file. A difference ends it if what is locked must
    /// be used, and is a warning if not.
    pub fn hold_to_lock(&self, install: bool) -> Result<(), BuildError> {
        let locked = self.options.locked;
        let Some(lock) = &self.project.lock else {
            let differences = vec![Difference::NoFile];
            return if locked { Err(BuildError::NotLocked { differences }) } else { Ok(()) };
        };
        let present = present(self.project, &self.provision, install && locked)?;
        if !locked {
            for difference in lock.contradictions(&present) {
                (self.tell)(Event::Warning { text: format!("{FILE}: {difference}") });
            }
            return Ok(());
        }
        match lock.differences(&present) {
            differences if differences.is_empty() => Ok(()),
            differences => Err(BuildError::NotLocked { differences }),
        }
    }
}
