//! Getting a tool that is not there, into poly's own directory.
//!
//! ```text
//! POLY_HOME/
//! ├── tools/
//! │   └── tinygo/0.41.1/      a prefix: one tool in one version
//! │       ├── bin/            where its executables are
//! │       └── receipt.json    written last: a prefix without one is of an interrupted install
//! ├── aside/tinygo-0.41.1/    the complete prefix that was there before, until the new one is
//! ├── work/tinygo-0.41.1/     scratch while it is being installed
//! ├── logs/tinygo-0.41.1-script.log
//! └── locks/tinygo-0.41.1.lock
//! ```
//!
//! Ways are tried in the order of the toolchain's file, each in an empty prefix, under a lock
//! that one install holds at a time. A way has worked when the tool in the prefix will do;
//! what it says of itself is not believed. A complete prefix that will not do any more is put
//! aside (one that was installed in a way that has been changed since will not do), and put back if no way works or poly is stopped: the tool may be better than nothing,
//! and whoever stopped poly did not ask for its end. Nothing outside of `POLY_HOME` is written, with one
//! exception that the way's name tells: `rustup-target` adds to the user's own Rust.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use miette::Diagnostic;
use thiserror::Error;

use super::definition::{Tool, Toolchain, Way};
use super::find::{Candidate, Finder, FoundTool, NotFound, Tools, Unfound, executable_in};
use super::probe::{Probe, Unfit};
use super::process::ProcessError;
use super::{interrupt, jobserver};

mod archive;
mod place;
mod way;

use place::Place;
pub(super) use place::Receipt;
use way::Failure;

/// What happens while a tool is being installed.
#[derive(Debug, Clone, Copy)]
pub enum InstallEvent<'a> {
    /// Another poly, or another thread of this one, holds the lock.
    Waiting {
        /// The tool.
        tool: &'a str,
    },
    /// A way is being tried.
    Started {
        /// The tool.
        tool: &'a str,
        /// Its version.
        version: &'a str,
        /// The way.
        way: &'static str,
    },
    /// A way did not work; the next one, if there is one, is tried.
    Failed {
        /// The tool.
        tool: &'a str,
        /// What was tried.
        attempt: &'a Attempt,
    },
    /// The tool is there.
    Finished {
        /// The tool.
        tool: &'a FoundTool,
        /// How long it took.
        elapsed: Duration,
    },
}

/// A way that was tried and did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The way.
    pub way: &'static str,
    /// What it said: its last lines.
    pub said: String,
    /// Where all of it is.
    pub log: Option<PathBuf>,
    /// The line that a person can run instead.
    pub by_hand: Option<String>,
}

/// A tool that is needed is not to be had.
#[derive(Debug, Error, Diagnostic)]
pub enum ToolError {
    /// It was not found, and was not to be installed or cannot be.
    #[error(transparent)]
    #[diagnostic(transparent)]
    NotFound(Box<NotFound>),
    /// It could not be installed.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Install(Box<InstallError>),
    /// poly was stopped while it looked for it.
    #[error("interrupted")]
    Interrupted,
}

/// A tool could not be installed.
#[derive(Debug, Error, Diagnostic)]
pub enum InstallError {
    /// poly's own directory cannot be used.
    #[error("cannot write to `{}`, where tools are installed", path.display())]
    #[diagnostic(help("set `POLY_HOME` to a directory that can be written to"))]
    Home {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Every way failed.
    #[error("cannot install `{tool}` {version}: {}", tried(attempts))]
    #[diagnostic(help("{}", by_hand(tool, attempts, otherwise.as_deref())))]
    Failed {
        /// The tool.
        tool: String,
        /// The version.
        version: String,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
        /// What else a person can do.
        otherwise: Option<String>,
    },
    /// poly was stopped.
    #[error("interrupted while installing `{tool}`")]
    Interrupted {
        /// The tool.
        tool: String,
    },
}

impl Finder {
    /// All tools of a toolchain, installed where they are missing and `install` allows it.
    pub fn provide(
        &self,
        toolchain: &Toolchain,
        overrides: &BTreeMap<String, PathBuf>,
        install: bool,
        progress: &dyn Fn(InstallEvent<'_>),
    ) -> Result<Tools, ToolError> {
        let mut tools = Tools::default();
        for tool in toolchain.tools.values() {
            let overridden = overrides.get(&tool.name).map(PathBuf::as_path);
            let found = match self.find_tool(toolchain, tool, overridden, &tools) {
                Ok(found) => found,
                Err(Unfound::Interrupted) => return Err(ToolError::Interrupted),
                Err(Unfound::Missing(missing))
                    if !install || missing.overridden || tool.installs.is_empty() =>
                {
                    return Err(ToolError::NotFound(Box::new(missing)));
                }
                Err(Unfound::Missing(_)) => self
                    .install(toolchain, tool, &tools, progress)
                    .map_err(|error| ToolError::Install(Box::new(error)))?,
            };
            tools.found.insert(tool.name.clone(), found);
        }
        Ok(tools)
    }

    /// Installs one tool; `before` are the toolchain's tools that are there already, which a
    /// way may use.
    pub fn install(
        &self,
        toolchain: &Toolchain,
        tool: &Tool,
        before: &Tools,
        progress: &dyn Fn(InstallEvent<'_>),
    ) -> Result<FoundTool, InstallError> {
        interrupt::watch();
        let version = tool.install_version.as_deref().unwrap_or("target");
        let place = Place::new(&self.home, tool, version);
        let interrupted = || InstallError::Interrupted { tool: tool.name.clone() };
        let waiting = || progress(InstallEvent::Waiting { tool: &tool.name });
        let _lock = place
            .lock(self.running, waiting)
            .map_err(|source| place.unusable(source))?
            .ok_or_else(interrupted)?;
        place.take_back().map_err(|source| place.unusable(source))?;
        // Whoever held the lock may have installed it.
        match self.find_tool(toolchain, tool, None, before) {
            Ok(found) => return Ok(found),
            Err(Unfound::Interrupted) => return Err(interrupted()),
            Err(Unfound::Missing(_)) => {}
        }
        let _tokens = jobserver::acquire(NonZeroUsize::MIN).ok_or_else(interrupted)?;
        place.put_aside().map_err(|source| place.unusable(source))?;
        let installed = self.try_ways(toolchain, tool, &place, before, progress);
        place.take_back().map_err(|source| place.unusable(source))?;
        installed
    }

    /// Tries one way after the other. If none works, there is no prefix afterwards.
    fn try_ways(
        &self,
        toolchain: &Toolchain,
        tool: &Tool,
        place: &Place,
        before: &Tools,
        progress: &dyn Fn(InstallEvent<'_>),
    ) -> Result<FoundTool, InstallError> {
        let started = Instant::now();
        let version = place.version.as_str();
        let mut attempts = Vec::new();
        for way in &tool.installs {
            let name = way.name();
            progress(InstallEvent::Started { tool: &tool.name, version, way: name });
            let made = place
                .prepare(name)
                .map_err(Failure::Home)
                .and_then(|()| way::run(self, way, place, before))
                .and_then(|()| self.verify(toolchain, tool, way, place, before));
            place.discard_work();
            match made {
                Ok(found) => {
                    progress(InstallEvent::Finished { tool: &found, elapsed: started.elapsed() });
                    return Ok(found);
                }
                Err(failure) => {
                    place.discard_prefix();
                    let attempt = self.attempt(tool, way, place, failure)?;
                    progress(InstallEvent::Failed { tool: &tool.name, attempt: &attempt });
                    attempts.push(attempt);
                }
            }
        }
        let version = version.to_owned();
        let otherwise = tool.otherwise.clone();
        Err(InstallError::Failed { tool: tool.name.clone(), version, attempts, otherwise })
    }

    /// The tool, if what a way left behind will do; with a receipt then.
    fn verify(
        &self,
        toolchain: &Toolchain,
        tool: &Tool,
        way: &Way,
        place: &Place,
        before: &Tools,
    ) -> Result<FoundTool, Failure> {
        if let Way::RustupTarget { .. } = way {
            // What it installs is not ours, and not in the prefix.
            place.discard_prefix();
            return self.find_tool(toolchain, tool, None, before).map_err(|unfound| {
                let Unfound::Missing(missing) = unfound else {
                    return Failure::Process(ProcessError::Interrupted);
                };
                let reasons = missing.candidates.iter();
                let reasons = reasons.map(|Candidate { path, refusal }| {
                    format!("afterwards `{}` {refusal}", path.display())
                });
                Failure::Said(reasons.collect::<Vec<_>>().join("\n"))
            });
        }
        let executable = executable_in(&place.prefix, tool);
        let found = Probe::new(self, toolchain, tool).accept(&executable);
        let found = found.map_err(|unfit| match unfit {
            Unfit::Refused(refusal) => {
                Failure::Said(format!("afterwards `{}` {refusal}", executable.display()))
            }
            Unfit::Interrupted => Failure::Process(ProcessError::Interrupted),
        })?;
        let receipt = Receipt {
            tool: tool.name.clone(),
            version: place.version.clone(),
            way: way.name().to_owned(),
            recipe: Some(way.recipe()),
            fetched: self.fetched(way, &place.version, &executable),
        };
        place.write_receipt(&receipt).map_err(Failure::Home)?;
        Ok(found)
    }

    /// What is remembered of a failure, unless it ends the whole install.
    fn attempt(
        &self,
        tool: &Tool,
        way: &Way,
        place: &Place,
        failure: Failure,
    ) -> Result<Attempt, InstallError> {
        let interrupted = || InstallError::Interrupted { tool: tool.name.clone() };
        if self.running.interrupted() {
            return Err(interrupted());
        }
        let said = match failure {
            Failure::Said(said) => said,
            Failure::Process(ProcessError::Interrupted) => return Err(interrupted()),
            Failure::Process(ProcessError::NotStarted { program, source, .. }) => {
                format!("cannot start `{}`: {source}", program.display())
            }
            Failure::Process(ProcessError::Output { source, .. }) => source.to_string(),
            Failure::Process(late @ ProcessError::Late { .. }) => late.to_string(),
            Failure::Home(source) => return Err(place.unusable(source)),
        };
        let log = place.log(way.name());
        Ok(Attempt {
            way: way.name(),
            said,
            log: log.exists().then_some(log),
            by_hand: way::by_hand(way, tool),
        })
    }
}

fn tried(attempts: &[Attempt]) -> String {
    let ways: Vec<String> = attempts.iter().map(|attempt| format!("`{}`", attempt.way)).collect();
    match ways.as_slice() {
        [way] => format!("the way {way} failed"),
        ways => format!("the ways {} failed", ways.join(", ")),
    }
}

/// What each way said, and what a person can do.
fn by_hand(tool: &str, attempts: &[Attempt], otherwise: Option<&str>) -> String {
    let mut lines = Vec::new();
    for Attempt { way, said, log, .. } in attempts {
        lines.push(format!("`{way}` said:"));
        lines.extend(said.lines().map(|line| format!("  {line}")));
        if let Some(log) = log {
            lines.push(format!("  all of it is in {}", log.display()));
        }
    }
    let mut commands: Vec<&str> = Vec::new();
    for command in attempts.iter().filter_map(|attempt| attempt.by_hand.as_deref()) {
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    match commands.as_slice() {
        [] => lines.push(format!("install `{tool}` yourself, where `PATH` leads to it")),
        [command] => lines.push(format!("install `{tool}` yourself: {command}")),
        commands => {
            lines.push(format!("install `{tool}` yourself, in one of these ways:"));
            lines.extend(commands.iter().map(|command| format!("  {command}")));
        }
    }
    lines.extend(otherwise.map(str::to_owned));
    lines.join("\n")
}

#[cfg(test)]
#[path = "install/tests.rs"]
mod tests;
