//! The build action of one component.
//!
//! The tools are found (or installed) first, for they are part of what it depends on; here is
//! what else it depends on. `steps` carries it out, in the directories that `places` names,
//! and `output` finds what it left.

mod error;
mod output;
mod places;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use indexmap::IndexMap;
use poly_cache::Digest;

pub use error::RecipeError;

use super::generate;
use super::inputs::{self, Globs, InputsError};
use super::project::Project;
use super::stage::StageError;
use crate::component::core_export;
use crate::manifest::Component;
use crate::plan::{Fingerprint, ToolIdentity};
use crate::toolchain::environment::{self, UserDirectories, Variables};
use crate::toolchain::{Step, Toolchain, Tools, profile_name};

/// One component's build action, with all that it depends on known.
pub(super) struct Recipe<'a> {
    /// Where builds take place.
    builds: &'a Path,
    project: &'a Project,
    name: &'a str,
    component: &'a Component,
    toolchain: &'a Toolchain,
    tools: Tools,
    steps: Vec<Step>,
    options: BTreeMap<String, String>,
    inputs: BTreeMap<String, Digest>,
    /// The files that the toolchain adds to the copy, with their text.
    added: BTreeMap<String, String>,
    /// poly's own environment.
    process: Variables,
    user: UserDirectories,
    /// The user's settings that the tools read, by the names that the toolchain's file gives.
    user_settings: BTreeMap<String, Digest>,
}

impl<'a> Recipe<'a> {
    /// Reads the inputs of a component whose tools are there.
    pub(super) fn new(
        builds: &'a Path,
        project: &'a Project,
        name: &'a str,
        tools: Tools,
    ) -> Result<Self, RecipeError> {
        let (component, toolchain) = project.component(name);
        let files = input_files(project, name, component, toolchain)?;
        let inputs = inputs::digests(&project.root, &files)?;
        let given = component.options.iter();
        let given = given.map(|(name, value)| (name.get_ref().clone(), value.get_ref().clone()));
        let options = toolchain
            .option_values(&given.collect())
            .map_err(|source| RecipeError::Options { component: name.to_owned(), source })?;
        let process = environment::of_process();
        let mut steps_see = process.clone();
        steps_see.extend(overridden(project, toolchain).clone());
        let user = UserDirectories::of(&steps_see);
        let user_settings = toolchain.user_settings(&user).map_err(|unreadable| {
            InputsError::Read { path: unreadable.path, source: unreadable.source }
        })?;
        let added = added_files(project, component, toolchain);
        let recipe = Self {
            builds,
            project,
            name,
            component,
            toolchain,
            tools,
            steps: toolchain.steps(component.profile),
            options,
            inputs,
            added,
            process,
            user,
            user_settings,
        };
        recipe.refuse_clashes()?;
        Ok(recipe)
    }

    /// A file that the toolchain adds would take the place of one of the person's own.
    fn refuse_clashes(&self) -> Result<(), RecipeError> {
        match self.added.keys().find(|name| self.inputs.contains_key(*name)) {
            None => Ok(()),
            Some(name) => Err(RecipeError::Clash {
                component: self.name.to_owned(),
                toolchain: self.toolchain.name.clone(),
                name: name.clone(),
            }),
        }
    }

    /// Refuses what was made while one of the tools (which are `now` these) or of the user's
    /// settings became another: nobody knows of which of the two it was made. The inputs cannot
    /// change meanwhile, being a copy.
    pub(super) fn refuse_changed(&self, now: &Tools) -> Result<(), RecipeError> {
        let settings = self.toolchain.user_settings(&self.user).map_err(|unreadable| {
            InputsError::Read { path: unreadable.path, source: unreadable.source }
        })?;
        let mut tools = self.tools.found.iter();
        let tool = tools.find(|(name, tool)| now.found.get(*name) != Some(tool));
        let differs = |name: &&String| settings.get(*name) != self.user_settings.get(*name);
        let setting = self.user_settings.keys().chain(settings.keys()).find(differs);
        match tool.map(|(name, _)| name).or(setting) {
            None => Ok(()),
            Some(name) => Err(StageError::Changed { name: name.clone() }.into()),
        }
    }

    /// Everything that the artifact depends on.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = Fingerprint::new("build");
        fingerprint.inputs = self.inputs.clone();
        fingerprint.inputs.extend(self.user_settings.clone());
        for (name, tool) in &self.tools.found {
            let identity = ToolIdentity {
                version: tool.version.clone(),
                digest: tool.digest,
                variant: tool.variant.clone(),
            };
            fingerprint.tools.insert(name.clone(), identity);
        }
        for step in &self.steps {
            fingerprint.steps.push(step.run.iter().map(|part| part.text().to_owned()).collect());
        }
        fingerprint.environment = self
            .toolchain
            .environment_of_key(&self.process, overridden(self.project, self.toolchain));
        fingerprint.settings = self.settings();
        fingerprint
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let component = self.component;
        let mut settings = BTreeMap::from([
            ("name".to_owned(), self.name.to_owned()),
            ("path".to_owned(), component.path.get_ref().clone()),
            ("profile".to_owned(), profile_name(component.profile).to_owned()),
            ("toolchain".to_owned(), self.toolchain.name.clone()),
            ("output".to_owned(), self.toolchain.output.text().to_owned()),
        ]);
        if let Some(world) = &component.world {
            settings.insert("world".to_owned(), world.get_ref().clone());
        }
        if let Some((path, _)) = self.project.wit(component) {
            settings.insert("wit".to_owned(), path.to_owned());
        }
        for (name, value) in &self.options {
            settings.insert(format!("option {name}"), value.clone());
        }
        for (name, text) in &self.added {
            settings.insert(format!("file {name}"), Digest::of(text.as_bytes()).to_string());
        }
        settings
    }
}

/// The files that the toolchain adds to the component's directory, relative to the manifest's.
fn added_files(
    project: &Project,
    component: &Component,
    toolchain: &Toolchain,
) -> BTreeMap<String, String> {
    let world = component.world.as_ref().map(|world| world.get_ref().as_str());
    let exports = project
        .wit(component)
        .zip(world)
        .and_then(|((_, wit), world)| core_export::core_exports(&wit.wit, world).ok());
    let mut files = generate::files(toolchain, &exports.unwrap_or_default());
    files.extend(toolchain.files.clone());
    let below = |name: String| match component.path.get_ref().as_str() {
        "." => name,
        path => format!("{path}/{name}"),
    };
    files.into_iter().map(|(name, text)| (below(name), text)).collect()
}

fn input_files(
    project: &Project,
    name: &str,
    component: &Component,
    toolchain: &Toolchain,
) -> Result<BTreeSet<String>, RecipeError> {
    let path = component.path.get_ref();
    let globs = Globs::new(
        toolchain.inputs.iter().map(String::as_str),
        toolchain.exclude.iter().map(String::as_str),
    )?;
    let mut files = inputs::files(&project.root, path, &globs)?;
    if files.is_empty() {
        let globs: Vec<_> = toolchain.inputs.iter().map(|glob| format!("`{glob}`")).collect();
        return Err(RecipeError::NoInputs {
            component: name.to_owned(),
            path: path.clone(),
            toolchain: toolchain.name.clone(),
            globs: globs.join(", "),
        });
    }
    if let Some((path, directory)) = project.wit(component) {
        files.extend(directory.source.keys().map(|name| format!("{path}/{name}")));
    }
    for glob in &component.inputs {
        let found = inputs::files(&project.root, ".", &Globs::new([glob.get_ref().as_str()], [])?)?;
        if found.is_empty() {
            return Err(RecipeError::Manifest(Box::new(project.manifest.error_at(
                glob.span(),
                format!("no file matches `{}`", glob.get_ref()),
                "matches nothing",
                "globs under `inputs` are relative to the manifest's directory".to_owned(),
            ))));
        }
        files.extend(found);
    }
    Ok(files)
}

/// What the manifest sets in the environment of a toolchain's steps.
fn overridden<'p>(project: &'p Project, toolchain: &Toolchain) -> &'p IndexMap<String, String> {
    static NOTHING: LazyLock<IndexMap<String, String>> = LazyLock::new(IndexMap::new);
    let overrides = project.manifest.toolchains.get(toolchain.name.as_str());
    overrides.map_or(&NOTHING, |overrides| &overrides.env)
}
