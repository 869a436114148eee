//! `poly cache`: what is kept for all pipelines, and how to have less of it. And what a build
//! does about it by itself: once a day, what was not used for longest goes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use poly_cache::{Bounds, Collected, Damaged, Kind, Tallies, Tally, sum};
use serde::Serialize;
use serde_json::json;

use super::context::Context;
use super::{CommandError, Ending};
use crate::build::{BUILDS, BuildError, LATEST, TOOLS, keeper};
use crate::cli::{CacheCommand, GcOptions};
use crate::config::CacheBounds;
use crate::report::human;

pub(super) fn run(context: &Context<'_>, command: &CacheCommand) -> Result<Ending, CommandError> {
    match command {
        CacheCommand::Stats => stats(context),
        CacheCommand::Gc(options) => gc(context, options),
        CacheCommand::Verify => verify(context),
        CacheCommand::Clear => clear(context),
    }
}

/// After a build that stored something: collects, if that was not done for a day. That it
/// cannot be done is no failure of the build.
pub(super) fn collect_if_due(context: &Context<'_>) {
    if !context.has_stored() {
        return;
    }
    let bounds = bounds(&context.config.cache);
    match keeper(context.cache()).and_then(|keeper| keeper.collect_if_due(&bounds)) {
        Ok(Some(collected)) if sum(&collected.removed).count > 0 => {
            let text = format!("{}, unused for longest", listed(&collected.removed));
            context.report.done("collected", &text);
        }
        Ok(_) => {}
        Err(error) => context.report.note(&format!("the cache cannot be kept small: {error}")),
    }
}

fn stats(context: &Context<'_>) -> Result<Ending, CommandError> {
    let survey = keeper(context.cache()).map_err(BuildError::from)?.survey();
    let bounds = &context.config.cache;
    let (all, unused) = (sum(&survey.kinds), survey.oldest.map(since));
    let mut text = String::new();
    let mut line = |name: &str, Tally { count, bytes }: Tally| {
        let _ = writeln!(text, "{name:18} {count:>7} {:>10}", human::size(bytes));
    };
    for kind in KINDS {
        line(name(kind), survey.kinds.get(&kind).copied().unwrap_or_default());
    }
    line("in all", all);
    let _ = writeln!(text, "\ndirectory          {}", context.cache().display());
    let _ = writeln!(text, "bounds             {}, unused for {}", bounds.size, bounds.age);
    if let Some(unused) = unused {
        let _ = writeln!(text, "oldest             unused for {}", human::age(unused));
    }
    let value = json!({
        "directory": context.cache(),
        "kinds": data(&survey.kinds),
        "count": all.count,
        "bytes": all.bytes,
        "other-bytes": survey.other,
        "oldest-seconds": unused.map(|unused| unused.as_secs()),
        "bounds": { "bytes": bounds.size.get(), "seconds": bounds.age.duration().as_secs() },
    });
    context.report.answer("cache", &value, &text);
    Ok(Ending::Well)
}

fn gc(context: &Context<'_>, options: &GcOptions) -> Result<Ending, CommandError> {
    let set = context.config.cache;
    let bounds = bounds(&CacheBounds {
        size: options.size.unwrap_or(set.size),
        age: options.age.unwrap_or(set.age),
    });
    let keeper = keeper(context.cache()).map_err(BuildError::from)?;
    let collected = if options.dry_run { keeper.foresee(&bounds) } else { keeper.collect(&bounds) };
    let Collected { removed, spared, left } = collected.map_err(BuildError::from)?;
    let verb = if options.dry_run { "would remove" } else { "removed" };
    let mut text = format!("{verb} {}; {} left", listed(&removed), human::size(left));
    if spared.count > 0 {
        let _ = write!(text, ", {} of it for builds that run", human::size(spared.bytes));
    }
    let value = json!({
        "dry-run": options.dry_run,
        "removed": data(&removed),
        "spared": one(spared),
        "left-bytes": left,
    });
    context.report.answer("collected", &value, &text);
    Ok(Ending::Well)
}

fn verify(context: &Context<'_>) -> Result<Ending, CommandError> {
    let keeper = keeper(context.cache()).map_err(BuildError::from)?;
    let verified = keeper.verify().map_err(BuildError::from)?;
    for damaged in &verified.damaged {
        let value = match damaged {
            Damaged::Blob { digest } => json!({ "kind": "artifact", "digest": digest }),
            Damaged::Record { key } => json!({ "kind": "record", "key": key }),
            Damaged::Stray { path } => json!({ "kind": "stray", "path": path }),
        };
        context.report.answer("damaged", &value, &format!("{damaged}, and was removed"));
    }
    let damaged = verified.damaged.len();
    let mut text = match verified.whole.len() {
        0 => "nothing is there".to_owned(),
        _ => format!("whole: {}", listed(&verified.whole)),
    };
    if damaged > 0 {
        let _ = write!(text, "; {damaged} damaged and removed: they are made again when needed");
    }
    let value = json!({ "whole": data(&verified.whole), "damaged": damaged });
    context.report.answer("verified", &value, &text);
    Ok(if damaged == 0 { Ending::Well } else { Ending::Failed })
}

fn clear(context: &Context<'_>) -> Result<Ending, CommandError> {
    let keeper = keeper(context.cache()).map_err(BuildError::from)?;
    let removed = keeper.clear().map_err(BuildError::from)?;
    let text = format!("removed {}", listed(&removed));
    context.report.answer("cleared", &json!({ "removed": data(&removed) }), &text);
    Ok(Ending::Well)
}

const KINDS: [Kind; 5] =
    [Kind::Blob, Kind::Record, Kind::Annex(BUILDS), Kind::Annex(TOOLS), Kind::Annex(LATEST)];

/// What a kind is called.
fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Blob => "artifacts",
        Kind::Record => "records",
        Kind::Annex(BUILDS) => "build directories",
        Kind::Annex(TOOLS) => "tool caches",
        Kind::Annex(LATEST) => "last builds",
        Kind::Annex(name) => name,
    }
}

/// `3 artifacts (1.2 MB), 4 records (2.0 KB)`, or `nothing`.
fn listed(tallies: &Tallies) -> String {
    let one = |(kind, Tally { count, bytes }): (&Kind, &Tally)| {
        let names = match (*count, *kind) {
            (1, Kind::Annex(BUILDS)) => "build directory",
            (1, kind) => name(kind).strip_suffix('s').unwrap_or(name(kind)),
            _ => name(*kind),
        };
        format!("{count} {names} ({})", human::size(*bytes))
    };
    let listed: Vec<String> = tallies.iter().map(one).collect();
    if listed.is_empty() { "nothing".to_owned() } else { listed.join(", ") }
}

#[derive(Serialize)]
struct Counted {
    count: u64,
    bytes: u64,
}

fn one(Tally { count, bytes }: Tally) -> Counted {
    Counted { count, bytes }
}

fn data(tallies: &Tallies) -> BTreeMap<String, Counted> {
    tallies.iter().map(|(kind, tally)| (name(*kind).replace(' ', "-"), one(*tally))).collect()
}

fn bounds(bounds: &CacheBounds) -> Bounds {
    Bounds { size: bounds.size.get(), age: bounds.age.duration() }
}

fn since(then: SystemTime) -> Duration {
    SystemTime::now().duration_since(then).unwrap_or_default()
}
