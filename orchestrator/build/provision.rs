//! The tools of a toolchain, as a pipeline wants them: found where they are, installed where
//! they are not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use poly_cache::StatMemo;

use super::cache::{TOOLS, TOOLS_MEMO};
use super::driver::Options;
use super::error::BuildError;
use super::event::Event;
use super::lock::pins;
use super::project::Project;
use crate::toolchain::{Finder, FoundTool, InstallEvent, Origin, Toolchain, Tools};

/// Finds and installs tools.
pub struct Provision<'a> {
    finder: Finder,
    /// Whether what the lock file says must be used.
    strictly: bool,
    tell: &'a (dyn Fn(Event) + Sync),
}

impl<'a> Provision<'a> {
    /// Keeps installed tools in `home`; what it learned of tools, and what they remember
    /// themselves, in `cache`. If all must be as it is locked, a tool that poly installs is not
    /// looked for on `PATH`.
    pub fn new(options: &Options, tell: &'a (dyn Fn(Event) + Sync)) -> Self {
        let Options { home, cache, environment, .. } = options;
        let memo = StatMemo::open(&cache.join(TOOLS_MEMO));
        let caches = cache.join(TOOLS);
        let finder = Finder::new(home.to_owned(), caches, environment.clone(), memo);
        Self { finder, strictly: options.locked, tell }
    }

    /// The tools of a toolchain that are there, and those that are not.
    pub fn look(
        &self,
        toolchain: &Toolchain,
        project: Option<&Project>,
    ) -> Result<Tools, BuildError> {
        let toolchain = self.as_locked(toolchain, project, false);
        Ok(self.finder.find(&toolchain, &overrides(&toolchain, project))?)
    }

    /// All tools of a toolchain, installed first where they are missing and may be; `takes_long` is
    /// called before.
    pub fn provide(
        &self,
        toolchain: &Toolchain,
        project: Option<&Project>,
        install: bool,
        takes_long: &dyn Fn(),
    ) -> Result<Tools, BuildError> {
        let tell = |event: InstallEvent<'_>| {
            takes_long();
            (self.tell)(told(&event));
        };
        let overrides = overrides(toolchain, project);
        let toolchain = self.as_locked(toolchain, project, install);
        Ok(self.finder.provide(&toolchain, &overrides, install, &tell)?)
    }

    /// Where a tool of a toolchain that was found is from.
    pub fn origin(&self, toolchain: &Toolchain, project: &Project, found: &FoundTool) -> Origin {
        let named = overrides(toolchain, Some(project)).contains_key(&found.name);
        let toolchain = self.as_locked(toolchain, Some(project), false);
        self.finder.origin(&toolchain.tools[&found.name], found, named)
    }

    /// The toolchain, with its tools as the pipeline has them locked. What is to be installed where
    /// nothing else will do is searched nowhere else.
    fn as_locked<'t>(
        &self,
        toolchain: &'t Toolchain,
        project: Option<&Project>,
        install: bool,
    ) -> Cow<'t, Toolchain> {
        match project.and_then(|project| project.lock.as_ref()) {
            Some(lock) => toolchain.pinned(&pins(lock, toolchain, self.strictly && install)),
            None => Cow::Borrowed(toolchain),
        }
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
        let path = |path: &str| project.tools_from.join(path);
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
