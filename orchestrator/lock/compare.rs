//! What is present, held against what is locked.

use std::collections::BTreeMap;
use std::fmt;

use super::present::Present;
use super::tool::{ANY, LockedLibrary, LockedTool, by_name, versions};
use super::wit::{LockedPackage, Origin, place};
use super::{FILE, Lock};

/// In what a build would differ from the lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// There is no lock file.
    NoFile,
    /// Something has no entry.
    Missing(Thing),
    /// An entry that nothing needs.
    Unneeded(Thing),
    /// The tool of an entry is not on this machine, or the files of a package.
    Absent(Thing),
    /// The entry says otherwise.
    Other {
        /// Of what.
        thing: Thing,
        /// The version, where it is from, and so on.
        what: &'static str,
        /// As it is locked.
        locked: String,
        /// As it is found.
        found: String,
    },
    /// The entry has checksums, and none for this platform.
    Unchecked {
        /// Of what.
        thing: Thing,
        /// The platform.
        platform: String,
    },
    /// The entry has a checksum, and nobody here knows that of what is found.
    Unknown(Thing),
}

/// What can be locked, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A tool.
    Tool(String),
    /// A library of poly's.
    Library(String),
    /// A package of WIT, or its place.
    Package(String),
}

impl Lock {
    /// In what a build with what is `present` would differ, each difference once.
    pub fn differences(&self, present: &Present) -> Vec<Difference> {
        let mut found = Found(Vec::new());
        self.tools_differ(present, &mut found);
        self.libraries_differ(present, &mut found);
        self.wit_differs(present, &mut found);
        found.0
    }

    /// The same, without what is silent about a kind of thing of which the lock has no entry: who
    /// locked WIT alone does not hear of tools.
    pub fn contradictions(&self, present: &Present) -> Vec<Difference> {
        let mut differences = self.differences(present);
        differences.retain(|difference| match difference {
            Difference::Missing(Thing::Tool(_)) => !self.tools.is_empty(),
            Difference::Missing(Thing::Library(_)) => !self.libraries.is_empty(),
            // One that is absent is about to be installed as it is locked; one whose checksum is not
            // known is not contradicted.
            Difference::Absent(Thing::Tool(_)) | Difference::Unknown(_) => false,
            _ => true,
        });
        differences
    }

    fn tools_differ(&self, present: &Present, found: &mut Found) {
        for tool in &present.tools {
            let thing = Thing::Tool(tool.name.clone());
            for toolchain in &tool.toolchains {
                match self.tool(toolchain, &tool.name) {
                    None => found.add(Difference::Missing(thing.clone())),
                    Some(locked) => tool_differs(locked, tool, &present.platform, found),
                }
            }
        }
        for (name, toolchain) in &present.absent {
            if self.tool(toolchain, name).is_none() {
                found.add(Difference::Missing(Thing::Tool(name.clone())));
            }
        }
        for locked in &self.tools {
            let thing = Thing::Tool(locked.name.clone());
            for toolchain in &locked.toolchains {
                let serves = |tool: &LockedTool| {
                    tool.name == locked.name && tool.toolchains.contains(toolchain)
                };
                if present.absent.contains(&(locked.name.clone(), toolchain.clone())) {
                    found.add(Difference::Absent(thing.clone()));
                } else if !present.tools.iter().any(serves) {
                    found.add(Difference::Unneeded(thing.clone()));
                }
            }
        }
    }

    fn libraries_differ(&self, present: &Present, found: &mut Found) {
        let (locked, here) = (by_name(&self.libraries), by_name(&present.libraries));
        for (name, libraries) in &here {
            let thing = Thing::Library((*name).to_owned());
            match locked.get(name) {
                None => found.add(Difference::Missing(thing)),
                Some(locked) if locked == libraries => {}
                Some(locked) => {
                    let (was, is) = (versions(locked), versions(libraries));
                    let (what, locked, found_here) = if was == is {
                        ("the checksum", checksums(locked), checksums(libraries))
                    } else {
                        ("the version", was, is)
                    };
                    found.other(&thing, what, locked, found_here);
                }
            }
        }
        for name in locked.keys().filter(|name| !here.contains_key(*name)) {
            found.add(Difference::Unneeded(Thing::Library((*name).to_owned())));
        }
    }

    fn wit_differs(&self, present: &Present, found: &mut Found) {
        let mut asked: Vec<&LockedPackage> = Vec::new();
        for package in &present.asked {
            let Some(entry) = package.entry(self) else {
                found.add(Difference::Missing(Thing::Package(package.shown())));
                continue;
            };
            let thing = Thing::Package(entry.shown());
            if entry.origin == package.origin {
                content_differs(entry, present, found);
            } else {
                let (locked, here) = (as_written(&entry.origin), as_written(&package.origin));
                found.other(&thing, "the origin", locked, here);
            }
            if entry.package_name().is_some_and(|name| present.gone.contains(&name)) {
                found.add(Difference::Absent(thing));
            }
            asked.push(entry);
        }
        for entry in self.wit.iter().filter(|entry| !asked.contains(entry)) {
            let Some(name) = entry.package_name() else { continue };
            if present.used.contains(&name) {
                content_differs(entry, present, found);
            } else if present.gone.is_empty() {
                // One that is gone may have been what uses it.
                found.add(Difference::Unneeded(Thing::Package(entry.shown())));
            }
        }
        self.texts_differ(present, found);
    }

    fn texts_differ(&self, present: &Present, found: &mut Found) {
        let mut locked: BTreeMap<String, (String, String)> = BTreeMap::new();
        for entry in &self.wit {
            if let Some(name) = entry.package_name() {
                locked.insert(place(&name), (entry.shown(), entry.text.to_string()));
            }
        }
        for (place, texts) in &present.wit {
            match locked.get(place) {
                None => found.add(Difference::Missing(Thing::Package(place.clone()))),
                Some((name, text)) => {
                    for other in texts.iter().filter(|found| *found != text) {
                        let thing = Thing::Package(name.clone());
                        found.other(&thing, "the text", text.clone(), other.clone());
                    }
                }
            }
        }
    }
}

/// Differences so far.
struct Found(Vec<Difference>);

impl Found {
    /// Two toolchains may have the same to say.
    fn add(&mut self, difference: Difference) {
        if !self.0.contains(&difference) {
            self.0.push(difference);
        }
    }

    fn other(&mut self, thing: &Thing, what: &'static str, locked: String, found: String) {
        self.add(Difference::Other { thing: thing.clone(), what, locked, found });
    }
}

fn tool_differs(locked: &LockedTool, tool: &LockedTool, platform: &str, found: &mut Found) {
    let thing = Thing::Tool(tool.name.clone());
    if locked.version != tool.version {
        found.other(&thing, "the version", locked.version.clone(), tool.version.clone());
        return;
    }
    if locked.from != tool.from {
        found.other(&thing, "the origin", locked.from.clone(), tool.from.clone());
        return;
    }
    if locked.checksum.is_empty() {
        return;
    }
    let unknown = |of: &&str| locked.checksum.contains_key(*of) && !tool.checksum.contains_key(*of);
    if [ANY, platform].iter().any(unknown) {
        found.add(Difference::Unknown(thing.clone()));
    }
    for (of, checksum) in &tool.checksum {
        match locked.checksum.get(of) {
            Some(locked) if locked == checksum => {}
            Some(locked) => {
                found.other(&thing, "the checksum", locked.to_string(), checksum.to_string());
            }
            None if of == platform || of == ANY => {
                found.add(Difference::Unchecked { thing: thing.clone(), platform: of.clone() });
            }
            // Another platform's: who is there adds it.
            None => {}
        }
    }
}

/// Whether the directory that a package is from holds something else by now.
fn content_differs(entry: &LockedPackage, present: &Present, found: &mut Found) {
    let Origin::Path(path) = &entry.origin else { return };
    let held = present.held.get(path);
    if held != Some(&entry.digest) {
        let held = held.map_or_else(|| "nothing".to_owned(), ToString::to_string);
        let thing = Thing::Package(entry.shown());
        found.other(&thing, "the content", entry.digest.to_string(), held);
    }
}

/// An origin as the lock file has it, for there is a name and a path of the same letters.
fn as_written(origin: &Origin) -> String {
    match origin {
        Origin::Registry(registry) => format!("registry = {registry}"),
        Origin::Path(path) => format!("path = {path}"),
    }
}

fn checksums(versions: &[&LockedLibrary]) -> String {
    let checksums = versions.iter().filter_map(|library| library.checksum.as_ref());
    checksums.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Thing {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tool(name) => write!(out, "tool `{name}`"),
            Self::Library(name) => write!(out, "library `{name}`"),
            Self::Package(name) => write!(out, "package `{name}`"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFile => write!(out, "there is no `{FILE}`"),
            Self::Missing(thing) => write!(out, "{thing} is not in it"),
            Self::Unneeded(thing) => write!(out, "{thing} is in it, and nothing needs it"),
            Self::Absent(thing @ Thing::Package(_)) => {
                write!(out, "{thing} is in it, and its files are not here")
            }
            Self::Absent(thing) => write!(out, "{thing} is in it, and not on this machine"),
            Self::Other { thing, what, locked, found } => {
                write!(out, "{what} of {thing} is `{locked}` in it, and `{found}` here")
            }
            Self::Unchecked { thing, platform } => {
                write!(out, "{thing} has no checksum for `{platform}` in it")
            }
            Self::Unknown(thing) => {
                write!(out, "{thing} has a checksum in it, and its checksum is not known here")
            }
        }
    }
}
