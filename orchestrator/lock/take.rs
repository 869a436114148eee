//! What is present, taken over into the lock file.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::Lock;
use super::checksum::Checksum;
use super::present::Present;
use super::tool::{ANY, LockedLibrary, LockedTool, by_name, versions};

/// A change to the lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// An entry is new.
    Added {
        /// Of what: `tool` or `library`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What is locked of it.
        locked: String,
    },
    /// An entry is gone, for nothing needs it.
    Removed {
        /// Of what.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// An entry says something else.
    Changed {
        /// Of what.
        kind: &'static str,
        /// Its name.
        name: String,
        /// What was locked.
        old: String,
        /// What is locked now.
        new: String,
    },
}

impl Lock {
    /// The lock with what is `present` and was not locked, without what nothing needs any longer,
    /// and with those things as they are present whose names `anew` says yes to. Checksums of
    /// other platforms stay.
    #[must_use]
    pub fn taking(&self, present: &Present, anew: impl Fn(&str) -> bool) -> (Self, Vec<Change>) {
        let mut changes = Vec::new();
        let tools = self.taking_tools(present, &anew, &mut changes);
        let libraries = self.taking_libraries(present, &anew, &mut changes);
        (Self { tools, libraries, ..self.clone() }, changes)
    }

    fn taking_tools(
        &self,
        present: &Present,
        anew: &dyn Fn(&str) -> bool,
        changes: &mut Vec<Change>,
    ) -> Vec<LockedTool> {
        const KIND: &str = "tool";
        let old = by_toolchain(&self.tools);
        let mut new: BTreeMap<(String, String), LockedTool> = BTreeMap::new();
        for (key, found) in by_toolchain(&present.tools) {
            let entry = match old.get(&key) {
                None => found,
                Some(was) if same_thing(was, &found) => completed(was, found, anew(&key.0)),
                Some(_) if anew(&key.0) => found,
                Some(was) => was.clone(),
            };
            new.insert(key, entry);
        }
        for (key, was) in &old {
            if present.absent.contains(key) {
                new.insert(key.clone(), was.clone());
            }
        }
        for ((name, toolchain), entry) in &new {
            let key = (name.clone(), toolchain.clone());
            let (kind, name) = (KIND, name.clone());
            match old.get(&key) {
                None => changes.push(Change::Added { kind, name, locked: told(entry) }),
                Some(was) if was == entry => {}
                Some(was) => {
                    changes.push(Change::Changed { kind, name, old: told(was), new: told(entry) });
                }
            }
        }
        for (name, _) in old.keys().filter(|key| !new.contains_key(*key)) {
            changes.push(Change::Removed { kind: KIND, name: name.clone() });
        }
        // Two toolchains may have the same to say.
        changes.dedup();
        grouped(new)
    }

    fn taking_libraries(
        &self,
        present: &Present,
        anew: &dyn Fn(&str) -> bool,
        changes: &mut Vec<Change>,
    ) -> Vec<LockedLibrary> {
        const KIND: &str = "library";
        let (old, here) = (by_name(&self.libraries), by_name(&present.libraries));
        let mut new = Vec::new();
        for (name, found) in &here {
            let name = (*name).to_owned();
            let taken = match old.get(name.as_str()) {
                None => {
                    let locked = versions(found);
                    changes.push(Change::Added { kind: KIND, name, locked });
                    found
                }
                Some(was) if was != found && anew(&name) => {
                    let (old, new) = (versions(was), versions(found));
                    changes.push(Change::Changed { kind: KIND, name, old, new });
                    found
                }
                Some(was) => was,
            };
            new.extend(taken.iter().map(|library| (*library).clone()));
        }
        for name in old.keys().filter(|name| !here.contains_key(*name)) {
            changes.push(Change::Removed { kind: KIND, name: (*name).to_owned() });
        }
        new
    }
}

/// Whether both are the same version from the same place.
fn same_thing(one: &LockedTool, other: &LockedTool) -> bool {
    (&one.version, &one.from) == (&other.version, &other.from)
}

/// The entry of a tool with the checksums that it lacks, or, `anew`, with all that were found. One
/// that has none shall have none, for somebody took them out of what differs from machine to
/// machine; unless the same one holds everywhere, and was not known when it was locked.
fn completed(was: &LockedTool, found: LockedTool, anew: bool) -> LockedTool {
    if was.checksum.is_empty() && !anew && !found.checksum.contains_key(ANY) {
        return was.clone();
    }
    let (mut url, mut checksum) = (was.url.clone(), was.checksum.clone());
    if anew {
        url.extend(found.url);
        checksum.extend(found.checksum);
    } else {
        for (platform, found) in found.url {
            url.entry(platform).or_insert(found);
        }
        for (platform, found) in found.checksum {
            checksum.entry(platform).or_insert(found);
        }
    }
    LockedTool { url, checksum, ..was.clone() }
}

/// The entries by tool and toolchain, each for that toolchain alone.
fn by_toolchain(tools: &[LockedTool]) -> BTreeMap<(String, String), LockedTool> {
    let mut entries = BTreeMap::new();
    for tool in tools {
        for toolchain in &tool.toolchains {
            let entry = LockedTool { toolchains: vec![toolchain.clone()], ..tool.clone() };
            entries.insert((tool.name.clone(), toolchain.clone()), entry);
        }
    }
    entries
}

/// One entry for all toolchains that have the same tool.
fn grouped(entries: BTreeMap<(String, String), LockedTool>) -> Vec<LockedTool> {
    let mut tools: Vec<LockedTool> = Vec::new();
    for ((_, toolchain), entry) in entries {
        let same = |tool: &&mut LockedTool| {
            let toolchains = tool.toolchains.clone();
            **tool == LockedTool { toolchains, ..entry.clone() }
        };
        match tools.iter_mut().find(same) {
            Some(tool) => tool.toolchains.push(toolchain),
            None => tools.push(entry),
        }
    }
    tools.sort();
    tools
}

fn told(tool: &LockedTool) -> String {
    let LockedTool { version, from, checksum, .. } = tool;
    let platforms: Vec<&str> = checksum.keys().map(String::as_str).collect();
    match platforms.as_slice() {
        [] => format!("{version} ({from})"),
        platforms => {
            let each = |of: &&str| {
                let name = if *of == ANY { "all platforms" } else { of };
                format!("{name} ({})", short(&checksum[*of]))
            };
            let each: Vec<String> = platforms.iter().map(each).collect();
            format!("{version} ({from}), its checksum for {}", each.join(", "))
        }
    }
}

/// Enough of a checksum to tell it from another.
fn short(checksum: &Checksum) -> String {
    checksum.to_string().chars().take("sha256:".len() + 8).collect()
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { kind, name, locked } => write!(out, "{kind} {name} {locked}"),
            Self::Removed { kind, name } => write!(out, "{kind} {name}, which nothing needs"),
            Self::Changed { kind, name, old, new } => {
                write!(out, "{kind} {name} {new}; it was {old}")
            }
        }
    }
}

impl Change {
    /// What was done, in one word.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Added { .. } => "locked",
            Self::Removed { .. } => "removed",
            Self::Changed { .. } => "changed",
        }
    }
}
