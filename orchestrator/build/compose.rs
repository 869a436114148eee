//! The compose action: all adapted components become one.

use std::collections::BTreeMap;
use std::sync::Arc;

use miette::Diagnostic as _;

use super::error::BuildError;
use crate::component::flow::{self, FlowError, FlowSource};
use crate::component::wiring::{self, ExplicitLink};
use crate::component::{Part, audit, compose as composer};
use crate::manifest::Manifest;
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
    fingerprint.libraries = composer::versions();
    fingerprint
}

/// Generates the flows, resolves the links, composes, and audits what came out. Returns the
/// composed component, and the names of components that it did not need.
pub(super) fn compose(
    manifest: &Manifest,
    components: &BTreeMap<String, Arc<Vec<u8>>>,
) -> Result<(Vec<u8>, Vec<String>), BuildError> {
    let parts = components.iter().map(|(name, bytes)| Part::new(name.as_str(), bytes.as_slice()));
    let parts = parts.collect::<Result<Vec<_>, _>>().map_err(Box::new)?;
    let flow =
        flow::generate(&flows(manifest), &parts).map_err(|error| at_flow(manifest, &error))?;
    let links: Vec<ExplicitLink> = manifest
        .links
        .iter()
        .map(|(import, export)| ExplicitLink {
            import: import.get_ref().to_string(),
            export: export.get_ref().to_string(),
        })
        .collect();
    let wiring = wiring::wire(&parts, flow.as_ref(), &links).map_err(Box::new)?;
    let composed = composer::compose(&parts, flow.as_ref(), &wiring).map_err(Box::new)?;
    audit::audit(&composed, &parts).map_err(Box::new)?;
    Ok((composed, wiring.unused))
}

fn flows(manifest: &Manifest) -> Vec<FlowSource> {
    let flows = manifest.flows.iter();
    flows
        .map(|(name, flow)| FlowSource {
            name: name.get_ref().clone(),
            stages: flow.steps.iter().map(|step| step.get_ref().to_string()).collect(),
        })
        .collect()
}

/// An error of a flow, shown at the line of its stage.
fn at_flow(manifest: &Manifest, error: &FlowError) -> BuildError {
    let flow = manifest.flows.iter().find(|(name, _)| *name.get_ref() == error.flow);
    let span = flow.map(|(name, flow)| {
        let stage = error.stage.and_then(|stage| flow.steps.get(stage));
        stage.map_or_else(|| name.span(), toml::Spanned::span)
    });
    let help = error.help().map(|help| help.to_string());
    let located = manifest.error_at(span.unwrap_or(0..0), error.to_string(), "this stage", help);
    BuildError::Flow(located)
}
