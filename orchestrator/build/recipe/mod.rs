//! The build action of one component.
//!
//! The tools are found (or installed) first, for they are part of what it depends on; here is
//! what else it depends on. `steps` carries it out, in the directories that `places` names,
//! and `output` finds what it left.

mod error;
mod kit;
mod output;
mod places;
mod steps;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use poly_cache::Digest;

pub use error::RecipeError;
pub(super) use kit::Kit;
pub use places::clean_builds;

use super::generate;
use super::inputs::{Globs, Input, Inputs, Sources};
use super::project::Project;
use crate::component::core_export;
use crate::manifest::Component;
use crate::plan::Fingerprint;
use crate::toolchain::{Step, Toolchain, profile_name};

/// One component's build action, with all that it depends on known.
pub(super) struct Recipe<'a> {
    /// The checkout's directory in the cache, beside which builds take place.
    builds: &'a Path,
    project: &'a Project,
    name: &'a str,
    component: &'a Component,
    toolchain: &'a Toolchain,
    kit: Arc<Kit>,
    steps: Vec<Step>,
    options: BTreeMap<String, String>,
    inputs: Inputs,
    /// The files that the toolchain adds to the copy, with their text.
    added: BTreeMap<String, String>,
}

impl<'a> Recipe<'a> {
    /// Reads the inputs of a component whose tools are there.
    pub(super) fn new(
        builds: &'a Path,
        project: &'a Project,
        sources: &Sources,
        name: &'a str,
        kit: Arc<Kit>,
    ) -> Result<Self, RecipeError> {
        let (component, toolchain) = project.component(name);
        let inputs = inputs(project, sources, name, &kit.globs)?;
        let given = component.options.iter();
        let given = given.map(|(name, value)| (name.get_ref().clone(), value.get_ref().clone()));
        let options = toolchain
            .option_values(&given.collect())
            .map_err(|source| RecipeError::Options { component: name.to_owned(), source })?;
        let added = added_files(project, component, toolchain);
        let steps = toolchain.steps(component.profile);
        let recipe = Self {
            builds,
            project,
            name,
            component,
            toolchain,
            kit,
            steps,
            options,
            inputs,
            added,
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

    /// Everything that the artifact depends on.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = Fingerprint::new("build");
        let inputs = self.inputs.iter();
        fingerprint.inputs = inputs.map(|(name, input)| (name.clone(), input.digest)).collect();
        let executable = self.inputs.iter().filter(|(_, input)| input.is_executable);
        fingerprint.executable = executable.map(|(name, _)| name.clone()).collect();
        fingerprint.inputs.extend(self.kit.user_settings.clone());
        fingerprint.tools = self.kit.identities.clone();
        for step in &self.steps {
            fingerprint.steps.push(step.run.iter().map(|part| part.text().to_owned()).collect());
        }
        fingerprint.environment = self.kit.environment.clone();
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
    let world = world.filter(|_| !toolchain.generate.is_empty());
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

/// The files that the builds of all components read.
pub(super) fn all_inputs(project: &Project, sources: &Sources) -> Result<Inputs, RecipeError> {
    let mut all = Inputs::new();
    for name in project.manifest.components.keys() {
        let (_, toolchain) = project.component(name.get_ref());
        all.extend(inputs(project, sources, name.get_ref(), &kit::globs(toolchain)?)?);
    }
    Ok(all)
}

fn inputs(
    project: &Project,
    sources: &Sources,
    name: &str,
    globs: &Globs,
) -> Result<Inputs, RecipeError> {
    let (component, toolchain) = project.component(name);
    let path = component.path.get_ref();
    let again = project.lies_beside_others(component);
    let own = sources.of_component(path, &toolchain.name, globs, again)?;
    if own.is_empty() {
        let globs: Vec<_> = toolchain.inputs.iter().map(|glob| format!("`{glob}`")).collect();
        return Err(RecipeError::NoInputs {
            component: name.to_owned(),
            path: path.clone(),
            toolchain: toolchain.name.clone(),
            globs: globs.join(", "),
        });
    }
    let mut inputs = Arc::unwrap_or_clone(own);
    if let Some((_, directory)) = project.wit(component) {
        let digests = directory.digests.iter();
        inputs.extend(digests.map(|(name, digest)| (name.clone(), Input::text(*digest))));
    }
    for glob in &component.inputs {
        let found = sources.named(glob.get_ref())?;
        if found.is_empty() {
            return Err(RecipeError::Manifest(Box::new(project.manifest.error_at(
                glob.span(),
                format!("no file matches `{}`", glob.get_ref()),
                "matches nothing",
                "globs under `inputs` are relative to the manifest's directory".to_owned(),
            ))));
        }
        inputs.extend(found.iter().map(|(name, input)| (name.clone(), *input)));
    }
    Ok(inputs)
}
