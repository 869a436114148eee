//! What every command starts from: the command line, the places, the report.

use std::env;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use etcetera::BaseStrategy as _;

use super::CommandError;
use crate::build::{Built, Driver, Event, Options, Project, Provision};
use crate::cli::{BuildOptions, Global};
use crate::report::{Report, Summary};

/// What every command starts from.
pub(super) struct Context<'a> {
    pub(super) report: &'a Report,
    pub(super) manifest: PathBuf,
    pub(super) verbose: bool,
    options: Options,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        global: &Global,
        how: BuildOptions,
        jobs: NonZeroUsize,
        report: &'a Report,
    ) -> Result<Self, CommandError> {
        let (cache, home) = directories()?;
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
            manifest: global.manifest.clone().unwrap_or_else(|| PathBuf::from("pipeline.toml")),
            options: Options {
                cache,
                home,
                install: !global.no_install,
                jobs,
                keep_going: how.keep_going,
            },
        })
    }

    /// The pipeline of the manifest.
    pub(super) fn project(&self) -> Result<Project, CommandError> {
        Ok(Project::open(&self.manifest)?)
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
        Provision::new(&self.options.home, &self.options.cache, tell)
    }

    /// Builds with the precompiled component made anew: the one in the cache is of no use.
    pub(super) fn precompile_again(&self, project: &Project) -> Result<Built, CommandError> {
        let tell = |event: Event| self.report.event(&event);
        Driver::open(project, self.options(project), &tell)?.forget_precompiled()?;
        self.build(project, true)
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
        let built = Driver::open(project, self.options(project), &tell)?.build(run)?;
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

/// A path as a person who is here would write it.
pub(super) fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
