//! The tools of a toolchain, as a pipeline wants them: found where they are, installed where
//! they are not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use poly_cache::StatMemo;

use super::cache::{TOOLS, TOOLS_MEMO};
use super::error::BuildError;
use super::event::Event;
use super::project::Project;
use crate::toolchain::{Finder, InstallEvent, Toolchain, Tools, environment};

/// Finds and installs tools.
pub struct Provision<'a> {
    finder: Finder,
    tell: &'a (dyn Fn(Event) + Sync),
}

impl<'a> Provision<'a> {
    /// Keeps installed tools in `home`; what it learned of tools, and what they remember
    /// themselves, in `cache`.
    pub fn new(home: &Path, cache: &Path, tell: &'a (dyn Fn(Event) + Sync)) -> Self {
        let memo = StatMemo::open(&cache.join(TOOLS_MEMO));
        let caches = cache.join(TOOLS);
        let finder = Finder::new(home.to_owned(), caches, environment::of_process(), memo);
        Self { finder, tell }
    }

    /// The tools of a toolchain that are there, and those that are not.
    pub fn look(
        &self,
        toolchain: &Toolchain,
        project: Option<&Project>,
    ) -> Result<Tools, BuildError> {
        Ok(self.finder.find(toolchain, &overrides(toolchain, project))?)
    }

    /// All tools of a toolchain, installed first where they are missing and may be.
    pub fn provide(
        &self,
        toolchain: &Toolchain,
        project: Option<&Project>,
        install: bool,
    ) -> Result<Tools, BuildError> {
        let tell = |event: InstallEvent<'_>| (self.tell)(told(&event));
        Ok(self.finder.provide(toolchain, &overrides(toolchain, project), install, &tell)?)
    }

    /// Keeps what was learned of tools for the next run. Losing it costs time and nothing else.
    pub fn save(&self) {
        let _ = self.finder.save();
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
