//! `poly bench`: build, then one call many times on one instance, and what each takes; beside
//! another one, if that is asked for.

mod measure;
mod side;
mod text;

use super::context::Context;
use super::{CommandError, Ending};
use crate::check::Call;
use crate::cli::BenchOptions;
use measure::measure;
use side::{Side, Subject};

pub(super) fn run(context: &Context<'_>, options: &BenchOptions) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let call = Call::parse(&options.call)?;
    let own = Subject::named(&project, options.component.as_deref())?;
    let mut sides = vec![(call.clone(), own.clone())];
    match options.against.as_deref() {
        None => {}
        Some(other) if other.contains('(') => sides.push((Call::parse(other)?, own)),
        Some(other) => sides.push((call, Subject::other(&project, other)?)),
    }
    // Where the time is measured, fuel is not counted, unless it is limited: code is slower with it.
    let mut counting = context.project()?;
    counting.manifest.limits.fuel.get_or_insert(u64::MAX);
    let mut opened = Vec::new();
    for (call, subject) in &sides {
        let timed = subject.open(context, &project, false)?;
        let counted = match project.manifest.limits.fuel {
            Some(_) => None,
            None => Some(subject.open(context, &counting, true)?),
        };
        opened.push(Side { call, subject, timed, counted });
    }
    let measured = measure(&opened, options.number.get())?;
    let text = text::text(&measured);
    context.report.answer("bench", &measured, &text);
    Ok(Ending::Well)
}
