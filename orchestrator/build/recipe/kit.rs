//! What all components of one toolchain have in common in one run: its tools, its globs, its
//! environment, and the settings of the user's that its tools read. Looked up once.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use indexmap::IndexMap;
use poly_cache::Digest;

use super::RecipeError;
use crate::build::inputs::{Globs, InputsError};
use crate::build::project::Project;
use crate::build::stage::StageError;
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
    /// That of a toolchain whose tools are there.
    pub(in crate::build) fn new(
        project: &Project,
        toolchain: &Toolchain,
        process: &Variables,
        tools: Tools,
    ) -> Result<Self, RecipeError> {
        let overridden = overridden(project, toolchain);
        let mut steps_see = process.clone();
        steps_see.extend(overridden.clone());
        let user = UserDirectories::of(&steps_see);
        let user_settings = user_settings(toolchain, &user)?;
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

    /// Refuses what was made while one of the tools (which are `now` these) or of the user's
    /// settings became another: nobody knows of which of the two it was made. The inputs cannot
    /// change meanwhile, being a copy.
    pub(in crate::build) fn refuse_changed(
        &self,
        toolchain: &Toolchain,
        now: &Tools,
    ) -> Result<(), RecipeError> {
        let settings = user_settings(toolchain, &self.user)?;
        let mut tools = self.tools.found.iter();
        let tool = tools.find(|(name, tool)| now.found.get(*name) != Some(tool));
        let differs = |name: &&String| settings.get(*name) != self.user_settings.get(*name);
        let setting = self.user_settings.keys().chain(settings.keys()).find(differs);
        match tool.map(|(name, _)| name).or(setting) {
            None => Ok(()),
            Some(name) => Err(StageError::Changed { name: name.clone() }.into()),
        }
    }

    /// Where its tools remember something.
    pub(in crate::build) fn caches(&self) -> Vec<PathBuf> {
        self.tools.found.values().map(|tool| tool.cache.clone()).collect()
    }
}

fn user_settings(
    toolchain: &Toolchain,
    user: &UserDirectories,
) -> Result<BTreeMap<String, Digest>, InputsError> {
    let settings = toolchain.user_settings(user);
    settings.map_err(|unreadable| InputsError::Read {
        path: unreadable.path,
        source: unreadable.source,
    })
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
