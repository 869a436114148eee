//! `poly wit check`: every component against its world, and all WIT against each other. Exits
//! with 1 if something is wrong; what would mend it is printed as a patch, and never done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::build::{Driver, Project};
use crate::commands::context::Context;
use crate::commands::{CommandError, Ending};
use crate::component::inventory::inventory;
use crate::component::wit::Source;
use crate::component::world::{self, World};
use crate::contract::{Directory, Finding, Place, Problem, different, kept, patch, twice, unused};
use crate::dependencies::{at_place, place, read_lock, wit_directories};
use crate::lock::{Lock, digest_of};

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let (root, manifest) = Project::manifest_at(&context.manifest)?;
    let sources = wit_directories(&root, &manifest)?;
    let shared = manifest.pipeline.wit.as_ref().map(|path| path.get_ref().as_str());
    let mut directories = Vec::new();
    for (path, source) in &sources {
        let entries = inventory(source)
            .map_err(|source| CommandError::Wit { directory: path.clone(), source })?;
        let is_shared = shared == Some(path.as_str());
        directories.push(Directory { path: path.clone(), entries, is_shared });
    }
    let dependencies: BTreeSet<String> =
        manifest.wit_dependencies.keys().map(|name| name.get_ref().to_string()).collect();
    let mut findings = changed(&read_lock(&root)?, &sources);
    let doubles = twice(&directories);
    let resolves = doubles.is_empty();
    findings.extend(doubles);
    findings.extend(different(&directories));
    findings.extend(unused(&directories, &dependencies));
    if resolves {
        findings.extend(components(context, &context.project()?)?);
    } else {
        context.report.note("components are not looked at while a package is there twice");
    }
    Ok(tell(context, &findings))
}

/// Packages that `poly wit deps` wrote and that are otherwise now.
fn changed(lock: &Lock, sources: &BTreeMap<String, Source>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in sources {
        for entry in &lock.wit {
            let Some(name) = entry.package_name() else { continue };
            let files = at_place(source, &name);
            if files.is_empty() || digest_of(&files) == entry.text {
                continue;
            }
            let place = Place { file: format!("{path}/{}", place(&name)), line: None };
            let problem = Problem::Changed { package: entry.shown() };
            findings.push(Finding { problem, place, fix: Vec::new() });
        }
    }
    findings
}

/// Every component that was built, against its world.
fn components(context: &Context<'_>, project: &Project) -> Result<Vec<Finding>, CommandError> {
    let tell = |event| context.report.event(&event);
    let driver = Driver::open(project, context.options(project), &tell)?;
    let mut findings = Vec::new();
    for (name, component) in &project.manifest.components {
        let name = name.get_ref();
        let (Some(world), Some((path, directory))) = (&component.world, project.wit(component))
        else {
            continue;
        };
        let Some(file) = driver.adapted(name)? else {
            context
                .report
                .note(&format!("`{name}` is not built, and not looked at: run `poly build`"));
            continue;
        };
        let actual = world::decode(&super::read(&file)?)?;
        let id = directory.wit.select(world.get_ref())?;
        let promised = World::new(&directory.wit.resolve, id);
        let place = |direction: &'static str, item: &str| {
            let Some((file, before)) = directory.wit.place(id, direction, item) else {
                return Place { file: path.to_owned(), line: None };
            };
            let before = directory.source.get(file).and_then(|text| text.get(..before));
            let line = before.map(|text| text.matches('\n').count() + 1);
            Place { file: format!("{path}/{file}"), line }
        };
        findings.extend(kept(name, &actual, &promised, &place));
    }
    Ok(findings)
}

fn tell(context: &Context<'_>, findings: &[Finding]) -> Ending {
    for finding in findings {
        let value = json!({
            "kind": finding.kind(),
            "severity": if finding.is_error() { "error" } else { "warning" },
            "message": finding.problem.to_string(),
            "place": finding.place,
            "help": finding.help(),
        });
        context.report.finding(finding.is_error(), &value, &finding.to_string(), &finding.help());
    }
    let patch = patch(findings);
    if !patch.is_empty() {
        context.report.answer("fix", &json!({ "patch": patch }), &patch);
    }
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = findings.len() - errors;
    context.report.done("checked", &format!("{errors} wrong, {warnings} worth knowing"));
    if errors == 0 { Ending::Well } else { Ending::Failed }
}
