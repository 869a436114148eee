//! What every command starts from: the command line, the places, the report.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use etcetera::BaseStrategy as _;

use super::CommandError;
use crate::build::{
    self, Apart, BuildError, Built, Documents, Driver, Event, Jobs, Options, Project, Provision,
    Reading, Runtime, Verified,
};
use crate::cli::Global;
use crate::config::{Config, ConfigError};
use crate::host::Engine;
use crate::manifest::Manifest;
use crate::report::{CheckPlace, Report, Summary};
use crate::toolchain::environment;

/// What every command starts from.
#[derive(Clone)]
pub(super) struct Context<'a> {
    pub(super) report: &'a Report,
    pub(super) manifest: PathBuf,
    pub(super) verbose: bool,
    pub(super) config: Config,
    /// What is known of reading debug information.
    pub(super) reading: Rc<RefCell<Reading>>,
    options: Options,
    stored: Rc<Cell<bool>>,
    /// The warnings that were told: what is built once more says them again.
    warned: Rc<Mutex<BTreeSet<String>>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        global: &Global,
        jobs: Jobs,
        keep_going: bool,
        runtime: Option<Runtime>,
        report: &'a Report,
    ) -> Result<Self, CommandError> {
        let (cache, home) = directories()?;
        let config = config()?;
        if let Some(directory) = &global.directory {
            env::set_current_dir(directory).map_err(|source| CommandError::System {
                doing: "change to",
                path: directory.clone(),
                source,
            })?;
        }
        Ok(Self {
            report,
            verbose: global.verbose,
            config,
            reading: Rc::default(),
            stored: Rc::default(),
            warned: Rc::default(),
            manifest: global.manifest.clone().unwrap_or_else(|| PathBuf::from("pipeline.toml")),
            options: Options {
                runtime,
                cache,
                home,
                install: !global.no_install,
                locked: global.locked,
                documents: Documents::None,
                jobs,
                keep_going,
                written: None,
                environment: environment::of_process(),
            },
        })
    }

    /// The pipeline of the manifest.
    pub(super) fn project(&self) -> Result<Project, CommandError> {
        Ok(Project::open(&self.manifest)?)
    }

    /// A place in the manifest, by its byte.
    pub(super) fn place(&self, manifest: &Manifest, at: usize) -> CheckPlace {
        let (line, column) = manifest.line_and_column(at);
        CheckPlace { file: self.manifest.display().to_string(), line, column }
    }

    /// The pipeline of the manifest, if there is a manifest.
    pub(super) fn project_if_any(&self) -> Result<Option<Project>, CommandError> {
        if self.manifest.exists() { self.project().map(Some) } else { Ok(None) }
    }

    /// How a build of this project is done.
    pub(super) fn options(&self, project: &Project) -> Options {
        let install = self.options.install && project.manifest.pipeline.install;
        Options { install, ..self.options.clone() }
    }

    /// Whether everything must be as the lock file says.
    pub(super) fn locked(&self) -> bool {
        self.options.locked
    }

    /// The same for a pipeline of poly's own, which has no lock file.
    pub(super) fn unlocked(&self) -> Context<'a> {
        let options = Options { locked: false, ..self.options.clone() };
        Context { options, ..self.clone() }
    }

    /// The same for a build that is to be told of.
    pub(super) fn with_documents(&self, documents: Documents) -> Context<'a> {
        let options = Options { documents, ..self.options.clone() };
        Context { options, ..self.clone() }
    }

    /// Holds what a build would use against the lock file.
    pub(super) fn hold_to_lock(&self, project: &Project) -> Result<(), CommandError> {
        let tell = |event: Event| self.report.event(&event);
        let options = self.options(project);
        let install = options.install;
        Ok(Driver::open(project, options, &tell)?.hold_to_lock(install)?)
    }

    /// Whether a build put anything into the cache.
    pub(super) fn has_stored(&self) -> bool {
        self.stored.get()
    }

    /// Where artifacts and all that was fetched are kept.
    pub(super) fn cache(&self) -> &Path {
        &self.options.cache
    }

    /// Where installed tools are kept.
    pub(super) fn home(&self) -> &Path {
        &self.options.home
    }

    /// Where a project's components are built.
    pub(super) fn builds(&self, project: &Project) -> PathBuf {
        project.builds(&self.options.cache)
    }

    /// Where tools come from.
    pub(super) fn provision<'t>(&self, tell: &'t (dyn Fn(Event) + Sync)) -> Provision<'t> {
        Provision::new(&self.options, tell)
    }

    /// Drops machine code of a component by itself, or of the composed one: the one in the cache is
    /// of no use.
    pub(super) fn forget_precompiled(
        &self,
        project: &Project,
        component: Option<&str>,
    ) -> Result<(), CommandError> {
        let tell = |event: Event| self.report.event(&event);
        Ok(Driver::open(project, self.options(project), &tell)?.forget_precompiled(component)?)
    }

    /// Builds components to be called by themselves; gives the machine code of each.
    pub(super) fn build_alone(
        &self,
        project: &Project,
        components: &[&str],
    ) -> Result<BTreeMap<String, PathBuf>, CommandError> {
        let tell = |event: Event| self.report.event(&event);
        self.drive(project, &tell, |driver| driver.build_alone(components))
    }

    /// Makes the parts of a composition, each by itself.
    pub(super) fn build_apart(&self, project: &Project) -> Result<Apart, CommandError> {
        // What is there was told when the whole was built.
        let tell = |event: Event| match event {
            Event::Finished { cached: true, .. } => {}
            event => self.report.event(&event),
        };
        let work = |driver: &Driver<'_>| driver.build_apart();
        self.drive(project, &tell, work)
    }

    /// Has a driver `work`, which `tell`s what happens, each warning once. Whether it put anything into
    /// the cache is known afterwards.
    pub(super) fn drive<T>(
        &self,
        project: &Project,
        tell: &(dyn Fn(Event) + Sync),
        work: impl FnOnce(&Driver<'_>) -> Result<T, BuildError>,
    ) -> Result<T, CommandError> {
        let (stored, warned) = (AtomicBool::new(false), &*self.warned);
        let is_new = |text: &String| {
            warned.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone())
        };
        let noted = |event: Event| {
            stored.fetch_or(
                matches!(event, Event::Finished { cached: false, .. }),
                Ordering::Relaxed,
            );
            if !matches!(&event, Event::Warning { text } if !is_new(text)) {
                tell(event);
            }
        };
        let driver = Driver::open(project, self.options(project), &noted)?;
        let done = work(&driver);
        driver.close();
        self.stored.set(self.stored.get() || stored.into_inner());
        Ok(done?)
    }

    /// Builds twice, telling what happens, and compares.
    pub(super) fn verify(&self, project: &Project) -> Result<Verified, CommandError> {
        let tell = |event: Event| self.report.event(&event);
        Ok(build::verify(project, &self.options(project), &tell)?)
    }

    /// Builds, telling what happens and how it ended.
    pub(super) fn build(&self, project: &Project, run: bool) -> Result<Built, CommandError> {
        let started = Instant::now();
        let (actions, ran) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let tell = |event: Event| {
            if let Event::Finished { cached, .. } = &event {
                actions.fetch_add(1, Ordering::Relaxed);
                ran.fetch_add(usize::from(!cached), Ordering::Relaxed);
            }
            self.report.event(&event);
        };
        let built = self.drive(project, &tell, |driver| driver.build(run))?;
        self.report.summary(&Summary {
            pipeline: project.manifest.pipeline.name.get_ref().clone(),
            actions: actions.into_inner(),
            ran: ran.into_inner(),
            composed: shown(&built.composed),
            size: built.size,
            milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        Ok(built)
    }
}

/// The runtime of this executable.
pub(super) fn runtime() -> Result<Runtime, CommandError> {
    // This very program, even if another has taken its place on disk meanwhile.
    let program =
        if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { own_executable()? };
    Ok(Runtime { program, compatibility: Engine::compatibility_for })
}

/// Where this executable lies.
pub(super) fn own_executable() -> Result<PathBuf, CommandError> {
    env::current_exe().map_err(|source| CommandError::System {
        doing: "find poly's own executable",
        path: env::args_os().next().unwrap_or_default().into(),
        source,
    })
}

/// Where artifacts and tools are kept: `POLY_CACHE_DIR` and `POLY_HOME`, or the platform's
/// directories for such things.
fn directories() -> Result<(PathBuf, PathBuf), CommandError> {
    let named = |name: &str| env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let usual = etcetera::choose_base_strategy().ok();
    let cache = named("POLY_CACHE_DIR")
        .or_else(|| usual.as_ref().map(|usual| usual.cache_dir().join("poly")));
    let home =
        named("POLY_HOME").or_else(|| usual.as_ref().map(|usual| usual.data_dir().join("poly")));
    match (cache, home) {
        (Some(cache), Some(home)) => Ok((absolute(cache), absolute(home))),
        _ => Err(CommandError::NoHome),
    }
}

/// The user's own settings: of the file that `POLY_CONFIG` names, or else of `poly/config.toml`
/// in the platform's directory for such files, if it is there.
fn config() -> Result<Config, CommandError> {
    let named = env::var_os("POLY_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    let usual = || etcetera::choose_base_strategy().ok().map(|usual| usual.config_dir());
    let path = named.clone().or_else(|| Some(usual()?.join("poly/config.toml")));
    let Some(path) = path else { return Ok(Config::default()) };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) if named.is_some() => return Err(CommandError::NoConfig { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Config::default()),
        Err(source) => return Err(CommandError::System { doing: "read", path, source }),
    };
    let parsed = Config::parse(&path.display().to_string(), &text);
    let told = |error: Box<ConfigError>| match named {
        Some(_) => error.named_by("POLY_CONFIG"),
        None => error,
    };
    Ok(parsed.map_err(told)?)
}

/// A path as a person who is here would write it.
pub(super) fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
