//! `poly why`: what would make each action run now, or else what made it run last. Starts no
//! build and installs nothing.

use std::fmt::Write as _;

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::{Driver, Planned, PlannedState};
use crate::nearest::suggestion;

pub(super) fn run(context: &Context<'_>, component: Option<&str>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let known = project.manifest.components.keys().map(|name| name.get_ref().as_str());
    if let Some(name) = component.filter(|name| !known.clone().any(|known| known == *name)) {
        let nearest = suggestion(name, known, "the components of this pipeline are");
        return Err(CommandError::UnknownComponent { name: name.to_owned(), nearest });
    }
    let tell = |event| context.report.event(&event);
    let planned = Driver::open(&project, context.options(&project), &tell)?.plan(true, false)?;
    let wanted =
        |planned: &&Planned| component.is_none() || planned.action.component() == component;
    for planned in planned.iter().filter(wanted) {
        context.report.answer("why", planned, &text(planned));
    }
    Ok(Ending::Well)
}

fn text(Planned { action, state, last, .. }: &Planned) -> String {
    let last = last.as_ref().map(|last| last.because.as_slice());
    let (would, reasons) = match (state, last) {
        (PlannedState::Run { reasons }, _) => ("would run:", reasons.as_slice()),
        (PlannedState::Cached { changed, .. }, _) if !changed.is_empty() => {
            ("would come from the cache, because since the last build", changed.as_slice())
        }
        (PlannedState::Cached { .. }, Some([])) => {
            ("is up to date; it came from the cache", &[][..])
        }
        (PlannedState::Cached { .. }, Some(because)) => {
            ("is up to date; it last ran, because", because)
        }
        (PlannedState::Cached { .. }, None) => {
            ("would come from the cache; it never ran here", &[][..])
        }
    };
    let mut text = format!("{action} {would}");
    for reason in reasons {
        let _ = write!(text, "\n  {reason}");
    }
    text
}
