//! `poly lines`: what is started to read debug information (see `build/lines.rs`).

use super::{CommandError, Ending};
use crate::build::read_lines;
use crate::cli::LinesOptions;
use crate::report::Report;

pub(super) fn run(report: &Report, options: &LinesOptions) -> Result<Ending, CommandError> {
    let LinesOptions { question, bounds } = options;
    read_lines(question, bounds.memory, bounds.parent, |told| {
        let text = serde_json::to_string(told).expect("lines are plain data");
        report.answer("lines", told, &text);
    })
    .map_err(|source| CommandError::System {
        doing: "read",
        path: "debug information".into(),
        source,
    })?;
    Ok(Ending::Well)
}
