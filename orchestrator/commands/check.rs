//! `poly check`: every call of the manifest's checks, each on an instance of its own, compared with
//! what is expected. What calls a component by itself comes first, before anything is composed; where
//! all do, nothing is.

mod results;
mod select;
mod update;

use miette::Diagnostic;

use super::context::Context;
use super::perform::{Performed, perform};
use super::sandbox::{self, Sandbox};
use super::{CommandError, Ending, typed};
use crate::build::Project;
use crate::check::{Difference, Outcome, Step};
use crate::cli::CheckOptions;
use crate::manifest::{Check, ManifestError, Rewrite};
use crate::nearest::quoted;
use crate::report::Checked;

/// A check that was chosen: its number in the manifest, and its steps.
type Chosen<'p> = (usize, &'p Check, Vec<Step>);

pub(super) fn run(context: &Context<'_>, options: &CheckOptions) -> Result<Ending, CommandError> {
    // Before anything can fail: whoever reads the results of a former run takes them for this one's.
    options.junit.as_deref().map_or(Ok(()), results::prepare)?;
    let project = typed::project(context, &options.runtime)?;
    let (mut alone, mut composed) = (Vec::new(), Vec::new());
    for (number, check) in select::select(&project.manifest.checks, &options.filter)? {
        let chosen = (number, check, sandbox::steps(&project.manifest, check)?);
        if check.component.is_some() { alone.push(chosen) } else { composed.push(chosen) }
    }
    let mut made =
        Made { context, options, all: Vec::new(), rewrites: Vec::new(), is_wrong: false };
    if let Err(error) = made.make_all(&project, &alone, &composed) {
        made.leave(&project, alone.iter().chain(&composed), &error)?;
        return Err(error);
    }
    made.tell(&project)?;
    if options.update {
        update::write(context, &project, &made.rewrites)?;
    }
    if !project.manifest.interop.is_empty() {
        let names = project.manifest.interop.keys().map(|name| name.get_ref().as_str());
        let left = format!("for `poly interop` to compare: {}", quoted(names));
        context.report.done("left", &left);
    }
    Ok(made.ending())
}

/// An error and the remedy, without its place.
fn text_of(error: &dyn Diagnostic) -> String {
    let help = error.help().map(|help| format!("; {help}"));
    format!("{error}{}", help.unwrap_or_default())
}

/// The checks that were made so far.
struct Made<'c> {
    context: &'c Context<'c>,
    options: &'c CheckOptions,
    all: Vec<Checked>,
    rewrites: Vec<Rewrite>,
    /// Whether one of them cannot be judged.
    is_wrong: bool,
}

impl Made<'_> {
    /// Whether no other check is to be made.
    fn is_over(&self) -> bool {
        self.options.fail_fast && self.all.iter().any(|checked| !checked.passed)
    }

    /// Makes all checks: first those of components by themselves, then those of the whole.
    fn make_all(
        &mut self,
        project: &Project,
        alone: &[Chosen<'_>],
        composed: &[Chosen<'_>],
    ) -> Result<(), CommandError> {
        let components = alone.iter().filter_map(|(_, check, _)| check.component.as_ref());
        let sandboxes = Sandbox::all_alone(self.context, project, components)?;
        self.make(alone, |check| {
            let name = check.component.as_ref().expect("it was chosen for it");
            &sandboxes[name.get_ref().as_str()]
        })?;
        // A pipeline whose components are only called by themselves need not compose.
        let is_whole_meant = !composed.is_empty() || alone.is_empty();
        if !is_whole_meant || self.is_over() {
            return Ok(());
        }
        let built = self.context.build(project, true)?;
        if alone.is_empty() && composed.is_empty() {
            self.context.report.note("the manifest has no check; add one under `[[check]]`");
        }
        let whole = Sandbox::open(self.context, project, &built)?;
        self.make(composed, |_| &whole)
    }

    /// Makes checks, each in the sandbox that is for it, and tells what came of each.
    fn make<'s>(
        &mut self,
        checks: &[Chosen<'_>],
        sandbox: impl Fn(&Check) -> &'s Sandbox<'s>,
    ) -> Result<(), CommandError> {
        for (number, check, steps) in checks {
            if self.is_over() {
                break;
            }
            let sandbox = sandbox(check);
            let mut rewrites = Vec::new();
            let takes = |step, differences: &[Difference], outcome: &Outcome| {
                let new = || update::rewrites(*number, check, step, differences, outcome);
                let new = self.options.update.then(new).flatten();
                rewrites.extend(new.iter().flatten().cloned());
                new.is_some()
            };
            let mut performed = match perform(sandbox, check, steps, takes) {
                // It is the check that is wrong, and the others may not be.
                Err(CommandError::Manifest(error)) => {
                    self.refuse(check, &error, sandbox);
                    continue;
                }
                performed => performed?,
            };
            // A check that fails all the same stays as it is.
            if performed.differences.is_empty() {
                self.rewrites.extend(rewrites);
            } else if let Some(last) = performed.last() {
                sandbox.locate(last);
            }
            let Performed { outcomes, after, differences } = performed;
            let last = after.as_ref().or(outcomes.last());
            let place = sandbox.place(check);
            let mut checked = Checked::new(check, place, differences, &outcomes, after.as_ref());
            if let Some(last) = last {
                let unseen = sandbox.unseen(sandbox.grants(Some(check)), last);
                checked = checked.with_streams(last).with_help(unseen);
            }
            self.context.report.checked(&checked);
            // One that failed has told what was refused.
            if checked.passed {
                sandbox::tell_refusals_of(self.context.report, steps, &outcomes);
            }
            self.all.push(checked);
        }
        Ok(())
    }

    /// Tells that a check cannot be judged, and why.
    fn refuse(&mut self, check: &Check, error: &ManifestError, sandbox: &Sandbox<'_>) {
        let place = sandbox.place(check);
        let checked = Checked::unjudged(check, place, text_of(error));
        self.context.report.checked(&checked);
        self.context.report.error(error);
        self.all.push(checked);
        self.is_wrong = true;
    }

    /// Tells what came of the checks that were made before an error that ends them, if any were;
    /// the others of all that were `meant` count as failed.
    fn leave<'m>(
        &mut self,
        project: &Project,
        meant: impl Iterator<Item = &'m Chosen<'m>>,
        error: &CommandError,
    ) -> Result<(), CommandError> {
        if self.all.is_empty() {
            return Ok(());
        }
        for (_, check, _) in meant.skip(self.all.len()) {
            let place = self.context.place(&project.manifest, check.span().start);
            self.all.push(Checked::unjudged(check, place, text_of(error)));
        }
        self.tell(project)
    }

    fn ending(&self) -> Ending {
        match self.all.iter().all(|checked| checked.passed) {
            true => Ending::Well,
            false if self.is_wrong => Ending::Wrong,
            false => Ending::Failed,
        }
    }

    /// Tells what came of all of them, where that was asked for.
    fn tell(&self, project: &Project) -> Result<(), CommandError> {
        self.context.report.all_checked(&self.all);
        if let Some(file) = &self.options.junit {
            results::write(file, project.manifest.pipeline.name.get_ref(), &self.all)?;
        }
        Ok(())
    }
}
