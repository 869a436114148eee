//! `poly check`: every call of the manifest's checks, each on an instance of its own, compared with
//! what is expected. What calls a component by itself comes first, before anything is composed.

mod results;
mod select;
mod update;

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::perform::{Performed, perform};
use super::sandbox::{self, Sandbox};
use super::{CommandError, Ending, typed};
use crate::build::Project;
use crate::check::{Difference, Outcome, Step};
use crate::cli::CheckOptions;
use crate::manifest::{Check, Rewrite};
use crate::nearest::quoted;
use crate::report::Checked;

/// A check that was chosen: its number in the manifest, and its steps.
type Chosen<'p> = (usize, &'p Check, Vec<Step>);

pub(super) fn run(context: &Context<'_>, options: &CheckOptions) -> Result<Ending, CommandError> {
    let project = typed::project(context, &options.runtime)?;
    let (mut alone, mut composed) = (Vec::new(), Vec::new());
    for (number, check) in select::select(&project.manifest.checks, &options.filter)? {
        let chosen = (number, check, sandbox::steps(&project.manifest, check)?);
        if check.component.is_some() { alone.push(chosen) } else { composed.push(chosen) }
    }
    options.junit.as_deref().map_or(Ok(()), results::prepare)?;
    let mut made = Made { context, options, all: Vec::new(), rewrites: Vec::new() };
    let sandboxes = open_alone(context, &project, &alone)?;
    made.make(&alone, |check| {
        check.component.as_ref().map(|name| &sandboxes[name.get_ref().as_str()])
    })?;
    if !made.is_over() {
        let built = context.build(&project, true)?;
        if alone.is_empty() && composed.is_empty() {
            context.report.note("the manifest has no check; add one under `[[check]]`");
        }
        let whole = Sandbox::open(context, &project, &built)?;
        made.make(&composed, |_| Some(&whole))?;
    }
    made.tell(&project)?;
    if !project.manifest.interop.is_empty() {
        let names = project.manifest.interop.keys().map(|name| name.get_ref().as_str());
        let left = format!("for `poly interop` to compare: {}", quoted(names));
        context.report.done("left", &left);
    }
    let passed = made.all.iter().all(|checked| checked.passed);
    Ok(if passed { Ending::Well } else { Ending::Failed })
}

/// Each component that is called by itself, by name; built side by side.
fn open_alone<'p>(
    context: &'p Context<'p>,
    project: &'p Project,
    checks: &[Chosen<'p>],
) -> Result<BTreeMap<&'p str, Sandbox<'p>>, CommandError> {
    let components = || checks.iter().filter_map(|(_, check, _)| check.component.as_ref());
    let names: BTreeSet<&str> = components().map(|name| name.get_ref().as_str()).collect();
    let mut opened = BTreeMap::new();
    if names.is_empty() {
        return Ok(opened);
    }
    let built = context.build_alone(project, &names.into_iter().collect::<Vec<_>>())?;
    for component in components() {
        let name = component.get_ref().as_str();
        if !opened.contains_key(name) {
            opened.insert(name, Sandbox::alone(context, project, component, &built[name])?);
        }
    }
    Ok(opened)
}

/// The checks that were made so far.
struct Made<'c> {
    context: &'c Context<'c>,
    options: &'c CheckOptions,
    all: Vec<Checked>,
    rewrites: Vec<Rewrite>,
}

impl Made<'_> {
    /// Whether no other check is to be made.
    fn is_over(&self) -> bool {
        self.options.fail_fast && self.all.iter().any(|checked| !checked.passed)
    }

    /// Makes checks, each in the sandbox that is for it, and tells what came of each.
    fn make<'s>(
        &mut self,
        checks: &[Chosen<'_>],
        sandbox: impl Fn(&Check) -> Option<&'s Sandbox<'s>>,
    ) -> Result<(), CommandError> {
        for (number, check, steps) in checks {
            let Some(sandbox) = sandbox(check).filter(|_| !self.is_over()) else { continue };
            let takes = |step, differences: &[Difference], outcome: &Outcome| {
                let rewrites = || update::rewrites(*number, check, step, differences, outcome);
                let new = self.options.update.then(rewrites).flatten();
                self.rewrites.extend(new.iter().flatten().cloned());
                new.is_some()
            };
            let Performed { mut outcomes, differences } = perform(sandbox, check, steps, takes)?;
            if let Some(last) = outcomes.last_mut().filter(|_| !differences.is_empty()) {
                sandbox.locate(last);
            }
            let mut checked = Checked::new(check, sandbox.place(check), differences, &outcomes);
            if let Some(last) = outcomes.last() {
                checked = checked.with_streams(last).with_help(sandbox.unseen(last));
            }
            self.context.report.checked(&checked);
            // One that failed has told what was refused.
            for outcome in outcomes.iter().filter(|_| checked.passed) {
                sandbox::tell_refusals(self.context.report, outcome);
            }
            self.all.push(checked);
        }
        Ok(())
    }

    /// Tells what came of all of them, where that was asked for.
    fn tell(&self, project: &Project) -> Result<(), CommandError> {
        self.context.report.all_checked(&self.all);
        if let Some(file) = &self.options.junit {
            results::write(file, project.manifest.pipeline.name.get_ref(), &self.all)?;
        }
        if self.options.update {
            update::write(self.context, project, &self.rewrites)?;
        }
        Ok(())
    }
}
