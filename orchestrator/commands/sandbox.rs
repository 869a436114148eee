//! A component in machine code, ready to be started with what the manifest grants.

use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::CommandError;
use super::context::Context;
use crate::build::{Built, Project};
use crate::check::{Call, Difference, Ending, Expectation, Frame, Outcome, Verdict, judge};
use crate::host::{Engine, EngineOptions, Instance, Program, StartError};
use crate::manifest::{self, Grants, Limit, Manifest, Profile, Spanned};
use crate::nearest::quoted;
use crate::report::{CheckPlace, stopped};

/// A program and what it may touch.
pub(super) struct Sandbox<'p> {
    context: &'p Context<'p>,
    project: &'p Project,
    program: Program,
}

impl<'p> Sandbox<'p> {
    /// Loads what a build with `run` made.
    pub(super) fn open(
        context: &'p Context<'p>,
        project: &'p Project,
        built: &Built,
    ) -> Result<Self, CommandError> {
        const ASKED: &str = "this build was asked to precompile";
        let path = built.precompiled.as_deref().expect(ASKED);
        Self::load(context, project, None, path, || {
            Ok(context.build(project, true)?.precompiled.expect(ASKED))
        })
    }

    /// Loads machine code of a component by itself, which the manifest names at this place.
    pub(super) fn alone(
        context: &'p Context<'p>,
        project: &'p Project,
        component: &Spanned<String>,
        path: &Path,
    ) -> Result<Self, CommandError> {
        let name = component.get_ref();
        let loaded = Self::load(context, project, Some(name), path, || {
            Ok(context.build_alone(project, &[name])?.remove(name).expect("it was asked for"))
        })?;
        let unmet = loaded.program.unmet();
        if unmet.is_empty() {
            return Ok(loaded);
        }
        let imports = quoted(unmet.iter().map(String::as_str));
        let message = format!("component `{name}` imports {imports}, and cannot run by itself");
        let help = "by itself it has WASI and nothing else; name one that needs no other component";
        let error =
            project.manifest.error_at(component.span(), message, "needs others", help.to_owned());
        Err(error.into())
    }

    /// Machine code that the host refuses is made once more.
    fn load(
        context: &'p Context<'p>,
        project: &'p Project,
        component: Option<&str>,
        path: &Path,
        again: impl FnOnce() -> Result<PathBuf, CommandError>,
    ) -> Result<Self, CommandError> {
        let engine = Engine::new(&EngineOptions::for_limits(&project.manifest.limits))?;
        let program = match Program::load(&engine, path) {
            Ok(program) => program,
            Err(refused) => {
                context.report.note(&format!("{refused}, and is made again"));
                context.forget_precompiled(project, component)?;
                Program::load(&engine, &again()?)?
            }
        };
        Ok(Self { context, project, program })
    }

    /// What it exports.
    pub(super) fn program(&self) -> &Program {
        &self.program
    }

    /// A new instance with these grants.
    pub(super) fn start(&self, grants: &Grants) -> Result<Instance, CommandError> {
        let Project { root, manifest, .. } = self.project;
        Instance::start(&self.program, grants, &manifest.limits, root).map_err(
            |error| match error {
                StartError::Grant(grant) => in_manifest(manifest, &grant),
                other => other.into(),
            },
        )
    }

    /// Makes a call on a new instance, with no state of a former one.
    pub(super) fn call(&self, call: &Call) -> Result<Outcome, CommandError> {
        match self.start(&self.project.manifest.grants) {
            Ok(mut instance) => Ok(instance.call(call)?),
            // A component that does not even start has an outcome like any other.
            Err(CommandError::Start(StartError::Stopped(outcome))) => Ok(*outcome),
            Err(other) => Err(other),
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
                let mut lines = Vec::new();
                if let Some((title, frames)) = stopped(trap, self.context.verbose) {
                    lines.push(title);
                    lines.extend(frames.into_iter().map(|frame| format!("  {frame}")));
                }
                lines.extend(self.unseen(outcome));
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

    /// Says of a trap where in the pipeline's sources it was.
    pub(super) fn locate(&self, outcome: &mut Outcome) {
        let Ending::Trapped(trap) = &mut outcome.ending else { return };
        // What cannot be known leaves the trap as it is.
        let _ = self.context.locate(self.project, trap, outcome.stderr.as_deref());
    }

    /// Where the manifest has a check.
    pub(super) fn place(&self, check: &manifest::Check) -> CheckPlace {
        let (line, column) = self.project.manifest.line_and_column(check.call.span().start);
        CheckPlace { file: self.context.manifest.display().to_string(), line, column }
    }

    /// How to see more of a trap: what a component wrote before it, if it may have written anything
    /// that was not kept (most languages tell there why they give up), and where in its sources it
    /// was.
    pub(super) fn unseen(&self, outcome: &Outcome) -> Option<String> {
        let Ending::Trapped(trap) = &outcome.ending else { return None };
        let lost = outcome.stderr.is_none() && self.program.can_write_to_stderr();
        let lost = lost.then(|| "grant `stderr = true` to see what it wrote".to_owned());
        let component = trap.frames.iter().find_map(|frame| frame.component.as_deref());
        let unnamed = component.filter(|name| {
            let (settings, toolchain) = self.project.component(name);
            let steps = |profile| toolchain.steps(profile).into_iter().map(|step| step.run);
            settings.profile == Profile::Release
                && steps(Profile::Release).ne(steps(Profile::Debug))
                && !trap.frames.iter().any(Frame::is_own)
        });
        let unnamed = unnamed.map(|name| {
            format!(
                "`profile = \"debug\"` under `[component.{name}]` shows the line of its sources"
            )
        });
        let advice: Vec<String> = lost.into_iter().chain(unnamed).collect();
        (!advice.is_empty()).then(|| advice.join("; "))
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
