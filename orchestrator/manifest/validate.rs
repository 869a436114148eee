//! What is true of a manifest as a whole, after each value in it has been read: names are
//! identifiers and point at components that are there, paths stay where they may, grants are
//! not everything. All faults are collected; none hides another.

use std::collections::BTreeMap;
use std::ops::Range;

use super::error::Fault;
use super::name::is_identifier;
use super::path::{check_glob, check_relative};
use super::{Component, Manifest, Pipeline, Spanned, Stage, Step};
use super::{check, dependency, grants, interop, run};
use crate::nearest::{quoted, suggestion};

/// Everything that is wrong with `manifest`.
pub(super) fn faults(manifest: &Manifest) -> Vec<Fault> {
    let mut faults = Vec::new();
    pipeline(&manifest.pipeline, &mut faults);
    components(manifest, &mut faults);
    flows(manifest, &mut faults);
    links(manifest, &mut faults);
    dependency::faults(manifest, &mut faults);
    grants::faults(&manifest.grants, manifest, &mut faults);
    faults.extend(run::fault(manifest));
    for check in &manifest.checks {
        check::faults(check, manifest, &mut faults);
    }
    interop::faults(manifest, &mut faults);
    for toolchain in manifest.toolchains.values() {
        for (tool, path) in &toolchain.tools {
            if path.get_ref().is_empty() {
                let message = format!("the path of the tool `{}` is empty", tool.get_ref());
                let help = "write a path, or leave the tool out to have it found";
                faults.push(Fault::at(path.span(), message, "empty").advise(help));
            }
        }
    }
    faults
}

fn pipeline(pipeline: &Pipeline, faults: &mut Vec<Fault>) {
    let name = pipeline.name.get_ref();
    let fits = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) || !name.chars().all(fits) {
        let help = "it names a file: write letters, digits, `-`, `_` and `.`, beginning with a letter or a digit";
        faults.push(
            Fault::at(
                pipeline.name.span(),
                format!("`{name}` cannot be a pipeline's name"),
                "not a file's name",
            )
            .advise(help),
        );
    }
    if let Some(wit) = &pipeline.wit {
        relative("the directory of WIT", wit, faults);
    }
    if let Some(output) = &pipeline.output {
        relative("the output directory", output, faults);
    }
}

fn relative(what: &str, path: &Spanned<String>, faults: &mut Vec<Fault>) {
    if let Err(text) = check_relative(what, path.get_ref()) {
        faults.push(Fault::told(path.span(), &text, "not a path below the manifest"));
    }
}

pub(super) fn identifier(what: &str, name: &Spanned<String>, faults: &mut Vec<Fault>) {
    if !is_identifier(name.get_ref()) {
        let help = "write words of letters and digits, each beginning with a letter, joined by `-`, \
                    such as `data-source`";
        faults.push(
            Fault::at(
                name.span(),
                format!("`{}` cannot be the name of {what}", name.get_ref()),
                "not an identifier",
            )
            .advise(help),
        );
    }
}

/// Names that differ in nothing but the case of their letters are one name to WIT and to
/// some file systems.
pub(super) fn differ_in_more_than_case<'a>(
    what: &str,
    names: &(impl Iterator<Item = &'a Spanned<String>> + Clone),
    faults: &mut Vec<Fault>,
) {
    let mut firsts: BTreeMap<String, &Spanned<String>> = BTreeMap::new();
    for name in names.clone() {
        let first = *firsts.entry(name.get_ref().to_ascii_lowercase()).or_insert(name);
        if std::ptr::eq(first, name) {
            continue;
        }
        let (first_name, name_again) = (first.get_ref(), name.get_ref());
        let message = if first_name == name_again {
            format!("two {what}s are called `{name_again}`")
        } else {
            format!("the {what}s `{first_name}` and `{name_again}` differ in nothing but case")
        };
        faults
            .push(Fault::at(name.span(), message, "this one").and_at(first.span(), "and this one"));
    }
}

fn components(manifest: &Manifest, faults: &mut Vec<Fault>) {
    if manifest.components.is_empty() {
        let help = "add one: `[component.NAME]` with `path` and `toolchain`";
        faults.push(
            Fault::at(
                manifest.pipeline.name.span(),
                "the pipeline has no components",
                "this pipeline",
            )
            .advise(help),
        );
    }
    differ_in_more_than_case("component", &manifest.components.keys(), faults);
    let instances = manifest.components.values().flat_map(|component| &component.instances);
    let names = manifest.components.iter().flat_map(|(name, component)| {
        component.instances.is_empty().then_some(name).into_iter().chain(&component.instances)
    });
    if instances.clone().next().is_some() {
        differ_in_more_than_case("instance", &names, faults);
    }
    for name in instances {
        identifier("an instance", name, faults);
    }
    for (name, Component { path, wit, inputs, exclusive, .. }) in &manifest.components {
        identifier("a component", name, faults);
        relative("the component's directory", path, faults);
        if let Some(wit) = wit {
            relative("the directory of WIT", wit, faults);
        }
        for glob in inputs {
            if let Err(text) = check_glob("the glob", glob.get_ref()) {
                faults.push(Fault::told(glob.span(), &text, "not a glob below the manifest"));
            }
        }
        if let Some(empty) = exclusive.as_ref().filter(|name| name.get_ref().trim().is_empty()) {
            let message = "the name of what is exclusive is empty";
            let help = "write a name that the components share, such as `\"port-8080\"`";
            faults.push(Fault::at(empty.span(), message, "empty").advise(help));
        }
    }
}

/// What is wrong with a name that should be a component's. Where there are no components at all, that
/// is the fault, and it is said elsewhere.
pub(super) fn no_component(name: &Spanned<String>, manifest: &Manifest) -> Option<Fault> {
    let text = name.get_ref().as_str();
    let known = manifest.components.keys().map(|name| name.get_ref().as_str());
    let is_known = manifest.components.contains_key(text) || manifest.components.is_empty();
    (!is_known).then(|| unknown(text, name.span(), known))
}

fn unknown<'n>(
    name: &str,
    span: Range<usize>,
    known: impl IntoIterator<Item = &'n str> + Clone,
) -> Fault {
    Fault::at(span, format!("there is no component `{name}`"), "not a component")
        .advise(suggestion(name, known, "the components are"))
}

/// That `name`, which stands at `span`, takes part in the composition.
fn known(manifest: &Manifest, name: &str, span: Range<usize>, faults: &mut Vec<Fault>) {
    let names: Vec<_> = manifest.instances().map(|(instance, _)| instance).collect();
    // Where there are no components at all, that is the fault, and it has been said.
    if names.contains(&name) || names.is_empty() {
        return;
    }
    faults.push(match manifest.components.get(name) {
        Some(component) => {
            let message = format!("component `{name}` has instances of other names");
            let instances = component.instances.iter().map(|name| name.get_ref().as_str());
            Fault::at(span, message, "which instance?")
                .advise(format!("name one of them: {}", quoted(instances)))
        }
        None => unknown(name, span, names),
    });
}

fn flows(manifest: &Manifest, faults: &mut Vec<Fault>) {
    differ_in_more_than_case("flow", &manifest.flows.keys(), faults);
    for (name, flow) in &manifest.flows {
        identifier("a flow", name, faults);
        if flow.steps.is_empty() {
            let help =
                "name the functions that it calls, such as `steps = [\"component/function\"]`";
            faults.push(
                Fault::at(
                    name.span(),
                    format!("the flow `{}` has no steps", name.get_ref()),
                    "no steps",
                )
                .advise(help),
            );
        }
        for step in &flow.steps {
            self::step(manifest, step, faults);
        }
    }
}

fn step(manifest: &Manifest, step: &Spanned<Step>, faults: &mut Vec<Fault>) {
    match step.get_ref() {
        Step::One(stage) => self::stage(manifest, stage, step.span(), faults),
        Step::Several(stages) => {
            if stages.len() < 2 {
                let message = "a step of several stages needs at least two";
                let help = "name another function that takes what is handed on, or write the one \
                            without brackets";
                faults.push(Fault::at(step.span(), message, "too few").advise(help));
            }
            for stage in stages {
                self::stage(manifest, stage.get_ref(), stage.span(), faults);
            }
        }
    }
}

fn stage(manifest: &Manifest, stage: &Stage, span: Range<usize>, faults: &mut Vec<Fault>) {
    known(manifest, &stage.call.component, span, faults);
    if let Some(otherwise) = &stage.otherwise {
        self::stage(manifest, (**otherwise).get_ref(), (**otherwise).span(), faults);
    }
}

fn links(manifest: &Manifest, faults: &mut Vec<Fault>) {
    for (import, export) in &manifest.links {
        known(manifest, &import.get_ref().component, import.span(), faults);
        known(manifest, &export.get_ref().component, export.span(), faults);
        if import.get_ref().component == export.get_ref().component {
            let message = format!("`{}` is linked to its own component", import.get_ref());
            let help = "link it to a component that exports what it needs";
            faults.push(Fault::at(export.span(), message, "the same component").advise(help));
        }
    }
}

/// What is wrong with how far floats may be from one another, if it is no small part of them.
pub(super) fn not_a_part(approx: &Spanned<f64>) -> Option<Fault> {
    let far = *approx.get_ref();
    if far > 0.0 && far < 1.0 {
        return None;
    }
    let message = format!("`{far}` is not a part of a number");
    let help = "write a small part of one, such as `approx = 1e-9`";
    Some(Fault::at(approx.span(), message, "not between 0 and 1").advise(help))
}
