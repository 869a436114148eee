//! The bill of materials and the statement of provenance of a build, as files beside the composed
//! component, or in it.
//!
//! They are made of the records of the actions, whose fingerprints say all that was read: a build
//! that found everything in the store tells the same as the one that made it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use poly_cache::{Artifact, Digest};

use super::driver::Driver;
use super::error::BuildError;
use super::event::Event;
use super::outputs::Outputs;
use crate::lock::{LockedPackage, Sha256};
use crate::plan::{Action, Fingerprint};
use crate::provenance::{self, Component, Done, Facts, Known, Tool, Unreadable, WitPackage};
use crate::toolchain::Toolchain;

/// The ends of the names of documents about a build: what it is made of, and how.
pub(super) const DOCUMENTS: [&str; 2] = ["cdx.json", "provenance.json"];

/// Where the documents about a build go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Documents {
    /// Nowhere.
    #[default]
    None,
    /// Into files beside the composed component.
    Files,
    /// Into custom sections of the composed component.
    Embedded,
}

impl Driver<'_> {
    /// Leaves the composed component in the pipeline, with the documents that are asked for.
    /// Returns the component as it was left, and the files of documents.
    pub(super) fn publish(
        &self,
        made: &BTreeMap<Action, Artifact>,
    ) -> Result<(Artifact, Vec<PathBuf>), BuildError> {
        let mut composed = made[&Action::Compose];
        let name = self.project.composed_name();
        let mut documents = Vec::new();
        if self.options.documents != Documents::None {
            let facts = self.facts(made)?;
            let (bom, statement) = (provenance::bom(&facts), provenance::statement(&facts));
            if self.options.documents == Documents::Embedded {
                let bytes = self.artifacts.bytes(&composed)?;
                composed = self.artifacts.put(provenance::embedded(&bytes, &bom, &statement))?;
            } else {
                for (end, text) in DOCUMENTS.into_iter().zip([bom, statement]) {
                    let name = self.project.document_name(end);
                    documents.push((name, self.artifacts.put(text.into_bytes())?));
                }
            }
        }
        let mut outputs = Outputs::open(&self.project.root, &self.project.own())?;
        let directory = self.project.output();
        for (name, artifact) in [(name, composed)].iter().chain(&documents) {
            outputs.publish(
                directory,
                name,
                artifact,
                |path| self.artifacts.is(path, artifact),
                || self.artifacts.bytes(artifact),
            )?;
        }
        outputs.finish()?;
        let path = |(name, _)| self.project.root.join(directory).join::<String>(name);
        Ok((composed, documents.into_iter().map(path).collect()))
    }

    fn facts(&self, made: &BTreeMap<Action, Artifact>) -> Result<Facts, BuildError> {
        let manifest = &self.project.manifest;
        // What only this machine can use is left out: it goes nowhere.
        let told = made.iter().filter(|(action, _)| !matches!(action, Action::Precompile(_)));
        let done = told.map(|(action, artifact)| {
            let fingerprint = self.fingerprint_of(action, artifact)?;
            Ok(Done { action: action.to_string(), fingerprint, made: artifact.digest })
        });
        // All of them, before the first that failed: the records that are gone are made again at once.
        let done: Vec<Result<Done, BuildError>> = done.collect();
        let actions = done.into_iter().collect::<Result<Vec<Done>, BuildError>>()?;
        let mut components = Vec::new();
        for name in manifest.components.keys().map(toml::Spanned::get_ref) {
            let built = Action::Build(name.clone()).to_string();
            let built = actions.iter().find(|done| done.action == built);
            let inputs = built.map(|done| &done.fingerprint.inputs);
            let (packages, known) = self.packages(inputs);
            let (component, toolchain) = self.project.component(name);
            components.push(Component {
                name: name.clone(),
                language: toolchain.language.clone(),
                toolchain: toolchain.name.clone(),
                world: component.world.as_ref().map(|world| world.get_ref().clone()),
                adapted: made[&Action::Adapt(name.clone())].digest,
                packages,
                known,
            });
        }
        Ok(Facts {
            pipeline: manifest.pipeline.name.get_ref().clone(),
            version: manifest.pipeline.version.clone(),
            manifest: manifest.data(),
            composed: made[&Action::Compose].digest,
            components,
            actions,
            tools: self.tools()?,
            wit: self.wit_packages(),
        })
    }

    /// The fingerprint of an action that was done here, or before: its record has it.
    fn fingerprint_of(
        &self,
        action: &Action,
        artifact: &Artifact,
    ) -> Result<Fingerprint, BuildError> {
        let key = self.lock_state().key(action);
        let key = key.ok_or(BuildError::Damaged { digest: artifact.digest })?;
        Ok(self.artifacts.record_of_found(&key, artifact)?.fingerprint)
    }

    /// The packages that lock files among some inputs name.
    fn packages(
        &self,
        inputs: Option<&BTreeMap<String, Digest>>,
    ) -> (BTreeSet<provenance::Package>, Known) {
        let names = inputs.into_iter().flat_map(BTreeMap::keys);
        let (mut files, mut unread) = (BTreeMap::new(), Vec::new());
        for name in names.filter(|name| provenance::is_lock_file(name)) {
            let unreadable = |why: String| Unreadable { file: name.clone(), why };
            match fs::read(self.project.root.join(name)) {
                Err(error) => unread.push(unreadable(error.to_string())),
                Ok(bytes) if inputs.is_some_and(|of| of[name] != Digest::of(&bytes)) => {
                    unread.push(unreadable("it was changed meanwhile".to_owned()));
                }
                // What is no text is no lock file, as whoever reads it will say.
                Ok(bytes) => {
                    files.insert(name.clone(), String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        let (packages, unreadable) = provenance::packages(&files);
        unread.extend(unreadable);
        for file in &unread {
            (self.tell)(Event::Warning { text: file.to_string() });
        }
        let known = match (files.is_empty(), unread.is_empty()) {
            (_, false) => Known::Incomplete,
            (true, true) => Known::Unknown,
            (false, true) => Known::Locked,
        };
        (packages, known)
    }

    fn tools(&self) -> Result<Vec<Tool>, BuildError> {
        let components = self.project.manifest.components.keys();
        let toolchains: BTreeMap<&str, &Toolchain> = components
            .map(|name| self.project.component(name.get_ref()).1)
            .map(|toolchain| (toolchain.name.as_str(), toolchain))
            .collect();
        let mut tools = BTreeSet::new();
        for toolchain in toolchains.into_values() {
            for found in self.provision.look(toolchain, Some(self.project))?.found.into_values() {
                tools.insert(Tool {
                    from: self.provision.origin(toolchain, self.project, &found).from,
                    is_executable: toolchain.tools[&found.name].identity.is_empty(),
                    name: found.name,
                    version: found.version,
                    digest: found.digest,
                });
            }
        }
        Ok(tools.into_iter().collect())
    }

    /// The packages of all WIT directories, and where those are from that were fetched.
    fn wit_packages(&self) -> Vec<WitPackage> {
        let locked = self.project.lock.iter().flat_map(|lock| &lock.wit);
        let locked: BTreeMap<String, &LockedPackage> =
            locked.map(|entry| (entry.shown(), entry)).collect();
        let directories = self.project.wits();
        let packages = directories.flat_map(|(_, directory)| &directory.wit.resolve.packages);
        let packages: BTreeSet<WitPackage> = packages
            .map(|(_, package)| WitPackage {
                name: format!("{}:{}", package.name.namespace, package.name.name),
                version: package.name.version.as_ref().map(ToString::to_string),
                fetched: locked.get(&package.name.to_string()).map(|entry| {
                    let Sha256(digest) = entry.digest;
                    (entry.origin.to_string(), digest)
                }),
            })
            .collect();
        packages.into_iter().collect()
    }
}
