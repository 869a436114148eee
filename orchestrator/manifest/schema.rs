//! The JSON schema of the manifest, made from its types, for editors and for `poly schema`.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Manifest;

/// The schema (JSON Schema 2020-12) that every manifest fits, with the documentation of the
/// types as its descriptions. Keys that it does not name are refused, as by the parser.
///
/// It says less than [`Manifest::parse`] checks: that a name points at something that is
/// there is beyond a schema.
pub fn json_schema() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Manifest>();
    schema.insert("title".to_owned(), "poly pipeline".into());
    schema.to_value()
}
