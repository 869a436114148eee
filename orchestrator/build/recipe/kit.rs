//! What all components of one toolchain have in common in one run: its tools, its globs, its
//! environment, and the settings of the user's that its tools read. Looked up once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use indexmap::IndexMap;
use poly_cache::Digest;

use super::RecipeError;
use crate::build::error::BuildError;
use crate::build::inputs::{Globs, InputsError};
use crate::build::project::Project;
use crate::plan::ToolIdentity;
use crate::toolchain::environment::{UserDirectories, Variables};
use crate::toolchain::{Toolchain, Tools};

/// A toolchain as one run has it.
#[derive(Debug)]
pub(in crate::build) struct Kit {
    /// Its tools, all there.
    pub(super) tools: Tools,
    /// Which those are, for fingerprints.
    pub(super) identities: BTreeMap<String, ToolIdentity>,
    /// What it reads of a component.
    pub(super) globs: Globs,
    /// The environment around it.
    pub(super) process: Variables,
    /// The part of its steps' environment that counts.
    pub(super) environment: Variables,
    pub(super) user: UserDirectories,
    /// The user's settings that the tools read, by the names that the toolchain's file gives.
    pub(super) user_settings: BTreeMap<String, Digest>,
}

impl Kit {
    fn new(
        project: &Project,
        toolchain: &Toolchain,
        process: &Variables,
        tools: Tools,
    ) -> Result<Self, RecipeError> {
        let overridden = overridden(project, toolchain);
        let mut steps_see = process.clone();
        steps_see.extend(overridden.clone());
        let user = UserDirectories::of(&steps_see);
        let user_settings = toolchain.user_settings(&user).map_err(|unreadable| {
            InputsError::Read { path: unreadable.path, source: unreadable.source }
        })?;
        let identities = tools.found.iter().map(|(name, tool)| {
            let identity = ToolIdentity {
                version: tool.version.clone(),
                digest: tool.digest,
                variant: tool.variant.clone(),
            };
            (name.clone(), identity)
        });
        Ok(Self {
            identities: identities.collect(),
            globs: globs(toolchain)?,
            environment: toolchain.environment_of_key(process, overridden),
            process: process.clone(),
            user,
            user_settings,
            tools,
        })
    }

    /// Where its tools remember something.
    pub(in crate::build) fn caches(&self) -> Vec<PathBuf> {
        self.tools.found.values().map(|tool| tool.cache.clone()).collect()
    }
}

/// The kits of a run, each made when it is first asked for.
#[derive(Debug, Default)]
pub(in crate::build) struct Kits(Mutex<BTreeMap<String, Arc<Mutex<Option<Arc<Kit>>>>>>);

impl Kits {
    /// The kit of a toolchain in an environment, whose tools `provide` finds or installs. What fails
    /// is tried again when it is asked for again.
    pub(in crate::build) fn get(
        &self,
        project: &Project,
        toolchain: &Toolchain,
        process: &Variables,
        provide: impl FnOnce() -> Result<Tools, BuildError>,
    ) -> Result<Arc<Kit>, BuildError> {
        let mut kits = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = match kits.get(&toolchain.name) {
            Some(place) => Arc::clone(place),
            None => Arc::clone(kits.entry(toolchain.name.clone()).or_default()),
        };
        drop(kits);
        // Whoever else wants it waits here, and not those who want another.
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kit) = &*place {
            return Ok(Arc::clone(kit));
        }
        let kit = Kit::new(project, toolchain, process, provide()?).map_err(Box::new)?;
        Ok(Arc::clone(place.insert(Arc::new(kit))))
    }
}

/// What a toolchain reads of a component.
pub(super) fn globs(toolchain: &Toolchain) -> Result<Globs, InputsError> {
    let [inputs, exclude] = [&toolchain.inputs, &toolchain.exclude];
    Globs::new(inputs.iter().map(String::as_str), exclude.iter().map(String::as_str))
}

/// What the manifest sets in the environment of a toolchain's steps.
pub(super) fn overridden<'p>(
    project: &'p Project,
    toolchain: &Toolchain,
) -> &'p IndexMap<String, String> {
    static NOTHING: LazyLock<IndexMap<String, String>> = LazyLock::new(IndexMap::new);
    let overrides = project.manifest.toolchains.get(toolchain.name.as_str());
    overrides.map_or(&NOTHING, |overrides| &overrides.env)
}
