//! `poly check`: every call of the manifest's checks, each on an instance of its own, compared with
//! what is expected. What calls a component by itself comes first, before anything is composed.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::perform::{Performed, perform};
use super::sandbox::{self, Sandbox};
use super::{CommandError, Ending};
use crate::build::Project;
use crate::check::Step;
use crate::manifest::Check;
use crate::nearest::quoted;
use crate::report::Checked;

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let checks = &project.manifest.checks;
    let mut all = Vec::new();
    for check in checks {
        all.push((check, sandbox::steps(&project.manifest, check)?));
    }
    let mut failed = 0;
    let alone = open_alone(context, &project, checks)?;
    for (check, steps) in &all {
        let Some(component) = &check.component else { continue };
        let sandbox = &alone[component.get_ref().as_str()];
        failed += usize::from(!passes(context, sandbox, check, steps)?);
    }
    let built = context.build(&project, true)?;
    if checks.is_empty() {
        context.report.note("the manifest has no check; add one under `[[check]]`");
    }
    let composed = Sandbox::open(context, &project, &built)?;
    for (check, steps) in all.iter().filter(|(check, _)| check.component.is_none()) {
        failed += usize::from(!passes(context, &composed, check, steps)?);
    }
    context.report.all_checked(checks.len() - failed, failed);
    if !project.manifest.interop.is_empty() {
        let names = project.manifest.interop.keys().map(|name| name.get_ref().as_str());
        let left = format!("for `poly interop` to compare: {}", quoted(names));
        context.report.done("left", &left);
    }
    Ok(if failed == 0 { Ending::Well } else { Ending::Failed })
}

/// Each component that is called by itself, by name; built side by side.
fn open_alone<'p>(
    context: &Context<'_>,
    project: &'p Project,
    checks: &'p [Check],
) -> Result<BTreeMap<&'p str, Sandbox<'p>>, CommandError> {
    let named = || checks.iter().filter_map(|check| check.component.as_ref());
    let names: BTreeSet<&str> = named().map(|name| name.get_ref().as_str()).collect();
    let mut opened = BTreeMap::new();
    if names.is_empty() {
        return Ok(opened);
    }
    let built = context.build_alone(project, &names.into_iter().collect::<Vec<_>>())?;
    for component in named() {
        let name = component.get_ref().as_str();
        if !opened.contains_key(name) {
            opened.insert(name, Sandbox::alone(context, project, component, &built[name])?);
        }
    }
    Ok(opened)
}

/// Makes a check and tells what came of it.
fn passes(
    context: &Context<'_>,
    sandbox: &Sandbox<'_>,
    check: &Check,
    steps: &[Step],
) -> Result<bool, CommandError> {
    let Performed { outcomes, differences } = perform(sandbox, check, steps)?;
    let checked = Checked::new(check, differences, &outcomes);
    let checked = match outcomes.last() {
        Some(last) => checked.with_streams(last).with_help(sandbox.unseen(last)),
        None => checked,
    };
    context.report.checked(&checked);
    Ok(checked.passed)
}
