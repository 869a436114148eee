//! `poly precompile`: what a build starts to compile a component (see `build/compile.rs`).

use super::{CommandError, Ending};
use crate::build::compile_here;
use crate::cli::PrecompileOptions;
use crate::report::Report;

pub(super) fn run(report: &Report, options: &PrecompileOptions) -> Result<Ending, CommandError> {
    let PrecompileOptions { component, output, engine, bounds } = options;
    let reply = compile_here(component, output, engine, bounds.memory, bounds.parent)?;
    let text = serde_json::to_string(&reply).expect("a reply is plain data");
    report.answer("precompiled", &reply, &text);
    Ok(Ending::Well)
}
