//! The tools of a toolchain, as a pipeline wants them: found where they are, installed where
//! they are not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use poly_cache::StatMemo;

use super::error::BuildError;
use super::event::Event;
use super::lock::pins;
use super::project::Project;
use crate::toolchain::{Finder, FoundTool, InstallEvent, Origin, Toolchain, Tools, environment};

/// Finds and installs tools.
pub struct Provision<'a> {
    finder: Finder,
    tell: &'a (dyn Fn(Event) + Sync),
}

impl<'a> Provision<'a> {
    /// Keeps installed tools in `home`; what it learned of tools, and what they remember
    /// themselves, in `cache`.
    pub fn new(home: &Path, cache: &Path, tell: &'a (dyn Fn(Event) + Sync)) -> Self {
        let memo = StatMemo::open(&cache.join("tools.json"));
        let caches = cache.join("tools");
        let finder = Finder::new(home.to_owned(), caches, environment::of_process(), memo);
        Self { finder, tell }
    }

    /// The tools of a toolchain that are there, and those that are not.
    pub fn look(
        &self,
        toolchain: &Toolchain,
        project: Option<&Project>,
    ) -> Result<Tools, BuildError> {
        Ok(self.finder.find(&as_locked(toolchain, project), &overrides(toolchain, project))?)
    }

    /// All tools of a toolchain, installed first where they are missing and may be.
    pub fn provide(
        &self,
        toolchain: &Toolchain,
        project: Option<&Project>,
        install: bool,
    ) -> Result<Tools, BuildError> {
        let tell = |event: InstallEvent<'_>| (self.tell)(told(&event));
        let overrides = overrides(toolchain, project);
        Ok(self.finder.provide(&as_locked(toolchain, project), &overrides, install, &tell)?)
    }

    /// Where a tool of a toolchain that was found is from.
    pub fn origin(&self, toolchain: &Toolchain, project: &Project, found: &FoundTool) -> Origin {
        let named = overrides(toolchain, Some(project)).contains_key(&found.name);
        let toolchain = as_locked(toolchain, Some(project));
        self.finder.origin(&toolchain.tools[&found.name], found, named)
    }

    /// Keeps what was learned of tools for the next run. Losing it costs time and nothing else.
    pub fn save(&self) {
        let _ = self.finder.save();
    }
}

/// The toolchain, with the versions in which the pipeline has its tools locked.
fn as_locked<'t>(toolchain: &'t Toolchain, project: Option<&Project>) -> Cow<'t, Toolchain> {
    match project.and_then(|project| project.lock.as_ref()) {
        Some(lock) => toolchain.pinned(&pins(lock, toolchain)),
        None => Cow::Borrowed(toolchain),
    }
}

/// The executables that the manifest names, by tool.
fn overrides(toolchain: &Toolchain, project: Option<&Project>) -> BTreeMap<String, PathBuf> {
    let named = project.and_then(|project| {
        let overrides = project.manifest.toolchains.get(toolchain.name.as_str())?;
        let path = |path: &str| project.root.join(path);
        let tools = overrides.tools.iter();
        Some(tools.map(|(tool, named)| (tool.get_ref().clone(), path(named.get_ref()))).collect())
    });
    named.unwrap_or_default()
}

fn told(event: &InstallEvent<'_>) -> Event {
    match event {
        InstallEvent::Waiting { tool } => {
            Event::Warning { text: format!("`{tool}` is being installed already; waiting for it") }
        }
        InstallEvent::Started { tool, version, way } => Event::Installing {
            tool: (*tool).to_owned(),
            version: (*version).to_owned(),
            way: (*way).to_owned(),
        },
        InstallEvent::Failed { tool, attempt } => Event::InstallFailed {
            tool: (*tool).to_owned(),
            way: attempt.way.to_owned(),
            said: attempt.said.clone(),
        },
        InstallEvent::Finished { tool, elapsed } => Event::Installed {
            tool: tool.name.clone(),
            version: tool.version.clone(),
            elapsed: *elapsed,
        },
    }
}
