//! `poly bench`: build, then one call many times on one instance, and what each takes; beside
//! another one, if that is asked for.

mod measure;
mod side;
mod text;

use std::collections::BTreeMap;

use super::context::Context;
use super::{CommandError, Ending};
use crate::check::Call;
use crate::cli::BenchOptions;
use crate::host::EngineOptions;
use measure::measure;
use side::{Side, Subject};

pub(super) fn run(context: &Context<'_>, options: &BenchOptions) -> Result<Ending, CommandError> {
    let mut project = context.project()?;
    // Those that bound fuel would have it counted where the time is measured.
    project.manifest.checks.clear();
    let call = Call::parse(&options.call)?;
    let own = Subject::named(&project, options.component.as_deref())?;
    let mut sides = vec![(call.clone(), own.clone())];
    match options.against.as_deref() {
        None => {}
        Some(other) if other.contains('(') => sides.push((Call::parse(other)?, own)),
        Some(other) => sides.push((call, Subject::other(&project, other)?)),
    }
    // Where the time is measured, fuel is not counted, unless the manifest has it counted: code is
    // slower with it.
    let counting = if EngineOptions::of(&project.manifest).fuel {
        None
    } else {
        let mut counting = context.project()?;
        counting.manifest.run.fuel = true;
        Some(counting)
    };
    let mut opened = BTreeMap::new();
    for (_, subject) in &sides {
        if opened.contains_key(subject) {
            continue;
        }
        let timed = subject.open(context, &project, false)?;
        let counted = counting.as_ref().map(|project| subject.open(context, project, true));
        opened.insert(subject, (timed, counted.transpose()?));
    }
    let sides = sides.iter().map(|(call, subject)| {
        let (timed, counted) = &opened[subject];
        Side { call, subject, timed, counted: counted.as_ref() }
    });
    let sides: Vec<Side<'_>> = sides.collect();
    let measured = measure(&sides, options.number.get())?;
    let text = text::text(&measured);
    context.report.answer("bench", &measured, &text);
    Ok(Ending::Well)
}
