//! The packages that lock files of languages name. Only files among a component's declared inputs
//! are looked at: what is not declared cannot have been used.
//!
//! | file | of | packages |
//! |---|---|---|
//! | `Cargo.lock` | cargo | those that have a source; SHA-256 of the crate |
//! | `go.mod`, `go.sum` | Go | what go.mod requires, replaced as it says; the sum of the module |
//! | `requirements*.txt` | pip | those that are pinned (`name==1.2.3`) |
//! | `uv.lock`, `poetry.lock`, `pylock.toml` | uv, Poetry, Python's PEP 751 | all but the project itself |
//! | `package-lock.json` | npm 7 and later | all but the project and links; the integrity's digest |
//!
//! A Python lock has digests of several files of each package, and does not say which was used:
//! they are left out. A file that cannot be read is told, and stops nothing: the component was
//! built all the same, and the bill says that it is not complete.

mod cargo;
mod go;
mod npm;
mod python;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

/// A package that a component was made of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its package URL, which no other has.
    pub purl: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Digests in hexadecimal by the name of the function, such as `SHA-256`.
    pub hashes: BTreeMap<&'static str, String>,
    /// Go's sum of a module, `h1:…`.
    pub sum: Option<String>,
}

/// A lock file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{file}` cannot be read for the bill of materials: {why}")]
pub struct Unreadable {
    /// The file, relative to the manifest.
    pub file: String,
    /// What is wrong with it.
    pub why: String,
}

/// Whether a file, by its path, is a lock file that is known here.
pub fn is_lock_file(path: &str) -> bool {
    Kind::of(path).is_some()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cargo,
    GoModule,
    /// Read with the `go.mod` beside it.
    GoSums,
    Requirements,
    Python,
    Npm,
}

impl Kind {
    fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        Some(match name {
            "Cargo.lock" => Self::Cargo,
            "go.mod" => Self::GoModule,
            "go.sum" => Self::GoSums,
            "uv.lock" | "poetry.lock" | "pylock.toml" => Self::Python,
            "package-lock.json" => Self::Npm,
            _ => {
                let rest = name.strip_prefix("requirements")?;
                return rest.strip_suffix(".txt").map(|_| Self::Requirements);
            }
        })
    }
}

/// The packages that lock files name: texts by their paths. And those that cannot be read.
pub fn packages(files: &BTreeMap<String, String>) -> (BTreeSet<Package>, Vec<Unreadable>) {
    let mut packages = BTreeSet::new();
    let mut unreadable = Vec::new();
    for (path, text) in files {
        let read = match Kind::of(path) {
            Some(Kind::Cargo) => cargo::packages(text),
            Some(Kind::GoModule) => {
                let sums = format!("{}go.sum", path.strip_suffix("go.mod").unwrap_or_default());
                go::packages(text, files.get(&sums).map_or("", String::as_str))
            }
            Some(Kind::Requirements) => Ok(python::requirements(text)),
            Some(Kind::Python) => python::locked(text),
            Some(Kind::Npm) => npm::packages(text),
            Some(Kind::GoSums) | None => continue,
        };
        match read {
            Ok(read) => packages.extend(read),
            Err(why) => unreadable.push(Unreadable { file: path.clone(), why }),
        }
    }
    (packages, unreadable)
}

/// What a TOML parser says, in one line.
fn in_one_line(error: &toml::de::Error) -> String {
    error.message().trim().replace('\n', ", ")
}

#[cfg(test)]
mod tests;
