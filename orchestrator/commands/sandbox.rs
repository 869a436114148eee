//! A component in machine code, ready to be started with what the manifest grants.

mod advice;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use miette::Diagnostic;

use super::CommandError;
use super::context::Context;
use crate::build::{Built, Driver, Origin, Project};
use crate::check::{Call, Ending, ExpectationError, Outcome, Refusal, Samples, Step};
use crate::cut::beginning;
use crate::host::{
    self, Engine, EngineOptions, Instance, Parts, Program, Reach, StartError, Watch,
};
use crate::manifest::{Check, Grants, Limits, Manifest, Spanned};
use crate::nearest::quoted;
use crate::report::{CheckPlace, Report};

/// A program, and the pipeline that says what it may touch.
pub(super) struct Sandbox<'p> {
    context: &'p Context<'p>,
    project: &'p Project,
    parts: Parts,
    /// What each part was made of.
    origins: Vec<Origin>,
    /// The directories that poly trusts.
    own: Vec<(Reach, PathBuf)>,
    /// Who knows where in the sources a trap was; opened when there is one.
    driver: OnceCell<Option<Driver<'p>>>,
}

impl<'p> Sandbox<'p> {
    /// Loads what a build with `run` made.
    pub(super) fn open(
        context: &'p Context<'p>,
        project: &'p Project,
        built: &Built,
    ) -> Result<Self, CommandError> {
        let engine = Engine::new(&EngineOptions::of(&project.manifest))?;
        let program = load(context, project, &engine, None, precompiled(built))?;
        Ok(Self::of(context, project, &program, Origin::Composed))
    }

    /// Loads machine code of a component by itself, which the manifest names at this place.
    pub(super) fn alone(
        context: &'p Context<'p>,
        project: &'p Project,
        component: &Spanned<String>,
        path: &Path,
    ) -> Result<Self, CommandError> {
        let name = component.get_ref();
        let engine = Engine::new(&EngineOptions::of(&project.manifest))?;
        let program = load(context, project, &engine, Some(name), path)?;
        let unmet = program.unmet();
        if unmet.is_empty() {
            return Ok(Self::of(context, project, &program, Origin::Component(name.clone())));
        }
        let imports = quoted(unmet.iter().map(String::as_str));
        let message = format!("component `{name}` imports {imports}, and cannot run by itself");
        let help = "by itself it has WASI and nothing else; name one that needs no other component";
        let error =
            project.manifest.error_at(component.span(), message, "needs others", help.to_owned());
        Err(error.into())
    }

    /// Builds and loads each of these components by itself, side by side; by name.
    pub(super) fn all_alone(
        context: &'p Context<'p>,
        project: &'p Project,
        components: impl Iterator<Item = &'p Spanned<String>> + Clone,
    ) -> Result<BTreeMap<&'p str, Self>, CommandError> {
        let names: BTreeSet<&str> =
            components.clone().map(|name| name.get_ref().as_str()).collect();
        let mut opened = BTreeMap::new();
        if names.is_empty() {
            return Ok(opened);
        }
        let built = context.build_alone(project, &names.into_iter().collect::<Vec<_>>())?;
        for component in components {
            let name = component.get_ref().as_str();
            if !opened.contains_key(name) {
                opened.insert(name, Self::alone(context, project, component, &built[name])?);
            }
        }
        Ok(opened)
    }

    /// Loads the parts of the composed component, to be linked by the host.
    pub(super) fn apart(
        context: &'p Context<'p>,
        project: &'p Project,
    ) -> Result<Self, CommandError> {
        let engine = Engine::new(&EngineOptions::of(&project.manifest))?;
        let apart = context.build_apart(project)?;
        let (mut parts, mut origins) = (Vec::new(), Vec::new());
        for part in apart.parts {
            let program = load(context, project, &engine, Some(&part.component), &part.path)?;
            parts.push((part.name, program));
            origins.push(Origin::Component(part.component));
        }
        if let Some((name, code)) = apart.flow {
            parts.push((name, Program::load(&engine, code.path())?));
            origins.push(Origin::Joint);
        }
        Ok(Self::of_parts(context, project, Parts { parts, links: apart.links }, origins))
    }

    /// A program, to be started with what the manifest grants.
    pub(super) fn of(
        context: &'p Context<'p>,
        project: &'p Project,
        program: &Program,
        origin: Origin,
    ) -> Self {
        Self::of_parts(context, project, Parts::from(program), vec![origin])
    }

    fn of_parts(
        context: &'p Context<'p>,
        project: &'p Project,
        parts: Parts,
        origins: Vec<Origin>,
    ) -> Self {
        let sources = project.manifest.sources().into_iter().map(|path| project.root.join(path));
        let own = host::own(context.cache(), context.home(), sources);
        Self { context, project, parts, origins, own, driver: OnceCell::new() }
    }

    /// What it exports.
    pub(super) fn program(&self) -> &Program {
        self.parts.root()
    }

    /// A new instance with these grants. A component that does not even start has an outcome like
    /// any other.
    pub(super) fn start_with(
        &self,
        grants: &Grants,
    ) -> Result<Result<Instance, Outcome>, CommandError> {
        self.start_within(grants, &self.project.manifest.limits)
    }

    /// The same with what a check or else the pipeline grants and allows.
    pub(super) fn start_for(
        &self,
        check: Option<&Check>,
    ) -> Result<Result<Instance, Outcome>, CommandError> {
        let own = check.and_then(|check| check.limits.as_ref());
        let limits = own.unwrap_or(&self.project.manifest.limits);
        self.start_within(self.grants(check), limits)
    }

    fn start_within(
        &self,
        grants: &Grants,
        limits: &Limits,
    ) -> Result<Result<Instance, Outcome>, CommandError> {
        let Project { root, manifest, .. } = self.project;
        match Instance::start_parts(&self.parts, grants, limits, root, &self.own) {
            Ok(instance) => Ok(Ok(instance)),
            Err(StartError::Stopped(outcome)) => Ok(Err(*outcome)),
            Err(StartError::Grant(grant)) => Err(in_manifest(manifest, &grant)),
            Err(error) => Err(match &error {
                StartError::Concurrent { part } => self.at_part(part, &error),
                _ => error.into(),
            }),
        }
    }

    /// An error shown at the component of the manifest that a part is an instance of.
    fn at_part(&self, part: &str, error: &dyn Diagnostic) -> CommandError {
        let manifest = &self.project.manifest;
        let name = manifest.components.iter().find_map(|(name, component)| {
            let names = std::iter::once(name).chain(&component.instances);
            names.into_iter().find(|name| name.get_ref() == part)
        });
        let places = name.map(|name| (name.span(), "this one".to_owned()));
        let help = error.help().map(|help| help.to_string());
        let places = places.into_iter().collect();
        CommandError::Manifest(manifest.error_at_all(places, error.to_string(), help))
    }

    /// Makes a call on a new instance, with no state of a former one.
    pub(super) fn call(&self, call: &Call) -> Result<Outcome, CommandError> {
        match self.start_for(None)? {
            Ok(mut instance) => Ok(instance.call(call)?),
            Err(outcome) => Ok(outcome),
        }
    }

    /// Looks at the files that a step of a check is to write.
    pub(super) fn watch(&self, check: &Check, step: &Step) -> Watch {
        Watch::begin(self.grants(Some(check)), &self.project.root, step.expectation.files.keys())
    }

    /// An error of a check, shown at the call of the manifest that it is about.
    pub(super) fn at_call(
        &self,
        check: &Check,
        index: usize,
        error: &dyn Diagnostic,
    ) -> CommandError {
        at_call(&self.project.manifest, check, index, error)
    }

    /// An error of what a check expects of a call, shown at that.
    pub(super) fn at_expected(
        &self,
        check: &Check,
        index: usize,
        error: &ExpectationError,
    ) -> CommandError {
        let steps = check.calls();
        match (error, steps.get(index).and_then(|step| step.returns.as_ref())) {
            (ExpectationError::Returns { .. }, Some(returns)) => self.at(returns.span(), error),
            _ => self.at_call(check, index, error),
        }
    }

    /// An error shown at some place of the manifest.
    pub(super) fn at(&self, place: Range<usize>, error: &dyn Diagnostic) -> CommandError {
        at(&self.project.manifest, place, error)
    }

    /// What a check or else the pipeline is granted.
    pub(super) fn grants<'c>(&'c self, check: Option<&'c Check>) -> &'c Grants {
        let own = check.and_then(|check| check.grants.as_ref());
        own.unwrap_or(&self.project.manifest.grants)
    }

    /// Says of a trap where in the pipeline's sources it was.
    pub(super) fn locate(&self, outcome: &mut Outcome) {
        if let (Ending::Trapped(trap), Some(driver)) = (&mut outcome.ending, self.driver()) {
            let reading = &mut self.context.reading.borrow_mut();
            // What cannot be known leaves the trap as it is.
            let _ = driver.locate(trap, outcome.stderr.as_deref(), &self.origins, reading);
        }
    }

    /// Says the same of all that was seen.
    pub(super) fn locate_all(&self, seen: &mut Samples) {
        let reading = &mut self.context.reading.borrow_mut();
        let located = self.driver().map(|it| it.locate_samples(seen, &self.origins, reading));
        if let Some(Ok(Some(missing))) = located {
            self.context.report.note(&missing);
        }
    }

    fn driver(&self) -> Option<&Driver<'p>> {
        let open = || Driver::open(self.project, self.context.options(self.project), &|_| {}).ok();
        self.driver.get_or_init(open).as_ref()
    }

    /// Where the manifest has a check.
    pub(super) fn place(&self, check: &Check) -> CheckPlace {
        self.context.place(&self.project.manifest, check.span().start)
    }

    /// What can be called, for people.
    pub(super) fn functions(&self) -> String {
        let lines: Vec<_> = self.parts.root().functions().map(|one| format!("  {one}")).collect();
        format!(
            "these functions can be called with `poly run 'NAME(ARGUMENTS)'`:\n{}",
            lines.join("\n")
        )
    }
}

/// The machine code of a build that was asked for it.
fn precompiled(built: &Built) -> &Path {
    built.precompiled.as_deref().expect("this build was asked to precompile")
}

/// Loads machine code of a component by itself, or of the composed one. What the host refuses is made
/// once more.
fn load(
    context: &Context<'_>,
    project: &Project,
    engine: &Engine,
    component: Option<&str>,
    path: &Path,
) -> Result<Program, CommandError> {
    let refused = match Program::load(engine, path) {
        Ok(program) => return Ok(program),
        Err(refused) => refused,
    };
    context.report.note(&format!("{refused}, and is made again"));
    context.forget_precompiled(project, component)?;
    Ok(match component {
        Some(name) => Program::load(engine, &context.build_alone(project, &[name])?[name])?,
        None => Program::load(engine, precompiled(&context.build(project, true)?))?,
    })
}

/// The steps of a check; an error is shown at its line of the manifest.
pub(super) fn steps(manifest: &Manifest, check: &Check) -> Result<Vec<Step>, CommandError> {
    Step::of(check).map_err(|error| at_call(manifest, check, error.index, &error.fault))
}

/// Tells what a call tried to use and was not granted, but for what was to be `denied`: nobody should
/// grant that.
pub(super) fn tell_refusals(report: &Report, outcome: &Outcome, denied: Option<&str>) {
    let is_meant = |refusal: &&Refusal| denied.is_some_and(|part| refusal.is_meant_by(part));
    for refusal in outcome.refusals.iter().filter(|refusal| !is_meant(refusal)) {
        report.note(&refusal.to_string());
    }
}

/// The same of a check that passed.
pub(super) fn tell_refusals_of(report: &Report, steps: &[Step], outcomes: &[Outcome]) {
    for (step, outcome) in steps.iter().zip(outcomes) {
        tell_refusals(report, outcome, step.expectation.denied.as_deref());
    }
}

fn at_call(
    manifest: &Manifest,
    check: &Check,
    index: usize,
    error: &dyn Diagnostic,
) -> CommandError {
    let call = check.texts().nth(index).expect("a step of this check");
    at(manifest, call.span(), error)
}

fn at(manifest: &Manifest, place: Range<usize>, error: &dyn Diagnostic) -> CommandError {
    let help = error.help().map(|help| help.to_string());
    CommandError::Manifest(manifest.error_at(place, error.to_string(), "this check", help))
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
    beginning(text, 60).map_or_else(|| text.to_owned(), |beginning| format!("{beginning}..."))
}
