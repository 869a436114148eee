//! `poly plan`: what a run would do, and why. Starts no build and installs nothing.

use std::fmt::Write as _;

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::{Driver, Planned, PlannedState};
use crate::component::compose::{Choice, Why};

pub(super) fn run(context: &Context<'_>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let tell = |event| context.report.event(&event);
    let planned =
        Driver::open(&project, context.options(&project), &tell)?.plan(true, context.verbose)?;
    for action in &planned {
        context.report.answer("planned", action, &text(action, context.verbose));
    }
    Ok(Ending::Well)
}

/// The action and why it runs; with `files`, what it depends on as well.
fn text(planned: &Planned, files: bool) -> String {
    let mut text = match &planned.state {
        PlannedState::Cached { .. } => format!("cached  {}", planned.action),
        PlannedState::Run { reasons } => {
            let mut text = format!("run     {}", planned.action);
            for reason in reasons {
                let _ = write!(text, "\n          {reason}");
            }
            text
        }
    };
    if let Some(Choice { engine, why }) = &planned.composer {
        let _ = write!(text, "\n          by {engine}, because {why}");
        // Whether it accepts the components shows when it composes them.
        if *why == Why::Simple {
            text.push_str(", or by wac-graph, should it refuse them");
        }
    }
    for fingerprint in planned.fingerprint.iter().filter(|_| files) {
        let inputs = fingerprint.inputs.iter().map(|(name, digest)| (name.clone(), digest));
        let taken = fingerprint.artifacts.iter().map(|(from, digest)| (from.to_string(), digest));
        for (name, digest) in inputs.chain(taken) {
            let _ = write!(text, "\n          {} {name}", digest.short());
        }
    }
    text
}
