//! `poly check --update`: what the manifest expects becomes what is.
//!
//! Only values are rewritten that stand there already: `returns`, `stdout`, `stderr`. A check that
//! is otherwise in anything else, such as a trap where a value is expected, stays as it is and
//! failed. Nothing is written before all checks are made, nor if the manifest is another by then.

use std::fs;

use serde_json::json;

use crate::build::{Project, write_over};
use crate::check::{Difference, Ending, Outcome, Subject};
use crate::commands::CommandError;
use crate::commands::context::Context;
use crate::contract::unified;
use crate::manifest::{Check, Rewrite, rewrite};

/// What would make a check pass that did not, if anything would.
pub(super) fn rewrites(
    number: usize,
    check: &Check,
    differences: &[Difference],
    outcomes: &[Outcome],
) -> Option<Vec<Rewrite>> {
    // What is otherwise is so in the last call that was made.
    let (last, outcome) = outcomes.iter().enumerate().next_back()?;
    let calls = check.calls();
    let step = check.steps.is_some().then_some(last);
    let to = |difference: &Difference| {
        let (key, value) = match (&difference.subject, &outcome.ending) {
            (Subject::Ending, Ending::Returned(Some(returned)))
                if calls[last].returns.is_some() =>
            {
                ("returns", returned.text.clone())
            }
            (Subject::Stdout, Ending::Returned(_)) => ("stdout", outcome.stdout.clone()?),
            (Subject::Stderr, Ending::Returned(_)) => ("stderr", outcome.stderr.clone()?),
            _ => return None,
        };
        Some(Rewrite { check: number, step, key, value })
    };
    differences.iter().map(to).collect()
}

/// Rewrites the manifest, and tells the change.
pub(super) fn write(
    context: &Context<'_>,
    project: &Project,
    rewrites: &[Rewrite],
) -> Result<(), CommandError> {
    let path = &context.manifest;
    let file = path.display().to_string();
    let failed = |doing: &'static str| {
        move |source| CommandError::System { doing, path: path.clone(), source }
    };
    if rewrites.is_empty() {
        context.report.done("updated", &format!("nothing in {file}"));
        return Ok(());
    }
    let before = project.manifest.text();
    if fs::read_to_string(path).map_err(failed("read"))? != before {
        return Err(CommandError::ManifestChanged { path: path.clone() });
    }
    let after = rewrite(before, rewrites).expect("the checks have what is rewritten");
    write_over(path, after.as_bytes()).map_err(failed("write"))?;
    let change = unified(&file, Some(before), Some(&after));
    context.report.answer("updated", &json!({ "file": file, "patch": change }), &change);
    let values = match rewrites.len() {
        1 => "1 value".to_owned(),
        number => format!("{number} values"),
    };
    context.report.done("updated", &format!("{values} in {file}"));
    Ok(())
}
