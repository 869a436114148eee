//! `poly build`: every component, and the one they compose to; and what tells of them, if asked for.

use super::context::{Context, shown};
use super::{CommandError, Ending};
use crate::build::Documents;
use crate::cli::{BuildOptions, Sbom};

pub(super) fn run(context: &Context<'_>, options: BuildOptions) -> Result<Ending, CommandError> {
    let context = context.with_documents(match options.sbom {
        None => Documents::None,
        Some(Sbom::Files) => Documents::Files,
        Some(Sbom::Embed) => Documents::Embedded,
    });
    let project = context.project()?;
    let built = context.build(&project, false)?;
    for document in &built.documents {
        context.report.done("wrote", &shown(document));
    }
    Ok(Ending::Well)
}
