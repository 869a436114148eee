//! The compose action: all adapted components become one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use miette::Diagnostic as _;

use super::error::BuildError;
use crate::component::compose::{self as composer, Composed, Engine};
use crate::component::flow::{self, FlowComponent, FlowError, FlowSource, Place, StageSource};
use crate::component::wiring::{self, ExplicitLink, Wiring};
use crate::component::{Part, audit};
use crate::manifest::{self, Manifest, Step};
use crate::plan::Fingerprint;

/// What composing depends on beside the components: what the manifest says of flows and
/// links, and the libraries that do it.
pub(super) fn fingerprint(manifest: &Manifest) -> Fingerprint {
    let mut fingerprint = Fingerprint::new("compose");
    for (name, flow) in &manifest.flows {
        let steps: Vec<_> = flow.steps.iter().map(|step| step.get_ref().to_string()).collect();
        fingerprint.settings.insert(format!("flow {}", name.get_ref()), steps.join(" → "));
    }
    for (import, export) in &manifest.links {
        let setting = format!("link {}", import.get_ref());
        fingerprint.settings.insert(setting, export.get_ref().to_string());
    }
    for (component, settings) in &manifest.components {
        if !settings.instances.is_empty() {
            let names: Vec<_> = settings.instances.iter().map(toml::Spanned::get_ref).collect();
            let names = names.into_iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            fingerprint.settings.insert(format!("instances of {}", component.get_ref()), names);
        }
    }
    if let Some(engine) = asked(manifest) {
        fingerprint.settings.insert("engine".to_owned(), engine.to_string());
    }
    fingerprint.libraries = composer::versions();
    fingerprint
}

/// The engine that the manifest asks for.
pub(super) fn asked(manifest: &Manifest) -> Option<Engine> {
    match manifest.compose.engine {
        manifest::Engine::Auto => None,
        manifest::Engine::WasmCompose => Some(Engine::WasmCompose),
        manifest::Engine::WacGraph => Some(Engine::WacGraph),
    }
}

/// A pipeline's parts, and how they are linked.
pub(super) struct Assembly<'a> {
    /// An entry for each instance of each component.
    pub(super) parts: Vec<Part<'a>>,
    /// The component that holds the flows.
    pub(super) flow: Option<FlowComponent>,
    /// The links.
    pub(super) wiring: Wiring,
}

/// Generates the flows of `manifest` over its `components` and resolves the links.
pub(super) fn assemble<'a>(
    manifest: &Manifest,
    components: &'a BTreeMap<String, Arc<Vec<u8>>>,
) -> Result<Assembly<'a>, BuildError> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    for (name, component) in manifest.instances() {
        let known = parts.iter().find(|part| part.component == component).cloned();
        let part = known.map_or_else(|| Part::new(component, components[component].as_slice()), Ok);
        let part = Part { name: name.to_owned(), ..part.map_err(Box::new)? };
        parts.push(part);
    }
    let links: Vec<ExplicitLink> = manifest
        .links
        .iter()
        .map(|(import, export)| ExplicitLink {
            import: import.get_ref().to_string(),
            export: export.get_ref().to_string(),
        })
        .collect();
    let flow = match flows(manifest) {
        flows if flows.is_empty() => None,
        flows => {
            let linked = wiring::links(&parts, &links).map_err(Box::new)?;
            let flow = flow::generate(&flows, &parts, &linked);
            flow.map_err(|error| at_flow(manifest, &error))?
        }
    };
    let wiring = wiring::wire(&parts, flow.as_ref(), &links).map_err(Box::new)?;
    Ok(Assembly { parts, flow, wiring })
}

/// Composes what [`assemble`] put together, and audits what came out.
pub(super) fn compose(
    manifest: &Manifest,
    Assembly { parts, flow, wiring }: &Assembly<'_>,
) -> Result<Composed, BuildError> {
    let composed =
        composer::compose(parts, flow.as_ref(), wiring, asked(manifest)).map_err(Box::new)?;
    audit::audit(&composed.bytes, parts).map_err(Box::new)?;
    Ok(composed)
}

fn flows(manifest: &Manifest) -> Vec<FlowSource> {
    let flows = manifest.flows.iter();
    flows
        .map(|(name, flow)| FlowSource {
            name: name.get_ref().clone(),
            steps: flow
                .steps
                .iter()
                .map(|step| step.get_ref().stages().map(stage).collect())
                .collect(),
        })
        .collect()
}

fn stage(said: &manifest::Stage) -> StageSource {
    let args = said.args.as_ref();
    StageSource {
        call: said.call.to_string(),
        args: args.map(|args| args.iter().map(|arg| arg.get_ref().clone()).collect()),
        otherwise: said.otherwise.as_ref().map(|said| Box::new(stage((**said).get_ref()))),
    }
}

/// An error of a flow, shown at the line of its stage.
fn at_flow(manifest: &Manifest, error: &FlowError) -> BuildError {
    let flow = manifest.flows.iter().find(|(name, _)| *name.get_ref() == error.flow);
    let span = flow.map(|(name, flow)| {
        error.place.and_then(|place| span(flow, place)).unwrap_or_else(|| name.span())
    });
    let help = error.help().map(|help| help.to_string());
    let label = match error.place {
        Some(Place { argument: Some(_), .. }) => "this argument",
        Some(_) => "this stage",
        None => "this flow",
    };
    let located = manifest.error_at(span.unwrap_or(0..0), error.to_string(), label, help);
    BuildError::Flow(located)
}

fn span(flow: &manifest::Flow, place: Place) -> Option<Range<usize>> {
    let step = flow.steps.get(place.step)?;
    let (mut stage, mut span) = match step.get_ref() {
        Step::One(stage) => (stage, step.span()),
        Step::Several(stages) => {
            let stage = stages.get(place.stage)?;
            (stage.get_ref(), stage.span())
        }
    };
    for _ in 0..place.otherwise {
        let otherwise = &**stage.otherwise.as_ref()?;
        (stage, span) = (otherwise.get_ref(), otherwise.span());
    }
    match place.argument {
        Some(argument) => Some(stage.args.as_ref()?.get(argument)?.span()),
        None => Some(span),
    }
}
