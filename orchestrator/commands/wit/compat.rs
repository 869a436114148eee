//! `poly wit compat`: what changed since an older state of a contract, and whether the declared
//! version says as much. Exits with 1 if it does not.

use std::path::Path;

use serde_json::json;

use super::{built, read, shared, source_of, subject};
use crate::build;
use crate::commands::context::{Context, shown};
use crate::commands::{CommandError, Ending};
use crate::component::{inspect, wit};
use crate::contract::{self, Comparison, Level, Subject, Verdict, asked};

pub(super) fn run(
    context: &Context<'_>,
    what: Option<&str>,
    against: &Path,
) -> Result<Ending, CommandError> {
    let old = state(against)?;
    let new = match what {
        Some(what) if is_on_disk(context, what)? => state(Path::new(what))?,
        None if !old.is_component() => state(&shared(context)?)?,
        // A component that was built, or the composed one.
        _ => {
            let path = built(context, what)?;
            subject(&path, &read(&path)?)?
        }
    };
    let compared = contract::compare(&old, &new)?;
    for change in &compared.changes {
        let text = format!("{:9} {change}", change.level.word());
        context.report.answer("change", change, &text);
    }
    let verdict = compared.verdict();
    context.report.answer("compared", &summary(&compared, &verdict), &told(&compared, &verdict));
    Ok(if verdict == Verdict::Covered { Ending::Well } else { Ending::Failed })
}

/// Whether a file or directory is meant, and not the component that may have the name of its own
/// directory.
fn is_on_disk(context: &Context<'_>, what: &str) -> Result<bool, CommandError> {
    let path = Path::new(what);
    if !path.is_dir() {
        return Ok(path.is_file());
    }
    let project = context.project_if_any()?;
    Ok(project.is_none_or(|project| !project.manifest.components.contains_key(what)))
}

/// A contract on disk: a directory of WIT, a file of WIT text, or bytes.
fn state(path: &Path) -> Result<Subject, CommandError> {
    let source = if path.is_dir() {
        build::read_wit(path)?
    } else {
        let bytes = read(path)?;
        if inspect::kind(&bytes).is_some() {
            return subject(path, &bytes);
        }
        source_of(path, &bytes)
    };
    let wit = wit::resolve_with_unstable(&source)
        .map_err(|source| CommandError::Wit { directory: shown(path), source })?;
    Ok(Subject::of_text(wit))
}

fn summary(compared: &Comparison, verdict: &Verdict) -> serde_json::Value {
    let level = compared.level();
    let step = compared.old.as_ref().map(|old| asked(old, level));
    json!({
        "package": compared.package,
        "old": compared.old,
        "new": compared.new,
        "level": level,
        "step": step.as_ref().map(|(step, _)| step),
        "asked": step.as_ref().map(|(_, version)| version),
        "verdict": verdict.word(),
    })
}

/// The verdict in a sentence.
fn told(compared: &Comparison, verdict: &Verdict) -> String {
    let level = compared.level();
    let what = match level {
        _ if compared.changes.is_empty() => "nothing changed".to_owned(),
        Level::Free => "only unstable items changed".to_owned(),
        Level::Fix => "fixes alone".to_owned(),
        Level::Addition => "there are additions".to_owned(),
        Level::Breaking => "there are breaking changes".to_owned(),
    };
    let Some(package) = &compared.package else {
        let end = match verdict {
            Verdict::Covered => "",
            _ => "; a component has no version that could say so",
        };
        return format!("component: {what}{end}");
    };
    let version = |version: &Option<semver::Version>| {
        version.as_ref().map_or_else(|| "no version".to_owned(), ToString::to_string)
    };
    let head = format!("{package} {} → {}: {what}", version(&compared.old), version(&compared.new));
    let step = compared.old.as_ref().map(|old| asked(old, level));
    match (verdict, step) {
        (Verdict::Covered, Some((step, least))) if level > Level::Free => {
            format!("{head}, which ask for {} step ({least}): covered", step.word())
        }
        (Verdict::Covered, _) => head,
        // A pre-release promises nothing to the next one.
        (Verdict::TooSmall { asked }, _)
            if compared.old.as_ref().is_some_and(|old| !old.pre.is_empty()) =>
        {
            format!("{head}: declare a later pre-release or {asked}")
        }
        (Verdict::TooSmall { asked }, Some((step, _))) => {
            format!("{head}, which ask for {} step: declare {asked} or later", step.word())
        }
        (Verdict::TooSmall { asked }, None) => format!("{head}: declare {asked} or later"),
        (Verdict::Backwards, _) => format!("{head}; the version went backwards"),
        (Verdict::Untold, _) => format!("{head}, and no version that could say so"),
    }
}
