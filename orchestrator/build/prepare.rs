//! Each kind of action: what it depends on, and how its work is done.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use poly_cache::Artifact;

use super::cache::{build_directory, note_checkout};
use super::compose;
use super::driver::Driver;
use super::error::{AdaptFailure, BuildError};
use super::noticed::Noticed;
use super::recipe::{Kit, Recipe};
use crate::component::adapt;
use crate::host::EngineOptions;
use crate::plan::{Action, Fingerprint};

/// An action about to be looked up.
pub(super) struct Prepared<'p> {
    /// What it depends on.
    pub(super) fingerprint: Fingerprint,
    /// Who does the work, for people.
    pub(super) by: String,
    /// The work.
    pub(super) work: Box<dyn FnOnce() -> Result<Product, BuildError> + 'p>,
}

/// What the work of an action led to.
pub(super) struct Product {
    pub(super) made: Made,
    /// How long tools ran.
    pub(super) tools: Duration,
    /// Who did the work, if that was not known before.
    pub(super) by: Option<String>,
    /// What came to light, if the action looks for anything.
    pub(super) noticed: Option<Noticed>,
}

/// What an action made.
pub(super) enum Made {
    /// Bytes.
    New(Vec<u8>),
    /// Nothing: what it was given is as it should be.
    Same(Artifact),
}

impl Product {
    /// Made without tools.
    fn in_process(made: Made) -> Self {
        Self { made, tools: Duration::ZERO, by: None, noticed: None }
    }
}

impl Driver<'_> {
    /// What an action depends on, and its work. `taken` are the artifacts of those it needs, in
    /// the order of the plan; `takes_long` is called before a tool is installed.
    pub(super) fn prepare<'p>(
        &'p self,
        action: &'p Action,
        taken: &[Artifact],
        install: bool,
        takes_long: &dyn Fn(),
    ) -> Result<Prepared<'p>, BuildError> {
        match action {
            Action::Build(name) => self.prepare_build(name, install, takes_long),
            Action::Adapt(name) => Ok(self.prepare_adapt(name, &taken[0])),
            Action::Compose => Ok(self.prepare_compose(taken)),
            Action::Precompile(alone) => self.prepare_precompile(alone.as_deref(), &taken[0]),
        }
    }

    fn prepare_build<'p>(
        &'p self,
        name: &'p str,
        install: bool,
        takes_long: &dyn Fn(),
    ) -> Result<Prepared<'p>, BuildError> {
        let (_, toolchain) = self.project.component(name);
        let kit = self.kits.get(&toolchain.name, || {
            let tools =
                self.provision.provide(toolchain, Some(self.project), install, takes_long)?;
            let kit = Kit::new(self.project, toolchain, &self.options.environment, tools);
            let kit = kit.map_err(Box::new)?;
            Ok::<_, BuildError>(kit)
        })?;
        let recipe = Recipe::new(&self.builds, self.project, &self.sources, name, Arc::clone(&kit));
        let recipe = recipe.map_err(Box::new)?;
        Ok(Prepared {
            fingerprint: recipe.fingerprint(),
            by: toolchain.name.clone(),
            work: Box::new(move || {
                self.enter_of(name, &kit.caches())?;
                let (bytes, tools) =
                    recipe.carry_out(self.tell, self.options.written).map_err(Box::new)?;
                let now = self.provision.look(toolchain, Some(self.project))?;
                kit.refuse_changed(toolchain, &now).map_err(Box::new)?;
                Ok(Product { tools, ..Product::in_process(Made::New(bytes)) })
            }),
        })
    }

    /// Notes that this checkout's directory is used.
    pub(super) fn enter(&self) -> Result<(), BuildError> {
        let builds = &self.builds;
        self.enter_own(builds)?;
        note_checkout(builds, &self.project.root).map_err(|source| written(builds, source))
    }

    /// The same of those that a component is built with: its own, and those in which tools remember
    /// something, as far as they are there.
    fn enter_of(&self, component: &str, caches: &[PathBuf]) -> Result<(), BuildError> {
        self.enter()?;
        self.enter_own(&build_directory(&self.builds, component))?;
        caches
            .iter()
            .filter(|cache| cache.is_dir())
            .try_for_each(|cache| self.artifacts.enter(cache))
    }

    fn enter_own(&self, directory: &Path) -> Result<(), BuildError> {
        if directory.is_symlink() {
            // Whatever it is, poly did not make it.
            fs::remove_file(directory).map_err(|source| written(directory, source))?;
        }
        self.artifacts.enter(directory)
    }

    fn prepare_adapt<'p>(&'p self, name: &'p str, built: &Artifact) -> Prepared<'p> {
        let (component, _) = self.project.component(name);
        let world = component.world.as_ref().map(|world| world.get_ref().as_str());
        let wit = self.project.wit(component).filter(|_| world.is_some());
        let mut fingerprint = Fingerprint::new("adapt");
        fingerprint.artifacts.insert(Action::Build(name.to_owned()), built.digest);
        if let Some((_, directory)) = wit {
            fingerprint.inputs.extend(directory.digests.clone());
        }
        if let Some(world) = world {
            fingerprint.settings.insert("world".to_owned(), world.to_owned());
        }
        fingerprint.libraries = adapt::versions();
        let built = *built;
        let work = move || {
            let bytes = self.artifacts.bytes(&built)?;
            let world = wit.zip(world).map(|((_, directory), world)| (&directory.wit, world));
            let adapted = adapt::adapt(&bytes, world)
                .map_err(|source| Box::new(AdaptFailure { component: name.to_owned(), source }))?;
            Ok(Product::in_process(match adapted {
                Cow::Borrowed(_) => Made::Same(built),
                Cow::Owned(bytes) => Made::New(bytes),
            }))
        };
        Prepared { fingerprint, by: "wit-component".to_owned(), work: Box::new(work) }
    }

    fn prepare_compose(&self, adapted: &[Artifact]) -> Prepared<'_> {
        let names = self.project.manifest.components.keys().map(|name| name.get_ref().clone());
        let parts: BTreeMap<String, Artifact> = names.zip(adapted.iter().copied()).collect();
        let mut fingerprint = compose::fingerprint(&self.project.manifest);
        for (name, artifact) in &parts {
            fingerprint.artifacts.insert(Action::Adapt(name.clone()), artifact.digest);
        }
        let work = move || {
            let mut bytes = BTreeMap::new();
            for (name, artifact) in &parts {
                bytes.insert(name.clone(), self.artifacts.bytes(artifact)?);
            }
            let assembly = compose::assemble(&self.project.manifest, &bytes)?;
            let composed = compose::compose(&self.project.manifest, &assembly)?;
            // A single component is what it is: no engine touches it.
            let by = if assembly.wiring.links.is_empty() {
                "poly".to_owned()
            } else {
                composed.choice.engine.to_string()
            };
            Ok(Product {
                by: Some(by),
                noticed: Some(Noticed::of(&assembly.wiring)),
                ..Product::in_process(Made::New(composed.bytes))
            })
        };
        // Which engine it is shows when the components are there.
        let by = compose::asked(&self.project.manifest);
        let by = by.map_or_else(|| "auto".to_owned(), |engine| engine.to_string());
        Prepared { fingerprint, by, work: Box::new(work) }
    }

    /// Machine code of the composed component, or of one `alone`.
    fn prepare_precompile(
        &self,
        alone: Option<&str>,
        component: &Artifact,
    ) -> Result<Prepared<'_>, BuildError> {
        let options = EngineOptions::of(&self.project.manifest);
        let compatibility = (self.runtime().compatibility)(&options).map_err(Box::new)?;
        let mut fingerprint = Fingerprint::new("precompile");
        fingerprint.artifacts.insert(Action::Compose, component.digest);
        fingerprint.libraries.insert("wasmtime".to_owned(), compatibility);
        let component = *component;
        let what =
            alone.map_or("the composed component".to_owned(), |name| format!("component `{name}`"));
        let work = move || {
            let path = self.artifacts.trusted(&component)?;
            let draft = self.machine_code(&path, &what)?;
            let bytes = fs::read(draft.path()).map_err(|source| written(draft.path(), source))?;
            Ok(Product::in_process(Made::New(bytes)))
        };
        Ok(Prepared { fingerprint, by: "wasmtime".to_owned(), work: Box::new(work) })
    }
}

pub(super) fn written(path: &Path, source: io::Error) -> BuildError {
    BuildError::Write { path: path.to_owned(), source }
}
