//! Which executable a tool is: the places that are searched, and why a candidate will not do.
//!
//! Searched are, in this order, the manifest's own path (and then nothing else), the directory
//! of the tool that this one is found beside (and then nothing else), the directories of
//! `PATH`, and poly's own prefix of the tool; that one comes first if it is locked as installed by
//! poly ([`Search`]). The first candidate that will do is taken; of the others the reason is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;
use miette::Diagnostic;
use poly_cache::{Digest, StatMemo, StoreError};
use thiserror::Error;

use super::definition::{Search, Tool, Toolchain};
use super::environment::Variables;
use super::identity::MANAGERS;
use super::install::{Receipt, ToolError};
use super::probe::{Probe, Unfit};
use super::process::{RUNNING, Running};

/// The file that says that a prefix is complete.
pub(super) const RECEIPT: &str = "receipt.json";

/// How long a tool has for an answer. One that hangs must not make poly hang.
const PATIENCE: Duration = Duration::from_secs(10);

/// An executable that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTool {
    /// What the toolchain calls it.
    pub name: String,
    /// The executable itself, behind any proxy.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
    /// The digest of its binary, or of the files that stand in for it.
    pub digest: Digest,
    /// The variant that was chosen, where the tool declares any.
    pub variant: Option<String>,
    /// A directory for what it remembers, which no other tool has: one that calls itself the
    /// same would take what is in there for its own. It may not be there yet.
    pub cache: PathBuf,
}

/// The tools of a toolchain, as far as they are there.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    /// Those that were found, in the toolchain's order.
    pub found: IndexMap<String, FoundTool>,
    /// Those that were not.
    pub missing: Vec<NotFound>,
}

/// No executable that was found will do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", self.summary())]
pub struct NotFound {
    /// The tool.
    pub tool: String,
    /// The versions that would do.
    pub accept: String,
    /// The tool beside which it was looked for.
    pub beside: Option<String>,
    /// Whether poly knows a way to install it.
    pub installable: bool,
    /// Whether the manifest says which executable it is.
    pub overridden: bool,
    /// Everything that was looked at.
    pub candidates: Vec<Candidate>,
    /// What else a person can do.
    pub otherwise: Option<Box<str>>,
}

/// An executable that will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where it is.
    pub path: PathBuf,
    /// Why it will not do.
    pub refusal: Refusal,
}

/// Why an executable will not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is nothing that can be run.
    Absent,
    /// poly installed it, but would now do so in another way.
    OtherRecipe,
    /// It does not answer.
    Fails {
        /// The question.
        arguments: String,
        /// What it said instead, or what the system said.
        said: String,
    },
    /// It answers, but not with a version.
    NoVersion {
        /// What it said.
        said: String,
    },
    /// Its version will not do.
    Version {
        /// Its version.
        version: String,
    },
    /// It is a version manager's shim, and nothing is known to be behind it.
    Shim,
    /// It starts something, and that is not where it should be.
    Launcher {
        /// Below this directory,
        prefix: PathBuf,
        /// these globs.
        globs: Vec<String>,
    },
    /// It can do none of what is needed.
    NoVariant {
        /// What is needed: one of these.
        variants: Vec<String>,
    },
}

/// Finds tools, and remembers what they answered.
#[derive(Debug)]
pub struct Finder {
    pub(super) home: PathBuf,
    pub(super) caches: PathBuf,
    pub(super) environment: Variables,
    pub(super) memo: StatMemo,
    /// How long a tool has for an answer.
    pub(super) patience: Duration,
    /// What it starts stands in this list.
    pub(super) running: &'static Running,
}

/// A search that found nothing.
#[derive(Debug)]
pub(super) enum Unfound {
    /// Nothing that is there will do.
    Missing(NotFound),
    /// poly was stopped before it knew: nothing is said about what is there.
    Interrupted,
}

impl Finder {
    /// A finder for a directory of poly's own tools (`POLY_HOME`), a directory for what tools
    /// remember, poly's environment, and what was remembered of tools.
    pub fn new(home: PathBuf, caches: PathBuf, environment: Variables, memo: StatMemo) -> Self {
        Self { home, caches, environment, memo, patience: PATIENCE, running: &RUNNING }
    }

    /// All tools of a toolchain. `overrides` are the executables that the manifest names.
    /// Starts no process for a tool that was asked before and is as it was. Fails only if poly
    /// is stopped meanwhile.
    pub fn find(
        &self,
        toolchain: &Toolchain,
        overrides: &BTreeMap<String, PathBuf>,
    ) -> Result<Tools, ToolError> {
        let mut tools = Tools::default();
        for tool in toolchain.tools.values() {
            let overridden = overrides.get(&tool.name).map(PathBuf::as_path);
            match self.find_tool(toolchain, tool, overridden, &tools) {
                Ok(found) => {
                    tools.found.insert(tool.name.clone(), found);
                }
                Err(Unfound::Missing(missing)) => tools.missing.push(missing),
                Err(Unfound::Interrupted) => return Err(ToolError::Interrupted),
            }
        }
        Ok(tools)
    }

    /// Writes down what was remembered.
    pub fn save(&self) -> Result<(), StoreError> {
        self.memo.save()
    }

    /// Where poly installs a tool, if it can.
    pub fn prefix(&self, tool: &Tool) -> Option<PathBuf> {
        Some(self.home.join("tools").join(&tool.name).join(tool.install_version.as_ref()?))
    }

    /// One tool, given those before it.
    pub(super) fn find_tool(
        &self,
        toolchain: &Toolchain,
        tool: &Tool,
        overridden: Option<&Path>,
        before: &Tools,
    ) -> Result<FoundTool, Unfound> {
        let probe = Probe::new(self, toolchain, tool);
        let mut candidates = Vec::new();
        let outdated = self.installed(tool).filter(|_| !self.is_of_today(tool));
        for path in self.places(tool, overridden, before) {
            if candidates.iter().any(|candidate: &Candidate| candidate.path == path) {
                continue;
            }
            if overridden.is_none() && outdated.as_ref() == Some(&path) {
                candidates.push(Candidate { path, refusal: Refusal::OtherRecipe });
                continue;
            }
            match probe.accept(&path) {
                Ok(found) => return Ok(found),
                Err(Unfit::Refused(refusal)) => candidates.push(Candidate { path, refusal }),
                Err(Unfit::Interrupted) => return Err(Unfound::Interrupted),
            }
        }
        Err(Unfound::Missing(NotFound {
            tool: tool.name.clone(),
            accept: tool.accept.to_string(),
            beside: tool.from.clone(),
            installable: !tool.installs.is_empty(),
            overridden: overridden.is_some(),
            candidates,
            otherwise: tool.otherwise.as_deref().map(Box::from),
        }))
    }

    /// Where the tool may be, in order; some places twice. Each is looked for when it is asked for.
    fn places<'a>(
        &'a self,
        tool: &'a Tool,
        overridden: Option<&Path>,
        before: &Tools,
    ) -> Box<dyn Iterator<Item = PathBuf> + 'a> {
        if let Some(path) = overridden {
            return Box::new([path.to_owned()].into_iter());
        }
        if let Some(from) = &tool.from {
            let directory = before.found.get(from).and_then(|found| found.path.parent());
            let Some(directory) = directory.map(Path::to_owned) else {
                return Box::new([].into_iter());
            };
            return Box::new(tool.find.iter().map(move |name| directory.join(name)));
        }
        let path = self.environment.get("PATH").map(String::as_str);
        let own = || self.installed(tool).into_iter();
        let on_path = tool.find.iter().flat_map(move |name| {
            // The current directory is not searched, whatever an empty entry of PATH means.
            which::which_in_all(name, path, "/").into_iter().flatten()
        });
        match tool.search {
            Search::PathFirst => Box::new(on_path.chain(iter::once_with(own).flatten())),
            Search::OwnFirst => Box::new(own().chain(on_path)),
            Search::OwnAlone => Box::new(own()),
        }
    }

    /// The executable in poly's own prefix, if the prefix is complete.
    pub(super) fn installed(&self, tool: &Tool) -> Option<PathBuf> {
        let prefix = self.prefix(tool)?;
        prefix.join(RECEIPT).exists().then(|| executable_in(&prefix, tool))
    }

    /// Whether poly would install the tool today in the way in which it did. A receipt that
    /// does not tell is believed.
    fn is_of_today(&self, tool: &Tool) -> bool {
        let receipt = self.prefix(tool).and_then(|prefix| Receipt::read(&prefix));
        let recipe = receipt.and_then(|receipt| receipt.recipe);
        recipe.is_none_or(|recipe| tool.installs.iter().any(|way| way.recipe() == recipe))
    }
}

/// The executable of a tool in a prefix: the first of its names that is there.
pub(super) fn executable_in(prefix: &Path, tool: &Tool) -> PathBuf {
    let places: Vec<PathBuf> = tool.find.iter().map(|name| prefix.join("bin").join(name)).collect();
    let there = places.iter().find(|place| place.exists());
    there.or(places.first()).cloned().unwrap_or_else(|| prefix.join("bin").join(&tool.name))
}

impl Tools {
    /// The directories of the found tools, in the toolchain's order, then a `PATH`.
    pub fn search_path(&self, passed: Option<&str>) -> String {
        let mut directories: Vec<&str> = Vec::new();
        let tools = self.found.values();
        let own = tools.filter_map(|tool| tool.path.parent().and_then(Path::to_str));
        for directory in own.chain(passed.unwrap_or_default().split(':')) {
            if !directory.is_empty() && !directories.contains(&directory) {
                directories.push(directory);
            }
        }
        directories.join(":")
    }
}

impl NotFound {
    fn summary(&self) -> String {
        let tool = &self.tool;
        match (&self.beside, self.candidates.as_slice()) {
            (Some(beside), []) => {
                format!("tool `{tool}` lies beside `{beside}`, which was not found")
            }
            (None, []) => format!("tool `{tool}` was not found"),
            (_, [Candidate { path, refusal }]) => {
                format!("tool `{tool}` was not found: `{}` {refusal}", path.display())
            }
            (_, candidates) => {
                format!("tool `{tool}` was not found: none of {} will do", candidates.len())
            }
        }
    }
}

impl Diagnostic for NotFound {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        let mut lines: Vec<String> = Vec::new();
        if let [_, _, ..] = self.candidates.as_slice() {
            for Candidate { path, refusal } in &self.candidates {
                lines.push(format!("`{}` {refusal}", path.display()));
            }
        }
        let needed = format!("needed is a version that is {}", self.accept);
        lines.push(match &self.beside {
            _ if self.overridden => {
                "the manifest names this executable: correct it there, or leave it away".to_owned()
            }
            Some(beside) => format!("{needed}; it comes with `{beside}`"),
            None if self.installable => format!("{needed}; `poly toolchain install` can get one"),
            None => format!(
                "{needed}; poly has no way to install one: do it yourself, where `PATH` leads to \
                 it, or name it in the manifest: `[toolchain.NAME.tools]`"
            ),
        });
        lines.extend(self.otherwise.as_deref().map(str::to_owned));
        Some(Box::new(lines.join("\n")))
    }
}

/// What comes after the path of the executable.
impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => write!(formatter, "is not an executable file"),
            Self::OtherRecipe => {
                write!(formatter, "was installed in a way that has been changed since")
            }
            Self::Fails { arguments, said } => {
                write!(formatter, "fails when run with `{arguments}`: {said}")
            }
            Self::NoVersion { said } => write!(formatter, "does not tell its version: {said}"),
            Self::Version { version } => write!(formatter, "is version {version}"),
            Self::Shim => write!(
                formatter,
                "is a shim, and none of `{}` says what is behind it",
                MANAGERS.join("`, `")
            ),
            Self::Launcher { prefix, globs } => write!(
                formatter,
                "only starts something, and that is not below `{}`: there is no `{}`",
                prefix.display(),
                globs.join("`, `")
            ),
            Self::NoVariant { variants } => {
                write!(formatter, "has no support for `{}`", variants.join("` or `"))
            }
        }
    }
}

#[cfg(test)]
#[path = "find/tests.rs"]
mod tests;
