//! `poly wit show`: the world that a component really has, decoded from its bytes.

use serde_json::json;

use super::{built, read, subject};
use crate::commands::context::{Context, shown};
use crate::commands::{CommandError, Ending};

pub(super) fn run(context: &Context<'_>, what: Option<&str>) -> Result<Ending, CommandError> {
    let path = built(context, what)?;
    let wit = subject(&path, &read(&path)?)?.wit();
    context.report.answer("wit", &json!({ "file": shown(&path), "wit": wit }), &wit);
    Ok(Ending::Well)
}
