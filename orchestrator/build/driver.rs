//! Takes a plan through the store and the tools to artifacts.
//!
//! Every action goes the same way: its fingerprint is taken; if the store has a record of
//! that key and the artifact, that is it; else the work is done under a lock of that key (two
//! polys do it once), the artifact is stored, and the record last.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use poly_cache::{Artifact, Digest, Record, StatMemo, Store};

use super::compose;
use super::error::{AdaptFailure, BuildError};
use super::event::Event;
use super::project::Project;
use super::provision::Provision;
use super::recipe::{Product, Recipe};
use super::schedule;
use super::state::State;
use crate::component::adapt;
use crate::host;
use crate::plan::{Action, Fingerprint, Plan, Reason};
use crate::toolchain::ToolError;

/// How a build is done, beside what the manifest says.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where artifacts are kept.
    pub cache: PathBuf,
    /// Where installed tools are kept.
    pub home: PathBuf,
    /// Whether missing tools are installed.
    pub install: bool,
    /// How many actions run side by side.
    pub jobs: NonZeroUsize,
}

/// Knows all stages of a build.
pub struct Driver<'a> {
    project: &'a Project,
    options: Options,
    store: Store,
    memo: StatMemo,
    provision: Provision<'a>,
    state: Mutex<State>,
    builds: PathBuf,
    begun: Instant,
    tell: &'a (dyn Fn(Event) + Sync),
}

/// What a build made.
#[derive(Debug, Clone)]
pub struct Built {
    /// The composed component, in the pipeline's output directory.
    pub composed: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// The precompiled one, in the store, if it was asked for.
    pub precompiled: Option<PathBuf>,
}

/// An action, and what a build would do about it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Planned {
    /// The action.
    pub action: Action,
    /// What would be done.
    #[serde(flatten)]
    pub state: PlannedState,
    /// What it depends on, as far as that is known before it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
}

/// What a build would do about an action.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PlannedState {
    /// Nothing: its artifact is in the store.
    Cached {
        /// The artifact.
        artifact: Artifact,
    },
    /// Run it.
    Run {
        /// Why.
        reasons: Vec<Reason>,
    },
}

/// An action about to be looked up: what it depends on, and how to do it.
struct Prepared<'p> {
    fingerprint: Fingerprint,
    by: String,
    work: Box<dyn FnOnce() -> Result<Product, BuildError> + 'p>,
}

impl<'a> Driver<'a> {
    /// Opens the store and poly's own directory of tools.
    pub fn open(
        project: &'a Project,
        options: Options,
        tell: &'a (dyn Fn(Event) + Sync),
    ) -> Result<Self, BuildError> {
        let store = Store::open(&options.cache)?;
        let memo = StatMemo::open(&options.cache.join("memo.json"));
        let provision = Provision::new(&options.home, &options.cache, tell);
        let state = Mutex::new(State::read(&state_file(project)));
        let builds = project.builds(&options.cache);
        let begun = Instant::now();
        Ok(Self { project, options, store, memo, provision, state, builds, begun, tell })
    }

    /// Makes the composed component, and with `run` the precompiled one.
    pub fn build(&self, run: bool) -> Result<Built, BuildError> {
        // A damaged artifact is found when it is read, long after its record was. It is gone
        // from the store then, so that the same build again makes it anew.
        let mut built = self.build_once(run);
        for _ in 0..self.project.manifest.components.len() * 2 {
            let Err(BuildError::Damaged { digest }) = &built else { break };
            (self.tell)(Event::Warning {
                text: format!("artifact {digest} in the cache was damaged and is made again"),
            });
            built = self.build_once(run);
        }
        built
    }

    fn build_once(&self, run: bool) -> Result<Built, BuildError> {
        let plan = Plan::of(&self.project.manifest, run);
        (self.tell)(Event::Begun { actions: plan.needs().len() });
        let work = |action: &Action, taken: &[Artifact]| self.make(action, taken);
        let made = schedule::run(plan.needs(), self.options.jobs, work).map_err(one_error)?;
        for (action, artifact) in &made {
            match action {
                Action::Adapt(name) => self.publish(artifact, &self.project.adapted(name))?,
                Action::Compose => self.publish(artifact, &self.project.composed())?,
                Action::Build(_) | Action::Precompile => {}
            }
        }
        self.save()?;
        let precompiled = made.get(&Action::Precompile).map(|artifact| self.trusted(artifact));
        Ok(Built {
            composed: self.project.composed(),
            size: made[&Action::Compose].size,
            precompiled: precompiled.transpose()?,
        })
    }

    /// What a build would do, and why; starts no tool and writes nothing.
    pub fn plan(&self, run: bool) -> Result<Vec<Planned>, BuildError> {
        let plan = Plan::of(&self.project.manifest, run);
        let mut known: BTreeMap<Action, Artifact> = BTreeMap::new();
        let mut planned = Vec::new();
        for (action, needs) in plan.needs() {
            let missing = needs.iter().find(|need| !known.contains_key(need));
            let (state, fingerprint) = if let Some(missing) = missing {
                let reasons = vec![Reason::Upstream { action: missing.clone() }];
                (PlannedState::Run { reasons }, None)
            } else {
                let taken: Vec<Artifact> = needs.iter().map(|need| known[need]).collect();
                self.foresee(action, &taken)?
            };
            if let PlannedState::Cached { artifact } = &state {
                known.insert(action.clone(), *artifact);
            }
            planned.push(Planned { action: action.clone(), state, fingerprint });
        }
        self.remember();
        Ok(planned)
    }

    fn foresee(
        &self,
        action: &Action,
        taken: &[Artifact],
    ) -> Result<(PlannedState, Option<Fingerprint>), BuildError> {
        let prepared = match self.prepare(action, taken, false) {
            Ok(prepared) => prepared,
            Err(BuildError::Tool(ToolError::NotFound(missing))) => {
                let reasons = vec![Reason::ToolMissing { name: missing.tool }];
                return Ok((PlannedState::Run { reasons }, None));
            }
            Err(other) => return Err(other),
        };
        let fingerprint = prepared.fingerprint;
        let key = fingerprint.key();
        let state = match self.stored(&key)? {
            Some(record) => PlannedState::Cached { artifact: record.artifact },
            None => PlannedState::Run { reasons: self.reasons(action, &fingerprint, &key)? },
        };
        Ok((state, Some(fingerprint)))
    }

    /// Why an action whose artifact is not there must run.
    fn reasons(
        &self,
        action: &Action,
        fingerprint: &Fingerprint,
        key: &Digest,
    ) -> Result<Vec<Reason>, BuildError> {
        let last = self.lock_state().key(action).copied();
        let Some(last) = last else { return Ok(vec![Reason::NeverBuilt]) };
        if last == *key {
            return Ok(vec![Reason::ArtifactGone]);
        }
        let record = self.store.record::<Fingerprint>(&last)?;
        Ok(match record {
            Some(record) => fingerprint.differences(&record.fingerprint),
            None => vec![Reason::NeverBuilt],
        })
    }

    /// The record of a key, if its artifact is there as well.
    fn stored(&self, key: &Digest) -> Result<Option<Record<Fingerprint>>, BuildError> {
        let record = self.store.record::<Fingerprint>(key)?;
        Ok(record.filter(|record| self.store.path(&record.artifact).is_some()))
    }

    fn make(&self, action: &Action, taken: &[Artifact]) -> Result<Artifact, BuildError> {
        let made = self.look_up_or_do(action, taken);
        if made.is_err() {
            (self.tell)(Event::Failed { action: action.clone() });
        }
        made
    }

    fn look_up_or_do(&self, action: &Action, taken: &[Artifact]) -> Result<Artifact, BuildError> {
        let prepared = self.prepare(action, taken, self.options.install)?;
        let started = Instant::now();
        let key = prepared.fingerprint.key();
        if let Some(record) = self.stored(&key)? {
            return Ok(self.done(action, &key, record.artifact, &prepared.by, None, started));
        }
        let _lock = self.store.lock(&key)?;
        // Another poly may have done it while this one waited.
        if let Some(record) = self.stored(&key)? {
            return Ok(self.done(action, &key, record.artifact, &prepared.by, None, started));
        }
        (self.tell)(Event::Started { action: action.clone(), by: prepared.by.clone() });
        let started = Instant::now();
        let Product { bytes, tools } = (prepared.work)()?;
        let artifact = self.store.put(&bytes)?;
        self.store.put_record(&Record {
            key,
            fingerprint: prepared.fingerprint,
            artifact,
            milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        })?;
        Ok(self.done(action, &key, artifact, &prepared.by, Some(tools), started))
    }

    fn done(
        &self,
        action: &Action,
        key: &Digest,
        artifact: Artifact,
        by: &str,
        tools: Option<Duration>,
        started: Instant,
    ) -> Artifact {
        self.lock_state().note(action, *key);
        (self.tell)(Event::Finished {
            action: action.clone(),
            by: by.to_owned(),
            cached: tools.is_none(),
            elapsed: started.elapsed(),
            tools: tools.unwrap_or_default(),
            ended: self.begun.elapsed(),
            size: artifact.size,
        });
        artifact
    }

    fn prepare<'p>(
        &'p self,
        action: &'p Action,
        taken: &[Artifact],
        install: bool,
    ) -> Result<Prepared<'p>, BuildError> {
        match action {
            Action::Build(name) => self.prepare_build(name, install),
            Action::Adapt(name) => Ok(self.prepare_adapt(name, &taken[0])),
            Action::Compose => Ok(self.prepare_compose(taken)),
            Action::Precompile => self.prepare_precompile(&taken[0]),
        }
    }

    fn prepare_build<'p>(
        &'p self,
        name: &'p str,
        install: bool,
    ) -> Result<Prepared<'p>, BuildError> {
        let (_, toolchain) = self.project.component(name);
        let tools = self.provision.provide(toolchain, Some(self.project), install)?;
        let recipe = Recipe::new(&self.builds, self.project, name, tools).map_err(Box::new)?;
        Ok(Prepared {
            fingerprint: recipe.fingerprint(),
            by: toolchain.name.clone(),
            work: Box::new(move || Ok(recipe.carry_out(self.tell).map_err(Box::new)?)),
        })
    }

    fn prepare_adapt<'p>(&'p self, name: &'p str, built: &Artifact) -> Prepared<'p> {
        let (component, _) = self.project.component(name);
        let world = component.world.as_ref().map(|world| world.get_ref().as_str());
        let wit = self.project.wit(component).filter(|_| world.is_some());
        let mut fingerprint = Fingerprint::new("adapt");
        fingerprint.inputs.insert(format!("build {name}"), built.digest);
        if let Some((path, directory)) = wit {
            for (file, text) in &directory.source {
                fingerprint.inputs.insert(format!("{path}/{file}"), Digest::of(text.as_bytes()));
            }
        }
        if let Some(world) = world {
            fingerprint.settings.insert("world".to_owned(), world.to_owned());
        }
        fingerprint.libraries = adapt::versions();
        let built = *built;
        let work = move || {
            let bytes = self.bytes(&built)?;
            let world = wit.zip(world).map(|((_, directory), world)| (&directory.wit, world));
            let adapted = adapt::adapt(&bytes, world)
                .map_err(|source| Box::new(AdaptFailure { component: name.to_owned(), source }))?;
            Ok(Product { bytes: adapted, tools: Duration::ZERO })
        };
        Prepared { fingerprint, by: "wit-component".to_owned(), work: Box::new(work) }
    }

    fn prepare_compose(&self, adapted: &[Artifact]) -> Prepared<'_> {
        let names = self.project.manifest.components.keys().map(|name| name.get_ref().clone());
        let parts: BTreeMap<String, Artifact> = names.zip(adapted.iter().copied()).collect();
        let mut fingerprint = compose::fingerprint(&self.project.manifest);
        for (name, artifact) in &parts {
            fingerprint.inputs.insert(format!("adapt {name}"), artifact.digest);
        }
        let work = move || {
            let mut bytes = BTreeMap::new();
            for (name, artifact) in &parts {
                bytes.insert(name.clone(), self.bytes(artifact)?);
            }
            let (composed, unused) = compose::compose(&self.project.manifest, &bytes)?;
            for name in unused {
                let text = format!("no flow and no link needs component `{name}`; it is left out");
                (self.tell)(Event::Warning { text });
            }
            Ok(Product { bytes: composed, tools: Duration::ZERO })
        };
        Prepared { fingerprint, by: "wasm-compose".to_owned(), work: Box::new(work) }
    }

    fn prepare_precompile(&self, composed: &Artifact) -> Result<Prepared<'_>, BuildError> {
        let options = host::EngineOptions::for_limits(&self.project.manifest.limits);
        let engine = host::Engine::new(&options).map_err(Box::new)?;
        let mut fingerprint = Fingerprint::new("precompile");
        fingerprint.inputs.insert("compose".to_owned(), composed.digest);
        fingerprint.libraries.insert("wasmtime".to_owned(), engine.compatibility());
        let composed = *composed;
        let work = move || {
            let bytes = engine.precompile(&self.bytes(&composed)?).map_err(Box::new)?;
            Ok(Product { bytes, tools: Duration::ZERO })
        };
        Ok(Prepared { fingerprint, by: "wasmtime".to_owned(), work: Box::new(work) })
    }

    /// The bytes of an artifact that was there a moment ago.
    fn bytes(&self, artifact: &Artifact) -> Result<Vec<u8>, BuildError> {
        let bytes = self.store.read(&artifact.digest)?;
        bytes.ok_or(BuildError::Damaged { digest: artifact.digest })
    }

    /// The path of an artifact of which every byte is known to be what poly wrote.
    fn trusted(&self, artifact: &Artifact) -> Result<PathBuf, BuildError> {
        let path = self.store.path(artifact);
        let known =
            |path: &PathBuf| self.memo.digest(path).is_ok_and(|digest| digest == artifact.digest);
        if let Some(path) = path.filter(known) {
            return Ok(path);
        }
        let path = self.store.verified_path(&artifact.digest)?;
        path.ok_or(BuildError::Damaged { digest: artifact.digest })
    }

    /// Makes `path` hold an artifact, unless it does.
    fn publish(&self, artifact: &Artifact, path: &Path) -> Result<(), BuildError> {
        if self.memo.digest(path).is_ok_and(|digest| digest == artifact.digest) {
            return Ok(());
        }
        let failed = |source| BuildError::Write { path: path.to_owned(), source };
        let directory = path.parent().expect("an output has a directory");
        fs::create_dir_all(directory).map_err(failed)?;
        // As `File::create` would: what is built is for others to read.
        let readable = fs::Permissions::from_mode(0o644);
        let file = tempfile::Builder::new().permissions(readable).tempfile_in(directory);
        let mut file = file.map_err(failed)?;
        let bytes = self.bytes(artifact)?;
        std::io::Write::write_all(&mut file, &bytes).map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Keeps what was learned for the next run. Losing it costs time and nothing else.
    fn remember(&self) {
        self.provision.save();
        let _ = self.memo.save();
    }

    fn save(&self) -> Result<(), BuildError> {
        self.remember();
        let path = state_file(self.project);
        self.lock_state().write(&path).map_err(|source| BuildError::Write { path, source })
    }

    fn lock_state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn state_file(project: &Project) -> PathBuf {
    project.output().join("state.json")
}

fn one_error(mut failures: Vec<BuildError>) -> BuildError {
    if failures.len() == 1 { failures.remove(0) } else { BuildError::Several { failures } }
}
