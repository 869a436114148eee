//! The composed component, loaded and ready to be started with what the manifest grants.

use miette::Diagnostic;

use super::CommandError;
use super::context::Context;
use crate::build::{Built, Project};
use crate::check::{Call, Difference, Ending, Expectation, Outcome, Verdict, judge};
use crate::host::{Engine, EngineOptions, Instance, Program, StartError};
use crate::manifest::{self, Limit, Manifest};

/// A program and what it may touch.
pub(super) struct Sandbox<'p> {
    project: &'p Project,
    program: Program,
}

impl<'p> Sandbox<'p> {
    /// Loads what a build with `run` made. Machine code that the host refuses is made once more.
    pub(super) fn open(
        context: &Context<'_>,
        project: &'p Project,
        built: &Built,
    ) -> Result<Self, CommandError> {
        let engine = Engine::new(&EngineOptions::for_limits(&project.manifest.limits))?;
        let load = |built: &Built| {
            let path = built.precompiled.as_deref().expect("this build was asked to precompile");
            Program::load(&engine, path)
        };
        let program = match load(built) {
            Ok(program) => program,
            Err(refused) => {
                context.report.note(&format!("{refused}, and is made again"));
                load(&context.precompile_again(project)?)?
            }
        };
        Ok(Self { project, program })
    }

    /// Makes a call on a new instance, with no state of a former one.
    pub(super) fn call(&self, call: &Call) -> Result<Outcome, CommandError> {
        let Project { root, manifest, .. } = self.project;
        match Instance::start(&self.program, &manifest.grants, &manifest.limits, root) {
            Ok(mut instance) => Ok(instance.call(call)?),
            // A component that does not even start has an outcome like any other.
            Err(StartError::Stopped(outcome)) => Ok(*outcome),
            Err(StartError::Grant(grant)) => Err(in_manifest(manifest, &grant)),
            Err(other) => Err(other.into()),
        }
    }

    /// In what an outcome is not as a check of the manifest expects; empty if in nothing.
    pub(super) fn judge(
        &self,
        check: &manifest::Check,
        outcome: &Outcome,
    ) -> Result<Vec<Difference>, CommandError> {
        match judge(&Expectation::from(check), outcome) {
            Ok(Verdict::Pass) => Ok(Vec::new()),
            Ok(Verdict::Fail { differences }) => Ok(differences),
            Err(error) => Err(at_check(&self.project.manifest, check, &error)),
        }
    }

    /// What to do about an outcome that is no return.
    pub(super) fn remedy(&self, outcome: &Outcome) -> Option<String> {
        match &outcome.ending {
            Ending::Returned(_) => None,
            Ending::Trapped(trap) => {
                let frames = trap.frames.iter().map(|frame| format!("in {frame}"));
                let stopped = (!trap.frames.is_empty()).then(|| "it stopped".to_owned());
                let lines = stopped.into_iter().chain(frames).chain(self.unseen(outcome));
                let lines: Vec<String> = lines.collect();
                (!lines.is_empty()).then(|| lines.join("\n"))
            }
            Ending::Exceeded(limit) => {
                let (table, line) = match limit {
                    Limit::Timeout => ("limits", "timeout = \"60s\""),
                    Limit::Memory => ("limits", "memory = \"1GiB\""),
                    Limit::Tables => ("limits", "tables = 10000000"),
                    Limit::Instances => ("limits", "instances = 10000"),
                    Limit::Stack => ("run", "stack = \"4MiB\""),
                    Limit::Handles => ("limits", "handles = 1000000"),
                    Limit::HostResources => ("limits", "host-resources = 5000"),
                    Limit::Transfer => ("limits", "transfer = \"1GiB\""),
                    Limit::Output => ("limits", "output = \"16MiB\""),
                    Limit::Bodies => ("limits", "bodies = \"256MiB\""),
                    Limit::Fuel => ("limits", "fuel = 10000000000"),
                };
                Some(format!(
                    "if it rightly needs more, say so under `[{table}]`, such as `{line}`"
                ))
            }
        }
    }

    /// How to see what a component wrote before it trapped, if it may have written anything that
    /// was not kept. Most languages tell there why they give up.
    pub(super) fn unseen(&self, outcome: &Outcome) -> Option<String> {
        let trapped = matches!(outcome.ending, Ending::Trapped(_));
        let lost = trapped && outcome.stderr.is_none() && self.program.can_write_to_stderr();
        lost.then(|| "grant `stderr = true` to see what it wrote".to_owned())
    }

    /// What can be called, for people.
    pub(super) fn functions(&self) -> String {
        let lines: Vec<_> = self.program.functions().map(|one| format!("  {one}")).collect();
        format!(
            "these functions can be called with `poly run 'NAME(ARGUMENTS)'`:\n{}",
            lines.join("\n")
        )
    }
}

/// An error of a check, shown at its line of the manifest.
pub(super) fn at_check(
    manifest: &Manifest,
    check: &manifest::Check,
    error: &dyn Diagnostic,
) -> CommandError {
    let help = error.help().map(|help| help.to_string());
    let span = check.call.span();
    CommandError::Manifest(manifest.error_at(span, error.to_string(), "this check", help))
}

/// An error whose labels point into the manifest's text, with that text.
fn in_manifest(manifest: &Manifest, error: &dyn Diagnostic) -> CommandError {
    let help = error.help().map(|help| help.to_string());
    let label = error.labels().and_then(|mut labels| labels.next());
    let (span, text) = label.map_or((0..0, String::new()), |label| {
        (label.offset()..label.offset() + label.len(), label.label().unwrap_or("here").to_owned())
    });
    CommandError::Manifest(manifest.error_at(span, error.to_string(), text, help))
}

/// A call without arguments as long as a book.
pub(super) fn short(call: &Call) -> String {
    let text = call.text();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
