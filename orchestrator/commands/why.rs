//! `poly why`: what would make each action run now, or else what made it run last. Starts no
//! build and installs nothing.

use std::fmt::Write as _;

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::{Driver, Planned, PlannedState};
use crate::nearest::suggestion;
use crate::plan::Action;

pub(super) fn run(context: &Context<'_>, asked: Option<&str>) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let components = project.manifest.components.keys().map(|name| name.get_ref().as_str());
    let is_component = |name: &str| components.clone().any(|known| known == name);
    // A component may be called so, and is meant then.
    let of_all = [Action::Compose, Action::Precompile(None)].map(|action| action.verb());
    let of_all = of_all.into_iter().filter(|name| !is_component(name));
    let known = components.clone().chain(of_all);
    if let Some(name) = asked.filter(|name| !known.clone().any(|known| known == *name)) {
        let nearest = suggestion(
            name,
            known,
            "the components of this pipeline, and what is made of all, are",
        );
        return Err(CommandError::NothingToExplain { name: name.to_owned(), nearest });
    }
    let tell = |event| context.report.event(&event);
    let planned = Driver::open(&project, context.options(&project), &tell)?.plan(true, false)?;
    let wanted = |planned: &&Planned| match (planned.action.component(), asked) {
        (_, None) => true,
        (Some(component), Some(name)) => component == name,
        (None, Some(name)) => planned.action.verb() == name && !is_component(name),
    };
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
