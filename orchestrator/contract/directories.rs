//! The WIT directories of a pipeline held against each other: packages that are twice in one, that
//! are not the same in two, and that nothing uses.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::PackageName;

use super::finding::{Finding, Fix, Place, Problem};
use super::{Subject, What, compare};
use crate::component::inventory::Entry;
use crate::component::wit::{self, Source};

/// How many differences of a package are told; one is most often enough to see what happened.
const TOLD: usize = 5;

/// A WIT directory.
#[derive(Debug, Clone)]
pub struct Directory {
    /// Its path, relative to the manifest.
    pub path: String,
    /// What it holds, the main package first.
    pub entries: Vec<Entry>,
    /// Whether it is the pipeline's own, which decides where two are not the same.
    pub is_shared: bool,
}

/// A package in one entry of a directory.
#[derive(Clone, Copy)]
struct Definition<'a> {
    directory: &'a Directory,
    entry: &'a Entry,
}

/// Packages that are twice in one directory.
pub fn twice(directories: &[Directory]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for directory in directories {
        let definitions = |entry| Definition { directory, entry };
        let all: Vec<Definition<'_>> = directory.entries.iter().map(definitions).collect();
        for (at, second) in all.iter().enumerate() {
            for name in &second.entry.defines {
                let first = all[..at].iter().find(|first| first.entry.defines.contains(name));
                if let Some(first) = first {
                    findings.push(shadowed(name, *first, *second));
                }
            }
        }
    }
    findings
}

fn shadowed(name: &PackageName, first: Definition<'_>, second: Definition<'_>) -> Finding {
    let differences = differences(name, first, second);
    // The main package is what its directory is about. Of two copies, any will do if they are
    // the same; if not, nobody but a person knows.
    let is_clear = first.entry.place.is_empty() || differences.is_empty();
    let fix =
        if is_clear && second.entry.defines.len() == 1 { second.removed() } else { Vec::new() };
    let package = name.to_string();
    let other = first.place(name);
    let problem = Problem::Twice { package, other, differences };
    Finding { problem, place: second.place(name), fix }
}

/// Packages that two directories have in the same version and with other contents. Directories
/// with a package that is twice are left out: nothing in them can be resolved.
pub fn different(directories: &[Directory]) -> Vec<Finding> {
    let mut definitions: BTreeMap<&PackageName, Vec<Definition<'_>>> = BTreeMap::new();
    for directory in directories {
        if !twice(std::slice::from_ref(directory)).is_empty() {
            continue;
        }
        for entry in &directory.entries {
            for name in &entry.defines {
                definitions.entry(name).or_default().push(Definition { directory, entry });
            }
        }
    }
    let mut findings = Vec::new();
    for (name, mut found) in definitions {
        // The one that counts first: a main package, then what is the pipeline's own.
        found.sort_by_key(|one| (!one.entry.place.is_empty(), !one.directory.is_shared));
        let Some((right, others)) = found.split_first() else { continue };
        for other in others {
            let differences = differences(name, *right, *other);
            if differences.is_empty() {
                continue;
            }
            let rank = |one: &Definition<'_>| (one.entry.place.is_empty(), one.directory.is_shared);
            let is_clear = rank(right) != rank(other)
                && !other.entry.place.is_empty()
                && (right.entry.defines.len(), other.entry.defines.len()) == (1, 1);
            let fix = if is_clear { other.replaced_by(*right) } else { Vec::new() };
            let (package, other_place) = (name.to_string(), right.place(name));
            let problem = Problem::Differs { package, other: other_place, differences };
            findings.push(Finding { problem, place: other.place(name), fix });
        }
    }
    findings
}

/// Packages below `deps/` that nothing uses; `dependencies` are those that the manifest asks for.
pub fn unused(directories: &[Directory], dependencies: &BTreeSet<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for directory in directories {
        let Some(main) = directory.entries.first() else { continue };
        let mut used: BTreeSet<&PackageName> = main.defines.iter().collect();
        let mut todo = vec![main];
        while let Some(entry) = todo.pop() {
            for name in entry.uses.iter().filter(|name| used.insert(name)) {
                todo.extend(directory.entries.iter().filter(|entry| entry.defines.contains(name)));
            }
        }
        for entry in directory.entries.iter().skip(1) {
            if entry.defines.iter().any(|name| used.contains(name)) {
                continue;
            }
            let Some(name) = entry.defines.first() else { continue };
            let definition = Definition { directory, entry };
            let is_dependency = dependencies.contains(&format!("{}:{}", name.namespace, name.name));
            let fix = if is_dependency { Vec::new() } else { definition.removed() };
            let problem = Problem::Unused { package: name.to_string(), is_dependency };
            findings.push(Finding { problem, place: definition.place(name), fix });
        }
    }
    findings
}

/// In what two definitions of a package differ, as far as anyone depends on it.
fn differences(name: &PackageName, one: Definition<'_>, other: Definition<'_>) -> Vec<String> {
    let (Some(first), Some(second)) = (one.subject(name), other.subject(name)) else {
        return vec!["one of them cannot be resolved".to_owned()];
    };
    let compared = compare(&first, &second).map(|compared| compared.changes).unwrap_or_default();
    let counts = |change: &super::Change| !matches!(change.what, What::Documented | What::Since);
    let mut told: Vec<String> = Vec::new();
    let all: Vec<&super::Change> = compared.iter().filter(|change| counts(change)).collect();
    for change in all.iter().take(TOLD) {
        told.push(format!("{}: {}", change.path.join(" → "), change.what));
    }
    if all.len() > TOLD {
        told.push(format!("and {} more", all.len() - TOLD));
    }
    told
}

impl Definition<'_> {
    /// The package with what it uses, whatever else is in the directory.
    fn subject(self, name: &PackageName) -> Option<Subject> {
        let mut source = Source::new();
        let mut defined: BTreeSet<&PackageName> = BTreeSet::new();
        let mut todo = vec![self.entry];
        while let Some(entry) = todo.pop() {
            defined.extend(&entry.defines);
            source.extend(entry.files.clone());
            for used in &entry.uses {
                if !defined.contains(used) {
                    let all = self.directory.entries.iter();
                    todo.extend(all.filter(|entry| entry.defines.contains(used)).take(1));
                }
            }
        }
        // There is always a main package.
        if !source.keys().any(|file| !file.contains('/')) {
            source.insert("main.wit".to_owned(), "package poly:nothing;\n".to_owned());
        }
        Subject::of_package(wit::resolve_with_unstable(&source).ok()?, name)
    }

    fn file(self, name: &str) -> String {
        match self.directory.path.trim_start_matches("./").trim_end_matches('/') {
            "" | "." => name.to_owned(),
            path => format!("{path}/{name}"),
        }
    }

    fn place(self, name: &PackageName) -> Place {
        let (file, line) = self.entry.declaration(name);
        Place { file: self.file(file), line }
    }

    fn removed(self) -> Vec<Fix> {
        let files = self.entry.files.iter();
        files
            .map(|(name, text)| Fix {
                file: self.file(name),
                before: Some(text.clone()),
                after: None,
            })
            .collect()
    }

    /// The files of `right` in the place of these.
    fn replaced_by(self, right: Definition<'_>) -> Vec<Fix> {
        let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        let is_file = self.entry.files.contains_key(&self.entry.place);
        if is_file && right.entry.files.len() > 1 {
            return Vec::new();
        }
        let target = |name: &str| {
            if is_file {
                self.entry.place.clone()
            } else {
                format!("{}/{}", self.entry.place, base(name))
            }
        };
        let wanted: BTreeMap<String, &String> =
            right.entry.files.iter().map(|(name, text)| (target(name), text)).collect();
        let names: BTreeSet<&String> = self.entry.files.keys().chain(wanted.keys()).collect();
        let fix = |name: &&String| Fix {
            file: self.file(name),
            before: self.entry.files.get(*name).cloned(),
            after: wanted.get(*name).map(|text| (*text).clone()),
        };
        let all = names.iter().map(fix);
        all.filter(|fix| fix.before != fix.after).collect()
    }
}
