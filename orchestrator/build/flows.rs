//! The manifest's flows as the generator of flows takes them, and its errors as the manifest's.

use std::ops::Range;

use miette::Diagnostic as _;

use super::error::BuildError;
use crate::component::flow::{FlowError, FlowSource, Place, StageSource};
use crate::manifest::{Flow, Manifest, Stage, Step};

/// All flows of `manifest`, by name: their order in the file is nobody's business.
pub(super) fn sources(manifest: &Manifest) -> Vec<FlowSource> {
    let source = |(name, flow): (&toml::Spanned<String>, &Flow)| FlowSource {
        name: name.get_ref().clone(),
        steps: flow.steps.iter().map(|step| step.get_ref().stages().map(stage).collect()).collect(),
    };
    let mut sources: Vec<FlowSource> = manifest.flows.iter().map(source).collect();
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    sources
}

fn stage(said: &Stage) -> StageSource {
    let args = said.args.as_ref();
    StageSource {
        call: said.call.to_string(),
        args: args.map(|args| args.iter().map(|arg| arg.get_ref().clone()).collect()),
        otherwise: said.otherwise.as_ref().map(|said| Box::new(stage((**said).get_ref()))),
    }
}

/// An error of a flow, shown at the line of its stage.
pub(super) fn located(manifest: &Manifest, error: &FlowError) -> BuildError {
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
    BuildError::Flow(manifest.error_at(span.unwrap_or(0..0), error.to_string(), label, help))
}

fn span(flow: &Flow, place: Place) -> Option<Range<usize>> {
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
