//! `poly wit echo`: interfaces that give back what they are given, as WIT text.

use std::path::Path;

use serde_json::json;

use super::{read, source_of};
use crate::build::read_wit;
use crate::commands::context::{Context, shown};
use crate::commands::{CommandError, Ending};
use crate::component::wit;
use crate::interop::echoes;

pub(super) fn run(context: &Context<'_>, what: Option<&str>) -> Result<Ending, CommandError> {
    let (source, place, interface) = match what.map(Path::new) {
        Some(path) if path.is_dir() => (read_wit(path)?, shown(path), None),
        Some(path) if path.is_file() => (source_of(path, &read(path)?), shown(path), None),
        _ => {
            let directory = super::shared(context)?;
            (read_wit(&directory)?, shown(&directory), what)
        }
    };
    let wit = wit::resolve(&source)
        .map_err(|source| CommandError::Wit { directory: place.clone(), source })?;
    let echoes = echoes(wit, interface)?;
    for left_out in &echoes.left_out {
        context.report.note(&format!("`{left_out}` is left out: it has no text to hand it in by"));
    }
    context.report.answer("wit", &json!({ "file": place, "wit": echoes.wit }), &echoes.wit);
    Ok(Ending::Well)
}
