//! Takes a plan through the store and the tools to artifacts.
//!
//! Every action goes the same way: its fingerprint is taken; if the store has the artifact that
//! a record of that key names, or named a day ago or less, that is it; else the work is done under
//! a lock of that key (two polys do it once), the artifact is stored, and the record last.

use std::collections::BTreeMap;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use poly_cache::{Artifact, Digest, StatCache};

use super::artifacts::{Artifacts, KeptRecord};
use super::cache::LATEST;
use super::error::BuildError;
use super::event::Event;
use super::inputs::Sources;
use super::noticed::Noticed;
use super::once::Once;
use super::outputs::{self, Left};
use super::paths::state_file;
use super::prepare::{Made, Product};
use super::project::Project;
use super::provenance::Documents;
use super::provision::Provision;
use super::recipe::Kit;
use super::schedule::Schedule;
use super::slots::Jobs;
use super::state::State;
use crate::host::{EngineError, EngineOptions};
use crate::plan::{Action, Plan};
use crate::toolchain::environment::Variables;
use crate::toolchain::{ToolError, interrupt, jobserver, process};

/// What is known of a checkout's files, in its directory.
const STAT_CACHE: &str = "stat.cache";

/// How a build is done, beside what the manifest says.
#[derive(Debug, Clone)]
pub struct Options {
    /// What machine code is made with, and debug information read by. None for `poly build`, which asks for
    /// neither.
    pub runtime: Option<Runtime>,
    /// Where artifacts are kept.
    pub cache: PathBuf,
    /// Where installed tools are kept.
    pub home: PathBuf,
    /// Whether missing tools are installed.
    pub install: bool,
    /// Whether everything must be as the lock file says.
    pub locked: bool,
    /// Where documents about the build go.
    pub documents: Documents,
    /// How many actions run side by side.
    pub jobs: Jobs,
    /// Whether, after a failure, all is still done that needs nothing that failed.
    pub keep_going: bool,
    /// When the files that tools see seem to have been written, if that is to be said.
    pub written: Option<SystemTime>,
    /// The environment that tools are found and started in, as far as their toolchains let it in.
    pub environment: Variables,
}

/// What compiles components and reads their debug information. It is handed to a build, so that the
/// executable of `poly build` is linked without the compiler.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// The executable of a poly that runs components: both are done in other processes of it.
    pub program: PathBuf,
    /// What machine code for an engine of these options depends on
    /// ([`Engine::compatibility_for`](crate::host::Engine::compatibility_for)).
    pub compatibility: fn(&EngineOptions) -> Result<String, EngineError>,
}

/// Knows all stages of a build.
pub struct Driver<'a> {
    pub(super) project: &'a Project,
    pub(super) options: Options,
    pub(super) artifacts: Artifacts,
    pub(super) sources: Sources,
    pub(super) provision: Provision<'a>,
    /// What each toolchain's components have in common, by its name.
    pub(super) kits: Once<String, Kit>,
    pub(super) state: Mutex<State>,
    pub(super) builds: PathBuf,
    pub(super) begun: Instant,
    pub(super) tell: &'a (dyn Fn(Event) + Sync),
}

/// What a build made.
#[derive(Debug, Clone)]
pub struct Built {
    /// The composed component, in the pipeline's output directory.
    pub composed: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// The files that tell of it, if they were asked for.
    pub documents: Vec<PathBuf>,
    /// The precompiled one, in the store, if it was asked for.
    pub precompiled: Option<PathBuf>,
}

/// What make says of itself in the same case, in poly's words.
const UNSHARED: &str = "the make that started poly does not share its job slots, so poly has its \
                        own; put `+` before the command in the recipe";

/// What is said where poly has no job slots to share.
const ABSENT: &str = "no pipe can be made to share job slots through (it takes `/dev/fd` and four open \
                      files): each tool runs as many jobs as it likes";

impl<'a> Driver<'a> {
    /// Opens the store and poly's own directory of tools.
    pub fn open(
        project: &'a Project,
        options: Options,
        tell: &'a (dyn Fn(Event) + Sync),
    ) -> Result<Self, BuildError> {
        let builds = project.builds(&options.cache);
        let seen = Arc::new(StatCache::open(&builds.join(STAT_CACHE), &project.root));
        let artifacts = Artifacts::open(&options.cache, Arc::clone(&seen))?;
        let sources = Sources::new(&project.root, Left::of(project), seen);
        let provision = Provision::new(&options, tell);
        let elsewhere = latest_file(project, &options.cache);
        let state = Mutex::new(project.last(&elsewhere));
        let begun = Instant::now();
        let kits = Once::default();
        Ok(Self {
            project,
            options,
            artifacts,
            sources,
            provision,
            kits,
            state,
            builds,
            begun,
            tell,
        })
    }

    /// Ends the use of the store. What else is known of files and actions is left to the end of the
    /// process, which frees it at once: piece by piece, that takes a fiftieth of a build with nothing
    /// to do.
    pub fn close(self) {
        let Self { state, sources, .. } = self;
        mem::forget((state, sources));
    }

    /// What machine code is made with. Panics where there is nothing: only `poly build` does without, and
    /// precompiles nothing.
    pub(super) fn runtime(&self) -> &Runtime {
        self.options.runtime.as_ref().expect("machine code is asked for where there is a runtime")
    }

    /// Makes the composed component, and with `run` the precompiled one.
    pub fn build(&self, run: bool) -> Result<Built, BuildError> {
        if run {
            self.artifacts.refuse_if_exposed()?;
        }
        self.hold_to_lock(self.options.install)?;
        let plan = Plan::of(&self.project.manifest, run);
        self.until_whole(&plan, || self.build_once(&plan))
    }

    /// Does `work`, which carries out `plan`, and again while it meets damage: a damaged artifact
    /// is found when it is read, long after its record was. It is gone from the store then, so
    /// that the same work again makes it anew.
    pub(super) fn until_whole<T>(
        &self,
        plan: &Plan,
        work: impl Fn() -> Result<T, BuildError>,
    ) -> Result<T, BuildError> {
        let mut done = work();
        for _ in 0..plan.needs().len() {
            if !matches!(&done, Err(error) if error.is_damage()) {
                break;
            }
            done = work();
        }
        for damaged in self.artifacts.take_damaged() {
            (self.tell)(Event::Warning { text: format!("{damaged}; it was made again") });
        }
        done
    }

    /// Makes the artifacts of a plan, and writes none of them anywhere but into the store.
    pub(super) fn make_all(&self, plan: &Plan) -> Result<BTreeMap<Action, Artifact>, BuildError> {
        self.until_whole(plan, || self.carry_out(plan))
    }

    /// Makes the artifacts of a plan.
    pub(super) fn carry_out(&self, plan: &Plan) -> Result<BTreeMap<Action, Artifact>, BuildError> {
        let components = &self.project.manifest.components;
        let is_there = |name: &str| components.contains_key(name);
        outputs::clear_logs(&self.project.root, &self.project.own(), is_there)?;
        (self.tell)(Event::Begun { actions: plan.needs().len() });
        if jobserver::is_unshared() {
            (self.tell)(Event::Warning { text: UNSHARED.to_owned() });
        }
        let schedule = Schedule {
            needs: plan.needs(),
            slots: &|| self.options.jobs.count(),
            demands: self.demands(plan),
            goes_on: &|_| self.options.keep_going && !process::interrupted(),
            alone: self.is_likely_done(plan),
        };
        let made = schedule.run(|action, taken, takes_long| self.make(action, taken, takes_long));
        // What was built is known next time, even if something else failed.
        let saved = self.save();
        let made = made.map_err(one_error)?;
        saved?;
        Ok(made)
    }

    fn build_once(&self, plan: &Plan) -> Result<Built, BuildError> {
        let made = self.carry_out(plan)?;
        let (composed, documents) = self.publish(&made)?;
        let precompiled = made.get(&Action::Precompile(None));
        let precompiled = precompiled.map(|artifact| self.artifacts.trusted(artifact));
        self.remember();
        Ok(Built {
            composed: self.project.composed(),
            size: composed.size,
            documents,
            precompiled: precompiled.transpose()?,
        })
    }

    /// Makes machine code of each of these components by itself, and gives where it is in the store.
    pub fn build_alone(
        &self,
        components: &[&str],
    ) -> Result<BTreeMap<String, PathBuf>, BuildError> {
        self.artifacts.refuse_if_exposed()?;
        self.hold_to_lock(self.options.install)?;
        let plan = Plan::of_alone(&self.project.manifest, components.iter().copied());
        self.until_whole(&plan, || {
            let made = self.carry_out(&plan)?;
            let programs = made.iter().filter_map(|(action, artifact)| match action {
                Action::Precompile(Some(name)) => Some((name.clone(), artifact)),
                _ => None,
            });
            let programs = programs.map(|(name, it)| Ok((name, self.artifacts.trusted(it)?)));
            let programs = programs.collect::<Result<_, BuildError>>()?;
            self.remember();
            Ok(programs)
        })
    }

    /// Drops what the last build here precompiled of a component by itself, or of the composed
    /// one, because the host refuses to load it: the next build compiles it again.
    pub fn forget_precompiled(&self, component: Option<&str>) -> Result<(), BuildError> {
        let key = self.lock_state().key(&Action::Precompile(component.map(str::to_owned)));
        key.map_or(Ok(()), |key| self.artifacts.forget(&key))
    }

    /// The adapted file of a component in the store, as the last build here made it.
    pub fn adapted(&self, component: &str) -> Result<Option<PathBuf>, BuildError> {
        let artifact = self.last_artifact(&Action::Adapt(component.to_owned()))?;
        artifact.map(|artifact| self.artifacts.trusted(&artifact)).transpose()
    }

    /// What the last build here made by an action, if it is still there.
    pub(super) fn last_artifact(&self, action: &Action) -> Result<Option<Artifact>, BuildError> {
        let key = self.lock_state().key(action);
        key.map_or(Ok(None), |key| self.artifacts.find(&key, &[]))
    }

    /// Whether there is likely nothing to do, and little to look at.
    fn is_likely_done(&self, plan: &Plan) -> bool {
        let state = self.lock_state();
        let done =
            |action| state.here(action).is_some_and(|last| last.key.is_some() && !last.failed);
        self.artifacts.seen.is_of_little() && plan.needs().keys().all(done)
    }

    fn make(
        &self,
        action: &Action,
        taken: &[Artifact],
        takes_long: &dyn Fn(),
    ) -> Result<Artifact, BuildError> {
        let made = self.look_up_or_do(action, taken, takes_long);
        // An action that was interrupted has not failed, nor one that met damage.
        if let Err(error) = &made
            && !process::interrupted()
            && !error.is_damage()
        {
            (self.tell)(Event::Failed { action: action.clone() });
        }
        made
    }

    fn look_up_or_do(
        &self,
        action: &Action,
        taken: &[Artifact],
        takes_long: &dyn Fn(),
    ) -> Result<Artifact, BuildError> {
        let prepared = self.prepare(action, taken, self.options.install, takes_long)?;
        let started = Instant::now();
        let key = prepared.fingerprint.key();
        let look_up = || -> Result<Option<Artifact>, BuildError> {
            let Some((artifact, noticed)) = self.find(action, &key, taken)? else {
                return Ok(None);
            };
            if let Some(noticed) = noticed {
                self.tell_of(key, noticed);
            }
            self.lock_state().found(action, key);
            Ok(Some(self.done(action, artifact, &prepared.by, None, started)))
        };
        if let Some(artifact) = look_up()? {
            return Ok(artifact);
        }
        takes_long();
        // A person may tire of waiting for another poly.
        interrupt::watch();
        let waiting = || {
            let text = format!("another poly is doing the same; `{action}` waits for it");
            (self.tell)(Event::Warning { text });
        };
        let _lock = self.artifacts.lock(&key, waiting)?;
        // Another poly may have done it while this one waited.
        if let Some(artifact) = look_up()? {
            return Ok(artifact);
        }
        let because = self.reasons(action, &prepared.fingerprint, &key)?;
        let stopped = BuildError::Tool(ToolError::Interrupted);
        let _tokens = jobserver::acquire(self.weight(action)).ok_or(stopped)?;
        if jobserver::is_absent() {
            (self.tell)(Event::Warning { text: ABSENT.to_owned() });
        }
        (self.tell)(Event::Started {
            action: action.clone(),
            by: prepared.by.clone(),
            because: because.clone(),
        });
        let started = Instant::now();
        let done = (prepared.work)();
        if done.as_ref().is_err_and(|error| !process::interrupted() && !error.is_damage()) {
            self.lock_state().failed(action);
        }
        let Product { made, tools, by, noticed } = done?;
        let by = by.unwrap_or(prepared.by);
        let artifact = match made {
            Made::New(bytes) => self.artifacts.put(bytes)?,
            Made::Same(artifact) => artifact,
        };
        let took = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let fingerprint = prepared.fingerprint;
        let record = KeptRecord { key, fingerprint, artifact, noticed, milliseconds: took };
        self.artifacts.note(&record)?;
        if let Some(noticed) = record.noticed {
            self.tell_of(key, noticed);
        }
        self.lock_state().ran(action, key, took, because);
        Ok(self.done(action, artifact, &by, Some(tools), started))
    }

    /// What an action makes of what it depends on, and what it noticed, if both are there. Only composing
    /// notices anything.
    pub(super) fn find(
        &self,
        action: &Action,
        key: &Digest,
        taken: &[Artifact],
    ) -> Result<Option<(Artifact, Option<Noticed>)>, BuildError> {
        let Some(artifact) = self.artifacts.find(key, taken)? else { return Ok(None) };
        if *action != Action::Compose {
            return Ok(Some((artifact, None)));
        }
        Ok(self.noticed(key)?.map(|noticed| (artifact, Some(noticed))))
    }

    /// What composing noticed when it made what a key led to, if its record is still whole. Which
    /// need not be read where the last build here knew.
    fn noticed(&self, key: &Digest) -> Result<Option<Noticed>, BuildError> {
        let known = self.lock_state().noticed(key).cloned();
        if known.is_some() {
            return Ok(known);
        }
        Ok(self.artifacts.record(key)?.and_then(|record| record.noticed))
    }

    fn tell_of(&self, key: Digest, noticed: Noticed) {
        for text in noticed.warnings(&self.project.manifest) {
            (self.tell)(Event::Warning { text });
        }
        self.lock_state().notice(key, noticed);
    }

    fn done(
        &self,
        action: &Action,
        artifact: Artifact,
        by: &str,
        tools: Option<Duration>,
        started: Instant,
    ) -> Artifact {
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

    pub(super) fn remember(&self) {
        self.provision.save();
        self.artifacts.remember();
    }

    fn save(&self) -> Result<(), BuildError> {
        // Also by a build with nothing to do: what was seen of files is kept there.
        self.enter()?;
        self.remember();
        let state = self.lock_state();
        if state.is_changed() {
            let write = |state: &State, path: PathBuf| {
                state.write(&path).map_err(|source| BuildError::Write { path, source })
            };
            write(&state, state_file(&self.project.root, &self.project.file))?;
            write(&state.for_others(), latest_file(self.project, &self.options.cache))?;
        }
        Ok(())
    }

    pub(super) fn lock_state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The copy in the cache, for other checkouts of a pipeline of this name and these components, in a
/// manifest of this name.
fn latest_file(project: &Project, cache: &Path) -> PathBuf {
    let mut names = vec![&*project.file, project.manifest.pipeline.name.get_ref().as_str()];
    names.extend(project.manifest.components.keys().map(|name| name.get_ref().as_str()));
    // No name has a line in it.
    let name = Digest::of(names.join("\n").as_bytes());
    cache.join(LATEST).join(format!("{}.json", name.short()))
}

fn one_error(mut failures: Vec<BuildError>) -> BuildError {
    if failures.len() == 1 { failures.remove(0) } else { BuildError::Several { failures } }
}
