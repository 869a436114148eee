//! `poly wit deps`: brings the packages of `[wit-dependencies]` to where WIT is read. Exits with
//! 1 if files were changed by hand, which are then shown and left as they are.

use crate::build::Project;
use crate::cli::DepsOptions;
use crate::commands::context::Context;
use crate::commands::{CommandError, Ending};
use crate::dependencies::{Mode, Pipeline, Told, bring};

pub(super) fn run(context: &Context<'_>, options: DepsOptions) -> Result<Ending, CommandError> {
    let (root, manifest) = Project::manifest_at(&context.manifest)?;
    let (locked, DepsOptions { update, write }) = (context.locked(), options);
    let pipeline = Pipeline { root: &root, manifest: &manifest, cache: context.cache() };
    let report = context.report;
    let tell = |told: Told| match told {
        Told::Fetched { package, origin } => {
            report.done("fetched", &format!("{package} from {origin}"));
        }
        Told::Wrote { directory } => report.done("wrote", &directory),
        Told::Removed { directory } => report.done("removed", &directory),
        Told::Locked { packages } => report.done("locked", &format!("poly.lock, {packages} in it")),
        Told::Unplaced { package } => {
            report
                .note(&format!("no WIT of this pipeline uses `{package}`; it is written nowhere"));
        }
    };
    let brought = bring(pipeline, Mode { locked, update, write }, &tell)?;
    for patch in &brought.changed {
        report.answer("changed", patch, &patch.diff);
    }
    if !brought.changed.is_empty() {
        let files: Vec<&str> = brought.changed.iter().map(|patch| patch.file.as_str()).collect();
        report.note(&format!(
            "somebody changed {}; nothing was written: `--write` takes their changes back as shown",
            crate::nearest::quoted(files)
        ));
        return Ok(Ending::Failed);
    }
    for package in &brought.packages {
        let text = format!("{} from {}", package.shown(), package.origin);
        report.answer("package", package, &text);
    }
    if brought.packages.is_empty() {
        report.note("the manifest has no dependency; add one under `[wit-dependencies]`");
    }
    Ok(Ending::Well)
}
