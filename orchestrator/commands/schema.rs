//! `poly schema`: the manifest's JSON schema.

use super::Ending;
use super::context::Context;
use crate::manifest;

pub(super) fn run(context: &Context<'_>) -> Ending {
    let schema = manifest::json_schema();
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    context.report.answer("schema", &schema, &text);
    Ending::Well
}
