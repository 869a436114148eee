//! `poly build`: every component, and the one they compose to; what tells of them, if asked for; and
//! all of it twice, to compare.

use std::mem::ManuallyDrop;

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
    // As with the driver: the process is about to end.
    let project = ManuallyDrop::new(context.project()?);
    if options.verify {
        let verified = context.verify(&project)?;
        context.report.verified(&verified);
        return Ok(if verified.is_reproducible() { Ending::Well } else { Ending::Failed });
    }
    let built = context.build(&project, false)?;
    for document in &built.documents {
        context.report.done("wrote", &shown(document));
    }
    Ok(Ending::Well)
}
