//! `poly wit check`: every component against its world and against the others, and all WIT
//! against each other. Exits with 1 if something is wrong; what would mend it is printed as a
//! patch, and never done. What is not built cannot be looked at, which the last line counts.

use std::collections::{BTreeMap, BTreeSet};

use miette::Diagnostic as _;
use serde_json::json;

use crate::build::{Driver, Project, explicit_links, place_about, read_lock};
use crate::commands::context::Context;
use crate::commands::{CommandError, Ending};
use crate::component::Part;
use crate::component::inventory::inventory;
use crate::component::wiring;
use crate::component::wit::Source;
use crate::component::world::{self, World};
use crate::contract::{Directory, Finding, Place, Problem, different, kept, patch, twice, unused};
use crate::dependencies::wit_directories;
use crate::lock::{Lock, at_place, digest_of, place};
use crate::manifest::Manifest;

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
    let mut findings = changed(&read_lock(&root)?.unwrap_or_default(), &sources);
    let doubles = twice(&directories);
    let resolves = doubles.is_empty();
    findings.extend(doubles);
    findings.extend(different(&directories));
    findings.extend(unused(&directories, &dependencies));
    let unseen = if resolves {
        let project = context.project()?;
        let built = built(context, &project)?;
        findings.extend(held(&project, &built)?);
        let unseen = manifest.components.len() - built.len();
        if unseen == 0 {
            findings.extend(linked(context, &manifest, &built)?);
        }
        unseen
    } else {
        context.report.note("components are not looked at while a package is there twice");
        manifest.components.len()
    };
    Ok(tell(context, &findings, unseen))
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

/// The components that were built, by their names.
fn built(
    context: &Context<'_>,
    project: &Project,
) -> Result<BTreeMap<String, Part<'static>>, CommandError> {
    let tell = |event| context.report.event(&event);
    let driver = Driver::open(project, context.options(project), &tell)?;
    let mut built = BTreeMap::new();
    for name in project.manifest.components.keys().map(toml::Spanned::get_ref) {
        let Some(file) = driver.adapted(name)? else {
            context
                .report
                .note(&format!("`{name}` is not built, and not looked at: run `poly build`"));
            continue;
        };
        let bytes = super::read(&file)?;
        let world = world::decode(&bytes)?;
        let (component, bytes) = (name.clone(), bytes.into());
        built.insert(name.clone(), Part { name: name.clone(), component, bytes, world });
    }
    Ok(built)
}

/// Every component that was built, against its world.
fn held(
    project: &Project,
    built: &BTreeMap<String, Part<'_>>,
) -> Result<Vec<Finding>, CommandError> {
    let mut findings = Vec::new();
    for (name, component) in &project.manifest.components {
        let name = name.get_ref();
        let (Some(world), Some((path, directory)), Some(part)) =
            (&component.world, project.wit(component), built.get(name))
        else {
            continue;
        };
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
        findings.extend(kept(name, &part.world, &promised, &place));
    }
    Ok(findings)
}

/// All components, once they are built, against each other: as a build links them.
fn linked(
    context: &Context<'_>,
    manifest: &Manifest,
    built: &BTreeMap<String, Part<'_>>,
) -> Result<Option<Finding>, CommandError> {
    let instance = |(name, component): (&str, &str)| {
        let Part { component, bytes, world, .. } = &built[component];
        let (component, bytes, world) = (component.clone(), (&**bytes).into(), world.clone());
        Part { name: name.to_owned(), component, bytes, world }
    };
    let parts: Vec<Part<'_>> = manifest.instances().map(instance).collect();
    let Err(error) = wiring::links(&parts, &explicit_links(manifest)) else { return Ok(None) };
    let mut about = error.about().into_iter();
    let span = about.find_map(|(about, _)| place_about(manifest, about));
    let text = super::read(&context.manifest)?;
    let before = span.and_then(|span| text.get(..span.start));
    let line = before.map(|text| String::from_utf8_lossy(text).matches('\n').count() + 1);
    let file = context.manifest.file_name().unwrap_or(context.manifest.as_os_str());
    let place = Place { file: file.to_string_lossy().into_owned(), line };
    let help = error.help().map(|help| help.to_string()).unwrap_or_default();
    let problem = Problem::Unlinked { reason: error.to_string(), help };
    Ok(Some(Finding { problem, place, fix: Vec::new() }))
}

fn tell(context: &Context<'_>, findings: &[Finding], unseen: usize) -> Ending {
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
    let unseen = match unseen {
        0 => String::new(),
        number => format!(", {number} not looked at"),
    };
    context.report.done("checked", &format!("{errors} wrong, {warnings} worth knowing{unseen}"));
    if errors == 0 { Ending::Well } else { Ending::Failed }
}
